//! The operation that adds a person to a board, changes their role, or removes them.

use serde::{Deserialize, Serialize};

use super::{ChangeKind, Effect, Operation};
use crate::{
    access::BoardRole,
    activity::ActivityItem,
    id::ActorId,
    refusal::{Refusal, Thing},
    state::{BoardState, Entity, Stamp, Touched},
};

/// The most members that a board may have.
pub const MAX_MEMBERS: usize = 1_000;

/// Sets the role of a person on the board, or removes them from it.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetMember {
    /// The person.
    pub person: ActorId,
    /// The new role; `None`, in JSON `null`, removes them from the board.
    #[serde(default)]
    pub role: Option<BoardRole>,
}

impl Operation for SetMember {
    fn role_needed(&self) -> BoardRole {
        BoardRole::Manager
    }

    fn is_allowed_on_archived(&self) -> bool {
        true
    }

    fn decide(&self, state: &BoardState) -> Result<ChangeKind, Refusal> {
        let members = &state.access().members;
        if self.role.is_none() && !members.contains_key(&self.person) {
            return Err(Refusal::not_found(Thing::Person));
        }
        let is_manager = |person: &ActorId| members.get(person) == Some(&BoardRole::Manager);
        let others = members.keys().filter(|person| **person != self.person && is_manager(person)).count();
        if is_manager(&self.person) && self.role != Some(BoardRole::Manager) && others == 0 {
            return Err(Refusal::invalid("role", "a board needs a manager; make somebody else a manager first"));
        }
        if self.role.is_some() && !members.contains_key(&self.person) && members.len() >= MAX_MEMBERS {
            return Err(Refusal::Full { what: Thing::Person, limit: MAX_MEMBERS as u32 });
        }
        Ok(ChangeKind::MemberSet(MemberSet { person: self.person, role: self.role }))
    }
}

/// The content of a change of a membership.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberSet {
    /// The person.
    pub person: ActorId,
    /// The new role; absent if they were removed from the board.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<BoardRole>,
}

/// Has no inverse: an undo shortcut must not grant or revoke access.
impl Effect for MemberSet {
    fn apply(&self, state: &mut BoardState, _stamp: Stamp, touched: &mut Touched) {
        match self.role {
            Some(role) => state.grant(self.person, role),
            None => drop(state.access.members.remove(&self.person)),
        }
        touched.add(Entity::Access);
    }

    fn label<'a>(&'a self, _before: &'a BoardState) -> (&'static str, &'a str) {
        ("change who has access", "")
    }

    fn activity_items(&self, _before: Option<&BoardState>, _names: &BoardState) -> Vec<ActivityItem> {
        vec![ActivityItem::SetMember(self.person, self.role)]
    }

    fn people(&self) -> &[ActorId] {
        std::slice::from_ref(&self.person)
    }
}
