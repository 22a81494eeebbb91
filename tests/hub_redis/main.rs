//! Two nodes over one database and a real Redis: Redis makes delivery faster, and nothing depends on it.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

#[path = "../support/mod.rs"]
mod support;

mod forged;
mod presence;

use std::time::{Duration, Instant};

use app::{id::BoardId, protocol::ServerMessage};
use taskwire::{
    http::socket::SocketLimits,
    hub::{
        HubSettings,
        envelope::{self, Envelopes},
        redis::{RedisSettings, RedisState},
    },
};

use support::{
    client::{Client, Copy, PATIENCE},
    database::Database,
    redis::{self, Redis, ask, ask_bytes},
    served::Served,
};

/// Settings with which the hub compares with the database so rarely that whatever arrives has come through Redis.
fn only_redis(url: &str) -> HubSettings {
    HubSettings { poll_every: Duration::from_secs(3600), ..usual(url) }
}

fn usual(url: &str) -> HubSettings {
    HubSettings { redis: Some(RedisSettings::new(url)), ..HubSettings::default() }
}

async fn node(database: &Database, settings: HubSettings) -> Served {
    let served = Served::with(database, settings, SocketLimits::default()).await;
    until(&served, RedisState::Up).await;
    served
}

async fn until(served: &Served, state: RedisState) {
    let start = Instant::now();
    while served.hub.redis_state() != state {
        assert!(start.elapsed() < PATIENCE, "Redis did not become {state:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A client that follows the board, on a node that has subscribed to the board's channel.
async fn follow(served: &Served, board: BoardId, told: impl Fn() -> bool) -> (Client, Copy) {
    let mut client = served.connect().await;
    client.subscribe(board, None).await;
    let mut copy = Copy::of(board, None);
    while copy.seq.is_none() {
        let message = client.hear().await;
        copy.take(&message);
    }
    tokio::task::block_in_place(|| redis::wait_for(told));
    (client, copy)
}

/// Publishes a signed message, as a node does.
fn publish_signed(served: &Served, port: u16, channel: &str, message: &[u8]) {
    let envelopes = Envelopes::new(served.node.store.key(envelope::USE));
    publish(port, channel, &envelopes.seal(channel, message));
}

/// Publishes a message as anybody can who reaches Redis.
fn publish(port: u16, channel: &str, message: &[u8]) {
    ask_bytes(port, &[b"PUBLISH", channel.as_bytes(), message]).expect("Redis answers");
}

/// Encodes changes as a node publishes them, before they are signed.
fn batch(after: u64, changes: &[&str]) -> Vec<u8> {
    let lengths: String = changes.iter().map(|change| format!(" {}", change.len())).collect();
    format!("{after}{lengths}\n{}", changes.concat()).into_bytes()
}

/// Whether a node has subscribed to the board's channel on the Redis at `port`.
fn is_heard(port: u16, board: BoardId) -> bool {
    ask(port, &["PUBSUB", "NUMSUB", &format!("taskwire:{{{board}}}")]).is_some_and(|answer| answer.ends_with(":1\r\n"))
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_reach_the_other_node_through_redis() {
    let (database, redis) = (Database::sqlite(), Redis::start());
    let (here, there) =
        (node(&database, only_redis(&redis.url())).await, node(&database, only_redis(&redis.url())).await);
    let board = here.node.create_board().await.id;
    let (mut client, mut copy) = follow(&there, board, || is_heard(redis.port, board)).await;
    for number in 0..50 {
        here.node.create_task(board, "Buy milk").await;
        copy.reach(number + 2, &mut client).await;
    }
    assert_eq!(copy.changes, 50);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_board_is_in_the_list_of_the_other_node() {
    let (database, redis) = (Database::sqlite(), Redis::start());
    let settings = || HubSettings { boards_every: Duration::from_secs(3600), ..only_redis(&redis.url()) };
    let (here, there) = (node(&database, settings()).await, node(&database, settings()).await);
    let mut client = there.connect().await;
    tokio::task::block_in_place(|| {
        redis::wait_for(|| {
            ask(redis.port, &["PUBSUB", "NUMSUB", "taskwire:boards"]).is_some_and(|answer| answer.ends_with(":2\r\n"))
        });
    });
    client.say(&app::protocol::ClientMessage::WatchBoards { limit: None, boards: Vec::new() }).await;
    assert_eq!(client.hear().await, ServerMessage::Boards { boards: vec![], more: false });
    let board = here.node.create_board().await.id;
    let ServerMessage::Boards { boards, .. } = client.hear().await else { panic!("the list") };
    assert_eq!(boards.iter().map(|board| board.id).collect::<Vec<_>>(), [board]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_board_that_nobody_has_open_is_not_listened_to() {
    let (database, redis) = (Database::sqlite(), Redis::start());
    let settings =
        HubSettings { topic_idle: Duration::ZERO, poll_every: Duration::from_millis(50), ..usual(&redis.url()) };
    let served = node(&database, settings).await;
    let board = served.node.create_board().await.id;
    let (client, _) = follow(&served, board, || is_heard(redis.port, board)).await;
    drop(client);
    tokio::task::block_in_place(|| redis::wait_for(|| !is_heard(redis.port, board)));
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_are_garbage_old_doubled_or_early_change_nothing() {
    let (database, redis) = (Database::sqlite(), Redis::start());
    let (here, there) =
        (node(&database, only_redis(&redis.url())).await, node(&database, only_redis(&redis.url())).await);
    let board = here.node.create_board().await.id;
    let (mut client, mut copy) = follow(&there, board, || is_heard(redis.port, board)).await;
    let channel = format!("taskwire:{{{board}}}");
    let publish = |message: &[u8]| publish_signed(&here, redis.port, &channel, message);
    for number in 0..20_u64 {
        let head = number + 1;
        publish(b"");
        publish(b"garbage");
        publish(b"\xff\xfe\x00\n");
        publish(&batch(head, &["{}"]));
        publish(&batch(head, &[r#"{"seq":1}"#]));
        publish(&batch(head, &["\u{0}"]));
        publish(&batch(u64::MAX, &["{}"]));
        // Early, with changes that are not in the log: they must not be accepted.
        publish(&batch(head + 5, &["{}"]));
        // Old, with contents that differ from the log.
        publish(&batch(head - 1, &[r#"{"seq":1,"kind":"board_deleted"}"#]));
        publish_signed(&here, redis.port, "taskwire:{not-a-board}", b"1 2\n{}");
        here.node.create_task(board, "Buy milk").await;
        // Duplicated.
        let app_change = here.node.store.changes_after(board, head, 1).await.expect("the log");
        let taskwire::store::Missing::Changes(changes) = app_change else { panic!("the log was trimmed") };
        let json = String::from_utf8(changes[0].json.to_vec()).expect("UTF-8");
        publish(&batch(head, &[&json]));
        copy.reach(head + 1, &mut client).await;
        publish(&batch(head, &[&json]));
    }
    assert_eq!((copy.changes, copy.snapshots), (20, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_redis_message_is_recovered_on_the_next_one() {
    let (database, redis) = (Database::sqlite(), Redis::start());
    let there = node(&database, only_redis(&redis.url())).await;
    // A node without Redis, which writes but publishes nothing, as if its messages were lost.
    let silent = Served::on(&database).await;
    let here = node(&database, only_redis(&redis.url())).await;
    let board = here.node.create_board().await.id;
    let (mut client, mut copy) = follow(&there, board, || is_heard(redis.port, board)).await;
    for round in 0..10 {
        silent.node.create_task(board, "Unheard").await;
        silent.node.create_task(board, "Unheard").await;
        here.node.create_task(board, "Heard").await;
        copy.reach(1 + 3 * (round + 1), &mut client).await;
    }
    assert_eq!(copy.changes, 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_redis_is_away_changes_come_within_two_seconds_and_then_through_redis_again() {
    let (database, mut redis) = (Database::sqlite(), Redis::start());
    let (here, there) = (node(&database, usual(&redis.url())).await, node(&database, usual(&redis.url())).await);
    let board = here.node.create_board().await.id;
    let (mut client, mut copy) = follow(&there, board, || is_heard(redis.port, board)).await;

    tokio::task::block_in_place(|| redis.stop());
    let stopped = Instant::now();
    let mut head = 1;
    let mut worst = Duration::ZERO;
    while stopped.elapsed() < Duration::from_secs(10) {
        let written = Instant::now();
        for writer in [&here, &there] {
            writer.node.create_task(board, "Written while Redis is away").await;
            head += 1;
        }
        copy.reach(head, &mut client).await;
        worst = worst.max(written.elapsed());
    }
    assert!(worst < Duration::from_millis(2_500), "{worst:?}");
    assert_eq!((here.hub.redis_state(), there.hub.redis_state()), (RedisState::Down, RedisState::Down));

    tokio::task::block_in_place(|| redis.restart());
    let back = Instant::now();
    until(&here, RedisState::Up).await;
    until(&there, RedisState::Up).await;
    tokio::task::block_in_place(|| redis::wait_for(|| is_heard(redis.port, board)));
    assert!(back.elapsed() < Duration::from_secs(5), "{:?}", back.elapsed());
    // With only the comparison once a second, twenty changes would take longer.
    let quick = Instant::now();
    for _ in 0..20 {
        here.node.create_task(board, "Written after that").await;
        head += 1;
        copy.reach(head, &mut client).await;
    }
    assert!(quick.elapsed() < Duration::from_secs(10), "{:?}", quick.elapsed());
    assert_eq!(copy.changes, head - 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_starts_while_redis_is_away() {
    let (database, mut redis) = (Database::sqlite(), Redis::start());
    tokio::task::block_in_place(|| redis.stop());
    let served = Served::with(&database, usual(&redis.url()), SocketLimits::default()).await;
    let board = served.node.create_board().await.id;
    let mut client = served.connect().await;
    client.subscribe(board, None).await;
    let mut copy = Copy::of(board, None);
    copy.reach(1, &mut client).await;
    served.node.create_task(board, "Buy milk").await;
    copy.reach(2, &mut client).await;
    assert_eq!(served.hub.redis_state(), RedisState::Down);
    tokio::task::block_in_place(|| redis.restart());
    until(&served, RedisState::Up).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_reach_the_other_node_through_a_cluster() {
    let database = Database::sqlite();
    let nodes = tokio::task::block_in_place(redis::cluster);
    let url = format!("redis-cluster://127.0.0.1:{}", nodes[0].port);
    let (here, there) = (node(&database, only_redis(&url)).await, node(&database, only_redis(&url)).await);
    let is_heard = |board: BoardId| {
        let channel = format!("taskwire:{{{board}}}");
        nodes.iter().any(|node| {
            ask(node.port, &["PUBSUB", "SHARDNUMSUB", &channel]).is_some_and(|answer| answer.ends_with(":1\r\n"))
        })
    };
    // Several boards, so that their channels are distributed over the cluster's servers.
    for _ in 0..6 {
        let board = here.node.create_board().await.id;
        let (mut client, mut copy) = follow(&there, board, || is_heard(board)).await;
        for number in 0..5 {
            here.node.create_task(board, "Buy milk").await;
            copy.reach(number + 2, &mut client).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_reach_the_other_node_through_the_server_a_sentinel_names() {
    let database = Database::sqlite();
    let master = Redis::start();
    let folder = tempfile::tempdir().expect("a folder for the sentinel");
    let config = folder.path().join("sentinel.conf");
    std::fs::write(&config, format!("sentinel monitor taskwire 127.0.0.1 {} 1\n", master.port)).expect("written");
    let sentinel = tokio::task::block_in_place(|| Redis::start_with(&[&config.display().to_string(), "--sentinel"]));
    let url = format!("redis-sentinel://127.0.0.1:{}?sentinelServiceName=taskwire", sentinel.port);
    let (here, there) = (node(&database, only_redis(&url)).await, node(&database, only_redis(&url)).await);
    let board = here.node.create_board().await.id;
    let (mut client, mut copy) = follow(&there, board, || is_heard(master.port, board)).await;
    for number in 0..5 {
        here.node.create_task(board, "Buy milk").await;
        copy.reach(number + 2, &mut client).await;
    }
}

#[test]
fn a_url_that_will_not_do_is_named() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let store = Database::sqlite().open().await;
        let error = taskwire::hub::Hub::start(store, usual("redis//localhost")).err().expect("an error");
        assert!(error.to_string().starts_with("this is not the URL of a Redis"), "{error}");
    });
}
