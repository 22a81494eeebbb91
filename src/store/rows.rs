//! The model as rows, and rows as the model.

use std::{str::FromStr, sync::Arc};

use app::{
    access::{BoardAccess, BoardRole},
    id::{ActorId, BoardId, ColumnId, MutationId, TaskId},
    model::{BoardSummary, Column, ColumnKind, Priority, Seq, Task},
    ops::Change,
    rank::Rank,
    state::{BoardState, Contents, Snapshot},
    time::{DueDate, Timestamp},
};
use sqlx::{Row, any::AnyRow};

use super::{
    LoggedChange, StoreError,
    connection::Connection,
    sql::{Insert, Statement, query},
};

/// A board's own row, as a transaction leaves it.
pub(super) struct BoardRow<'a> {
    pub state: &'a BoardState,
    /// The time of its newest change.
    pub changed_at: Timestamp,
}

const PUT_BOARDS: Insert = Insert {
    into: "INSERT INTO boards (id, name, seq, created_at, changed_at, deleted_at, everyone, name_seq)",
    width: 8,
    on_conflict: " ON CONFLICT (id) DO UPDATE SET name = excluded.name, seq = excluded.seq, \
                  created_at = excluded.created_at, changed_at = excluded.changed_at, deleted_at = excluded.deleted_at, \
                  everyone = excluded.everyone, name_seq = excluded.name_seq",
};

const PUT_MEMBERS: Insert =
    Insert { into: "INSERT INTO board_members (board, person, role)", width: 3, on_conflict: "" };

const PUT_COLUMNS: Insert = Insert {
    into: "INSERT INTO columns (board, id, name, kind, rank, seq)",
    width: 6,
    on_conflict: " ON CONFLICT (board, id) DO UPDATE SET name = excluded.name, kind = excluded.kind, \
                  rank = excluded.rank, seq = excluded.seq",
};

/// A row of another board's is left as it is: see [`put_tasks`].
const PUT_TASKS: Insert = Insert {
    into: "INSERT INTO tasks (id, board, title, description, column_id, rank, priority, due, reopen_column, \
           created_at, created_by, updated_at, updated_by, deleted_at, seq, title_seq, description_seq, \
           priority_seq, due_seq, place_seq, assignees, assignees_seq)",
    width: 22,
    on_conflict: " ON CONFLICT (id) DO UPDATE SET title = excluded.title, description = excluded.description, \
                  column_id = excluded.column_id, rank = excluded.rank, priority = excluded.priority, \
                  due = excluded.due, reopen_column = excluded.reopen_column, updated_at = excluded.updated_at, \
                  updated_by = excluded.updated_by, deleted_at = excluded.deleted_at, seq = excluded.seq, \
                  title_seq = excluded.title_seq, description_seq = excluded.description_seq, \
                  priority_seq = excluded.priority_seq, due_seq = excluded.due_seq, place_seq = excluded.place_seq, \
                  assignees = excluded.assignees, assignees_seq = excluded.assignees_seq \
                  WHERE tasks.board = excluded.board",
};

const APPEND_CHANGES: Insert = Insert {
    into: "INSERT INTO changes (board, seq, at, mutation, fingerprint, json, task, told)",
    width: 8,
    on_conflict: "",
};

/// Writes the boards' own rows.
pub(super) async fn put_boards(connection: &mut Connection, boards: &[BoardRow<'_>]) -> Result<(), StoreError> {
    let bind = |query: Statement, BoardRow { state, changed_at }: &BoardRow<'_>| {
        query
            .bind(state.id().to_string())
            .bind(state.name())
            .bind(state.seq() as i64)
            .bind(state.created_at().as_millis())
            .bind(changed_at.as_millis())
            .bind(state.deleted_at().map(Timestamp::as_millis))
            .bind(state.access().everyone.map(BoardRole::as_str))
            .bind(state.name_seq() as i64)
    };
    PUT_BOARDS.run(connection, boards, bind).await?;
    Ok(())
}

/// Writes who the members of a board are now.
pub(super) async fn put_members(connection: &mut Connection, state: &BoardState) -> Result<(), StoreError> {
    let board = state.id().to_string();
    query("DELETE FROM board_members WHERE board = $1").bind(board.as_str()).execute(&mut *connection).await?;
    let members: Vec<_> = state.access().members.iter().collect();
    let bind = |query: Statement, (person, role): &(&ActorId, &BoardRole)| {
        query.bind(board.clone()).bind(person.to_string()).bind(role.as_str())
    };
    PUT_MEMBERS.run(connection, &members, bind).await?;
    Ok(())
}

/// Has these boards listed anew: they came, went, or got another name or other people. Each such change waits for the one before,
/// so that revisions are committed in their order.
pub(super) async fn renew_listing(connection: &mut Connection, boards: Vec<BoardId>) -> Result<(), StoreError> {
    if boards.is_empty() {
        return Ok(());
    }
    query("UPDATE board_list SET revision = revision + 1").execute(&mut *connection).await?;
    for board in boards {
        query("UPDATE boards SET listed = (SELECT revision FROM board_list) WHERE id = $1")
            .bind(board.to_string())
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// How many boards somebody manages.
pub(super) async fn count_managed(connection: &mut Connection, person: ActorId) -> Result<usize, StoreError> {
    let row = query(
        "SELECT COUNT(*) FROM board_members JOIN boards ON boards.id = board_members.board \
         WHERE board_members.person = $1 AND board_members.role = 'manager' AND boards.deleted_at IS NULL",
    )
    .bind(person.to_string())
    .fetch_one(connection)
    .await?;
    Ok(usize::try_from(row.try_get::<i64, _>(0)?).unwrap_or_default())
}

/// Writes columns as they are now.
pub(super) async fn put_columns(connection: &mut Connection, columns: &[(BoardId, &Column)]) -> Result<(), StoreError> {
    let bind = |query: Statement, (board, column): &(BoardId, &Column)| {
        query
            .bind(board.to_string())
            .bind(column.id.to_string())
            .bind(column.name.as_str())
            .bind(column.kind.as_str())
            .bind(column.rank.as_str())
            .bind(column.seq as i64)
    };
    PUT_COLUMNS.run(connection, columns, bind).await?;
    Ok(())
}

/// Deletes a column.
pub(super) async fn remove_column(
    connection: &mut Connection,
    board: BoardId,
    column: ColumnId,
) -> Result<(), StoreError> {
    query("DELETE FROM columns WHERE board = $1 AND id = $2")
        .bind(board.to_string())
        .bind(column.to_string())
        .execute(connection)
        .await?;
    Ok(())
}

/// Writes tasks as they are now. Where another node has just made one of the same id on another board, that one stays as
/// it is, and this is a race.
pub(super) async fn put_tasks(connection: &mut Connection, tasks: &[(BoardId, &Task)]) -> Result<(), StoreError> {
    let bind = |query: Statement, (board, task): &(BoardId, &Task)| {
        query
            .bind(task.id.to_string())
            .bind(board.to_string())
            .bind(task.title.as_str())
            .bind(task.description.as_str())
            .bind(task.column.to_string())
            .bind(task.rank.as_str())
            .bind(task.priority.as_str())
            .bind(task.due.map(|due| due.to_string()))
            .bind(task.reopen_column.map(|id| id.to_string()))
            .bind(task.created_at.as_millis())
            .bind(task.created_by.map(|id| id.to_string()))
            .bind(task.updated_at.as_millis())
            .bind(task.updated_by.map(|id| id.to_string()))
            .bind(task.deleted_at.map(Timestamp::as_millis))
            .bind(task.seq as i64)
            .bind(task.title_seq as i64)
            .bind(task.description_seq as i64)
            .bind(task.priority_seq as i64)
            .bind(task.due_seq as i64)
            .bind(task.place_seq as i64)
            .bind(task.assignees.iter().map(ActorId::to_string).collect::<Vec<_>>().join(" "))
            .bind(task.assignees_seq as i64)
    };
    let written = PUT_TASKS.run(connection, tasks, bind).await?;
    if written != tasks.len() as u64 { Err(StoreError::Raced) } else { Ok(()) }
}

/// Deletes a task for good.
pub(super) async fn remove_task(connection: &mut Connection, board: BoardId, task: TaskId) -> Result<(), StoreError> {
    query("DELETE FROM tasks WHERE board = $1 AND id = $2")
        .bind(board.to_string())
        .bind(task.to_string())
        .execute(connection)
        .await?;
    Ok(())
}

/// A change as it is logged.
pub(super) struct ChangeRow {
    pub board: BoardId,
    pub at: Timestamp,
    pub mutation: MutationId,
    pub fingerprint: i64,
    pub logged: LoggedChange,
    pub task: Option<TaskId>,
    /// What it did, as JSON: [`app::activity::Told`].
    pub told: String,
}

/// Appends to the log.
pub(super) async fn append_changes(connection: &mut Connection, changes: &[&ChangeRow]) -> Result<(), StoreError> {
    let bind = |query: Statement, change: &&ChangeRow| {
        query
            .bind(change.board.to_string())
            .bind(change.logged.seq as i64)
            .bind(change.at.as_millis())
            .bind(change.mutation.to_string())
            .bind(change.fingerprint)
            // It is JSON, so it is UTF-8.
            .bind(String::from_utf8_lossy(&change.logged.json).into_owned())
            .bind(change.task.map(|id| id.to_string()))
            .bind(change.told.clone())
    };
    APPEND_CHANGES.run(connection, changes, bind).await?;
    Ok(())
}

/// Loads a board from its rows. The connection must be in a transaction whose reads see one moment, or hold the lock of
/// the board's row.
pub(super) async fn load(connection: &mut Connection, id: BoardId) -> Result<Option<BoardState>, StoreError> {
    let board = query("SELECT name, seq, created_at, deleted_at, everyone, name_seq FROM boards WHERE id = $1")
        .bind(id.to_string())
        .fetch_optional(&mut *connection)
        .await?;
    let Some(board) = board else { return Ok(None) };
    let members = query("SELECT person, role FROM board_members WHERE board = $1")
        .bind(id.to_string())
        .fetch_all(&mut *connection)
        .await?;
    let columns = query("SELECT id, name, kind, rank, seq FROM columns WHERE board = $1")
        .bind(id.to_string())
        .fetch_all(&mut *connection)
        .await?;
    let tasks = query(
        "SELECT id, title, description, column_id, rank, priority, due, reopen_column, created_at, created_by, \
         updated_at, updated_by, deleted_at, seq, title_seq, description_seq, priority_seq, due_seq, place_seq, \
         assignees, assignees_seq FROM tasks WHERE board = $1",
    )
    .bind(id.to_string())
    .fetch_all(&mut *connection)
    .await?;
    let snapshot = Snapshot {
        board: id,
        seq: seq(board.try_get(1)?)?,
        state: Contents {
            name: board.try_get(0)?,
            name_seq: seq(board.try_get(5)?)?,
            created_at: Timestamp::from_millis(board.try_get(2)?),
            deleted_at: board.try_get::<Option<i64>, _>(3)?.map(Timestamp::from_millis),
            access: BoardAccess {
                everyone: everyone(board.try_get(4)?)?,
                members: members.iter().map(member).collect::<Result<_, _>>()?,
            },
            columns: columns.iter().map(column).collect::<Result<_, _>>()?,
            tasks: tasks.iter().map(task).collect::<Result<_, _>>()?,
        },
    };
    Ok(Some(snapshot.into()))
}

/// What everyone is on a board, as it is stored.
pub(super) fn everyone(role: Option<&str>) -> Result<Option<BoardRole>, StoreError> {
    role.map(board_role).transpose()
}

/// A row of `person, role`.
fn member(row: &AnyRow) -> Result<(ActorId, BoardRole), StoreError> {
    Ok((id(row.try_get(0)?)?, board_role(row.try_get(1)?)?))
}

/// A role on a board, as it is stored.
pub(super) fn board_role(role: &str) -> Result<BoardRole, StoreError> {
    BoardRole::parse(role).ok_or_else(|| StoreError::corrupt(format_args!("`{role}` in the place of a role")))
}

fn column(row: &AnyRow) -> Result<Arc<Column>, StoreError> {
    let kind: &str = row.try_get(2)?;
    Ok(Arc::new(Column {
        id: id(row.try_get(0)?)?,
        name: row.try_get(1)?,
        kind: ColumnKind::parse(kind).ok_or_else(|| StoreError::corrupt(format_args!("a column of kind `{kind}`")))?,
        rank: Rank::from_stored(row.try_get(3)?),
        seq: seq(row.try_get(4)?)?,
    }))
}

fn task(row: &AnyRow) -> Result<Arc<Task>, StoreError> {
    let priority: &str = row.try_get(5)?;
    let due: Option<&str> = row.try_get(6)?;
    Ok(Arc::new(Task {
        id: id(row.try_get(0)?)?,
        title: row.try_get(1)?,
        description: row.try_get(2)?,
        column: id(row.try_get(3)?)?,
        rank: Rank::from_stored(row.try_get(4)?),
        priority: Priority::parse(priority)
            .ok_or_else(|| StoreError::corrupt(format_args!("a task of priority `{priority}`")))?,
        due: due
            .map(|due| DueDate::parse(due).ok_or_else(|| StoreError::corrupt(format_args!("a task due on `{due}`"))))
            .transpose()?,
        assignees: row.try_get::<&str, _>(19)?.split_whitespace().map(id).collect::<Result<_, _>>()?,
        reopen_column: optional_id(row.try_get(7)?)?,
        created_at: Timestamp::from_millis(row.try_get(8)?),
        created_by: optional_id(row.try_get(9)?)?,
        updated_at: Timestamp::from_millis(row.try_get(10)?),
        updated_by: optional_id(row.try_get(11)?)?,
        deleted_at: row.try_get::<Option<i64>, _>(12)?.map(Timestamp::from_millis),
        seq: seq(row.try_get(13)?)?,
        title_seq: seq(row.try_get(14)?)?,
        description_seq: seq(row.try_get(15)?)?,
        priority_seq: seq(row.try_get(16)?)?,
        due_seq: seq(row.try_get(17)?)?,
        place_seq: seq(row.try_get(18)?)?,
        assignees_seq: seq(row.try_get(20)?)?,
    }))
}

/// A row of `id, name, seq, created_at, …`.
pub(super) fn summary(row: &AnyRow) -> Result<BoardSummary, StoreError> {
    Ok(BoardSummary {
        id: id(row.try_get(0)?)?,
        name: row.try_get(1)?,
        seq: seq(row.try_get(2)?)?,
        created_at: Timestamp::from_millis(row.try_get(3)?),
    })
}

/// A logged change, decoded.
pub(super) fn change(logged: &LoggedChange) -> Result<Change, StoreError> {
    serde_json::from_slice(&logged.json)
        .map_err(|error| StoreError::corrupt(format_args!("change number {}: {error}", logged.seq)))
}

/// An id as it is stored.
pub(super) fn id<Id: FromStr>(text: &str) -> Result<Id, StoreError> {
    text.parse().map_err(|_| StoreError::corrupt(format_args!("`{text}` in the place of an id")))
}

fn optional_id<Id: FromStr>(text: Option<&str>) -> Result<Option<Id>, StoreError> {
    text.map(id).transpose()
}

/// A number of a change as it is stored.
pub(super) fn seq(number: i64) -> Result<Seq, StoreError> {
    Seq::try_from(number).map_err(|_| StoreError::corrupt(format_args!("a change number of {number}")))
}
