//! A board with edits that are shown but not saved yet.
//!
//! There are two states: `confirmed`, which is what the log says, and `view`, which is `confirmed` with the queue of
//! pending mutations played on top. When the log moves on, only what the queue or the new change touched is put back
//! and played again, so a change costs the same on a board with ten tasks and with ten thousand.

use std::collections::{HashMap, VecDeque};

use super::{
    decide::decide,
    state::{Applied, BoardState, Gap, Snapshot, Stamp, Touched},
};
use crate::{
    access::{Asker, BoardRole},
    change::{Change, ChangeKind},
    id::{MutationId, TaskId},
    model::Seq,
    mutation::{Mutation, Op, Refusal, TextField},
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
    asker: Asker,
    /// The numbers under which our own mutations were saved, for editors that were opened on a pending text.
    saved: HashMap<MutationId, Seq>,
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
}

/// The text an editor started from: what decides later whether somebody else changed it meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
}

/// What a change of the log led to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Received {
    /// What may look different now.
    pub touched: Touched,
    /// What the change itself touched, if it was not one of ours.
    pub elsewhere: Touched,
    /// The edit of ours that it was.
    pub settled: Option<Settled>,
}

impl OptimisticBoard {
    /// A board with nothing pending, for somebody.
    pub fn new(confirmed: BoardState, asker: Asker) -> Self {
        Self {
            asker,
            view: confirmed.clone(),
            confirmed,
            pending: VecDeque::new(),
            overlay: Touched::default(),
            saved: HashMap::new(),
        }
    }

    /// The person may do other things now than before.
    pub fn set_asker(&mut self, asker: Asker) {
        self.asker = asker;
    }

    /// What the person is on this board; `None` where they have lost access to it.
    pub fn role(&self) -> Option<BoardRole> {
        self.asker.role_on(self.confirmed.id(), self.confirmed.access())
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
            Op::UpdateTask(update) if update.task == task => match field {
                TextField::Title => update.title.is_some(),
                TextField::Description => update.description.is_some(),
            },
            _ => false,
        };
        match self.pending.iter().rev().find(|pending| sets_text(&pending.mutation.op)) {
            Some(pending) => TextBase::Pending(pending.mutation.id),
            None => TextBase::Saved(self.confirmed.task(task).map_or(0, |task| match field {
                TextField::Title => task.title_seq,
                TextField::Description => task.description_seq,
            })),
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
        let touched = self.view.perform(&kind, self.provisional(now));
        self.overlay.merge(touched.clone());
        self.pending.push_back(Pending { mutation, at: now, sent: false, accepted: None, follows });
        Ok(touched)
    }

    /// What would come of something, as far as is known here.
    pub fn check(&self, op: &Op) -> Result<ChangeKind, Refusal> {
        self.asker.check(&self.view, op)?;
        decide(&self.view, op)
    }

    /// Takes the mutations that can go out now, in order. One that edits a text of another that is still on its way waits,
    /// and so does all behind it.
    pub fn take_sendable(&mut self) -> Vec<Mutation> {
        self.pending
            .iter_mut()
            .skip_while(|pending| pending.sent)
            .take_while(|pending| pending.follows.is_none())
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
        match self.confirmed.apply(change)? {
            Applied::Known => Ok(Received::default()),
            Applied::New(touched) => {
                let ours = self.pending.iter().any(|pending| pending.mutation.id == change.mutation);
                let elsewhere = if ours { Touched::default() } else { touched.clone() };
                let settled = self.settle(change.mutation, change.seq);
                Ok(Received { touched: self.replay(touched), elsewhere, settled })
            }
        }
    }

    /// The server saved one of ours. Its change comes by the log, before or after this.
    pub fn accepted(&mut self, id: MutationId, seq: Seq) -> (Touched, Option<Settled>) {
        if seq <= self.confirmed.seq() {
            let settled = self.settle(id, seq);
            return (self.replay(Touched::default()), settled);
        }
        let Some(pending) = self.pending.iter_mut().find(|pending| pending.mutation.id == id) else {
            return (Touched::default(), None);
        };
        pending.accepted = Some(seq);
        self.follow_up(id, Some(seq));
        (Touched::default(), Some(Settled::Saved(id)))
    }

    /// The server refused one of ours.
    pub fn rejected(&mut self, id: MutationId, refusal: Refusal) -> (Touched, Option<Settled>) {
        let Some(index) = self.pending.iter().position(|pending| pending.mutation.id == id) else {
            return (Touched::default(), None);
        };
        let Some(pending) = self.pending.remove(index) else { return (Touched::default(), None) };
        let base = match &pending.mutation.op {
            Op::UpdateTask(update) => update.base,
            _ => None,
        };
        // Whoever typed on top of a refused text has not seen what is saved either.
        self.follow_up(id, Some(base.unwrap_or(0)));
        let touched = self.replay(Touched::default());
        (touched, Some(Settled::Refused(Box::new(pending.mutation), refusal)))
    }

    /// Takes over a whole state in place of the changes that led to it. An older one than is known already is ignored.
    pub fn reset(&mut self, snapshot: Snapshot) -> (Touched, Vec<Settled>) {
        if snapshot.board != self.confirmed.id() || snapshot.seq < self.confirmed.seq() {
            return (Touched::default(), Vec::new());
        }
        let old = std::mem::replace(&mut self.confirmed, snapshot.into());
        let differs = |id: &TaskId| old.task(*id) != self.confirmed.task(*id);
        let mut touched = Touched { board: true, access: true, ..Touched::default() };
        // Collected instead, each would bring a sort of its own into the browser.
        touched.columns.extend(old.columns().chain(self.confirmed.columns()).map(|column| column.id));
        touched.tasks.extend(old.tasks().chain(self.confirmed.tasks()).map(|task| task.id).filter(differs));
        let seq = self.confirmed.seq();
        let contained: Vec<(MutationId, Seq)> = self
            .pending
            .iter()
            .filter_map(|pending| Some((pending.mutation.id, pending.accepted.filter(|accepted| *accepted <= seq)?)))
            .collect();
        let settled = contained.into_iter().filter_map(|(id, seq)| self.settle(id, seq)).collect();
        (self.replay(touched), settled)
    }

    /// Takes a mutation that is saved, and whose effect `confirmed` contains, off the queue.
    fn settle(&mut self, id: MutationId, seq: Seq) -> Option<Settled> {
        let index = self.pending.iter().position(|pending| pending.mutation.id == id)?;
        let pending = self.pending.remove(index)?;
        self.follow_up(id, Some(seq));
        // One that was told to be saved before is not told again.
        pending.accepted.is_none().then_some(Settled::Saved(id))
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
        touched.merge(std::mem::take(&mut self.overlay));
        self.view.copy_from(&self.confirmed, &touched);
        self.view.set_seq(self.confirmed.seq());
        for pending in &self.pending {
            // One that cannot be done any more is not shown; the server will say why.
            if let Ok(kind) = decide(&self.view, &pending.mutation.op) {
                let stamp = Stamp { seq: self.confirmed.seq(), at: pending.at, by: self.asker.person };
                self.overlay.merge(self.view.perform(&kind, stamp));
            }
        }
        touched.merge(self.overlay.clone());
        touched
    }

    /// The stamp of what is not saved yet: it has no number of its own.
    fn provisional(&self, at: Timestamp) -> Stamp {
        Stamp { seq: self.confirmed.seq(), at, by: self.asker.person }
    }
}
