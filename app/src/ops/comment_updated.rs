//! The change of a comment that stays: it was edited or restored, or somebody reacted to it.
//!
//! The change contains the whole comment, so a copy of a board takes it over without having the comment as it was. So it also says what was
//! done: a copy that does not hold the comment cannot compare.

use serde::{Deserialize, Serialize};

use super::{ChangeKind, DeleteComment, Effect, Inverse, Op, Part, UpdateComment, require_task, title_of};
use crate::{
    access::{BoardRole, Principal},
    activity::ActivityItem,
    comment::{Comment, Reaction},
    id::{CommentId, TaskId},
    model::Task,
    refusal::{Refusal, Thing},
    state::{BoardState, Stamp, Touched},
};

/// Returns a comment that was not deleted, and its task, which is not in the trash.
pub(super) fn require_comment(state: &BoardState, id: CommentId) -> Result<(&Comment, &Task), Refusal> {
    let comment = state.comment(id).map(|comment| &**comment).filter(|comment| !comment.is_deleted());
    let comment = comment.ok_or(Refusal::not_found(Thing::Comment))?;
    Ok((comment, require_task(state, comment.task)?))
}

/// Checks that a principal wrote a comment, or has at least this role. An unknown comment is left to the decision.
pub(super) fn permit_author(
    state: &BoardState,
    id: CommentId,
    principal: &Principal,
    or: Option<BoardRole>,
) -> Result<(), Refusal> {
    let role = principal.role_on(state.id(), state.access());
    match state.comment(id) {
        Some(comment) if !comment.is_by(principal.person) && or.is_none_or(|or| role < Some(or)) => {
            Err(Refusal::Forbidden)
        }
        _ => Ok(()),
    }
}

/// What was done to a comment.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommentAct {
    /// Its author edited it.
    Edited,
    /// It was deleted, and restored.
    Restored,
    /// Somebody reacted to it.
    Reacted,
    /// Somebody took back a reaction to it.
    Unreacted,
}

/// The content of a change of a comment.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommentUpdated {
    /// What was done.
    pub act: CommentAct,
    /// The reaction that was added or taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reaction: Option<Reaction>,
    /// The comment as it is now. Its numbers, and the time of an edit, are those of the change.
    pub comment: Comment,
    /// The number of the task's comments now.
    pub comments: u32,
}

impl CommentUpdated {
    pub(super) fn of(act: CommentAct, reaction: Option<Reaction>, comment: Comment, comments: u32) -> ChangeKind {
        // A reaction changes neither the text nor its number.
        let text_seq = if reaction.is_some() { comment.text_seq } else { 0 };
        ChangeKind::CommentUpdated(Self { act, reaction, comment: Comment { text_seq, seq: 0, ..comment }, comments })
    }
}

impl Effect for CommentUpdated {
    fn apply(&self, state: &mut BoardState, stamp: Stamp, touched: &mut Touched) {
        state.count_comments(self.comment.task, self.comments, stamp, touched);
        let mut comment = Comment { seq: stamp.seq, ..self.comment.clone() };
        if comment.text_seq == 0 {
            comment.text_seq = stamp.seq;
        }
        if self.act == CommentAct::Edited {
            comment.edited_at = Some(stamp.at);
        }
        state.put_comment(comment, touched);
    }

    fn task(&self) -> Option<TaskId> {
        Some(self.comment.task)
    }

    fn numbers(&self) -> Vec<Part> {
        let mut numbers = vec![Part::Task(self.comment.task)];
        numbers.extend((self.comment.text_seq == 0).then_some(Part::Comment(self.comment.id)));
        numbers
    }

    fn inverse(&self, before: &BoardState) -> Option<Inverse> {
        let id = self.comment.id;
        let op = match self.act {
            CommentAct::Edited => {
                Op::UpdateComment(UpdateComment { text: before.comment(id)?.text.to_string(), ..UpdateComment::of(id) })
            }
            CommentAct::Restored => Op::DeleteComment(DeleteComment::of(id)),
            // The button that reacts takes it back, too.
            CommentAct::Reacted | CommentAct::Unreacted => return None,
        };
        Some(Inverse::of(op, vec![Part::Comment(id)]))
    }

    fn label<'a>(&'a self, before: &'a BoardState) -> (&'static str, &'a str) {
        let words = match self.act {
            CommentAct::Edited => "edit a comment on",
            CommentAct::Restored => "restore a comment on",
            CommentAct::Reacted | CommentAct::Unreacted => "react to a comment on",
        };
        (words, title_of(before, self.comment.task))
    }

    fn activity_items(&self, _before: Option<&BoardState>, _names: &BoardState) -> Vec<ActivityItem> {
        let item = match (self.act, self.reaction) {
            (CommentAct::Edited, _) => ActivityItem::EditedComment,
            (CommentAct::Restored, _) => ActivityItem::RestoredComment,
            (CommentAct::Reacted, Some(with)) => ActivityItem::Reacted(with),
            (CommentAct::Unreacted, Some(with)) => ActivityItem::Unreacted(with),
            // Every such change has a reaction.
            (CommentAct::Reacted | CommentAct::Unreacted, None) => ActivityItem::Unknown,
        };
        vec![item]
    }
}
