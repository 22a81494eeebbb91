//! The browser's entry points: the app takes over the page that the server rendered, or draws it itself.
//!
//! Which of them, is decided by the script in the page (`app/src/pages/bootstrap.js`).

use leptos::{
    mount::{hydrate_from, mount_to},
    prelude::document,
    web_sys::HtmlElement,
};
use wasm_bindgen::{JsCast, prelude::wasm_bindgen};

/// Takes over what the server has drawn.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    hydrate_from(place(), app::App).forget();
}

/// Draws the page, where what stands there is not what the server has drawn.
#[wasm_bindgen]
pub fn mount() {
    console_error_panic_hook::set_once();
    mount_to(place(), app::App).forget();
}

/// The element that is the app's own.
fn place() -> HtmlElement {
    let element = document().get_element_by_id("app").expect("the page has a place for the app");
    element.unchecked_into()
}
