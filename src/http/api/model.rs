//! Boards, columns and tasks as REST represents them: every field is always present, and `null` if it has no value.

use std::collections::HashMap;

use app::{
    access::BoardRole,
    checklist::Progress,
    id::{ActorId, BoardId, ColumnId, LabelId, TaskId},
    key::BoardKey,
    label::{self, Hue, Pattern, Tone},
    model::{self, ColumnKind, Priority, Seq},
    schema,
    state::BoardState,
    time::{Day, Timestamp},
};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};
use uuid::Uuid;

use crate::store::DeletedBoard;

/// A board.
#[derive(Serialize, ToSchema)]
pub struct Board<'a> {
    /// The board's id.
    pub id: BoardId,
    /// The board's name.
    pub name: &'a str,
    /// The board's key, which the names of its tasks begin with: `WEB` in `WEB-42`.
    pub key: &'a str,
    /// The board's colour, one of the hues of labels; `null` if it has none.
    pub hue: Option<Hue>,
    /// What the board is for; empty if nobody said.
    pub description: &'a str,
    /// The number of the board's newest change.
    pub seq: Seq,
    /// When it was created.
    pub created_at: Timestamp,
    /// The role that everyone on the server has on the board; `null` if the board is private to its members.
    pub everyone: Option<BoardRole>,
    /// Whether it is archived: it can be read, and not edited.
    pub archived: bool,
    /// When it was archived, if it is.
    pub archived_at: Option<Timestamp>,
    /// Its columns, in order.
    pub columns: Vec<Column<'a>>,
}

impl<'a> From<&'a BoardState> for Board<'a> {
    fn from(board: &'a BoardState) -> Self {
        Self {
            id: board.id(),
            name: board.name(),
            key: board.key().map_or("", BoardKey::as_str),
            hue: board.hue(),
            description: board.description(),
            seq: board.seq(),
            created_at: board.created_at(),
            everyone: board.access().everyone,
            archived: board.is_archived(),
            archived_at: board.archived_at(),
            columns: board.columns().map(|column| Column::of(board, column)).collect(),
        }
    }
}

/// An item in the list of boards.
#[derive(Serialize, ToSchema)]
pub struct BoardLine {
    /// The board's id.
    pub id: BoardId,
    /// The board's name.
    pub name: String,
    /// The board's key, which the names of its tasks begin with: `WEB` in `WEB-42`.
    pub key: String,
    /// The board's colour, one of the hues of labels; `null` if it has none.
    pub hue: Option<Hue>,
    /// What the board is for; empty if nobody said.
    pub description: String,
    /// The number of the board's newest change.
    pub seq: Seq,
    /// When it was created.
    pub created_at: Timestamp,
    /// Whether it is archived: it can be read, and not edited.
    pub archived: bool,
    /// When it was archived, if it is.
    pub archived_at: Option<Timestamp>,
    /// Whether you have starred it.
    pub starred: bool,
    /// When it was deleted, if it was.
    pub deleted_at: Option<Timestamp>,
}

impl From<model::BoardSummary> for BoardLine {
    fn from(board: model::BoardSummary) -> Self {
        let model::BoardSummary { id, name, key, hue, description, seq, created_at, archived_at, starred, deleted_at } =
            board;
        let key = key.map(|key| key.to_string()).unwrap_or_default();
        let archived = archived_at.is_some();
        Self { id, name, key, hue, description, seq, created_at, archived, archived_at, starred, deleted_at }
    }
}

impl From<DeletedBoard> for BoardLine {
    fn from(DeletedBoard { board, deleted_at }: DeletedBoard) -> Self {
        Self { deleted_at: Some(deleted_at), ..board.into() }
    }
}

/// A column of a board.
#[derive(Serialize, ToSchema)]
pub struct Column<'a> {
    /// The column's id.
    pub id: ColumnId,
    /// The column's name.
    pub name: &'a str,
    /// What it means for a task to be in the column.
    pub kind: ColumnKind,
    /// The column's position: columns are ordered by these texts.
    pub rank: &'a str,
    /// How many tasks are in it.
    pub tasks: usize,
}

impl<'a> Column<'a> {
    /// The representation of a column of this board.
    pub fn of(board: &BoardState, column: &'a model::Column) -> Self {
        Self {
            id: column.id,
            name: &column.name,
            kind: column.kind,
            rank: column.rank.as_str(),
            tasks: board.column_len(column.id),
        }
    }
}

/// A label of a board.
#[derive(Serialize, ToSchema)]
pub struct Label<'a> {
    /// The label's id.
    pub id: LabelId,
    /// The label's name; it may be empty.
    pub name: &'a str,
    /// The label's hue.
    pub hue: Hue,
    /// The tone of the hue.
    pub tone: Tone,
    /// The pattern, by which people recognise the label without its colour.
    pub pattern: Pattern,
    /// What the label is for; it may be empty.
    pub description: &'a str,
    /// The label's position: labels are ordered by these texts.
    pub rank: &'a str,
    /// How many tasks have it, without those in the trash.
    pub tasks: usize,
}

impl<'a> Label<'a> {
    /// The representation of a label of this board.
    pub fn of(board: &BoardState, label: &'a label::Label) -> Self {
        let has = |task: &&std::sync::Arc<model::Task>| !task.is_deleted() && board.has_label(task, label.id);
        Self::counted(label, board.tasks().filter(has).count())
    }

    /// The representations of all labels of a board, in order.
    pub fn all(board: &'a BoardState) -> Vec<Self> {
        let mut counts: HashMap<LabelId, usize> = HashMap::new();
        for task in board.tasks().filter(|task| !task.is_deleted() && !task.labels.is_empty()) {
            board.task_labels(task).iter().for_each(|label| *counts.entry(label.id).or_default() += 1);
        }
        board.labels().map(|label| Self::counted(label, counts.get(&label.id).copied().unwrap_or_default())).collect()
    }

    fn counted(label: &'a label::Label, tasks: usize) -> Self {
        Self {
            id: label.id,
            name: &label.name,
            hue: label.hue,
            tone: label.tone,
            pattern: label.pattern,
            description: &label.description,
            rank: label.rank.as_str(),
            tasks,
        }
    }
}

/// A task.
#[derive(Serialize, ToSchema)]
pub struct Task<'a> {
    /// The task's id.
    pub id: TaskId,
    /// The id of the task's board.
    pub board: BoardId,
    /// The task's number on its board, which never changes.
    pub number: u32,
    /// The task's name for people: the key of its board and its number. The address `/t/` with this name leads to the task.
    #[serde(rename = "ref")]
    #[schema(example = "WEB-42")]
    pub reference: String,
    /// The title: one line of text.
    pub title: &'a str,
    /// The description, in Markdown.
    pub description: &'a str,
    /// The id of the task's column.
    pub column: ColumnId,
    /// Whether the task's column is one for done tasks.
    pub completed: bool,
    /// The task's position in its column: tasks are ordered by these texts.
    pub rank: &'a str,
    /// How urgent it is.
    pub priority: Priority,
    /// The day work on it begins.
    pub start: Option<Day>,
    /// The day it is due.
    pub due: Option<Day>,
    /// The people to whom the task is assigned, in the order of their ids.
    pub assignees: &'a [ActorId],
    /// The labels of the task, in the order of the board's labels.
    pub labels: Vec<LabelId>,
    /// How many items the task's checklists have, and how many of them are done.
    pub progress: Progress,
    /// The number of its comments.
    pub comments: u32,
    /// The column to which the task returns when it is reopened.
    pub reopen_column: Option<ColumnId>,
    /// When it was created.
    pub created_at: Timestamp,
    /// Who created it, if that is known: see `by` of a `Change`.
    pub created_by: Option<ActorId>,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Who changed it last, if that is known: see `by` of a `Change`.
    pub updated_by: Option<ActorId>,
    /// When it was deleted, if it is in the trash.
    pub deleted_at: Option<Timestamp>,
    /// The number of the task's newest change; also its `ETag`.
    pub seq: Seq,
    /// The number of the newest change of its title.
    pub title_seq: Seq,
    /// The number of the newest change of its description.
    pub description_seq: Seq,
}

impl<'a> Task<'a> {
    /// The representation of a task of this board.
    pub fn of(board: &BoardState, task: &'a model::Task) -> Self {
        Self {
            id: task.id,
            board: board.id(),
            number: task.number,
            reference: board.task_ref(task).map(|name| name.to_string()).unwrap_or_default(),
            title: &task.title,
            description: task.description().unwrap_or_default(),
            column: task.column,
            completed: board.is_completed(task),
            rank: task.rank.as_str(),
            priority: task.priority,
            start: task.start,
            due: task.due,
            assignees: &task.assignees,
            labels: board.task_labels(task).iter().map(|label| label.id).collect(),
            progress: task.progress,
            comments: task.comments,
            reopen_column: task.reopen_column,
            created_at: task.created_at,
            created_by: task.created_by,
            updated_at: task.updated_at,
            updated_by: task.updated_by,
            deleted_at: task.deleted_at,
            seq: task.seq,
            title_seq: task.title_seq,
            description_seq: task.description_seq,
        }
    }
}

/// Where to put something among its siblings: `"first"`, `"last"`, `{"before": id}` or `{"after": id}`.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// Before all others.
    First,
    /// After all others.
    #[default]
    Last,
    /// Directly before this one; last, if this one no longer exists.
    Before(Uuid),
    /// Directly after this one; last, if this one no longer exists.
    After(Uuid),
}

impl PartialSchema for Place {
    fn schema() -> RefOr<Schema> {
        schema::Place::schema()
    }
}

impl ToSchema for Place {}

impl<Id: From<Uuid>> From<Place> for model::Place<Id> {
    fn from(place: Place) -> Self {
        match place {
            Place::First => Self::First,
            Place::Last => Self::Last,
            Place::Before(id) => Self::Before(id.into()),
            Place::After(id) => Self::After(id.into()),
        }
    }
}

/// A link with a secret, which is shown only once.
#[derive(Serialize, ToSchema)]
pub struct OnceShown {
    /// The link's URL.
    pub url: String,
}

/// Reads a field that may be absent but not `null`: `null` would look like a request to clear the field.
pub fn not_null<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}
