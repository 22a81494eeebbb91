//! What can be asked of a board.
//!
//! Form, server function, socket, REST and command line all build a [`Mutation`] and hand it to the one write path.
//! [`crate::board::decide()`] says what comes of it.

use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

use crate::{
    access::BoardRole,
    id::{ActorId, ColumnId, MutationId, TaskId},
    model::{ColumnKind, Priority, Seq},
    time::DueDate,
};

/// A request to change one board, in whole or not at all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mutation {
    /// Made by the sender, who uses it again to repeat a request whose answer it did not get: the repetition is answered
    /// as the first time and changes nothing.
    pub id: MutationId,
    /// What to do.
    #[serde(flatten)]
    pub op: Op,
}

/// What to do with a board.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Op {
    /// Make the board.
    CreateBoard(CreateBoard),
    /// Change the board itself.
    UpdateBoard(UpdateBoard),
    /// Delete the board with all that is on it.
    DeleteBoard(DeleteBoard),
    /// Say what somebody is on the board, or take them off it.
    SetMember(SetMember),
    /// Make a link with which the board can be read without an account.
    CreateShareLink(CreateShareLink),
    /// Take such a link back.
    RevokeShareLink(RevokeShareLink),
    /// Add a column.
    CreateColumn(CreateColumn),
    /// Rename a column, change its kind, or move it.
    UpdateColumn(UpdateColumn),
    /// Delete a column that holds no tasks.
    DeleteColumn(DeleteColumn),
    /// Add a task.
    CreateTask(CreateTask),
    /// Change some fields of a task; its place is one of them.
    UpdateTask(UpdateTask),
    /// Put a task into the trash.
    DeleteTask(DeleteTask),
    /// Take a task out of the trash, back into its column.
    RestoreTask(RestoreTask),
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

/// See [`Op::CreateBoard`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateBoard {
    /// What to call it.
    pub name: String,
    /// Its columns from left to right.
    pub columns: Vec<NewColumn>,
    /// What everyone on the server is on it; absent, it is private to whoever makes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub everyone: Option<BoardRole>,
}

/// A column of a board that is being made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewColumn {
    /// The id to give it.
    pub id: ColumnId,
    /// What to call it.
    pub name: String,
    /// What being in it says about a task.
    pub kind: ColumnKind,
}

/// See [`Op::UpdateBoard`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpdateBoard {
    /// The number of the newest change of the board that the sender had seen; refused as stale where there is a newer one. Absent:
    /// whatever happened since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Seq>,
    /// Refused as stale where a field that it sets was changed later than this number. It is what keeps an undo from reverting what somebody
    /// else did since. Absent: whatever happened since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard: Option<Seq>,
    /// A new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What everyone on the server is to be on it; `Some(None)`, in JSON `null`, makes it private to its members.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub everyone: Option<Option<BoardRole>>,
}

/// See [`Op::DeleteBoard`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeleteBoard {
    /// The number of the newest change of the board that the sender had seen; refused as stale where there is a newer one. Absent:
    /// whatever happened since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Seq>,
}

/// See [`Op::SetMember`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetMember {
    /// Who.
    pub person: ActorId,
    /// What they are to be; `None`, in JSON `null`, takes them off the board.
    #[serde(default)]
    pub role: Option<BoardRole>,
}

/// See [`Op::CreateShareLink`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateShareLink {
    /// The id to give it.
    pub link: Uuid,
    /// The SHA-256 of its secret. The secret itself is for those who are to read the board, and is told to no server before one
    /// of them comes with it.
    pub secret_sha256: Sha256Digits,
}

/// A SHA-256, in 64 hexadecimal digits in lower case. A type of its own, because it is looked for in the database before it is decided
/// whether whoever sent it may do what they ask.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sha256Digits(String);

impl Sha256Digits {
    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<[u8; 32]> for Sha256Digits {
    fn from(hash: [u8; 32]) -> Self {
        Self(hash.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

impl TryFrom<String> for Sha256Digits {
    type Error = &'static str;

    fn try_from(digits: String) -> Result<Self, Self::Error> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if digits.len() == 64 && digits.bytes().all(is_digit) {
            Ok(Self(digits))
        } else {
            Err("must be 64 hexadecimal digits in lower case")
        }
    }
}

impl From<Sha256Digits> for String {
    fn from(digits: Sha256Digits) -> Self {
        digits.0
    }
}

/// See [`Op::RevokeShareLink`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevokeShareLink {
    /// Which.
    pub link: Uuid,
}

/// See [`Op::CreateColumn`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateColumn {
    /// The id to give it.
    pub column: ColumnId,
    /// What to call it.
    pub name: String,
    /// What being in it says about a task.
    pub kind: ColumnKind,
    /// Where to put it.
    #[serde(default)]
    pub place: Place<ColumnId>,
}

/// See [`Op::UpdateColumn`]. What is absent stays as it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpdateColumn {
    /// Which column.
    pub column: ColumnId,
    /// Refused as stale where the column was changed later than this number. It is what keeps an undo from reverting what somebody
    /// else did since. Absent: whatever happened since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard: Option<Seq>,
    /// A new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A new kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<ColumnKind>,
    /// A new place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place<ColumnId>>,
}

impl UpdateColumn {
    /// An update that changes nothing yet.
    pub fn of(column: ColumnId) -> Self {
        Self { column, guard: None, name: None, kind: None, place: None }
    }
}

/// See [`Op::DeleteColumn`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeleteColumn {
    /// Which column.
    pub column: ColumnId,
    /// Refused as stale where the column was changed later than this number. It is what keeps an undo from reverting what somebody
    /// else did since. Absent: whatever happened since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard: Option<Seq>,
}

impl DeleteColumn {
    /// Deletes it whatever happened to it.
    pub fn of(column: ColumnId) -> Self {
        Self { column, guard: None }
    }
}

/// See [`Op::CreateTask`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateTask {
    /// The id to give it.
    pub task: TaskId,
    /// One line of text.
    pub title: String,
    /// Markdown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The column to put it in; the first one, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<ColumnId>,
    /// `true` puts it into the first done column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed: Option<bool>,
    /// Where in the column.
    #[serde(default)]
    pub place: Place<TaskId>,
    /// How urgent it is.
    #[serde(default, skip_serializing_if = "Priority::is_none")]
    pub priority: Priority,
    /// The day it is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<DueDate>,
    /// Whose it is to be: people who can see the board.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assignees: Vec<ActorId>,
}

impl CreateTask {
    /// A task with nothing but a title, last in the first column.
    pub fn of(task: TaskId, title: impl Into<String>) -> Self {
        Self {
            task,
            title: title.into(),
            description: String::new(),
            column: None,
            completed: None,
            place: Place::Last,
            priority: Priority::None,
            due: None,
            assignees: Vec::new(),
        }
    }
}

/// See [`Op::UpdateTask`]. What is absent stays as it is, so edits of different fields both survive.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpdateTask {
    /// Which task.
    pub task: TaskId,
    /// The number of the newest change the editor of `title` or `description` had seen. Where someone changed the same
    /// text later, the answer is a conflict. Absent: the later writer wins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Seq>,
    /// Refused as stale where a field that it sets was changed later than this number. It is what keeps an undo from reverting what somebody
    /// else did since. Absent: whatever happened since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard: Option<Seq>,
    /// A new title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// A new description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// A new priority.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// A new due date; `Some(None)`, in JSON `null`, clears it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub due: Option<Option<DueDate>>,
    /// Whose it is to be as well: people who can see the board. Who has it already, keeps it. Those who add different people
    /// at once both do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assign: Vec<ActorId>,
    /// Whose it is to be no more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unassign: Vec<ActorId>,
    /// Another column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<ColumnId>,
    /// `true` moves it to the first done column, `false` back to where it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed: Option<bool>,
    /// A new place in its column, or in the one it moves to (there, absent means last).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place<TaskId>>,
}

impl UpdateTask {
    /// An update that changes nothing yet.
    pub fn of(task: TaskId) -> Self {
        Self {
            task,
            base: None,
            guard: None,
            title: None,
            description: None,
            priority: None,
            due: None,
            assign: Vec::new(),
            unassign: Vec::new(),
            column: None,
            completed: None,
            place: None,
        }
    }
}

/// See [`Op::DeleteTask`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeleteTask {
    /// Which task.
    pub task: TaskId,
    /// The number of the newest change of the task that the sender had seen; refused as stale where there is a newer one. Absent:
    /// whatever happened since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Seq>,
}

impl DeleteTask {
    /// Deletes it whatever happened to it.
    pub fn of(task: TaskId) -> Self {
        Self { task, base: None }
    }
}

/// See [`Op::RestoreTask`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RestoreTask {
    /// Which task.
    pub task: TaskId,
    /// Refused as stale where the task was deleted, restored or moved later than this number. It is what keeps an undo from reverting what somebody
    /// else did since. Absent: whatever happened since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard: Option<Seq>,
    /// The column to put it in; the one it was in, if absent or gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<ColumnId>,
    /// Where in the column; last, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place<TaskId>>,
}

impl RestoreTask {
    /// Restores it to the end of its column.
    pub fn of(task: TaskId) -> Self {
        Self { task, guard: None, column: None, place: None }
    }
}

/// Tells a field that is `null` (`Some(None)`) from one that is absent (`None`, by `default`).
pub fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// Why a mutation was refused. It changed nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Refusal {
    /// A field's value will not do.
    #[error("{field}: {message}")]
    Invalid {
        /// The field, by the name it has in the mutation.
        field: String,
        /// What is wrong, for people.
        message: String,
    },
    /// There is no such thing on this board (any more).
    #[error("this {what} does not exist, or was deleted")]
    NotFound {
        /// `board`, `column` or `task`.
        what: Thing,
    },
    /// The id is taken.
    #[error("a {what} with this id exists already")]
    Exists {
        /// `board`, `column` or `task`.
        what: Thing,
    },
    /// Somebody else changed the same text since the editor started.
    #[error("somebody else changed the {field} meanwhile")]
    Conflict {
        /// `title` or `description`.
        field: TextField,
        /// The text as it is now.
        theirs: String,
        /// The base to send with the text that both agree on.
        seq: Seq,
    },
    /// It was changed since the number that the mutation was based on, or guarded by.
    #[error("it was changed meanwhile")]
    Stale {
        /// The number of its newest change.
        seq: Seq,
    },
    /// Whoever asks may see the board, but not do this to it.
    #[error("you may not do this")]
    Forbidden,
    /// The column still holds tasks.
    #[error("the column still holds tasks; move or delete them first")]
    NotEmpty,
    /// The board cannot hold more.
    #[error("{}", full(*.what, *.limit))]
    Full {
        /// What there are too many of.
        what: Thing,
        /// How many there may be.
        limit: u32,
    },
    /// The id of the mutation was used before for a different one.
    #[error("this mutation id was used before, for something else")]
    IdReused,
    /// The id of the mutation is so old that it is not known any more whether it was done.
    #[error(
        "this was asked for so long ago that it is not known any more whether it was done; or the clock that made its id is wrong"
    )]
    Expired,
}

impl Refusal {
    /// A field's value will not do.
    pub fn invalid(field: &str, message: impl Into<String>) -> Self {
        Self::Invalid { field: field.to_owned(), message: message.into() }
    }

    /// There is no such thing.
    pub fn not_found(what: Thing) -> Self {
        Self::NotFound { what }
    }

    /// What to tell a person, as a sentence. ([`Display`](std::fmt::Display) is for programs: it starts with the field.)
    pub fn sentence(&self) -> String {
        let words = match self {
            Self::Invalid { field, message } => match field.as_str() {
                "title" | "description" | "name" => format!("the {field} {message}"),
                "column" => format!("this column {message}"),
                "assign" | "assignees" => format!("those to whom a task is assigned {message}"),
                _ => message.clone(),
            },
            Self::NotFound { what: Thing::Board } => "the board was deleted, or is closed to you".to_owned(),
            other => other.to_string(),
        };
        let mut chars = words.chars();
        let first = chars.next().map(char::to_uppercase);
        first.into_iter().flatten().chain(chars).chain(['.']).collect()
    }
}

/// How [`Refusal::Full`] is told.
fn full(what: Thing, limit: u32) -> String {
    match what {
        Thing::Board => format!("one person may manage {limit} boards; delete one first, or leave it to another"),
        Thing::Text => {
            let limit = limit / 1_000_000;
            format!("this board is full: its tasks may have {limit} MB of text together; shorten or delete some first")
        }
        Thing::ShareLink => format!("this share link is one too many: there may be {limit}; revoke one first"),
        what => format!("a board holds at most {limit} {what}s"),
    }
}

/// What a [`Refusal`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Thing {
    /// A board.
    Board,
    /// A column.
    Column,
    /// A task.
    Task,
    /// A person.
    Person,
    /// A share link.
    ShareLink,
    /// The texts of all tasks of a board together, in bytes.
    Text,
}

impl std::fmt::Display for Thing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Board => "board",
            Self::Column => "column",
            Self::Task => "task",
            Self::Person => "person",
            Self::ShareLink => "share link",
            Self::Text => "text",
        })
    }
}

/// A text of a task that two people may edit at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextField {
    /// [`crate::model::Task::title`].
    Title,
    /// [`crate::model::Task::description`].
    Description,
}

impl std::fmt::Display for TextField {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Title => "title",
            Self::Description => "description",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_as_a_sentence() {
        assert_eq!(Refusal::invalid("title", "must not be empty").sentence(), "The title must not be empty.");
        assert_eq!(
            Refusal::invalid("completed", "this board has no column for done tasks").sentence(),
            "This board has no column for done tasks."
        );
        assert_eq!(Refusal::not_found(Thing::Task).sentence(), "This task does not exist, or was deleted.");
    }
}
