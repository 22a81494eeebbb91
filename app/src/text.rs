//! The rules for text that people write: which characters are allowed, how long a text may be, and which characters are
//! invisible.

use crate::refusal::Refusal;

/// The longest title of a task, in characters.
pub const MAX_TITLE_CHARS: usize = 500;
/// The longest name of a board or column, in characters.
pub const MAX_NAME_CHARS: usize = 100;
/// The longest description of a board, in characters.
pub const MAX_BOARD_DESCRIPTION_CHARS: usize = 200;
/// The longest name of a label, in characters.
pub const MAX_LABEL_NAME_CHARS: usize = 60;
/// The longest description of a label, in characters.
pub const MAX_LABEL_DESCRIPTION_CHARS: usize = 200;
/// The longest text of an item of a checklist, in characters.
pub const MAX_ITEM_CHARS: usize = 500;
/// The longest description of a task, in bytes of UTF-8. Encoded as JSON, a description of this length still fits into one socket
/// message.
pub const MAX_DESCRIPTION_BYTES: usize = 30_000;

/// The longest comment, in bytes of UTF-8. Encoded as JSON, where a character takes at most twice its bytes, a comment of this length fits
/// into one socket message.
pub const MAX_COMMENT_BYTES: usize = 64_000;

/// Checks the title of a task, and returns it trimmed.
pub fn title(text: &str) -> Result<String, Refusal> {
    line("title", text, MAX_TITLE_CHARS)
}

/// Checks the name of a board or a column, and returns it trimmed. A refusal names `field`.
pub fn name(field: &str, text: &str) -> Result<String, Refusal> {
    name_of(field, text, MAX_NAME_CHARS)
}

/// Checks a name, and returns it trimmed. Names are shown within sentences, so none may change the direction of the text after it.
pub fn name_of(field: &str, text: &str, max_chars: usize) -> Result<String, Refusal> {
    let name = line(field, text, max_chars)?;
    let what = field.rsplit('.').next().unwrap_or(field);
    match name.contains(turns_text) {
        true => Err(Refusal::invalid(
            field,
            format!("the {what} must not contain characters that change the text direction"),
        )),
        false => Ok(name),
    }
}

/// Checks the name of a label, which may be empty, and returns it trimmed.
pub fn label_name(text: &str) -> Result<String, Refusal> {
    if text.trim().is_empty() { Ok(String::new()) } else { name_of("name", text, MAX_LABEL_NAME_CHARS) }
}

/// Checks the description of a label, which may be empty, and returns it trimmed.
pub fn label_description(text: &str) -> Result<String, Refusal> {
    if text.trim().is_empty() { Ok(String::new()) } else { line("description", text, MAX_LABEL_DESCRIPTION_CHARS) }
}

/// Checks the description of a board, which may be empty, and returns it trimmed. It stands beside the name, so it leaves the direction of
/// texts alone, too.
pub fn board_description(text: &str) -> Result<String, Refusal> {
    if text.trim().is_empty() { Ok(String::new()) } else { name_of("description", text, MAX_BOARD_DESCRIPTION_CHARS) }
}

/// Checks the text of an item of a checklist, and returns it trimmed.
pub fn item(text: &str) -> Result<String, Refusal> {
    line("text", text, MAX_ITEM_CHARS)
}

/// Checks one line of text: it must have a visible character, and neither be too long nor contain control characters or
/// line separators.
pub fn line(field: &str, text: &str, max_chars: usize) -> Result<String, Refusal> {
    let text = text.trim();
    let what = field.rsplit('.').next().unwrap_or(field);
    if is_blank(text) {
        return Err(Refusal::invalid(field, format!("the {what} must not be empty")));
    }
    let chars = text.chars().count();
    if chars > max_chars {
        let message = format!("the {what} is {chars} characters long; at most {max_chars} are allowed");
        return Err(Refusal::invalid(field, message));
    }
    if text.chars().any(|char| char.is_control() || matches!(char, '\u{2028}' | '\u{2029}')) {
        return Err(Refusal::invalid(field, format!("the {what} must be one line of text without control characters")));
    }
    Ok(text.to_owned())
}

/// A text for comparisons that ignore case. Each character is made small by itself, unlike by [`str::to_lowercase`], for which `Σ` depends on
/// what follows it. So a text that contains another one still does when both are folded.
pub fn folded(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

/// Whether a text has no visible character.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(|char| char.is_whitespace() || is_invisible(char))
}

/// Whether a character is invisible: joiners, direction marks, fillers and the like. Such characters are allowed
/// between visible characters, where they have a use.
pub fn is_invisible(char: char) -> bool {
    turns_text(char)
        || matches!(char, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{2800}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}')
}

/// Whether a character changes the direction of the text that follows it, even beyond the end of the text that contains
/// it.
pub fn turns_text(char: char) -> bool {
    matches!(char, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Checks a description, and returns it with `\n` as line breaks and without white space at the end.
pub fn description(text: &str) -> Result<String, Refusal> {
    lines("description", "description", text, MAX_DESCRIPTION_BYTES)
}

/// Checks a comment, which must have a visible character, and returns it with `\n` as line breaks and without white space at the end.
pub fn comment(text: &str) -> Result<String, Refusal> {
    let text = lines("text", "comment", text, MAX_COMMENT_BYTES)?;
    match text.chars().all(|char| char.is_whitespace() || is_invisible(char)) {
        true => Err(Refusal::invalid("text", "the comment must not be empty")),
        false => Ok(text),
    }
}

/// Checks a text of several lines.
fn lines(field: &str, what: &str, text: &str, max_bytes: usize) -> Result<String, Refusal> {
    let text = text.replace("\r\n", "\n");
    let text = text.trim_end();
    if text.len() > max_bytes {
        let message = format!("the {what} is {} bytes long; at most {max_bytes} are allowed", text.len());
        return Err(Refusal::invalid(field, message));
    }
    if text.chars().any(|char| char.is_control() && char != '\n' && char != '\t') {
        return Err(Refusal::invalid(field, format!("the {what} must not contain control characters")));
    }
    Ok(text.to_owned())
}

/// Returns a clause as a sentence: with a capital letter, and with a full stop.
pub fn sentence(clause: &str) -> String {
    format!("{}.", capitalised(clause))
}

/// Returns a text with its first letter in upper case.
pub fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(chars).collect()
}

/// The first characters of a text, enough to recognise it in a sentence.
pub fn shortened(text: &str) -> String {
    const MOST: usize = 60;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => isolated(&format!("{}…", text[..end].trim_end())),
        None => isolated(text),
    }
}

/// A text that somebody wrote, to be put into a sentence: it keeps its direction to itself, and does not turn the words around it.
pub fn isolated(text: &str) -> String {
    let is_right_to_left = |char| {
        matches!(char, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}' | '\u{10800}'..='\u{10fff}'
            | '\u{1e800}'..='\u{1efff}')
    };
    if !text.contains(|char: char| is_right_to_left(char) || turns_text(char)) {
        return text.to_owned();
    }
    // One of these could end the isolation.
    let own = text.chars().filter(|char| !turns_text(*char));
    ['\u{2068}'].into_iter().chain(own).chain(['\u{2069}']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leaves_the_text_after_it_alone() {
        for turned in ["\u{202e}x", "a\u{2067}b", "a\u{202a}"] {
            assert!(name("name", turned).is_err() && label_name(turned).is_err(), "{turned:?}");
            let refusal = name("columns.name", turned).unwrap_err().to_string();
            assert!(
                refusal.contains("the name must not contain characters that change the text direction"),
                "{refusal}"
            );
            assert_eq!(label_description(turned).as_deref(), Ok(turned), "it stands by itself");
        }
        assert_eq!(name("name", " \u{5e9}\u{200f} ").as_deref(), Ok("\u{5e9}\u{200f}"));
        assert_eq!(label_name(" ").as_deref(), Ok(""));
    }

    #[test]
    fn a_text_contains_its_parts_ignoring_case() {
        for text in ["Äpfel", "İstanbul", "Straße ẞ", "ΟΔΟΣΑ", "Σίσυφος", "ǅ Ǆ"] {
            for (end, _) in text.char_indices() {
                assert!(folded(text).contains(&folded(&text[..end])), "{text}");
            }
        }
        assert!(folded("Äpfel").contains(&folded("ÄPF")) && folded("ΟΔΟΣ") == folded("οδοσ"));
    }

    #[test]
    fn a_text_keeps_its_direction_to_itself() {
        for text in ["", "Tea", "Äpfel & ΟΔΟΣ, 茶"] {
            assert_eq!(isolated(text), text);
        }
        assert_eq!(isolated("תה!"), "\u{2068}תה!\u{2069}");
        assert_eq!(isolated("شاي"), "\u{2068}شاي\u{2069}");
        assert_eq!(isolated("a\u{202e}b\u{2069}c"), "\u{2068}abc\u{2069}");
        assert_eq!(shortened(&"א".repeat(61)), format!("\u{2068}{}…\u{2069}", "א".repeat(60)));
    }
}
