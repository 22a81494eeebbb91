//! A board with edits that are shown but not saved yet.
//!
//! There are two states: `confirmed`, which is what the log says, and `view`, which is `confirmed` with the queue of
//! pending mutations played on top. When the log moves on, only what the queue or the new change touched is put back
//! and played again, so a change costs the same on a board with ten tasks and with ten thousand.

use std::collections::{HashMap, HashSet, VecDeque};

use serde::{Deserialize, Serialize};

use super::undo::{Direction, NotUndone, UndoStack, Undone};
use crate::{
    access::{BoardRole, Principal},
    fields::Field,
    id::{MutationId, TaskId},
    model::{Seq, TextField},
    ops::{Applied, Change, ChangeKind, Gap, Mutation, Op, Part, decide, permit},
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
    /// Where `view` may differ from `confirmed`.
    overlay: Touched,
    /// Whose edits these are.
    principal: Principal,
    /// The numbers under which our own mutations were saved, for editors that were opened on a pending text.
    saved: HashMap<MutationId, Seq>,
    undo: UndoStack,
    loaded: Loaded,
}

/// Which parts of the board are loaded, beside its outline: see [`state::Part`].
#[derive(Clone, Debug, Default)]
struct Loaded {
    /// The parts that `confirmed` has, and has followed since.
    parts: Vec<state::Part>,
    /// Since when all changes are known.
    since: Seq,
    /// The tasks that have left the trash for good since then.
    purged: HashSet<TaskId>,
}

#[derive(Clone, Debug)]
struct Pending {
    mutation: Mutation,
    at: Timestamp,
    /// Handed to the connection that is open now.
    sent: bool,
    /// Saved under this number, but the change itself has not come yet.
    accepted: Option<Seq>,
    /// The pending mutation whose text this one edits: its number will be the base of this one.
    follows: Option<MutationId>,
    /// What it gives a new number to, as far as it is shown.
    moves: Vec<Part>,
    /// If it is an undo or a redo: of what.
    undoes: Option<Undoes>,
}

/// See [`Pending::undoes`].
#[derive(Clone, Copy, Debug)]
struct Undoes {
    edit: MutationId,
    direction: Direction,
    guard: Guard,
}

/// What keeps an undo from reverting what somebody else did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Guard {
    /// The number of a change of ours that has not come yet. Until then the undo is not sent.
    Awaited,
    /// A number, or none where nothing needs to be guarded.
    Known(Option<Seq>),
    /// It is in the mutation, which may have been sent and must stay as it is.
    Set,
}

impl Pending {
    /// Whether it cannot be sent before the change of another has come.
    fn is_waiting(&self) -> bool {
        self.follows.is_some() || self.undoes.is_some_and(|undoes| undoes.guard == Guard::Awaited)
    }
}

impl Guard {
    fn number(self) -> Option<Seq> {
        if let Self::Known(number) = self { number } else { None }
    }
}

/// The text an editor started from: what decides later whether somebody else changed it meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TextBase {
    /// A text that is saved: the number of the field's newest change.
    Saved(Seq),
    /// A text of our own that is not saved yet.
    Pending(MutationId),
}

/// How a mutation of ours ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Settled {
    /// It is saved.
    Saved(MutationId),
    /// It was refused and is no longer shown. The mutation comes back, so that what was typed is not lost.
    Refused(Box<Mutation>, Refusal),
    /// It was to take an edit back, or to do one again, and was refused.
    NotUndone(MutationId, NotUndone),
    /// It was to take an edit back that was refused itself: there is nothing left to do.
    Needless(MutationId),
}

/// What a change of the log led to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Received {
    /// What may look different now.
    pub touched: Touched,
    /// What the change itself touched, if it was not one of ours.
    pub remote_changes: Touched,
    /// The edits of ours that are decided by it.
    pub settled: Vec<Settled>,
}

impl OptimisticBoard {
    /// A board with nothing pending, for somebody.
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

    /// The parts that are loaded.
    pub fn loaded(&self) -> &[state::Part] {
        &self.loaded.parts
    }

    /// Takes in a part. `None` if it is from before changes that are not known here: then it has to be loaded again.
    pub fn load(&mut self, part: &LoadedPart) -> Option<Touched> {
        if part.seq < self.loaded.since {
            return None;
        }
        if !self.loaded.parts.contains(&part.part) {
            self.loaded.parts.push(part.part);
        }
        let touched = self.confirmed.load(part, |task| self.loaded.purged.contains(&task));
        Some(self.replay(touched))
    }

    /// The person may do other things now than before.
    pub fn set_principal(&mut self, principal: Principal) {
        self.principal = principal;
    }

    /// What the person is on this board; `None` where they have lost access to it.
    pub fn role(&self) -> Option<BoardRole> {
        self.principal.role_on(self.confirmed.id(), self.confirmed.access())
    }

    /// What to show.
    pub fn view(&self) -> &BoardState {
        &self.view
    }

    /// What is saved.
    pub fn confirmed(&self) -> &BoardState {
        &self.confirmed
    }

    /// How many mutations are not known to be saved.
    pub fn unsaved(&self) -> usize {
        self.pending.iter().filter(|pending| pending.accepted.is_none()).count()
    }

    /// The base for an editor that starts on a text as it is shown now.
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

    /// Shows a mutation at once and queues it. `base` is that of the text it edits, if it edits one. What is refused
    /// already here is not queued.
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
                    // Refused meanwhile: then whatever is saved now is somebody else's.
                    None => Some(self.saved.get(&id).copied().unwrap_or(0)),
                },
            };
        }
        let kind = self.check(&mutation.op)?;
        self.undo.made(mutation.id, &self.view, &kind, self.before(&kind));
        Ok(self.queue(mutation, &kind, now, follows, None))
    }

    /// What would come of something, as far as is known here.
    pub fn check(&self, op: &Op) -> Result<ChangeKind, Refusal> {
        permit(&self.principal, &self.view, op)?;
        decide(&self.view, op)
    }

    /// What an undo or a redo would take back or do again, such as `move Tea`.
    pub fn next_undo(&self, direction: Direction) -> Option<&str> {
        self.undo.next(direction)
    }

    /// Takes back the last edit of ours, or does again what was taken back last, as one more mutation. `None` if there is
    /// none. One that cannot be taken back any more is forgotten, so the next call goes on with the one before.
    pub fn undo(
        &mut self,
        direction: Direction,
        id: MutationId,
        now: Timestamp,
    ) -> Option<Result<(Touched, Undone), NotUndone>> {
        let edit = self.undo.pop(direction)?;
        let words = self.undo.words(edit).to_owned();
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

    /// What takes an edit back on the board as it is shown.
    fn inverse(&self, edit: MutationId, guard: Guard) -> Result<Op, Refusal> {
        let inverse = self.undo.inverse(edit).ok_or(Refusal::Stale { seq: self.confirmed.seq() })?;
        Ok(inverse.op(&self.view, guard.number()))
    }

    /// What is to guard the undo of an edit that is in the queue after the first so many. Refused if somebody else is known
    /// to have changed the same since.
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
        // All that is saved up to this number has been looked at just now, so one is enough for several parts.
        Ok(if waits { Guard::Awaited } else { Guard::Known(guard) })
    }

    /// The last of the first so many of the queue that changes a part.
    fn newest_pending(&self, part: Part, queued: usize) -> Option<MutationId> {
        let mut newest_first = self.pending.iter().take(queued).rev();
        newest_first.find(|pending| pending.moves.contains(&part)).map(|pending| pending.mutation.id)
    }

    /// The edit of ours that is the newest change of each part that a change would change.
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

    /// Takes the mutations that can go out now, in order. One that edits a text of another that is still on its way waits, as
    /// does one that takes such an edit back, and so does all behind it.
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

    /// The connection is gone, and with it all knowledge of what arrived: everything unconfirmed goes out again, under
    /// the same ids.
    pub fn disconnected(&mut self) {
        for pending in &mut self.pending {
            pending.sent = false;
        }
    }

    /// Takes in a change of the log.
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

    /// The server saved one of ours. Its change comes by the log, before or after this.
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

    /// The server refused one of ours.
    pub fn rejected(&mut self, id: MutationId, refusal: Refusal) -> (Touched, Vec<Settled>) {
        let Some(index) = self.pending.iter().position(|pending| pending.mutation.id == id) else {
            return (Touched::default(), Vec::new());
        };
        let Some(pending) = self.pending.remove(index) else { return (Touched::default(), Vec::new()) };
        let base = match &pending.mutation.op {
            Op::UpdateTask(update) => update.base,
            _ => None,
        };
        // Whoever typed on top of a refused text has not seen what is saved either.
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

    /// Takes over a whole state in place of the changes that led to it. An older one than is known already is ignored.
    pub fn reset(&mut self, snapshot: Snapshot) -> (Touched, Vec<Settled>) {
        if snapshot.board != self.confirmed.id() || snapshot.seq < self.confirmed.seq() {
            return (Touched::default(), Vec::new());
        }
        let is_outline = snapshot.outline;
        let old = std::mem::replace(&mut self.confirmed, snapshot.into());
        if is_outline {
            self.confirmed.keep_loaded(&old);
        }
        self.loaded = Loaded { since: self.confirmed.seq(), ..Loaded::default() };
        let differs = |id: &TaskId| old.task(*id) != self.confirmed.task(*id);
        let columns = old.columns().chain(self.confirmed.columns()).map(|column| Entity::Column(column.id));
        let tasks = old.tasks().chain(self.confirmed.tasks()).map(|task| task.id).filter(differs).map(Entity::Task);
        let touched = [Entity::Board, Entity::Access].into_iter().chain(columns).chain(tasks).collect();
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

    /// Takes a mutation that is saved, and whose effect `confirmed` contains, off the queue.
    fn settle(&mut self, id: MutationId, seq: Seq) -> Option<Settled> {
        let index = self.pending.iter().position(|pending| pending.mutation.id == id)?;
        let pending = self.pending.remove(index)?;
        self.follow_up(id, Some(seq));
        self.undo.contained(id, seq);
        // One that was told to be saved before is not told again.
        pending.accepted.is_none().then_some(Settled::Saved(id))
    }

    /// Gives those undos their guard that waited for changes of ours which have come now, and takes those off the queue that
    /// have nothing to take back any more, or must not.
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
            // Whoever typed on top of it has seen what the edit itself started from, or nothing that is saved.
            self.follow_up(id, Some(self.saved.get(&edit).copied().unwrap_or(0)));
            settled.push(end);
        }
        settled
    }

    /// Gives those that follow `id` their base.
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

    /// Makes `view` right again after `confirmed` or the queue changed. Tells what may look different.
    fn replay(&mut self, mut touched: Touched) -> Touched {
        touched.merge(&std::mem::take(&mut self.overlay));
        self.view.copy_from(&self.confirmed, &touched);
        self.view.seq = self.confirmed.seq();
        for pending in &mut self.pending {
            if let Some(undoes) = &mut pending.undoes
                && undoes.guard != Guard::Set
                && let Some(inverse) = self.undo.inverse(undoes.edit)
            {
                // The view is now as it will be when this is done, so neighbours are found where they will be.
                pending.mutation.op = inverse.op(&self.view, undoes.guard.number());
                if undoes.guard != Guard::Awaited {
                    undoes.guard = Guard::Set;
                }
            }
            // One that cannot be done any more is not shown; the server will say why.
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

    /// The stamp of what is not saved yet: it has no number of its own.
    fn provisional(&self, at: Timestamp) -> Stamp {
        Stamp { seq: self.confirmed.seq(), at, by: self.principal.person }
    }
}
