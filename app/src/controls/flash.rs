//! Cards and rows that are highlighted for a moment when another person has changed them.

use leptos::{ev, prelude::*};

/// The classes and the event handler that such an element needs.
pub struct Flash<Odd, Even, Seen> {
    /// Whether it has the class `changed-odd`.
    pub odd: Odd,
    /// Whether it has the class `changed-even`. Both classes run the same animation: switching from one to the other starts it again.
    pub even: Even,
    /// Handles the end of an animation.
    pub seen: Seen,
}

/// `changes` counts the changes by other people since the last highlight ended.
pub fn flash(
    changes: ArcRwSignal<u32>,
) -> Flash<impl Fn() -> bool + Send, impl Fn() -> bool + Send, impl Fn(ev::AnimationEvent) + Clone> {
    let (odd, even) = (changes.clone(), changes.clone());
    Flash {
        odd: move || odd.get() % 2 == 1,
        even: move || even.with(|changes| *changes > 0 && changes % 2 == 0),
        seen: move |event: ev::AnimationEvent| {
            if event.animation_name().starts_with("changed") {
                changes.set(0);
            }
        },
    }
}
