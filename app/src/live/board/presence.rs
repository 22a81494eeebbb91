//! Who has the board open, and who edits what.

use std::sync::Mutex;

use leptos::prelude::*;

#[cfg(feature = "hydrate")]
use super::MaybeSet;
use super::{LiveBoard, lock};
use crate::{
    id::{ActorId, TaskId},
    presence::{OpenEditors, PresenceState},
    protocol::ClientMessage,
};

/// Who has the board open, as signals.
#[derive(Default)]
pub(super) struct Presence {
    /// Who has the board open, as was told last.
    pub(super) presence_state: Mutex<PresenceState>,
    pub(super) others: ArcRwSignal<PresenceState>,
    pub(super) editors: Mutex<OpenEditors>,
}

impl LiveBoard {
    /// Who else has the board open, as far as was told. What they edit is with each task.
    pub fn others(&self) -> ArcRwSignal<PresenceState> {
        self.0.presence.others.clone()
    }

    /// Tells the others that a text of a task is edited here, until the current reactive owner is cleaned up.
    pub fn edit_until_cleanup(&self, task: TaskId) {
        self.change_editors(|editors| editors.open(task));
        let board = self.clone();
        on_cleanup(move || board.change_editors(|editors| editors.close(task)));
    }

    /// A subscription that the server does not have takes the place among those who are here with it.
    pub(super) fn with_presence(&self, mut send: Vec<ClientMessage>) -> Vec<ClientMessage> {
        if send.iter().any(|message| matches!(message, ClientMessage::Subscribe { .. })) {
            send.push(self.present(lock(&self.0.presence.editors).editing()));
        }
        send
    }

    /// The tab is looked at again, or has not been for a while.
    #[cfg(feature = "hydrate")]
    pub(in crate::live) fn set_unseen(&self, is_unseen: bool) {
        self.change_editors(|editors| editors.unseen = is_unseen);
    }

    /// Wakes the signals of the tasks that somebody began or ceased to edit, and that of the others.
    #[cfg(feature = "hydrate")]
    pub(super) fn take_presence_state(&self, presence_state: PresenceState) {
        let before = std::mem::replace(&mut *lock(&self.0.presence.presence_state), presence_state.clone());
        for task in before.editing.iter().chain(&presence_state.editing).map(|editing| editing.task) {
            let signals = lock(&self.0.tasks).get(&task).cloned();
            if let Some(signals) = signals {
                signals.editors.maybe_set(self.editors(&presence_state, task));
            }
        }
        self.0.presence.others.maybe_set(presence_state.others(self.me()));
    }

    pub(super) fn editors(&self, presence_state: &PresenceState, task: TaskId) -> Vec<Option<ActorId>> {
        presence_state.editors(task, self.me(), self.0.live.tab())
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

    pub(super) fn present(&self, editing: Option<TaskId>) -> ClientMessage {
        let live = &self.0.live;
        ClientMessage::Present { board: self.0.id, tab: live.tab(), editing, secret: live.tab_secret() }
    }
}
