//! A database made by an older version can be opened, has the expected contents, and can be written to.
//!
//! `tests/upgrade/<version>/` has one for each engine, made by that version and never changed. CONTRIBUTING.md says how
//! to add another.

use std::{collections::BTreeMap, path::PathBuf};

use app::{id::BoardId, model::Seq};
use serde::Deserialize;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use crate::support::{
    database::Database,
    node::{Node, create, delete, new_task},
};

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

async fn restored_on_sqlite(version: &str) -> Database {
    let database = Database::sqlite();
    let dump = std::fs::read_to_string(folder(version).join("sqlite.sql")).unwrap();
    let mut connection = sqlx::SqliteConnection::connect(&format!("{}?mode=rwc", database.url)).await.unwrap();
    connection.execute(AssertSqlSafe(dump)).await.unwrap();
    connection.close().await.unwrap();
    database
}

async fn restored_on_postgres(version: &str) -> Database {
    let database = Database::postgres().await;
    let dump = std::fs::read_to_string(folder(version).join("postgres.sql")).unwrap();
    // Leave out the commands of psql itself, and the statement that sets an empty search path during the restore.
    let statements = dump.lines().filter(|line| !line.starts_with('\\') && !line.contains("set_config('search_path'"));
    let mut connection = PgConnection::connect(&database.url).await.unwrap();
    connection.execute(AssertSqlSafe(statements.collect::<Vec<_>>().join("\n"))).await.unwrap();
    database
}

async fn old_database_reads_as_expected_and_accepts_writes(version: &str, engine: &str, database: Database) {
    let expected = std::fs::read_to_string(folder(version).join("expected.json")).unwrap();
    let expected: BTreeMap<String, BTreeMap<BoardId, Expected>> = serde_json::from_str(&expected).unwrap();
    let expected = &expected[engine];
    let node = Node::on(&database).await;
    for (id, expected) in expected {
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
        assert_eq!(node.replayed(*id).await, *board);
        let history = node.store.newest_changes(*id, None, 1_000).await.unwrap();
        assert_eq!(history.entries.len() as Seq, expected.seq);
        // It can be written to.
        let task = new_task();
        node.accepted(*id, create(task, "After the update")).await;
        node.accepted(*id, delete(task)).await;
        assert_eq!(node.replayed(*id).await, *node.board(*id).await);
    }
    node.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_0_1_on_sqlite() {
    old_database_reads_as_expected_and_accepts_writes("0.1.0", "sqlite", restored_on_sqlite("0.1.0").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_0_1_on_postgres() {
    old_database_reads_as_expected_and_accepts_writes("0.1.0", "postgres", restored_on_postgres("0.1.0").await).await;
}

/// As many tasks as a large team has in ten years.
const MANY: usize = 100_000;

/// Fills a board of an old database.
async fn fill(database: &Database) {
    sqlx::any::install_default_drivers();
    let mut connection = sqlx::AnyConnection::connect(&database.url).await.unwrap();
    let fill = format!(
        "INSERT INTO tasks (id, board, title, description, column_id, rank, priority, created_at, updated_at, seq, title_seq, description_seq) \
         WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {MANY}) \
         SELECT substr('00000000-0000-7000-8000-000000000000', 1, 36 - length(CAST(n AS TEXT))) || CAST(n AS TEXT), board, 'Task', \
         'What is to be done', column_id, 'a0', 'none', 0, 0, 1, 1, 1 FROM numbers, (SELECT board, column_id FROM tasks LIMIT 1) AS one"
    );
    connection.execute(AssertSqlSafe(fill)).await.unwrap();
}

async fn many_tasks_are_brought_up_to_date_in_seconds(database: Database) {
    fill(&database).await;
    let start = std::time::Instant::now();
    let store = database.open().await;
    let took = start.elapsed();
    println!("{MANY} tasks were brought up to date in {took:?}");
    assert!(took < std::time::Duration::from_secs(10), "{took:?}");
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_tasks_are_brought_up_to_date_in_seconds_on_sqlite() {
    many_tasks_are_brought_up_to_date_in_seconds(restored_on_sqlite("0.1.0").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_tasks_are_brought_up_to_date_in_seconds_on_postgres() {
    many_tasks_are_brought_up_to_date_in_seconds(restored_on_postgres("0.1.0").await).await;
}

/// An update succeeds as a whole or not at all, so that the older version can continue with the same database.
async fn an_update_that_fails_leaves_all_as_it_was(database: Database) {
    let newest = async || -> i64 {
        let mut connection = sqlx::AnyConnection::connect(&database.url).await.unwrap();
        // What the last migration adds does not exist …
        assert!(connection.execute("SELECT schema FROM access_revision").await.is_err());
        // … and no earlier migration of this update is recorded as done.
        let row = connection.fetch_one("SELECT MAX(version) FROM _sqlx_migrations").await.unwrap();
        sqlx::Row::try_get(&row, 0).unwrap()
    };
    sqlx::any::install_default_drivers();
    let mut connection = sqlx::AnyConnection::connect(&database.url).await.unwrap();
    // Makes the last migration fail, after others of the same update have succeeded.
    connection.execute("ALTER TABLE changes ADD COLUMN schema TEXT").await.unwrap();
    connection.close().await.unwrap();
    let before = newest().await;
    let refused = taskwire::store::Store::open(taskwire::store::StoreSettings::new(&database.url)).await;
    assert!(refused.err().expect("it is refused").to_string().contains("schema"));
    assert_eq!(newest().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_that_fails_leaves_all_as_it_was_on_sqlite() {
    an_update_that_fails_leaves_all_as_it_was(restored_on_sqlite("0.1.0").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_that_fails_leaves_all_as_it_was_on_postgres() {
    an_update_that_fails_leaves_all_as_it_was(restored_on_postgres("0.1.0").await).await;
}
