//! The list of boards, for the sockets that watch it.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use app::{id::BoardId, model::BoardSummary, protocol::ServerMessage};
use tokio::sync::Notify;

use super::{frame::Frame, topic::SocketId, wake::Wake};

/// The newest list, and who watches it.
#[derive(Default)]
pub(super) struct BoardList {
    /// Counts the lists: a socket's cursor. 0 while there is none.
    version: AtomicU64,
    state: Mutex<State>,
    /// Somebody needs a list, or it may not be what it was.
    pub(super) stale: Notify,
}

#[derive(Default)]
struct State {
    watchers: HashMap<SocketId, Arc<Wake>>,
    last_version: u64,
    list: Option<List>,
}

struct List {
    frame: Frame,
    /// What makes a list another one. The number of each board's newest change, which is also in it, does not: then
    /// every change of any board would be sent to everybody.
    entries: Vec<(BoardId, String)>,
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

    /// The list, if it is another one than the socket has.
    pub(super) fn newer_than(&self, version: u64) -> Option<(u64, Frame)> {
        let newest = self.version.load(Ordering::Acquire);
        if newest == version || newest == 0 {
            return None;
        }
        let state = self.state();
        state.list.as_ref().map(|list| (state.last_version, list.frame.clone()))
    }

    pub(super) fn set(&self, boards: Vec<BoardSummary>) {
        let entries: Vec<_> = boards.iter().map(|board| (board.id, board.name.clone())).collect();
        let mut state = self.state();
        if state.watchers.is_empty() || state.list.as_ref().is_some_and(|list| list.entries == entries) {
            return;
        }
        state.list = Some(List { frame: Frame::of(&ServerMessage::Boards { boards }), entries });
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
