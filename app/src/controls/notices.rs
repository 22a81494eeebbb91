//! Messages to the reader about something that the page did, as values: any feature adds messages, and the toasts show them.

use std::sync::Arc;

use leptos::prelude::*;
use uuid::Uuid;

/// Messages to the reader about something that the page did. Provided as a Leptos context.
#[derive(Clone, Copy)]
pub struct Notices(RwSignal<Vec<Notice>>);

/// A message about what a page did last, for the page after it. Provided as a Leptos context for all pages.
#[derive(Clone, Copy)]
pub struct NoticesAfter(StoredValue<Option<Later>>);

/// Adds a message to the notices of a page.
type Later = Box<dyn FnOnce(Notices) + Send + Sync>;

impl NoticesAfter {
    /// Provides the context.
    pub fn provide() {
        provide_context(Self(StoredValue::new(None)));
    }

    /// Shows a message on the next page. `action` makes its button, which may say more there.
    pub fn say(self, words: String, action: impl FnOnce(Notices) -> Action + Send + Sync + 'static) {
        let later = move |notices: Notices| notices.say(words, Some(action(notices)));
        self.0.set_value(Some(Box::new(later)));
    }
}

/// One message.
#[derive(Clone)]
pub struct Notice {
    /// Identifies the message.
    pub id: Uuid,
    /// The text of the message.
    pub words: String,
    /// An action that the reader can take in response.
    pub action: Option<Action>,
    /// Whether the next message from [`Notices::say_anew`] replaces this one.
    passing: bool,
}

/// A button on a message.
#[derive(Clone)]
pub struct Action {
    /// The label of the button.
    pub label: &'static str,
    /// Runs the action. This is not a Leptos callback: a callback is disposed with the part of the page that made it, and a message
    /// outlives that part.
    pub run: Arc<dyn Fn() + Send + Sync>,
}

impl Action {
    /// A button with this label that runs this function.
    pub fn new(label: &'static str, run: impl Fn() + Send + Sync + 'static) -> Self {
        Self { label, run: Arc::new(run) }
    }
}

impl Notices {
    /// Provides the context, with the message that the page before left, if any.
    pub fn provide() -> Self {
        let notices = Self(RwSignal::new(Vec::new()));
        provide_context(notices);
        if let Some(later) = expect_context::<NoticesAfter>().0.try_update_value(Option::take).flatten() {
            later(notices);
        }
        notices
    }

    /// The messages that are shown.
    pub fn all(self) -> Vec<Notice> {
        self.0.get()
    }

    /// Shows a message for a while.
    pub fn say(self, words: impl Into<String>, action: Option<Action>) {
        self.add(Notice { id: crate::new_id(), words: words.into(), action, passing: false });
    }

    /// Like [`Self::say`], but replaces the previous message from this method: for messages that may come many times in a row.
    pub fn say_anew(self, words: impl Into<String>, action: Option<Action>) {
        self.take_back();
        self.add(Notice { id: crate::new_id(), words: words.into(), action, passing: true });
    }

    /// Removes the last message from [`Self::say_anew`].
    pub fn take_back(self) {
        self.0.update(|notices| notices.retain(|notice| !notice.passing));
    }

    fn add(self, notice: Notice) {
        self.0.update(|notices| notices.push(notice));
    }

    /// Removes a message.
    pub fn dismiss(self, id: Uuid) {
        self.0.update(|notices| notices.retain(|notice| notice.id != id));
    }
}
