//! Puts the keyboard focus where a person expects it after the focused element was moved or removed.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use crate::id::TaskId;

/// Focuses the first element that matches a CSS selector, as soon as the latest changes are drawn.
pub fn focus_when_drawn(selector: impl Into<String>) {
    let selector = selector.into();
    request_animation_frame(move || {
        if let Some(element) = find(&selector) {
            focus(&element);
        }
    });
}

/// Tries the CSS selectors in order and focuses the first match, as soon as the latest changes are drawn. (One selector with commas would
/// match the element that comes first on the page instead.)
pub fn focus_first_drawn(selectors: &'static [&'static str]) {
    request_animation_frame(move || {
        if let Some(element) = selectors.iter().find_map(|selector| find(selector)) {
            focus(&element);
        }
    });
}

/// Keeps the focus on an element while it is moved. Moving takes the element out of the document for a moment, and the browser does not
/// give the focus back. Call this before the move; a person who is typing does not notice.
pub fn keep_focus() {
    if !cfg!(feature = "hydrate") {
        return;
    }
    let Some(before) = focused() else { return };
    queue_microtask(move || {
        if before.is_connected() && focused().is_none() {
            focus(&before);
        }
    });
}

/// The focused element; `None` where the page as a whole has the focus.
pub fn focused() -> Option<Element> {
    document().active_element().filter(|element| element.tag_name() != "BODY")
}

/// Focuses the card of a task, as soon as the card is drawn at its current place.
pub fn focus_card(task: TaskId) {
    focus_when_drawn(card_link(task));
}

/// Focuses an element, if it can be.
pub fn focus(element: &Element) {
    if let Some(element) = element.dyn_ref::<HtmlElement>() {
        // If the element cannot be focused, the focus stays where it is.
        let _ = element.focus();
    }
}

/// The first element that matches a CSS selector.
pub fn find(selector: &str) -> Option<Element> {
    document().query_selector(selector).ok().flatten()
}

/// A selector for the link of a card.
pub fn card_link(task: TaskId) -> String {
    format!("[data-task='{task}'] .card-link")
}
