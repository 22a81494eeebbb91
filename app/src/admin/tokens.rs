//! The table of the tokens of all people.

use leptos::prelude::*;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    Frame,
    parts::{Listing, back, button, choices, only_of, person_link, seen_or, until, with_hint},
    table::{Column, Filter, Row, Table},
};
use crate::{
    access::Scope,
    account::words::{self, day},
    id::ActorId,
    people::Person,
    time::Timestamp,
};

/// The path of the page.
pub const PATH: &str = "/admin/tokens";
/// The path that the form for revoking a token posts to.
pub const REVOKE: &str = "/admin/tokens/revoke";

/// A token.
pub struct Token {
    /// Identifies the token.
    pub id: Uuid,
    /// Its owner.
    pub person: Person,
    /// Whether the reader may revoke it.
    pub may_revoke: bool,
    /// Its name.
    pub name: String,
    /// What it allows.
    pub scope: Scope,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last used.
    pub used: Option<Timestamp>,
    /// When it expires.
    pub expires: Option<Timestamp>,
}

/// The form for revoking a token.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevokeForm {
    /// Its owner.
    pub person: ActorId,
    /// The token.
    pub id: Uuid,
    /// The view to which the reader returns.
    #[serde(default)]
    pub back: String,
}

const COLUMNS: [Column; 7] = [
    Column::sorted("name", "Name"),
    Column::plain("Owner"),
    Column::plain("Scope"),
    Column::sorted("created", "Created"),
    Column::sorted("used", "Last used"),
    Column::plain("Expires"),
    Column::plain("Action"),
];

/// The table. `person` is whose tokens are shown, if they are one person's.
pub fn page(listing: Listing<Token>, person: Option<Person>) -> Frame {
    let count = listing.count("token", "tokens");
    let Listing { reader, query, rows, next, dates, now, .. } = listing;
    let filters = vec![
        Filter {
            name: "scope",
            label: "Scope",
            choices: std::iter::once((String::new(), "Any".to_owned()))
                .chain(Scope::ALL.map(|scope| (scope.as_str().to_owned(), words::scope(scope).to_owned())))
                .collect(),
        },
        Filter {
            name: "state",
            label: "State",
            choices: choices(&[
                ("", "Any"),
                ("works", "Works"),
                ("forever", "Never expires"),
                ("unused", "Not used for 90 days"),
                ("dead", "Does not work"),
            ]),
        },
    ];
    let returns = back(&query);
    let table = Table {
        path: PATH,
        caption: "Tokens",
        query,
        search: Some("Search tokens and owners"),
        filters,
        presets: Vec::new(),
        dates,
        columns: COLUMNS.into_iter().collect(),
        default_sort: "-created",
        rows: rows.into_iter().map(|token| row(token, &returns, now)).collect(),
        count,
        next,
        empty: "No tokens match. Remove a filter to see more.",
        actions: None,
    };
    Frame::new(reader, PATH, "Tokens", with_hint(only_of(person, PATH), table))
}

fn row(token: Token, back: &(&'static str, String), now: Timestamp) -> Row {
    let id = token.id;
    let works = works(&token, now);
    let cells = vec![
        view! { <bdi>{token.name.clone()}</bdi> }.into_any(),
        person_link(&token.person),
        words::scope(token.scope).into_any(),
        day(token.created).into_any(),
        seen_or(token.used, now, "Never"),
        expiry(token.expires, now),
        revoke_button(&token, Some(back)),
    ];
    Row { id: format!("token-{id}"), cells, select: None, class: if works { "" } else { "muted" } }
}

fn works(token: &Token, now: Timestamp) -> bool {
    !token.person.deactivated && token.expires.is_none_or(|end| end > now)
}

/// When a token expires, in words.
pub(super) fn expiry(expires: Option<Timestamp>, now: Timestamp) -> AnyView {
    match expires {
        None => "Never".into_any(),
        Some(end) if end <= now => view! { <span class="chip bad">"Expired"</span> }.into_any(),
        Some(end) => until(end, now),
    }
}

/// The button that revokes a token.
pub(super) fn revoke_button(token: &Token, back: Option<&(&'static str, String)>) -> AnyView {
    if !token.may_revoke {
        return ().into_any();
    }
    let Token { id, person, name, .. } = token;
    let mut fields = vec![("person", person.id.to_string()), ("id", id.to_string())];
    fields.extend(back.cloned());
    button(REVOKE.to_owned(), &fields, "Revoke", format!("Revoke the token {name} of {}", person.name))
}
