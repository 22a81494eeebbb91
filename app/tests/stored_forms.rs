//! What is stored is readable for ever: each line of `stored/<version>/` was written by that version, and is read and written again as
//! it stands there.
//!
//! A line is never changed. Whoever adds to what is stored, adds lines under the version that will write them.

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

/// They are in every database, and are sent to pages as they stand there.
#[test]
fn changes() {
    assert_stays::<Change>(include_str!("stored/0.1/changes.jsonl"));
    assert_stays::<Change>(include_str!("stored/0.2/changes.jsonl"));
}

/// A fingerprint is made of what a mutation asks for, written as JSON: were it written otherwise, one that is sent again after an
/// update would be taken for another.
#[test]
fn mutations() {
    assert_stays::<Mutation>(include_str!("stored/0.1/mutations.jsonl"));
    assert_stays::<Mutation>(include_str!("stored/0.2/mutations.jsonl"));
}

/// It stands beside every change, for its history.
#[test]
fn activity() {
    assert_stays::<ActivityEntry>(include_str!("stored/0.1/activity.jsonl"));
    assert_stays::<ActivityEntry>(include_str!("stored/0.2/activity.jsonl"));
}

/// They are sent to pages, which may be of another version.
#[test]
fn snapshots() {
    let line = include_str!("stored/0.1/snapshots.jsonl");
    assert_stays::<Snapshot>(line);
    let snapshot: Snapshot = serde_json::from_str(line).unwrap();
    assert_eq!(BoardState::from(snapshot.clone()).snapshot(), snapshot);
}
