//! The audit log.

use std::sync::Arc;

use app::{
    admin::{
        audit::{Audit, SPANS, page},
        dates::{Dates, Period},
        table,
    },
    audit::{Action, Actor, Event},
    people::Person,
    time::{Day, Timestamp},
};
use axum::response::Response;
use serde::Deserialize;

use super::{
    answer, csv,
    listing::{dates, named, span},
    reader::Admin,
};
use crate::{
    clock::now,
    http::{
        API_ROOT,
        account::{answer::ErrorPage, form::Asked},
        api::cursor,
    },
    store::{
        AuditFilter, AuditKey, AuditPage,
        tables::{MOST_COUNTED, Rows, Span},
    },
};

/// The list to which the cursors belong.
const LIST: &str = "audit";
/// How many rows a page has.
const ROWS: usize = 50;
/// An hour, in milliseconds.
const HOUR: i64 = 60 * 60 * 1_000;

/// The parameters of the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Address {
    q: String,
    actor: String,
    action: String,
    target: String,
    when: String,
    from: String,
    to: String,
    on: String,
    after: String,
    format: String,
}

impl Address {
    fn query(&self) -> table::Query {
        table::Query::default()
            .with("q", self.q.trim())
            .with("actor", &self.actor)
            .with("action", &self.action)
            .with("target", &self.target)
            .with("when", &self.when)
            .with("from", &self.from)
            .with("to", &self.to)
            .with("on", &self.on)
            .with("after", &self.after)
    }

    /// The filter. Values that mean nothing are ignored, because people edit addresses by hand.
    fn filter(&self, now: Timestamp) -> AuditFilter {
        let recent = SPANS.iter().find(|(name, ..)| *name == self.when);
        let began = recent.map(|(.., hours)| Timestamp::from_millis(now.as_millis() - hours * HOUR));
        let time =
            |text: &str, of_day: fn(Day) -> Timestamp| Day::parse(text).map(of_day).or_else(|| Timestamp::parse(text));
        let Span { from: on, before: until } = span(&self.query());
        AuditFilter {
            actor: match self.actor.parse() {
                Ok(actor) => Some(actor),
                Err(_) => named(&self.actor).map(Actor::Person),
            },
            action: Action::parse(&self.action),
            target: named(&self.target),
            from: on.or(began).or_else(|| time(&self.from, Day::start)),
            to: until.or_else(|| time(&self.to, Day::end)),
            text: Some(self.q.trim().to_owned()).filter(|text| !text.is_empty()),
        }
    }
}

/// The address of the export over REST.
fn export(filter: &AuditFilter) -> String {
    let AuditFilter { actor, action, target, from, to, text } = filter;
    let time = |time: &Option<Timestamp>| time.map(|time| time.to_string()).unwrap_or_default();
    table::Query::default()
        .with("format", "jsonl")
        .with("actor", actor.map(|actor| actor.to_string()).unwrap_or_default())
        .with("action", action.map(Action::as_str).unwrap_or_default())
        .with("target", target.map(|target| target.to_string()).unwrap_or_default())
        .with("from", time(from))
        .with("to", time(to))
        .with("q", text.clone().unwrap_or_default())
        .address(&format!("{API_ROOT}/audit"))
}

/// `GET /admin/audit`
pub async fn show(admin: Admin, Asked(address): Asked<Address>) -> Result<Response, ErrorPage> {
    let now = now();
    let filter = address.filter(now);
    if address.format == "csv" {
        return Ok(file(admin, filter));
    }
    let before = cursor::read::<AuditKey>(LIST, Some(&address.after), |_| true).ok().flatten();
    let accounts = &admin.services.accounts;
    let AuditPage { events, next } = accounts.audit(&admin.credentials, &filter, before, ROWS).await?;
    let matches = accounts.count_audit(&admin.credentials, &filter).await?;
    let mut people: Vec<Person> = admin.services.store.directory().people();
    people.sort_by_key(|person| person.name.to_lowercase());
    let query = address.query();
    let dates = dates_of(&admin, &query, now).await?;
    let frame = page(Audit {
        reader: admin.reader(),
        query,
        dates,
        people,
        events,
        matches,
        most: MOST_COUNTED,
        next: next.map(|key| cursor::write(LIST, &key)),
        export: export(&filter),
    });
    Ok(answer::page(&admin, frame))
}

/// The periods by which the log can be narrowed down.
async fn dates_of(admin: &Admin, query: &table::Query, now: Timestamp) -> Result<Option<Dates>, ErrorPage> {
    let Some(oldest) = admin.services.store.oldest_event().await? else { return Ok(None) };
    let count = |period: Period| async move {
        match period.span() {
            Some((from, to)) => {
                let filter = AuditFilter { from: Some(from), to: Some(to), ..AuditFilter::default() };
                admin.services.accounts.count_audit(&admin.credentials, &filter).await
            }
            None => Ok(None),
        }
    };
    let filters = ["q", "actor", "action", "target", "when", "from", "to"];
    Ok(Some(dates("When", query, &filters, (oldest, now), count).await?))
}

/// The events as a CSV file.
fn file(admin: Admin, filter: AuditFilter) -> Response {
    const HEADINGS: &[&str] = &[
        "id",
        "at",
        "action",
        "actor",
        "actor_name",
        "method",
        "token",
        "address",
        "agent",
        "target_kind",
        "target",
        "target_name",
        "details",
    ];
    fn record(event: &Event) -> Vec<String> {
        let Event { id, at, action, actor, actor_name, method, token, address, agent, target, details } = event.clone();
        let (kind, target, name) =
            target.map_or_else(Default::default, |target| (target.kind, target.id.to_string(), target.name));
        let token = token.map(|token| token.to_string()).unwrap_or_default();
        let [actor_name, address, agent] = [actor_name, address, agent].map(Option::unwrap_or_default);
        let (id, at, details) = (id.to_string(), at.to_string(), details.to_string());
        vec![id, at, action, actor, actor_name, method, token, address, agent, kind, target, name, details]
    }
    // The export is an event, too, and not in itself.
    let filter = AuditFilter { to: filter.to.or(Some(now())), ..filter };
    let export = Arc::new((admin, filter));
    let read = move |after: Option<_>| {
        let export = Arc::clone(&export);
        async move {
            let (admin, filter) = &*export;
            let before = after.as_ref().and_then(AuditKey::of);
            if !admin.principal().may_read_audit() {
                return None;
            }
            let page = admin.services.store.audit(filter, before, csv::ROWS_AT_A_TIME).await;
            Some(page.map(|AuditPage { events, next }| Rows { rows: events, next: next.map(Into::into) }))
        }
    };
    csv::file("audit", HEADINGS, read, record)
}
