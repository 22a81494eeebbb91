//! A group of writes, decided and stored in one transaction.
//!
//! 1. Lock the rows of the boards, in the order of their ids, so that two nodes never wait for each other. From here on
//!    nobody else can add to these boards: commit order is number order, and a rollback leaves no hole.
//! 2. Bring what is known of the boards up to date: from the log, if other nodes wrote meanwhile.
//! 3. Look up which mutations were seen before, and which new tasks exist already, in one query each.
//! 4. Look whether its sender may do it, and decide each write on the state that the ones before it leave. A refused one changes nothing.
//! 5. Write the rows that were touched, once each, and the changes; commit.
//!
//! Nothing is kept in memory before the commit succeeded, so a transaction that fails leaves no trace there either.

use std::{
    collections::{BTreeMap, HashMap},
    io,
    sync::Arc,
};

use app::{
    board::{Applied, BoardState, Touched, decide},
    change::{Change, ChangeKind},
    history::Told,
    id::{BoardId, MutationId, TaskId},
    model::{Column, Seq, Task},
    mutation::{Op, Refusal, Thing},
    time::Timestamp,
};
use sqlx::Row;

use super::{
    Accepted, Committed, Directory, LoggedChange, Store, StoreError, Write,
    cache::{Cache, catch_up},
    connect::Engine,
    connection::Connection,
    rows::{self, BoardRow, ChangeRow},
    sql::fetch_by_ids,
};

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
        Ok(if state.seq() == current.seq() { state } else { current.clone() })
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
        let engine = shared.database.engine;
        let mut group = Group::lock(&mut transaction, engine, &shared.cache, self.directory(), writes).await?;
        let decided: Vec<_> = {
            let mut spares = shared.spares();
            writes.iter().map(|write| group.decide(write, &mut spares.0)).collect::<Result<_, _>>()?
        };
        group.store(&mut transaction).await?;
        transaction.commit().await?;
        let (committed, spares) = group.finish(&shared.cache, writes, decided);
        shared.spares().keep(spares);
        Ok(committed)
    }
}

/// The boards of a group of writes, locked, and what is known about them.
struct Group {
    /// Who may do what.
    directory: Arc<Directory>,
    boards: BTreeMap<BoardId, Working>,
    /// Mutations that were accepted before, by an earlier transaction or by this one.
    seen: HashMap<MutationId, Seen>,
    /// The boards of tasks that writes of this group want to make, where they exist already.
    taken: HashMap<TaskId, BoardId>,
}

/// A board in the middle of a transaction.
struct Working {
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

struct Seen {
    fingerprint: i64,
    seq: Seq,
}

/// An accepted write: its number, and whether it had been accepted before.
struct Decided {
    seq: Seq,
    repeated: bool,
}

impl Group {
    async fn lock(
        connection: &mut Connection,
        engine: Engine,
        cache: &Cache,
        directory: Arc<Directory>,
        writes: &[Write],
    ) -> Result<Self, StoreError> {
        let mut ids: Vec<BoardId> = writes.iter().map(|write| write.board).collect();
        ids.sort_unstable();
        ids.dedup();
        let texts: Vec<String> = ids.iter().map(ToString::to_string).collect();
        let select = "SELECT id, seq, changed_at FROM boards WHERE id";
        let mut heads: HashMap<BoardId, (Seq, Timestamp)> = HashMap::new();
        for row in fetch_by_ids(connection, select, engine.lock_rows(), &texts).await? {
            let changed_at = Timestamp::from_millis(row.try_get(2)?);
            heads.insert(rows::id(row.try_get(0)?)?, (rows::seq(row.try_get(1)?)?, changed_at));
        }
        let mut boards = BTreeMap::new();
        for id in ids {
            let (before, changed_at) = match heads.get(&id) {
                Some((head, changed_at)) => (current(connection, cache, id, *head).await?, *changed_at),
                None => (Arc::new(BoardState::empty(id)), Timestamp::from_millis(0)),
            };
            boards.insert(id, Working::on(before, changed_at));
        }
        let seen = seen(connection, writes).await?;
        let taken = taken(connection, writes).await?;
        Ok(Self { directory, boards, seen, taken })
    }

    /// Decides a write on the state that the ones before it left, and applies it there.
    fn decide(
        &mut self,
        write: &Write,
        spares: &mut HashMap<BoardId, Spare>,
    ) -> Result<Result<Decided, Refusal>, StoreError> {
        let Write { board, mutation, by, at } = write;
        let working = self.boards.get_mut(board).ok_or(StoreError::Raced)?;
        let permitted = self.directory.permit(by, *at, working.state(), &mutation.op);
        let fingerprint = fingerprint(*board, &mutation.op)?;
        if let Some(seen) = self.seen.get(&mutation.id) {
            return Ok(match permitted {
                // Whoever left the board may still hear that they did.
                Err(refusal) if !self.directory.leaves(by, *at, &mutation.op) => Err(refusal),
                _ if seen.fingerprint == fingerprint => Ok(Decided { seq: seen.seq, repeated: true }),
                _ => Err(Refusal::IdReused),
            });
        }
        let asker = match permitted {
            Ok(asker) => asker,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if let Err(refusal) = self.directory.know(working.state(), &mutation.op) {
            return Ok(Err(refusal));
        }
        if let Op::CreateTask(create) = &mutation.op
            && self.taken.get(&create.task).is_some_and(|taken| taken != board)
        {
            return Ok(Err(Refusal::Exists { what: Thing::Task }));
        }
        let kind = match decide(working.state(), &mutation.op) {
            Ok(kind) => kind,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if let ChangeKind::TaskCreated { task, .. } = &kind {
            self.taken.insert(*task, *board);
        }
        let after = match &mut working.after {
            Some(after) => after,
            none => none.insert(Spare::renew(spares.remove(board), &working.before)?),
        };
        let seq = after.seq() + 1;
        working.changed_at = working.changed_at.max(*at);
        let change = Change { seq, at: working.changed_at, by: asker.person, mutation: mutation.id, kind };
        let told = serde_json::to_string(&Told::of(after, &change.kind)).map_err(StoreError::corrupt)?;
        let Applied::New(touched) = after.apply(&change).map_err(StoreError::corrupt)? else {
            return Err(StoreError::corrupt(format_args!("change {seq} of board {board} is known already")));
        };
        working.touched.merge(touched);
        let mut json = Vec::with_capacity(USUAL_CHANGE_BYTES);
        serde_json::to_writer(&mut json, &change).map_err(StoreError::corrupt)?;
        let logged = LoggedChange { seq, json: json.into() };
        let (at, task) = (change.at, change.kind.task());
        working.rows.push(ChangeRow { board: *board, at, mutation: mutation.id, fingerprint, logged, task, told });
        working.changes.push(change);
        self.seen.insert(mutation.id, Seen { fingerprint, seq });
        Ok(Ok(Decided { seq, repeated: false }))
    }

    /// Writes what was touched. Boards come first: the other rows refer to them.
    async fn store(&self, connection: &mut Connection) -> Result<(), StoreError> {
        let mut boards: Vec<BoardRow<'_>> = Vec::new();
        let mut columns: Vec<(BoardId, &Column)> = Vec::new();
        let mut gone = Vec::new();
        let mut shared = Vec::new();
        let mut tasks: Vec<(BoardId, &Task)> = Vec::new();
        for (id, Working { after, changed_at, touched, .. }) in &self.boards {
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
            tasks.extend(touched.tasks.iter().filter_map(|task| Some((*id, &**state.task(*task)?))));
        }
        rows::put_boards(connection, &boards).await?;
        for state in shared {
            rows::put_members(connection, state).await?;
        }
        rows::put_columns(connection, &columns).await?;
        for (board, column) in gone {
            rows::remove_column(connection, board, column).await?;
        }
        rows::put_tasks(connection, &tasks).await?;
        let changes: Vec<&ChangeRow> = self.boards.values().flat_map(|working| &working.rows).collect();
        rows::append_changes(connection, &changes).await
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
        (Committed { outcomes, changes, boards_changed }, spares)
    }
}

impl Working {
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

/// Which of the mutations were accepted before.
async fn seen(connection: &mut Connection, writes: &[Write]) -> Result<HashMap<MutationId, Seen>, StoreError> {
    let ids: Vec<String> = writes.iter().map(|write| write.mutation.id.to_string()).collect();
    fetch_by_ids(connection, "SELECT mutation, fingerprint, seq FROM changes WHERE mutation", "", &ids)
        .await?
        .iter()
        .map(|row| {
            let seen = Seen { fingerprint: row.try_get(1)?, seq: rows::seq(row.try_get(2)?)? };
            Ok((rows::id(row.try_get(0)?)?, seen))
        })
        .collect()
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
