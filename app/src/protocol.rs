//! What travels over the socket: one JSON object a text frame, told apart by its `type`. `docs/PROTOCOL.md` explains it
//! for people who write a client in another language.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    access::Principal,
    id::{ActorId, BoardId, MutationId, TabId, TaskId},
    model::{BoardSummary, Seq},
    ops::{Change, Mutation},
    people::Person,
    presence::Editing,
    refusal::Refusal,
    state::Snapshot,
    tagged::tagged,
};

/// The WebSocket subprotocol.
pub const SUBPROTOCOL: &str = "taskwire.v1";

/// The version of the messages. It counts up when a client that was written for the one before would go wrong; messages, fields
/// and kinds of changes that are added do not count.
pub const PROTOCOL: u32 = 1;

/// The code with which the server closes a socket whose session has ended.
pub const CLOSED_SIGNED_OUT: u16 = 4401;

/// The largest message a client may send, in bytes.
pub const MAX_CLIENT_MESSAGE_BYTES: usize = 64 * 1024;

/// What a client says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ClientMessage {
    /// Send what happens on a board from now on, and first what happened after `since`. Without it, a snapshot.
    Subscribe {
        /// Which board.
        board: BoardId,
        /// The newest change the client has.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<Seq>,
        /// Send a snapshot all the same, which is not older than `since`: what the client has is not whole.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        snapshot: bool,
        /// Where a snapshot is sent, leave out the trash and the texts of descriptions. A client loads them when it needs them.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        outline: bool,
    },
    /// Send nothing more of a board.
    Unsubscribe {
        /// Which board.
        board: BoardId,
    },
    /// Somebody has this board, which is subscribed, open in a tab: count them among those who are here, and tell who
    /// else is. Sent again when what they edit changes.
    Present {
        /// Which board.
        board: BoardId,
        /// Which tab: of two connections that name the same one, the later counts.
        tab: TabId,
        /// The task of which they are editing a text now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        editing: Option<TaskId>,
        /// What only this tab knows, of somebody without an account: nobody else takes its place, though others see which it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        secret: Option<Uuid>,
    },
    /// Send the list of boards now and whenever it changes.
    WatchBoards {
        /// Only so many, the newest.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limit: Option<u32>,
        /// And these, of those that the client may see.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        boards: Vec<BoardId>,
    },
    /// Send who has an account on this server, now and whenever that changes.
    WatchPeople {
        /// Then only who is different: [`ServerMessage::PeopleChanged`].
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        changes: bool,
    },
    /// Change a board. Each mutation is answered by [`ServerMessage::Accepted`] or [`ServerMessage::Rejected`], in order.
    Mutate {
        /// Which board.
        board: BoardId,
        /// What to do, in order.
        mutations: Vec<Mutation>,
    },
    /// Are you there? Browsers cannot see the pings of the WebSocket protocol itself.
    Ping {},
}

tagged! {
    /// What the server says.
    #[derive(Clone, Debug, PartialEq)]
    pub enum ServerMessage = "ServerMessage" by "type" {
        /// Who serves this socket: the first message on each.
        Hello {
            /// The version of Taskwire, for people to read.
            version: String,
            /// The build of the pages that this server serves. A page of another one should be loaded anew, when that loses nothing.
            build: String,
            /// See [`PROTOCOL`].
            protocol: u32,
            /// The version of the database's schema that this server knows, which is the number of its newest migration.
            schema: i64,
        },
        /// The whole state of a board, in place of the changes that led to it.
        Snapshot(Snapshot),
        /// Changes of a board without a hole: the numbers `after + 1`, `after + 2`, …
        Changes {
            /// Which board.
            board: BoardId,
            /// The number of the change before the first of these. None at all (the answer to a subscription that is up to
            /// date) says: that is the newest.
            after: Seq,
            /// The changes.
            changes: Vec<Change>,
        },
        /// All who have a board open: the answer to [`ClientMessage::Present`]. In place of what was said before.
        Presence {
            /// Which board.
            board: BoardId,
            /// People with an account, by id; a bounded number.
            people: Vec<ActorId>,
            /// How many more people there are.
            more: u32,
            /// How many tabs somebody without an account has open, the receiver's own included.
            guests: u32,
            /// Who is editing what; a bounded number.
            editing: Vec<Editing>,
        },
        /// Others have a board open than before, or are editing something else.
        PresenceChanged {
            /// Which board.
            board: BoardId,
            /// Who is listed now and was not.
            joined: Vec<ActorId>,
            /// Who was listed and is not now.
            left: Vec<ActorId>,
            /// How many more people there are now.
            more: u32,
            /// How many guests there are now.
            guests: u32,
            /// Who is editing what now; left out if that is as before.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            editing: Option<Vec<Editing>>,
        },
        /// The boards the client may see, newest first: all, or those that it asked for.
        Boards {
            /// The boards.
            boards: Vec<BoardSummary>,
            /// Whether there are older ones, which the client did not ask for.
            #[serde(default, skip_serializing_if = "std::ops::Not::not")]
            more: bool,
        },
        /// Everyone who has an account, those who were deactivated included: they may have done something that still shows.
        People {
            /// The people, by id.
            people: Vec<Person>,
            /// What the client may do, as it is now.
            you: Principal,
        },
        /// Some have an account now who had none, or another name, or are deactivated; or the client may do something else. For those
        /// who asked for changes.
        PeopleChanged {
            /// Those who are different, by id.
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            people: Vec<Person>,
            /// What the client may do, if that is different.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            you: Option<Principal>,
        },
        /// A mutation is saved for good.
        Accepted {
            /// Which.
            mutation: MutationId,
            /// The number of its change.
            seq: Seq,
        },
        /// A mutation was refused and changed nothing.
        Rejected {
            /// Which.
            mutation: MutationId,
            /// Why.
            error: Refusal,
        },
        /// I am here. The newest numbers of the boards that are subscribed.
        Pong {
            /// By board.
            heads: BTreeMap<BoardId, Seq>,
        },
        /// Something is wrong with what the client sent. Where the server cannot go on, it closes the socket next.
        Error {
            /// Which kind of error.
            code: ErrorCode,
            /// What is wrong, for people.
            message: String,
            /// The board it is about, where it is about one.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            board: Option<BoardId>,
        },
        /// The server is going away. It closes the socket next.
        Goodbye {
            /// How long to wait before connecting again, in milliseconds: spread, so that not all come back at once.
            reconnect_after_ms: u64,
        },
    }
}

/// See [`ServerMessage::Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// Not JSON, of no known type, or with wrong fields.
    BadMessage,
    /// Larger than the limit.
    TooLarge,
    /// More messages, subscriptions or mutations than the limits allow.
    TooMany,
    /// There is no such board (any more), or none that the client may know of.
    NoSuchBoard,
    /// The client may not see this board any more, or the list it asks for.
    Forbidden,
    /// This takes a subscription to the board, and there is none.
    NotSubscribed,
    /// The server cannot read or write at the moment. Nothing was changed; try again.
    Unavailable,
}
