//! Measures how far the pages are behind after each single fault: two nodes over PostgreSQL and Redis, a page on each
//! node, and a constant writer on each node.
//!
//! A page is behind at a moment if it lacks a change that has been durable for [`MEANTIME`]. The figures are how long
//! after the end of a fault a page was last behind, and how long it took until a write succeeded again; beyond [`GOAL`]
//! and [`BUSY`] the test fails. Each fault is injected once, or `TASKWIRE_FAULT_ROUNDS` times; the worst figures of all
//! rounds are printed.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that panics has failed; the figures are for people"
)]

mod support;

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use app::{id::BoardId, protocol::ServerMessage};
use sqlx::{Connection, PgConnection, Row};
use support::{
    client::{Client, Copy},
    database::Database,
    node::{create, new_task},
    postgres_server::PostgresServer,
    proxy::Proxy,
    redis::Redis,
    served::Served,
};
use taskwire::{
    http::socket::SocketLimits,
    hub::{
        HubSettings,
        redis::{RedisSettings, RedisState},
    },
};
use tokio::{task::JoinHandle, time::sleep};

/// A change younger than this is still on its way.
const MEANTIME: Duration = Duration::from_millis(200);
/// The duration of a fault that has an end.
const FAULT: Duration = Duration::from_millis(1_500);
/// How long the pages are watched after a fault. A page that is still behind then counts as behind for ever.
const WATCH: Duration = Duration::from_secs(5);
/// The goal, and the allowance for a busy machine.
const GOAL: Duration = Duration::from_secs(2);
const BUSY: Duration = Duration::from_secs(1);

/// Two nodes, and the networks between the nodes and their services.
struct Cluster {
    postgres: PostgresServer,
    redis: Redis,
    /// For each node, its network to PostgreSQL and its network to Redis.
    networks: [(Proxy, Proxy); 2],
    nodes: [Served; 2],
    board: BoardId,
    /// The newest number of each page.
    pages: [Arc<AtomicU64>; 2],
    /// When each node's last write succeeded.
    wrote: [Arc<Mutex<Instant>>; 2],
    stop: Arc<AtomicBool>,
    work: Vec<JoinHandle<()>>,
}

/// The effect of a fault.
#[derive(Clone, Copy, Default)]
struct Outcome {
    behind: Duration,
    until_written: Duration,
}

impl Cluster {
    async fn build() -> Self {
        let (postgres, redis) = tokio::task::block_in_place(|| (PostgresServer::start(), Redis::start()));
        let networks = [
            (Proxy::to(postgres.port).await, Proxy::to(redis.port).await),
            (Proxy::to(postgres.port).await, Proxy::to(redis.port).await),
        ];
        let node = async |(database, redis): &(Proxy, Proxy)| {
            let url = postgres.url().replace(&postgres.port.to_string(), &database.port.to_string());
            let url_of_redis = format!("redis://127.0.0.1:{}", redis.port);
            let settings = HubSettings { redis: Some(RedisSettings::new(url_of_redis)), ..HubSettings::default() };
            Served::with(&Database::at(url), settings, SocketLimits::default()).await
        };
        let nodes = [node(&networks[0]).await, node(&networks[1]).await];
        let board = nodes[0].node.create_board().await.id;
        let stop = Arc::<AtomicBool>::default();
        let mut cluster = Self {
            postgres,
            redis,
            networks,
            nodes,
            board,
            pages: Default::default(),
            wrote: std::array::from_fn(|_| Arc::new(Mutex::new(Instant::now()))),
            stop,
            work: Vec::new(),
        };
        for index in 0..2 {
            let mut client = cluster.nodes[index].connect().await;
            client.subscribe(board, None).await;
            cluster.work.push(tokio::spawn(follow(client, board, Arc::clone(&cluster.pages[index]))));
            let (node, wrote) = (cluster.nodes[index].node.clone(), Arc::clone(&cluster.wrote[index]));
            let stop = Arc::clone(&cluster.stop);
            cluster.work.push(tokio::spawn(async move {
                while !stop.load(Ordering::SeqCst) {
                    // The writer continues after a refusal.
                    if node.write(board, create(new_task(), "Buy milk")).await.is_ok() {
                        *wrote.lock().unwrap() = Instant::now();
                    }
                    sleep(Duration::from_millis(25)).await;
                }
            }));
        }
        cluster.settle().await;
        cluster
    }

    /// Waits until both nodes have Redis and their writes succeed.
    async fn settle(&self) {
        let deadline = Instant::now() + Duration::from_secs(30);
        let quick = Duration::from_millis(500);
        loop {
            let is_up = self.nodes.iter().all(|node| node.hub.redis_state() == RedisState::Up);
            let writes = self.wrote.iter().all(|wrote| wrote.lock().unwrap().elapsed() < quick);
            if is_up && writes {
                return;
            }
            assert!(Instant::now() < deadline, "it does not settle");
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Watches the pages and the writes for [`WATCH`] after the end of a fault.
    async fn watch(&self, ended: Instant) -> Outcome {
        let mut oracle = PgConnection::connect(&self.postgres.url()).await.unwrap();
        let mut heads: Vec<(Instant, u64)> = Vec::new();
        let mut outcome = Outcome::default();
        let mut unwritten = [true; 2];
        while ended.elapsed() < WATCH {
            let select = sqlx::query("SELECT seq FROM boards WHERE id = $1").bind(self.board.to_string());
            let head: i64 = select.fetch_one(&mut oracle).await.unwrap().get(0);
            let now = Instant::now();
            heads.push((now, head as u64));
            let due = heads.iter().rev().find(|(at, _)| now - *at >= MEANTIME).map_or(0, |(_, head)| *head);
            if self.pages.iter().any(|page| page.load(Ordering::SeqCst) < due) {
                outcome.behind = now - ended;
            }
            for (wrote, unwritten) in self.wrote.iter().zip(&mut unwritten) {
                let wrote = *wrote.lock().unwrap();
                if *unwritten && wrote > ended {
                    *unwritten = false;
                    outcome.until_written = outcome.until_written.max(wrote - ended);
                }
            }
            sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(unwritten, [false; 2], "nothing can be written any more");
        outcome
    }

    async fn end(self) {
        self.stop.store(true, Ordering::SeqCst);
        self.work.iter().for_each(JoinHandle::abort);
        for node in self.nodes {
            node.hub.close(Duration::from_secs(3)).await;
            node.node.close().await;
        }
    }
}

/// Follows a board as a page does: errors are tolerated, but no change may arrive twice or out of order.
async fn follow(mut client: Client, board: BoardId, page: Arc<AtomicU64>) {
    let mut copy = Copy::of(board, None);
    loop {
        match client.hear().await {
            ServerMessage::Error { .. } => {}
            message => copy.take(&message),
        }
        page.store(copy.seq.unwrap_or_default(), Ordering::SeqCst);
    }
}

/// Injects a fault as often as configured, and reports the worst effect. The fault returns the moment of its end.
async fn measure(name: &str, fault: impl AsyncFn(&mut Cluster) -> Instant) {
    let rounds = std::env::var("TASKWIRE_FAULT_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(1);
    let mut cluster = Cluster::build().await;
    let mut worst = Outcome::default();
    for _ in 0..rounds {
        cluster.settle().await;
        let ended = fault(&mut cluster).await;
        let outcome = cluster.watch(ended).await;
        worst.behind = worst.behind.max(outcome.behind);
        worst.until_written = worst.until_written.max(outcome.until_written);
    }
    cluster.end().await;
    let Outcome { behind, until_written } = worst;
    println!(
        "| {name} | worst of {rounds} | pages behind {:.2} s | first write after {:.2} s |",
        behind.as_secs_f64(),
        until_written.as_secs_f64()
    );
    assert!(behind < GOAL + BUSY, "{name}: pages were behind for {behind:?}");
    assert!(until_written < GOAL + BUSY, "{name}: nothing was written for {until_written:?}");
}

macro_rules! faults {
    ($($name:ident: $what:literal, |$cluster:ident| $fault:block)*) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            measure($what, async |$cluster: &mut Cluster| $fault).await;
        }
    )*};
}

faults! {
    connections_to_postgresql_fall_silent: "PostgreSQL: connections silent, new ones work", |cluster| {
        cluster.networks.iter().for_each(|(database, _)| database.silence());
        Instant::now()
    }
    the_network_to_postgresql_is_silent_for_a_while: "PostgreSQL: network silent for 1.5 s", |cluster| {
        cluster.networks.iter().for_each(|(database, _)| database.silence_all());
        sleep(FAULT).await;
        cluster.networks.iter().for_each(|(database, _)| database.mend());
        Instant::now()
    }
    postgresql_is_frozen_for_a_while: "PostgreSQL: frozen for 1.5 s", |cluster| {
        cluster.postgres.freeze();
        sleep(FAULT).await;
        cluster.postgres.thaw();
        Instant::now()
    }
    postgresql_is_restarted: "PostgreSQL: killed and restarted", |cluster| {
        tokio::task::block_in_place(|| cluster.postgres.restart());
        Instant::now()
    }
    connections_to_redis_fall_silent: "Redis: connections silent, new ones work", |cluster| {
        cluster.networks.iter().for_each(|(_, redis)| redis.silence());
        Instant::now()
    }
    the_network_to_redis_is_silent_for_a_while: "Redis: network silent for 1.5 s", |cluster| {
        cluster.networks.iter().for_each(|(_, redis)| redis.silence_all());
        sleep(FAULT).await;
        cluster.networks.iter().for_each(|(_, redis)| redis.mend());
        Instant::now()
    }
    redis_is_frozen_for_a_while: "Redis: frozen for 1.5 s", |cluster| {
        cluster.redis.freeze();
        sleep(FAULT).await;
        cluster.redis.thaw();
        Instant::now()
    }
    redis_is_killed_and_restarted: "Redis: killed and restarted", |cluster| {
        tokio::task::block_in_place(|| cluster.redis.stop());
        sleep(FAULT).await;
        tokio::task::block_in_place(|| cluster.redis.restart());
        Instant::now()
    }
    redis_is_killed: "Redis: killed", |cluster| {
        tokio::task::block_in_place(|| cluster.redis.stop());
        let killed = Instant::now();
        let outcome = cluster.watch(killed).await;
        assert!(outcome.behind < GOAL + BUSY, "{:?}", outcome.behind);
        tokio::task::block_in_place(|| cluster.redis.restart());
        Instant::now()
    }
    all_connections_fall_silent: "PostgreSQL and Redis: connections silent, new ones work", |cluster| {
        cluster.networks.iter().for_each(|(database, redis)| {
            database.silence();
            redis.silence();
        });
        Instant::now()
    }
}
