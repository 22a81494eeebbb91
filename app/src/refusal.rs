//! Why something that was asked of a board is refused.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    model::{Seq, TextField},
    tagged::tagged,
};

tagged! {
    /// Why a mutation was refused. It changed nothing.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum Refusal = "Refusal" by "code" {
        /// A field's value will not do.
        Invalid {
            /// The field, by the name it has in the mutation.
            field: String,
            /// What is wrong, for people.
            message: String,
        },
        /// There is no such thing on this board (any more).
        NotFound {
            /// `board`, `column` or `task`.
            what: Thing,
        },
        /// The id is taken.
        Exists {
            /// `board`, `column` or `task`.
            what: Thing,
        },
        /// Somebody else changed the same text since the editor started.
        Conflict {
            /// `title` or `description`.
            field: TextField,
            /// The text as it is now.
            theirs: String,
            /// The base to send with the text that both agree on.
            seq: Seq,
        },
        /// It was changed since the number that the mutation was based on, or guarded by.
        Stale {
            /// The number of its newest change.
            seq: Seq,
        },
        /// Whoever asks may see the board, but not do this to it.
        Forbidden,
        /// The column still holds tasks.
        NotEmpty,
        /// The board cannot hold more.
        Full {
            /// What there are too many of.
            what: Thing,
            /// How many there may be.
            limit: u32,
        },
        /// The id of the mutation was used before for a different one.
        IdReused,
        /// The id of the mutation is so old that it is not known any more whether it was done.
        Expired,
    }
}

impl std::error::Error for Refusal {}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid { field, message } => write!(f, "{field}: {message}"),
            Self::NotFound { what } => write!(f, "this {what} does not exist, or was deleted"),
            Self::Exists { what } => write!(f, "a {what} with this id exists already"),
            Self::Conflict { field, .. } => write!(f, "somebody else changed the {field} meanwhile"),
            Self::Stale { .. } => f.write_str("it was changed meanwhile"),
            Self::Forbidden => f.write_str("you may not do this"),
            Self::NotEmpty => f.write_str("the column still holds tasks; move or delete them first"),
            Self::Full { what, limit } => f.write_str(&full(*what, *limit)),
            Self::IdReused => f.write_str("this mutation id was used before, for something else"),
            Self::Expired => f.write_str(
                "this was asked for so long ago that it is not known any more whether it was done; or the clock that made its id is wrong",
            ),
        }
    }
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

    /// What to tell a person, as a sentence. ([`Display`](fmt::Display) is for programs: it starts with the field.)
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

impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
