//! A board as signals.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use leptos::prelude::*;

use super::{
    connection::Live,
    session::{BoardSession, BoardUnavailable, Outcome},
};
use crate::{
    access::{BoardAccess, BoardRole, Principal},
    board::{Direction, NotUndone, OptimisticBoard, Settled, TextBase, Undone},
    history::Event,
    id::{ActorId, BoardId, ColumnId, MutationId, TaskId},
    model::{Column, Task, TextField},
    ops::{Mutation, Op},
    presence::{OpenEditors, PresenceState},
    protocol::ClientMessage,
    refusal::{Refusal, Thing},
    state::{BoardState, LoadedPart, Part, Snapshot, Touched},
    time::Timestamp,
};
#[cfg(feature = "hydrate")]
use crate::{live::reconnect::Millis, presence::PresenceChange, protocol::ServerMessage};

/// A board whose parts are signals. Cheap to clone.
///
/// The signals of tasks and columns are made when something first asks for them, and a change wakes only those of what it
/// touched: a row that is not drawn costs nothing.
#[derive(Clone)]
pub struct LiveBoard(Arc<Inner>);

struct Inner {
    id: BoardId,
    session: Mutex<BoardSession>,
    live: Live,
    name: ArcRwSignal<String>,
    unavailable: ArcRwSignal<Option<BoardUnavailable>>,
    access: ArcRwSignal<BoardAccess>,
    /// For each of [`BoardRole::ALL`]: whether whoever reads this page is at least that.
    may: [ArcRwSignal<bool>; 3],
    synced: ArcRwSignal<bool>,
    failing: ArcRwSignal<bool>,
    loaded: ArcRwSignal<Vec<Part>>,
    columns: ArcRwSignal<Vec<Arc<Column>>>,
    column_tasks: Mutex<HashMap<ColumnId, ArcRwSignal<Arc<[TaskId]>>>>,
    tasks: Mutex<HashMap<TaskId, TaskSignals>>,
    change_collectors: Mutex<Vec<Weak<Mutex<Touched>>>>,
    revision: ArcRwSignal<u64>,
    unsaved: ArcRwSignal<usize>,
    problems: ArcRwSignal<Vec<Problem>>,
    deletions: ArcRwSignal<Vec<TaskId>>,
    undoable: ArcRwSignal<Option<String>>,
    redoable: ArcRwSignal<Option<String>>,
    not_undone: ArcRwSignal<Vec<NotUndone>>,
    listeners: Mutex<Vec<Weak<Mutex<News>>>>,
    heard: ArcRwSignal<u64>,
    /// Who has the board open, as was told last.
    presence_state: Mutex<PresenceState>,
    others: ArcRwSignal<PresenceState>,
    editors: Mutex<OpenEditors>,
}

/// What a log has gone on with between two looks: see [`LiveBoard::listen`].
#[derive(Clone, Debug, Default)]
pub struct News {
    /// What happened, oldest first.
    pub events: Vec<Event>,
    /// Whether some of it is missing, because a snapshot took its place.
    pub incomplete: bool,
}

/// Hears what a log goes on with: see [`LiveBoard::listen`].
#[derive(Clone)]
pub struct Listener(Arc<Mutex<News>>);

impl Listener {
    /// What was heard since the last call.
    pub fn take(&self) -> News {
        std::mem::take(&mut lock(&self.0))
    }
}

/// The signals of one task.
#[derive(Clone)]
pub struct TaskSignals {
    /// The task as it is shown: with edits that are not saved yet. `None` if there is no such task.
    pub task: ArcRwSignal<Option<Arc<Task>>>,
    /// Counts up when somebody else changes the task.
    pub remote_changes: ArcRwSignal<u32>,
    /// Who else is editing it: people, then guests.
    pub editors: ArcRwSignal<Vec<Option<ActorId>>>,
}

/// Collects what changes on a board between two looks: see [`LiveBoard::collect_changes`].
#[derive(Clone)]
pub struct ChangeCollector(Arc<Mutex<Touched>>);

impl ChangeCollector {
    /// What changed since the last call.
    pub fn take(&self) -> Touched {
        std::mem::take(&mut lock(&self.0))
    }
}

/// An edit of this page that was refused and rolled back.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// What was to be done; what was typed is in it.
    pub mutation: Mutation,
    /// Why it was not.
    pub refusal: Refusal,
}

/// How many tasks somebody else may change at once for those that are not drawn yet to show it when they are.
const TOLD_UNASKED: usize = 20;

impl LiveBoard {
    /// A board that continues from what was loaded, as soon as [`Live::open`] has it.
    pub fn new(outline: Snapshot, parts: &[LoadedPart], live: Live) -> Self {
        let mut session = BoardSession::new(outline.into(), live.principal().get_untracked());
        for part in parts {
            // They are of the same board at about the same time, and nothing is drawn yet.
            let _ = session.load(part);
        }
        let state = session.board().view();
        let unavailable = (!state.exists()).then_some(BoardUnavailable::Deleted);
        let principal = live.principal().get_untracked();
        Self(Arc::new(Inner {
            id: state.id(),
            name: ArcRwSignal::new(state.name().to_owned()),
            unavailable: ArcRwSignal::new(unavailable),
            access: ArcRwSignal::new(state.access().clone()),
            may: may(unavailable.is_none().then(|| principal.role_on(state.id(), state.access())).flatten())
                .map(ArcRwSignal::new),
            synced: ArcRwSignal::new(false),
            failing: ArcRwSignal::new(false),
            loaded: ArcRwSignal::new(session.board().loaded().to_vec()),
            columns: ArcRwSignal::new(state.columns().cloned().collect()),
            column_tasks: Mutex::default(),
            tasks: Mutex::default(),
            change_collectors: Mutex::default(),
            revision: ArcRwSignal::new(0),
            unsaved: ArcRwSignal::new(0),
            problems: ArcRwSignal::new(Vec::new()),
            deletions: ArcRwSignal::new(Vec::new()),
            undoable: ArcRwSignal::new(None),
            redoable: ArcRwSignal::new(None),
            not_undone: ArcRwSignal::new(Vec::new()),
            listeners: Mutex::default(),
            heard: ArcRwSignal::new(0),
            presence_state: Mutex::default(),
            others: ArcRwSignal::new(PresenceState::default()),
            editors: Mutex::default(),
            session: Mutex::new(session),
            live,
        }))
    }

    /// Which board.
    pub fn id(&self) -> BoardId {
        self.0.id
    }

    /// What it is called.
    pub fn name(&self) -> ArcRwSignal<String> {
        self.0.name.clone()
    }

    /// Why it is no longer there for this page, if it is not.
    pub fn unavailable(&self) -> ArcRwSignal<Option<BoardUnavailable>> {
        self.0.unavailable.clone()
    }

    /// Who has access to it.
    pub fn access(&self) -> ArcRwSignal<BoardAccess> {
        self.0.access.clone()
    }

    /// Whether whoever reads this page is at least this on the board, so that what they may not do is not offered. On a board
    /// that is gone nobody is anything.
    pub fn may(&self, role: BoardRole) -> Signal<bool> {
        self.0.may[role as usize].clone().into()
    }

    /// As [`Self::may`], at this moment.
    pub fn may_now(&self, role: BoardRole) -> bool {
        self.0.may[role as usize].get_untracked()
    }

    /// Whoever reads this page may do other things now than before.
    pub fn set_principal(&self, principal: Principal) {
        self.session().set_principal(principal);
        self.draw_access();
    }

    /// Whether what is shown follows what happens: the subscription is open and has been answered.
    pub fn synced(&self) -> ArcRwSignal<bool> {
        self.0.synced.clone()
    }

    /// Whether the server is connected to and yet this board cannot be followed; it is tried again and again.
    pub fn failing(&self) -> ArcRwSignal<bool> {
        self.0.failing.clone()
    }

    /// The parts that are loaded beside its outline: see [`Self::need`].
    pub fn loaded(&self) -> ArcRwSignal<Vec<Part>> {
        self.0.loaded.clone()
    }

    /// Takes in a part. Tells whether it is of use: one that is too old has to be loaded again.
    pub(super) fn load(&self, part: &LoadedPart) -> bool {
        let outcome = self.session().load(part);
        let is_of_use = outcome.is_some();
        self.take(outcome.unwrap_or_default());
        is_of_use
    }

    /// Its columns, in order.
    pub fn columns(&self) -> ArcRwSignal<Vec<Arc<Column>>> {
        self.0.columns.clone()
    }

    /// The ids of the tasks of a column, in order, those in the trash left out.
    pub fn column_tasks(&self, column: ColumnId) -> ArcRwSignal<Arc<[TaskId]>> {
        let session = self.session();
        lock(&self.0.column_tasks)
            .entry(column)
            .or_insert_with(|| ArcRwSignal::new(session.board().view().column_task_ids(column).collect()))
            .clone()
    }

    /// The signals of a task.
    pub fn task(&self, id: TaskId) -> TaskSignals {
        let session = self.session();
        lock(&self.0.tasks)
            .entry(id)
            .or_insert_with(|| TaskSignals {
                task: ArcRwSignal::new(session.board().view().task(id).cloned()),
                remote_changes: ArcRwSignal::new(0),
                editors: ArcRwSignal::new(self.editors(&lock(&self.0.presence_state), id)),
            })
            .clone()
    }

    /// Counts up with every change of anything, for what depends on all tasks: a filtered list, the trash.
    pub fn revision(&self) -> ArcRwSignal<u64> {
        self.0.revision.clone()
    }

    /// Collects what changes from now on, for what is derived from many tasks and would be slow to derive anew:
    /// [`Self::revision`] tells when to look.
    pub fn collect_changes(&self) -> ChangeCollector {
        let collected = Arc::default();
        lock(&self.0.change_collectors).push(Arc::downgrade(&collected));
        ChangeCollector(collected)
    }

    /// Hears from now on what the log goes on with: what is saved, of this page and of others. [`Self::heard`] tells when.
    pub fn listen(&self) -> Listener {
        let news = Arc::default();
        lock(&self.0.listeners).push(Arc::downgrade(&news));
        Listener(news)
    }

    /// Counts up when there is news for those who [`Self::listen`].
    pub fn heard(&self) -> ArcRwSignal<u64> {
        self.0.heard.clone()
    }

    /// What can be undone or redone next, such as `move Tea`; `None` if there is nothing.
    pub fn next_undo(&self, direction: Direction) -> ArcRwSignal<Option<String>> {
        match direction {
            Direction::Undo => self.0.undoable.clone(),
            Direction::Redo => self.0.redoable.clone(),
        }
    }

    /// Takes back the last edit of this page, or does again what was taken back last. It is an edit like any other: it shows
    /// at once and is kept until it is saved. `None` if there is nothing to be undone.
    pub fn undo(&self, direction: Direction) -> Option<Result<Undone, NotUndone>> {
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

    /// What was to be undone or redone, looked as if it could be, and was then refused by the server; until it is taken.
    pub fn not_undone(&self) -> ArcRwSignal<Vec<NotUndone>> {
        self.0.not_undone.clone()
    }

    fn tell_undo(&self) {
        let next = |direction| self.session().board().next_undo(direction).map(str::to_owned);
        self.0.undoable.maybe_set(next(Direction::Undo));
        self.0.redoable.maybe_set(next(Direction::Redo));
    }

    /// How many edits of this page are not known to be saved.
    pub fn unsaved(&self) -> ArcRwSignal<usize> {
        self.0.unsaved.clone()
    }

    /// Edits of this page that were refused, oldest first, until [`Self::dismiss`].
    pub fn problems(&self) -> ArcRwSignal<Vec<Problem>> {
        self.0.problems.clone()
    }

    /// Whether a text that was typed here waits for somebody to choose between it and another.
    pub fn has_conflict(&self) -> bool {
        self.0.problems.read_untracked().iter().any(|problem| matches!(problem.refusal, Refusal::Conflict { .. }))
    }

    /// Forgets a refused edit.
    pub fn dismiss(&self, id: MutationId) {
        self.0.problems.update(|problems| problems.retain(|problem| problem.mutation.id != id));
    }

    /// Adds an edit that was refused here, before it was queued, to [`Self::problems`]: so what was typed is kept until the
    /// person has seen to it, wherever they go.
    pub fn report(&self, op: Op, refusal: Refusal) {
        let mutation = Mutation { id: crate::new_id(), op };
        self.0.problems.update(|problems| problems.push(Problem { mutation, refusal }));
    }

    /// Keeps what was typed in a field that goes away, among [`Self::problems`], where it goes because what it is for cannot be
    /// done any more. Tells whether it was so.
    pub fn rescue(&self, op: Op) -> bool {
        let refusal = match self.0.unavailable.get_untracked() {
            Some(BoardUnavailable::Forbidden) => Some(Refusal::Forbidden),
            Some(_) => Some(Refusal::not_found(Thing::Board)),
            None => self.session().board().check(&op).err(),
        };
        if let Some(refusal @ (Refusal::Forbidden | Refusal::NotFound { .. })) = refusal {
            self.report(op, refusal);
            return true;
        }
        false
    }

    /// Tasks that this page deleted and that may be wanted back, oldest first, until they are restored or
    /// [`Self::forget_deletion`].
    pub fn deletions(&self) -> ArcRwSignal<Vec<TaskId>> {
        self.0.deletions.clone()
    }

    /// Offers a task no longer to be restored; it stays in the trash.
    pub fn forget_deletion(&self, id: TaskId) {
        self.0.deletions.update(|deletions| deletions.retain(|deleted| *deleted != id));
    }

    /// Who else has the board open, as far as was told. What they edit is with each task.
    pub fn others(&self) -> ArcRwSignal<PresenceState> {
        self.0.others.clone()
    }

    /// Tells the others that a text of a task is edited here, until the current reactive owner is cleaned up.
    pub fn edit_until_cleanup(&self, task: TaskId) {
        self.change_editors(|editors| editors.open(task));
        let board = self.clone();
        on_cleanup(move || board.change_editors(|editors| editors.close(task)));
    }

    /// The page's connection.
    pub(super) fn live(&self) -> &Live {
        &self.0.live
    }

    /// Looks at the board as it is shown. Not tracked: combine with one of the signals. Do not call back into this board
    /// from within.
    pub fn with<T>(&self, look: impl FnOnce(&BoardState) -> T) -> T {
        look(self.session().board().view())
    }

    /// Looks at the board with both what is shown and what is saved. Not tracked, as [`Self::with`].
    pub fn with_optimistic<T>(&self, look: impl FnOnce(&OptimisticBoard) -> T) -> T {
        look(self.session().board())
    }

    /// The base for an editor that starts on a text as it is shown now; goes back in with [`Self::submit_text`].
    pub fn text_base(&self, task: TaskId, field: TextField) -> TextBase {
        self.session().text_base(task, field)
    }

    /// Does something to the board: it shows at once, is kept until the server has saved it, and is rolled back, with a
    /// [`Problem`], if the server refuses it. What can be seen to be wrong here is refused here, and nothing happens.
    pub fn submit(&self, op: Op) -> Result<MutationId, Refusal> {
        self.submit_based(op, None)
    }

    /// As [`Self::submit`], for the edit of a text that the editor saw at `base`.
    pub fn submit_text(&self, op: Op, base: TextBase) -> Result<MutationId, Refusal> {
        self.submit_based(op, Some(base))
    }

    fn submit_based(&self, op: Op, base: Option<TextBase>) -> Result<MutationId, Refusal> {
        let id = crate::new_id();
        let (deleted, restored) = match &op {
            Op::DeleteTask(delete) => (Some(delete.task), None),
            Op::RestoreTask(restore) => (None, Some(restore.task)),
            _ => (None, None),
        };
        let outcome = self.session().submit(Mutation { id, op }, base, now())?;
        self.take(outcome);
        if let Some(task) = deleted {
            self.0.deletions.update(|deletions| deletions.push(task));
        }
        if let Some(task) = restored {
            self.forget_deletion(task);
        }
        Ok(id)
    }

    #[cfg(feature = "hydrate")]
    pub(super) fn connected(&self) -> Vec<ClientMessage> {
        let mut hello = self.session().connected();
        // A board that is gone is not asked for any more.
        if !hello.is_empty() {
            hello.push(self.present(lock(&self.0.editors).editing()));
        }
        hello
    }

    /// Some time has passed while this is not followed: what to send.
    #[cfg(feature = "hydrate")]
    pub(super) fn tick(&self, now: Millis, random: f64) -> Vec<ClientMessage> {
        let send = self.session().tick(now, random);
        self.with_presence(send)
    }

    /// A message about this board could not be read: see [`BoardSession::unreadable`].
    #[cfg(feature = "hydrate")]
    pub(super) fn unreadable(&self, is_state: bool) {
        let outcome = self.session().unreadable(is_state);
        self.take(outcome);
    }

    /// A subscription that the server does not have takes the place among those who are here with it.
    fn with_presence(&self, mut send: Vec<ClientMessage>) -> Vec<ClientMessage> {
        if send.iter().any(|message| matches!(message, ClientMessage::Subscribe { .. })) {
            send.push(self.present(lock(&self.0.editors).editing()));
        }
        send
    }

    #[cfg(feature = "hydrate")]
    pub(super) fn disconnected(&self) {
        self.session().disconnected();
        self.0.synced.maybe_set(false);
        self.0.failing.maybe_set(false);
        // Who was here may still be, but what they edit changes by the minute.
        let presence_state = lock(&self.0.presence_state).clone();
        self.take_presence_state(PresenceState { editing: Vec::new(), ..presence_state });
    }

    /// The tab is looked at again, or has not been for a while.
    #[cfg(feature = "hydrate")]
    pub(super) fn set_unseen(&self, is_unseen: bool) {
        self.change_editors(|editors| editors.unseen = is_unseen);
    }

    /// The server has sent the board anew: goes on with it, also where it was gone before. Tells whether it was.
    #[cfg(feature = "hydrate")]
    pub(super) fn revive(&self) -> bool {
        self.session().revive();
        let was_unavailable = self.0.unavailable.get_untracked().is_some();
        self.0.unavailable.maybe_set(None);
        self.draw_access();
        was_unavailable
    }

    #[cfg(feature = "hydrate")]
    pub(super) fn receive(&self, message: ServerMessage) {
        match message {
            ServerMessage::Presence { people, more, guests, editing, .. } => {
                self.take_presence_state(PresenceState { people, more, guests, editing });
            }
            ServerMessage::PresenceChanged { joined, left, more, guests, editing, .. } => {
                let mut presence_state = lock(&self.0.presence_state).clone();
                presence_state.apply(PresenceChange { joined, left, more, guests, editing });
                self.take_presence_state(presence_state);
            }
            message => {
                let outcome = self.session().receive(message);
                self.take(outcome);
            }
        }
    }

    /// Wakes the signals of the tasks that somebody began or ceased to edit, and that of the others.
    #[cfg(feature = "hydrate")]
    fn take_presence_state(&self, presence_state: PresenceState) {
        let before = std::mem::replace(&mut *lock(&self.0.presence_state), presence_state.clone());
        for task in before.editing.iter().chain(&presence_state.editing).map(|editing| editing.task) {
            let signals = lock(&self.0.tasks).get(&task).cloned();
            if let Some(signals) = signals {
                signals.editors.maybe_set(self.editors(&presence_state, task));
            }
        }
        self.0.others.maybe_set(presence_state.others(self.me()));
    }

    fn editors(&self, presence_state: &PresenceState, task: TaskId) -> Vec<Option<ActorId>> {
        presence_state.editors(task, self.me(), self.0.live.tab())
    }

    fn change_editors(&self, change: impl FnOnce(&mut OpenEditors)) {
        let (before, now) = {
            let mut editors = lock(&self.0.editors);
            let before = editors.editing();
            change(&mut editors);
            (before, editors.editing())
        };
        if now != before && self.0.unavailable.get_untracked().is_none() {
            self.0.live.send(self.present(now));
        }
    }

    fn present(&self, editing: Option<TaskId>) -> ClientMessage {
        let live = &self.0.live;
        ClientMessage::Present { board: self.0.id, tab: live.tab(), editing, secret: live.tab_secret() }
    }

    /// Wakes the signals of what an outcome touched, and sends what is to be sent.
    fn take(&self, outcome: Outcome) {
        let Outcome { touched, remote_changes, settled, send, logged, skipped } = outcome;
        self.draw(&touched);
        // A task that is new is about to be drawn, so it is told although nothing has asked for it yet; but not a whole
        // column that was numbered anew.
        let few = remote_changes.tasks.len() <= TOLD_UNASKED;
        for id in &remote_changes.tasks {
            let asked_for = lock(&self.0.tasks).get(id).cloned();
            if let Some(signals) = asked_for.or_else(|| few.then(|| self.task(*id))) {
                signals.remote_changes.update(|count| *count += 1);
            }
        }
        for settled in settled {
            match settled {
                Settled::Refused(mutation, refusal) => {
                    self.0.problems.update(|problems| problems.push(Problem { mutation: *mutation, refusal }));
                }
                Settled::NotUndone(_, not_undone) => self.0.not_undone.update(|all| all.push(not_undone)),
                Settled::Saved(_) | Settled::Needless(_) => {}
            }
        }
        self.tell(logged, skipped);
        self.tell_undo();
        let (unsaved, synced, failing, unavailable, loaded) = {
            let session = self.session();
            let board = session.board();
            (board.unsaved(), session.is_live(), session.is_failing(), session.unavailable(), board.loaded().to_vec())
        };
        self.0.loaded.maybe_set(loaded);
        self.0.unsaved.maybe_set(unsaved);
        self.0.synced.maybe_set(synced);
        self.0.failing.maybe_set(failing);
        if unavailable.is_some() {
            self.0.unavailable.maybe_set(unavailable);
            self.draw_access();
        }
        for message in self.with_presence(send) {
            self.0.live.send(message);
        }
    }

    fn tell(&self, logged: Vec<Event>, skipped: bool) {
        if logged.is_empty() && !skipped {
            return;
        }
        lock(&self.0.listeners).retain(|listener| match listener.upgrade() {
            Some(news) => {
                let mut news = lock(&news);
                news.events.extend(logged.iter().cloned());
                news.incomplete |= skipped;
                true
            }
            None => false,
        });
        self.0.heard.update(|count| *count += 1);
    }

    fn draw(&self, touched: &Touched) {
        if touched.is_empty() {
            return;
        }
        if touched.access {
            self.draw_access();
        }
        // Everything is read before anything is woken: what wakes may look at the board again.
        let session = self.session();
        let view = session.board().view();
        let board = touched.board.then(|| (view.name().to_owned(), view.exists()));
        let columns = (!touched.columns.is_empty()).then(|| view.columns().cloned().collect::<Vec<_>>());
        let tasks: Vec<_> = {
            let signals = lock(&self.0.tasks);
            let drawn = |id: &TaskId| Some((signals.get(id)?.task.clone(), view.task(*id).cloned()));
            touched.tasks.iter().filter_map(drawn).collect()
        };
        let column_tasks: Vec<_> = match touched.tasks.is_empty() && columns.is_none() {
            true => Vec::new(),
            false => lock(&self.0.column_tasks)
                .iter()
                .filter_map(|(column, signal)| {
                    let same = signal.with_untracked(|ids| view.column_task_ids(*column).eq(ids.iter().copied()));
                    (!same).then(|| (signal.clone(), view.column_task_ids(*column).collect::<Arc<[TaskId]>>()))
                })
                .collect(),
        };
        drop(session);

        lock(&self.0.change_collectors).retain(|collector| match collector.upgrade() {
            Some(collected) => {
                lock(&collected).merge(touched.clone());
                true
            }
            None => false,
        });
        for (signal, task) in tasks {
            signal.maybe_set(task);
        }
        for (signal, ids) in column_tasks {
            signal.set(ids);
        }
        if let Some(columns) = columns {
            self.0.columns.maybe_set(columns);
        }
        if let Some((name, exists)) = board {
            self.0.name.maybe_set(name);
            self.0.unavailable.maybe_set((!exists).then_some(BoardUnavailable::Deleted));
            self.draw_access();
        }
        self.0.revision.update(|revision| *revision += 1);
    }

    fn me(&self) -> Option<ActorId> {
        self.0.live.principal().read_untracked().person
    }

    fn draw_access(&self) {
        let session = self.session();
        let (access, role) = (session.board().view().access().clone(), session.board().role());
        drop(session);
        let role = role.filter(|_| self.0.unavailable.read_untracked().is_none());
        self.0.access.maybe_set(access);
        for (signal, may) in self.0.may.iter().zip(may(role)) {
            signal.maybe_set(may);
        }
    }

    fn session(&self) -> MutexGuard<'_, BoardSession> {
        lock(&self.0.session)
    }
}

/// For each of [`BoardRole::ALL`]: whether a role is at least that.
fn may(role: Option<BoardRole>) -> [bool; 3] {
    BoardRole::ALL.map(|least| role >= Some(least))
}

/// Sets a signal only if that changes it: nothing is drawn again for nothing.
pub(super) trait MaybeSet<T> {
    /// Sets it if it is another value than before.
    fn maybe_set(&self, value: T);
}

impl<T: PartialEq + Send + Sync + 'static> MaybeSet<T> for ArcRwSignal<T> {
    fn maybe_set(&self, value: T) {
        if self.with_untracked(|old| *old != value) {
            self.set(value);
        }
    }
}

/// The state behind a lock stays whole if a look at it panics: nothing is written while somebody else's code runs.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The browser's clock; only for what is shown until the server's time comes.
fn now() -> Timestamp {
    #[cfg(feature = "hydrate")]
    let millis = js_sys::Date::now() as i64;
    #[cfg(not(feature = "hydrate"))]
    let millis = 0;
    Timestamp::from_millis(millis)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    #[cfg(not(feature = "hydrate"))]
    use crate::protocol::ServerMessage;
    use crate::{
        fields::FieldEdit,
        model::ColumnKind,
        ops::{
            Change, ChangeKind, CreateBoard, CreateTask, DeleteTask, NewColumn, RestoreTask, TaskDeleted, UpdateTask,
            decide,
        },
    };

    fn task(number: u128) -> TaskId {
        TaskId(Uuid::from_u128(number))
    }

    /// A board with one column and one task in it.
    fn board() -> LiveBoard {
        let column = NewColumn { id: ColumnId(Uuid::from_u128(1)), name: "To do".to_owned(), kind: ColumnKind::Open };
        let create = CreateTask::of(task(2), "Tea");
        let mut state = BoardState::empty(BoardId(Uuid::from_u128(3)));
        for op in [
            Op::CreateBoard(CreateBoard { name: "Board".to_owned(), columns: vec![column], everyone: None }),
            Op::CreateTask(create),
        ] {
            let kind = decide(&state, &op).unwrap();
            let (seq, mutation) = (state.seq() + 1, crate::new_id::<MutationId>());
            state.apply(&Change { seq, at: Timestamp::from_millis(0), by: None, mutation, kind }).unwrap();
        }
        let live = Live::new();
        live.set_viewer(Vec::new(), Principal::anybody());
        LiveBoard::new(state.snapshot(), &[], live)
    }

    #[test]
    fn a_collector_gathers_what_changed_between_two_looks() {
        let board = board();
        let collector = board.collect_changes();
        let rename = |title: &str| Op::UpdateTask(UpdateTask::of(task(2)).with(FieldEdit::Title(title.to_owned())));
        board.submit(rename("Green tea")).unwrap();
        board.submit(rename("Black tea")).unwrap();
        assert_eq!(collector.take().tasks, [task(2)].into());
        assert!(collector.take().is_empty());
    }

    #[test]
    fn undo_says_what_it_would_do_and_does_it_at_once() {
        let board = board();
        let (undo, redo) = (board.next_undo(Direction::Undo), board.next_undo(Direction::Redo));
        assert!(board.undo(Direction::Undo).is_none());
        board.submit(Op::DeleteTask(DeleteTask::of(task(2)))).unwrap();
        assert_eq!((undo.get_untracked().as_deref(), redo.get_untracked()), (Some("delete Tea"), None));

        let undone = board.undo(Direction::Undo).unwrap().unwrap();
        assert_eq!(undone, Undone { words: "delete Tea".to_owned(), task: Some(task(2)) });
        assert!(board.with(|board| board.live_task(task(2)).is_some()));
        assert!(board.deletions().get_untracked().is_empty(), "what is back is not offered to be restored");
        assert_eq!((undo.get_untracked(), redo.get_untracked().as_deref()), (None, Some("delete Tea")));
    }

    #[test]
    fn whoever_listens_hears_what_is_saved_and_whether_something_is_missing() {
        let board = board();
        let listener = board.listen();
        board.submit(Op::DeleteTask(DeleteTask::of(task(2)))).unwrap();
        assert!(listener.take().events.is_empty(), "it is not saved yet");
        let seq = board.with(BoardState::seq);
        let change = |seq, kind| Change {
            seq,
            at: Timestamp::from_millis(0),
            by: None,
            mutation: crate::new_id::<MutationId>(),
            kind,
        };
        let changes = vec![change(seq + 1, ChangeKind::TaskDeleted(TaskDeleted { task: task(2), purged: Vec::new() }))];
        let outcome = board.session().receive(ServerMessage::Changes { board: board.id(), after: seq, changes });
        board.take(outcome);
        let news = listener.take();
        assert_eq!(
            (news.events[0].activity.of_this_task(&|_| String::new()), news.incomplete),
            ("deleted it".to_owned(), false)
        );

        let mut later = board.with(BoardState::snapshot);
        later.seq += 5;
        let outcome = board.session().receive(ServerMessage::Snapshot(later));
        board.take(outcome);
        assert!(listener.take().incomplete);
        assert_eq!(board.heard().get_untracked(), 2);
    }

    #[test]
    fn a_task_that_this_page_deleted_is_offered_back_until_it_is_restored() {
        let board = board();
        board.submit(Op::DeleteTask(DeleteTask::of(task(2)))).unwrap();
        assert_eq!(board.deletions().get_untracked(), [task(2)]);
        board.submit(Op::RestoreTask(RestoreTask::of(task(2)))).unwrap();
        assert!(board.deletions().get_untracked().is_empty());
    }

    #[test]
    fn an_edit_that_was_refused_here_is_kept_until_it_is_dismissed() {
        let board = board();
        let delete = Op::DeleteTask(DeleteTask::of(task(9)));
        let refusal = board.submit(delete.clone()).unwrap_err();
        board.report(delete.clone(), refusal);
        let problems = board.problems().get_untracked();
        assert_eq!(problems[0].mutation.op, delete);
        board.dismiss(problems[0].mutation.id);
        assert!(board.problems().get_untracked().is_empty());
    }
}
