//! Tests the administration: its tables, bulk edits and pages, on a real SQLite and a real PostgreSQL.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

#[path = "../support/mod.rs"]
mod support;

mod audit;
mod bulk_edits;
mod more_tables;
mod pages;
mod tables;

/// Defines a test that runs on both engines.
macro_rules! on_both_engines {
    ($(async fn $name:ident($database:ident) $body:block)*) => {$(
        mod $name {
            #[allow(unused_imports, reason = "a test may need nothing but its database")]
            use super::*;
            use crate::support::database::Database;

            async fn run($database: Database) $body

            #[tokio::test(flavor = "multi_thread")]
            async fn on_sqlite() {
                run(Database::sqlite()).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn on_postgres() {
                run(Database::postgres().await).await;
            }
        }
    )*};
}

use on_both_engines;
