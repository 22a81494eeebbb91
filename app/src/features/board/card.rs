//! A task on the board, as a card.

use leptos::{ev, prelude::*, server_fn::ServerFn};

use crate::{
    access::BoardRole,
    address::{OpenTask, View, task_path},
    controls::{
        announcer::Announcer,
        due::{Due, Start},
        flash::{Flash, flash},
        focus::{find, focus_when_drawn},
        icon::{Icon, Picture},
        if_may::IfMay,
        priority::priority_chip,
        redrawn::redrawn,
    },
    features::{
        checklists::progress::progress_mark,
        comments::comment_count,
        labels::chips::label_chips,
        presence::editing_mark,
        task::{assignees::assignee_faces, fields::toggle_completed},
    },
    forms::{self, SetCompleted, form_action},
    id::TaskId,
    live::{LiveBoard, TaskSignals, act},
    model::Task,
    ops::{DeleteTask, Op},
};

/// A card. The whole card links to the task. The task can be completed and deleted on the card, without JavaScript too.
#[component]
pub fn Card(
    board: LiveBoard,
    task: TaskId,
    /// Whether the task is completed.
    completed: Signal<bool>,
    /// The card of the column that the Tab key reaches; the arrow keys reach the others. `None` until hydration, when it reaches everything.
    tab_stop: Signal<Option<TaskId>>,
) -> impl IntoView {
    let open = expect_context::<OpenTask>();
    let is_not_stop = move || tab_stop.get().filter(|stop| *stop != task).map(|_| "-1");
    // The keys on the card do the same.
    let is_hydrated = move || tab_stop.get().map(|_| "-1");
    let announcer = expect_context::<Announcer>();
    let TaskSignals { task: shown, remote_changes, editors, .. } = board.task(task);
    let (assignees, editing) = (assignee_faces(shown.clone()), editing_mark(editors));
    let comments = comment_count(shown.clone());
    let labels = label_chips(&board, shown.clone());
    let field = {
        let shown = shown.clone();
        move |read: fn(&Task) -> String| shown.read().as_ref().map(|task| read(task)).unwrap_or_default()
    };
    let title = {
        let field = field.clone();
        move || field(|task| task.title.clone())
    };
    let verb = move || if completed.get() { "Reopen" } else { "Complete" };
    let tick_label = {
        let title = title.clone();
        move || format!("{} “{}”", verb(), title())
    };
    let delete_label = {
        let title = title.clone();
        move || format!("Delete “{}”", title())
    };
    let edit_label = {
        let title = title.clone();
        move || format!("Change “{}”", title())
    };

    let tick = {
        let board = board.clone();
        move |event: ev::MouseEvent| {
            event.prevent_default();
            if toggle_completed(&board, task, announcer) {
                focus_when_drawn(format!("[data-task='{task}'] .tick"));
            }
        }
    };
    let delete = {
        let board = board.clone();
        move |event: ev::MouseEvent| {
            event.prevent_default();
            delete_task(&board, task, announcer);
        }
    };

    let edits = board.may(BoardRole::Editor);
    let (board_id, form) = (board.id().to_string(), format!("form-{task}"));
    let delete_form = form.clone();
    let Flash { odd, even, seen } = flash(remote_changes);

    let priority = {
        let shown = shown.clone();
        Memo::new(move |_| shown.read().as_ref().map(|task| task.priority).unwrap_or_default())
    };
    let start = {
        let shown = shown.clone();
        Memo::new(move |_| shown.read().as_ref().and_then(|task| task.start))
    };
    let due = {
        let shown = shown.clone();
        Memo::new(move |_| shown.read().as_ref().and_then(|task| task.due))
    };
    let progress = {
        let shown = shown.clone();
        Memo::new(move |_| shown.read().as_ref().map(|task| task.progress).unwrap_or_default())
    };
    let described = Memo::new(move |_| shown.read().as_ref().is_some_and(|task| task.is_described()));
    view! {
        <li
            class="card"
            data-task=task.to_string()
            class:completed=completed
            class:changed-odd=odd
            class:changed-even=even
            on:animationend=seen
        >
            <div class="card-body">
                <IfMay may=edits instead=move || view! { <StillTick completed /> }>
                    <form id=form.clone() method="post" hidden>
                        <input type="hidden" name="board" value=board_id.clone() />
                        <input type="hidden" name="task" value=task.to_string() />
                        <input type="hidden" name="completed" value=move || (!completed.get()).to_string() />
                    </form>
                    <button
                        class="tick"
                        form=form.clone()
                        formaction=form_action(SetCompleted::PATH)
                        aria-label=tick_label.clone()
                        tabindex=is_hydrated
                        on:click=tick.clone()
                    >
                        <Picture icon=Icon::Check />
                    </button>
                </IfMay>
                <a
                    class="card-link"
                    href=task_path(board.id(), task, View::Board)
                    draggable="false"
                    tabindex=is_not_stop
                    aria-current=open.marks(task)
                    aria-describedby=move || edits.get().then_some("moving-help")
                >
                    {redrawn(title)}
                </a>
                <IfMay may=edits>
                    // It opens the box of `quick_edit`, which listens for the whole view.
                    <button type="button" class="card-edit" aria-label=edit_label.clone() tabindex=is_hydrated>
                        <Picture icon=Icon::Edit />
                    </button>
                    <button
                        class="card-delete"
                        form=delete_form.clone()
                        formaction=form_action(forms::DeleteTask::PATH)
                        aria-label=delete_label.clone()
                        tabindex=is_hydrated
                        on:click=delete.clone()
                    >
                        <Picture icon=Icon::Trash />
                    </button>
                </IfMay>
                <div class="card-marks">
                    {labels} {move || Some(priority.get()).filter(|priority| !priority.is_none()).map(priority_chip)}
                    {move || start.get().map(|day| view! { <Start day /> }.into_any())}
                    {move || due.get().map(|due| view! { <Due due completed /> }.into_any())}
                    {move || described.get().then(description_mark)} {move || progress_mark(progress.get())} {comments}
                    {assignees}
                </div>
                {editing}
            </div>
        </li>
    }
    .into_any()
}

/// Shows whether a task is completed, to a reader who may not complete it.
#[component]
fn StillTick(completed: Signal<bool>) -> impl IntoView {
    view! {
        <span class="tick still">
            <Picture icon=Icon::Check />
            <span class="visually-hidden">{move || completed.get().then_some("Completed:")}</span>
        </span>
    }
}

/// The mark of a task that has a description.
fn description_mark() -> AnyView {
    view! {
        <span class="described">
            <Picture icon=Icon::Text />
            <span class="visually-hidden">"Has a description"</span>
        </span>
    }
    .into_any()
}

/// Deletes a task, announces that, and moves the focus to the next card or row, or else to the previous one.
pub fn delete_task(board: &LiveBoard, task: TaskId, announcer: Announcer) {
    let Some(title) = board.with(|board| Some(board.live_task(task)?.title.clone())) else { return };
    let place = find(&format!("main [data-task='{task}']"));
    let next = place.and_then(|place| place.next_element_sibling().or_else(|| place.previous_element_sibling()));
    let next = next.and_then(|next| next.get_attribute("data-task"));
    if act(board, Op::DeleteTask(DeleteTask::of(task))) {
        announcer.say(format!("Deleted “{title}”"));
        focus_when_drawn(match next {
            Some(next) => format!("main [data-task='{next}'] a"),
            None => ".quick-add input[name=title]".to_owned(),
        });
    }
}
