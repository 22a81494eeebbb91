//! The operation that restores a deleted comment, which is the undo of deleting it.

use serde::{Deserialize, Serialize};

use super::{
    ChangeKind, CommentUpdated, Operation,
    comment_updated::{CommentAct, permit_author},
    create_comment::require_room,
    require_task, require_untouched,
};
use crate::{
    access::{BoardRole, Principal},
    comment::Comment,
    id::CommentId,
    model::Seq,
    refusal::{Refusal, Thing},
    state::BoardState,
};

/// Restores a deleted comment. Its author and the managers of the board may do this.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RestoreComment {
    /// The comment.
    pub comment: CommentId,
    /// Refused as stale if the comment was edited, deleted or restored after this number. Absent: it is restored in any case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard: Option<Seq>,
}

impl RestoreComment {
    /// Creates a request without a guard.
    pub fn of(comment: CommentId) -> Self {
        Self { comment, guard: None }
    }
}

impl Operation for RestoreComment {
    fn role_needed(&self) -> BoardRole {
        BoardRole::Editor
    }

    fn permit(&self, principal: &Principal, state: &BoardState) -> Result<(), Refusal> {
        permit_author(state, self.comment, principal, Some(BoardRole::Manager))
    }

    fn decide(&self, state: &BoardState) -> Result<ChangeKind, Refusal> {
        let old = state.comment(self.comment).filter(|comment| comment.is_deleted());
        let old = old.ok_or(Refusal::not_found(Thing::Comment))?;
        require_untouched(old.text_seq, self.guard)?;
        let task = require_task(state, old.task)?;
        require_room(task)?;
        let comment = Comment { deleted_at: None, ..Comment::clone(old) };
        Ok(CommentUpdated::of(CommentAct::Restored, None, comment, task.comments + 1))
    }
}
