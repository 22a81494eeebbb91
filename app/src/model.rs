//! What a board is made of.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    id::{ActorId, ColumnId, TaskId},
    rank::Rank,
    time::{Day, Timestamp},
};

/// The number of a change on its board. Numbers start at 1 and have no gaps; 0 is the board before its first change.
pub type Seq = u64;

/// Whether a number says that a change never happened.
pub(crate) fn never(seq: &Seq) -> bool {
    *seq == 0
}

/// A column of a board.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Which column.
    pub id: ColumnId,
    /// What it is called.
    pub name: String,
    /// What being in it says about a task.
    pub kind: ColumnKind,
    /// Where it stands among the columns; equal ranks are told apart by id.
    pub rank: Rank,
    /// The number of its newest change; 0 in what is not in a state yet. A new rank to make room for another is none.
    #[serde(default, skip_serializing_if = "never")]
    pub seq: Seq,
}

/// What being in a column says about a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnKind {
    /// Not begun.
    Open,
    /// Being worked on.
    Active,
    /// Completed: a task is completed exactly when its column is of this kind.
    Done,
}

impl ColumnKind {
    /// Every kind, in the order in which work moves through them.
    pub const ALL: [Self; 3] = [Self::Open, Self::Active, Self::Done];

    /// The name it is stored and sent under.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Active => "active",
            Self::Done => "done",
        }
    }

    /// Reads the name it is stored and sent under.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// A task, deleted ones included: a deleted task is kept, in the trash, and can be restored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Which task.
    pub id: TaskId,
    /// One line of text.
    pub title: String,
    /// Whether it has a description that is left out here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    described: bool,
    /// Markdown; absent where it is empty, and in an [outline](crate::state::BoardState::outline).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<Arc<str>>,
    /// The column it is in.
    pub column: ColumnId,
    /// Where it stands in its column; equal ranks are told apart by id.
    pub rank: Rank,
    /// How urgent it is.
    #[serde(default, skip_serializing_if = "Priority::is_none")]
    pub priority: Priority,
    /// The day work on it begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Day>,
    /// The day it is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Day>,
    /// Whose it is: each once, in the order of their ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assignees: Vec<ActorId>,
    /// The column it was in before it was completed, to which it goes back when it is reopened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reopen_column: Option<ColumnId>,
    /// When it was created.
    pub created_at: Timestamp,
    /// Who created it, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<ActorId>,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Who changed it last, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_by: Option<ActorId>,
    /// When it was deleted, if it is in the trash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Timestamp>,
    /// The number of its newest change.
    pub seq: Seq,
    /// The number of the newest change of its title.
    pub title_seq: Seq,
    /// The number of the newest change of its description.
    pub description_seq: Seq,
    /// The number of the newest change of its priority; 0 while it is as it was when the task was created.
    #[serde(default, skip_serializing_if = "never")]
    pub priority_seq: Seq,
    /// The number of the newest change of the day work on it begins; 0 while it is as it was when the task was created.
    #[serde(default, skip_serializing_if = "never")]
    pub start_seq: Seq,
    /// The number of the newest change of its due date; 0 while it is as it was when the task was created.
    #[serde(default, skip_serializing_if = "never")]
    pub due_seq: Seq,
    /// The number of the newest change of whose it is; 0 while it is as it was when the task was created.
    #[serde(default, skip_serializing_if = "never")]
    pub assignees_seq: Seq,
    /// The number of the newest change of its place, of which the trash is one; 0 while it is as it was when the task was
    /// created. A new rank to make room for another task is none.
    #[serde(default, skip_serializing_if = "never")]
    pub place_seq: Seq,
}

impl Task {
    /// A task without texts, with everything as it is by default, that was made under a number.
    pub fn new(id: TaskId, column: ColumnId, rank: Rank, seq: Seq, at: Timestamp, by: Option<ActorId>) -> Self {
        Self {
            id,
            title: String::new(),
            described: false,
            description: None,
            column,
            rank,
            priority: Priority::None,
            start: None,
            due: None,
            assignees: Vec::new(),
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
            place_seq: 0,
        }
    }

    /// Its description, in Markdown. `None` if it has one that is not loaded here.
    pub fn description(&self) -> Option<&str> {
        (!self.described).then(|| self.description.as_deref().unwrap_or_default())
    }

    /// Whether it has a description, loaded or not.
    pub fn is_described(&self) -> bool {
        self.described || self.description.is_some()
    }

    /// Gives it another description, and not a number.
    pub fn set_description(&mut self, text: &str) {
        self.described = false;
        self.description = (!text.is_empty()).then(|| text.into());
    }

    /// The same task without the text of its description.
    pub fn outline(&self) -> Self {
        Self { described: self.is_described(), description: None, ..self.clone() }
    }

    /// Whether it has the description of `from`, which is the same task, but not loaded.
    pub(crate) fn lacks_description_of(&self, from: &Task) -> bool {
        self.described && !from.described && self.description_seq == from.description_seq
    }

    /// Takes the description of the same task, if it [lacks](Self::lacks_description_of) that.
    pub(crate) fn load_description(&mut self, from: &Task) {
        if self.lacks_description_of(from) {
            self.described = false;
            self.description.clone_from(&from.description);
        }
    }

    /// Whether it is in the trash.
    pub fn is_deleted(&self) -> bool {
        self.deleted_at.is_some()
    }
}

/// How urgent a task is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Nobody said.
    #[default]
    None,
    /// Can wait.
    Low,
    /// As usual.
    Medium,
    /// Before others.
    High,
    /// Now.
    Urgent,
}

impl Priority {
    /// Every priority, least urgent first.
    pub const ALL: [Self; 5] = [Self::None, Self::Low, Self::Medium, Self::High, Self::Urgent];

    /// The name it is stored and sent under.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Urgent => "urgent",
        }
    }

    /// Reads the name it is stored and sent under.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|priority| priority.as_str() == name)
    }

    /// Whether nobody said how urgent it is.
    pub fn is_none(&self) -> bool {
        *self == Self::None
    }
}

/// A text of a task that two people may edit at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextField {
    /// [`Task::title`].
    Title,
    /// [`Task::description`].
    Description,
}

impl TextField {
    /// The text as a task has it. `None` if it is not loaded here.
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

/// Where to put something among its siblings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place<Id> {
    /// Before all others.
    First,
    /// After all others.
    #[default]
    Last,
    /// Directly before this one; last, if it has gone meanwhile.
    Before(Id),
    /// Directly after this one; last, if it has gone meanwhile.
    After(Id),
}

/// A line of the list of boards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardSummary {
    /// Which board.
    pub id: crate::id::BoardId,
    /// What it is called.
    pub name: String,
    /// The number of its newest change.
    pub seq: Seq,
    /// When it was created.
    pub created_at: Timestamp,
}

impl BoardSummary {
    /// What lists of boards are sorted by: when it was created, and its id.
    pub fn age(&self) -> (Timestamp, crate::id::BoardId) {
        (self.created_at, self.id)
    }
}

/// How many boards a page lists at once.
pub const LISTED_BOARDS: usize = 50;

/// A page of a list of boards.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardPage {
    /// The boards, newest first.
    pub boards: Vec<BoardSummary>,
    /// Whether there are older ones.
    pub more: bool,
}
