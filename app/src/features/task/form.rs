//! A task as one form, for browsers without JavaScript.

use leptos::{prelude::*, server_fn::ServerFn};

use super::assignees::AssigneeBoxes;
use crate::{
    access::BoardRole,
    board::{OptimisticBoard, Typed},
    controls::{choice::choice, due::Today, priority::priority_words, raw_text::in_textarea, redrawn::redrawn},
    features::labels::field::LabelBoxes,
    forms::{UpdateTask, form_action},
    id::TaskId,
    live::LiveBoard,
    model::Priority,
};

/// The form. It is removed on hydration, because from then on each field is edited in place.
#[component]
pub fn TaskForm(board: LiveBoard, task: TaskId) -> impl IntoView {
    let plain = expect_context::<Today>().not_yet_taken_over();
    let edits = board.may(BoardRole::Editor);
    redrawn(move || (plain.get() && edits.get()).then(|| view! { <Form board=board.clone() task /> }.into_any()))
}

/// The form with the values at the time of rendering. The original values are submitted as well, so that the server saves only the fields
/// that the person changed.
#[component]
fn Form(board: LiveBoard, task: TaskId) -> impl IntoView {
    let shown = board.with(|board| board.live_task(task).cloned())?;
    // Without JavaScript there is only what the server draws, and it has all of it.
    let description = shown.description().unwrap_or_default();
    let labels = board.with(|board| board.task_labels(&shown)).iter().map(|label| label.id).collect();
    let base = board.with_optimistic(|board: &OptimisticBoard| board.confirmed().seq());
    let columns = board.columns().get_untracked();
    let [start, due] = [shown.start, shown.due].map(|day| day.map(|day| day.to_string()).unwrap_or_default());
    let hidden = |name: &'static str, value: String| view! { <input type="hidden" name=name value=value /> };
    Some(view! {
        <form class="task-form no-script" method="post" action=form_action(UpdateTask::PATH)>
            {hidden("board", board.id().to_string())}
            {hidden("task", task.to_string())}
            {hidden("base", base.to_string())}
            {hidden("was[title]", shown.title.clone())}
            {hidden("was[description]", description.to_owned())}
            {hidden("was[column]", shown.column.to_string())}
            {hidden("was[priority]", shown.priority.as_str().to_owned())}
            {hidden("was[start]", start.clone())}
            {hidden("was[due]", due.clone())}
            <h3>"Edit"</h3>
            <div class="field">
                <label for="edit-title">"Title"</label>
                <input
                    id="edit-title"
                    name="edit[title]"
                    value=shown.title.clone()
                    required
                    pattern=Typed::Title.pattern()
                />
            </div>
            <div class="field">
                <label for="edit-description">"Description"</label>
                <textarea id="edit-description" name="edit[description]" rows="8" inner_html=in_textarea(description) />
            </div>
            <div class="field">
                <label for="edit-column">"Column"</label>
                <select id="edit-column" name="edit[column]">
                    {columns
                        .iter()
                        .map(|column| choice(column.id, &column.name, column.id == shown.column))
                        .collect_view()}
                </select>
            </div>
            <div class="field">
                <label for="edit-priority">"Priority"</label>
                <select id="edit-priority" name="edit[priority]">
                    {Priority::ALL
                        .into_iter()
                        .map(|priority| choice(priority.as_str(), priority_words(priority), priority == shown.priority))
                        .collect_view()}
                </select>
            </div>
            <div class="field">
                <label for="edit-start">"Start"</label>
                <input type="date" id="edit-start" name="edit[start]" value=start />
            </div>
            <div class="field">
                <label for="edit-due">"Due"</label>
                <input type="date" id="edit-due" name="edit[due]" value=due />
            </div>
            <LabelBoxes board=board.clone() labels />
            <AssigneeBoxes board=board.clone() assignees=shown.assignees.clone() />
            <button class="button primary">"Save"</button>
        </form>
    }.into_any())
}
