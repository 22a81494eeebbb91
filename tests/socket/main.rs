//! Tests the socket over a real SQLite database: what it delivers, and what it withstands.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

#[path = "../support/mod.rs"]
mod support;

mod complete;
mod delivery;
mod document;
mod goodbye;
mod hostile;
mod order;
mod presence;
mod slow;
mod storm;
mod unreadable;
