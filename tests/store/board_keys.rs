//! Tests the keys of boards and the numbers of tasks: each is given once, whoever writes, and none is given again.

use app::{
    audit::Action,
    id::{BoardId, TaskId},
    key::{BoardKey, TaskRef},
    model::ColumnKind,
    ops::{CreateBoard, DeleteBoard, NewColumn, Op, SetArchived, UpdateBoard},
    refusal::{Refusal, Thing},
};
use futures::future::join_all;
use serde_json::json;
use sqlx::{AnyConnection, Connection};
use taskwire::{
    credentials::Credentials,
    store::{AuditFilter, Inspection, StoreSettings},
};

use crate::{
    on_both_engines,
    support::{
        database::Database,
        node::{Node, create, delete, mutation, new_column, new_task, restore},
    },
};

fn new_board(name: &str) -> Op {
    let columns = vec![NewColumn { id: new_column(), name: "To do".to_owned(), kind: ColumnKind::Open }];
    Op::CreateBoard(CreateBoard { name: name.to_owned(), columns, everyone: None })
}

fn rekey(key: &str) -> Op {
    Op::UpdateBoard(UpdateBoard { key: Some(key.to_owned()), ..UpdateBoard::default() })
}

async fn board_named(node: &Node, name: &str) -> BoardId {
    let board = app::new_id();
    node.accepted(board, new_board(name)).await;
    board
}

async fn key(node: &Node, board: BoardId) -> String {
    node.board(board).await.key().expect("a key").to_string()
}

async fn number(node: &Node, board: BoardId, task: TaskId) -> u32 {
    node.board(board).await.task(task).expect("the task").number
}

async fn leads_to(node: &Node, name: &str) -> Option<(BoardId, TaskId)> {
    node.store.task_named(&TaskRef::parse(name).expect("a name")).await.expect("an answer")
}

async fn run_sql(database: &Database, statement: &'static str) {
    let mut connection = AnyConnection::connect(&database.url).await.expect("a connection");
    sqlx::query(statement).execute(&mut connection).await.expect("it is done");
    connection.close().await.expect("it is closed");
}

/// What is wrong with a board, by its log.
async fn found(database: &Database, board: BoardId) -> Vec<String> {
    let inspection = Inspection::open(&StoreSettings::new(&database.url)).await.expect("it can be read");
    let report = inspection.check_log(board).await.expect("it can be read").expect("the board");
    inspection.close().await;
    assert_eq!((report.log, report.not_compared), (Vec::new(), None));
    report.rows
}

on_both_engines! {
    async fn a_board_gets_a_key_from_its_name_and_no_two_get_the_same(database) {
        let node = Node::on(&database).await;
        let website = board_named(&node, "Website").await;
        assert_eq!(key(&node, website).await, "WEB");
        assert_eq!(key(&node, board_named(&node, "Website relaunch").await).await, "WR");
        assert_eq!(key(&node, board_named(&node, "計画").await).await, "BRD");
        assert_eq!(key(&node, board_named(&node, "計画").await).await, "BRE");
        assert_eq!(key(&node, board_named(&node, "Website").await).await, "WEBS");
        // It is in the log and in the rows.
        assert_eq!(*node.board(website).await, node.replayed(website).await);
        assert_eq!(database.open().await.board(website).await.expect("read").expect("there"), node.board(website).await);
        assert!(found(&database, website).await.is_empty());
    }

    async fn boards_that_are_created_at_once_by_two_nodes_get_different_keys(database) {
        let nodes = [Node::on(&database).await, Node::on(&database).await];
        let boards: Vec<BoardId> = (0..40).map(|_| app::new_id()).collect();
        let writes = boards.iter().enumerate().map(|(index, board)| nodes[index % 2].write(*board, new_board("Team")));
        for written in join_all(writes).await {
            written.expect("it is created");
        }
        let mut keys = Vec::new();
        for board in &boards {
            keys.push(key(&nodes[0], *board).await);
        }
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), boards.len(), "{keys:?}");
    }

    async fn a_key_is_changed_and_the_old_one_is_never_given_away(database) {
        let node = Node::on(&database).await;
        let (one, two) = (board_named(&node, "Website").await, board_named(&node, "Team").await);
        let task = node.create_task(one, "Tea").await;
        node.accepted(one, rekey("site")).await;
        assert_eq!(key(&node, one).await, "SITE");
        assert_eq!((leads_to(&node, "SITE-1").await, leads_to(&node, "web-1").await), (Some((one, task)), Some((one, task))));
        let taken = Refusal::Exists { what: Thing::Key };
        assert_eq!(node.refused(two, rekey("WEB")).await, taken);
        assert_eq!(node.refused(two, rekey("Site")).await, taken);
        for wrong in ["", "W", "WEBSIT", "W1", "UTF"] {
            let refusal = node.refused(two, rekey(wrong)).await;
            assert!(matches!(&refusal, Refusal::Invalid { field, .. } if field == "key"), "{wrong}: {refusal:?}");
        }
        assert_ne!(key(&node, board_named(&node, "Website").await).await, "WEB");
        // It may go back to a key that it had, and keep the one that it has.
        node.accepted(one, rekey("WEB")).await;
        node.accepted(one, rekey("WEB")).await;
        assert_eq!(key(&node, one).await, "WEB");
        assert_eq!(*node.board(one).await, node.replayed(one).await);
        assert!(found(&database, one).await.is_empty());
        let filter = AuditFilter { action: Some(Action::BoardKeyChanged), ..AuditFilter::default() };
        let events = node.store.audit(&filter, None, 10).await.expect("a page").events;
        let told: Vec<_> = events.iter().map(|event| (&event.details["before"], &event.details["after"])).collect();
        assert_eq!(told, [(&json!("SITE"), &json!("WEB")), (&json!("WEB"), &json!("SITE"))], "newest first");
        node.accepted(one, Op::SetArchived(SetArchived::to(true))).await;
        assert_eq!(node.refused(one, rekey("ABC")).await, Refusal::Archived);
    }

    async fn two_boards_that_want_one_key_at_once_do_not_both_get_it(database) {
        let nodes = [Node::on(&database).await, Node::on(&database).await];
        for round in 0..10_u8 {
            let wanted = format!("K{}", char::from(b'A' + round));
            let boards = [board_named(&nodes[0], "One").await, board_named(&nodes[1], "Two").await];
            let (first, second) =
                tokio::join!(nodes[0].write(boards[0], rekey(&wanted)), nodes[1].write(boards[1], rekey(&wanted)));
            assert!(first.is_ok() != second.is_ok(), "{first:?} {second:?}");
            // In one transaction, too.
            let other = format!("J{}", char::from(b'A' + round));
            let both = boards.map(|board| nodes[0].writer.write(board, mutation(rekey(&other)), Credentials::local()));
            let accepted = join_all(both).await.into_iter().filter(Result::is_ok).count();
            assert_eq!(accepted, 1);
        }
    }

    async fn tasks_are_numbered_in_order_and_keep_their_numbers(database) {
        let node = Node::on(&database).await;
        let (board, other) = (board_named(&node, "Website").await, board_named(&node, "Team").await);
        let tasks = [node.create_task(board, "One").await, node.create_task(board, "Two").await];
        assert_eq!(number(&node, other, node.create_task(other, "Elsewhere").await).await, 1);
        assert_eq!((number(&node, board, tasks[0]).await, number(&node, board, tasks[1]).await), (1, 2));
        node.accepted(board, delete(tasks[1])).await;
        assert_eq!(leads_to(&node, "WEB-2").await, Some((board, tasks[1])), "also in the trash");
        assert_eq!(number(&node, board, node.create_task(board, "Three").await).await, 3);
        node.accepted(board, restore(tasks[1])).await;
        assert_eq!(number(&node, board, tasks[1]).await, 2);
        assert_eq!(leads_to(&node, "WEB-9").await, None);
        assert_eq!(leads_to(&node, "ABC-1").await, None);
        let state = node.board(board).await;
        assert_eq!((state.numbers(), *state == node.replayed(board).await), (3, true));
        assert_eq!(state.task_ref(state.task(tasks[0]).expect("it")), BoardKey::parse("WEB").and_then(|key| key.task(1)));
        assert!(found(&database, board).await.is_empty());
        // The key of a deleted board stays its own.
        node.accepted(board, Op::DeleteBoard(DeleteBoard::default())).await;
        assert_eq!(node.refused(other, rekey("WEB")).await, Refusal::Exists { what: Thing::Key });
    }

    async fn a_task_that_is_gone_for_good_leaves_its_number_unused(database) {
        let node = Node::on(&database).await;
        let board = board_named(&node, "Website").await;
        // One more than the trash holds.
        let tasks: Vec<TaskId> = (0..1_001).map(|_| new_task()).collect();
        for written in join_all(tasks.iter().map(|task| node.write(board, create(*task, "Short")))).await {
            written.expect("it is created");
        }
        for written in join_all(tasks.iter().map(|task| node.write(board, delete(*task)))).await {
            written.expect("it is deleted");
        }
        assert_eq!(node.board(board).await.tasks().count(), 1_000);
        let next = node.create_task(board, "Next").await;
        assert_eq!(number(&node, board, next).await, 1_002);
        assert_eq!(number(&Node::on(&database).await, board, next).await, 1_002);
        assert!(found(&database, board).await.is_empty());
    }

    async fn two_nodes_never_give_one_number_twice(database) {
        let nodes = [Node::on(&database).await, Node::on(&database).await];
        let board = board_named(&nodes[0], "Website").await;
        let tasks: Vec<TaskId> = (0..200).map(|_| new_task()).collect();
        let writes = tasks.iter().enumerate().map(|(index, task)| nodes[index % 2].write(board, create(*task, "Task")));
        for written in join_all(writes).await {
            written.expect("it is created");
        }
        let state = nodes[0].board(board).await;
        let mut numbers: Vec<u32> = state.tasks().map(|task| task.number).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=200).collect::<Vec<_>>());
    }

    async fn a_number_that_was_altered_is_found(database) {
        let node = Node::on(&database).await;
        let board = board_named(&node, "Website").await;
        node.create_task(board, "Tea").await;
        run_sql(&database, "UPDATE task_numbers SET number = 7").await;
        let wrong = found(&database, board).await;
        assert!(wrong.iter().any(|words| words.contains("number is not as the log says")), "{wrong:?}");
        assert!(wrong.iter().any(|words| words.contains("the board counted to 1")), "{wrong:?}");
        run_sql(&database, "UPDATE task_numbers SET number = 1").await;
        run_sql(&database, "UPDATE boards SET key = 'ABC'").await;
        let wrong = found(&database, board).await;
        assert!(wrong.iter().any(|words| words.contains("key is not as the log says")), "{wrong:?}");
    }
}
