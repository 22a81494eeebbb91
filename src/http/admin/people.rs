//! The table of all people.

use app::{
    access::InstanceRole,
    admin::{
        Frame,
        parts::Listing,
        people::{Entry, PATH, VIEWS, page},
        table::Query,
    },
    time::Timestamp,
};

use super::{
    listing::{Dated, Listed, Views, field, span},
    reader::Admin,
};
use crate::{
    http::Services,
    store::{
        Account, Directory, Store, StoreError,
        tables::{PersonFilter, PersonOrder, PersonRow, Rows, Slice},
    },
};

/// The table.
pub struct People;

impl Listed for People {
    const PATH: &'static str = PATH;
    const NAME: &'static str = "people";
    const PARAMETERS: &'static [&'static str] = &["q", "role", "state"];
    const DEFAULT_SORT: &'static str = "name";
    const ORDERS: &'static [(&'static str, PersonOrder)] =
        &[("name", PersonOrder::Name), ("since", PersonOrder::Since), ("seen", PersonOrder::Seen)];
    const HEADINGS: &'static [&'static str] = &[
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
    const VIEWS: Views = VIEWS;
    const DATED: Option<Dated<Self>> = Some(("Here since", PersonOrder::Since, |row| row.created_at));

    type Order = PersonOrder;
    type Filter = PersonFilter;
    type Row = PersonRow;

    fn filter(query: &Query, _: Timestamp) -> PersonFilter {
        PersonFilter {
            text: query.get("q").to_owned(),
            role: InstanceRole::parse(query.get("role")),
            is_active: match query.get("state") {
                "active" => Some(true),
                "deactivated" => Some(false),
                _ => None,
            },
            since: span(query),
        }
    }

    async fn rows(
        store: &Store,
        filter: &PersonFilter,
        slice: Slice<PersonOrder>,
        now: Timestamp,
    ) -> Result<Rows<PersonRow>, StoreError> {
        store.people_table(filter, slice, now).await
    }

    async fn count(store: &Store, filter: &PersonFilter, _: Timestamp) -> Result<u64, StoreError> {
        store.count_people(filter).await
    }

    fn record(_: &Services, directory: &Directory, row: PersonRow) -> Vec<String> {
        let account = directory.account(row.id);
        let of = |text: fn(&Account) -> String| account.map(text).unwrap_or_default();
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

    fn page(_: &Admin, directory: &Directory, listing: Listing<PersonRow>) -> Frame {
        page(listing.filter_map(|row| entry(directory, row)))
    }
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
