//! The document around each page that only the server renders: the head with its style sheet and, for signed-in people, the navigation.

use std::sync::Arc;

use leptos::prelude::*;
use leptos_meta::HashedStylesheet;
use serde::{Deserialize, Serialize};

use crate::{
    controls::{raw_text::in_title, theme::Theme},
    features::shell::header::Mark,
    people::Person,
};

/// What the document around each page has to know of the server.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// The name of the server.
    pub server: Arc<str>,
    /// The options of Leptos, with which pages name the site's files.
    pub options: LeptosOptions,
    /// The theme that the reader's browser has chosen.
    pub theme: Theme,
}

/// An account page, without the document around it.
pub struct Page {
    /// The title.
    pub title: &'static str,
    /// Whether the page shows a mistake in a form. If so, the title begins with "Error:".
    pub has_mistake: bool,
    /// The signed-in person, if there is one.
    pub current_user: Option<CurrentUser>,
    /// Whether the page shows a secret, with a button that copies it: see [`COPY_SCRIPT`].
    pub shows_secret: bool,
    /// The content.
    pub body: AnyView,
}

/// The person who reads a page.
#[derive(Clone, Debug)]
pub struct CurrentUser {
    /// The person.
    pub person: Person,
    /// Whether the person manages people.
    pub manages: bool,
    /// The path of the page, which the navigation marks as the current one.
    pub here: &'static str,
}

/// A message that is shown once, on the page that follows a completed action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// What was done.
    pub words: String,
    /// A label and a secret that is shown only this once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<(String, String)>,
}

impl Notice {
    /// Whether there is a secret to show.
    pub fn shows_secret(notice: Option<&Self>) -> bool {
        notice.is_some_and(|notice| notice.secret.is_some())
    }

    /// A message that something was done.
    pub fn done(words: impl Into<String>) -> Self {
        Self { words: words.into(), secret: None }
    }

    /// A message with a secret that is shown only this once. `called` is the label of the secret.
    pub fn secret(words: impl Into<String>, called: &str, secret: String) -> Self {
        Self { words: words.into(), secret: Some((called.to_owned(), secret)) }
    }
}

/// What Taskwire is, in a sentence: for search engines.
pub const DESCRIPTION: &str = "A live task board: everyone who has a board open sees every change as it happens.";

/// Renders the whole document.
pub fn document(page: Page, surroundings: Surroundings) -> String {
    let Page { title, has_mistake, current_user, shows_secret, body } = page;
    let server = &surroundings.server;
    let title = format!("{}{title} · {server}", if has_mistake { "Error: " } else { "" });
    let body = match current_user {
        Some(current_user) => with_navigation(current_user, server, body),
        None => at_the_door(server, body),
    };
    let scripts: &[&str] = if shows_secret { &[COPY_SCRIPT] } else { &[] };
    html(title, scripts, body, surroundings)
}

/// Renders a document around a body. `scripts` are the addresses of its scripts.
pub(crate) fn html(title: String, scripts: &[&'static str], body: AnyView, surroundings: Surroundings) -> String {
    let Surroundings { server, options, theme } = surroundings;
    let scripts: Vec<_> =
        scripts.iter().map(|address| view! { <script src=*address defer></script> }.into_any()).collect();
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme.as_str()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                {theme.in_head()}
                <meta name="application-name" content=server.to_string() />
                <meta name="description" content=DESCRIPTION />
                <title inner_html=in_title(&title) />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <HashedStylesheet options />
                {scripts}
            </head>
            <body>{body}</body>
        </html>
    }
    .into_any()
    .to_html()
}

/// The script of the buttons that copy: see `public/copy.js`.
pub const COPY_SCRIPT: &str = "/copy.js";

/// A button that copies what is in a field, and the place where it says whether that was done. The page must have [`COPY_SCRIPT`]. `label`
/// is what screen readers say, where there are several.
pub(crate) fn copy_button(field: &str, label: Option<String>) -> AnyView {
    let status = format!("{field}-copied");
    view! {
        <button
            type="button"
            class="button"
            hidden
            data-copy=field.to_owned()
            data-status=status.clone()
            aria-label=label
        >
            "Copy"
        </button>
        <p class="copy-status" id=status role="status"></p>
    }
    .into_any()
}

/// The message about what was done, if there is one. It takes the focus, so that screen readers read it out.
pub fn notice(notice: Option<Notice>) -> AnyView {
    let Some(Notice { words, secret }) = notice else { return ().into_any() };
    let secret = secret.map(|(called, secret)| {
        let copy = copy_button("secret", None);
        view! {
            <label for="secret">{called}</label>
            <div class="copied-field">
                <input id="secret" class="secret" readonly value=secret />
                {copy}
            </div>
            <p>"Copy it now: it is not shown again."</p>
        }
        .into_any()
    });
    view! {
        <div class="notice" role="status" tabindex="-1" autofocus>
            <p>{words}</p>
            {secret}
        </div>
    }
    .into_any()
}

/// The layout for people who are not signed in: one card in the middle.
fn at_the_door(server: &str, body: AnyView) -> AnyView {
    view! {
        <header class="door-sign">
            <a class="logo" href="/" aria-label=server.to_owned()>
                <Mark />
            </a>
            <span class="brand">{server.to_owned()}</span>
        </header>
        <main class="door">{body}</main>
    }
    .into_any()
}

fn with_navigation(current_user: CurrentUser, server: &str, body: AnyView) -> AnyView {
    view! {
        {topbar(&current_user, server)}
        <main class="sheets">{body}</main>
    }
    .into_any()
}

/// The header of a signed-in person: links to the other pages, and their name.
pub(crate) fn topbar(current_user: &CurrentUser, server: &str) -> AnyView {
    let CurrentUser { person, manages, here } = current_user;
    let (manages, here) = (*manages, *here);
    let tab = |address: &'static str, words: &'static str| {
        let current = (address == here).then_some("page");
        view! {
            <a class="tab" href=address aria-current=current>
                {words}
            </a>
        }
        .into_any()
    };
    let name = person.name.clone();
    view! {
        <header class="topbar">
            <a class="logo" href="/" aria-label=format!("{server}: all boards")>
                <Mark />
            </a>
            <nav class="tabs" aria-label="Pages">
                {tab("/", "Boards")}
                {tab("/account", "Your account")}
                {manages.then(|| tab("/people", "People"))}
                {manages.then(|| tab("/admin", "Administration"))}
            </nav>
            <div class="current-user">
                {avatar(person)} <span class="current-user-name">{name}</span> <form method="post" action="/sign-out">
                    <button class="button quiet">"Sign out"</button>
                </form>
            </div>
        </header>
    }
    .into_any()
}

/// A person's avatar: their initials on their colour. It always stands beside their name.
pub fn avatar(person: &Person) -> AnyView {
    view! {
        <span
            class="avatar"
            data-tint=person.tint().to_string()
            data-initials=person.initials()
            aria-hidden="true"
        ></span>
    }
    .into_any()
}
