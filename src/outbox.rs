//! Work that must follow from a transaction, and may fail: mail now, and whatever else talks to somebody outside.
//!
//! It is a [`Job`] in the outbox, a table of the database, written in the transaction that it follows from (transactional outbox). So
//! there is a job exactly where there was a commit. Any node that can do jobs of its topic takes it with a lease, tries, and tries
//! again after growing pauses, until it is done or has expired. A node that dies with a job in hand loses nothing: the lease ends, and
//! the job is taken again. So **a job may be done twice**, and must be harmless then.

use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use app::id::{ActorId, BoardId};
use app::model::Seq;
use futures::{FutureExt, future::join_all};
use metrics::{counter, gauge};
use serde::{Deserialize, Serialize};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    clock,
    store::{Backlog, LeasedJob, NewJob, Store, StoreError},
};

/// How long the oldest job of a topic may wait before `/readyz` tells of it.
const LATE: Duration = Duration::from_secs(60);

/// How long whoever enqueues a job may take to do it at once.
const AT_ONCE: Duration = Duration::from_secs(10);

/// What is to be done. Stored as JSON, and read by every later version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Job {
    /// Mails a link for a new password to an address, if somebody here has an account with it.
    NewPasswordMail {
        /// The address, as somebody typed it.
        email: String,
    },
    /// Mails to the former address of an account that it has another one now.
    ChangedEmailMail {
        /// The name of the account's owner.
        name: String,
        /// The former address.
        email: String,
    },
    /// Mails an invitation, with a new link each time.
    InvitationMail {
        /// The invitation.
        link: Uuid,
        /// The name of whoever is invited.
        name: String,
        /// Their address.
        email: String,
    },
    /// Puts somebody on the boards of the invitation they used.
    AcceptedInvitation {
        /// The invitation.
        link: Uuid,
        /// Who used it.
        person: ActorId,
    },
    /// Sets the memberships of boards that follow from changes of groups.
    GroupMemberships,
}

/// Which nodes can do a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// Those with a mail server.
    Mail,
    /// All.
    Boards,
}

impl Topic {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Mail, Self::Boards];

    /// As it is stored, and called in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Boards => "boards",
        }
    }
}

impl Job {
    /// Which nodes can do it.
    pub fn topic(&self) -> Topic {
        match self {
            Self::NewPasswordMail { .. } | Self::ChangedEmailMail { .. } | Self::InvitationMail { .. } => Topic::Mail,
            Self::AcceptedInvitation { .. } | Self::GroupMemberships => Topic::Boards,
        }
    }

    /// How long it is tried.
    fn lasts(&self) -> Duration {
        let days = match self {
            // Whoever waits for a mail has given up by then, and asked again.
            Self::NewPasswordMail { .. } => 1,
            // An invitation works for a week.
            Self::ChangedEmailMail { .. } | Self::InvitationMail { .. } => 7,
            Self::AcceptedInvitation { .. } | Self::GroupMemberships => 30,
        };
        Duration::from_secs(days * 24 * 60 * 60)
    }

    /// As it is enqueued. `id` is chosen by whoever enqueues it, so that it can be known again.
    pub fn enqueued(&self, id: Uuid) -> NewJob {
        NewJob {
            id,
            topic: self.topic().name(),
            // Nothing in it can fail to be written.
            payload: serde_json::to_string(self).unwrap_or_default(),
            change: None,
            wait: Duration::ZERO,
            lasts: self.lasts(),
        }
    }
}

impl NewJob {
    /// Not taken by anybody for a while: whoever enqueues it does it at once, and then removes it.
    pub fn done_at_once(self) -> Self {
        Self { wait: AT_ONCE, ..self }
    }

    /// Refers to a change: from there on the log of the board is kept until the job is done.
    pub fn about(self, board: BoardId, seq: Seq) -> Self {
        Self { change: Some((board, seq)), ..self }
    }
}

/// Why a job was not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JobError {
    /// It may succeed later.
    #[error("{0}")]
    Retry(String),
    /// It never will.
    #[error("{0}")]
    GiveUp(String),
}

/// How jobs are taken and tried again.
#[derive(Clone, Debug)]
pub struct OutboxSettings {
    /// How long a job belongs to the node that took it.
    pub lease: Duration,
    /// How long one attempt may take: less than the lease, so that no two nodes try at once.
    pub attempt: Duration,
    /// How much longer an attempt may take when the server stops.
    pub grace: Duration,
    /// How often it is looked what other nodes left.
    pub poll: Duration,
    /// The pause after the first failure. It doubles with each more.
    pub first_pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
    /// How many jobs of a topic are tried at once.
    pub concurrency: usize,
}

impl Default for OutboxSettings {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(60),
            attempt: Duration::from_secs(40),
            grace: Duration::from_secs(3),
            poll: Duration::from_secs(5),
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(15 * 60),
            concurrency: 4,
        }
    }
}

/// The worker of one node. Cheap to clone.
#[derive(Clone)]
pub struct Outbox {
    shared: Arc<Shared>,
}

struct Shared {
    store: Store,
    settings: OutboxSettings,
    topics: Box<dyn Fn() -> Vec<Topic> + Send + Sync>,
    backlog: Mutex<Vec<Backlog>>,
}

impl Outbox {
    /// A worker that does jobs of some topics.
    pub fn new(store: Store, topics: Vec<Topic>, settings: OutboxSettings) -> Self {
        Self::with_topics(store, move || topics.clone(), settings)
    }

    /// A worker whose topics may change: they are asked for before each round.
    pub fn with_topics(
        store: Store,
        topics: impl Fn() -> Vec<Topic> + Send + Sync + 'static,
        settings: OutboxSettings,
    ) -> Self {
        let topics = Box::new(topics);
        Self { shared: Arc::new(Shared { store, settings, topics, backlog: Mutex::default() }) }
    }

    /// Does jobs until `stop` is cancelled. Those in hand then get a moment more; what is not done by then is due again soon.
    pub async fn run<Work>(self, stop: CancellationToken, work: impl Fn(Uuid, Job) -> Work)
    where
        Work: Future<Output = Result<(), JobError>>,
    {
        let Shared { store, settings, .. } = &*self.shared;
        while !stop.is_cancelled() {
            let pause = match self.round(&stop, &work).await {
                Ok(next_due) => next_due,
                // The database has a newer version of Taskwire, whose nodes do the jobs.
                Err(StoreError::Newer { .. }) => settings.poll,
                Err(error) => {
                    tracing::error!(%error, "cannot read the outbox; will try again");
                    settings.poll
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = store.job_enqueued() => {}
                () = sleep(pause) => {}
            }
        }
    }

    /// What the person who runs the server should know: that jobs do not get done.
    pub fn warnings(&self) -> Vec<String> {
        self.backlog().iter().filter(|backlog| backlog.oldest > LATE).map(warning).collect()
    }

    /// Tries what is due. Tells after what time to look again.
    async fn round<Work>(
        &self,
        stop: &CancellationToken,
        work: &impl Fn(Uuid, Job) -> Work,
    ) -> Result<Duration, StoreError>
    where
        Work: Future<Output = Result<(), JobError>>,
    {
        let Shared { store, settings, topics, .. } = &*self.shared;
        while !stop.is_cancelled() {
            let topics = topics();
            let backlog = store.outbox_backlog().await?;
            let next_due = |topic: &Topic| backlog.iter().find(|one| one.topic == topic.name()).map(|one| one.next_due);
            let due: Vec<&Topic> = topics.iter().filter(|topic| next_due(topic) == Some(Duration::ZERO)).collect();
            let pause = topics.iter().filter_map(next_due).min().unwrap_or(settings.poll).min(settings.poll);
            self.publish(backlog.clone());
            if due.is_empty() {
                return Ok(pause);
            }
            // Of every topic: a mail server that does not answer must not hold up the rest.
            let mut jobs = Vec::new();
            for topic in due {
                jobs.extend(store.lease_jobs(topic.name(), settings.concurrency, settings.lease).await?);
            }
            if jobs.is_empty() {
                // Another node was quicker.
                return Ok(settings.first_pause.min(settings.poll));
            }
            let attempts = jobs.iter().map(|job| self.attempt(job, stop, work));
            join_all(attempts).await.into_iter().collect::<Result<(), _>>()?;
        }
        Ok(settings.poll)
    }

    /// Tries a job, and notes how it went.
    async fn attempt<Work>(
        &self,
        job: &LeasedJob,
        stop: &CancellationToken,
        work: &impl Fn(Uuid, Job) -> Work,
    ) -> Result<(), StoreError>
    where
        Work: Future<Output = Result<(), JobError>>,
    {
        let Shared { store, settings, .. } = &*self.shared;
        let too_long = async {
            let stopped = async {
                stop.cancelled().await;
                sleep(settings.grace).await;
            };
            match timeout(settings.attempt, stopped).await {
                Ok(()) => "the server stopped during the attempt".to_owned(),
                Err(_) => format!("the attempt took more than {:?}", settings.attempt),
            }
        };
        let outcome = if job.is_expired {
            Err(JobError::GiveUp(
                job.last_error.clone().unwrap_or_else(|| "no node did the job before it expired".to_owned()),
            ))
        } else {
            match serde_json::from_str(&job.payload) {
                Ok(what) => {
                    let work = AssertUnwindSafe(async { work(job.id, what).await }).catch_unwind();
                    tokio::select! {
                        outcome = work => outcome.unwrap_or_else(|_| Err(JobError::Retry("it panicked".to_owned()))),
                        why = too_long => Err(JobError::Retry(why)),
                    }
                }
                // A newer version may have enqueued it.
                Err(error) => Err(JobError::Retry(format!("this version of Taskwire cannot read the job: {error}"))),
            }
        };
        let LeasedJob { id, topic, attempts, .. } = job;
        let told = match outcome {
            Ok(()) => {
                store.finish_job(job).await?;
                "done"
            }
            Err(JobError::Retry(error)) => {
                let pause = self.pause(*attempts);
                tracing::warn!(%id, topic, attempts, error, pause_s = pause.as_secs(), "a job failed; will try again");
                store.retry_job(job, pause, &error).await?;
                "failed"
            }
            Err(JobError::GiveUp(error)) => {
                tracing::error!(%id, topic, attempts, error, "a job failed for good, and is not tried again");
                store.finish_job(job).await?;
                "given_up"
            }
        };
        counter!("taskwire_outbox_attempts_total", "topic" => topic.clone(), "outcome" => told).increment(1);
        gauge!("taskwire_outbox_last_attempt_timestamp_seconds", "topic" => topic.clone(), "outcome" => told)
            .set(clock::now().as_millis() as f64 / 1_000.0);
        Ok(())
    }

    /// How long to wait after so many attempts: about twice as long each time. Jobs that failed together do not come back together.
    fn pause(&self, attempts: i64) -> Duration {
        let OutboxSettings { first_pause, longest_pause, .. } = self.shared.settings;
        let doublings = u32::try_from(attempts - 1).unwrap_or_default().min(30);
        let pause = first_pause.saturating_mul(1 << doublings).min(longest_pause);
        // Without randomness they come back together, and that is all.
        let random = f64::from(getrandom::u32().unwrap_or(u32::MAX)) / f64::from(u32::MAX);
        pause.mul_f64(0.5 + random / 2.0)
    }

    /// Makes known what waits.
    fn publish(&self, backlog: Vec<Backlog>) {
        for topic in Topic::ALL {
            let of_topic = backlog.iter().find(|backlog| backlog.topic == topic.name());
            let (jobs, oldest) = of_topic.map_or((0, Duration::ZERO), |backlog| (backlog.jobs, backlog.oldest));
            gauge!("taskwire_outbox_jobs", "topic" => topic.name()).set(jobs as f64);
            gauge!("taskwire_outbox_oldest_seconds", "topic" => topic.name()).set(oldest.as_secs_f64());
        }
        let before = std::mem::replace(&mut *self.backlog(), backlog.clone());
        let was_late = |topic: &str| before.iter().any(|before| before.topic == topic && before.oldest > LATE);
        for Backlog { topic, jobs, oldest, last_error, .. } in backlog {
            if oldest > LATE && !was_late(&topic) {
                let why = last_error.as_deref().unwrap_or("no node has finished an attempt yet");
                tracing::warn!(topic, jobs, oldest_s = oldest.as_secs(), why, "jobs of the outbox are late");
            }
        }
    }

    // It is replaced as a whole.
    fn backlog(&self) -> MutexGuard<'_, Vec<Backlog>> {
        self.shared.backlog.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Anybody can read this, so it has neither the number of jobs nor their errors: these may tell whose mail it is.
fn warning(backlog: &Backlog) -> String {
    let Backlog { topic, oldest, .. } = backlog;
    format!(
        "jobs of the outbox ({topic}) are late, the oldest has waited {} min; the log has the reason",
        oldest.as_secs() / 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_strangers_may_read_tells_of_no_mailbox() {
        let words = warning(&Backlog {
            topic: "mail".to_owned(),
            jobs: 3,
            oldest: Duration::from_secs(150),
            next_due: Duration::ZERO,
            last_error: Some("451 <ana@example.com> later".to_owned()),
        });
        assert_eq!(words, "jobs of the outbox (mail) are late, the oldest has waited 2 min; the log has the reason");
    }

    #[test]
    fn the_store_enqueues_the_job_for_a_restored_board_as_it_is_read() {
        let job = Job::GroupMemberships.enqueued(Uuid::from_u128(1));
        assert_eq!((job.topic, &*job.payload), crate::store::GROUP_MEMBERSHIPS_JOB);
    }

    /// Every version reads what earlier ones enqueued.
    #[test]
    fn jobs_are_read_as_they_were_stored() {
        let person = ActorId(Uuid::from_u128(1));
        let link = Uuid::from_u128(2);
        for (job, json) in [
            (
                Job::NewPasswordMail { email: "ana@example.com".to_owned() },
                r#"{"kind":"new_password_mail","email":"ana@example.com"}"#.to_owned(),
            ),
            (
                Job::AcceptedInvitation { link, person },
                format!(r#"{{"kind":"accepted_invitation","link":"{link}","person":"{}"}}"#, person.0),
            ),
            (
                Job::ChangedEmailMail { name: "Ana".to_owned(), email: "ana@example.com".to_owned() },
                r#"{"kind":"changed_email_mail","name":"Ana","email":"ana@example.com"}"#.to_owned(),
            ),
            (
                Job::InvitationMail { link, name: "Ana".to_owned(), email: "ana@example.com".to_owned() },
                format!(r#"{{"kind":"invitation_mail","link":"{link}","name":"Ana","email":"ana@example.com"}}"#),
            ),
            (Job::GroupMemberships, r#"{"kind":"group_memberships"}"#.to_owned()),
        ] {
            assert_eq!(job.enqueued(link).payload, json);
            assert_eq!(serde_json::from_str::<Job>(&json).expect("it is read"), job);
        }
    }
}
