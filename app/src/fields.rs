//! The fields of a task that people set. Each field is defined once, here: its type, its limits, how concurrent edits
//! of it merge, its sequence number, and its names in messages.
//!
//! A new value of a field is a [`FieldEdit`], and several of them are a [`TaskPatch`]. Requests, changes, undo, forms
//! and the REST interface all carry patches. A new field therefore needs a variant here, two members of [`Task`], two
//! columns of its table, and the parts that people see.
//!
//! | merges as | meaning | fields |
//! |---|---|---|
//! | text | an edit that is based on an older text is a conflict, which the person resolves | title, description |
//! | value | the later edit wins | priority, start, due |
//! | set | an edit carries additions and removals, so edits of different members both survive | assignees, labels |
//!
//! The place of a task has a number too, but no edit here, because a move is decided together with the column.

use std::{collections::BTreeSet, fmt};

use serde::{
    Deserializer, Serializer,
    de::{MapAccess, Visitor},
    ser::SerializeMap,
};

use crate::{
    id::{ActorId, LabelId},
    label::MAX_TASK_LABELS,
    model::{Priority, Seq, Task, TextField},
    refusal::Refusal,
    text,
    time::Day,
};

/// The most people that a task may be assigned to.
pub const MAX_ASSIGNEES: usize = 20;

/// A part of a task that has its own sequence number, that of its newest change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// The title: one line of text.
    Title,
    /// The description, in Markdown.
    Description,
    /// The priority.
    Priority,
    /// The day on which work begins.
    Start,
    /// The due date.
    Due,
    /// The people that the task is assigned to.
    Assignees,
    /// The labels.
    Labels,
    /// The place of the task: its position in a column, or the trash.
    Place,
}

impl Field {
    /// Every field.
    pub const ALL: [Self; 8] = [
        Self::Title,
        Self::Description,
        Self::Priority,
        Self::Start,
        Self::Due,
        Self::Assignees,
        Self::Labels,
        Self::Place,
    ];

    /// Returns the number of the field's newest change. For the title and the description this may be the creation of
    /// the task; the other fields have 0 until they change.
    pub fn seq(self, task: &Task) -> Seq {
        match self {
            Self::Title => task.title_seq,
            Self::Description => task.description_seq,
            Self::Priority => task.priority_seq,
            Self::Start => task.start_seq,
            Self::Due => task.due_seq,
            Self::Assignees => task.assignees_seq,
            Self::Labels => task.labels_seq,
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
            Self::Labels => &mut task.labels_seq,
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
    /// People to assign. People that are already assigned stay assigned.
    Assign(Vec<ActorId>),
    /// People to unassign.
    Unassign(Vec<ActorId>),
    /// Labels to add. Labels that the task already has stay.
    AddLabels(Vec<LabelId>),
    /// Labels to remove.
    RemoveLabels(Vec<LabelId>),
}

impl FieldEdit {
    /// Returns the field that the edit sets.
    pub fn field(&self) -> Field {
        match self {
            Self::Title(_) => Field::Title,
            Self::Description(_) => Field::Description,
            Self::Priority(_) => Field::Priority,
            Self::Start(_) => Field::Start,
            Self::Due(_) => Field::Due,
            Self::Assign(_) | Self::Unassign(_) => Field::Assignees,
            Self::AddLabels(_) | Self::RemoveLabels(_) => Field::Labels,
        }
    }

    /// Returns the sort key of the edit in a patch. Each kind of edit has its own.
    fn order(&self) -> (Field, bool) {
        (self.field(), matches!(self, Self::Unassign(_) | Self::RemoveLabels(_)))
    }

    /// Returns the new text, if the edit sets a text.
    pub fn text(&self) -> Option<(TextField, &str)> {
        match self {
            Self::Title(text) => Some((TextField::Title, text)),
            Self::Description(text) => Some((TextField::Description, text)),
            _ => None,
        }
    }

    /// Whether the edit would change the task.
    pub(crate) fn changes(&self, task: &Task) -> bool {
        let has = |person: &ActorId| task.assignees.contains(person);
        let has_label = |label: &LabelId| task.labels.contains(label);
        match self {
            Self::Title(new) => *new != task.title,
            Self::Description(new) => task.description() != Some(new),
            Self::Priority(new) => *new != task.priority,
            Self::Start(new) => *new != task.start,
            Self::Due(new) => *new != task.due,
            Self::Assign(people) => !people.iter().all(has),
            Self::Unassign(people) => people.iter().any(has),
            Self::AddLabels(labels) => !labels.iter().all(has_label),
            Self::RemoveLabels(labels) => labels.iter().any(has_label),
        }
    }

    /// Returns the normalised edit; `None` if the task already has this value. So two people who wrote the same text do
    /// not conflict, and the field gets no newer number. Refused if the value is invalid.
    fn on(&self, task: &Task) -> Result<Option<Self>, Refusal> {
        let has = |person: &ActorId| task.assignees.contains(person);
        let has_label = |label: &LabelId| task.labels.contains(label);
        let edit = match self {
            Self::Title(new) => Self::Title(text::title(new)?),
            Self::Description(new) => Self::Description(text::description(new)?),
            Self::Priority(_) | Self::Start(_) | Self::Due(_) => self.clone(),
            Self::Assign(people) => Self::Assign(each_once(people).filter(|person| !has(person)).collect()),
            Self::Unassign(people) => Self::Unassign(each_once(people).filter(has).collect()),
            Self::AddLabels(labels) => Self::AddLabels(each_once(labels).filter(|label| !has_label(label)).collect()),
            Self::RemoveLabels(labels) => Self::RemoveLabels(each_once(labels).filter(has_label).collect()),
        };
        Ok(edit.changes(task).then_some(edit))
    }

    /// Whether the edit sets the default value of a new task.
    fn is_default(&self) -> bool {
        match self {
            Self::Title(text) | Self::Description(text) => text.is_empty(),
            Self::Priority(priority) => priority.is_none(),
            Self::Start(day) | Self::Due(day) => day.is_none(),
            Self::Assign(people) | Self::Unassign(people) => people.is_empty(),
            Self::AddLabels(labels) | Self::RemoveLabels(labels) => labels.is_empty(),
        }
    }

    /// Sets the value, but not the sequence number.
    fn apply(&self, task: &mut Task) {
        match self {
            Self::Title(new) => task.title.clone_from(new),
            Self::Description(new) => task.set_description(new),
            Self::Priority(new) => task.priority = *new,
            Self::Start(new) => task.start = *new,
            Self::Due(new) => task.due = *new,
            Self::Assign(people) => task.assignees = each_once(task.assignees.iter().chain(people)).collect(),
            Self::Unassign(people) => task.assignees.retain(|person| !people.contains(person)),
            Self::AddLabels(labels) => task.labels = each_once(task.labels.iter().chain(labels)).collect(),
            Self::RemoveLabels(labels) => task.labels.retain(|label| !labels.contains(label)),
        }
    }

    /// Returns the edit that restores the value of `before`. `None` if that value is not loaded.
    fn inverse(&self, before: &Task) -> Option<Self> {
        Some(match self {
            Self::Title(_) => Self::Title(before.title.clone()),
            Self::Description(_) => Self::Description(before.description()?.to_owned()),
            Self::Priority(_) => Self::Priority(before.priority),
            Self::Start(_) => Self::Start(before.start),
            Self::Due(_) => Self::Due(before.due),
            Self::Assign(people) => Self::Unassign(people.clone()),
            Self::Unassign(people) => Self::Assign(people.clone()),
            Self::AddLabels(labels) => Self::RemoveLabels(labels.clone()),
            Self::RemoveLabels(labels) => Self::AddLabels(labels.clone()),
        })
    }
}

fn each_once<'a, Id: Copy + Ord + 'a>(ids: impl IntoIterator<Item = &'a Id>) -> impl Iterator<Item = Id> {
    let mut once = BTreeSet::new();
    once.extend(ids.into_iter().copied());
    once.into_iter()
}

/// New values of some fields of a task, in the order of the fields. Absent fields stay as they are, so concurrent edits
/// of different fields both survive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskPatch(Vec<FieldEdit>);

impl TaskPatch {
    /// Returns the edits, in order.
    pub fn edits(&self) -> impl Iterator<Item = &FieldEdit> {
        self.0.iter()
    }

    /// Whether the patch sets nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the fields that the patch sets, each once.
    pub fn fields(&self) -> impl Iterator<Item = Field> {
        let mut last = None;
        self.edits().map(FieldEdit::field).filter(move |field| last.replace(*field) != Some(*field))
    }

    /// Returns the new value of a text, if the patch sets it.
    pub fn text(&self, field: TextField) -> Option<&str> {
        self.edits().filter_map(FieldEdit::text).find_map(|(sets, text)| (sets == field).then_some(text))
    }

    /// Returns the people that are assigned.
    pub fn assigned(&self) -> &[ActorId] {
        self.edits()
            .find_map(|edit| if let FieldEdit::Assign(people) = edit { Some(&**people) } else { None })
            .unwrap_or_default()
    }

    /// Returns the people that are unassigned.
    pub fn unassigned(&self) -> &[ActorId] {
        self.edits()
            .find_map(|edit| if let FieldEdit::Unassign(people) = edit { Some(&**people) } else { None })
            .unwrap_or_default()
    }

    /// Returns the labels that are added.
    pub fn labels_added(&self) -> &[LabelId] {
        self.edits()
            .find_map(|edit| if let FieldEdit::AddLabels(labels) = edit { Some(&**labels) } else { None })
            .unwrap_or_default()
    }

    /// Returns the labels that are removed.
    pub fn labels_removed(&self) -> &[LabelId] {
        self.edits()
            .find_map(|edit| if let FieldEdit::RemoveLabels(labels) = edit { Some(&**labels) } else { None })
            .unwrap_or_default()
    }

    /// Returns the patch with other labels to add and to remove.
    pub(crate) fn with_labels(&self, add: Vec<LabelId>, remove: Vec<LabelId>) -> Self {
        let others = self.edits().filter(|edit| edit.field() != Field::Labels).cloned();
        others.chain([FieldEdit::AddLabels(add), FieldEdit::RemoveLabels(remove)]).collect()
    }

    /// Adds an edit, and replaces an earlier edit of the same kind. Ignores an empty list of people or labels.
    pub fn set(&mut self, edit: FieldEdit) {
        match &edit {
            FieldEdit::Assign(people) | FieldEdit::Unassign(people) if people.is_empty() => return,
            FieldEdit::AddLabels(labels) | FieldEdit::RemoveLabels(labels) if labels.is_empty() => return,
            _ => {}
        }
        match self.0.binary_search_by_key(&edit.order(), FieldEdit::order) {
            Ok(index) => self.0[index] = edit,
            Err(index) => self.0.insert(index, edit),
        }
    }

    /// Returns the patch for a task, normalised and without edits that change nothing. Refused if a value is invalid,
    /// or, as a conflict, if a text was changed after `base`.
    pub(crate) fn on(&self, task: &Task, base: Option<Seq>) -> Result<Self, Refusal> {
        let mut patch = Self::default();
        for edit in self.edits() {
            let Some(edit) = edit.on(task)? else { continue };
            if let (Some((field, _)), Some(base)) = (edit.text(), base) {
                let seq = edit.field().seq(task);
                // If the current text is not loaded here, the server decides: it has the text.
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
        if self.labels_added().iter().any(|label| self.labels_removed().contains(label)) {
            let message = "the same label is in `add_labels` and in `remove_labels`";
            return Err(Refusal::invalid("remove_labels", message));
        }
        let (more, fewer) = (patch.assigned().len(), patch.unassigned().len());
        if more > 0 && task.assignees.len() + more - fewer > MAX_ASSIGNEES {
            return Err(Refusal::invalid("assign", too_many_assignees()));
        }
        let (more, fewer) = (patch.labels_added().len(), patch.labels_removed().len());
        if more > 0 && task.labels.len() + more - fewer > MAX_TASK_LABELS {
            return Err(Refusal::invalid("add_labels", too_many_labels()));
        }
        Ok(patch)
    }

    /// Adds a value of a new task, unless it is the default.
    pub(crate) fn set_in_new(&mut self, edit: FieldEdit) {
        if !edit.is_default() {
            self.set(edit);
        }
    }

    /// Returns the normalised fields of a new task. Refused if it has too many assignees or labels.
    pub(crate) fn on_new(&self) -> Result<Self, Refusal> {
        if each_once(self.assigned()).count() > MAX_ASSIGNEES {
            return Err(Refusal::invalid("assignees", too_many_assignees()));
        }
        if each_once(self.labels_added()).count() > MAX_TASK_LABELS {
            return Err(Refusal::invalid("labels", too_many_labels()));
        }
        let tidy = |edit: &FieldEdit| match edit {
            FieldEdit::Assign(people) => FieldEdit::Assign(each_once(people).collect()),
            FieldEdit::AddLabels(labels) => FieldEdit::AddLabels(each_once(labels).collect()),
            edit => edit.clone(),
        };
        Ok(self.edits().map(tidy).collect())
    }

    /// Sets the values in a task, and the number of the change as their sequence number.
    pub(crate) fn apply(&self, task: &mut Task, seq: Seq) {
        for edit in self.edits() {
            edit.apply(task);
            edit.field().set_seq(task, seq);
        }
    }

    /// Sets the values in a new task, whose fields have no sequence numbers yet.
    pub(crate) fn apply_to_new(&self, task: &mut Task) {
        self.edits().for_each(|edit| edit.apply(task));
    }

    /// Returns the patch that restores the values of `before`.
    pub(crate) fn inverse(&self, before: &Task) -> Self {
        self.edits().filter(|edit| edit.changes(before)).filter_map(|edit| edit.inverse(before)).collect()
    }
}

fn too_many_assignees() -> String {
    format!("a task may be assigned to at most {MAX_ASSIGNEES} people")
}

fn too_many_labels() -> String {
    format!("a task may have at most {MAX_TASK_LABELS} labels")
}

impl FromIterator<FieldEdit> for TaskPatch {
    fn from_iter<I: IntoIterator<Item = FieldEdit>>(edits: I) -> Self {
        let mut patch = Self::default();
        edits.into_iter().for_each(|edit| patch.set(edit));
        patch
    }
}

/// The kind of message that contains a patch. The edits are members of the message's object; the kind determines their
/// names.
#[derive(Clone, Copy)]
enum Form {
    /// The request to update a task.
    Request,
    /// The change that updated a task.
    Change,
    /// The request to create a task, or the change that created it. Absent members have their default values.
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
            FieldEdit::AddLabels(labels) => {
                let name = match self {
                    Self::Request => "add_labels",
                    Self::Change => "labels_added",
                    Self::New => "labels",
                };
                map.serialize_entry(name, labels)
            }
            FieldEdit::RemoveLabels(labels) => {
                let name = if let Self::Change = self { "labels_removed" } else { "remove_labels" };
                map.serialize_entry(name, labels)
            }
        }
    }

    /// Reads the edit from a member of the object. `None` if a title, description or priority is `null`.
    fn read<'de, M: MapAccess<'de>>(self, name: &str, map: &mut M) -> Result<Option<FieldEdit>, M::Error> {
        Ok(match name {
            "title" => map.next_value::<Option<String>>()?.map(FieldEdit::Title),
            "description" => map.next_value::<Option<String>>()?.map(FieldEdit::Description),
            "priority" => map.next_value::<Option<Priority>>()?.map(FieldEdit::Priority),
            "start" => Some(FieldEdit::Start(map.next_value()?)),
            "due" => Some(FieldEdit::Due(map.next_value()?)),
            "assign" | "assigned" | "assignees" => Some(FieldEdit::Assign(map.next_value()?)),
            "add_labels" | "labels_added" | "labels" => Some(FieldEdit::AddLabels(map.next_value()?)),
            "remove_labels" | "labels_removed" => Some(FieldEdit::RemoveLabels(map.next_value()?)),
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

            /// The names of the members.
            pub const NAMES: &[&str] = &$names;

            /// The edits, for OpenAPI.
            #[cfg(feature = "ssr")]
            #[derive(Debug)]
            pub struct Schema;

            #[cfg(feature = "ssr")]
            impl utoipa::PartialSchema for Schema {
                fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                    crate::schema::patch(NAMES)
                }
            }

            #[cfg(feature = "ssr")]
            impl utoipa::ToSchema for Schema {
                fn name() -> std::borrow::Cow<'static, str> {
                    concat!("TaskFields_", stringify!($module)).into()
                }
            }

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
    /// The patch in a request to update a task, for `serde(flatten, with)`.
    request = Form::Request, [
        "title", "description", "priority", "start", "due", "assign", "unassign", "add_labels", "remove_labels",
    ];
    /// The patch in a change of a task, for `serde(flatten, with)`.
    change = Form::Change, [
        "title", "description", "priority", "start", "due", "assigned", "unassigned", "labels_added", "labels_removed",
    ];
    /// The fields of a new task, for `serde(flatten, with)`.
    new = Form::New, ["priority", "start", "due", "assignees", "labels"];
}
