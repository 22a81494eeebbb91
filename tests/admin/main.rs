//! Tests the administration: its tables, bulk edits and pages, on a real SQLite and a real PostgreSQL.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

#[path = "../support/mod.rs"]
mod support;

mod audit;
mod bulk_edits;
mod letters;
mod more_tables;
mod pages;
mod tables;

use support::engines::on_both_engines;
