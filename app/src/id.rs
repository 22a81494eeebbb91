//! Identifiers.
//!
//! Every id is a UUIDv7 ([RFC 9562]) made by whoever creates the thing, the browser included: a retry is recognised,
//! and a row that is shown before it is saved keeps its identity when it is. Each kind of thing has a type of its own,
//! so that the compiler catches a task id where a board id belongs.
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
    /// One request to change a board; sending it again under the same id changes nothing.
    MutationId;
    /// Whoever asked for a change: a person, or a program acting for one.
    ActorId;
    /// One tab in which a board is open, from when its page was loaded until it is gone.
    TabId;
}
