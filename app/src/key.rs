//! The keys of boards, and the names that they give to tasks: task 42 of the board with the key `WEB` is `WEB-42`.
//!
//! The server assigns keys and numbers when it commits, so that no two boards have the same key and no two tasks of a board the same number. A
//! task keeps its number for ever. A board may get another key; then the old one still leads to it, and is never given to another board.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The fewest and the most letters of a key.
pub const KEY_LETTERS: std::ops::RangeInclusive<usize> = 2..=5;

/// The highest number that is read.
pub const MAX_NUMBER: u32 = 999_999_999;

/// The most digits of a number.
const MAX_DIGITS: usize = 9;

/// No board has one of these as its key: with a number, people mean something else, such as UTF-8, which would look like a task.
const MEANS_SOMETHING_ELSE: [&str; 16] = [
    "AES", "ANSI", "COVID", "CVE", "DIN", "ECMA", "EN", "GPT", "HTTP", "IEC", "IEEE", "ISO", "MD", "RFC", "SHA", "UTF",
];

/// The key of a board: two to five letters from A to Z.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BoardKey(String);

impl BoardKey {
    /// Reads a key, in capital letters or small ones. `None` if no board can have it.
    pub fn parse(text: &str) -> Option<Self> {
        let is_key = KEY_LETTERS.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphabetic());
        let key = Self(text.to_ascii_uppercase());
        (is_key && !MEANS_SOMETHING_ELSE.contains(&&*key.0)).then_some(key)
    }

    /// Returns the letters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns what task `number` of the board is called; `None` for 0, the number of a task that is not saved yet.
    pub fn task(&self, number: u32) -> Option<TaskRef> {
        (number > 0).then(|| TaskRef { key: self.clone(), number })
    }
}

impl fmt::Display for BoardKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What people call a task: `WEB-42`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskRef {
    /// The key of the board, or one that it had before.
    pub key: BoardKey,
    /// The number of the task on the board, from 1 on.
    pub number: u32,
}

impl TaskRef {
    /// Reads the name of a task, in capital letters or small ones.
    pub fn parse(text: &str) -> Option<Self> {
        let (key, number) = text.split_once('-')?;
        Some(Self { key: BoardKey::parse(key)?, number: parse_number(number)? })
    }

    /// Returns the address that leads to the task.
    pub fn path(&self) -> String {
        format!("/t/{self}")
    }
}

impl fmt::Display for TaskRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.key, self.number)
    }
}

/// Reads the number of a task.
pub fn parse_number(text: &str) -> Option<u32> {
    let is_number = (1..=MAX_DIGITS).contains(&text.len())
        && !text.starts_with('0')
        && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

/// Finds the next name of a task in a text, in capital letters and as a word of its own: where it begins and ends.
pub fn next_ref(text: &str) -> Option<(usize, usize)> {
    text.match_indices('-').find_map(|(dash, _)| {
        let (before, after) = (&text[..dash], &text[dash + 1..]);
        let letters = before.bytes().rev().take_while(u8::is_ascii_uppercase).count();
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        let (start, end) = (dash - letters, dash + 1 + digits);
        let mut next = text[end..].chars();
        // `CVE-2024-1`, `5-WEB-42`, `a/WEB-42` and `WEB-4.5` are something else; a full stop or a dash after a word is not.
        let is_joined = |sign: char| matches!(sign, '-' | '_' | '.' | '/' | '@' | '#' | '&' | '=');
        let begins = text[..start].chars().next_back().is_none_or(|sign| !sign.is_alphanumeric() && !is_joined(sign));
        let ends = match next.next() {
            None => true,
            Some(sign) if is_joined(sign) => !next.next().is_some_and(char::is_alphanumeric),
            Some(sign) => !sign.is_alphanumeric(),
        };
        (begins && ends && TaskRef::parse(&text[start..end]).is_some()).then_some((start, end))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_two_to_five_letters() {
        for (text, key) in [("WEB", Some("WEB")), ("web", Some("WEB")), ("Ab", Some("AB")), ("ABCDE", Some("ABCDE"))] {
            assert_eq!(BoardKey::parse(text).as_ref().map(BoardKey::as_str), key, "{text}");
        }
        for text in ["", "A", "ABCDEF", "A1", "A-B", " AB", "ÄB", "UTF", "utf"] {
            assert_eq!(BoardKey::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_task_is_named_by_the_key_and_its_number() {
        let read = |text| TaskRef::parse(text).map(|task| task.to_string());
        for text in ["WEB-42", "web-42", "Web-42"] {
            assert_eq!(read(text).as_deref(), Some("WEB-42"), "{text}");
        }
        assert_eq!(read("AB-999999999").as_deref(), Some("AB-999999999"));
        for text in
            ["WEB", "WEB-", "WEB-0", "WEB-042", "WEB-4x", "WEB--4", "WEB-+4", "WEB-1234567890", "-4", "WEB 4", "UTF-8"]
        {
            assert_eq!(read(text), None, "{text:?}");
        }
        let key = BoardKey::parse("WEB").unwrap();
        assert_eq!(key.task(0), None);
        assert_eq!(key.task(7).unwrap().path(), "/t/WEB-7");
    }

    #[test]
    fn a_name_of_a_task_is_a_word_of_its_own() {
        let found = |text: &'static str| next_ref(text).map(|(start, end)| &text[start..end]);
        for text in [
            "WEB-42",
            "see WEB-42.",
            "(WEB-42)",
            "WEB-42, then",
            "ü WEB-42 –",
            "a-b WEB-42",
            "„WEB-42“",
            "WEB-42: done",
            "WEB-42 - done",
        ] {
            assert_eq!(found(text), Some("WEB-42"), "{text}");
        }
        for text in [
            "web-42",
            "XWEBSI-42",
            "xWEB-42",
            "WEB-42x",
            "WEB-042",
            "UTF-8",
            "SHA-256",
            "CVE-2024-1",
            "A-1",
            "WEB-4.5",
            "x/WEB-42",
            "WEB-42/x",
            "5-WEB-42",
            "WEB-42_a",
            "top-10",
            "üWEB-42",
            "WEB-42ü",
            "--",
            "-",
            "",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
