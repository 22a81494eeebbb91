//! The table of the tokens of all people.

use app::{
    access::Scope,
    account::Notice,
    admin::{
        Frame,
        parts::Listing,
        table::Query,
        tokens::{PATH, RevokeForm, Token, page},
    },
    time::Timestamp,
};
use axum::response::Response;

use super::{
    listing::{Dated, Listed, back, days_before, field, name, named, only_of, refused, span},
    reader::Admin,
    tasks::person_of,
};
use crate::{
    http::{
        Services,
        account::{answer::ErrorPage, form::Form},
    },
    store::{
        self, Directory, Store, StoreError,
        tables::{Rows, Slice, TokenFilter, TokenOrder, TokenRow, TokenState},
    },
};

/// The table.
pub struct Tokens;

impl Listed for Tokens {
    const PATH: &'static str = PATH;
    const NAME: &'static str = "tokens";
    const PARAMETERS: &'static [&'static str] = &["q", "person", "scope", "state"];
    const DEFAULT_SORT: &'static str = "-created";
    const ORDERS: &'static [(&'static str, TokenOrder)] =
        &[("created", TokenOrder::Created), ("name", TokenOrder::Name), ("used", TokenOrder::Used)];
    const HEADINGS: &'static [&'static str] =
        &["id", "name", "person_id", "person", "scope", "created_at", "used_at", "expires_at"];
    const DATED: Option<Dated<Self>> = Some(("Created", TokenOrder::Created, |row| row.token.created_at));

    type Order = TokenOrder;
    type Filter = TokenFilter;
    type Row = TokenRow;

    fn filter(query: &Query, now: Timestamp) -> TokenFilter {
        TokenFilter {
            text: query.get("q").to_owned(),
            person: named(query.get("person")),
            scope: Scope::parse(query.get("scope")),
            state: match query.get("state") {
                "works" => TokenState::Works,
                "forever" => TokenState::Forever,
                "unused" => TokenState::UnusedSince(days_before(now, 90)),
                "dead" => TokenState::Dead,
                _ => TokenState::Any,
            },
            created: span(query),
        }
    }

    async fn rows(
        store: &Store,
        filter: &TokenFilter,
        slice: Slice<TokenOrder>,
        now: Timestamp,
    ) -> Result<Rows<TokenRow>, StoreError> {
        store.tokens_table(filter, slice, now).await
    }

    async fn count(store: &Store, filter: &TokenFilter, now: Timestamp) -> Result<u64, StoreError> {
        store.count_all_tokens(filter, now).await
    }

    fn record(_: &Services, directory: &Directory, TokenRow { token, used_at }: TokenRow) -> Vec<String> {
        vec![
            token.id.to_string(),
            token.name,
            token.person.to_string(),
            name(directory, token.person),
            token.scope.as_str().to_owned(),
            field(Some(token.created_at)),
            field(used_at),
            field(token.expires_at),
        ]
    }

    fn page(admin: &Admin, directory: &Directory, listing: Listing<TokenRow>) -> Frame {
        let person = only_of(directory, listing.query.get("person"));
        page(listing.map(|TokenRow { token: row, used_at }| token(admin, directory, row, used_at)), person)
    }
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
