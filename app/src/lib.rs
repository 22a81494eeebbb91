//! What server and browser share.
//!
//! Plain Rust, with no Leptos, no I/O, no clock and no randomness; used unchanged on both sides:
//!
//! - [`id`], [`time`], [`rank`]: small values.
//! - [`model`]: what a board is made of. [`mutation`]: what can be asked of it. [`change`]: what happened to it.
//! - [`protocol`]: what travels over the socket.
//! - [`board`]: the state of a board, what comes of a mutation, and edits that are shown before they are saved.

pub mod board;
pub mod change;
pub mod id;
pub mod model;
pub mod mutation;
pub mod protocol;
pub mod rank;
pub mod time;
