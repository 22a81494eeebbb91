//! The operation that renames a board, gives it another key, or sets the role of everyone on the server on it.

use serde::{Deserialize, Serialize};

use super::{ChangeKind, Effect, Inverse, Op, Operation, Part, present, require_unchanged, require_untouched};
use crate::{
    access::BoardRole,
    activity::{ActivityItem, FromTo},
    key::{BoardKey, KEY_LETTERS},
    model::Seq,
    refusal::Refusal,
    state::{BoardState, Entity, Stamp, Touched},
    text,
};

/// Changes the name of the board, its key, or the role of everyone on it.
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
    /// The new key: two to five letters. Refused if another board has it, or has ever had it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
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
        self.name.is_none() && self.key.is_none()
    }

    fn decide(&self, state: &BoardState) -> Result<ChangeKind, Refusal> {
        require_unchanged(state.seq(), self.base)?;
        if self.name.is_some() {
            require_untouched(state.name_seq(), self.guard)?;
        }
        let name = self.name.as_deref().map(|text| text::name("name", text)).transpose()?;
        let key = self.key.as_deref().map(checked_key).transpose()?;
        check_everyone(self.everyone.flatten())?;
        Ok(ChangeKind::BoardUpdated(BoardUpdated { name, key, everyone: self.everyone }))
    }
}

/// Reads a key that somebody chose.
fn checked_key(text: &str) -> Result<BoardKey, Refusal> {
    BoardKey::parse(text.trim()).ok_or_else(|| {
        let is_key =
            KEY_LETTERS.contains(&text.trim().len()) && text.trim().bytes().all(|byte| byte.is_ascii_alphabetic());
        Refusal::invalid(
            "key",
            match is_key {
                true => "people mean something else by this key and a number, as in UTF-8; choose another one",
                false => "the key must be two to five letters from A to Z, such as WEB",
            },
        )
    })
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

/// The content of a change of a board's name, key or openness.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardUpdated {
    /// The new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The new key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<BoardKey>,
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
        if self.key.is_some() {
            state.key.clone_from(&self.key);
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

    /// Restores only the name: an undo shortcut must not grant or revoke access, and a key has just been told to others.
    fn inverse(&self, before: &BoardState) -> Option<Inverse> {
        self.name.as_ref().filter(|name| *name != before.name())?;
        let update = UpdateBoard { name: Some(before.name().to_owned()), ..UpdateBoard::default() };
        Some(Inverse::of(Op::UpdateBoard(update), vec![Part::Name]))
    }

    fn label<'a>(&'a self, _before: &'a BoardState) -> (&'static str, &'a str) {
        let what = match (&self.name, &self.key) {
            (Some(_), _) => "rename the board",
            (None, Some(_)) => "change the key of the board",
            (None, None) => "change who may open the board",
        };
        (what, "")
    }

    fn activity_items(&self, before: Option<&BoardState>, _names: &BoardState) -> Vec<ActivityItem> {
        let from = before.map(|before| before.name().to_owned());
        let to = self.name.clone().filter(|to| from.as_ref() != Some(to));
        let renamed = to.map(|to| ActivityItem::RenamedBoard(FromTo { from, to: Some(to) }));
        let key = before.map(|before| before.key().map(BoardKey::to_string));
        let to = self.key.as_ref().map(BoardKey::to_string).filter(|to| key.as_ref() != Some(&Some(to.clone())));
        let rekeyed = to.map(|to| ActivityItem::ChangedKey(FromTo { from: key.flatten(), to: Some(to) }));
        renamed.into_iter().chain(rekeyed).chain(self.everyone.map(ActivityItem::SetEveryone)).collect()
    }
}
