//! The time by which things are deleted for their age.
//!
//! What is deleted does not come back, so it is not decided by one look at a clock, which may be years off: after a start
//! without a battery, before the network has set it, on a virtual machine that was moved. There is a *believed time*, kept in
//! the database. It follows the clock (the earlier one, where the database has its own), but forwards only by a
//! step at a time, and backwards never: while the clock is behind, nothing more is deleted. So an hour with a wrong clock
//! makes things at most a step older than they are, and a server that was switched off for a year catches up in weeks.

use std::time::Duration;

use app::time::Timestamp;
use sqlx::Row;

use super::{Store, StoreError, connect::Engine, sql::query};

impl Store {
    /// Moves the believed time on towards `now`, by a step at most, and tells it. `None` as long as there is no reason to believe
    /// the clock: no change has been made yet by when it says it is.
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
            // To begin with, the newest thing that is known to have happened.
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
