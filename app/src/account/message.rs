//! A page that only says something, and leads on.

use leptos::prelude::*;

use super::{CurrentUser, Page};

/// What it says.
pub struct Message {
    /// Who reads it.
    pub current_user: Option<CurrentUser>,
    /// In a few words.
    pub title: &'static str,
    /// In a sentence or two.
    pub words: String,
    /// Where one can go from here, and what that is.
    pub way: Option<(String, &'static str)>,
}

/// The page.
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
    Page { title, has_mistake: false, current_user, body }
}
