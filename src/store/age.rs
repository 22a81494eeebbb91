//! The time by which things are deleted because of their age.
//!
//! Deletion is irreversible, so it must not depend on one reading of a clock. A clock may be years off: after a start without a
//! battery, before the network has set it, on a virtual machine that was moved. So there is a *believed time*, stored in the
//! database. It follows the clock (the earlier one, if the database has its own), but it advances at most by a step each time,
//! and never goes back: while the clock is behind, nothing more is deleted. So an hour with a wrong clock makes things at most
//! a step older than they are, and a server that was switched off for a year catches up in weeks.

use std::time::Duration;

use app::time::Timestamp;
use sqlx::Row;

use super::{Store, StoreError, connect::Engine, sql::query};

impl Store {
    /// Advances the believed time towards `now`, at most by a step, and returns it. `None` as long as there is no reason to
    /// trust the clock, because no change has been made yet at or before the clock's time.
    pub async fn believed_time(&self, now: Timestamp, step: Duration) -> Result<Option<Timestamp>, StoreError> {
        let engine = self.shared.database.engine;
        let mut transaction = self.shared.writer.begin().await?;
        let now = match engine {
            Engine::Sqlite => now.as_millis(),
            Engine::Postgres => {
                let theirs = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)";
                now.as_millis().min(query(theirs).fetch_one(&mut transaction).await?.try_get(0)?)
            }
        };
        let believed = query("SELECT believed_at FROM upkeep").fetch_one(&mut transaction).await?;
        let believed: Option<i64> = match believed.try_get(0)? {
            Some(believed) => Some(believed),
            // The first value is the time of the newest change that is known to have happened.
            None => query("SELECT MAX(changed_at) FROM boards WHERE changed_at <= $1")
                .bind(now)
                .fetch_one(&mut transaction)
                .await?
                .try_get(0)?,
        };
        let step = i64::try_from(step.as_millis()).unwrap_or(i64::MAX);
        let believed = believed.map(|believed| believed.max(now.min(believed.saturating_add(step))));
        if let Some(believed) = believed {
            query("UPDATE upkeep SET believed_at = $1").bind(believed).execute(&mut transaction).await?;
        }
        transaction.commit().await?;
        Ok(believed.map(Timestamp::from_millis))
    }
}
