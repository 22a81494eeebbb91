//! The browser's entry points: [`hydrate`] makes the page that the server rendered interactive, [`mount`] renders the page anew.
//!
//! The script in the page (`app/src/pages/bootstrap.js`) decides which of them it calls.

use leptos::{
    mount::{hydrate_from, mount_to},
    prelude::document,
    web_sys::HtmlElement,
};
use wasm_bindgen::{JsCast, prelude::wasm_bindgen};

/// Hydrates the HTML that the server rendered.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    hydrate_from(place(), app::App).forget();
}

/// Renders the page in the browser, if it no longer contains the HTML that the server rendered.
#[wasm_bindgen]
pub fn mount() {
    console_error_panic_hook::set_once();
    mount_to(place(), app::App).forget();
}

/// The element that contains the app.
fn place() -> HtmlElement {
    let element = document().get_element_by_id("app").expect("the page has a place for the app");
    element.unchecked_into()
}
