//! The table of the tokens of all people.

use app::{
    access::Scope,
    account::Notice,
    admin::{
        parts::Listing,
        table,
        tokens::{PATH, RevokeForm, Token, page},
    },
    time::Timestamp,
};
use axum::response::Response;
use serde::Deserialize;

use super::{
    answer,
    csv::ROWS_AT_A_TIME,
    listing::{Place, ROWS, back, days_before, field, file, mapped, name, only_of, refused},
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
        self, Directory, Store,
        tables::{MOST_COUNTED, Slice, TokenFilter, TokenOrder, TokenRow, TokenState},
    },
};

const ORDERS: [(&str, TokenOrder); 3] =
    [("created", TokenOrder::Created), ("name", TokenOrder::Name), ("used", TokenOrder::Used)];

/// The parameters of the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Address {
    q: String,
    person: String,
    scope: String,
    state: String,
    sort: String,
    after: String,
    format: String,
}

impl Address {
    fn query(&self) -> table::Query {
        table::Query::default()
            .with("q", self.q.trim())
            .with("person", &self.person)
            .with("scope", &self.scope)
            .with("state", &self.state)
            .with("sort", &self.sort)
            .with("after", &self.after)
    }

    fn filter(&self, now: Timestamp) -> TokenFilter {
        TokenFilter {
            text: self.q.trim().to_owned(),
            person: self.person.parse().ok(),
            scope: Scope::parse(&self.scope),
            state: match &*self.state {
                "works" => TokenState::Works,
                "forever" => TokenState::Forever,
                "unused" => TokenState::UnusedSince(days_before(now, 90)),
                "dead" => TokenState::Dead,
                _ => TokenState::Any,
            },
        }
    }

    fn place(&self) -> Place<'_> {
        Place { path: PATH, sort: &self.sort, default: "-created", after: &self.after }
    }
}

/// `GET /admin/tokens`
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
                let rows = store.tokens_table(&filter, slice, now).await?;
                Ok(mapped(rows, |row| record(&directory, &row)))
            }
        };
        return Ok(file(admin, "tokens", HEADINGS, read));
    }
    let store = &admin.services.store;
    let rows = store.tokens_table(&filter, place.slice(&ORDERS, ROWS), now).await?;
    let directory = store.directory();
    let listing = Listing {
        reader: admin.reader(),
        query: address.query(),
        next: place.next(rows.next),
        rows: rows
            .rows
            .into_iter()
            .map(|TokenRow { token: row, used_at }| token(&admin, &directory, row, used_at))
            .collect(),
        matches: store.count_all_tokens(&filter, now).await?,
        most: MOST_COUNTED,
        now,
    };
    Ok(answer::page(&admin, page(listing, only_of(&directory, &address.person))))
}

/// A token, as the page shows it.
pub(super) fn token(admin: &Admin, directory: &Directory, token: store::Token, used: Option<Timestamp>) -> Token {
    let account = directory.account(token.person);
    Token {
        id: token.id,
        person: person_of(directory, token.person),
        may_revoke: account.is_some_and(|account| admin.principal().may_manage(account.role)),
        name: token.name,
        scope: token.scope,
        created: token.created_at,
        used,
        expires: token.expires_at,
    }
}

/// `POST /admin/tokens/revoke`
pub async fn revoke(admin: Admin, Form(form): Form<RevokeForm>) -> Result<Response, ErrorPage> {
    let RevokeForm { person, id, back: to } = form;
    admin.services.accounts.revoke_tokens_of(&admin.credentials, person, Some(id)).await.map_err(refused)?;
    let notice = Notice::done("The token is revoked and does not work any more.");
    Ok(admin.redirect_with_flash(&notice, &back(PATH, &to)))
}

const HEADINGS: &[&str] = &["id", "name", "person_id", "person", "scope", "created_at", "used_at", "expires_at"];

fn record(directory: &Directory, TokenRow { token, used_at }: &TokenRow) -> Vec<String> {
    vec![
        token.id.to_string(),
        token.name.clone(),
        token.person.to_string(),
        name(directory, token.person),
        token.scope.as_str().to_owned(),
        field(Some(token.created_at)),
        field(*used_at),
        field(token.expires_at),
    ]
}
