//! The history of a board: its changes, described for people.
//!
//! A [`Change`] holds the new values. A description also needs the old values, and the names that the columns had at that time. Both
//! are certain only when the change is made, because columns are renamed and the log is trimmed. So an [`Event`] is made from a change
//! and the state before it: by the server when it writes the change (it stores the event beside the change), and by the page when the
//! change arrives on the socket.

#[cfg(feature = "ssr")]
pub mod board_revisions;
mod lines;
#[cfg(feature = "ssr")]
pub mod revisions;
mod words;

use std::collections::BTreeMap;

pub use lines::{Line, lines};
use serde::{Deserialize, Serialize};
pub use words::{Names, day_words};

use crate::{
    activity::ActivityEntry,
    id::{ActorId, TaskId},
    model::Seq,
    ops::Change,
    state::BoardState,
    time::Timestamp,
};

/// A change with its description.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The number of the change.
    pub seq: Seq,
    /// When it was committed.
    pub at: Timestamp,
    /// The person who made the change, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<ActorId>,
    /// The task that it changed, if it changed one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskId>,
    /// What was done, and the title that the task had.
    #[serde(rename = "told")]
    pub activity: ActivityEntry,
}

/// A page of a history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// The events, newest first.
    pub events: Vec<Event>,
    /// What precedes them.
    pub older: Older,
}

/// What precedes the oldest event of a [`Page`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Older {
    /// More events.
    More,
    /// Nothing: it was the board's first event.
    Nothing,
    /// Events that were trimmed from the log.
    Forgotten,
}

impl Event {
    /// Describes a change, given the state before it.
    pub fn of(before: &BoardState, change: &Change) -> Self {
        Self::new(change, change.kind.activity(before))
    }

    /// Describes a change without the state before it. Columns have their current names, from `now`.
    pub fn recalled(now: &BoardState, change: &Change) -> Self {
        Self::new(change, change.kind.recalled(now))
    }

    fn new(change: &Change, activity: ActivityEntry) -> Self {
        Self { seq: change.seq, at: change.at, by: change.by, task: change.kind.task(), activity }
    }
}

/// Merges two parts of a history, newest first, into one. Events that are in both appear once.
pub fn merged(held: &[Event], more: &[Event]) -> Vec<Event> {
    // `collect` would add another instance of the standard library's sort to the WASM.
    let mut all = BTreeMap::new();
    for event in held.iter().chain(more) {
        all.insert(event.seq, event);
    }
    all.into_values().rev().cloned().collect()
}
