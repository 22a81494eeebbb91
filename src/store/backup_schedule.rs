//! The schedule of backups, as one row that all nodes share: which node makes one now, and how the last ones went. [`crate::backups`]
//! makes them.
//!
//! All times are by the clock of the database. A time that lies too far in the future comes from a clock that was wrong, and is ignored:
//! so a clock that was ahead for a moment does not stop the backups.

use std::time::Duration;

use app::{audit::Action, time::Timestamp};
use serde_json::json;
use sqlx::{Row, any::AnyRow};
use uuid::Uuid;

use super::{
    Inspection, Store, StoreError,
    audit::{self, Author, NewEvent},
    connect::Engine,
    sql::{Statement, query, query_of},
};
use crate::credentials::Credentials;

/// How long a node has the schedule to itself. It prolongs this while it makes a backup.
pub const LEASE: Duration = Duration::from_secs(60);
/// The longest pause after failures.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(60 * 60);
/// How far in the future the last backup may be, as far as the clock may have been set back.
const AHEAD: Duration = Duration::from_secs(60);

/// The state of the schedule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BackupSchedule {
    /// The last good backup.
    pub good: Option<GoodBackup>,
    /// How often it has failed since then.
    pub failures: u64,
    /// Why it failed last.
    pub error: Option<String>,
    now: i64,
    held_until: i64,
    retry_at: i64,
}

/// A backup that was made and checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoodBackup {
    /// When it was begun.
    pub at: Timestamp,
    /// How long ago that was.
    pub age: Duration,
    /// The name of its file, with the folder.
    pub file: String,
    /// Its size.
    pub bytes: u64,
    /// How long it took.
    pub took: Duration,
}

impl BackupSchedule {
    /// How long until the next backup is due; zero if it is.
    pub fn due_in(&self, every: Duration) -> Duration {
        // As in `claim_backup`.
        let until = |time: i64, most: Duration| if time <= self.now + millis(most) { time } else { 0 };
        let next = self.good.as_ref().map_or(0, |good| until(good.at.as_millis(), AHEAD) + millis(every));
        let due = next.max(until(self.retry_at, LONGEST_PAUSE)).max(until(self.held_until, LEASE));
        Duration::from_millis((due - self.now).max(0).unsigned_abs())
    }
}

impl Store {
    /// The state of the schedule.
    pub async fn backup_schedule(&self) -> Result<BackupSchedule, StoreError> {
        schedule(&select(self.shared.database.engine).fetch_one(self.readers()).await?)
    }

    /// Takes the schedule, if a backup is due and no other node makes one. Returns whether this node is to make it.
    pub async fn claim_backup(&self, holder: Uuid, every: Duration) -> Result<bool, StoreError> {
        let now = self.shared.database.engine.now();
        let mut transaction = self.shared.writer.begin().await?;
        let claimed = query_of(&[
            "UPDATE backup_schedule SET holder = $1, held_until = $2 + ",
            now,
            " WHERE (made_at + $3 <= ",
            now,
            " OR made_at > $4 + ",
            now,
            ") AND (retry_at <= ",
            now,
            " OR retry_at > $5 + ",
            now,
            ") AND (held_until <= ",
            now,
            " OR held_until > $2 + ",
            now,
            ")",
        ])
        .bind(holder.to_string())
        .bind(millis(LEASE))
        .bind(millis(every))
        .bind(millis(AHEAD))
        .bind(millis(LONGEST_PAUSE))
        .execute(&mut transaction)
        .await?;
        transaction.commit().await?;
        Ok(claimed.rows_affected() == 1)
    }

    /// Keeps the schedule for a while longer.
    pub async fn keep_backup_claim(&self, holder: Uuid) -> Result<(), StoreError> {
        let now = self.shared.database.engine.now();
        let keep =
            query_of(&["UPDATE backup_schedule SET held_until = $1 + ", now, " WHERE holder = $2"]).bind(millis(LEASE));
        self.update_schedule(keep.bind(holder.to_string())).await
    }

    /// Gives the schedule back without a backup, because the server stops.
    pub async fn release_backup(&self, holder: Uuid) -> Result<(), StoreError> {
        let release = query("UPDATE backup_schedule SET holder = NULL, held_until = 0 WHERE holder = $1");
        self.update_schedule(release.bind(holder.to_string())).await
    }

    /// Notes a good backup.
    pub async fn backup_made(&self, holder: Uuid, file: String, bytes: u64, took: Duration) -> Result<(), StoreError> {
        let now = self.shared.database.engine.now();
        let made = query_of(&[
            "UPDATE backup_schedule SET holder = NULL, held_until = 0, retry_at = 0, failures = 0, error = NULL, \
             file = $1, bytes = $2, took = $3, made_at = ",
            now,
            " - $3 WHERE holder = $4",
        ]);
        let event = NewEvent::new(Action::BackupMade).with(json!({ "file": file, "bytes": bytes }));
        let made = made.bind(file).bind(i64::try_from(bytes).unwrap_or(i64::MAX)).bind(millis(took));
        let author = Author::of(&Credentials::local(), &self.directory());
        let mut transaction = self.shared.writer.begin().await?;
        made.bind(holder.to_string()).execute(&mut transaction).await?;
        audit::put(&mut transaction, [(&author, &event)]).await?;
        transaction.commit().await
    }

    /// Notes that a backup failed, and how long to wait before the next attempt.
    pub async fn backup_failed(&self, holder: Uuid, pause: Duration, error: String) -> Result<(), StoreError> {
        let now = self.shared.database.engine.now();
        let failed = query_of(&[
            "UPDATE backup_schedule SET holder = NULL, held_until = 0, failures = failures + 1, error = $1, retry_at = $2 + ",
            now,
            " WHERE holder = $3",
        ]);
        self.update_schedule(failed.bind(error).bind(millis(pause)).bind(holder.to_string())).await
    }

    async fn update_schedule(&self, update: Statement) -> Result<(), StoreError> {
        let mut transaction = self.shared.writer.begin().await?;
        update.execute(&mut transaction).await?;
        transaction.commit().await
    }
}

impl Inspection {
    /// The schedule of backups.
    pub async fn backup_schedule(&self) -> Result<BackupSchedule, StoreError> {
        schedule(&select(self.database.engine).fetch_one(&self.readers).await?)
    }
}

fn select(engine: Engine) -> Statement {
    query_of(&[
        "SELECT held_until, retry_at, failures, error, made_at, file, bytes, took, ",
        engine.now(),
        " AS now FROM backup_schedule",
    ])
}

fn schedule(row: &AnyRow) -> Result<BackupSchedule, StoreError> {
    let number = |column| row.try_get::<i64, _>(column);
    let (now, made_at) = (number("now")?, number("made_at")?);
    let good = match row.try_get::<Option<String>, _>("file")? {
        None => None,
        Some(file) => Some(GoodBackup {
            at: Timestamp::from_millis(made_at),
            age: Duration::from_millis((now - made_at).max(0).unsigned_abs()),
            file,
            bytes: number("bytes")?.unsigned_abs(),
            took: Duration::from_millis(number("took")?.unsigned_abs()),
        }),
    };
    Ok(BackupSchedule {
        good,
        failures: number("failures")?.unsigned_abs(),
        error: row.try_get("error")?,
        now,
        held_until: number("held_until")?,
        retry_at: number("retry_at")?,
    })
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX / 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_ahead_does_not_stop_the_backups() {
        let day = Duration::from_secs(24 * 60 * 60);
        let made = |at: i64| {
            let good = GoodBackup {
                at: Timestamp::from_millis(at),
                age: Duration::ZERO,
                file: String::new(),
                bytes: 0,
                took: Duration::ZERO,
            };
            BackupSchedule { good: Some(good), now: millis(day) * 10, ..BackupSchedule::default() }
        };
        let now = millis(day) * 10;
        assert_eq!(BackupSchedule::default().due_in(day), Duration::ZERO);
        assert_eq!(made(now - 1_000).due_in(day), day - Duration::from_secs(1));
        assert_eq!(made(now - millis(day)).due_in(day), Duration::ZERO);
        assert_eq!(made(now + 1_000).due_in(day), day + Duration::from_secs(1));
        assert_eq!(made(now + millis(day)).due_in(day), Duration::ZERO);
        let waits = |retry_at, held_until| BackupSchedule { retry_at, held_until, ..made(0) }.due_in(day);
        assert_eq!(waits(now + 2_000, now + 1_000), Duration::from_secs(2));
        assert_eq!(waits(now + 2_000, now + 3_000), Duration::from_secs(3));
        assert_eq!(waits(now + millis(day), now + millis(day)), Duration::ZERO);
    }
}
