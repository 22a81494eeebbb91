//! Tests several servers on one database, and a database that is unavailable for a while.

use std::time::{Duration, Instant};

use app::{
    id::MutationId,
    ops::Mutation,
    refusal::{Refusal, Thing},
};
use futures::future::join_all;
use taskwire::{credentials::Credentials, writer::WriteError};
use uuid::Uuid;

use crate::{
    on_both_engines,
    support::{
        database::Database,
        node::{NewBoard, Node, create, new_column, new_task, rename},
        postgres,
        proxy::Proxy,
    },
};

on_both_engines! {
    async fn two_nodes_writing_the_same_boards_agree(database) {
        let nodes = [Node::on(&database).await, Node::on(&database).await];
        let boards = [nodes[0].create_board().await.id, nodes[1].create_board().await.id];
        let writers = (0..20).map(|writer| {
            let node = nodes[writer % 2].clone();
            tokio::spawn(async move {
                for round in 0..15 {
                    let task = new_task();
                    // In either order, so that the nodes lock two boards at the same time.
                    let (one, two) = (boards[(writer + round) % 2], boards[(writer + round + 1) % 2]);
                    let (first, second) = tokio::join!(
                        node.accepted(one, create(task, "Buy milk")),
                        node.accepted(two, create(new_task(), "Buy bread")),
                    );
                    assert!(first.seq > 1 && second.seq > 1);
                    node.accepted(one, rename(task, &format!("Bought by {writer}"))).await;
                    assert!(node.board(one).await.task(task).is_some(), "a node sees what it wrote");
                }
            })
        });
        for writer in join_all(writers).await {
            writer.expect("no writer failed");
        }
        let mut changes = 0;
        for board in boards {
            let numbers = nodes[0].numbers(board).await;
            assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
            changes += numbers.len();
            let state = nodes[0].board(board).await;
            assert_eq!(state, nodes[1].board(board).await);
            assert_eq!(state, database.open().await.board(board).await.expect("it can be read").expect("the board"));
            assert_eq!(*state, nodes[0].replayed(board).await);
        }
        assert_eq!(changes, 2 + 20 * 15 * 3);
    }

    async fn the_same_request_through_two_nodes_happens_once(database) {
        let nodes = [Node::on(&database).await, Node::on(&database).await];
        let board = nodes[0].create_board().await.id;
        for _ in 0..20 {
            let request = Mutation { id: app::new_id::<MutationId>(), op: create(new_task(), "Buy milk") };
            let (one, two) = tokio::join!(
                nodes[0].writer.write(board, request.clone(), Credentials::local()),
                nodes[1].writer.write(board, request.clone(), Credentials::local()),
            );
            let (one, two) = (one.expect("accepted"), two.expect("accepted"));
            assert_eq!(one.seq, two.seq);
            assert!(one.repeated != two.repeated);
        }
        assert_eq!(nodes[0].numbers(board).await.len(), 21);
    }

    async fn two_nodes_that_want_the_same_id_do_not_both_get_it(database) {
        let nodes = [Node::on(&database).await, Node::on(&database).await];
        let boards = [nodes[0].create_board().await.id, nodes[1].create_board().await.id];
        for _ in 0..20 {
            let task = new_task();
            let innocent = new_task();
            let (one, two, neighbour) = tokio::join!(
                nodes[0].write(boards[0], create(task, "Mine")),
                nodes[1].write(boards[1], create(task, "Mine")),
                nodes[1].write(boards[1], create(innocent, "Somebody else's")),
            );
            neighbour.expect("accepted");
            let (winner, loser) = if one.is_ok() { (boards[0], two) } else { (boards[1], one) };
            assert!(
                matches!(loser, Err(WriteError::Refused(Refusal::Exists { what: Thing::Task }))),
                "{loser:?}"
            );
            assert_eq!(nodes[0].store.board_of(task).await.expect("an answer"), Some(winner));

            let board = NewBoard { id: app::new_id::<Uuid>().into(), columns: [new_column(), new_column(), new_column()] };
            let (one, two) =
                tokio::join!(nodes[0].write(board.id, board.create()), nodes[1].write(board.id, board.create()));
            assert!(one.is_ok() != two.is_ok());
            assert_eq!(nodes[0].numbers(board.id).await, [1]);
        }
        for board in boards {
            assert_eq!(*nodes[0].board(board).await, nodes[0].replayed(board).await);
        }
    }
}

/// A PostgreSQL database: directly, and through the proxy that is returned with it.
async fn behind_a_proxy() -> (Database, Database, Proxy) {
    let direct = Database::postgres().await;
    let proxy = Proxy::to(postgres::port_of(&direct.url)).await;
    let url = direct.url.replace(&format!(":{}/", postgres::port_of(&direct.url)), &format!(":{}/", proxy.port));
    (direct, Database::at(url), proxy)
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_break_under_writes_lose_and_double_nothing() {
    let (_direct, database, proxy) = behind_a_proxy().await;
    let node = Node::on(&database).await;
    let board = node.create_board().await.id;
    let breaking = async {
        for _ in 0..15 {
            tokio::time::sleep(Duration::from_millis(70)).await;
            proxy.drop_connections();
        }
    };
    let writing = join_all((0..10).map(|_| async {
        let began = Instant::now();
        let mut written = Vec::new();
        while began.elapsed() < Duration::from_millis(1_100) {
            let task = new_task();
            written.push((task, node.accepted(board, create(task, "Buy milk")).await.seq));
        }
        written
    }));
    let (written, ()) = tokio::join!(writing, breaking);
    let state = node.board(board).await;
    let mut numbers: Vec<u64> = Vec::new();
    for (task, number) in written.into_iter().flatten() {
        assert_eq!(state.task(task).map(|task| task.seq), Some(number));
        numbers.push(number);
    }
    numbers.sort_unstable();
    assert_eq!(numbers, (2..=state.seq()).collect::<Vec<_>>());
    assert_eq!(*state, node.replayed(board).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unavailable_database_is_waited_for_then_reported_then_used_again() {
    let (_direct, database, proxy) = behind_a_proxy().await;
    let node = Node::on(&database).await;
    let board = node.create_board().await.id;

    // Unavailable for a second: no client notices.
    proxy.cut();
    let (accepted, ()) = tokio::join!(node.accepted(board, create(new_task(), "Patient")), async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        proxy.mend();
    });
    assert_eq!(accepted.seq, 2);

    // Unavailable for longer: an error within the limit for the first write, and at once for the next ones.
    proxy.cut();
    let unavailable = node.write(board, create(new_task(), "Lost")).await;
    assert!(matches!(unavailable, Err(WriteError::Unavailable(_))), "{unavailable:?}");
    let began = Instant::now();
    let unavailable = node.write(board, create(new_task(), "Lost")).await;
    assert!(matches!(unavailable, Err(WriteError::Unavailable(_))), "{unavailable:?}");
    assert!(began.elapsed() < Duration::from_secs(1));
    assert!(node.store.ping().await.is_err());

    proxy.mend();
    node.store.ping().await.expect("it is back");
    assert_eq!(node.accepted(board, create(new_task(), "Back")).await.seq, 3);
    assert_eq!(node.board(board).await.live_len(), 2);
}
