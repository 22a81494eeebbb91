//! The contents of `<textarea>` and `<title>`. Leptos does not escape text in these elements, so their contents are set as HTML
//! (`inner_html`) that comes from here. `app/tests/raw_html.rs` checks that.

use super::markdown::escaped;

/// The contents of a `<textarea>`. Browsers drop the first line break after the tag, so an extra one is inserted.
pub fn in_textarea(text: &str) -> String {
    format!("\n{}", escaped(text))
}

/// The contents of a `<title>`. As a child, the text would also end in the marker that Leptos puts after a text.
#[cfg(feature = "ssr")]
pub fn in_title(text: &str) -> String {
    escaped(text)
}
