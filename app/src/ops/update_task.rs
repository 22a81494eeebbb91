//! The operation that changes fields of a task, or moves it.

use serde::{Deserialize, Deserializer, Serialize};

use super::{
    ChangeKind, Effect, Inverse, Op, Operation, Part, check_completed, column_name, first_column, first_done_column,
    inverse::FormerPlace, labels, require_column, require_task, require_untouched, title_of,
};
use crate::{
    access::BoardRole,
    activity::{ActivityItem, FromTo},
    fields::{self, Field, FieldEdit, TaskPatch},
    id::{ActorId, ColumnId, TaskId},
    model::{ColumnKind, Place, Seq, Task},
    rank::Rank,
    refusal::Refusal,
    state::{BoardState, Placement, Stamp, Touched},
    tagged::Object,
};

/// Changes some fields of a task, including its place. Absent fields stay as they are, so concurrent edits of different fields
/// both survive.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpdateTask {
    /// The task.
    pub task: TaskId,
    /// The number of the newest change that the sender had seen when they began to edit a text. If the same text was
    /// changed after it, the response is a conflict. Absent: the later edit wins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Seq>,
    /// Refused as stale if a field that the request sets was changed after this number. An undo sets it, so that it
    /// does not revert later changes of other people. Absent: the task is changed in any case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard: Option<Seq>,
    /// The new values of fields.
    #[cfg_attr(feature = "ssr", schema(value_type = fields::request::Schema, inline))]
    #[serde(flatten, with = "fields::request")]
    pub fields: TaskPatch,
    /// The column to move the task to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<ColumnId>,
    /// `true` moves the task to the first done column, `false` moves it back to the column that it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed: Option<bool>,
    /// The new position, in the task's column or in the column that it moves to. If it moves to another column, absent
    /// means last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<crate::schema::Place>, nullable = false))]
    pub place: Option<Place<TaskId>>,
}

impl UpdateTask {
    /// Creates a request that changes nothing yet.
    pub fn of(task: TaskId) -> Self {
        let fields = TaskPatch::default();
        Self { task, base: None, guard: None, fields, column: None, completed: None, place: None }
    }

    /// Adds a new value of a field.
    pub fn with(mut self, edit: FieldEdit) -> Self {
        self.fields.set(edit);
        self
    }

    fn moves(&self) -> bool {
        self.column.is_some() || self.completed.is_some() || self.place.is_some()
    }

    /// Returns the column that the task moves to, if it leaves its column.
    fn destination(&self, state: &BoardState, task: &Task) -> Result<Option<ColumnId>, Refusal> {
        let column = match (self.column, self.completed) {
            (Some(column), completed) => {
                let kind = require_column(state, column)?.kind;
                check_completed(kind, completed)?;
                column
            }
            (None, Some(completed)) if completed == state.is_completed(task) => task.column,
            (None, Some(true)) => first_done_column(state)?,
            (None, Some(false)) => {
                let back =
                    task.reopen_column.and_then(|id| state.column(id)).filter(|column| column.kind != ColumnKind::Done);
                match back {
                    Some(column) => column.id,
                    None => first_column(state, |kind| kind != ColumnKind::Done)
                        .map_err(|_| Refusal::invalid("completed", "this board has only columns for done tasks"))?,
                }
            }
            (None, None) => task.column,
        };
        Ok((column != task.column).then_some(column))
    }
}

impl Operation for UpdateTask {
    fn role_needed(&self) -> BoardRole {
        BoardRole::Editor
    }

    fn decide(&self, state: &BoardState) -> Result<ChangeKind, Refusal> {
        let task = require_task(state, self.task)?;
        for field in self.fields.fields().chain(self.moves().then_some(Field::Place)) {
            require_untouched(field.seq(task), self.guard)?;
        }
        let mut fields = labels::checked(&self.fields, state, Some(task))?;
        // An undo takes back exactly what was done.
        if self.guard.is_none() {
            fields = labels::with_merged(fields, state, task);
        }
        let fields = fields.on(task, self.base)?;
        let mut updated = Task::clone(task);
        fields.apply(&mut updated, state.seq());
        state.room().require_update(task, &updated)?;
        let column = self.destination(state, task)?;
        let (rank, ranks) = match self.place {
            // A place next to itself means that it does not move.
            Some(Place::Before(id) | Place::After(id)) if id == task.id && column.is_none() => (None, Vec::new()),
            None if column.is_none() => (None, Vec::new()),
            place => {
                let Placement { rank, ranks } =
                    state.place_task(column.unwrap_or(task.column), place.unwrap_or_default(), task.id);
                (Some(rank), ranks)
            }
        };
        Ok(ChangeKind::TaskUpdated(TaskUpdated { task: task.id, fields, column, rank, ranks }))
    }
}

/// The content of a change of a task's fields or place.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TaskUpdated {
    /// The task.
    pub task: TaskId,
    /// The new values of fields.
    #[cfg_attr(feature = "ssr", schema(value_type = fields::change::Schema, inline))]
    #[serde(flatten, with = "fields::change")]
    pub fields: TaskPatch,
    /// The new column, if the task moved to another column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<ColumnId>,
    /// The new rank.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rank: Option<Rank>,
    /// New ranks of other tasks, which make room for this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "ssr", schema(value_type = Vec<Vec<String>>))]
    pub ranks: Vec<(TaskId, Rank)>,
}

impl TaskUpdated {
    /// Creates an update of no field.
    pub fn nothing(task: TaskId) -> Self {
        Self { task, fields: TaskPatch::default(), column: None, rank: None, ranks: Vec::new() }
    }

    /// Returns the fields that the change sets.
    fn set(&self) -> impl Iterator<Item = Field> {
        self.fields.fields().chain(self.rank.as_ref().map(|_| Field::Place))
    }

    /// Whether the change completes (`Some(true)`) or reopens (`Some(false)`) the task.
    fn completes(&self, names: &BoardState, task: &Task) -> Option<bool> {
        let is_done = |id| names.column(id).is_some_and(|column| column.kind == ColumnKind::Done);
        match (is_done(task.column), is_done(self.column?)) {
            (false, true) => Some(true),
            (true, false) => Some(false),
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for TaskUpdated {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Head {
            task: TaskId,
            #[serde(default)]
            column: Option<ColumnId>,
            #[serde(default)]
            rank: Option<Rank>,
            #[serde(default)]
            ranks: Vec<(TaskId, Rank)>,
        }
        let object = Object::read(deserializer)?;
        let Head { task, column, rank, ranks } = object.parse()?;
        let fields = object.parse_with(|deserializer| fields::change::deserialize(deserializer))?;
        Ok(Self { task, column, rank, ranks, fields })
    }
}

impl Effect for TaskUpdated {
    fn apply(&self, state: &mut BoardState, stamp: Stamp, touched: &mut Touched) {
        state.rerank_tasks(&self.ranks, touched);
        if self.changes_nothing() {
            return;
        }
        let reopen = self.column.and_then(|to| state.reopen_column(self.task, to));
        state.edit_task(self.task, stamp, touched, |task| {
            self.fields.apply(task, stamp.seq);
            if let Some(column) = self.column {
                task.column = column;
                task.reopen_column = reopen;
            }
            if let Some(rank) = &self.rank {
                task.rank = rank.clone();
                task.place_seq = stamp.seq;
            }
        });
    }

    fn task(&self) -> Option<TaskId> {
        Some(self.task)
    }

    fn changes_nothing(&self) -> bool {
        self.fields.is_empty() && self.column.is_none() && self.rank.is_none()
    }

    fn numbers(&self) -> Vec<Part> {
        let task = (!self.changes_nothing()).then_some(Part::Task(self.task));
        let mut numbers = Vec::from_iter(task);
        numbers.extend(self.set().map(|field| Part::Field(self.task, field)));
        numbers
    }

    fn inverse(&self, before: &BoardState) -> Option<Inverse> {
        let task = before.task(self.task)?;
        let moved = self.rank.is_some();
        let update = UpdateTask {
            fields: labels::without_deleted(self.fields.inverse(task), before),
            column: moved.then_some(task.column),
            ..UpdateTask::of(task.id)
        };
        let guarded: Vec<Part> = update
            .fields
            .fields()
            .chain(moved.then_some(Field::Place))
            .map(|field| Part::Field(task.id, field))
            .collect();
        let place = moved.then(|| FormerPlace::of_task(before, task.column, task.id));
        (!guarded.is_empty()).then_some(Inverse { op: Op::UpdateTask(update), place, guarded })
    }

    /// Names the first change of a text; without one, the move; without one, the first other field.
    fn label<'a>(&'a self, before: &'a BoardState) -> (&'static str, &'a str) {
        let words = match self.fields.edits().next() {
            Some(FieldEdit::Title(_)) => "rename",
            Some(FieldEdit::Description(_)) => "edit the description of",
            _ if self.rank.is_some() => match before.task(self.task).and_then(|task| self.completes(before, task)) {
                Some(true) => "complete",
                Some(false) => "reopen",
                None => "move",
            },
            Some(FieldEdit::Priority(_)) => "set the priority of",
            Some(FieldEdit::Start(_)) => "set the start date of",
            Some(FieldEdit::Due(_)) => "set the due date of",
            Some(FieldEdit::Assign(_)) => "assign",
            Some(FieldEdit::Unassign(_)) => "unassign",
            Some(FieldEdit::AddLabels(_)) => "label",
            Some(FieldEdit::RemoveLabels(_)) => "remove a label from",
            None => "edit",
        };
        (words, title_of(before, self.task))
    }

    fn activity_items(&self, before: Option<&BoardState>, names: &BoardState) -> Vec<ActivityItem> {
        let task = before.and_then(|before| before.task(self.task)).map(|task| &**task);
        let name = |id| column_name(names, id);
        let moved = match (self.column, task) {
            (Some(to), Some(task)) => Some(match self.completes(names, task) {
                Some(true) => ActivityItem::Completed(name(to)),
                Some(false) => ActivityItem::Reopened(name(to)),
                None => ActivityItem::Moved(FromTo { from: name(task.column), to: name(to) }),
            }),
            (Some(to), None) => Some(ActivityItem::Moved(FromTo { from: None, to: name(to) })),
            (None, task) => {
                self.rank.as_ref().map(|_| ActivityItem::Reordered(task.and_then(|task| name(task.column))))
            }
        };
        let changed = self.fields.edits().filter(|edit| task.is_none_or(|task| edit.changes(task)));
        let (texts, others): (Vec<_>, Vec<_>) = changed.partition(|edit| edit.text().is_some());
        let item = |edit: &FieldEdit| match edit {
            FieldEdit::Title(to) => {
                ActivityItem::Renamed(FromTo { from: task.map(|task| task.title.clone()), to: Some(to.clone()) })
            }
            FieldEdit::Description(_) => ActivityItem::Described,
            FieldEdit::Priority(to) => ActivityItem::Prioritised(*to),
            FieldEdit::Start(to) => ActivityItem::SetStart(*to),
            FieldEdit::Due(to) => ActivityItem::SetDue(*to),
            FieldEdit::Assign(people) => ActivityItem::Assigned(people.clone()),
            FieldEdit::Unassign(people) => ActivityItem::Unassigned(people.clone()),
            FieldEdit::AddLabels(ids) => ActivityItem::Labelled(labels::titles(ids, names)),
            FieldEdit::RemoveLabels(ids) => ActivityItem::Unlabelled(labels::titles(ids, names)),
        };
        // The names of deleted labels are not known.
        let is_told = |item: &ActivityItem| match item {
            ActivityItem::Labelled(names) | ActivityItem::Unlabelled(names) => !names.is_empty(),
            _ => true,
        };
        texts.into_iter().map(item).chain(moved).chain(others.into_iter().map(item)).filter(is_told).collect()
    }

    fn people(&self) -> &[ActorId] {
        self.fields.assigned()
    }
}
