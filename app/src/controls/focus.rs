//! Puts the keyboard focus where a person expects it after the focused element was moved or removed.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, ScrollIntoViewOptions, ScrollLogicalPosition};

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

/// Keeps the focus while a list changes. Call this before the change; a person who is typing does not notice.
///
/// An element that is moved leaves the document for a moment, and the browser does not give the focus back. If the element is removed, the
/// focus goes to the same control at the task's new place, in the next row or in the previous row, or else to whatever is nearest.
pub fn keep_focus() {
    if !cfg!(feature = "hydrate") {
        return;
    }
    let Some(before) = focused() else { return };
    let surroundings = Surroundings::of(&before);
    queue_microtask(move || {
        if before.is_connected() {
            if focused().is_none() {
                focus(&before);
            }
        } else {
            // By then, what belongs to the same change is drawn, and whoever caused the change has said where the focus goes.
            request_animation_frame(move || {
                if focused().is_none()
                    && let Some(nearest) = surroundings.nearest(&before)
                {
                    focus(&nearest);
                }
            });
        }
    });
}

/// What surrounds an element, as it was before a change: the element and each element around it, with the neighbours of each.
struct Surroundings(Vec<[Option<Element>; 3]>);

impl Surroundings {
    fn of(element: &Element) -> Self {
        let mut around = Vec::new();
        let mut each = Some(element.clone());
        while let Some(element) = each {
            each = element.parent_element();
            around.push([element.next_element_sibling(), element.previous_element_sibling(), Some(element)]);
        }
        Self(around)
    }

    /// What gets the focus in place of the element, after the change.
    fn nearest(&self, lost: &Element) -> Option<Element> {
        // The neighbours of the outermost element that was removed.
        let mut beside: &[Option<Element>] = &[];
        for around in &self.0 {
            let each = around[2].as_ref()?;
            if each.is_connected() {
                // First within the neighbours, then within what is around them.
                let beside = beside.iter().flatten().find_map(|place| control_like(lost, place));
                if let Some(nearest) = beside.or_else(|| control_like(lost, each)) {
                    return Some(nearest);
                }
            } else if let Some(task) = each.get_attribute("data-task")
                && let Some(moved) = find(&format!("main [data-task='{task}']"))
            {
                return control_like(lost, &moved);
            }
            beside = &around[..2];
        }
        None
    }
}

/// The control in an element that corresponds to another control, or else the first one.
fn control_like(other: &Element, within: &Element) -> Option<Element> {
    if !within.is_connected() {
        return None;
    }
    let class = other.class_list().item(0).map(|class| format!(".{class}")).unwrap_or_default();
    let same = format!("{}{class}:not(:disabled, [type=hidden])", other.local_name());
    within.query_selector(&same).ok().flatten().or_else(|| first_control(within))
}

/// The first control within an element that the Tab key reaches, or else the first one.
pub fn first_control(within: &Element) -> Option<Element> {
    const CONTROLS: &str = "a[href], summary, :is(button, input, select, textarea):not(:disabled, [type=hidden])";
    let reached = format!(":is({CONTROLS}):not([tabindex='-1'], [hidden] *)");
    let first = |selector: &str| within.query_selector(selector).ok().flatten();
    first(&reached).or_else(|| first(CONTROLS))
}

/// If the focused element is disabled or hidden by the latest changes, focuses the first match of the selectors, tried in order.
pub fn focus_if_lost(selectors: &'static [&'static str]) {
    if focused().is_none() {
        return;
    }
    request_animation_frame(move || {
        let is_kept = |focused: Element| !focused.matches(":disabled, [hidden] *").unwrap_or(false);
        if !focused().is_some_and(is_kept)
            && let Some(element) = selectors.iter().find_map(|selector| find(selector))
        {
            focus(&element);
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

/// Scrolls no further than it takes to see an element.
pub fn scroll_into_sight(element: &Element) {
    let options = ScrollIntoViewOptions::new();
    options.set_block(ScrollLogicalPosition::Nearest);
    options.set_inline(ScrollLogicalPosition::Nearest);
    element.scroll_into_view_with_scroll_into_view_options(&options);
}

/// The first element that matches a CSS selector.
pub fn find(selector: &str) -> Option<Element> {
    document().query_selector(selector).ok().flatten()
}

/// A selector for the link of a card.
pub fn card_link(task: TaskId) -> String {
    format!("[data-task='{task}'] .card-link")
}
