//! The operation that deletes a comment.
//!
//! The server keeps the text of a deleted comment as long as its task, so that an undo restores it. Nobody can read it meanwhile.

use serde::{Deserialize, Serialize};

use super::{
    ChangeKind, Effect, Inverse, Op, Operation, Part, RestoreComment,
    comment_updated::{permit_author, require_comment},
    require_untouched, title_of,
};
use crate::{
    access::{BoardRole, Principal},
    activity::ActivityItem,
    comment::Comment,
    id::{ActorId, CommentId, TaskId},
    model::Seq,
    refusal::Refusal,
    state::{BoardState, Stamp, Touched},
};

/// Deletes a comment. Its author and the managers of the board may do this.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeleteComment {
    /// The comment.
    pub comment: CommentId,
    /// Refused as stale if the comment was edited, deleted or restored after this number. Absent: it is deleted in any case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard: Option<Seq>,
}

impl DeleteComment {
    /// Creates a request without a guard.
    pub fn of(comment: CommentId) -> Self {
        Self { comment, guard: None }
    }
}

impl Operation for DeleteComment {
    fn role_needed(&self) -> BoardRole {
        BoardRole::Editor
    }

    fn permit(&self, principal: &Principal, state: &BoardState) -> Result<(), Refusal> {
        permit_author(state, self.comment, principal, Some(BoardRole::Manager))
    }

    fn decide(&self, state: &BoardState) -> Result<ChangeKind, Refusal> {
        let (comment, task) = require_comment(state, self.comment)?;
        require_untouched(comment.text_seq, self.guard)?;
        let Comment { id, author, created_seq, .. } = *comment;
        Ok(ChangeKind::CommentDeleted(CommentDeleted {
            task: task.id,
            comment: id,
            author,
            created_seq,
            comments: task.comments.saturating_sub(1),
        }))
    }
}

/// The content of a change that deletes a comment.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommentDeleted {
    /// The task.
    pub task: TaskId,
    /// The comment.
    pub comment: CommentId,
    /// The author of the comment, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<ActorId>,
    /// The number of the change that created the comment.
    pub created_seq: Seq,
    /// The number of the task's comments now.
    pub comments: u32,
}

impl Effect for CommentDeleted {
    fn apply(&self, state: &mut BoardState, stamp: Stamp, touched: &mut Touched) {
        state.count_comments(self.task, self.comments, stamp, touched);
        // A comment that is not held is held as deleted: see `state/comments.rs`.
        let comment = state.comment(self.comment).map(|comment| Comment::clone(comment)).unwrap_or_else(|| Comment {
            id: self.comment,
            task: self.task,
            text: "".into(),
            author: self.author,
            created_at: stamp.at,
            created_seq: self.created_seq,
            edited_at: None,
            deleted_at: None,
            reactions: Vec::new(),
            text_seq: 0,
            seq: 0,
        });
        let (deleted_at, seq) = (Some(stamp.at), stamp.seq);
        state.put_comment(Comment { deleted_at, text_seq: seq, seq, ..comment }, touched);
    }

    fn task(&self) -> Option<TaskId> {
        Some(self.task)
    }

    fn numbers(&self) -> Vec<Part> {
        vec![Part::Task(self.task), Part::Comment(self.comment)]
    }

    fn inverse(&self, _before: &BoardState) -> Option<Inverse> {
        let restore = Op::RestoreComment(RestoreComment::of(self.comment));
        Some(Inverse::of(restore, vec![Part::Comment(self.comment)]))
    }

    fn label<'a>(&'a self, before: &'a BoardState) -> (&'static str, &'a str) {
        ("delete a comment on", title_of(before, self.task))
    }

    fn activity_items(&self, _before: Option<&BoardState>, _names: &BoardState) -> Vec<ActivityItem> {
        vec![ActivityItem::DeletedComment]
    }
}
