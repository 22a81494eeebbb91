//! The table of all invitations.

use leptos::prelude::*;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    Frame,
    parts::{Listing, back, button, choices, no_person, person_link, until},
    table::{Column, Filter, Row, Table},
};
use crate::{
    access::InstanceRole,
    account::{
        people,
        words::{self, day},
    },
    id::ActorId,
    people::Person,
    time::Timestamp,
};

/// The path of the page.
pub const PATH: &str = "/admin/invitations";
/// The path that the form for revoking an invitation posts to.
pub const REVOKE: &str = "/admin/invitations/revoke";

/// An invitation.
pub struct Invitation {
    /// Identifies the invitation.
    pub id: Uuid,
    /// A note about who is invited.
    pub note: String,
    /// The e-mail address of who is invited, if it is known.
    pub email: Option<String>,
    /// The role on the server that the new account will have.
    pub role: InstanceRole,
    /// The number of boards that it is for.
    pub boards: usize,
    /// Who made it; `None` if the command line did.
    pub host: Option<Person>,
    /// When it was made.
    pub created: Timestamp,
    /// When it expires.
    pub expires: Timestamp,
    /// Its state.
    pub state: State,
    /// Whether the reader may revoke it.
    pub may_revoke: bool,
}

/// The state of an invitation.
pub enum State {
    /// It can be used.
    Waiting,
    /// The person who made it may not invite any more, so it does not work.
    Dead,
    /// It expired without being used.
    Expired,
    /// It was used, by this person.
    Used(Option<Person>),
}

/// The form for revoking an invitation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevokeForm {
    /// Identifies the invitation.
    pub id: Uuid,
    /// The view to which the reader returns.
    #[serde(default)]
    pub back: String,
}

const COLUMNS: [Column; 8] = [
    Column::plain("For whom"),
    Column::plain("Role"),
    Column::plain("Boards").with_class("number"),
    Column::plain("Made by"),
    Column::sorted("created", "Created"),
    Column::sorted("expires", "Expires"),
    Column::plain("State"),
    Column::plain("Action"),
];

/// The table.
pub fn page(listing: Listing<Invitation>) -> Frame {
    let count = listing.count("invitation", "invitations");
    let Listing { reader, query, rows, next, dates, now, .. } = listing;
    let filters = vec![Filter {
        name: "state",
        label: "State",
        choices: choices(&[("", "Not used yet"), ("used", "Used"), ("expired", "Expired"), ("any", "Any")]),
    }];
    let returns = back(&query);
    let table = Table {
        path: PATH,
        caption: "Invitations",
        query,
        search: Some("Search people"),
        filters,
        presets: Vec::new(),
        dates,
        columns: COLUMNS.into_iter().collect(),
        default_sort: "-created",
        rows: rows.into_iter().map(|invitation| row(invitation, &returns, now)).collect(),
        count,
        next,
        empty: "No invitations match.",
        actions: None,
    };
    let body = view! {
        <p class="hint">"To invite somebody, go to " <a href=people::PATH>"People: invite"</a> "."</p>
        {table.view()}
    };
    Frame::new(reader, PATH, "Invitations", body.into_any())
}

fn row(invitation: Invitation, back: &(&'static str, String), now: Timestamp) -> Row {
    let Invitation { id, note, email, role, boards, host, created, expires, state, may_revoke } = invitation;
    let whom = if note.is_empty() { "Somebody".to_owned() } else { note };
    let class = if matches!(state, State::Waiting) { "" } else { "muted" };
    let expires = match state {
        State::Waiting | State::Dead => until(expires, now),
        State::Expired | State::Used(_) => day(expires).into_any(),
    };
    let state = match state {
        State::Waiting => view! { <span class="chip">"Not used yet"</span> }.into_any(),
        State::Dead => view! { <span class="chip bad">"Does not work"</span> }.into_any(),
        State::Expired => view! { <span class="chip">"Expired"</span> }.into_any(),
        State::Used(Some(person)) => view! {
            "Used by "
            {person_link(&person)}
        }
        .into_any(),
        State::Used(None) => "Used".into_any(),
    };
    let revoke = may_revoke.then(|| {
        let label = format!("Revoke the invitation for {whom}");
        button(REVOKE.to_owned(), &[("id", id.to_string()), back.clone()], "Revoke", label)
    });
    let cells = vec![
        view! {
            <bdi>{whom}</bdi>
            {email.map(|email| view! { <span class="hint">" " {email}</span> }.into_any())}
        }
        .into_any(),
        words::role(role).into_any(),
        boards.into_any(),
        host.as_ref().map_or_else(|| no_person(Some(ActorId::COMMAND_LINE)), person_link),
        day(created).into_any(),
        expires,
        state,
        revoke.into_any(),
    ];
    Row { id: format!("invitation-{id}"), cells, select: None, class }
}
