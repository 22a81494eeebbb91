//! The table of all people.

use app::{
    access::InstanceRole,
    admin::{
        parts::Listing,
        people::{Entry, PATH, VIEWS, page},
        table,
    },
};
use axum::response::Response;
use serde::Deserialize;

use super::{
    answer,
    csv::ROWS_AT_A_TIME,
    listing::{Place, ROWS, field, file, mapped},
    reader::Admin,
};
use crate::{
    clock::now,
    http::account::{answer::ErrorPage, form::Asked},
    store::{
        Directory, Store,
        tables::{MOST_COUNTED, PersonFilter, PersonOrder, PersonRow, Slice},
    },
};

const ORDERS: [(&str, PersonOrder); 3] =
    [("name", PersonOrder::Name), ("since", PersonOrder::Since), ("seen", PersonOrder::Seen)];

/// The parameters of the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Address {
    q: String,
    role: String,
    state: String,
    sort: String,
    after: String,
    format: String,
}

impl Address {
    fn query(&self) -> table::Query {
        table::Query::default()
            .with("q", self.q.trim())
            .with("role", &self.role)
            .with("state", &self.state)
            .with("sort", &self.sort)
            .with("after", &self.after)
    }

    fn filter(&self) -> PersonFilter {
        PersonFilter {
            text: self.q.trim().to_owned(),
            role: InstanceRole::parse(&self.role),
            is_active: match &*self.state {
                "active" => Some(true),
                "deactivated" => Some(false),
                _ => None,
            },
        }
    }

    fn place(&self) -> Place<'_> {
        Place { path: PATH, sort: &self.sort, default: "name", after: &self.after }
    }
}

/// `GET /admin/people`
pub async fn show(admin: Admin, Asked(address): Asked<Address>) -> Result<Response, ErrorPage> {
    admin.require_accounts()?;
    let now = now();
    let (filter, place) = (address.filter(), address.place());
    if address.format == "csv" {
        let slice = place.slice(&ORDERS, ROWS_AT_A_TIME);
        let read = move |store: Store, after| {
            let (filter, slice) = (filter.clone(), Slice { after, ..slice.clone() });
            async move {
                let rows = store.people_table(&filter, slice, now).await?;
                let directory = store.directory();
                Ok(mapped(rows, |row| record(&directory, &row)))
            }
        };
        return Ok(file(admin, "people", HEADINGS, read));
    }
    let store = &admin.services.store;
    let rows = store.people_table(&filter, place.slice(&ORDERS, ROWS), now).await?;
    let mut counts = Vec::with_capacity(VIEWS.len());
    for (_, parameters) in VIEWS {
        let of = |name| parameters.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value).to_owned();
        let view = Address { role: of("role"), state: of("state"), ..Address::default() };
        counts.push(store.count_people(&view.filter()).await?);
    }
    let directory = store.directory();
    let listing = Listing {
        reader: admin.reader(),
        query: address.query(),
        next: place.next(rows.next),
        rows: rows.rows.into_iter().filter_map(|row| entry(&directory, row)).collect(),
        matches: store.count_people(&filter).await?,
        most: MOST_COUNTED,
        now,
    };
    Ok(answer::page(&admin, page(listing, counts)))
}

/// A row; `None` if this node does not know the account yet.
fn entry(directory: &Directory, row: PersonRow) -> Option<Entry> {
    let account = directory.account(row.id)?;
    Some(Entry {
        person: account.person(),
        email: account.email.clone(),
        role: account.role,
        boards: row.boards,
        open_tasks: row.open_tasks,
        sessions: row.sessions,
        tokens: row.tokens,
        seen_at: row.seen_at,
        since: account.created_at,
    })
}

const HEADINGS: &[&str] = &[
    "id",
    "name",
    "email",
    "role",
    "active",
    "boards",
    "open_tasks",
    "sessions",
    "tokens",
    "last_seen_at",
    "created_at",
    "deactivated_at",
];

fn record(directory: &Directory, row: &PersonRow) -> Vec<String> {
    let account = directory.account(row.id);
    let of = |text: fn(&crate::store::Account) -> String| account.map(text).unwrap_or_default();
    vec![
        row.id.to_string(),
        of(|account| account.name.clone()),
        of(|account| account.email.clone()),
        of(|account| account.role.as_str().to_owned()),
        of(|account| account.is_active().to_string()),
        row.boards.to_string(),
        row.open_tasks.to_string(),
        row.sessions.to_string(),
        row.tokens.to_string(),
        field(row.seen_at),
        field(account.map(|account| account.created_at)),
        field(account.and_then(|account| account.deactivated_at)),
    ]
}
