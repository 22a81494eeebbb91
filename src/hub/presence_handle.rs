//! A socket's entry among those who have a board open.

use std::sync::Arc;

use app::presence::Edited;

use super::{
    Shared,
    frame::Frame,
    presence::TabKey,
    topic::Topic,
    wake::{SocketId, Wake},
};
use crate::store::Rights;

/// A socket's entry among those who have a board open. Dropping it removes the entry.
pub(crate) struct PresenceHandle {
    shared: Arc<Shared>,
    topic: Arc<Topic>,
    socket: SocketId,
    tab: TabKey,
    /// The version of the presence state that the socket was sent last.
    seen: u64,
}

impl PresenceHandle {
    pub(super) fn join(
        shared: Arc<Shared>,
        topic: Arc<Topic>,
        socket: SocketId,
        wake: Arc<Wake>,
        tab: TabKey,
        editing: Option<Edited>,
    ) -> Self {
        topic.presence.enter(topic.board(), &shared, (socket, wake), tab, editing);
        Self { shared, topic, socket, tab, seen: 0 }
    }

    /// The tab that this entry is for.
    pub(crate) fn tab(&self) -> &TabKey {
        &self.tab
    }

    /// Whether [`Self::news_for`] may have something. Cheap.
    pub(crate) fn has_news(&self) -> bool {
        self.topic.presence.has_newer_than(self.seen)
    }

    /// The presence state, if the socket was not sent it yet and the reader may see the board at this moment: first the whole
    /// state, then the differences.
    pub(crate) fn news_for(&mut self, rights: &mut Rights) -> Option<Frame> {
        if !self.topic.lets_in(rights) {
            return None;
        }
        let Self { topic, socket, seen, tab, .. } = self;
        topic.presence.newer_than(seen, *socket, tab.person.is_none(), topic.board())
    }

    /// Sets which task is being edited in the tab.
    pub(crate) fn edit(&self, editing: Option<Edited>) {
        self.topic.presence.edit(self.topic.board(), &self.shared, self.socket, &self.tab, editing);
    }

    /// Sets whether nothing was received from the tab for a while.
    pub(crate) fn set_away(&self, is_away: bool) {
        self.topic.presence.set_away(self.topic.board(), &self.shared, self.socket, &self.tab, is_away);
    }
}

impl Drop for PresenceHandle {
    fn drop(&mut self) {
        self.topic.presence.leave(self.topic.board(), &self.shared, self.socket, &self.tab);
    }
}
