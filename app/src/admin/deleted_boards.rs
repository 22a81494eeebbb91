//! The deleted boards that can be restored.

use leptos::prelude::*;

use super::{
    Frame, Reader,
    table::{Column, Query, Row, Table},
};
use crate::{account::words::time_ago, id::BoardId, time::Timestamp};

/// The path of the page.
pub const PATH: &str = "/admin/boards/deleted";

/// The data of the page.
pub struct DeletedBoards {
    /// The reader.
    pub reader: Reader,
    /// The boards, the last deleted first: their names, and when they were deleted.
    pub boards: Vec<(BoardId, String, Timestamp)>,
    /// What the reader chose.
    pub query: Query,
    /// The value of `after` with which the next rows are shown, if there are more.
    pub next: Option<String>,
    /// The current time.
    pub now: Timestamp,
}

/// Renders the page.
pub fn page(content: DeletedBoards) -> Frame {
    let DeletedBoards { reader, boards, query, next, now } = content;
    let count = match (boards.len(), next.is_some() || !query.get("after").is_empty()) {
        (1, false) => "1 board".to_owned(),
        (count, false) => format!("{count} boards"),
        (_, true) => "The last deleted first".to_owned(),
    };
    let row = |(id, name, deleted_at): (BoardId, String, Timestamp)| {
        let label = format!("Restore {name}");
        let restore = view! {
            <form method="post" action=format!("/admin/boards/{id}/restore")>
                <button class="button" aria-label=label>
                    "Restore"
                </button>
            </form>
        };
        Row {
            id: format!("board-{id}"),
            cells: vec![name.into_any(), time_ago(deleted_at, now), restore.into_any()],
            select: None,
            class: "",
        }
    };
    let table = Table {
        path: PATH,
        caption: "Deleted boards",
        query,
        search: Some("Search in names"),
        filters: Vec::new(),
        presets: Vec::new(),
        dates: None,
        columns: vec![Column::plain("Board"), Column::plain("Deleted"), Column::plain("")],
        default_sort: "",
        rows: boards.into_iter().map(row).collect(),
        count,
        next,
        empty: "There are no deleted boards.",
        actions: None,
    };
    let body = view! {
        <p class="hint">
            "A deleted board can be restored with everything that was on it, until its time is over: 30 days, unless this server is configured otherwise. Its members and share links come back with it."
        </p>
        {table.view()}
    }
    .into_any();
    Frame::new(reader, PATH, "Deleted boards", body)
}
