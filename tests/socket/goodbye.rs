//! How a stopping server closes its sockets.

use std::{collections::HashSet, time::Duration};
use taskwire::credentials::Credentials;

use app::protocol::{ClientMessage, ServerMessage};

use crate::support::{
    database::Database,
    node::{create, mutation, new_task},
    served::Served,
};

#[tokio::test(flavor = "multi_thread")]
async fn every_client_is_told_when_to_come_back_and_not_all_at_once() {
    let database = Database::sqlite();
    let served = Served::on(&database).await;
    let mut clients = Vec::new();
    for _ in 0..20 {
        let mut client = served.connect().await;
        // Once the ping is answered, the socket is established.
        client.say(&ClientMessage::Ping {}).await;
        client.hear().await;
        clients.push(client);
    }
    served.goodbyes.stop();
    let mut delays = HashSet::new();
    for client in &mut clients {
        let ServerMessage::Goodbye { reconnect_after_ms } = client.hear().await else { panic!("goodbye") };
        assert!(reconnect_after_ms < 3_000);
        delays.insert(reconnect_after_ms);
        assert_eq!(client.hear_end().await, Some(1001));
    }
    assert!(delays.len() > 10, "{delays:?}");
    served.tracker.close();
    tokio::time::timeout(Duration::from_secs(10), served.tracker.wait()).await.expect("all sockets end");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_before_the_goodbye_is_answered() {
    let database = Database::sqlite();
    let served = Served::on(&database).await;
    let board = served.node.create_board().await;
    let mut client = served.connect().await;
    client.mutate(board.id, (0..300).map(|_| mutation(create(new_task(), "Buy milk"))).collect()).await;
    // The first answer shows that the writer has accepted all mutations of the message.
    let mut accepted = 0;
    loop {
        match client.hear_or_end().await {
            Ok(ServerMessage::Accepted { .. }) => {
                accepted += 1;
                served.goodbyes.stop();
            }
            Ok(ServerMessage::Goodbye { .. }) => {}
            Ok(other) => panic!("{other:?}"),
            Err(code) => {
                assert_eq!(code, Some(1001));
                break;
            }
        }
    }
    assert_eq!(accepted, 300);
    assert_eq!(served.node.numbers(board.id).await.len(), 301);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_takes_no_new_sockets() {
    let database = Database::sqlite();
    let served = Served::on(&database).await;
    served.goodbyes.stop();
    let refused = crate::support::client::Client::connect_with(served.address, &[]).await;
    assert_eq!(refused.err(), Some(503));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_read_does_not_hold_the_server_up() {
    let database = Database::sqlite();
    let served = Served::on(&database).await;
    let board = served.node.create_board().await;
    let mut client = served.connect().await;
    client.subscribe(board.id, Some(1)).await;
    client.hear().await;
    // More than the kernel's buffers hold.
    for _ in 0..50 {
        let writes = (0..20).map(|_| {
            let mut op = create(new_task(), "Buy milk");
            if let app::ops::Op::CreateTask(create) = &mut op {
                create.description = "x".repeat(20_000);
            }
            served.node.writer.write(board.id, mutation(op), Credentials::local())
        });
        futures::future::join_all(writes.collect::<Vec<_>>()).await;
    }
    served.goodbyes.stop();
    served.tracker.close();
    tokio::time::timeout(Duration::from_secs(10), served.tracker.wait()).await.expect("all sockets end");
}
