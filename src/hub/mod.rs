//! Distributes the changes of each board to the sockets that follow it.
//!
//! - [`topic`]: a board that is open on this node: its newest changes, already encoded, and its subscribers.
//! - [`frame`]: messages as they are written to a socket, shared by all sockets.
//! - [`wake`]: how the task of a socket is told that something new waits for it.
//! - [`redis`]: hints from other nodes. [`envelope`]: their signatures, which show that a node sent them.
//! - [`presence`]: who has a board open. [`presence_handle`]: the entry of one socket among them.
//! - `boards`: the list of boards, for the sockets that watch it. `people`: the same for the people who have an account.
//! - [`metrics`]: the counters and gauges.
//!
//! The access to a board is a part of its log, so a topic knows the access as of each number: somebody who was removed from a
//! board is sent neither that change nor later ones, on any node, however late the hints to that node arrive. Roles on the
//! whole server are in the [`Directory`](crate::store::Directory); when the directory changes, every socket checks its rights
//! again.
//!
//! The database is the source of truth. What [`Hub::publish`] is told, and what comes from other nodes, are hints that only
//! make delivery faster: once a second the hub compares the numbers of all its open boards with the database and fetches the
//! changes that it missed. So a hint may be lost, duplicated or late, and there is no separate mode for when hints stop coming.

// Without Redis nothing comes from other nodes.
#![cfg_attr(not(feature = "redis"), allow(dead_code))]

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use app::{id::BoardId, model::Seq, presence::Edited, protocol::ServerMessage};
use futures::{FutureExt, future::BoxFuture};
use tokio::{
    sync::{Notify, watch},
    time::{Instant, MissedTickBehavior, interval, timeout},
};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

use crate::{
    store::{LoggedChange, Rights, Store, StoreError},
    supervise::{Essential, Supervisor},
};

mod boards;
pub mod envelope;
pub mod frame;
pub mod metrics;
mod people;
pub mod presence;
pub mod presence_handle;
#[cfg_attr(not(feature = "redis"), path = "redis_left_out.rs")]
pub mod redis;
#[cfg_attr(not(feature = "redis"), path = "redis_probe_left_out.rs")]
pub mod redis_probe;
mod redis_state;
pub mod topic;
pub mod wake;

use boards::{BoardList, Watching};
use frame::Frame;
use metrics::Metrics;
use people::People;
use presence::{PresenceSettings, Report, Reporter, Schedule, TabKey};
use presence_handle::PresenceHandle;
use redis::{Batch, Redis, RedisSettings, RedisState, RedisUrlError};
use topic::{Next, Resume, SnapshotForm, Source, Span, Start, Taken, Topic, TopicError};
use wake::{SocketId, Wake};

/// How much the hub keeps in memory, and how often it reads the database.
#[derive(Clone, Debug)]
pub struct HubSettings {
    /// The maximum number of changes that a topic keeps.
    pub ring_changes: usize,
    /// The maximum number of bytes of changes that a topic keeps.
    pub ring_bytes: usize,
    /// The maximum size of a frame with several changes.
    pub frame_bytes: usize,
    /// Missed changes up to this size are sent as changes even if a snapshot would be smaller: changes leave the parts of the
    /// page that they do not touch as they are.
    pub small_replay_bytes: usize,
    /// How often the numbers of open boards are compared with the database.
    pub poll_every: Duration,
    /// How often the list of boards is read again while somebody watches it.
    pub boards_every: Duration,
    /// How to reach Redis; `None` for a single node, or for several nodes for which `poll_every` is fast enough.
    pub redis: Option<RedisSettings>,
    /// How long a board stays open after its last subscriber left.
    pub topic_idle: Duration,
    /// The timing of presence.
    pub presence: PresenceSettings,
}

impl Default for HubSettings {
    fn default() -> Self {
        Self {
            ring_changes: 1024,
            ring_bytes: 1024 * 1024,
            frame_bytes: 256 * 1024,
            small_replay_bytes: 64 * 1024,
            poll_every: Duration::from_secs(1),
            boards_every: Duration::from_secs(3),
            redis: None,
            topic_idle: Duration::from_secs(60),
            presence: PresenceSettings::default(),
        }
    }
}

/// The topics of this node. Cheap to clone; the hub's tasks end when the last clone is dropped.
#[derive(Clone)]
pub struct Hub {
    shared: Arc<Shared>,
    supervisor: Supervisor,
    tasks: TaskTracker,
    stop: CancellationToken,
    _at_drop: Arc<DropGuard>,
}

/// Makes the future of one of the hub's tasks, again each time the task is (re)started.
type Maker = Box<dyn Fn() -> BoxFuture<'static, ()> + Send + Sync>;

struct Shared {
    store: Store,
    settings: HubSettings,
    metrics: Metrics,
    topics: Mutex<HashMap<BoardId, Arc<Topic>>>,
    boards: BoardList,
    people: People,
    redis: Option<Arc<Redis>>,
    last_socket: AtomicU64,
    /// All sockets of this node, to be woken when anybody's rights change.
    wakes: Mutex<BTreeMap<SocketId, Arc<Wake>>>,
    /// Topics with news that their subscribers have not been told of yet.
    to_notify: Mutex<Vec<Arc<Topic>>>,
    notifier: Notify,
    /// Requests a comparison with the database now, without waiting for the next tick.
    check_now: Notify,
    /// When the last successful comparison was.
    compared: watch::Sender<Instant>,
    /// Which board's presence is due next, and when.
    schedule: Schedule,
    /// This node's identity in presence reports, and their numbering.
    reporter: Reporter,
}

impl Hub {
    /// A hub for a single node. It reads missing changes from `store`.
    pub fn new(store: Store) -> Self {
        Self::build(store, HubSettings::default(), None)
    }

    /// Starts a hub and its tasks. Must be called within a tokio runtime, after the metrics recorder is installed. Does not
    /// wait for Redis, which may become available later.
    pub fn start(store: Store, settings: HubSettings) -> Result<Self, RedisUrlError> {
        let redis = settings.redis.as_ref().map(|redis| Redis::new(redis, store.key(envelope::USE))).transpose()?;
        Ok(Self::build(store, settings, redis))
    }

    fn build(store: Store, settings: HubSettings, redis: Option<Redis>) -> Self {
        let shared = Arc::new(Shared {
            store,
            settings,
            metrics: Metrics::new(),
            topics: Mutex::default(),
            boards: BoardList::default(),
            people: People::default(),
            redis: redis.map(Arc::new),
            last_socket: AtomicU64::new(0),
            wakes: Mutex::default(),
            to_notify: Mutex::default(),
            notifier: Notify::new(),
            check_now: Notify::new(),
            compared: watch::Sender::new(Instant::now()),
            schedule: Schedule::default(),
            reporter: Reporter::default(),
        });
        let mut tasks: Vec<(Essential, Maker)> = vec![
            (Essential::Notifier, maker(&shared, notify_subscribers)),
            (Essential::Compare, maker(&shared, compare)),
            (Essential::Boards, maker(&shared, list)),
            (Essential::Rights, maker(&shared, watch_rights)),
            (Essential::Presence, maker(&shared, presence::keep)),
        ];
        if let Some(redis) = &shared.redis {
            tasks.extend(redis.tasks(&shared));
        }
        let (stop, supervisor, running) = (CancellationToken::new(), Supervisor::default(), TaskTracker::new());
        for (essential, make) in tasks {
            let (stop, ends) = (stop.clone(), stop.clone());
            let task = move || ends.clone().run_until_cancelled_owned(make()).map(drop);
            running.spawn(supervisor.keep(essential, stop, task));
        }
        running.close();
        Self { shared, supervisor, tasks: running, stop: stop.clone(), _at_drop: Arc::new(stop.drop_guard()) }
    }

    /// The supervisor of the essential tasks, this hub's among them.
    pub fn supervisor(&self) -> &Supervisor {
        &self.supervisor
    }

    /// Announces changes that were just committed on this node. Does not wait.
    pub fn publish(&self, board: BoardId, changes: Vec<LoggedChange>) {
        self.shared.take(board, &changes);
        if let Some(redis) = &self.shared.redis {
            redis.publish(board, changes, &self.shared.metrics);
        }
    }

    /// Announces that the list of boards has changed. Does not wait.
    pub fn boards_changed(&self) {
        self.shared.boards.stale.notify_one();
        if let Some(redis) = &self.shared.redis {
            redis.publish_boards(&self.shared.metrics);
        }
    }

    /// Announces to the other nodes that somebody's rights have changed. Does not wait.
    pub fn rights_changed(&self) {
        if let Some(redis) = &self.shared.redis {
            redis.publish_rights(&self.shared.metrics);
        }
    }

    /// How long ago the open boards were last successfully compared with the database.
    pub fn compared_ago(&self) -> Duration {
        self.shared.compared.borrow().elapsed()
    }

    /// The state of the connection to Redis.
    pub fn redis_state(&self) -> RedisState {
        self.shared.redis.as_ref().map_or(RedisState::Off, |redis| redis.state())
    }

    /// Sends the final presence reports to the other nodes, ends the tasks, and closes the connections to Redis. Each step has
    /// its own timeout `within`, so that an unresponsive Redis does not use up the time of the tasks. Must be called last, and
    /// before the store is closed: anything published afterwards stays on this node.
    pub async fn close(&self, within: Duration) {
        let redis = self.shared.redis.as_ref();
        if let Some(redis) = redis {
            let topics: Vec<_> = self.shared.topics().values().cloned().collect();
            let final_report =
                |topic: &Arc<Topic>| Some((topic.board(), topic.presence.final_report(&self.shared.reporter)?));
            let published = redis.publish_final_reports(topics.iter().filter_map(final_report).collect());
            let _ = timeout(within, published)
                .await
                .inspect_err(|_| tracing::debug!("Redis did not take the final presence reports in time"));
        }
        // Stop the tasks before the database and Redis are closed; otherwise the tasks would report the closing as a fault.
        self.stop.cancel();
        let ended = timeout(within, self.tasks.wait()).await;
        let _ = ended.inspect_err(|_| tracing::debug!("some tasks of the hub did not end in time"));
        if let Some(redis) = redis {
            let _ = timeout(within, redis.close())
                .await
                .inspect_err(|_| tracing::debug!("the connections to Redis did not close in time"));
        }
    }

    /// The hub's metrics.
    pub fn metrics(&self) -> &Metrics {
        &self.shared.metrics
    }

    /// Registers a socket. It is told of news through its [`Wake`].
    pub(crate) fn connect(&self) -> Subscriber {
        let id = self.shared.last_socket.fetch_add(1, Ordering::Relaxed);
        self.shared.metrics.sockets.increment(1);
        let wake = Arc::<Wake>::default();
        self.shared.wakes().insert(id, Arc::clone(&wake));
        Subscriber { shared: Arc::clone(&self.shared), id, wake, watching: None, people: None }
    }
}

/// The hub's side of a socket.
pub(crate) struct Subscriber {
    shared: Arc<Shared>,
    id: SocketId,
    wake: Arc<Wake>,
    /// What the socket was sent of the list of boards, if it watches the list.
    watching: Option<Watching>,
    /// What the socket was sent of the list of people, if it watches the list.
    people: Option<WatchingPeople>,
}

/// The state of a socket that watches the list of people.
struct WatchingPeople {
    /// The version of the list that the socket was sent last; 0 before the first.
    version: u64,
    /// Whether the socket wants only the differences after the first list, rather than the whole list each time.
    changes: bool,
    /// The principal of the client has changed since the client was last told of it.
    is_other: bool,
}

impl Subscriber {
    /// Is set when there is news for this socket.
    pub(crate) fn wake(&self) -> &Wake {
        &self.wake
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.shared.metrics
    }

    /// Follows a board: from now on, [`Subscription::next_for`] returns its changes.
    pub(crate) fn subscribe(&self, board: BoardId, form: SnapshotForm) -> Subscription {
        let mut topics = self.shared.topics();
        let topic = topics.entry(board).or_insert_with(|| {
            if let Some(redis) = &self.shared.redis {
                redis.interest.notify_one();
            }
            Arc::new(Topic::new(board))
        });
        topic.subscribe(self.id, Arc::clone(&self.wake));
        self.shared.metrics.subscriptions.increment(1.0);
        let topic = Arc::clone(topic);
        self.shared.metrics.topics.set(topics.len() as f64);
        drop(topics);
        Subscription { shared: Arc::clone(&self.shared), topic, socket: self.id, form }
    }

    /// Makes a tab present on a board for as long as the handle is kept.
    pub(crate) fn join_presence(&self, at: &Subscription, tab: TabKey, editing: Option<Edited>) -> PresenceHandle {
        let (shared, topic) = (Arc::clone(&self.shared), Arc::clone(&at.topic));
        PresenceHandle::join(shared, topic, self.id, Arc::clone(&self.wake), tab, editing)
    }

    /// Watches the list of boards: so many of the newest, and some others.
    pub(crate) fn watch_boards(&mut self, limit: Option<u32>, boards: Vec<BoardId>) {
        let request = self.shared.boards.watch(self.id, Arc::clone(&self.wake));
        self.watching = Some(Watching::of(limit, boards, request));
    }

    /// The list of the boards that the reader may see, if it differs from the one that was sent last.
    pub(crate) fn boards_for(&mut self, rights: &mut Rights) -> Option<Frame> {
        self.shared.boards.frame_for(rights.now()?, self.watching.as_mut()?)
    }

    /// Starts watching the list of people. The first message has everybody; after that, with `changes`, only the people who
    /// changed.
    pub(crate) fn watch_people(&mut self, changes: bool) {
        self.shared.people.take(&self.shared.store.directory());
        self.people = Some(WatchingPeople { version: 0, changes, is_other: false });
    }

    /// The people who have an account, or only those who changed, if anything changed since the last message. If the client's
    /// own principal changed, the message has that too.
    pub(crate) fn people_for(&mut self, rights: &mut Rights) -> Option<Frame> {
        let principal = rights.now().filter(|principal| principal.may_see_people())?;
        let Self { shared, people: watching, .. } = self;
        let WatchingPeople { version, changes, is_other } = watching.as_mut()?;
        let is_new = *version != shared.people.version();
        if !is_new && !*is_other {
            return None;
        }
        let you = std::mem::take(is_other).then(|| principal.clone());
        if *version == 0 || !*changes {
            let (people, newest) = shared.people.all();
            *version = newest;
            return Some(Frame::of(&ServerMessage::People { people, you: principal.clone() }));
        }
        if !is_new {
            return Some(Frame::of(&ServerMessage::PeopleChanged { people: Vec::new(), you }));
        }
        let (frame, newest) = shared.people.since(*version);
        *version = newest;
        // The frame is shared with other sockets, so it cannot have this client's own principal; that is sent in the next frame.
        *is_other = you.is_some();
        if *is_other {
            self.wake.wake();
        }
        Some(frame)
    }

    /// The client's principal has changed: it may see other boards and do other things than before.
    pub(crate) fn is_somebody_else(&mut self) {
        if let Some(people) = &mut self.people {
            people.is_other = true;
        }
        if let Some(watching) = &mut self.watching {
            watching.recheck();
        }
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        self.shared.metrics.sockets.decrement(1);
        self.shared.wakes().remove(&self.id);
        if self.watching.is_some() {
            self.shared.boards.unwatch(self.id);
        }
    }
}

/// A board that a socket follows, until it is dropped.
pub(crate) struct Subscription {
    shared: Arc<Shared>,
    topic: Arc<Topic>,
    socket: SocketId,
    /// What its snapshots contain.
    form: SnapshotForm,
}

impl Subscription {
    pub(crate) fn board(&self) -> BoardId {
        self.topic.board()
    }

    /// Records that the newest change was written to the socket, if this delivery is measured.
    pub(crate) fn measure(&self, Span { upto, appended, .. }: &Span) {
        if let Some(appended) = appended
            && Metrics::samples(self.socket, *upto)
        {
            self.shared.metrics.delivery.record(appended.elapsed());
        }
    }

    /// The number of the newest change that this node knows.
    pub(crate) fn head(&self) -> Seq {
        self.topic.head()
    }

    /// The changes after a cursor, from memory, if the reader may see the board at this moment.
    pub(crate) fn next_for(&self, rights: &mut Rights, cursor: Seq) -> Next {
        self.topic.next_for(rights, cursor, &self.shared.settings)
    }

    /// How to resume from a number, if the reader may see the board when this returns. May read the database.
    pub(crate) async fn resume(&self, start: Start, rights: &mut Rights) -> Result<Resume, TopicError> {
        let head = self.topic.head();
        let resume = self.topic.resume(start, self.form, rights, &self.shared.source()).await;
        if head > 0 && self.topic.head() > head {
            // The resume also fetched changes that the other subscribers were not told of yet.
            self.shared.tell(Arc::clone(&self.topic));
        }
        resume
    }

    /// Counts the changes of the board's access list.
    pub(crate) fn access_version(&self) -> u64 {
        self.topic.access_version()
    }

    /// Whether the reader may see the board, as of the newest change that this node knows.
    pub(crate) fn lets_in(&self, rights: &mut Rights) -> bool {
        self.topic.lets_in(rights)
    }

    /// Whether the board is deleted, as of the newest change that this node knows.
    pub(crate) fn is_deleted(&self) -> bool {
        self.topic.is_deleted()
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.topic.unsubscribe(self.socket);
        self.shared.metrics.subscriptions.decrement(1.0);
    }
}

impl Shared {
    fn source(&self) -> Source<'_> {
        Source { store: &self.store, settings: &self.settings, metrics: &self.metrics }
    }

    fn topics(&self) -> MutexGuard<'_, HashMap<BoardId, Arc<Topic>>> {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wakes(&self) -> MutexGuard<'_, BTreeMap<SocketId, Arc<Wake>>> {
        self.wakes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn topic(&self, board: BoardId) -> Option<Arc<Topic>> {
        self.topics().get(&board).cloned()
    }

    /// Adds durable changes, from this node or another, to the topic of their board.
    fn take(&self, board: BoardId, changes: &[LoggedChange]) {
        let Some(topic) = self.topic(board) else { return };
        match topic.take(changes, &self.settings) {
            Taken::New => self.tell(topic),
            Taken::Known => {}
            Taken::Gap => self.check_now.notify_one(),
        }
    }

    /// Adds the changes that another node says it committed. This node's own messages come back this way too, and are ignored
    /// as known.
    fn take_hint(&self, board: BoardId, Batch { after, changes }: Batch) {
        let Some(topic) = self.topic(board) else { return };
        let head = topic.head();
        let is_new = changes.last().is_some_and(|last| last.seq > head);
        if head == 0 || !is_new {
            return;
        }
        if topic::check(after, &changes) {
            self.take(board, &changes);
        } else {
            self.metrics.bad_hints.increment(1);
        }
    }

    /// Handles the presence report of another node. This node's own reports come back this way too, and are ignored.
    fn take_report(&self, board: BoardId, report: Report) {
        let Some(topic) = self.topic(board) else { return };
        if !topic.presence.take(report, board, self) {
            self.metrics.bad_hints.increment(1);
        }
    }

    /// Asks the other nodes who has these boards open with them. This node did not receive their reports on these boards until now.
    fn ask_who_is_there(&self, boards: &[BoardId]) {
        for topic in boards.iter().filter_map(|board| self.topic(*board)) {
            topic.presence.ask(topic.board(), self);
        }
    }

    /// Has the subscribers of a topic woken. Another task does it: waking thousands takes longer than the writer should wait,
    /// and changes that arrive meanwhile are announced with the same wake-up.
    fn tell(&self, topic: Arc<Topic>) {
        if !topic.notify_pending.swap(true, Ordering::AcqRel) {
            self.to_notify.lock().unwrap_or_else(PoisonError::into_inner).push(topic);
            self.notifier.notify_one();
        }
    }

    /// Compares the numbers of all open boards with the database, and fetches the missing changes. An error on one board does
    /// not keep the others from being updated.
    async fn compare(&self) -> Result<(), StoreError> {
        let open: Vec<BoardId> = self.topics().values().filter(|topic| topic.head() > 0).map(|t| t.board()).collect();
        if open.is_empty() {
            return Ok(());
        }
        let mut outcome = Ok(());
        for (board, newest) in self.store.heads(&open).await? {
            let Some(topic) = self.topic(board) else { continue };
            if newest <= topic.head() {
                continue;
            }
            match topic.catch_up(&self.source()).await {
                Ok(true) => {
                    self.metrics.gaps.increment(1);
                    self.tell(topic);
                }
                Ok(false) => {}
                Err(error) => outcome = Err(error),
            }
        }
        outcome
    }

    /// Closes the topics that have had no subscriber for a while.
    fn remove_idle_topics(&self) {
        let mut topics = self.topics();
        topics.retain(|_, topic| !topic.is_idle(self.settings.topic_idle));
        for topic in topics.values() {
            topic.forget_unused(self.settings.topic_idle);
        }
        self.metrics.topics.set(topics.len() as f64);
    }
}

/// Wraps one of the task functions below as a [`Maker`].
fn maker<Task>(shared: &Arc<Shared>, task: fn(Arc<Shared>) -> Task) -> Maker
where
    Task: Future<Output = ()> + Send + 'static,
{
    let shared = Arc::clone(shared);
    Box::new(move || Box::pin(task(Arc::clone(&shared))))
}

/// The task that wakes the subscribers of topics that have news.
async fn notify_subscribers(shared: Arc<Shared>) {
    // Start with all topics: an earlier run of this task may have ended while it held some.
    let all: Vec<_> = shared.topics().values().cloned().collect();
    shared.to_notify.lock().unwrap_or_else(PoisonError::into_inner).extend(all);
    loop {
        let topics = std::mem::take(&mut *shared.to_notify.lock().unwrap_or_else(PoisonError::into_inner));
        for topic in &topics {
            // Clear the flag before waking: a change that arrives in between queues the topic again.
            topic.notify_pending.store(false, Ordering::Release);
            topic.wake_all();
        }
        match topics.is_empty() {
            true => shared.notifier.notified().await,
            // However much there is to announce, other tasks get their turn.
            false => tokio::task::yield_now().await,
        }
    }
}

/// The task that compares with the database: the safety net for all hints.
async fn compare(shared: Arc<Shared>) {
    let mut tick = interval(shared.settings.poll_every);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut failing = false;
    loop {
        tokio::select! {
            _ = tick.tick() => shared.remove_idle_topics(),
            () = shared.check_now.notified() => {}
        }
        // Do both, even if the first fails: the failure of one does not mean that the other fails.
        let rights = shared.store.refresh_directory().await;
        let outcome = shared.compare().await.and(rights);
        if outcome.is_ok() {
            shared.compared.send_replace(Instant::now());
        }
        match &outcome {
            Err(error) if !failing => {
                tracing::warn!(%error, "the database cannot be read; until it can, open boards may show old data");
            }
            Ok(()) if failing => tracing::info!("the database can be read again"),
            _ => {}
        }
        failing = outcome.is_err();
    }
}

/// The task that wakes every socket when anybody's rights changed, so that it checks its own.
async fn watch_rights(shared: Arc<Shared>) {
    let mut directory = shared.store.watch_directory();
    // This ends only with the store, which lives as long as the hub.
    while directory.changed().await.is_ok() {
        shared.people.take(&directory.borrow_and_update());
        shared.boards.stale.notify_one();
        for wake in shared.wakes().values() {
            wake.wake();
        }
    }
}

/// The task that keeps the list of boards up to date while a socket watches it.
async fn list(shared: Arc<Shared>) {
    let mut tick = interval(shared.settings.boards_every);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            () = shared.boards.stale.notified() => {}
        }
        if shared.boards.is_watched() {
            let requests = shared.boards.requests();
            match shared.store.boards_listed_after(shared.boards.revision()).await {
                Ok((changed, revision)) => shared.boards.take(changed, revision, requests),
                Err(error) => tracing::debug!(%error, "the list of boards could not be read; trying again soon"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::StoreSettings;

    #[tokio::test]
    async fn nothing_works_on_when_a_hub_is_closed() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("taskwire.db").display());
        let store = Store::open(StoreSettings::new(url)).await.unwrap();
        let hub = Hub::new(store);
        assert!(Arc::strong_count(&hub.shared) > 1, "its tasks have it too");
        hub.close(Duration::from_secs(5)).await;
        assert_eq!(Arc::strong_count(&hub.shared), 1, "whoever works on takes the end of the database for a fault");
    }
}
