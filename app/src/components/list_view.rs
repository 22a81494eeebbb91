//! All tasks of a board as one list, to filter and search.

use leptos::prelude::*;

use crate::live::LiveBoard;

/// The list view.
#[component]
pub fn ListView(board: LiveBoard) -> impl IntoView {
    let _ = board;
}
