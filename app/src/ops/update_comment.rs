//! The operation by which its author edits a comment.

use serde::{Deserialize, Serialize};

use super::{
    ChangeKind, CommentUpdated, Operation, TaskUpdated,
    comment_updated::{CommentAct, permit_author, require_comment},
    require_untouched,
};
use crate::{
    access::{BoardRole, Principal},
    comment::Comment,
    id::CommentId,
    model::Seq,
    refusal::Refusal,
    state::BoardState,
    text,
};

/// Replaces the text of a comment. Only its author may do this.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpdateComment {
    /// The comment.
    pub comment: CommentId,
    /// Refused as stale if the comment was edited, deleted or restored after this number. Absent: the text is replaced in any case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard: Option<Seq>,
    /// The new text, in Markdown.
    pub text: String,
}

impl UpdateComment {
    /// Creates a request without a guard and without a text.
    pub fn of(comment: CommentId) -> Self {
        Self { comment, guard: None, text: String::new() }
    }
}

impl Operation for UpdateComment {
    fn role_needed(&self) -> BoardRole {
        BoardRole::Editor
    }

    fn permit(&self, principal: &Principal, state: &BoardState) -> Result<(), Refusal> {
        permit_author(state, self.comment, principal, None)
    }

    fn decide(&self, state: &BoardState) -> Result<ChangeKind, Refusal> {
        let (old, task) = require_comment(state, self.comment)?;
        require_untouched(old.text_seq, self.guard)?;
        let text = text::comment(&self.text)?;
        if *text == *old.text {
            return Ok(ChangeKind::TaskUpdated(TaskUpdated::nothing(task.id)));
        }
        let edited = Comment { text: text.into(), edited_at: None, ..old.clone() };
        Ok(CommentUpdated::of(CommentAct::Edited, None, edited, task.comments))
    }
}
