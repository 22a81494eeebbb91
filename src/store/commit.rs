//! A group of writes, decided and stored in one transaction.
//!
//! 1. Lock the rows of the boards, in the order of their ids, so that two nodes never wait for each other. From here on
//!    nobody else can add to these boards: commit order is number order, and a rollback leaves no hole. (A transaction that
//!    its node has given up, but whose commit is still on the way, has these locks as well: it is over when we go on.)
//! 2. Bring what is known of the boards up to date: from the log, if other nodes wrote meanwhile.
//! 3. Look up which mutations were answered before (`answers`), and which new tasks exist already, in one query each.
//! 4. Look who may do what, as new as the transaction: whether its sender may do it, and decide each write on the state that the
//!    ones before it leave. A refused one changes nothing, and is refused for good.
//! 5. Write the rows that were touched, once each, the changes and the refusals; commit.
//!
//! Nothing is kept in memory before the commit succeeded, so a transaction that fails leaves no trace there either.

use std::{
    collections::{BTreeMap, HashMap, hash_map::Entry},
    io,
    sync::Arc,
};

use app::{
    id::{ActorId, BoardId, MutationId, TaskId},
    model::{Column, Seq, Task},
    ops::{Applied, Change, ChangeKind, Op, UpdateTask, decide},
    refusal::{Refusal, Thing},
    state::{BoardState, MAX_BOARDS_OF_ONE, Touched},
    time::Timestamp,
};
use sqlx::Row;

use super::{
    Accepted, Committed, Directory, LoggedChange, Store, StoreError, Write,
    accounts::share_links::Links,
    answers::{Answer, Answers, Refused, put_refused},
    cache::{Cache, catch_up},
    connect::Engine,
    connection::Connection,
    rows::{self, BoardRow, ChangeRow},
    sql::{fetch_by_ids, query},
};
use crate::clock::now;

/// How far the clocks of nodes that write to one board may be apart. Within that, times of a board do not go backwards.
const SKEW_MS: i64 = 60_000;

/// The most tasks, on all boards together, in states that are kept for being written to.
const MOST_SPARE_TASKS: usize = 100_000;

/// What most changes fit into as JSON, so that few are moved while they are written.
const USUAL_CHANGE_BYTES: usize = 512;

/// States that are kept for the next transactions.
#[derive(Default)]
pub(super) struct Spares(HashMap<BoardId, Spare>);

/// The state of a board from before the last transaction. By the next one its readers have mostly let go of it, so that it
/// can be brought up to date and written to, where the current one, which everybody reads, would have to be copied whole.
struct Spare {
    state: Arc<BoardState>,
    /// What happened since.
    changes: Vec<Change>,
}

impl Spares {
    /// Keeps states for the next transactions.
    fn keep(&mut self, spares: HashMap<BoardId, Spare>) {
        self.0.extend(spares);
        let tasks = |spare: &Spare| spare.state.tasks().size_hint().0 + spare.changes.len();
        if self.0.values().map(tasks).sum::<usize>() > MOST_SPARE_TASKS {
            self.0.clear();
        }
    }
}

impl Spare {
    /// A state equal to `current` that nobody else has: this one, if it can be had, or else a copy.
    fn renew(spare: Option<Self>, current: &BoardState) -> Result<BoardState, StoreError> {
        let Some(Self { state, changes }) = spare else { return Ok(current.clone()) };
        let Ok(mut state) = Arc::try_unwrap(state) else { return Ok(current.clone()) };
        for change in &changes {
            state.apply(change).map_err(StoreError::corrupt)?;
        }
        // Another node may have written meanwhile.
        Ok(if state.seq() == current.seq() && state.is_whole() { state } else { current.clone() })
    }
}

impl Store {
    /// Does a group of writes in one transaction; durable when this returns. Only [`crate::writer::Writer`] calls it.
    pub(crate) async fn commit(&self, writes: &[Write]) -> Result<Committed, StoreError> {
        self.shared.writes.note(self.try_commit(writes).await)
    }

    async fn try_commit(&self, writes: &[Write]) -> Result<Committed, StoreError> {
        let shared = &*self.shared;
        let mut transaction = shared.writer.begin().await?;
        let mut group = Group::lock(&mut transaction, self, writes).await?;
        let decided: Vec<_> = {
            let mut spares = shared.spares();
            writes.iter().map(|write| group.decide(write, &mut spares.0)).collect::<Result<_, _>>()?
        };
        group.store(&mut transaction).await?;
        transaction.commit().await?;
        drop(transaction);
        let (committed, spares) = group.finish(&shared.cache, writes, decided);
        shared.spares().keep(spares);
        if committed.rights_changed
            && let Err(error) = self.reload_directory().await
        {
            tracing::warn!(%error, "it is heard of late who may do what");
        }
        Ok(committed)
    }
}

/// The boards of a group of writes, locked, and what is known about them.
struct Group {
    /// Who may do what, as new as the transaction.
    directory: Arc<Directory>,
    /// When it is decided.
    now: Timestamp,
    boards: BTreeMap<BoardId, WorkingCopy>,
    /// What mutations were answered before, by an earlier transaction or by this one.
    answers: Answers,
    /// What this one refuses for good.
    refused: Vec<Refused>,
    /// The boards of tasks that writes of this group want to make, where they exist already.
    taken: HashMap<TaskId, BoardId>,
    /// The share links that writes of this group name.
    links: Links,
    /// How many boards those manage who want to make one.
    managed: HashMap<ActorId, usize>,
}

/// A board in the middle of a transaction.
struct WorkingCopy {
    /// As it was before.
    before: Arc<BoardState>,
    /// As the writes so far leave it, once one was accepted.
    after: Option<BoardState>,
    /// The time of its newest change.
    changed_at: Timestamp,
    touched: Touched,
    changes: Vec<Change>,
    rows: Vec<ChangeRow>,
}

/// An accepted write: its number, and whether it had been accepted before.
struct Decided {
    seq: Seq,
    repeated: bool,
}

impl Group {
    async fn lock(connection: &mut Connection, store: &Store, writes: &[Write]) -> Result<Self, StoreError> {
        let (engine, cache) = (store.shared.database.engine, &store.shared.cache);
        let mut ids: Vec<BoardId> = writes.iter().map(|write| write.board).collect();
        ids.sort_unstable();
        ids.dedup();
        let mut heads = lock_boards(connection, engine, &ids).await?;
        let new: Vec<BoardId> = ids.iter().filter(|id| !heads.contains_key(id)).copied().collect();
        if engine == Engine::Postgres && !new.is_empty() {
            // There is no row to lock, so it is done by name; then another may have made it while we waited.
            for board in &new {
                let name = board.0.as_u64_pair().1 as i64;
                query("SELECT CAST(pg_advisory_xact_lock($1) AS TEXT)").bind(name).execute(&mut *connection).await?;
            }
            heads.extend(lock_boards(connection, engine, &new).await?);
        }
        let mut boards = BTreeMap::new();
        for id in ids {
            let (before, changed_at) = match heads.get(&id) {
                Some((head, changed_at)) => (current(connection, cache, id, *head).await?, *changed_at),
                None => (Arc::new(BoardState::empty(id)), Timestamp::from_millis(0)),
            };
            boards.insert(id, WorkingCopy::on(before, changed_at));
        }
        let ids: Vec<MutationId> = writes.iter().map(|write| write.mutation.id).collect();
        let answers = Answers::to(connection, &ids).await?;
        let taken = taken(connection, writes).await?;
        let links = Links::read(connection, writes).await?;
        let managed = managed(connection, &store.directory(), writes).await?;
        // Asked for last, when nothing waits any more: whoever was shut out while these writes waited is.
        let directory = store.directory_in(connection).await?;
        Ok(Self { directory, now: now(), boards, answers, refused: Vec::new(), taken, links, managed })
    }

    /// Decides a write on the state that the ones before it left, and applies it there; or says what it was answered before.
    fn decide(
        &mut self,
        write: &Write,
        spares: &mut HashMap<BoardId, Spare>,
    ) -> Result<Result<Decided, Refusal>, StoreError> {
        let Write { board, mutation, by, at } = write;
        let working = self.boards.get_mut(board).ok_or(StoreError::Raced)?;
        let permitted = self.directory.permit(by, self.now, working.state(), &mutation.op);
        let fingerprint = fingerprint(*board, &mutation.op)?;
        if let Some((known, answer)) = self.answers.get(mutation.id) {
            return Ok(match (permitted, answer) {
                // Whoever left the board may still hear that they did.
                (Err(refusal), _) if !self.directory.leaves(by, self.now, &mutation.op) => Err(refusal),
                _ if known != fingerprint => Err(Refusal::IdReused),
                (_, Answer::Accepted(seq)) => Ok(Decided { seq: *seq, repeated: true }),
                (_, Answer::Refused(refusal)) => Err(refused_again(refusal, working.state(), &mutation.op)),
            });
        }
        if self.answers.may_be_forgotten(mutation.id) {
            return Ok(Err(Refusal::Expired));
        }
        let judged = permitted.and_then(|principal| {
            self.directory.know(working.state(), &mutation.op)?;
            if let Op::CreateTask(create) = &mutation.op
                && self.taken.get(&create.task).is_some_and(|taken| taken != board)
            {
                return Err(Refusal::Exists { what: Thing::Task });
            }
            self.links.check(*board, &mutation.op, &self.directory, principal.person)?;
            if let Op::CreateBoard(_) = &mutation.op
                && principal.person.is_some_and(|person| self.managed.get(&person) >= Some(&MAX_BOARDS_OF_ONE))
                && !working.state().exists()
            {
                return Err(Refusal::Full { what: Thing::Board, limit: MAX_BOARDS_OF_ONE as u32 });
            }
            Ok((principal, decide(working.state(), &mutation.op)?))
        });
        let (principal, kind) = match judged {
            Ok(judged) => judged,
            Err(refusal) => {
                // One who cannot ever do anything here leaves no rows behind: it stays refused all the same.
                if by.has_account() {
                    let id = mutation.id;
                    self.answers.add(id, fingerprint, Answer::Refused(refusal.clone()));
                    self.refused.push(Refused { mutation: id, fingerprint, refusal: refusal.clone(), at: *at });
                }
                return Ok(Err(refusal));
            }
        };
        if let ChangeKind::BoardCreated(_) = &kind
            && let Some(managed) = principal.person.and_then(|person| self.managed.get_mut(&person))
        {
            *managed += 1;
        }
        if let ChangeKind::TaskCreated(created) = &kind {
            self.taken.insert(created.task, *board);
        }
        let after = match &mut working.after {
            Some(after) => after,
            none => none.insert(Spare::renew(spares.remove(board), &working.before)?),
        };
        let seq = after.seq() + 1;
        working.changed_at = not_before(working.changed_at, *at);
        let change = Change { seq, at: working.changed_at, by: principal.person, mutation: mutation.id, kind };
        let activity = serde_json::to_string(&change.kind.activity(after)).map_err(StoreError::corrupt)?;
        let Applied::New(touched) = after.apply(&change).map_err(StoreError::corrupt)? else {
            return Err(StoreError::corrupt(format_args!("change {seq} of board {board} is known already")));
        };
        working.touched.merge(touched);
        self.links.note(*board, &mutation.op, &change);
        let mut json = Vec::with_capacity(USUAL_CHANGE_BYTES);
        serde_json::to_writer(&mut json, &change).map_err(StoreError::corrupt)?;
        let logged = LoggedChange { seq, json: json.into() };
        let (at, task) = (change.at, change.kind.task());
        working.rows.push(ChangeRow { board: *board, at, mutation: mutation.id, fingerprint, logged, task, activity });
        working.changes.push(change);
        self.answers.add(mutation.id, fingerprint, Answer::Accepted(seq));
        Ok(Ok(Decided { seq, repeated: false }))
    }

    /// Writes what was touched. Boards come first: the other rows refer to them.
    async fn store(&self, connection: &mut Connection) -> Result<(), StoreError> {
        let mut boards: Vec<BoardRow<'_>> = Vec::new();
        let mut columns: Vec<(BoardId, &Column)> = Vec::new();
        let mut gone = Vec::new();
        let mut shared = Vec::new();
        let mut tasks: Vec<(BoardId, &Task)> = Vec::new();
        let mut purged = Vec::new();
        for (id, WorkingCopy { after, changed_at, touched, .. }) in &self.boards {
            let Some(state) = after else { continue };
            boards.push(BoardRow { state, changed_at: *changed_at });
            if touched.access {
                shared.push(state);
            }
            for column in &touched.columns {
                match state.column(*column) {
                    Some(column) => columns.push((*id, column)),
                    None => gone.push((*id, *column)),
                }
            }
            for task in &touched.tasks {
                match state.task(*task) {
                    Some(task) => tasks.push((*id, &**task)),
                    None => purged.push((*id, *task)),
                }
            }
        }
        rows::put_boards(connection, &boards).await?;
        for state in shared {
            rows::put_members(connection, state).await?;
        }
        let listed = self.boards.iter().filter(|(_, working)| working.touched.board || working.touched.access);
        rows::renew_listing(connection, listed.map(|(id, _)| *id).collect()).await?;
        rows::put_columns(connection, &columns).await?;
        for (board, column) in gone {
            rows::remove_column(connection, board, column).await?;
        }
        rows::put_tasks(connection, &tasks).await?;
        self.links.store(connection).await?;
        for (board, task) in purged {
            rows::remove_task(connection, board, task).await?;
        }
        let changes: Vec<&ChangeRow> = self.boards.values().flat_map(|working| &working.rows).collect();
        rows::append_changes(connection, &changes).await?;
        put_refused(connection, &self.refused).await
    }

    /// After the commit: what came of the writes, for everybody to see, and what to keep for the next transaction.
    fn finish(
        self,
        cache: &Cache,
        writes: &[Write],
        decided: Vec<Result<Decided, Refusal>>,
    ) -> (Committed, HashMap<BoardId, Spare>) {
        let mut states = HashMap::new();
        let mut changes = Vec::new();
        let mut boards_changed = false;
        let mut spares = HashMap::new();
        for (id, working) in self.boards {
            let state = match working.after {
                Some(after) => {
                    boards_changed |= working.touched.board || working.touched.access;
                    changes.push((id, working.rows.into_iter().map(|row| row.logged).collect()));
                    spares.insert(id, Spare { state: working.before, changes: working.changes });
                    Arc::new(after)
                }
                None => working.before,
            };
            if state.seq() > 0 {
                cache.put(&state);
            }
            states.insert(id, state);
        }
        let accept = |(write, decided): (&Write, Result<Decided, Refusal>)| {
            let Decided { seq, repeated } = decided?;
            Ok(Accepted { mutation: write.mutation.id, seq, repeated, board: Arc::clone(&states[&write.board]) })
        };
        let outcomes = writes.iter().zip(decided).map(accept).collect();
        (Committed { outcomes, changes, boards_changed, rights_changed: self.links.have_changed() }, spares)
    }
}

impl WorkingCopy {
    fn on(before: Arc<BoardState>, changed_at: Timestamp) -> Self {
        let (touched, changes, rows) = Default::default();
        Self { before, after: None, changed_at, touched, changes, rows }
    }

    fn state(&self) -> &BoardState {
        self.after.as_ref().unwrap_or(&self.before)
    }
}

/// A locked board as it is after change `head`, its newest.
async fn current(
    connection: &mut Connection,
    cache: &Cache,
    id: BoardId,
    head: Seq,
) -> Result<Arc<BoardState>, StoreError> {
    if let Some(state) = cache.get(id) {
        if state.seq() > head {
            // An older copy of the database was put in its place.
            cache.forget(id);
        } else if state.seq() == head {
            return Ok(state);
        } else if let Some(state) = catch_up(connection, state, head).await? {
            return Ok(state);
        }
    }
    let state = rows::load(connection, id).await?;
    state.map(Arc::new).ok_or_else(|| StoreError::corrupt(format_args!("board {id} went away while it was locked")))
}

/// The numbers and times of the newest changes of those of the boards that exist, whose rows it locks.
async fn lock_boards(
    connection: &mut Connection,
    engine: Engine,
    ids: &[BoardId],
) -> Result<HashMap<BoardId, (Seq, Timestamp)>, StoreError> {
    let texts: Vec<String> = ids.iter().map(ToString::to_string).collect();
    fetch_by_ids(connection, "SELECT id, seq, changed_at FROM boards WHERE id", engine.lock_rows(), &texts)
        .await?
        .iter()
        .map(|row| {
            let changed_at = Timestamp::from_millis(row.try_get(2)?);
            Ok((rows::id(row.try_get(0)?)?, (rows::seq(row.try_get(1)?)?, changed_at)))
        })
        .collect()
}

/// When to say that something happens which comes after something else: not earlier, unless that is because a clock that was
/// ahead has been set right. Then its time ends with it, and does not stick to all that follows.
fn not_before(earlier: Timestamp, now: Timestamp) -> Timestamp {
    if earlier.as_millis() - now.as_millis() > SKEW_MS { now } else { now.max(earlier) }
}

/// What to say to a mutation that was refused before: what is wrong with it now, or else what was wrong then.
fn refused_again(then: &Refusal, state: &BoardState, op: &Op) -> Refusal {
    match (decide(state, op), then, op) {
        (Err(now), ..) => now,
        // Their text is not kept with the refusal; what it is now is of more use anyway.
        (Ok(_), Refusal::Conflict { field, seq, .. }, Op::UpdateTask(UpdateTask { task, .. })) => {
            let theirs = state.task(*task).and_then(|task| field.of(task)).map(str::to_owned);
            Refusal::Conflict { field: *field, theirs: theirs.unwrap_or_default(), seq: *seq }
        }
        _ => then.clone(),
    }
}

/// Where the tasks are that these writes want to make, if they exist.
async fn taken(connection: &mut Connection, writes: &[Write]) -> Result<HashMap<TaskId, BoardId>, StoreError> {
    let ids: Vec<String> = writes
        .iter()
        .filter_map(|write| match &write.mutation.op {
            Op::CreateTask(create) => Some(create.task.to_string()),
            _ => None,
        })
        .collect();
    fetch_by_ids(connection, "SELECT id, board FROM tasks WHERE id", "", &ids)
        .await?
        .iter()
        .map(|row| Ok((rows::id(row.try_get(0)?)?, rows::id(row.try_get(1)?)?)))
        .collect()
}

/// How many boards those manage who want to make one.
async fn managed(
    connection: &mut Connection,
    directory: &Directory,
    writes: &[Write],
) -> Result<HashMap<ActorId, usize>, StoreError> {
    let mut managed = HashMap::new();
    for write in writes.iter().filter(|write| matches!(write.mutation.op, Op::CreateBoard(_))) {
        let Some(person) = directory.principal(&write.by, write.at).and_then(|principal| principal.person) else {
            continue;
        };
        if let Entry::Vacant(unknown) = managed.entry(person) {
            unknown.insert(rows::count_managed(connection, person).await?);
        }
    }
    Ok(managed)
}

/// Tells a repeated request from another one under the same id: a hash of the board and the request as JSON. It is stored,
/// so it must stay the same for ever. It is no defence against someone who looks for collisions, and need not be: whoever
/// does only gets an answer to a request of his own.
fn fingerprint(board: BoardId, op: &Op) -> Result<i64, StoreError> {
    let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
    hash.add(board.0.as_bytes());
    serde_json::to_writer(&mut hash, op).map_err(StoreError::corrupt)?;
    Ok(hash.0 as i64)
}

/// 64 bits of FNV-1a over what is written to it.
struct Fnv(u64);

impl Fnv {
    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

impl io::Write for Fnv {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.add(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
