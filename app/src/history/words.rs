//! The sentences of a history.

use std::borrow::Cow;

use crate::{
    access::BoardRole,
    activity::{ActivityEntry, ActivityItem, FromTo},
    id::ActorId,
    model::{ColumnKind, Priority},
    text::isolated,
    time::Day,
};

impl ActivityEntry {
    /// The person that the change is about, if it changed a membership. Their name takes the place of the task's title.
    pub fn person(&self) -> Option<ActorId> {
        match self.items[..] {
            [ActivityItem::SetMember(person, _)] => Some(person),
            _ => None,
        }
    }

    /// The sentence of a person who changed their own membership, and who is therefore not named in it: `became an editor of the board`.
    pub fn of_oneself(&self, by: Option<ActorId>) -> Option<String> {
        match self.items[..] {
            [ActivityItem::SetMember(person, role)] if by == Some(person) => Some(match role {
                Some(role) => format!("became {} of the board", with_article(role)),
                None => "left the board".to_owned(),
            }),
            _ => None,
        }
    }

    /// The people that the sentence names.
    pub fn people(&self) -> impl Iterator<Item = ActorId> {
        let named = self.items.iter().map(|item| match item {
            ActivityItem::SetMember(person, _) => std::slice::from_ref(person),
            ActivityItem::Assigned(people) | ActivityItem::Unassigned(people) => people,
            ActivityItem::AssignedItem(_, Some(person)) => std::slice::from_ref(person),
            _ => &[],
        });
        named.flatten().copied()
    }

    /// The sentence for the history of one task, without the person who did it: `moved it from To do to Doing`.
    pub fn of_this_task(&self, names: Names<'_>) -> String {
        let words: Vec<String> = self.items.iter().map(|item| item.words(names).around(item.this())).collect();
        listed(&words)
    }

    /// The sentence for the history of a board, without the person who did it, as the parts before and after the title of the task
    /// (which is a link if the task exists): `moved `, ` from To do to Doing`.
    pub fn of_some_task(&self, names: Names<'_>) -> (String, String) {
        let Some((first, others)) = self.items.split_first() else { return Default::default() };
        let first = match first {
            // The sentence already names the task by its old title.
            ActivityItem::Renamed(FromTo { to, .. }) => &ActivityItem::Renamed(FromTo { from: None, to: to.clone() }),
            item => item,
        };
        let Words { verb, object, rest } = first.words(names);
        let others: Vec<String> = others.iter().map(|item| item.words(names).around("it")).collect();
        let rest = [rest].into_iter().chain(others).collect::<Vec<_>>();
        let link = match object {
            Object::Direct => " ",
            Object::Of => " of ",
            Object::In => " in ",
            Object::None => "",
        };
        (format!("{verb}{link}"), listed(&rest))
    }
}

/// Returns the name of a person.
pub type Names<'a> = &'a dyn Fn(ActorId) -> String;

/// The words for an [`ActivityItem`]: `set the priority`, of what, ` to High`.
struct Words {
    verb: Cow<'static, str>,
    object: Object,
    rest: String,
}

/// The role of the task in the sentence.
enum Object {
    /// `moved it`
    Direct,
    /// `set the priority of it`, or of itself only `set the priority`.
    Of,
    /// `ticked “Milk” in` the task, or of itself only `ticked “Milk”`.
    In,
    /// The sentence has no task.
    None,
}

impl Words {
    fn around(self, it: &str) -> String {
        match self.object {
            Object::Direct => format!("{} {it}{}", self.verb, self.rest),
            Object::Of | Object::In | Object::None => format!("{}{}", self.verb, self.rest),
        }
    }
}

impl ActivityItem {
    fn this(&self) -> &'static str {
        if matches!(self, Self::Created(_)) { "this task" } else { "it" }
    }

    fn words(&self, names: Names<'_>) -> Words {
        let people =
            |people: &[ActorId]| listed(&people.iter().map(|person| isolated(&names(*person))).collect::<Vec<_>>());
        let column = |name: &Option<String>| name.as_deref().map_or_else(|| "another column".to_owned(), isolated);
        let renamed = |FromTo { from, to }: &FromTo| {
            let from = from.as_ref().map(|from| format!(" from {}", quoted(from))).unwrap_or_default();
            format!("{from} to {}", quoted(to.as_deref().unwrap_or_default()))
        };
        let some_column = |name: &Option<String>| match name {
            Some(name) => format!(" column {}", isolated(name)),
            None => " a column".to_owned(),
        };
        let labels = |labels: &[String]| {
            let (noun, names) =
                (if labels.len() == 1 { "label" } else { "labels" }, labels.iter().map(|name| quoted(name)));
            format!("the {noun} {}", listed(&names.collect::<Vec<_>>()))
        };
        let direct = |verb: String| Words { verb: verb.into(), object: Object::Direct, rest: String::new() };
        let inside = |verb: String, rest: String| Words { verb: verb.into(), object: Object::In, rest };
        let in_it = |verb: String| inside(verb, String::new());
        let (verb, object, rest) = match self {
            Self::AddedChecklist(name) => return in_it(format!("added the checklist “{name}”")),
            Self::RenamedChecklist(names) => return inside("renamed a checklist".to_owned(), renamed(names)),
            Self::MovedChecklist(name) => return in_it(format!("moved the checklist “{name}”")),
            Self::DeletedChecklist(name) => return in_it(format!("deleted the checklist “{name}”")),
            Self::RestoredChecklist(name) => return in_it(format!("restored the checklist “{name}”")),
            Self::AddedItem(text) => return in_it(format!("added “{text}”")),
            Self::AddedItems(count) => return in_it(format!("added {count} checklist items")),
            Self::DeletedItem(text) => return in_it(format!("deleted “{text}”")),
            Self::DeletedItems(count) => return in_it(format!("deleted {count} checklist items")),
            Self::TickedItem(text) => return in_it(format!("ticked “{text}”")),
            Self::UntickedItem(text) => return in_it(format!("unticked “{text}”")),
            Self::RewordedItem(texts) => return inside("changed a checklist item".to_owned(), renamed(texts)),
            Self::AssignedItem(text, Some(person)) => {
                return in_it(format!("assigned “{text}” to {}", names(*person)));
            }
            Self::AssignedItem(text, None) => return in_it(format!("unassigned “{text}”")),
            Self::SetItemDue(text, Some(day)) => return in_it(format!("set “{text}” due {}", day_words(*day))),
            Self::SetItemDue(text, None) => return in_it(format!("cleared the due date of “{text}”")),
            Self::MovedItem(text) => return in_it(format!("moved “{text}”")),
            Self::Labelled(added) => return direct(format!("added {} to", labels(added))),
            Self::Unlabelled(removed) => return direct(format!("removed {} from", labels(removed))),
            Self::Reacted(with) => return direct(format!("reacted with {} to a comment on", with.emoji())),
            Self::Unreacted(with) => return direct(format!("took back {} from a comment on", with.emoji())),
            Self::Commented => ("commented on", Object::Direct, String::new()),
            Self::EditedComment => ("edited a comment on", Object::Direct, String::new()),
            Self::DeletedComment => ("deleted a comment on", Object::Direct, String::new()),
            Self::RestoredComment => ("restored a comment on", Object::Direct, String::new()),
            Self::AddedLabel(name) => ("created the label", Object::None, format!(" {}", quoted(name))),
            Self::RenamedLabel(names) => ("renamed the label", Object::None, renamed(names)),
            Self::RecolouredLabel(name) => {
                ("changed the colour of the label", Object::None, format!(" {}", quoted(name)))
            }
            Self::DescribedLabel(name) => ("described the label", Object::None, format!(" {}", quoted(name))),
            Self::MovedLabel(name) => ("moved the label", Object::None, format!(" {}", quoted(name))),
            Self::DeletedLabel(name) => ("deleted", Object::None, some_label(name.as_ref())),
            Self::MergedLabel(FromTo { from, to }) => {
                ("merged", Object::None, format!("{} into{}", some_label(from.as_ref()), some_label(to.as_ref())))
            }
            Self::UnmergedLabel(FromTo { from, to }) => {
                ("took", Object::None, format!("{} out of{} again", some_label(to.as_ref()), some_label(from.as_ref())))
            }
            Self::CreatedBoard(name) => ("created the board", Object::None, format!(" {}", quoted(name))),
            Self::RenamedBoard(names) => ("renamed the board", Object::None, renamed(names)),
            Self::ChangedKey(FromTo { from, to }) => {
                let from = from.as_ref().map(|from| format!(" from {from}")).unwrap_or_default();
                (
                    "changed the key of the board",
                    Object::None,
                    format!("{from} to {}", to.as_deref().unwrap_or_default()),
                )
            }
            Self::ColouredBoard(Some(hue)) => ("gave the board", Object::None, format!(" the colour {}", hue.as_str())),
            Self::ColouredBoard(None) => ("took the colour", Object::None, " off the board".to_owned()),
            Self::DescribedBoard(text) if text.is_empty() => {
                ("removed the description", Object::None, " of the board".to_owned())
            }
            Self::DescribedBoard(text) => ("described the board as", Object::None, format!(" {}", quoted(text))),
            Self::DeletedBoard => ("deleted the board", Object::None, String::new()),
            Self::RestoredBoard => ("restored the board", Object::None, String::new()),
            Self::ArchivedBoard => ("archived the board", Object::None, String::new()),
            Self::UnarchivedBoard => ("brought the board back", Object::None, " from the archive".to_owned()),
            Self::SetEveryone(role) => {
                let (verb, rest) = match role {
                    None => ("made the board private", " to its members"),
                    Some(BoardRole::Viewer) => ("let everyone here", " look at the board"),
                    Some(_) => ("let everyone here", " edit the board"),
                };
                (verb, Object::None, rest.to_owned())
            }
            Self::SetMember(_, Some(role)) => {
                ("made", Object::Direct, format!(" {} of the board", with_article(*role)))
            }
            Self::SetMember(_, None) => ("took", Object::Direct, " off the board".to_owned()),
            Self::MadeShareLink => ("made", Object::None, " a share link to the board".to_owned()),
            Self::RevokedShareLink => ("revoked", Object::None, " a share link to the board".to_owned()),
            Self::AddedColumn(name) => ("added column", Object::None, format!(" {}", isolated(name))),
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
                let from = from.as_deref().map(|from| format!(" from {}", isolated(from))).unwrap_or_default();
                ("moved", Object::Direct, format!("{from} to {}", column(to)))
            }
            Self::Reordered(Some(name)) => ("moved", Object::Direct, format!(" within {}", isolated(name))),
            Self::Reordered(None) => ("moved", Object::Direct, " within its column".to_owned()),
            Self::Completed(_) => ("completed", Object::Direct, String::new()),
            Self::Reopened(name) => ("reopened", Object::Direct, format!(" in {}", column(name))),
            Self::Deleted => ("deleted", Object::Direct, String::new()),
            Self::Restored(name) => ("restored", Object::Direct, format!(" to {}", column(name))),
            Self::Purged(1) => ("let", Object::None, " the oldest task in the trash go for good".to_owned()),
            Self::Purged(count) => ("let", Object::None, format!(" the {count} oldest tasks in the trash go for good")),
            Self::Unknown => ("did", Object::None, " something that a newer version of Taskwire can tell".to_owned()),
        };
        Words { verb: verb.into(), object, rest }
    }
}

fn with_article(role: BoardRole) -> &'static str {
    match role {
        BoardRole::Viewer => "a viewer",
        BoardRole::Editor => "an editor",
        BoardRole::Manager => "a manager",
    }
}

fn quoted(name: &str) -> String {
    format!("“{}”", isolated(name))
}

fn some_label(name: Option<&String>) -> String {
    name.map_or_else(|| " a label".to_owned(), |name| format!(" the label {}", quoted(name)))
}

/// Formats a day: 1 December 2026.
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
