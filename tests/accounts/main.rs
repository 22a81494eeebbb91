//! Accounts, as people in browsers get, use and manage them: a whole server, asked over HTTP.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

#[path = "../support/mod.rs"]
mod support;

mod browser;
mod cookies;
mod first_visit;
mod hostile;
mod invitations;
mod own;
mod people;
mod secrets;
mod share_links;
mod signing_in;
mod strangers;
mod tokens;
mod waiting;
