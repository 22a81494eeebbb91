//! Tests the log: the changes after a number, trimming, and changes that cannot be read.

use app::{id::BoardId, time::Timestamp};
use sqlx::{AnyConnection, Connection};
use taskwire::{credentials::Credentials, store::Missing, writer::WriteError};

use crate::{
    on_both_engines,
    support::node::{Node, create, mutation, new_task},
};

on_both_engines! {
    async fn changes_after_returns_exactly_the_missing_changes(database) {
        let node = Node::on(&database).await;
        let board = node.create_board().await.id;
        for number in 2..=9 {
            node.create_task(board, &format!("Task {number}")).await;
        }
        let numbers = async |after, limit| match node.store.changes_after(board, after, limit).await {
            Ok(Missing::Changes(changes)) => changes.iter().map(|change| change.seq).collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        };
        assert_eq!(numbers(0, 100).await, (1..=9).collect::<Vec<_>>());
        assert_eq!(numbers(5, 100).await, [6, 7, 8, 9]);
        assert_eq!(numbers(5, 2).await, [6, 7]);
        assert!(numbers(9, 100).await.is_empty());
        assert!(numbers(3, 0).await.is_empty());
        // Numbers ahead of the log, as after an old copy of the database was restored.
        assert_eq!(node.store.changes_after(board, 10, 100).await.expect("an answer"), Missing::Trimmed);
        assert_eq!(node.store.changes_after(board, u64::MAX, 100).await.expect("an answer"), Missing::Trimmed);
        let nowhere = app::new_id::<BoardId>();
        assert_eq!(node.store.changes_after(nowhere, 0, 100).await.expect("an answer"), Missing::Trimmed);
    }

    async fn a_trimmed_log_says_so_and_goes_on(database) {
        let node = Node::on(&database).await;
        let (board, quiet) = (node.create_board().await.id, node.create_board().await.id);
        for number in 2..=9 {
            node.create_task(board, &format!("Task {number}")).await;
        }
        let later = Timestamp::from_millis(i64::MAX);
        assert_eq!(node.store.trim_log(Timestamp::from_millis(0)).await.expect("trimmed"), 0);
        assert_eq!(node.store.trim_log(later).await.expect("trimmed"), 8, "all but the newest of each board");
        assert_eq!(node.store.trim_log(later).await.expect("trimmed"), 0);

        assert_eq!(node.store.changes_after(board, 7, 100).await.expect("an answer"), Missing::Trimmed);
        let Missing::Changes(rest) = node.store.changes_after(board, 8, 100).await.expect("an answer") else {
            panic!("the newest change is never trimmed");
        };
        assert_eq!(rest.len(), 1);
        assert_eq!(node.numbers(quiet).await, [1]);

        node.create_task(board, "Task 10").await;
        let fresh = Node::on(&database).await;
        assert_eq!(fresh.board(board).await, node.board(board).await);
        assert_eq!(fresh.board(board).await.live_len(), 9);
        assert_eq!(fresh.create_board().await.columns.len(), 3);
    }

    async fn a_change_that_cannot_be_read_is_an_error_for_its_board_alone(database) {
        let (behind, ahead) = (Node::on(&database).await, Node::on(&database).await);
        let (damaged, sound) = (ahead.create_board().await.id, ahead.create_board().await.id);
        behind.board(damaged).await;
        ahead.create_task(damaged, "Buy milk").await;
        let mut connection = AnyConnection::connect(&database.url).await.expect("a connection");
        sqlx::query("UPDATE changes SET json = '{\"seq\":2,\"kind\":\"from_the_future\"}' WHERE board = $1 AND seq = 2")
            .bind(damaged.to_string())
            .execute(&mut connection)
            .await
            .expect("the damage is done");

        let error = behind.store.board(damaged).await.expect_err("it cannot be read");
        assert!(error.to_string().contains("change number 2"), "{error}");
        // Both are in one group: the failing write does not make the other one fail.
        let bad = behind.writer.write(damaged, mutation(create(new_task(), "Lost")), Credentials::local());
        let good = behind.writer.write(sound, mutation(create(new_task(), "Kept")), Credentials::local());
        assert!(matches!(bad.await, Err(WriteError::Unavailable(_))));
        assert_eq!(good.await.expect("accepted").seq, 2);
        // A node that loads the board from its rows can read it.
        assert_eq!(Node::on(&database).await.board(damaged).await.live_len(), 1);
    }
}
