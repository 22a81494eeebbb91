//! However a run ends, nothing that it started runs on.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// A run with a server under way, and the ids of the processes it has started.
fn under_way(folder: &Path) -> (Child, Vec<u32>) {
    let taskwire = Path::new(env!("CARGO_BIN_EXE_prove")).with_file_name("taskwire");
    assert!(taskwire.is_file(), "{} is missing: cargo build --package taskwire", taskwire.display());
    let arguments = ["--nodes", "1", "--calm", "--clients", "2", "--boards", "4", "--rate", "10", "--taskwire"];
    let mut command = Command::new(env!("CARGO_BIN_EXE_prove"));
    command.args(arguments).arg(taskwire).env("TMPDIR", folder).stdout(Stdio::piped());
    let mut prove = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(prove.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.contains("ready"), "{line}");
    let id = prove.id();
    let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
    (prove, children.split_whitespace().map(|id| id.parse().unwrap()).collect())
}

fn wait_until_gone(processes: &[u32]) {
    assert!(!processes.is_empty());
    let deadline = Instant::now() + Duration::from_secs(10);
    while processes.iter().any(|id| Path::new(&format!("/proc/{id}")).exists()) {
        assert!(Instant::now() < deadline, "some of {processes:?} run on");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn what_it_started_ends_with_it_when_it_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let (mut prove, processes) = under_way(folder.path());
    prove.kill().unwrap();
    prove.wait().unwrap();
    wait_until_gone(&processes);
}

#[test]
fn interrupted_it_ends_what_it_started_and_removes_what_it_wrote() {
    let folder = tempfile::tempdir().unwrap();
    let (mut prove, processes) = under_way(folder.path());
    let told = Command::new("kill").args(["-INT", &prove.id().to_string()]).status().unwrap();
    assert!(told.success());
    assert_eq!(prove.wait().unwrap().code(), Some(2));
    wait_until_gone(&processes);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
