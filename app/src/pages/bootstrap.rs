//! The script in each page that loads the app, and the elements that belong to it.

use std::sync::LazyLock;

use leptos::{nonce::use_nonce, prelude::*};

/// A placeholder in the rendered page. The server replaces it with a hash of the app's HTML once the whole page is rendered.
pub const SHAPE: &str = "taskwire-shape";

/// The start tag of the element that contains the app's HTML.
pub const APP: &str = "<div id=\"app\">";

/// The script without its comment lines and blank lines.
static SCRIPT: LazyLock<String> = LazyLock::new(|| {
    let lines = include_str!("bootstrap.js").lines().map(str::trim_start);
    lines.filter(|line| !line.is_empty() && !line.starts_with("//")).flat_map(|line| [line, "\n"]).collect()
});

/// Loads the app and starts it.
#[component]
pub fn Bootstrap(options: LeptosOptions) -> impl IntoView {
    // The name of the package folder is known only once the site is built.
    let file = |kind: &str| format!("/{}/{}.{kind}", options.site_pkg_dir, options.output_name);
    let (script, wasm) = (file("js"), file("wasm"));
    let nonce = use_nonce();
    view! {
        <link rel="modulepreload" href=script.clone() crossorigin="" nonce=nonce.clone() />
        <link rel="preload" href=wasm.clone() r#as="fetch" r#type="application/wasm" crossorigin="" />
        <script id="bootstrap" type="module" nonce=nonce data-script=script data-wasm=wasm data-shape=SHAPE>
            {SCRIPT.as_str()}
        </script>
    }
}

/// The element in which the script shows its messages.
#[component]
pub fn PageError() -> impl IntoView {
    view! {
        <div id="page-error" class="page-error" role="status" hidden>
            <p></p>
            <button class="button" type="button" hidden>
                "Load again"
            </button>
        </div>
    }
}
