//! The operation by which a person reacts to a comment, or takes that back.

use serde::{Deserialize, Serialize};

use super::{
    ChangeKind, CommentUpdated, Operation, TaskUpdated,
    comment_updated::{CommentAct, require_comment},
};
use crate::{
    access::{BoardRole, Principal},
    comment::{MAX_REACTIONS, Reacted, Reaction},
    id::{ActorId, CommentId},
    refusal::{Refusal, Thing},
    state::BoardState,
};

/// Adds a reaction to a comment, or takes it back.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetReaction {
    /// The comment.
    pub comment: CommentId,
    /// The reaction.
    pub reaction: Reaction,
    /// The person who reacts: the sender. Nobody reacts for somebody else.
    pub person: ActorId,
    /// Whether the person reacts in this way.
    pub on: bool,
}

impl Operation for SetReaction {
    fn role_needed(&self) -> BoardRole {
        BoardRole::Editor
    }

    fn permit(&self, principal: &Principal, _state: &BoardState) -> Result<(), Refusal> {
        if principal.person == Some(self.person) { Ok(()) } else { Err(Refusal::Forbidden) }
    }

    fn decide(&self, state: &BoardState) -> Result<ChangeKind, Refusal> {
        let (comment, task) = require_comment(state, self.comment)?;
        if comment.people(self.reaction).contains(&self.person) == self.on {
            return Ok(ChangeKind::TaskUpdated(TaskUpdated::nothing(task.id)));
        }
        let mut comment = comment.clone();
        comment.react(self.reaction, self.person, self.on);
        let count = |reacted: &Reacted| reacted.people.len();
        if self.on && comment.reactions.iter().map(count).sum::<usize>() > MAX_REACTIONS {
            return Err(Refusal::Full { what: Thing::Reaction, limit: MAX_REACTIONS as u32 });
        }
        let act = if self.on { CommentAct::Reacted } else { CommentAct::Unreacted };
        Ok(CommentUpdated::of(act, Some(self.reaction), comment, task.comments))
    }
}
