//! Tests that a client that does not read costs the server a number, not a queue. The tests measure the memory of their
//! process, so they have one for themselves.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

#[path = "../support/mod.rs"]
mod support;

mod answers;

use std::time::Duration;

use app::state::BoardState;
use app::{fields::FieldEdit, protocol::ServerMessage};
use taskwire::{credentials::Credentials, http::socket::SocketLimits, hub::HubSettings};

use support::{
    client::{Client, Copy},
    database::Database,
    node::mutation,
    served::Served,
};

const CHANGES: u64 = 10_000;
const DESCRIPTION: usize = 1_000;

/// Resident memory of this process, in bytes.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").expect("/proc");
    pages.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).expect("a number") * 4096
}

#[tokio::test(flavor = "multi_thread")]
async fn while_ten_thousand_changes_pass_unread_memory_is_bounded_and_others_are_served() {
    let database = Database::sqlite();
    let limits = SocketLimits { write: Duration::from_secs(600), ..SocketLimits::default() };
    let served = Served::with(&database, HubSettings::default(), limits).await;
    let board = served.node.create_board().await;
    let mut sleepers: Vec<Client> = Vec::new();
    for _ in 0..20 {
        let mut client = served.connect().await;
        client.subscribe(board.id, Some(1)).await;
        assert!(matches!(client.hear().await, ServerMessage::Changes { .. }));
        sleepers.push(client);
    }
    let mut reader = served.connect().await;
    reader.subscribe(board.id, Some(1)).await;
    let mut copy = Copy::of(board.id, Some(1));

    // Ten thousand changes of one task: the board itself stays small.
    let task = served.node.create_task(board.id, "Buy milk").await;
    let before = resident();
    let text = "x".repeat(DESCRIPTION);
    for batch in 0..CHANGES / 100 {
        let writes = (0..100).map(|number| {
            let description = FieldEdit::Description(format!("{batch}-{number} {text}"));
            let update = app::ops::UpdateTask::of(task).with(description);
            served.node.writer.write(board.id, mutation(app::ops::Op::UpdateTask(update)), Credentials::local())
        });
        for outcome in futures::future::join_all(writes.collect::<Vec<_>>()).await {
            outcome.expect("accepted");
        }
        // A client that reads gets each batch as it is written, although others sleep.
        copy.reach(2 + (batch + 1) * 100, &mut reader).await;
    }
    assert_eq!((copy.changes, copy.snapshots), (CHANGES + 1, 0));

    // Unsent, this would be 20 clients times 10 MB. The rest of the growth is the database's caches and the ring.
    let grown = resident().saturating_sub(before);
    assert!(grown < 64 << 20, "grew by {} MiB", grown >> 20);

    // When the sleeping clients read again, each arrives at the newest change of the log.
    let newest = served.node.board(board.id).await;
    for mut client in sleepers {
        let mut copy = Copy::of(board.id, Some(1));
        let mut state = None;
        while copy.seq < Some(newest.seq()) {
            let message = client.hear().await;
            copy.take(&message);
            match message {
                ServerMessage::Snapshot(snapshot) => state = Some(BoardState::from(snapshot)),
                ServerMessage::Changes { changes, .. } => {
                    if let Some(state) = &mut state {
                        for change in &changes {
                            state.apply(change).expect("no gap");
                        }
                    }
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(state.as_ref(), Some(&*newest));
    }
}
