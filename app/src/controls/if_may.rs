//! Controls that need a role on the board: drawn only while the reader has that role.

use leptos::{children::ViewFn, prelude::*};

use super::redrawn::redrawn;

/// Draws its children only while the reader has the role that the children need.
#[component]
pub fn IfMay(
    /// Whether the reader has the role: see [`crate::live::LiveBoard::may`].
    may: Signal<bool>,
    /// What to draw instead while the reader does not have the role.
    #[prop(optional, into)]
    instead: ViewFn,
    /// The controls that need the role.
    children: ChildrenFn,
) -> impl IntoView {
    redrawn(move || if may.get() { children() } else { instead.run() })
}
