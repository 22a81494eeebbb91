//! What happened to a board: the entries of its log.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    access::BoardRole,
    id::{ActorId, ColumnId, MutationId, TaskId},
    model::{Column, ColumnKind, Priority, Seq},
    mutation::present,
    rank::Rank,
    time::{DueDate, Timestamp},
};

/// One numbered entry of a board's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Its number on the board.
    pub seq: Seq,
    /// When it was committed, by the server's clock.
    pub at: Timestamp,
    /// Who asked for it, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<ActorId>,
    /// The request it answers.
    pub mutation: MutationId,
    /// What happened.
    #[serde(flatten)]
    pub kind: ChangeKind,
}

/// What happened. Field patches carry only the fields that were set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ChangeKind {
    /// The board was made. Whoever made it is its manager; one that nobody in particular made is open to everyone.
    BoardCreated {
        /// What it is called.
        name: String,
        /// Its columns.
        columns: Vec<Column>,
        /// What everyone on the server is on it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        everyone: Option<BoardRole>,
    },
    /// The board itself changed.
    BoardUpdated {
        /// Its new name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// What everyone on the server is on it from now on; `null` where it is private to its members.
        #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
        everyone: Option<Option<BoardRole>>,
    },
    /// Somebody was made a member, is another kind of member now, or is none any more.
    MemberSet {
        /// Who.
        person: ActorId,
        /// What they are now; absent where they were taken off the board.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        role: Option<BoardRole>,
    },
    /// A link was made with which the board can be read without an account.
    ShareLinkCreated {
        /// What it is called by. (That is not its secret.)
        link: Uuid,
    },
    /// Such a link was taken back.
    ShareLinkRevoked {
        /// Which.
        link: Uuid,
    },
    /// The board was deleted with all that is on it. No change follows.
    BoardDeleted {},
    /// A column was added.
    ColumnCreated {
        /// The column.
        column: Column,
        /// Other columns that got new ranks to make room.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        ranks: Vec<(ColumnId, Rank)>,
    },
    /// A column changed.
    ColumnUpdated {
        /// Which column.
        column: ColumnId,
        /// Its new name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// Its new kind.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        column_kind: Option<ColumnKind>,
        /// Its new rank.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rank: Option<Rank>,
        /// Other columns that got new ranks to make room.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        ranks: Vec<(ColumnId, Rank)>,
    },
    /// A column was deleted. It held no tasks but deleted ones.
    ColumnDeleted {
        /// Which column.
        column: ColumnId,
    },
    /// A task was added.
    TaskCreated {
        /// Its id.
        task: TaskId,
        /// Its title.
        title: String,
        /// Its description, in Markdown.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        description: String,
        /// Its column.
        column: ColumnId,
        /// Its rank.
        rank: Rank,
        /// How urgent it is.
        #[serde(default, skip_serializing_if = "Priority::is_none")]
        priority: Priority,
        /// The day it is due.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due: Option<DueDate>,
        /// Whose it is.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        assignees: Vec<ActorId>,
        /// Other tasks that got new ranks to make room.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        ranks: Vec<(TaskId, Rank)>,
    },
    /// Some fields of a task changed.
    TaskUpdated {
        /// Which task.
        task: TaskId,
        /// Its new title.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<String>,
        /// Its new description.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<String>,
        /// Its new priority.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        priority: Option<Priority>,
        /// Its new due date; `null` where it has none any more.
        #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
        due: Option<Option<DueDate>>,
        /// Whose it is now who had not had it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        assigned: Vec<ActorId>,
        /// Who had it and has it no more.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        unassigned: Vec<ActorId>,
        /// The column it moved to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        column: Option<ColumnId>,
        /// Its new rank.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rank: Option<Rank>,
        /// Other tasks that got new ranks to make room.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        ranks: Vec<(TaskId, Rank)>,
    },
    /// A task was put into the trash.
    TaskDeleted {
        /// Which task.
        task: TaskId,
        /// Those that left the trash for good, to make room for it there.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        purged: Vec<TaskId>,
    },
    /// A task was taken out of the trash.
    TaskRestored {
        /// Which task.
        task: TaskId,
        /// The column it is in now.
        column: ColumnId,
        /// Its rank there.
        rank: Rank,
        /// Other tasks that got new ranks to make room.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        ranks: Vec<(TaskId, Rank)>,
    },
}

impl Change {
    /// Those who have to be known by name for it to be told: who did it, and whom it names.
    pub fn people(&self) -> impl Iterator<Item = ActorId> {
        let named = match &self.kind {
            ChangeKind::TaskCreated { assignees, .. } => assignees.as_slice(),
            ChangeKind::TaskUpdated { assigned, .. } => assigned,
            ChangeKind::MemberSet { person, .. } => std::slice::from_ref(person),
            _ => &[],
        };
        self.by.into_iter().chain(named.iter().copied())
    }
}

impl ChangeKind {
    /// Whether somebody asked for what was so already. It has its number in the log like every answer; the task has none of it.
    pub fn changes_nothing(&self) -> bool {
        let Self::TaskUpdated { title, description, priority, due, assigned, unassigned, column, rank, .. } = self
        else {
            return false;
        };
        let is_same = title.is_none() && description.is_none() && priority.is_none() && due.is_none();
        is_same && assigned.is_empty() && unassigned.is_empty() && column.is_none() && rank.is_none()
    }

    /// The task it is about, if it is about one.
    pub fn task(&self) -> Option<TaskId> {
        match self {
            Self::TaskCreated { task, .. }
            | Self::TaskUpdated { task, .. }
            | Self::TaskDeleted { task, .. }
            | Self::TaskRestored { task, .. } => Some(*task),
            Self::BoardCreated { .. }
            | Self::BoardUpdated { .. }
            | Self::BoardDeleted {}
            | Self::MemberSet { .. }
            | Self::ShareLinkCreated { .. }
            | Self::ShareLinkRevoked { .. }
            | Self::ColumnCreated { .. }
            | Self::ColumnUpdated { .. }
            | Self::ColumnDeleted { .. } => None,
        }
    }
}
