//! Tests `taskwire doctor`: the real executable on real parts, each with something wrong that it must name.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

#[path = "support/mod.rs"]
mod support;

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use axum::{Json, Router, routing::get};
use serde_json::{Value, json};
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Executor, Row};
use support::{
    clock::Clock,
    database::Database,
    node::{NewBoard, Node, create, delete, new_task, rename},
    proxy::Proxy,
    redis::{Redis, ask, free_port},
    server::{Process, command, run},
};
use taskwire::store::schema;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

/// What the doctor found.
struct Findings {
    code: Option<i32>,
    all: Vec<Value>,
}

impl Findings {
    /// Asserts that a check has a finding of this status that says all of these words.
    #[track_caller]
    fn say(&self, check: &str, status: &str, words: &[&str]) -> &Self {
        let says = |finding: &&Value| {
            let text = format!("{} {}", finding["detail"], finding["remedy"]);
            finding["check"] == check && finding["status"] == status && words.iter().all(|word| text.contains(word))
        };
        assert!(self.all.iter().any(|finding| says(&finding)), "{check} {status} {words:?}: {:#?}", self.all);
        self
    }

    /// Asserts that nothing but these checks found something that is not as it should be.
    #[track_caller]
    fn only(&self, checks: &[&str]) -> &Self {
        for finding in &self.all {
            let is_ok = finding["status"] == "ok";
            assert!(is_ok || checks.contains(&finding["check"].as_str().unwrap()), "{finding:#}");
            assert_eq!(is_ok, finding["remedy"].is_null(), "what is wrong can be mended: {finding:#}");
        }
        let has_error = self.all.iter().any(|finding| finding["status"] == "error");
        assert_eq!(self.code, Some(i32::from(has_error)));
        self
    }

    fn has(&self, check: &str) -> bool {
        self.all.iter().any(|finding| finding["check"] == check)
    }
}

/// A folder that passes for the site's files, which a debug build may not have.
fn site() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("pkg")).unwrap();
    fs::write(folder.path().join("pkg/taskwire.js"), "").unwrap();
    folder
}

/// The doctor, for a database, with a port on which nothing listens.
fn doctor(database: &str, arguments: &[&str]) -> Command {
    let mut command = command(&["doctor", "--database", database]);
    command.args(arguments);
    if !arguments.contains(&"--listen") {
        command.args(["--listen", &format!("127.0.0.1:{}", free_port())]);
    }
    command
}

fn read(command: &mut Command) -> Findings {
    let site = site();
    let (code, out, err) = run(command.arg("--json").arg("--site-root").arg(site.path()));
    let all = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}"));
    Findings { code, all }
}

fn examine(database: &Database, arguments: &[&str]) -> Findings {
    read(&mut doctor(&database.url, arguments))
}

/// Runs statements of somebody who changes the database by hand.
async fn by_hand(database: &Database, sql: &str) {
    sqlx::any::install_default_drivers();
    let mut connection = AnyConnection::connect(&database.url).await.unwrap();
    connection.execute(AssertSqlSafe(sql.to_owned())).await.unwrap();
    connection.close().await.unwrap();
}

/// A board with some tasks, of which one was renamed and one deleted: 6 changes.
async fn board(node: &Node) -> NewBoard {
    let board = node.create_board().await;
    let tasks = [new_task(), new_task(), new_task()];
    for task in tasks {
        node.accepted(board.id, create(task, "Tea")).await;
    }
    node.accepted(board.id, rename(tasks[0], "Green tea")).await;
    node.accepted(board.id, delete(tasks[1])).await;
    board
}

/// A database with a board, which nobody has open.
async fn filled(database: Database) -> (Database, NewBoard) {
    let node = Node::on(&database).await;
    let board = board(&node).await;
    node.close().await;
    (database, board)
}

async fn sqlite() -> (Database, NewBoard) {
    filled(Database::sqlite()).await
}

fn file(database: &Database) -> PathBuf {
    database.url.strip_prefix("sqlite:").unwrap().into()
}

/// The files of a folder, and their bytes.
fn bytes(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.map(|file| (file.clone(), fs::read(&file).unwrap())).collect()
}

fn folder(database: &Database) -> PathBuf {
    file(database).parent().unwrap().to_owned()
}

/// Waits until a server says that nothing is wrong: it connects to Redis after it has started.
async fn is_ready(server: &Process) {
    let began = Instant::now();
    let ready = async || {
        let answer = reqwest::get(format!("{}/readyz", server.base)).await.unwrap().text().await.unwrap();
        answer.contains(r#""status":"ready""#)
    };
    while !ready().await {
        assert!(began.elapsed() < Duration::from_secs(20), "it does not become ready");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Without a running server, the check of it warns.
const WARNS_WITHOUT_A_SERVER: &str = "server";

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_installation_is_well() {
    let database = Database::sqlite();
    let redis = Redis::start();
    let mail = mail_server(Post::Open).await;
    let provider = provider(None).await;
    let port = free_port();
    let proxy = Proxy::to(port).await;
    let (listen, public) = (format!("127.0.0.1:{port}"), format!("http://127.0.0.1:{}", proxy.port));
    let site = site();
    let shared = [
        "--listen",
        &listen,
        "--public-url",
        &public,
        "--redis",
        &redis.url(),
        "--smtp",
        &mail,
        "--mail-from",
        "board@example.com",
        "--oidc-issuer",
        &provider,
        "--oidc-client-id",
        "taskwire",
    ];
    let secret = ("TASKWIRE_OIDC_CLIENT_SECRET", "known to both sides");
    let mut serve = command(&["serve", "--database", &database.url]);
    let server = Process::spawn(serve.args(shared).env(secret.0, secret.1).arg("--site-root").arg(site.path()));
    is_ready(&server).await;
    let found = read(doctor(&database.url, &shared).env(secret.0, secret.1));
    found.only(&[]);
    found
        .say("settings", "ok", &["--redis = redis://127.0.0.1:", "the command line"])
        .say("settings", "ok", &["TASKWIRE_OIDC_CLIENT_SECRET = ***", "the environment"])
        .say("database", "ok", &["SQLite 3."])
        .say("schema", "ok", &[&schema().to_string()])
        .say("integrity", "ok", &[])
        .say("log", "ok", &["of 1 board,"])
        .say("rows", "ok", &[])
        .say("clock", "ok", &["the newest change"])
        .say("disk", "ok", &["MB", "inodes"])
        .say("wal", "ok", &["taskwire.db-wal"])
        .say("permissions", "ok", &["0600"])
        .say("redis", "ok", &["Redis ", " ms"])
        .say("mail", "ok", &["no mail was sent"])
        .say("oidc", "ok", &["1 key;"])
        .say("server", "ok", &["is ready"])
        .say("public url", "ok", &[&public])
        .say("websocket", "ok", &["the server itself"])
        .say("websocket", "ok", &["get through", &public]);
    assert!(server.terminate().await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_postgresql_is_examined_as_well() {
    let (database, _) = filled(Database::postgres().await).await;
    let found = examine(&database, &[]);
    // The PostgreSQL of the tests is quick and careless.
    found.only(&["server", "durability"]);
    found
        .say("database", "ok", &["PostgreSQL 1"])
        .say("durability", "warning", &["fsync = off", "full_page_writes = off", "postgresql.conf"])
        .say("integrity", "ok", &[])
        .say("log", "ok", &["6 changes of 1 board,"])
        .say("rows", "ok", &[])
        .say("clock", "ok", &["the database's clock is 0.0 s"])
        .say("server", "warning", &["no server answers", "needs a running server", "--listen"]);
    assert!(!found.has("disk") && !found.has("redis") && !found.has("mail") && !found.has("oidc"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_written_whether_the_database_is_open_was_left_open_or_is_closed() {
    let (database, _) = sqlite().await;
    let before = bytes(&folder(&database));
    assert_eq!(before.len(), 1, "it was closed: {:?}", before.keys());
    examine(&database, &[]).only(&[WARNS_WITHOUT_A_SERVER]).say("log", "ok", &["6 changes"]);
    assert_eq!(bytes(&folder(&database)), before);

    let node = Node::on(&database).await;
    board(&node).await;
    let open = bytes(&folder(&database));
    assert_eq!(open.len(), 3);
    examine(&database, &[]).only(&[WARNS_WITHOUT_A_SERVER]).say("log", "ok", &["12 changes of 2 boards,"]);
    let is_data = |path: &PathBuf| !path.display().to_string().ends_with("-shm");
    let data =
        |files: BTreeMap<PathBuf, Vec<u8>>| files.into_iter().filter(|(path, _)| is_data(path)).collect::<Vec<_>>();
    let after = bytes(&folder(&database));
    assert_eq!(after.len(), 3);
    assert_eq!(data(after), data(open));
    node.close().await;

    let server = Process::start(&database);
    let client = reqwest::Client::new();
    let made = client.post(format!("{}/api/v1/boards", server.base)).json(&json!({"name": "Plans"})).send().await;
    assert!(made.unwrap().status().is_success());
    server.kill();
    let left = bytes(&folder(&database));
    assert_eq!(left.len(), 3, "it was killed: {:?}", left.keys());
    examine(&database, &[]).only(&[WARNS_WITHOUT_A_SERVER]).say("log", "ok", &["of 3 boards,"]);
    let after = bytes(&folder(&database));
    assert_eq!(after.len(), 3);
    assert_eq!(data(after), data(left.clone()));

    // To read it without the third file, SQLite would have to make that.
    fs::remove_file(format!("{}-shm", file(&database).display())).unwrap();
    let found = examine(&database, &[]);
    found.only(&[WARNS_WITHOUT_A_SERVER, "database"]).say("database", "error", &["-shm", "start and stop the server"]);
    assert_eq!(bytes(&folder(&database)).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn scheduled_backups_that_are_too_old_or_fail_are_named() {
    let ((of_file, _), (of_server, _)) = (sqlite().await, filled(Database::postgres().await).await);
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().to_str().unwrap();
    for database in [of_file, of_server] {
        let found = |every: &str| examine(&database, &["--backup-to", to, "--backup-every", every]);
        found("24").only(&[WARNS_WITHOUT_A_SERVER, "backup", "durability"]).say(
            "backup",
            "warning",
            &["there is no scheduled backup yet", "the log of the server"],
        );
        let made = "UPDATE backup_schedule SET file = '/backups/newest', bytes = 1500000, made_at = ";
        let now = chrono::Utc::now().timestamp_millis();
        by_hand(&database, &format!("{made}{}", now - 40 * 60 * 60 * 1_000)).await;
        found("24").only(&[WARNS_WITHOUT_A_SERVER, "durability"]).say("backup", "ok", &["/backups/newest", "1.5 MB"]);
        found("12").only(&[WARNS_WITHOUT_A_SERVER, "backup", "durability"]).say(
            "backup",
            "warning",
            &["is 40 hours ago, and one is due every 12 hours"],
        );
        by_hand(&database, "UPDATE backup_schedule SET failures = 2, error = 'no room'").await;
        found("24").say("backup", "warning", &["2 attempts failed since then, the last one: no room"]);
        assert!(!examine(&database, &[]).has("backup"));
        let nowhere = folder.path().join("nowhere").display().to_string();
        examine(&database, &["--backup-to", &nowhere]).say("backup", "error", &[&nowhere, "cannot be used"]);
    }
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let (database, _) = sqlite().await;
    examine(&database, &["--backup-to", file.to_str().unwrap()]).say("backup", "error", &["is not a folder"]);
}

#[tokio::test]
async fn a_missing_database_is_named_and_not_made() {
    let database = Database::sqlite();
    let found = examine(&database, &[]);
    found.only(&["database", WARNS_WITHOUT_A_SERVER]).say(
        "database",
        "error",
        &["there is no file", "taskwire.db", "--database"],
    );
    assert!(!file(&database).exists());
    assert_eq!(found.code, Some(1));

    let empty = Database::postgres().await;
    examine(&empty, &[]).say("schema", "error", &["no tables of Taskwire's", "--database"]);
}

#[tokio::test]
async fn a_database_that_cannot_be_reached_is_named_without_its_password() {
    let nowhere = format!("postgres://postgres:secret@127.0.0.1:{}/x", free_port());
    let found = read(command(&["doctor"]).env("DATABASE_URL", &nowhere));
    found.say("database", "error", &["cannot open the database postgres://postgres:***@127.0.0.1"]);
    found.say("settings", "ok", &["DATABASE_URL = postgres://postgres:***@127.0.0.1"]);
    assert!(!found.all.iter().any(|finding| finding.to_string().contains("secret")), "{:#?}", found.all);

    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text.db");
    fs::write(&text, "This is a text, and no database at all. ".repeat(100)).unwrap();
    let found = read(&mut doctor(&format!("sqlite:{}", text.display()), &[]));
    found.say("database", "error", &["file is not a database"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_and_an_older_schema_are_told_apart() {
    for database in [Database::sqlite(), Database::postgres().await] {
        let (database, _) = filled(database).await;
        by_hand(
            &database,
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
             SELECT 99, 'labels', success, checksum, 0 FROM _sqlx_migrations WHERE version = 1",
        )
        .await;
        let newer = examine(&database, &[]);
        newer.say("schema", "error", &["a newer version of Taskwire", "schema 99", "newer version"]);
        newer.say("rows", "ok", &[]);
        by_hand(&database, &format!("DELETE FROM _sqlx_migrations WHERE version >= {}", schema())).await;
        let older = examine(&database, &[]);
        older.say("schema", "warning", &[&format!("schema {};", schema() - 1), "back the database up"]);
        assert!(!older.has("rows"));
        by_hand(
            &database,
            "UPDATE _sqlx_migrations SET checksum = (SELECT checksum FROM _sqlx_migrations WHERE version = 1)",
        )
        .await;
        examine(&database, &[]).say("schema", "error", &["not those of this program", "2, 3"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_an_older_version_is_left_as_it_is_and_well_once_it_is_migrated() {
    let database = Database::sqlite();
    let dump = [env!("CARGO_MANIFEST_DIR"), "tests/upgrade/0.1.0/sqlite.sql"].iter().collect::<PathBuf>();
    let made = Database::at(format!("{}?mode=rwc", database.url));
    by_hand(&made, &fs::read_to_string(dump).unwrap()).await;
    fs::set_permissions(file(&database), fs::Permissions::from_mode(0o600)).unwrap();
    let before = bytes(&folder(&database));
    let found = examine(&database, &[]);
    found.only(&["schema", WARNS_WITHOUT_A_SERVER]).say("schema", "warning", &["schema 9"]);
    assert_eq!(found.code, Some(0));
    assert_eq!(bytes(&folder(&database)), before);
    Node::on(&database).await.close().await;
    examine(&database, &[]).only(&[WARNS_WITHOUT_A_SERVER]).say("rows", "ok", &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gap_in_the_log_is_found() {
    for database in [Database::sqlite(), Database::postgres().await] {
        let (database, board) = filled(database).await;
        by_hand(&database, "DELETE FROM changes WHERE seq = 3").await;
        let found = examine(&database, &[]);
        found.say("log", "error", &[&board.id.to_string(), "change 3 is missing", "restore a backup"]);
        assert_eq!(found.code, Some(1));
        by_hand(&database, "DELETE FROM changes WHERE seq IN (4, 6)").await;
        let found = examine(&database, &[]);
        found.say(
            "log",
            "error",
            &["ends with change 5, but the board says 6", "2 changes are missing, the first is 3"],
        );
        by_hand(&database, "DELETE FROM changes").await;
        examine(&database, &[]).say("log", "error", &["there are no changes, but the board is at change 6"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_missing_or_has_lost_its_row_is_found() {
    for database in [Database::sqlite(), Database::postgres().await] {
        let (database, _) = filled(database).await;
        examine(&database, &[]).say("tables", "ok", &[]);
        by_hand(&database, "DELETE FROM instance").await;
        examine(&database, &[]).say("tables", "error", &["the table instance has lost its row", "restore a backup"]);
        by_hand(&database, "DROP TABLE share_links").await;
        let found = examine(&database, &[]);
        found.say("tables", "error", &["the table share_links cannot be read", "the table instance has lost its row"]);
        assert_eq!(found.code, Some(1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_contradicts_the_log_is_found() {
    for database in [Database::sqlite(), Database::postgres().await] {
        let (database, NewBoard { id, .. }) = filled(database).await;
        let mut undo = Vec::new();
        for (change, back, words) in [
            (
                "UPDATE tasks SET title = 'Coffee' WHERE title = 'Green tea'",
                "UPDATE tasks SET title = 'Green tea' WHERE title = 'Coffee'",
                "title is not as the log says",
            ),
            (
                "UPDATE tasks SET seq = 7 WHERE title = 'Green tea'",
                "UPDATE tasks SET seq = 5 WHERE seq = 7",
                "has the number 7, but the board is at change 6",
            ),
            (
                "UPDATE tasks SET priority = 'huge' WHERE seq = 5",
                "UPDATE tasks SET priority = 'none' WHERE seq = 5",
                "`huge` where the priority",
            ),
            (
                "UPDATE boards SET name = name || '!'",
                "UPDATE boards SET name = REPLACE(name, '!', '')",
                "the board: name is not",
            ),
            (
                "UPDATE boards SET changed_at = changed_at + 1",
                "UPDATE boards SET changed_at = changed_at - 1",
                "not that of its newest change",
            ),
            (
                "UPDATE board_list SET revision = revision - 9",
                "UPDATE board_list SET revision = revision + 9",
                "newer revision than the list",
            ),
            (
                "UPDATE changes SET at = at + 1 WHERE seq = 2",
                "UPDATE changes SET at = at - 1 WHERE seq = 2",
                "change 2 is filed under another",
            ),
        ] {
            by_hand(&database, change).await;
            let check = if words.contains("filed") { "log" } else { "rows" };
            examine(&database, &[]).say(check, "error", &[&id.to_string(), words]);
            by_hand(&database, back).await;
            undo.push(words);
        }
        examine(&database, &[]).say("rows", "ok", &[]);
        by_hand(&database, "DELETE FROM tasks WHERE title = 'Green tea'").await;
        by_hand(&database, "UPDATE tasks SET column_id = id WHERE deleted_at IS NULL").await;
        let found = examine(&database, &[]);
        found.say(
            "rows",
            "error",
            &["is missing", "is in a column that is not there", "column is not as the log says"],
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_compared_with_what_is_left_of_the_log() {
    let (database, NewBoard { id, .. }) = sqlite().await;
    let trimmed = |from: u64| format!("DELETE FROM changes WHERE seq < {from}; UPDATE boards SET log_start = {from}");
    by_hand(&database, &trimmed(5)).await;
    examine(&database, &[]).only(&[WARNS_WITHOUT_A_SERVER]).say("log", "ok", &["2 changes of 1 board,"]);
    by_hand(&database, "UPDATE tasks SET title = 'Coffee' WHERE title = 'Green tea'").await;
    examine(&database, &[]).say("rows", "error", &[&id.to_string(), "title is not as the log says"]);
    // The log no longer tells how that task is called.
    by_hand(&database, &trimmed(6)).await;
    examine(&database, &[]).only(&[WARNS_WITHOUT_A_SERVER]);
    by_hand(&database, "UPDATE boards SET log_start = 5").await;
    examine(&database, &[]).say("log", "error", &["begins with change 6, but the board says 5"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_a_later_version_is_no_fault() {
    let (database, NewBoard { id, .. }) = sqlite().await;
    let mut newer = support::newer::Newer::on(&database).await;
    newer.commit(id).await;
    newer.connection.close().await.unwrap();
    by_hand(&database, "UPDATE changes SET at = (SELECT changed_at FROM boards), \
        json = REPLACE(json, '2030-01-01T00:00:00.000Z', strftime('%Y-%m-%dT%H:%M:%fZ', (SELECT changed_at FROM boards) / 1000.0, 'unixepoch')) \
        WHERE seq = 7").await;
    let found = examine(&database, &[]);
    found.only(&["rows", WARNS_WITHOUT_A_SERVER]);
    found.say("rows", "warning", &["not all rows were compared", "does not know", "newest version"]);
    assert_eq!(found.code, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_page_is_found() {
    let (database, _) = sqlite().await;
    let mut connection = sqlx::SqliteConnection::connect(&database.url).await.unwrap();
    let of = async |connection: &mut sqlx::SqliteConnection, sql: &'static str| -> i64 {
        connection.fetch_one(sql).await.unwrap().try_get(0).unwrap()
    };
    let page = of(&mut connection, "SELECT rootpage FROM sqlite_schema WHERE name = 'changes'").await;
    let size = of(&mut connection, "PRAGMA page_size").await;
    connection.close().await.unwrap();
    let mut content = fs::read(file(&database)).unwrap();
    let at = usize::try_from((page - 1) * size).unwrap();
    content[at..at + 512].fill(0xff);
    fs::write(file(&database), content).unwrap();
    let found = examine(&database, &[]);
    found.say("integrity", "error", &["restore a backup"]);
    found.say("rows", "error", &["malformed"]);
    assert_eq!(found.code, Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_can_read_or_replace_is_named() {
    let (database, _) = sqlite().await;
    let secrets = folder(&database).join("taskwire.env");
    fs::write(&secrets, "REDIS_URL=redis://:secret@localhost").unwrap();
    let set = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let arguments = ["--secret-file", secrets.to_str().unwrap()];
    set(&secrets, 0o640);
    examine(&database, &arguments).only(&[WARNS_WITHOUT_A_SERVER]).say("permissions", "ok", &["taskwire.env", "0640"]);
    set(&secrets, 0o644);
    set(&file(&database), 0o664);
    let found = examine(&database, &arguments);
    found.only(&["permissions", WARNS_WITHOUT_A_SERVER]);
    assert_eq!(found.code, Some(0), "these are warnings");
    found.say("permissions", "warning", &["can read", "taskwire.env (mode 0644)", "chmod o= "]);
    found.say("permissions", "warning", &["can read", "taskwire.db (mode 0664)", "chmod o= "]);
    set(&file(&database), 0o666);
    set(&folder(&database), 0o777);
    let found = examine(&database, &["--secret-file", "/nowhere/taskwire.env"]);
    found.say("permissions", "error", &["can write to", "taskwire.db"]);
    found.say("permissions", "error", &["can replace files in", "chmod o-w "]);
    found.say("permissions", "warning", &["/nowhere/taskwire.env cannot be examined"]);
    // Others may make files there, but not replace ours.
    set(&folder(&database), 0o1777);
    set(&file(&database), 0o400);
    let found = examine(&database, &[]);
    found.only(&["database", WARNS_WITHOUT_A_SERVER]).say("database", "error", &["the file is read-only"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn clocks_that_differ_are_named() {
    let (postgres, _) = filled(Database::postgres().await).await;
    let clock = Clock::ahead(300).unwrap();
    let found = read(clock.give_to(&mut doctor(&postgres.url, &[])));
    found.say("clock", "error", &["300.", "s behind this machine's", "reject each other's messages", "synchronise"]);
    clock.set(-10).unwrap();
    let found = read(clock.give_to(&mut doctor(&postgres.url, &[])));
    found.say("clock", "warning", &["10.0 s ahead of this machine's"]);
    let (sqlite, _) = sqlite().await;
    clock.set(-3_600).unwrap();
    let found = read(clock.give_to(&mut doctor(&sqlite.url, &[])));
    found.only(&["clock", WARNS_WITHOUT_A_SERVER]).say(
        "clock",
        "warning",
        &["the newest change is from", "set the clock"],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_is_away_or_refuses_is_told_from_one_that_works() {
    let (database, _) = sqlite().await;
    let redis = Redis::start_with(&["--requirepass", "right"]);
    let with = |url: String| read(doctor(&database.url, &[]).env("REDIS_URL", url));
    let at = |user: &str| format!("redis://{user}@127.0.0.1:{}", redis.port);
    with(at(":right")).only(&[WARNS_WITHOUT_A_SERVER]).say("redis", "ok", &["Redis ", "ms"]);
    let wrong = with(at(":wrong"));
    wrong.only(&["redis", WARNS_WITHOUT_A_SERVER]).say(
        "redis",
        "error",
        &["refuses the user name or password", "correct"],
    );
    with(format!("redis://127.0.0.1:{}", redis.port)).say("redis", "error", &["refuses the user name or password"]);
    let nobody = with(format!("redis://127.0.0.1:{}", free_port()));
    nobody.say("redis", "error", &["Redis does not answer", "check --redis"]);

    let open = Redis::start();
    ask(open.port, &["ACL", "SETUSER", "quiet", "on", ">right", "+@connection"]).unwrap();
    let quiet = with(format!("redis://quiet:right@127.0.0.1:{}", open.port));
    quiet.say("redis", "error", &["publish and subscribe", "ACL SETUSER"]);
    ask(open.port, &["ACL", "SETUSER", "node", "on", ">right", "+@connection", "+@pubsub", "allchannels"]).unwrap();
    with(format!("redis://node:right@127.0.0.1:{}", open.port)).say("redis", "ok", &["delivers"]);
}

/// What the mail server of a test does.
#[derive(Clone, Copy)]
enum Post {
    /// It lets everybody in.
    Open,
    /// It has no time.
    Busy,
    /// It knows no password.
    Strict,
}

async fn mail_server(post: Post) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(receive(stream, post));
        }
    });
    format!("smtp://{address}")
}

async fn receive(stream: TcpStream, post: Post) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    if let Post::Busy = post {
        return stream.write_all(b"421 too busy\r\n").await;
    }
    stream.write_all(b"220 here\r\n").await?;
    let mut line = String::new();
    while stream.read_line(&mut line).await? > 0 {
        let answer = match (line.split([' ', ':']).next().unwrap_or_default().trim(), post) {
            ("EHLO", Post::Strict) => "250-here\r\n250 AUTH PLAIN\r\n",
            ("AUTH", _) => "535 5.7.8 wrong password\r\n",
            ("MAIL" | "RCPT" | "DATA", _) => panic!("no mail is to be sent"),
            ("QUIT", _) => "221 goodbye\r\n",
            _ => "250 yes\r\n",
        };
        stream.write_all(answer.as_bytes()).await?;
        line.clear();
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_that_refuses_is_quoted() {
    let (database, _) = sqlite().await;
    let with = |url: String| {
        let mut command =
            doctor(&database.url, &["--mail-from", "board@example.com", "--public-url", "http://localhost:3000"]);
        read(command.env("TASKWIRE_SMTP_URL", url))
    };
    with(mail_server(Post::Open).await).only(&[WARNS_WITHOUT_A_SERVER]).say("mail", "ok", &["no mail was sent"]);
    let busy = with(mail_server(Post::Busy).await);
    busy.only(&["mail", WARNS_WITHOUT_A_SERVER]).say("mail", "error", &["too busy", "--smtp"]);
    let strict = with(mail_server(Post::Strict).await.replace("smtp://", "smtp://board:secret@"));
    strict.say("mail", "error", &["wrong password"]);
    with(format!("smtp://127.0.0.1:{}", free_port())).say("mail", "error", &["refused", "can be reached from here"]);
    with("post://localhost".to_owned()).say("mail", "error", &["--smtp (TASKWIRE_SMTP_URL)", "does not start"]);
}

/// The doctor tells of what was set while servers run, and tries it.
#[tokio::test(flavor = "multi_thread")]
async fn settings_of_the_settings_page_are_told_and_tried() {
    let (database, _) = sqlite().await;
    let url = format!("smtp://board:hush-hush@127.0.0.1:{}", free_port());
    for (name, value) in [("mail-from", "board@example.com"), ("smtp", url.as_str())] {
        let (code, _, error) = run(command(&["settings", "set", name, value]).args(["--database", &database.url]));
        assert_eq!(code, Some(0), "{error}");
    }
    let found = read(&mut doctor(&database.url, &["--public-url", "http://localhost:3000"]));
    found.say("settings", "ok", &["smtp = smtp://board:***@127.0.0.1:", "from the settings page"]).say(
        "mail",
        "error",
        &["refused", "the settings page"],
    );
    assert!(!format!("{:?}", found.all).contains("hush-hush"));
}

/// A provider that calls itself by its address, or by another name. Returns its address.
async fn provider(name: Option<&'static str>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let issuer = name.map_or_else(|| address.clone(), str::to_owned);
    let metadata = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{address}/authorize"),
        "token_endpoint": format!("{address}/token"),
        "jwks_uri": format!("{address}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["EdDSA"],
    });
    let key = json!({"kty": "OKP", "crv": "Ed25519", "kid": "one", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
    let keys = json!({"keys": [key]});
    let router = Router::new()
        .route("/.well-known/openid-configuration", get(async move || Json(metadata)))
        .route("/keys", get(async move || Json(keys)));
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_another_or_away_is_named() {
    let (database, _) = sqlite().await;
    let with = |issuer: String| {
        let arguments =
            ["--oidc-client-id", "taskwire", "--public-url", "http://localhost:3000", "--oidc-issuer", &issuer];
        read(doctor(&database.url, &arguments).env("TASKWIRE_OIDC_CLIENT_SECRET", "secret"))
    };
    with(provider(None).await).only(&[WARNS_WITHOUT_A_SERVER]).say("oidc", "ok", &["1 key;"]);
    let other = with(provider(Some("https://id.example.com")).await);
    other.only(&["oidc", WARNS_WITHOUT_A_SERVER]);
    other.say("oidc", "error", &["https://id.example.com", "--oidc-issuer", "exactly what the provider calls itself"]);
    let away = with(format!("http://127.0.0.1:{}", free_port()));
    away.say("oidc", "error", &["refused", ".well-known/openid-configuration"]);
}

/// What a proxy does to what passes through it.
#[derive(Clone, Copy)]
enum Fault {
    /// It drops the headers that ask for an upgrade.
    DropsUpgrade,
    /// It answers handshakes itself.
    AnswersItself,
    /// It upgrades, and then passes nothing on.
    Mute,
    /// It sends everybody to another address.
    Redirects,
    /// It does not reach the server.
    Unreachable,
    /// It passes another name on.
    OtherHost,
}

/// A proxy that speaks HTTP, one request a connection. Returns its port.
async fn faulty_proxy(server: u16, fault: Fault) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (client, _) = listener.accept().await.unwrap();
            tokio::spawn(pass_on(client, server, fault));
        }
    });
    port
}

async fn pass_on(client: TcpStream, server: u16, fault: Fault) -> std::io::Result<()> {
    let mut client = BufReader::new(client);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        client.read_line(&mut line).await?;
        if line.trim().is_empty() {
            break;
        }
        lines.push(line);
    }
    let is_socket = lines[0].starts_with("GET /ws");
    let answer = match fault {
        Fault::AnswersItself if is_socket => "HTTP/1.1 400 Bad Request\r\ncontent-length: 9\r\n\r\nno thanks",
        Fault::Redirects => "HTTP/1.1 301 Moved\r\nlocation: https://board.example.com/\r\ncontent-length: 0\r\n\r\n",
        Fault::Unreachable => "HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n",
        _ => "",
    };
    if !answer.is_empty() {
        return client.write_all(answer.as_bytes()).await;
    }
    let is_upgrade = |line: &str| line.to_ascii_lowercase().starts_with("upgrade:");
    let is_host = |line: &str| line.to_ascii_lowercase().starts_with("host:");
    let mut head = String::new();
    for line in lines {
        let is_connection = line.to_ascii_lowercase().starts_with("connection:");
        match fault {
            Fault::Mute if is_socket => head.push_str(&line),
            Fault::OtherHost if is_host(&line) => head.push_str("host: internal.example\r\n"),
            _ if is_connection || is_upgrade(&line) => {}
            _ => head.push_str(&line),
        }
    }
    if !(is_socket && matches!(fault, Fault::Mute)) {
        head.push_str("connection: close\r\n");
    }
    head.push_str("\r\n");
    let mut server = TcpStream::connect(("127.0.0.1", server)).await?;
    server.write_all(head.as_bytes()).await?;
    if is_socket && matches!(fault, Fault::Mute) {
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            answer.push(server.read_u8().await?);
        }
        return client.write_all(&answer).await;
    }
    tokio::io::copy(&mut server, &mut client).await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_keeps_pages_from_being_live_is_named() {
    let faults = [
        (Fault::DropsUpgrade, "websocket", &["without its headers Upgrade and Connection", "over HTTP/1.1"][..]),
        (Fault::AnswersItself, "websocket", &["answers a WebSocket handshake with 400", "does not upgrade: no thanks"]),
        (Fault::Mute, "websocket", &["passes nothing on"]),
        (Fault::Redirects, "public url", &["sends clients to https://board.example.com/", "--public-url"]),
        (Fault::Unreachable, "public url", &["502", "does not reach the server", "--listen"]),
        (Fault::OtherHost, "public url", &["refuses the host name", "pass Host on unchanged"]),
    ];
    for (fault, check, words) in faults {
        let database = Database::sqlite();
        let port = free_port();
        let proxy = faulty_proxy(port, fault).await;
        let (listen, public) = (format!("127.0.0.1:{port}"), format!("http://127.0.0.1:{proxy}"));
        let arguments = ["--listen", &listen, "--public-url", &public];
        let _server = Process::spawn(command(&["serve", "--database", &database.url]).args(arguments));
        let found = examine(&database, &arguments);
        found.only(&[check]).say(check, "error", words).say("websocket", "ok", &["the server itself"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_server_at_the_address_and_another_public_url_are_named() {
    let (database, _) = sqlite().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let listen = listener.local_addr().unwrap().to_string();
    let router = Router::new().route("/readyz", get(async || "nginx"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    examine(&database, &["--listen", &listen]).only(&["server"]).say(
        "server",
        "error",
        &["is not Taskwire", "cannot listen there"],
    );

    let server = Process::start(&database);
    let listen = server.base.strip_prefix("http://").unwrap();
    let found = examine(&database, &["--listen", listen, "--public-url", "http://board.localhost:1"]);
    found.say("websocket", "error", &["does not let pages of http://board.localhost:1 connect", "restart the server"]);
    found.say("public url", "error", &["cannot be reached from here"]);
    assert!(server.terminate().await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_running_server_says_is_passed_on() {
    let (database, _) = sqlite().await;
    let port = free_port();
    let listen = format!("127.0.0.1:{port}");
    let serve = ["serve", "--database", &database.url, "--listen", &listen];
    let redis = format!("redis://127.0.0.1:{}", free_port());
    let server = Process::spawn(command(&serve).args(["--redis", &redis]));
    let found = examine(&database, &["--listen", &listen, "--redis", &redis]);
    found.only(&["server", "redis"]).say("server", "warning", &["degraded", "Redis does not answer"]);
    drop(server);
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_shown_with_their_source_and_without_secrets() {
    let (database, _) = sqlite().await;
    let mut command =
        doctor(&database.url, &["--redis", "redis://:secret@127.0.0.1:1", "--log", "info", "--proxies", "0"]);
    let found = read(command.env("TASKWIRE_STOP_WITHIN", "7").env("TASKWIRE_PUBLICURL", "https://x"));
    found.say("settings", "warning", &["--redis = redis://:***@127.0.0.1:1", "the list of processes", "REDIS_URL"]);
    found.say("settings", "ok", &["TASKWIRE_STOP_WITHIN = 7, from the environment"]);
    found.say("settings", "warning", &["TASKWIRE_PUBLICURL", "correct its name"]);
    let text = format!("{:?}", found.all);
    assert!(!text.contains("secret@") && !text.contains("--log =") && !text.contains("--proxies ="), "{text}");

    let found = examine(&database, &["--public-url", "https://board.localhost"]);
    found.say("settings", "warning", &["--proxies is 0", "TASKWIRE_PROXIES"]);
    let found = examine(&database, &["--auth", "open", "--listen", "0.0.0.0:1"]);
    found.say("settings", "error", &["--auth", "the server does not start"]);
    let found = examine(&database, &["--listen", "0.0.0.0:1"]);
    found.say("settings", "warning", &["only this machine can open", "--public-url"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_are_for_people_and_exit_codes_for_programs() {
    let (database, _) = sqlite().await;
    let site = site();
    let site = site.path().to_str().unwrap();
    let (code, out, err) = run(&mut doctor(&database.url, &["--site-root", site]));
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert!(out.contains("\nok       integrity: the database finds nothing wrong with itself\n"), "{out}");
    assert!(
        out.contains("\nwarning  server: no server answers at 127.0.0.1:") && out.contains(". To do: start the server"),
        "{out}"
    );

    by_hand(&database, "DELETE FROM changes WHERE seq = 3").await;
    let (code, out, err) = run(&mut doctor(&database.url, &["--site-root", site]));
    assert_eq!((code, err.as_str()), (Some(1), "error: 1 check found an error\n"));
    assert!(out.lines().any(|line| line.starts_with("error    log: board ")), "{out}");

    for wrong in [&["--listen", "nowhere"][..], &["--time-limit", "0"], &["--smtp", "smtp://localhost"], &["--unknown"]]
    {
        let (code, out, err) = run(command(&["doctor"]).args(wrong));
        assert_eq!((code, out.as_str()), (Some(2), ""), "{err}");
    }
    let (code, out, _) = run(&mut command(&["doctor", "--help"]));
    assert!(code == Some(0) && out.contains("Usage: taskwire doctor") && out.contains("--secret-file"), "{out}");

    let findings = examine(&database, &[]);
    for finding in &findings.all {
        let names: Vec<&String> = finding.as_object().unwrap().keys().collect();
        assert_eq!(names, ["check", "detail", "remedy", "status"]);
    }
}

/// Whatever accepts connections and says nothing costs each check its limit, and no more.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_who_keeps_silent_keeps_it_waiting_for_ever() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        let mut open = Vec::new();
        loop {
            open.push(listener.accept().await.unwrap());
        }
    });
    let mut command = command(&["doctor", "--json", "--listen", &silent, "--mail-from", "board@example.com"]);
    command.env("DATABASE_URL", format!("postgres://ana@{silent}/x")).env("REDIS_URL", format!("redis://{silent}"));
    command.env("TASKWIRE_SMTP_URL", format!("smtp://{silent}"));
    command.env("TASKWIRE_OIDC_ISSUER", format!("http://{silent}"));
    command.env("TASKWIRE_OIDC_CLIENT_ID", "taskwire").env("TASKWIRE_OIDC_CLIENT_SECRET", "secret");
    let began = Instant::now();
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(40), "{:?}", began.elapsed());
    let found = Findings { code: output.status.code(), all: serde_json::from_slice(&output.stdout).unwrap() };
    found
        .say("database", "error", &["did not answer within 10 s", "can be reached from here"])
        .say("redis", "error", &["Redis does not answer"])
        .say("mail", "error", &["no answer within 10 s from the mail server"])
        .say("oidc", "error", &[".well-known/openid-configuration"])
        .say("server", "error", &["does not answer within 5 s", "restart it"]);
    assert_eq!(found.code, Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_of_the_whole_database_ends_after_its_time() {
    let (database, _) = filled(Database::postgres().await).await;
    let mut connection = AnyConnection::connect(&database.url).await.unwrap();
    connection.execute("BEGIN").await.unwrap();
    connection.execute("LOCK TABLE changes IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let began = Instant::now();
    let found = examine(&database, &["--time-limit", "1"]);
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    found.only(&["tables", "rows", "durability", WARNS_WITHOUT_A_SERVER]);
    found.say("rows", "warning", &["1 of 1 boards were not reached in time", "--time-limit"]);
    assert!(!found.has("log"), "nothing is said of what was not read");
    connection.execute("ROLLBACK").await.unwrap();
    examine(&database, &["--time-limit", "1"]).say("rows", "ok", &[]);
}
