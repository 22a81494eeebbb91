//! The table of the jobs in the outbox.

use app::time::Timestamp;
use sqlx::{Row, any::AnyRow};
use uuid::Uuid;

use super::{Conditions, Expression, Rows, Slice, Source, pattern, rows_of};
use crate::store::{Store, StoreError, rows::id};

/// Which jobs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobFilter {
    /// Those with this text in their topics or last errors, or about somebody with it in their name or e-mail address, ignoring case.
    pub text: String,
    /// Those of this topic.
    pub topic: String,
    /// Only those of which an attempt failed.
    pub has_failed: bool,
    /// Those that were enqueued before this time.
    pub created_before: Option<Timestamp>,
}

/// What jobs are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobOrder {
    /// The time at which they were enqueued.
    Created,
    /// The time from which a node may take them.
    Due,
    /// How often they were tried.
    Attempts,
}

/// A job in the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRow {
    /// The job's id.
    pub id: Uuid,
    /// Which nodes can do it.
    pub topic: String,
    /// What is to be done, as JSON.
    pub payload: String,
    /// When it was enqueued.
    pub created_at: Timestamp,
    /// From when on a node may take it.
    pub due_at: Timestamp,
    /// From when on it is given up.
    pub expires_at: Timestamp,
    /// How often it was tried.
    pub attempts: u64,
    /// Why it failed last.
    pub last_error: Option<String>,
}

const JOBS: Source = Source {
    select: "SELECT o.id, o.topic, o.payload, o.created_at, o.due_at, o.expires_at, o.attempts, o.last_error",
    from: "FROM outbox o",
    id: "o.id",
};

// A job's payload may hold a secret, so no text is looked for in it: only whole addresses and ids, which are names of people here.
const TO_ADDRESS: &str = "LOWER(o.payload) LIKE '%\"email\":\"' || ? || '\"%' ESCAPE '\\'";
const ABOUT: &str = "EXISTS (SELECT 1 FROM people p WHERE (LOWER(p.name) LIKE ? ESCAPE '\\' OR p.email LIKE ? ESCAPE '\\') \
                     AND (LOWER(o.payload) LIKE '%\"email\":\"' || p.email || '\"%' OR o.payload LIKE '%\"person\":\"' || p.id || '\"%'))";

/// The pattern for a text that is a whole string of JSON.
fn json_string(text: &str) -> String {
    let json = serde_json::Value::from(text).to_string();
    let pattern = pattern(json.trim_matches('"'));
    // Without the `%` at both ends.
    pattern[1..pattern.len() - 1].to_owned()
}

impl JobOrder {
    fn expression(self) -> Expression {
        let sql = match self {
            Self::Created => "o.created_at",
            Self::Due => "o.due_at",
            Self::Attempts => "o.attempts",
        };
        Expression { sql, is_number: true }
    }
}

impl JobFilter {
    fn conditions(&self) -> Conditions {
        let mut wanted = Conditions::default();
        if !self.topic.is_empty() {
            wanted.bind("o.topic = ?", self.topic.as_str());
        }
        let text = self.text.trim();
        if !text.is_empty() {
            let (anywhere, whole) = (pattern(text), json_string(text));
            wanted.any([
                ("o.topic LIKE ? ESCAPE '\\'", anywhere.clone()),
                ("LOWER(o.last_error) LIKE ? ESCAPE '\\'", anywhere.clone()),
                (TO_ADDRESS, whole),
                (ABOUT, anywhere),
            ]);
        }
        if self.has_failed {
            wanted.add("o.last_error IS NOT NULL");
        }
        if let Some(before) = self.created_before {
            wanted.bind("o.created_at < ?", before.as_millis());
        }
        wanted
    }
}

impl Store {
    /// A page of the jobs that match.
    pub async fn jobs_table(&self, filter: &JobFilter, slice: Slice<JobOrder>) -> Result<Rows<JobRow>, StoreError> {
        let expression = slice.order.expression();
        let (statement, limit) = JOBS.page(filter.conditions(), expression, slice);
        rows_of(statement.fetch_all(self.readers()).await?, limit, expression, job)
    }

    /// Counts the jobs that match, up to one more than [`super::MOST_COUNTED`].
    pub async fn count_jobs(&self, filter: &JobFilter) -> Result<u64, StoreError> {
        JOBS.count(self, filter.conditions()).await
    }
}

fn job(row: &AnyRow) -> Result<JobRow, StoreError> {
    Ok(JobRow {
        id: id(row.try_get("id")?)?,
        topic: row.try_get("topic")?,
        payload: row.try_get("payload")?,
        created_at: Timestamp::from_millis(row.try_get("created_at")?),
        due_at: Timestamp::from_millis(row.try_get("due_at")?),
        expires_at: Timestamp::from_millis(row.try_get("expires_at")?),
        attempts: row.try_get::<i64, _>("attempts")?.unsigned_abs(),
        last_error: row.try_get("last_error")?,
    })
}
