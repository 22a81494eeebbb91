//! The table of the sessions of all people: the browsers in which they are signed in.

use leptos::prelude::*;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    Frame,
    parts::{Listing, back, button, choices, only_of, person_link, until, with_hint},
    table::{Column, Filter, Row, Table},
};
use crate::{
    account::words::{browser, day, seen_ago},
    id::ActorId,
    people::Person,
    time::Timestamp,
};

/// The path of the page.
pub const PATH: &str = "/admin/sessions";
/// The path that the form for ending a session posts to.
pub const END: &str = "/admin/sessions/end";

/// A session.
pub struct Session {
    /// Identifies the session.
    pub id: Uuid,
    /// Whose session it is.
    pub person: Person,
    /// Whether this is the session in which the page is read.
    pub is_this: bool,
    /// Whether the reader may end it.
    pub may_end: bool,
    /// The `User-Agent` of the browser.
    pub agent: String,
    /// When the person signed in.
    pub since: Timestamp,
    /// When it was last used, to the hour.
    pub seen: Timestamp,
    /// When it ends if it is not used again.
    pub expires: Timestamp,
}

/// The form for ending a session, or all sessions of a person.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndForm {
    /// Whose session it is.
    pub person: ActorId,
    /// The session; absent for all.
    #[serde(default)]
    pub id: Option<Uuid>,
    /// The view to which the reader returns.
    #[serde(default)]
    pub back: String,
}

const COLUMNS: [Column; 6] = [
    Column::plain("Person"),
    Column::plain("Browser"),
    Column::sorted("created", "Signed in"),
    Column::sorted("seen", "Last used"),
    Column::plain("Ends unused"),
    Column::plain("Action"),
];

/// The table. `person` is whose sessions are shown, if they are one person's.
pub fn page(listing: Listing<Session>, person: Option<Person>) -> Frame {
    let count = listing.count("session", "sessions");
    let Listing { reader, query, rows, next, now, .. } = listing;
    let filters = vec![Filter {
        name: "seen",
        label: "Last used",
        choices: choices(&[
            ("", "At any time"),
            ("hour", "In the last hour"),
            ("day", "In the last day"),
            ("older", "Not for 7 days"),
        ]),
    }];
    let returns = back(&query);
    let table = Table {
        path: PATH,
        caption: "Sessions",
        query,
        search: Some("Search people"),
        filters,
        presets: Vec::new(),
        dates: None,
        columns: COLUMNS.into_iter().collect(),
        default_sort: "-seen",
        rows: rows.into_iter().map(|session| row(session, &returns, now)).collect(),
        count,
        next,
        empty: "No sessions match. Remove a filter to see more.",
        actions: None,
    };
    Frame::new(reader, PATH, "Sessions", with_hint(only_of(person, PATH), table))
}

fn row(session: Session, back: &(&'static str, String), now: Timestamp) -> Row {
    let id = session.id;
    let cells = vec![
        person_link(&session.person),
        browser_name(&session.agent),
        day(session.since).into_any(),
        seen_ago(session.seen, now),
        until(session.expires, now),
        end_button(&session, Some(back)),
    ];
    Row { id: format!("session-{id}"), cells, select: None, class: "" }
}

/// The name of a browser; the tooltip shows what it says of itself.
pub(super) fn browser_name(agent: &str) -> AnyView {
    view! { <span title=agent.to_owned()>{browser(agent)}</span> }.into_any()
}

/// The button that ends a session.
pub(super) fn end_button(session: &Session, back: Option<&(&'static str, String)>) -> AnyView {
    let Session { id, person, agent, .. } = session;
    if session.is_this {
        return view! { <span class="chip good">"This one"</span> }.into_any();
    }
    if !session.may_end {
        return ().into_any();
    }
    let mut fields = vec![("person", person.id.to_string()), ("id", id.to_string())];
    fields.extend(back.cloned());
    button(END.to_owned(), &fields, "End", format!("End the session of {}: {}", person.name, browser(agent)))
}
