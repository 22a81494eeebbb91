//! A task is added to a board.

use serde::{Deserialize, Deserializer, Serialize};

use super::{
    ChangeKind, DeleteTask, Effect, Inverse, Op, Operation, Part, check_completed, column_name, first_column,
    first_done_column, require_column,
};
use crate::{
    access::BoardRole,
    activity::ActivityItem,
    fields::{self, Field, FieldEdit, TaskPatch},
    id::{ActorId, ColumnId, TaskId},
    model::{ColumnKind, Place, Task},
    rank::Rank,
    refusal::{Refusal, Thing},
    state::{BoardState, Placement, Stamp, Touched},
    tagged::Object,
    text,
};

/// See [`super::Op::CreateTask`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateTask {
    /// The id to give it.
    pub task: TaskId,
    /// One line of text.
    pub title: String,
    /// Markdown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The column to put it in; the first one, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<ColumnId>,
    /// `true` puts it into the first done column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed: Option<bool>,
    /// Where in the column.
    #[serde(default)]
    pub place: Place<TaskId>,
    /// All else that it is to have from the beginning.
    #[serde(flatten, with = "fields::new")]
    pub fields: TaskPatch,
}

impl CreateTask {
    /// A task with nothing but a title, last in the first column.
    pub fn of(task: TaskId, title: impl Into<String>) -> Self {
        Self {
            task,
            title: title.into(),
            description: String::new(),
            column: None,
            completed: None,
            place: Place::Last,
            fields: TaskPatch::default(),
        }
    }

    /// The same with a field that is not as it is by default.
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
        let fields = self.fields.on_new()?;
        state.room().require_task([&title, &description], fields.assigned().len())?;
        let Placement { rank, ranks } = state.place_task(column, self.place, self.task);
        let task = self.task;
        Ok(ChangeKind::TaskCreated(TaskCreated { task, title, description, column, rank, fields, ranks }))
    }
}

/// See [`ChangeKind::TaskCreated`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TaskCreated {
    /// Its id.
    pub task: TaskId,
    /// Its title.
    pub title: String,
    /// Its description, in Markdown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Its column.
    pub column: ColumnId,
    /// Its rank.
    pub rank: Rank,
    /// All else that it has from the beginning.
    #[serde(flatten, with = "fields::new")]
    pub fields: TaskPatch,
    /// Other tasks that got new ranks to make room.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ranks: Vec<(TaskId, Rank)>,
}

impl<'de> Deserialize<'de> for TaskCreated {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Head {
            task: TaskId,
            title: String,
            #[serde(default)]
            description: String,
            column: ColumnId,
            rank: Rank,
            #[serde(default)]
            ranks: Vec<(TaskId, Rank)>,
        }
        let object = Object::read(deserializer)?;
        let Head { task, title, description, column, rank, ranks } = object.parse()?;
        let fields = object.parse_with(|deserializer| fields::new::deserialize(deserializer))?;
        Ok(Self { task, title, description, column, rank, ranks, fields })
    }
}

impl Effect for TaskCreated {
    fn apply(&self, state: &mut BoardState, stamp: Stamp, touched: &mut Touched) {
        state.rerank_tasks(&self.ranks, touched);
        let mut task = Task::new(self.task, self.column, self.rank.clone(), stamp.seq, stamp.at, stamp.by);
        task.title.clone_from(&self.title);
        task.set_description(&self.description);
        self.fields.apply_to_new(&mut task);
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

    /// Nothing that others added goes with it.
    fn inverse(&self, _before: &BoardState) -> Option<Inverse> {
        Some(Inverse::of(Op::DeleteTask(DeleteTask::of(self.task)), vec![Part::Task(self.task)]))
    }

    fn label<'a>(&'a self, _before: &'a BoardState) -> (&'static str, &'a str) {
        ("add", &self.title)
    }

    fn activity_items(&self, _before: Option<&BoardState>, names: &BoardState) -> Vec<ActivityItem> {
        let assigned = (!self.people().is_empty()).then(|| ActivityItem::Assigned(self.people().to_vec()));
        [ActivityItem::Created(column_name(names, self.column))].into_iter().chain(assigned).collect()
    }

    fn people(&self) -> &[ActorId] {
        self.fields.assigned()
    }
}
