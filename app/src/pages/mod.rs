//! The pages: one Leptos tree, rendered by the server and taken over by the browser.

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
use crate::{
    controls::{keyboard, pointer, unavailable::CameFrom},
    features::task::drafts::Drafts,
    forms::PageId,
    live::Live,
};
#[cfg(feature = "ssr")]
pub use bootstrap::{APP, SHAPE};

/// The document around the app, as the server sends it. The app has an element of its own, so that what others put into the
/// page beside it (extensions of browsers do) is in nobody's way.
#[cfg(feature = "ssr")]
pub fn shell(options: LeptosOptions) -> impl IntoView {
    use bootstrap::{Bootstrap, PageError};
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
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
    keyboard::press_once();
    pointer::click_once();
    mark_hydrated();

    view! {
        <Title formatter=|title: String| {
            if title.is_empty() { "Taskwire".to_owned() } else { format!("{} · Taskwire", as_markup(title)) }
        } />
        <Router>
            <Routes fallback=NotFound>
                <Route path=path!("/") view=home::HomePage ssr=SsrMode::Async />
                // One route for all of a board, so that it stays as it is while tasks open and close.
                <Route path=path!("/boards/:board/*rest") view=board::BoardPage ssr=SsrMode::Async />
            </Routes>
        </Router>
    }
}

/// A title as leptos_meta needs it: on the server it writes what it is given into the markup as it is, and a title is what
/// anybody called a board or a task. In the browser it sets a property, which is no markup.
fn as_markup(title: String) -> String {
    if cfg!(feature = "ssr") { title.replace('&', "&amp;").replace('<', "&lt;") } else { title }
}

/// Tells tests, and anyone who looks, that the page now answers: `data-hydrated` on the root element.
fn mark_hydrated() {
    Effect::new(|| {
        if let Some(root) = document().document_element() {
            // A mark that cannot be set changes nothing for the person.
            let _ = root.set_attribute("data-hydrated", "");
        }
    });
}
