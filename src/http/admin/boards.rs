//! The table of all boards.

use app::{
    admin::{
        Frame,
        boards::{Board, PATH, VIEWS, page},
        parts::{Listing, openness},
        table::Query,
    },
    time::Timestamp,
};

use super::{
    listing::{Dated, Listed, Views, days_before, field, name, span},
    reader::Admin,
    tasks::person_of,
};
use crate::{
    http::Services,
    store::{
        Directory, Store, StoreError,
        tables::{BoardFilter, BoardOrder, BoardRow, Rows, Slice},
    },
};

/// The table.
pub struct Boards;

impl Listed for Boards {
    const PATH: &'static str = PATH;
    const NAME: &'static str = "boards";
    const PARAMETERS: &'static [&'static str] = &["q", "access", "manager", "changed", "state"];
    const DEFAULT_SORT: &'static str = "-changed";
    const ORDERS: &'static [(&'static str, BoardOrder)] =
        &[("changed", BoardOrder::Changed), ("created", BoardOrder::Created), ("name", BoardOrder::Name)];
    const HEADINGS: &'static [&'static str] = &[
        "id",
        "name",
        "key",
        "access",
        "managers",
        "members",
        "open_tasks",
        "tasks",
        "share_links",
        "created_at",
        "changed_at",
        "archived_at",
    ];
    const NEEDS_ACCOUNTS: bool = false;
    const VIEWS: Views = VIEWS;
    const DATED: Option<Dated<Self>> = Some(("Created", BoardOrder::Created, |row| row.created_at));

    type Order = BoardOrder;
    type Filter = BoardFilter;
    type Row = BoardRow;

    fn filter(query: &Query, now: Timestamp) -> BoardFilter {
        let (changed_from, changed_before) = match query.get("changed") {
            "day" => (Some(days_before(now, 1)), None),
            "week" => (Some(days_before(now, 7)), None),
            "month" => (Some(days_before(now, 30)), None),
            "older" => (None, Some(days_before(now, 90))),
            _ => (None, None),
        };
        BoardFilter {
            text: query.get("q").to_owned(),
            is_open: match query.get("access") {
                "open" => Some(true),
                "private" => Some(false),
                _ => None,
            },
            archived: match query.get("state") {
                "archived" => Some(true),
                "any" => None,
                _ => Some(false),
            },
            without_manager: query.get("manager") == "none",
            created: span(query),
            changed_from,
            changed_before,
        }
    }

    fn everything(_: Timestamp) -> BoardFilter {
        BoardFilter::default()
    }

    async fn rows(
        store: &Store,
        filter: &BoardFilter,
        slice: Slice<BoardOrder>,
        _: Timestamp,
    ) -> Result<Rows<BoardRow>, StoreError> {
        store.boards_table(filter, slice).await
    }

    async fn count(store: &Store, filter: &BoardFilter, _: Timestamp) -> Result<u64, StoreError> {
        store.count_boards(filter).await
    }

    fn record(_: &Services, directory: &Directory, row: BoardRow) -> Vec<String> {
        let managers: Vec<_> = row.managers.iter().map(|person| name(directory, *person)).collect();
        vec![
            row.id.to_string(),
            row.name,
            row.key,
            openness(row.everyone).to_owned(),
            managers.join("; "),
            row.members.to_string(),
            row.open_tasks.to_string(),
            row.tasks.to_string(),
            row.links.to_string(),
            field(Some(row.created_at)),
            field(Some(row.changed_at)),
            field(row.archived_at),
        ]
    }

    fn page(_: &Admin, directory: &Directory, listing: Listing<BoardRow>) -> Frame {
        page(listing.map(|row| board(directory, row)))
    }
}

fn board(directory: &Directory, row: BoardRow) -> Board {
    Board {
        id: row.id,
        name: row.name,
        key: row.key,
        everyone: row.everyone,
        managers: row.managers.into_iter().map(|person| person_of(directory, person)).collect(),
        members: row.members,
        open_tasks: row.open_tasks,
        tasks: row.tasks,
        links: row.links,
        created_at: row.created_at,
        changed_at: row.changed_at,
        archived_at: row.archived_at,
    }
}
