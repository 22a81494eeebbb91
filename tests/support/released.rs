//! The databases of released versions in `tests/upgrade/<version>/`: one for each engine, made by that version and never changed.

use std::{collections::BTreeMap, path::PathBuf};

use app::{id::BoardId, model::Seq};
use serde::Deserialize;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use super::{database::Database, node::Node};

/// A board's contents, as its own version last reported them.
#[derive(Deserialize)]
struct Expected {
    name: String,
    seq: Seq,
    /// The titles of its tasks, by column.
    columns: BTreeMap<String, Vec<String>>,
    /// The titles of those in the trash.
    trash: Vec<String>,
}

fn folder(version: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "upgrade", version].iter().collect()
}

pub async fn restored_on_sqlite(version: &str) -> Database {
    let database = Database::sqlite();
    let dump = std::fs::read_to_string(folder(version).join("sqlite.sql")).expect("the dump is restored");
    let mut connection =
        sqlx::SqliteConnection::connect(&format!("{}?mode=rwc", database.url)).await.expect("the dump is restored");
    connection.execute(AssertSqlSafe(dump)).await.expect("the dump is restored");
    connection.close().await.expect("the dump is restored");
    database
}

pub async fn restored_on_postgres(version: &str) -> Database {
    let database = Database::postgres().await;
    let dump = std::fs::read_to_string(folder(version).join("postgres.sql")).expect("the dump is restored");
    // Leave out the commands of psql itself, and the statement that sets an empty search path during the restore.
    let statements = dump.lines().filter(|line| !line.starts_with('\\') && !line.contains("set_config('search_path'"));
    let mut connection = PgConnection::connect(&database.url).await.expect("the dump is restored");
    connection.execute(AssertSqlSafe(statements.collect::<Vec<_>>().join("\n"))).await.expect("the dump is restored");
    database
}

/// Checks that the boards are as the version itself last reported them, and that their logs result in that. Returns their ids.
pub async fn expect_boards(node: &Node, version: &str, engine: &str) -> Vec<BoardId> {
    let expected = std::fs::read_to_string(folder(version).join("expected.json")).expect("what is expected");
    let mut expected: BTreeMap<String, BTreeMap<BoardId, Expected>> = serde_json::from_str(&expected).expect("boards");
    let expected = expected.remove(engine).expect("those of the engine");
    for (id, expected) in &expected {
        let board = node.board(*id).await;
        assert_eq!((board.name(), board.seq()), (expected.name.as_str(), expected.seq));
        let columns = board.columns().map(|column| {
            let titles = board.column_tasks(column.id).map(|task| task.title.clone()).collect::<Vec<_>>();
            (column.name.clone(), titles)
        });
        assert_eq!(columns.collect::<BTreeMap<_, _>>(), expected.columns);
        let trash = board.tasks().filter(|task| task.is_deleted()).map(|task| task.title.clone());
        assert_eq!(trash.collect::<Vec<_>>(), expected.trash);
        // Its log still results in this state.
        assert_eq!(node.replayed_and_numbered(*id).await, *board);
        let history = node.store.newest_changes(*id, None, 1_000).await.expect("its history");
        assert_eq!(history.entries.len() as Seq, expected.seq);
    }
    expected.into_keys().collect()
}
