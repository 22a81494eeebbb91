//! The table of all boards.

use leptos::prelude::*;

use super::{
    Frame,
    parts::{Listing, board_link, choices, openness, person_links},
    table::{Column, Filter, Preset, Query, Row, Table, counted, thousands},
};
use crate::{
    access::BoardRole,
    account::words::{day, time_ago},
    id::BoardId,
    people::Person,
    time::Timestamp,
};

/// The path of the page.
pub const PATH: &str = "/admin/boards";

/// A board in the table.
pub struct Board {
    /// The board's id.
    pub id: BoardId,
    /// The name.
    pub name: String,
    /// The key.
    pub key: String,
    /// The role of everyone on the server.
    pub everyone: Option<BoardRole>,
    /// The managers.
    pub managers: Vec<Person>,
    /// The number of members, managers included.
    pub members: usize,
    /// The number of tasks that are not done.
    pub open_tasks: u64,
    /// The number of all tasks.
    pub tasks: u64,
    /// The number of share links.
    pub links: u64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub changed_at: Timestamp,
    /// When it was archived, if it is.
    pub archived_at: Option<Timestamp>,
}

/// The views that are offered: their labels, and their parameters. One is about managers, whom only a server with accounts has. Boards
/// that are archived are in views that ask for them.
pub const VIEWS: &[(&str, &[(&str, &str)])] = &[
    ("Active", &[]),
    ("Archived", &[("state", "archived")]),
    ("Without a manager", &[("manager", "none")]),
    ("Not changed for 90 days", &[("changed", "older")]),
];

const COLUMNS: [Column; 8] = [
    Column::sorted("name", "Name"),
    Column::plain("Access"),
    Column::plain("Managers"),
    Column::plain("Members").with_class("number"),
    Column::plain("Open / all tasks").with_class("number"),
    Column::plain("Links").with_class("number"),
    Column::sorted("created", "Created"),
    Column::sorted("changed", "Changed"),
];

/// The table.
pub fn page(listing: Listing<Board>) -> Frame {
    let count = listing.count("board", "boards");
    let Listing { reader, query, rows, most, next, dates, counts, now, .. } = listing;
    let has_accounts = reader.current_user.is_some();
    let of = |query: &[(&'static str, &str)]| {
        query.iter().fold(Query::default(), |all, (name, value)| all.with(name, *value))
    };
    let presets = VIEWS
        .iter()
        .zip(counts)
        .filter(|((_, query), _)| has_accounts || query.iter().all(|(name, _)| *name != "manager"))
        .map(|((label, query), count)| Preset { label, query: of(query), count: Some(counted(count, most)) })
        .collect();
    let mut filters = vec![
        Filter {
            name: "state",
            label: "State",
            choices: choices(&[("", "Active"), ("archived", "Archived"), ("any", "Any")]),
        },
        Filter {
            name: "access",
            label: "Access",
            choices: choices(&[("", "Any"), ("open", "Open to everyone"), ("private", "Private")]),
        },
        Filter { name: "manager", label: "Managers", choices: choices(&[("", "Any"), ("none", "No active manager")]) },
        Filter {
            name: "changed",
            label: "Changed",
            choices: choices(&[
                ("", "At any time"),
                ("day", "In the last day"),
                ("week", "In the last 7 days"),
                ("month", "In the last 30 days"),
                ("older", "Not for 90 days"),
            ]),
        },
    ];
    filters.retain(|filter| has_accounts || matches!(filter.name, "changed" | "state"));
    let table = Table {
        path: PATH,
        caption: "Boards",
        query,
        search: Some("Search names"),
        filters,
        presets,
        dates,
        columns: COLUMNS.into_iter().collect(),
        default_sort: "-changed",
        rows: rows.into_iter().map(|board| row(board, now)).collect(),
        count,
        next,
        empty: "No boards match. Remove a filter to see more.",
        actions: None,
    };
    Frame::new(reader, PATH, "Boards", table.view())
}

fn row(board: Board, now: Timestamp) -> Row {
    let Board {
        id,
        name,
        key,
        everyone,
        managers,
        members,
        open_tasks,
        tasks,
        links,
        created_at,
        changed_at,
        archived_at,
    } = board;
    let number = |number: u64| thousands(number).into_any();
    let cells = vec![
        match archived_at {
            None => view! {
                {board_link(id, name)}
                " "
                <span class="hint">{key}</span>
            }
            .into_any(),
            Some(_) => view! {
                {board_link(id, name)}
                " "
                <span class="hint">{key}</span>
                " "
                <span class="chip">"Archived"</span>
            }
            .into_any(),
        },
        openness(everyone).into_any(),
        match managers.is_empty() {
            true => view! { <span class="hint">"None"</span> }.into_any(),
            false => person_links(&managers),
        },
        number(members as u64),
        format!("{} / {}", thousands(open_tasks), thousands(tasks)).into_any(),
        number(links),
        day(created_at).into_any(),
        time_ago(changed_at, now),
    ];
    Row { id: format!("board-{id}"), cells, select: None, class: "" }
}
