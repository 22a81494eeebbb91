//! The things that a board consists of, as plain values.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    checklist::{Checklists, Progress},
    hue::Hue,
    id::{ActorId, ColumnId, LabelId, TaskId},
    key::BoardKey,
    rank::Rank,
    time::{Day, Timestamp},
};

/// The sequence number of a change on its board. Numbers start at 1 and have no gaps; 0 is the board before its first
/// change.
pub type Seq = u64;

/// Whether the number is 0, which means that the change never happened. For `serde(skip_serializing_if)`.
pub(crate) fn never(seq: &Seq) -> bool {
    *seq == 0
}

/// Whether a count is 0. For `serde(skip_serializing_if)`.
pub(crate) fn none(count: &u32) -> bool {
    *count == 0
}

/// A column of a board.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", schema(as = StoredColumn))]
pub struct Column {
    /// The id of the column.
    pub id: ColumnId,
    /// The name.
    pub name: String,
    /// The state of work that the column stands for.
    pub kind: ColumnKind,
    /// The position among the columns. Equal ranks are ordered by id.
    pub rank: Rank,
    /// The number of its newest change; 0 in a column that is not part of a state yet. A new rank that makes room for
    /// another column is not a change of it.
    #[serde(default, skip_serializing_if = "never")]
    pub seq: Seq,
}

/// The state of work that a column stands for.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnKind {
    /// Work has not begun.
    Open,
    /// Work is in progress.
    Active,
    /// Work is completed. A task is completed exactly if its column is of this kind.
    Done,
}

impl ColumnKind {
    /// Every kind, in the order in which work moves through them.
    pub const ALL: [Self; 3] = [Self::Open, Self::Active, Self::Done];

    /// The name that is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Active => "active",
            Self::Done => "done",
        }
    }

    /// Parses the name that is stored and sent.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// A task, in the trash or not. A deleted task is kept in the trash and can be restored.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", schema(as = StoredTask))]
pub struct Task {
    /// The id of the task.
    pub id: TaskId,
    /// The number of the task on its board, which never changes. Absent, or 0, until the task is saved.
    #[serde(default, skip_serializing_if = "none")]
    pub number: u32,
    /// The title: one line of text.
    pub title: String,
    /// Whether the task has a description that is not loaded here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    described: bool,
    /// The description, in Markdown. Absent if it is empty, and in an [outline](crate::state::BoardState::outline).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<Arc<str>>,
    /// The column that the task is in.
    pub column: ColumnId,
    /// The position in the column. Equal ranks are ordered by id.
    pub rank: Rank,
    /// The priority.
    #[serde(default, skip_serializing_if = "Priority::is_none")]
    pub priority: Priority,
    /// The day on which work begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Day>,
    /// The due date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Day>,
    /// The people that the task is assigned to, each once, ordered by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assignees: Vec<ActorId>,
    /// The labels of the task, each once, ordered by id. Some may be deleted, or merged into others: see
    /// [`crate::label`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<LabelId>,
    /// How many items the checklists have, and how many of them are done.
    #[serde(default, skip_serializing_if = "Progress::is_empty")]
    pub progress: Progress,
    /// Whether the task has checklists that are not loaded here, and no items in them: with items, the counts say so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    checklisted: bool,
    /// The checklists. Absent if there are none, and in an [outline](crate::state::BoardState::outline).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    checklists: Option<Arc<Checklists>>,
    /// The number of its comments. The comments themselves are not part of a board's state: see [`crate::comment`].
    #[serde(default, skip_serializing_if = "none")]
    pub comments: u32,
    /// The column that the task was in before it was completed. The task returns to it when it is reopened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reopen_column: Option<ColumnId>,
    /// The time of its creation.
    pub created_at: Timestamp,
    /// The creator, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<ActorId>,
    /// The time of its newest change.
    pub updated_at: Timestamp,
    /// The originator of its newest change, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_by: Option<ActorId>,
    /// The time of its deletion, if it is in the trash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Timestamp>,
    /// The number of its newest change.
    pub seq: Seq,
    /// The number of the newest change of its title.
    pub title_seq: Seq,
    /// The number of the newest change of its description.
    pub description_seq: Seq,
    /// The number of the newest change of its priority; 0 if it has not changed since the creation of the task.
    #[serde(default, skip_serializing_if = "never")]
    pub priority_seq: Seq,
    /// The number of the newest change of its start date; 0 if it has not changed since the creation of the task.
    #[serde(default, skip_serializing_if = "never")]
    pub start_seq: Seq,
    /// The number of the newest change of its due date; 0 if it has not changed since the creation of the task.
    #[serde(default, skip_serializing_if = "never")]
    pub due_seq: Seq,
    /// The number of the newest change of its assignees; 0 if they have not changed since the creation of the task.
    #[serde(default, skip_serializing_if = "never")]
    pub assignees_seq: Seq,
    /// The number of the newest change of its labels; 0 if they have not changed since the creation of the task.
    #[serde(default, skip_serializing_if = "never")]
    pub labels_seq: Seq,
    /// The number of the newest change of its checklists; 0 if there was none since the creation of the task.
    #[serde(default, skip_serializing_if = "never")]
    pub checklists_seq: Seq,
    /// The number of the newest change of its comments; 0 if it has never had any.
    #[serde(default, skip_serializing_if = "never")]
    pub comments_seq: Seq,
    /// The number of the newest change of its place, including moves to and from the trash; 0 if it has not changed
    /// since the creation of the task. A new rank that makes room for another task is not a change of its place.
    #[serde(default, skip_serializing_if = "never")]
    pub place_seq: Seq,
}

impl Task {
    /// Creates a task without texts and with the default values of all fields. `seq` is the number of the change that
    /// creates it.
    pub fn new(id: TaskId, column: ColumnId, rank: Rank, seq: Seq, at: Timestamp, by: Option<ActorId>) -> Self {
        Self {
            id,
            number: 0,
            title: String::new(),
            described: false,
            description: None,
            column,
            rank,
            priority: Priority::None,
            start: None,
            due: None,
            assignees: Vec::new(),
            labels: Vec::new(),
            progress: Progress::default(),
            checklisted: false,
            checklists: None,
            comments: 0,
            reopen_column: None,
            created_at: at,
            created_by: by,
            updated_at: at,
            updated_by: by,
            deleted_at: None,
            seq,
            title_seq: seq,
            description_seq: seq,
            priority_seq: 0,
            start_seq: 0,
            due_seq: 0,
            assignees_seq: 0,
            labels_seq: 0,
            checklists_seq: 0,
            comments_seq: 0,
            place_seq: 0,
        }
    }

    /// Returns the description, in Markdown. `None` if the task has a description that is not loaded here.
    pub fn description(&self) -> Option<&str> {
        (!self.described).then(|| self.description.as_deref().unwrap_or_default())
    }

    /// Whether the task has a description, loaded or not.
    pub fn is_described(&self) -> bool {
        self.described || self.description.is_some()
    }

    /// Sets the description, but not its sequence number.
    pub fn set_description(&mut self, text: &str) {
        self.described = false;
        self.description = (!text.is_empty()).then(|| text.into());
    }

    /// Returns the checklists. `None` if the task has checklists that are not loaded here.
    pub fn checklists(&self) -> Option<&Checklists> {
        static NONE: Checklists = Checklists::NONE;
        (!self.lacks_checklists()).then(|| self.checklists.as_deref().unwrap_or(&NONE))
    }

    /// Whether the task has checklists, loaded or not.
    pub fn has_checklists(&self) -> bool {
        self.lacks_checklists() || self.checklists.is_some()
    }

    fn lacks_checklists(&self) -> bool {
        self.checklists.is_none() && (self.checklisted || !self.progress.is_empty())
    }

    /// Sets the checklists and their counts, but not their sequence number.
    pub fn set_checklists(&mut self, checklists: Checklists) {
        self.progress = checklists.progress();
        self.checklisted = false;
        self.checklists = (!checklists.is_empty()).then(|| Arc::new(checklists));
    }

    /// Sets the counts of checklists that are not loaded here.
    pub(crate) fn count_checklists(&mut self, progress: Progress) {
        self.progress = progress;
        self.checklisted = progress.is_empty();
    }

    /// Whether the task has something that its [outline](Self::outline) leaves out.
    pub fn has_details(&self) -> bool {
        self.is_described() || self.has_checklists()
    }

    /// Returns the task without the text of its description, and without its checklists.
    pub fn outline(&self) -> Self {
        Self { described: self.is_described(), description: None, ..self.without_checklists() }
    }

    /// Returns the task without its checklists.
    pub fn without_checklists(&self) -> Self {
        Self { checklisted: self.has_checklists() && self.progress.is_empty(), checklists: None, ..self.clone() }
    }

    /// Whether `from`, another copy of the task that is not older, has the checklists loaded, and this one has not.
    pub(crate) fn lacks_checklists_of(&self, from: &Task) -> bool {
        self.lacks_checklists() && !from.lacks_checklists() && from.checklists_seq >= self.checklists_seq
    }

    /// Copies the checklists of `from`, another copy of the task, if they [are missing here](Self::lacks_checklists_of). They may be newer
    /// than the rest of this task; then the changes that they already have do not alter them.
    pub(crate) fn load_checklists(&mut self, from: &Task) {
        if self.lacks_checklists_of(from) {
            self.checklisted = false;
            self.checklists.clone_from(&from.checklists);
            self.progress = from.progress;
            self.checklists_seq = from.checklists_seq;
        }
    }

    /// Whether the task has the same description as `from`, another copy of the task, but only `from` has it loaded.
    pub(crate) fn lacks_description_of(&self, from: &Task) -> bool {
        self.described && !from.described && self.description_seq == from.description_seq
    }

    /// Copies the description of `from`, another copy of the task, if it [is missing here](Self::lacks_description_of).
    pub(crate) fn load_description(&mut self, from: &Task) {
        if self.lacks_description_of(from) {
            self.described = false;
            self.description.clone_from(&from.description);
        }
    }

    /// Whether the task is in the trash.
    pub fn is_deleted(&self) -> bool {
        self.deleted_at.is_some()
    }
}

/// The priority of a task.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Not set.
    #[default]
    None,
    /// Can wait.
    Low,
    /// Normal.
    Medium,
    /// Before others.
    High,
    /// At once.
    Urgent,
}

impl Priority {
    /// Every priority, from the least to the most urgent.
    pub const ALL: [Self; 5] = [Self::None, Self::Low, Self::Medium, Self::High, Self::Urgent];

    /// The name that is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Urgent => "urgent",
        }
    }

    /// Parses the name that is stored and sent.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|priority| priority.as_str() == name)
    }

    /// Whether the priority is not set.
    pub fn is_none(&self) -> bool {
        *self == Self::None
    }
}

/// A text of a task. Concurrent edits of a text are a conflict.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextField {
    /// [`Task::title`].
    Title,
    /// [`Task::description`].
    Description,
}

impl TextField {
    /// Returns the text of a task. `None` if it is not loaded here.
    pub fn of(self, task: &Task) -> Option<&str> {
        match self {
            Self::Title => Some(&task.title),
            Self::Description => task.description(),
        }
    }
}

impl std::fmt::Display for TextField {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Title => "title",
            Self::Description => "description",
        })
    }
}

/// A position among siblings.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place<Id> {
    /// Before all siblings.
    First,
    /// After all siblings.
    #[default]
    Last,
    /// Directly before this sibling; last, if it is gone.
    Before(Id),
    /// Directly after this sibling; last, if it is gone.
    After(Id),
}

/// An entry in the list of boards.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BoardSummary {
    /// The id of the board.
    pub id: crate::id::BoardId,
    /// The name.
    pub name: String,
    /// The key, which the names of its tasks begin with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<BoardKey>,
    /// The colour, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hue: Option<Hue>,
    /// What it is for; empty if nobody said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The number of its newest change.
    pub seq: Seq,
    /// The time of its creation.
    pub created_at: Timestamp,
    /// The time at which it was archived, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived_at: Option<Timestamp>,
    /// Whether the reader of the list has starred it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub starred: bool,
    /// The time of its deletion, in a list of deleted boards; lists of other boards do not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Timestamp>,
}

impl BoardSummary {
    /// Returns the sort key of lists of boards: the time of creation, in a list of deleted boards that of deletion; then the id.
    pub fn age(&self) -> (Timestamp, crate::id::BoardId) {
        (self.deleted_at.unwrap_or(self.created_at), self.id)
    }
}

/// The number of boards on a page of the list of boards.
pub const LISTED_BOARDS: usize = 50;

/// A page of a list of boards.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardPage {
    /// The boards, newest first.
    pub boards: Vec<BoardSummary>,
    /// Whether there are older boards.
    pub more: bool,
    /// What is on the boards, as far as it is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contents: Vec<BoardContents>,
}

/// What is on a board, for a list of boards. It is counted when a page asks, and not sent by the socket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardContents {
    /// The board.
    pub board: crate::id::BoardId,
    /// The number of tasks that are not done.
    pub open: u64,
    /// The number of tasks that are done.
    pub done: u64,
    /// The number of members.
    pub members: usize,
    /// Some of the members, managers first.
    pub faces: Vec<ActorId>,
}

/// The most members of a board whose faces a list of boards shows.
pub const LISTED_FACES: usize = 4;

/// The most boards that a person may have starred.
pub const MAX_STARS: usize = 100;
