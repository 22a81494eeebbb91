//! The live client: a board's signals, and the socket that feeds them.
//!
//! - [`session`]: the client's half of the protocol, pure.
//! - [`reconnect`]: when to connect and when to give a connection up, pure.
//! - [`LiveBoard`]: a board as signals; a change touches those of the rows it touched.
//! - [`LiveBoard::need`]: loads what the outline of a board leaves out.
//! - [`fn@act`]: an edit that a control makes.
//! - [`Live`]: the page's one socket, the boards it feeds, and the state of the connection. On the server the same types
//!   exist and hold still.

mod act;
mod board;
mod connection;
#[cfg(feature = "hydrate")]
mod over_http;
mod parts;
pub mod reconnect;
pub mod session;

/// The event, which can be cancelled, by which the script around the app (`pages/bootstrap.js`) asks whether the page may take up
/// another build now. Whoever has something that would be lost cancels it.
pub const LEAVING: &str = "taskwire-leaving";

/// The event that follows if nobody did: what is to be found on the next page is put there.
pub const LEAVE: &str = "taskwire-leave";

pub use act::act;
pub use board::{ChangeCollector, Listener, LiveBoard, News, Problem, TaskSignals};
pub use connection::Live;
pub use parts::Loading;
pub use reconnect::{ConnectError, Status};
pub use session::BoardUnavailable;
