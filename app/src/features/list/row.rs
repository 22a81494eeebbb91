//! A task in the list.

use leptos::prelude::*;

use crate::{
    address::{OpenTask, list_query::ListQuery},
    controls::{
        due::{Due, Start},
        flash::{Flash, flash},
        priority::priority_chip,
    },
    features::{
        checklists::progress::progress_mark,
        labels::chips::label_chips,
        numbers::name::name_mark,
        presence::editing_mark,
        task::{
            assignees::assignee_faces,
            fields::{ColumnSelect, CompletedBox, completed_signal},
        },
    },
    id::TaskId,
    live::{LiveBoard, TaskSignals},
};

/// A row.
#[component]
pub fn ListRow(
    board: LiveBoard,
    task: TaskId,
    query: Memo<ListQuery>,
    /// Whether the page is not hydrated yet. Then the column is shown but cannot be changed.
    plain: Memo<bool>,
) -> impl IntoView {
    let open = expect_context::<OpenTask>();
    let TaskSignals { task: shown, remote_changes, editors, .. } = board.task(task);
    let (assignees, editing) = (assignee_faces(shown.clone()), editing_mark(editors));
    let labels = label_chips(&board, shown.clone());
    let name = name_mark(&board, shown.clone());
    let title = {
        let shown = shown.clone();
        Memo::new(move |_| shown.read().as_ref().map(|task| task.title.clone()).unwrap_or_default())
    };
    let priority = {
        let shown = shown.clone();
        Memo::new(move |_| shown.read().as_ref().map(|task| task.priority).unwrap_or_default())
    };
    let start = {
        let shown = shown.clone();
        Memo::new(move |_| shown.read().as_ref().and_then(|task| task.start))
    };
    let progress = {
        let shown = shown.clone();
        Memo::new(move |_| shown.read().as_ref().map(|task| task.progress).unwrap_or_default())
    };
    let due = Memo::new(move |_| shown.read().as_ref().and_then(|task| task.due));
    let completed = completed_signal(&board, task);
    let column_label = Signal::derive(move || format!("Column of {}", title.get()));

    let Flash { odd, even, seen } = flash(remote_changes);
    let href = {
        let board = board.id();
        move || query.read().task_path(board, task)
    };
    view! {
        <tr
            role="row"
            data-task=task.to_string()
            class:completed=completed
            class:changed-odd=odd
            class:changed-even=even
            on:animationend=seen
        >
            <td role="cell" class="list-check">
                <CompletedBox board=board.clone() task labelled=false disabled=false />
            </td>
            <th role="rowheader" scope="row">
                {name}
                <a href=href data-noscroll aria-current=open.marks(task)>
                    {move || title.get()}
                </a>
                {labels}
                {move || progress_mark(progress.get())}
                {assignees}
                {editing}
            </th>
            <td role="cell" class="list-column">
                <ColumnSelect board task label=column_label disabled=plain />
            </td>
            <td role="cell" class="list-priority">
                {move || Some(priority.get()).filter(|priority| !priority.is_none()).map(priority_chip)}
            </td>
            <td role="cell" class="list-start">
                {move || start.get().map(|day| view! { <Start day /> }.into_any())}
            </td>
            <td role="cell" class="list-due">
                {move || due.get().map(|due| view! { <Due due completed /> }.into_any())}
            </td>
        </tr>
    }
    .into_any()
}
