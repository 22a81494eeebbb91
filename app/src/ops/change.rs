//! The entries of a board's log, and their application to its state.

use serde::{Deserialize, Deserializer, Serialize};

use super::{
    ArchivedSet, BoardCreated, BoardDeleted, BoardRestored, BoardUpdated, ChecklistsUpdated, ColumnCreated,
    ColumnDeleted, ColumnUpdated, CommentCreated, CommentDeleted, CommentUpdated, Effect, Inverse, LabelDeleted,
    LabelSet, MemberSet, Part, ShareLinkCreated, ShareLinkRevoked, TaskCreated, TaskDeleted, TaskRestored, TaskUpdated,
};
use crate::{
    activity::{ActivityEntry, ActivityItem},
    id::{ActorId, MutationId, TaskId},
    model::Seq,
    state::{BoardState, Stamp, Touched},
    tagged::{Object, tagged},
    text::shortened,
    time::Timestamp,
};

/// One numbered entry of a board's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Its number on the board.
    pub seq: Seq,
    /// When it was committed, by the server's clock.
    pub at: Timestamp,
    /// The originator, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<ActorId>,
    /// The id of the mutation that caused it.
    pub mutation: MutationId,
    /// The content of the change.
    #[serde(flatten)]
    pub kind: ChangeKind,
}

tagged! {
    /// The content of a change. Field patches carry only the fields that were set.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum ChangeKind = "ChangeKind" by "kind" {
        /// The board was created. Its creator becomes its manager. A board without a known creator is open to everyone,
        /// as editors unless it says otherwise.
        BoardCreated(BoardCreated),
        /// The name of the board, its key, colour or description, or the role of everyone on it, changed.
        BoardUpdated(BoardUpdated),
        /// A person became a member, got another role, or was removed.
        MemberSet(MemberSet),
        /// A link for reading the board without an account was created.
        ShareLinkCreated(ShareLinkCreated),
        /// A share link was revoked.
        ShareLinkRevoked(ShareLinkRevoked),
        /// The board was deleted, with everything on it. No change follows, unless the board is restored.
        BoardDeleted(BoardDeleted),
        /// The deleted board was restored, with everything that was on it.
        BoardRestored(BoardRestored),
        /// The board was archived, or brought back.
        ArchivedSet(ArchivedSet),
        /// A column was added.
        ColumnCreated(ColumnCreated),
        /// A column changed.
        ColumnUpdated(ColumnUpdated),
        /// A column was deleted. It held no tasks except tasks in the trash.
        ColumnDeleted(ColumnDeleted),
        /// A label was added, changed, merged into another, or taken out of one again.
        LabelSet(LabelSet),
        /// A label was deleted.
        LabelDeleted(LabelDeleted),
        /// A task was added.
        TaskCreated(TaskCreated),
        /// Some fields of a task changed.
        TaskUpdated(TaskUpdated),
        /// A task was moved to the trash.
        TaskDeleted(TaskDeleted),
        /// A task was restored from the trash.
        TaskRestored(TaskRestored),
        /// Checklists of a task, or items of them, were added, changed or deleted.
        ChecklistsUpdated(ChecklistsUpdated),
        /// A comment was added.
        CommentCreated(CommentCreated),
        /// A comment was edited or restored, or somebody reacted to it.
        CommentUpdated(CommentUpdated),
        /// A comment was deleted.
        CommentDeleted(CommentDeleted),
        /// A kind of change that a later version of Taskwire made and this version does not know. A state that applies
        /// it [is not whole](BoardState::is_whole) any more. This version reads it and never writes it.
        #[serde(skip_serializing)]
        Unknown,
    }
}

#[cfg(feature = "ssr")]
crate::schema::tagged_schema! {
    Change, "Change" by "kind" with ChangeHead {
        BoardCreated = "board_created",
        BoardUpdated = "board_updated",
        MemberSet = "member_set",
        ShareLinkCreated = "share_link_created",
        ShareLinkRevoked = "share_link_revoked",
        BoardDeleted = "board_deleted",
        BoardRestored = "board_restored",
        ArchivedSet = "archived_set",
        ColumnCreated = "column_created",
        ColumnUpdated = "column_updated",
        ColumnDeleted = "column_deleted",
        LabelSet = "label_set",
        LabelDeleted = "label_deleted",
        TaskCreated = "task_created",
        TaskUpdated = "task_updated",
        TaskDeleted = "task_deleted",
        TaskRestored = "task_restored",
        ChecklistsUpdated = "checklists_updated",
        CommentCreated = "comment_created",
        CommentUpdated = "comment_updated",
        CommentDeleted = "comment_deleted",
    }
}

/// The members that all changes have, for OpenAPI.
#[cfg(feature = "ssr")]
#[derive(utoipa::ToSchema)]
#[allow(dead_code)]
struct ChangeHead {
    /// The number of the change on its board.
    seq: Seq,
    /// When it was committed, by the server's clock.
    at: Timestamp,
    /// The person who made it, `00000000-0000-8000-8000-000000000001` for the command line, or `00000000-0000-8000-8000-000000000002` for
    /// the server itself; absent if that is not known.
    #[schema(required = false, nullable = false)]
    by: Option<ActorId>,
    /// The id of the mutation that caused it.
    mutation: MutationId,
}

impl<'de> Deserialize<'de> for Change {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Head {
            seq: Seq,
            at: Timestamp,
            #[serde(default)]
            by: Option<ActorId>,
            mutation: MutationId,
        }
        let object = Object::read(deserializer)?;
        let Head { seq, at, by, mutation } = object.parse()?;
        Ok(Self { seq, at, by, mutation, kind: object.parse()? })
    }
}

impl Change {
    /// Returns the people whose names a description of the change needs: its originator, and the people that it names.
    pub fn people(&self) -> impl Iterator<Item = ActorId> {
        self.by.into_iter().chain(self.kind.effect().people().iter().copied())
    }
}

impl ChangeKind {
    fn effect(&self) -> &dyn Effect {
        match self {
            Self::BoardCreated(change) => change,
            Self::BoardUpdated(change) => change,
            Self::MemberSet(change) => change,
            Self::ShareLinkCreated(change) => change,
            Self::ShareLinkRevoked(change) => change,
            Self::BoardDeleted(change) => change,
            Self::BoardRestored(change) => change,
            Self::ArchivedSet(change) => change,
            Self::ColumnCreated(change) => change,
            Self::ColumnUpdated(change) => change,
            Self::ColumnDeleted(change) => change,
            Self::LabelSet(change) => change,
            Self::LabelDeleted(change) => change,
            Self::TaskCreated(change) => change,
            Self::TaskUpdated(change) => change,
            Self::TaskDeleted(change) => change,
            Self::TaskRestored(change) => change,
            Self::ChecklistsUpdated(change) => change,
            Self::CommentCreated(change) => change,
            Self::CommentUpdated(change) => change,
            Self::CommentDeleted(change) => change,
            Self::Unknown => &Unknown,
        }
    }

    /// Returns the task that the change is about, if it is about one.
    pub fn task(&self) -> Option<TaskId> {
        self.effect().task()
    }

    /// Numbers the task that the change adds to the board, if it adds one. Only the server does that, under the board's lock: a number is
    /// never given twice, so it must not depend on a state that may be old.
    pub fn number(&mut self, board: &BoardState) {
        if let Self::TaskCreated(created) = self {
            created.number = board.numbers() + 1;
        }
    }

    /// Returns the tasks that leave the trash for good by the change.
    pub fn purged(&self) -> &[TaskId] {
        match self {
            Self::TaskDeleted(change) => &change.purged,
            _ => &[],
        }
    }

    /// Whether the change has no effect, because the board already was as requested. Such a change gets a number in the
    /// log, because its mutation needs an answer, but no part of the board gets this number.
    pub fn changes_nothing(&self) -> bool {
        self.effect().changes_nothing()
    }

    /// Returns the parts of the board whose sequence number this change sets.
    pub fn numbers(&self) -> Vec<Part> {
        self.effect().numbers()
    }

    /// Returns the inverse of the change, which is about to be applied to `before`. `None` if it changes nothing, or
    /// cannot be undone.
    pub(crate) fn inverse(&self, before: &BoardState) -> Option<Inverse> {
        self.effect().inverse(before)
    }

    /// Returns the words that name the change after "Undo" and "Redo", such as `move Tea`. The change is about to be
    /// applied to `before`.
    pub(crate) fn label(&self, before: &BoardState) -> String {
        let (what, of) = self.effect().label(before);
        format!("{what} {}", shortened(of)).trim_end().to_owned()
    }

    /// Describes the effect of the change on `before`.
    pub fn activity(&self, before: &BoardState) -> ActivityEntry {
        self.tell(Some(before), before)
    }

    /// Describes the effect of the change if the state before it is not known. Columns have their names of `now`.
    pub fn recalled(&self, now: &BoardState) -> ActivityEntry {
        self.tell(None, now)
    }

    fn tell(&self, before: Option<&BoardState>, names: &BoardState) -> ActivityEntry {
        let effect = self.effect();
        ActivityEntry {
            title: effect.title(before).unwrap_or_default().to_owned(),
            items: effect.activity_items(before, names),
        }
    }
}

/// The effect of [`ChangeKind::Unknown`].
struct Unknown;

impl Effect for Unknown {
    fn apply(&self, state: &mut BoardState, _: Stamp, _: &mut Touched) {
        state.lacks_something();
    }

    fn label<'a>(&'a self, _: &'a BoardState) -> (&'static str, &'a str) {
        ("change", "")
    }

    fn activity_items(&self, _: Option<&BoardState>, _: &BoardState) -> Vec<ActivityItem> {
        vec![ActivityItem::Unknown]
    }
}

impl From<&Change> for Stamp {
    fn from(change: &Change) -> Self {
        Self { seq: change.seq, at: change.at, by: change.by }
    }
}

/// The result of [`BoardState::apply`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applied {
    /// The change was the next one and was applied.
    New(Touched),
    /// The state already contains the change; nothing happened.
    Known,
}

/// The changes between the state and the change that was to be applied are missing. They must be fetched first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("change {got} does not follow {have}")]
pub struct Gap {
    /// The number of the newest change in the state.
    pub have: Seq,
    /// The number of the change that was to be applied.
    pub got: Seq,
}

impl BoardState {
    /// Applies the next change. Does nothing if the state already contains the change. Returns a [`Gap`], and changes
    /// nothing, if changes are missing before it.
    pub fn apply(&mut self, change: &Change) -> Result<Applied, Gap> {
        if change.seq <= self.seq {
            return Ok(Applied::Known);
        }
        if change.seq != self.seq + 1 {
            return Err(Gap { have: self.seq, got: change.seq });
        }
        self.seq = change.seq;
        Ok(Applied::New(self.perform(&change.kind, change.into())))
    }

    /// Applies the content of a change, without regard to its number.
    pub(crate) fn perform(&mut self, kind: &ChangeKind, stamp: Stamp) -> Touched {
        let mut touched = Touched::default();
        kind.effect().apply(self, stamp, &mut touched);
        touched
    }
}
