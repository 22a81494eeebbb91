//! Who has a board open, on this node and on others, and what they are editing.
//!
//! Each topic has a [`Presence`]. Sockets of this node enter and leave it; other nodes send [`Report`]s of who is with them.
//! What all of these amount to, a [`PresenceState`], is worked out at most a few times a second, however many come and go in
//! between, and if it is another one than before, the sockets are woken. A socket has the number of the version it was sent
//! last: who has the one before the newest is sent what is different, everybody else the whole presence state. So a slow socket costs
//! a number, not a queue, and a thousand tabs of one person cost the others nothing.
//!
//! A report is the whole state of a node, numbered, so that it may be lost, doubled, late, or overtaken by a later one. It is
//! sent when it changes and every few seconds; a node that is not heard of for three times as long is taken to be gone.

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
    id::{ActorId, BoardId, TabId, TaskId},
    presence::{Editing, LISTED_EDITS, LISTED_PEOPLE, PresenceChange, PresenceState},
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

/// How many people a node tells others of at most. As all nodes leave out those with the highest ids, those who are listed
/// to clients are the same everywhere.
const REPORTED_PEOPLE: usize = 500;
/// How many other nodes are believed to exist.
const NODES: usize = 256;
/// How many reports may be missing before a node is taken to be gone.
const MISSED_HEARTBEATS: u32 = 3;
/// On a board that many have open they are told more rarely: so many sockets a second, at most.
const TOLD_A_SECOND: u32 = 5_000;
/// How soon a board that was just looked at may be looked at again. So whatever a board asks for, the one task that looks
/// after all of them waits in between.
const LOOK_AGAIN: Duration = Duration::from_millis(1);

/// How quick presence is.
#[derive(Clone, Copy, Debug)]
pub struct PresenceSettings {
    /// How long to wait at least between telling of one change and of the next.
    pub every: Duration,
    /// How long somebody who left is still counted: who loads a page anew should not go and come for the others.
    pub grace: Duration,
    /// How often a node tells other nodes who is with it, although nothing has changed.
    pub heartbeat: Duration,
}

impl Default for PresenceSettings {
    fn default() -> Self {
        Self { every: Duration::from_millis(250), grace: Duration::from_secs(2), heartbeat: Duration::from_secs(5) }
    }
}

impl PresenceSettings {
    /// After how long a node that is not heard of is taken to be gone.
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
    /// Those of this node.
    tabs: BTreeMap<TabKey, Tab>,
    /// Those of this node who left and are still counted.
    leaving: Vec<Leaving>,
    /// Other nodes, by what they call themselves.
    nodes: HashMap<Uuid, RemoteNode>,
    /// The sockets that are told, in the order in which they came.
    watchers: BTreeMap<SocketId, Watcher>,
    /// Something happened since `here` and `all` were worked out.
    stale: bool,
    /// Those of this node, as last worked out.
    here: PresenceState,
    /// Everybody, as the sockets were told.
    all: PresenceState,
    all_at: Option<Instant>,
    /// The frames of the newest version.
    frames: Frames,
    /// What other nodes were told.
    reported: PresenceState,
    reported_at: Option<Instant>,
    /// Another node wants to know.
    is_asked: bool,
    /// Other nodes are to be asked.
    asks: bool,
    /// This node took leave of the others.
    has_left: bool,
    /// When the [`Schedule`] has this board next.
    due: Option<Instant>,
}

/// A tab, whichever connection it has. Nobody can take the place of somebody else's: of a person, because the server knows who that
/// is; of a guest, because they do not know its secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TabKey {
    /// Whose.
    pub(crate) person: Option<ActorId>,
    /// Which, as others see it.
    pub(crate) tab: TabId,
    /// What only the tab knows.
    pub(crate) secret: Option<Uuid>,
}

struct Tab {
    /// The connection that it has now. A page that reconnects may do so long before its old connection is found to be dead.
    socket: SocketId,
    editing: Option<TaskId>,
    /// Nothing was heard from it for a while.
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
    /// Whether it is part of what was last worked out: the first presence state a socket gets has it in it.
    is_counted: bool,
}

#[derive(Default)]
struct Frames {
    /// The whole presence state, once somebody needs it.
    presence_state: Option<Frame>,
    /// The same without names, once a guest needs it.
    nameless: Option<Frame>,
    /// What is different from the version before.
    change: Option<Frame>,
}

/// Who is with a node, for other nodes.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Report {
    /// Which node: another one each time it starts.
    node: Uuid,
    /// Counts the node's reports. One that is not newer than the last is old.
    number: u64,
    /// Whether the others should answer with theirs.
    #[serde(default)]
    asks: bool,
    /// Whether the node is stopping.
    #[serde(default)]
    stops: bool,
    #[serde(rename = "crowd")]
    presence_state: PresenceState,
}

/// This node, as it numbers its reports.
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

/// When which board is to be looked at next.
#[derive(Default)]
pub(super) struct Schedule {
    entries: Mutex<BinaryHeap<Reverse<(Instant, BoardId)>>>,
    /// There is an entry that is earlier than all others were.
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

    /// Takes off an entry whose time has come.
    fn take(&self, now: Instant) -> Option<(Instant, BoardId)> {
        let mut entries = self.entries();
        entries.peek().filter(|Reverse((at, _))| *at <= now)?;
        entries.pop().map(|Reverse(entry)| entry)
    }

    fn entries(&self) -> MutexGuard<'_, BinaryHeap<Reverse<(Instant, BoardId)>>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Looks after the presence of all boards, each when its time comes.
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
        // What is due by now, and not what these looks add.
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
    /// What a socket was not told yet: see [`PresenceHandle::news_for`](super::presence_handle::PresenceHandle::news_for).
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

    /// Does what is due, and has the schedule come back when something will be. Gives what other nodes are to be told.
    fn look(&self, at: Instant, board: BoardId, shared: &Shared) -> Option<Report> {
        let mut state = self.state();
        if state.due != Some(at) {
            // It was looked at earlier, and is on the schedule for another time.
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

    /// Works out who is there, and wakes the sockets that have to be told.
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

    /// Takes in a socket of a tab, which is told of the others from now on.
    pub(super) fn enter(
        &self,
        board: BoardId,
        shared: &Shared,
        (socket, wake): (SocketId, Arc<Wake>),
        tab: TabKey,
        editing: Option<TaskId>,
    ) {
        self.changed(board, shared, |state| {
            let is_new = state.tabs.insert(tab, Tab { socket, editing, is_away: false }).is_none();
            state.watchers.insert(socket, Watcher { wake, is_counted: false });
            // One guest is as good as another: most likely this is one who loads the page anew.
            let back = state.leaving.iter().position(|leaving| leaving.person.is_none());
            if let Some(back) = back.filter(|_| is_new && tab.person.is_none()) {
                state.leaving.swap_remove(back);
            }
        });
    }

    /// A socket leaves; its tab with it, unless that has another one by now.
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

    /// What is edited in the tab of a socket now.
    pub(super) fn edit(
        &self,
        board: BoardId,
        shared: &Shared,
        socket: SocketId,
        tab: &TabKey,
        editing: Option<TaskId>,
    ) {
        self.change_tab(board, shared, socket, tab, |tab| tab.editing = editing);
    }

    /// Whether the tab of a socket was not heard from for a while.
    pub(super) fn set_away(&self, board: BoardId, shared: &Shared, socket: SocketId, tab: &TabKey, is_away: bool) {
        self.change_tab(board, shared, socket, tab, |tab| tab.is_away = is_away);
    }

    fn change_tab(&self, board: BoardId, shared: &Shared, socket: SocketId, tab: &TabKey, what: impl FnOnce(&mut Tab)) {
        self.changed(board, shared, |state| {
            // Unless the tab has another connection by now.
            if let Some(tab) = state.tabs.get_mut(tab).filter(|tab| tab.socket == socket) {
                what(tab);
            }
        });
    }

    /// Something happened: it is told as soon as it may be.
    fn changed(&self, board: BoardId, shared: &Shared, what: impl FnOnce(&mut State)) {
        let mut state = self.state();
        what(&mut state);
        let now = Instant::now();
        state.stale = true;
        let soonest = state.all_at.map_or(now, |told| now.max(told + state.pause(&shared.settings.presence)));
        state.put(soonest, board, shared);
    }

    /// Takes in what another node says. Tells whether it was as it should be.
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
            // Pages of a node that stops come back on another, as somebody does who loads a page anew.
            let until = Instant::now() + if stops { settings.grace } else { settings.silence() };
            state.nodes.insert(node, RemoteNode { number, presence_state, until });
        });
        true
    }

    /// Has the other nodes asked who is with them.
    pub(super) fn ask(&self, board: BoardId, shared: &Shared) {
        self.changed(board, shared, |state| state.asks = true);
    }

    /// What to tell other nodes when this one stops; `None` if they believe nobody to be here.
    pub(super) fn final_report(&self, reporter: &Reporter) -> Option<Report> {
        let mut state = self.state();
        state.has_left = true;
        (!state.reported.is_empty()).then(|| reporter.report(state.reported.clone(), false, true))
    }

    // A panic while this was held left at worst a hint that is wrong.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Lets go of those whose time is over.
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
        for (TabKey { person, tab, .. }, Tab { editing: task, .. }) in present {
            match person {
                Some(person) => drop(people.insert(*person)),
                None => guests += 1,
            }
            editing.extend(task.map(|task| Editing { task, person: *person, tab: *tab }));
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

    /// What other nodes are to be told now.
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

    /// When there is something to be done next.
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

    /// How long to wait at least between telling the sockets of one presence state and of the next.
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

/// A presence state, within the bounds of what is listed.
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

        // That the last one left is said once.
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
