//! `taskwire backup` and `taskwire restore`, by the executable.

use std::{
    fs::{self, File},
    path::Path,
    process::Stdio,
};

use app::ops::{CreateTask, Op};
use serde_json::Value;

use crate::{
    check,
    support::{
        database::Database,
        node::Node,
        server::{Process, command, run},
    },
};

/// Runs a command on a database. Returns its exit code, its output, and its errors.
fn taskwire(database: &Database, arguments: &[&str]) -> (Option<i32>, String, String) {
    run(command(arguments).args(["--database", &database.url]))
}

/// The error of a command that must fail.
fn refused(database: &Database, arguments: &[&str]) -> String {
    let (code, out, error) = taskwire(database, arguments);
    assert_eq!((code, out.as_str()), (Some(1), ""), "{arguments:?}: {error}");
    assert_eq!(error.lines().count(), 1, "{error}");
    error.trim_end().to_owned()
}

async fn filled() -> Database {
    let database = Database::sqlite();
    let node = Node::on(&database).await;
    let board = node.create_board().await.id;
    node.create_task(board, "Tea").await;
    node.close().await;
    let user = ["user", "add", "--name", "Ana", "--email", "ana@example.com", "--role", "owner"];
    assert_eq!(taskwire(&database, &user).0, Some(0));
    database
}

fn files(folder: &Path) -> Vec<String> {
    let mut files: Vec<String> =
        folder.read_dir().unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    files.sort();
    files
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_made_beside_a_server_and_restored_to_the_other_engine() {
    let database = filled().await;
    let server = Process::spawn(
        command(&["serve", "--no-sample", "--listen", "127.0.0.1:0"]).args(["--database", &database.url]),
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a backup");
    let file = path.to_str().unwrap();
    let (code, out, error) = taskwire(&database, &["backup", file]);
    assert_eq!((code, error.as_str()), (Some(0), ""));
    assert!(out.starts_with("1 account, 1 board, 1 task and 3 changes, as of 20"), "{out}");
    assert!(out.contains("passwords, sessions, tokens and links are not in it (--with-secrets)"), "{out}");
    check(&fs::read(&path).unwrap()).unwrap();
    assert_eq!(files(folder.path()), ["a backup"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert!(server.terminate().await.success());

    for target in crate::targets().await {
        let (code, out, error) = taskwire(&target, &["restore", file, "--dry-run"]);
        assert_eq!((code, error.as_str()), (Some(0), ""));
        assert!(out.contains("would be restored"), "{out}");
        assert!(crate::is_empty(&target).await, "a dry run changes nothing");
        let (code, out, error) = taskwire(&target, &["restore", file, "--json"]);
        assert_eq!((code, error.as_str()), (Some(0), ""));
        let out: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(
            (&out["restored"], &out["rows"]["tasks"], &out["secrets"]),
            (&true.into(), &1.into(), &false.into())
        );
        let (code, out, _) = taskwire(&target, &["user", "list"]);
        assert_eq!((code, out.as_str()), (Some(0), "ana@example.com  Ana  owner\n"));
        let error = refused(&target, &["restore", file]);
        assert!(error.starts_with("error: --database (DATABASE_URL): ") && error.contains("is not empty"), "{error}");
        // Beside a database that is not empty, a dry run still says whether the file is whole.
        let (code, out, error) = taskwire(&target, &["restore", file, "--dry-run"]);
        assert_eq!((code, error.as_str()), (Some(0), ""));
        assert!(out.starts_with("the file is whole: 1 account, 1 board, 1 task and 3 changes, as of 20"), "{out}");
        assert!(out.contains("is not empty, and a backup is restored only to an empty database"), "{out}");
        let (code, out, _) = taskwire(&target, &["restore", file, "--dry-run", "--json"]);
        let out: Value = serde_json::from_str(&out).unwrap();
        assert_eq!((code, &out["restored"], &out["rows"]["tasks"]), (Some(0), &false.into(), &1.into()));
        assert!(out["obstacle"].as_str().unwrap().contains("is not empty"), "{out}");
        let broken = folder.path().join("broken");
        fs::write(&broken, &fs::read(&path).unwrap()[..100]).unwrap();
        refused(&target, &["restore", broken.to_str().unwrap(), "--dry-run"]);
        fs::remove_file(&broken).unwrap();
    }
    // The log of a database whose file was moved away without it has changes that exist nowhere else.
    let target = Database::sqlite();
    let log = format!("{}-wal", target.url.strip_prefix("sqlite:").unwrap());
    fs::write(&log, "changes").unwrap();
    assert!(refused(&target, &["restore", file]).contains("moved away without it"));
    assert_eq!(fs::read(&log).unwrap(), b"changes");
    fs::remove_file(&log).unwrap();
    let (code, out, _) = taskwire(&target, &["restore", file]);
    assert_eq!(code, Some(0));
    assert!(
        out.contains(" restored from a backup of Taskwire 0.") && out.contains("taskwire user reset-password"),
        "{out}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_goes_through_standard_output_and_input() {
    let database = filled().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("backup");
    let made = command(&["backup", "-", "--with-secrets", "--database", &database.url])
        .stdout(File::create(&path).unwrap())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
        .wait_with_output()
        .unwrap();
    let told = String::from_utf8(made.stderr).unwrap();
    assert!(made.status.success(), "{told}");
    assert!(told.contains("keep it as safe as the database"), "{told}");
    let restore = |database: &Database, file: &Path| {
        run(command(&["restore", "-", "--database", &database.url]).stdin(File::open(file).unwrap()))
    };
    let half = folder.path().join("half");
    let bytes = fs::read(&path).unwrap();
    fs::write(&half, &bytes[..bytes.len() / 2]).unwrap();
    for target in crate::targets().await {
        let (code, out, error) = restore(&target, &half);
        assert_eq!((code, out.as_str()), (Some(1), ""));
        assert!(error.starts_with("error: the backup was cut off"), "{error}");
        assert!(crate::is_empty(&target).await);
        let (code, out, error) = restore(&target, &path);
        assert_eq!((code, error.as_str()), (Some(0), ""), "{out}");
        assert!(!out.contains("reset-password"), "{out}");
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_pipe_with_a_name_is_read_once() {
    let database = filled().await;
    let folder = tempfile::tempdir().unwrap();
    let (path, pipe) = (folder.path().join("backup"), folder.path().join("pipe"));
    assert_eq!(taskwire(&database, &["backup", path.to_str().unwrap()]).0, Some(0));
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let bytes = fs::read(&path).unwrap();
    for (half, flag) in [(true, None), (false, Some("--dry-run")), (false, None)] {
        let target = Database::sqlite();
        let (to, bytes) = (pipe.clone(), if half { bytes[..bytes.len() / 2].to_vec() } else { bytes.clone() });
        // It opens the pipe once, and is gone when it has written.
        let writing = std::thread::spawn(move || fs::write(to, bytes));
        let arguments: Vec<&str> = ["restore", pipe.to_str().unwrap()].into_iter().chain(flag).collect();
        let (code, out, error) = taskwire(&target, &arguments);
        match half {
            true => assert!(code == Some(1) && error.contains("pipe: the backup was cut off"), "{error}"),
            false => assert!(code == Some(0) && out.contains("1 account, 1 board, 1 task"), "{out}{error}"),
        }
        writing.join().unwrap().unwrap();
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_is_larger_than_a_file_may_be_leaves_nothing() {
    let database = filled().await;
    let node = Node::on(&database).await;
    let board = node.create_board().await.id;
    for _ in 0..30 {
        // It cannot be compressed to nothing.
        let mut random = [0; 10_000];
        getrandom::fill(&mut random).unwrap();
        let description = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let create = CreateTask { description, ..CreateTask::of(app::new_id(), "Noise") };
        node.accepted(board, Op::CreateTask(create)).await;
    }
    node.close().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("backup").display().to_string();
    let taskwire = command(&[]).get_program().to_owned();
    let mut limited = std::process::Command::new("sh");
    limited.args(["-c", "ulimit -f 128; exec \"$0\" \"$@\""]).arg(taskwire);
    let (code, _, error) = run(limited.args(["backup", &file, "--database", &database.url]));
    assert_eq!(code, Some(1), "{error}");
    assert!(error.contains("cannot write the backup: File too large"), "{error}");
    assert_eq!(files(folder.path()), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_there_is_kept() {
    let database = filled().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("backup");
    let file = path.to_str().unwrap();
    fs::write(&path, "precious").unwrap();
    let error = refused(&database, &["backup", file]);
    assert_eq!(error, format!("error: {file} exists; name another file, or replace it with --force"));
    assert_eq!(fs::read(&path).unwrap(), b"precious");
    let (code, out, _) = taskwire(&database, &["backup", file, "--force", "--json"]);
    assert_eq!(code, Some(0));
    let out: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&out["file"], &out["rows"]["boards"]), (&file.into(), &1.into()));
    assert_eq!(out["size"], fs::metadata(&path).unwrap().len());
    check(&fs::read(&path).unwrap()).unwrap();
    // Nothing that fails destroys it.
    let nowhere = Database::sqlite();
    refused(&nowhere, &["backup", file, "--force"]);
    check(&fs::read(&path).unwrap()).unwrap();
    assert_eq!(files(folder.path()), ["backup"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_written_or_read_is_said() {
    let database = filled().await;
    let folder = tempfile::tempdir().unwrap();
    let name = |file: &str| folder.path().join(file).display().to_string();
    let error = refused(&database, &["backup", &name("nowhere/backup")]);
    assert!(error.contains("nowhere/backup: cannot write the backup: "), "{error}");
    let error = refused(&database, &["backup", folder.path().to_str().unwrap(), "--force"]);
    assert!(error.ends_with("is a folder; name a file in it"), "{error}");
    let error = refused(&database, &["backup", "/dev/null", "--force"]);
    assert!(error.contains("/dev/null is not a file"), "{error}");
    // What the file is comes first: whether there is room for it, second.
    let error = refused(&database, &["restore", &name("missing"), "--dry-run"]);
    assert!(error.contains("missing: cannot read the backup: "), "{error}");
    let error = refused(&database, &["restore", &name("missing")]);
    assert!(error.contains("is not empty"), "{error}");
    let error = refused(&Database::sqlite(), &["restore", &name("missing")]);
    assert!(error.contains("missing: cannot read the backup: "), "{error}");
    // The disk is full.
    let full = File::options().write(true).open("/dev/full").unwrap();
    let failed = command(&["backup", "-", "--database", &database.url])
        .stdout(full)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
        .wait_with_output()
        .unwrap();
    let error = String::from_utf8(failed.stderr).unwrap();
    assert!(!failed.status.success() && error.contains("error: cannot write the backup: No space left"), "{error}");
    assert_eq!(files(folder.path()), Vec::<String>::new());

    // The account may not write there. (Root may write everywhere.)
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let locked = folder.path().join("locked");
        fs::create_dir(&locked).unwrap();
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o500)).unwrap();
        if File::create(locked.join("try")).is_err() {
            let error = refused(&database, &["backup", &name("locked/backup")]);
            assert!(error.contains("locked/backup: cannot write the backup: "), "{error}");
        }
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o700)).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_not_there_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("backup").display().to_string();
    let missing = Database::sqlite();
    let error = refused(&missing, &["backup", &file]);
    assert!(error.contains("--database (DATABASE_URL): there is no file"), "{error}");
    let empty = Database::postgres().await;
    let error = refused(&empty, &["backup", &file]);
    assert!(error.contains("has no tables of Taskwire in it"), "{error}");
    let silent = Database::at("postgres://somebody:password@127.0.0.1:1/nothing".to_owned());
    for arguments in [["backup", file.as_str()], ["restore", file.as_str()]] {
        let error = refused(&silent, &arguments);
        assert!(error.contains("cannot open the database postgres://somebody:***@"), "{error}");
    }
    assert_eq!(files(folder.path()), Vec::<String>::new());
}

#[test]
fn the_commands_explain_themselves() {
    for name in ["backup", "restore"] {
        let (code, out, _) = run(command(&[name]).arg("--help"));
        assert_eq!(code, Some(0));
        assert!(out.contains(&format!("Usage: taskwire {name} ")), "{out}");
    }
}
