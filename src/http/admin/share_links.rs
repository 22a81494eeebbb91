//! The table of the share links of all boards.

use app::{
    account::Notice,
    admin::{
        Frame,
        parts::Listing,
        share_links::{PATH, RevokeForm, ShareLink, page},
        table::Query,
    },
    time::Timestamp,
};
use axum::response::Response;

use super::{
    listing::{Dated, Listed, back, days_before, field, name, named, refused, span},
    reader::Admin,
    tasks::person_of,
};
use crate::{
    http::{
        Services,
        account::{answer::ErrorPage, form::Form},
    },
    store::{
        Directory, Store, StoreError,
        tables::{Rows, ShareLinkFilter, ShareLinkOrder, ShareLinkRow, Slice},
    },
};

/// The table.
pub struct ShareLinks;

impl Listed for ShareLinks {
    const PATH: &'static str = PATH;
    const NAME: &'static str = "share-links";
    const PARAMETERS: &'static [&'static str] = &["q", "person", "created"];
    const DEFAULT_SORT: &'static str = "-created";
    const ORDERS: &'static [(&'static str, ShareLinkOrder)] =
        &[("created", ShareLinkOrder::Created), ("board", ShareLinkOrder::Board)];
    const HEADINGS: &'static [&'static str] = &["id", "board_id", "board", "created_by", "created_at", "works"];
    const DATED: Option<Dated<Self>> = Some(("Created", ShareLinkOrder::Created, |row| row.created_at));

    type Order = ShareLinkOrder;
    type Filter = ShareLinkFilter;
    type Row = ShareLinkRow;

    fn filter(query: &Query, now: Timestamp) -> ShareLinkFilter {
        ShareLinkFilter {
            text: query.get("q").to_owned(),
            board: None,
            maker: named(query.get("person")),
            created: span(query),
            created_before: match query.get("created") {
                "month" => Some(days_before(now, 30)),
                "year" => Some(days_before(now, 365)),
                _ => None,
            },
        }
    }

    async fn rows(
        store: &Store,
        filter: &ShareLinkFilter,
        slice: Slice<ShareLinkOrder>,
        _: Timestamp,
    ) -> Result<Rows<ShareLinkRow>, StoreError> {
        store.share_links_table(filter, slice).await
    }

    async fn count(store: &Store, filter: &ShareLinkFilter, _: Timestamp) -> Result<u64, StoreError> {
        store.count_share_links(filter).await
    }

    fn record(_: &Services, directory: &Directory, row: ShareLinkRow) -> Vec<String> {
        vec![
            row.id.to_string(),
            row.board.to_string(),
            row.board_name,
            row.created_by.map(|person| name(directory, person)).unwrap_or_default(),
            field(Some(row.created_at)),
            row.works.to_string(),
        ]
    }

    fn page(_: &Admin, directory: &Directory, listing: Listing<ShareLinkRow>) -> Frame {
        page(listing.map(|row| share_link(directory, row)))
    }
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
