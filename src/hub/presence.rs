//! Who has a board open, on this node and on others, and what they are editing.
//!
//! Each topic has a [`Presence`]. Sockets of this node enter and leave it; other nodes send [`Report`]s of who has the board
//! open with them. From all of these, a [`PresenceState`] is computed at most a few times a second, however many people come
//! and go in between. If it differs from the previous one, the sockets are woken. A socket has the number of the version that
//! it was sent last. If that is the previous version, the socket is sent the differences, otherwise the whole presence state.
//! So a slow socket costs a number, not a queue, and many tabs of one person cost the other readers nothing.
//!
//! A report is the whole state of a node, with a number, so it may be lost, duplicated, late, or overtaken by a later one. It
//! is sent when it changes and every few seconds. A node from which nothing was received for three times as long is considered
//! gone.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use app::{
    id::{ActorId, BoardId, TabId},
    presence::{Edited, Editing, LISTED_EDITS, LISTED_PEOPLE, PresenceChange, PresenceState},
    protocol::ServerMessage,
};
use serde::{Deserialize, Serialize};
use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};
use uuid::Uuid;

use super::{
    Shared,
    frame::Frame,
    wake::{SocketId, Wake},
};

/// How many people a node lists in its report at most. All nodes leave out the people with the highest ids, so every node lists
/// the same people to its clients.
const REPORTED_PEOPLE: usize = 500;
/// How many other nodes are tracked at most.
const NODES: usize = 256;
/// How many reports in a row may be missing before a node is considered gone.
const MISSED_HEARTBEATS: u32 = 3;
/// Limits the frames on boards with many sockets: updates are spaced so that about this many sockets a second are told.
const TOLD_A_SECOND: u32 = 5_000;
/// A board that was just looked at is looked at again after this time at the earliest. So the one task that looks after all
/// boards always pauses in between, whatever a board asks for.
const LOOK_AGAIN: Duration = Duration::from_millis(1);

/// The timing of presence.
#[derive(Clone, Copy, Debug)]
pub struct PresenceSettings {
    /// The minimum time between two updates to the sockets.
    pub every: Duration,
    /// How long somebody who left still counts as present, so that reloading a page does not show as leaving and joining.
    pub grace: Duration,
    /// How often a node reports its presence state to other nodes although nothing has changed.
    pub heartbeat: Duration,
}

impl Default for PresenceSettings {
    fn default() -> Self {
        Self { every: Duration::from_millis(250), grace: Duration::from_secs(2), heartbeat: Duration::from_secs(5) }
    }
}

impl PresenceSettings {
    /// After how long without a report a node is considered gone.
    fn silence(&self) -> Duration {
        self.heartbeat * MISSED_HEARTBEATS
    }
}

/// Who has one board open.
#[derive(Default)]
pub(super) struct Presence {
    /// Counts the presence states that sockets were told of; 0 before the first.
    version: AtomicU64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The tabs that are connected to this node.
    tabs: BTreeMap<TabKey, Tab>,
    /// The tabs that left this node but still count as present.
    leaving: Vec<Leaving>,
    /// Other nodes, by the id in their reports.
    nodes: HashMap<Uuid, RemoteNode>,
    /// The sockets to be told, in the order in which they came.
    watchers: BTreeMap<SocketId, Watcher>,
    /// Something happened since `here` and `all` were computed.
    stale: bool,
    /// The presence state of this node alone, as last computed.
    here: PresenceState,
    /// The presence state of all nodes, as the sockets were told.
    all: PresenceState,
    all_at: Option<Instant>,
    /// The frames of the newest version.
    frames: Frames,
    /// The presence state that this node last reported to other nodes.
    reported: PresenceState,
    reported_at: Option<Instant>,
    /// Another node has asked for a report.
    is_asked: bool,
    /// The next report should ask the other nodes for theirs.
    asks: bool,
    /// This node has sent its final report, and sends no more.
    has_left: bool,
    /// When the [`Schedule`] looks at this board next.
    due: Option<Instant>,
}

/// Identifies a tab, whichever connection it has. Nobody can replace the tab of somebody else: the server knows the person's
/// identity, and for a guest, only the tab itself knows its secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TabKey {
    /// The person who has the tab open; `None` for a guest.
    pub(crate) person: Option<ActorId>,
    /// The tab's id, which others see.
    pub(crate) tab: TabId,
    /// The tab's secret, which only the tab knows.
    pub(crate) secret: Option<Uuid>,
}

struct Tab {
    /// The tab's current connection. A page may reconnect long before the server notices that its old connection is dead.
    socket: SocketId,
    editing: Option<Edited>,
    /// Nothing was received from the tab for a while.
    is_away: bool,
}

struct Leaving {
    person: Option<ActorId>,
    until: Instant,
}

struct RemoteNode {
    number: u64,
    presence_state: PresenceState,
    until: Instant,
}

struct Watcher {
    wake: Arc<Wake>,
    /// Whether this socket's tab is part of the state that was last computed. A socket is sent nothing before that, so its
    /// first presence state includes its own tab.
    is_counted: bool,
}

#[derive(Default)]
struct Frames {
    /// The whole presence state, encoded when a socket first needs it.
    presence_state: Option<Frame>,
    /// The same without names, encoded when a guest's socket first needs it.
    nameless: Option<Frame>,
    /// The differences from the previous version.
    change: Option<Frame>,
}

/// A node's report to other nodes of who has a board open with it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Report {
    /// The id of the node. It has a new one each time it starts.
    node: Uuid,
    /// Counts the node's reports. One whose number is not higher than the last is ignored.
    number: u64,
    /// Whether the other nodes should answer with their reports.
    #[serde(default)]
    asks: bool,
    /// Whether the node is stopping.
    #[serde(default)]
    stops: bool,
    #[serde(rename = "crowd")]
    presence_state: PresenceState,
}

/// Makes this node's reports: its id, and the number of its last report.
pub(super) struct Reporter {
    node: Uuid,
    last_number: AtomicU64,
}

impl Default for Reporter {
    fn default() -> Self {
        Self { node: app::new_id(), last_number: AtomicU64::new(0) }
    }
}

impl Reporter {
    fn report(&self, presence_state: PresenceState, asks: bool, stops: bool) -> Report {
        let number = self.last_number.fetch_add(1, Ordering::Relaxed) + 1;
        Report { node: self.node, number, asks, stops, presence_state }
    }
}

/// When each board is to be looked at next.
#[derive(Default)]
pub(super) struct Schedule {
    entries: Mutex<BinaryHeap<Reverse<(Instant, BoardId)>>>,
    /// Notified when a new entry is earlier than all others.
    earlier: Notify,
}

impl Schedule {
    fn put(&self, at: Instant, board: BoardId) {
        let mut entries = self.entries();
        let is_first = entries.peek().is_none_or(|Reverse((first, _))| at < *first);
        entries.push(Reverse((at, board)));
        if is_first {
            self.earlier.notify_one();
        }
    }

    fn first(&self) -> Option<Instant> {
        self.entries().peek().map(|Reverse((at, _))| *at)
    }

    /// Removes and returns the first entry, if its time has come.
    fn take(&self, now: Instant) -> Option<(Instant, BoardId)> {
        let mut entries = self.entries();
        entries.peek().filter(|Reverse((at, _))| *at <= now)?;
        entries.pop().map(|Reverse(entry)| entry)
    }

    fn entries(&self) -> MutexGuard<'_, BinaryHeap<Reverse<(Instant, BoardId)>>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The task that looks after the presence of all boards, each when it is due.
pub(super) async fn keep(shared: Arc<Shared>) {
    loop {
        let next = shared.schedule.first();
        let its_time = async {
            match next {
                Some(at) => sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = its_time => {}
            () = shared.schedule.earlier.notified() => continue,
        }
        // Take only what is due by now, not the entries that these looks add.
        let now = Instant::now();
        while let Some((at, board)) = shared.schedule.take(now) {
            let Some(topic) = shared.topic(board) else { continue };
            if let Some(report) = topic.presence.look(at, board, &shared)
                && let Some(redis) = &shared.redis
            {
                redis.publish_presence(board, &report, &shared.metrics);
            }
        }
    }
}

impl Presence {
    /// The frame that a socket has not been sent yet: see
    /// [`PresenceHandle::news_for`](super::presence_handle::PresenceHandle::news_for).
    pub(super) fn newer_than(&self, seen: &mut u64, socket: SocketId, is_guest: bool, board: BoardId) -> Option<Frame> {
        if !self.has_newer_than(*seen) {
            return None;
        }
        let mut state = self.state();
        if *seen == 0 && !state.watchers.get(&socket)?.is_counted {
            return None;
        }
        let newest = self.version.load(Ordering::Acquire);
        let follows = *seen > 0 && *seen + 1 == newest;
        *seen = newest;
        if is_guest && state.all.has_names() {
            let State { frames, all, .. } = &mut *state;
            return Some(frames.nameless.get_or_insert_with(|| state_frame(board, &all.without_names())).clone());
        }
        let change = state.frames.change.clone().filter(|_| follows);
        Some(change.unwrap_or_else(|| {
            let State { frames, all, .. } = &mut *state;
            frames.presence_state.get_or_insert_with(|| state_frame(board, all)).clone()
        }))
    }

    pub(super) fn has_newer_than(&self, seen: u64) -> bool {
        self.version.load(Ordering::Acquire) != seen
    }

    /// Does what is due, and schedules the next look. Returns the report to be sent to other nodes, if any.
    fn look(&self, at: Instant, board: BoardId, shared: &Shared) -> Option<Report> {
        let mut state = self.state();
        if state.due != Some(at) {
            // This entry is obsolete: the board was put on the schedule for an earlier time.
            return None;
        }
        state.due = None;
        let (now, settings) = (Instant::now(), &shared.settings.presence);
        state.forget(now);
        let pause = state.pause(settings);
        if state.stale && state.all_at.is_none_or(|told| told + pause <= now) {
            self.tell(&mut state, now, board);
        }
        let report = shared.redis.is_some().then(|| state.report(now, settings, &shared.reporter)).flatten();
        if let Some(next) = state.next(settings, shared.redis.is_some()) {
            state.put(next.max(now + LOOK_AGAIN), board, shared);
        }
        report
    }

    /// Computes the presence state, and wakes the sockets that have to be told.
    fn tell(&self, state: &mut State, now: Instant, board: BoardId) {
        state.stale = false;
        state.all_at = Some(now);
        state.here = state.count_here();
        let all = state.count_all();
        let is_new = all != state.all || self.version.load(Ordering::Acquire) == 0;
        if is_new {
            let change = change_frame(board, state.all.change_to(&all));
            state.all = all;
            state.frames = Frames { change: Some(change), ..Frames::default() };
            self.version.fetch_add(1, Ordering::AcqRel);
        }
        for watcher in state.watchers.values_mut() {
            if is_new || !watcher.is_counted {
                watcher.is_counted = true;
                watcher.wake.wake();
            }
        }
    }

    /// Adds a socket and its tab. From now on, the socket is told of the others.
    pub(super) fn enter(
        &self,
        board: BoardId,
        shared: &Shared,
        (socket, wake): (SocketId, Arc<Wake>),
        tab: TabKey,
        editing: Option<Edited>,
    ) {
        self.changed(board, shared, |state| {
            let is_new = state.tabs.insert(tab, Tab { socket, editing, is_away: false }).is_none();
            state.watchers.insert(socket, Watcher { wake, is_counted: false });
            // Guests are not told apart: this is most likely a guest who reloads the page, so one who is leaving is no longer
            // counted.
            let back = state.leaving.iter().position(|leaving| leaving.person.is_none());
            if let Some(back) = back.filter(|_| is_new && tab.person.is_none()) {
                state.leaving.swap_remove(back);
            }
        });
    }

    /// Removes a socket, and its tab too unless that has a newer socket by now.
    pub(super) fn leave(&self, board: BoardId, shared: &Shared, socket: SocketId, tab: &TabKey) {
        self.changed(board, shared, |state| {
            state.watchers.remove(&socket);
            if state.tabs.get(tab).is_none_or(|tab| tab.socket != socket) {
                return;
            }
            let was_here = state.tabs.remove(tab).is_some_and(|tab| !tab.is_away);
            if was_here {
                let until = Instant::now() + shared.settings.presence.grace;
                state.leaving.push(Leaving { person: tab.person, until });
            }
        });
    }

    /// Sets which task is being edited in the tab of a socket.
    pub(super) fn edit(
        &self,
        board: BoardId,
        shared: &Shared,
        socket: SocketId,
        tab: &TabKey,
        editing: Option<Edited>,
    ) {
        self.change_tab(board, shared, socket, tab, |tab| tab.editing = editing);
    }

    /// Sets whether nothing was received from the tab of a socket for a while.
    pub(super) fn set_away(&self, board: BoardId, shared: &Shared, socket: SocketId, tab: &TabKey, is_away: bool) {
        self.change_tab(board, shared, socket, tab, |tab| tab.is_away = is_away);
    }

    fn change_tab(&self, board: BoardId, shared: &Shared, socket: SocketId, tab: &TabKey, what: impl FnOnce(&mut Tab)) {
        self.changed(board, shared, |state| {
            // Ignore this if the tab has a newer connection by now.
            if let Some(tab) = state.tabs.get_mut(tab).filter(|tab| tab.socket == socket) {
                what(tab);
            }
        });
    }

    /// Makes a change, and schedules the update of the sockets for as soon as it is allowed.
    fn changed(&self, board: BoardId, shared: &Shared, what: impl FnOnce(&mut State)) {
        let mut state = self.state();
        what(&mut state);
        let now = Instant::now();
        state.stale = true;
        let soonest = state.all_at.map_or(now, |told| now.max(told + state.pause(&shared.settings.presence)));
        state.put(soonest, board, shared);
    }

    /// Applies the report of another node. Returns whether the report was valid.
    pub(super) fn take(&self, report: Report, board: BoardId, shared: &Shared) -> bool {
        let Report { node, number, asks, stops, presence_state } = report;
        if node == shared.reporter.node {
            return true;
        }
        if presence_state.people.len() > REPORTED_PEOPLE || presence_state.editing.len() > LISTED_EDITS {
            return false;
        }
        let settings = &shared.settings.presence;
        self.changed(board, shared, |state| {
            state.is_asked |= asks;
            let is_known = state.nodes.get(&node);
            if is_known.is_some_and(|known| known.number >= number) || is_known.is_none() && state.nodes.len() >= NODES
            {
                return;
            }
            // The pages that were connected to a stopping node reconnect to another node within the grace period, like a page
            // that is reloaded.
            let until = Instant::now() + if stops { settings.grace } else { settings.silence() };
            state.nodes.insert(node, RemoteNode { number, presence_state, until });
        });
        true
    }

    /// Asks the other nodes for their reports, with this node's next one.
    pub(super) fn ask(&self, board: BoardId, shared: &Shared) {
        self.changed(board, shared, |state| state.asks = true);
    }

    /// The last report, when this node stops; `None` if the other nodes already believe that nobody is here.
    pub(super) fn final_report(&self, reporter: &Reporter) -> Option<Report> {
        let mut state = self.state();
        state.has_left = true;
        (!state.reported.is_empty()).then(|| reporter.report(state.reported.clone(), false, true))
    }

    // If a thread panics while it holds this lock, the worst result is a wrong presence state, which is only a hint.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Removes the tabs whose grace period is over, and the nodes that are considered gone.
    fn forget(&mut self, now: Instant) {
        let (leaving, nodes) = (self.leaving.len(), self.nodes.len());
        self.leaving.retain(|leaving| leaving.until > now);
        self.nodes.retain(|_, node| node.until > now);
        self.stale |= (leaving, nodes) != (self.leaving.len(), self.nodes.len());
    }

    fn count_here(&self) -> PresenceState {
        let present = self.tabs.iter().filter(|(_, tab)| !tab.is_away);
        let mut people: BTreeSet<ActorId> = self.leaving.iter().filter_map(|leaving| leaving.person).collect();
        let mut guests = self.leaving.iter().filter(|leaving| leaving.person.is_none()).count() as u32;
        let mut editing = BTreeSet::new();
        for (TabKey { person, tab, .. }, Tab { editing: edited, .. }) in present {
            match person {
                Some(person) => drop(people.insert(*person)),
                None => guests += 1,
            }
            let of = |Edited { task, comment }| Editing { task, person: *person, tab: *tab, comment };
            editing.extend(edited.map(of));
        }
        presence_state(people, 0, guests, editing, REPORTED_PEOPLE)
    }

    fn count_all(&self) -> PresenceState {
        let presence_states = || self.nodes.values().map(|node| &node.presence_state).chain([&self.here]);
        presence_state(
            presence_states().flat_map(|presence_state| &presence_state.people).copied().collect(),
            presence_states().fold(0_u32, |more, presence_state| presence_state.more.saturating_add(more)),
            presence_states().fold(0_u32, |guests, presence_state| presence_state.guests.saturating_add(guests)),
            presence_states().flat_map(|presence_state| &presence_state.editing).copied().collect(),
            LISTED_PEOPLE,
        )
    }

    /// The report to be sent to other nodes now, if any.
    fn report(&mut self, now: Instant, settings: &PresenceSettings, reporter: &Reporter) -> Option<Report> {
        let may = self.reported_at.is_none_or(|told| told + settings.every <= now);
        let is_new = self.here != self.reported;
        let wanted = self.asks || is_new || self.is_asked && !self.here.is_empty();
        let beats = !self.here.is_empty() && self.reported_at.is_none_or(|told| told + settings.heartbeat <= now);
        if self.has_left || !(beats || wanted && may) {
            return None;
        }
        self.is_asked = false;
        self.reported_at = Some(now);
        self.reported.clone_from(&self.here);
        Some(reporter.report(self.here.clone(), std::mem::take(&mut self.asks), false))
    }

    /// When the next look is needed, if at all.
    fn next(&self, settings: &PresenceSettings, has_redis: bool) -> Option<Instant> {
        let told = self.stale.then(|| self.all_at.map(|told| told + self.pause(settings))).flatten();
        let left = self.leaving.iter().map(|leaving| leaving.until);
        let silent = self.nodes.values().map(|node| node.until);
        let wanted = self.asks || self.here != self.reported || self.is_asked && !self.here.is_empty();
        let pause = match (wanted, self.here.is_empty()) {
            (true, _) => Some(settings.every),
            (false, false) => Some(settings.heartbeat),
            (false, true) => None,
        };
        let reports = has_redis && !self.has_left;
        let report = self.reported_at.zip(pause).map(|(told, pause)| told + pause).filter(|_| reports);
        left.chain(silent).chain(told).chain(report).min()
    }

    /// The minimum time between two updates to the sockets.
    fn pause(&self, settings: &PresenceSettings) -> Duration {
        settings.every.max(Duration::from_secs(1) * self.watchers.len() as u32 / TOLD_A_SECOND)
    }

    /// Puts the board on the schedule, unless it is there for an earlier time.
    fn put(&mut self, at: Instant, board: BoardId, shared: &Shared) {
        if self.due.is_none_or(|due| at < due) {
            self.due = Some(at);
            shared.schedule.put(at, board);
        }
    }
}

/// Builds a presence state within the limits of what is listed.
fn presence_state(
    people: BTreeSet<ActorId>,
    more: u32,
    guests: u32,
    editing: BTreeSet<Editing>,
    listed_people: usize,
) -> PresenceState {
    PresenceState {
        more: (people.len().saturating_sub(listed_people) as u32).saturating_add(more),
        people: people.into_iter().take(listed_people).collect(),
        guests,
        editing: editing.into_iter().take(LISTED_EDITS).collect(),
    }
}

fn state_frame(board: BoardId, presence_state: &PresenceState) -> Frame {
    let PresenceState { people, more, guests, editing } = presence_state.clone();
    Frame::of(&ServerMessage::Presence { board, people, more, guests, editing })
}

fn change_frame(board: BoardId, change: PresenceChange) -> Frame {
    let PresenceChange { joined, left, more, guests, editing } = change;
    Frame::of(&ServerMessage::PresenceChanged { board, joined, left, more, guests, editing })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watched_by(sockets: u64) -> State {
        let watcher = |socket| (socket, Watcher { wake: Arc::default(), is_counted: true });
        State { watchers: (0..sockets).map(watcher).collect(), ..State::default() }
    }

    #[test]
    fn the_more_are_watching_the_more_rarely_they_are_told() {
        let settings = PresenceSettings::default();
        assert_eq!(watched_by(0).pause(&settings), settings.every);
        assert_eq!(watched_by(1_000).pause(&settings), settings.every);
        assert_eq!(watched_by(5_000).pause(&settings), Duration::from_secs(1));
        assert_eq!(watched_by(20_000).pause(&settings), Duration::from_secs(4));
    }

    #[test]
    fn nobody_here_means_nothing_to_report_and_nothing_to_look_after() {
        let (settings, reporter, now) = (PresenceSettings::default(), Reporter::default(), Instant::now());
        let mut state = State { is_asked: true, ..State::default() };
        assert!(state.report(now, &settings, &reporter).is_none());
        assert_eq!(state.next(&settings, true), None);

        state.here.guests = 1;
        assert!(state.report(now, &settings, &reporter).is_some());
        assert!(state.report(now, &settings, &reporter).is_none(), "it was just sent");
        assert_eq!(state.next(&settings, true), Some(now + settings.heartbeat));
        assert!(state.report(now + settings.heartbeat, &settings, &reporter).is_some());

        // The last person has left: that is reported once.
        state.here.guests = 0;
        let later = now + 2 * settings.heartbeat;
        assert!(state.report(later, &settings, &reporter).is_some());
        assert_eq!(state.next(&settings, true), None);
    }

    #[test]
    fn after_the_farewell_there_is_nothing_to_report_and_nothing_to_look_after() {
        let (settings, reporter, now) = (PresenceSettings::default(), Reporter::default(), Instant::now());
        let presence = Presence::default();
        {
            let mut state = presence.state();
            state.here.guests = 1;
            assert!(state.report(now, &settings, &reporter).is_some());
        }
        assert!(presence.final_report(&reporter).is_some());
        let mut state = presence.state();
        assert!(state.report(now + settings.heartbeat, &settings, &reporter).is_none());
        assert_eq!(state.next(&settings, true), None);
    }

    #[test]
    fn the_schedule_gives_what_is_due_the_earliest_first() {
        let (schedule, now) = (Schedule::default(), Instant::now());
        let [one, other] = [BoardId(Uuid::from_u128(1)), BoardId(Uuid::from_u128(2))];
        let soon = now + Duration::from_secs(1);
        schedule.put(soon, one);
        schedule.put(now, other);
        assert_eq!(schedule.first(), Some(now));
        assert_eq!(schedule.take(now), Some((now, other)));
        assert_eq!(schedule.take(now), None);
        assert_eq!(schedule.take(soon), Some((soon, one)));
    }
}
