//! Who may see and change what: every route, server function and socket message against every kind of caller.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

#[path = "../support/mod.rs"]
mod support;

mod assignees;
mod bounds;
mod fixture;
mod hostile;
mod revocation;
mod socket;
mod stuck;
mod table;
