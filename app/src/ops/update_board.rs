//! The operation that renames a board, or sets the role of everyone on the server on it.

use serde::{Deserialize, Serialize};

use super::{ChangeKind, Effect, Inverse, Op, Operation, Part, present, require_unchanged, require_untouched};
use crate::{
    access::BoardRole,
    activity::{ActivityItem, FromTo},
    model::Seq,
    refusal::Refusal,
    state::{BoardState, Entity, Stamp, Touched},
    text,
};

/// Changes the name of the board, or the role of everyone on it.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpdateBoard {
    /// The number of the newest change of the board that the sender had seen. Refused as stale if the board has another
    /// number now. Absent: the board is changed in any case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Seq>,
    /// Refused as stale if the request sets the name and the name was changed after this number. An undo sets it, so
    /// that it does not revert later changes of other people. Absent: the board is changed in any case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard: Option<Seq>,
    /// The new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The new role of everyone on the server; `Some(None)`, in JSON `null`, makes the board private to its members.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub everyone: Option<Option<BoardRole>>,
}

impl Operation for UpdateBoard {
    fn role_needed(&self) -> BoardRole {
        BoardRole::Manager
    }

    /// Only for the role of everyone.
    fn is_allowed_on_archived(&self) -> bool {
        self.name.is_none()
    }

    fn decide(&self, state: &BoardState) -> Result<ChangeKind, Refusal> {
        require_unchanged(state.seq(), self.base)?;
        if self.name.is_some() {
            require_untouched(state.name_seq(), self.guard)?;
        }
        let name = self.name.as_deref().map(|text| text::name("name", text)).transpose()?;
        check_everyone(self.everyone.flatten())?;
        Ok(ChangeKind::BoardUpdated(BoardUpdated { name, everyone: self.everyone }))
    }
}

/// Checks that everyone on the server may have this role on a board.
pub(super) fn check_everyone(role: Option<BoardRole>) -> Result<(), Refusal> {
    match role {
        Some(BoardRole::Manager) => {
            Err(Refusal::invalid("everyone", "everyone may be at most an editor; make individual people managers"))
        }
        _ => Ok(()),
    }
}

/// The content of a change of a board's name or openness.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardUpdated {
    /// The new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The new role of everyone on the server; `null` if the board is private to its members.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub everyone: Option<Option<BoardRole>>,
}

impl Effect for BoardUpdated {
    fn apply(&self, state: &mut BoardState, stamp: Stamp, touched: &mut Touched) {
        if let Some(name) = &self.name {
            state.name.clone_from(name);
            state.name_seq = stamp.seq;
        }
        if let Some(everyone) = self.everyone {
            state.access.everyone = everyone;
            touched.add(Entity::Access);
        }
        touched.add(Entity::Board);
    }

    fn numbers(&self) -> Vec<Part> {
        Vec::from_iter(self.name.as_ref().map(|_| Part::Name))
    }

    /// Restores only the name: an undo shortcut must not grant or revoke access.
    fn inverse(&self, before: &BoardState) -> Option<Inverse> {
        self.name.as_ref().filter(|name| *name != before.name())?;
        let update = UpdateBoard { name: Some(before.name().to_owned()), ..UpdateBoard::default() };
        Some(Inverse::of(Op::UpdateBoard(update), vec![Part::Name]))
    }

    fn label<'a>(&'a self, _before: &'a BoardState) -> (&'static str, &'a str) {
        (if self.name.is_some() { "rename the board" } else { "change who may open the board" }, "")
    }

    fn activity_items(&self, before: Option<&BoardState>, _names: &BoardState) -> Vec<ActivityItem> {
        let from = before.map(|before| before.name().to_owned());
        let to = self.name.clone().filter(|to| from.as_ref() != Some(to));
        let renamed = to.map(|to| ActivityItem::RenamedBoard(FromTo { from, to: Some(to) }));
        renamed.into_iter().chain(self.everyone.map(ActivityItem::SetEveryone)).collect()
    }
}
