//! Announcements for screen readers. All of them go through one live region, so that none interrupts another.

use leptos::prelude::*;

/// Makes announcements. Provided as a Leptos context.
#[derive(Clone, Copy)]
pub struct Announcer(RwSignal<String>);

impl Announcer {
    /// Provides the announcer of a page.
    pub fn provide() -> Self {
        let announcer = Self(RwSignal::new(String::new()));
        provide_context(announcer);
        announcer
    }

    /// Announces something, in place of the previous announcement.
    pub fn say(self, words: impl Into<String>) {
        self.0.set(words.into());
    }
}

/// The live region that holds the announcements.
#[component]
pub fn Announcements(announcer: Announcer) -> impl IntoView {
    view! {
        <p class="visually-hidden announcements" role="status" aria-live="polite">
            {move || announcer.0.get()}
        </p>
    }
}
