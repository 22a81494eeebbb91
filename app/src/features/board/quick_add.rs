//! The field at the foot of a column that adds tasks.

use leptos::{ev, html, prelude::*, server_fn::ServerFn};

use super::{
    super::revealed::Revealed,
    pasted::{Pasted, question},
};
use crate::{
    board::{Typed, take_labels},
    controls::{announcer::Announcer, due::Today, focus::find, keyboard},
    features::task::drafts::{Drafts, Unsent},
    fields::FieldEdit,
    forms::{AddTask, form_action},
    id::{ColumnId, TaskId},
    live::LiveBoard,
    ops::{CreateTask, Op},
};

/// The field for a new task. It keeps the focus after a task is added, so that the next one can be typed. If a task is refused, the field
/// keeps its text.
#[component]
pub fn QuickAdd(
    board: LiveBoard,
    column: ColumnId,
    /// Identifies the draft of this field: text that was typed and is not added yet.
    unsent: Unsent,
    /// The id of the field, if it has one.
    #[prop(optional, into)]
    id: Option<Signal<Option<&'static str>>>,
    /// Called with each task that was added.
    #[prop(optional, into)]
    added: Option<Callback<TaskId>>,
) -> impl IntoView {
    let (announcer, drafts) = (expect_context::<Announcer>(), expect_context::<Drafts>());
    let revealed = expect_context::<Revealed>();
    let plain = expect_context::<Today>().not_yet_taken_over();
    let field = NodeRef::<html::Input>::new();
    let pasted = Pasted::new();
    let (refusal, set_refusal) = signal(None::<String>);
    let ids = (board.id().to_string(), column.to_string(), format!("add-refused-{column}"));
    let refused = {
        let id = ids.2.clone();
        move || refusal.get().map(|_| id.clone())
    };
    Effect::new(move || {
        if let Some(input) = field.get()
            && input.value().is_empty()
            && let Some(text) = drafts.in_browser(unsent)
        {
            input.set_value(&text);
            set_refusal.set(Typed::Title.too_long(&text));
            drafts.keep(unsent, text);
        }
    });
    on_cleanup({
        let board = board.clone();
        move || {
            // Text that was typed before hydration caused no input event, so the draft does not hold it yet.
            if let Some(input) = field.try_get_untracked().flatten() {
                drafts.keep(unsent, input.value());
            }
            let text = drafts.unsent(unsent);
            if !text.trim().is_empty() && board.rescue(create(&board, crate::new_id(), column, text)) {
                drafts.keep(unsent, String::new());
            }
        }
    });
    // What was in the field has become tasks, of which this is the last.
    let emptied = Callback::new(move |last: Option<TaskId>| {
        if let Some(input) = field.get_untracked() {
            input.set_value("");
        }
        drafts.keep(unsent, String::new());
        set_refusal.set(None);
        pasted.forget();
        if let Some(task) = last {
            show_when_drawn(task);
            if let Some(added) = added {
                added.run(task);
            }
        }
    });
    let asked = question(pasted, board.clone(), column, field, emptied);
    let add = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let Some(input) = field.get_untracked() else { return };
        let task = crate::new_id();
        let too_long = Typed::Title.too_long(&input.value());
        if too_long.is_some() {
            return set_refusal.set(too_long);
        }
        let title = Typed::Title.normalize(&input.value());
        match board.submit(create(&board, task, column, title.clone())) {
            Ok(_) => {
                revealed.add(task);
                announcer.say(format!("Added “{title}”"));
                emptied.run(Some(task));
            }
            Err(refusal) => set_refusal.set(Some(refusal.sentence())),
        }
    };
    let escaped = move |event: ev::KeyboardEvent| {
        if keyboard::escapes(&event) && pasted.forget() {
            event.stop_propagation();
            if let Some(input) = field.get_untracked() {
                // If the field cannot be focused, it can still be clicked.
                let _ = input.focus();
            }
        }
    };
    view! {
        <form class="quick-add" method="post" action=form_action(AddTask::PATH) on:submit=add on:keydown=escaped>
            <input type="hidden" name="board" value=ids.0 />
            <input type="hidden" name="column" value=ids.1 />
            <input
                node_ref=field
                id=move || id.and_then(|id| id.get())
                name="title"
                aria-label="New task"
                placeholder="Add a task"
                autocomplete="off"
                required
                value=drafts.unsent(unsent)
                pattern=move || plain.get().then(|| Typed::Title.pattern()).flatten()
                aria-invalid=move || refusal.get().map(|_| "true")
                aria-describedby=refused
                on:input=move |event| {
                    let text = event_target_value(&event);
                    set_refusal.set(Typed::Title.too_long(&text));
                    drafts.keep(unsent, text);
                    pasted.changed();
                }
                on:paste=move |event| {
                    if let Some(input) = field.get_untracked() {
                        pasted.paste(&event, &input);
                    }
                }
            />
            <button class="button quiet">"Add"</button>
            {asked}
            <p class="field-error" id=ids.2 role="alert">
                {move || refusal.get()}
            </p>
        </form>
    }
    .into_any()
}

/// The labels that the title names after `#` are set on the task.
pub(super) fn create(board: &LiveBoard, task: TaskId, column: ColumnId, title: String) -> Op {
    let (title, labels) = board.with(|board| take_labels(&title, board));
    let create = CreateTask { column: Some(column), ..CreateTask::of(task, title) };
    Op::CreateTask(create.with(FieldEdit::AddLabels(labels)))
}

/// Scrolls a new task into view, and leaves the focus where it is.
fn show_when_drawn(task: TaskId) {
    request_animation_frame(move || {
        if let Some(shown) = find(&format!("main [data-task='{task}']")) {
            shown.scroll_into_view_with_bool(false);
        }
    });
}
