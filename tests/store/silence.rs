//! Tests silent connections to PostgreSQL, which discard what they receive and never end, while new connections work,
//! as a failover or a firewall leaves them behind. And tests a slow server.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use futures::future::join_all;
use taskwire::store::{Limits, Store, StoreSettings};

use crate::support::{
    database::Database,
    node::{Node, create, new_task},
    postgres,
    proxy::Proxy,
};

/// The time within which the store must recover.
const HEALED: Duration = Duration::from_secs(2);

/// Opens a store whose connections go through a proxy that the test controls.
async fn over_a_network() -> (Store, Proxy, Database) {
    let database = Database::postgres().await;
    let port = postgres::port_of(&database.url);
    let network = Proxy::to(port).await;
    let url = database.url.replace(&format!(":{port}/"), &format!(":{}/", network.port));
    (Store::open(StoreSettings::new(url)).await.expect("the database opens"), network, database)
}

/// Uses all connections for reading at once, so that they exist. Returns how long that took.
async fn read_at_once(store: &Store) -> Duration {
    let began = Instant::now();
    for read in join_all((0..8).map(|_| store.has_boards())).await {
        read.expect("a read");
    }
    began.elapsed()
}

/// Repeats the work until it is told to stop. Returns the longest duration of one repetition.
async fn worst_until<Work: Future<Output = ()>>(stop: Arc<AtomicBool>, work: impl Fn() -> Work) -> Duration {
    let mut worst = Duration::ZERO;
    while !stop.load(Ordering::SeqCst) {
        let began = Instant::now();
        work().await;
        worst = worst.max(began.elapsed());
    }
    worst
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_of_silent_connections_heals_by_itself() {
    let (store, network, _database) = over_a_network().await;
    read_at_once(&store).await;
    for round in 0..5 {
        network.silence();
        let took = read_at_once(&store).await;
        assert!(took < HEALED, "round {round}: {took:?}");
        let after = read_at_once(&store).await;
        assert!(after < Duration::from_millis(700), "round {round}: it is well again: {after:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_under_way_when_connections_fall_silent_is_answered_soon_and_rightly() {
    let (store, network, _database) = over_a_network().await;
    let node = Node::with(store);
    let board = node.create_board().await.id;
    let stop = Arc::new(AtomicBool::new(false));
    let reading = (0..8).map(|_| {
        let node = node.clone();
        tokio::spawn(worst_until(Arc::clone(&stop), move || {
            let node = node.clone();
            async move { _ = node.store.changes_after(board, 0, 10).await.expect("a read") }
        }))
    });
    let reading: Vec<_> = reading.collect();
    let writing = (0..4).map(|_| {
        let node = node.clone();
        tokio::spawn(worst_until(Arc::clone(&stop), move || {
            let node = node.clone();
            async move { _ = node.accepted(board, create(new_task(), "Buy milk")).await }
        }))
    });
    let writing: Vec<_> = writing.collect();
    for _ in 0..5 {
        tokio::time::sleep(Duration::from_millis(300)).await;
        network.silence();
        tokio::time::sleep(HEALED).await;
    }
    stop.store(true, Ordering::SeqCst);
    for work in reading.into_iter().chain(writing) {
        let worst = work.await.expect("nothing fails");
        assert!(worst < HEALED, "{worst:?}");
    }
    let numbers = node.numbers(board).await;
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
    let tasks = node.board(board).await.tasks().count();
    assert_eq!(tasks + 1, numbers.len(), "each was done once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_that_is_given_up_leaves_its_place_to_others() {
    let (store, network, _database) = over_a_network().await;
    read_at_once(&store).await;
    network.silence();
    for _ in 0..4 {
        // As a client that disconnects while it waits.
        let given_up = tokio::time::timeout(Duration::from_millis(50), store.has_boards()).await;
        assert!(given_up.is_err(), "it is silent");
    }
    let took = read_at_once(&store).await;
    assert!(took < HEALED, "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_says_nothing_from_the_beginning_is_named_and_not_waited_for() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("postgres://taskwire:secret@{}/taskwire", listener.local_addr().expect("an address"));
    let opening = tokio::time::timeout(Duration::from_secs(20), Store::open(StoreSettings::new(url))).await;
    let words = opening.expect("it is given up").err().expect("it cannot be opened").to_string();
    assert!(words.contains("taskwire:***@127.0.0.1") && words.contains("did not answer within 10 s"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_takes_longer_than_a_moment_is_slow_and_not_dead() {
    let database = Database::postgres().await;
    let limits = Limits { silence: Duration::from_millis(100), ..Limits::default() };
    let store = Store::open(StoreSettings { limits, ..StoreSettings::new(&database.url) }).await.expect("it opens");
    let node = Node::with(store);
    let board = node.create_board().await.id;
    // Another session locks the board, so that a write to it waits.
    let mut locks = <sqlx::PgConnection as sqlx::Connection>::connect(&database.url).await.expect("a connection");
    sqlx::Executor::execute(&mut locks, "BEGIN; SELECT * FROM boards FOR UPDATE").await.expect("locked");
    let began = Instant::now();
    let writing = tokio::spawn({
        let node = node.clone();
        async move { node.accepted(board, create(new_task(), "Buy milk")).await }
    });
    tokio::time::sleep(Duration::from_secs(1)).await;
    sqlx::Executor::execute(&mut locks, "COMMIT").await.expect("unlocked");
    writing.await.expect("it was written in the end");
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    assert_eq!(node.numbers(board).await, [1, 2]);
}
