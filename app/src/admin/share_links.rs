//! The table of the share links of all boards.

use leptos::prelude::*;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    Frame,
    parts::{Listing, back, board_link, button, choices, no_person, person_link},
    table::{Column, Filter, Row, Table},
};
use crate::{
    account::words::{day, time_ago},
    id::BoardId,
    people::Person,
    time::Timestamp,
};

/// The path of the page.
pub const PATH: &str = "/admin/share-links";
/// The path that the form for revoking a share link posts to.
pub const REVOKE: &str = "/admin/share-links/revoke";

/// A share link.
pub struct ShareLink {
    /// Identifies the link.
    pub id: Uuid,
    /// The board that it opens, and the board's name.
    pub board: (BoardId, String),
    /// Who made it; `None` if that is not known.
    pub maker: Option<Person>,
    /// When it was made.
    pub created: Timestamp,
    /// Whether it works: only while the person who made it manages the board.
    pub works: bool,
}

/// The form for revoking a share link.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevokeForm {
    /// The board.
    pub board: BoardId,
    /// Identifies the link.
    pub id: Uuid,
    /// The view to which the reader returns.
    #[serde(default)]
    pub back: String,
}

const COLUMNS: [Column; 5] = [
    Column::sorted("board", "Board"),
    Column::plain("Made by"),
    Column::sorted("created", "Created"),
    Column::plain("State"),
    Column::plain("Action"),
];

/// The table.
pub fn page(listing: Listing<ShareLink>) -> Frame {
    let count = listing.count("share link", "share links");
    let Listing { reader, query, rows, next, dates, now, .. } = listing;
    let filters = vec![Filter {
        name: "created",
        label: "Created",
        choices: choices(&[("", "At any time"), ("month", "More than 30 days ago"), ("year", "More than a year ago")]),
    }];
    let returns = back(&query);
    let table = Table {
        path: PATH,
        caption: "Share links",
        query,
        search: Some("Search boards and people"),
        filters,
        presets: Vec::new(),
        dates,
        columns: COLUMNS.into_iter().collect(),
        default_sort: "-created",
        rows: rows.into_iter().map(|link| row(link, &returns, now)).collect(),
        count,
        next,
        empty: "No share links match.",
        actions: None,
    };
    let body = view! {
        <p class="hint">"Whoever has such a link can read its board without an account."</p>
        {table.view()}
    };
    Frame::new(reader, PATH, "Share links", body.into_any())
}

fn row(link: ShareLink, back: &(&'static str, String), now: Timestamp) -> Row {
    let (id, class) = (link.id, if link.works { "" } else { "muted" });
    let (board, name) = link.board.clone();
    let fields = [("board", board.to_string()), ("id", id.to_string()), back.clone()];
    let label = format!("Revoke the share link to {name} of {}", day(link.created));
    let mut cells = vec![board_link(board, name)];
    cells.extend(of_link(&link, now));
    cells.push(button(REVOKE.to_owned(), &fields, "Revoke", label));
    Row { id: format!("link-{id}"), cells, select: None, class }
}

/// Who made a link, when, and whether it works.
pub(super) fn of_link(link: &ShareLink, now: Timestamp) -> [AnyView; 3] {
    let ShareLink { maker, created, works, .. } = link;
    [
        maker.as_ref().map_or_else(|| no_person(None), person_link),
        time_ago(*created, now),
        match works {
            true => view! { <span class="chip good">"Works"</span> }.into_any(),
            false => view! {
                <span class="chip bad" title="The person who made it does not manage the board any more.">
                    "Does not work"
                </span>
            }
            .into_any(),
        },
    ]
}
