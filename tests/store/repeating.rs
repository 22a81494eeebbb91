//! Tests that a repeated mutation gets its first answer and changes nothing.

use app::{
    fields::FieldEdit,
    id::MutationId,
    ops::{Mutation, Op, UpdateTask},
    refusal::{Refusal, Thing},
    time::Timestamp,
};
use sqlx::{AnyConnection, Connection, Row};
use taskwire::{credentials::Credentials, writer::WriteError};

use crate::{
    on_both_engines,
    support::node::{Node, create, mutation, new_task, rename},
};

on_both_engines! {
    async fn a_mutation_sent_twice_happens_once(database) {
        let node = Node::on(&database).await;
        let board = node.create_board().await.id;
        let request = mutation(create(new_task(), "Buy milk"));
        let first = node.writer.write(board, request.clone(), Credentials::local()).await.expect("accepted");
        node.create_task(board, "Buy bread").await;
        let again = node.writer.write(board, request, Credentials::local()).await.expect("accepted again");
        assert_eq!((first.seq, first.repeated), (2, false));
        assert_eq!((again.seq, again.repeated), (2, true));
        assert_eq!(again.board.seq(), 3);
        assert_eq!(node.numbers(board).await, [1, 2, 3]);
    }

    async fn a_mutation_sent_ten_times_at_once_happens_once(database) {
        let node = Node::on(&database).await;
        let board = node.create_board().await.id;
        let request = mutation(create(new_task(), "Buy milk"));
        // All, or nearly all, are in the queue before the first is taken out of it.
        let answers: Vec<_> = (0..10).map(|_| node.writer.write(board, request.clone(), Credentials::local())).collect();
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
        node.writer.write(board, request.clone(), Credentials::local()).await.expect("accepted");
        node.close().await;

        let node = Node::on(&database).await;
        let again = node.writer.write(board, request, Credentials::local()).await.expect("accepted again");
        assert_eq!((again.seq, again.repeated), (2, true));
        assert_eq!(node.numbers(board).await, [1, 2]);
    }

    async fn a_mutation_id_does_not_do_for_something_else(database) {
        let node = Node::on(&database).await;
        let (board, other) = (node.create_board().await.id, node.create_board().await.id);
        let request = mutation(create(new_task(), "Buy milk"));
        let different = Mutation { id: request.id, op: create(new_task(), "Buy bread") };
        // In one group, and later. The same mutation id on another board is a different mutation.
        let first = node.writer.write(board, request.clone(), Credentials::local());
        let second = node.writer.write(board, different.clone(), Credentials::local());
        first.await.expect("accepted");
        for answer in [
            second.await,
            node.writer.write(board, different, Credentials::local()).await,
            node.writer.write(other, request, Credentials::local()).await,
        ] {
            assert!(matches!(answer, Err(WriteError::Refused(Refusal::IdReused))), "{answer:?}");
        }
        assert_eq!(node.numbers(board).await, [1, 2]);
        assert_eq!(node.numbers(other).await, [1]);
    }

    async fn a_refused_mutation_stays_refused(database) {
        let (node, other) = (Node::on(&database).await, Node::on(&database).await);
        let board = node.create_board().await.id;
        let task = new_task();
        let request = mutation(rename(task, "Buy oat milk"));
        let refused = async |node: &Node| match node.writer.write(board, request.clone(), Credentials::local()).await {
            Err(WriteError::Refused(refusal)) => refusal,
            other => panic!("should have been refused: {other:?}"),
        };
        let no_task = Refusal::not_found(Thing::Task);
        assert_eq!(refused(&node).await, no_task, "there is no such task yet");
        // Now the mutation could be applied. A late copy of it is still refused, on every node, and after a restart.
        node.accepted(board, create(task, "Buy milk")).await;
        assert_eq!(refused(&node).await, no_task);
        assert_eq!(refused(&other).await, no_task);
        node.close().await;
        let node = Node::on(&database).await;
        assert_eq!(refused(&node).await, no_task);
        let different = Mutation { id: request.id, op: rename(task, "Buy rice milk") };
        let answer = node.writer.write(board, different, Credentials::local()).await;
        assert!(matches!(answer, Err(WriteError::Refused(Refusal::IdReused))), "{answer:?}");
        assert_eq!(node.numbers(board).await, [1, 2]);
    }

    async fn a_mutation_that_is_refused_and_sent_twice_in_one_group_is_refused_twice(database) {
        let node = Node::on(&database).await;
        let board = node.create_board().await.id;
        let task = new_task();
        let request = mutation(rename(task, "Buy oat milk"));
        let writes = [request.clone(), mutation(create(task, "Buy milk")), request];
        let writes: Vec<_> = writes.into_iter().map(|write| node.writer.write(board, write, Credentials::local())).collect();
        let outcomes = futures::future::join_all(writes).await;
        assert!(outcomes[0].is_err() && outcomes[1].is_ok() && outcomes[2].is_err(), "{outcomes:?}");
    }

    async fn a_conflict_that_is_sent_again_tells_the_text_as_it_is_then(database) {
        let node = Node::on(&database).await;
        let board = node.create_board().await.id;
        let task = node.create_task(board, "Buy milk").await;
        node.accepted(board, rename(task, "Buy oat milk")).await;
        let edit = UpdateTask { base: Some(2), ..UpdateTask::of(task) }.with(FieldEdit::Title("Buy rice milk".to_owned()));
        let request = mutation(Op::UpdateTask(edit));
        let theirs = async || match node.writer.write(board, request.clone(), Credentials::local()).await {
            Err(WriteError::Refused(Refusal::Conflict { theirs, .. })) => theirs,
            other => panic!("should have been a conflict: {other:?}"),
        };
        assert_eq!(theirs().await, "Buy oat milk");
        // The title now equals the requested one, which would be no conflict for a new mutation.
        node.accepted(board, rename(task, "Buy rice milk")).await;
        assert_eq!(theirs().await, "Buy rice milk");
        assert_eq!(node.numbers(board).await, [1, 2, 3, 4]);
    }

    async fn who_has_no_account_is_refused_for_ever_without_a_trace(database) {
        let node = Node::on(&database).await;
        let board = node.create_board().await.id;
        let request = mutation(create(new_task(), "Buy milk"));
        for _ in 0..2 {
            let answer = node.writer.write(board, request.clone(), Credentials::stranger()).await;
            assert!(matches!(answer, Err(WriteError::Refused(_))), "{answer:?}");
        }
        let mut connection = AnyConnection::connect(&database.url).await.expect("a connection");
        let kept = sqlx::query("SELECT COUNT(*) FROM answers").fetch_one(&mut connection).await.expect("a count");
        assert_eq!(kept.try_get::<i64, _>(0).expect("a count"), 0);
    }

    async fn a_mutation_stays_deduplicated_after_the_log_is_trimmed(database) {
        let node = Node::on(&database).await;
        let board = node.create_board().await.id;
        let task = node.create_task(board, "Buy milk").await;
        let complete = |completed| Op::UpdateTask(UpdateTask { completed: Some(completed), ..UpdateTask::of(task) });
        let request = mutation(complete(true));
        node.writer.write(board, request.clone(), Credentials::local()).await.expect("accepted");
        node.accepted(board, complete(false)).await;
        node.accepted(board, rename(task, "Buy oat milk")).await;
        node.store.trim_log(Timestamp::from_millis(i64::MAX)).await.expect("trimmed");

        let again = node.writer.write(board, request, Credentials::local()).await.expect("accepted again");
        assert_eq!((again.seq, again.repeated), (3, true));
        let state = node.board(board).await;
        assert!(!state.is_completed(state.task(task).expect("the task")));
    }

    async fn an_id_older_than_what_is_remembered_is_not_taken(database) {
        let (node, other) = (Node::on(&database).await, Node::on(&database).await);
        let board = node.create_board().await.id;
        let task = node.create_task(board, "Buy milk").await;
        let old = mutation(rename(task, "Buy oat milk"));
        let (lost, refused) = (mutation(rename(task, "Buy rice milk")), mutation(rename(new_task(), "Buy tea")));
        let mut named = mutation(rename(task, "Buy soy milk"));
        named.id = MutationId(uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_URL, b"soy"));
        for write in [&old, &named] {
            node.writer.write(board, write.clone(), Credentials::local()).await.expect("accepted");
        }
        node.writer.write(board, refused.clone(), Credentials::local()).await.expect_err("there is no such task");
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        let mut ahead = mutation(rename(task, "Buy nut milk"));
        ahead.id.0 = uuid::Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, 253_402_300_000, 0));
        node.writer.write(board, ahead.clone(), Credentials::local()).await.expect("accepted");
        let now = taskwire::clock::now();
        node.store.forget_answers(now).await.expect("forgotten");
        node.store.trim_log(Timestamp::from_millis(i64::MAX)).await.expect("trimmed");
        node.accepted(board, rename(task, "Buy water")).await;
        node.store.trim_log(Timestamp::from_millis(i64::MAX)).await.expect("trimmed");

        // Mutations that are too old are refused, on another node too, whether they had been applied or not.
        for write in [&old, &lost, &refused] {
            let answer = other.writer.write(board, write.clone(), Credentials::local()).await;
            assert!(matches!(answer, Err(WriteError::Refused(Refusal::Expired))), "{answer:?}");
        }
        // The answer to a mutation with a time in the future is kept until that time comes.
        node.store.forget_answers(Timestamp::from_millis(now.as_millis() + 1_000)).await.expect("forgotten");
        assert!(other.writer.write(board, ahead, Credentials::local()).await.expect("known").repeated);
        // An id without a time in it is remembered as long as the others, and counts as new after that.
        assert!(!other.writer.write(board, named, Credentials::local()).await.expect("accepted").repeated);
    }

    async fn a_write_that_nobody_waits_for_happens_all_the_same(database) {
        let node = Node::on(&database).await;
        let board = node.create_board().await.id;
        let task = new_task();
        drop(node.writer.write(board, mutation(create(task, "Buy milk")), Credentials::local()));
        node.writer.close().await;
        assert!(node.board(board).await.task(task).is_some());
        let late = node.write(board, create(new_task(), "Buy bread")).await;
        assert!(matches!(late, Err(WriteError::Unavailable(_))), "{late:?}");
    }
}
