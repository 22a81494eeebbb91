//! Numbers without gaps, in commit order.

use std::time::Duration;

use futures::future::join_all;
use sqlx::Connection;
use taskwire::{credentials::Credentials, writer::WriteError};

use crate::{
    on_both_engines,
    support::{
        database::Database,
        node::{Node, create, delete, mutation, new_task, rename},
    },
};

on_both_engines! {
    async fn thirty_writers_at_once_get_numbers_without_gaps(database) {
        let node = Node::on(&database).await;
        let board = node.create_board().await;
        let writers = (0..30).map(|writer| {
            let (node, board) = (node.clone(), board.id);
            tokio::spawn(async move {
                let mut numbers = Vec::new();
                for round in 0..10 {
                    let task = new_task();
                    for op in [create(task, &format!("{writer}/{round}")), rename(task, "renamed"), delete(task)] {
                        numbers.push(node.accepted(board, op).await.seq);
                    }
                }
                assert!(numbers.is_sorted(), "one writer's changes are numbered in the order of its requests");
                numbers
            })
        });
        let mut answered: Vec<u64> =
            join_all(writers).await.into_iter().flat_map(|numbers| numbers.expect("no writer failed")).collect();
        answered.sort_unstable();
        assert_eq!(answered, (2..=901).collect::<Vec<_>>());
        assert_eq!(node.numbers(board.id).await, (1..=901).collect::<Vec<_>>());
        assert_eq!(*node.board(board.id).await, node.replayed(board.id).await);
    }

    async fn a_writer_that_closes_stores_what_it_took_in(database) {
        let node = Node::on(&database).await;
        let board = node.create_board().await.id;
        let answers: Vec<_> =
            (0..1_000).map(|_| node.writer.write(board, mutation(create(new_task(), "Last minute")), Credentials::local())).collect();
        node.writer.close().await;
        for (answer, expected) in answers.into_iter().zip(2..) {
            assert_eq!(answer.await.expect("accepted").seq, expected);
        }
        let late = node.write(board, create(new_task(), "Too late")).await;
        assert!(matches!(late, Err(WriteError::Unavailable(_))), "{late:?}");
        node.writer.close().await;
        assert_eq!(database.open().await.heads(&[board]).await.expect("an answer")[&board], 1_001);
    }

    async fn a_writer_that_cannot_keep_up_says_so(database) {
        let node = Node::on(&database).await;
        let board = node.create_board().await.id;
        let answers: Vec<_> =
            (0..6_000).map(|_| node.writer.write(board, mutation(create(new_task(), "One of many")), Credentials::local())).collect();
        let (mut accepted, mut turned_away) = (0, 0);
        for answer in answers {
            match answer.await {
                Ok(_) => accepted += 1,
                Err(WriteError::Unavailable(_)) => turned_away += 1,
                Err(refused) => panic!("{refused}"),
            }
        }
        assert!(accepted >= 4_096 && turned_away > 0, "{accepted} accepted, {turned_away} turned away");
        assert_eq!(node.numbers(board).await.len(), 1 + accepted);
    }
}

/// A backup, a shell or another program may hold SQLite's one write lock for a while. Nobody is told that.
#[tokio::test(flavor = "multi_thread")]
async fn a_locked_database_is_waited_for() {
    let database = Database::sqlite();
    let node = Node::on(&database).await;
    let board = node.create_board().await.id;
    let mut other = sqlx::AnyConnection::connect(&database.url).await.expect("a connection");
    let lock = other.begin_with("BEGIN IMMEDIATE").await.expect("the lock");
    let (accepted, ()) = tokio::join!(node.accepted(board, create(new_task(), "Patient")), async {
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        assert_eq!(node.board(board).await.seq(), 1, "readers are not kept waiting");
        lock.rollback().await.expect("the lock is let go");
    });
    assert_eq!(accepted.seq, 2);
}
