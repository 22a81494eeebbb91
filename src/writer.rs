//! The one write path.
//!
//! Form, server function, socket, REST and command line all build a mutation and hand it to [`Writer::write`]. Writes that
//! arrive while a transaction is under way share the next one (group commit); each is answered when it is durable. The hub is
//! told in commit order, before the answers are sent.
//!
//! If the database is busy, restarting or unavailable for a moment, a group is retried for a while. Mutation ids make that
//! safe, even if a commit succeeded and only its confirmation was lost. (Such a commit may still be under way. It holds the
//! locks of its boards until it ends, so every later decision on these boards is made after it.)
//!
//! Writes that belong together, such as all mutations of one socket, are a [`Sequence`]: after the first write of a sequence
//! that could not be stored, all later ones are rejected too. The sender then sends all of them again, in order, so an older
//! edit is never stored after a newer one.

use std::{
    collections::{BTreeMap, HashSet},
    future::Future,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use app::{
    id::{ActorId, BoardId, MutationId, TaskId},
    model::Seq,
    ops::{Mutation, Op, SetMember},
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

/// The maximum number of writes in one transaction.
const GROUP: usize = 256;

/// The maximum number of waiting writes. Further ones are rejected, and may be sent again later.
const QUEUE: usize = 4_096;

/// How long a group is retried while the database is unavailable. After that, its writes are rejected, and later ones get only
/// one attempt until the database is available again.
const PATIENCE: Duration = Duration::from_secs(5);

/// The timeout of one transaction.
const ATTEMPT: Duration = Duration::from_secs(15);

/// Why a write was not stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// The request itself is not acceptable; repeating it does not help.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The database failed, or the server is stopping. The request may be sent again with the same id.
    #[error("the write could not be stored: {0}")]
    Unavailable(String),
}

/// A handle to the task that writes. Cheap to clone.
#[derive(Clone)]
pub struct Writer {
    queue: mpsc::Sender<Job>,
    closing: CancellationToken,
    closed: CancellationToken,
    /// A mutation that is to panic when it is stored, for tests.
    poison: watch::Sender<Option<MutationId>>,
}

/// Writes of one sender that are stored in the order in which they were handed over, or rejected. Cheap to clone.
#[derive(Clone)]
pub struct Sequence {
    queue: mpsc::Sender<Job>,
    broken: Arc<Mutex<Broken>>,
}

/// The part of a sequence that is rejected from now on, because an earlier write was not stored.
#[derive(Debug, Default, PartialEq, Eq)]
enum Broken {
    #[default]
    Nothing,
    /// The writes to these boards, which cannot be read or written while other boards can.
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

/// Answers the sender of a write. If it is dropped without an answer, for any reason, it breaks the sequence too.
struct Answer {
    to: Option<oneshot::Sender<Result<Accepted, WriteError>>>,
    broken: Arc<Mutex<Broken>>,
}

impl Answer {
    /// Sends the answer. If the write could not be stored, later writes of the sequence are rejected from now on: all of them,
    /// or, if only one board is at fault, the writes to that board.
    fn send(mut self, outcome: Result<Accepted, WriteError>, board_at_fault: Option<BoardId>) {
        counter!("taskwire_writes_total", "outcome" => label(&outcome)).increment(1);
        if matches!(outcome, Err(WriteError::Unavailable(_))) {
            match board_at_fault {
                Some(board) => lock(&self.broken).add(board),
                None => *lock(&self.broken) = Broken::Everything,
            }
        }
        if let Some(to) = self.to.take() {
            // If the sender has stopped waiting, the write stands all the same.
            let _ = to.send(outcome);
        }
    }

    /// Whether an earlier write of the sequence was not stored, so that this one must not be either.
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
    /// Hands over a mutation: when this returns, the mutation is in the queue, in the order of the calls. The returned future
    /// resolves to the outcome; dropping the future does not cancel the write.
    pub fn write(
        &self,
        board: BoardId,
        mutation: Mutation,
        by: Credentials,
    ) -> impl Future<Output = Result<Accepted, WriteError>> + Send + use<> {
        self.write_keeping(board, mutation, by, Arc::default())
    }

    fn write_keeping(
        &self,
        board: BoardId,
        mutation: Mutation,
        by: Credentials,
        keeps: Arc<HashSet<TaskId>>,
    ) -> impl Future<Output = Result<Accepted, WriteError>> + Send + use<> {
        self.queue(Write { board, mutation, by, at: now(), from_groups: false, keeps })
    }

    fn queue(&self, write: Write) -> impl Future<Output = Result<Accepted, WriteError>> + Send + use<> {
        let (to, outcome) = oneshot::channel();
        let queued = if lock(&self.broken).includes(write.board) {
            Err(overtaking())
        } else {
            let answer = Answer { to: Some(to), broken: Arc::clone(&self.broken) };
            // If the queue is full or closed, the job is dropped, which breaks the sequence.
            self.queue.try_send(Job { write, answer }).map_err(|error| {
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
    /// Starts the task. It ends after [`Writer::close`], once all accepted writes are durable.
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
                // Everything is written: the task was told to close, or no handle is left through which anything could be written.
                until.cancel();
                drop(guard);
            }
        });
        Self { queue, closing, closed, poison }
    }

    /// Makes a mutation panic when it is stored, so that tests can check the effect on other mutations.
    #[doc(hidden)]
    pub fn poison(&self, mutation: MutationId) {
        self.poison.send_replace(Some(mutation));
    }

    /// A new sequence, for writes that must be stored in order.
    pub fn sequence(&self) -> Sequence {
        Sequence { queue: self.queue.clone(), broken: Arc::default() }
    }

    /// Hands over a mutation that is independent of the sender's other mutations: see [`Sequence::write`].
    pub fn write(
        &self,
        board: BoardId,
        mutation: Mutation,
        by: Credentials,
    ) -> impl Future<Output = Result<Accepted, WriteError>> + Send + 'static {
        self.sequence().write(board, mutation, by)
    }

    /// Sets a person's membership of a board to what their groups give, if that is due; otherwise the answer is that it was done before.
    /// The transaction decides what this means, so it may be called any number of times.
    pub fn set_from_groups(
        &self,
        board: BoardId,
        person: ActorId,
        by: Credentials,
    ) -> impl Future<Output = Result<Accepted, WriteError>> + Send + 'static {
        let op = Op::SetMember(SetMember { person, role: None });
        let mutation = Mutation { id: app::new_id(), op };
        self.sequence().queue(Write { board, mutation, by, at: now(), from_groups: true, keeps: Arc::default() })
    }

    /// As [`Self::write`], but the mutation is refused as full if one of these tasks would leave the trash for good by it.
    pub fn write_keeping(
        &self,
        board: BoardId,
        mutation: Mutation,
        by: Credentials,
        keeps: Arc<HashSet<TaskId>>,
    ) -> impl Future<Output = Result<Accepted, WriteError>> + Send + 'static {
        self.sequence().write_keeping(board, mutation, by, keeps)
    }

    /// Accepts no more writes, and returns when the accepted ones are durable and answered.
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
    /// Whether the last group failed for good because the database is unavailable. Then the writes that wait behind it are not
    /// retried.
    database_is_away: bool,
}

impl Task {
    async fn run(&mut self, closing: CancellationToken) {
        loop {
            let mut group = Vec::new();
            tokio::select! {
                biased;
                () = closing.cancelled(), if !self.jobs.is_closed() => {
                    // From here on `write` rejects new mutations; those in the queue are still received.
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

    /// Stores a group, tells the hub, and sends the answers.
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
            // One of the writes may be at fault, and must not make the others fail. After a panic, it is unknown whether the
            // commit had happened.
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

    /// Stores one write of a group that could not be stored together. `unsure` means that it may be stored already.
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

    /// As [`Self::persist`], but a panic is returned as a failure: a write that panics must not affect the senders of other
    /// writes. Nothing remains half-done: the transaction ends with its connection, and the state in memory is updated only
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

    /// Stores some writes in one transaction, with retries.
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
                // The commit may have succeeded although its confirmation was lost.
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

    /// Tells the hub of a commit and returns the outcomes. `unsure` means that an earlier attempt may have succeeded without a
    /// confirmation: then a write that now counts as repeated may be new to the hub.
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
        // The commit has succeeded: a panic in here must not make it look like a failure.
        if AssertUnwindSafe(telling).catch_unwind().await.is_err() {
            tracing::error!("a panic: cannot announce stored changes; pages get them a moment later");
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
                Err(error) => {
                    tracing::warn!(%error, %board, "cannot announce stored changes; pages get them a moment later")
                }
            }
        }
    }
}

/// The error for a write that would overtake an earlier one of its sender.
fn overtaking() -> WriteError {
    unavailable("an earlier change of the same sender could not be stored")
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
    #[error("a write panicked; the panic is in the log")]
    Panic,
}

impl Failure {
    /// Whether each of the writes would fail in the same way if stored alone.
    fn concerns_all(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_transient() || matches!(error, StoreError::Replaced(_) | StoreError::Newer { .. }))
    }

    /// Logs why writes failed. The database's message is only for the log; the sender gets an explanation of the consequence.
    fn outcome(&self, writes: usize) -> WriteError {
        tracing::error!(error = %self, writes, "writes could not be stored");
        match self {
            Self::Store(error) if error.is_transient() => unavailable("the database does not answer"),
            Self::Store(StoreError::Replaced(_)) => unavailable(
                "the file of the database was removed or replaced; the administrator of the server has to put it back",
            ),
            Self::Store(StoreError::Newer { .. }) => unavailable(
                "this server is being replaced by a newer version, which takes the change; this one stores nothing more",
            ),
            Self::Store(_) => unavailable("the database returned an error, which is in the log"),
            // Refused and not unavailable: it would fail each time, and the sender would send it again for ever.
            Self::Panic => WriteError::Refused(Refusal::invalid(
                "op",
                "this operation makes the server fail; it was not done, and the error is in the server's log",
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
