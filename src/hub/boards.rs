//! The list of boards, for the sockets that watch it. Each is sent the boards its reader may see.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use app::{
    access::{Asker, BoardAccess},
    model::BoardSummary,
    protocol::ServerMessage,
};
use tokio::sync::Notify;

use super::{frame::Frame, topic::SocketId, wake::Wake};

/// The newest list, and who watches it.
#[derive(Default)]
pub(super) struct BoardList {
    /// Counts the lists. 0 while there is none.
    version: AtomicU64,
    state: Mutex<State>,
    hasher: RandomState,
    /// Somebody needs a list, or it may not be what it was.
    pub(super) stale: Notify,
}

#[derive(Default)]
struct State {
    watchers: HashMap<SocketId, Arc<Wake>>,
    last_version: u64,
    list: Option<Arc<Vec<(BoardSummary, BoardAccess)>>>,
}

/// What a socket that watches the list has of it.
#[derive(Default)]
pub(super) struct Watching {
    /// The list it was told of last.
    version: u64,
    /// What it was sent of that: a hash of the boards and their names. The number of each board's newest change, which is
    /// sent as well, does not count: then every change of any board would be sent to everybody.
    sent: Option<u64>,
}

impl Watching {
    pub(super) fn recheck(&mut self) {
        self.version = 0;
    }
}

impl BoardList {
    pub(super) fn watch(&self, id: SocketId, wake: Arc<Wake>) {
        self.state().watchers.insert(id, wake);
        if self.version.load(Ordering::Acquire) == 0 {
            self.stale.notify_one();
        }
    }

    pub(super) fn unwatch(&self, id: SocketId) {
        let mut state = self.state();
        state.watchers.remove(&id);
        if state.watchers.is_empty() {
            // Nobody keeps it fresh from now on.
            state.list = None;
            self.version.store(0, Ordering::Release);
        }
    }

    pub(super) fn is_watched(&self) -> bool {
        !self.state().watchers.is_empty()
    }

    /// The list as somebody may see it, if it is another one than they have.
    pub(super) fn frame_for(&self, asker: &Asker, watching: &mut Watching) -> Option<Frame> {
        let newest = self.version.load(Ordering::Acquire);
        if newest == watching.version || newest == 0 {
            return None;
        }
        let (version, list) = {
            let state = self.state();
            (state.last_version, Arc::clone(state.list.as_ref()?))
        };
        let visible = list.iter().filter(|(board, access)| asker.role_on(board.id, access).is_some());
        let boards: Vec<BoardSummary> = visible.map(|(board, _)| board.clone()).collect();
        let entries: Vec<_> = boards.iter().map(|board| (board.id, &board.name)).collect();
        let hash = self.hasher.hash_one(entries);
        watching.version = version;
        if watching.sent.replace(hash) == Some(hash) {
            return None;
        }
        Some(Frame::of(&ServerMessage::Boards { boards }))
    }

    pub(super) fn set(&self, boards: Vec<(BoardSummary, BoardAccess)>) {
        let mut state = self.state();
        let entries = |list: &[(BoardSummary, BoardAccess)]| -> Vec<_> {
            list.iter().map(|(board, access)| (board.id, board.name.clone(), access.clone())).collect()
        };
        let same = state.list.as_ref().is_some_and(|list| entries(list) == entries(&boards));
        if state.watchers.is_empty() || same {
            return;
        }
        state.list = Some(Arc::new(boards));
        state.last_version += 1;
        self.version.store(state.last_version, Ordering::Release);
        for wake in state.watchers.values() {
            wake.wake();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
