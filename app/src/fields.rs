//! The fields of a task that people set. Each is defined here, once: its type, its limits, what becomes of edits that meet, its
//! number, and what it is called in a message.
//!
//! A new value of a field is a [`FieldEdit`], and some of them are a [`TaskPatch`]. Requests, changes, undo, forms and the REST
//! interface all carry patches, so a new field is a variant here, two members of [`Task`], two columns of its table, and what people
//! see of it.
//!
//! | merges as | what that means | fields |
//! |---|---|---|
//! | text | a later edit that started from an older text is a conflict, which the person decides | title, description |
//! | value | the later edit wins | priority, start, due |
//! | set | what is added and removed is told, so that edits of different members both survive | assignees |
//!
//! The place of a task has a number too, but no edit here: to move a task is decided together with its column.

use std::{collections::BTreeSet, fmt};

use serde::{
    Deserializer, Serializer,
    de::{MapAccess, Visitor},
    ser::SerializeMap,
};

use crate::{
    id::ActorId,
    model::{Priority, Seq, Task, TextField},
    refusal::Refusal,
    text,
    time::Day,
};

/// How many people a task may be assigned to.
pub const MAX_ASSIGNEES: usize = 20;

/// What of a task has a number of its own, which is that of its newest change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// One line of text.
    Title,
    /// Markdown.
    Description,
    /// How urgent it is.
    Priority,
    /// The day work on it begins.
    Start,
    /// The day it is due.
    Due,
    /// Whose it is.
    Assignees,
    /// Its place in a column, or the trash.
    Place,
}

impl Field {
    /// Every field.
    pub const ALL: [Self; 7] =
        [Self::Title, Self::Description, Self::Priority, Self::Start, Self::Due, Self::Assignees, Self::Place];

    /// The number of its newest change; 0 while it is as it was when the task was created.
    pub fn seq(self, task: &Task) -> Seq {
        match self {
            Self::Title => task.title_seq,
            Self::Description => task.description_seq,
            Self::Priority => task.priority_seq,
            Self::Start => task.start_seq,
            Self::Due => task.due_seq,
            Self::Assignees => task.assignees_seq,
            Self::Place => task.place_seq,
        }
    }

    pub(crate) fn set_seq(self, task: &mut Task, seq: Seq) {
        *match self {
            Self::Title => &mut task.title_seq,
            Self::Description => &mut task.description_seq,
            Self::Priority => &mut task.priority_seq,
            Self::Start => &mut task.start_seq,
            Self::Due => &mut task.due_seq,
            Self::Assignees => &mut task.assignees_seq,
            Self::Place => &mut task.place_seq,
        } = seq;
    }
}

impl From<TextField> for Field {
    fn from(field: TextField) -> Self {
        match field {
            TextField::Title => Self::Title,
            TextField::Description => Self::Description,
        }
    }
}

/// A new value of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldEdit {
    /// A new title.
    Title(String),
    /// A new description.
    Description(String),
    /// A new priority.
    Priority(Priority),
    /// A new day on which work begins; `None` clears it.
    Start(Option<Day>),
    /// A new due date; `None` clears it.
    Due(Option<Day>),
    /// Whose it is to be as well. Who has it already, keeps it.
    Assign(Vec<ActorId>),
    /// Whose it is to be no more.
    Unassign(Vec<ActorId>),
}

impl FieldEdit {
    /// The field that it sets.
    pub fn field(&self) -> Field {
        match self {
            Self::Title(_) => Field::Title,
            Self::Description(_) => Field::Description,
            Self::Priority(_) => Field::Priority,
            Self::Start(_) => Field::Start,
            Self::Due(_) => Field::Due,
            Self::Assign(_) | Self::Unassign(_) => Field::Assignees,
        }
    }

    /// Its place in a patch, of which each edit has another.
    fn order(&self) -> (Field, bool) {
        (self.field(), matches!(self, Self::Unassign(_)))
    }

    /// The text that it sets, if the field is one.
    pub fn text(&self) -> Option<(TextField, &str)> {
        match self {
            Self::Title(text) => Some((TextField::Title, text)),
            Self::Description(text) => Some((TextField::Description, text)),
            _ => None,
        }
    }

    /// Whether a task is another afterwards.
    pub(crate) fn changes(&self, task: &Task) -> bool {
        let has = |person: &ActorId| task.assignees.contains(person);
        match self {
            Self::Title(new) => *new != task.title,
            Self::Description(new) => task.description() != Some(new),
            Self::Priority(new) => *new != task.priority,
            Self::Start(new) => *new != task.start,
            Self::Due(new) => *new != task.due,
            Self::Assign(people) => !people.iter().all(has),
            Self::Unassign(people) => people.iter().any(has),
        }
    }

    /// What it does to a task, tidied: `None` where the task is so already, for two people who wrote the same agree, and nothing
    /// is newer for it. Refused where the value will not do.
    fn on(&self, task: &Task) -> Result<Option<Self>, Refusal> {
        let has = |person: &ActorId| task.assignees.contains(person);
        let edit = match self {
            Self::Title(new) => Self::Title(text::title(new)?),
            Self::Description(new) => Self::Description(text::description(new)?),
            Self::Priority(_) | Self::Start(_) | Self::Due(_) => self.clone(),
            Self::Assign(people) => Self::Assign(each_once(people).filter(|person| !has(person)).collect()),
            Self::Unassign(people) => Self::Unassign(each_once(people).filter(has).collect()),
        };
        Ok(edit.changes(task).then_some(edit))
    }

    /// Whether it sets what a new task has anyway.
    fn is_default(&self) -> bool {
        match self {
            Self::Title(text) | Self::Description(text) => text.is_empty(),
            Self::Priority(priority) => priority.is_none(),
            Self::Start(day) | Self::Due(day) => day.is_none(),
            Self::Assign(people) | Self::Unassign(people) => people.is_empty(),
        }
    }

    /// Sets the value, and not the number.
    fn apply(&self, task: &mut Task) {
        match self {
            Self::Title(new) => task.title.clone_from(new),
            Self::Description(new) => task.set_description(new),
            Self::Priority(new) => task.priority = *new,
            Self::Start(new) => task.start = *new,
            Self::Due(new) => task.due = *new,
            Self::Assign(people) => task.assignees = each_once(task.assignees.iter().chain(people)).collect(),
            Self::Unassign(people) => task.assignees.retain(|person| !people.contains(person)),
        }
    }

    /// What puts back how `before` is. `None` if that is not loaded here.
    fn inverse(&self, before: &Task) -> Option<Self> {
        Some(match self {
            Self::Title(_) => Self::Title(before.title.clone()),
            Self::Description(_) => Self::Description(before.description()?.to_owned()),
            Self::Priority(_) => Self::Priority(before.priority),
            Self::Start(_) => Self::Start(before.start),
            Self::Due(_) => Self::Due(before.due),
            Self::Assign(people) => Self::Unassign(people.clone()),
            Self::Unassign(people) => Self::Assign(people.clone()),
        })
    }
}

fn each_once<'a>(people: impl IntoIterator<Item = &'a ActorId>) -> impl Iterator<Item = ActorId> {
    let mut once = BTreeSet::new();
    once.extend(people.into_iter().copied());
    once.into_iter()
}

/// New values of some fields of a task, in the order of the fields. Fields that are absent stay as they are, so edits of
/// different fields both survive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskPatch(Vec<FieldEdit>);

impl TaskPatch {
    /// The edits.
    pub fn edits(&self) -> impl Iterator<Item = &FieldEdit> {
        self.0.iter()
    }

    /// Whether it sets nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The fields that it sets, each once.
    pub fn fields(&self) -> impl Iterator<Item = Field> {
        let mut last = None;
        self.edits().map(FieldEdit::field).filter(move |field| last.replace(*field) != Some(*field))
    }

    /// The new value of a text, if it sets that one.
    pub fn text(&self, field: TextField) -> Option<&str> {
        self.edits().filter_map(FieldEdit::text).find_map(|(sets, text)| (sets == field).then_some(text))
    }

    /// Those who come to have the task.
    pub fn assigned(&self) -> &[ActorId] {
        self.edits()
            .find_map(|edit| if let FieldEdit::Assign(people) = edit { Some(&**people) } else { None })
            .unwrap_or_default()
    }

    /// Those who cease to have the task.
    pub fn unassigned(&self) -> &[ActorId] {
        self.edits()
            .find_map(|edit| if let FieldEdit::Unassign(people) = edit { Some(&**people) } else { None })
            .unwrap_or_default()
    }

    /// Adds an edit, in place of one that set the same. An empty list of people sets nothing.
    pub fn set(&mut self, edit: FieldEdit) {
        if let FieldEdit::Assign(people) | FieldEdit::Unassign(people) = &edit
            && people.is_empty()
        {
            return;
        }
        match self.0.binary_search_by_key(&edit.order(), FieldEdit::order) {
            Ok(index) => self.0[index] = edit,
            Err(index) => self.0.insert(index, edit),
        }
    }

    /// What it does to a task, tidied: without what is so already. Refused where a value will not do, and where a text was changed
    /// after `base`.
    pub(crate) fn on(&self, task: &Task, base: Option<Seq>) -> Result<Self, Refusal> {
        let mut patch = Self::default();
        for edit in self.edits() {
            let Some(edit) = edit.on(task)? else { continue };
            if let (Some((field, _)), Some(base)) = (edit.text(), base) {
                let seq = edit.field().seq(task);
                // Where their text is not loaded the server has it, and decides.
                if let Some(theirs) = field.of(task)
                    && seq > base
                {
                    return Err(Refusal::Conflict { field, theirs: theirs.to_owned(), seq });
                }
            }
            patch.set(edit);
        }
        if self.assigned().iter().any(|person| self.unassigned().contains(person)) {
            return Err(Refusal::invalid("unassign", "the same person is in `assign` and in `unassign`"));
        }
        let (more, fewer) = (patch.assigned().len(), patch.unassigned().len());
        if more > 0 && task.assignees.len() + more - fewer > MAX_ASSIGNEES {
            return Err(Refusal::invalid("assign", too_many_assignees()));
        }
        Ok(patch)
    }

    /// Adds what a new task is to have, unless it has that by default.
    pub(crate) fn set_in_new(&mut self, edit: FieldEdit) {
        if !edit.is_default() {
            self.set(edit);
        }
    }

    /// What a new task has, tidied. Refused where a value will not do.
    pub(crate) fn on_new(&self) -> Result<Self, Refusal> {
        if each_once(self.assigned()).count() > MAX_ASSIGNEES {
            return Err(Refusal::invalid("assignees", too_many_assignees()));
        }
        let tidy = |edit: &FieldEdit| match edit {
            FieldEdit::Assign(people) => FieldEdit::Assign(each_once(people).collect()),
            edit => edit.clone(),
        };
        Ok(self.edits().map(tidy).collect())
    }

    /// Sets the values in a task, under the number of the change.
    pub(crate) fn apply(&self, task: &mut Task, seq: Seq) {
        for edit in self.edits() {
            edit.apply(task);
            edit.field().set_seq(task, seq);
        }
    }

    /// Sets the values in a task that is new: its fields have no numbers yet.
    pub(crate) fn apply_to_new(&self, task: &mut Task) {
        self.edits().for_each(|edit| edit.apply(task));
    }

    /// What puts back how `before` is.
    pub(crate) fn inverse(&self, before: &Task) -> Self {
        self.edits().filter(|edit| edit.changes(before)).filter_map(|edit| edit.inverse(before)).collect()
    }

    /// How many bytes longer the texts of a task become; 0 where they become shorter.
    pub(crate) fn growth(&self, task: &Task) -> usize {
        let texts = || self.edits().filter_map(FieldEdit::text);
        let new: usize = texts().map(|(_, text)| text.len()).sum();
        let old: usize = texts().map(|(field, _)| field.of(task).map_or(0, str::len)).sum();
        new.saturating_sub(old)
    }
}

fn too_many_assignees() -> String {
    format!("a task may be assigned to at most {MAX_ASSIGNEES} people")
}

impl FromIterator<FieldEdit> for TaskPatch {
    fn from_iter<I: IntoIterator<Item = FieldEdit>>(edits: I) -> Self {
        let mut patch = Self::default();
        edits.into_iter().for_each(|edit| patch.set(edit));
        patch
    }
}

/// Where a patch stands in a message. Its edits stand among the other members of the object, by these names.
#[derive(Clone, Copy)]
enum Form {
    /// What an update asks for.
    Request,
    /// What an update did.
    Change,
    /// What a new task is to have, or has. What is not said is as it is by default.
    New,
}

impl Form {
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Request => request::NAMES,
            Self::Change => change::NAMES,
            Self::New => new::NAMES,
        }
    }

    fn write<M: SerializeMap>(self, edit: &FieldEdit, map: &mut M) -> Result<(), M::Error> {
        match edit {
            FieldEdit::Title(new) => map.serialize_entry("title", new),
            FieldEdit::Description(new) => map.serialize_entry("description", new),
            FieldEdit::Priority(new) => map.serialize_entry("priority", new),
            FieldEdit::Start(new) => map.serialize_entry("start", new),
            FieldEdit::Due(new) => map.serialize_entry("due", new),
            FieldEdit::Assign(people) => {
                let name = match self {
                    Self::Request => "assign",
                    Self::Change => "assigned",
                    Self::New => "assignees",
                };
                map.serialize_entry(name, people)
            }
            FieldEdit::Unassign(people) => {
                let name = if let Self::Change = self { "unassigned" } else { "unassign" };
                map.serialize_entry(name, people)
            }
        }
    }

    /// What a member of the object sets; `None` where it is `null`.
    fn read<'de, M: MapAccess<'de>>(self, name: &str, map: &mut M) -> Result<Option<FieldEdit>, M::Error> {
        Ok(match name {
            "title" => map.next_value::<Option<String>>()?.map(FieldEdit::Title),
            "description" => map.next_value::<Option<String>>()?.map(FieldEdit::Description),
            "priority" => map.next_value::<Option<Priority>>()?.map(FieldEdit::Priority),
            "start" => Some(FieldEdit::Start(map.next_value()?)),
            "due" => Some(FieldEdit::Due(map.next_value()?)),
            "assign" | "assigned" | "assignees" => Some(FieldEdit::Assign(map.next_value()?)),
            _ => Some(FieldEdit::Unassign(map.next_value()?)),
        })
    }
}

impl<'de> Visitor<'de> for Form {
    type Value = TaskPatch;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with fields of a task")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<TaskPatch, M::Error> {
        let mut patch = TaskPatch::default();
        while let Some(name) = map.next_key::<String>()? {
            let Some(name) = self.names().iter().find(|known| **known == name) else {
                map.next_value::<serde::de::IgnoredAny>()?;
                continue;
            };
            let Some(edit) = self.read(name, &mut map)? else { continue };
            if patch.edits().any(|other| other.order() == edit.order()) {
                return Err(serde::de::Error::duplicate_field(name));
            }
            match self {
                Self::New => patch.set_in_new(edit),
                Self::Request | Self::Change => patch.set(edit),
            }
        }
        Ok(patch)
    }
}

fn write<S: Serializer>(form: Form, patch: &TaskPatch, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    for edit in patch.edits() {
        form.write(edit, &mut map)?;
    }
    map.end()
}

fn read<'de, D: Deserializer<'de>>(form: Form, deserializer: D) -> Result<TaskPatch, D::Error> {
    deserializer.deserialize_struct("TaskPatch", form.names(), form)
}

macro_rules! forms {
    ($($(#[$doc:meta])* $module:ident = $form:expr, $names:expr;)*) => {
        $($(#[$doc])* pub mod $module {
            use super::{Deserializer, Form, Serializer, TaskPatch};

            /// What the edits are called.
            pub const NAMES: &[&str] = &$names;

            pub(crate) fn serialize<S: Serializer>(patch: &TaskPatch, serializer: S) -> Result<S::Ok, S::Error> {
                super::write($form, patch, serializer)
            }

            pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TaskPatch, D::Error> {
                super::read($form, deserializer)
            }
        })*
    };
}

forms! {
    /// For `serde(flatten, with)`: a patch as an update asks for it.
    request = Form::Request, ["title", "description", "priority", "start", "due", "assign", "unassign"];
    /// The same, as a change tells it.
    change = Form::Change, ["title", "description", "priority", "start", "due", "assigned", "unassigned"];
    /// The same, as a new task begins with it.
    new = Form::New, ["priority", "start", "due", "assignees"];
}
