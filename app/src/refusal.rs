//! The reasons why a mutation is refused.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    model::{Seq, TextField},
    tagged::tagged,
};

tagged! {
    /// The reason why a mutation was refused. It changed nothing.
    #[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum Refusal = "Refusal" by "code" {
        /// The value of a field is invalid.
        Invalid {
            /// The field, by its name in the mutation.
            field: String,
            /// The problem, in words for people.
            message: String,
        },
        /// The thing does not exist on this board, or was deleted.
        NotFound {
            /// The kind of thing: `board`, `column`, `task`, `label`, `checklist`, `checklist_item`, `comment`,
            /// `person` or `share_link`.
            what: Thing,
        },
        /// The id is already used.
        Exists {
            /// The kind of thing: `board`, `column`, `task`, `label`, `checklist`, `checklist_item`, `comment`,
            /// `share_link`, or `key`: another board has this key, or had it once.
            what: Thing,
        },
        /// The same text was changed since the edit's base.
        Conflict {
            /// `title` or `description`.
            field: TextField,
            /// The current text.
            theirs: String,
            /// The base to send with the merged text.
            seq: Seq,
        },
        /// The thing was changed since the mutation's base or guard.
        Stale {
            /// The number of its newest change.
            seq: Seq,
        },
        /// The sender may see the board, but not do this to it.
        Forbidden,
        /// The column still holds tasks.
        NotEmpty,
        /// The board is archived. It cannot be edited until a manager brings it back.
        Archived,
        /// The limit of a resource is reached.
        Full {
            /// The resource.
            what: Thing,
            /// The limit.
            limit: u32,
        },
        /// The id of the mutation was used before, for a different mutation.
        IdReused,
        /// The id of the mutation is so old that the server no longer knows whether it was applied.
        Expired,
    }
}

impl std::error::Error for Refusal {}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid { field, message } => write!(f, "{field}: {message}"),
            Self::NotFound { what } => write!(f, "this {what} does not exist, or was deleted"),
            Self::Exists { what: Thing::Key } => {
                f.write_str("another board has this key, or had it once; choose another one")
            }
            Self::Exists { what } => write!(f, "a {what} with this id exists already"),
            Self::Conflict { field, .. } => write!(f, "somebody else changed the {field} in the meantime"),
            Self::Stale { .. } => f.write_str("this was changed in the meantime, so nothing was done"),
            Self::Forbidden => f.write_str("you may not do this"),
            Self::NotEmpty => f.write_str("the column still holds tasks; move or delete them first"),
            Self::Archived => f.write_str("this board is archived. A manager can bring it back"),
            Self::Full { what, limit } => f.write_str(&full(*what, *limit)),
            Self::IdReused => f.write_str("this id was already used for a different change; use a new one"),
            Self::Expired => f.write_str(
                "the id of this change is so old that the server no longer knows whether the change was made, or a wrong clock \
                 made the id; if the change is missing, make it again",
            ),
        }
    }
}

impl Refusal {
    /// Creates the refusal of an invalid value.
    pub fn invalid(field: &str, message: impl Into<String>) -> Self {
        Self::Invalid { field: field.to_owned(), message: message.into() }
    }

    /// Creates the refusal of a request for a thing that does not exist.
    pub fn not_found(what: Thing) -> Self {
        Self::NotFound { what }
    }

    /// Returns the reason as a sentence for people. ([`Display`](fmt::Display) is for programs: it starts with the
    /// field.)
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

/// Returns the message of [`Refusal::Full`].
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
        Thing::Comment => format!("a task holds at most {limit} comments; delete one first"),
        Thing::Reaction => format!("a comment holds at most {limit} reactions"),
        Thing::ShareLink => format!("there may be at most {limit} share links; revoke one first"),
        Thing::Checklist => format!("a task has at most {limit} checklists; delete one first"),
        Thing::ChecklistItem => {
            format!("a checklist has at most {limit} items; delete some first, or begin another checklist")
        }
        Thing::Star => format!("you have starred {limit} boards, and one may not star more; take a star away first"),
        Thing::Person => format!("a board has at most {limit} members; remove one first"),
        what => format!("a board holds at most {limit} {what}s; delete one first"),
    }
}

/// The thing that a [`Refusal`] is about.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Thing {
    /// A board.
    Board,
    /// A column.
    Column,
    /// A task.
    Task,
    /// A label.
    Label,
    /// A checklist of a task.
    Checklist,
    /// An item of a checklist.
    ChecklistItem,
    /// A comment.
    Comment,
    /// A reaction to a comment.
    Reaction,
    /// A person.
    Person,
    /// A share link.
    ShareLink,
    /// The key of a board.
    Key,
    /// A star that somebody gave a board.
    Star,
    /// The texts of all tasks of a board together, in bytes.
    Text,
}

impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Board => "board",
            Self::Column => "column",
            Self::Task => "task",
            Self::Label => "label",
            Self::Checklist => "checklist",
            Self::ChecklistItem => "checklist item",
            Self::Comment => "comment",
            Self::Reaction => "reaction",
            Self::Person => "person",
            Self::ShareLink => "share link",
            Self::Key => "key",
            Self::Star => "star",
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
