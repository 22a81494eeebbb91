//! One task, in a panel over its board.

use leptos::prelude::*;

use crate::{id::TaskId, live::LiveBoard, pages::View};

/// The panel of a task. Closing it leads back to `view`.
#[component]
pub fn TaskPanel(board: LiveBoard, task: TaskId, view: View) -> impl IntoView {
    let _ = (board, task, view);
}
