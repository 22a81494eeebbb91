//! What server and browser share.
//!
//! Plain Rust, with no Leptos, no I/O, no clock and no randomness; used unchanged on both sides:
//!
//! - [`id`], [`key`], [`time`], [`rank`], [`text`]: small values, and what they may be.
//! - [`checklist`]: the checklists of a task. [`model`]: what a board is made of. [`fields`]: what of a task people set. [`access`]: who may see and change what.
//! - [`state`]: a board after so many changes. [`ops`]: what can be done to it, one file an operation.
//! - [`board`]: a board with edits that are shown before they are saved.
//! - [`activity`]: what changes did. [`history`]: the same, in words.
//! - [`people`]: who is on this server, as the others see them. `audit`: what the audit log says, on the server only.
//! - `system`: the state of an installation. `settings`: what its settings are.
//! - [`presence`]: who has a board open, and what they are editing.
//! - [`protocol`]: what travels over the socket. [`live::session`]: the client's half of it.
//!
//! With Leptos:
//!
//! - [`live`]: a board as signals, and the socket that feeds them.
//! - `pages`: what stands at an address, put together from `features`, one folder a feature. `controls`: what any feature may use.
//!   `address`: which address shows what. [`forms`]: what they load, and what their forms do without JavaScript.
//! - `backend`: what the pages need of the server. `account`: the pages about accounts, which are plain ones.
//!   `browse`: the pages of the REST interface and of its documentation.
//!   `admin`: the administration pages.

#![recursion_limit = "256"]

pub mod access;
#[cfg(feature = "ssr")]
pub mod account;
pub mod activity;
pub mod address;
#[cfg(feature = "ssr")]
pub mod admin;
#[cfg(feature = "ssr")]
pub mod audit;
#[cfg(feature = "ssr")]
pub mod backend;
pub mod board;
#[cfg(feature = "ssr")]
pub mod browse;
pub mod by_name;
pub mod checklist;
pub mod comment;
mod controls;
mod features;
pub mod fields;
pub mod forms;
pub mod history;
pub mod hue;
pub mod id;
pub mod key;
pub mod label;
pub mod live;
pub mod model;
mod new_id;
pub mod ops;
mod pages;
pub mod people;
pub mod presence;
pub mod protocol;
pub mod rank;
pub mod refusal;
#[cfg(feature = "ssr")]
pub mod schema;
#[cfg(feature = "ssr")]
pub mod settings;
pub mod state;
#[cfg(feature = "ssr")]
pub mod system;
mod tagged;
pub mod text;
pub mod time;

#[cfg(feature = "ssr")]
pub use controls::{
    server_name::ServerName,
    theme::{PATH as THEME_PATH, Theme},
};
pub use new_id::new_id;
pub use pages::App;
#[cfg(feature = "ssr")]
pub use pages::{APP, SHAPE, shell};
