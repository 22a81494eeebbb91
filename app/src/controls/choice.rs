//! An entry of a `<select>`.

use leptos::prelude::*;

/// Draws the entry.
pub fn choice(value: impl ToString, words: impl ToString, selected: bool) -> AnyView {
    view! {
        <option value=value.to_string() selected=selected prop:selected=selected>
            {words.to_string()}
        </option>
    }
    .into_any()
}
