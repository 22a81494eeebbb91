//! A task on the board.

use leptos::prelude::*;

use crate::{
    id::TaskId,
    live::LiveBoard,
    pages::{View, task_path},
};

/// A card.
#[component]
pub fn Card(board: LiveBoard, task: TaskId) -> impl IntoView {
    let shown = board.task(task).task;
    view! {
        <li class="card" data-task=task.to_string()>
            <a href=task_path(board.id(), task, View::Board)>
                {move || shown.get().map(|task| task.title.clone())}
            </a>
        </li>
    }
}
