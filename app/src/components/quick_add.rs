//! The field at the foot of a column for the next task, and the next.

use leptos::{ev, html, prelude::*, server_fn::ServerFn};

use super::{announcer::Announcer, focus::find, lane::Revealed};

use crate::{
    board::MAX_TITLE_CHARS,
    forms::AddTask,
    id::{ColumnId, TaskId},
    live::LiveBoard,
    mutation::{CreateTask, Op},
};

/// The field for a new task. It keeps the focus for the next one, and what was typed when that is refused.
#[component]
pub fn QuickAdd(
    board: LiveBoard,
    column: ColumnId,
    /// Told of each task that was added.
    #[prop(optional, into)]
    added: Option<Callback<TaskId>>,
) -> impl IntoView {
    let announcer = expect_context::<Announcer>();
    let revealed = expect_context::<Revealed>();
    let field = NodeRef::<html::Input>::new();
    let (refusal, set_refusal) = signal(None::<String>);
    let ids = (board.id().to_string(), column.to_string(), format!("add-refused-{column}"));
    let refused = {
        let id = ids.2.clone();
        move || refusal.get().map(|_| id.clone())
    };
    on_cleanup({
        let board = board.clone();
        move || {
            let text = field.try_get_untracked().flatten().map(|input| input.value()).unwrap_or_default();
            if !text.trim().is_empty() {
                board.rescue(create(crate::new_id(), column, text));
            }
        }
    });
    let add = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let Some(input) = field.get_untracked() else { return };
        let task = crate::new_id();
        let title = input.value();
        match board.submit(create(task, column, title.clone())) {
            Ok(_) => {
                input.set_value("");
                set_refusal.set(None);
                revealed.add(task);
                announcer.say(format!("Added “{}”", title.trim()));
                show_when_drawn(task);
                if let Some(added) = added {
                    added.run(task);
                }
            }
            Err(refusal) => set_refusal.set(Some(refusal.sentence())),
        }
    };
    view! {
        <form class="quick-add" method="post" action=AddTask::PATH on:submit=add>
            <input type="hidden" name="board" value=ids.0 />
            <input type="hidden" name="column" value=ids.1 />
            <input
                node_ref=field
                name="title"
                aria-label="New task"
                placeholder="Add a task"
                autocomplete="off"
                required
                maxlength=MAX_TITLE_CHARS.to_string()
                aria-invalid=move || refusal.get().map(|_| "true")
                aria-describedby=refused
                on:input=move |_| set_refusal.set(None)
            />
            <button class="button quiet">"Add"</button>
            <p class="field-error" id=ids.2 role="alert">
                {move || refusal.get()}
            </p>
        </form>
    }
    .into_any()
}

fn create(task: TaskId, column: ColumnId, title: String) -> Op {
    Op::CreateTask(CreateTask { column: Some(column), ..CreateTask::of(task, title) })
}

/// Scrolls a new card into view, and leaves the focus where it is.
fn show_when_drawn(task: TaskId) {
    request_animation_frame(move || {
        if let Some(card) = find(&format!(".lane [data-task='{task}']")) {
            card.scroll_into_view_with_bool(false);
        }
    });
}
