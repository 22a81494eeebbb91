//! Interprets keys. All code that handles keys reads them through this module (`clippy.toml` enforces that), so these rules hold for every
//! control:
//!
//! - Keys that an input method uses are ignored. Chromium and Firefox mark them with `isComposing`. Safari ends the composition before it
//!   sends the key event that ended it, and marks that event only with the key code 229.
//! - A key that is held down acts once, however often it repeats. Only moving the focus or a lifted card with the arrow keys repeats.
//! - A shortcut is a letter, wherever the layout has it (Dvorak, AZERTY). Where the key writes no Latin letter (Cyrillic, Greek, Hebrew),
//!   the physical position of the key counts.
//!
//! What a key means on a page of a board is in one table: `features/shortcuts.rs`.
#![expect(clippy::disallowed_methods, reason = "this is the one place that reads keys")]

use std::cell::RefCell;

use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::Element;

/// The key code of a key event that an input method has consumed.
const TAKEN_BY_INPUT_METHOD: u32 = 229;

/// The keys that the page has a use for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    Enter,
    Escape,
    Space,
    Tab,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    Delete,
    /// A letter from a to z.
    Letter(char),
    /// `/` or `?`. Many layouts write them with Shift.
    Sign(char),
    /// A digit from 0 to 9.
    Digit(u8),
    Other,
}

/// A key that went down, with the modifier keys that are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stroke {
    pub key: Key,
    /// Whether the key was down already and repeats.
    pub held: bool,
    pub shift: bool,
    pub ctrl: bool,
    pub alt: bool,
    pub meta: bool,
}

impl Stroke {
    /// Whether the stroke is a shortcut: Ctrl or ⌘ is held, but not AltGr, which browsers report as Ctrl and Alt.
    pub fn is_command(&self) -> bool {
        (self.ctrl || self.meta) && !self.alt
    }

    /// Whether neither Ctrl nor ⌘ nor Alt is held.
    pub fn is_plain(&self) -> bool {
        !(self.ctrl || self.meta || self.alt)
    }
}

/// The key that went down, reported once however long it is held; `None` if an input method or another listener has consumed the event.
pub fn pressed(event: &ev::KeyboardEvent) -> Option<Stroke> {
    pressed_or_held(event).filter(|stroke| !stroke.held)
}

/// Like [`pressed`], but reports the key again each time it repeats.
pub fn pressed_or_held(event: &ev::KeyboardEvent) -> Option<Stroke> {
    let is_taken = belongs_to_input_method(event.is_composing(), event.key_code()) || event.default_prevented();
    (!is_taken).then(|| Stroke {
        key: key(&event.key(), &event.code(), event.shift_key()),
        held: event.repeat(),
        shift: event.shift_key(),
        ctrl: event.ctrl_key(),
        alt: event.alt_key(),
        meta: event.meta_key(),
    })
}

/// Whether Escape was pressed and no other listener has consumed it.
pub fn escapes(event: &ev::KeyboardEvent) -> bool {
    pressed(event).is_some_and(|stroke| stroke.key == Key::Escape)
}

/// Makes a held Enter key press a button, follow a link or submit a form only once: browsers would do so again with every repeat. In a
/// text area a held Enter still writes lines. A key that moved the focus into a field is not typed there while it is held. Also stops
/// Escape from clearing a field during a composition, as Chromium does with search fields. Call it once per page.
pub fn press_once() {
    const LINES: &str = "textarea, [contenteditable]";
    const FIELDS: &str = "textarea, [contenteditable], input, select";
    Effect::new(|| {
        let went_down_on = RefCell::new(None::<Element>);
        let listener = window_event_listener(ev::keydown, move |event| {
            if belongs_to_input_method(event.is_composing(), event.key_code()) && event.key() == "Escape" {
                event.prevent_default();
            }
            let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
            let Some(stroke) = pressed_or_held(&event) else { return };
            if !stroke.held {
                *went_down_on.borrow_mut() = target;
                return;
            }
            let is_in = |fields| target.as_ref().is_some_and(|target| target.matches(fields).unwrap_or(false));
            let is_elsewhere = *went_down_on.borrow() != target;
            let is_typed = is_elsewhere && event.key().chars().count() == 1 && is_in(FIELDS);
            if is_typed || (stroke.key == Key::Enter && !is_in(LINES)) {
                event.prevent_default();
            }
        });
        on_cleanup(move || listener.remove());
    });
}

fn belongs_to_input_method(is_composing: bool, key_code: u32) -> bool {
    is_composing || key_code == TAKEN_BY_INPUT_METHOD
}

/// Maps the text that a key writes, and its physical position, to a [`Key`].
fn key(writes: &str, place: &str, shift: bool) -> Key {
    match writes {
        "Enter" => return Key::Enter,
        "Escape" => return Key::Escape,
        " " => return Key::Space,
        "Tab" => return Key::Tab,
        "ArrowUp" => return Key::Up,
        "ArrowDown" => return Key::Down,
        "ArrowLeft" => return Key::Left,
        "ArrowRight" => return Key::Right,
        "Home" => return Key::Home,
        "End" => return Key::End,
        "Delete" => return Key::Delete,
        "/" => return Key::Sign('/'),
        // The second is the question mark of Arabic and Persian.
        "?" | "؟" => return Key::Sign('?'),
        _ => {}
    }
    let only = |text: &str| {
        let mut chars = text.chars();
        chars.next().filter(|_| chars.next().is_none())
    };
    // Letters with accents are Latin too: a layout that has them has the letters a to z at other keys.
    const LAST_LATIN: char = '\u{36f}';
    let letter = match only(writes) {
        Some(letter) if letter > LAST_LATIN && letter.is_alphabetic() && place == "Slash" => {
            return Key::Sign(if shift { '?' } else { '/' });
        }
        Some(letter) if letter > LAST_LATIN => place.strip_prefix("Key").and_then(only),
        letter => letter,
    };
    // AZERTY writes digits with Shift only; there the place counts.
    let digit = only(writes).filter(char::is_ascii_digit).or_else(|| only(place.strip_prefix("Digit")?));
    match letter {
        Some(letter) if letter.is_ascii_alphabetic() => Key::Letter(letter.to_ascii_lowercase()),
        _ => digit.and_then(|digit| digit.to_digit(10)).map_or(Key::Other, |digit| Key::Digit(digit as u8)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_an_input_method_are_told_in_the_order_of_every_browser() {
        assert!(belongs_to_input_method(true, 13), "Chromium and Firefox: the key comes before the composition ends");
        assert!(belongs_to_input_method(false, 229), "Safari: the key comes after the composition has ended");
        assert!(!belongs_to_input_method(false, 13));
    }

    #[test]
    fn a_shortcut_is_the_letter_where_the_layout_has_one() {
        for (writes, place, letter) in [
            ("z", "KeyZ", 'z'),
            ("Z", "KeyZ", 'z'),
            ("z", "KeyY", 'z'),  // German
            ("z", "KeyW", 'z'),  // French
            ("z", "Slash", 'z'), // Dvorak
            (";", "KeyZ", ';'),  // Dvorak: this is not undo
        ] {
            let expected = if letter.is_ascii_alphabetic() { Key::Letter(letter) } else { Key::Other };
            assert_eq!(key(writes, place, false), expected, "{writes} at {place}");
        }
    }

    #[test]
    fn a_shortcut_is_the_place_where_the_layout_has_no_latin_letters() {
        for writes in ["я", "Я", "ζ", "ז", "ئ", "ㅋ", "ผ"] {
            assert_eq!(key(writes, "KeyZ", false), Key::Letter('z'), "{writes}");
        }
        assert_eq!(key("э", "Quote", false), Key::Other);
    }

    #[test]
    fn a_digit_is_what_the_key_writes_or_its_place() {
        for (writes, place, digit) in [("1", "Digit1", 1), ("9", "Numpad9", 9), ("&", "Digit1", 1), ("١", "Digit1", 1)]
        {
            assert_eq!(key(writes, place, false), Key::Digit(digit), "{writes} at {place}");
        }
        assert_eq!(key("&", "KeyZ", false), Key::Other);
    }

    #[test]
    fn a_sign_is_what_the_key_writes_or_its_place() {
        for (writes, place, shift, sign) in [
            ("/", "Slash", false, '/'),
            ("?", "Slash", true, '?'),
            ("/", "Digit7", true, '/'), // German
            ("?", "Minus", true, '?'),  // German
            ("?", "Digit7", true, '?'), // Russian
            ("؟", "Slash", true, '?'),  // Arabic
            ("ظ", "Slash", false, '/'), // Arabic
            ("ฝ", "Slash", false, '/'), // Thai
            ("ฦ", "Slash", true, '?'),  // Thai
        ] {
            assert_eq!(key(writes, place, shift), Key::Sign(sign), "{writes} at {place}");
        }
        // The Russian layout has its full stop there, and both signs elsewhere.
        assert_eq!(key(".", "Slash", false), Key::Other);
        assert_eq!(key(",", "Slash", true), Key::Other);
    }

    #[test]
    fn an_accent_or_a_dead_key_is_no_shortcut() {
        // The layout Bépo has à where other layouts have z.
        assert_eq!(key("à", "KeyZ", false), Key::Other);
        assert_eq!(key("Dead", "KeyZ", false), Key::Other);
        assert_eq!(key("Process", "KeyZ", false), Key::Other);
        assert_eq!(key("Unidentified", "", false), Key::Other);
    }

    #[test]
    fn alt_gr_is_no_command() {
        let stroke = |ctrl, alt, meta| Stroke { key: Key::Letter('z'), held: false, shift: false, ctrl, alt, meta };
        assert!(stroke(true, false, false).is_command() && stroke(false, false, true).is_command());
        assert!(!stroke(true, true, false).is_command() && !stroke(false, false, false).is_command());
    }
}
