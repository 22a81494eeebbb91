//! The pages of the REST interface and of its documentation: on the server only.
//!
//! - [`page`]: an address of the interface, as a browser shows it. [`index`]: all addresses.
//! - [`docs`]: the documentation's own pages: the interactive document, the errors, and the socket with its console.
//! - [`json`]: JSON as HTML.

pub mod docs;
pub mod index;
pub mod json;
pub mod page;

use leptos::prelude::*;

use crate::{
    account::{
        CurrentUser,
        document::{Surroundings, html, topbar},
    },
    controls::markdown::wrapped_to_html,
};

/// The reader of a page.
#[derive(Clone, Debug, Default)]
pub struct Reader {
    /// The signed-in person. Nobody on a server without accounts, and for guests and strangers.
    pub current_user: Option<CurrentUser>,
    /// Where the reader can sign in and come back, if that would help them.
    pub sign_in: Option<String>,
}

/// A link: its address and its text.
#[derive(Clone, Debug)]
pub struct Link {
    /// The address; `None` for the page itself.
    pub address: Option<String>,
    /// The text.
    pub text: String,
}

impl Link {
    /// A link.
    pub fn new(address: impl Into<String>, text: impl Into<String>) -> Self {
        Self { address: Some(address.into()), text: text.into() }
    }

    /// The page itself, at the end of its path.
    pub fn here(text: impl Into<String>) -> Self {
        Self { address: None, text: text.into() }
    }
}

/// What is around the content of each of these pages. `way` is the path to the page, which ends with the page itself.
fn document(reader: &Reader, title: &str, way: Vec<Link>, body: AnyView, surroundings: Surroundings) -> String {
    let header = match &reader.current_user {
        Some(current_user) => topbar(current_user, &surroundings.server),
        None => {
            let sign_in = reader.sign_in.clone().map(|address| {
                view! {
                    <a class="tab" href=address>
                        "Sign in"
                    </a>
                }
                .into_any()
            });
            view! {
                <header class="topbar">
                    <nav class="tabs" aria-label="Pages">
                        <a class="tab" href="/">
                            "Boards"
                        </a>
                        <a class="tab" href=index::PATH>
                            "API"
                        </a>
                        {sign_in}
                    </nav>
                </header>
            }
            .into_any()
        }
    };
    let way = way.into_iter().map(|Link { address, text }| match address {
        Some(address) => view! {
            <li>
                <a href=address>
                    <bdi>{text}</bdi>
                </a>
            </li>
        }
        .into_any(),
        None => view! {
            <li aria-current="page">
                <bdi>{text}</bdi>
            </li>
        }
        .into_any(),
    });
    let body = view! {
        {header}
        <main class="sheets api">
            <nav class="breadcrumbs" aria-label="Breadcrumbs">
                <ol>{way.collect_view()}</ol>
            </nav>
            {body}
        </main>
    }
    .into_any();
    html(format!("{title} · {}", surroundings.server), &[], body, surroundings)
}

/// A description in Markdown.
fn words(markdown: &str) -> AnyView {
    if markdown.is_empty() {
        return ().into_any();
    }
    view! { <div class="api-words" inner_html=wrapped_to_html(markdown)></div> }.into_any()
}

/// The name of a method, coloured by what it does.
fn method(name: &str) -> AnyView {
    view! {
        <span class="api-method" data-method=name.to_owned()>
            {name.to_owned()}
        </span>
    }
    .into_any()
}

/// A text of a program, as HTML. Long lines are broken.
fn code(label: &'static str, html: String) -> AnyView {
    view! { <pre class="api-code" role="group" aria-label=label inner_html=html></pre> }.into_any()
}
