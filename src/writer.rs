//! The one write path.
//!
//! Form, server function, socket, REST and command line all build a mutation and hand it to [`Writer::write`]. Writes
//! that arrive while a transaction is under way share the next one (group commit); each is answered when it is durable.
//! The hub is told in commit order, before the answers go out.
//!
//! A database that is busy, restarting or gone for a moment is tried again for a while: mutation ids make that safe, even
//! where a commit may have succeeded without our hearing of it. (Such a commit may still be under way. It holds the locks of
//! its boards for as long, so whatever is decided about these boards later is decided after it.)
//!
//! What belongs together, such as all that comes by one socket, is a [`Sequence`]: from the first write of it that could
//! not be stored, all that follow are turned away as well. So whoever sends all of them again sends them in order, and an
//! older edit is never done after a newer one.

use std::{
    collections::BTreeMap,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use app::{
    id::BoardId,
    model::Seq,
    mutation::{Mutation, Refusal},
};
use metrics::{counter, histogram};
use tokio::{
    sync::{mpsc, oneshot},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{
    caller::Caller,
    clock::now,
    hub::Hub,
    store::{Accepted, Committed, Missing, Store, StoreError, Write},
};

/// The most writes in one transaction.
const GROUP: usize = 256;

/// The most writes that wait. One that comes when so many do is told to come again later.
const QUEUE: usize = 4_096;

/// How long a group is tried again while the database is away. Then its writes, and those that come until the database is
/// back, are told so.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long one transaction may take.
const ATTEMPT: Duration = Duration::from_secs(15);

/// Why a write did not happen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// The request itself will not do.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The database failed, or the server is stopping. The request may be sent again under the same id.
    #[error("the write could not be stored: {0}")]
    Unavailable(String),
}

/// A handle to the task that writes. Cheap to clone.
#[derive(Clone)]
pub struct Writer {
    queue: mpsc::Sender<Job>,
    closing: CancellationToken,
    closed: CancellationToken,
}

/// Writes of one sender that are done in the order in which they were handed over, or not at all. Cheap to clone.
#[derive(Clone)]
pub struct Sequence {
    queue: mpsc::Sender<Job>,
    broken: Arc<Mutex<Broken>>,
}

/// What of a sequence cannot be done any more because something before it was not.
#[derive(Debug, Default, PartialEq, Eq)]
enum Broken {
    #[default]
    Nothing,
    /// What is for these boards, which cannot be read or written, where others can.
    Boards(Vec<BoardId>),
    Everything,
}

impl Broken {
    fn includes(&self, board: BoardId) -> bool {
        match self {
            Self::Nothing => false,
            Self::Boards(boards) => boards.contains(&board),
            Self::Everything => true,
        }
    }

    fn add(&mut self, board: BoardId) {
        match self {
            Self::Nothing => *self = Self::Boards(vec![board]),
            Self::Boards(boards) => boards.push(board),
            Self::Everything => {}
        }
    }
}

struct Job {
    write: Write,
    answer: Answer,
}

/// Who waits for what comes of a write. One that is dropped unanswered, whyever, breaks the sequence as well.
struct Answer {
    to: Option<oneshot::Sender<Result<Accepted, WriteError>>>,
    broken: Arc<Mutex<Broken>>,
}

impl Answer {
    /// Answers. What is behind a write that could not be stored is turned away from here on: all of it, or, where only that
    /// board is at fault, what is for the board.
    fn send(mut self, outcome: Result<Accepted, WriteError>, board_at_fault: Option<BoardId>) {
        counter!("taskwire_writes_total", "outcome" => label(&outcome)).increment(1);
        if matches!(outcome, Err(WriteError::Unavailable(_))) {
            match board_at_fault {
                Some(board) => lock(&self.broken).add(board),
                None => *lock(&self.broken) = Broken::Everything,
            }
        }
        if let Some(to) = self.to.take() {
            // Whoever stopped waiting does not want to know; the write stands all the same.
            let _ = to.send(outcome);
        }
    }

    /// Whether something before it was not done, which it would overtake.
    fn would_overtake(&self, board: BoardId) -> bool {
        lock(&self.broken).includes(board)
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        if self.to.is_some() {
            *lock(&self.broken) = Broken::Everything;
        }
    }
}

impl Sequence {
    /// Hands a mutation over: when this returns it is in the queue, in the order of the calls. The future it returns says
    /// what came of it; dropping the future does not take the write back.
    pub fn write(
        &self,
        board: BoardId,
        mutation: Mutation,
        by: Caller,
    ) -> impl Future<Output = Result<Accepted, WriteError>> + Send + use<> {
        let (to, outcome) = oneshot::channel();
        let queued = if lock(&self.broken).includes(board) {
            Err(overtaking())
        } else {
            let answer = Answer { to: Some(to), broken: Arc::clone(&self.broken) };
            // A job that does not get in is dropped, which breaks the sequence.
            self.queue.try_send(Job { write: Write { board, mutation, by, at: now() }, answer }).map_err(|error| {
                unavailable(match error {
                    mpsc::error::TrySendError::Full(_) => "too many writes are waiting",
                    mpsc::error::TrySendError::Closed(_) => "the server is stopping",
                })
            })
        };
        async move {
            queued?;
            outcome.await.unwrap_or_else(|_| Err(unavailable("the server is stopping")))
        }
    }
}

impl Writer {
    /// Starts the task. It ends, with all accepted writes durable, after [`Writer::close`].
    pub fn start(store: Store, hub: Hub) -> Self {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let (closing, closed) = (CancellationToken::new(), CancellationToken::new());
        let task = Task { store, hub, database_is_away: false };
        let (until, guard) = (closing.clone(), closed.clone().drop_guard());
        tokio::spawn(async move {
            task.run(jobs, until).await;
            drop(guard);
        });
        Self { queue, closing, closed }
    }

    /// A place for writes that are to be done in order.
    pub fn sequence(&self) -> Sequence {
        Sequence { queue: self.queue.clone(), broken: Arc::default() }
    }

    /// Hands over a mutation that nothing else of its sender depends on: see [`Sequence::write`].
    pub fn write(
        &self,
        board: BoardId,
        mutation: Mutation,
        by: Caller,
    ) -> impl Future<Output = Result<Accepted, WriteError>> + Send + 'static {
        self.sequence().write(board, mutation, by)
    }

    /// Takes no more writes, and returns when those taken are durable and answered.
    pub async fn close(&self) {
        self.closing.cancel();
        self.closed.cancelled().await;
    }
}

/// The task that writes.
struct Task {
    store: Store,
    hub: Hub,
    /// Whether the last group failed for good, so that those waiting behind it need not be patient as well.
    database_is_away: bool,
}

impl Task {
    async fn run(mut self, mut jobs: mpsc::Receiver<Job>, closing: CancellationToken) {
        loop {
            let mut group = Vec::new();
            tokio::select! {
                biased;
                () = closing.cancelled(), if !jobs.is_closed() => {
                    // From here on `write` is refused, and what is in the queue still comes.
                    jobs.close();
                    continue;
                }
                received = jobs.recv_many(&mut group, GROUP) => if received == 0 {
                    break;
                }
            }
            self.commit(group).await;
        }
    }

    /// Stores a group, tells the hub, and answers.
    async fn commit(&mut self, group: Vec<Job>) {
        let (late, group): (Vec<Job>, Vec<Job>) =
            group.into_iter().partition(|Job { write, answer }| answer.would_overtake(write.board));
        for Job { answer, write } in late {
            answer.send(Err(overtaking()), Some(write.board));
        }
        if group.is_empty() {
            return;
        }
        let (writes, answers): (Vec<Write>, Vec<Answer>) =
            group.into_iter().map(|Job { write, answer }| (write, answer)).unzip();
        match self.persist(&writes).await {
            Ok(outcomes) => {
                for (outcome, answer) in outcomes.into_iter().zip(answers) {
                    answer.send(outcome, None);
                }
            }
            // One of them may be at fault; the others shall not suffer for it.
            Err(error) if writes.len() > 1 && !error.is_transient() => {
                tracing::warn!(%error, writes = writes.len(), "a group of writes failed; trying them one at a time");
                for (write, answer) in writes.iter().zip(answers) {
                    self.commit_alone(write, answer).await;
                }
            }
            Err(error) => {
                let board_at_fault = writes.first().map(|write| write.board).filter(|_| !error.is_transient());
                let failed = failed(&error, writes.len());
                for answer in answers {
                    answer.send(Err(failed.clone()), board_at_fault);
                }
            }
        }
    }

    /// Stores one write of a group that could not be stored together.
    async fn commit_alone(&mut self, write: &Write, answer: Answer) {
        if answer.would_overtake(write.board) {
            return answer.send(Err(overtaking()), Some(write.board));
        }
        match self.persist(std::slice::from_ref(write)).await {
            Ok(outcomes) => {
                if let Some(outcome) = outcomes.into_iter().next() {
                    answer.send(outcome, None);
                }
            }
            Err(error) => {
                answer.send(Err(failed(&error, 1)), Some(write.board).filter(|_| !error.is_transient()));
            }
        }
    }

    /// Stores some writes in one transaction, however often that has to be tried.
    async fn persist(&mut self, writes: &[Write]) -> Result<Vec<Result<Accepted, WriteError>>, StoreError> {
        let deadline = Instant::now() + if self.database_is_away { Duration::ZERO } else { PATIENCE };
        let mut pause = Duration::from_millis(10);
        let mut races = 0;
        let mut unsure = false;
        loop {
            let began = Instant::now();
            let attempt = timeout(ATTEMPT, self.store.commit(writes)).await;
            let error = match attempt.unwrap_or(Err(StoreError::TimedOut(ATTEMPT))) {
                Ok(committed) => {
                    histogram!("taskwire_commit_seconds").record(began.elapsed());
                    histogram!("taskwire_commit_batch_size").record(writes.len() as f64);
                    self.database_is_away = false;
                    return Ok(self.announce(committed, unsure).await);
                }
                Err(error) => error,
            };
            if error.is_transient() {
                if Instant::now() >= deadline {
                    self.database_is_away = true;
                    return Err(error);
                }
                tracing::debug!(%error, "the database is away or busy; trying again");
                // The commit may have gone through without our hearing of it.
                unsure = true;
                sleep(pause).await;
                pause = (pause * 2).min(Duration::from_millis(500));
            } else if error.is_race() && writes.len() == 1 && races < 10 {
                races += 1;
            } else {
                return Err(error);
            }
        }
    }

    /// Tells the hub what was committed. `unsure` says that an attempt before may have succeeded unheard: then what now
    /// looks repeated may be new to the hub.
    async fn announce(&self, committed: Committed, unsure: bool) -> Vec<Result<Accepted, WriteError>> {
        let Committed { outcomes, changes, boards_changed, rights_changed } = committed;
        if unsure {
            self.announce_repeated(&outcomes).await;
        }
        for (board, changes) in changes {
            self.hub.publish(board, changes);
        }
        if boards_changed || unsure {
            self.hub.boards_changed();
        }
        if rights_changed || unsure {
            self.hub.rights_changed();
        }
        outcomes.into_iter().map(|outcome| outcome.map_err(WriteError::Refused)).collect()
    }

    async fn announce_repeated(&self, outcomes: &[Result<Accepted, Refusal>]) {
        let mut since: BTreeMap<BoardId, Seq> = BTreeMap::new();
        for accepted in outcomes.iter().flatten().filter(|accepted| accepted.repeated) {
            let first = since.entry(accepted.board.id()).or_insert(accepted.seq);
            *first = accepted.seq.min(*first);
        }
        for (board, first) in since {
            match self.store.changes_after(board, first - 1, GROUP).await {
                Ok(Missing::Changes(changes)) => self.hub.publish(board, changes),
                Ok(Missing::Trimmed) => {}
                Err(error) => tracing::warn!(%error, %board, "cannot tell what was written; pages learn of it late"),
            }
        }
    }
}

/// It would be done before something that its sender sent earlier.
fn overtaking() -> WriteError {
    unavailable("something sent before it could not be stored")
}

fn lock(broken: &Mutex<Broken>) -> std::sync::MutexGuard<'_, Broken> {
    broken.lock().unwrap_or_else(PoisonError::into_inner)
}

fn unavailable(why: impl Into<String>) -> WriteError {
    WriteError::Unavailable(why.into())
}

/// Logs why writes failed. What the database says is for the log; a person is told what it means for them.
fn failed(error: &StoreError, writes: usize) -> WriteError {
    tracing::error!(%error, writes, "writes could not be stored");
    unavailable(if error.is_transient() { "the database does not answer" } else { "the database failed" })
}

fn label(outcome: &Result<Accepted, WriteError>) -> &'static str {
    match outcome {
        Ok(accepted) if accepted.repeated => "repeated",
        Ok(_) => "accepted",
        Err(WriteError::Refused(_)) => "refused",
        Err(WriteError::Unavailable(_)) => "unavailable",
    }
}
