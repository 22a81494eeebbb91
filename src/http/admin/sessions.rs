//! The table of the sessions of all people.

use app::{
    account::{Notice, words::browser},
    admin::{
        Frame,
        parts::Listing,
        sessions::{EndForm, PATH, Session, page},
        table::Query,
    },
    time::Timestamp,
};
use axum::response::Response;

use super::{
    listing::{Listed, back, days_before, field, hour_before, name, named, only_of, refused},
    reader::Admin,
    tasks::person_of,
};
use crate::{
    accounts::sessions::agent,
    http::{
        Services,
        account::{answer::ErrorPage, form::Form},
    },
    store::{
        Directory, Store, StoreError,
        tables::{Rows, SessionEntry, SessionFilter, SessionOrder, Slice},
    },
};

/// The table.
pub struct Sessions;

impl Listed for Sessions {
    const PATH: &'static str = PATH;
    const NAME: &'static str = "sessions";
    const PARAMETERS: &'static [&'static str] = &["q", "person", "seen"];
    const DEFAULT_SORT: &'static str = "-seen";
    const ORDERS: &'static [(&'static str, SessionOrder)] =
        &[("seen", SessionOrder::Seen), ("created", SessionOrder::Created)];
    const HEADINGS: &'static [&'static str] =
        &["id", "person_id", "person", "browser", "created_at", "seen_at", "expires_at"];

    type Order = SessionOrder;
    type Filter = SessionFilter;
    type Row = SessionEntry;

    fn filter(query: &Query, now: Timestamp) -> SessionFilter {
        let (seen_from, seen_before) = match query.get("seen") {
            "hour" => (Some(hour_before(now)), None),
            "day" => (Some(days_before(now, 1)), None),
            "older" => (None, Some(days_before(now, 7))),
            _ => (None, None),
        };
        SessionFilter { text: query.get("q").to_owned(), person: named(query.get("person")), seen_from, seen_before }
    }

    async fn rows(
        store: &Store,
        filter: &SessionFilter,
        slice: Slice<SessionOrder>,
        now: Timestamp,
    ) -> Result<Rows<SessionEntry>, StoreError> {
        store.sessions_table(filter, slice, now).await
    }

    async fn count(store: &Store, filter: &SessionFilter, now: Timestamp) -> Result<u64, StoreError> {
        store.count_sessions(filter, now).await
    }

    fn record(_: &Services, directory: &Directory, SessionEntry { person, session }: SessionEntry) -> Vec<String> {
        vec![
            session.id.to_string(),
            person.to_string(),
            name(directory, person),
            browser(&agent(&session)),
            field(Some(session.created_at)),
            field(Some(session.seen_at)),
            field(Some(session.expires_at)),
        ]
    }

    fn page(admin: &Admin, directory: &Directory, listing: Listing<SessionEntry>) -> Frame {
        let person = only_of(directory, listing.query.get("person"));
        page(listing.map(|row| session(admin, directory, row)), person)
    }
}

/// A session, as the page shows it.
pub(super) fn session(admin: &Admin, directory: &Directory, SessionEntry { person, session }: SessionEntry) -> Session {
    let may_end = directory.account(person).is_some_and(|account| admin.principal().may_manage(account.role));
    Session {
        id: session.id,
        person: person_of(directory, person),
        is_this: admin.is_this(session.hash),
        may_end,
        agent: agent(&session),
        since: session.created_at,
        seen: session.seen_at,
        expires: session.expires_at,
    }
}

/// `POST /admin/sessions/end`
pub async fn end(admin: Admin, Form(form): Form<EndForm>) -> Result<Response, ErrorPage> {
    let EndForm { person, id, back: to } = form;
    admin.services.accounts.end_sessions_of(&admin.credentials, person, id).await.map_err(refused)?;
    let name = name(&admin.services.store.directory(), person);
    let notice = Notice::done(match id {
        Some(_) => format!("The session of {name} is ended."),
        None => format!("{name} is signed out everywhere."),
    });
    Ok(admin.redirect_with_flash(&notice, &back(PATH, &to)))
}
