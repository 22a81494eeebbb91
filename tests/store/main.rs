//! Tests the store and the writer on a real SQLite and a real PostgreSQL. Every test runs on both, unless it is about
//! one engine.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

#[path = "../support/mod.rs"]
mod support;

mod age;
mod assignees;
mod audit;
mod boards;
mod deleted_boards;
mod history;
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
