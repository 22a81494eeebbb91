//! A board gets another name, or is opened to everyone on the server.

use serde::{Deserialize, Serialize};

use super::{ChangeKind, Effect, Inverse, Op, Operation, Part, present, require_unchanged, require_untouched};
use crate::{
    access::BoardRole,
    activity::{ActivityItem, FromTo},
    model::Seq,
    refusal::Refusal,
    state::{BoardState, Stamp, Touched},
    text,
};

/// See [`super::Op::UpdateBoard`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpdateBoard {
    /// The number of the newest change of the board that the sender had seen; refused as stale where there is a newer one. Absent:
    /// whatever happened since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Seq>,
    /// Refused as stale where a field that it sets was changed later than this number. It is what keeps an undo from reverting what somebody
    /// else did since. Absent: whatever happened since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard: Option<Seq>,
    /// A new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What everyone on the server is to be on it; `Some(None)`, in JSON `null`, makes it private to its members.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub everyone: Option<Option<BoardRole>>,
}

impl Operation for UpdateBoard {
    fn role_needed(&self) -> BoardRole {
        BoardRole::Manager
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

/// Whether everyone may be this on a board.
pub(super) fn check_everyone(role: Option<BoardRole>) -> Result<(), Refusal> {
    match role {
        Some(BoardRole::Manager) => {
            Err(Refusal::invalid("everyone", "everyone may be at most an editor; make individual people managers"))
        }
        _ => Ok(()),
    }
}

/// See [`ChangeKind::BoardUpdated`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardUpdated {
    /// Its new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What everyone on the server is on it from now on; `null` where it is private to its members.
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
            touched.access = true;
        }
        touched.board = true;
    }

    fn numbers(&self) -> Vec<Part> {
        Vec::from_iter(self.name.as_ref().map(|_| Part::Name))
    }

    /// Who has access is not given back or taken away by a shortcut.
    fn inverse(&self, before: &BoardState) -> Option<Inverse> {
        self.name.as_ref().filter(|name| *name != before.name())?;
        let update = UpdateBoard { name: Some(before.name().to_owned()), ..UpdateBoard::default() };
        Some(Inverse::of(Op::UpdateBoard(update), vec![Part::Name]))
    }

    fn label<'a>(&'a self, _before: &'a BoardState) -> (&'static str, &'a str) {
        ("rename the board", "")
    }

    fn activity_items(&self, before: Option<&BoardState>, _names: &BoardState) -> Vec<ActivityItem> {
        let from = before.map(|before| before.name().to_owned());
        let to = self.name.clone().filter(|to| from.as_ref() != Some(to));
        let renamed = to.map(|to| ActivityItem::RenamedBoard(FromTo { from, to: Some(to) }));
        renamed.into_iter().chain(self.everyone.map(ActivityItem::SetEveryone)).collect()
    }
}
