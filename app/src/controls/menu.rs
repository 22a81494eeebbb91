//! A button that opens a small box. The menu is a `<details>` element, so it opens without JavaScript too. The arrow keys move among what is
//! in it, as the Tab key does.

use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlDetailsElement, HtmlElement};

use super::{
    focus::focus,
    keyboard::{self, Key},
};

/// A button and the box it opens.
#[component]
pub fn Menu(
    /// The accessible name of the button.
    #[prop(into)]
    label: Signal<String>,
    /// The content of the button.
    button: AnyView,
    /// An additional CSS class.
    #[prop(default = "")]
    class: &'static str,
    /// Called when the menu opens.
    #[prop(optional)]
    on_open: Option<Callback<()>>,
    /// The content of the box.
    children: Children,
) -> impl IntoView {
    let details = NodeRef::<leptos::html::Details>::new();
    let toggled = move |_| {
        if details.get_untracked().is_some_and(|details| details.open())
            && let Some(on_open) = on_open
        {
            on_open.run(());
        }
    };
    view! {
        <details class=format!("menu {class}") node_ref=details on:toggle=toggled on:keydown=pressed>
            <summary class="button quiet" aria-label=move || label.get()>
                {button}
            </summary>
            <div class="menu-box" on:click=close_on_link>
                {children()}
            </div>
        </details>
    }
    .into_any()
}

/// Closes the menu that contains the target of an event, and puts the focus back on the menu's button.
pub fn close_menu(event: &ev::Event) {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let menu = target.and_then(|target| target.closest("details.menu").ok().flatten());
    let Some(menu) = menu.and_then(|menu| menu.dyn_into::<HtmlDetailsElement>().ok()) else { return };
    menu.set_open(false);
    if let Ok(Some(summary)) = menu.query_selector("summary")
        && let Some(summary) = summary.dyn_ref::<HtmlElement>()
    {
        // If the button cannot be focused, the focus stays where it is.
        let _ = summary.focus();
    }
}

/// Closes every open menu that does not contain the clicked element. Call it once per page.
pub fn close_menus_on_click_elsewhere() {
    Effect::new(|| {
        let listener = window_event_listener(ev::pointerdown, |event| {
            let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
            let clicked = target.and_then(|target| target.closest("details.menu").ok().flatten());
            let Ok(open) = document().query_selector_all("details.menu[open]") else { return };
            for index in 0..open.length() {
                let menu = open.item(index).and_then(|menu| menu.dyn_into::<HtmlDetailsElement>().ok());
                if let Some(menu) = menu
                    && clicked.as_ref() != Some(menu.as_ref())
                {
                    menu.set_open(false);
                }
            }
        });
        on_cleanup(move || listener.remove());
    });
}

/// Closes the menu after a click on a link in it: the next page may keep the menu, where it would be in the way.
fn close_on_link(event: ev::MouseEvent) {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    if target.is_some_and(|target| target.closest("a").is_ok_and(|link| link.is_some())) {
        close_menu(&event);
    }
}

fn pressed(event: ev::KeyboardEvent) {
    if keyboard::escapes(&event) {
        event.stop_propagation();
        close_menu(&event);
    } else if let Some(stroke) = keyboard::pressed_or_held(&event).filter(|stroke| stroke.is_plain() && !stroke.shift)
        && let Some(to) = go(&event, stroke.key)
    {
        event.prevent_default();
        focus(&to);
    }
}

/// The element of a menu to which a key moves the focus. From the button, the down arrow opens the menu.
fn go(event: &ev::KeyboardEvent, key: Key) -> Option<Element> {
    // In these, the arrow keys have a meaning of their own.
    const FIELDS: &str = "select, textarea, input:not([type=checkbox])";
    let target = event.target()?.dyn_into::<Element>().ok()?;
    let menu = target.closest("details.menu").ok()??.dyn_into::<HtmlDetailsElement>().ok()?;
    let on_button = target.matches("summary").ok()?;
    let is_key = matches!(key, Key::Down | Key::Up | Key::Home | Key::End);
    if !is_key || target.matches(FIELDS).ok()? || (on_button && !menu.open() && key != Key::Down) {
        return None;
    }
    menu.set_open(true);
    let all = menu.query_selector_all(".menu-box :is(a[href], button:not(:disabled), input, select)").ok()?;
    let items: Vec<Element> = (0..all.length()).filter_map(|index| all.item(index)?.dyn_into().ok()).collect();
    let at = items.iter().position(|item| *item == target);
    let to = match (key, at) {
        (Key::Down, Some(at)) => (at + 1) % items.len(),
        (Key::Up, Some(at)) => at.checked_sub(1).unwrap_or(items.len() - 1),
        (Key::Down | Key::Home, _) => 0,
        _ => items.len().checked_sub(1)?,
    };
    items.into_iter().nth(to)
}
