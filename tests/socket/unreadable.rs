//! The database cannot be read when a client subscribes to a board. The socket keeps the subscription, and the board is
//! sent as soon as it can be read, without any action of the client.

use std::time::{Duration, Instant};

use app::{
    id::BoardId,
    protocol::{ClientMessage, ErrorCode, ServerMessage},
};
use taskwire::{
    http::socket::SocketLimits,
    hub::HubSettings,
    store::{Limits, Store, StoreSettings},
};

use crate::support::{
    client::{Client, Copy},
    database::Database,
    postgres,
    proxy::Proxy,
    served::Served,
};

/// Starts a node whose database can be made unreachable, and another node with constant access to the same database.
/// Returns them with a board.
async fn nodes() -> (Served, Served, Proxy, BoardId) {
    let database = Database::postgres().await;
    let port = postgres::port_of(&database.url);
    let network = Proxy::to(port).await;
    let url = database.url.replace(&format!(":{port}/"), &format!(":{}/", network.port));
    let short = Duration::from_millis(200);
    let limits = Limits { silence: short, statement: short, acquire: short };
    let store = Store::open(StoreSettings { limits, ..StoreSettings::new(url) }).await.expect("the database opens");
    // Small limits, so that the topic's ring soon lacks the older changes.
    let settings = HubSettings { ring_changes: 4, small_replay_bytes: 0, ..HubSettings::default() };
    let here = Served::over(store, settings, SocketLimits::default()).await;
    let there = Served::on(&database).await;
    let board = there.node.create_board().await.id;
    for _ in 0..20 {
        there.node.create_task(board, "Buy milk").await;
    }
    (here, there, network, board)
}

async fn is_told_that_it_has_to_wait(client: &mut Client, board: BoardId) {
    match client.hear().await {
        ServerMessage::Error { code: ErrorCode::Unavailable, board: Some(about), .. } => assert_eq!(about, board),
        other => panic!("should have been told to wait: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_read_that_fails_is_tried_again() {
    let (here, there, network, board) = nodes().await;
    network.cut();
    let (mut anew, mut goes_on) = (here.connect().await, here.connect().await);
    anew.subscribe(board, None).await;
    goes_on.subscribe(board, Some(19)).await;
    is_told_that_it_has_to_wait(&mut anew, board).await;
    is_told_that_it_has_to_wait(&mut goes_on, board).await;
    // Meanwhile the pong does not claim to know the board's number.
    anew.say(&ClientMessage::Ping {}).await;
    let ServerMessage::Pong { heads } = anew.hear().await else { panic!("a pong") };
    assert!(heads.is_empty(), "{heads:?}");

    tokio::time::sleep(Duration::from_secs(2)).await;
    network.mend();
    let mended = Instant::now();
    let (mut first, mut second) = (Copy::of(board, None), Copy::of(board, Some(19)));
    first.reach(21, &mut anew).await;
    second.reach(21, &mut goes_on).await;
    assert!(mended.elapsed() < Duration::from_secs(2), "{:?}", mended.elapsed());
    assert_eq!((first.snapshots, second.snapshots + second.changes), (1, 2));
    there.node.create_task(board, "Buy bread").await;
    first.reach(22, &mut anew).await;
    second.reach(22, &mut goes_on).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_cannot_be_caught_up_is_caught_up_later() {
    let (here, there, network, board) = nodes().await;
    let mut open = here.connect().await;
    open.subscribe(board, None).await;
    Copy::of(board, None).reach(21, &mut open).await;
    network.cut();
    // The board is open on this node, but the ring does not reach back that far.
    let mut client = here.connect().await;
    client.subscribe(board, Some(3)).await;
    is_told_that_it_has_to_wait(&mut client, board).await;
    network.mend();
    let mut copy = Copy::of(board, Some(3));
    copy.reach(21, &mut client).await;
    there.node.create_task(board, "Buy bread").await;
    copy.reach(22, &mut client).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_board_that_is_not_there_is_told_of_when_that_is_known() {
    let (here, _there, network, _) = nodes().await;
    network.cut();
    let nowhere = app::new_id::<BoardId>();
    let mut client = here.connect().await;
    client.subscribe(nowhere, None).await;
    is_told_that_it_has_to_wait(&mut client, nowhere).await;
    network.mend();
    assert_eq!(client.hear_error().await, ErrorCode::NoSuchBoard);
}
