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

use crate::{
    id::{MutationId, TaskId},
    model::Seq,
    ops::{Change, ChangeKind, Inverse, Op, Part},
    refusal::Refusal,
    state::BoardState,
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
        let inverse = kind.inverse(view);
        if inverse.is_some() {
            self.redo.clear();
            self.undo.push_back(id);
            if self.undo.len() > MOST_STEPS {
                self.undo.pop_front();
            }
        }
        self.remember(id, Edit { seq: None, words: kind.label(view), inverse, before, undoes: None });
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
        let inverse = kind.inverse(view);
        match direction {
            Direction::Undo => self.redo.push(id),
            Direction::Redo => self.undo.push_back(id),
        }
        self.remember(id, Edit { seq: None, words, inverse, before, undoes: Some(undone) });
    }

    /// A change of ours came by the log, and is about to be applied to `confirmed`.
    pub fn confirmed(&mut self, change: &Change, confirmed: &BoardState) {
        let before = change.kind.numbers().into_iter().map(|part| (part, self.newest(part, confirmed))).collect();
        if let Some(edit) = self.edits.get_mut(&change.mutation) {
            edit.seq = Some(change.seq);
            edit.inverse = change.kind.inverse(confirmed);
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
                    let deleted = self
                        .inverse(**edit)
                        .is_some_and(|inverse| matches!(&inverse.op, Op::CreateColumn(create) if create.column == id));
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
