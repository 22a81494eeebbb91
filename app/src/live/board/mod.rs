//! A board as signals, which are updated from the board's session.

mod comments;
mod edits;
mod news;
mod presence;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use leptos::prelude::*;

use comments::Comments;
use edits::Edits;
pub use edits::Problem;
use news::History;
pub use news::{Listener, News};
use presence::Presence;

use super::{
    connection::Live,
    session::{BoardSession, BoardUnavailable, Outcome},
};
use crate::{
    access::{BoardAccess, BoardRole, Principal},
    board::{OptimisticBoard, Settled},
    id::{ActorId, BoardId, ColumnId, TaskId},
    key::BoardKey,
    label::{Hue, Label},
    model::{Column, Task},
    presence::Edited,
    state::{BoardState, Entity, LoadedPart, Part, Snapshot, Touched},
    time::Timestamp,
};
#[cfg(feature = "hydrate")]
use crate::{
    live::reconnect::Millis,
    presence::{PresenceChange, PresenceState},
    protocol::{ClientMessage, ServerMessage},
};

/// A board whose parts are signals. Cheap to clone.
///
/// The signals of a task or column are created when they are first requested. A change triggers only the signals of the
/// parts that it touched, so a row that is not rendered costs nothing.
#[derive(Clone)]
pub struct LiveBoard(Arc<Inner>);

struct Inner {
    id: BoardId,
    session: Mutex<BoardSession>,
    live: Live,
    name: ArcRwSignal<String>,
    key: ArcRwSignal<Option<BoardKey>>,
    look: ArcRwSignal<Look>,
    unavailable: ArcRwSignal<Option<BoardUnavailable>>,
    access: ArcRwSignal<BoardAccess>,
    archived: ArcRwSignal<bool>,
    /// For each of [`BoardRole::ALL`]: whether the reader of the page may do now what needs this role.
    may: [ArcRwSignal<bool>; 3],
    synced: ArcRwSignal<bool>,
    failing: ArcRwSignal<bool>,
    loaded: ArcRwSignal<Vec<Part>>,
    columns: ArcRwSignal<Vec<Arc<Column>>>,
    labels: ArcRwSignal<Vec<Arc<Label>>>,
    column_tasks: Mutex<HashMap<ColumnId, ArcRwSignal<Arc<[TaskId]>>>>,
    tasks: Mutex<HashMap<TaskId, TaskSignals>>,
    comments: Comments,
    change_collectors: Mutex<Vec<Weak<Mutex<Touched>>>>,
    revision: ArcRwSignal<u64>,
    edits: Edits,
    history: History,
    presence: Presence,
}

/// The signals of one task.
#[derive(Clone)]
pub struct TaskSignals {
    /// The task as it is shown, with unsaved edits. `None` if it does not exist.
    pub task: ArcRwSignal<Option<Arc<Task>>>,
    /// The number of changes of the task by somebody else.
    pub remote_changes: ArcRwSignal<u32>,
    /// The other people who are editing the task; `None` for each guest, after the people.
    pub editors: ArcRwSignal<Vec<Option<ActorId>>>,
    /// The other people who are writing a comment on the task, like `editors`.
    pub commenting: ArcRwSignal<Vec<Option<ActorId>>>,
}

/// What tells a board from others at a glance, besides its name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Look {
    /// The colour, if it has one.
    pub hue: Option<Hue>,
    /// What the board is for; empty if nobody said.
    pub description: String,
}

impl Look {
    fn of(state: &BoardState) -> Self {
        Self { hue: state.hue(), description: state.description().to_owned() }
    }
}

/// Collects the changes of a board between two calls of [`Self::take`]: see [`LiveBoard::collect_changes`].
#[derive(Clone)]
pub struct ChangeCollector(Arc<Mutex<Touched>>);

impl ChangeCollector {
    /// Returns the changes since the last call.
    pub fn take(&self) -> Touched {
        std::mem::take(&mut lock(&self.0))
    }
}

/// If somebody else changes more tasks than this at once, those that are not rendered yet are not highlighted when they
/// are.
const TOLD_UNASKED: usize = 20;

impl LiveBoard {
    /// Creates a board from loaded data. [`Live::open`] connects it.
    pub fn new(outline: Snapshot, parts: &[LoadedPart], live: Live) -> Self {
        let mut session = BoardSession::new(outline.into(), live.principal().get_untracked());
        for part in parts {
            // The parts belong to this board and are about as old as the outline, and nothing is rendered yet.
            let _ = session.load(part);
        }
        let state = session.board().view();
        let unavailable = (!state.exists()).then_some(BoardUnavailable::Deleted);
        let principal = live.principal().get_untracked();
        Self(Arc::new(Inner {
            id: state.id(),
            name: ArcRwSignal::new(state.name().to_owned()),
            key: ArcRwSignal::new(state.key().cloned()),
            look: ArcRwSignal::new(Look::of(state)),
            unavailable: ArcRwSignal::new(unavailable),
            access: ArcRwSignal::new(state.access().clone()),
            archived: ArcRwSignal::new(state.is_archived()),
            may: may(
                unavailable.is_none().then(|| principal.role_on(state.id(), state.access())).flatten(),
                state.is_archived(),
            )
            .map(ArcRwSignal::new),
            synced: ArcRwSignal::new(false),
            failing: ArcRwSignal::new(false),
            loaded: ArcRwSignal::new(session.board().loaded().to_vec()),
            columns: ArcRwSignal::new(state.columns().cloned().collect()),
            labels: ArcRwSignal::new(state.labels().cloned().collect()),
            column_tasks: Mutex::default(),
            tasks: Mutex::default(),
            comments: Comments::default(),
            change_collectors: Mutex::default(),
            revision: ArcRwSignal::new(0),
            edits: Edits::default(),
            history: History::default(),
            presence: Presence::default(),
            session: Mutex::new(session),
            live,
        }))
    }

    /// Returns the id of the board.
    pub fn id(&self) -> BoardId {
        self.0.id
    }

    /// Returns the name.
    pub fn name(&self) -> ArcRwSignal<String> {
        self.0.name.clone()
    }

    /// The key of the board.
    pub fn key(&self) -> ArcRwSignal<Option<BoardKey>> {
        self.0.key.clone()
    }

    /// The colour and the description of the board.
    pub fn look(&self) -> ArcRwSignal<Look> {
        self.0.look.clone()
    }

    /// Returns the reason why the board is no longer available to this page; `None` if it is available.
    pub fn unavailable(&self) -> ArcRwSignal<Option<BoardUnavailable>> {
        self.0.unavailable.clone()
    }

    /// Returns who has access to it.
    pub fn access(&self) -> ArcRwSignal<BoardAccess> {
        self.0.access.clone()
    }

    /// Whether the board is archived.
    pub fn archived(&self) -> ArcRwSignal<bool> {
        self.0.archived.clone()
    }

    /// Whether the reader of the page has at least this role on the board, so that controls can be hidden. False for
    /// every role if the board is gone. False for [`BoardRole::Editor`] if the board is archived: nobody edits it.
    /// Managers still manage who may open it.
    pub fn may(&self, role: BoardRole) -> Signal<bool> {
        self.0.may[role as usize].clone().into()
    }

    /// Like [`Self::may`], at this moment.
    pub fn may_now(&self, role: BoardRole) -> bool {
        self.0.may[role as usize].get_untracked()
    }

    /// Sets the current rights of the reader of the page.
    pub fn set_principal(&self, principal: Principal) {
        self.session().set_principal(principal);
        self.draw_access();
    }

    /// Whether the board is live: its subscription has been answered, and its state is complete.
    pub fn synced(&self) -> ArcRwSignal<bool> {
        self.0.synced.clone()
    }

    /// Whether there is a connection but this board cannot be followed. Its subscription is repeated.
    pub fn failing(&self) -> ArcRwSignal<bool> {
        self.0.failing.clone()
    }

    /// Returns the loaded parts, beside the outline: see [`Self::need`].
    pub fn loaded(&self) -> ArcRwSignal<Vec<Part>> {
        self.0.loaded.clone()
    }

    /// Loads a part. Returns false if it is too old and must be loaded again.
    pub(in crate::live) fn load(&self, part: &LoadedPart) -> bool {
        let outcome = self.session().load(part);
        let is_of_use = outcome.is_some();
        self.take(outcome.unwrap_or_default());
        is_of_use
    }

    /// Removes the checklists of a task that is not shown any more from memory: see [`OptimisticBoard::unload`].
    pub fn unload(&self, task: TaskId) {
        let outcome = self.session().unload(task);
        self.take(outcome);
    }

    /// Returns its columns, in order.
    pub fn columns(&self) -> ArcRwSignal<Vec<Arc<Column>>> {
        self.0.columns.clone()
    }

    /// Returns its labels, in order, without those that were merged into others. It also changes when a merge is taken back, so what is
    /// derived from the labels of tasks may track it.
    pub fn labels(&self) -> ArcRwSignal<Vec<Arc<Label>>> {
        self.0.labels.clone()
    }

    /// Returns the ids of the tasks of a column, in order, without those in the trash.
    pub fn column_tasks(&self, column: ColumnId) -> ArcRwSignal<Arc<[TaskId]>> {
        let session = self.session();
        lock(&self.0.column_tasks)
            .entry(column)
            .or_insert_with(|| ArcRwSignal::new(session.board().view().column_task_ids(column).collect()))
            .clone()
    }

    /// Returns the signals of a task.
    pub fn task(&self, id: TaskId) -> TaskSignals {
        let session = self.session();
        lock(&self.0.tasks)
            .entry(id)
            .or_insert_with(|| {
                let presence_state = lock(&self.0.presence.presence_state);
                let who = |comment| ArcRwSignal::new(self.editors(&presence_state, Edited { task: id, comment }));
                TaskSignals {
                    task: ArcRwSignal::new(session.board().view().task(id).cloned()),
                    remote_changes: ArcRwSignal::new(0),
                    editors: who(false),
                    commenting: who(true),
                }
            })
            .clone()
    }

    /// A counter that increases with every change, for data that depends on all tasks: a filtered list, the trash.
    pub fn revision(&self) -> ArcRwSignal<u64> {
        self.0.revision.clone()
    }

    /// Collects the changes from now on, for data that is derived from many tasks and slow to recompute.
    /// [`Self::revision`] signals new changes.
    pub fn collect_changes(&self) -> ChangeCollector {
        let collected = Arc::default();
        lock(&self.0.change_collectors).push(Arc::downgrade(&collected));
        ChangeCollector(collected)
    }

    /// Returns the page's connection.
    pub(in crate::live) fn live(&self) -> &Live {
        &self.0.live
    }

    /// Reads the board as it is shown. It is not tracked, so combine it with a signal. `look` must not call methods of
    /// this board, which is locked.
    pub fn with<T>(&self, look: impl FnOnce(&BoardState) -> T) -> T {
        look(self.session().board().view())
    }

    /// Reads the board with both the shown and the saved state. Not tracked, like [`Self::with`].
    pub fn with_optimistic<T>(&self, look: impl FnOnce(&OptimisticBoard) -> T) -> T {
        look(self.session().board())
    }

    #[cfg(feature = "hydrate")]
    pub(in crate::live) fn connected(&self) -> Vec<ClientMessage> {
        let mut hello = self.session().connected();
        // No subscription is sent for a board that is gone.
        if !hello.is_empty() {
            hello.push(self.present(lock(&self.0.presence.editors).editing()));
        }
        hello
    }

    /// Returns what to send after some time without a live session.
    #[cfg(feature = "hydrate")]
    pub(in crate::live) fn tick(&self, now: Millis, random: f64) -> Vec<ClientMessage> {
        let send = self.session().tick(now, random);
        self.with_presence(send)
    }

    /// Handles an unreadable message about this board: see [`BoardSession::unreadable`].
    #[cfg(feature = "hydrate")]
    pub(in crate::live) fn unreadable(&self, is_state: bool) {
        let outcome = self.session().unreadable(is_state);
        self.take(outcome);
    }

    #[cfg(feature = "hydrate")]
    pub(in crate::live) fn disconnected(&self) {
        self.session().disconnected();
        self.0.synced.maybe_set(false);
        self.0.failing.maybe_set(false);
        // The people may still be present, but the edits in progress change often.
        let presence_state = lock(&self.0.presence.presence_state).clone();
        self.take_presence_state(PresenceState { editing: Vec::new(), ..presence_state });
    }

    /// Makes the board available again after the server sent it. Returns whether it was unavailable.
    #[cfg(feature = "hydrate")]
    pub(in crate::live) fn revive(&self) -> bool {
        self.session().revive();
        let was_unavailable = self.0.unavailable.get_untracked().is_some();
        self.0.unavailable.maybe_set(None);
        self.draw_access();
        was_unavailable
    }

    #[cfg(feature = "hydrate")]
    pub(in crate::live) fn receive(&self, message: ServerMessage) {
        match message {
            ServerMessage::Presence { people, more, guests, editing, .. } => {
                self.take_presence_state(PresenceState { people, more, guests, editing });
            }
            ServerMessage::PresenceChanged { joined, left, more, guests, editing, .. } => {
                let mut presence_state = lock(&self.0.presence.presence_state).clone();
                presence_state.apply(PresenceChange { joined, left, more, guests, editing });
                self.take_presence_state(presence_state);
            }
            message => {
                let outcome = self.session().receive(message);
                self.take(outcome);
            }
        }
    }

    /// Triggers the signals of the touched parts, and sends the messages of the outcome.
    fn take(&self, outcome: Outcome) {
        let Outcome { touched, remote_changes, settled, send, logged, skipped } = outcome;
        self.draw(&touched);
        if skipped {
            // What was held may be out of date now.
            self.renew_comments(|_| true);
        }
        // A new task is about to be rendered, so its change is counted although nothing has requested its signals yet.
        // This does not apply to a whole column that got new ranks.
        let few = remote_changes.tasks().count() <= TOLD_UNASKED;
        for id in remote_changes.tasks() {
            let asked_for = lock(&self.0.tasks).get(&id).cloned();
            if let Some(signals) = asked_for.or_else(|| few.then(|| self.task(id))) {
                signals.remote_changes.update(|count| *count += 1);
            }
        }
        for settled in settled {
            match settled {
                Settled::Refused(mutation, refusal) => {
                    self.0.edits.problems.update(|problems| problems.push(Problem { mutation: *mutation, refusal }));
                }
                Settled::NotUndone(_, not_undone) => self.0.edits.not_undone.update(|all| all.push(not_undone)),
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
        self.0.edits.unsaved.maybe_set(unsaved);
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

    fn draw(&self, touched: &Touched) {
        if touched.is_empty() {
            return;
        }
        if touched.contains(Entity::Access) {
            self.draw_access();
        }
        // All data is read before any signal is set, because the effects of the signals may read the board again.
        let session = self.session();
        let view = session.board().view();
        let board = touched
            .contains(Entity::Board)
            .then(|| (view.name().to_owned(), view.key().cloned(), Look::of(view), view.exists(), view.is_archived()));
        let columns = touched.any_column().then(|| view.columns().cloned().collect::<Vec<_>>());
        let labels = touched.any_label().then(|| view.labels().cloned().collect::<Vec<_>>());
        let tasks: Vec<_> = {
            let signals = lock(&self.0.tasks);
            let drawn = |id: TaskId| Some((signals.get(&id)?.task.clone(), view.task(id).cloned()));
            touched.tasks().filter_map(drawn).collect()
        };
        let column_tasks: Vec<_> = match touched.tasks().next().is_none() && columns.is_none() {
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
                lock(&collected).merge(touched);
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
        self.draw_comments(touched);
        if let Some(columns) = columns {
            self.0.columns.maybe_set(columns);
        }
        if let Some(labels) = labels {
            self.0.labels.maybe_set(labels);
        }
        if let Some((name, key, look, exists, archived)) = board {
            self.0.look.maybe_set(look);
            self.0.name.maybe_set(name);
            self.0.key.maybe_set(key);
            self.0.archived.maybe_set(archived);
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
        let (view, role) = (session.board().view(), session.board().role());
        let (access, archived) = (view.access().clone(), view.is_archived());
        drop(session);
        let role = role.filter(|_| self.0.unavailable.read_untracked().is_none());
        self.0.access.maybe_set(access);
        for (signal, may) in self.0.may.iter().zip(may(role, archived)) {
            signal.maybe_set(may);
        }
    }

    fn session(&self) -> MutexGuard<'_, BoardSession> {
        lock(&self.0.session)
    }
}

/// For each of [`BoardRole::ALL`]: whether a role is at least that role. Nobody is an editor of an archived board.
fn may(role: Option<BoardRole>, archived: bool) -> [bool; 3] {
    BoardRole::ALL.map(|least| role >= Some(least) && !(archived && least == BoardRole::Editor))
}

/// Sets a signal only if the value changes, to avoid needless rendering.
pub(super) trait MaybeSet<T> {
    /// Sets the value if it differs from the current one.
    fn maybe_set(&self, value: T);
}

impl<T: PartialEq + Send + Sync + 'static> MaybeSet<T> for ArcRwSignal<T> {
    fn maybe_set(&self, value: T) {
        if self.with_untracked(|old| *old != value) {
            self.set(value);
        }
    }
}

/// Ignores poisoning. The state behind a lock stays consistent if a reader panics, because nothing is written while
/// code from outside runs.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The browser's clock, only for what is shown until the server's time arrives.
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
        board::{Direction, Undone},
        fields::FieldEdit,
        id::MutationId,
        model::ColumnKind,
        ops::{
            Change, ChangeKind, CreateBoard, CreateTask, DeleteTask, NewColumn, Op, RestoreTask, TaskDeleted,
            UpdateTask, decide,
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
        assert_eq!(collector.take().tasks().collect::<Vec<_>>(), [task(2)]);
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
    fn edits_that_were_joined_are_undone_and_redone_as_one() {
        let board = board();
        board.submit(Op::UpdateTask(UpdateTask::of(task(2)).with(FieldEdit::Title("Green tea".to_owned())))).unwrap();
        let create = |number| board.submit(Op::CreateTask(CreateTask::of(task(number), number.to_string()))).unwrap();
        board.join(&[create(10), create(11), create(12)], "add 3 tasks");
        create(13);
        let live = || [2, 10, 11, 12, 13].map(|id| board.with(|board| board.live_task(task(id)).is_some()));
        let go = |direction| board.undo(direction).unwrap().unwrap().words;

        assert_eq!((go(Direction::Undo).as_str(), live()), ("add 13", [true, true, true, true, false]));
        assert_eq!(board.next_undo(Direction::Undo).get_untracked().as_deref(), Some("add 3 tasks"));
        assert_eq!((go(Direction::Undo).as_str(), live()), ("add 3 tasks", [true, false, false, false, false]));
        assert_eq!((go(Direction::Redo).as_str(), live()), ("add 3 tasks", [true, true, true, true, false]));
        assert_eq!((go(Direction::Undo).as_str(), live()), ("add 3 tasks", [true, false, false, false, false]));
        assert_eq!(go(Direction::Undo), "rename Tea");
        assert!(board.undo(Direction::Undo).is_none());
        go(Direction::Redo);
        assert_eq!((go(Direction::Redo).as_str(), live()), ("add 3 tasks", [true, true, true, true, false]));
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
