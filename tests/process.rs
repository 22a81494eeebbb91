//! Tests the real executable: its settings, and how it ends.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

mod support;

use std::sync::{Arc, Mutex};

use app::{
    id::{BoardId, MutationId},
    protocol::{ClientMessage, ServerMessage},
};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use support::{
    client as socket,
    clock::Clock,
    database::Database,
    server::{Process, command, run},
};
use tokio::{io::AsyncWriteExt as _, net::TcpListener, sync::watch, task::JoinHandle};

/// Clients that create tasks until the server is gone.
struct Writers {
    acknowledged: Arc<Mutex<Vec<String>>>,
    clients: Vec<JoinHandle<()>>,
}

impl Writers {
    /// Starts writing. Returns once this many tasks were acknowledged, while the clients go on.
    async fn after(acknowledged: usize, base: &str) -> Self {
        let client = Client::new();
        let boards: Value = client.get(format!("{base}/api/v1/boards")).send().await.unwrap().json().await.unwrap();
        let url = format!("{base}/api/v1/boards/{}/tasks", boards["boards"][0]["id"].as_str().unwrap());
        let writers = Self { acknowledged: Arc::default(), clients: Vec::new() };
        let (count, mut counted) = watch::channel(0);
        let clients = (0..8).map(|writer| {
            let (client, url, count) = (client.clone(), url.clone(), count.clone());
            let acknowledged = Arc::clone(&writers.acknowledged);
            tokio::spawn(async move {
                for n in 0.. {
                    let title = format!("{writer}/{n}");
                    match client.post(&url).json(&json!({"title": title})).send().await {
                        Ok(response) if response.status() == StatusCode::CREATED => {
                            acknowledged.lock().unwrap().push(title);
                            count.send_modify(|count| *count += 1);
                        }
                        _ => return,
                    }
                }
            })
        });
        let clients = clients.collect();
        counted.wait_for(|count| *count >= acknowledged).await.unwrap();
        Self { clients, ..writers }
    }

    /// Waits until all clients have noticed the end of the server. Returns the titles that were acknowledged.
    async fn end(self) -> Vec<String> {
        for client in self.clients {
            client.await.unwrap();
        }
        std::mem::take(&mut *self.acknowledged.lock().unwrap())
    }
}

async fn stored_titles(base: &str) -> Vec<String> {
    let boards: Value = reqwest::get(format!("{base}/api/v1/boards")).await.unwrap().json().await.unwrap();
    let board = boards["boards"][0]["id"].as_str().unwrap();
    let (mut titles, mut cursor) = (Vec::new(), String::new());
    loop {
        let url = format!("{base}/api/v1/boards/{board}/tasks?limit=500{cursor}");
        let page: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
        titles.extend(page["tasks"].as_array().unwrap().iter().map(|task| task["title"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return titles,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_before_a_sigkill_is_there_after_it() {
    let database = Database::sqlite();
    for _ in 0..3 {
        let server = Process::start(&database);
        let writers = Writers::after(20, &server.base).await;
        server.kill();
        let acknowledged = writers.end().await;

        let server = Process::start(&database);
        let stored = stored_titles(&server.base).await;
        for title in &acknowledged {
            assert!(stored.contains(title), "{title} was acknowledged and is lost");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sigterm_lets_what_is_under_way_end() {
    let database = Database::sqlite();
    let server = Process::start(&database);
    let writers = Writers::after(20, &server.base).await;
    let status = server.terminate().await;
    assert_eq!(status.code(), Some(0));
    let acknowledged = writers.end().await;
    let server = Process::start(&database);
    let stored = stored_titles(&server.base).await;
    assert!(acknowledged.iter().all(|title| stored.contains(title)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sigterm_says_goodbye_to_every_socket() {
    let server = Process::start(&Database::sqlite());
    let address = server.base.strip_prefix("http://").unwrap().parse().unwrap();
    let mut clients = Vec::new();
    for _ in 0..5 {
        let mut client = socket::Client::connect(address).await;
        // Once the ping is answered, the socket is established.
        client.say(&ClientMessage::Ping {}).await;
        client.hear().await;
        clients.push(client);
    }
    let ending = tokio::spawn(server.terminate());
    for client in &mut clients {
        assert!(matches!(client.hear().await, ServerMessage::Goodbye { .. }));
        assert_eq!(client.hear_or_end().await.unwrap_err(), Some(1001));
    }
    drop(clients);
    assert_eq!(ending.await.unwrap().code(), Some(0));
}

#[test]
fn a_wrong_setting_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}/nowhere/taskwire.db", folder.path().display());
    let cases: &[(&[&str], &str)] = &[
        (&["--listen", "everywhere"], "--listen"),
        (&["--listen", "0.0.0.0:0", "--auth", "open"], "--auth"),
        (&["--listen", "203.0.113.7:0"], "--listen"),
        (&["--database", "mysql://localhost/tasks"], "--database"),
        (&["--database", &database, "--listen", "127.0.0.1:0"], "--database"),
        (&["--redis", "localhost"], "--redis"),
        (&["--sqlite-synchronous", "off"], "--sqlite-synchronous"),
        (&["--allowed-origin", "board.example.com"], "--allowed-origin"),
        (&["--listen", "3000"], "such as 127.0.0.1:3000"),
        (&["--public-url", "https://example.com/board"], "without a path"),
        (&["--site-root", "/nowhere/site", "--listen", "127.0.0.1:0"], "--site-root"),
        (&["--log", "loud"], "--log"),
        (&["--log", "info,taskwire=loud"], "--log"),
        (&["--log-format", "xml"], "--log-format"),
        (&["--log-retention", "soon"], "--log-retention"),
        (&["--backup-every", "often"], "--backup-every"),
        (&["--backup-keep", "0"], "--backup-keep"),
        (&["--keep-audit", "0"], "--keep-audit"),
    ];
    for (arguments, named) in cases {
        let (code, out, err) = run(command(&["serve"]).args(*arguments));
        assert!(code.is_some_and(|code| code != 0), "{arguments:?}: {code:?}");
        assert!(err.contains(named), "{arguments:?}: {err}");
        assert!(out.is_empty() && !err.contains("panicked"), "{arguments:?}: {out}{err}");
    }
    let (code, _, err) = run(command(&["serve"]).env("TASKWIRE_LOG_RETENTION", "soon"));
    assert!(code != Some(0) && err.contains("--log-retention"), "{err}");
}

/// Tests the command that tells a container engine whether the server is healthy.
#[tokio::test(flavor = "multi_thread")]
async fn health_is_asked_of_the_server_on_this_machine() {
    let database = Database::sqlite();
    let server = Process::start(&database);
    let address = server.base.strip_prefix("http://").unwrap();
    let (code, out, err) = run(command(&["health"]).env("TASKWIRE_LISTEN", address));
    assert_eq!((code, out.as_str(), err.as_str()), (Some(0), "", ""));
    // In a container, the server listens on all interfaces.
    let everywhere = address.replace("127.0.0.1", "0.0.0.0");
    assert_eq!(run(&mut command(&["health", "--listen", &everywhere])).0, Some(0));

    let file = database.url.strip_prefix("sqlite:").unwrap();
    std::fs::rename(file, format!("{file}.away")).unwrap();
    let (code, _, err) = run(&mut command(&["health", "--listen", address]));
    assert_eq!(code, Some(1), "{err}");
    assert!(err.contains("is unavailable: ") && err.contains("was removed or replaced"), "{err}");

    let address = address.to_owned();
    server.kill();
    let (code, _, err) = run(&mut command(&["health", "--listen", &address]));
    assert_eq!(code, Some(1), "{err}");
    assert!(err.contains(&format!("no server answers at {address}")), "{err}");

    // Another program's server at this address.
    let other = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = other.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        let (mut stream, _) = other.accept().await.unwrap();
        let page = "<html>\nFine\n</html>";
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{page}", page.len());
        stream.write_all(answer.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
    });
    let asking = tokio::task::spawn_blocking(move || run(&mut command(&["health", "--listen", &address])));
    let (code, _, err) = asking.await.unwrap();
    assert_eq!((code, err.lines().count()), (Some(1), 1), "{err}");
    assert!(err.contains("is not Taskwire"), "{err}");
}

/// `cargo leptos watch` runs the executable with no variables but its own.
#[tokio::test(flavor = "multi_thread")]
async fn it_serves_under_cargo_leptos() {
    let database = Database::sqlite();
    let mut command = command(&[]);
    command.env("LEPTOS_SITE_ADDR", "127.0.0.1:0").env("DATABASE_URL", &database.url).env("TASKWIRE_AUTH", "open");
    let server = Process::spawn(&mut command);
    let page = reqwest::get(&server.base).await.unwrap();
    assert_eq!(page.status(), StatusCode::OK);
}

#[test]
fn it_tells_its_version_and_its_interface() {
    let (code, out, _) = run(&mut command(&["--version"]));
    assert_eq!((code, out.trim()), (Some(0), concat!("taskwire ", env!("CARGO_PKG_VERSION"))));
    let (code, out, _) = run(&mut command(&["openapi"]));
    let document: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &document["openapi"]), (Some(0), &json!("3.1.0")));
}

/// In seconds.
const YEAR: i64 = 366 * 24 * 60 * 60;

/// Starts the server with a wrong clock.
fn start_with(clock: &Clock, database: &Database) -> Process {
    let mut serve = command(&["serve", "--auth", "open", "--listen", "127.0.0.1:0", "--database", &database.url]);
    Process::spawn(clock.give_to(&mut serve))
}

/// The time of the newest change of the first board, and the number of the oldest change that is still in its log.
async fn newest_and_oldest(base: &str) -> (String, u64) {
    let boards: Value = reqwest::get(format!("{base}/api/v1/boards")).await.unwrap().json().await.unwrap();
    let board = boards["boards"][0]["id"].as_str().unwrap();
    let changes = format!("{base}/api/v1/boards/{board}/changes?since=0&limit=500");
    let changes = reqwest::get(changes).await.unwrap();
    assert_eq!(changes.status(), StatusCode::OK, "the log reaches back to the beginning");
    let changes: Value = changes.json().await.unwrap();
    let changes = changes["changes"].as_array().unwrap();
    (changes.last().unwrap()["at"].as_str().unwrap().to_owned(), changes[0]["seq"].as_u64().unwrap())
}

async fn add_task(base: &str) {
    let boards: Value = reqwest::get(format!("{base}/api/v1/boards")).await.unwrap().json().await.unwrap();
    let tasks = format!("{base}/api/v1/boards/{}/tasks", boards["boards"][0]["id"].as_str().unwrap());
    let added = Client::new().post(tasks).json(&json!({"title": "Buy milk"})).send().await.unwrap();
    assert_eq!(added.status(), StatusCode::CREATED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_was_ahead_for_a_while_deletes_nothing_and_is_not_remembered() {
    let database = Database::sqlite();
    let year = |at: &str| at[..4].parse::<i32>().unwrap();
    let server = Process::start(&database);
    add_task(&server.base).await;
    let (at, _) = newest_and_oldest(&server.base).await;
    let now = year(&at);
    assert!(server.terminate().await.success());

    let clock = Clock::ahead(2 * YEAR).unwrap();
    let server = start_with(&clock, &database);
    add_task(&server.base).await;
    let (at, oldest) = newest_and_oldest(&server.base).await;
    assert!(year(&at) >= now + 2, "{at}");
    assert_eq!(oldest, 1);
    // The clock is corrected while the server runs.
    clock.set(0).unwrap();
    add_task(&server.base).await;
    let (at, oldest) = newest_and_oldest(&server.base).await;
    assert!(year(&at) <= now + 1, "{at}");
    assert_eq!(oldest, 1);
    assert!(server.terminate().await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_before_1970_takes_nothing_down() {
    let database = Database::sqlite();
    let server = Process::start(&database);
    add_task(&server.base).await;
    assert!(server.terminate().await.success());

    let clock = Clock::ahead(-100 * YEAR).unwrap();
    let server = start_with(&clock, &database);
    let answer = reqwest::get(&server.base).await.unwrap();
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.text().await.unwrap().contains("clock"));
    // The clock is corrected.
    clock.set(0).unwrap();
    add_task(&server.base).await;
    let (at, oldest) = newest_and_oldest(&server.base).await;
    assert!(at.starts_with("20"), "{at}");
    assert_eq!(oldest, 1);
    let address = server.base.trim_start_matches("http://").parse().unwrap();
    let mut client = socket::Client::connect(address).await;
    let keeps_alive = Client::new();
    assert!(keeps_alive.get(&server.base).send().await.unwrap().status().is_success());
    // The clock is wrong again: no connected client notices.
    clock.set(-100 * YEAR).unwrap();
    // The server may refuse by closing the connection.
    if let Ok(answer) = keeps_alive.get(&server.base).send().await {
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    }
    let board: BoardId = "019aae10-0000-7000-8000-000000000009".parse().unwrap();
    let create = json!({"type": "mutate", "board": board, "mutations": [{"id": app::new_id::<MutationId>(), "op": "create_board",
        "name": "Plans", "columns": [{"id": board, "name": "To do", "kind": "open"}]}]});
    client.say_text(create.to_string()).await;
    assert!(matches!(client.hear().await, ServerMessage::Accepted { seq: 1, .. }));
    assert!(server.terminate().await.success());
}
