//! What server and browser share.
//!
//! Plain Rust, with no Leptos, no I/O, no clock and no randomness; used unchanged on both sides:
//!
//! - [`id`], [`time`], [`rank`]: small values.
//! - [`model`]: what a board is made of. [`mutation`]: what can be asked of it. [`change`]: what happened to it.
//! - [`access`]: who may see and change what.
//! - [`board`]: the state of a board, what comes of a mutation, and edits that are shown before they are saved.
//! - [`history`]: what happened, as people tell it.
//! - [`people`]: who is on this server, as the others see them.
//! - [`presence`]: who has a board open, and what they are editing.
//! - [`protocol`]: what travels over the socket. [`live::session`]: the client's half of it.
//!
//! With Leptos:
//!
//! - [`live`]: a board as signals, and the socket that feeds them.
//! - `pages`: the pages, and what is at which address. `components`: what pages are made of. [`forms`]: what they load, and what their forms do without JavaScript.
//! - `backend`: what the pages need of the server. `account`: the pages about accounts, which are plain ones.

#![recursion_limit = "256"]

pub mod access;
#[cfg(feature = "ssr")]
pub mod account;
#[cfg(feature = "ssr")]
pub mod backend;
pub mod board;
pub mod change;
mod components;
pub mod forms;
pub mod history;
pub mod id;
pub mod live;
pub mod model;
pub mod mutation;
mod new_id;
mod pages;
pub mod people;
pub mod presence;
pub mod protocol;
pub mod rank;
pub mod time;

pub use new_id::new_id;
pub use pages::App;
#[cfg(feature = "ssr")]
pub use pages::{APP, SHAPE, shell};
