//! Tests that a deleted board is restored as it was, and that it is purged by the believed time, without a trace of it in
//! the memory of any node.

use std::time::Duration;

use app::{
    access::{BoardRole, InstanceRole},
    id::{ActorId, BoardId},
    ops::{DeleteBoard, Op, RestoreBoard, SetMember, UpdateBoard},
    refusal::{Refusal, Thing},
    time::Timestamp,
};
use sqlx::{AnyConnection, Connection, Row};
use taskwire::{
    accounts::{Accounts, NewPerson},
    clock,
    credentials::{Credential, Credentials},
    hub::Hub,
    secret::SecretHash,
    store::{BoardQuery, Inspection, Missing, StoreSettings},
    writer::WriteError,
};

use crate::{
    on_both_engines,
    support::{
        database::Database,
        node::{Node, create, mutation, new_task},
    },
};

const DAY: i64 = 24 * 60 * 60 * 1_000;
const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

fn at(days: i64) -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000 + days * DAY)
}

fn deletion() -> Op {
    Op::DeleteBoard(DeleteBoard::default())
}

fn restoration() -> Op {
    Op::RestoreBoard(RestoreBoard {})
}

async fn run_sql(database: &Database, statement: &'static str) {
    let mut connection = AnyConnection::connect(&database.url).await.expect("a connection");
    sqlx::query(statement).execute(&mut connection).await.expect("it is done");
}

async fn count(database: &Database, statement: &'static str) -> i64 {
    let mut connection = AnyConnection::connect(&database.url).await.expect("a connection");
    sqlx::query(statement).fetch_one(&mut connection).await.expect("a number").get(0)
}

async fn deleted(node: &Node, credentials: &Credentials) -> Vec<BoardId> {
    let (boards, more) = node.store.deleted_boards(credentials, &BoardQuery::newest(10)).await.expect("the list");
    assert!(!more);
    boards.into_iter().map(|deleted| deleted.board.id).collect()
}

async fn person(node: &Node, name: &str, role: InstanceRole) -> (ActorId, Credentials) {
    let accounts = Accounts::new(node.store.clone(), Hub::new(node.store.clone()), None, String::new());
    let email = format!("{name}@example.com");
    let new = NewPerson { name, email: &email, password: None };
    let id = accounts.add(&Credentials::local(), new, role).await.expect("an account");
    let hash = SecretHash::of(name);
    (id, Credentials::new(Credential::Session { person: id, hash }))
}

on_both_engines! {
    async fn a_deleted_board_is_restored_as_it_was(database) {
        let node = Node::on(&database).await;
        let board = node.create_board().await.id;
        let task = node.create_task(board, "Tea").await;
        let before = node.board(board).await;
        node.accepted(board, deletion()).await;
        assert_eq!(node.refused(board, create(new_task(), "Late")).await, Refusal::NotFound { what: Thing::Board });
        node.accepted(board, restoration()).await;

        let after = node.board(board).await;
        assert_eq!((after.seq(), after.deleted_at()), (4, None));
        let mut expected = before.snapshot();
        expected.seq = 4;
        assert_eq!(after.snapshot(), expected);
        assert_eq!(node.replayed(board).await, *after);
        assert_eq!(database.open().await.board(board).await.expect("read").expect("there"), after, "its rows too");
        let listed = node.store.boards_page(&Credentials::local(), &BoardQuery::newest(10)).await.expect("the list");
        assert_eq!(listed.rows.iter().map(|board| board.id).collect::<Vec<_>>(), [board]);
        assert!(deleted(&node, &Credentials::local()).await.is_empty());
        node.accepted(board, crate::support::node::rename(task, "Coffee")).await;

        // Whoever comes second finds that it is done.
        assert_eq!(node.accepted(board, restoration()).await.board.name(), "Plans");
        assert_eq!(node.board(board).await.columns().count(), 3);
        let nowhere = app::new_id::<BoardId>();
        assert_eq!(node.refused(nowhere, restoration()).await, Refusal::NotFound { what: Thing::Board });
    }

    async fn its_managers_and_admins_find_it_and_nobody_else_does(database) {
        let node = Node::on(&database).await;
        let (_, admin) = person(&node, "admin", InstanceRole::Admin).await;
        let (manager, managing) = person(&node, "manager", InstanceRole::Member).await;
        let (editor, editing) = person(&node, "editor", InstanceRole::Member).await;
        let (_, other) = person(&node, "other", InstanceRole::Member).await;
        let (board, open) = (node.create_board().await.id, node.create_board().await.id);
        let set = |person, role| Op::SetMember(SetMember { person, role: Some(role) });
        node.accepted(board, set(manager, BoardRole::Manager)).await;
        node.accepted(board, set(editor, BoardRole::Editor)).await;
        node.accepted(board, Op::UpdateBoard(UpdateBoard { everyone: Some(None), ..UpdateBoard::default() })).await;
        node.accepted(open, deletion()).await;
        // The times of changes are in milliseconds.
        let at = clock::now();
        while clock::now() == at {
            tokio::task::yield_now().await;
        }
        node.accepted(board, deletion()).await;
        assert_eq!(deleted(&node, &admin).await, [board, open], "the last deleted first");
        assert_eq!(deleted(&node, &managing).await, [board]);
        for nobody in [&editing, &other, &Credentials::stranger()] {
            assert!(deleted(&node, nobody).await.is_empty());
        }
        let restore = async |by: &Credentials| match node.writer.write(board, mutation(restoration()), by.clone()).await {
            Ok(_) => None,
            Err(WriteError::Refused(refusal)) => Some(refusal),
            Err(error) => panic!("{error}"),
        };
        assert_eq!(restore(&other).await, Some(Refusal::NotFound { what: Thing::Board }));
        assert_eq!(restore(&editing).await, Some(Refusal::Forbidden));
        assert_eq!(restore(&managing).await, None);
        assert_eq!(deleted(&node, &admin).await, [open]);
    }

    async fn it_is_purged_by_the_believed_time_and_by_no_other(database) {
        let node = Node::on(&database).await;
        let other_node = Node::on(&database).await;
        let boards = [node.create_board().await.id, node.create_board().await.id, node.create_board().await.id];
        let [old, restored, kept] = boards;
        for board in boards {
            node.create_task(board, "Tea").await;
            node.accepted(board, deletion()).await;
        }
        node.accepted(kept, restoration()).await;
        // By the clock of whoever deleted it, it was deleted in 1970. That decides nothing.
        run_sql(&database, "UPDATE boards SET deleted_at = 1 WHERE deleted_at IS NOT NULL").await;
        assert_eq!(node.store.purge_boards(at(0), KEPT).await.expect("done"), 0);
        assert_eq!(node.store.purge_boards(at(29), KEPT).await.expect("done"), 0);
        // Restored and deleted again, it has its whole time again.
        node.accepted(restored, restoration()).await;
        node.accepted(restored, deletion()).await;
        let tea = other_node.board(old).await;
        assert_eq!(node.store.purge_boards(at(30), KEPT).await.expect("done"), 1);
        assert_eq!(node.store.purge_boards(at(30), KEPT).await.expect("done"), 0);

        assert_eq!(deleted(&node, &Credentials::local()).await, [restored]);
        for table in [
            "SELECT COUNT(*) FROM changes WHERE board NOT IN (SELECT id FROM boards WHERE name <> '')",
            "SELECT COUNT(*) FROM tasks WHERE board NOT IN (SELECT id FROM boards WHERE name <> '')",
            "SELECT COUNT(*) FROM columns WHERE board NOT IN (SELECT id FROM boards WHERE name <> '')",
        ] {
            assert_eq!(count(&database, table).await, 0, "{table}");
        }
        // This node had the whole board in memory.
        assert_eq!(tea.tasks().count(), 1);
        for node in [&node, &other_node] {
            assert_eq!(node.refused(old, restoration()).await, Refusal::NotFound { what: Thing::Board });
            assert!(!node.board(old).await.exists());
            assert_eq!(node.board(old).await.tasks().count(), 0);
            assert_eq!(node.store.changes_after(old, tea.seq(), 10).await.expect("an answer"), Missing::Trimmed);
        }
        let recreate = crate::support::node::NewBoard { id: old, columns: [(); 3].map(|()| app::new_id()) };
        assert_eq!(node.refused(old, recreate.create()).await, Refusal::Exists { what: Thing::Board });
        // The others are whole.
        assert_eq!(other_node.accepted(restored, restoration()).await.board.tasks().count(), 1);
        let inspection = Inspection::open(&StoreSettings::new(&database.url)).await.expect("it opens");
        for board in boards {
            let report = inspection.check_log(board).await.expect("a report").expect("there is a row");
            assert!(report.log.is_empty() && report.rows.is_empty(), "{report:?}");
        }
        node.store.trim_log(at(400)).await.expect("a purged board is no obstacle");
    }

    async fn a_purged_board_still_answers_repeated_requests(database) {
        let node = Node::on(&database).await;
        let board = node.create_board().await.id;
        let request = mutation(create(new_task(), "Tea"));
        node.writer.write(board, request.clone(), Credentials::local()).await.expect("accepted");
        node.accepted(board, deletion()).await;
        node.store.purge_boards(at(0), KEPT).await.expect("done");
        assert_eq!(node.store.purge_boards(at(31), KEPT).await.expect("done"), 1);
        let repeated = node.writer.write(board, request, Credentials::local()).await.expect("the first answer");
        assert_eq!((repeated.seq, repeated.repeated), (2, true));
    }

    async fn of_a_restore_and_a_purge_at_once_one_happens(database) {
        for _ in 0..5 {
            let node = Node::on(&database).await;
            let board = node.create_board().await.id;
            node.create_task(board, "Tea").await;
            node.accepted(board, deletion()).await;
            node.store.purge_boards(at(0), KEPT).await.expect("done");
            let other = Node::on(&database).await;
            let (purged, restored) = tokio::join!(
                node.store.purge_boards(at(31), KEPT),
                other.write(board, restoration()),
            );
            purged.expect("done");
            let state = Node::on(&database).await.board(board).await;
            match restored {
                Ok(_) => assert_eq!((state.exists(), state.tasks().count()), (true, 1)),
                Err(_) => assert_eq!((state.exists(), state.tasks().count()), (false, 0)),
            }
        }
    }
}
