//! The tasks without which the server cannot do its work, and what happens when one of them ends.
//!
//! A task that panicked would otherwise just be gone, and the rest would go on as if nothing were missing. So all of them
//! are in one list, [`Essential`], and run by a [`Supervisor`]. Those that keep nothing of their own are started again;
//! without the others, or when starting again does not help, the process ends, loudly and in good order, and whatever
//! started it starts it anew.

use std::{
    collections::VecDeque,
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};

use futures::FutureExt;
use metrics::counter;
use tokio::{sync::watch, task::JoinHandle, time::sleep};
use tokio_util::sync::CancellationToken;

/// How often a task is started again within [`LATELY`]. More than that is no accident.
const MOST_DEATHS: usize = 5;
/// See [`MOST_DEATHS`].
const LATELY: Duration = Duration::from_secs(60);
/// How long to wait before a task is started again the first time; then twice as long, and so on.
const PAUSE: Duration = Duration::from_millis(50);

/// Each of these must run as long as the server does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Essential {
    /// Stores what people do: [`crate::writer`].
    Writer,
    /// Takes connections: [`mod@crate::serve`].
    Accept,
    /// Wakes the sockets when there is something new: [`crate::hub`].
    Notifier,
    /// Compares the open boards with the database.
    Compare,
    /// Keeps the list of boards.
    Boards,
    /// Has sockets look at what they may do.
    Rights,
    /// Keeps who is here.
    Presence,
    /// Tells other nodes.
    RedisPublish,
    /// Hears other nodes.
    RedisListen,
    /// Keeps the connections to Redis.
    RedisMaintain,
    /// Does what has to be done now and then.
    Maintenance,
    /// Does jobs: [`crate::outbox`].
    Outbox,
    /// Makes scheduled backups: [`crate::backups`].
    Backups,
    /// Takes samples of the metrics: [`crate::system`].
    Samples,
}

/// What happens when a task ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// It is started again: all it needs to know is in what it shares with others.
    StartAgain,
    /// The process ends: somebody waits for what it had in hand.
    EndProcess,
}

impl Essential {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Writer,
        Self::Accept,
        Self::Notifier,
        Self::Compare,
        Self::Boards,
        Self::Rights,
        Self::Presence,
        Self::RedisPublish,
        Self::RedisListen,
        Self::RedisMaintain,
        Self::Maintenance,
        Self::Outbox,
        Self::Backups,
        Self::Samples,
    ];

    /// What happens when it ends.
    pub fn rule(self) -> Rule {
        match self {
            // A write that panics is dealt with where it is done; what gets here is a fault of the task itself, and it had
            // writes in hand that nobody else knows of.
            Self::Writer => Rule::EndProcess,
            // It has the listener.
            Self::Accept => Rule::EndProcess,
            Self::Notifier
            | Self::Compare
            | Self::Boards
            | Self::Rights
            | Self::Presence
            | Self::RedisPublish
            | Self::RedisListen
            | Self::RedisMaintain
            | Self::Maintenance
            // A job that was in hand is taken again when its lease ends.
            | Self::Outbox
            // So is the schedule of backups.
            | Self::Backups
            | Self::Samples => Rule::StartAgain,
        }
    }
}

/// Runs the tasks of one server. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Supervisor {
    /// Why the server cannot go on.
    failure: Arc<watch::Sender<Option<String>>>,
    /// The task that a test wants to see panic.
    broken: Arc<watch::Sender<Option<Essential>>>,
}

impl Default for Supervisor {
    fn default() -> Self {
        Self { failure: Arc::new(watch::Sender::new(None)), broken: Arc::new(watch::Sender::new(None)) }
    }
}

impl Supervisor {
    /// Runs what `make` makes, and deals with its end by its rule, unless `ends` was cancelled.
    pub fn keep<Task>(
        &self,
        essential: Essential,
        ends: CancellationToken,
        mut make: impl FnMut() -> Task + Send + 'static,
    ) -> JoinHandle<()>
    where
        Task: Future<Output = ()> + Send + 'static,
    {
        let this = self.clone();
        tokio::spawn(async move {
            let mut deaths = VecDeque::new();
            loop {
                let broken = this.broken.subscribe();
                let run = AssertUnwindSafe(async { run(essential, make(), broken).await }).catch_unwind().await;
                if run.is_ok() && ends.is_cancelled() {
                    return;
                }
                let how = if run.is_ok() { "ended" } else { "panicked" };
                counter!("taskwire_task_deaths_total", "task" => format!("{essential:?}")).increment(1);
                let now = Instant::now();
                deaths.retain(|death| now - *death < LATELY);
                deaths.push_back(now);
                if essential.rule() == Rule::EndProcess || deaths.len() > MOST_DEATHS {
                    this.fail(format!("the task {essential:?} {how}"));
                    return;
                }
                tracing::error!(task = ?essential, how, "an essential task ended; restarting it");
                sleep(PAUSE * 2_u32.pow(deaths.len() as u32)).await;
            }
        })
    }

    /// Has the process end.
    fn fail(&self, why: String) {
        tracing::error!(why, "the server cannot continue; ending the process");
        self.failure.send_modify(|failure| {
            failure.get_or_insert(why);
        });
    }

    /// Waits until the server cannot go on.
    pub async fn failed(&self) -> String {
        let mut failure = self.failure.subscribe();
        // We hold the sender.
        let _ = failure.wait_for(Option::is_some).await.map(drop);
        self.failure().unwrap_or_default()
    }

    /// Why the server cannot go on, if so.
    pub fn failure(&self) -> Option<String> {
        self.failure.borrow().clone()
    }

    /// Has a task panic, once: what tests do to see what then happens.
    #[doc(hidden)]
    pub fn break_task(&self, essential: Essential) {
        self.broken.send_replace(Some(essential));
    }
}

/// A task, which panics when it is told to.
async fn run(essential: Essential, task: impl Future<Output = ()>, mut broken: watch::Receiver<Option<Essential>>) {
    let told = async {
        loop {
            if broken.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
            if *broken.borrow_and_update() == Some(essential) {
                return;
            }
        }
    };
    tokio::select! {
        () = task => {}
        () = told => panic!("the task {essential:?} was told to panic"),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn counted(starts: &Arc<AtomicUsize>) -> impl Future<Output = ()> + Send + use<> {
        starts.fetch_add(1, Ordering::SeqCst);
        std::future::pending()
    }

    #[tokio::test]
    async fn a_task_that_keeps_nothing_is_started_again_unless_that_does_not_help() {
        let (supervisor, starts) = (Supervisor::default(), Arc::<AtomicUsize>::default());
        let task = Arc::clone(&starts);
        let kept = supervisor.keep(Essential::Notifier, CancellationToken::new(), move || counted(&task));
        for deaths in 0..=MOST_DEATHS {
            while starts.load(Ordering::SeqCst) <= deaths {
                tokio::task::yield_now().await;
                sleep(PAUSE).await;
            }
            assert_eq!(supervisor.failure(), None);
            // One that is not meant.
            supervisor.break_task(Essential::Compare);
            tokio::task::yield_now().await;
            supervisor.break_task(Essential::Notifier);
        }
        assert_eq!(supervisor.failed().await, "the task Notifier panicked");
        kept.await.expect("it was given up");
        assert_eq!(starts.load(Ordering::SeqCst), MOST_DEATHS + 1);
    }

    #[tokio::test]
    async fn the_process_ends_with_a_task_that_has_something_in_hand() {
        let (supervisor, starts) = (Supervisor::default(), Arc::<AtomicUsize>::default());
        let task = Arc::clone(&starts);
        let kept = supervisor.keep(Essential::Writer, CancellationToken::new(), move || counted(&task));
        while starts.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        supervisor.break_task(Essential::Writer);
        assert_eq!(supervisor.failed().await, "the task Writer panicked");
        kept.await.expect("it was given up");
    }

    #[tokio::test]
    async fn a_task_that_ends_too_early_is_noticed_and_one_that_was_told_to_end_is_not() {
        let (supervisor, ends) = (Supervisor::default(), CancellationToken::new());
        supervisor.keep(Essential::Accept, CancellationToken::new(), || async {});
        assert_eq!(supervisor.failed().await, "the task Accept ended");

        let supervisor = Supervisor::default();
        let told = ends.clone();
        let kept = supervisor.keep(Essential::Accept, ends.clone(), move || told.clone().cancelled_owned());
        ends.cancel();
        kept.await.expect("it ended");
        assert_eq!(supervisor.failure(), None);
    }
}
