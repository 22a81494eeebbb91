//! The operation that renames a board, gives it a colour, a description or another key, or sets the role of everyone on the server on it.

use serde::{Deserialize, Serialize};

use super::{ChangeKind, Effect, Inverse, Op, Operation, Part, present, require_unchanged, require_untouched};
use crate::{
    access::BoardRole,
    activity::{ActivityItem, FromTo},
    key::{BoardKey, KEY_LETTERS},
    label::Hue,
    model::Seq,
    refusal::Refusal,
    state::{BoardState, Entity, Stamp, Touched},
    text,
};

/// Changes the name of the board, its key, colour or description, or the role of everyone on it.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpdateBoard {
    /// The number of the newest change of the board that the sender had seen. Refused as stale if the board has another
    /// number now. Absent: the board is changed in any case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Seq>,
    /// Refused as stale if the request sets the name and the name was changed after this number, or if it sets the
    /// colour or the description and one of them was changed after it. An undo sets it, so that it does not revert later
    /// changes of other people. Absent: the board is changed in any case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard: Option<Seq>,
    /// The new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The new key: two to five letters. Refused if another board has it, or has ever had it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The new colour; `Some(None)`, in JSON `null`, takes the colour away.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub hue: Option<Option<Hue>>,
    /// The new description: one line of text, or none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
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
        self.name.is_none() && self.key.is_none() && self.hue.is_none() && self.description.is_none()
    }

    fn decide(&self, state: &BoardState) -> Result<ChangeKind, Refusal> {
        require_unchanged(state.seq(), self.base)?;
        if self.name.is_some() {
            require_untouched(state.name_seq(), self.guard)?;
        }
        if self.hue.is_some() || self.description.is_some() {
            require_untouched(state.look_seq(), self.guard)?;
        }
        let name = self.name.as_deref().map(|text| text::name("name", text)).transpose()?;
        let key = self.key.as_deref().map(checked_key).transpose()?;
        let description = self.description.as_deref().map(text::board_description).transpose()?;
        check_everyone(self.everyone.flatten())?;
        Ok(ChangeKind::BoardUpdated(BoardUpdated { name, key, hue: self.hue, description, everyone: self.everyone }))
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

/// The content of a change of a board's name, key, colour, description or openness.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardUpdated {
    /// The new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The new key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<BoardKey>,
    /// The new colour; `null` if the board has none any more.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub hue: Option<Option<Hue>>,
    /// The new description; empty if the board has none any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
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
        if let Some(hue) = self.hue {
            state.hue = hue;
        }
        if let Some(description) = &self.description {
            state.description.clone_from(description);
        }
        if self.sets_look() {
            state.look_seq = stamp.seq;
        }
        if let Some(everyone) = self.everyone {
            state.access.everyone = everyone;
            touched.add(Entity::Access);
        }
        touched.add(Entity::Board);
    }

    fn numbers(&self) -> Vec<Part> {
        let (name, look) = (self.name.as_ref().map(|_| Part::Name), self.sets_look().then_some(Part::Look));
        name.into_iter().chain(look).collect()
    }

    /// Restores only the name, the colour and the description: an undo shortcut must not grant or revoke access, and a key has just been
    /// told to others.
    fn inverse(&self, before: &BoardState) -> Option<Inverse> {
        let name = self.name.as_ref().filter(|name| *name != before.name()).map(|_| before.name().to_owned());
        let hue = self.hue.filter(|hue| *hue != before.hue()).map(|_| before.hue());
        let description = self.description.as_ref().filter(|text| *text != before.description());
        let description = description.map(|_| before.description().to_owned());
        let look = (hue.is_some() || description.is_some()).then_some(Part::Look);
        let guarded: Vec<Part> = name.iter().map(|_| Part::Name).chain(look).collect();
        let update = UpdateBoard { name, hue, description, ..UpdateBoard::default() };
        (!guarded.is_empty()).then(|| Inverse::of(Op::UpdateBoard(update), guarded))
    }

    fn label<'a>(&'a self, _before: &'a BoardState) -> (&'static str, &'a str) {
        let what = match (&self.name, &self.key) {
            (Some(_), _) => "rename the board",
            (None, Some(_)) => "change the key of the board",
            (None, None) if self.description.is_some() => "change the description of the board",
            (None, None) if self.hue.is_some() => "change the colour of the board",
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
        let known = |is_new: bool| before.is_none() || is_new;
        let hue = self.hue.filter(|hue| known(before.is_some_and(|before| before.hue() != *hue)));
        let description = self.description.as_deref();
        let description = description.filter(|text| known(before.is_some_and(|before| before.description() != *text)));
        let look = hue.map(ActivityItem::ColouredBoard).into_iter();
        let look = look.chain(description.map(|text| ActivityItem::DescribedBoard(text.to_owned())));
        let items = renamed.into_iter().chain(rekeyed).chain(look);
        items.chain(self.everyone.map(ActivityItem::SetEveryone)).collect()
    }
}

impl BoardUpdated {
    /// Whether it sets the colour or the description.
    fn sets_look(&self) -> bool {
        self.hue.is_some() || self.description.is_some()
    }
}
