//! A request that is sent again is answered as the first time and changes nothing.

use app::mutation::{Mutation, Refusal};
use taskwire::{caller::Caller, writer::WriteError};

use crate::{
    on_both_engines,
    support::node::{Node, create, mutation, new_task, rename},
};

on_both_engines! {
    async fn a_mutation_sent_twice_happens_once(database) {
        let node = Node::on(&database).await;
        let board = node.create_board().await.id;
        let request = mutation(create(new_task(), "Buy milk"));
        let first = node.writer.write(board, request.clone(), Caller::local()).await.expect("accepted");
        node.create_task(board, "Buy bread").await;
        let again = node.writer.write(board, request, Caller::local()).await.expect("accepted again");
        assert_eq!((first.seq, first.repeated), (2, false));
        assert_eq!((again.seq, again.repeated), (2, true));
        assert_eq!(again.board.seq(), 3);
        assert_eq!(node.numbers(board).await, [1, 2, 3]);
    }

    async fn a_mutation_sent_ten_times_at_once_happens_once(database) {
        let node = Node::on(&database).await;
        let board = node.create_board().await.id;
        let request = mutation(create(new_task(), "Buy milk"));
        // All are in the queue before the first is taken out of it, or nearly so.
        let answers: Vec<_> = (0..10).map(|_| node.writer.write(board, request.clone(), Caller::local())).collect();
        let mut fresh = 0;
        for answer in answers {
            let accepted = answer.await.expect("accepted");
            assert_eq!(accepted.seq, 2);
            fresh += usize::from(!accepted.repeated);
        }
        assert_eq!(fresh, 1);
        assert_eq!(node.numbers(board).await, [1, 2]);
    }

    async fn a_repetition_is_recognised_after_a_restart(database) {
        let node = Node::on(&database).await;
        let board = node.create_board().await.id;
        let request = mutation(create(new_task(), "Buy milk"));
        node.writer.write(board, request.clone(), Caller::local()).await.expect("accepted");
        node.close().await;

        let node = Node::on(&database).await;
        let again = node.writer.write(board, request, Caller::local()).await.expect("accepted again");
        assert_eq!((again.seq, again.repeated), (2, true));
        assert_eq!(node.numbers(board).await, [1, 2]);
    }

    async fn a_mutation_id_does_not_do_for_something_else(database) {
        let node = Node::on(&database).await;
        let (board, other) = (node.create_board().await.id, node.create_board().await.id);
        let request = mutation(create(new_task(), "Buy milk"));
        let different = Mutation { id: request.id, op: create(new_task(), "Buy bread") };
        // In one group, and later; the same request on another board is another request.
        let first = node.writer.write(board, request.clone(), Caller::local());
        let second = node.writer.write(board, different.clone(), Caller::local());
        first.await.expect("accepted");
        for answer in [
            second.await,
            node.writer.write(board, different, Caller::local()).await,
            node.writer.write(other, request, Caller::local()).await,
        ] {
            assert!(matches!(answer, Err(WriteError::Refused(Refusal::IdReused))), "{answer:?}");
        }
        assert_eq!(node.numbers(board).await, [1, 2]);
        assert_eq!(node.numbers(other).await, [1]);
    }

    async fn a_refused_mutation_may_be_tried_again(database) {
        let node = Node::on(&database).await;
        let board = node.create_board().await.id;
        let task = new_task();
        let request = mutation(rename(task, "Buy oat milk"));
        node.writer.write(board, request.clone(), Caller::local()).await.expect_err("there is no such task yet");
        node.accepted(board, create(task, "Buy milk")).await;
        let accepted = node.writer.write(board, request, Caller::local()).await.expect("accepted");
        assert_eq!((accepted.seq, accepted.repeated), (3, false));
    }

    async fn a_write_that_nobody_waits_for_happens_all_the_same(database) {
        let node = Node::on(&database).await;
        let board = node.create_board().await.id;
        let task = new_task();
        drop(node.writer.write(board, mutation(create(task, "Buy milk")), Caller::local()));
        node.writer.close().await;
        assert!(node.board(board).await.task(task).is_some());
        let late = node.write(board, create(new_task(), "Buy bread")).await;
        assert!(matches!(late, Err(WriteError::Unavailable(_))), "{late:?}");
    }
}
