//! Tests the log in its form for people, and how the migration handles boards that are older than it.

use app::{
    activity::ActivityEntry,
    fields::FieldEdit,
    history::Event,
    id::{BoardId, TaskId},
    model::{Priority, Seq},
    ops::{Op, UpdateTask},
    refusal::Refusal,
    time::Timestamp,
};
use sqlx::{AnyConnection, Connection};
use taskwire::{credentials::Credentials, store::Entries};

use crate::{
    on_both_engines,
    support::node::{Node, create, delete, mutation, new_task, rename, restore},
};

async fn told(node: &Node, board: BoardId, entries: &Entries) -> Vec<String> {
    let now = node.board(board).await;
    let events = entries.entries.iter().map(|entry| entry.event(&now).expect("it can be told"));
    events.map(|event| event.activity.of_this_task(&|_| "somebody".to_owned())).collect()
}

fn numbers(entries: &Entries) -> Vec<Seq> {
    entries.entries.iter().map(|entry| entry.logged.seq).collect()
}

on_both_engines! {
    async fn the_history_of_a_task_is_of_that_task_alone_and_newest_first(database) {
        let node = Node::on(&database).await;
        let board = node.create_board().await.id;
        let (tea, milk) = (node.create_task(board, "Tea").await, node.create_task(board, "Milk").await);
        node.accepted(board, rename(tea, "Green tea")).await;
        node.accepted(board, delete(milk)).await;
        node.accepted(board, delete(tea)).await;
        node.accepted(board, restore(tea)).await;
        let history = node.store.task_history(tea, None, 100).await.expect("a history");
        assert_eq!(told(&node, board, &history).await, [
            "restored it to To do",
            "deleted it",
            "changed the title from “Tea” to “Green tea”",
            "created this task in To do",
        ]);
        assert_eq!((numbers(&history), history.more), (vec![7, 6, 4, 2], false));

        let first = node.store.task_history(tea, None, 3).await.expect("a history");
        assert_eq!((numbers(&first), first.more), (vec![7, 6, 4], true));
        let rest = node.store.task_history(tea, Some(4), 3).await.expect("a history");
        assert_eq!((numbers(&rest), rest.more), (vec![2], false));
        let nothing = node.store.task_history(new_task(), None, 3).await.expect("a history");
        assert_eq!((numbers(&nothing), nothing.more), (vec![], false));
    }

    async fn the_newest_changes_of_a_board_come_page_by_page(database) {
        let node = Node::on(&database).await;
        let (board, other) = (node.create_board().await.id, node.create_board().await.id);
        for number in 2..=9 {
            node.create_task(board, &format!("Task {number}")).await;
            node.create_task(other, &format!("Elsewhere {number}")).await;
        }
        let (mut seen, mut before) = (Vec::new(), None);
        loop {
            let page = node.store.newest_changes(board, before, 4).await.expect("a page");
            seen.extend(numbers(&page));
            before = seen.last().copied();
            if !page.more {
                break;
            }
        }
        assert_eq!(seen, (1..=9).rev().collect::<Vec<_>>());
        let all = node.store.newest_changes(board, Some(u64::MAX), usize::MAX).await.expect("a page");
        assert_eq!(numbers(&all), seen);
    }

    async fn history_of_a_trimmed_log_contains_nothing_invented(database) {
        let node = Node::on(&database).await;
        let board = node.create_board().await.id;
        let task = node.create_task(board, "Tea").await;
        node.accepted(board, rename(task, "Green tea")).await;
        node.store.trim_log(Timestamp::from_millis(i64::MAX)).await.expect("trimmed");
        let history = node.store.task_history(task, None, 10).await.expect("a history");
        // The old title is known although the change that set it is gone from the log.
        assert_eq!(told(&node, board, &history).await, ["changed the title from “Tea” to “Green tea”"]);
    }

    async fn stored_activity_items_equal_those_the_page_computes(database) {
        let node = Node::on(&database).await;
        let board = node.create_board().await.id;
        let task = new_task();
        let ops = [
            create(task, "Tea"),
            rename(task, "Green tea"),
            Op::UpdateTask(UpdateTask { completed: Some(true), ..UpdateTask::of(task) }),
            Op::UpdateTask(UpdateTask::of(task).with(FieldEdit::Priority(Priority::High))),
            delete(task),
        ];
        // All in one group, so the activity items must describe the state between two writes of one transaction.
        let writes: Vec<_> = ops.into_iter().map(|op| node.writer.write(board, mutation(op), Credentials::local())).collect();
        for write in writes {
            write.await.expect("accepted");
        }
        let kept = node.store.newest_changes(board, None, 100).await.expect("a page");
        let now = node.board(board).await;
        let mut state = app::state::BoardState::empty(board);
        let mut told: Vec<Event> = Vec::new();
        for entry in kept.entries.iter().rev() {
            let change = serde_json::from_slice(&entry.logged.json).expect("a change");
            told.push(Event::of(&state, &change));
            state.apply(&change).expect("no gap");
        }
        let kept: Vec<Event> = kept.entries.iter().rev().map(|entry| entry.event(&now).expect("told")).collect();
        assert_eq!(kept, told);
        assert_ne!(kept[2].activity, ActivityEntry::default());
    }

    async fn a_log_from_before_histories_were_kept_gets_its_tasks(database) {
        let node = Node::on(&database).await;
        let board = node.create_board().await.id;
        let task = node.create_task(board, "Tea").await;
        node.accepted(board, rename(task, "Green tea")).await;
        node.clone().close().await;
        // Restores the old schema, without the columns and the index of the third migration.
        let mut connection = AnyConnection::connect(&database.url).await.expect("a connection");
        for sql in [
            "DROP INDEX changes_by_task",
            "DROP INDEX changes_of_boards",
            "ALTER TABLE changes DROP COLUMN task",
            "ALTER TABLE changes DROP COLUMN told",
            "ALTER TABLE boards DROP COLUMN name_seq",
            "ALTER TABLE columns DROP COLUMN seq",
            "ALTER TABLE tasks DROP COLUMN priority_seq",
            "ALTER TABLE tasks DROP COLUMN due_seq",
            "ALTER TABLE tasks DROP COLUMN place_seq",
            "DELETE FROM _sqlx_migrations WHERE version = 3",
        ] {
            sqlx::query(sql).execute(&mut connection).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        }
        connection.close().await.expect("it is closed");

        let node = Node::on(&database).await;
        let history = node.store.task_history(task, None, 10).await.expect("a history");
        let words = ["changed the title to “Green tea”", "created this task in To do"];
        assert_eq!(told(&node, board, &history).await, words);
        node.accepted(board, rename(task, "Black tea")).await;
        let history = node.store.task_history(task, None, 1).await.expect("a history");
        assert_eq!(told(&node, board, &history).await, ["changed the title from “Green tea” to “Black tea”"]);
        assert_eq!(node.board(board).await, Node::on(&database).await.board(board).await);
    }

    async fn a_guard_is_checked_under_the_lock(database) {
        let node = Node::on(&database).await;
        let board = node.create_board().await.id;
        let task = node.create_task(board, "Tea").await;
        let mine = node.accepted(board, prioritise(task, Priority::High, None)).await.seq;
        // Both are in one group: the first write makes the guard of the second one stale.
        let theirs = node.writer.write(board, mutation(prioritise(task, Priority::Low, None)), Credentials::local());
        let undo = node.writer.write(board, mutation(prioritise(task, Priority::None, Some(mine))), Credentials::local());
        theirs.await.expect("accepted");
        let refused = undo.await.expect_err("it is refused");
        assert!(matches!(refused, taskwire::writer::WriteError::Refused(Refusal::Stale { seq: 4 })), "{refused:?}");
        // A newer change of another field does not make the guard stale, and neither does an equal number.
        let title = "Green tea".to_owned();
        let other = Op::UpdateTask(UpdateTask { guard: Some(mine), ..UpdateTask::of(task) }.with(FieldEdit::Title(title)));
        node.accepted(board, other).await;
        node.accepted(board, prioritise(task, Priority::None, Some(4))).await;
    }
}

fn prioritise(task: TaskId, priority: Priority, guard: Option<Seq>) -> Op {
    Op::UpdateTask(UpdateTask { guard, ..UpdateTask::of(task) }.with(FieldEdit::Priority(priority)))
}
