//! Who is to be told of which board's changes.
//!
//! - [`topic`]: a board that is open on this node: its newest changes, already encoded, and its subscribers.
//! - [`frame`]: messages as they go onto the wire, shared by all sockets.
//! - [`wake`]: how a socket's task is told that something waits for it.
//! - [`redis`]: hints from other nodes. [`envelope`]: signed, so that they are from nodes.
//! - [`presence`]: who has a board open. [`presence_handle`]: a socket's place among them.
//! - `boards`: the list of boards, for those who watch it. `people`: the same for who has an account.
//! - [`metrics`]: what is counted.
//!
//! Who may see a board is a part of its log, so a topic knows it as of each number: somebody who was taken off a board is sent
//! neither that change nor what follows, on whichever node, however late its hints are. What somebody is on the whole
//! server is in the [`Directory`](crate::store::Directory), and when that changes every socket looks again.
//!
//! The database is the truth. What [`Hub::publish`] is told, and what comes from other nodes, are hints that make things
//! quick: once a second the hub compares the numbers of all its open boards with the database and fetches what it was
//! not told. So a hint may be lost, doubled or late, and there is no other mode to switch to when hints stop coming.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use app::{
    id::{BoardId, TaskId},
    model::Seq,
    protocol::ServerMessage,
};
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
pub mod redis;
pub mod topic;
pub mod wake;

use boards::{BoardList, Watching};
use frame::Frame;
use metrics::Metrics;
use people::People;
use presence::{PresenceSettings, Report, Reporter, Schedule, TabKey};
use presence_handle::PresenceHandle;
use redis::{Batch, Redis, RedisSettings, RedisState, RedisUrlError};
use topic::{Next, Resume, SnapshotForm, Source, Start, Taken, Topic, TopicError};
use wake::{SocketId, Wake};

/// How much the hub keeps, and how often it looks.
#[derive(Clone, Debug)]
pub struct HubSettings {
    /// How many changes a topic holds at most.
    pub ring_changes: usize,
    /// How many bytes of changes a topic holds at most.
    pub ring_bytes: usize,
    /// How large a frame with several changes grows at most.
    pub frame_bytes: usize,
    /// Up to this size, what somebody missed is sent as changes even where a snapshot would be smaller: changes leave
    /// the page as it is but for what they touch.
    pub small_replay_bytes: usize,
    /// How often the numbers of open boards are compared with the database.
    pub poll_every: Duration,
    /// How often the list of boards is read again while somebody watches it.
    pub boards_every: Duration,
    /// Where other nodes are heard of; `None` for one node alone, or for several that make do with `poll_every`.
    pub redis: Option<RedisSettings>,
    /// How long a board stays open after its last subscriber left.
    pub topic_idle: Duration,
    /// How quick presence is.
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

/// The topics of this node. Cheap to clone; its tasks end when the last clone is dropped.
#[derive(Clone)]
pub struct Hub {
    shared: Arc<Shared>,
    supervisor: Supervisor,
    tasks: TaskTracker,
    stop: CancellationToken,
    _at_drop: Arc<DropGuard>,
}

/// Makes a task of the hub's, as often as that has to be started.
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
    /// All sockets, to be told when somebody's rights change.
    wakes: Mutex<BTreeMap<SocketId, Arc<Wake>>>,
    /// Topics with something new that their subscribers have not been told of.
    to_notify: Mutex<Vec<Arc<Topic>>>,
    notifier: Notify,
    /// Compare with the database now, do not wait for the second to pass.
    check_now: Notify,
    /// When that was last done.
    compared: watch::Sender<Instant>,
    /// Whose presence is to be looked at, and when.
    schedule: Schedule,
    /// This node, as other nodes know it.
    reporter: Reporter,
}

impl Hub {
    /// A hub for one node alone that repairs its gaps from `store`.
    pub fn new(store: Store) -> Self {
        Self::build(store, HubSettings::default(), None)
    }

    /// A hub, and the tasks that belong to it. To be called within a tokio runtime, after the recorder of metrics is
    /// installed. Does not wait for Redis, which may come and go.
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

    /// Runs the tasks that must run, this hub's among them.
    pub fn supervisor(&self) -> &Supervisor {
        &self.supervisor
    }

    /// Tells of changes that were just committed on this node. Does not wait.
    pub fn publish(&self, board: BoardId, changes: Vec<LoggedChange>) {
        self.shared.take(board, &changes);
        if let Some(redis) = &self.shared.redis {
            redis.publish(board, changes, &self.shared.metrics);
        }
    }

    /// Tells that the list of boards is not what it was. Does not wait.
    pub fn boards_changed(&self) {
        self.shared.boards.stale.notify_one();
        if let Some(redis) = &self.shared.redis {
            redis.publish_boards(&self.shared.metrics);
        }
    }

    /// Tells the other nodes that somebody's rights are not what they were. Does not wait.
    pub fn rights_changed(&self) {
        if let Some(redis) = &self.shared.redis {
            redis.publish_rights(&self.shared.metrics);
        }
    }

    /// How long ago the open boards were last compared with the database.
    pub fn compared_ago(&self) -> Duration {
        self.shared.compared.borrow().elapsed()
    }

    /// How Redis is.
    pub fn redis_state(&self) -> RedisState {
        self.shared.redis.as_ref().map_or(RedisState::Off, |redis| redis.state())
    }

    /// Takes leave of the other nodes, ends the tasks, and closes the connections to Redis: each within a time of its own, so that a
    /// silent Redis does not take that of the tasks. To be called last, and before the store is closed: what is published afterwards
    /// stays on this node.
    pub async fn close(&self, within: Duration) {
        let redis = self.shared.redis.as_ref();
        if let Some(redis) = redis {
            let topics: Vec<_> = self.shared.topics().values().cloned().collect();
            let final_report =
                |topic: &Arc<Topic>| Some((topic.board(), topic.presence.final_report(&self.shared.reporter)?));
            let published = redis.publish_final_reports(topics.iter().filter_map(final_report).collect());
            let _ = timeout(within, published).await.inspect_err(|_| tracing::debug!("Redis took too long to be left"));
        }
        // Those who work with the database and with Redis are not to take their end for a fault.
        self.stop.cancel();
        let ended = timeout(within, self.tasks.wait()).await;
        let _ = ended.inspect_err(|_| tracing::debug!("some tasks of the hub did not end in time"));
        if let Some(redis) = redis {
            let _ = timeout(within, redis.close())
                .await
                .inspect_err(|_| tracing::debug!("Redis took too long to be closed"));
        }
    }

    /// What is counted.
    pub fn metrics(&self) -> &Metrics {
        &self.shared.metrics
    }

    /// A socket that wants to be told of things through `wake`.
    pub(crate) fn connect(&self) -> Subscriber {
        let id = self.shared.last_socket.fetch_add(1, Ordering::Relaxed);
        self.shared.metrics.sockets.increment(1);
        let wake = Arc::<Wake>::default();
        self.shared.wakes().insert(id, Arc::clone(&wake));
        Subscriber { shared: Arc::clone(&self.shared), id, wake, watching: None, people: None }
    }
}

/// A socket's end of the hub.
pub(crate) struct Subscriber {
    shared: Arc<Shared>,
    id: SocketId,
    wake: Arc<Wake>,
    /// The list of boards it has, if it watches that.
    watching: Option<Watching>,
    /// The same for people.
    people: Option<WatchingPeople>,
}

/// What a socket has that wants to know who has an account.
struct WatchingPeople {
    /// The list that it was told of last.
    version: u64,
    /// Whether it wants to be told what is different, and not all.
    changes: bool,
    /// The client may do something else than it was told.
    is_other: bool,
}

impl Subscriber {
    /// Is set when something is new.
    pub(crate) fn wake(&self) -> &Wake {
        &self.wake
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.shared.metrics
    }

    /// Follows a board: from now on [`Subscription::next_for`] has its changes.
    pub(crate) fn subscribe(&self, board: BoardId, form: SnapshotForm) -> Subscription {
        let mut topics = self.shared.topics();
        let topic = topics.entry(board).or_insert_with(|| {
            if let Some(redis) = &self.shared.redis {
                redis.interest.notify_one();
            }
            Arc::new(Topic::new(board))
        });
        topic.subscribe(self.id, Arc::clone(&self.wake));
        let topic = Arc::clone(topic);
        self.shared.metrics.topics.set(topics.len() as f64);
        drop(topics);
        Subscription { shared: Arc::clone(&self.shared), topic, socket: self.id, form }
    }

    /// Counts somebody among those who have a board open, for as long as the handle is kept.
    pub(crate) fn join_presence(&self, at: &Subscription, tab: TabKey, editing: Option<TaskId>) -> PresenceHandle {
        let (shared, topic) = (Arc::clone(&self.shared), Arc::clone(&at.topic));
        PresenceHandle::join(shared, topic, self.id, Arc::clone(&self.wake), tab, editing)
    }

    /// Watches the list of boards: so many of the newest, and some others.
    pub(crate) fn watch_boards(&mut self, limit: Option<u32>, boards: Vec<BoardId>) {
        self.watching = Some(Watching::of(limit, boards));
        self.shared.boards.watch(self.id, Arc::clone(&self.wake));
    }

    /// The list of the boards somebody may see, if it is not what was sent last.
    pub(crate) fn boards_for(&mut self, rights: &mut Rights) -> Option<Frame> {
        self.shared.boards.frame_for(rights.now()?, self.watching.as_mut()?)
    }

    /// Watches who has an account: the first time all are told, and then, with `changes`, only what is different.
    pub(crate) fn watch_people(&mut self, changes: bool) {
        self.shared.people.take(&self.shared.store.directory());
        self.people = Some(WatchingPeople { version: 0, changes, is_other: false });
    }

    /// Who has an account, or those who are different, if that is not what was sent last; and what the client may do, if that is.
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
        // One thing at a time: what concerns this client alone comes next.
        *is_other = you.is_some();
        if *is_other {
            self.wake.wake();
        }
        Some(frame)
    }

    /// The client may see other boards than before, and do other things.
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

    /// The number of the newest change this node knows.
    pub(crate) fn head(&self) -> Seq {
        self.topic.head()
    }

    /// What follows a cursor, from memory, for somebody who may see it at this moment.
    pub(crate) fn next_for(&self, rights: &mut Rights, cursor: Seq) -> Next {
        self.topic.next_for(rights, cursor, &self.shared.settings)
    }

    /// How to go on from a number, for somebody who may see it when this returns; may read the database.
    pub(crate) async fn resume(&self, start: Start, rights: &mut Rights) -> Result<Resume, TopicError> {
        let head = self.topic.head();
        let resume = self.topic.resume(start, self.form, rights, &self.shared.source()).await;
        if head > 0 && self.topic.head() > head {
            // Others who follow the board were not told of that either.
            self.shared.tell(Arc::clone(&self.topic));
        }
        resume
    }

    /// Counts the changes of who has access.
    pub(crate) fn access_version(&self) -> u64 {
        self.topic.access_version()
    }

    /// Whether somebody may see the board, as of its newest change that this node knows.
    pub(crate) fn lets_in(&self, rights: &mut Rights) -> bool {
        self.topic.lets_in(rights)
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.topic.unsubscribe(self.socket);
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

    /// Takes in changes that are durable, from this node or another.
    fn take(&self, board: BoardId, changes: &[LoggedChange]) {
        let Some(topic) = self.topic(board) else { return };
        match topic.take(changes, &self.settings) {
            Taken::New => self.tell(topic),
            Taken::Known => {}
            Taken::Gap => self.check_now.notify_one(),
        }
    }

    /// Takes in what another node says was committed; our own comes back this way too.
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

    /// Takes in what another node says of who is with it; our own comes back this way too.
    fn take_report(&self, board: BoardId, report: Report) {
        let Some(topic) = self.topic(board) else { return };
        if !topic.presence.take(report, board, self) {
            self.metrics.bad_hints.increment(1);
        }
    }

    /// Asks the other nodes who is with them on boards that we were not told of until now.
    fn ask_who_is_there(&self, boards: &[BoardId]) {
        for topic in boards.iter().filter_map(|board| self.topic(*board)) {
            topic.presence.ask(topic.board(), self);
        }
    }

    /// Has the subscribers of a topic told that there is something new. Telling thousands takes longer than the writer
    /// should wait, and changes that come meanwhile are told along with it.
    fn tell(&self, topic: Arc<Topic>) {
        if !topic.notify_pending.swap(true, Ordering::AcqRel) {
            self.to_notify.lock().unwrap_or_else(PoisonError::into_inner).push(topic);
            self.notifier.notify_one();
        }
    }

    /// Compares the numbers of all open boards with the database, and fetches what is missing. A board that cannot be read
    /// does not keep the others from it.
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

    /// Closes the boards that nobody has open any more.
    fn remove_idle_topics(&self) {
        let mut topics = self.topics();
        topics.retain(|_, topic| !topic.is_idle(self.settings.topic_idle));
        for topic in topics.values() {
            topic.forget_unused(self.settings.topic_idle);
        }
        self.metrics.topics.set(topics.len() as f64);
    }
}

/// What makes one of the tasks below.
fn maker<Task>(shared: &Arc<Shared>, task: fn(Arc<Shared>) -> Task) -> Maker
where
    Task: Future<Output = ()> + Send + 'static,
{
    let shared = Arc::clone(shared);
    Box::new(move || Box::pin(task(Arc::clone(&shared))))
}

/// Tells the subscribers of topics that there is something new.
async fn notify_subscribers(shared: Arc<Shared>) {
    // Whatever an earlier notifier had in hand.
    let all: Vec<_> = shared.topics().values().cloned().collect();
    shared.to_notify.lock().unwrap_or_else(PoisonError::into_inner).extend(all);
    loop {
        let topics = std::mem::take(&mut *shared.to_notify.lock().unwrap_or_else(PoisonError::into_inner));
        for topic in &topics {
            // First this, then the waking: a change that comes in between is notified of again.
            topic.notify_pending.store(false, Ordering::Release);
            topic.wake_all();
        }
        match topics.is_empty() {
            true => shared.notifier.notified().await,
            // However much there is to tell, others have their turn.
            false => tokio::task::yield_now().await,
        }
    }
}

/// The safety net under all hints.
async fn compare(shared: Arc<Shared>) {
    let mut tick = interval(shared.settings.poll_every);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut failing = false;
    loop {
        tokio::select! {
            _ = tick.tick() => shared.remove_idle_topics(),
            () = shared.check_now.notified() => {}
        }
        // Both, whatever becomes of the first: what is wrong with one need not be wrong with the other.
        let rights = shared.store.refresh_directory().await;
        let outcome = shared.compare().await.and(rights);
        if outcome.is_ok() {
            shared.compared.send_replace(Instant::now());
        }
        match &outcome {
            Err(error) if !failing => {
                tracing::warn!(%error, "the database cannot be read; open boards may be behind until it can");
            }
            Ok(()) if failing => tracing::info!("the database can be read again"),
            _ => {}
        }
        failing = outcome.is_err();
    }
}

/// Has every socket look at its rights when anybody's changed.
async fn watch_rights(shared: Arc<Shared>) {
    let mut directory = shared.store.watch_directory();
    // The store lives as long as the hub.
    while directory.changed().await.is_ok() {
        shared.people.take(&directory.borrow_and_update());
        shared.boards.stale.notify_one();
        for wake in shared.wakes().values() {
            wake.wake();
        }
    }
}

/// Keeps the list of boards fresh while somebody watches it.
async fn list(shared: Arc<Shared>) {
    let mut tick = interval(shared.settings.boards_every);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            () = shared.boards.stale.notified() => {}
        }
        if shared.boards.is_watched() {
            match shared.store.boards_listed_after(shared.boards.revision()).await {
                Ok((changed, revision)) => shared.boards.take(changed, revision),
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
