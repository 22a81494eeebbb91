//! Boards and tasks that were there before there were keys and numbers get them with the update.

use app::{id::BoardId, key::TaskRef};
use sqlx::{Connection, Executor};
use taskwire::store::{Inspection, StoreSettings};

use crate::support::{
    database::Database,
    node::{Node, create, new_task},
    released::{restored_on_postgres, restored_on_sqlite},
};

/// What is wrong with a board, by its log.
async fn found(database: &Database, board: BoardId) -> Vec<String> {
    let inspection = Inspection::open(&StoreSettings::new(&database.url)).await.unwrap();
    let report = inspection.check_log(board).await.unwrap().unwrap();
    inspection.close().await;
    assert_eq!((report.log, report.not_compared), (Vec::new(), None));
    report.rows
}

async fn what_is_there_is_numbered_by_age(database: Database) {
    let node = Node::on(&database).await;
    let boards = node.store.boards_named("Garden “2026” \u{1f331}").await.unwrap();
    let [board] = boards[..] else { panic!("{boards:?}") };
    let state = node.board(board).await;
    assert_eq!(state.key().map(ToString::to_string).as_deref(), Some("GAR"));
    let mut by_age: Vec<_> = state.tasks().collect();
    by_age.sort_by_key(|task| (task.created_at, task.id));
    let numbers: Vec<u32> = by_age.iter().map(|task| task.number).collect();
    assert!(by_age.len() > 1 && by_age.iter().any(|task| task.is_deleted()), "those in the trash, too");
    assert_eq!(numbers, (1..=state.numbers()).collect::<Vec<_>>());
    assert!(found(&database, board).await.is_empty());

    // The next one follows, and the log of both is as the rows are.
    let task = new_task();
    node.accepted(board, create(task, "New")).await;
    assert_eq!(node.board(board).await.task(task).unwrap().number, state.numbers() + 1);
    let oldest = TaskRef { key: state.key().unwrap().clone(), number: 1 };
    assert_eq!(node.store.task_named(&oldest).await.unwrap(), Some((board, by_age[0].id)));
    assert!(found(&database, board).await.is_empty());
    node.close().await;

    // Opening it again changes nothing; swapped numbers are found.
    let again = Node::on(&database).await;
    assert_eq!(again.board(board).await.key(), state.key());
    again.close().await;
    let mut connection = sqlx::AnyConnection::connect(&database.url).await.unwrap();
    for sql in [
        "UPDATE task_numbers SET number = 0 WHERE number = 1",
        "UPDATE task_numbers SET number = 1 WHERE number = 2",
        "UPDATE task_numbers SET number = 2 WHERE number = 0",
    ] {
        connection.execute(sql).await.unwrap();
    }
    connection.close().await.unwrap();
    let wrong = found(&database, board).await;
    assert!(wrong.iter().any(|words| words.contains("which is not that of its age")), "{wrong:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_there_is_numbered_by_age_on_sqlite() {
    what_is_there_is_numbered_by_age(restored_on_sqlite("0.1.0").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_there_is_numbered_by_age_on_postgres() {
    what_is_there_is_numbered_by_age(restored_on_postgres("0.1.0").await).await;
}
