//! New events of the log, for views that show the history.

use std::sync::{Arc, Mutex, Weak};

use leptos::prelude::*;

use super::{LiveBoard, lock};
use crate::history::Event;

/// The listeners to the log.
#[derive(Default)]
pub(super) struct History {
    pub(super) listeners: Mutex<Vec<Weak<Mutex<News>>>>,
    pub(super) heard: ArcRwSignal<u64>,
}

/// New events of the log between two calls of [`Listener::take`]: see [`LiveBoard::listen`].
#[derive(Clone, Debug, Default)]
pub struct News {
    /// The events, oldest first.
    pub events: Vec<Event>,
    /// Whether events are missing, because a snapshot replaced them.
    pub incomplete: bool,
}

/// A listener to the log: see [`LiveBoard::listen`].
#[derive(Clone)]
pub struct Listener(Arc<Mutex<News>>);

impl Listener {
    /// Returns the events since the last call.
    pub fn take(&self) -> News {
        std::mem::take(&mut lock(&self.0))
    }
}

impl LiveBoard {
    /// Listens to the log from now on: to saved changes of this page and of others. [`Self::heard`] signals new events.
    pub fn listen(&self) -> Listener {
        let news = Arc::default();
        lock(&self.0.history.listeners).push(Arc::downgrade(&news));
        Listener(news)
    }

    /// A counter that increases when there are events for those who [`Self::listen`].
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
