//! Short messages at the edge of the page: what was undone and why, and what can be undone.

use leptos::prelude::*;

use crate::live::LiveBoard;

/// The messages of a board.
#[component]
pub fn Toasts(board: LiveBoard) -> impl IntoView {
    let _ = board;
}
