//! The table of the share links of all boards.

use app::{
    account::Notice,
    admin::{
        parts::Listing,
        share_links::{PATH, RevokeForm, ShareLink, page},
        table,
    },
    time::Timestamp,
};
use axum::response::Response;
use serde::Deserialize;

use super::{
    answer,
    csv::ROWS_AT_A_TIME,
    listing::{Place, ROWS, back, days_before, field, file, mapped, name, refused},
    reader::Admin,
    tasks::person_of,
};
use crate::{
    clock::now,
    http::account::{
        answer::ErrorPage,
        form::{Asked, Form},
    },
    store::{
        Directory, Store,
        tables::{MOST_COUNTED, ShareLinkFilter, ShareLinkOrder, ShareLinkRow, Slice},
    },
};

const ORDERS: [(&str, ShareLinkOrder); 2] = [("created", ShareLinkOrder::Created), ("board", ShareLinkOrder::Board)];

/// The parameters of the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Address {
    q: String,
    person: String,
    created: String,
    sort: String,
    after: String,
    format: String,
}

impl Address {
    fn query(&self) -> table::Query {
        table::Query::default()
            .with("q", self.q.trim())
            .with("person", &self.person)
            .with("created", &self.created)
            .with("sort", &self.sort)
            .with("after", &self.after)
    }

    fn filter(&self, now: Timestamp) -> ShareLinkFilter {
        ShareLinkFilter {
            text: self.q.trim().to_owned(),
            board: None,
            maker: self.person.parse().ok(),
            created_before: match &*self.created {
                "month" => Some(days_before(now, 30)),
                "year" => Some(days_before(now, 365)),
                _ => None,
            },
        }
    }

    fn place(&self) -> Place<'_> {
        Place { path: PATH, sort: &self.sort, default: "-created", after: &self.after }
    }
}

/// `GET /admin/share-links`
pub async fn show(admin: Admin, Asked(address): Asked<Address>) -> Result<Response, ErrorPage> {
    admin.require_accounts()?;
    let now = now();
    let (filter, place) = (address.filter(now), address.place());
    if address.format == "csv" {
        let slice = place.slice(&ORDERS, ROWS_AT_A_TIME);
        let read = move |store: Store, after| {
            let (filter, slice) = (filter.clone(), Slice { after, ..slice.clone() });
            async move {
                let directory = store.directory();
                let rows = store.share_links_table(&filter, slice).await?;
                Ok(mapped(rows, |row| record(&directory, &row)))
            }
        };
        return Ok(file(admin, "share-links", HEADINGS, read));
    }
    let store = &admin.services.store;
    let rows = store.share_links_table(&filter, place.slice(&ORDERS, ROWS)).await?;
    let directory = store.directory();
    let listing = Listing {
        reader: admin.reader(),
        query: address.query(),
        next: place.next(rows.next),
        rows: rows.rows.into_iter().map(|row| share_link(&directory, row)).collect(),
        matches: store.count_share_links(&filter).await?,
        most: MOST_COUNTED,
        now,
    };
    Ok(answer::page(&admin, page(listing)))
}

fn share_link(directory: &Directory, row: ShareLinkRow) -> ShareLink {
    ShareLink {
        id: row.id,
        board: (row.board, row.board_name),
        maker: row.created_by.map(|person| person_of(directory, person)),
        created: row.created_at,
        works: row.works,
    }
}

/// `POST /admin/share-links/revoke`
pub async fn revoke(admin: Admin, Form(form): Form<RevokeForm>) -> Result<Response, ErrorPage> {
    admin.require_accounts()?;
    let RevokeForm { board, id, back: to } = form;
    let (accounts, writer) = (&admin.services.accounts, &admin.services.writer);
    accounts.revoke_share_link(&admin.credentials, board, id, writer).await.map_err(refused)?;
    let notice = Notice::done("The share link is revoked. Those who read the board with it have lost access.");
    Ok(admin.redirect_with_flash(&notice, &back(PATH, &to)))
}

const HEADINGS: &[&str] = &["id", "board_id", "board", "created_by", "created_at", "works"];

fn record(directory: &Directory, row: &ShareLinkRow) -> Vec<String> {
    vec![
        row.id.to_string(),
        row.board.to_string(),
        row.board_name.clone(),
        row.created_by.map(|person| name(directory, person)).unwrap_or_default(),
        field(Some(row.created_at)),
        row.works.to_string(),
    ]
}
