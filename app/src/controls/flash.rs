//! Cards and rows that show for a moment that somebody else just changed them.

use leptos::{ev, prelude::*};

/// What such an element needs.
pub struct Flash<Odd, Even, Seen> {
    /// Whether it has the class `changed-odd`.
    pub odd: Odd,
    /// Whether it has the class `changed-even`. The two name the same animation: going from one to the other starts it again.
    pub even: Even,
    /// Handles the end of an animation.
    pub seen: Seen,
}

/// `changes` counts what others changed, until it was seen.
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
