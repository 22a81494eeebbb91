//! The audit log, as rows: who did what, when, from where, and what was so before and after.
//!
//! An event is written in the transaction that makes the change, so there is one exactly if there is the other. An [`AccessChange`]
//! takes an event with every statement that changes something, and [`commit`](super::commit) makes the events about boards from their
//! changes. No event has a secret in it.
//!
//! [`AccessChange`]: super::AccessChange

use app::{
    access::BoardAccess,
    audit::{Action, Actor, Event, Method, Target, TargetKind},
    id::{ActorId, BoardId},
    ops::{BoardUpdated, Change, ChangeKind, MemberSet, ShareLinkCreated, ShareLinkRevoked},
    state::BoardState,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::{Row, any::AnyRow};
use uuid::Uuid;

use super::{
    Directory, Store, StoreError,
    connection::Connection,
    rows,
    sql::{Statement, Table, Value as Cell, column, query},
    tables::{Key, MOST_COUNTED, SortValue},
};
use crate::{
    clock,
    credentials::{Credential, Credentials, Source},
};

/// How many events one statement deletes: few enough that writers hardly wait.
const DELETED_AT_ONCE: u64 = 5_000;
/// How many events a page with a text looks through. So a search takes no longer the more events there are; it continues on the next page.
const SEARCHED: i64 = 50_000;

const AUDIT: Table = Table {
    name: "audit",
    columns: &[
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
        "words",
    ],
    key: &[],
    kept: &[],
    overwrites: "",
};

/// Who does something, how they proved who they are, and from where.
#[derive(Clone, Debug)]
pub(crate) struct Author {
    actor: Actor,
    name: Option<String>,
    method: Method,
    token: Option<Uuid>,
    source: Source,
}

impl Author {
    /// The author of what is done with these credentials.
    pub fn of(credentials: &Credentials, directory: &Directory) -> Self {
        let (actor, method, token) = match &credentials.credential {
            Credential::Session { person, .. } | Credential::Person(person) => {
                (Actor::Person(*person), Method::Session, None)
            }
            Credential::Invited(person) => (Actor::Person(*person), Method::Link, None),
            Credential::Token(hash) => match directory.token(hash) {
                Some(token) => (Actor::Person(token.person), Method::Token, Some(token.id)),
                None => (Actor::Nobody, Method::Token, None),
            },
            Credential::None => (Actor::Nobody, Method::None, None),
            Credential::Local => match credentials.source {
                Source::Server => (Actor::Server, Method::Server, None),
                Source::CommandLine => (Actor::Operator, Method::CommandLine, None),
                Source::Client(_) => (Actor::Nobody, Method::Open, None),
            },
        };
        let name = match actor {
            Actor::Person(person) => directory.account(person).map(|account| account.name.clone()),
            _ => None,
        };
        Self { actor, name, method, token, source: credentials.source.clone() }
    }

    /// A stranger who has just proved to be a person.
    pub fn proved(person: ActorId, name: &str, method: Method, source: Source) -> Self {
        Self { actor: Actor::Person(person), name: Some(name.to_owned()), method, token: None, source }
    }

    /// Their name, if they are a person.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    /// The source of what they do.
    pub fn source(&self) -> &Source {
        &self.source
    }
}

/// An event to be written.
#[derive(Clone, Debug)]
pub(crate) struct NewEvent {
    id: Uuid,
    at: Timestamp,
    action: Action,
    target: Option<Target>,
    details: Value,
}

impl NewEvent {
    /// An event that happens now.
    pub fn new(action: Action) -> Self {
        Self { id: app::new_id(), at: clock::now(), action, target: None, details: json!({}) }
    }

    /// An event about something.
    pub fn about(action: Action, target: Target) -> Self {
        Self { target: Some(target), ..Self::new(action) }
    }

    /// Its position in the log.
    pub fn key(&self) -> AuditKey {
        AuditKey(self.at.as_millis(), self.id)
    }

    /// With more about it: an object.
    pub fn with(self, details: Value) -> Self {
        Self { details, ..self }
    }

    /// With the values before and after.
    pub fn changed(self, before: impl Serialize, after: impl Serialize) -> Self {
        self.with(json!({ "before": before, "after": after }))
    }

    /// What a change does to a board as a whole, or to who has access to it; `None` if it is about something else. `before` is the board
    /// before the change. Everything else that happens on a board is in its log alone.
    pub fn of_board(change: &Change, before: &BoardState, directory: &Directory) -> Option<Self> {
        let id = before.id();
        let board = |name: &str| Target::new(TargetKind::Board, id.0, name);
        let link = |link: Uuid| Target::new(TargetKind::ShareLink, link, before.name());
        let BoardAccess { everyone, members } = before.access();
        let event = match &change.kind {
            ChangeKind::BoardCreated(created) => {
                Self::about(Action::BoardCreated, board(&created.name)).with(json!({ "everyone": created.everyone }))
            }
            ChangeKind::BoardDeleted(_) => Self::about(Action::BoardDeleted, board(before.name())),
            ChangeKind::BoardRestored(_) => Self::about(Action::BoardRestored, board(before.name())),
            ChangeKind::ArchivedSet(set) => {
                let action = if set.archived { Action::BoardArchived } else { Action::BoardUnarchived };
                Self::about(action, board(before.name()))
            }
            ChangeKind::BoardUpdated(BoardUpdated { everyone: Some(after), .. }) if after != everyone => {
                Self::about(Action::BoardAccessChanged, board(before.name())).changed(everyone, after)
            }
            ChangeKind::MemberSet(MemberSet { person, role }) if *role != members.get(person).copied() => {
                let name = directory.account(*person).map(|account| &account.name);
                let details = json!({ "person": person, "name": name, "before": members.get(person), "after": role });
                Self::about(Action::MemberChanged, board(before.name())).with(details)
            }
            ChangeKind::ShareLinkCreated(ShareLinkCreated { link: id }) => {
                Self::about(Action::ShareLinkCreated, link(*id))
            }
            ChangeKind::ShareLinkRevoked(ShareLinkRevoked { link: id }) => {
                Self::about(Action::ShareLinkRevoked, link(*id))
            }
            _ => return None,
        };
        Some(event.on_board(id, change))
    }

    /// That a change gives a board another key; `None` if it does not. The same change may be about who has access, too.
    pub fn of_key(change: &Change, before: &BoardState) -> Option<Self> {
        let ChangeKind::BoardUpdated(BoardUpdated { key: Some(after), .. }) = &change.kind else { return None };
        let board = Target::new(TargetKind::Board, before.id().0, before.name());
        let event = Self::about(Action::BoardKeyChanged, board).changed(before.key(), after);
        (before.key() != Some(after)).then(|| event.on_board(before.id(), change))
    }

    /// With the change of a board that made it.
    fn on_board(mut self, board: BoardId, change: &Change) -> Self {
        self.details["board"] = json!(board);
        self.details["seq"] = json!(change.seq);
        Self { at: change.at, ..self }
    }
}

/// Writes events.
pub(super) async fn put(
    connection: &mut Connection,
    events: impl IntoIterator<Item = (&Author, &NewEvent)>,
) -> Result<(), StoreError> {
    let record = |(author, event): (&Author, &NewEvent)| {
        let (address, agent) = match &author.source {
            Source::Client(client) => (Some(client.address.to_string()), Some(client.agent.to_string())),
            _ => (None, None),
        };
        let agent = agent.filter(|agent| !agent.is_empty());
        let (kind, target, target_name) = match event.target.clone() {
            Some(Target { kind, id, name }) => (Some(kind), Some(id.to_string()), Some(name)),
            None => (None, None, None),
        };
        let details = event.details.to_string();
        let words = [Some(event.action.as_str()), author.name.as_deref(), address.as_deref(), agent.as_deref()];
        let words = words.into_iter().chain([target_name.as_deref(), Some(&details)]).flatten();
        let words = words.collect::<Vec<_>>().join("\n").to_lowercase();
        vec![
            column("id", event.id.to_string()),
            column("at", event.at.as_millis()),
            column("action", event.action.as_str()),
            column("actor", author.actor.to_string()),
            column("actor_name", author.name.clone()),
            column("method", author.method.as_str()),
            column("token", author.token.map(|token| token.to_string())),
            column("address", address),
            column("agent", agent),
            column("target_kind", kind),
            column("target", target),
            column("target_name", target_name),
            column("details", details),
            column("words", words),
        ]
    };
    AUDIT.put(connection, events.into_iter().map(record).collect()).await?;
    Ok(())
}

/// Which events are wanted: those for which all of this holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Who did it.
    pub actor: Option<Actor>,
    /// What was done.
    pub action: Option<Action>,
    /// The id of what it was done to.
    pub target: Option<Uuid>,
    /// Not before this time.
    pub from: Option<Timestamp>,
    /// Before this time.
    pub to: Option<Timestamp>,
    /// This text occurs in a name, an address, the client's description or the details, ignoring case.
    pub text: Option<String>,
}

/// The position of an event in the log, which is in the order of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditKey(i64, Uuid);

impl AuditKey {
    /// The position that a key of a table stands for, if it is one.
    pub fn of(key: &Key) -> Option<Self> {
        match key {
            Key(SortValue::Number(at), id) => Some(Self(*at, id.parse().ok()?)),
            Key(SortValue::Text(_), _) => None,
        }
    }
}

impl From<AuditKey> for Key {
    fn from(AuditKey(at, id): AuditKey) -> Self {
        Self(SortValue::Number(at), id.to_string())
    }
}

/// Some events, newest first.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditPage {
    /// The events. With a text, there may be fewer than were asked for although there are more.
    pub events: Vec<Event>,
    /// Where to continue, if there may be more.
    pub next: Option<AuditKey>,
}

impl Store {
    /// The events before a position, or the newest.
    pub async fn audit(
        &self,
        filter: &AuditFilter,
        before: Option<AuditKey>,
        limit: usize,
    ) -> Result<AuditPage, StoreError> {
        let limit = limit.max(1);
        let mut conditions = Conditions::of(filter, before);
        let mut end = None;
        if let Some(text) = &filter.text {
            let last = conditions.clone().select("LIMIT 1 OFFSET", SEARCHED - 1);
            end = last.fetch_optional(self.readers()).await?.as_ref().map(key).transpose()?;
            if let Some(AuditKey(at, id)) = end {
                conditions.and("(at, id) >= (?, ?)", [at.into(), id.to_string().into()]);
            }
            conditions.and("words LIKE ? ESCAPE '!'", [containing(text).into()]);
        }
        // One more than wanted, to know whether there are more.
        let most = i64::try_from(limit.saturating_add(1)).unwrap_or(i64::MAX);
        let found = conditions.select("LIMIT", most).fetch_all(self.readers()).await?;
        let next = if found.len() > limit { Some(key(&found[limit - 1])?) } else { end };
        Ok(AuditPage { events: found.iter().take(limit).map(event).collect::<Result<_, _>>()?, next })
    }

    /// Counts the events that match, up to one more than [`MOST_COUNTED`]. Not with a text: that would have to look through all of them.
    pub async fn count_audit(&self, filter: &AuditFilter) -> Result<Option<u64>, StoreError> {
        if filter.text.is_some() {
            return Ok(None);
        }
        let Conditions { sql, values } = Conditions::of(filter, None);
        let most = MOST_COUNTED + 1;
        let count = format!("SELECT COUNT(*) FROM (SELECT 1 AS one FROM audit WHERE {sql} LIMIT {most}) AS counted");
        let count: i64 = Statement::of(count, values).fetch_one(self.readers()).await?.try_get(0)?;
        Ok(Some(count.unsigned_abs()))
    }

    /// The time of the oldest event; `None` if there is none.
    pub async fn oldest_event(&self) -> Result<Option<Timestamp>, StoreError> {
        let oldest: Option<i64> = query("SELECT MIN(at) FROM audit").fetch_one(self.readers()).await?.try_get(0)?;
        Ok(oldest.map(Timestamp::from_millis))
    }

    /// Deletes the events from before a time. Tells how many.
    pub async fn forget_audit(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut deleted = 0;
        loop {
            let mut transaction = self.shared.writer.begin().await?;
            let step = query("DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at < $1 ORDER BY at LIMIT $2)")
                .bind(before.as_millis())
                .bind(DELETED_AT_ONCE as i64)
                .execute(&mut transaction)
                .await?
                .rows_affected();
            transaction.commit().await?;
            deleted += step;
            if step < DELETED_AT_ONCE {
                return Ok(deleted);
            }
        }
    }
}

/// The conditions of a filter, as SQL.
#[derive(Clone)]
struct Conditions {
    sql: String,
    values: Vec<Cell>,
}

impl Conditions {
    fn of(filter: &AuditFilter, before: Option<AuditKey>) -> Self {
        let AuditFilter { actor, action, target, from, to, text: _ } = filter;
        let mut conditions = Self { sql: String::new(), values: Vec::new() };
        conditions.and("at >= ?", [from.map_or(0, Timestamp::as_millis).into()]);
        if let Some(to) = to {
            conditions.and("at < ?", [to.as_millis().into()]);
        }
        if let Some(actor) = actor {
            conditions.and("actor = ?", [actor.to_string().into()]);
        }
        if let Some(action) = action {
            conditions.and("action = ?", [action.as_str().into()]);
        }
        if let Some(target) = target {
            conditions.and("target = ?", [target.to_string().into()]);
        }
        if let Some(AuditKey(at, id)) = before {
            conditions.and("(at, id) < (?, ?)", [at.into(), id.to_string().into()]);
        }
        conditions
    }

    /// Adds a condition with a `?` for each of its values.
    fn and(&mut self, condition: &'static str, values: impl IntoIterator<Item = Cell>) {
        if !self.sql.is_empty() {
            self.sql.push_str(" AND ");
        }
        let mut parts = condition.split('?');
        self.sql.push_str(parts.next().unwrap_or_default());
        for (part, value) in parts.zip(values) {
            self.values.push(value);
            self.sql.push_str(&format!("${}{part}", self.values.len()));
        }
    }

    /// The events for which the conditions hold, newest first.
    fn select(self, limit: &'static str, number: i64) -> Statement {
        let Self { sql, mut values } = self;
        values.push(number.into());
        let condition = format!("{sql} ORDER BY at DESC, id DESC {limit} ${}", values.len());
        values.into_iter().fold(AUDIT.select(&condition), Statement::bind)
    }
}

/// The pattern for what contains a text, with `!` before characters that would have a meaning in it.
fn containing(text: &str) -> String {
    let mut pattern = String::from("%");
    // PostgreSQL accepts no NUL, and no event contains a control character.
    for char in text.to_lowercase().chars().filter(|char| !char.is_control()) {
        if matches!(char, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(char);
    }
    pattern.push('%');
    pattern
}

fn key(row: &AnyRow) -> Result<AuditKey, StoreError> {
    Ok(AuditKey(row.try_get("at")?, rows::id(row.try_get("id")?)?))
}

/// An event of any version: names that this version does not know stay as they are.
fn event(row: &AnyRow) -> Result<Event, StoreError> {
    let id = |column| row.try_get::<Option<&str>, _>(column)?.map(rows::id).transpose();
    let kind: Option<String> = row.try_get("target_kind")?;
    let target = match (kind, id("target")?, row.try_get::<Option<String>, _>("target_name")?) {
        (Some(kind), Some(id), Some(name)) => Some(Target { kind, id, name }),
        _ => None,
    };
    let details: &str = row.try_get("details")?;
    Ok(Event {
        id: rows::id(row.try_get("id")?)?,
        at: Timestamp::from_millis(row.try_get("at")?),
        action: row.try_get("action")?,
        actor: row.try_get("actor")?,
        actor_name: row.try_get("actor_name")?,
        method: row.try_get("method")?,
        token: id("token")?,
        address: row.try_get("address")?,
        agent: row.try_get("agent")?,
        target,
        details: serde_json::from_str(details).map_err(StoreError::corrupt)?,
    })
}
