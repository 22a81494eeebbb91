//! A board that somebody on this node has open: its newest changes, and the sockets that subscribe to them.
//!
//! Nothing here waits for a socket. A socket has a cursor, the number of the last change that it was sent, and asks for the
//! changes after it; a slow socket asks later. Changes that the ring no longer holds come from the log, or are skipped with a
//! snapshot.
//!
//! A frame is handed out only to a holder of [`Rights`], under the same lock under which changes are added, and no frame ends
//! after the head. So whoever is given a frame may see the board as of the frame's last change or a later one: nothing can
//! change between the check and the hand-out, and no frame can be had without the check.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use app::{
    access::BoardAccess,
    id::BoardId,
    model::Seq,
    ops::{BoardUpdated, Change, ChangeKind, MemberSet},
    protocol::ServerMessage,
};
use serde::Deserialize;

use super::{
    HubSettings,
    frame::Frame,
    metrics::Metrics,
    presence::Presence,
    wake::{SocketId, Wake},
};
use crate::store::{LoggedChange, Missing, Rights, Store, StoreError};

/// How many frames are kept, to be shared by sockets that ask for the same changes.
const SHARED_FRAMES: usize = 8;
/// How many changes are read from the log at once.
const PAGE: usize = 512;
/// A snapshot that is followed by more changes than this is replaced by a new one rather than reused.
const SNAPSHOT_TAIL: u64 = 256;

/// The kinds of changes that do not affect who has access.
const LEAVES_ACCESS: [&str; 10] = [
    "board_created",
    "column_created",
    "column_updated",
    "column_deleted",
    "task_created",
    "task_updated",
    "task_deleted",
    "task_restored",
    "share_link_created",
    "share_link_revoked",
];

/// How long a change that arrived before its predecessors is kept. By then the missing changes were requested from the log.
const EARLY_KEPT: Duration = Duration::from_secs(10);

/// A board that is open on this node.
pub struct Topic {
    board: BoardId,
    /// The number of the newest change that this node knows: a copy of [`State::head`] that can be read without a lock.
    head: AtomicU64,
    state: Mutex<State>,
    subscribers: Mutex<Subscribers>,
    /// Held while the database is read for this topic, so that a thousand sockets that need the same data cause one read.
    reading: tokio::sync::Mutex<()>,
    /// Counts the changes of the access list, so that sockets see when they have to check it again.
    access_version: AtomicU64,
    /// Whether the notifier has yet to wake the subscribers.
    pub(super) notify_pending: AtomicBool,
    /// Who has the board open.
    pub(super) presence: Presence,
}

#[derive(Default)]
struct State {
    /// Whether the board was read from the database. Before that, nothing is handed out.
    opened: bool,
    /// The topic received a change that this version cannot read, which may have changed who has access. The board is read from
    /// the database again before anything is handed out.
    in_doubt: bool,
    /// The number of the newest change that this node knows, if it knows one.
    head: Option<Seq>,
    /// Who has access to the board, as of the head.
    access: BoardAccess,
    deleted: bool,
    /// The newest changes, without gaps, up to the head.
    ring: VecDeque<LoggedChange>,
    ring_bytes: usize,
    /// When the newest change was appended.
    appended: Option<Instant>,
    /// Changes that cannot be appended yet, because a change before them has not arrived.
    reorder_buffer: ReorderBuffer,
    /// Frames made from the current contents of the ring.
    frames: VecDeque<Span>,
    /// Frames made from the log, with changes that are older than the ring.
    pages: VecDeque<Span>,
    whole: Option<CachedSnapshot>,
    outline: Option<CachedSnapshot>,
    /// The log is known not to continue this number, nor any before.
    trimmed: Option<Seq>,
}

struct Subscribers {
    /// In the order in which the sockets connected, because that is their order in memory, here and in the kernel.
    wakes: BTreeMap<SocketId, Arc<Wake>>,
    /// When the last subscriber left.
    idle_since: Instant,
}

/// A frame with the changes `after + 1` to `upto`.
#[derive(Clone)]
pub struct Span {
    after: Seq,
    /// The number of its last change.
    pub upto: Seq,
    /// The frame.
    pub frame: Frame,
    /// When this node learned of the newest change, if the frame ends with it.
    pub appended: Option<Instant>,
}

struct CachedSnapshot {
    seq: Seq,
    frame: Frame,
    used: Instant,
}

/// What follows a cursor.
pub enum Next {
    /// Nothing: the cursor is at the head.
    UpToDate,
    /// The next changes.
    Changes(Span),
    /// The ring does not hold all of it: call [`Topic::resume`].
    Behind,
    /// Nothing may be handed out: the reader may not see the board any more.
    Forbidden,
}

/// Where a subscription starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// After this change, the newest that the client has.
    After(Seq),
    /// With a snapshot that is not older than this change.
    Snapshot(Seq),
}

impl Start {
    /// The newest change that the client has; 0 if it has none.
    pub fn seq(self) -> Seq {
        let (Self::After(seq) | Self::Snapshot(seq)) = self;
        seq
    }
}

/// How much a snapshot contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SnapshotForm {
    /// All of the board.
    Whole,
    /// See [`BoardState::outline`](app::state::BoardState::outline).
    Outline,
}

/// How a subscription continues from a number.
pub enum Resume {
    /// From this number: the ring holds the changes after it.
    Here(Seq),
    /// With these changes, and then from their end.
    Changes(Span),
    /// With this snapshot, and then from its number.
    Snapshot {
        /// The number of the newest change in it.
        seq: Seq,
        /// The frame.
        frame: Frame,
    },
}

/// Why a board cannot be followed.
#[derive(Debug, thiserror::Error)]
pub enum TopicError {
    /// There is no such board, or it was deleted.
    #[error("there is no such board")]
    NoSuchBoard,
    /// The reader may not see the board.
    #[error("the reader may not see this board")]
    Forbidden,
    /// The database cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Durable changes that arrived before their predecessors: another node committed an earlier change whose message arrives
/// later, or the messages of two nodes arrive in another order than their commits. They are appended when the gap is filled,
/// from whatever source.
#[derive(Default)]
struct ReorderBuffer {
    changes: BTreeMap<Seq, (LoggedChange, Instant)>,
    bytes: usize,
}

/// The result of adding a batch of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// The batch contained the next change.
    New,
    /// The batch contained nothing new.
    Known,
    /// Changes before the batch are missing. It is kept until they arrive.
    Gap,
}

/// The only field that is read of a change that is forwarded as it is.
#[derive(Deserialize)]
struct Kind<'a> {
    kind: &'a str,
}

impl Topic {
    pub(super) fn new(board: BoardId) -> Self {
        Self {
            board,
            head: AtomicU64::new(0),
            state: Mutex::default(),
            subscribers: Mutex::new(Subscribers { wakes: BTreeMap::new(), idle_since: Instant::now() }),
            reading: tokio::sync::Mutex::default(),
            access_version: AtomicU64::new(0),
            notify_pending: AtomicBool::new(false),
            presence: Presence::default(),
        }
    }

    /// The board of this topic.
    pub fn board(&self) -> BoardId {
        self.board
    }

    /// The number of the newest change that this node knows; 0 before the first [`Self::resume`].
    pub fn head(&self) -> Seq {
        self.head.load(Ordering::Acquire)
    }

    /// The changes after a cursor, from memory, if the reader may see the board. All sockets with the same cursor share one frame.
    pub fn next_for(&self, rights: &mut Rights, cursor: Seq, settings: &HubSettings) -> Next {
        if cursor >= self.head() {
            return Next::UpToDate;
        }
        let mut state = self.state();
        let (start, head) = (state.start(), state.head.unwrap_or_default());
        if cursor >= head {
            return Next::UpToDate;
        }
        if !state.opened || state.in_doubt {
            return Next::Behind;
        }
        if !rights.let_in(self.board, &state.access) {
            return Next::Forbidden;
        }
        if cursor < start {
            return Next::Behind;
        }
        if let Some(span) = state.frames.iter().find(|span| span.after == cursor) {
            return Next::Changes(span.clone());
        }
        let skip = (cursor - start) as usize;
        let mut span = self.span(cursor, state.ring.range(skip..), settings.frame_bytes);
        span.appended = state.appended.filter(|_| span.upto == head);
        remember(&mut state.frames, span.clone());
        Next::Changes(span)
    }

    /// How to resume from a start, if the reader may see the board.
    pub async fn resume(
        &self,
        start: Start,
        form: SnapshotForm,
        rights: &mut Rights,
        from: &Source<'_>,
    ) -> Result<Resume, TopicError> {
        loop {
            self.open(from).await?;
            if !self.lets_in(rights) {
                // Another node may have given the reader access a moment ago.
                self.catch_up(from).await?;
                if !self.lets_in(rights) {
                    return Err(TopicError::Forbidden);
                }
            }
            let resume = self.find(start, form, self.head(), from).await?;
            // Much may have happened while the database was read, so check the rights again. From here until the caller writes
            // the result to the socket, nothing waits.
            let state = self.state();
            if !state.in_doubt {
                return if rights.let_in(self.board, &state.access) { Ok(resume) } else { Err(TopicError::Forbidden) };
            }
        }
    }

    /// What to hand out for a start. It ends at the head or before it.
    async fn find(&self, start: Start, form: SnapshotForm, head: Seq, from: &Source<'_>) -> Result<Resume, TopicError> {
        let since = start.seq();
        if since > head {
            // Another node may have sent the client changes that this node has not received yet.
            self.catch_up(from).await?;
            if since > self.head() {
                // The client's number comes from a log that no longer exists, for example because the database was restored
                // from a backup.
                return self.snapshot(0, form, from).await;
            }
        }
        if let Start::Snapshot(at_least) = start {
            return self.snapshot(at_least, form, from).await;
        }
        if self.weight(since).is_none() {
            self.fill(since, from).await?;
        }
        match self.weight(since) {
            Some(bytes) if bytes <= from.settings.small_replay_bytes => Ok(Resume::Here(since)),
            Some(bytes) => match self.snapshot(since, form, from).await? {
                Resume::Snapshot { seq, frame } if frame.bytes().len() < bytes => Ok(Resume::Snapshot { seq, frame }),
                _ => Ok(Resume::Here(since)),
            },
            None => self.resume_from_log(since, form, from).await,
        }
    }

    /// Adds durable, consecutive changes.
    pub(super) fn take(&self, changes: &[LoggedChange], settings: &HubSettings) -> Taken {
        let (Some(first), Some(last)) = (changes.first(), changes.last()) else { return Taken::Known };
        let mut state = self.state();
        let head = *state.head.get_or_insert(first.seq.saturating_sub(1));
        if last.seq <= head {
            return Taken::Known;
        }
        if first.seq > head + 1 {
            state.reorder_buffer.keep(changes, settings);
            return Taken::Gap;
        }
        for change in changes.iter().filter(|change| change.seq > head) {
            self.append(&mut state, change);
        }
        loop {
            let next = state.head.unwrap_or_default() + 1;
            let Some(change) = state.reorder_buffer.take(next) else { break };
            self.append(&mut state, &change);
        }
        state.shrink(settings);
        state.frames.clear();
        self.head.store(state.head.unwrap_or_default(), Ordering::Release);
        Taken::New
    }

    /// Appends the next change to the ring.
    fn append(&self, state: &mut State, change: &LoggedChange) {
        self.take_in(state, change);
        state.ring_bytes += change.json.len();
        state.ring.push_back(change.clone());
        state.head = Some(change.seq);
        state.appended = Some(Instant::now());
    }

    /// Applies a change's effect on access to the board, and on whether the board is deleted.
    fn take_in(&self, state: &mut State, change: &LoggedChange) {
        match serde_json::from_slice::<Kind<'_>>(&change.json).map(|change| change.kind) {
            Ok("board_deleted") => state.deleted = true,
            Ok("board_restored") => state.deleted = false,
            Ok("board_updated" | "member_set") => self.change_access(state, change),
            Ok(kind) if LEAVES_ACCESS.contains(&kind) => {}
            // A newer version of the server made this change.
            _ => state.in_doubt = true,
        }
    }

    /// Applies a change of who has access. Readers who have no access any more are sent neither this change nor later ones.
    fn change_access(&self, state: &mut State, change: &LoggedChange) {
        match serde_json::from_slice::<Change>(&change.json).map(|change| change.kind) {
            Ok(ChangeKind::MemberSet(MemberSet { person, role: Some(role) })) => {
                state.access.members.insert(person, role);
            }
            Ok(ChangeKind::MemberSet(MemberSet { person, role: None })) => {
                state.access.members.remove(&person);
            }
            Ok(ChangeKind::BoardUpdated(BoardUpdated { everyone: Some(everyone), .. })) => {
                state.access.everyone = everyone
            }
            Ok(ChangeKind::BoardUpdated(_)) => return,
            Ok(_) | Err(_) => {
                state.in_doubt = true;
                return;
            }
        }
        self.access_version.fetch_add(1, Ordering::Release);
    }

    /// Whether the reader may see this board, as of its head.
    pub(super) fn lets_in(&self, rights: &mut Rights) -> bool {
        let state = self.state();
        state.opened && rights.let_in(self.board, &state.access)
    }

    /// Whether the board is deleted, as of its head. No change follows, unless it is restored.
    pub(super) fn is_deleted(&self) -> bool {
        self.state().deleted
    }

    /// Counts the changes of the access list.
    pub(super) fn access_version(&self) -> u64 {
        self.access_version.load(Ordering::Acquire)
    }

    /// Reads from the log the changes that this node has missed. Returns whether there were any.
    pub(super) async fn catch_up(&self, from: &Source<'_>) -> Result<bool, StoreError> {
        let _reading = self.reading.lock().await;
        self.read_missing(from).await
    }

    /// As [`Self::catch_up`], for a caller that already holds the `reading` lock.
    async fn read_missing(&self, from: &Source<'_>) -> Result<bool, StoreError> {
        let mut any = false;
        loop {
            let Some(head) = self.state().head else { return Ok(any) };
            match from.store.changes_after(self.board, head, PAGE).await? {
                Missing::Changes(changes) => {
                    any |= self.take(&changes, from.settings) == Taken::New;
                    if changes.len() < PAGE {
                        return Ok(any);
                    }
                }
                Missing::Trimmed => {
                    // This node is so far behind that the log after its head is trimmed: continue from the board's current state.
                    let board = from.store.board(self.board).await?;
                    let mut state = self.state();
                    if let Some(board) = board.filter(|board| Some(board.seq()) > state.head) {
                        let newest = board.seq();
                        state.access = board.access().clone();
                        state.deleted = !board.exists();
                        self.access_version.fetch_add(1, Ordering::Release);
                        state.ring.clear();
                        state.ring_bytes = 0;
                        state.frames.clear();
                        state.reorder_buffer.forget(|seq, _| seq > newest);
                        state.head = Some(newest);
                        self.head.store(newest, Ordering::Release);
                        any = true;
                    }
                    return Ok(any);
                }
            }
        }
    }

    pub(super) fn subscribe(&self, id: SocketId, wake: Arc<Wake>) {
        self.subscribers().wakes.insert(id, wake);
    }

    pub(super) fn unsubscribe(&self, id: SocketId) {
        let mut subscribers = self.subscribers();
        subscribers.wakes.remove(&id);
        if subscribers.wakes.is_empty() {
            subscribers.idle_since = Instant::now();
        }
    }

    /// Wakes all subscribers, because there is something new.
    pub(super) fn wake_all(&self) {
        for wake in self.subscribers().wakes.values() {
            wake.wake();
        }
    }

    /// Whether there has been no subscriber for this long.
    pub(super) fn is_idle(&self, time: Duration) -> bool {
        let subscribers = self.subscribers();
        subscribers.wakes.is_empty() && subscribers.idle_since.elapsed() >= time
    }

    /// Drops the snapshot and the frames from the log if nobody has requested the snapshot for this long.
    pub(super) fn forget_unused(&self, time: Duration) {
        let mut state = self.state();
        for form in [SnapshotForm::Whole, SnapshotForm::Outline] {
            let snapshot = state.snapshot(form);
            if snapshot.as_ref().is_some_and(|snapshot| snapshot.used.elapsed() >= time) {
                *snapshot = None;
                state.pages.clear();
            }
        }
    }

    /// How many bytes of changes, and how many changes, this topic holds.
    pub fn held(&self) -> (usize, usize) {
        let state = self.state();
        (state.ring_bytes, state.ring.len())
    }

    /// Reads the board's number and access from the database, unless they are known.
    async fn open(&self, from: &Source<'_>) -> Result<Seq, TopicError> {
        if let Some(head) = self.known_head() {
            return Ok(head);
        }
        let _reading = self.reading.lock().await;
        if let Some(head) = self.known_head() {
            return Ok(head);
        }
        loop {
            let board = from.store.board(self.board).await?.filter(|board| board.exists());
            let board = board.ok_or(TopicError::NoSuchBoard)?;
            let mut state = self.state();
            // A commit may have added changes to the topic in the meantime.
            state.access = board.access().clone();
            self.access_version.fetch_add(1, Ordering::Release);
            if state.head.is_some() && state.start() > board.seq() {
                // The ring begins after the state that was read, so discard it: changes in between may affect who has access.
                state.ring.clear();
                state.ring_bytes = 0;
                state.head = None;
            }
            state.opened = true;
            state.in_doubt = false;
            // It may have been restored since the head.
            state.deleted = false;
            let newer: Vec<LoggedChange> =
                state.ring.iter().filter(|change| change.seq > board.seq()).cloned().collect();
            for change in &newer {
                self.take_in(&mut state, change);
            }
            let head = *state.head.get_or_insert(board.seq());
            if !state.in_doubt {
                self.head.store(head, Ordering::Release);
                return Ok(head);
            }
        }
    }

    fn known_head(&self) -> Option<Seq> {
        let state = self.state();
        state.head.filter(|_| state.opened && !state.in_doubt && !state.deleted)
    }

    /// How many bytes of changes follow a number, if the ring holds all of them.
    fn weight(&self, since: Seq) -> Option<usize> {
        let state = self.state();
        let skip = since.checked_sub(state.start())? as usize;
        Some(state.ring.iter().skip(skip).map(|change| change.json.len()).sum())
    }

    /// Extends the ring backwards so that it holds the changes after `since`, if there is room for them. It loads as many older
    /// changes as there is room for, because other clients that reconnect now will be at slightly older or newer numbers.
    async fn fill(&self, since: Seq, from: &Source<'_>) -> Result<(), StoreError> {
        let _reading = self.reading.lock().await;
        let (start, oldest) = {
            let state = self.state();
            let head = state.head.unwrap_or_default();
            (state.start(), head.saturating_sub(from.settings.ring_changes as u64))
        };
        if since >= start || since < oldest {
            return Ok(());
        }
        for after in [oldest, since] {
            if self.state().trimmed.is_some_and(|trimmed| after <= trimmed) {
                continue;
            }
            match from.store.changes_after(self.board, after, (start - after) as usize).await? {
                Missing::Changes(older) => {
                    self.state().prepend(&older, from.settings);
                    return Ok(());
                }
                Missing::Trimmed => {
                    let mut state = self.state();
                    state.trimmed = state.trimmed.max(Some(after));
                }
            }
        }
        Ok(())
    }

    /// How to resume for a client that is further behind than the ring reaches.
    async fn resume_from_log(&self, since: Seq, form: SnapshotForm, from: &Source<'_>) -> Result<Resume, TopicError> {
        let Resume::Snapshot { seq, frame } = self.snapshot(since, form, from).await? else {
            return Ok(Resume::Here(since));
        };
        let snapshot = Resume::Snapshot { seq, frame: frame.clone() };
        let missing = (self.head().saturating_sub(since) as usize).saturating_mul(self.state().usual_size());
        if missing > frame.bytes().len().max(from.settings.small_replay_bytes) {
            return Ok(snapshot);
        }
        let _reading = self.reading.lock().await;
        {
            let state = self.state();
            if state.trimmed.is_some_and(|trimmed| since <= trimmed) {
                return Ok(snapshot);
            }
            if let Some(span) = state.pages.iter().find(|span| span.after == since) {
                return Ok(Resume::Changes(span.clone()));
            }
        }
        match from.store.changes_after(self.board, since, PAGE).await? {
            Missing::Changes(mut changes) if !changes.is_empty() => {
                // Leave out changes that this node has not received yet: they may change who has access.
                let head = self.head();
                changes.retain(|change| change.seq <= head);
                let span = self.span(since, changes.iter(), from.settings.frame_bytes);
                remember(&mut self.state().pages, span.clone());
                Ok(Resume::Changes(span))
            }
            Missing::Changes(_) => Ok(snapshot),
            Missing::Trimmed => {
                let mut state = self.state();
                state.trimmed = state.trimmed.max(Some(since));
                Ok(snapshot)
            }
        }
    }

    /// The board's state, encoded once for all who need it, and reused while the ring holds the changes after it. It is never
    /// older than `at_least`, so no client is taken back to an older state.
    async fn snapshot(&self, at_least: Seq, form: SnapshotForm, from: &Source<'_>) -> Result<Resume, TopicError> {
        if let Some(snapshot) = self.cached_snapshot(at_least, form) {
            return Ok(snapshot);
        }
        let _reading = self.reading.lock().await;
        if let Some(snapshot) = self.cached_snapshot(at_least, form) {
            return Ok(snapshot);
        }
        let board = from.store.board(self.board).await?.filter(|board| board.exists());
        let board = board.ok_or(TopicError::NoSuchBoard)?;
        let seq = board.seq();
        // Encoding thousands of tasks takes some milliseconds, in which an async worker thread would serve nobody else.
        let encode = move || {
            Frame::of(&ServerMessage::Snapshot(match form {
                SnapshotForm::Whole => board.snapshot(),
                SnapshotForm::Outline => board.outline(),
            }))
        };
        let frame = tokio::task::spawn_blocking(encode)
            .await
            .map_err(|error| StoreError::from(sqlx::Error::Io(std::io::Error::other(error))))?;
        from.metrics.snapshots_made.increment(1);
        if seq > self.head() {
            // Read the missing changes first: they may change who has access.
            self.read_missing(from).await?;
        }
        *self.state().snapshot(form) = Some(CachedSnapshot { seq, frame: frame.clone(), used: Instant::now() });
        Ok(Resume::Snapshot { seq, frame })
    }

    fn cached_snapshot(&self, at_least: Seq, form: SnapshotForm) -> Option<Resume> {
        let mut state = self.state();
        let (start, head) = (state.start(), state.head.unwrap_or_default());
        let snapshot = state.snapshot(form).as_mut()?;
        if snapshot.seq < start.max(at_least) || head.saturating_sub(snapshot.seq) > SNAPSHOT_TAIL {
            return None;
        }
        snapshot.used = Instant::now();
        Some(Resume::Snapshot { seq: snapshot.seq, frame: snapshot.frame.clone() })
    }

    /// As many of the changes after a number as fit into one frame; at least one.
    fn span<'a>(
        &self,
        after: Seq,
        changes: impl ExactSizeIterator<Item = &'a LoggedChange> + Clone,
        frame_bytes: usize,
    ) -> Span {
        let mut bytes = 0;
        let fitting = changes.clone().take_while(|change| {
            let first = bytes == 0;
            bytes += change.json.len();
            first || bytes <= frame_bytes
        });
        let count = fitting.count();
        let frame = Frame::changes(self.board, after, changes.take(count));
        Span { after, upto: after + count as u64, frame, appended: None }
    }

    // If a thread panics while it holds one of these locks, nothing important is left half-done: a topic is a cache of the log.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn subscribers(&self) -> MutexGuard<'_, Subscribers> {
        self.subscribers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a topic reads from.
pub struct Source<'a> {
    pub(super) store: &'a Store,
    pub(super) settings: &'a HubSettings,
    pub(super) metrics: &'a Metrics,
}

impl State {
    fn snapshot(&mut self, form: SnapshotForm) -> &mut Option<CachedSnapshot> {
        match form {
            SnapshotForm::Whole => &mut self.whole,
            SnapshotForm::Outline => &mut self.outline,
        }
    }

    /// The number before the first change of the ring.
    fn start(&self) -> Seq {
        self.head.unwrap_or_default() - self.ring.len() as u64
    }

    /// Drops the oldest changes until the ring is within its limits.
    fn shrink(&mut self, settings: &HubSettings) {
        while self.ring.len() > settings.ring_changes || self.ring_bytes > settings.ring_bytes {
            let Some(oldest) = self.ring.pop_front() else { break };
            self.ring_bytes -= oldest.json.len();
        }
    }

    /// Puts older changes in front of the ring, as many as there is room for.
    fn prepend(&mut self, older: &[LoggedChange], settings: &HubSettings) {
        for change in older.iter().rev() {
            if change.seq != self.start() {
                continue;
            }
            let bytes = self.ring_bytes + change.json.len();
            if self.ring.len() >= settings.ring_changes || bytes > settings.ring_bytes {
                break;
            }
            self.ring_bytes = bytes;
            self.ring.push_front(change.clone());
        }
    }

    /// The approximate size of a change on this board.
    fn usual_size(&self) -> usize {
        self.ring_bytes.checked_div(self.ring.len()).unwrap_or(300)
    }
}

impl ReorderBuffer {
    fn keep(&mut self, changes: &[LoggedChange], settings: &HubSettings) {
        let now = Instant::now();
        self.forget(|_, kept| now - kept < EARLY_KEPT);
        for change in changes {
            let bytes = self.bytes + change.json.len();
            if self.changes.len() >= settings.ring_changes || bytes > settings.ring_bytes {
                // Changes that are not kept are read from the log later.
                return;
            }
            if self.changes.insert(change.seq, (change.clone(), now)).is_none() {
                self.bytes = bytes;
            }
        }
    }

    /// Removes the change with this number and all earlier ones. Returns the change, if it was here and not too old.
    fn take(&mut self, seq: Seq) -> Option<LoggedChange> {
        if self.changes.is_empty() {
            return None;
        }
        let (change, kept) = match self.changes.remove(&seq) {
            Some((change, kept)) => (Some(change), Some(kept)),
            None => (None, None),
        };
        self.bytes -= change.as_ref().map_or(0, |change| change.json.len());
        self.forget(|other, _| other > seq);
        change.filter(|_| kept.is_some_and(|kept| kept.elapsed() < EARLY_KEPT))
    }

    fn forget(&mut self, keep: impl Fn(Seq, Instant) -> bool) {
        self.changes.retain(|seq, (_, kept)| keep(*seq, *kept));
        self.bytes = self.changes.values().map(|(change, _)| change.json.len()).sum();
    }
}

/// Verifies what came from outside this process: whether each change of a batch is valid and has the expected number.
pub(super) fn check(after: Seq, changes: &[LoggedChange]) -> bool {
    changes.iter().zip(after + 1..).all(|(change, seq)| {
        change.seq == seq && serde_json::from_slice::<Change>(&change.json).is_ok_and(|change| change.seq == seq)
    })
}

fn remember(spans: &mut VecDeque<Span>, span: Span) {
    if spans.len() == SHARED_FRAMES {
        spans.pop_front();
    }
    spans.push_back(span);
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use app::{
        access::{BoardRole, InstanceRole, Scope},
        id::{ActorId, ColumnId, MutationId},
        model::ColumnKind,
        ops::{CreateBoard, Mutation, NewColumn, Op, SetMember},
    };

    use super::*;
    use crate::{
        accounts::{Accounts, NewPerson},
        credentials::{Credential, Credentials},
        hub::Hub,
        store::StoreSettings,
        writer::Writer,
    };

    /// A board with a viewer, and a topic of it that is not told of changes automatically.
    struct Scene {
        store: Store,
        writer: Writer,
        viewer: ActorId,
        credentials: Credentials,
        topic: Topic,
        settings: HubSettings,
        metrics: Metrics,
        _folder: tempfile::TempDir,
    }

    impl Scene {
        async fn set() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let url = format!("sqlite:{}", folder.path().join("taskwire.db").display());
            let store = Store::open(StoreSettings::new(&url)).await.unwrap();
            let hub = Hub::new(store.clone());
            let writer = Writer::start(store.clone(), hub.clone());
            let accounts = Accounts::new(store.clone(), hub, None, String::new());
            let new = NewPerson { name: "Ana", email: "ana@example.com", password: None };
            let viewer = accounts.add(&Credentials::local(), new, InstanceRole::Member).await.unwrap();
            let made = accounts.create_token(&Credentials::local(), viewer, "x", Scope::Admin, None).await;
            let credential = Credential::Token(made.unwrap().0.hash());
            let credentials = Credentials::new(credential);
            let topic = Topic::new(app::new_id::<BoardId>());
            let (settings, metrics) = (HubSettings::default(), Metrics::new());
            let scene = Self { store, writer, viewer, credentials, topic, settings, metrics, _folder: folder };
            let column = NewColumn { id: app::new_id::<ColumnId>(), name: "To do".to_owned(), kind: ColumnKind::Open };
            let create = CreateBoard { name: "Plans".to_owned(), columns: vec![column], everyone: None };
            scene.write(Op::CreateBoard(create)).await;
            scene.write(Op::UpdateBoard(app::ops::UpdateBoard { everyone: Some(None), ..Default::default() })).await;
            scene.set_viewer(Some(BoardRole::Viewer)).await;
            scene
        }

        async fn write(&self, op: Op) {
            let mutation = Mutation { id: app::new_id::<MutationId>(), op };
            self.writer.write(self.topic.board(), mutation, Credentials::local()).await.unwrap();
        }

        async fn set_viewer(&self, role: Option<BoardRole>) {
            self.write(Op::SetMember(SetMember { person: self.viewer, role })).await;
        }
    }

    #[tokio::test]
    async fn who_is_taken_off_while_the_database_is_read_is_given_nothing() {
        let scene = Scene::set().await;
        let Scene { store, settings, metrics, topic, credentials, .. } = &scene;
        let mut rights = Rights::new(store, credentials.clone());
        let source = Source { store, settings, metrics };
        assert!(matches!(
            topic.resume(Start::Snapshot(0), SnapshotForm::Outline, &mut rights, &source).await,
            Ok(Resume::Snapshot { .. })
        ));
        topic.state().outline = None;
        let head = topic.head();
        let reading = topic.reading.lock().await;
        let mut rights = Rights::new(store, credentials.clone());
        let mut asking = pin!(topic.resume(Start::Snapshot(0), SnapshotForm::Outline, &mut rights, &source));
        assert!(futures::poll!(&mut asking).is_pending(), "it waits for its turn to read");
        scene.set_viewer(None).await;
        let Missing::Changes(changes) = store.changes_after(topic.board(), head, 10).await.unwrap() else { panic!() };
        assert_eq!(topic.take(&changes, settings), Taken::New);
        drop(reading);
        assert!(matches!(asking.await, Err(TopicError::Forbidden)));
    }

    #[tokio::test]
    async fn a_snapshot_is_not_given_by_rights_that_are_older() {
        let scene = Scene::set().await;
        let Scene { store, settings, metrics, topic, credentials, .. } = &scene;
        let mut rights = Rights::new(store, credentials.clone());
        let source = Source { store, settings, metrics };
        let head = topic.open(&source).await.unwrap();
        scene.set_viewer(None).await;
        assert_eq!(topic.head(), head, "the topic was not told");
        assert!(matches!(
            topic.resume(Start::Snapshot(0), SnapshotForm::Outline, &mut rights, &source).await,
            Err(TopicError::Forbidden)
        ));
        scene.set_viewer(Some(BoardRole::Viewer)).await;
        assert!(matches!(topic.next_for(&mut rights, head, settings), Next::Forbidden));
        topic.state().outline = None;
        let Ok(Resume::Snapshot { seq, .. }) =
            topic.resume(Start::Snapshot(0), SnapshotForm::Outline, &mut rights, &source).await
        else {
            panic!("should have been a snapshot")
        };
        assert_eq!((seq, topic.head()), (head + 2, head + 2), "what it is given is not ahead of the topic");
        let next = topic.next_for(&mut rights, head, settings);
        assert!(matches!(next, Next::Changes(Span { upto, .. }) if upto == head + 2));
    }

    fn change(seq: Seq) -> LoggedChange {
        let json = format!(r#"{{"seq":{seq},"kind":"task_deleted"}}"#);
        LoggedChange { seq, json: json.into_bytes().into() }
    }

    /// A topic that knows the changes up to a number.
    fn at(head: Seq) -> Topic {
        let topic = Topic::new(app::new_id::<BoardId>());
        topic.state().head = Some(head);
        topic.head.store(head, Ordering::Release);
        topic
    }

    fn ring(topic: &Topic) -> Vec<Seq> {
        topic.state().ring.iter().map(|change| change.seq).collect()
    }

    #[test]
    fn what_comes_before_its_turn_joins_when_the_gap_is_filled() {
        let (topic, settings) = (at(4), HubSettings::default());
        assert_eq!(topic.take(&[change(8)], &settings), Taken::Gap);
        assert_eq!(topic.take(&[change(6), change(7)], &settings), Taken::Gap);
        assert_eq!((topic.head(), ring(&topic)), (4, vec![]));
        assert_eq!(topic.take(&[change(5)], &settings), Taken::New);
        assert_eq!((topic.head(), ring(&topic)), (8, vec![5, 6, 7, 8]));
        let kept = topic.state().reorder_buffer.bytes;
        assert_eq!(kept, 0);
        assert_eq!(topic.take(&[change(7)], &settings), Taken::Known);
    }

    #[test]
    fn of_what_came_early_only_what_follows_joins() {
        let (topic, settings) = (at(4), HubSettings::default());
        for early in [6, 7, 9, 10] {
            assert_eq!(topic.take(&[change(early)], &settings), Taken::Gap);
        }
        // The log returns more than the gap.
        assert_eq!(topic.take(&[change(5), change(6)], &settings), Taken::New);
        assert_eq!((topic.head(), ring(&topic)), (7, vec![5, 6, 7]));
        assert_eq!(topic.state().reorder_buffer.changes.keys().copied().collect::<Vec<_>>(), [9, 10]);
        assert_eq!(topic.take(&[change(8)], &settings), Taken::New);
        assert_eq!(topic.head(), 10);
    }

    #[test]
    fn what_comes_early_has_bounds() {
        let settings = HubSettings { ring_changes: 3, ..HubSettings::default() };
        let topic = at(0);
        for seq in 2..100 {
            topic.take(&[change(seq)], &settings);
            topic.take(&[change(seq)], &settings);
        }
        let state = topic.state();
        assert_eq!(state.reorder_buffer.changes.len(), 3);
        assert_eq!(state.reorder_buffer.bytes, 3 * change(2).json.len());
    }
}
