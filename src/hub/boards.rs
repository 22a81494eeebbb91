//! The list of boards, for the sockets that watch it. Each socket is sent the boards that its reader may see.
//!
//! The list is updated with the boards that changed. A socket looks only at the boards of its own reader, and only when one of
//! them changed. So changes to the boards of others cost it nothing.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    hash::{BuildHasher, RandomState},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use app::{
    access::Principal,
    id::{ActorId, BoardId},
    model::BoardSummary,
    protocol::ServerMessage,
    time::Timestamp,
};
use tokio::sync::Notify;

use super::{
    frame::Frame,
    wake::{SocketId, Wake},
};
use crate::store::Listed;

/// How many changes of the list are remembered. A socket that is further behind looks at all boards of its reader again.
const RECENT: usize = 256;

/// The newest list of boards, and the sockets that watch it.
#[derive(Default)]
pub(super) struct BoardList {
    /// Counts the versions of the list. 0 while the list may be out of date because no socket watched it.
    version: AtomicU64,
    state: Mutex<State>,
    hasher: RandomState,
    /// Notified when a socket needs a list, or when the list may be out of date.
    pub(super) stale: Notify,
}

#[derive(Default)]
struct State {
    watchers: HashMap<SocketId, Arc<Wake>>,
    /// Counts the requests for a fresh list.
    requests: u64,
    /// Up to which request the list is fresh.
    served: u64,
    /// The requests that are not served yet, and the sockets that made them.
    waiting: VecDeque<(u64, Arc<Wake>)>,
    last_version: u64,
    /// The revision up to which the list was read from the database.
    revision: i64,
    boards: HashMap<BoardId, Arc<Listed>>,
    /// All that are not archived, by age.
    all: BTreeSet<Age>,
    /// Of these, the boards that everyone on the server may see.
    open: BTreeSet<Age>,
    /// Of these, for each person, the boards that they have starred.
    by_star: HashMap<ActorId, BTreeSet<BoardId>>,
    /// Of these, for each person, the boards that they are a member of.
    by_person: HashMap<ActorId, BTreeSet<Age>>,
    recent: VecDeque<Change>,
}

/// When a board was made, and its id.
type Age = (Timestamp, BoardId);

/// A board that changed: as it was before a version of the list, and as it is since.
struct Change {
    version: u64,
    before: Option<Arc<Listed>>,
    after: Arc<Listed>,
}

/// What a socket that watches the list was sent of it.
#[derive(Default)]
pub(super) struct Watching {
    /// The last version of the list that the socket looked at.
    version: u64,
    /// A hash of what the socket was sent: the boards with their names, colours and descriptions, and whether they are starred. The number of each board's newest change is sent too,
    /// but is not part of the hash: otherwise every change on any board would be sent to every socket.
    sent: Option<u64>,
    /// How many it wants, the newest; all, if it does not say.
    limit: Option<usize>,
    /// And these.
    boards: Vec<BoardId>,
    /// The request for a fresh list that has to be served first: see [`BoardList::watch`].
    request: u64,
}

impl Watching {
    pub(super) fn of(limit: Option<u32>, boards: Vec<BoardId>, request: u64) -> Self {
        Self { limit: limit.map(|limit| limit as usize), boards, request, ..Self::default() }
    }

    pub(super) fn recheck(&mut self) {
        self.version = 0;
    }
}

impl BoardList {
    /// Watches the list. The first list that a socket gets is read from the database after this call: the one in memory may be from
    /// before a change that the client knows already, such as that it lost access to a board. Returns the number of this request.
    pub(super) fn watch(&self, id: SocketId, wake: Arc<Wake>) -> u64 {
        let mut state = self.state();
        state.requests += 1;
        let request = state.requests;
        state.waiting.push_back((request, Arc::clone(&wake)));
        state.watchers.insert(id, wake);
        self.stale.notify_one();
        request
    }

    /// The number of the newest request for a fresh list. A list that is read after this call serves it.
    pub(super) fn requests(&self) -> u64 {
        self.state().requests
    }

    pub(super) fn unwatch(&self, id: SocketId) {
        let mut state = self.state();
        state.watchers.remove(&id);
        if state.watchers.is_empty() {
            // From now on nobody keeps the list up to date.
            self.version.store(0, Ordering::Release);
        }
    }

    pub(super) fn is_watched(&self) -> bool {
        !self.state().watchers.is_empty()
    }

    /// The revision up to which the list was read from the database.
    pub(super) fn revision(&self) -> i64 {
        self.state().revision
    }

    /// The list of the boards that the principal may see, if it differs from the one that the socket has.
    pub(super) fn frame_for(&self, principal: &Principal, watching: &mut Watching) -> Option<Frame> {
        let newest = self.version.load(Ordering::Acquire);
        if newest == watching.version || newest == 0 {
            return None;
        }
        let state = self.state();
        if state.served < watching.request {
            return None;
        }
        let known = std::mem::replace(&mut watching.version, state.last_version);
        if !state.concerns(principal, known) {
            return None;
        }
        let (visible, more) = state.visible_to(principal, watching);
        drop(state);
        let is_starred = |listed: &Listed| principal.person.is_some_and(|person| listed.stars.contains(&person));
        let summary = |listed: &Arc<Listed>| BoardSummary { starred: is_starred(listed), ..listed.board.clone() };
        let boards: Vec<BoardSummary> = visible.iter().map(summary).collect();
        let entries: Vec<_> = boards.iter().map(|board| BoardSummary { seq: 0, ..board.clone() }).collect();
        let hash = self.hasher.hash_one((entries, more));
        if watching.sent.replace(hash) == Some(hash) {
            return None;
        }
        Some(Frame::of(&ServerMessage::Boards { boards, more }))
    }

    /// Applies the boards that changed in the list up to a revision. This serves the requests up to a number.
    pub(super) fn take(&self, changed: Vec<Arc<Listed>>, revision: i64, requests: u64) {
        let mut state = self.state();
        state.served = requests;
        while let Some((_, wake)) = state.waiting.pop_front_if(|(request, _)| *request <= requests) {
            wake.wake();
        }
        if state.watchers.is_empty() {
            return;
        }
        let was_fresh = self.version.load(Ordering::Acquire) > 0;
        if changed.is_empty() && was_fresh {
            return;
        }
        state.revision = revision;
        state.last_version += 1;
        for listed in changed {
            state.put(listed);
        }
        self.version.store(state.last_version, Ordering::Release);
        for wake in state.watchers.values() {
            wake.wake();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn put(&mut self, after: Arc<Listed>) {
        let before = self.boards.remove(&after.board.id);
        if let Some(before) = &before
            && let Some(access) = before.listed_access()
        {
            let age = before.board.age();
            self.all.remove(&age);
            self.open.remove(&age);
            for person in &before.stars {
                if let Some(boards) = self.by_star.get_mut(person) {
                    boards.remove(&before.board.id);
                    if boards.is_empty() {
                        self.by_star.remove(person);
                    }
                }
            }
            for person in access.members.keys() {
                if let Some(boards) = self.by_person.get_mut(person) {
                    boards.remove(&age);
                    if boards.is_empty() {
                        self.by_person.remove(person);
                    }
                }
            }
        }
        if let Some(access) = after.listed_access() {
            let age = after.board.age();
            self.all.insert(age);
            if access.everyone.is_some() {
                self.open.insert(age);
            }
            for person in &after.stars {
                self.by_star.entry(*person).or_default().insert(after.board.id);
            }
            for person in access.members.keys() {
                self.by_person.entry(*person).or_default().insert(age);
            }
        }
        if after.access.is_some() {
            self.boards.insert(after.board.id, Arc::clone(&after));
        }
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(Change { version: self.last_version, before, after });
    }

    /// Whether any board that the principal could see or can see now changed since a version.
    fn concerns(&self, principal: &Principal, since: u64) -> bool {
        let knows_all = since > 0 && self.recent.front().is_none_or(|oldest| oldest.version <= since);
        if since == 0 || (!knows_all && self.recent.len() == RECENT) {
            return true;
        }
        let newer = self.recent.iter().rev().take_while(|change| change.version > since);
        newer
            .flat_map(|change| change.before.iter().chain([&change.after]))
            .any(|listed| listed.is_visible_to(principal))
    }

    /// The boards that a socket watches and that the principal may see, newest first; and whether there are more. It looks at no more
    /// boards than are wanted. Archived boards are in it only if the socket named them.
    fn visible_to(&self, principal: &Principal, watching: &Watching) -> (Vec<Arc<Listed>>, bool) {
        let own = principal.person.and_then(|person| self.by_person.get(&person));
        let sources: Vec<&BTreeSet<Age>> = match principal.sees_every_board() {
            true => vec![&self.all],
            false => own.into_iter().chain([&self.open]).collect(),
        };
        let visible = |id: BoardId| self.boards.get(&id).filter(|listed| listed.is_visible_to(principal));
        let enough = watching.limit.map_or(usize::MAX, |limit| limit.saturating_add(1));
        let mut found = BTreeMap::new();
        for source in sources {
            let newest = source.iter().rev().filter_map(|(_, id)| visible(*id)).take(enough);
            found.extend(newest.map(|listed| (Reverse(listed.board.age()), Arc::clone(listed))));
        }
        let linked = principal.links.iter().filter_map(|link| visible(link.board));
        let linked = linked.filter(|listed| listed.listed_access().is_some());
        found.extend(linked.map(|listed| (Reverse(listed.board.age()), Arc::clone(listed))));
        let more = found.len() >= enough;
        let mut boards: BTreeMap<_, _> = found.into_iter().take(enough - usize::from(more)).collect();
        let starred = principal.person.and_then(|person| self.by_star.get(&person)).into_iter().flatten();
        let others = watching.boards.iter().chain(starred).filter_map(|id| visible(*id));
        boards.extend(others.map(|listed| (Reverse(listed.board.age()), Arc::clone(listed))));
        (boards.into_values().collect(), more)
    }
}
