//! The table of all people.

use leptos::prelude::*;

use super::{
    Frame,
    parts::{Listing, choices, person_link, seen_or},
    table::{Column, Filter, Preset, Query, Row, Table, counted, thousands},
};
use crate::{
    access::InstanceRole,
    account::{people, words},
    people::Person,
    time::Timestamp,
};

/// The path of the page.
pub const PATH: &str = "/admin/people";

/// A person in the table.
pub struct Entry {
    /// The person.
    pub person: Person,
    /// Their e-mail address.
    pub email: String,
    /// Their role on the server.
    pub role: InstanceRole,
    /// The number of boards that they are members of.
    pub boards: u64,
    /// The number of tasks that are assigned to them and not done.
    pub open_tasks: u64,
    /// The number of browsers in which they are signed in.
    pub sessions: u64,
    /// The number of their tokens.
    pub tokens: u64,
    /// When they, or a program with their token, last used the server.
    pub seen_at: Option<Timestamp>,
    /// When the account was created.
    pub since: Timestamp,
}

/// The views that are offered: their labels, and their parameters.
pub const VIEWS: &[(&str, &[(&str, &str)])] = &[
    ("Active", &[("state", "active")]),
    ("Admins", &[("role", "admin"), ("state", "active")]),
    ("Deactivated", &[("state", "deactivated")]),
];

const COLUMNS: [Column; 9] = [
    Column::sorted("name", "Name"),
    Column::plain("E-mail address").with_class("address"),
    Column::plain("Role"),
    Column::plain("Boards").with_class("number"),
    Column::plain("Open tasks").with_class("number"),
    Column::plain("Sessions").with_class("number"),
    Column::plain("Tokens").with_class("number"),
    Column::sorted("seen", "Last seen"),
    Column::sorted("since", "Since"),
];

/// The table.
pub fn page(listing: Listing<Entry>) -> Frame {
    let count = listing.count("person", "people");
    let Listing { reader, query, rows, most, next, dates, counts, now, .. } = listing;
    let of = |query: &[(&'static str, &str)]| {
        query.iter().fold(Query::default(), |all, (name, value)| all.with(name, *value))
    };
    let presets = VIEWS
        .iter()
        .zip(counts)
        .map(|((label, query), count)| Preset { label, query: of(query), count: Some(counted(count, most)) })
        .collect();
    let filters = vec![
        Filter {
            name: "role",
            label: "Role",
            choices: std::iter::once((String::new(), "Any".to_owned()))
                .chain(InstanceRole::ALL.map(|role| (role.as_str().to_owned(), words::role(role).to_owned())))
                .collect(),
        },
        Filter {
            name: "state",
            label: "State",
            choices: choices(&[("", "Any"), ("active", "Active"), ("deactivated", "Deactivated")]),
        },
    ];
    let table = Table {
        path: PATH,
        caption: "People",
        query,
        search: Some("Search names and addresses"),
        filters,
        presets,
        dates,
        columns: COLUMNS.into_iter().collect(),
        default_sort: "name",
        rows: rows.into_iter().map(|entry| row(entry, now)).collect(),
        count,
        next,
        empty: "Nobody matches. Remove a filter to see more.",
        actions: None,
    };
    let body = view! {
        <p class="hint">"To invite somebody, go to " <a href=people::PATH>"People: invite"</a> "."</p>
        {table.view()}
    };
    Frame::new(reader, PATH, "People", body.into_any())
}

fn row(entry: Entry, now: Timestamp) -> Row {
    let Entry { person, email, role, boards, open_tasks, sessions, tokens, seen_at, since } = entry;
    let number = |number: u64| thousands(number).into_any();
    let id = person.id;
    let tasks = match open_tasks {
        0 => number(0),
        _ => view! { <a href=super::person::tasks_of(id)>{thousands(open_tasks)}</a> }.into_any(),
    };
    let class = if person.deactivated { "muted" } else { "" };
    let cells = vec![
        person_link(&person),
        email.into_any(),
        words::role(role).into_any(),
        number(boards),
        tasks,
        number(sessions),
        number(tokens),
        seen_or(seen_at, now, "Never"),
        words::day(since).into_any(),
    ];
    Row { id: format!("person-{id}"), cells, select: None, class }
}
