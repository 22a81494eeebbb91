//! The live client: the signals of a board, and the socket that updates them.
//!
//! - [`session`]: the client's half of the protocol, without I/O.
//! - [`reconnect`]: when to connect and when to give up a connection, without I/O.
//! - [`LiveBoard`]: a board as signals; a change triggers the signals of the rows that it touched.
//! - [`LiveBoard::need`]: loads what the outline of a board leaves out.
//! - [`fn@act`]: applies an operation from a control.
//! - [`Live`]: the page's one socket, the boards that it updates, and the state of the connection. On the server the
//!   same types exist and do not change.

mod act;
mod board;
mod connection;
#[cfg(feature = "hydrate")]
mod over_http;
mod parts;
pub mod reconnect;
pub mod session;

/// The cancellable event with which the script around the app (`pages/bootstrap.js`) asks whether the page may be
/// replaced by another build now. A listener that would lose something cancels it.
pub const LEAVING: &str = "taskwire-leaving";

/// The event that follows if no listener cancelled it. Its listeners save what the next page should restore.
pub const LEAVE: &str = "taskwire-leave";

pub use act::act;
pub use board::{ChangeCollector, Listener, LiveBoard, Look, News, Problem, TaskSignals};
pub use connection::Live;
pub use parts::Loading;
pub use reconnect::{ConnectError, Status};
pub use session::BoardUnavailable;
