//! The types of identifiers.
//!
//! Every id is a UUIDv7 ([RFC 9562]) made by the creator of the thing, which may be a browser. So a retry is
//! recognised, and a row that is shown before it is saved keeps its identity. Each kind of thing has its own type, so
//! that the compiler rejects a task id in place of a board id.
//!
//! [RFC 9562]: https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-7

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::from_str(text).map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    )*};
}

ids! {
    /// A board.
    BoardId;
    /// A column of a board.
    ColumnId;
    /// A task.
    TaskId;
    /// A label of a board.
    LabelId;
    /// A checklist of a task.
    ChecklistId;
    /// An item of a checklist.
    ChecklistItemId;
    /// A comment on a task.
    CommentId;
    /// One request to change a board. A repetition under the same id changes nothing.
    MutationId;
    /// The originator of a change: a person, a program that acts for a person, [`ActorId::COMMAND_LINE`], or [`ActorId::SERVER`].
    ActorId;
    /// One tab that shows a board: from the load of its page until the page is gone.
    TabId;
}

impl ActorId {
    /// Whoever runs commands on the server's machine: nobody signs in there. The version of this id is 8, so it is the id of no person.
    pub const COMMAND_LINE: Self = Self(Uuid::from_u128(0x8000_8000_0000_0000_0001));
    /// The server itself, such as when it puts a group's people on a board.
    pub const SERVER: Self = Self(Uuid::from_u128(0x8000_8000_0000_0000_0002));

    /// Whether this is a person.
    pub fn is_person(self) -> bool {
        self != Self::COMMAND_LINE && self != Self::SERVER
    }
}
