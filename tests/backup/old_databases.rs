//! Backups of databases that an older version made.

use sqlx::{Connection, Row};
use taskwire::store::backup::BackupError;

use crate::{
    expect_states_like_logs, restore, run,
    support::{
        database::Database,
        node::{Node, create, new_task},
        released::{expect_boards, restored_on_postgres, restored_on_sqlite},
    },
    take, targets,
};

async fn newest_migration(database: &Database) -> i64 {
    sqlx::any::install_default_drivers();
    let mut connection = sqlx::AnyConnection::connect(&database.url).await.unwrap();
    let newest = sqlx::query("SELECT MAX(version) FROM _sqlx_migrations").fetch_one(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    newest.get(0)
}

async fn a_database_of_0_1_is_backed_up_and_restored(source: Database, engine: &str) {
    for with_secrets in [false, true] {
        let file = take(&source, with_secrets).await;
        // A server of 0.1 may still use it.
        assert_eq!(newest_migration(&source).await, 9);
        for target in targets().await {
            let contents = restore(&file, &target).await.unwrap();
            assert_eq!(contents.header.schema, 9);
            assert_eq!(newest_migration(&target).await, taskwire::store::schema());
            let node = Node::on(&target).await;
            for board in expect_boards(&node, "0.1.0", engine).await {
                node.accepted(board, create(new_task(), "After the restore")).await;
                assert_eq!(node.replayed_and_numbered(board).await, *node.board(board).await);
            }
            expect_states_like_logs(&node).await;
            assert_eq!(node.store.directory().people().len(), 3);
            node.close().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_0_1_on_sqlite_is_backed_up_and_restored() {
    a_database_of_0_1_is_backed_up_and_restored(restored_on_sqlite("0.1.0").await, "sqlite").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_0_1_on_postgres_is_backed_up_and_restored() {
    a_database_of_0_1_is_backed_up_and_restored(restored_on_postgres("0.1.0").await, "postgres").await;
}

/// A newer server migrates the database at the same time.
async fn a_backup_beside_an_update_shows_the_database_before_or_after_it(source: Database, engine: &str) {
    let (file, store) = tokio::join!(take(&source, true), source.open());
    store.close().await;
    for target in targets().await {
        let contents = restore(&file, &target).await.unwrap();
        assert!([9, taskwire::store::schema()].contains(&contents.header.schema), "{:?}", contents.header);
        let node = Node::on(&target).await;
        expect_boards(&node, "0.1.0", engine).await;
        node.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_beside_an_update_of_sqlite_shows_the_database_before_or_after_it() {
    for _ in 0..5 {
        let source = restored_on_sqlite("0.1.0").await;
        a_backup_beside_an_update_shows_the_database_before_or_after_it(source, "sqlite").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_beside_an_update_of_postgres_shows_the_database_before_or_after_it() {
    for _ in 0..5 {
        let source = restored_on_postgres("0.1.0").await;
        a_backup_beside_an_update_shows_the_database_before_or_after_it(source, "postgres").await;
    }
}

/// What the migrations that come after the backup's schema compute is computed from the restored rows: here, the job for an invitation that
/// was accepted just before.
#[tokio::test(flavor = "multi_thread")]
async fn later_migrations_apply_to_the_restored_rows() {
    let source = restored_on_sqlite("0.1.0").await;
    run(&source, "UPDATE one_time_links SET used_at = 1, used_by = (SELECT MIN(id) FROM people), purpose = '{}'").await;
    let file = take(&source, false).await;
    for target in targets().await {
        restore(&file, &target).await.unwrap();
        let rows = crate::rows(&target).await;
        assert_eq!(rows["outbox"].len(), 1);
        let hash = rows["one_time_links"][0][0].clone().unwrap();
        assert!(hash.starts_with("left out: "), "{hash}");
        target.open().await.close().await;
    }
}

async fn a_database_of_a_newer_version_is_refused(database: Database) {
    database.open().await.close().await;
    run(
        &database,
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         SELECT 1000, 'newer', success, checksum, 0 FROM _sqlx_migrations WHERE version = 1",
    )
    .await;
    let mut file = Vec::new();
    let settings = taskwire::store::StoreSettings::new(&database.url);
    let refused = taskwire::store::backup::take(&settings, false, &mut file, &mut |_, _| {}).await.unwrap_err();
    assert!(matches!(refused, BackupError::NewerDatabase { theirs: 1000, .. }), "{refused}");
    assert!(file.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_a_newer_version_on_sqlite_is_refused() {
    a_database_of_a_newer_version_is_refused(Database::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_a_newer_version_on_postgres_is_refused() {
    a_database_of_a_newer_version_is_refused(Database::postgres().await).await;
}
