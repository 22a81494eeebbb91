//! Putting the keyboard focus back where a person would look for it, after what had it was moved or went away.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use crate::id::TaskId;

/// Focuses the first element that a CSS selector finds, as soon as what was just changed is drawn.
pub fn focus_when_drawn(selector: impl Into<String>) {
    let selector = selector.into();
    request_animation_frame(move || {
        if let Some(element) = find(&selector) {
            focus(&element);
        }
    });
}

/// Focuses what the first of these CSS selectors finds that finds something, as soon as what was just changed is drawn. (One
/// selector with commas finds what stands first on the page.)
pub fn focus_first_drawn(selectors: &'static [&'static str]) {
    request_animation_frame(move || {
        if let Some(element) = selectors.iter().find_map(|selector| find(selector)) {
            focus(&element);
        }
    });
}

/// Keeps the focus where it is while what has it is moved: that takes it out of the page for a moment, and the browser does
/// not give the focus back. To be called before; whoever types does not notice.
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

/// What has the focus; nothing where the page as a whole has it.
pub fn focused() -> Option<Element> {
    document().active_element().filter(|element| element.tag_name() != "BODY")
}

/// Focuses the card of a task, as soon as it is drawn where it is now.
pub fn focus_card(task: TaskId) {
    focus_when_drawn(card_link(task));
}

/// Focuses an element, if it can be.
pub fn focus(element: &Element) {
    if let Some(element) = element.dyn_ref::<HtmlElement>() {
        // What cannot be focused leaves the focus where it is.
        let _ = element.focus();
    }
}

/// The first element that a CSS selector finds.
pub fn find(selector: &str) -> Option<Element> {
    document().query_selector(selector).ok().flatten()
}

/// A selector for the link of a card.
pub fn card_link(task: TaskId) -> String {
    format!("[data-task='{task}'] .card-link")
}
