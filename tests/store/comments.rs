//! Tests that comments are stored as they were decided, read in pages, and leave with their task; and that no board in memory has them.

use std::time::{Duration, Instant};

use app::{
    comment::{KEPT_VERSIONS, LISTED_COMMENTS, Reaction},
    id::{ActorId, BoardId, CommentId, TaskId},
    ops::{CreateComment, DeleteComment, Op, RestoreComment, SetReaction, UpdateComment},
    refusal::{Refusal, Thing},
    time::Timestamp,
};
use taskwire::credentials::Credentials;

use crate::{
    on_both_engines,
    support::node::{Node, delete, mutation},
};

fn add(task: TaskId, comment: CommentId, text: &str) -> Op {
    Op::CreateComment(CreateComment { comment, task, text: text.to_owned() })
}

fn edit(comment: CommentId, text: &str) -> Op {
    Op::UpdateComment(UpdateComment { text: text.to_owned(), ..UpdateComment::of(comment) })
}

async fn texts(node: &Node, board: BoardId, task: TaskId) -> Vec<String> {
    let page = node.store.comments(board, task, None, 100, None).await.expect("they can be read");
    page.comments.iter().map(|comment| comment.text.to_string()).collect()
}

on_both_engines! {
    async fn comments_are_read_as_they_were_written(database) {
        let node = Node::on(&database).await;
        let board = node.create_board().await.id;
        let task = node.create_task(board, "Tea").await;
        let [one, two, gone] = [(); 3].map(|()| CommentId(app::new_id()));
        node.accepted(board, add(task, one, "“One” 🐛\n\n> <b>x</b>")).await;
        node.accepted(board, add(task, two, "Two")).await;
        node.accepted(board, add(task, gone, "Gone")).await;
        node.accepted(board, edit(one, "One!")).await;
        node.accepted(board, Op::DeleteComment(DeleteComment::of(gone))).await;
        assert_eq!(texts(&node, board, task).await, ["Two", "One!"]);
        let read = node.store.comment(board, one).await.expect("it can be read").expect("the comment");
        let author = Some(ActorId::SERVER);
        assert_eq!((read.task, read.author, read.created_seq, read.text_seq, read.seq), (task, author, 3, 6, 6));
        assert!(read.edited_at >= Some(read.created_at));
        let versions = node.store.comment_versions(board, one).await.expect("they can be read");
        assert_eq!((versions.len(), versions[0].seq, versions[0].at), (1, 3, read.created_at));
        assert_eq!(versions[0].text, "“One” 🐛\n\n> <b>x</b>");
        assert_eq!(node.store.comment(board, gone).await.expect("it can be read"), None);
        node.accepted(board, Op::RestoreComment(RestoreComment::of(gone))).await;
        assert_eq!(texts(&node, board, task).await, ["Gone", "Two", "One!"], "it has its text and its place");

        // The board itself has only their number.
        let state = node.board(board).await;
        assert_eq!((state.task(task).expect("the task").comments, state.comment(one)), (3, None));
        assert_eq!(*state, node.replayed(board).await);
        assert_eq!(*state, *database.open().await.board(board).await.expect("it can be read").expect("the board"));
    }

    async fn pages_continue_where_the_one_before_ended(database) {
        let node = Node::on(&database).await;
        let board = node.create_board().await.id;
        let (task, other) = (node.create_task(board, "Tea").await, node.create_task(board, "Milk").await);
        let ids: Vec<CommentId> = (0..7).map(|_| CommentId(app::new_id())).collect();
        for (number, id) in ids.iter().enumerate() {
            node.accepted(board, add(task, *id, &number.to_string())).await;
            node.accepted(board, add(other, app::new_id(), "Elsewhere")).await;
        }
        let (mut before, mut read) = (None, Vec::new());
        loop {
            let page = node.store.comments(board, task, before, 3, None).await.expect("they can be read");
            assert_eq!(page.seq, node.board(board).await.seq());
            read.extend(page.comments.iter().map(|comment| comment.text.to_string()));
            before = page.comments.last().map(|comment| comment.created_seq);
            if !page.more {
                break;
            }
            // What is added or deleted meanwhile moves nothing.
            node.accepted(board, add(task, app::new_id(), "Meanwhile")).await;
        }
        assert_eq!(read, ["6", "5", "4", "3", "2", "1", "0"]);
        let linked = node.store.comments(board, task, None, 3, Some(ids[0])).await.expect("they can be read").linked;
        assert_eq!(linked.map(|comment| comment.id), Some(ids[0]));
        let page = node.store.comments(board, other, None, 3, Some(ids[0])).await.expect("they can be read");
        assert_eq!(page.linked, None, "it is not of this task");
    }

    async fn a_task_with_thousands_of_comments_opens_at_once(database) {
        let node = Node::on(&database).await;
        let board = node.create_board().await.id;
        let task = node.create_task(board, "Tea").await;
        for _ in 0..25 {
            let adds = (0..200).map(|_| add(task, app::new_id(), "A comment of some length, as people write them."));
            let writes = adds.map(|op| node.writer.write(board, mutation(op), Credentials::local()));
            assert!(futures::future::join_all(writes).await.iter().all(Result::is_ok));
        }
        // The quickest of some attempts: what else the machine does is not the question.
        let mut quickest = Duration::MAX;
        let (mut state, mut page) = (None, None);
        for _ in 0..5 {
            let began = Instant::now();
            state = database.open().await.board(board).await.expect("it can be read");
            page = Some(node.store.comments(board, task, None, LISTED_COMMENTS, None).await.expect("they can be read"));
            quickest = quickest.min(began.elapsed());
        }
        let (state, page) = (state.expect("the board"), page.expect("the page"));
        assert!(quickest < Duration::from_millis(300), "{quickest:?}");
        assert_eq!((page.comments.len(), page.more), (LISTED_COMMENTS, true));
        assert_eq!(state.task(task).expect("the task").comments, 5_000);
        let size = serde_json::to_string(&state.snapshot()).expect("JSON").len();
        assert!(size < 4_000, "a board does not grow with its comments: {size}");
    }

    async fn a_group_of_writes_is_decided_in_order(database) {
        let node = Node::on(&database).await;
        let board = node.create_board().await.id;
        let task = node.create_task(board, "Tea").await;
        let (comment, unknown) = (CommentId(app::new_id()), CommentId(app::new_id()));
        let ops = [
            edit(comment, "Too early"),
            add(task, comment, "One"),
            edit(comment, "Two"),
            edit(unknown, "Nothing"),
            edit(comment, "Three"),
            Op::DeleteComment(DeleteComment::of(comment)),
            edit(comment, "Too late"),
            Op::RestoreComment(RestoreComment::of(comment)),
        ];
        // Sent at once, so that most of them share a transaction.
        let writes = ops.map(|op| node.writer.write(board, mutation(op), Credentials::local()));
        let answers = futures::future::join_all(writes).await;
        let accepted: Vec<bool> = answers.iter().map(Result::is_ok).collect();
        assert_eq!(accepted, [false, true, true, false, true, true, false, true]);
        assert_eq!(texts(&node, board, task).await, ["Three"]);
        let versions = node.store.comment_versions(board, comment).await.expect("they can be read");
        assert_eq!(versions.iter().map(|version| version.text.as_str()).collect::<Vec<_>>(), ["Two", "One"]);
        assert_eq!(node.board(board).await.task(task).expect("the task").comments, 1);
        // A transaction in which every write is refused leaves the board as it is.
        let seq = node.board(board).await.seq();
        assert_eq!(node.refused(board, edit(unknown, "Nothing")).await, Refusal::not_found(Thing::Comment));
        assert_eq!(node.board(board).await.seq(), seq);
        node.accepted(board, add(task, app::new_id(), "Four")).await;
        assert_eq!(*node.board(board).await, node.replayed(board).await);
    }

    async fn a_comment_keeps_its_newest_versions(database) {
        let node = Node::on(&database).await;
        let board = node.create_board().await.id;
        let task = node.create_task(board, "Tea").await;
        let comment = CommentId(app::new_id());
        node.accepted(board, add(task, comment, "0")).await;
        for number in 1..=KEPT_VERSIONS + 5 {
            node.accepted(board, edit(comment, &number.to_string())).await;
        }
        let versions = node.store.comment_versions(board, comment).await.expect("they can be read");
        assert_eq!((versions.len(), versions[0].text.as_str()), (KEPT_VERSIONS, "104"));
    }

    async fn nobody_reacts_without_an_account_or_for_others(database) {
        let node = Node::on(&database).await;
        let board = node.create_board().await.id;
        let task = node.create_task(board, "Tea").await;
        let comment = CommentId(app::new_id());
        node.accepted(board, add(task, comment, "One")).await;
        let react = SetReaction { comment, reaction: Reaction::Heart, person: ActorId(app::new_id()), on: true };
        assert_eq!(node.refused(board, Op::SetReaction(react)).await, Refusal::Forbidden);
    }

    async fn comments_leave_with_their_task_and_their_board(database) {
        let node = Node::on(&database).await;
        let board = node.create_board().await.id;
        let (task, kept) = (node.create_task(board, "Tea").await, node.create_task(board, "Milk").await);
        let comment = CommentId(app::new_id());
        node.accepted(board, add(task, comment, "One")).await;
        node.accepted(board, edit(comment, "Two")).await;
        node.accepted(board, add(kept, app::new_id(), "Kept")).await;
        node.accepted(board, delete(task)).await;
        assert_eq!(texts(&node, board, task).await, ["Two"], "the trash has them, too");
        // The trash is full, so the oldest task leaves it for good.
        for _ in 0..app::state::MAX_TRASH_TASKS {
            let other = node.create_task(board, "Other").await;
            node.accepted(board, delete(other)).await;
        }
        assert!(node.board(board).await.task(task).is_none());
        assert_eq!(texts(&node, board, task).await, Vec::<String>::new());
        assert!(node.store.comment_versions(board, comment).await.expect("they can be read").is_empty());
        assert_eq!(texts(&node, board, kept).await, ["Kept"]);

        node.accepted(board, Op::DeleteBoard(app::ops::DeleteBoard::default())).await;
        let late = Timestamp::from_millis(1 << 50);
        assert_eq!(node.store.purge_boards(late, Duration::ZERO).await.expect("it is purged"), 1);
        assert_eq!(texts(&node, board, kept).await, Vec::<String>::new());
    }
}
