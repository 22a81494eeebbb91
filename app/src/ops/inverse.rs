//! The inverse of an edit: the operation that restores the state before it.
//!
//! An undo is such an operation with a guard, a number: it is refused if a part that it sets was changed after that
//! number. [`crate::board::OptimisticBoard`] decides when to undo an edit, and with which guard.

use std::sync::Arc;

use super::{Op, RestoreTask, UpdateChecklist, UpdateChecklistItem, UpdateColumn, UpdateLabel, UpdateTask, decide};
use crate::{
    checklist::Checklists,
    fields::Field,
    id::{ChecklistId, ChecklistItemId, ColumnId, CommentId, LabelId, TaskId},
    model::{Column, Place, Seq},
    state::BoardState,
};

/// A part of a board that has one sequence number, that of its newest change. An undo compares this number with its
/// guard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The name of the board.
    Name,
    /// The colour and the description of the board.
    Look,
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
    /// A checklist of a task with all its fields, including its position and whether it was deleted, but not its items.
    Checklist(TaskId, ChecklistId),
    /// A checklist of a task with its items.
    ChecklistContents(TaskId, ChecklistId),
    /// An item of a checklist of a task with all its fields, including its position.
    ChecklistItem(TaskId, ChecklistItemId),
}

impl Part {
    /// Returns the number of its newest change; 0 if it has none, or does not exist.
    pub fn newest(self, state: &BoardState) -> Seq {
        match self {
            Self::Name => state.name_seq(),
            Self::Look => state.look_seq(),
            Self::Archived => state.archived_seq(),
            Self::Column(id) => state.column(id).map_or(0, |column| column.seq),
            Self::Label(id) => state.label(id).map_or(0, |label| label.seq),
            Self::Comment(id) => state.comment(id).map_or(0, |comment| comment.text_seq),
            Self::Task(id) => state.task(id).map_or(0, |task| task.seq),
            Self::Field(id, field) => state.task(id).map_or(0, |task| field.seq(task)),
            Self::Checklist(id, list) => {
                checklists(state, id).and_then(|lists| lists.list(list)).map_or(0, |list| list.seq)
            }
            Self::ChecklistContents(id, list) => checklists(state, id).map_or(0, |lists| lists.contents_seq(list)),
            Self::ChecklistItem(id, item) => {
                checklists(state, id).and_then(|lists| lists.item(item)).map_or(0, |item| item.seq)
            }
        }
    }
}

fn checklists(state: &BoardState, task: TaskId) -> Option<&Checklists> {
    state.task(task)?.checklists()
}

fn is_item_of(state: &BoardState, task: TaskId, list: ChecklistId, item: ChecklistItemId) -> bool {
    checklists(state, task).and_then(|lists| lists.item(item)).is_some_and(|item| item.checklist == list)
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

/// The place of a column, a label, a task, a checklist or items of one before they were moved or deleted.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum FormerPlace {
    Column(Neighbours<ColumnId>),
    Label(Neighbours<LabelId>),
    /// The place of a task in this column.
    Task(ColumnId, Neighbours<TaskId>),
    /// The place of a checklist of this task.
    Checklist(TaskId, Neighbours<ChecklistId>),
    /// All items of this checklist in their order, because several may have been deleted at once.
    Items(TaskId, ChecklistId, Arc<[ChecklistItemId]>),
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

    pub fn of_checklist(state: &BoardState, task: TaskId, list: ChecklistId) -> Self {
        let lists = checklists(state, task).into_iter().flat_map(Checklists::lists);
        Self::Checklist(task, Neighbours::of(list, lists.map(|list| list.id)))
    }

    pub fn of_task(state: &BoardState, column: ColumnId, task: TaskId) -> Self {
        Self::Task(column, Neighbours::of(task, state.column_task_ids(column)))
    }
}

/// The place of an item that was in a checklist when that had this order: after the nearest one above it that is there.
fn item_place(
    order: &[ChecklistItemId],
    item: ChecklistItemId,
    is_there: impl Fn(ChecklistItemId) -> bool,
) -> Place<ChecklistItemId> {
    match order.iter().position(|id| *id == item) {
        Some(index) => {
            order[..index].iter().rev().find(|id| is_there(**id)).map_or(Place::First, |id| Place::After(*id))
        }
        None => Place::Last,
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
        Op::UpdateChecklist(op) => op.guard = guard,
        Op::UpdateChecklistItem(op) => op.guard = guard,
        Op::DeleteChecklistItems(op) => op.guard = guard,
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
        match (&mut op, &self.place) {
            (Op::UpdateColumn(UpdateColumn { place, .. }), Some(FormerPlace::Column(neighbours))) => {
                *place = Some(column_place(*neighbours));
            }
            (Op::CreateColumn(create), Some(FormerPlace::Column(neighbours))) => {
                create.place = column_place(*neighbours)
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
            ) => *place = Some(task_place(*column, *neighbours)),
            (Op::UpdateChecklist(UpdateChecklist { place, .. }), Some(FormerPlace::Checklist(task, neighbours))) => {
                let is_there =
                    |id| checklists(state, *task).is_some_and(|lists| lists.lists().any(|list| list.id == id));
                *place = Some(neighbours.place(is_there));
            }
            (
                Op::UpdateChecklistItem(UpdateChecklistItem { item, place, .. }),
                Some(FormerPlace::Items(task, list, order)),
            ) => *place = Some(item_place(order, *item, |id| is_item_of(state, *task, *list, id))),
            (Op::AddChecklistItems(add), Some(FormerPlace::Items(task, list, order))) => {
                let mut restored = Vec::new();
                for new in &mut add.items {
                    let is_there = |id| restored.contains(&id) || is_item_of(state, *task, *list, id);
                    new.place = Some(item_place(order, new.item, is_there));
                    restored.push(new.item);
                }
            }
            _ => {}
        }
        set_guard(&mut op, guard);
        op
    }
}
