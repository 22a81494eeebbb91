//! What is read out to those who do not see the page: one place for all of it, so that nothing talks over anything.

use leptos::prelude::*;

/// Says things out loud. A context.
#[derive(Clone, Copy)]
pub struct Announcer(RwSignal<String>);

impl Announcer {
    /// Makes the announcer of a page.
    pub fn provide() -> Self {
        let announcer = Self(RwSignal::new(String::new()));
        provide_context(announcer);
        announcer
    }

    /// Says something, in place of what was said before.
    pub fn say(self, words: impl Into<String>) {
        self.0.set(words.into());
    }
}

/// Where the announcements stand.
#[component]
pub fn Announcements(announcer: Announcer) -> impl IntoView {
    view! {
        <p class="visually-hidden announcements" role="status" aria-live="polite">
            {move || announcer.0.get()}
        </p>
    }
}
