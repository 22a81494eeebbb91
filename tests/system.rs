//! Tests the state of the installation: its numbers, its nodes, its warnings, and the pages that show them.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

mod support;

use std::time::{Duration, Instant};

use app::protocol::{ClientMessage, ServerMessage};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Executor};
use support::{
    client::Client,
    database::Database,
    server::{Server, answer, open},
};
use taskwire::settings::Settings;

async fn by_hand(database: &Database, sql: &str) {
    sqlx::any::install_default_drivers();
    let mut connection = AnyConnection::connect(&database.url).await.unwrap();
    connection.execute(AssertSqlSafe(sql.to_owned())).await.unwrap();
    connection.close().await.unwrap();
}

fn on(database: &Database) -> Settings {
    Settings { database: database.url.clone(), no_sample: true, ..open() }
}

fn figure<'a>(node: &'a Value, name: &str) -> &'a Value {
    node["figures"].as_array().unwrap().iter().find(|figure| figure["name"] == name).unwrap()
}

/// The warnings that contain these words.
fn warnings<'a>(state: &'a Value, words: &str) -> Vec<&'a Value> {
    state["warnings"].as_array().unwrap().iter().filter(|warning| warning.to_string().contains(words)).collect()
}

async fn page(server: &Server, path: &str) -> String {
    let response = server.at(Method::GET, path).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(!policy.contains("unsafe"), "{policy}");
    response.text().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_numbers_are_those_of_the_metrics() {
    let database = Database::sqlite();
    let (server, services) = Server::with_services(on(&database)).await;
    let board = server.board().await;
    let address = server.base.strip_prefix("http://").unwrap().parse().unwrap();
    let mut client = Client::connect(address).await;
    client.say(&ClientMessage::Ping {}).await;
    client.subscribe(board.parse().unwrap(), None).await;
    while !matches!(client.hear().await, ServerMessage::Snapshot { .. }) {}
    services.system.measure(true).await;
    services.system.sample();
    // One delivery in eight is measured.
    for _ in 0..16 {
        server.task(&board, "Tea").await;
    }
    let mut delivered = 0;
    while delivered < 16 {
        if let ServerMessage::Changes { changes, .. } = client.hear().await {
            delivered += changes.len();
        }
    }
    services.system.sample();
    let state = server.get("/system?history=true").await;
    let node = &state["nodes"][0];
    assert_eq!((&node["answers"], &node["ready"], &node["reasons"]), (&json!(true), &json!(true), &json!([])));
    assert_eq!(node["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(state["nodes"].as_array().unwrap().len(), 1);
    for (name, least) in [
        ("sockets", 1.0),
        ("subscriptions", 1.0),
        ("boards_open", 1.0),
        ("writes", 0.1),
        ("commit_p50", 1e-6),
        ("commit_p99", 1e-6),
        ("deliveries", 0.1),
        ("delivery_p50", 1e-7),
        ("delivery_p99", 1e-7),
        ("outbox_jobs", 0.0),
        ("database_size", 1_000.0),
        ("wal_size", 1_000.0),
        ("disk_free", 1_000.0),
    ] {
        let value = figure(node, name)["value"].as_f64();
        assert!(value >= Some(least), "{name}: {value:?}");
    }
    assert_eq!(figure(node, "sockets")["value"], 1.0);
    assert_eq!(figure(node, "redis_round_trip")["value"], Value::Null);
    // Each names a line that is there.
    let metrics = server.at(Method::GET, "/metrics").send().await.unwrap().text().await.unwrap();
    for figure in node["figures"].as_array().unwrap().iter().filter(|figure| !figure["value"].is_null()) {
        let metric = figure["metric"].as_str().unwrap();
        assert!(metrics.contains(metric), "{metric}");
    }
    assert_eq!((&state["counts"]["boards"], &state["counts"]["tasks"]), (&json!(1), &json!(16)));
    assert!(state["database"]["engine"].as_str().unwrap().starts_with("SQLite 3."), "{state}");
    assert_eq!((&state["redis"]["state"], &state["mail"]["configured"]), (&json!("off"), &json!(false)));
    assert_eq!(state["backups"], Value::Null);
    let history = &state["history"];
    let samples = history["at"].as_array().unwrap().len();
    assert!(samples >= 2);
    for series in history["series"].as_array().unwrap() {
        assert_eq!(series["values"].as_array().unwrap().len(), samples, "{series}");
    }
    assert!(server.get("/system").await["history"].is_null());

    let page = page(&server, "/admin/system").await;
    for words in ["Sockets", "taskwire_commit_seconds", "<polyline", "data-live=\"nodes\"", "Check the installation"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("style="), "the policy does not allow it: {page}");
    // One node: nothing is written about it.
    assert_eq!(services.store.nodes().await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_hour_is_kept_and_no_more() {
    let database = Database::sqlite();
    let (server, services) = Server::with_services(on(&database)).await;
    for _ in 0..400 {
        services.system.sample();
    }
    let history = services.system.history();
    assert_eq!(history.at.len(), 360);
    assert!(history.series.iter().all(|series| series.values.len() == 360));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_know_of_each_other() {
    let database = Database::postgres().await;
    let one = Server::with(on(&database)).await;
    let other = Server::with(on(&database)).await;
    let nodes = async || one.get("/system").await["nodes"].as_array().unwrap().clone();
    let wait_for = async |number: usize| {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let found = nodes().await;
            if found.len() == number {
                return found;
            }
            assert!(Instant::now() < deadline, "{found:#?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let found = wait_for(2).await;
    assert_eq!((&found[0]["answers"], &found[1]["answers"]), (&json!(true), &json!(false)));
    assert_ne!(found[0]["name"], found[1]["name"]);
    assert_eq!(found[1]["ready"], true);
    assert!(figure(&found[1], "sockets")["value"].is_number(), "{found:#?}");
    // The clock of the database's server is this machine's.
    let state = one.get("/system").await;
    assert!(warnings(&state, "clock").is_empty(), "{state:#}");
    // A node that stops leaves the list.
    other.stop().await;
    wait_for(1).await;

    let now = chrono::Utc::now().timestamp_millis();
    by_hand(
        &database,
        &format!(
            "INSERT INTO nodes (id, name, version, started_at, seen_at, report) VALUES \
             ('a', 'old:1', '0.0.9', 0, {now} + 30000, '{{\"ready\":true,\"reasons\":[],\"figures\":[]}}'), \
             ('b', 'gone:1', '0.2.0', 0, {now} - 180000, '{{\"from\":\"the future\"}}'), \
             ('c', 'broken:1', '0.2.0', 0, {now} + 30000, '{{\"ready\":false,\"reasons\":[\"the disk is full\"],\"figures\":[]}}')"
        ),
    )
    .await;
    let state = one.get("/system").await;
    assert_eq!(warnings(&state, "old:1 runs Taskwire 0.0.9").len(), 1, "{state:#}");
    assert_eq!(warnings(&state, "gone:1 has not reported for 3 minutes").len(), 1, "{state:#}");
    assert_eq!(warnings(&state, "broken:1 is not ready: the disk is full")[0]["status"], "error");
    assert_eq!(state["warnings"][0]["status"], "error", "the worst is first");
    let page = page(&one, "/admin/system").await;
    assert!(page.contains("broken:1") && page.contains("Not ready: the disk is full"), "{page}");
    one.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_is_told_with_what_to_do() {
    let database = Database::sqlite();
    let (server, services) = Server::with_services(on(&database)).await;
    assert_eq!(server.get("/system").await["warnings"], json!([]));
    let minute = 60 * 1_000;
    let now = chrono::Utc::now().timestamp_millis();
    let (created, expires) = (now - 5 * minute, now + 60 * minute);
    by_hand(
        &database,
        &format!(
            "INSERT INTO outbox (id, topic, payload, created_at, due_at, expires_at, last_error) \
             VALUES ('00000000-0000-7000-8000-000000000001', 'mail', '{{}}', {created}, {expires}, {expires}, '<b>451</b> later')"
        ),
    )
    .await;
    let state = server.get("/system").await;
    let told = warnings(&state, "of which the oldest has waited for 5 minutes; the last error: <b>451</b> later");
    assert!(told[0]["remedy"].as_str().unwrap().contains("--smtp"), "{state:#}");
    services.warnings.set("test", "something else is wrong");
    let state = server.get("/system").await;
    assert_eq!(warnings(&state, "something else is wrong")[0]["check"], "server");
    let page = page(&server, "/admin/system").await;
    assert!(page.contains("&lt;b&gt;451&lt;/b&gt; later") && page.contains("To do: "), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_installation_is_checked_from_within() {
    let database = Database::sqlite();
    let (server, services) = Server::with_services(on(&database)).await;
    let found = server.get("/system/checks").await;
    let found = found["findings"].as_array().unwrap();
    let status = |check: &str| found.iter().find(|finding| finding["check"] == check).map(|finding| &finding["status"]);
    for check in ["database", "schema", "tables", "server", "websocket"] {
        assert_eq!(status(check), Some(&json!("ok")), "{found:#?}");
    }
    // These read the whole database.
    for check in ["integrity", "log", "rows"] {
        assert_eq!(status(check), None, "{check}");
    }
    // The server still has the file as it was.
    server.board().await;
    let page = page(&server, "/admin/system/checks").await;
    assert!(page.contains("taskwire doctor") && page.contains("data-status=\"ok\""), "{page}");
    let (first, second) = tokio::join!(services.system.examine(), services.system.examine());
    assert!(first.is_some() && second.is_none(), "one at a time");
    answer(server.api(Method::GET, "/system/checks"), StatusCode::OK).await;
}
