//! Boards, tasks and the numbered log of changes, in SQLite or PostgreSQL.

use std::{collections::HashMap, sync::Arc};

use app::{
    board::BoardState,
    id::{ActorId, BoardId, MutationId, TaskId},
    model::{BoardSummary, Seq},
    mutation::{Mutation, Refusal},
    time::Timestamp,
};
use bytes::Bytes;

/// A change as it is stored and sent: encoded once, when it was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedChange {
    /// Its number.
    pub seq: Seq,
    /// The [`app::change::Change`] as JSON (UTF-8).
    pub json: Bytes,
}

/// What is missing after a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// The changes that follow, oldest first, without a hole; empty if there are none. At most as many as asked for.
    Changes(Vec<LoggedChange>),
    /// The log no longer reaches back that far (or the number is ahead of the log): only a snapshot helps.
    Trimmed,
}

/// A request to the one write path.
#[derive(Clone, Debug)]
pub struct Write {
    /// Which board.
    pub board: BoardId,
    /// What to do.
    pub mutation: Mutation,
    /// Who asks.
    pub actor: Option<ActorId>,
    /// When the server took it in.
    pub at: Timestamp,
}

/// A write that is durable.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// Its request.
    pub mutation: MutationId,
    /// The number of its change.
    pub seq: Seq,
    /// Whether the same mutation had been accepted before, so that nothing was changed now.
    pub repeated: bool,
    /// The board directly after the transaction (which may contain later writes of the same group).
    pub board: Arc<BoardState>,
}

/// The database cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct StoreError(#[from] pub sqlx::Error);

/// A database of boards. Cheap to clone.
#[derive(Clone)]
pub struct Store {}

/// What came of a group of writes.
pub struct Committed {
    /// An outcome for each write, in order.
    pub outcomes: Vec<Result<Accepted, Refusal>>,
    /// The new changes, by board, in order.
    pub changes: Vec<(BoardId, Vec<LoggedChange>)>,
    /// Whether the list of boards (ids, names) is not what it was.
    pub boards_changed: bool,
}

#[allow(unused_variables, clippy::todo, clippy::unused_async)]
impl Store {
    /// x
    pub async fn open(url: &str, synchronous: crate::settings::SqliteSynchronous) -> Result<Self, StoreError> {
        todo!()
    }

    /// All boards that were not deleted, newest first.
    pub async fn boards(&self) -> Result<Vec<BoardSummary>, StoreError> {
        todo!()
    }

    /// A board as it is now; `None` if there never was one. A deleted one has [`BoardState::deleted_at`].
    pub async fn board(&self, id: BoardId) -> Result<Option<Arc<BoardState>>, StoreError> {
        todo!()
    }

    /// What happened on a board after a change.
    pub async fn changes_after(&self, board: BoardId, after: Seq, limit: usize) -> Result<Missing, StoreError> {
        todo!()
    }

    /// The newest numbers of some boards, in one query. Boards that do not exist are missing; deleted ones are not.
    pub async fn heads(&self, boards: &[BoardId]) -> Result<HashMap<BoardId, Seq>, StoreError> {
        todo!()
    }

    /// The board a task is on.
    pub async fn board_of(&self, task: TaskId) -> Result<Option<BoardId>, StoreError> {
        todo!()
    }

    /// Does a group of writes in one transaction; durable when this returns. Only [`crate::writer::Writer`] calls it.
    pub(crate) async fn commit(&self, writes: &[Write]) -> Result<Committed, StoreError> {
        todo!()
    }

    /// Deletes log entries older than a time, but never the newest of a board. Tells how many.
    pub async fn trim_log(&self, before: Timestamp) -> Result<u64, StoreError> {
        todo!()
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        todo!()
    }
}
