//! What takes an edit back: an operation that puts back what was there before.
//!
//! What makes it an undo is its guard, a number: it is refused if what it sets was changed later. When to undo what, and under which
//! guard, is [`crate::board::OptimisticBoard`]'s business.

use super::{Op, RestoreTask, UpdateColumn, UpdateTask};
use crate::{
    fields::Field,
    id::{ColumnId, TaskId},
    model::{Column, Place, Seq},
    state::BoardState,
};

/// Something on a board whose changes have one number: whoever undoes a change of it checks that one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The name of the board.
    Name,
    /// A column with all its fields, its place among the others included.
    Column(ColumnId),
    /// A task with all its fields.
    Task(TaskId),
    /// One field of a task.
    Field(TaskId, Field),
}

impl Part {
    /// The number of its newest change; 0 where it has none, or is not there.
    pub fn newest(self, state: &BoardState) -> Seq {
        match self {
            Self::Name => state.name_seq(),
            Self::Column(id) => state.column(id).map_or(0, |column| column.seq),
            Self::Task(id) => state.task(id).map_or(0, |task| task.seq),
            Self::Field(id, field) => state.task(id).map_or(0, |task| field.seq(task)),
        }
    }
}

/// What would take an edit back.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Inverse {
    /// The operation, without its guard, and without the place, if it moves something.
    pub op: Op,
    /// Where it moves something to.
    pub place: Option<FormerPlace>,
    /// What nobody else may have changed since.
    pub guarded: Vec<Part>,
}

/// Where something was.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum FormerPlace {
    Column(Neighbours<ColumnId>),
    /// In this column.
    Task(ColumnId, Neighbours<TaskId>),
}

/// A place among siblings, by both neighbours: where one of them has gone meanwhile, the other tells it.
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

    pub fn of_task(state: &BoardState, column: ColumnId, task: TaskId) -> Self {
        Self::Task(column, Neighbours::of(task, state.column_task_ids(column)))
    }
}

impl Inverse {
    /// An operation that moves nothing.
    pub fn of(op: Op, guarded: Vec<Part>) -> Self {
        Self { op, place: None, guarded }
    }

    /// The operation that takes the edit back on this board, refused if what it is guarded by was changed after `guard`.
    pub fn op(&self, state: &BoardState, guard: Option<Seq>) -> Op {
        let column_place = |neighbours: Neighbours<ColumnId>| neighbours.place(|id| state.column(id).is_some());
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
            (
                Op::UpdateTask(UpdateTask { place, .. }) | Op::RestoreTask(RestoreTask { place, .. }),
                Some(FormerPlace::Task(column, neighbours)),
            ) => *place = Some(task_place(column, neighbours)),
            _ => {}
        }
        match &mut op {
            Op::UpdateBoard(op) => op.guard = guard,
            Op::UpdateColumn(op) => op.guard = guard,
            Op::DeleteColumn(op) => op.guard = guard,
            Op::UpdateTask(op) => op.guard = guard,
            Op::DeleteTask(op) => op.base = guard,
            Op::RestoreTask(op) => op.guard = guard,
            // What does not exist, nobody can change.
            _ => {}
        }
        op
    }
}
