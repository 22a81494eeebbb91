//! The people of a server, as other people on it see them.

use serde::{Deserialize, Serialize};

use crate::{
    board::Typed,
    id::ActorId,
    refusal::Refusal,
    text::{capitalised, name_of},
};

/// A person. This struct is public to everybody on the server, so it contains no e-mail address and no role.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Identifies the person.
    pub id: ActorId,
    /// The name that the person chose.
    pub name: String,
    /// Whether the person may no longer sign in. Their name stays known, because their edits are still shown.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deactivated: bool,
}

impl Person {
    /// One or two letters that stand for the name: the initials of its first and its last word.
    pub fn initials(&self) -> String {
        let mut words =
            self.name.split_whitespace().filter_map(|word| word.chars().find(|char| char.is_alphanumeric()));
        let first = words.next();
        let last = words.next_back();
        first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
    }

    /// The number of the person's colour, below [`TINTS`]. It is always the same for a person.
    pub fn tint(&self) -> u8 {
        // The last bytes of a UUIDv7 are random.
        self.id.0.as_bytes()[15] % TINTS
    }
}

/// Who did something, at the beginning of a sentence: the name of a person, `The command line`, `The server itself`, or `Somebody` where that
/// is not known. `name` returns the names of people. These words are the same wherever it is shown who did something.
pub fn called<'a>(by: Option<ActorId>, name: impl FnOnce(ActorId) -> Option<&'a str>) -> String {
    by.and_then(name).map_or_else(|| capitalised(words(by)), str::to_owned)
}

/// As [`called`], within a sentence: `changed by the command line`.
pub fn mentioned<'a>(by: Option<ActorId>, name: impl FnOnce(ActorId) -> Option<&'a str>) -> String {
    by.and_then(name).unwrap_or_else(|| words(by)).to_owned()
}

fn words(by: Option<ActorId>) -> &'static str {
    match by {
        Some(ActorId::COMMAND_LINE) => "the command line",
        Some(ActorId::SERVER) => "the server itself",
        _ => "somebody",
    }
}

/// The longest name of a person, in characters.
pub const MAX_PERSON_NAME_CHARS: usize = 80;

/// Checks a person's name, and returns it trimmed.
pub fn check_name(name: &str) -> Result<String, Refusal> {
    check_name_in("name", name)
}

/// As [`check_name`], for a name in another field. A refusal names `field`.
pub fn check_name_in(field: &str, name: &str) -> Result<String, Refusal> {
    name_of(field, &Typed::Name.normalize(name), MAX_PERSON_NAME_CHARS)
}

/// The number of colours for avatars. The style sheet defines the same number.
pub const TINTS: u8 = 8;

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_name_leaves_the_words_around_it_alone() {
        assert_eq!(check_name(" Ana Lima ").unwrap(), "Ana Lima");
        assert_eq!(check_name("Ana\tLima\u{2028}").unwrap(), "Ana Lima");
        assert_eq!(check_name("\u{5d0}\u{5e0}\u{5d4}").unwrap().chars().count(), 3);
        for wrong in ["\u{202e}and", "a\u{2067}b", "\u{200b}", ""] {
            assert!(check_name(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn whoever_is_no_person_has_words() {
        let ana = ActorId(Uuid::from_u128(7));
        let name = |id| (id == ana).then_some("ana");
        assert_eq!((called(Some(ana), name), mentioned(Some(ana), name)), ("ana".to_owned(), "ana".to_owned()));
        for (by, words) in [
            (Some(ActorId::COMMAND_LINE), "the command line"),
            (Some(ActorId::SERVER), "the server itself"),
            (Some(ActorId(Uuid::from_u128(8))), "somebody"),
            (None, "somebody"),
        ] {
            assert_eq!((called(by, name), mentioned(by, name)), (capitalised(words), words.to_owned()));
        }
    }

    #[test]
    fn initials_are_of_the_first_and_the_last_word() {
        let initials = |name: &str| {
            let (id, name) = (ActorId(Uuid::nil()), name.to_owned());
            Person { id, name, deactivated: false }.initials()
        };
        assert_eq!(initials("Ana Lima"), "AL");
        assert_eq!(initials("  jean-luc de la tour "), "JT");
        assert_eq!(initials("Öznur"), "Ö");
        assert_eq!(initials("李 小龍"), "李小");
        assert_eq!(initials("…"), "");
        assert_eq!(initials("ßa"), "SS");
    }
}
