//! Why something that was asked of a board is refused.

use serde::{Deserialize, Serialize};

use crate::model::{Seq, TextField};

/// Why a mutation was refused. It changed nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Refusal {
    /// A field's value will not do.
    #[error("{field}: {message}")]
    Invalid {
        /// The field, by the name it has in the mutation.
        field: String,
        /// What is wrong, for people: a clause that also reads well without the field.
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
    #[error("somebody else changed the {field} in the meantime")]
    Conflict {
        /// `title` or `description`.
        field: TextField,
        /// The text as it is now.
        theirs: String,
        /// The base to send with the text that both agree on.
        seq: Seq,
    },
    /// It was changed since the number that the mutation was based on, or guarded by.
    #[error("this was changed in the meantime, so nothing was done")]
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
    #[error("this id was already used for a different change; use a new one")]
    IdReused,
    /// The id of the mutation is so old that it is not known any more whether it was done.
    #[error(
        "the id of this change is so old that the server no longer knows whether the change was made, or a wrong clock made the id; if \
         the change is missing, make it again"
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
            Self::Invalid { message, .. } => message.clone(),
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
        Thing::Board => {
            format!("one person may manage at most {limit} boards; delete one first, or make somebody else its manager")
        }
        Thing::Text => {
            let limit = limit / 1_000_000;
            format!(
                "this board is full: its tasks may have at most {limit} MB of text in total; shorten or delete some first"
            )
        }
        Thing::ShareLink => format!("there may be at most {limit} share links; revoke one first"),
        Thing::Person => format!("a board has at most {limit} members; remove one first"),
        what => format!("a board holds at most {limit} {what}s; delete one first"),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_as_a_sentence() {
        let refusal = Refusal::invalid("completed", "this board has no column for done tasks");
        assert_eq!(refusal.sentence(), "This board has no column for done tasks.");
        assert_eq!(refusal.to_string(), "completed: this board has no column for done tasks");
        assert_eq!(Refusal::not_found(Thing::Task).sentence(), "This task does not exist, or was deleted.");
    }
}
