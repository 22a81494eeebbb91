//! Whether writing works: by what became of the last writes, and where there were none lately, by writing something.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::{Store, StoreError, sql::query};
use crate::clock;

/// How long a write that succeeded says that the next will.
const FRESH: Duration = Duration::from_secs(5);
/// How often it is tried at most, whoever asks how often.
const BETWEEN_TRIES: Duration = Duration::from_secs(1);
/// How long a write that failed is believed rather than a try that succeeded: on a full disk there may be room for a page, and none
/// for a task.
const BELIEVED: Duration = Duration::from_secs(10);

/// What became of the last writes.
#[derive(Default)]
pub(super) struct Writes(Mutex<Outcomes>);

#[derive(Default)]
struct Outcomes {
    succeeded: Option<Instant>,
    /// What the last one failed with, if it did; and when it was that the disk refused more than a try.
    failed: Option<(String, Option<Instant>)>,
    tried: Option<Instant>,
}

impl Writes {
    /// Takes note of how a transaction ended.
    pub fn note<T>(&self, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
        match &outcome {
            Ok(_) => *self.outcomes() = Outcomes { succeeded: Some(Instant::now()), ..Outcomes::default() },
            // Somebody was quicker, which says nothing.
            Err(error) if error.is_race() => {}
            Err(error) => self.outcomes().failed = Some((error.to_string(), error.is_of_the_disk().then(Instant::now))),
        }
        outcome
    }

    /// The same for one that was only tried; what it says of writing.
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
    /// Whether writing works; if not, what it fails with. Takes no longer than `patience`.
    pub async fn can_write(&self, patience: Duration) -> Result<(), String> {
        self.shared.database.schema.check().map_err(|error| error.to_string())?;
        let is_within = |time: Option<Instant>, limit| time.is_some_and(|time| time.elapsed() < limit);
        {
            let mut outcomes = self.shared.writes.outcomes();
            let known = outcomes.failed.clone().map(|(why, _)| why);
            if known.is_none() && is_within(outcomes.succeeded, FRESH) || is_within(outcomes.tried, BETWEEN_TRIES) {
                // The file may be gone since.
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
