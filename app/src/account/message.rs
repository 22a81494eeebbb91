//! A page with only a message and a link.

use leptos::prelude::*;

use super::{CurrentUser, Page};

/// The data of the page.
pub struct Message {
    /// The signed-in person, if there is one.
    pub current_user: Option<CurrentUser>,
    /// The message in a few words.
    pub title: &'static str,
    /// The message in a sentence or two.
    pub words: String,
    /// The address and the label of the link.
    pub way: Option<(String, &'static str)>,
}

/// Renders the page.
pub fn page(message: Message) -> Page {
    let Message { current_user, title, words, way } = message;
    let way = way.map(|(address, words)| {
        view! {
            <p>
                <a class="button primary" href=address>
                    {words}
                </a>
            </p>
        }
        .into_any()
    });
    let body = view! {
        <div class="sheet">
            <h1>{title}</h1>
            <p>{words}</p>
            {way}
        </div>
    }
    .into_any();
    Page { title, has_mistake: false, current_user, shows_secret: false, body }
}
