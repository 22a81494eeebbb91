//! The clipboard.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::HtmlTextAreaElement;

use super::focus::{focus, focused};

/// Puts a text on the clipboard, and tells whether that was done when the browser says so. Browsers have the clipboard only over TLS or on
/// localhost; an older way works elsewhere.
pub fn copy(text: &str, tell: impl Fn(bool) + Clone + 'static) {
    if ask(text, tell.clone()).is_none() {
        tell(copy_by_selection(text).unwrap_or(false));
    }
}

/// Asks the browser to copy. `None` if it has no clipboard for this page.
fn ask(text: &str, tell: impl Fn(bool) + Clone + 'static) -> Option<()> {
    let clipboard = member(window().navigator().as_ref(), "clipboard").filter(JsValue::is_object)?;
    let write = method(&clipboard, "writeText")?;
    let promise = write.call1(&clipboard, &JsValue::from_str(text)).ok()?;
    let then = method(&promise, "then")?;
    let failed = tell.clone();
    let on_done = Closure::once_into_js(move |_: JsValue| tell(true));
    let on_failed = Closure::once_into_js(move |_: JsValue| failed(false));
    then.call2(&promise, &on_done, &on_failed).ok().map(drop)
}

/// Copies a text that is selected for a moment, and puts the focus back.
fn copy_by_selection(text: &str) -> Option<bool> {
    let (document, before) = (document(), focused());
    let field: HtmlTextAreaElement = document.create_element("textarea").ok()?.dyn_into().ok()?;
    field.set_class_name("visually-hidden");
    field.set_value(text);
    document.body()?.append_child(&field).ok()?;
    field.select();
    let document: &JsValue = document.as_ref();
    let copied = method(document, "execCommand").and_then(|command| command.call1(document, &"copy".into()).ok());
    field.remove();
    if let Some(before) = before {
        focus(&before);
    }
    copied.map(|copied| copied.is_truthy())
}

fn member(object: &JsValue, name: &str) -> Option<JsValue> {
    js_sys::Reflect::get(object, &JsValue::from_str(name)).ok()
}

fn method(object: &JsValue, name: &str) -> Option<js_sys::Function> {
    member(object, name)?.dyn_into().ok()
}
