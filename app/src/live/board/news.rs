//! What the log goes on with, for views that tell what happened.

use std::sync::{Arc, Mutex, Weak};

use leptos::prelude::*;

use super::{LiveBoard, lock};
use crate::history::Event;

/// Those who listen to the log.
#[derive(Default)]
pub(super) struct History {
    pub(super) listeners: Mutex<Vec<Weak<Mutex<News>>>>,
    pub(super) heard: ArcRwSignal<u64>,
}

/// What a log has gone on with between two looks: see [`LiveBoard::listen`].
#[derive(Clone, Debug, Default)]
pub struct News {
    /// What happened, oldest first.
    pub events: Vec<Event>,
    /// Whether some of it is missing, because a snapshot took its place.
    pub incomplete: bool,
}

/// Hears what a log goes on with: see [`LiveBoard::listen`].
#[derive(Clone)]
pub struct Listener(Arc<Mutex<News>>);

impl Listener {
    /// What was heard since the last call.
    pub fn take(&self) -> News {
        std::mem::take(&mut lock(&self.0))
    }
}

impl LiveBoard {
    /// Hears from now on what the log goes on with: what is saved, of this page and of others. [`Self::heard`] tells when.
    pub fn listen(&self) -> Listener {
        let news = Arc::default();
        lock(&self.0.history.listeners).push(Arc::downgrade(&news));
        Listener(news)
    }

    /// Counts up when there is news for those who [`Self::listen`].
    pub fn heard(&self) -> ArcRwSignal<u64> {
        self.0.history.heard.clone()
    }

    pub(super) fn tell(&self, logged: Vec<Event>, skipped: bool) {
        if logged.is_empty() && !skipped {
            return;
        }
        lock(&self.0.history.listeners).retain(|listener| match listener.upgrade() {
            Some(news) => {
                let mut news = lock(&news);
                news.events.extend(logged.iter().cloned());
                news.incomplete |= skipped;
                true
            }
            None => false,
        });
        self.0.history.heard.update(|count| *count += 1);
    }
}
