//! Tests faults around the real executable: nobody reads its log, the disk is full, its database file is removed, Redis
//! hangs during shutdown, one of its tasks dies.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

mod support;

use std::{
    fs::{self, File},
    net::{SocketAddr, TcpStream},
    path::PathBuf,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use app::{
    id::{BoardId, MutationId, TabId},
    protocol::ClientMessage,
};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use support::{
    client as socket,
    database::Database,
    node::{Node, create, mutation, new_task},
    redis::Redis,
    server::{Process, Server, command, open, run},
};
use taskwire::{credentials::Credentials, settings::Settings, supervise::Essential, writer::WriteError};

/// The command that serves a database.
fn serve(database: &Database) -> Command {
    command(&["serve", "--auth", "open", "--listen", "127.0.0.1:0", "--database", &database.url])
}

async fn board(base: &str) -> String {
    let boards: Value = reqwest::get(format!("{base}/api/v1/boards")).await.unwrap().json().await.unwrap();
    boards["boards"][0]["id"].as_str().unwrap().to_owned()
}

async fn create_task(base: &str, board: &str) -> StatusCode {
    let url = format!("{base}/api/v1/boards/{board}/tasks");
    let body = json!({"title": "Buy milk", "description": "x".repeat(4_000)});
    Client::new().post(url).json(&body).send().await.unwrap().status()
}

async fn readiness(base: &str) -> (StatusCode, Value) {
    let response = reqwest::get(format!("{base}/readyz")).await.unwrap();
    (response.status(), response.json().await.unwrap())
}

/// Polls until the server is ready again.
async fn until_ready(base: &str) {
    until(base, |code, _| code == StatusCode::OK).await;
}

/// Polls the readiness until the condition holds.
async fn until(base: &str, will_do: impl Fn(StatusCode, &Value) -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let (code, details) = readiness(base).await;
        if will_do(code, &details) {
            return;
        }
        assert!(Instant::now() < deadline, "{code}, {details}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn address(base: &str) -> SocketAddr {
    base.strip_prefix("http://").unwrap().parse().unwrap()
}

/// Asserts that a server works although its log, at the most verbose level, cannot be written.
async fn works_without_a_log(err: impl Into<Stdio>) {
    let database = Database::sqlite();
    let server = Process::spawn_that_logs_elsewhere(serve(&database).args(["--log", "trace"]).stderr(err));
    let board = board(&server.base).await;
    for _ in 0..200 {
        assert_eq!(create_task(&server.base, &board).await, StatusCode::CREATED);
    }
    assert_eq!(readiness(&server.base).await.0, StatusCode::OK);
    assert_eq!(server.terminate().await.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_on_a_full_disk_stops_nothing() {
    works_without_a_log(File::options().write(true).open("/dev/full").unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_whose_reader_went_away_stops_nothing() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    works_without_a_log(writer).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_nobody_reads_stops_nothing() {
    let (reader, writer) = std::io::pipe().unwrap();
    works_without_a_log(writer).await;
    drop(reader);
}

/// Sets how large a file a process may write, in bytes (`ulimit -f`).
#[cfg(target_os = "linux")]
fn limit_files(server: &Process, bytes: &str) {
    let (limit, process) = (format!("--fsize={bytes}:unlimited"), server.id().to_string());
    assert!(Command::new("prlimit").args(["--pid", &process, &limit]).status().unwrap().success());
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_may_not_grow_is_like_a_full_disk() {
    let database = Database::sqlite();
    let server = Process::spawn(&mut serve(&database));
    let board = board(&server.base).await;
    assert_eq!(create_task(&server.base, &board).await, StatusCode::CREATED);
    limit_files(&server, "1");
    for _ in 0..3 {
        assert_eq!(create_task(&server.base, &board).await, StatusCode::SERVICE_UNAVAILABLE);
    }
    limit_files(&server, "unlimited");
    until_ready(&server.base).await;
    assert_eq!(create_task(&server.base, &board).await, StatusCode::CREATED);
    assert_eq!(server.terminate().await.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sigterm_ends_the_process_though_redis_hangs_and_somebody_is_present() {
    let (database, redis) = (Database::sqlite(), tokio::task::block_in_place(Redis::start));
    let server = Process::spawn(serve(&database).args(["--redis", &redis.url()]));
    let board: BoardId = board(&server.base).await.parse().unwrap();
    let mut client = socket::Client::connect(address(&server.base)).await;
    client.subscribe(board, None).await;
    client
        .say(&ClientMessage::Present {
            board,
            tab: app::new_id::<TabId>(),
            editing: None,
            comment: false,
            secret: None,
        })
        .await;
    while !matches!(client.hear().await, app::protocol::ServerMessage::Presence { .. }) {}
    until_ready(&server.base).await;
    redis.freeze();
    let told = Instant::now();
    let ending = tokio::spawn(server.terminate());
    client.hear_end().await;
    drop(client);
    let status = ending.await.unwrap();
    redis.thaw();
    assert_eq!(status.code(), Some(0));
    assert!(told.elapsed() < Duration::from_secs(10), "{:?}", told.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_in_good_order_is_no_fault() {
    let (database, redis) = (Database::sqlite(), tokio::task::block_in_place(Redis::start));
    let log = tempfile::NamedTempFile::new().unwrap();
    let mut serve = serve(&database);
    serve.args(["--redis", &redis.url()]).stderr(log.reopen().unwrap());
    let server = Process::spawn_that_logs_elsewhere(&mut serve);
    until(&server.base, |_, details| details["redis"] == "up").await;
    assert_eq!(server.terminate().await.code(), Some(0));
    let log = fs::read_to_string(log.path()).unwrap();
    assert!(log.contains("Redis is connected") && !log.contains("ERROR"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_takes_no_longer_than_it_may_and_says_so() {
    use std::io::Write as _;

    let (database, folder) = (Database::sqlite(), tempfile::tempdir().unwrap());
    let log = folder.path().join("log");
    let server = Process::spawn_that_logs_elsewhere(
        serve(&database).args(["--stop-within", "1"]).stderr(File::create(&log).unwrap()),
    );
    let address = address(&server.base);
    // An unfinished request keeps the server from stopping for some seconds.
    let mut request = TcpStream::connect(address).unwrap();
    let head = format!(
        "POST /api/v1/boards HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{{"
    );
    request.write_all(head.as_bytes()).unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let told = Instant::now();
    let status = server.terminate().await;
    assert_eq!(status.code(), Some(1));
    assert!(told.elapsed() < Duration::from_secs(4), "{:?}", told.elapsed());
    let log = fs::read_to_string(log).unwrap();
    assert!(log.contains("--stop-within"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_told_of_and_is_no_more_when_there_is_room() {
    let database = Database::sqlite();
    // A limit on file sizes, more than the migrations need, which can be lifted again. Without the trap, the signal would end the process.
    let mut limited = Command::new("bash");
    let serve = serve(&database);
    limited.args(["-c", "trap '' XFSZ; ulimit -S -f 3072; exec \"$0\" \"$@\""]);
    limited.arg(serve.get_program()).args(serve.get_args());
    for (name, _) in serve.get_envs() {
        limited.env_remove(name);
    }
    let server = Process::spawn(&mut limited);
    let board = board(&server.base).await;
    assert_eq!(readiness(&server.base).await.0, StatusCode::OK);
    let deadline = Instant::now() + Duration::from_secs(60);
    while create_task(&server.base, &board).await != StatusCode::SERVICE_UNAVAILABLE {
        assert!(Instant::now() < deadline, "the disk is never full");
    }
    // From then on, the server reports it, although a write smaller than a task may still find room.
    let mut told = Value::Null;
    for _ in 0..30 {
        let (status, details) = readiness(&server.base).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{details}");
        told = details;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(told["database"], "read_only", "{told}");
    assert!(told["details"][0].as_str().unwrap().starts_with("the database cannot be written: "), "{told}");
    // Reading still works.
    assert_eq!(reqwest::get(&server.base).await.unwrap().status(), StatusCode::OK);

    let id = server.id().to_string();
    assert!(Command::new("prlimit").args(["--pid", &id, "--fsize=unlimited"]).status().unwrap().success());
    until_ready(&server.base).await;
    assert_eq!(create_task(&server.base, &board).await, StatusCode::CREATED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_taken_away_or_replaced_is_written_to_no_more() {
    let database = Database::sqlite();
    let path = PathBuf::from(database.url.strip_prefix("sqlite:").unwrap());
    let elsewhere = path.with_extension("elsewhere");
    let server = Process::start(&database);
    let board = board(&server.base).await;
    assert_eq!(create_task(&server.base, &board).await, StatusCode::CREATED);
    let log = path.with_extension("db-wal");
    for part in [&path, &log] {
        for replaced in [false, true] {
            fs::rename(part, &elsewhere).unwrap();
            if replaced {
                fs::copy(&elsewhere, part).unwrap();
            }
            assert_eq!(create_task(&server.base, &board).await, StatusCode::SERVICE_UNAVAILABLE);
            let (status, told) = readiness(&server.base).await;
            assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{told}");
            assert!(told["details"].to_string().contains("removed or replaced"), "{told}");
            // After the file is put back unchanged, the server is ready again.
            fs::rename(&elsewhere, part).unwrap();
            until_ready(&server.base).await;
            assert_eq!(create_task(&server.base, &board).await, StatusCode::CREATED);
        }
    }
    let tasks: Value =
        reqwest::get(format!("{}/api/v1/boards/{board}/tasks", server.base)).await.unwrap().json().await.unwrap();
    let before = tasks["tasks"].as_array().unwrap().len();
    server.kill();
    let server = Process::start(&database);
    let tasks: Value =
        reqwest::get(format!("{}/api/v1/boards/{board}/tasks", server.base)).await.unwrap().json().await.unwrap();
    assert_eq!(tasks["tasks"].as_array().unwrap().len(), before, "nothing that was acknowledged is lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_process_exits_if_a_task_with_unfinished_work_dies() {
    for task in ["Writer", "Accept"] {
        let database = Database::sqlite();
        let (code, _, err) = run(serve(&database).env("TASKWIRE_BREAK_TASK", task));
        assert_eq!(code, Some(1), "{err}");
        assert!(err.contains(&format!("the task {task} panicked")), "{err}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_dies_is_started_again_and_nothing_stands_still() {
    let database = Database::sqlite();
    let settings = Settings { database: database.url.clone(), no_sample: true, ..open() };
    let (server, services) = Server::with_services(settings).await;
    let board: BoardId = server.board().await.parse().unwrap();
    let mut client = socket::Client::connect(address(&server.base)).await;
    client.subscribe(board, None).await;
    let mut copy = socket::Copy::of(board, None);
    copy.reach(1, &mut client).await;
    // A node that sends no notifications: only the comparison with the database finds its writes.
    let silent = Node::on(&database).await;
    let mut head = 1;
    for task in [Essential::Compare, Essential::Notifier, Essential::Boards, Essential::Rights, Essential::Presence] {
        services.hub.supervisor().break_task(task);
        silent.create_task(board, "Unheard").await;
        server.task(&board.to_string(), "Heard").await;
        head += 2;
        copy.reach(head, &mut client).await;
    }
    assert_eq!(services.hub.supervisor().failure(), None);
    assert_eq!(readiness(&server.base).await.0, StatusCode::OK);
    drop(client);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_panics_is_refused_and_the_others_are_done() {
    let database = Database::sqlite();
    let node = Node::on(&database).await;
    let board = node.create_board().await.id;
    for _ in 0..3 {
        let poison = mutation(create(new_task(), "Poison"));
        node.writer.poison(poison.id);
        // Most likely, the three are in one group.
        let before = node.writer.write(board, mutation(create(new_task(), "Before")), Credentials::local());
        let poisonous = node.writer.write(board, poison.clone(), Credentials::local());
        let after = node.writer.write(board, mutation(create(new_task(), "After")), Credentials::local());
        let (before, poisonous, after) = tokio::join!(before, poisonous, after);
        assert!(before.is_ok() && after.is_ok());
        assert!(matches!(poisonous, Err(WriteError::Refused(_))), "{poisonous:?}");
        node.writer.poison(app::new_id::<MutationId>());
        node.create_task(board, "Later").await;
    }
    assert_eq!(node.numbers(board).await, (1..=10).collect::<Vec<_>>());
}
