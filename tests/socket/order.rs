//! Tests that the mutations of one socket are applied in order, whatever fails in between.

use std::time::Duration;

use app::{
    ops::{Op, UpdateTask},
    protocol::{ErrorCode, ServerMessage},
};
use sqlx::{AnyConnection, Connection, Executor};

use crate::support::{database::Database, node::mutation, served::Served};

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_that_could_not_be_stored_is_not_done_after_a_newer_one() {
    let database = Database::sqlite();
    let served = Served::on(&database).await;
    let board = served.node.create_board().await.id;
    let task = served.node.create_task(board, "Buy milk").await;
    let completed =
        |completed| mutation(Op::UpdateTask(UpdateTask { completed: Some(completed), ..UpdateTask::of(task) }));
    let (complete, reopen) = (completed(true), completed(false));

    let mut outside = AnyConnection::connect(&database.url).await.expect("a connection");
    outside.execute("BEGIN IMMEDIATE").await.expect("the file is locked");
    let mut client = served.connect().await;
    client.mutate(board, vec![complete.clone()]).await;
    // The writer retries the first mutation for some seconds; the second waits behind it.
    tokio::time::sleep(Duration::from_millis(200)).await;
    client.mutate(board, vec![reopen.clone()]).await;
    assert_eq!(client.hear_error().await, ErrorCode::Unavailable);
    outside.execute("ROLLBACK").await.expect("the file is free again");
    assert_eq!(client.hear_end().await, Some(1013));

    // As the protocol page says: connect again, and repeat the unanswered mutations.
    let mut client = served.connect().await;
    client.mutate(board, vec![complete, reopen]).await;
    for expected in [3, 4] {
        match client.hear().await {
            ServerMessage::Accepted { seq, .. } => assert_eq!(seq, expected),
            other => panic!("should have been accepted: {other:?}"),
        }
    }
    let state = served.node.board(board).await;
    assert!(!state.is_completed(state.task(task).expect("the task")), "reopened, which was asked for last");
}
