//! Numbers without gaps, in commit order.

use futures::future::join_all;

use crate::{
    on_both_engines,
    support::node::{Node, create, delete, new_task, rename},
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
}
