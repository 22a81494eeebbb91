//! Whether the page is being printed. Long lists draw their rows as somebody scrolls to them; on paper nobody does, so then they draw all.

use leptos::prelude::*;

/// Whether the page is being printed. Provided as a Leptos context.
#[derive(Clone, Copy)]
pub struct Printing(RwSignal<bool>);

impl Printing {
    /// Provides the context, and follows the browser: it lays the page out for paper after it has said so.
    pub fn provide() {
        let printing = RwSignal::new(false);
        provide_context(Self(printing));
        Effect::new(move || {
            let listeners = [("beforeprint", true), ("afterprint", false)]
                .map(|(name, prints)| window_event_listener_untyped(name, move |_| printing.set(prints)));
            on_cleanup(move || listeners.into_iter().for_each(|listener| listener.remove()));
        });
    }

    /// How many rows a list draws that draws this many on the screen.
    pub fn rows(self, on_screen: usize) -> usize {
        if self.0.get() { usize::MAX } else { on_screen }
    }
}
