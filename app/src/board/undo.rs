//! Taking back one's own edits, and doing them again.
//!
//! An edit is taken back by its inverse, an ordinary mutation that goes the way of all others. What makes it an undo is its
//! guard: it is refused if somebody changed the same later. Three things are worth knowing:
//!
//! - The inverse is computed twice: when the edit is made, from what is shown, and again when its change comes by the log,
//!   from exactly what it was applied to. An undo is sent after that, so it puts back what was there directly before, also
//!   where somebody else's edit slipped in between.
//! - A redo is the undo of an undo. There is no other rule for it.
//! - Undoing leads back to the state before the edit, under a new number. So an older edit may be undone if the newest change
//!   of what it changed is that edit itself, or an undo that leads back to it: see [`UndoStack::leads_back`]. A change of
//!   somebody else in between breaks that chain.

use std::collections::{HashMap, VecDeque};

use super::state::BoardState;
use crate::{
    change::{Change, ChangeKind},
    id::{ColumnId, MutationId, TaskId},
    model::{Column, Seq, Task},
    mutation::{
        CreateColumn, DeleteColumn, DeleteTask, Op, Place, Refusal, RestoreTask, UpdateBoard, UpdateColumn, UpdateTask,
    },
};

/// How many edits can be undone.
const MOST_STEPS: usize = 100;

/// How many edits are remembered, undone ones and undos included, to find the way back to those that can be undone.
const MOST_EDITS: usize = 1_000;

/// Whether to undo or to redo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Take an edit back.
    Undo,
    /// Do an edit again that was taken back.
    Redo,
}

/// Something on a board whose changes have one number: whoever undoes a change of it checks that one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The name of the board.
    Name,
    /// A column with all its fields, its place among the others included.
    Column(ColumnId),
    /// A task with all its fields.
    Task(TaskId),
    /// A title.
    Title(TaskId),
    /// A description.
    Description(TaskId),
    /// A priority.
    Priority(TaskId),
    /// A due date.
    Due(TaskId),
    /// Whose a task is.
    Assignees(TaskId),
    /// Where a task is: its place in a column, or the trash.
    Place(TaskId),
}

impl Part {
    /// What a change gives its number to.
    pub fn moved_by(kind: &ChangeKind) -> Vec<Self> {
        match kind {
            ChangeKind::BoardCreated { .. }
            | ChangeKind::BoardDeleted {}
            | ChangeKind::MemberSet { .. }
            | ChangeKind::ShareLinkCreated { .. }
            | ChangeKind::ShareLinkRevoked { .. } => Vec::new(),
            ChangeKind::BoardUpdated { name, .. } => Vec::from_iter(name.as_ref().map(|_| Self::Name)),
            ChangeKind::ColumnCreated { column, .. } => vec![Self::Column(column.id)],
            ChangeKind::ColumnUpdated { column, .. } | ChangeKind::ColumnDeleted { column } => {
                vec![Self::Column(*column)]
            }
            ChangeKind::TaskCreated { task, .. } => {
                vec![Self::Task(*task), Self::Title(*task), Self::Description(*task)]
            }
            kind if kind.changes_nothing() => Vec::new(),
            ChangeKind::TaskUpdated { task, title, description, priority, due, assigned, unassigned, rank, .. } => {
                let fields = [
                    (title.is_some(), Self::Title(*task)),
                    (description.is_some(), Self::Description(*task)),
                    (priority.is_some(), Self::Priority(*task)),
                    (due.is_some(), Self::Due(*task)),
                    (!assigned.is_empty() || !unassigned.is_empty(), Self::Assignees(*task)),
                    (rank.is_some(), Self::Place(*task)),
                ];
                let set = fields.into_iter().filter_map(|(is_set, part)| is_set.then_some(part));
                [Self::Task(*task)].into_iter().chain(set).collect()
            }
            ChangeKind::TaskDeleted { task, .. } | ChangeKind::TaskRestored { task, .. } => {
                vec![Self::Task(*task), Self::Place(*task)]
            }
        }
    }

    /// The number of its newest change; 0 where it has none, or is not there.
    pub fn newest(self, state: &BoardState) -> Seq {
        let task = |id, number: fn(&Task) -> Seq| state.task(id).map_or(0, |task| number(task));
        match self {
            Self::Name => state.name_seq(),
            Self::Column(id) => state.column(id).map_or(0, |column| column.seq),
            Self::Task(id) => task(id, |task| task.seq),
            Self::Title(id) => task(id, |task| task.title_seq),
            Self::Description(id) => task(id, |task| task.description_seq),
            Self::Priority(id) => task(id, |task| task.priority_seq),
            Self::Due(id) => task(id, |task| task.due_seq),
            Self::Assignees(id) => task(id, |task| task.assignees_seq),
            Self::Place(id) => task(id, |task| task.place_seq),
        }
    }
}

/// What would take an edit back.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Inverse {
    Name(String),
    CreateColumn(Column, Spot<ColumnId>),
    UpdateColumn(UpdateColumn, Option<Spot<ColumnId>>),
    DeleteColumn(ColumnId),
    UpdateTask(UpdateTask, Option<Spot<TaskId>>),
    DeleteTask(TaskId),
    RestoreTask(TaskId, ColumnId, Spot<TaskId>),
}

/// A place among siblings, by both neighbours: where one of them has gone meanwhile, the other tells it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Spot<Id> {
    above: Option<Id>,
    below: Option<Id>,
}

impl<Id: Copy + PartialEq> Spot<Id> {
    fn of(id: Id, siblings: impl Iterator<Item = Id>) -> Self {
        let mut spot = Self { above: None, below: None };
        let mut found = false;
        for sibling in siblings {
            if found {
                spot.below = Some(sibling);
                break;
            }
            found = sibling == id;
            if !found {
                spot.above = Some(sibling);
            }
        }
        spot
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

impl Inverse {
    /// What would take back `kind`, which is to happen to `before`. `None` if it changes nothing, or cannot be taken back.
    pub fn of(before: &BoardState, kind: &ChangeKind) -> Option<Self> {
        match kind {
            // Who has access is not given back or taken away by a shortcut.
            ChangeKind::BoardCreated { .. }
            | ChangeKind::BoardDeleted {}
            | ChangeKind::MemberSet { .. }
            | ChangeKind::ShareLinkCreated { .. }
            | ChangeKind::ShareLinkRevoked { .. } => None,
            ChangeKind::BoardUpdated { name, .. } => {
                let is_other = name.as_ref().is_some_and(|name| name != before.name());
                is_other.then(|| Self::Name(before.name().to_owned()))
            }
            ChangeKind::ColumnCreated { column, .. } => Some(Self::DeleteColumn(column.id)),
            ChangeKind::ColumnUpdated { column, name, column_kind, rank, .. } => {
                let column = before.column(*column)?;
                let update = UpdateColumn {
                    name: name.as_ref().filter(|name| **name != column.name).map(|_| column.name.clone()),
                    kind: column_kind.filter(|kind| *kind != column.kind).map(|_| column.kind),
                    ..UpdateColumn::of(column.id)
                };
                let spot = rank.as_ref().map(|_| column_spot(before, column.id));
                let is_any = update.name.is_some() || update.kind.is_some() || spot.is_some();
                is_any.then_some(Self::UpdateColumn(update, spot))
            }
            ChangeKind::ColumnDeleted { column } => {
                let column = before.column(*column)?;
                Some(Self::CreateColumn(Column::clone(column), column_spot(before, column.id)))
            }
            ChangeKind::TaskCreated { task, .. } | ChangeKind::TaskRestored { task, .. } => {
                Some(Self::DeleteTask(*task))
            }
            ChangeKind::TaskUpdated { task, title, description, priority, due, assigned, unassigned, rank, .. } => {
                let task = before.task(*task)?;
                let spot = rank.as_ref().map(|_| task_spot(before, task));
                let was =
                    |new: &Option<String>, old: &String| new.as_ref().filter(|new| *new != old).map(|_| old.clone());
                let update = UpdateTask {
                    title: was(title, &task.title),
                    description: was(description, &task.description),
                    priority: priority.filter(|new| *new != task.priority).map(|_| task.priority),
                    due: due.filter(|new| *new != task.due).map(|_| task.due),
                    assign: unassigned.clone(),
                    unassign: assigned.clone(),
                    column: spot.map(|_| task.column),
                    ..UpdateTask::of(task.id)
                };
                let is_any = update != UpdateTask::of(task.id);
                is_any.then_some(Self::UpdateTask(update, spot))
            }
            ChangeKind::TaskDeleted { task, .. } => {
                let task = before.task(*task)?;
                Some(Self::RestoreTask(task.id, task.column, task_spot(before, task)))
            }
        }
    }

    /// What nobody else may have changed since.
    pub fn guarded(&self) -> Vec<Part> {
        match self {
            Self::Name(_) => vec![Part::Name],
            // What does not exist, nobody can change.
            Self::CreateColumn(..) => Vec::new(),
            Self::UpdateColumn(UpdateColumn { column, .. }, _) | Self::DeleteColumn(column) => {
                vec![Part::Column(*column)]
            }
            Self::UpdateTask(update, _) => {
                let task = update.task;
                let fields = [
                    (update.title.is_some(), Part::Title(task)),
                    (update.description.is_some(), Part::Description(task)),
                    (update.priority.is_some(), Part::Priority(task)),
                    (update.due.is_some(), Part::Due(task)),
                    (!update.assign.is_empty() || !update.unassign.is_empty(), Part::Assignees(task)),
                    (update.column.is_some(), Part::Place(task)),
                ];
                fields.into_iter().filter_map(|(is_set, part)| is_set.then_some(part)).collect()
            }
            // Nothing that others added goes with it.
            Self::DeleteTask(task) => vec![Part::Task(*task)],
            Self::RestoreTask(task, ..) => vec![Part::Place(*task)],
        }
    }

    /// The mutation that takes the edit back on this board, refused if what it is guarded by was changed after `guard`.
    pub fn op(&self, state: &BoardState, guard: Option<Seq>) -> Op {
        let task_place = |spot: Spot<TaskId>, column: Option<ColumnId>| {
            spot.place(|id| state.live_task(id).is_some_and(|task| Some(task.column) == column))
        };
        let column_place = |spot: Spot<ColumnId>| spot.place(|id| state.column(id).is_some());
        match self.clone() {
            Self::Name(name) => Op::UpdateBoard(UpdateBoard { guard, name: Some(name), ..UpdateBoard::default() }),
            Self::CreateColumn(Column { id, name, kind, .. }, spot) => {
                Op::CreateColumn(CreateColumn { column: id, name, kind, place: column_place(spot) })
            }
            Self::UpdateColumn(update, spot) => {
                Op::UpdateColumn(UpdateColumn { guard, place: spot.map(column_place), ..update })
            }
            Self::DeleteColumn(column) => Op::DeleteColumn(DeleteColumn { column, guard }),
            Self::UpdateTask(update, spot) => {
                let place = spot.map(|spot| task_place(spot, update.column));
                Op::UpdateTask(UpdateTask { guard, place, ..update })
            }
            Self::DeleteTask(task) => Op::DeleteTask(DeleteTask { task, base: guard }),
            Self::RestoreTask(task, column, spot) => {
                let place = Some(task_place(spot, Some(column)));
                Op::RestoreTask(RestoreTask { task, guard, column: Some(column), place })
            }
        }
    }
}

fn task_spot(state: &BoardState, task: &Task) -> Spot<TaskId> {
    Spot::of(task.id, state.lane_ids(task.column))
}

fn column_spot(state: &BoardState, column: ColumnId) -> Spot<ColumnId> {
    Spot::of(column, state.columns().map(|column| column.id))
}

/// An edit of this page's, an undo or redo included.
#[derive(Clone, Debug)]
struct Edit {
    /// Its number, once it is known that it is saved.
    seq: Option<Seq>,
    /// What to call it: `move Tea`. An undo goes by the name of what it undoes.
    words: String,
    /// What takes it back; `None` if it changes nothing.
    inverse: Option<Inverse>,
    /// The edit of ours that was the newest change of each part it changed, or `None` where that was none of ours.
    before: Vec<(Part, Option<MutationId>)>,
    /// The edit that it takes back.
    undoes: Option<MutationId>,
}

impl Edit {
    /// Whether a part that it gave its number to is another than before: what is set to what it was already is not.
    fn changes(&self, part: Part) -> bool {
        match &self.inverse {
            None => false,
            Some(inverse @ Inverse::UpdateTask(update, _)) => {
                part == Part::Task(update.task) || inverse.guarded().contains(&part)
            }
            Some(_) => true,
        }
    }

    fn before(&self, part: Part) -> Option<MutationId> {
        self.before.iter().find(|(of, _)| *of == part).and_then(|(_, id)| *id)
    }
}

/// What can be undone and redone, and what is needed to tell whether it still may be.
#[derive(Clone, Debug, Default)]
pub(super) struct UndoStack {
    /// Edits that are in force, oldest first.
    undo: VecDeque<MutationId>,
    /// Undos that are in force, oldest first.
    redo: Vec<MutationId>,
    edits: HashMap<MutationId, Edit>,
    /// Those of `edits`, oldest first.
    order: VecDeque<MutationId>,
}

impl UndoStack {
    /// What was called so can be undone or redone next.
    pub fn next(&self, direction: Direction) -> Option<&str> {
        let id = match direction {
            Direction::Undo => self.undo.back(),
            Direction::Redo => self.redo.last(),
        };
        Some(self.edits.get(id?)?.words.as_str())
    }

    /// Takes the newest step off: the edit to be taken back.
    pub fn pop(&mut self, direction: Direction) -> Option<MutationId> {
        match direction {
            Direction::Undo => self.undo.pop_back(),
            Direction::Redo => self.redo.pop(),
        }
    }

    /// An edit was made on `view`.
    pub fn made(
        &mut self,
        id: MutationId,
        view: &BoardState,
        kind: &ChangeKind,
        before: Vec<(Part, Option<MutationId>)>,
    ) {
        let inverse = Inverse::of(view, kind);
        if inverse.is_some() {
            self.redo.clear();
            self.undo.push_back(id);
            if self.undo.len() > MOST_STEPS {
                self.undo.pop_front();
            }
        }
        self.remember(id, Edit { seq: None, words: words(view, kind), inverse, before, undoes: None });
    }

    /// `id` takes back `undone`, on `view`.
    pub fn undone(
        &mut self,
        direction: Direction,
        id: MutationId,
        undone: MutationId,
        view: &BoardState,
        kind: &ChangeKind,
        before: Vec<(Part, Option<MutationId>)>,
    ) {
        let words = self.words(undone).to_owned();
        let inverse = Inverse::of(view, kind);
        match direction {
            Direction::Undo => self.redo.push(id),
            Direction::Redo => self.undo.push_back(id),
        }
        self.remember(id, Edit { seq: None, words, inverse, before, undoes: Some(undone) });
    }

    /// A change of ours came by the log, and is about to be applied to `confirmed`.
    pub fn confirmed(&mut self, change: &Change, confirmed: &BoardState) {
        let before =
            Part::moved_by(&change.kind).into_iter().map(|part| (part, self.newest(part, confirmed))).collect();
        if let Some(edit) = self.edits.get_mut(&change.mutation) {
            edit.seq = Some(change.seq);
            edit.inverse = Inverse::of(confirmed, &change.kind);
            edit.before = before;
        }
    }

    /// A snapshot contains an edit of ours. What it was applied to is not known, so nothing leads back through it.
    pub fn contained(&mut self, id: MutationId, seq: Seq) {
        if let Some(edit) = self.edits.get_mut(&id).filter(|edit| edit.seq.is_none()) {
            edit.seq = Some(seq);
            edit.before.clear();
        }
    }

    /// An edit did not happen after all.
    pub fn forget(&mut self, id: MutationId) {
        self.undo.retain(|other| *other != id);
        self.redo.retain(|other| *other != id);
        self.order.retain(|other| *other != id);
        self.edits.remove(&id);
    }

    /// Whether an edit is remembered: one that did not happen is not.
    pub fn knows(&self, id: MutationId) -> bool {
        self.edits.contains_key(&id)
    }

    /// What an edit is called.
    pub fn words(&self, id: MutationId) -> &str {
        self.edits.get(&id).map_or("", |edit| &edit.words)
    }

    /// What takes an edit back.
    pub fn inverse(&self, id: MutationId) -> Option<&Inverse> {
        self.edits.get(&id)?.inverse.as_ref()
    }

    /// The number of an edit that is saved.
    pub fn number(&self, id: MutationId) -> Option<Seq> {
        self.edits.get(&id)?.seq
    }

    /// The edit of ours that is the newest change of a part in a state of the log; `None` if that is none of ours.
    pub fn newest(&self, part: Part, confirmed: &BoardState) -> Option<MutationId> {
        let mut newest_first = self.order.iter().rev();
        match part {
            // A column that is gone has no number any more. If we deleted it, that was its newest change.
            Part::Column(id) if confirmed.column(id).is_none() => newest_first
                .find(|edit| {
                    let deleted =
                        matches!(self.inverse(**edit), Some(Inverse::CreateColumn(column, _)) if column.id == id);
                    deleted && self.number(**edit).is_some()
                })
                .copied(),
            part => {
                let seq = part.newest(confirmed);
                newest_first.find(|edit| self.number(**edit) == Some(seq)).copied()
            }
        }
    }

    /// Whether a part is as `target` left it, when `newest` is the newest change of it: that is `target` itself, or an undo
    /// that leads back to it because nobody else's change lies between it and what it undid.
    pub fn leads_back(&self, part: Part, newest: Option<MutationId>, target: MutationId) -> bool {
        let mut at = newest;
        while let Some(id) = at.filter(|id| *id != target) {
            let Some(edit) = self.edits.get(&id) else { return false };
            at = match edit.undoes {
                Some(undone) if self.leads_back(part, edit.before(part), undone) => {
                    self.edits.get(&undone).and_then(|undone| undone.before(part))
                }
                None if !edit.changes(part) => edit.before(part),
                _ => return false,
            };
        }
        at.is_some()
    }

    fn remember(&mut self, id: MutationId, edit: Edit) {
        self.edits.insert(id, edit);
        self.order.push_back(id);
        if self.order.len() > MOST_EDITS
            && let Some(oldest) = self.order.pop_front()
        {
            self.edits.remove(&oldest);
        }
    }
}

/// An edit that was taken back, or done again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undone {
    /// What it is called: `move Tea`.
    pub words: String,
    /// The task it was about.
    pub task: Option<TaskId>,
}

/// Why an edit was not taken back, or not done again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotUndone {
    /// Which of the two was asked for.
    pub direction: Direction,
    /// What the edit is called.
    pub words: String,
    /// [`Refusal::Stale`] if somebody else changed the same later.
    pub refusal: Refusal,
}

/// What to call an edit, after "Undo" and "Redo".
fn words(before: &BoardState, kind: &ChangeKind) -> String {
    let task = |id: &TaskId| before.task(*id).map_or("a task", |task| &task.title);
    let column = |id: &ColumnId| before.column(*id).map_or("", |column| &column.name);
    let is_done =
        |id: &ColumnId| before.column(*id).is_some_and(|column| column.kind == crate::model::ColumnKind::Done);
    let (what, of) = match kind {
        ChangeKind::BoardCreated { .. } => ("create the board", ""),
        ChangeKind::BoardUpdated { .. } => ("rename the board", ""),
        ChangeKind::BoardDeleted {} => ("delete the board", ""),
        ChangeKind::MemberSet { .. } | ChangeKind::ShareLinkCreated { .. } | ChangeKind::ShareLinkRevoked { .. } => {
            ("change who has access", "")
        }
        ChangeKind::ColumnCreated { column, .. } => ("add column", column.name.as_str()),
        ChangeKind::ColumnUpdated { column: id, name: Some(_), .. } => ("rename column", column(id)),
        ChangeKind::ColumnUpdated { column: id, rank: Some(_), .. } => ("move column", column(id)),
        ChangeKind::ColumnUpdated { column: id, .. } => ("change the kind of column", column(id)),
        ChangeKind::ColumnDeleted { column: id } => ("delete column", column(id)),
        ChangeKind::TaskCreated { title, .. } => ("add", title.as_str()),
        ChangeKind::TaskUpdated { task: id, title: Some(_), .. } => ("rename", task(id)),
        ChangeKind::TaskUpdated { task: id, description: Some(_), .. } => ("edit the description of", task(id)),
        ChangeKind::TaskUpdated { task: id, column: Some(to), .. } => {
            let was_done = before.task(*id).is_some_and(|task| is_done(&task.column));
            match (was_done, is_done(to)) {
                (false, true) => ("complete", task(id)),
                (true, false) => ("reopen", task(id)),
                _ => ("move", task(id)),
            }
        }
        ChangeKind::TaskUpdated { task: id, rank: Some(_), .. } => ("move", task(id)),
        ChangeKind::TaskUpdated { task: id, priority: Some(_), .. } => ("set the priority of", task(id)),
        ChangeKind::TaskUpdated { task: id, due: Some(_), .. } => ("set the due date of", task(id)),
        ChangeKind::TaskUpdated { task: id, assigned, .. } if !assigned.is_empty() => ("assign", task(id)),
        ChangeKind::TaskUpdated { task: id, unassigned, .. } if !unassigned.is_empty() => ("unassign", task(id)),
        ChangeKind::TaskUpdated { task: id, .. } => ("edit", task(id)),
        ChangeKind::TaskDeleted { task: id, .. } => ("delete", task(id)),
        ChangeKind::TaskRestored { task: id, .. } => ("restore", task(id)),
    };
    format!("{what} {}", shortened(of)).trim_end().to_owned()
}

/// Enough of a text to know which it is.
pub fn shortened(text: &str) -> String {
    const MOST: usize = 60;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text.to_owned(),
    }
}
