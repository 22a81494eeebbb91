//! The inverse of an edit: the operation that restores the state before it.
//!
//! An undo is such an operation with a guard, a number: it is refused if a part that it sets was changed after that
//! number. [`crate::board::OptimisticBoard`] decides when to undo an edit, and with which guard.

use super::{Op, RestoreTask, UpdateColumn, UpdateLabel, UpdateTask, decide};
use crate::{
    fields::Field,
    id::{ColumnId, CommentId, LabelId, TaskId},
    model::{Column, Place, Seq},
    state::BoardState,
};

/// A part of a board that has one sequence number, that of its newest change. An undo compares this number with its
/// guard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The name of the board.
    Name,
    /// Whether the board is archived.
    Archived,
    /// A column with all its fields, including its position.
    Column(ColumnId),
    /// A label with all its fields, including its position.
    Label(LabelId),
    /// The text of a comment, and whether it is deleted.
    Comment(CommentId),
    /// A task with all its fields.
    Task(TaskId),
    /// One field of a task.
    Field(TaskId, Field),
}

impl Part {
    /// Returns the number of its newest change; 0 if it has none, or does not exist.
    pub fn newest(self, state: &BoardState) -> Seq {
        match self {
            Self::Name => state.name_seq(),
            Self::Archived => state.archived_seq(),
            Self::Column(id) => state.column(id).map_or(0, |column| column.seq),
            Self::Label(id) => state.label(id).map_or(0, |label| label.seq),
            Self::Comment(id) => state.comment(id).map_or(0, |comment| comment.text_seq),
            Self::Task(id) => state.task(id).map_or(0, |task| task.seq),
            Self::Field(id, field) => state.task(id).map_or(0, |task| field.seq(task)),
        }
    }
}

/// The inverse of an edit.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Inverse {
    /// The operation, without its guard, and without the place if it moves something.
    pub op: Op,
    /// The former place, if the operation moves something.
    pub place: Option<FormerPlace>,
    /// The parts that nobody else may have changed since the edit.
    pub guarded: Vec<Part>,
}

/// The place of a column, a label or a task before it was moved or deleted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum FormerPlace {
    Column(Neighbours<ColumnId>),
    Label(Neighbours<LabelId>),
    /// The place of a task in this column.
    Task(ColumnId, Neighbours<TaskId>),
}

/// A place among siblings, given by both neighbours. If one of them is gone, the other one still determines the place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Neighbours<Id> {
    above: Option<Id>,
    below: Option<Id>,
}

impl<Id: Copy + PartialEq> Neighbours<Id> {
    fn of(id: Id, siblings: impl Iterator<Item = Id>) -> Self {
        let mut neighbours = Self { above: None, below: None };
        let mut found = false;
        for sibling in siblings {
            if found {
                neighbours.below = Some(sibling);
                break;
            }
            found = sibling == id;
            if !found {
                neighbours.above = Some(sibling);
            }
        }
        neighbours
    }

    fn place(self, is_there: impl Fn(Id) -> bool) -> Place<Id> {
        match (self.above, self.below) {
            (Some(above), _) if is_there(above) => Place::After(above),
            (_, Some(below)) if is_there(below) => Place::Before(below),
            (None, _) => Place::First,
            _ => Place::Last,
        }
    }
}

impl FormerPlace {
    pub fn of_column(state: &BoardState, column: ColumnId) -> Self {
        Self::Column(Neighbours::of(column, state.columns().map(|column: &std::sync::Arc<Column>| column.id)))
    }

    pub fn of_label(state: &BoardState, label: LabelId) -> Self {
        Self::Label(Neighbours::of(label, state.labels().map(|label| label.id)))
    }

    pub fn of_task(state: &BoardState, column: ColumnId, task: TaskId) -> Self {
        Self::Task(column, Neighbours::of(task, state.column_task_ids(column)))
    }
}

/// Returns the operation that undoes `op`, if it is applied to this state. `None` if it would be refused, changes nothing, or cannot be undone.
pub fn inverse_of(state: &BoardState, op: &Op) -> Option<Op> {
    let change = decide(state, op).ok()?;
    Some(change.inverse(state)?.op(state, None))
}

/// Adds a guard to an operation: it is refused as stale if what it changes was changed after this number. Operations that create something
/// need none.
pub fn guarded(mut op: Op, guard: Seq) -> Op {
    set_guard(&mut op, Some(guard));
    op
}

fn set_guard(op: &mut Op, guard: Option<Seq>) {
    match op {
        Op::UpdateBoard(op) => op.guard = guard,
        Op::SetArchived(op) => op.guard = guard,
        Op::UpdateColumn(op) => op.guard = guard,
        Op::DeleteColumn(op) => op.guard = guard,
        Op::UpdateLabel(op) => op.guard = guard,
        Op::DeleteLabel(op) => op.guard = guard,
        Op::MergeLabels(op) => op.guard = guard,
        Op::UnmergeLabel(op) => op.guard = guard,
        Op::UpdateTask(op) => op.guard = guard,
        Op::DeleteTask(op) => op.base = guard,
        Op::RestoreTask(op) => op.guard = guard,
        Op::UpdateComment(op) => op.guard = guard,
        Op::DeleteComment(op) => op.guard = guard,
        Op::RestoreComment(op) => op.guard = guard,
        // The other operations create something. Nobody can have changed what does not exist.
        _ => {}
    }
}

impl Inverse {
    /// Creates an inverse that moves nothing.
    pub fn of(op: Op, guarded: Vec<Part>) -> Self {
        Self { op, place: None, guarded }
    }

    /// Returns the operation that undoes the edit on this board. It is refused if a guarded part was changed after
    /// `guard`.
    pub fn op(&self, state: &BoardState, guard: Option<Seq>) -> Op {
        let column_place = |neighbours: Neighbours<ColumnId>| neighbours.place(|id| state.column(id).is_some());
        let is_label = |id| state.label(id).is_some_and(|label| label.merged_into.is_none());
        let task_place = |column: ColumnId, neighbours: Neighbours<TaskId>| {
            neighbours.place(|id| state.live_task(id).is_some_and(|task| task.column == column))
        };
        let mut op = self.op.clone();
        match (&mut op, self.place) {
            (Op::UpdateColumn(UpdateColumn { place, .. }), Some(FormerPlace::Column(neighbours))) => {
                *place = Some(column_place(neighbours));
            }
            (Op::CreateColumn(create), Some(FormerPlace::Column(neighbours))) => {
                create.place = column_place(neighbours)
            }
            (Op::UpdateLabel(UpdateLabel { place, .. }), Some(FormerPlace::Label(neighbours))) => {
                *place = Some(neighbours.place(is_label));
            }
            (Op::CreateLabel(create), Some(FormerPlace::Label(neighbours))) => {
                create.place = neighbours.place(is_label)
            }
            (
                Op::UpdateTask(UpdateTask { place, .. }) | Op::RestoreTask(RestoreTask { place, .. }),
                Some(FormerPlace::Task(column, neighbours)),
            ) => *place = Some(task_place(column, neighbours)),
            _ => {}
        }
        set_guard(&mut op, guard);
        op
    }
}
