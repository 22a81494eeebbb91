//! The table of the sessions of all people.

use app::{
    account::{Notice, words::browser},
    admin::{
        parts::Listing,
        sessions::{EndForm, PATH, Session, page},
        table,
    },
    time::Timestamp,
};
use axum::response::Response;
use serde::Deserialize;

use super::{
    answer,
    csv::ROWS_AT_A_TIME,
    listing::{Place, ROWS, back, days_before, field, file, hour_before, mapped, name, only_of, refused},
    reader::Admin,
    tasks::person_of,
};
use crate::{
    accounts::sessions::agent,
    clock::now,
    http::account::{
        answer::ErrorPage,
        form::{Asked, Form},
    },
    store::{
        Directory, Store,
        tables::{MOST_COUNTED, SessionEntry, SessionFilter, SessionOrder, Slice},
    },
};

const ORDERS: [(&str, SessionOrder); 2] = [("seen", SessionOrder::Seen), ("created", SessionOrder::Created)];

/// The parameters of the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Address {
    q: String,
    person: String,
    seen: String,
    sort: String,
    after: String,
    format: String,
}

impl Address {
    fn query(&self) -> table::Query {
        table::Query::default()
            .with("q", self.q.trim())
            .with("person", &self.person)
            .with("seen", &self.seen)
            .with("sort", &self.sort)
            .with("after", &self.after)
    }

    fn filter(&self, now: Timestamp) -> SessionFilter {
        let (seen_from, seen_before) = match &*self.seen {
            "hour" => (Some(hour_before(now)), None),
            "day" => (Some(days_before(now, 1)), None),
            "older" => (None, Some(days_before(now, 7))),
            _ => (None, None),
        };
        SessionFilter { text: self.q.trim().to_owned(), person: self.person.parse().ok(), seen_from, seen_before }
    }

    fn place(&self) -> Place<'_> {
        Place { path: PATH, sort: &self.sort, default: "-seen", after: &self.after }
    }
}

/// `GET /admin/sessions`
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
                let rows = store.sessions_table(&filter, slice, now).await?;
                Ok(mapped(rows, |row| record(&directory, &row)))
            }
        };
        return Ok(file(admin, "sessions", HEADINGS, read));
    }
    let store = &admin.services.store;
    let rows = store.sessions_table(&filter, place.slice(&ORDERS, ROWS), now).await?;
    let directory = store.directory();
    let listing = Listing {
        reader: admin.reader(),
        query: address.query(),
        next: place.next(rows.next),
        rows: rows.rows.into_iter().map(|row| session(&admin, &directory, row)).collect(),
        matches: store.count_sessions(&filter, now).await?,
        most: MOST_COUNTED,
        now,
    };
    Ok(answer::page(&admin, page(listing, only_of(&directory, &address.person))))
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

const HEADINGS: &[&str] = &["id", "person_id", "person", "browser", "created_at", "seen_at", "expires_at"];

fn record(directory: &Directory, SessionEntry { person, session }: &SessionEntry) -> Vec<String> {
    vec![
        session.id.to_string(),
        person.to_string(),
        name(directory, *person),
        browser(&agent(session)),
        field(Some(session.created_at)),
        field(Some(session.seen_at)),
        field(Some(session.expires_at)),
    ]
}
