//! What is around each page about accounts: the head with its style sheet, and for those who signed in the way about.

use leptos::prelude::*;
use leptos_meta::HashedStylesheet;
use serde::{Deserialize, Serialize};

use crate::{features::shell::header::Mark, people::Person};

/// A page about accounts, without what is around it.
pub struct Page {
    /// What it is called.
    pub title: &'static str,
    /// Whether it tells of a mistake; then its title begins with that.
    pub has_mistake: bool,
    /// Who reads it, if they signed in.
    pub current_user: Option<CurrentUser>,
    /// What it shows.
    pub body: AnyView,
}

/// Who reads a page.
#[derive(Clone, Debug)]
pub struct CurrentUser {
    /// Who.
    pub person: Person,
    /// Whether they manage people.
    pub manages: bool,
    /// The address of the page they are on.
    pub here: &'static str,
}

/// What is said once, on the page that follows on what was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// What was done.
    pub words: String,
    /// Something that is shown now and never again, and what it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<(String, String)>,
}

impl Notice {
    /// That something was done.
    pub fn done(words: impl Into<String>) -> Self {
        Self { words: words.into(), secret: None }
    }

    /// That something was made which is shown this once. `called` is its label.
    pub fn secret(words: impl Into<String>, called: &str, secret: String) -> Self {
        Self { words: words.into(), secret: Some((called.to_owned(), secret)) }
    }
}

/// The whole document, as it is sent.
pub fn document(page: Page, options: LeptosOptions) -> String {
    let Page { title, has_mistake, current_user, body } = page;
    let title = format!("{}{title} · Taskwire", if has_mistake { "Error: " } else { "" });
    let body = match current_user {
        Some(current_user) => with_navigation(current_user, body),
        None => at_the_door(body),
    };
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                // As it is: Leptos marks the end of a text, and a title shows that too.
                <title inner_html=title />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <HashedStylesheet options />
            </head>
            <body>{body}</body>
        </html>
    }
    .into_any()
    .to_html()
}

/// Says what was done, if anything. It takes the focus, so that it is read out.
pub fn notice(notice: Option<Notice>) -> AnyView {
    let Some(Notice { words, secret }) = notice else { return ().into_any() };
    let secret = secret.map(|(called, secret)| {
        view! {
            <label for="secret">{called}</label>
            <input id="secret" class="secret" readonly value=secret />
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

/// For those who are not in yet: one card in the middle.
fn at_the_door(body: AnyView) -> AnyView {
    view! {
        <header class="door-sign">
            <a class="logo" href="/" aria-label="Taskwire">
                <Mark />
            </a>
            <span class="brand">"Taskwire"</span>
        </header>
        <main class="door">{body}</main>
    }
    .into_any()
}

fn with_navigation(current_user: CurrentUser, body: AnyView) -> AnyView {
    let CurrentUser { person, manages, here } = current_user;
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
            <a class="logo" href="/" aria-label="Taskwire: all boards">
                <Mark />
            </a>
            <nav class="tabs" aria-label="Pages">
                {tab("/", "Boards")}
                {tab("/account", "Your account")}
                {manages.then(|| tab("/people", "People"))}
            </nav>
            <div class="current-user">
                {avatar(&person)} <span class="current-user-name">{name}</span> <form method="post" action="/sign-out">
                    <button class="button quiet">"Sign out"</button>
                </form>
            </div>
        </header>
        <main class="sheets">{body}</main>
    }
    .into_any()
}

/// A person's initials on their colour, beside their name.
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
