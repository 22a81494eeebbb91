//! Tests that the server gives up on a client that does not read what it is sent.

use std::time::Duration;

use app::{
    fields::FieldEdit,
    ops::{Op, UpdateTask},
    protocol::ServerMessage,
};
use taskwire::{credentials::Credentials, http::socket::SocketLimits, hub::HubSettings};

use crate::support::{client::PATIENCE, database::Database, node::mutation, served::Served};

/// Together more than the kernel buffers for a client that does not read: 4 MiB in the send buffer, and the receive
/// buffer.
const CHANGES: usize = 1_000;
const DESCRIPTION: usize = 20_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_read_is_disconnected() {
    let database = Database::sqlite();
    let limits = SocketLimits { write: Duration::from_millis(100), ..SocketLimits::default() };
    // Small frames, because the server waits longer for a larger one. A large ring, so that everything is sent from
    // memory and never as one large snapshot.
    let settings =
        HubSettings { frame_bytes: DESCRIPTION, ring_bytes: 2 * CHANGES * DESCRIPTION, ..HubSettings::default() };
    let served = Served::with(&database, settings, limits).await;
    let board = served.node.create_board().await;
    let mut client = served.connect().await;
    client.subscribe(board.id, Some(1)).await;
    assert!(matches!(client.hear().await, ServerMessage::Changes { .. }));
    // All changes are to one task, so the board itself stays small.
    let task = served.node.create_task(board.id, "Buy milk").await;
    let text = "x".repeat(DESCRIPTION);
    let writes = (0..CHANGES).map(|number| {
        let description = format!("{number} {text}");
        let update = Op::UpdateTask(UpdateTask::of(task).with(FieldEdit::Description(description)));
        served.node.writer.write(board.id, mutation(update), Credentials::local())
    });
    for outcome in futures::future::join_all(writes.collect::<Vec<_>>()).await {
        outcome.expect("accepted");
    }
    served.tracker.close();
    tokio::time::timeout(PATIENCE, served.tracker.wait()).await.expect("the server leaves the socket");
    drop(client);
}
