//! The messages of the socket: one JSON object in each text frame, distinguished by its `type`. `docs/PROTOCOL.md`
//! describes them for authors of clients in other languages.

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

/// The version of the protocol. It increases when a client that was written for the previous version would misbehave.
/// New messages, new fields and new kinds of changes do not increase it.
pub const PROTOCOL: u32 = 1;

/// The close code of a socket whose session has ended.
pub const CLOSED_SIGNED_OUT: u16 = 4401;

/// The largest message that a client may send, in bytes.
pub const MAX_CLIENT_MESSAGE_BYTES: usize = 160 * 1024;

/// A message from the client.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ClientMessage {
    /// Subscribe to a board. The server first sends the changes after `since`, or a snapshot (always without `since`),
    /// and then every new change.
    Subscribe {
        /// The board.
        board: BoardId,
        /// The number of the newest change that the client has.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<Seq>,
        /// Send a snapshot in any case, not older than `since`, because the client's state is incomplete.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        snapshot: bool,
        /// Leave out the trash and the texts of descriptions in a snapshot. The client loads them when it needs them.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        outline: bool,
    },
    /// Unsubscribe from a board.
    Unsubscribe {
        /// The board.
        board: BoardId,
    },
    /// Report that a tab has a board open, which must be subscribed. The server counts the tab in the board's presence,
    /// and sends this presence. Sent again when the edited task changes.
    Present {
        /// The board.
        board: BoardId,
        /// The tab. If two connections name the same tab, the later connection counts.
        tab: TabId,
        /// The task of which a text is being edited.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        editing: Option<TaskId>,
        /// Whether that text is a comment on the task.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        comment: bool,
        /// A secret of the tab, for guests. Others see the tab's id; the secret prevents them from taking its place.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        secret: Option<Uuid>,
    },
    /// Request the list of boards, now and after every change of it.
    WatchBoards {
        /// The most boards to send, the newest first.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limit: Option<u32>,
        /// Further boards to include, if the client may see them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        boards: Vec<BoardId>,
    },
    /// Request the people who have an account on this server, now and after every change.
    WatchPeople {
        /// After the first list, send only the differences: [`ServerMessage::PeopleChanged`].
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        changes: bool,
    },
    /// Change a board. The server answers each mutation with [`ServerMessage::Accepted`] or
    /// [`ServerMessage::Rejected`], in order.
    Mutate {
        /// The board.
        board: BoardId,
        /// The mutations, in order.
        mutations: Vec<Mutation>,
    },
    /// Check that the server answers. Browsers cannot observe the pings of the WebSocket protocol itself.
    Ping {},
}

tagged! {
    /// A message from the server.
    #[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
    #[derive(Clone, Debug, PartialEq)]
    pub enum ServerMessage = "ServerMessage" by "type" {
        /// The first message on each socket: which server this is.
        Hello {
            /// The version of Taskwire, for people.
            version: String,
            /// The build of the pages that this server serves. A page of another build should reload when that loses
            /// nothing.
            build: String,
            /// The version of the protocol: see [`PROTOCOL`].
            protocol: u32,
            /// The version of the database schema that this server knows: the number of its newest migration.
            schema: i64,
        },
        /// The whole state of a board, in place of changes.
        Snapshot(Snapshot),
        /// Consecutive changes of a board, with the numbers `after + 1`, `after + 2`, …
        Changes {
            /// The board.
            board: BoardId,
            /// The number before the first of these changes. If there are no changes (the answer to a subscription that
            /// is up to date), the number of the newest change.
            after: Seq,
            /// The changes.
            changes: Vec<Change>,
        },
        /// The presence on a board: the answer to [`ClientMessage::Present`]. It replaces the previous presence.
        Presence {
            /// The board.
            board: BoardId,
            /// People with an account, ordered by id; a limited number.
            people: Vec<ActorId>,
            /// The number of people beyond those that are listed.
            more: u32,
            /// The number of tabs of guests, including the receiver's own. A guest gets the number of everybody here.
            guests: u32,
            /// The edits in progress; a limited number.
            editing: Vec<Editing>,
        },
        /// The presence on a board has changed.
        PresenceChanged {
            /// The board.
            board: BoardId,
            /// People who are listed now and were not before.
            joined: Vec<ActorId>,
            /// People who were listed before and are not now.
            left: Vec<ActorId>,
            /// The current number of people beyond those that are listed.
            more: u32,
            /// The current number of guests.
            guests: u32,
            /// The current edits in progress; absent if unchanged.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            editing: Option<Vec<Editing>>,
        },
        /// The boards that the client may see, newest first: all, or those that it requested.
        Boards {
            /// The boards.
            boards: Vec<BoardSummary>,
            /// Whether there are older boards, which the client did not request.
            #[serde(default, skip_serializing_if = "std::ops::Not::not")]
            more: bool,
        },
        /// Everybody who has an account, including deactivated accounts, because their edits may still be shown.
        People {
            /// The people, ordered by id.
            people: Vec<Person>,
            /// The current rights of the client.
            you: Principal,
        },
        /// People have joined, have another name, or have been deactivated; or the client's rights have changed. Only
        /// for clients that requested differences.
        PeopleChanged {
            /// The people who are new or changed, ordered by id.
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            people: Vec<Person>,
            /// The current rights of the client; absent if unchanged.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            you: Option<Principal>,
        },
        /// A mutation is saved durably.
        Accepted {
            /// The mutation.
            mutation: MutationId,
            /// The number of its change.
            seq: Seq,
        },
        /// A mutation was refused and changed nothing.
        Rejected {
            /// The mutation.
            mutation: MutationId,
            /// The reason.
            error: Refusal,
        },
        /// The answer to a ping, with the newest numbers of the subscribed boards.
        Pong {
            /// The number of the newest change of each board.
            heads: BTreeMap<BoardId, Seq>,
        },
        /// The client sent something that the server cannot accept or serve. If the server cannot continue, it then
        /// closes the socket.
        Error {
            /// The kind of error.
            code: ErrorCode,
            /// The problem, in words for people.
            message: String,
            /// The board that the error is about, if it is about one.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            board: Option<BoardId>,
        },
        /// The server is stopping, or accepts no more changes. It closes the socket next.
        Goodbye {
            /// How long to wait before the next connection, in milliseconds. The server spreads these times, so that
            /// not all clients reconnect at once.
            reconnect_after_ms: u64,
        },
    }
}

/// The code of a [`ServerMessage::Error`].
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The message is not JSON, is of no known type, or has wrong fields.
    BadMessage,
    /// The message is larger than the limit.
    TooLarge,
    /// There are more messages, subscriptions or mutations than the limits allow.
    TooMany,
    /// The board does not exist (any more), or the client may not know of it.
    NoSuchBoard,
    /// The client may not see this board any more, or may not see the list that it requested.
    Forbidden,
    /// The message requires a subscription to the board, and there is none.
    NotSubscribed,
    /// The server cannot read or write at the moment. Nothing was changed; the client should try again.
    Unavailable,
}
