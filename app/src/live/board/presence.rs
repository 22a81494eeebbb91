//! The presence of others on the board, and the edits in progress.

use std::sync::Mutex;

use leptos::prelude::*;

#[cfg(feature = "hydrate")]
use super::MaybeSet;
use super::{LiveBoard, lock};
use crate::{
    id::{ActorId, TaskId},
    presence::{Edited, OpenEditors, PresenceState},
    protocol::ClientMessage,
};

/// The presence on the board, as signals.
#[derive(Default)]
pub(super) struct Presence {
    /// The latest presence from the server.
    pub(super) presence_state: Mutex<PresenceState>,
    pub(super) others: ArcRwSignal<PresenceState>,
    pub(super) editors: Mutex<OpenEditors>,
}

impl LiveBoard {
    /// Returns the other people who have the board open, as far as known. Their edits in progress are in the signals of
    /// the tasks.
    pub fn others(&self) -> ArcRwSignal<PresenceState> {
        self.0.presence.others.clone()
    }

    /// Tells the others that a text of a task is being edited here, until the current reactive owner is cleaned up.
    pub fn edit_until_cleanup(&self, task: TaskId) {
        self.change_editors(|editors| editors.open(task.into()));
        let board = self.clone();
        on_cleanup(move || board.change_editors(|editors| editors.close(task.into())));
    }

    /// Tells the others whether a comment on a task is being written here.
    pub fn set_commenting(&self, task: TaskId, writes: bool) {
        let edited = Edited { task, comment: true };
        self.change_editors(|editors| {
            editors.close(edited);
            if writes {
                editors.open(edited);
            }
        });
    }

    /// Adds the presence message to a subscription: if the server no longer has the subscription, it no longer has the
    /// presence of this tab either.
    pub(super) fn with_presence(&self, mut send: Vec<ClientMessage>) -> Vec<ClientMessage> {
        if send.iter().any(|message| matches!(message, ClientMessage::Subscribe { .. })) {
            send.push(self.present(lock(&self.0.presence.editors).editing()));
        }
        send
    }

    /// Records that nobody has looked at the tab for a while, or that somebody looks at it again.
    #[cfg(feature = "hydrate")]
    pub(in crate::live) fn set_unseen(&self, is_unseen: bool) {
        self.change_editors(|editors| editors.unseen = is_unseen);
    }

    /// Triggers the signals of the tasks whose editors changed, and the signal of the others.
    #[cfg(feature = "hydrate")]
    pub(super) fn take_presence_state(&self, presence_state: PresenceState) {
        let before = std::mem::replace(&mut *lock(&self.0.presence.presence_state), presence_state.clone());
        for task in before.editing.iter().chain(&presence_state.editing).map(|editing| editing.task) {
            let signals = lock(&self.0.tasks).get(&task).cloned();
            if let Some(signals) = signals {
                signals.editors.maybe_set(self.editors(&presence_state, task.into()));
                let comment = Edited { task, comment: true };
                signals.commenting.maybe_set(self.editors(&presence_state, comment));
            }
        }
        self.0.presence.others.maybe_set(presence_state.others(self.me()));
    }

    pub(super) fn editors(&self, presence_state: &PresenceState, edited: Edited) -> Vec<Option<ActorId>> {
        presence_state.editors(edited, self.me(), self.0.live.tab())
    }

    pub(super) fn change_editors(&self, change: impl FnOnce(&mut OpenEditors)) {
        let (before, now) = {
            let mut editors = lock(&self.0.presence.editors);
            let before = editors.editing();
            change(&mut editors);
            (before, editors.editing())
        };
        if now != before && self.0.unavailable.get_untracked().is_none() {
            self.0.live.send(self.present(now));
        }
    }

    pub(super) fn present(&self, edited: Option<Edited>) -> ClientMessage {
        let live = &self.0.live;
        let editing = edited.map(|edited| edited.task);
        let comment = edited.is_some_and(|edited| edited.comment);
        ClientMessage::Present { board: self.0.id, tab: live.tab(), editing, comment, secret: live.tab_secret() }
    }
}
