//! The name of a task, shown beside its title.

use std::sync::Arc;

use leptos::prelude::*;

use super::copying::copy_link;
use crate::{
    controls::{notices::Notices, redrawn::redrawn},
    id::TaskId,
    live::LiveBoard,
    model::Task,
};

/// Returns what people call a task. `None` until the task is saved: then the server has numbered it.
pub fn task_name(board: &LiveBoard, task: ArcRwSignal<Option<Arc<Task>>>) -> Memo<Option<String>> {
    let key = board.key();
    Memo::new(move |_| {
        let number = task.read().as_ref().map_or(0, |task| task.number);
        key.read().as_ref()?.task(number).map(|name| name.to_string())
    })
}

/// The name as a mark of a row. (A card has none, because every card would get a second line for it.)
pub fn name_mark(board: &LiveBoard, task: ArcRwSignal<Option<Arc<Task>>>) -> AnyView {
    let name = task_name(board, task);
    redrawn(move || name.get().map(|name| view! { <span class="task-name">{name}</span> }.into_any())).into_any()
}

/// The name in the panel of the task: a button that copies the link to it.
#[component]
pub fn NameButton(board: LiveBoard, task: TaskId) -> impl IntoView {
    let name = task_name(&board, board.task(task).task);
    let notices = expect_context::<Notices>();
    redrawn(move || {
        let (board, name) = (board.clone(), name.get()?);
        let label = format!("{name}: copy the link");
        Some(
            view! {
                <span class="task-name no-script">{name.clone()}</span>
                <button
                    type="button"
                    class="button quiet task-name needs-script"
                    title="Copy the link"
                    aria-label=label
                    on:click=move |_| copy_link(&board, task, notices)
                >
                    {name}
                </button>
            }
            .into_any(),
        )
    })
}
