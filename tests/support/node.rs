//! A store with its writer, as one server has them, and helpers for using them.

use app::{
    fields::FieldEdit,
    id::{BoardId, ColumnId, MutationId, TaskId},
    model::{ColumnKind, Seq},
    ops::{CreateBoard, CreateTask, DeleteTask, Mutation, NewColumn, Op, RestoreTask, UpdateTask},
    refusal::Refusal,
    state::BoardState,
};
use std::sync::Arc;
use taskwire::{
    credentials::Credentials,
    hub::Hub,
    store::{Accepted, Missing, Store},
    writer::{WriteError, Writer},
};

use super::database::Database;

#[derive(Clone)]
pub struct Node {
    pub store: Store,
    pub writer: Writer,
}

/// A board that was just created.
#[derive(Clone)]
pub struct NewBoard {
    pub id: BoardId,
    /// To do, Doing and Done.
    pub columns: [ColumnId; 3],
}

impl Node {
    pub async fn on(database: &Database) -> Self {
        Self::with(database.open().await)
    }

    pub fn with(store: Store) -> Self {
        let writer = Writer::start(store.clone(), Hub::new(store.clone()));
        Self { store, writer }
    }

    /// Closes the writer and the store, as a server does when it stops.
    pub async fn close(self) {
        self.writer.close().await;
        self.store.close().await;
    }

    pub async fn create_board(&self) -> NewBoard {
        let board = NewBoard { id: app::new_id::<BoardId>(), columns: [new_column(), new_column(), new_column()] };
        self.accepted(board.id, board.create()).await;
        board
    }

    pub async fn create_task(&self, board: BoardId, title: &str) -> TaskId {
        let task = new_task();
        self.accepted(board, create(task, title)).await;
        task
    }

    /// Writes an operation with a fresh mutation id.
    pub async fn write(&self, board: BoardId, op: Op) -> Result<Accepted, WriteError> {
        self.writer.write(board, mutation(op), Credentials::local()).await
    }

    /// Writes an operation that must be accepted.
    pub async fn accepted(&self, board: BoardId, op: Op) -> Accepted {
        self.write(board, op).await.expect("the write is accepted")
    }

    /// Writes an operation that must be refused.
    pub async fn refused(&self, board: BoardId, op: Op) -> Refusal {
        match self.write(board, op).await {
            Err(WriteError::Refused(refusal)) => refusal,
            other => panic!("should have been refused: {other:?}"),
        }
    }

    pub async fn board(&self, id: BoardId) -> Arc<BoardState> {
        self.store.board(id).await.expect("the board can be read").expect("there is such a board")
    }

    /// The change numbers in the log of a board.
    pub async fn numbers(&self, board: BoardId) -> Vec<Seq> {
        match self.store.changes_after(board, 0, usize::MAX).await.expect("the log can be read") {
            Missing::Changes(changes) => changes.iter().map(|change| change.seq).collect(),
            Missing::Trimmed => panic!("the log was trimmed"),
        }
    }

    /// The state that results from the whole log of a board.
    pub async fn replayed(&self, board: BoardId) -> BoardState {
        let Missing::Changes(changes) = self.store.changes_after(board, 0, usize::MAX).await.expect("the log") else {
            panic!("the log was trimmed");
        };
        let mut state = BoardState::empty(board);
        for change in changes {
            state.apply(&serde_json::from_slice(&change.json).expect("a change")).expect("no gap");
        }
        state
    }
}

impl Node {
    /// The same for a board from before there were keys and numbers, which its log lacks: with those of its rows.
    pub async fn replayed_and_numbered(&self, board: BoardId) -> BoardState {
        let mut state = self.replayed(board).await;
        let rows = self.board(board).await;
        state.adopt_numbers(&rows);
        state
    }
}

impl NewBoard {
    pub fn create(&self) -> Op {
        let kinds = [("To do", ColumnKind::Open), ("Doing", ColumnKind::Active), ("Done", ColumnKind::Done)];
        let columns = self.columns.iter().zip(kinds);
        Op::CreateBoard(CreateBoard {
            name: "Plans".to_owned(),
            columns: columns.map(|(id, (name, kind))| NewColumn { id: *id, name: name.to_owned(), kind }).collect(),
            everyone: None,
        })
    }
}

pub fn new_task() -> TaskId {
    app::new_id::<TaskId>()
}

pub fn new_column() -> ColumnId {
    app::new_id::<ColumnId>()
}

pub fn mutation(op: Op) -> Mutation {
    Mutation { id: app::new_id::<MutationId>(), op }
}

pub fn create(task: TaskId, title: &str) -> Op {
    Op::CreateTask(CreateTask::of(task, title))
}

pub fn rename(task: TaskId, title: &str) -> Op {
    Op::UpdateTask(UpdateTask::of(task).with(FieldEdit::Title(title.to_owned())))
}

pub fn delete(task: TaskId) -> Op {
    Op::DeleteTask(DeleteTask::of(task))
}

pub fn restore(task: TaskId) -> Op {
    Op::RestoreTask(RestoreTask::of(task))
}
