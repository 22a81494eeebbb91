//! Scheduled backups, made by the executable.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use reqwest::StatusCode;
use serde_json::{Value, json};
use taskwire::store::Store;
use uuid::Uuid;

use crate::{
    check, restore,
    support::{
        database::Database,
        node::Node,
        server::{Process, command},
    },
    targets,
};

/// How long to wait for something that must happen.
const PATIENCE: Duration = Duration::from_secs(30);
const HOUR: Duration = Duration::from_secs(60 * 60);

fn serve(database: &Database, folder: &Path, arguments: &[&str]) -> Command {
    let mut serve = command(&["serve", "--auth", "open", "--no-sample", "--listen", "127.0.0.1:0"]);
    serve.args(["--database", &database.url]).arg("--backup-to").arg(folder).args(arguments);
    serve
}

/// The scheduled backups in a folder, oldest first.
fn backups(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.file_name().unwrap().to_str().unwrap().starts_with("taskwire-"));
    files.sort();
    files
}

/// Waits until something is so.
async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so().await {
        assert!(Instant::now() < deadline, "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn readiness(server: &Process) -> Value {
    reqwest::get(format!("{}/readyz", server.base)).await.unwrap().json().await.unwrap()
}

/// The value of a metric.
async fn metric(server: &Process, name: &str) -> Option<f64> {
    let text = reqwest::get(format!("{}/metrics", server.base)).await.unwrap().text().await.unwrap();
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
}

async fn create_board(server: &Process) -> String {
    let request = reqwest::Client::new().post(format!("{}/api/v1/boards", server.base));
    let board: Value = request.json(&json!({"name": "Plans"})).send().await.unwrap().json().await.unwrap();
    board["id"].as_str().unwrap().to_owned()
}

async fn create_task(server: &Process, board: &str, description: &str) -> StatusCode {
    let request = reqwest::Client::new().post(format!("{}/api/v1/boards/{board}/tasks", server.base));
    let task = json!({"title": "Tea", "description": description});
    request.json(&task).send().await.unwrap().status()
}

/// Text that can hardly be compressed.
fn noise() -> String {
    let mut bytes = [0; 4 * 1024];
    getrandom::fill(&mut bytes).unwrap();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_backups_are_kept_and_can_be_restored() {
    let (database, folder) = (Database::sqlite(), tempfile::tempdir().unwrap());
    let others = ["backup.taskwire", "taskwire-99999999-2020-01-01T000000Z.taskwire", "notes.txt"];
    for file in others {
        fs::write(folder.path().join(file), "precious").unwrap();
    }
    // What a killed process left.
    let leftover = folder.path().join(".taskwire-backup-Ab12Cd.part");
    fs::write(&leftover, "half").unwrap();
    let server = Process::spawn(&mut serve(&database, folder.path(), &["--backup-every", "1s", "--backup-keep", "2"]));
    let board = create_board(&server).await;
    assert_eq!(create_task(&server, &board, "").await, StatusCode::CREATED);
    let mut seen = Vec::new();
    until("five backups are made", async || {
        let now = backups(folder.path());
        // Two, the new one, and that of somebody else.
        assert!(now.len() <= 4, "{now:?}");
        seen.extend(now.into_iter().filter(|file| !seen.contains(file)).collect::<Vec<_>>());
        seen.len() >= 6
    })
    .await;
    until("the metrics say so", async || metric(&server, "taskwire_backup_last_bytes").await > Some(100.0)).await;
    assert!(metric(&server, "taskwire_backup_last_timestamp_seconds").await > Some(1e9));
    assert!(metric(&server, "taskwire_backup_last_duration_seconds").await > Some(0.0));
    assert_eq!(metric(&server, "taskwire_backup_failures_total").await, None);
    assert!(server.log().contains("made a scheduled backup"), "{}", server.log());
    assert!(server.terminate().await.success());

    for file in others {
        assert_eq!(fs::read(folder.path().join(file)).unwrap(), b"precious", "{file}");
    }
    assert!(!leftover.exists());
    let mut left = backups(folder.path());
    left.retain(|file| !file.ends_with(others[1]));
    assert_eq!(left.len(), 2, "{left:?}");
    // Nothing else is left.
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), left.len() + others.len());
    let newest = fs::read(left.last().unwrap()).unwrap();
    assert!(!check(&newest).unwrap().header.secrets);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&left[0]).unwrap().permissions().mode() & 0o777, 0o600);
    }
    for target in targets().await {
        restore(&newest, &target).await.unwrap();
        let node = Node::on(&target).await;
        let restored = node.board(board.parse().unwrap()).await;
        assert_eq!(restored.tasks().count(), 1);
        // The schedule is that of the new database.
        assert_eq!(node.store.backup_schedule().await.unwrap().good, None);
        node.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_nodes_one_makes_a_backup() {
    let (database, folder) = (Database::postgres().await, tempfile::tempdir().unwrap());
    let every = Duration::from_secs(3);
    let nodes = [(); 2].map(|()| {
        Process::spawn(&mut serve(&database, folder.path(), &["--backup-every", "3s", "--backup-keep", "99"]))
    });
    until("the first", async || !backups(folder.path()).is_empty()).await;
    let first = Instant::now();
    until("two more", async || backups(folder.path()).len() >= 3).await;
    // If each node made its own, there would be three sooner. (The first was seen a little after it was begun.)
    assert!(first.elapsed() > every + every / 2, "{:?}", first.elapsed());
    for node in nodes {
        assert!(node.terminate().await.success());
    }
}

async fn the_schedule_is_taken_once(database: Database) {
    let stores = [database.open().await, database.open().await];
    let nodes = [(); 2].map(|()| app::new_id::<Uuid>());
    let claim = |node: usize| stores[node].claim_backup(nodes[node], HOUR);
    let due_in = async |store: &Store| store.backup_schedule().await.unwrap().due_in(HOUR);
    let (one, other) = tokio::join!(claim(0), claim(1));
    let (one, other) = (one.unwrap(), other.unwrap());
    assert!(one != other, "{one} {other}");
    let (winner, loser) = if one { (0, 1) } else { (1, 0) };
    assert!(!claim(loser).await.unwrap());
    assert!(due_in(&stores[0]).await > Duration::from_secs(30));
    // A node that stops gives it back.
    stores[winner].release_backup(nodes[winner]).await.unwrap();
    assert!(claim(loser).await.unwrap());
    // After a failure it is tried again, after a pause.
    stores[loser].backup_failed(nodes[loser], HOUR / 2, "no room".to_owned()).await.unwrap();
    assert!(!claim(winner).await.unwrap());
    let failed = stores[winner].backup_schedule().await.unwrap();
    assert_eq!((failed.failures, failed.error.as_deref()), (1, Some("no room")));
    assert!(failed.due_in(HOUR) > HOUR / 3);
    let by_hand = |sql: &'static str| crate::run(&database, sql);
    // A pause that would end in a year comes from a clock that was wrong.
    by_hand("UPDATE backup_schedule SET retry_at = retry_at + 31536000000").await;
    assert_eq!(due_in(&stores[0]).await, Duration::ZERO);
    assert!(claim(winner).await.unwrap());
    // A node that is gone loses it when its lease ends.
    by_hand("UPDATE backup_schedule SET held_until = held_until - 61000").await;
    assert!(claim(loser).await.unwrap());
    stores[winner].backup_made(nodes[winner], "late".to_owned(), 1, Duration::ZERO).await.unwrap();
    assert_eq!(stores[0].backup_schedule().await.unwrap().good, None, "it does not have it any more");
    stores[loser].backup_made(nodes[loser], "file".to_owned(), 7, Duration::from_secs(2)).await.unwrap();
    let made = stores[0].backup_schedule().await.unwrap();
    let good = made.good.clone().unwrap();
    assert_eq!((good.file.as_str(), good.bytes, good.took), ("file", 7, Duration::from_secs(2)));
    assert_eq!((made.failures, &made.error), (0, &None));
    assert!(good.age < Duration::from_secs(30) && made.due_in(HOUR) > HOUR - Duration::from_secs(30));
    assert!(!claim(winner).await.unwrap());
    by_hand("UPDATE backup_schedule SET made_at = made_at - 3600000").await;
    assert!(claim(winner).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schedule_is_taken_once_on_sqlite() {
    the_schedule_is_taken_once(Database::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schedule_is_taken_once_on_postgres() {
    the_schedule_is_taken_once(Database::postgres().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_missing_is_told_of_and_used_when_it_is_there() {
    let (database, parent) = (Database::sqlite(), tempfile::tempdir().unwrap());
    let folder = parent.path().join("backups");
    let server = Process::spawn(&mut serve(&database, &folder, &["--backup-every", "1s"]));
    until("it is told", async || readiness(&server).await["status"] == "degraded").await;
    let told = readiness(&server).await["details"].to_string();
    assert!(told.contains("scheduled backups fail") && !told.contains("backups\\"), "{told}");
    assert!(!told.contains(parent.path().to_str().unwrap()), "strangers learn no folder: {told}");
    assert!(server.log().contains("a scheduled backup failed; will try again"), "{}", server.log());
    assert!(metric(&server, "taskwire_backup_failures_total").await >= Some(1.0));
    // People notice nothing.
    let board = create_board(&server).await;
    assert_eq!(create_task(&server, &board, "").await, StatusCode::CREATED);
    fs::create_dir(&folder).unwrap();
    until("a backup is made", async || !backups(&folder).is_empty()).await;
    until("all is well", async || readiness(&server).await["status"] == "ready").await;
    assert!(server.terminate().await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_disturbs_nobody_and_leaves_the_older_backups() {
    let (database, folder) = (Database::postgres().await, tempfile::tempdir().unwrap());
    // A limit on file sizes, which can be lifted again. Without the trap, the signal would end the process.
    let serve = serve(&database, folder.path(), &["--backup-every", "1s", "--backup-keep", "1"]);
    let mut limited = Command::new("bash");
    limited.args(["-c", "trap '' XFSZ; ulimit -S -f 64; exec \"$0\" \"$@\""]);
    limited.arg(serve.get_program()).args(serve.get_args());
    for (name, _) in serve.get_envs() {
        limited.env_remove(name);
    }
    let server = Process::spawn(&mut limited);
    let board = create_board(&server).await;
    until("the first backup is made", async || !backups(folder.path()).is_empty()).await;
    for _ in 0..40 {
        assert_eq!(create_task(&server, &board, &noise()).await, StatusCode::CREATED);
    }
    until("a backup fails", async || metric(&server, "taskwire_backup_failures_total").await >= Some(1.0)).await;
    let kept = backups(folder.path());
    assert_eq!(kept.len(), 1);
    check(&fs::read(&kept[0]).unwrap()).unwrap();
    assert_eq!(create_task(&server, &board, "").await, StatusCode::CREATED);
    until("nothing else is left", async || fs::read_dir(folder.path()).unwrap().count() == 1).await;
    let id = server.id().to_string();
    assert!(Command::new("prlimit").args(["--pid", &id, "--fsize=unlimited"]).status().unwrap().success());
    until("there is room again", async || {
        backups(folder.path()) != kept && readiness(&server).await["status"] == "ready"
    })
    .await;
    assert!(server.terminate().await.success());
}
