//! A board that shows edits before they are saved.
//!
//! It has two states: `confirmed`, the result of the log, and `view`, which is `confirmed` with the queue of pending
//! mutations applied to it. After a new change of the log, only the parts that the queue or the change touched are
//! reset and replayed. So the cost of a change does not depend on the number of tasks.

use std::collections::{HashMap, HashSet, VecDeque};

use serde::{Deserialize, Serialize};

use super::undo::{Direction, NotUndone, UndoStack, Undone};
use crate::{
    access::{BoardRole, Principal},
    comment::CommentPage,
    fields::Field,
    id::{MutationId, TaskId},
    model::{Seq, TextField},
    ops::{Applied, Change, ChangeKind, Gap, Inverse, Mutation, Op, Part, decide, permit},
    refusal::Refusal,
    state::{self, BoardState, Entity, LoadedPart, Snapshot, Stamp, Touched},
    time::Timestamp,
};

/// See the [module](self).
#[derive(Clone, Debug)]
pub struct OptimisticBoard {
    confirmed: BoardState,
    view: BoardState,
    pending: VecDeque<Pending>,
    /// The parts in which `view` may differ from `confirmed`.
    overlay: Touched,
    /// The person who makes the edits.
    principal: Principal,
    /// For each decided mutation, the base of edits that follow it: its sequence number, or its own base if it was
    /// refused. Editors that were opened on a pending text need it.
    saved: HashMap<MutationId, Seq>,
    undo: UndoStack,
    loaded: Loaded,
}

/// The loaded parts of the board, beside its outline: see [`state::Part`].
#[derive(Clone, Debug, Default)]
struct Loaded {
    /// The parts that `confirmed` contains.
    parts: Vec<state::Part>,
    /// The number of the last snapshot. All later changes have been applied.
    since: Seq,
    /// The tasks that have been purged from the trash after that number.
    purged: HashSet<TaskId>,
}

#[derive(Clone, Debug)]
struct Pending {
    mutation: Mutation,
    at: Timestamp,
    /// Whether it was sent on the current connection.
    sent: bool,
    /// Its sequence number, if the server has accepted it but the change has not arrived yet.
    accepted: Option<Seq>,
    /// The pending mutation that set the text which this one edits. The number of that mutation becomes the base of
    /// this one.
    follows: Option<MutationId>,
    /// The parts whose sequence number it sets, if it is shown.
    moves: Vec<Part>,
    /// The edit that it undoes, if it is an undo or a redo.
    undoes: Option<Undoes>,
}

/// The target of an undo or a redo.
#[derive(Clone, Copy, Debug)]
struct Undoes {
    edit: MutationId,
    direction: Direction,
    guard: Guard,
}

/// The guard of an undo, which prevents it from reverting changes of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Guard {
    /// The guard will be the number of a change of ours that has not arrived yet. The undo is not sent before.
    Awaited,
    /// The number, or `None` if nothing needs a guard.
    Known(Option<Seq>),
    /// The guard is in the mutation, which may have been sent and must not change any more.
    Set,
}

impl Pending {
    /// Whether it cannot be sent until the change of another mutation has arrived.
    fn is_waiting(&self) -> bool {
        self.follows.is_some() || self.undoes.is_some_and(|undoes| undoes.guard == Guard::Awaited)
    }
}

impl Guard {
    fn number(self) -> Option<Seq> {
        if let Self::Known(number) = self { number } else { None }
    }
}

/// The version of a text on which an edit is based. It determines whether a later change by somebody else is a
/// conflict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TextBase {
    /// A saved text, with the number of the field's newest change.
    Saved(Seq),
    /// A pending text of ours.
    Pending(MutationId),
}

/// The outcome of a mutation of ours.
#[derive(Clone, Debug, PartialEq)]
pub enum Settled {
    /// The server saved it.
    Saved(MutationId),
    /// The server refused it, and it is no longer shown. Returns the mutation, so that the typed text is not lost.
    Refused(Box<Mutation>, Refusal),
    /// An undo or a redo that was refused, or that must not be sent any more.
    NotUndone(MutationId, NotUndone),
    /// An undo of an edit that was refused: there is nothing to undo.
    Needless(MutationId),
}

/// The outcome of a change of the log.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Received {
    /// The parts that may look different now.
    pub touched: Touched,
    /// The parts that the change touched, if it is not one of ours.
    pub remote_changes: Touched,
    /// The edits of ours that this decides.
    pub settled: Vec<Settled>,
}

impl OptimisticBoard {
    /// Creates a board without pending edits.
    pub fn new(confirmed: BoardState, principal: Principal) -> Self {
        Self {
            principal,
            view: confirmed.clone(),
            loaded: Loaded { since: confirmed.seq(), ..Loaded::default() },
            confirmed,
            pending: VecDeque::new(),
            overlay: Touched::default(),
            saved: HashMap::new(),
            undo: UndoStack::default(),
        }
    }

    /// Returns the loaded parts.
    pub fn loaded(&self) -> &[state::Part] {
        &self.loaded.parts
    }

    /// Loads a part. Returns `None` if the part is older than the last snapshot, or has older checklists, because the
    /// changes in between are not known here; then the part must be loaded again.
    pub fn load(&mut self, part: &LoadedPart) -> Option<Touched> {
        if part.seq < self.loaded.since || self.has_older_checklists(part) {
            return None;
        }
        if !self.loaded.parts.contains(&part.part) {
            self.loaded.parts.push(part.part);
        }
        let touched = self.confirmed.load(part, |task| self.loaded.purged.contains(&task));
        Some(self.replay(touched))
    }

    fn has_older_checklists(&self, part: &LoadedPart) -> bool {
        matches!(part.part, state::Part::Task(_))
            && part.tasks.iter().any(|task| {
                let known = self.confirmed.task(task.id).filter(|known| known.checklists().is_none());
                known.is_some_and(|known| !known.lacks_checklists_of(task))
            })
    }

    /// Removes the checklists of a task, which the page does not show any more, from memory. They stay if an edit of
    /// them can be undone, or is not saved.
    pub fn unload(&mut self, task: TaskId) -> Touched {
        let is_edited = self.overlay.contains(Entity::Task(task)) || self.undo.needs_checklists_of(task);
        let has_them = self.confirmed.task(task).is_some_and(|task| task.has_checklists());
        if is_edited || !has_them {
            return Touched::default();
        }
        self.loaded.parts.retain(|part| *part != state::Part::Task(task));
        self.confirmed.unload_checklists(task);
        self.replay([Entity::Task(task)].into_iter().collect())
    }

    /// Holds the comments of a task from now on: see [`BoardState::hold_comments`].
    pub fn hold_comments(&mut self, task: TaskId) {
        if self.confirmed.hold_comments(task) {
            self.view.hold_comments(task);
        }
    }

    /// Loads a page of comments. `None` if it is too old, or is not needed any more.
    pub fn load_comments(&mut self, page: &CommentPage) -> Option<Touched> {
        if page.seq < self.loaded.since || !self.confirmed.load_comments(page) {
            return None;
        }
        self.view.hold_as(&self.confirmed);
        let loaded = page.comments.iter().chain(&page.linked);
        let touched = loaded.map(|comment| Entity::Comment(comment.task, comment.id)).collect();
        Some(self.replay(touched))
    }

    /// Stops holding the comments of a task, but for those that may be needed for an undo.
    pub fn release_comments(&mut self, task: TaskId) {
        let Self { confirmed, undo, .. } = self;
        confirmed.release_comments(task, |comment| undo.names_comment(comment));
        self.view.hold_as(&self.confirmed);
        self.replay(Touched::default());
    }

    /// Sets the person's current rights.
    pub fn set_principal(&mut self, principal: Principal) {
        self.principal = principal;
    }

    /// Returns the person's role on this board; `None` if they have lost access to it.
    pub fn role(&self) -> Option<BoardRole> {
        self.principal.role_on(self.confirmed.id(), self.confirmed.access())
    }

    /// Returns the state to show.
    pub fn view(&self) -> &BoardState {
        &self.view
    }

    /// Returns the saved state.
    pub fn confirmed(&self) -> &BoardState {
        &self.confirmed
    }

    /// Returns the number of mutations that are not known to be saved.
    pub fn unsaved(&self) -> usize {
        self.pending.iter().filter(|pending| pending.accepted.is_none()).count()
    }

    /// Returns the base for an editor that opens on the text as it is shown now.
    pub fn text_base(&self, task: TaskId, field: TextField) -> TextBase {
        let sets_text = |op: &Op| match op {
            Op::CreateTask(create) => create.task == task,
            Op::UpdateTask(update) => update.task == task && update.fields.text(field).is_some(),
            _ => false,
        };
        match self.pending.iter().rev().find(|pending| sets_text(&pending.mutation.op)) {
            Some(pending) => TextBase::Pending(pending.mutation.id),
            None => TextBase::Saved(self.confirmed.task(task).map_or(0, |task| Field::from(field).seq(task))),
        }
    }

    /// Shows a mutation at once and queues it. `base` is the base of the text that it edits, if any. A mutation that is
    /// refused here is not queued.
    pub fn submit(
        &mut self,
        mut mutation: Mutation,
        base: Option<TextBase>,
        now: Timestamp,
    ) -> Result<Touched, Refusal> {
        let mut follows = None;
        if let Op::UpdateTask(update) = &mut mutation.op {
            update.base = match base {
                None => None,
                Some(TextBase::Saved(seq)) => Some(seq),
                Some(TextBase::Pending(id)) => match self.pending.iter().find(|pending| pending.mutation.id == id) {
                    Some(_) => {
                        follows = Some(id);
                        None
                    }
                    // The mutation is no longer pending. `saved` has its number, or its base if it was refused; without
                    // either, every saved text counts as newer.
                    None => Some(self.saved.get(&id).copied().unwrap_or(0)),
                },
            };
        }
        let kind = self.check(&mutation.op)?;
        self.undo.made(mutation.id, &self.view, &kind, self.before(&kind));
        Ok(self.queue(mutation, &kind, now, follows, None))
    }

    /// Decides an operation on the state that is shown.
    pub fn check(&self, op: &Op) -> Result<ChangeKind, Refusal> {
        permit(&self.principal, &self.view, op)?;
        decide(&self.view, op)
    }

    /// Returns the label of the next undo or redo, such as `move Tea`. `None` if there is none, or if it has to wait
    /// until the board is not archived any more.
    pub fn next_undo(&self, direction: Direction) -> Option<&str> {
        let edit = self.undo.next(direction).filter(|edit| !self.is_held_up(*edit))?;
        Some(self.undo.words(edit))
    }

    /// Makes one of several edits, for undo and redo. See [`Self::together`].
    pub fn join(&mut self, edits: &[MutationId], words: &str) {
        self.undo.join(edits, words);
    }

    /// Returns what identifies the edits that are to be undone or redone with the next one; `None` if it is alone.
    pub fn together(&self, direction: Direction) -> Option<MutationId> {
        self.undo.together(direction)
    }

    /// Whether the undo of an edit has to wait, because the board is archived.
    fn is_held_up(&self, edit: MutationId) -> bool {
        let is_allowed = |inverse: &Inverse| inverse.op.is_allowed_on_archived();
        self.view.is_archived() && !self.undo.inverse(edit).is_some_and(is_allowed)
    }

    /// Undoes the last edit of ours, or redoes the last undone edit, as a new mutation. `None` if there is none. An
    /// edit that can no longer be undone is removed, so the next call undoes the edit before it. An edit that cannot be
    /// undone because the board is archived stays, because the board may come back.
    pub fn undo(
        &mut self,
        direction: Direction,
        id: MutationId,
        now: Timestamp,
    ) -> Option<Result<(Touched, Undone), NotUndone>> {
        let edit = self.undo.next(direction)?;
        let words = self.undo.words(edit).to_owned();
        if self.is_held_up(edit) {
            return Some(Err(NotUndone { direction, words, refusal: Refusal::Archived }));
        }
        self.undo.pop(direction);
        let decided = self.guard(edit, self.pending.len()).and_then(|guard| {
            let op = self.inverse(edit, guard)?;
            let kind = self.check(&op)?;
            Ok((op, guard, kind))
        });
        let (op, guard, kind) = match decided {
            Ok(decided) => decided,
            Err(refusal) => return Some(Err(NotUndone { direction, words, refusal })),
        };
        self.undo.undone(direction, id, edit, &self.view, &kind, self.before(&kind));
        let task = kind.task();
        let guard = if guard == Guard::Awaited { guard } else { Guard::Set };
        let undoes = Undoes { edit, direction, guard };
        let touched = self.queue(Mutation { id, op }, &kind, now, None, Some(undoes));
        Some(Ok((touched, Undone { words, task })))
    }

    /// Returns the operation that undoes an edit on the state that is shown.
    fn inverse(&self, edit: MutationId, guard: Guard) -> Result<Op, Refusal> {
        let inverse = self.undo.inverse(edit).ok_or(Refusal::Stale { seq: self.confirmed.seq() })?;
        Ok(inverse.op(&self.view, guard.number()))
    }

    /// Returns the guard for the undo of an edit. Only the first `queued` mutations of the queue count. Refused if
    /// somebody else is known to have changed the same parts since.
    fn guard(&self, edit: MutationId, queued: usize) -> Result<Guard, Refusal> {
        let inverse = self.undo.inverse(edit).ok_or(Refusal::Stale { seq: self.confirmed.seq() })?;
        let mut waits = self.pending.iter().take(queued).any(|pending| pending.mutation.id == edit);
        let mut guard = None;
        for part in inverse.guarded.iter().copied() {
            let ours = self.newest_pending(part, queued);
            let newest = ours.or_else(|| self.undo.newest(part, &self.confirmed));
            let seq = part.newest(&self.confirmed);
            if !self.undo.leads_back(part, newest, edit) {
                return Err(Refusal::Stale { seq });
            }
            waits |= ours.is_some();
            guard = guard.max(Some(seq));
        }
        // This check has covered all saved changes up to this number, so one number guards several parts.
        Ok(if waits { Guard::Awaited } else { Guard::Known(guard) })
    }

    /// Returns the last of the first `queued` pending mutations that sets the number of a part.
    fn newest_pending(&self, part: Part, queued: usize) -> Option<MutationId> {
        let mut newest_first = self.pending.iter().take(queued).rev();
        newest_first.find(|pending| pending.moves.contains(&part)).map(|pending| pending.mutation.id)
    }

    /// Returns, for each part whose number the change sets, the edit of ours that is its newest change.
    fn before(&self, kind: &ChangeKind) -> Vec<(Part, Option<MutationId>)> {
        let newest =
            |part| self.newest_pending(part, self.pending.len()).or_else(|| self.undo.newest(part, &self.confirmed));
        kind.numbers().into_iter().map(|part| (part, newest(part))).collect()
    }

    fn queue(
        &mut self,
        mutation: Mutation,
        kind: &ChangeKind,
        at: Timestamp,
        follows: Option<MutationId>,
        undoes: Option<Undoes>,
    ) -> Touched {
        let touched = self.view.perform(kind, self.provisional(at));
        self.overlay.merge(&touched);
        let moves = kind.numbers();
        self.pending.push_back(Pending { mutation, at, sent: false, accepted: None, follows, moves, undoes });
        touched
    }

    /// Takes the mutations that can be sent now, in order. An edit of a text that is still pending waits for that text
    /// to be saved, and an undo waits for the change that it undoes. Later mutations wait with them.
    pub fn take_sendable(&mut self) -> Vec<Mutation> {
        self.pending
            .iter_mut()
            .skip_while(|pending| pending.sent)
            .take_while(|pending| !pending.is_waiting())
            .map(|pending| {
                pending.sent = true;
                pending.mutation.clone()
            })
            .collect()
    }

    /// Handles the loss of the connection. It is not known what arrived, so all pending mutations are sent again, under
    /// the same ids.
    pub fn disconnected(&mut self) {
        for pending in &mut self.pending {
            pending.sent = false;
        }
    }

    /// Applies a change of the log.
    pub fn receive(&mut self, change: &Change) -> Result<Received, Gap> {
        let ours = self.pending.iter().any(|pending| pending.mutation.id == change.mutation);
        if ours && change.seq == self.confirmed.seq() + 1 {
            self.undo.confirmed(change, &self.confirmed);
        }
        match self.confirmed.apply(change)? {
            Applied::Known => Ok(Received::default()),
            Applied::New(touched) => {
                if let ChangeKind::TaskDeleted(deleted) = &change.kind {
                    self.loaded.purged.extend(&deleted.purged);
                }
                let remote_changes = if ours { Touched::default() } else { touched.clone() };
                let mut settled = Vec::from_iter(self.settle(change.mutation, change.seq));
                settled.extend(self.release());
                Ok(Received { touched: self.replay(touched), remote_changes, settled })
            }
        }
    }

    /// Handles the acceptance of a mutation of ours. Its change arrives with the log, before or after this.
    pub fn accepted(&mut self, id: MutationId, seq: Seq) -> (Touched, Vec<Settled>) {
        if seq <= self.confirmed.seq() {
            let mut settled = Vec::from_iter(self.settle(id, seq));
            settled.extend(self.release());
            return (self.replay(Touched::default()), settled);
        }
        let Some(pending) = self.pending.iter_mut().find(|pending| pending.mutation.id == id) else {
            return (Touched::default(), Vec::new());
        };
        pending.accepted = Some(seq);
        self.follow_up(id, Some(seq));
        (Touched::default(), vec![Settled::Saved(id)])
    }

    /// Handles the refusal of a mutation of ours.
    pub fn rejected(&mut self, id: MutationId, refusal: Refusal) -> (Touched, Vec<Settled>) {
        let Some(index) = self.pending.iter().position(|pending| pending.mutation.id == id) else {
            return (Touched::default(), Vec::new());
        };
        let Some(pending) = self.pending.remove(index) else { return (Touched::default(), Vec::new()) };
        let base = match &pending.mutation.op {
            Op::UpdateTask(update) => update.base,
            _ => None,
        };
        // A person who edited the refused text has not seen the saved text either, so the refused edit's base applies.
        self.follow_up(id, Some(base.unwrap_or(0)));
        let mut settled = vec![match pending.undoes {
            Some(Undoes { direction, .. }) => {
                let words = self.undo.words(id).to_owned();
                Settled::NotUndone(id, NotUndone { direction, words, refusal })
            }
            None => Settled::Refused(Box::new(pending.mutation), refusal),
        }];
        self.undo.forget(id);
        settled.extend(self.release());
        (self.replay(Touched::default()), settled)
    }

    /// Replaces the state by a snapshot. Ignores a snapshot that is older than the state.
    pub fn reset(&mut self, snapshot: Snapshot) -> (Touched, Vec<Settled>) {
        if snapshot.board != self.confirmed.id() || snapshot.seq < self.confirmed.seq() {
            return (Touched::default(), Vec::new());
        }
        let is_outline = snapshot.outline;
        let old = std::mem::replace(&mut self.confirmed, snapshot.into());
        if is_outline {
            self.confirmed.keep_loaded(&old);
        }
        self.confirmed.keep_comments(&old);
        self.view.hold_as(&self.confirmed);
        self.loaded = Loaded { since: self.confirmed.seq(), ..Loaded::default() };
        let differs = |id: &TaskId| old.task(*id) != self.confirmed.task(*id);
        let columns = old.columns().chain(self.confirmed.columns()).map(|column| Entity::Column(column.id));
        let tasks = old.tasks().chain(self.confirmed.tasks()).map(|task| task.id).filter(differs).map(Entity::Task);
        let labels = [&old, &self.confirmed].into_iter().flat_map(BoardState::all_labels);
        let labels = labels.map(|label| Entity::Label(label.id));
        let touched = [Entity::Board, Entity::Access].into_iter().chain(columns).chain(labels).chain(tasks).collect();
        let seq = self.confirmed.seq();
        let contained: Vec<(MutationId, Seq)> = self
            .pending
            .iter()
            .filter_map(|pending| Some((pending.mutation.id, pending.accepted.filter(|accepted| *accepted <= seq)?)))
            .collect();
        let mut settled: Vec<Settled> = contained.into_iter().filter_map(|(id, seq)| self.settle(id, seq)).collect();
        settled.extend(self.release());
        (self.replay(touched), settled)
    }

    /// Removes a saved mutation, whose effect `confirmed` contains, from the queue.
    fn settle(&mut self, id: MutationId, seq: Seq) -> Option<Settled> {
        let index = self.pending.iter().position(|pending| pending.mutation.id == id)?;
        let pending = self.pending.remove(index)?;
        self.follow_up(id, Some(seq));
        self.undo.contained(id, seq);
        // An accepted mutation was reported as saved before.
        pending.accepted.is_none().then_some(Settled::Saved(id))
    }

    /// Sets the guard of the undos that waited for changes of ours which have now arrived. Removes the undos that are
    /// needless or must not be sent any more.
    fn release(&mut self) -> Vec<Settled> {
        let mut settled = Vec::new();
        let mut index = 0;
        while let Some(pending) = self.pending.get(index) {
            let id = pending.mutation.id;
            let Some(Undoes { edit, direction, guard: Guard::Awaited }) = pending.undoes else {
                index += 1;
                continue;
            };
            let end = match self.guard(edit, index) {
                _ if !self.undo.knows(edit) => Settled::Needless(id),
                Err(refusal) => {
                    Settled::NotUndone(id, NotUndone { direction, words: self.undo.words(id).to_owned(), refusal })
                }
                Ok(guard) => {
                    self.pending[index].undoes = Some(Undoes { edit, direction, guard });
                    index += 1;
                    continue;
                }
            };
            self.pending.remove(index);
            self.undo.forget(id);
            // An edit of the text that this undo restored gets the number of the undone edit as its base, or, if that
            // was refused, the base of that edit. Its author has seen no newer saved text.
            self.follow_up(id, Some(self.saved.get(&edit).copied().unwrap_or(0)));
            settled.push(end);
        }
        settled
    }

    /// Sets the base of the edits that follow `id`.
    fn follow_up(&mut self, id: MutationId, base: Option<Seq>) {
        if let Some(seq) = base {
            self.saved.insert(id, seq);
        }
        for pending in self.pending.iter_mut().filter(|pending| pending.follows == Some(id)) {
            pending.follows = None;
            if let Op::UpdateTask(update) = &mut pending.mutation.op {
                update.base = base;
            }
        }
    }

    /// Recomputes `view` after a change of `confirmed` or of the queue. Returns the parts that may look different.
    fn replay(&mut self, mut touched: Touched) -> Touched {
        touched.merge(&std::mem::take(&mut self.overlay));
        self.view.copy_from(&self.confirmed, &touched);
        self.view.seq = self.confirmed.seq();
        for pending in &mut self.pending {
            if let Some(undoes) = &mut pending.undoes
                && undoes.guard != Guard::Set
                && let Some(inverse) = self.undo.inverse(undoes.edit)
            {
                // The view is now the state on which the undo will be applied, so neighbours are looked up in it.
                pending.mutation.op = inverse.op(&self.view, undoes.guard.number());
                if undoes.guard != Guard::Awaited {
                    undoes.guard = Guard::Set;
                }
            }
            // A mutation that is no longer possible is not shown. The server will report the reason.
            pending.moves = match decide(&self.view, &pending.mutation.op) {
                Ok(kind) => {
                    let stamp = Stamp { seq: self.confirmed.seq(), at: pending.at, by: self.principal.person };
                    self.overlay.merge(&self.view.perform(&kind, stamp));
                    kind.numbers()
                }
                Err(_) => Vec::new(),
            };
        }
        touched.merge(&self.overlay);
        touched
    }

    /// Returns the stamp of an unsaved edit, which has no number of its own.
    fn provisional(&self, at: Timestamp) -> Stamp {
        Stamp { seq: self.confirmed.seq(), at, by: self.principal.person }
    }
}
