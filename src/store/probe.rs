//! Whether writing works: judged by the last writes, or, if there were none lately, by a test write.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::{Store, StoreError, sql::query};
use crate::clock;

/// How long a successful write counts as evidence that writing works.
const FRESH: Duration = Duration::from_secs(5);
/// The minimum time between two test writes, however often the question is asked.
const BETWEEN_TRIES: Duration = Duration::from_secs(1);
/// How long a failed write outweighs a successful test write: a full disk may have room for one page, but not for a task.
const BELIEVED: Duration = Duration::from_secs(10);

/// The outcomes of the last writes.
#[derive(Default)]
pub(super) struct Writes(Mutex<Outcomes>);

#[derive(Default)]
struct Outcomes {
    succeeded: Option<Instant>,
    /// The error of the last write, if it failed; and when the disk last refused a real write, as opposed to a test write.
    failed: Option<(String, Option<Instant>)>,
    tried: Option<Instant>,
}

impl Writes {
    /// Records the outcome of a transaction.
    pub fn note<T>(&self, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
        match &outcome {
            Ok(_) => *self.outcomes() = Outcomes { succeeded: Some(Instant::now()), ..Outcomes::default() },
            // Another node was faster, which says nothing about whether writing works.
            Err(error) if error.is_race() => {}
            Err(error) => self.outcomes().failed = Some((error.to_string(), error.is_of_the_disk().then(Instant::now))),
        }
        outcome
    }

    /// Records the outcome of a test write. Returns whether writing works.
    fn note_try(&self, outcome: Result<(), StoreError>) -> Result<(), String> {
        let mut outcomes = self.outcomes();
        match outcome {
            Ok(()) => {
                if let Some((why, Some(at))) = &outcomes.failed
                    && at.elapsed() < BELIEVED
                {
                    return Err(why.clone());
                }
                *outcomes = Outcomes { succeeded: Some(Instant::now()), ..Outcomes::default() };
                Ok(())
            }
            Err(error) => {
                let why = error.to_string();
                if !error.is_race() {
                    let at = outcomes.failed.take().and_then(|(_, at)| at);
                    outcomes.failed = Some((why.clone(), at));
                }
                Err(why)
            }
        }
    }

    fn outcomes(&self) -> MutexGuard<'_, Outcomes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store {
    /// Whether writing works; if not, the error. Takes no longer than `patience`.
    pub async fn can_write(&self, patience: Duration) -> Result<(), String> {
        self.shared.database.schema.check().map_err(|error| error.to_string())?;
        let is_within = |time: Option<Instant>, limit| time.is_some_and(|time| time.elapsed() < limit);
        {
            let mut outcomes = self.shared.writes.outcomes();
            let known = outcomes.failed.clone().map(|(why, _)| why);
            if known.is_none() && is_within(outcomes.succeeded, FRESH) || is_within(outcomes.tried, BETWEEN_TRIES) {
                // The file may have been removed since.
                let there = self.shared.database.check_file().map_err(|error| error.to_string());
                return known.map_or(there, Err);
            }
            outcomes.tried = Some(Instant::now());
        }
        let outcome = tokio::time::timeout(patience, self.probe()).await;
        let outcome = outcome.unwrap_or(Err(StoreError::TimedOut(patience)));
        self.shared.writes.note_try(outcome)
    }

    async fn probe(&self) -> Result<(), StoreError> {
        let mut transaction = self.shared.writer.begin().await?;
        query("UPDATE write_probe SET at = $1").bind(clock::now().as_millis()).execute(&mut transaction).await?;
        transaction.commit().await
    }
}
