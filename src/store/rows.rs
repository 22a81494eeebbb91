//! Conversions between the model and rows.

use std::{collections::HashMap, str::FromStr, sync::Arc};

use app::{
    access::{BoardAccess, BoardRole},
    checklist::{Checklist, ChecklistItem, Checklists},
    id::{ActorId, BoardId, ChecklistId, ChecklistItemId, ColumnId, LabelId, MutationId, TaskId},
    key::BoardKey,
    label::{Hue, Label, Pattern, Tone},
    model::{BoardSummary, Column, ColumnKind, Priority, Seq, Task},
    ops::Change,
    rank::Rank,
    state::{BoardState, Contents, Snapshot},
    time::{Day, Timestamp},
};
use sqlx::{Row, any::AnyRow};

use super::{
    LoggedChange, StoreError, board_keys, comments,
    connection::Connection,
    migrations,
    sql::{Table, column, query},
};

/// A board's own row, as a transaction leaves it.
pub(super) struct BoardRow<'a> {
    pub state: &'a BoardState,
    /// The time of its newest change.
    pub changed_at: Timestamp,
}

const BOARDS: Table = Table {
    name: "boards",
    columns: &[
        "id",
        "name",
        "seq",
        "created_at",
        "changed_at",
        "deleted_at",
        "everyone",
        "name_seq",
        "deletion_noticed_at",
        "archived_at",
        "archived_seq",
        "key",
        "numbers",
        "hue",
        "description",
        "look_seq",
    ],
    key: &["id"],
    kept: &[],
    overwrites: "",
};

const MEMBERS: Table = Table {
    name: "board_members",
    columns: &["board", "person", "role", "board_created_at"],
    key: &[],
    kept: &[],
    overwrites: "",
};

const COLUMNS: Table = Table {
    name: "columns",
    columns: &["board", "id", "name", "kind", "rank", "seq"],
    key: &["board", "id"],
    kept: &[],
    overwrites: "",
};

pub(super) const LABELS: Table = Table {
    name: "labels",
    columns: &["board", "id", "name", "hue", "tone", "pattern", "description", "rank", "merged_into", "seq"],
    key: &["board", "id"],
    kept: &[],
    overwrites: "",
};

const TASKS: Table = Table {
    name: "tasks",
    columns: &[
        "id",
        "board",
        "title",
        "description",
        "column_id",
        "rank",
        "priority",
        "start",
        "due",
        "assignees",
        "labels",
        "reopen_column",
        "created_at",
        "created_by",
        "updated_at",
        "updated_by",
        "deleted_at",
        "seq",
        "title_seq",
        "description_seq",
        "priority_seq",
        "start_seq",
        "due_seq",
        "assignees_seq",
        "labels_seq",
        "comments",
        "comments_seq",
        "checklists_seq",
        "place_seq",
    ],
    key: &["id"],
    kept: &["board", "created_at", "created_by"],
    // A row of another board is left unchanged: see `put_tasks`.
    overwrites: "tasks.board = excluded.board",
};

const TASK_NUMBERS: Table =
    Table { name: "task_numbers", columns: &["board", "number", "task"], key: &[], kept: &[], overwrites: "" };

const CHECKLISTS: Table = Table {
    name: "checklists",
    columns: &["board", "task", "id", "name", "rank", "deleted", "seq"],
    key: &["board", "task", "id"],
    kept: &[],
    overwrites: "",
};

const CHECKLIST_ITEMS: Table = Table {
    name: "checklist_items",
    columns: &["board", "task", "id", "checklist", "text", "done", "assignee", "due", "rank", "seq"],
    key: &["board", "task", "id"],
    kept: &[],
    overwrites: "",
};

const CHANGES: Table = Table {
    name: "changes",
    columns: &["board", "seq", "at", "mutation", "fingerprint", "json", "task", "told", "schema"],
    key: &[],
    kept: &[],
    overwrites: "",
};

/// Writes the boards' own rows.
pub(super) async fn put_boards(connection: &mut Connection, boards: &[BoardRow<'_>]) -> Result<(), StoreError> {
    let record = |BoardRow { state, changed_at }: &BoardRow<'_>| {
        vec![
            column("id", state.id().to_string()),
            column("name", state.name()),
            column("seq", state.seq() as i64),
            column("created_at", state.created_at().as_millis()),
            column("changed_at", changed_at.as_millis()),
            column("deleted_at", state.deleted_at().map(Timestamp::as_millis)),
            column("everyone", state.access().everyone.map(BoardRole::as_str)),
            column("name_seq", state.name_seq() as i64),
            // See `deleted_boards`.
            column("deletion_noticed_at", None::<i64>),
            column("archived_at", state.archived_at().map(Timestamp::as_millis)),
            column("archived_seq", state.archived_seq() as i64),
            column("key", state.key().map_or("", BoardKey::as_str)),
            column("numbers", i64::from(state.numbers())),
            column("hue", state.hue().map(Hue::as_str)),
            column("description", state.description()),
            column("look_seq", state.look_seq() as i64),
        ]
    };
    BOARDS.put(connection, boards.iter().map(record).collect()).await?;
    Ok(())
}

/// Writes the current members of a board.
pub(super) async fn put_members(connection: &mut Connection, state: &BoardState) -> Result<(), StoreError> {
    let board = state.id().to_string();
    query("DELETE FROM board_members WHERE board = $1").bind(board.as_str()).execute(&mut *connection).await?;
    let record = |(person, role): (&ActorId, &BoardRole)| {
        vec![
            column("board", board.as_str()),
            column("person", person.to_string()),
            column("role", role.as_str()),
            column("board_created_at", state.created_at().as_millis()),
        ]
    };
    MEMBERS.put(connection, state.access().members.iter().map(record).collect()).await?;
    Ok(())
}

/// Records that the entries of these boards in the list of boards changed: the boards were created, deleted or renamed, or
/// their access changed. Such changes wait for each other, so revisions are committed in order.
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

/// How many boards a person manages.
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

/// Writes columns in their current state.
pub(super) async fn put_columns(connection: &mut Connection, columns: &[(BoardId, &Column)]) -> Result<(), StoreError> {
    let record = |(board, row): &(BoardId, &Column)| {
        vec![
            column("board", board.to_string()),
            column("id", row.id.to_string()),
            column("name", row.name.as_str()),
            column("kind", row.kind.as_str()),
            column("rank", row.rank.as_str()),
            column("seq", row.seq as i64),
        ]
    };
    COLUMNS.put(connection, columns.iter().map(record).collect()).await?;
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

/// Writes labels in their current state.
pub(super) async fn put_labels(connection: &mut Connection, labels: &[(BoardId, &Label)]) -> Result<(), StoreError> {
    let record = |(board, row): &(BoardId, &Label)| {
        vec![
            column("board", board.to_string()),
            column("id", row.id.to_string()),
            column("name", row.name.as_str()),
            column("hue", row.hue.as_str()),
            column("tone", row.tone.as_str()),
            column("pattern", row.pattern.as_str()),
            column("description", row.description.as_str()),
            column("rank", row.rank.as_str()),
            column("merged_into", row.merged_into.map(|id| id.to_string())),
            column("seq", row.seq as i64),
        ]
    };
    LABELS.put(connection, labels.iter().map(record).collect()).await?;
    Ok(())
}

/// Deletes a label.
pub(super) async fn remove_label(
    connection: &mut Connection,
    board: BoardId,
    label: LabelId,
) -> Result<(), StoreError> {
    query("DELETE FROM labels WHERE board = $1 AND id = $2")
        .bind(board.to_string())
        .bind(label.to_string())
        .execute(connection)
        .await?;
    Ok(())
}

/// Writes tasks in their current state. If another node has just created a task with the same id on another board, that one is
/// left unchanged, and this returns [`StoreError::Raced`].
pub(super) async fn put_tasks(connection: &mut Connection, tasks: &[(BoardId, &Task)]) -> Result<(), StoreError> {
    let record = |(board, task): &(BoardId, &Task)| {
        vec![
            column("id", task.id.to_string()),
            column("board", board.to_string()),
            column("title", task.title.as_str()),
            column("description", task.description().unwrap_or_default()),
            column("column_id", task.column.to_string()),
            column("rank", task.rank.as_str()),
            column("priority", task.priority.as_str()),
            column("start", task.start.map(|day| day.to_string())),
            column("due", task.due.map(|day| day.to_string())),
            column("assignees", task.assignees.iter().map(ActorId::to_string).collect::<Vec<_>>().join(" ")),
            column("labels", task.labels.iter().map(LabelId::to_string).collect::<Vec<_>>().join(" ")),
            column("reopen_column", task.reopen_column.map(|id| id.to_string())),
            column("created_at", task.created_at.as_millis()),
            column("created_by", task.created_by.map(|id| id.to_string())),
            column("updated_at", task.updated_at.as_millis()),
            column("updated_by", task.updated_by.map(|id| id.to_string())),
            column("deleted_at", task.deleted_at.map(Timestamp::as_millis)),
            column("seq", task.seq as i64),
            column("title_seq", task.title_seq as i64),
            column("description_seq", task.description_seq as i64),
            column("priority_seq", task.priority_seq as i64),
            column("start_seq", task.start_seq as i64),
            column("due_seq", task.due_seq as i64),
            column("assignees_seq", task.assignees_seq as i64),
            column("labels_seq", task.labels_seq as i64),
            column("comments", i64::from(task.comments)),
            column("comments_seq", task.comments_seq as i64),
            column("checklists_seq", task.checklists_seq as i64),
            column("place_seq", task.place_seq as i64),
        ]
    };
    let written = TASKS.put(connection, tasks.iter().map(record).collect()).await?;
    if written != tasks.len() as u64 { Err(StoreError::Raced) } else { Ok(()) }
}

/// Writes the numbers of new tasks. They never change.
pub(super) async fn put_numbers(connection: &mut Connection, tasks: &[(BoardId, &Task)]) -> Result<(), StoreError> {
    let record = |(board, task): &(BoardId, &Task)| {
        vec![
            column("board", board.to_string()),
            column("number", i64::from(task.number)),
            column("task", task.id.to_string()),
        ]
    };
    TASK_NUMBERS.put(connection, tasks.iter().map(record).collect()).await?;
    Ok(())
}

/// Deletes a task for good, with its checklists and comments.
pub(super) async fn remove_task(connection: &mut Connection, board: BoardId, task: TaskId) -> Result<(), StoreError> {
    comments::remove_of_task(connection, board, task).await?;
    for sql in [
        "DELETE FROM checklist_items WHERE board = $1 AND task = $2",
        "DELETE FROM checklists WHERE board = $1 AND task = $2",
        "DELETE FROM task_numbers WHERE board = $1 AND task = $2",
        "DELETE FROM tasks WHERE board = $1 AND id = $2",
    ] {
        query(sql).bind(board.to_string()).bind(task.to_string()).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Writes checklists in their current state.
pub(super) async fn put_checklists(
    connection: &mut Connection,
    lists: &[(BoardId, TaskId, &Checklist)],
) -> Result<(), StoreError> {
    let record = |(board, task, row): &(BoardId, TaskId, &Checklist)| {
        vec![
            column("board", board.to_string()),
            column("task", task.to_string()),
            column("id", row.id.to_string()),
            column("name", row.name.as_str()),
            column("rank", row.rank.as_str()),
            column("deleted", i64::from(row.deleted)),
            column("seq", row.seq as i64),
        ]
    };
    CHECKLISTS.put(connection, lists.iter().map(record).collect()).await?;
    Ok(())
}

/// Deletes a checklist for good, with its items.
pub(super) async fn remove_checklist(
    connection: &mut Connection,
    (board, task, list): (BoardId, TaskId, ChecklistId),
) -> Result<(), StoreError> {
    for sql in [
        "DELETE FROM checklist_items WHERE board = $1 AND task = $2 AND checklist = $3",
        "DELETE FROM checklists WHERE board = $1 AND task = $2 AND id = $3",
    ] {
        let statement = query(sql).bind(board.to_string()).bind(task.to_string()).bind(list.to_string());
        statement.execute(&mut *connection).await?;
    }
    Ok(())
}

/// Writes items of checklists in their current state.
pub(super) async fn put_checklist_items(
    connection: &mut Connection,
    items: &[(BoardId, TaskId, &ChecklistItem)],
) -> Result<(), StoreError> {
    let record = |(board, task, row): &(BoardId, TaskId, &ChecklistItem)| {
        vec![
            column("board", board.to_string()),
            column("task", task.to_string()),
            column("id", row.id.to_string()),
            column("checklist", row.checklist.to_string()),
            column("text", row.text.as_str()),
            column("done", i64::from(row.done)),
            column("assignee", row.assignee.map(|person| person.to_string())),
            column("due", row.due.map(|day| day.to_string())),
            column("rank", row.rank.as_str()),
            column("seq", row.seq as i64),
        ]
    };
    CHECKLIST_ITEMS.put(connection, items.iter().map(record).collect()).await?;
    Ok(())
}

/// Deletes an item of a checklist.
pub(super) async fn remove_checklist_item(
    connection: &mut Connection,
    (board, task, item): (BoardId, TaskId, ChecklistItemId),
) -> Result<(), StoreError> {
    query("DELETE FROM checklist_items WHERE board = $1 AND task = $2 AND id = $3")
        .bind(board.to_string())
        .bind(task.to_string())
        .bind(item.to_string())
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
    /// The [`app::activity::ActivityEntry`] of the change, as JSON.
    pub activity: String,
}

/// Appends changes to the log.
pub(super) async fn append_changes(connection: &mut Connection, changes: &[&ChangeRow]) -> Result<(), StoreError> {
    let record = |change: &&ChangeRow| {
        vec![
            column("board", change.board.to_string()),
            column("seq", change.logged.seq as i64),
            column("at", change.at.as_millis()),
            column("mutation", change.mutation.to_string()),
            column("fingerprint", change.fingerprint),
            // JSON is always UTF-8.
            column("json", String::from_utf8_lossy(&change.logged.json).into_owned()),
            column("task", change.task.map(|id| id.to_string())),
            column("told", change.activity.as_str()),
            column("schema", *migrations::NEWEST),
        ]
    };
    CHANGES.put(connection, changes.iter().map(record).collect()).await?;
    Ok(())
}

/// Loads a board from its rows. The connection must be in a transaction that sees a single moment, or that holds the lock of
/// the board's row.
pub(super) async fn load(connection: &mut Connection, id: BoardId) -> Result<Option<BoardState>, StoreError> {
    let board = BOARDS.select("id = $1").bind(id.to_string()).fetch_optional(&mut *connection).await?;
    let Some(board) = board else { return Ok(None) };
    let members = MEMBERS.select("board = $1").bind(id.to_string()).fetch_all(&mut *connection).await?;
    let columns = COLUMNS.select("board = $1").bind(id.to_string()).fetch_all(&mut *connection).await?;
    let labels = LABELS.select("board = $1").bind(id.to_string()).fetch_all(&mut *connection).await?;
    let tasks = TASKS.select("board = $1").bind(id.to_string()).fetch_all(&mut *connection).await?;
    let numbers = numbers_of(connection, id).await?;
    let mut checklists = checklists_of(connection, id).await?;
    let snapshot = Snapshot {
        board: id,
        seq: seq(board.try_get("seq")?)?,
        outline: false,
        state: Contents {
            name: board.try_get("name")?,
            name_seq: seq(board.try_get("name_seq")?)?,
            key: board_keys::optional_key(board.try_get("key")?)?,
            numbers: count(board.try_get("numbers")?)?,
            hue: hue(board.try_get("hue")?)?,
            description: board.try_get("description")?,
            look_seq: seq(board.try_get("look_seq")?)?,
            created_at: Timestamp::from_millis(board.try_get("created_at")?),
            deleted_at: board.try_get::<Option<i64>, _>("deleted_at")?.map(Timestamp::from_millis),
            archived_at: board.try_get::<Option<i64>, _>("archived_at")?.map(Timestamp::from_millis),
            archived_seq: seq(board.try_get("archived_seq")?)?,
            access: BoardAccess {
                everyone: everyone(board.try_get("everyone")?)?,
                members: members.iter().map(member_of).collect::<Result<_, _>>()?,
            },
            columns: columns.iter().map(column_of).collect::<Result<_, _>>()?,
            labels: labels.iter().map(label_of).collect::<Result<_, _>>()?,
            tasks: tasks.iter().map(|row| task_of(row, &numbers, &mut checklists)).collect::<Result<_, _>>()?,
        },
    };
    Ok(Some(snapshot.into()))
}

/// Everyone's role on a board, from its stored form.
pub(super) fn everyone(role: Option<&str>) -> Result<Option<BoardRole>, StoreError> {
    role.map(board_role).transpose()
}

fn member_of(row: &AnyRow) -> Result<(ActorId, BoardRole), StoreError> {
    Ok((id(row.try_get("person")?)?, board_role(row.try_get("role")?)?))
}

/// A role on a board, from its stored form.
pub(super) fn board_role(role: &str) -> Result<BoardRole, StoreError> {
    BoardRole::parse(role).ok_or_else(|| StoreError::corrupt(format_args!("`{role}` where a role is expected")))
}

fn column_of(row: &AnyRow) -> Result<Arc<Column>, StoreError> {
    let kind: &str = row.try_get("kind")?;
    Ok(Arc::new(Column {
        id: id(row.try_get("id")?)?,
        name: row.try_get("name")?,
        kind: ColumnKind::parse(kind)
            .ok_or_else(|| StoreError::corrupt(format_args!("`{kind}` where the kind of a column is expected")))?,
        rank: Rank::from_stored(row.try_get("rank")?),
        seq: seq(row.try_get("seq")?)?,
    }))
}

/// A label, from its row.
pub(super) fn label_of(row: &AnyRow) -> Result<Arc<Label>, StoreError> {
    Ok(Arc::new(Label {
        id: id(row.try_get("id")?)?,
        name: row.try_get("name")?,
        hue: value(row.try_get("hue")?, Hue::parse, "hue of a label")?,
        tone: value(row.try_get("tone")?, Tone::parse, "tone of a label")?,
        pattern: value(row.try_get("pattern")?, Pattern::parse, "pattern of a label")?,
        description: row.try_get("description")?,
        rank: Rank::from_stored(row.try_get("rank")?),
        merged_into: optional_id(row.try_get("merged_into")?)?,
        seq: seq(row.try_get("seq")?)?,
    }))
}

/// The colour of a board, from its stored form.
fn hue(text: Option<&str>) -> Result<Option<Hue>, StoreError> {
    text.map(|text| value(text, Hue::parse, "colour of a board")).transpose()
}

/// A value of an enum, from its stored form.
fn value<T>(text: &str, parse: impl Fn(&str) -> Option<T>, what: &str) -> Result<T, StoreError> {
    parse(text).ok_or_else(|| StoreError::corrupt(format_args!("`{text}` where the {what} is expected")))
}

/// The numbers of a board's tasks.
async fn numbers_of(connection: &mut Connection, board: BoardId) -> Result<HashMap<TaskId, u32>, StoreError> {
    query("SELECT task, number FROM task_numbers WHERE board = $1")
        .bind(board.to_string())
        .fetch_all(connection)
        .await?
        .iter()
        .map(|row| Ok((id(row.try_get(0)?)?, count(row.try_get(1)?)?)))
        .collect()
}

/// The checklists of a board's tasks.
async fn checklists_of(connection: &mut Connection, board: BoardId) -> Result<HashMap<TaskId, Checklists>, StoreError> {
    let lists = CHECKLISTS.select("board = $1").bind(board.to_string()).fetch_all(&mut *connection).await?;
    if lists.is_empty() {
        return Ok(HashMap::new());
    }
    let items = CHECKLIST_ITEMS.select("board = $1").bind(board.to_string()).fetch_all(&mut *connection).await?;
    let mut lists_of: HashMap<TaskId, Vec<Arc<Checklist>>> = HashMap::new();
    let mut items_of: HashMap<TaskId, Vec<Arc<ChecklistItem>>> = HashMap::new();
    for row in &lists {
        let list = Checklist {
            id: id(row.try_get("id")?)?,
            name: row.try_get("name")?,
            rank: Rank::from_stored(row.try_get("rank")?),
            deleted: row.try_get::<i64, _>("deleted")? != 0,
            seq: seq(row.try_get("seq")?)?,
        };
        lists_of.entry(id(row.try_get("task")?)?).or_default().push(Arc::new(list));
    }
    for row in &items {
        let item = ChecklistItem {
            id: id(row.try_get("id")?)?,
            checklist: id(row.try_get("checklist")?)?,
            text: row.try_get("text")?,
            done: row.try_get::<i64, _>("done")? != 0,
            assignee: optional_id(row.try_get("assignee")?)?,
            due: day(row.try_get("due")?)?,
            rank: Rank::from_stored(row.try_get("rank")?),
            seq: seq(row.try_get("seq")?)?,
        };
        items_of.entry(id(row.try_get("task")?)?).or_default().push(Arc::new(item));
    }
    let checklists = |(task, lists)| (task, Checklists::of(lists, items_of.remove(&task).unwrap_or_default()));
    Ok(lists_of.into_iter().map(checklists).collect())
}

fn task_of(
    row: &AnyRow,
    numbers: &HashMap<TaskId, u32>,
    checklists: &mut HashMap<TaskId, Checklists>,
) -> Result<Arc<Task>, StoreError> {
    let mut task = Task::new(
        id(row.try_get("id")?)?,
        id(row.try_get("column_id")?)?,
        Rank::from_stored(row.try_get("rank")?),
        seq(row.try_get("seq")?)?,
        Timestamp::from_millis(row.try_get("created_at")?),
        optional_id(row.try_get("created_by")?)?,
    );
    task.title = row.try_get("title")?;
    task.priority = priority(row.try_get("priority")?)?;
    task.start = day(row.try_get("start")?)?;
    task.due = day(row.try_get("due")?)?;
    task.assignees = row.try_get::<&str, _>("assignees")?.split_whitespace().map(id).collect::<Result<_, _>>()?;
    task.labels = row.try_get::<&str, _>("labels")?.split_whitespace().map(id).collect::<Result<_, _>>()?;
    task.reopen_column = optional_id(row.try_get("reopen_column")?)?;
    task.updated_at = Timestamp::from_millis(row.try_get("updated_at")?);
    task.updated_by = optional_id(row.try_get("updated_by")?)?;
    task.deleted_at = row.try_get::<Option<i64>, _>("deleted_at")?.map(Timestamp::from_millis);
    task.title_seq = seq(row.try_get("title_seq")?)?;
    task.description_seq = seq(row.try_get("description_seq")?)?;
    task.priority_seq = seq(row.try_get("priority_seq")?)?;
    task.start_seq = seq(row.try_get("start_seq")?)?;
    task.due_seq = seq(row.try_get("due_seq")?)?;
    task.assignees_seq = seq(row.try_get("assignees_seq")?)?;
    task.labels_seq = seq(row.try_get("labels_seq")?)?;
    task.checklists_seq = seq(row.try_get("checklists_seq")?)?;
    task.comments = count(row.try_get("comments")?)?;
    task.comments_seq = seq(row.try_get("comments_seq")?)?;
    task.place_seq = seq(row.try_get("place_seq")?)?;
    task.number = numbers.get(&task.id).copied().unwrap_or_default();
    task.set_description(row.try_get("description")?);
    if let Some(checklists) = checklists.remove(&task.id) {
        task.set_checklists(checklists);
    }
    Ok(Arc::new(task))
}

/// A priority, from its stored form.
pub(super) fn priority(priority: &str) -> Result<Priority, StoreError> {
    Priority::parse(priority)
        .ok_or_else(|| StoreError::corrupt(format_args!("`{priority}` where the priority of a task is expected")))
}

/// A day, from its stored form.
pub(super) fn day(day: Option<&str>) -> Result<Option<Day>, StoreError> {
    let read =
        |day| Day::parse(day).ok_or_else(|| StoreError::corrupt(format_args!("`{day}` where a day is expected")));
    day.map(read).transpose()
}

/// A board's summary, from a row that has these columns.
pub(super) fn summary(row: &AnyRow) -> Result<BoardSummary, StoreError> {
    Ok(BoardSummary {
        id: id(row.try_get("id")?)?,
        name: row.try_get("name")?,
        key: board_keys::optional_key(row.try_get("key")?)?,
        hue: hue(row.try_get("hue")?)?,
        description: row.try_get("description")?,
        seq: seq(row.try_get("seq")?)?,
        created_at: Timestamp::from_millis(row.try_get("created_at")?),
        archived_at: row.try_get::<Option<i64>, _>("archived_at")?.map(Timestamp::from_millis),
        starred: false,
        deleted_at: None,
    })
}

/// A logged change, decoded.
pub(super) fn change(logged: &LoggedChange) -> Result<Change, StoreError> {
    serde_json::from_slice(&logged.json)
        .map_err(|error| StoreError::corrupt(format_args!("change number {}: {error}", logged.seq)))
}

/// An id, from its stored form.
pub(super) fn id<Id: FromStr>(text: &str) -> Result<Id, StoreError> {
    text.parse().map_err(|_| StoreError::corrupt(format_args!("`{text}` where an id is expected")))
}

/// An id that may be missing, from its stored form.
pub(super) fn optional_id<Id: FromStr>(text: Option<&str>) -> Result<Option<Id>, StoreError> {
    text.map(id).transpose()
}

/// A small count, from its stored form.
fn count(number: i64) -> Result<u32, StoreError> {
    u32::try_from(number).map_err(|_| StoreError::corrupt(format_args!("{number} where a count is expected")))
}

/// A change number, from its stored form.
pub(super) fn seq(number: i64) -> Result<Seq, StoreError> {
    Seq::try_from(number)
        .map_err(|_| StoreError::corrupt(format_args!("{number} where the number of a change is expected")))
}
