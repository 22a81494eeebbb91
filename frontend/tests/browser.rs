//! Tests what only a browser can show: our code and Leptos on a real DOM. The rest of `app` is tested natively.

use leptos::{mount::mount_to_body, prelude::*};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
async fn a_signal_reaches_the_screen() {
    let title = RwSignal::new("before");
    mount_to_body(move || view! { <p>{title}</p> });
    let shown = || document().body().expect("a body").text_content().unwrap_or_default();
    assert!(shown().contains("before"));

    title.set("after");
    leptos::task::tick().await;
    assert!(shown().contains("after"));
}
