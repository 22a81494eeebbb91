//! What only some may do to a board: there while they may, and not at all while they may not.

use leptos::{children::ViewFn, prelude::*};

use super::redrawn::redrawn;

/// Draws its children for as long as whoever reads the page may do what they offer.
#[component]
pub fn IfMay(
    /// Whether they may: see [`crate::live::LiveBoard::may`].
    may: Signal<bool>,
    /// What stands in their place while not.
    #[prop(optional, into)]
    instead: ViewFn,
    /// What is offered.
    children: ChildrenFn,
) -> impl IntoView {
    redrawn(move || if may.get() { children() } else { instead.run() })
}
