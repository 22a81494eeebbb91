//! A database made by an older version can be opened, has the expected contents, and can be written to.
//!
//! `tests/upgrade/<version>/` has one for each engine, made by that version and never changed. CONTRIBUTING.md says how
//! to add another.

use sqlx::{AssertSqlSafe, Connection, Executor};

use crate::support::{
    database::Database,
    node::{Node, create, delete, new_task},
    released::{expect_boards, restored_on_postgres, restored_on_sqlite},
};

async fn old_database_reads_as_expected_and_accepts_writes(version: &str, engine: &str, database: Database) {
    let node = Node::on(&database).await;
    for id in &expect_boards(&node, version, engine).await {
        // It can be written to.
        let task = new_task();
        node.accepted(*id, create(task, "After the update")).await;
        node.accepted(*id, delete(task)).await;
        assert_eq!(node.replayed_and_numbered(*id).await, *node.board(*id).await);
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
