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
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use app::{
    id::{BoardId, MutationId},
    model::Seq,
    ops::Mutation,
    refusal::Refusal,
};
use futures::FutureExt;
use metrics::{counter, histogram};
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{
    clock::now,
    credentials::Credentials,
    hub::Hub,
    store::{Accepted, Committed, Missing, Store, StoreError, Write},
    supervise::Essential,
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
    /// A mutation that a test wants to see panic.
    poison: watch::Sender<Option<MutationId>>,
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
        by: Credentials,
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
        let (poison, poisoned) = watch::channel(None);
        let supervisor = hub.supervisor().clone();
        let task = Arc::new(tokio::sync::Mutex::new(Task { store, hub, jobs, database_is_away: false, poisoned }));
        let (until, guard) = (closing.clone(), Arc::new(closed.clone().drop_guard()));
        supervisor.keep(Essential::Writer, closing.clone(), move || {
            let (task, until, guard) = (Arc::clone(&task), until.clone(), Arc::clone(&guard));
            async move {
                task.lock().await.run(until.clone()).await;
                // All is written, be it that it was told to close or that nobody is left who could write.
                until.cancel();
                drop(guard);
            }
        });
        Self { queue, closing, closed, poison }
    }

    /// Has a mutation panic where it is stored: what tests do to see what becomes of the others.
    #[doc(hidden)]
    pub fn poison(&self, mutation: MutationId) {
        self.poison.send_replace(Some(mutation));
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
        by: Credentials,
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
    jobs: mpsc::Receiver<Job>,
    poisoned: watch::Receiver<Option<MutationId>>,
    /// Whether the last group failed for good, so that those waiting behind it need not be patient as well.
    database_is_away: bool,
}

impl Task {
    async fn run(&mut self, closing: CancellationToken) {
        loop {
            let mut group = Vec::new();
            tokio::select! {
                biased;
                () = closing.cancelled(), if !self.jobs.is_closed() => {
                    // From here on `write` is refused, and what is in the queue still comes.
                    self.jobs.close();
                    continue;
                }
                received = self.jobs.recv_many(&mut group, GROUP) => if received == 0 {
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
        let failure = match self.try_to_persist(&writes, false).await {
            Ok(outcomes) => {
                for (outcome, answer) in outcomes.into_iter().zip(answers) {
                    answer.send(outcome, None);
                }
                return;
            }
            Err(failure) => failure,
        };
        let panicked = matches!(failure, Failure::Panic);
        if panicked || writes.len() > 1 && !failure.concerns_all() {
            // One of them may be at fault; the others shall not suffer for it. And where something panicked, nobody knows
            // how far it had come.
            tracing::warn!(%failure, writes = writes.len(), "a group of writes failed; trying them one at a time");
            for (write, answer) in writes.iter().zip(answers) {
                self.commit_alone(write, answer, panicked).await;
            }
            return;
        }
        let board_at_fault = writes.first().map(|write| write.board).filter(|_| !failure.concerns_all());
        let outcome = failure.outcome(writes.len());
        for answer in answers {
            answer.send(Err(outcome.clone()), board_at_fault);
        }
    }

    /// Stores one write of a group that could not be stored together. `unsure` says that it may be stored already.
    async fn commit_alone(&mut self, write: &Write, answer: Answer, unsure: bool) {
        if answer.would_overtake(write.board) {
            return answer.send(Err(overtaking()), Some(write.board));
        }
        match self.try_to_persist(std::slice::from_ref(write), unsure).await {
            Ok(outcomes) => {
                if let Some(outcome) = outcomes.into_iter().next() {
                    answer.send(outcome, None);
                }
            }
            Err(failure) => {
                answer.send(Err(failure.outcome(1)), Some(write.board).filter(|_| !failure.concerns_all()));
            }
        }
    }

    /// As [`Self::persist`], whatever happens in there: a write that panics must not take those who wait for others with it.
    /// Nothing half-done is left behind: the transaction goes with its connection, and what is kept in memory is made
    /// after the commit.
    async fn try_to_persist(
        &mut self,
        writes: &[Write],
        unsure: bool,
    ) -> Result<Vec<Result<Accepted, WriteError>>, Failure> {
        match AssertUnwindSafe(self.persist(writes, unsure)).catch_unwind().await {
            Ok(outcome) => outcome.map_err(Failure::Store),
            Err(_) => Err(Failure::Panic),
        }
    }

    /// Stores some writes in one transaction, however often that has to be tried.
    async fn persist(
        &mut self,
        writes: &[Write],
        mut unsure: bool,
    ) -> Result<Vec<Result<Accepted, WriteError>>, StoreError> {
        let poisoned = *self.poisoned.borrow();
        assert!(!writes.iter().any(|write| Some(write.mutation.id) == poisoned), "a mutation was told to panic");
        let deadline = Instant::now() + if self.database_is_away { Duration::ZERO } else { PATIENCE };
        let mut pause = Duration::from_millis(10);
        let mut races = 0;
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

    /// What came of a commit, of which the hub is told. `unsure` says that an attempt before may have succeeded unheard: then
    /// what now looks repeated may be new to the hub.
    async fn announce(&self, committed: Committed, unsure: bool) -> Vec<Result<Accepted, WriteError>> {
        let Committed { outcomes, changes, boards_changed, rights_changed } = committed;
        let telling = async {
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
        };
        // What is done is done: whatever happens in there, it is not to be told otherwise.
        if AssertUnwindSafe(telling).catch_unwind().await.is_err() {
            tracing::error!("the hub was not told of what was written; pages learn of it late");
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

/// Why some writes were not stored.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Store(StoreError),
    #[error("a panic, which was logged")]
    Panic,
}

impl Failure {
    /// Whether it would be the same for each of them alone.
    fn concerns_all(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_transient() || matches!(error, StoreError::Replaced(_) | StoreError::Newer { .. }))
    }

    /// Logs why writes failed. What the database says is for the log; a person is told what it means for them.
    fn outcome(&self, writes: usize) -> WriteError {
        tracing::error!(error = %self, writes, "writes could not be stored");
        match self {
            Self::Store(error) if error.is_transient() => unavailable("the database does not answer"),
            Self::Store(StoreError::Replaced(_)) => unavailable(
                "the file of the database was removed or replaced; whoever runs the server has to put it back",
            ),
            Self::Store(StoreError::Newer { .. }) => unavailable(
                "this server is being replaced by a newer version; another one takes the change, or this one when it is",
            ),
            Self::Store(_) => unavailable("the database failed"),
            // It would fail again and again, and whoever sent it would send it again and again.
            Self::Panic => WriteError::Refused(Refusal::invalid(
                "op",
                "makes the server fail; it was not done, and the fault was logged",
            )),
        }
    }
}

fn label(outcome: &Result<Accepted, WriteError>) -> &'static str {
    match outcome {
        Ok(accepted) if accepted.repeated => "repeated",
        Ok(_) => "accepted",
        Err(WriteError::Refused(_)) => "refused",
        Err(WriteError::Unavailable(_)) => "unavailable",
    }
}
