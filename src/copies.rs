//! Copies of boards: columns, labels and, if wanted, tasks with their checklists, on a new board of whoever copies. Comments, history,
//! members and share links stay with the old one.
//!
//! A copy is ordinary mutations through the one write path. Their ids, and those of everything that they create, are derived from the id of
//! the request. So whoever repeats a request that was interrupted gets the rest, and not a second copy.

use std::sync::Arc;

use app::{
    access::Principal,
    id::{BoardId, ColumnId, LabelId, MutationId, TaskId},
    label::Label,
    model::Task,
    ops::{CreateBoard, CreateLabel, DeleteBoard, Mutation, NewColumn, Op, UpdateBoard},
    refusal::{Refusal, Thing},
    state::BoardState,
};
use uuid::{Builder, Uuid};

use crate::{
    clock::now,
    credentials::Credentials,
    store::{Accepted, Store},
    task_copy::copy_of,
    writer::{Sequence, WriteError, Writer},
};

/// How many tasks are in the queue of the writer at a time: others wait only shortly.
const AT_A_TIME: usize = 100;

/// What to copy.
#[derive(Clone, Debug)]
pub struct Copying {
    /// The board.
    pub board: BoardId,
    /// The id of the request.
    pub id: MutationId,
    /// The name of the copy.
    pub name: String,
    /// Whether its tasks are copied, too.
    pub tasks: bool,
}

/// Copies a board that the principal may see. Continues when the caller does not wait any more.
pub async fn copy_board(
    store: &Store,
    writer: &Writer,
    credentials: &Credentials,
    copying: Copying,
) -> Result<Arc<BoardState>, WriteError> {
    let principal = store.directory().principal(credentials, now()).unwrap_or_else(Principal::stranger);
    let source = store.board(copying.board).await.map_err(|error| WriteError::Unavailable(error.to_string()))?;
    let sees = |board: &BoardState| board.exists() && principal.role_on(board.id(), board.access()).is_some();
    let source = source.filter(|board| sees(board)).ok_or(Refusal::not_found(Thing::Board))?;
    let copy = Copy {
        board: BoardId(copying.id.0),
        ids: Ids(copying.id.0),
        writes: writer.sequence(),
        credentials: credentials.clone(),
        store: store.clone(),
        source,
        copying,
    };
    let copied = tokio::spawn(copy.run());
    copied.await.unwrap_or_else(|error| Err(WriteError::Unavailable(error.to_string())))
}

/// A copy that is being made.
struct Copy {
    board: BoardId,
    ids: Ids,
    writes: Sequence,
    credentials: Credentials,
    store: Store,
    source: Arc<BoardState>,
    copying: Copying,
}

impl Copy {
    async fn run(self) -> Result<Arc<BoardState>, WriteError> {
        // Refused if the id is that of a board that is there already, which then is not this copy's to delete.
        let created = self.create().await?;
        let filled = self.fill(created).await;
        if let Err(WriteError::Refused(refusal)) = &filled {
            // Something in it is not possible any more, so it cannot be completed.
            tracing::debug!(%refusal, "a board was not copied");
            let _ = self.write("undone", self.board.0, Op::DeleteBoard(DeleteBoard::default())).await;
        }
        filled
    }

    /// Creates the board with its columns.
    async fn create(&self) -> Result<Accepted, WriteError> {
        let columns = self.source.columns().map(|column| NewColumn {
            id: self.column(column.id),
            name: column.name.clone(),
            kind: column.kind,
        });
        let create = CreateBoard { name: self.copying.name.clone(), columns: columns.collect(), everyone: None };
        let create = Mutation { id: self.copying.id, op: Op::CreateBoard(create) };
        self.writes.write(self.board, create, self.credentials.clone()).await
    }

    fn column(&self, of: ColumnId) -> ColumnId {
        ColumnId(self.ids.of("column", of.0))
    }

    /// Puts into it what was created empty.
    async fn fill(&self, created: Accepted) -> Result<Arc<BoardState>, WriteError> {
        let (source, mut last) = (&*self.source, created);
        if source.hue().is_some() || !source.description().is_empty() {
            let (hue, description) = (Some(source.hue()), Some(source.description().to_owned()));
            let look = UpdateBoard { hue, description, ..UpdateBoard::default() };
            last = self.write("look", self.board.0, Op::UpdateBoard(look)).await?;
        }
        let label_id = |label: &Label| LabelId(self.ids.of("label", label.id.0));
        for label in source.labels() {
            let create = CreateLabel {
                tone: label.tone,
                pattern: label.pattern,
                description: label.description.clone(),
                ..CreateLabel::of(label_id(label), label.name.clone(), label.hue)
            };
            last = self.write("label", label.id.0, Op::CreateLabel(create)).await?;
        }
        let directory = self.store.directory();
        let copy = Arc::clone(&last.board);
        let sees = |person: &app::id::ActorId| {
            let account = directory.account(*person).filter(|account| account.is_active());
            let principal = account.map(|account| Principal::person(account.id, account.role));
            principal.is_some_and(|principal| principal.role_on(copy.id(), copy.access()).is_some())
        };
        let tasks: Vec<&Arc<Task>> = match self.copying.tasks {
            true => source.columns().flat_map(|column| source.column_tasks(column.id)).collect(),
            false => Vec::new(),
        };
        for block in tasks.chunks(AT_A_TIME) {
            let writes = block.iter().map(|task| {
                let id = TaskId(self.ids.of("task", task.id.0));
                let column = self.column(task.column);
                let create = copy_of((source, task), (id, column), sees, |label| Some(label_id(label)));
                self.write("task", task.id.0, Op::CreateTask(create))
            });
            // All are in the queue before the first is waited for.
            let writes: Vec<_> = writes.collect();
            for write in writes {
                last = write.await?;
            }
        }
        Ok(last.board)
    }

    fn write(&self, what: &str, of: Uuid, op: Op) -> impl Future<Output = Result<Accepted, WriteError>> + Send + use<> {
        let id = MutationId(self.ids.of(&format!("{what} mutation"), of));
        self.writes.write(self.board, Mutation { id, op }, self.credentials.clone())
    }
}

/// The ids of what is created: each follows from the id of the request and from what it is a copy of.
struct Ids(Uuid);

impl Ids {
    /// Ids say when they were made, like that of the request.
    fn of(&self, what: &str, of: Uuid) -> Uuid {
        let hash = Uuid::new_v5(&Uuid::new_v5(&self.0, what.as_bytes()), of.as_bytes());
        let (seconds, nanos) = self.0.get_timestamp().map(|at| at.to_unix()).unwrap_or_default();
        let mut bits = [0; 10];
        bits.copy_from_slice(&hash.as_bytes()[6..]);
        Builder::from_unix_timestamp_millis(seconds * 1000 + u64::from(nanos / 1_000_000), &bits).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_a_copy_follow_from_the_request() {
        let (request, task): (Uuid, Uuid) = (app::new_id(), app::new_id());
        let id = Ids(request).of("task", task);
        assert_eq!((id, id.get_version_num()), (Ids(request).of("task", task), 7));
        assert_eq!(id.as_bytes()[..6], request.as_bytes()[..6]);
        assert_ne!(id, Ids(request).of("label", task));
        assert_ne!(id, Ids(app::new_id()).of("task", task));
    }
}
