//! Tests the store and the writer on a real SQLite and a real PostgreSQL. Every test runs on both, unless it is about
//! one engine.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

#[path = "../support/mod.rs"]
mod support;

mod age;
mod assignees;
mod audit;
mod board_keys;
mod boards;
mod checklists;
mod comments;
mod deleted_boards;
mod history;
mod labels;
mod log;
mod nodes;
mod numbers;
mod opening;
mod order;
mod outbox;
mod refusals;
mod repeating;
mod replay;
mod rights;
mod silence;
mod speed;
mod stars;

use support::engines::on_both_engines;
