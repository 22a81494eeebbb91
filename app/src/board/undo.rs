//! Undo and redo of a person's own edits.
//!
//! The inverse of an edit is an ordinary mutation. Its guard makes it an undo: it is refused if somebody changed the
//! same parts later.
//!
//! - The inverse is computed twice: when the edit is made, from the displayed state, and again when its change arrives
//!   in the log, from the state to which it is applied. An undo is sent after that. So it restores the state directly
//!   before the edit, even if an edit by somebody else came in between.
//! - A redo is the undo of an undo, without further rules.
//! - An undo restores the state before the edit, under a new number. So an older edit may be undone if the newest
//!   change of the parts that it changed is that edit itself, or an undo that leads back to it: see
//!   [`UndoStack::leads_back`]. A change by somebody else in between breaks this chain.

use std::collections::{HashMap, VecDeque};

use crate::{
    id::{ChecklistId, CommentId, MutationId, TaskId},
    model::Seq,
    ops::{Change, ChangeKind, Inverse, Op, Part},
    refusal::Refusal,
    state::BoardState,
};

/// The most edits that can be undone.
const MOST_STEPS: usize = 100;

/// The most edits that are remembered, including undone edits and undos, to find the chain back to those that can be
/// undone.
const MOST_EDITS: usize = 1_000;

/// Whether to undo or to redo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Undo an edit.
    Undo,
    /// Redo an undone edit.
    Redo,
}

/// An edit of this page, including undos and redos.
#[derive(Clone, Debug)]
struct Edit {
    /// Its sequence number, once it is known to be saved.
    seq: Option<Seq>,
    /// Its label, such as `move Tea`. An undo has the label of the edit that it undoes.
    words: String,
    /// Its inverse; `None` if it changes nothing or cannot be undone.
    inverse: Option<Inverse>,
    /// For each part whose number it set, the edit of ours that was the newest change before; `None` if that was not
    /// one of ours.
    before: Vec<(Part, Option<MutationId>)>,
    /// The edit that it undoes, if it is an undo or a redo.
    undoes: Option<MutationId>,
    /// The first of the edits with which it was made as one: they are undone and redone together.
    together: Option<MutationId>,
}

impl Edit {
    /// Whether it changed a part whose number it set. A value that is set to the same value has not changed.
    fn changes(&self, part: Part) -> bool {
        match &self.inverse {
            None => false,
            Some(Inverse { op: Op::UpdateTask(update), guarded, .. }) => {
                part == Part::Task(update.task) || guarded.contains(&part)
            }
            Some(_) => true,
        }
    }

    fn before(&self, part: Part) -> Option<MutationId> {
        self.before.iter().find(|(of, _)| *of == part).and_then(|(_, id)| *id)
    }
}

/// The edits that can be undone and redone, and the data to determine whether they still may be.
#[derive(Clone, Debug, Default)]
pub(super) struct UndoStack {
    /// The edits in effect, oldest first.
    undo: VecDeque<MutationId>,
    /// The undos in effect, oldest first.
    redo: Vec<MutationId>,
    edits: HashMap<MutationId, Edit>,
    /// The ids of `edits`, oldest first.
    order: VecDeque<MutationId>,
}

impl UndoStack {
    /// Makes one of several edits, with a label for all of them.
    pub fn join(&mut self, edits: &[MutationId], words: &str) {
        for id in edits {
            if let Some(edit) = self.edits.get_mut(id) {
                words.clone_into(&mut edit.words);
                edit.together = edits.first().copied();
            }
        }
    }

    /// Returns the first of the edits that are undone or redone together with the newest entry, if it is not alone.
    pub fn together(&self, direction: Direction) -> Option<MutationId> {
        self.edits.get(&self.next(direction)?)?.together
    }

    /// Returns the newest entry: the edit to undo or redo next.
    pub fn next(&self, direction: Direction) -> Option<MutationId> {
        match direction {
            Direction::Undo => self.undo.back().copied(),
            Direction::Redo => self.redo.last().copied(),
        }
    }

    /// Whether the next undos and redos include edits of the checklists of a task.
    pub fn needs_checklists_of(&self, task: TaskId) -> bool {
        let mut inverses = self.undo.iter().chain(&self.redo).filter_map(|id| self.inverse(*id));
        inverses.any(|inverse| inverse.op.checklists_of() == Some(task))
    }

    /// Removes the newest entry.
    pub fn pop(&mut self, direction: Direction) {
        match direction {
            Direction::Undo => self.undo.pop_back(),
            Direction::Redo => self.redo.pop(),
        };
    }

    /// Records an edit that was made on `view`.
    pub fn made(
        &mut self,
        id: MutationId,
        view: &BoardState,
        kind: &ChangeKind,
        before: Vec<(Part, Option<MutationId>)>,
    ) {
        let inverse = kind.inverse(view);
        if inverse.is_some() {
            self.redo.clear();
            self.undo.push_back(id);
            if self.undo.len() > MOST_STEPS {
                self.undo.pop_front();
            }
        }
        self.remember(id, Edit { seq: None, words: kind.label(view), inverse, before, undoes: None, together: None });
    }

    /// Records that `id` undoes `undone`, on `view`.
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
        let together = self.edits.get(&undone).and_then(|edit| edit.together);
        let inverse = kind.inverse(view);
        match direction {
            Direction::Undo => self.redo.push(id),
            Direction::Redo => self.undo.push_back(id),
        }
        self.remember(id, Edit { seq: None, words, inverse, before, undoes: Some(undone), together });
    }

    /// Records that a change of ours has arrived in the log. It is about to be applied to `confirmed`.
    pub fn confirmed(&mut self, change: &Change, confirmed: &BoardState) {
        let before = change.kind.numbers().into_iter().map(|part| (part, self.newest(part, confirmed))).collect();
        if let Some(edit) = self.edits.get_mut(&change.mutation) {
            edit.seq = Some(change.seq);
            edit.inverse = change.kind.inverse(confirmed);
            edit.before = before;
        }
    }

    /// Records that a snapshot contains an edit of ours. The state to which it was applied is not known, so no chain
    /// leads back through it.
    pub fn contained(&mut self, id: MutationId, seq: Seq) {
        if let Some(edit) = self.edits.get_mut(&id).filter(|edit| edit.seq.is_none()) {
            edit.seq = Some(seq);
            edit.before.clear();
        }
    }

    /// Removes an edit that was not applied.
    pub fn forget(&mut self, id: MutationId) {
        self.undo.retain(|other| *other != id);
        self.redo.retain(|other| *other != id);
        self.order.retain(|other| *other != id);
        self.edits.remove(&id);
    }

    /// Whether an edit is remembered. An edit that was not applied is not.
    pub fn knows(&self, id: MutationId) -> bool {
        self.edits.contains_key(&id)
    }

    /// Whether an edit that may be undone or redone is about this comment.
    pub fn names_comment(&self, comment: CommentId) -> bool {
        self.edits
            .values()
            .filter_map(|edit| edit.inverse.as_ref())
            .any(|inverse| inverse.op.comment() == Some(comment))
    }

    /// Returns the label of an edit.
    pub fn words(&self, id: MutationId) -> &str {
        self.edits.get(&id).map_or("", |edit| &edit.words)
    }

    /// Returns the inverse of an edit.
    pub fn inverse(&self, id: MutationId) -> Option<&Inverse> {
        self.edits.get(&id)?.inverse.as_ref()
    }

    /// Returns the number of a saved edit.
    pub fn number(&self, id: MutationId) -> Option<Seq> {
        self.edits.get(&id)?.seq
    }

    /// Returns the edit of ours that is the newest change of a part in a state of the log; `None` if the newest change
    /// is not one of ours.
    pub fn newest(&self, part: Part, confirmed: &BoardState) -> Option<MutationId> {
        let mut newest_first = self.order.iter().rev();
        match part {
            // A deleted column, label or item has no number any more. If we deleted it, that was its newest change.
            part if part.newest(confirmed) == 0 => newest_first
                .find(|edit| {
                    let deleted = self.inverse(**edit).is_some_and(|inverse| match (&inverse.op, part) {
                        (Op::CreateColumn(create), Part::Column(id)) => create.column == id,
                        (Op::CreateLabel(create), Part::Label(id)) => create.label == id,
                        (Op::AddChecklistItems(add), Part::ChecklistItem(task, id)) => {
                            add.task == task && add.items.iter().any(|item| item.item == id)
                        }
                        _ => false,
                    });
                    deleted && self.number(**edit).is_some()
                })
                .copied(),
            part => {
                let seq = Some(part.newest(confirmed));
                // What is left of a checklist is as old as before. If we took items out of it later, that was its newest change.
                let took_out = |edit: MutationId| {
                    let Part::ChecklistContents(task, list) = part else { return false };
                    let inverse = self.inverse(edit).filter(|_| self.number(edit) > seq);
                    inverse.is_some_and(|inverse| puts_items_into(&inverse.op, task, list))
                };
                newest_first.find(|edit| self.number(**edit) == seq || took_out(**edit)).copied()
            }
        }
    }

    /// Whether a part is as `target` left it, given its newest change. That is `target` itself, or an undo that leads
    /// back to it, because nobody else changed the part between the undo and the undone edit.
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

/// Whether an operation puts items into a checklist.
fn puts_items_into(op: &Op, task: TaskId, list: ChecklistId) -> bool {
    match op {
        Op::AddChecklistItems(add) => add.task == task && add.checklist == list,
        Op::UpdateChecklistItem(update) => update.task == task && update.checklist == Some(list),
        _ => false,
    }
}

/// An edit that was undone or redone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undone {
    /// Its label, such as `move Tea`.
    pub words: String,
    /// The task that it is about, if any.
    pub task: Option<TaskId>,
}

/// The reason why an edit was not undone or redone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotUndone {
    /// Whether an undo or a redo was requested.
    pub direction: Direction,
    /// The label of the edit.
    pub words: String,
    /// [`Refusal::Stale`] if somebody else changed the same parts later.
    pub refusal: Refusal,
}
