//! The deleted tasks of a board, to be restored.

use leptos::prelude::*;

use crate::live::LiveBoard;

/// The trash.
#[component]
pub fn TrashPage(board: LiveBoard) -> impl IntoView {
    let _ = board;
}
