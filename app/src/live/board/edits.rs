//! The edits of this page: shown at once, undone, redone, saved or refused.

use leptos::prelude::*;

use super::{LiveBoard, MaybeSet, now};
use crate::{
    board::{Direction, NotUndone, TextBase, Undone},
    id::{MutationId, TaskId},
    live::session::BoardUnavailable,
    model::TextField,
    ops::{Mutation, Op},
    refusal::{Refusal, Thing},
};

/// The signals of this page's edits.
#[derive(Default)]
pub(super) struct Edits {
    pub(super) unsaved: ArcRwSignal<usize>,
    pub(super) problems: ArcRwSignal<Vec<Problem>>,
    pub(super) deletions: ArcRwSignal<Vec<TaskId>>,
    pub(super) undoable: ArcRwSignal<Option<String>>,
    pub(super) redoable: ArcRwSignal<Option<String>>,
    pub(super) not_undone: ArcRwSignal<Vec<NotUndone>>,
}

/// An edit of this page that was refused and rolled back.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// The refused mutation, which contains the typed text.
    pub mutation: Mutation,
    /// The reason.
    pub refusal: Refusal,
}

impl LiveBoard {
    /// Returns the label of the next undo or redo, such as `move Tea`; `None` if there is none.
    pub fn next_undo(&self, direction: Direction) -> ArcRwSignal<Option<String>> {
        match direction {
            Direction::Undo => self.0.edits.undoable.clone(),
            Direction::Redo => self.0.edits.redoable.clone(),
        }
    }

    /// Makes one of several edits of this page, for undo and redo, with a label for all of them.
    pub fn join(&self, edits: &[MutationId], words: &str) {
        self.session().join(edits, words);
        self.tell_undo();
    }

    /// Undoes the last edit of this page, or redoes the last undone edit, with those that were joined to it. These are
    /// ordinary edits: they show at once and are kept until they are saved. `None` if there is nothing to undo.
    pub fn undo(&self, direction: Direction) -> Option<Result<Undone, NotUndone>> {
        let together = self.session().board().together(direction);
        let mut done = self.undo_one(direction)?;
        while together.is_some() && self.session().board().together(direction) == together {
            match self.undo_one(direction) {
                // It stays on the stack.
                None | Some(Err(NotUndone { refusal: Refusal::Archived, .. })) => break,
                // One that is refused is reported; the others are undone all the same.
                Some(next) if done.is_ok() => done = next,
                Some(_) => {}
            }
        }
        Some(done)
    }

    fn undo_one(&self, direction: Direction) -> Option<Result<Undone, NotUndone>> {
        let id = crate::new_id();
        let done = self.session().undo(direction, id, now())?;
        let done = done.map(|(outcome, undone)| {
            self.take(outcome);
            undone
        });
        self.tell_undo();
        if let Ok(Undone { task: Some(task), .. }) = &done
            && self.with(|board| board.live_task(*task).is_some())
        {
            self.forget_deletion(*task);
        }
        Some(done)
    }

    /// Returns undos and redos that were possible here and then refused, until a view takes them.
    pub fn not_undone(&self) -> ArcRwSignal<Vec<NotUndone>> {
        self.0.edits.not_undone.clone()
    }

    pub(super) fn tell_undo(&self) {
        let next = |direction| self.session().board().next_undo(direction).map(str::to_owned);
        self.0.edits.undoable.maybe_set(next(Direction::Undo));
        self.0.edits.redoable.maybe_set(next(Direction::Redo));
    }

    /// Returns the number of edits of this page that are not known to be saved.
    pub fn unsaved(&self) -> ArcRwSignal<usize> {
        self.0.edits.unsaved.clone()
    }

    /// Returns refused edits of this page, oldest first, until [`Self::dismiss`].
    pub fn problems(&self) -> ArcRwSignal<Vec<Problem>> {
        self.0.edits.problems.clone()
    }

    /// Whether a typed text is in conflict with another, and the person has not chosen between them yet.
    pub fn has_conflict(&self) -> bool {
        self.0.edits.problems.read_untracked().iter().any(|problem| matches!(problem.refusal, Refusal::Conflict { .. }))
    }

    /// Removes a refused edit.
    pub fn dismiss(&self, id: MutationId) {
        self.0.edits.problems.update(|problems| problems.retain(|problem| problem.mutation.id != id));
    }

    /// Adds an edit that was refused here, before it was queued, to [`Self::problems`]. So the typed text is kept, on
    /// every view, until the person has handled it.
    pub fn report(&self, op: Op, refusal: Refusal) {
        let mutation = Mutation { id: crate::new_id(), op };
        self.0.edits.problems.update(|problems| problems.push(Problem { mutation, refusal }));
    }

    /// Keeps the text of a field that disappears in [`Self::problems`], if the field disappears because its edit is no
    /// longer possible. Returns whether that is the reason.
    pub fn rescue(&self, op: Op) -> bool {
        let refusal = match self.0.unavailable.get_untracked() {
            Some(BoardUnavailable::Forbidden) => Some(Refusal::Forbidden),
            Some(_) => Some(Refusal::not_found(Thing::Board)),
            None => self.session().board().check(&op).err(),
        };
        if let Some(refusal @ (Refusal::Forbidden | Refusal::NotFound { .. } | Refusal::Archived)) = refusal {
            self.report(op, refusal);
            return true;
        }
        false
    }

    /// Returns tasks that this page deleted and offers to restore, oldest first, until they are restored or
    /// [`Self::forget_deletion`] is called.
    pub fn deletions(&self) -> ArcRwSignal<Vec<TaskId>> {
        self.0.edits.deletions.clone()
    }

    /// Stops offering to restore a task; it stays in the trash.
    pub fn forget_deletion(&self, id: TaskId) {
        self.0.edits.deletions.update(|deletions| deletions.retain(|deleted| *deleted != id));
    }

    /// Returns the base for an editor that opens on the text as it is shown now. Pass it to [`Self::submit_text`].
    pub fn text_base(&self, task: TaskId, field: TextField) -> TextBase {
        self.session().text_base(task, field)
    }

    /// Applies an operation to the board. It shows at once, is kept until the server has saved it, and is rolled back,
    /// with a [`Problem`], if the server refuses it. If it is refused here, nothing changes.
    pub fn submit(&self, op: Op) -> Result<MutationId, Refusal> {
        self.submit_based(op, None)
    }

    /// Like [`Self::submit`], for the edit of a text that the editor opened at `base`.
    pub fn submit_text(&self, op: Op, base: TextBase) -> Result<MutationId, Refusal> {
        self.submit_based(op, Some(base))
    }

    pub(super) fn submit_based(&self, op: Op, base: Option<TextBase>) -> Result<MutationId, Refusal> {
        let id = crate::new_id();
        let (deleted, restored) = match &op {
            Op::DeleteTask(delete) => (Some(delete.task), None),
            Op::RestoreTask(restore) => (None, Some(restore.task)),
            _ => (None, None),
        };
        let outcome = self.session().submit(Mutation { id, op }, base, now())?;
        self.take(outcome);
        if let Some(task) = deleted {
            self.0.edits.deletions.update(|deletions| deletions.push(task));
        }
        if let Some(task) = restored {
            self.forget_deletion(task);
        }
        Ok(id)
    }
}
