//! Tests that run on both engines.

#![allow(unused_macros, unused_imports, reason = "not every test needs it")]

/// Defines tests that run on both engines: each gets a new database.
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

pub(crate) use on_both_engines;
