//! Stored data stays readable for ever: each line of `stored/<version>/` was written by that version, and must be read
//! and rewritten byte for byte.
//!
//! A line is never changed. Additions to the stored data are tested by new lines, in the folder of the version that
//! will write them.

use app::{
    activity::ActivityEntry,
    ops::{Change, Mutation},
    state::{BoardState, Snapshot},
};
use serde::{Serialize, de::DeserializeOwned};

fn assert_stays<Stored: Serialize + DeserializeOwned>(lines: &str) {
    for line in lines.lines() {
        let read: Stored = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert_eq!(serde_json::to_string(&read).expect("JSON"), line);
    }
}

/// Changes are in every database, and are sent to pages as stored.
#[test]
fn changes() {
    assert_stays::<Change>(include_str!("stored/0.1/changes.jsonl"));
    assert_stays::<Change>(include_str!("stored/0.2/changes.jsonl"));
}

/// A fingerprint is computed from a mutation's operation, written as JSON. If the JSON changed, a mutation that is
/// repeated after an update would count as a different one.
#[test]
fn mutations() {
    assert_stays::<Mutation>(include_str!("stored/0.1/mutations.jsonl"));
    assert_stays::<Mutation>(include_str!("stored/0.2/mutations.jsonl"));
}

/// An activity item is stored beside every change, for the history.
#[test]
fn activity() {
    assert_stays::<ActivityEntry>(include_str!("stored/0.1/activity.jsonl"));
    assert_stays::<ActivityEntry>(include_str!("stored/0.2/activity.jsonl"));
}

/// Snapshots are sent to pages, which may be of another version.
#[test]
fn snapshots() {
    let line = include_str!("stored/0.1/snapshots.jsonl");
    assert_stays::<Snapshot>(line);
    let snapshot: Snapshot = serde_json::from_str(line).unwrap();
    assert_eq!(BoardState::from(snapshot.clone()).snapshot(), snapshot);
}
