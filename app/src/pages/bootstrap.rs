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

/// The addresses of the files that the app consists of. Their names are made when the site is built.
struct Files {
    script: String,
    wasm: String,
}

impl Files {
    fn of(options: &LeptosOptions) -> Self {
        let hashes = options.hash_files.then(|| {
            let directory = std::env::current_exe().ok().and_then(|path| Some(path.parent()?.to_owned()));
            std::fs::read_to_string(directory.unwrap_or_default().join(options.hash_file.as_ref())).unwrap_or_default()
        });
        let hash = |kind: &str| {
            let lines = hashes.as_deref().unwrap_or_default().lines();
            let of_kind = lines.filter_map(|line| line.split_once(':')).find(|(name, _)| name.trim() == kind);
            of_kind.map(|(_, hash)| format!(".{}", hash.trim())).unwrap_or_default()
        };
        let stem = format!("/{}/{}", options.site_pkg_dir, options.output_name);
        Self { script: format!("{stem}{}.js", hash("js")), wasm: format!("{stem}{}.wasm", hash("wasm")) }
    }
}

/// Loads the app, and sees to it that it comes to life.
#[component]
pub fn Bootstrap(options: LeptosOptions) -> impl IntoView {
    static FILES: std::sync::OnceLock<Files> = std::sync::OnceLock::new();
    let Files { script, wasm } = FILES.get_or_init(|| Files::of(&options));
    let nonce = use_nonce();
    view! {
        <link rel="modulepreload" href=script.as_str() crossorigin="" nonce=nonce.clone() />
        <link rel="preload" href=wasm.as_str() r#as="fetch" r#type="application/wasm" crossorigin="" />
        <script
            id="bootstrap"
            type="module"
            nonce=nonce
            data-script=script.as_str()
            data-wasm=wasm.as_str()
            data-shape=SHAPE
        >
            {SCRIPT.as_str()}
        </script>
    }
}

/// What the script has to say.
#[component]
pub fn PageTrouble() -> impl IntoView {
    view! {
        <div id="page-trouble" class="page-trouble" role="status" hidden>
            <p></p>
            <button class="button" type="button" hidden>
                "Load again"
            </button>
        </div>
    }
}
