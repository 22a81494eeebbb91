//! Bulk edits: one action on many tasks of many boards, which runs in the background and can be undone as one.
//!
//! A bulk edit is stored as steps, one mutation of one task each. A step is decided on the board's current state and stored, with its mutation's id
//! and the operation that undoes it, before the mutation is handed to the writer. So a runner that continues an interrupted bulk edit
//! repeats the mutations that may have been stored already under their ids, and none is done twice. Each mutation has a guard, so that the
//! inverse belongs to exactly the state that was changed; if somebody else was faster, the step is decided anew.
//!
//! The steps of one task are at one position. They are done in blocks of positions, so that an edit that stops in the middle leaves only few
//! tasks of which one step is done; they follow when it continues.
//!
//! The runner has the rights of the person who asked for it, not those of their browser session, so that signing out stops nothing. The rights
//! are checked at each write. Once the person may not administer any more, the runner stops, and leaves the other steps as they are. If its
//! process ends, the bulk edit waits until somebody continues it, with their own rights. A lease in the database keeps two nodes from working at
//! the same bulk edit.
//!
//! The trash of a board has limits, and a deletion purges the oldest tasks in it. None of the tasks that people selected is purged by its own bulk
//! edit, or by the undo of it: a deletion that would do that is refused, with final effect under the board's lock ([`Writer::write_keeping`]).

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use app::{
    access::Principal,
    fields::FieldEdit,
    id::{ActorId, BoardId, ColumnId, LabelId, MutationId, TaskId},
    label::Label,
    model::{Priority, Seq, Task},
    new_id,
    ops::{Change, ChangeKind, DeleteTask, Mutation, Op, RestoreTask, UpdateTask, decide, guarded, inverse_of},
    refusal::{Refusal, Thing},
    state::BoardState,
    time::Day,
};
use serde::{Deserialize, Serialize};
use tokio::time::sleep;
use uuid::Uuid;

use crate::{
    clock::now,
    credentials::Credentials,
    store::{BulkEdit, BulkStep, Directory, StepOutcome, Store, StoreError},
    task_copy::copy_of,
    writer::{WriteError, Writer},
};

/// The most tasks of one bulk edit.
pub const MOST_TASKS: usize = 10_000;
/// How many steps are done at a time.
const AT_A_TIME: i64 = 200;
/// For how long a runner has a bulk edit after it worked at it.
pub const LEASE: Duration = Duration::from_secs(15);
/// How often a step is decided anew, because somebody else was faster.
const ATTEMPTS: u32 = 5;
/// For how long a runner tries again while the database is away, before it gives up. Nobody waits for it, so this is longer than a restart takes.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(500);
/// How many labels that were left behind are named.
const MOST_LEFT_BEHIND: usize = 100;
/// For how long a bulk edit can be undone.
pub const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

const GONE: &str = "It does not exist any more.";
const SO_ALREADY: &str = "It was so already.";
const ARCHIVED: &str = "Its board is archived. A manager can bring it back.";
const CHANGED: &str = "Somebody changed it in the meantime.";
const TRASH_FULL: &str = "The trash of its board has no room for it besides the other tasks of this bulk edit: it holds 1,000 tasks or 2 MB. \
                          Nothing that a bulk edit deletes leaves the trash for good by the same bulk edit.";

/// What a bulk edit does to each task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Action {
    /// Moves it to the first column of done tasks.
    Complete,
    /// Moves it back to the column that it came from.
    Reopen,
    /// Moves it to a column, of its board or of another one. On another board it becomes a new task; the old one goes to the trash.
    Move {
        /// The board.
        board: BoardId,
        /// The column.
        column: ColumnId,
        /// The labels that tasks lost on the way, in words, because the board has none like them: see [`Label::is_like`]. They are found while
        /// the tasks are moved.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        left_behind: BTreeSet<String>,
    },
    /// Adds a label of its board.
    AddLabel {
        /// The board.
        board: BoardId,
        /// The label.
        label: LabelId,
    },
    /// Removes a label of its board.
    RemoveLabel {
        /// The board.
        board: BoardId,
        /// The label.
        label: LabelId,
    },
    /// Assigns it to a person as well.
    Assign {
        /// The person.
        person: ActorId,
    },
    /// Takes it from a person.
    Unassign {
        /// The person.
        person: ActorId,
    },
    /// Sets its priority.
    SetPriority {
        /// The priority.
        priority: Priority,
    },
    /// Sets the day on which work begins.
    SetStart {
        /// The day; `None` clears it.
        start: Option<Day>,
    },
    /// Sets the due day.
    SetDue {
        /// The day; `None` clears it.
        due: Option<Day>,
    },
    /// Puts it into the trash.
    Delete,
    /// Takes it out of the trash.
    Restore,
    /// Undoes what another bulk edit did to it.
    Undo,
}

/// A task that a bulk edit is to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// The board.
    pub board: BoardId,
    /// The task.
    pub task: TaskId,
}

/// Why a bulk edit was interrupted.
#[derive(Debug, thiserror::Error)]
enum BulkError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Write(WriteError),
    #[error("it was made by a newer version of Taskwire")]
    Newer,
    #[error("the person who asked for it may not administer this server any more")]
    Stopped,
}

impl BulkError {
    /// Whether it may be gone a moment later. Nothing is lost by trying again: a mutation that was stored is known by its id.
    fn is_transient(&self) -> bool {
        match self {
            Self::Store(error) => !matches!(error, StoreError::Corrupt(_) | StoreError::Newer { .. }),
            Self::Write(_) => true,
            Self::Newer | Self::Stopped => false,
        }
    }
}

/// Runs bulk edits. Cheap to clone.
#[derive(Clone)]
pub struct Bulk {
    shared: Arc<Shared>,
}

struct Shared {
    store: Store,
    writer: Writer,
    /// Identifies this process as a runner.
    runner: Uuid,
    /// The bulk edits that this process works at.
    running: Mutex<HashSet<Uuid>>,
}

impl Shared {
    // A set of ids has no half-done states.
    fn running(&self) -> std::sync::MutexGuard<'_, HashSet<Uuid>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Notes that this process works at a bulk edit, until it is dropped.
struct Running {
    shared: Arc<Shared>,
    id: Uuid,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shared.running().remove(&self.id);
    }
}

impl Bulk {
    /// A runner of this process.
    pub fn new(store: Store, writer: Writer) -> Self {
        Self { shared: Arc::new(Shared { store, writer, runner: new_id(), running: Mutex::default() }) }
    }

    /// Stores a bulk edit and begins with it. If there is one with this id already, nothing is done: the request was repeated.
    pub async fn start(
        &self,
        id: Uuid,
        action: &Action,
        targets: &[Target],
        person: Option<ActorId>,
        by: Credentials,
    ) -> Result<(), StoreError> {
        self.add(id, action, None, &steps(action, targets), person, by).await
    }

    /// Undoes what a bulk edit did, as a bulk edit of its own. Tasks that somebody changed since are left as they are. Returns the id of the
    /// new bulk edit. If it is undone already, this is the id of that undo.
    pub async fn undo(&self, undone: Uuid, person: Option<ActorId>, by: Credentials) -> Result<Uuid, StoreError> {
        // The id follows from the undone one, so that two requests at once are one.
        let id = Uuid::new_v5(&undone, b"undo");
        let steps = undo_steps(self.shared.store.done_bulk_steps(undone).await?);
        self.add(id, &Action::Undo, Some(undone), &steps, person, by).await?;
        Ok(id)
    }

    async fn add(
        &self,
        id: Uuid,
        action: &Action,
        undoes: Option<Uuid>,
        steps: &[BulkStep],
        person: Option<ActorId>,
        by: Credentials,
    ) -> Result<(), StoreError> {
        // An action always serializes.
        let action = serde_json::to_string(action).unwrap_or_default();
        let now = now();
        let edit = BulkEdit { id, person, action, undoes, created_at: now, worked_at: now, finished_at: None };
        if self.shared.store.add_bulk_edit(&edit, steps).await? {
            self.resume(id, by);
        }
        Ok(())
    }

    /// Continues a bulk edit in the background, unless it is finished or somebody works at it.
    pub fn resume(&self, id: Uuid, by: Credentials) {
        if !self.shared.running().insert(id) {
            return;
        }
        let (running, by) = (Running { shared: Arc::clone(&self.shared), id }, by.on_behalf());
        tokio::spawn(async move {
            if let Err(error) = running.shared.run(id, &by).await {
                tracing::warn!(%error, bulk_edit = %id, "a bulk edit was interrupted; it can be continued on its page");
            }
        });
    }
}

impl Shared {
    /// Works at a bulk edit until it is finished, or stops. What fails because the database is away is tried again.
    async fn run(&self, id: Uuid, by: &Credentials) -> Result<(), BulkError> {
        let mut attempts = HashMap::new();
        let mut failing_since: Option<Instant> = None;
        let mut job = None;
        loop {
            let error = match self.next(id, by, &mut job, &mut attempts).await {
                Ok(true) => return Ok(()),
                Ok(false) => {
                    failing_since = None;
                    continue;
                }
                Err(error) => error,
            };
            let since = *failing_since.get_or_insert_with(Instant::now);
            if !error.is_transient() || since.elapsed() > PATIENCE {
                // If this fails too, the lease ends by itself.
                let _ = self.store.release_bulk_edit(id, self.runner).await;
                return Err(error);
            }
            sleep(PAUSE).await;
        }
    }

    async fn job(&self, id: Uuid) -> Result<Option<Job>, BulkError> {
        let Some((edit, _)) = self.store.bulk_edit(id).await? else { return Ok(None) };
        let action = serde_json::from_str(&edit.action).map_err(|_| BulkError::Newer)?;
        let mut first = edit;
        while let Some(undone) = first.undoes {
            // If it is older than the time for which bulk edits are kept, the oldest one that is left has to do.
            let Some((undone, _)) = self.store.bulk_edit(undone).await? else { break };
            first = undone;
        }
        let keeps = Arc::new(self.store.bulk_edit_tasks(first.id).await?);
        Ok(Some(Job { action, keeps }))
    }

    /// Does the next steps. Returns whether there is nothing left to do.
    async fn next(
        &self,
        id: Uuid,
        by: &Credentials,
        job: &mut Option<Job>,
        attempts: &mut HashMap<(i64, i64), u32>,
    ) -> Result<bool, BulkError> {
        if job.is_none() {
            *job = self.job(id).await?;
        }
        let Some(job) = job else { return Ok(true) };
        if !self.store.claim_bulk_edit(id, self.runner, now(), LEASE).await? {
            return Ok(true);
        }
        if !self.store.directory().principal(by, now()).is_some_and(|principal| principal.may_administer()) {
            return Err(BulkError::Stopped);
        }
        let mut steps = self.store.next_bulk_steps(id, AT_A_TIME).await?;
        let Some(first) = steps.first() else {
            self.store.finish_bulk_edit(id, now()).await?;
            return Ok(true);
        };
        // The other steps of the same tasks.
        let (from, to) = (first.position, steps.last().map_or(0, |last| last.position));
        let mut others = self.store.bulk_steps_at(id, 1 - first.phase, from, to).await?;
        let mut decision = Decision { store: &self.store, job, boards: HashMap::new() };
        for step in steps.iter_mut().filter(|step| step.mutation.is_none()) {
            let other = others.iter().find(|other| other.position == step.position);
            match decision.op(step, other).await? {
                Ok(op) => decision.settle(step, op).await?,
                Err(why) => step.outcome = Some(StepOutcome::Refused(why)),
            }
        }
        // What is sent is stored first, so that it can be repeated under the same ids. The others are stored once their first halves are taken
        // back.
        let sent: Vec<BulkStep> = steps.iter().filter(|step| step.outcome.is_none()).cloned().collect();
        self.store.put_bulk_steps(id, &sent).await?;
        let mut failure = self.write(job, by, &mut steps, attempts).await?;
        self.note_labels(id, job, &steps).await?;
        failure = self.take_back(job, by, &mut steps, &mut others).await?.or(failure);
        steps.extend(others);
        self.store.put_bulk_steps(id, &steps).await?;
        failure.map_or(Ok(false), Err)
    }

    /// Hands the mutations to the writer, and notes what came of them. Returns the error if some could not be stored: these have no outcome
    /// yet, and are repeated.
    async fn write(
        &self,
        job: &Job,
        by: &Credentials,
        steps: &mut [BulkStep],
        attempts: &mut HashMap<(i64, i64), u32>,
    ) -> Result<Option<BulkError>, BulkError> {
        let sent = |step: &BulkStep| {
            let mutation = Mutation { id: step.mutation?, op: step.op.clone()? };
            let keeps = Arc::clone(&job.keeps);
            step.outcome.is_none().then(|| self.writer.write_keeping(step.board, mutation, by.clone(), keeps))
        };
        // All are handed over before the first is awaited, so that they share transactions.
        let sent: Vec<_> = steps.iter().map(sent).collect();
        let mut failure = None;
        for (step, answer) in steps.iter_mut().zip(sent) {
            let Some(answer) = answer else { continue };
            match answer.await {
                Ok(accepted) => step.outcome = Some(StepOutcome::Done(accepted.seq)),
                Err(WriteError::Refused(refusal)) if self.is_about_rights(step.board, &refusal).await? => {
                    job.reset(step);
                    failure = Some(BulkError::Stopped);
                }
                Err(WriteError::Refused(refusal)) if job.is_outdated(&refusal) => {
                    let attempts = attempts.entry((step.phase, step.position)).or_default();
                    *attempts += 1;
                    match job.action == Action::Undo || *attempts == ATTEMPTS {
                        true => step.outcome = Some(StepOutcome::Refused(CHANGED.to_owned())),
                        // Somebody else was faster: it is decided anew.
                        false => job.reset(step),
                    }
                }
                Err(WriteError::Refused(Refusal::Full { .. })) if matches!(step.op, Some(Op::DeleteTask(_))) => {
                    step.outcome = Some(StepOutcome::Refused(TRASH_FULL.to_owned()));
                }
                Err(WriteError::Refused(refusal)) => {
                    step.outcome = Some(StepOutcome::Refused(format!("Refused: {refusal}.")));
                }
                Err(error) => failure = failure.or(Some(BulkError::Write(error))),
            }
        }
        Ok(failure)
    }

    /// Notes the labels that the tasks of these steps lost on their way to another board. This is done before the outcomes of the steps are
    /// stored, so that an interruption forgets none.
    async fn note_labels(&self, id: Uuid, job: &mut Job, steps: &[BulkStep]) -> Result<(), BulkError> {
        let Action::Move { board, left_behind, .. } = &mut job.action else { return Ok(()) };
        let before = left_behind.len();
        let Some(to) = self.store.board(*board).await? else { return Ok(()) };
        let is_moved = |step: &&BulkStep| step.needs.is_some() && matches!(step.outcome, Some(StepOutcome::Done(_)));
        for step in steps.iter().filter(is_moved) {
            let Some(from) = self.store.board(step.board).await? else { continue };
            let Some(task) = from.task(step.task).filter(|task| !task.labels.is_empty()) else { continue };
            let room = MOST_LEFT_BEHIND.saturating_sub(left_behind.len());
            left_behind.extend(lost(&from.task_labels(task), &to).take(room));
        }
        if left_behind.len() > before {
            // An action always serializes.
            let action = serde_json::to_string(&job.action).unwrap_or_default();
            self.store.set_bulk_action(id, action).await?;
        }
        Ok(())
    }

    /// Whether a mutation was refused because the person lost their rights. Admins have all rights on every board.
    async fn is_about_rights(&self, board: BoardId, refusal: &Refusal) -> Result<bool, StoreError> {
        Ok(match refusal {
            Refusal::Forbidden => true,
            Refusal::NotFound { what: Thing::Board } => {
                self.store.board(board).await?.is_some_and(|board| board.exists())
            }
            _ => false,
        })
    }

    /// Takes the first steps back of tasks whose second step was refused. Leaves only those first steps in `others`, with their new outcomes. If
    /// one cannot be taken back now, its second step is left without an outcome, so that both are tried again, and the error is returned.
    async fn take_back(
        &self,
        job: &Job,
        by: &Credentials,
        steps: &mut [BulkStep],
        others: &mut Vec<BulkStep>,
    ) -> Result<Option<BulkError>, BulkError> {
        let mut taken_back = Vec::new();
        let mut failure = None;
        for step in steps.iter_mut().filter(|step| step.needs.is_some()) {
            let Some(StepOutcome::Refused(why)) = step.outcome.clone() else { continue };
            let Some(index) = others.iter().position(|other| Some(other.position) == step.needs) else { continue };
            let mut first = others.swap_remove(index);
            let (Some(StepOutcome::Done(seq)), Some(inverse)) = (&first.outcome, &first.inverse) else { continue };
            let mutation = Mutation { id: MutationId(new_id()), op: guarded(inverse.clone(), *seq) };
            let keeps = Arc::clone(&job.keeps);
            match self.writer.write_keeping(first.board, mutation, by.clone(), keeps).await {
                // A task that is gone was taken back by somebody else, or before an interruption.
                Ok(_) | Err(WriteError::Refused(Refusal::NotFound { what: Thing::Task })) => {
                    first.outcome = Some(StepOutcome::Refused(why));
                    taken_back.push(first);
                }
                Err(WriteError::Refused(refusal)) if !self.is_about_rights(first.board, &refusal).await? => {
                    let why = format!("{why} What was done of it stays: {refusal}.");
                    step.outcome = Some(StepOutcome::Refused(why));
                }
                Err(error) => {
                    job.reset(step);
                    step.outcome = None;
                    failure = failure.or(Some(match error {
                        WriteError::Refused(_) => BulkError::Stopped,
                        error => BulkError::Write(error),
                    }));
                }
            }
        }
        *others = taken_back;
        Ok(failure)
    }
}

/// What a runner knows of its bulk edit.
struct Job {
    action: Action,
    /// The tasks that people selected. None of them leaves the trash for good by it.
    keeps: Arc<HashSet<TaskId>>,
}

impl Job {
    /// Forgets what was decided on a step, so that it is decided anew. The operations of an undo were known from the beginning.
    fn reset(&self, step: &mut BulkStep) {
        step.mutation = None;
        step.inverse = None;
        if self.action != Action::Undo {
            step.op = None;
        }
    }

    /// Whether a step was decided on a state that somebody has changed since. On another board, a label of a moved task may be gone by then.
    fn is_outdated(&self, refusal: &Refusal) -> bool {
        match refusal {
            Refusal::Stale { .. } | Refusal::Conflict { .. } => true,
            Refusal::NotFound { what: Thing::Label } => matches!(self.action, Action::Move { .. }),
            _ => false,
        }
    }

    /// Whether a change would purge a task that was selected.
    fn is_too_much(&self, kind: &ChangeKind) -> bool {
        kind.purged().iter().any(|task| self.keeps.contains(task))
    }
}

/// Decides on the operations of some steps, on the current states of the boards. Each is applied to a copy of its board, so that the inverse
/// of the next one starts from there: undone in reverse order, all tasks get back to their places.
struct Decision<'a> {
    store: &'a Store,
    job: &'a Job,
    boards: HashMap<BoardId, Option<Board>>,
}

/// A board that is decided on.
#[derive(Clone)]
struct Board {
    /// The number of its newest change in the log.
    seq: Seq,
    /// Its state, with the operations that were decided on.
    state: Arc<BoardState>,
}

impl Decision<'_> {
    /// The operation of a step, or why there is none.
    async fn op(&mut self, step: &BulkStep, other: Option<&BulkStep>) -> Result<Result<Op, String>, StoreError> {
        if step.needs.is_some() {
            match other.and_then(|other| other.outcome.as_ref()) {
                Some(StepOutcome::Done(_)) => {}
                Some(StepOutcome::Refused(why)) => return Ok(Err(why.clone())),
                None => return Ok(Err(GONE.to_owned())),
            }
        }
        if let Some(op) = &step.op {
            // An undo: its operations were known from the beginning. If the second step would be refused, the first one is not done.
            let second =
                other.filter(|_| step.needs.is_none()).and_then(|other| Some((other.board, other.op.as_ref()?)));
            if let Some((board, second)) = second {
                let Some(state) = self.board(board).await? else { return Ok(Err(GONE.to_owned())) };
                if let Err(refusal) = decide(&state, second) {
                    return Ok(Err(match refusal {
                        Refusal::Stale { .. } | Refusal::Conflict { .. } => CHANGED.to_owned(),
                        refusal => format!("Refused: {refusal}."),
                    }));
                }
                drop(state);
                if !self.apply(board, MutationId(new_id()), second) {
                    return Ok(Err(TRASH_FULL.to_owned()));
                }
            }
            return Ok(Ok(op.clone()));
        }
        Ok(self.new_op(step, other).await?.map_err(str::to_owned))
    }

    /// The operation of a step that is no undo, or why there is none.
    async fn new_op(
        &mut self,
        step: &BulkStep,
        other: Option<&BulkStep>,
    ) -> Result<Result<Op, &'static str>, StoreError> {
        let Some(board) = self.board(step.board).await? else { return Ok(Err(GONE)) };
        let (column, deletion) = match (&self.job.action, other) {
            (Action::Move { column, .. }, Some(other)) => (*column, if step.phase == 0 { other } else { step }),
            _ => return Ok(board.task(step.task).ok_or(GONE).and_then(|task| self.job.action.op(task, &board))),
        };
        let Some(source) = self.board(deletion.board).await? else { return Ok(Err(GONE)) };
        let Some(task) = source.live_task(deletion.task) else { return Ok(Err(GONE)) };
        if step.phase == 0 {
            if source.is_archived() {
                return Ok(Err(ARCHIVED));
            }
            let copy = copy(&self.store.directory(), (&source, task), step.task, column, &board);
            let op = Op::DeleteTask(DeleteTask::of(task.id));
            // Otherwise each step would copy the whole state.
            drop((board, source));
            // Nothing is copied that cannot be deleted afterwards. The later steps of the block find the trash with this task in it.
            let fits = self.apply(deletion.board, MutationId(new_id()), &op);
            return Ok(if fits { Ok(copy) } else { Err(TRASH_FULL) });
        }
        // The copy must have everything that the task has now.
        let Some((copied, target)) = other.and_then(|other| Some((other, other.op.as_ref()?))) else {
            return Ok(Err(GONE));
        };
        let Some(on) = self.board(copied.board).await? else { return Ok(Err(GONE)) };
        let is_same = copy(&self.store.directory(), (&source, task), copied.task, column, &on) == *target;
        Ok(if is_same { Ok(Op::DeleteTask(DeleteTask::of(task.id))) } else { Err(CHANGED) })
    }

    /// Applies an operation to the copy of a board. Returns `false` if it would purge a task that must be kept; then it is not applied.
    fn apply(&mut self, board: BoardId, mutation: MutationId, op: &Op) -> bool {
        let Some(Some(Board { state, .. })) = self.boards.get_mut(&board) else { return true };
        // If it will be refused, the writer says why.
        let Ok(kind) = decide(state, op) else { return true };
        if self.job.is_too_much(&kind) {
            return false;
        }
        let change = Change { seq: state.seq() + 1, at: now(), by: None, mutation, kind };
        // The number is the next one, so there is no gap.
        let _ = Arc::make_mut(state).apply(&change);
        true
    }

    /// Notes the operation of a step, what undoes it, and a new id for its mutation.
    async fn settle(&mut self, step: &mut BulkStep, op: Op) -> Result<(), StoreError> {
        self.board(step.board).await?;
        let Some(Some(Board { seq, state })) = self.boards.get(&step.board) else {
            step.outcome = Some(StepOutcome::Refused(GONE.to_owned()));
            return Ok(());
        };
        let mutation = MutationId(new_id());
        step.inverse = inverse_of(state, &op);
        let guard = match &op {
            Op::DeleteTask(delete) => state.task(delete.task).map_or(0, |task| task.seq),
            _ => *seq,
        };
        if !self.apply(step.board, mutation, &op) {
            step.outcome = Some(StepOutcome::Refused(TRASH_FULL.to_owned()));
            return Ok(());
        }
        // An undo has its guard already: the number of the change that it undoes.
        step.op = Some(if step.op.is_some() { op } else { guarded(op, guard) });
        step.mutation = Some(mutation);
        Ok(())
    }

    async fn board(&mut self, id: BoardId) -> Result<Option<Arc<BoardState>>, StoreError> {
        if !self.boards.contains_key(&id) {
            let state = self.store.board(id).await?.filter(|board| board.exists());
            self.boards.insert(id, state.map(|state| Board { seq: state.seq(), state }));
        }
        Ok(self.boards.get(&id).and_then(Option::as_ref).map(|board| Arc::clone(&board.state)))
    }
}

impl Action {
    /// The operation for a task of the board, or why there is none.
    fn op(&self, task: &Task, board: &BoardState) -> Result<Op, &'static str> {
        if task.is_deleted() != (*self == Self::Restore) {
            return Err(if task.is_deleted() { "It is in the trash." } else { SO_ALREADY });
        }
        let update = UpdateTask::of(task.id);
        let unless = |is_so: bool, update: UpdateTask| if is_so { Err(SO_ALREADY) } else { Ok(Op::UpdateTask(update)) };
        match self {
            // Whether it is completed depends on the board, which decides: completing twice changes nothing.
            Self::Complete => Ok(Op::UpdateTask(UpdateTask { completed: Some(true), ..update })),
            Self::Reopen => Ok(Op::UpdateTask(UpdateTask { completed: Some(false), ..update })),
            Self::Move { column, .. } => unless(task.column == *column, UpdateTask { column: Some(*column), ..update }),
            Self::Assign { person } => {
                unless(task.assignees.contains(person), update.with(FieldEdit::Assign(vec![*person])))
            }
            Self::Unassign { person } => {
                unless(!task.assignees.contains(person), update.with(FieldEdit::Unassign(vec![*person])))
            }
            Self::AddLabel { label, .. } => {
                unless(board.has_label(task, *label), update.with(FieldEdit::AddLabels(vec![*label])))
            }
            Self::RemoveLabel { label, .. } => {
                let ids = board.ids_of_label(task, *label);
                unless(ids.is_empty(), update.with(FieldEdit::RemoveLabels(ids)))
            }
            Self::SetPriority { priority } => {
                unless(task.priority == *priority, update.with(FieldEdit::Priority(*priority)))
            }
            Self::SetStart { start } => unless(task.start == *start, update.with(FieldEdit::Start(*start))),
            Self::SetDue { due } => unless(task.due == *due, update.with(FieldEdit::Due(*due))),
            Self::Delete => Ok(Op::DeleteTask(DeleteTask::of(task.id))),
            Self::Restore => Ok(Op::RestoreTask(RestoreTask::of(task.id))),
            Self::Undo => Err(GONE),
        }
    }
}

/// The label of a board that is like one of another board. If there are several, it is the one that looks the same, or else the first.
fn like<'a>(label: &Label, board: &'a BoardState) -> Option<&'a Arc<Label>> {
    let mut found = board.labels().filter(|other| other.is_like(label));
    let first = found.next()?;
    let is_same = |other: &&Arc<Label>| other.name == label.name && other.looks() == label.looks();
    Some(std::iter::once(first).chain(found).find(is_same).unwrap_or(first))
}

/// Those of some labels that a board has none like, in words.
pub fn lost<'a>(labels: &'a [Arc<Label>], board: &'a BoardState) -> impl Iterator<Item = String> + use<'a> {
    labels.iter().filter(|label| like(label, board).is_none()).map(|label| label.in_words())
}

/// A copy of a task of a board for another board, with its checklists. Of the assigned people, it has those who can see that board, and of
/// the labels those that the board has too.
fn copy(
    directory: &Directory,
    (source, task): (&BoardState, &Task),
    id: TaskId,
    column: ColumnId,
    target: &BoardState,
) -> Op {
    let sees = |person: &ActorId| {
        let account = directory.account(*person).filter(|account| account.is_active());
        let principal = account.map(|account| Principal::person(account.id, account.role));
        principal.is_some_and(|principal| principal.role_on(target.id(), target.access()).is_some())
    };
    let label = |label: &Label| like(label, target).map(|label| label.id);
    Op::CreateTask(copy_of((source, task), (id, column), sees, label))
}

/// The steps of a bulk edit. A move to another board is two: a copy there, and the deletion here, which needs the copy.
fn steps(action: &Action, targets: &[Target]) -> Vec<BulkStep> {
    let mut steps = Vec::with_capacity(targets.len());
    for (position, Target { board, task }) in (0..).zip(targets) {
        match action {
            Action::Move { board: to, .. } if to != board => {
                steps.push(BulkStep::of(0, position, *to, TaskId(new_id())));
                let deletion = BulkStep::of(1, position, *board, *task);
                steps.push(BulkStep { needs: Some(position), ..deletion });
            }
            Action::Move { .. } => steps.push(BulkStep::of(1, position, *board, *task)),
            _ => steps.push(BulkStep::of(0, position, *board, *task)),
        }
    }
    steps
}

/// The steps that undo steps that were done, in reverse order. Of the two steps of a task the second one is undone first, and the first one only if
/// that worked: so the undo of a move brings the old task back before it deletes the copy.
fn undo_steps(done: Vec<BulkStep>) -> Vec<BulkStep> {
    let last = done.iter().map(|step| step.position).max().unwrap_or_default();
    let seconds: HashSet<i64> = done.iter().filter_map(|step| step.needs).collect();
    let undo = |step: BulkStep| {
        let (Some(StepOutcome::Done(seq)), Some(inverse)) = (step.outcome, step.inverse) else { return None };
        let op = Some(guarded(inverse, seq));
        let position = last - step.position;
        let is_first = step.needs.is_none() && seconds.contains(&step.position);
        let (phase, needs) = if is_first { (1, Some(position)) } else { (0, None) };
        Some(BulkStep { needs, op, ..BulkStep::of(phase, position, step.board, step.task) })
    };
    let mut steps: Vec<BulkStep> = done.into_iter().filter_map(undo).collect();
    steps.sort_by_key(|step| (step.phase, step.position));
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_undo_restores_the_old_task_before_it_deletes_the_copy() {
        let (from, to) = (new_id::<BoardId>(), new_id::<BoardId>());
        let targets: Vec<Target> = (0..3).map(|_| Target { board: from, task: new_id() }).collect();
        let done = |step: BulkStep| BulkStep {
            inverse: Some(Op::DeleteTask(DeleteTask::of(step.task))),
            outcome: Some(StepOutcome::Done(7)),
            ..step
        };
        let action = Action::Move { board: to, column: new_id(), left_behind: BTreeSet::new() };
        let moved: Vec<BulkStep> = steps(&action, &targets).into_iter().map(done).collect();
        let undo = undo_steps(moved.clone());
        let restored: Vec<_> = undo.iter().filter(|step| step.phase == 0).map(|step| step.task).collect();
        assert_eq!(restored, targets.iter().rev().map(|target| target.task).collect::<Vec<_>>());
        assert!(undo.iter().all(|step| step.board == if step.phase == 0 { from } else { to }));
        assert!(undo.iter().all(|step| step.needs == (step.phase == 1).then_some(step.position)));
        // The redo goes the first way again: the copies before the deletions.
        let redo = undo_steps(undo.into_iter().map(done).collect());
        let order = |steps: &[BulkStep]| {
            let mut order: Vec<_> =
                steps.iter().map(|step| (step.phase, step.position, step.task, step.needs)).collect();
            order.sort();
            order
        };
        assert_eq!(order(&redo), order(&moved));
    }
}
