//! A client that takes nothing of what it is sent.

use std::time::Duration;

use app::protocol::ServerMessage;
use taskwire::{http::socket::SocketLimits, hub::HubSettings};

use crate::support::{
    database::Database,
    node::{create, mutation, new_task},
    served::Served,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_takes_nothing_for_too_long_is_left() {
    let database = Database::sqlite();
    let limits = SocketLimits { write: Duration::from_millis(100), ..SocketLimits::default() };
    let served = Served::with(&database, HubSettings::default(), limits).await;
    let board = served.node.create_board().await;
    let mut client = served.connect().await;
    client.subscribe(board.id, Some(1)).await;
    assert!(matches!(client.hear().await, ServerMessage::Changes { .. }));
    let text = "x".repeat(20_000);
    // More than the kernel's buffers hold, as long as the server keeps the socket.
    while !served.tracker.is_empty() {
        let writes = (0..20).map(|_| {
            let mut op = create(new_task(), "Buy milk");
            if let app::mutation::Op::CreateTask(create) = &mut op {
                create.description.clone_from(&text);
            }
            served.node.writer.write(board.id, mutation(op), None)
        });
        for outcome in futures::future::join_all(writes.collect::<Vec<_>>()).await {
            outcome.expect("accepted");
        }
    }
    drop(client);
}
