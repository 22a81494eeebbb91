//! What happened to a board: the entries of its log, and how they reach its state.

use serde::{Deserialize, Deserializer, Serialize};

use super::{
    BoardCreated, BoardDeleted, BoardUpdated, ColumnCreated, ColumnDeleted, ColumnUpdated, Effect, Inverse, MemberSet,
    Part, ShareLinkCreated, ShareLinkRevoked, TaskCreated, TaskDeleted, TaskRestored, TaskUpdated,
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
    /// Who asked for it, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<ActorId>,
    /// The request it answers.
    pub mutation: MutationId,
    /// What happened.
    #[serde(flatten)]
    pub kind: ChangeKind,
}

tagged! {
    /// What happened. Field patches carry only the fields that were set.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum ChangeKind = "ChangeKind" by "kind" {
        /// The board was made. Whoever made it is its manager; one that nobody in particular made is open to everyone.
        BoardCreated(BoardCreated),
        /// The board itself changed.
        BoardUpdated(BoardUpdated),
        /// Somebody was made a member, is another kind of member now, or is none any more.
        MemberSet(MemberSet),
        /// A link was made with which the board can be read without an account.
        ShareLinkCreated(ShareLinkCreated),
        /// Such a link was taken back.
        ShareLinkRevoked(ShareLinkRevoked),
        /// The board was deleted with all that is on it. No change follows.
        BoardDeleted(BoardDeleted),
        /// A column was added.
        ColumnCreated(ColumnCreated),
        /// A column changed.
        ColumnUpdated(ColumnUpdated),
        /// A column was deleted. It held no tasks but deleted ones.
        ColumnDeleted(ColumnDeleted),
        /// A task was added.
        TaskCreated(TaskCreated),
        /// Some fields of a task changed.
        TaskUpdated(TaskUpdated),
        /// A task was put into the trash.
        TaskDeleted(TaskDeleted),
        /// A task was taken out of the trash.
        TaskRestored(TaskRestored),
        /// A later version of Taskwire made it, and this one cannot tell what it does. A state that goes on with it
        /// [is not whole](BoardState::is_whole). It is read, and never written.
        #[serde(skip_serializing)]
        Unknown,
    }
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
    /// Those who have to be known by name for it to be told: who did it, and whom it names.
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
            Self::ColumnCreated(change) => change,
            Self::ColumnUpdated(change) => change,
            Self::ColumnDeleted(change) => change,
            Self::TaskCreated(change) => change,
            Self::TaskUpdated(change) => change,
            Self::TaskDeleted(change) => change,
            Self::TaskRestored(change) => change,
            Self::Unknown => &Unknown,
        }
    }

    /// The task it is about, if it is about one.
    pub fn task(&self) -> Option<TaskId> {
        self.effect().task()
    }

    /// Whether somebody asked for what was so already. It has its number in the log like every answer; nothing on the board has it.
    pub fn changes_nothing(&self) -> bool {
        self.effect().changes_nothing()
    }

    /// What it gives its number to.
    pub fn numbers(&self) -> Vec<Part> {
        self.effect().numbers()
    }

    /// What would take it back, where it is about to happen to `before`. `None` if it changes nothing, or cannot be taken back.
    pub(crate) fn inverse(&self, before: &BoardState) -> Option<Inverse> {
        self.effect().inverse(before)
    }

    /// What to call it, after "Undo" and "Redo", where it is about to happen to `before`: `move Tea`.
    pub(crate) fn label(&self, before: &BoardState) -> String {
        let (what, of) = self.effect().label(before);
        format!("{what} {}", shortened(of)).trim_end().to_owned()
    }

    /// Tells what it does to `before`.
    pub fn activity(&self, before: &BoardState) -> ActivityEntry {
        self.tell(Some(before), before)
    }

    /// Tells it where nothing but the change is known. Columns are called what they are called `now`.
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

/// What [`BoardState::apply`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applied {
    /// The change was the next one.
    New(Touched),
    /// The change was known already; nothing happened.
    Known,
}

/// Changes are missing between the state and the one that was to be applied: they must be fetched first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("change {got} does not follow {have}")]
pub struct Gap {
    /// The newest number the state has.
    pub have: Seq,
    /// The number that was offered.
    pub got: Seq,
}

impl BoardState {
    /// Takes in the next change. One that is known already does nothing; one further ahead is a [`Gap`], and does nothing
    /// either.
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

    /// Does what a change says, without a look at its number.
    pub(crate) fn perform(&mut self, kind: &ChangeKind, stamp: Stamp) -> Touched {
        let mut touched = Touched::default();
        kind.effect().apply(self, stamp, &mut touched);
        touched
    }
}
