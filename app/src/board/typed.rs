//! The conversion of typed and pasted text to text that can be saved.
//!
//! A program that sends a tab in a title has a bug, and gets an error. A person who pastes a tab from a spreadsheet has
//! made no mistake. So every input of text from people converts it to a form that [`text`](crate::text) accepts, and
//! does not save a text that is too long. Nothing is cut: the text stays in the field, with a message on how much is
//! too long.

use crate::text::{MAX_COMMENT_BYTES, MAX_DESCRIPTION_BYTES, MAX_NAME_CHARS, MAX_TITLE_CHARS};

/// A kind of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typed {
    /// The title of a task.
    Title,
    /// The name of a board or a column.
    Name,
    /// The description of a task.
    Description,
    /// A comment.
    Comment,
}

impl Typed {
    /// Returns the text as it is saved. In one-line texts, control characters and line breaks become a space, as line
    /// breaks do in the fields of every browser. In descriptions and comments, all kinds of line breaks become `\n`, and other
    /// control characters except tabs become a space.
    pub fn normalize(self, text: &str) -> String {
        match self {
            Self::Title | Self::Name => {
                let mut normalized = String::with_capacity(text.len());
                let mut in_gap = false;
                for char in text.chars() {
                    let is_gap = char.is_control() || breaks_lines(char);
                    if !is_gap {
                        normalized.push(char);
                    } else if !in_gap {
                        normalized.push(' ');
                    }
                    in_gap = is_gap;
                }
                normalized.trim().to_owned()
            }
            Self::Description | Self::Comment => {
                let readable = |char: char| match char {
                    '\n' | '\t' => char,
                    char if breaks_lines(char) => '\n',
                    char if char.is_control() => ' ',
                    char => char,
                };
                let text: String = text.replace("\r\n", "\n").chars().map(readable).collect();
                text.trim_end().to_owned()
            }
        }
    }

    /// Returns the message that the text is too long, with by how much; `None` if it is not.
    pub fn too_long(self, text: &str) -> Option<String> {
        let normalized = self.normalize(text);
        let (length, most, unit) = match self {
            Self::Title => (normalized.chars().count(), MAX_TITLE_CHARS, "character"),
            Self::Name => (normalized.chars().count(), MAX_NAME_CHARS, "character"),
            Self::Description => (normalized.len(), MAX_DESCRIPTION_BYTES, "byte"),
            Self::Comment => (normalized.len(), MAX_COMMENT_BYTES, "byte"),
        };
        let over = length.checked_sub(most).filter(|over| *over > 0)?;
        let plural = if over == 1 { "" } else { "s" };
        Some(format!("{over} {unit}{plural} too long: {most} is the most. It is saved when it fits."))
    }

    /// Returns the pattern of an `<input>` that limits the length of a one-line text. A pattern counts characters,
    /// whereas `maxlength` counts emoji twice and cuts the text.
    pub fn pattern(self) -> Option<String> {
        let most = match self {
            Self::Title => MAX_TITLE_CHARS,
            Self::Name => MAX_NAME_CHARS,
            Self::Description | Self::Comment => return None,
        };
        Some(format!("[\\s\\S]{{0,{most}}}"))
    }
}

fn breaks_lines(char: char) -> bool {
    matches!(char, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{comment, description, line};

    /// Texts with each special character, between letters.
    fn odd() -> impl Iterator<Item = String> {
        let odd = (0..=0x2100u32).filter_map(char::from_u32).filter(|char| !char.is_alphanumeric());
        odd.chain(['\u{feff}', '\u{1f642}', '\u{fffd}']).map(|char| format!("a{char}b{char}{char}c{char}"))
    }

    #[test]
    fn what_people_paste_is_never_refused_for_its_characters() {
        for text in odd() {
            for kind in [Typed::Title, Typed::Name] {
                assert!(line("title", &kind.normalize(&text), MAX_TITLE_CHARS).is_ok(), "{text:?}");
            }
            assert!(description(&Typed::Description.normalize(&text)).is_ok(), "{text:?}");
            assert!(comment(&Typed::Comment.normalize(&text)).is_ok(), "{text:?}");
        }
    }

    #[test]
    fn a_tab_is_a_space_as_a_line_break_is() {
        assert_eq!(Typed::Title.normalize("Tea\tMilk\r\nHoney\n"), "Tea Milk Honey");
        assert_eq!(Typed::Title.normalize("\u{1b}[31mTea\0"), "[31mTea");
        assert_eq!(Typed::Name.normalize("To\u{2028}do"), "To do");
        assert_eq!(
            Typed::Description.normalize("One\r\nTwo\rThree\u{b}Four\tFive\0Six\n"),
            "One\nTwo\nThree\nFour\tFive Six"
        );
    }

    #[test]
    fn what_is_fine_stays_as_it_is() {
        for text in ["Tea", "  two  spaces", "no\u{a0}break", "👩‍👩‍👧 family", "שלום"] {
            assert_eq!(Typed::Title.normalize(text), text.trim());
        }
    }

    #[test]
    fn lengths_are_counted_as_they_are_decided() {
        for (kind, most) in [(Typed::Title, MAX_TITLE_CHARS), (Typed::Name, MAX_NAME_CHARS)] {
            for letter in ["a", "é", "🙂"] {
                let fits = format!(" {} ", letter.repeat(most));
                assert_eq!(kind.too_long(&fits), None, "{letter}");
                assert!(line("title", &kind.normalize(&fits), most).is_ok());
                let over = letter.repeat(most + 1);
                assert!(kind.too_long(&over).unwrap().starts_with("1 character too long"));
                assert!(line("title", &kind.normalize(&over), most).is_err());
            }
        }
        let fits = "🙂".repeat(MAX_DESCRIPTION_BYTES / 4);
        assert_eq!(Typed::Description.too_long(&fits), None);
        assert!(description(&Typed::Description.normalize(&fits)).is_ok());
        assert!(Typed::Description.too_long(&format!("{fits}ab")).unwrap().starts_with("2 bytes too long"));
    }
}
