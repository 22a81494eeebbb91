//! The lines of a history. Edits of one kind in quick succession are shown as one line.

use uuid::Uuid;

use super::Event;
use crate::{
    activity::{ActivityEntry, ActivityItem, FromTo},
    model::Seq,
    time::Timestamp,
};

/// Edits of one kind by the same person become one line if the pauses between them are not longer than this.
const PAUSE_MS: i64 = 5 * 60 * 1000;

/// One line of a history: one event, or several that were merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What the line shows, with the number and the time of the newest event.
    pub event: Event,
    /// The number of the oldest event.
    pub since: Seq,
    /// The time of the oldest event.
    pub began: Timestamp,
}

impl Line {
    /// A key that no other line has, not even one that begins or ends with the same event.
    pub fn key(&self) -> Uuid {
        Uuid::from_u64_pair(self.since, self.event.seq)
    }
}

/// Turns events, newest first, into lines, newest first. Changes without an effect are left out.
pub fn lines(events: &[Event]) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for event in events.iter().filter(|event| !event.activity.items.is_empty()) {
        match lines.last_mut().and_then(|line| Some((merged_entry(event, line)?, line))) {
            Some((activity, line)) => (line.event.activity, line.since, line.began) = (activity, event.seq, event.at),
            None => lines.push(Line { event: event.clone(), since: event.seq, began: event.at }),
        }
    }
    lines
}

fn merged_entry(earlier: &Event, line: &Line) -> Option<ActivityEntry> {
    let later = &line.event;
    let pause = line.began.as_millis() - earlier.at.as_millis();
    let close = pause <= PAUSE_MS && later.at.day() == earlier.at.day();
    let alike = earlier.by == later.by && earlier.task == later.task;
    match (earlier.activity.items.as_slice(), later.activity.items.as_slice()) {
        ([one], [other]) if close && alike => {
            let items = vec![one.fold(other)?];
            Some(ActivityEntry { title: earlier.activity.title.clone(), items })
        }
        _ => None,
    }
}

impl ActivityItem {
    /// Merges two items into one, if one can stand for both. `self` is the earlier one.
    fn fold(&self, later: &Self) -> Option<Self> {
        match (self, later) {
            (Self::Described, Self::Described)
            | (Self::Prioritised(_), Self::Prioritised(_))
            | (Self::SetStart(_), Self::SetStart(_))
            | (Self::SetDue(_), Self::SetDue(_)) => Some(later.clone()),
            (Self::Reordered(one), Self::Reordered(other)) if one == other => Some(later.clone()),
            (Self::Renamed(FromTo { from, .. }), Self::Renamed(FromTo { to, .. })) => {
                Some(Self::Renamed(FromTo { from: from.clone(), to: to.clone() }))
            }
            _ => None,
        }
    }
}
