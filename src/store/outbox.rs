//! The outbox, as rows: jobs that were enqueued in the transaction they follow from (transactional outbox). [`crate::outbox`] says
//! what they are, and does them.
//!
//! A job is taken for the time of a lease, and then due again: of a node that died with jobs in hand nothing needs to be known. So a
//! job may be done twice, and never not at all. Its number of attempts tells a lease from later ones.

use std::time::Duration;

use app::{id::BoardId, model::Seq};
use sqlx::{Row, any::AnyRow};
use uuid::Uuid;

use super::{
    Store, StoreError,
    connect::Engine,
    connection::Connection,
    rows,
    sql::{query, query_of},
};

/// A job to be enqueued.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// What it is called by.
    pub id: Uuid,
    /// Which nodes can do it.
    pub topic: &'static str,
    /// What is to be done, as JSON.
    pub payload: String,
    /// The change it refers to, if any: from there on the log of the board is kept until the job is done.
    pub change: Option<(BoardId, Seq)>,
    /// How long nobody takes it, because whoever enqueues it will do it at once.
    pub wait: Duration,
    /// How long it is tried.
    pub lasts: Duration,
}

/// A job that this node has taken.
#[derive(Clone, Debug)]
pub struct LeasedJob {
    /// What it is called by.
    pub id: Uuid,
    /// Which nodes can do it.
    pub topic: String,
    /// What is to be done, as JSON.
    pub payload: String,
    /// How often it was taken, this time included.
    pub attempts: i64,
    /// Whether it was tried for so long that it is to be given up.
    pub is_expired: bool,
    /// Why it failed last.
    pub last_error: Option<String>,
}

/// What waits of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backlog {
    /// Which nodes can do it.
    pub topic: String,
    /// How many jobs wait, or are being done.
    pub jobs: i64,
    /// How long the oldest has been waiting.
    pub oldest: Duration,
    /// How long until the next may be taken.
    pub next_due: Duration,
    /// Why one of them failed last.
    pub last_error: Option<String>,
}

impl Store {
    /// Enqueues a job by itself. One that follows from a change is enqueued in the transaction of the change.
    pub async fn enqueue(&self, job: &NewJob) -> Result<(), StoreError> {
        let mut transaction = self.shared.writer.begin().await?;
        enqueue(&mut transaction, self.shared.database.engine, job).await?;
        transaction.commit().await?;
        self.shared.enqueued.notify_one();
        Ok(())
    }

    /// Waits until a job was enqueued on this node, or returns at once if one was since the last call.
    pub async fn job_enqueued(&self) {
        self.shared.enqueued.notified().await;
    }

    /// What waits, by topic.
    pub async fn outbox_backlog(&self) -> Result<Vec<Backlog>, StoreError> {
        let now = self.shared.database.engine.now();
        query_of(&[
            "SELECT topic, COUNT(*) AS jobs, MAX(last_error) AS last_error, ",
            now,
            " - MIN(created_at) AS oldest, MIN(due_at) - ",
            now,
            " AS next_due FROM outbox GROUP BY topic",
        ])
        .fetch_all(self.readers())
        .await?
        .iter()
        .map(backlog)
        .collect()
    }

    /// Takes jobs of a topic that are due, the longest due first. Nobody else takes them before the lease is over.
    pub async fn lease_jobs(&self, topic: &str, most: usize, lease: Duration) -> Result<Vec<LeasedJob>, StoreError> {
        let engine = self.shared.database.engine;
        let (now, lock) = (engine.now(), engine.lock_untaken());
        let mut transaction = self.shared.writer.begin().await?;
        let taken = query_of(&[
            "UPDATE outbox SET attempts = attempts + 1, due_at = $1 + ",
            now,
            " WHERE id IN (SELECT id FROM outbox WHERE topic = $2 AND due_at <= ",
            now,
            " ORDER BY due_at LIMIT $3",
            lock,
            ") RETURNING id, topic, payload, attempts, last_error, CASE WHEN expires_at <= ",
            now,
            " THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END AS is_expired",
        ])
        .bind(millis(lease))
        .bind(topic)
        .bind(most as i64)
        .fetch_all(&mut transaction)
        .await?;
        transaction.commit().await?;
        taken.iter().map(leased_job).collect()
    }

    /// Notes that a job was done, or given up. Tells whether this lease still had it.
    pub async fn finish_job(&self, job: &LeasedJob) -> Result<bool, StoreError> {
        let mut transaction = self.shared.writer.begin().await?;
        let done = query("DELETE FROM outbox WHERE id = $1 AND attempts = $2")
            .bind(job.id.to_string())
            .bind(job.attempts)
            .execute(&mut transaction)
            .await?;
        transaction.commit().await?;
        Ok(done.rows_affected() == 1)
    }

    /// Notes that a job failed, and when it is due again.
    pub async fn retry_job(&self, job: &LeasedJob, after: Duration, error: &str) -> Result<(), StoreError> {
        let mut transaction = self.shared.writer.begin().await?;
        let now = self.shared.database.engine.now();
        query_of(&["UPDATE outbox SET last_error = $1, due_at = $2 + ", now, " WHERE id = $3 AND attempts = $4"])
            .bind(error)
            .bind(millis(after))
            .bind(job.id.to_string())
            .bind(job.attempts)
            .execute(&mut transaction)
            .await?;
        transaction.commit().await
    }

    /// Removes a job that whoever enqueued it has done at once.
    pub async fn remove_job(&self, id: Uuid) -> Result<(), StoreError> {
        let mut transaction = self.shared.writer.begin().await?;
        remove(&mut transaction, id).await?;
        transaction.commit().await
    }
}

/// Makes a job due now. Returns whether there is one.
pub(super) async fn hurry(connection: &mut Connection, engine: Engine, id: Uuid) -> Result<bool, StoreError> {
    let done = query_of(&["UPDATE outbox SET due_at = ", engine.now(), " WHERE id = $1"])
        .bind(id.to_string())
        .execute(connection)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Removes a job. Returns whether there was one.
pub(super) async fn remove(connection: &mut Connection, id: Uuid) -> Result<bool, StoreError> {
    let done = query("DELETE FROM outbox WHERE id = $1").bind(id.to_string()).execute(connection).await?;
    Ok(done.rows_affected() == 1)
}

/// Enqueues a job in a transaction.
pub(super) async fn enqueue(connection: &mut Connection, engine: Engine, job: &NewJob) -> Result<(), StoreError> {
    let now = engine.now();
    query_of(&[
        "INSERT INTO outbox (id, topic, payload, board, seq, created_at, due_at, expires_at) VALUES ($1, $2, $3, $4, $5, ",
        now,
        ", $6 + ",
        now,
        ", $7 + ",
        now,
        ")",
    ])
    .bind(job.id.to_string())
    .bind(job.topic)
    .bind(job.payload.clone())
    .bind(job.change.map(|(board, _)| board.to_string()))
    .bind(job.change.map(|(_, seq)| seq as i64))
    .bind(millis(job.wait))
    .bind(millis(job.lasts))
    .execute(connection)
    .await?;
    Ok(())
}

/// The first change of a board that a job refers to: the log is not trimmed beyond it.
pub(super) async fn first_change_needed(connection: &mut Connection, board: &str) -> Result<Option<Seq>, StoreError> {
    let row = query("SELECT MIN(seq) FROM outbox WHERE board = $1").bind(board).fetch_one(connection).await?;
    row.try_get::<Option<i64>, _>(0)?.map(rows::seq).transpose()
}

fn leased_job(row: &AnyRow) -> Result<LeasedJob, StoreError> {
    Ok(LeasedJob {
        id: rows::id(row.try_get("id")?)?,
        topic: row.try_get("topic")?,
        payload: row.try_get("payload")?,
        attempts: row.try_get("attempts")?,
        is_expired: row.try_get::<i64, _>("is_expired")? != 0,
        last_error: row.try_get("last_error")?,
    })
}

fn backlog(row: &AnyRow) -> Result<Backlog, StoreError> {
    let duration =
        |column| Ok::<_, StoreError>(Duration::from_millis(row.try_get::<i64, _>(column)?.max(0).unsigned_abs()));
    Ok(Backlog {
        topic: row.try_get("topic")?,
        jobs: row.try_get("jobs")?,
        oldest: duration("oldest")?,
        next_due: duration("next_due")?,
        last_error: row.try_get("last_error")?,
    })
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX / 4)
}
