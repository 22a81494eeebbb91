//! The pages: one Leptos tree, rendered by the server and hydrated by the browser.

mod board;
#[cfg(feature = "ssr")]
mod bootstrap;
mod home;
mod not_found;

use leptos::prelude::*;
#[cfg(feature = "ssr")]
use leptos_meta::{HashedStylesheet, MetaTags};
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{Route, Router, Routes},
    path,
};

use self::not_found::NotFound;
#[cfg(feature = "ssr")]
use crate::controls::theme::Theme;
use crate::{
    controls::{keyboard, notices::NoticesAfter, pointer, server_name::server_name, unavailable::CameFrom},
    features::task::drafts::Drafts,
    forms::PageId,
    live::Live,
};
#[cfg(feature = "ssr")]
pub use bootstrap::{APP, SHAPE};

/// The document around the app, as the server sends it. The app has its own element, so that nodes that others add to the page (browser
/// extensions do) do not disturb hydration.
#[cfg(feature = "ssr")]
pub fn shell(options: LeptosOptions) -> impl IntoView {
    use bootstrap::{Bootstrap, PageError};
    let theme = use_context::<Theme>().unwrap_or_default();
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme.as_str()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                {theme.in_head()}
                <meta name="application-name" content=server_name() />
                <meta name="description" content=crate::account::document::DESCRIPTION />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <HashedStylesheet options=options.clone() id="style" />
                <AutoReload options=options.clone() />
                <Bootstrap options />
                <MetaTags />
            </head>
            <body>
                <PageError />
                <div id="app">
                    <App />
                </div>
            </body>
        </html>
    }
}

/// The app.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    provide_context(Live::new());
    Drafts::provide();
    PageId::provide();
    CameFrom::provide();
    NoticesAfter::provide();
    keyboard::press_once();
    pointer::click_once();
    mark_hydrated();
    let server = as_markup(server_name());

    view! {
        <Title formatter=move |title: String| {
            if title.is_empty() { server.clone() } else { format!("{} · {server}", as_markup(title)) }
        } />
        <Router>
            <Routes fallback=NotFound>
                <Route path=path!("/") view=home::HomePage ssr=SsrMode::Async />
                // One route for the whole board, so that the board stays drawn while tasks open and close.
                <Route path=path!("/boards/:board/*rest") view=board::BoardPage ssr=SsrMode::Async />
            </Routes>
        </Router>
    }
}

/// Escapes a title for leptos_meta. On the server leptos_meta writes the title into the HTML without escaping it, and a title contains
/// names that users chose. In the browser it sets a property, which needs no escaping.
fn as_markup(title: String) -> String {
    if cfg!(feature = "ssr") { title.replace('&', "&amp;").replace('<', "&lt;") } else { title }
}

/// Sets `data-hydrated` on the root element, which tells tests and tools that the page is interactive.
fn mark_hydrated() {
    Effect::new(|| {
        if let Some(root) = document().document_element() {
            // If this fails, nothing changes for the reader.
            let _ = root.set_attribute("data-hydrated", "");
        }
    });
}
