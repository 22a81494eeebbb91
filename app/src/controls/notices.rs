//! What a page has to say about what it did by itself, as values: any feature adds to them, and the toasts show them.

use std::sync::Arc;

use leptos::prelude::*;
use uuid::Uuid;

/// Messages about what this page did by itself. A context.
#[derive(Clone, Copy)]
pub struct Notices(RwSignal<Vec<Notice>>);

/// One of them.
#[derive(Clone)]
pub struct Notice {
    /// Which.
    pub id: Uuid,
    /// What it says.
    pub words: String,
    /// What can be done about it.
    pub action: Option<Action>,
    /// Whether the next of its kind takes its place.
    passing: bool,
}

/// What can be done about something.
#[derive(Clone)]
pub struct Action {
    /// What its button says.
    pub label: &'static str,
    /// Does it. No callback of Leptos: those go with the part of the page that made them, and a message outlives it.
    pub run: Arc<dyn Fn() + Send + Sync>,
}

impl Action {
    /// A button with this label that does this.
    pub fn new(label: &'static str, run: impl Fn() + Send + Sync + 'static) -> Self {
        Self { label, run: Arc::new(run) }
    }
}

impl Notices {
    /// Starts with none.
    pub fn provide() -> Self {
        let notices = Self(RwSignal::new(Vec::new()));
        provide_context(notices);
        notices
    }

    /// Those that are shown.
    pub fn all(self) -> Vec<Notice> {
        self.0.get()
    }

    /// Shows a message for a while.
    pub fn say(self, words: impl Into<String>, action: Option<Action>) {
        self.add(Notice { id: crate::new_id(), words: words.into(), action, passing: false });
    }

    /// As [`Self::say`], in place of what was last said this way: for what may come many times in a row.
    pub fn say_anew(self, words: impl Into<String>, action: Option<Action>) {
        self.take_back();
        self.add(Notice { id: crate::new_id(), words: words.into(), action, passing: true });
    }

    /// Takes back what was last said with [`Self::say_anew`].
    pub fn take_back(self) {
        self.0.update(|notices| notices.retain(|notice| !notice.passing));
    }

    fn add(self, notice: Notice) {
        self.0.update(|notices| notices.push(notice));
    }

    /// Takes one away.
    pub fn dismiss(self, id: Uuid) {
        self.0.update(|notices| notices.retain(|notice| notice.id != id));
    }
}
