//! The script in each page that loads the app, and what goes with it.

use std::sync::LazyLock;

use leptos::{nonce::use_nonce, prelude::*};

/// Stands in the page for the shape of what the app has drawn, until the whole page is there to tell it from.
pub const SHAPE: &str = "taskwire-shape";

/// Where what the app has drawn begins.
pub const APP: &str = "<div id=\"app\">";

/// Without the lines that explain it.
static SCRIPT: LazyLock<String> = LazyLock::new(|| {
    let lines = include_str!("bootstrap.js").lines().map(str::trim_start);
    lines.filter(|line| !line.is_empty() && !line.starts_with("//")).flat_map(|line| [line, "\n"]).collect()
});

/// Loads the app, and sees to it that it comes to life.
#[component]
pub fn Bootstrap(options: LeptosOptions) -> impl IntoView {
    // The folder is named when the site is built.
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

/// What the script has to say.
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
