//! The operation that adds a comment to a task.

use serde::{Deserialize, Serialize};

use super::{ChangeKind, DeleteComment, Effect, Inverse, Op, Operation, Part, require_task, title_of};
use crate::{
    access::BoardRole,
    activity::ActivityItem,
    comment::{Comment, MAX_COMMENTS},
    id::{CommentId, TaskId},
    model::Task,
    refusal::{Refusal, Thing},
    state::{BoardState, Stamp, Touched},
    text,
};

/// Adds a comment to a task.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateComment {
    /// The id of the comment, made by the sender.
    pub comment: CommentId,
    /// The task.
    pub task: TaskId,
    /// The text, in Markdown.
    pub text: String,
}

/// Checks that a task may have one more comment.
pub(super) fn require_room(task: &Task) -> Result<(), Refusal> {
    match task.comments >= MAX_COMMENTS {
        true => Err(Refusal::Full { what: Thing::Comment, limit: MAX_COMMENTS }),
        false => Ok(()),
    }
}

impl Operation for CreateComment {
    fn role_needed(&self) -> BoardRole {
        BoardRole::Editor
    }

    fn decide(&self, state: &BoardState) -> Result<ChangeKind, Refusal> {
        if state.comment(self.comment).is_some() {
            return Err(Refusal::Exists { what: Thing::Comment });
        }
        let task = require_task(state, self.task)?;
        require_room(task)?;
        let text = text::comment(&self.text)?;
        Ok(ChangeKind::CommentCreated(CommentCreated {
            task: task.id,
            comment: self.comment,
            text,
            comments: task.comments + 1,
        }))
    }
}

/// The content of a change that adds a comment. Its author is the originator of the change.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommentCreated {
    /// The task.
    pub task: TaskId,
    /// The id of the comment.
    pub comment: CommentId,
    /// The text, in Markdown.
    pub text: String,
    /// The number of the task's comments now.
    pub comments: u32,
}

impl Effect for CommentCreated {
    fn apply(&self, state: &mut BoardState, stamp: Stamp, touched: &mut Touched) {
        state.count_comments(self.task, self.comments, stamp, touched);
        let comment = Comment {
            id: self.comment,
            task: self.task,
            text: self.text.as_str().into(),
            author: stamp.by,
            created_at: stamp.at,
            created_seq: stamp.seq,
            edited_at: None,
            deleted_at: None,
            reactions: Vec::new(),
            text_seq: stamp.seq,
            seq: stamp.seq,
        };
        state.put_comment(comment, touched);
    }

    fn task(&self) -> Option<TaskId> {
        Some(self.task)
    }

    fn numbers(&self) -> Vec<Part> {
        vec![Part::Task(self.task), Part::Comment(self.comment)]
    }

    fn inverse(&self, _before: &BoardState) -> Option<Inverse> {
        let delete = Op::DeleteComment(DeleteComment::of(self.comment));
        Some(Inverse::of(delete, vec![Part::Comment(self.comment)]))
    }

    fn label<'a>(&'a self, before: &'a BoardState) -> (&'static str, &'a str) {
        ("comment on", title_of(before, self.task))
    }

    fn activity_items(&self, _before: Option<&BoardState>, _names: &BoardState) -> Vec<ActivityItem> {
        vec![ActivityItem::Commented]
    }
}
