//! Who has a board open across nodes: nodes report to each other, and the people of a killed node disappear.

use std::{
    net::SocketAddr,
    process::Command,
    time::{Duration, Instant},
};

use app::{
    id::{BoardId, TabId},
    presence::PresenceState,
};
use serde_json::json;
use taskwire::{
    http::socket::SocketLimits,
    hub::{HubSettings, presence::PresenceSettings, redis::RedisState},
};
use uuid::Uuid;

use super::{is_heard, node, publish_signed, until, usual};
use crate::support::{
    client::Client,
    database::Database,
    node::new_task,
    presence_client::{PresenceClient, people},
    redis::{self, Redis, ask},
    served::Served,
    server::{Process, command},
};

/// Settings with which a node reports only when something changes or another node asks. So whatever is known came
/// through such a report.
fn without_heartbeat(url: &str) -> HubSettings {
    with(url, PresenceSettings { heartbeat: Duration::from_secs(3600), ..quick() })
}

fn with(url: &str, presence: PresenceSettings) -> HubSettings {
    HubSettings { presence, ..usual(url) }
}

fn quick() -> PresenceSettings {
    PresenceSettings {
        every: Duration::from_millis(50),
        grace: Duration::from_millis(300),
        heartbeat: Duration::from_millis(300),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_who_come_edit_and_go_on_one_node_are_seen_on_the_other() {
    let (database, redis) = (Database::sqlite(), Redis::start());
    let settings = || without_heartbeat(&redis.url());
    let (here, there) = (node(&database, settings()).await, node(&database, settings()).await);
    let board = here.node.create_board().await.id;
    let [ana, ben] = people();
    let mut watcher = PresenceClient::on(&here, board, Some(ben)).await;
    let mut far = PresenceClient::on(&there, board, Some(ana)).await;
    let guest = PresenceClient::on(&there, board, None).await;
    watcher.until(|presence_state| presence_state.people == [ana, ben] && presence_state.guests == 1).await;
    far.until(|presence_state| presence_state.people == [ana, ben] && presence_state.guests == 1).await;

    let task = new_task();
    far.edit(Some(task)).await;
    watcher.until(|presence_state| !presence_state.editing.is_empty()).await;
    assert_eq!(watcher.edits(), [(task, Some(ana))]);

    // A person is present as long as they have a tab on any node.
    let near = PresenceClient::on(&here, board, Some(ana)).await;
    drop((far, guest));
    watcher
        .until_with(|presence_state| presence_state.guests == 0, |presence_state| presence_state.people == [ana, ben])
        .await;
    drop(near);
    watcher.until(|presence_state| presence_state.people == [ben]).await;
    assert_eq!(watcher.edits(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_opens_a_board_asks_the_others_who_is_there() {
    let (database, redis) = (Database::sqlite(), Redis::start());
    let settings = || without_heartbeat(&redis.url());
    let here = node(&database, settings()).await;
    let board = here.node.create_board().await.id;
    let [ana, ben] = people();
    let mut editor = PresenceClient::on(&here, board, Some(ana)).await;
    let task = new_task();
    editor.edit(Some(task)).await;
    editor.until(|presence_state| !presence_state.editing.is_empty()).await;

    let there = node(&database, settings()).await;
    let mut late = PresenceClient::on(&there, board, Some(ben)).await;
    late.until(|presence_state| presence_state.people == [ana, ben]).await;
    assert_eq!(late.edits(), [(task, Some(ana))]);
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_that_are_garbage_old_or_doubled_change_nothing() {
    let (database, redis) = (Database::sqlite(), Redis::start());
    let here = node(&database, without_heartbeat(&redis.url())).await;
    let board = here.node.create_board().await.id;
    let mut watcher = PresenceClient::on(&here, board, None).await;
    tokio::task::block_in_place(|| redis::wait_for(|| is_heard(redis.port, board)));
    let channel = format!("taskwire:{{{board}}}");
    let publish = |message: &[u8]| publish_signed(&here, redis.port, &channel, message);
    let (one, other) = (app::new_id::<Uuid>(), app::new_id::<Uuid>());
    let report = |node: Uuid, number: u64, guests: u32| {
        let presence_state = json!({"people": [], "more": 0, "guests": guests, "editing": []});
        format!("presence {}", json!({"node": node, "number": number, "crowd": presence_state}))
    };
    publish(report(one, 5, 10).as_bytes());
    watcher.until(|presence_state| presence_state.guests == 11).await;
    let many: Vec<_> = (0..501).map(|_| app::new_id::<Uuid>()).collect();
    let too_many = json!({"people": many, "more": 0, "guests": 0, "editing": []});
    for wrong in [
        "presence".to_owned(),
        "presence ".to_owned(),
        "presence []".to_owned(),
        format!("presence {}", json!({"node": one, "number": 6})),
        format!("presence {}", json!({"node": one, "number": 6, "crowd": too_many})),
        report(one, 5, 1_000),
        report(one, 4, 1_000),
        report(one, 0, 1_000),
    ] {
        publish(wrong.as_bytes());
    }
    publish(b"presence \xff\xfe\x00");
    publish(report(other, 1, 100).as_bytes());
    watcher
        .until_with(|presence_state| presence_state.guests == 111, |presence_state| presence_state.guests < 1_000)
        .await;
    // The sum of the counts exceeds the largest number.
    publish(report(other, 2, u32::MAX).as_bytes());
    watcher.until(|presence_state| presence_state.guests == u32::MAX).await;
    publish(report(other, 3, 0).as_bytes());
    watcher.until(|presence_state| presence_state.guests == 11).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_redis_is_away_each_node_knows_its_own_people_and_then_all_again() {
    let (database, mut redis) = (Database::sqlite(), Redis::start());
    let settings = || with(&redis.url(), quick());
    let (here, there) = (node(&database, settings()).await, node(&database, settings()).await);
    let board = here.node.create_board().await.id;
    let [ana, ben] = people();
    let mut near = PresenceClient::on(&here, board, Some(ana)).await;
    let mut far = PresenceClient::on(&there, board, Some(ben)).await;
    near.until(|presence_state| presence_state.people == [ana, ben]).await;
    far.until(|presence_state| presence_state.people == [ana, ben]).await;

    tokio::task::block_in_place(|| redis.stop());
    near.until(|presence_state| presence_state.people == [ana]).await;
    far.until(|presence_state| presence_state.people == [ben]).await;
    let guest = PresenceClient::on(&there, board, None).await;
    far.until(|presence_state| presence_state.guests == 1).await;

    tokio::task::block_in_place(|| redis.restart());
    until(&here, RedisState::Up).await;
    until(&there, RedisState::Up).await;
    for each in [&mut near, &mut far] {
        each.until(|presence_state| presence_state.people == [ana, ben] && presence_state.guests == 1).await;
    }
    drop(guest);
    near.until(|presence_state| presence_state.guests == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_seen_through_a_cluster() {
    let database = Database::sqlite();
    let nodes = tokio::task::block_in_place(redis::cluster);
    let url = format!("redis-cluster://127.0.0.1:{}", nodes[0].port);
    let (here, there) =
        (node(&database, without_heartbeat(&url)).await, node(&database, without_heartbeat(&url)).await);
    for _ in 0..3 {
        let board = here.node.create_board().await.id;
        let mut watcher = PresenceClient::on(&here, board, None).await;
        let far = PresenceClient::on(&there, board, None).await;
        watcher.until(|presence_state| presence_state.guests == 2).await;
        drop(far);
        watcher.until(|presence_state| presence_state.guests == 1).await;
    }
}

/// A board that is open on a node of this process, and a real server over the same database.
struct Neighbours {
    database: Database,
    redis: Redis,
    /// Keeps the node alive.
    _here: Served,
    board: BoardId,
    watcher: PresenceClient,
    process: Process,
}

impl Neighbours {
    async fn start() -> Self {
        let (database, redis) = (Database::sqlite(), Redis::start());
        let here = node(&database, usual(&redis.url())).await;
        let board = here.node.create_board().await.id;
        let watcher = PresenceClient::on(&here, board, None).await;
        let process = serve(&database, &redis);
        Self { database, redis, _here: here, board, watcher, process }
    }
}

fn serve(database: &Database, redis: &Redis) -> Process {
    let settings =
        ["serve", "--auth", "open", "--listen", "127.0.0.1:0", "--database", &database.url, "--redis", &redis.url()];
    let command: &mut Command = &mut command(&settings);
    tokio::task::block_in_place(|| Process::spawn(command))
}

/// Opens a board on the real server.
async fn open(process: &Process, board: BoardId) -> PresenceClient {
    let address: SocketAddr = process.base.trim_start_matches("http://").parse().expect("an address");
    PresenceClient::over(Client::connect(address).await, board, app::new_id::<TabId>()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_people_of_a_node_that_was_killed_are_gone_after_fifteen_seconds_and_it_may_come_back() {
    let Neighbours { database, redis, board, mut watcher, process, _here } = Neighbours::start().await;
    let mut tabs = Vec::new();
    for _ in 0..3 {
        tabs.push(open(&process, board).await);
    }
    tabs[0].edit(Some(new_task())).await;
    watcher.until(|presence_state| presence_state.guests == 4 && presence_state.editing.len() == 1).await;

    let killed = Instant::now();
    tokio::task::block_in_place(|| process.kill());
    drop(tabs);
    // After its restart it is a new node, so its reports are accepted although their numbers start again.
    let again = serve(&database, &redis);
    let _tab = open(&again, board).await;
    watcher.until(|presence_state| presence_state.guests == 5).await;
    watcher.until(|presence_state| presence_state.guests == 2 && presence_state.editing.is_empty()).await;
    // Its last report was sent up to five seconds before it was killed.
    let took = killed.elapsed();
    assert!(took > Duration::from_secs(8) && took < Duration::from_secs(20), "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_stops_in_good_order_takes_leave() {
    let Neighbours { board, mut watcher, process, database: _database, redis: _redis, _here } =
        Neighbours::start().await;
    let tab = open(&process, board).await;
    watcher.until(|presence_state| presence_state.guests == 2).await;
    let stopped = Instant::now();
    drop(tab);
    assert!(process.terminate().await.success());
    watcher.until(|presence_state: &PresenceState| presence_state.guests == 1).await;
    // Sooner than a node without reports would be considered gone.
    assert!(stopped.elapsed() < Duration::from_secs(8), "{:?}", stopped.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn presence_needs_no_redis_on_one_node_and_none_to_start() {
    let (database, mut redis) = (Database::sqlite(), Redis::start());
    tokio::task::block_in_place(|| redis.stop());
    let served = Served::with(&database, usual(&redis.url()), SocketLimits::default()).await;
    let board = served.node.create_board().await.id;
    let mut one = PresenceClient::on(&served, board, None).await;
    let other = PresenceClient::on(&served, board, None).await;
    assert_eq!(other.presence_state.guests, 2);
    one.until(|presence_state| presence_state.guests == 2).await;
    drop(other);
    one.until(|presence_state| presence_state.guests == 1).await;
    assert!(ask(redis.port, &["PING"]).is_none());
}
