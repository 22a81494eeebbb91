//! The table of all boards.

use app::admin::{
    boards::{Board, PATH, VIEWS, page},
    parts::{Listing, openness},
    table,
};
use axum::response::Response;
use serde::Deserialize;

use super::{
    answer,
    csv::ROWS_AT_A_TIME,
    listing::{Place, ROWS, days_before, field, file, mapped, name},
    reader::Admin,
    tasks::person_of,
};
use crate::{
    clock::now,
    http::account::{answer::ErrorPage, form::Asked},
    store::{
        Directory, Store,
        tables::{BoardFilter, BoardOrder, BoardRow, MOST_COUNTED, Slice},
    },
};
use app::time::Timestamp;

const ORDERS: [(&str, BoardOrder); 3] =
    [("changed", BoardOrder::Changed), ("created", BoardOrder::Created), ("name", BoardOrder::Name)];

/// The parameters of the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Address {
    q: String,
    access: String,
    manager: String,
    changed: String,
    state: String,
    sort: String,
    after: String,
    format: String,
}

impl Address {
    fn query(&self) -> table::Query {
        table::Query::default()
            .with("q", self.q.trim())
            .with("access", &self.access)
            .with("manager", &self.manager)
            .with("changed", &self.changed)
            .with("state", &self.state)
            .with("sort", &self.sort)
            .with("after", &self.after)
    }

    fn filter(&self, now: Timestamp) -> BoardFilter {
        let (changed_from, changed_before) = match &*self.changed {
            "day" => (Some(days_before(now, 1)), None),
            "week" => (Some(days_before(now, 7)), None),
            "month" => (Some(days_before(now, 30)), None),
            "older" => (None, Some(days_before(now, 90))),
            _ => (None, None),
        };
        BoardFilter {
            text: self.q.trim().to_owned(),
            is_open: match &*self.access {
                "open" => Some(true),
                "private" => Some(false),
                _ => None,
            },
            archived: match &*self.state {
                "archived" => Some(true),
                "any" => None,
                _ => Some(false),
            },
            without_manager: self.manager == "none",
            changed_from,
            changed_before,
        }
    }

    fn place(&self) -> Place<'_> {
        Place { path: PATH, sort: &self.sort, default: "-changed", after: &self.after }
    }
}

/// `GET /admin/boards`
pub async fn show(admin: Admin, Asked(address): Asked<Address>) -> Result<Response, ErrorPage> {
    let now = now();
    let (filter, place) = (address.filter(now), address.place());
    if address.format == "csv" {
        let slice = place.slice(&ORDERS, ROWS_AT_A_TIME);
        let read = move |store: Store, after| {
            let (filter, slice) = (filter.clone(), Slice { after, ..slice.clone() });
            async move {
                let directory = store.directory();
                let rows = store.boards_table(&filter, slice).await?;
                Ok(mapped(rows, |row| record(&directory, &row)))
            }
        };
        return Ok(file(admin, "boards", HEADINGS, read));
    }
    let store = &admin.services.store;
    let rows = store.boards_table(&filter, place.slice(&ORDERS, ROWS)).await?;
    let mut counts = Vec::with_capacity(VIEWS.len());
    for (_, parameters) in VIEWS {
        let of = |name| parameters.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value).to_owned();
        let view = Address { manager: of("manager"), changed: of("changed"), state: of("state"), ..Address::default() };
        counts.push(store.count_boards(&view.filter(now)).await?);
    }
    let directory = store.directory();
    let listing = Listing {
        reader: admin.reader(),
        query: address.query(),
        next: place.next(rows.next),
        rows: rows.rows.into_iter().map(|row| board(&directory, row)).collect(),
        matches: store.count_boards(&filter).await?,
        most: MOST_COUNTED,
        now,
    };
    Ok(answer::page(&admin, page(listing, counts)))
}

fn board(directory: &Directory, row: BoardRow) -> Board {
    Board {
        id: row.id,
        name: row.name,
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

const HEADINGS: &[&str] = &[
    "id",
    "name",
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

fn record(directory: &Directory, row: &BoardRow) -> Vec<String> {
    let managers: Vec<_> = row.managers.iter().map(|person| name(directory, *person)).collect();
    vec![
        row.id.to_string(),
        row.name.clone(),
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
