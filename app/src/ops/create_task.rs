//! The operation that adds a task to a board.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize};

use super::{
    ChangeKind, DeleteTask, Effect, Inverse, NewChecklistItem, Op, Operation, Part, add_checklist_items::new_items,
    check_completed, column_name, first_column, first_done_column, labels, require_column,
};
use crate::{
    access::BoardRole,
    activity::ActivityItem,
    by_name::each,
    checklist::{Checklist, Checklists, MAX_CHECKLISTS},
    fields::{self, Field, FieldEdit, TaskPatch},
    id::{ActorId, ChecklistId, ColumnId, TaskId},
    model::{ColumnKind, Place, Task, none},
    rank::Rank,
    refusal::{Refusal, Thing},
    state::{BoardState, Entity, Placement, Stamp, Touched},
    tagged::Object,
    text,
};

/// Adds a task.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateTask {
    /// The id of the task, made by the sender.
    pub task: TaskId,
    /// The title: one line of text.
    pub title: String,
    /// The description, in Markdown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The column of the task; the first column that fits `completed`, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<ColumnId>,
    /// `true` puts the task into the first done column, `false` into the first column that is not for done tasks. It
    /// must not contradict `column`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed: Option<bool>,
    /// The position in the column.
    #[serde(default)]
    #[cfg_attr(feature = "ssr", schema(value_type = crate::schema::Place, required = false))]
    pub place: Place<TaskId>,
    /// The initial values of the other fields.
    #[cfg_attr(feature = "ssr", schema(value_type = fields::new::Schema, inline))]
    #[serde(flatten, with = "fields::new")]
    pub fields: TaskPatch,
    /// The checklists, in order. A task has at most 50.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "each")]
    pub checklists: Vec<NewChecklist>,
}

/// A checklist of a new task.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewChecklist {
    /// The id of the checklist, made by the sender.
    pub checklist: ChecklistId,
    /// The name.
    pub name: String,
    /// The items, at most 200.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "each")]
    pub items: Vec<NewChecklistItem>,
}

impl CreateTask {
    /// Creates a request for a task with only a title, last in the first column.
    pub fn of(task: TaskId, title: impl Into<String>) -> Self {
        Self {
            task,
            title: title.into(),
            description: String::new(),
            column: None,
            completed: None,
            place: Place::Last,
            fields: TaskPatch::default(),
            checklists: Vec::new(),
        }
    }

    /// Sets the initial value of a field.
    pub fn with(mut self, edit: FieldEdit) -> Self {
        match edit {
            FieldEdit::Title(title) => self.title = title,
            FieldEdit::Description(description) => self.description = description,
            edit => self.fields.set_in_new(edit),
        }
        self
    }
}

impl Operation for CreateTask {
    fn role_needed(&self) -> BoardRole {
        BoardRole::Editor
    }

    fn decide(&self, state: &BoardState) -> Result<ChangeKind, Refusal> {
        if state.task(self.task).is_some() {
            return Err(Refusal::Exists { what: Thing::Task });
        }
        let title = text::title(&self.title)?;
        let description = text::description(&self.description)?;
        let column = match (self.column, self.completed) {
            (Some(column), completed) => {
                let kind = require_column(state, column)?.kind;
                check_completed(kind, completed)?;
                column
            }
            (None, Some(true)) => first_done_column(state)?,
            (None, Some(false)) => first_column(state, |kind| kind != ColumnKind::Done)?,
            (None, None) => first_column(state, |_| true)?,
        };
        let fields = labels::checked(&self.fields, state, None)?.on_new()?;
        let checklists = new_checklists(&self.checklists)?;
        let members = fields.assigned().len() + fields.labels_added().len();
        state.room().require_task([&title, &description], members, checklists.as_deref())?;
        let Placement { rank, ranks } = state.place_task(column, self.place, self.task);
        let task = self.task;
        // The server numbers the task when it stores the change: see `ChangeKind::number`.
        let number = 0;
        let created = TaskCreated { task, number, title, description, column, rank, fields, checklists, ranks };
        Ok(ChangeKind::TaskCreated(created))
    }
}

/// Checks the checklists of a new task, and gives them and their items ranks.
fn new_checklists(new: &[NewChecklist]) -> Result<Option<Arc<Checklists>>, Refusal> {
    if new.len() > MAX_CHECKLISTS {
        return Err(Refusal::Full { what: Thing::Checklist, limit: MAX_CHECKLISTS as u32 });
    }
    let mut checklists = Checklists::default();
    for (new, rank) in new.iter().zip(Rank::spread(new.len())) {
        if checklists.list(new.checklist).is_some() {
            return Err(Refusal::Exists { what: Thing::Checklist });
        }
        let (id, name) = (new.checklist, text::name("name", &new.name)?);
        let (items, _) = new_items(&checklists, id, &new.items)?;
        checklists.put_list(Checklist { id, name, rank, deleted: false, seq: 0 });
        items.into_iter().filter_map(|item| item.after).for_each(|item| checklists.put_item(item));
    }
    Ok((!checklists.is_empty()).then(|| Arc::new(checklists)))
}

/// The content of a change that adds a task.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TaskCreated {
    /// The id of the task.
    pub task: TaskId,
    /// The number of the task on its board, from 1 on; no other task of the board ever has it. Absent in changes from before version
    /// 0.2.
    #[serde(default, skip_serializing_if = "none")]
    pub number: u32,
    /// The title.
    pub title: String,
    /// The description, in Markdown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The column.
    pub column: ColumnId,
    /// The rank in the column.
    pub rank: Rank,
    /// The initial values of the other fields.
    #[cfg_attr(feature = "ssr", schema(value_type = fields::new::Schema, inline))]
    #[serde(flatten, with = "fields::new")]
    pub fields: TaskPatch,
    /// The checklists. Their numbers are set when the change is applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<Checklists>, nullable = false))]
    pub checklists: Option<Arc<Checklists>>,
    /// New ranks of other tasks, which make room for this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "ssr", schema(value_type = Vec<Vec<String>>))]
    pub ranks: Vec<(TaskId, Rank)>,
}

impl<'de> Deserialize<'de> for TaskCreated {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Head {
            task: TaskId,
            #[serde(default)]
            number: u32,
            title: String,
            #[serde(default)]
            description: String,
            column: ColumnId,
            rank: Rank,
            #[serde(default)]
            checklists: Option<Arc<Checklists>>,
            #[serde(default)]
            ranks: Vec<(TaskId, Rank)>,
        }
        let object = Object::read(deserializer)?;
        let Head { task, number, title, description, column, rank, checklists, ranks } = object.parse()?;
        let fields = object.parse_with(|deserializer| fields::new::deserialize(deserializer))?;
        Ok(Self { task, number, title, description, column, rank, checklists, ranks, fields })
    }
}

impl Effect for TaskCreated {
    fn apply(&self, state: &mut BoardState, stamp: Stamp, touched: &mut Touched) {
        state.rerank_tasks(&self.ranks, touched);
        let mut task = Task::new(self.task, self.column, self.rank.clone(), stamp.seq, stamp.at, stamp.by);
        task.number = self.number;
        state.numbers = state.numbers.max(self.number);
        task.title.clone_from(&self.title);
        task.set_description(&self.description);
        self.fields.apply_to_new(&mut task);
        if let Some(checklists) = &self.checklists {
            task.set_checklists(checklists.numbered(stamp.seq));
            task.checklists_seq = stamp.seq;
            checklists.all_lists().for_each(|list| touched.add(Entity::Checklist(self.task, list.id)));
            checklists.all_items().for_each(|item| touched.add(Entity::ChecklistItem(self.task, item.id)));
        }
        state.put_task(task, touched);
    }

    fn task(&self) -> Option<TaskId> {
        Some(self.task)
    }

    fn title<'a>(&'a self, _before: Option<&'a BoardState>) -> Option<&'a str> {
        Some(&self.title)
    }

    fn numbers(&self) -> Vec<Part> {
        let field = |field| Part::Field(self.task, field);
        vec![Part::Task(self.task), field(Field::Title), field(Field::Description)]
    }

    /// Deletes the task only if nobody has changed it since, so an undo discards nothing that others added to it.
    fn inverse(&self, _before: &BoardState) -> Option<Inverse> {
        Some(Inverse::of(Op::DeleteTask(DeleteTask::of(self.task)), vec![Part::Task(self.task)]))
    }

    fn label<'a>(&'a self, _before: &'a BoardState) -> (&'static str, &'a str) {
        ("add", &self.title)
    }

    fn activity_items(&self, _before: Option<&BoardState>, names: &BoardState) -> Vec<ActivityItem> {
        let assigned = (!self.people().is_empty()).then(|| ActivityItem::Assigned(self.people().to_vec()));
        let labelled = self.fields.labels_added();
        let labelled = (!labelled.is_empty()).then(|| ActivityItem::Labelled(labels::titles(labelled, names)));
        let created = ActivityItem::Created(column_name(names, self.column));
        [created].into_iter().chain(assigned).chain(labelled).collect()
    }

    fn people(&self) -> &[ActorId] {
        self.fields.assigned()
    }
}
