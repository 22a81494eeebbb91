//! The table of all sessions of browsers.

use app::{id::ActorId, time::Timestamp};
use sqlx::{Row, any::AnyRow};

use super::{Conditions, Expression, Rows, Slice, Source, rows_of};
use crate::store::{SessionRow, Store, StoreError, directory::hash, rows::id};

/// Which sessions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionFilter {
    /// Those of people with this text in their names or e-mail addresses, ignoring case.
    pub text: String,
    /// Those of this person.
    pub person: Option<ActorId>,
    /// Those that were last used at or after this time.
    pub seen_from: Option<Timestamp>,
    /// Those that were last used before this time.
    pub seen_before: Option<Timestamp>,
}

/// What sessions are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionOrder {
    /// The time at which the person signed in.
    Created,
    /// The time at which it was last used.
    Seen,
}

/// A session in the table: a browser in which somebody is signed in.
#[derive(Clone, Debug)]
pub struct SessionEntry {
    /// Whose session it is.
    pub person: ActorId,
    /// The session.
    pub session: SessionRow,
}

const SESSIONS: Source = Source {
    select: "SELECT s.id, s.hash, s.person, s.data, s.created_at, s.seen_at, s.expires_at",
    from: "FROM sessions s CROSS JOIN people p",
    id: "s.id",
};

impl SessionOrder {
    fn expression(self) -> Expression {
        let sql = match self {
            Self::Created => "s.created_at",
            Self::Seen => "s.seen_at",
        };
        Expression { sql, is_number: true }
    }
}

impl SessionFilter {
    fn conditions(&self, now: Timestamp) -> Conditions {
        let mut wanted = Conditions::default();
        wanted.add("s.ended_at IS NULL");
        wanted.add("s.person IS NOT NULL");
        wanted.add("p.id = s.person");
        wanted.bind("s.expires_at > ?", now.as_millis());
        if !self.text.trim().is_empty() {
            wanted.contains("(LOWER(p.name) LIKE ? ESCAPE '\\' OR p.email LIKE ? ESCAPE '\\')", &self.text);
        }
        if let Some(person) = self.person {
            wanted.bind("s.person = ?", person.to_string());
        }
        if let Some(from) = self.seen_from {
            wanted.bind("s.seen_at >= ?", from.as_millis());
        }
        if let Some(before) = self.seen_before {
            wanted.bind("s.seen_at < ?", before.as_millis());
        }
        wanted
    }
}

impl Store {
    /// A page of all sessions that match and have not ended at a time.
    pub async fn sessions_table(
        &self,
        filter: &SessionFilter,
        slice: Slice<SessionOrder>,
        now: Timestamp,
    ) -> Result<Rows<SessionEntry>, StoreError> {
        let expression = slice.order.expression();
        let (statement, limit) = SESSIONS.page(filter.conditions(now), expression, slice);
        rows_of(statement.fetch_all(self.readers()).await?, limit, expression, session)
    }

    /// Counts the sessions that match and have not ended at a time, up to one more than [`super::MOST_COUNTED`].
    pub async fn count_sessions(&self, filter: &SessionFilter, now: Timestamp) -> Result<u64, StoreError> {
        SESSIONS.count(self, filter.conditions(now)).await
    }
}

fn session(row: &AnyRow) -> Result<SessionEntry, StoreError> {
    Ok(SessionEntry {
        person: id(row.try_get("person")?)?,
        session: SessionRow {
            id: id(row.try_get("id")?)?,
            hash: hash(row.try_get("hash")?)?,
            data: row.try_get("data")?,
            created_at: Timestamp::from_millis(row.try_get("created_at")?),
            seen_at: Timestamp::from_millis(row.try_get("seen_at")?),
            expires_at: Timestamp::from_millis(row.try_get("expires_at")?),
        },
    })
}
