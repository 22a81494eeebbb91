//! What happened on a board, as people tell it.
//!
//! A [`Change`] says how things are from now on. To tell what happened one also needs how they were before, and what the
//! columns were called then. Both are known for sure only when the change is made: names change, and the log is trimmed. So
//! an [`Event`] is made of a change and the state that it is about to be applied to; by the server when it writes the change,
//! which keeps it beside the change, and by the page when the change comes by the socket.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    access::BoardRole,
    activity::{ActivityEntry, ActivityItem, FromTo},
    id::{ActorId, TaskId},
    model::{ColumnKind, Priority, Seq},
    ops::Change,
    state::BoardState,
    time::{Day, Timestamp},
};

/// Edits of one kind that the same person makes one after the other, with no longer pauses than this, are told as one.
const PAUSE_MS: i64 = 5 * 60 * 1000;

/// A change, as it is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The number of the change.
    pub seq: Seq,
    /// When it was committed.
    pub at: Timestamp,
    /// Who asked for it, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<ActorId>,
    /// The task it is about, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskId>,
    /// What was done.
    #[serde(rename = "told")]
    pub activity: ActivityEntry,
}

/// Some of what happened, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// The events.
    pub events: Vec<Event>,
    /// What was before them.
    pub older: Older,
}

/// What comes before the last event of a [`Page`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Older {
    /// More of it.
    More,
    /// Nothing: it was the first.
    Nothing,
    /// Something that is no longer in the log.
    Forgotten,
}

impl Event {
    /// Tells a change that is about to be applied to `before`.
    pub fn of(before: &BoardState, change: &Change) -> Self {
        Self::new(change, change.kind.activity(before))
    }

    /// Tells a change of which nothing but the change is known. Columns are named as they are called `now`.
    pub fn recalled(now: &BoardState, change: &Change) -> Self {
        Self::new(change, change.kind.recalled(now))
    }

    fn new(change: &Change, activity: ActivityEntry) -> Self {
        Self { seq: change.seq, at: change.at, by: change.by, task: change.kind.task(), activity }
    }
}

impl ActivityEntry {
    /// The person it was done to, if it was done to one: their name stands where otherwise the task does.
    pub fn person(&self) -> Option<ActorId> {
        match self.items[..] {
            [ActivityItem::SetMember(person, _)] => Some(person),
            _ => None,
        }
    }

    /// Those whom its words name.
    pub fn people(&self) -> impl Iterator<Item = ActorId> {
        let named = self.items.iter().map(|item| match item {
            ActivityItem::SetMember(person, _) => std::slice::from_ref(person),
            ActivityItem::Assigned(people) | ActivityItem::Unassigned(people) => people,
            _ => &[],
        });
        named.flatten().copied()
    }

    /// The sentence, without who did it, in the history of the task: `moved it from To do to Doing`.
    pub fn of_this_task(&self, names: Names<'_>) -> String {
        let words: Vec<String> = self.items.iter().map(|item| item.words(names).around(item.this())).collect();
        listed(&words)
    }

    /// The sentence, without who did it, around the title of the task, which is a link where there is a task: `moved `,
    /// ` from To do to Doing`.
    pub fn of_some_task(&self, names: Names<'_>) -> (String, String) {
        let Some((first, others)) = self.items.split_first() else { return Default::default() };
        let first = match first {
            // The title it had is what it is named by.
            ActivityItem::Renamed(FromTo { to, .. }) => &ActivityItem::Renamed(FromTo { from: None, to: to.clone() }),
            item => item,
        };
        let Words { verb, object, rest } = first.words(names);
        let others: Vec<String> = others.iter().map(|item| item.words(names).around("it")).collect();
        let rest = [rest].into_iter().chain(others).collect::<Vec<_>>();
        let link = match object {
            Object::Direct => " ",
            Object::Of => " of ",
            Object::None => "",
        };
        (format!("{verb}{link}"), listed(&rest))
    }
}

/// What people are called.
pub type Names<'a> = &'a dyn Fn(ActorId) -> String;

/// The words for an [`ActivityItem`]: `set the priority`, of what, ` to High`.
struct Words {
    verb: &'static str,
    object: Object,
    rest: String,
}

/// How the task stands in the sentence.
enum Object {
    /// `moved it`
    Direct,
    /// `set the priority of it`, or of itself only `set the priority`.
    Of,
    /// It is not about a task.
    None,
}

impl Words {
    fn around(self, it: &str) -> String {
        match self.object {
            Object::Direct => format!("{} {it}{}", self.verb, self.rest),
            Object::Of | Object::None => format!("{}{}", self.verb, self.rest),
        }
    }
}

impl ActivityItem {
    fn this(&self) -> &'static str {
        if matches!(self, Self::Created(_)) { "this task" } else { "it" }
    }

    fn words(&self, names: Names<'_>) -> Words {
        let people = |people: &[ActorId]| listed(&people.iter().map(|person| names(*person)).collect::<Vec<_>>());
        let column = |name: &Option<String>| name.clone().unwrap_or_else(|| "another column".to_owned());
        let renamed = |FromTo { from, to }: &FromTo| {
            let from = from.as_ref().map(|from| format!(" from “{from}”")).unwrap_or_default();
            format!("{from} to “{}”", to.as_deref().unwrap_or_default())
        };
        let some_column = |name: &Option<String>| match name {
            Some(name) => format!(" column {name}"),
            None => " a column".to_owned(),
        };
        let (verb, object, rest) = match self {
            Self::CreatedBoard(name) => ("created the board", Object::None, format!(" “{name}”")),
            Self::RenamedBoard(names) => ("renamed the board", Object::None, renamed(names)),
            Self::DeletedBoard => ("deleted the board", Object::None, String::new()),
            Self::SetEveryone(role) => {
                let (verb, rest) = match role {
                    None => ("made the board private", " to its members"),
                    Some(BoardRole::Viewer) => ("let everyone here", " look at the board"),
                    Some(_) => ("let everyone here", " edit the board"),
                };
                (verb, Object::None, rest.to_owned())
            }
            Self::SetMember(_, Some(role)) => {
                let role = match role {
                    BoardRole::Viewer => "a viewer",
                    BoardRole::Editor => "an editor",
                    BoardRole::Manager => "a manager",
                };
                ("made", Object::Direct, format!(" {role} of the board"))
            }
            Self::SetMember(_, None) => ("took", Object::Direct, " off the board".to_owned()),
            Self::MadeShareLink => ("made", Object::None, " a share link to the board".to_owned()),
            Self::RevokedShareLink => ("revoked", Object::None, " a share link to the board".to_owned()),
            Self::AddedColumn(name) => ("added column", Object::None, format!(" {name}")),
            Self::RenamedColumn(names) => ("renamed a column", Object::None, renamed(names)),
            Self::SetColumnKind(name, to) => {
                let kind = match to {
                    ColumnKind::Open => "not begun",
                    ColumnKind::Active => "in progress",
                    ColumnKind::Done => "done",
                };
                ("made", Object::None, format!("{} one for tasks that are {kind}", some_column(name)))
            }
            Self::MovedColumn(name) => ("moved", Object::None, some_column(name)),
            Self::DeletedColumn(name) => ("deleted", Object::None, some_column(name)),
            Self::Created(name) => ("created", Object::Direct, format!(" in {}", column(name))),
            Self::Renamed(names) => ("changed the title", Object::Of, renamed(names)),
            Self::Described => ("edited the description", Object::Of, String::new()),
            Self::Prioritised(Priority::None) => ("cleared the priority", Object::Of, String::new()),
            Self::Prioritised(to) => {
                let words = match to {
                    Priority::Urgent => "Urgent",
                    Priority::High => "High",
                    Priority::Medium => "Medium",
                    Priority::Low | Priority::None => "Low",
                };
                ("set the priority", Object::Of, format!(" to {words}"))
            }
            Self::SetStart(Some(day)) => ("set", Object::Direct, format!(" to start {}", day_words(*day))),
            Self::SetStart(None) => ("cleared the start date", Object::Of, String::new()),
            Self::SetDue(Some(due)) => ("set", Object::Direct, format!(" due {}", day_words(*due))),
            Self::Assigned(to) => ("assigned", Object::Direct, format!(" to {}", people(to))),
            Self::Unassigned(from) => ("unassigned", Object::Direct, format!(" from {}", people(from))),
            Self::SetDue(None) => ("cleared the due date", Object::Of, String::new()),
            Self::Moved(FromTo { from, to }) => {
                let from = from.as_ref().map(|from| format!(" from {from}")).unwrap_or_default();
                ("moved", Object::Direct, format!("{from} to {}", column(to)))
            }
            Self::Reordered(Some(name)) => ("moved", Object::Direct, format!(" within {name}")),
            Self::Reordered(None) => ("moved", Object::Direct, " within its column".to_owned()),
            Self::Completed(_) => ("completed", Object::Direct, String::new()),
            Self::Reopened(name) => ("reopened", Object::Direct, format!(" in {}", column(name))),
            Self::Deleted => ("deleted", Object::Direct, String::new()),
            Self::Restored(name) => ("restored", Object::Direct, format!(" to {}", column(name))),
            Self::Purged(1) => ("let", Object::None, " the oldest task in the trash go for good".to_owned()),
            Self::Purged(count) => ("let", Object::None, format!(" the {count} oldest tasks in the trash go for good")),
            Self::Unknown => ("did", Object::None, " something that a newer version of Taskwire can tell".to_owned()),
        };
        Words { verb, object, rest }
    }

    /// The two in one, if one may be told for both. `self` was before `later`.
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

/// One line of a history: an event, or several that are told as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What is told, with the number and the time of the newest.
    pub event: Event,
    /// The number of the oldest.
    pub since: Seq,
    /// The time of the oldest.
    pub began: Timestamp,
}

impl Line {
    /// Tells it from every other line, also from one of fewer or of more events.
    pub fn key(&self) -> Uuid {
        Uuid::from_u64_pair(self.since, self.event.seq)
    }
}

/// Events, newest first, as lines, newest first. What changed nothing is not told.
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

/// What is held of a history, brought together with more of it. `held` and `more` are newest first, and so is what comes
/// of them, without what is in both.
pub fn merged(held: &[Event], more: &[Event]) -> Vec<Event> {
    // Collected instead, it would bring a sort of its own into the browser.
    let mut all = BTreeMap::new();
    for event in held.iter().chain(more) {
        all.insert(event.seq, event);
    }
    all.into_values().rev().cloned().collect()
}

/// A day as it is written: 1 December 2026.
pub fn day_words(day: Day) -> String {
    let date = day.date();
    format!("{} {} {}", date.day(), date.month(), date.year())
}

/// `a, b and c`.
fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}
