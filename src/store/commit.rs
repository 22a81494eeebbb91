//! A group of writes, decided and stored in one transaction.
//!
//! 1. Lock the rows of the boards, in the order of their ids, so that two nodes never wait for each other. From here on
//!    nobody else can add to these boards: commit order is number order, and a rollback leaves no hole.
//! 2. Bring what is known of the boards up to date: from the log, if other nodes wrote meanwhile.
//! 3. Look up which mutations were seen before, and which new tasks exist already, in one query each.
//! 4. Decide each write on the state that the ones before it leave. A refused one changes nothing.
//! 5. Write the rows that were touched, once each, and the changes; commit.
//!
//! Nothing is kept in memory before the commit succeeded, so a transaction that fails leaves no trace there either.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use app::{
    board::{Applied, BoardState, Touched, decide},
    change::{Change, ChangeKind},
    id::{BoardId, MutationId, TaskId},
    model::{Column, Seq, Task},
    mutation::{Op, Refusal, Thing},
    time::Timestamp,
};
use sqlx::{AnyConnection, Connection, Row};

use super::{
    Accepted, Committed, LoggedChange, Store, StoreError, Write,
    cache::{Cache, catch_up},
    connect::{Database, Engine},
    rows::{self, BoardRow, ChangeRow},
    sql::fetch_by_ids,
};

/// The one connection that writes.
pub(super) struct Lane {
    /// `None` after a failure, until it is needed again.
    connection: Option<AnyConnection>,
    closed: bool,
}

impl Lane {
    pub fn new(connection: AnyConnection) -> Self {
        Self { connection: Some(connection), closed: false }
    }

    /// Takes the connection out, or makes a new one. Whoever is done with it puts it back; where something goes wrong it
    /// is dropped instead, and its transaction with it.
    pub async fn take(&mut self, database: &Database) -> Result<AnyConnection, StoreError> {
        if self.closed {
            return Err(sqlx::Error::PoolClosed.into());
        }
        match self.connection.take() {
            Some(connection) => Ok(connection),
            None => Ok(database.writer().await?),
        }
    }

    pub fn put_back(&mut self, connection: AnyConnection) {
        self.connection = Some(connection);
    }

    pub async fn close(&mut self) {
        self.closed = true;
        if let Some(connection) = self.connection.take() {
            // What was committed is durable; how the goodbye went does not matter.
            let _ = connection.close().await;
        }
    }
}

impl Store {
    /// Does a group of writes in one transaction; durable when this returns. Only [`crate::writer::Writer`] calls it.
    pub(crate) async fn commit(&self, writes: &[Write]) -> Result<Committed, StoreError> {
        let shared = &*self.shared;
        let mut lane = shared.lane.lock().await;
        let mut connection = lane.take(&shared.database).await?;
        let engine = shared.database.engine;
        let mut transaction = connection.begin_with(engine.begin_write()).await?;
        let mut group = Group::lock(&mut transaction, engine, &shared.cache, writes).await?;
        let decided: Vec<_> = writes.iter().map(|write| group.decide(write)).collect::<Result<_, _>>()?;
        group.store(&mut transaction).await?;
        transaction.commit().await?;
        lane.put_back(connection);
        Ok(group.finish(&shared.cache, writes, decided))
    }
}

/// The boards of a group of writes, locked, and what is known about them.
struct Group {
    boards: BTreeMap<BoardId, Working>,
    /// Mutations that were accepted before, by an earlier transaction or by this one.
    seen: HashMap<MutationId, Seen>,
    /// The boards of tasks that writes of this group want to make, where they exist already.
    taken: HashMap<TaskId, BoardId>,
}

/// A board in the middle of a transaction.
struct Working {
    state: Arc<BoardState>,
    /// The time of its newest change.
    changed_at: Timestamp,
    touched: Touched,
    changes: Vec<ChangeRow>,
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
        connection: &mut AnyConnection,
        engine: Engine,
        cache: &Cache,
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
            let (state, changed_at) = match heads.get(&id) {
                Some((head, changed_at)) => (current(connection, cache, id, *head).await?, *changed_at),
                None => (Arc::new(BoardState::empty(id)), Timestamp::from_millis(0)),
            };
            boards.insert(id, Working { state, changed_at, touched: Touched::default(), changes: Vec::new() });
        }
        let seen = seen(connection, writes).await?;
        let taken = taken(connection, writes).await?;
        Ok(Self { boards, seen, taken })
    }

    /// Decides a write on the state that the ones before it left, and applies it there.
    fn decide(&mut self, write: &Write) -> Result<Result<Decided, Refusal>, StoreError> {
        let Write { board, mutation, actor, at } = write;
        let fingerprint = fingerprint(*board, &mutation.op)?;
        if let Some(seen) = self.seen.get(&mutation.id) {
            return Ok(if seen.fingerprint == fingerprint {
                Ok(Decided { seq: seen.seq, repeated: true })
            } else {
                Err(Refusal::IdReused)
            });
        }
        if let Op::CreateTask(create) = &mutation.op
            && self.taken.get(&create.task).is_some_and(|taken| taken != board)
        {
            return Ok(Err(Refusal::Exists { what: Thing::Task }));
        }
        let working = self.boards.get_mut(board).ok_or(StoreError::Raced)?;
        let kind = match decide(&working.state, &mutation.op) {
            Ok(kind) => kind,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if let ChangeKind::TaskCreated { task, .. } = &kind {
            self.taken.insert(*task, *board);
        }
        let seq = working.state.seq() + 1;
        working.changed_at = working.changed_at.max(*at);
        let change = Change { seq, at: working.changed_at, by: *actor, mutation: mutation.id, kind };
        let Applied::New(touched) = Arc::make_mut(&mut working.state).apply(&change).map_err(StoreError::corrupt)?
        else {
            return Err(StoreError::corrupt(format_args!("change {seq} of board {board} is known already")));
        };
        working.touched.merge(touched);
        let json = serde_json::to_vec(&change).map_err(StoreError::corrupt)?.into();
        let logged = LoggedChange { seq, json };
        working.changes.push(ChangeRow { board: *board, at: change.at, mutation: mutation.id, fingerprint, logged });
        self.seen.insert(mutation.id, Seen { fingerprint, seq });
        Ok(Ok(Decided { seq, repeated: false }))
    }

    /// Writes what was touched. Boards come first: the other rows refer to them.
    async fn store(&self, connection: &mut AnyConnection) -> Result<(), StoreError> {
        let mut boards: Vec<BoardRow<'_>> = Vec::new();
        let mut columns: Vec<(BoardId, &Column)> = Vec::new();
        let mut gone = Vec::new();
        let mut tasks: Vec<(BoardId, &Task)> = Vec::new();
        for (id, Working { state, changed_at, touched, changes }) in &self.boards {
            if changes.is_empty() {
                continue;
            }
            boards.push(BoardRow { state, changed_at: *changed_at });
            for column in &touched.columns {
                match state.column(*column) {
                    Some(column) => columns.push((*id, column)),
                    None => gone.push((*id, *column)),
                }
            }
            tasks.extend(touched.tasks.iter().filter_map(|task| Some((*id, &**state.task(*task)?))));
        }
        rows::put_boards(connection, &boards).await?;
        rows::put_columns(connection, &columns).await?;
        for (board, column) in gone {
            rows::remove_column(connection, board, column).await?;
        }
        rows::put_tasks(connection, &tasks).await?;
        let changes: Vec<&ChangeRow> = self.boards.values().flat_map(|working| &working.changes).collect();
        rows::append_changes(connection, &changes).await
    }

    /// After the commit: what came of the writes, for everybody to see.
    fn finish(self, cache: &Cache, writes: &[Write], decided: Vec<Result<Decided, Refusal>>) -> Committed {
        let outcomes = writes
            .iter()
            .zip(decided)
            .map(|(write, decided)| {
                let Decided { seq, repeated } = decided?;
                let board = Arc::clone(&self.boards[&write.board].state);
                Ok(Accepted { mutation: write.mutation.id, seq, repeated, board })
            })
            .collect();
        let mut changes = Vec::new();
        let mut boards_changed = false;
        for (id, working) in self.boards {
            if !working.changes.is_empty() {
                boards_changed |= working.touched.board;
                changes.push((id, working.changes.into_iter().map(|change| change.logged).collect()));
            }
            if working.state.seq() > 0 {
                cache.put(&working.state);
            }
        }
        Committed { outcomes, changes, boards_changed }
    }
}

/// A locked board as it is after change `head`, its newest.
async fn current(
    connection: &mut AnyConnection,
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
async fn seen(connection: &mut AnyConnection, writes: &[Write]) -> Result<HashMap<MutationId, Seen>, StoreError> {
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
async fn taken(connection: &mut AnyConnection, writes: &[Write]) -> Result<HashMap<TaskId, BoardId>, StoreError> {
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

/// Tells a repeated request from another one under the same id: 64 bits of FNV-1a over the board and the request as JSON.
/// It is stored, so it must stay the same for ever. It is no defence against someone who looks for collisions, and need
/// not be: whoever does only gets an answer to a request of his own.
fn fingerprint(board: BoardId, op: &Op) -> Result<i64, StoreError> {
    let json = serde_json::to_vec(op).map_err(StoreError::corrupt)?;
    let hash =
        board.0.as_bytes().iter().chain(&json).fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
    Ok(hash as i64)
}
