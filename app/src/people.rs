//! The people of a server, as the others on it see them.

use serde::{Deserialize, Serialize};

use crate::{
    board::Typed,
    id::ActorId,
    refusal::Refusal,
    text::{line, turns_text},
};

/// A person. E-mail addresses and roles are not for everybody, and are not here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Who.
    pub id: ActorId,
    /// What they want to be called.
    pub name: String,
    /// Whether they may no longer sign in. They are still known by name, for what they did still shows.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deactivated: bool,
}

impl Person {
    /// One or two letters that stand for the name: the first of its first and of its last word.
    pub fn initials(&self) -> String {
        let mut words =
            self.name.split_whitespace().filter_map(|word| word.chars().find(|char| char.is_alphanumeric()));
        let first = words.next();
        let last = words.next_back();
        first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
    }

    /// One of [`TINTS`] colours, always the same for this person.
    pub fn tint(&self) -> u8 {
        // The last bytes of a UUIDv7 are random.
        self.id.0.as_bytes()[15] % TINTS
    }
}

/// The longest name of a person, in characters.
pub const MAX_PERSON_NAME_CHARS: usize = 80;

/// Whether it will do as a person's name; it comes back trimmed.
pub fn check_name(name: &str) -> Result<String, Refusal> {
    let name = line("name", &Typed::Name.normalize(name), MAX_PERSON_NAME_CHARS)?;
    // Names stand in the middle of sentences.
    match name.contains(turns_text) {
        true => Err(Refusal::invalid("name", "must not turn the direction of text")),
        false => Ok(name),
    }
}

/// How many colours tell people apart; the style sheet has as many.
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
