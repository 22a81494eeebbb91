//! Each promise, broken on purpose: the run must fail, and say what was broken.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// The server, built like this test: `cargo nextest run --workspace --exclude frontend` builds both.
fn taskwire() -> PathBuf {
    let path = Path::new(env!("CARGO_BIN_EXE_prove")).with_file_name("taskwire");
    assert!(path.is_file(), "{} is missing: cargo build --package taskwire", path.display());
    path
}

/// A short run without faults; whether all promises were kept, and all it said.
fn prove(more: &[&str]) -> (Option<i32>, String) {
    let small = ["--nodes", "1", "--calm", "--minutes", "0.06", "--clients", "12", "--boards", "4", "--rate", "100"];
    let mut command = Command::new(env!("CARGO_BIN_EXE_prove"));
    let output = command.args(small).args(more).arg("--taskwire").arg(taskwire()).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

/// Runs with a promise broken, which must be noticed in these words.
fn notices(broken: &str, words: &str) {
    let (code, said) = prove(&["--break", broken, "--patience", "15"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("BROKEN: ") && said.contains(words), "nothing of “{words}” in: {said}");
}

#[test]
fn a_short_run_without_faults_keeps_every_promise() {
    let (code, said) = prove(&[]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("Every promise was kept"), "{said}");
}

#[test]
fn an_acknowledged_change_that_is_missing_is_noticed() {
    notices("lost", "was acknowledged and is not in the log");
}

#[test]
fn a_mutation_done_twice_is_noticed() {
    notices("twice", "was done twice");
}

#[test]
fn two_mutations_in_the_wrong_order_are_noticed() {
    notices("order", "sent its mutation");
}

#[test]
fn a_change_that_is_not_sent_is_noticed() {
    notices("hole", "some are missing");
}

#[test]
fn a_change_that_is_sent_twice_is_noticed() {
    notices("repeated", "some are sent again");
}

#[test]
fn a_change_that_is_sent_other_than_the_log_has_it_is_noticed() {
    notices("altered", "all are sent what the log says: change");
}

#[test]
fn what_a_stranger_is_sent_is_noticed() {
    notices("eyes", "and was not on it then");
}

#[test]
fn a_state_that_is_not_what_the_log_amounts_to_is_noticed() {
    notices("diverged", "snapshot differs: board.name");
}

#[test]
fn what_was_refused_and_is_done_is_noticed() {
    notices("refused", "was refused, and is");
}

#[test]
fn an_answer_that_never_comes_is_noticed() {
    notices("unanswered", "waits for an answer");
}

#[test]
fn a_change_that_comes_late_is_noticed() {
    notices("stale", "a change was stale by");
}
