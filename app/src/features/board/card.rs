//! A task on the board, as a card.

use leptos::{ev, prelude::*, server_fn::ServerFn};

use crate::{
    access::BoardRole,
    address::{View, task_path},
    controls::{
        announcer::Announcer,
        due::{Due, Start},
        flash::{Flash, flash},
        focus::{card_link, find, focus_card, focus_when_drawn},
        icon::{Icon, Picture},
        if_may::IfMay,
        priority::priority_chip,
        redrawn::redrawn,
    },
    features::{
        comments::comment_count, labels::chips::label_chips, presence::editing_mark, task::assignees::assignee_faces,
    },
    forms::{DeleteTask, SetCompleted, form_action},
    id::TaskId,
    live::{LiveBoard, TaskSignals},
    model::Task,
    ops::{self, Op, UpdateTask},
};

/// A card. The whole card links to the task. The task can be completed and deleted on the card, without JavaScript too.
#[component]
pub fn Card(
    board: LiveBoard,
    task: TaskId,
    /// Whether the task is completed.
    completed: Signal<bool>,
) -> impl IntoView {
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

    let tick = {
        let (board, title) = (board.clone(), title.clone());
        move |event: ev::MouseEvent| {
            event.prevent_default();
            let completed = !completed.get_untracked();
            let title = untrack(&title);
            match board.submit(Op::UpdateTask(UpdateTask { completed: Some(completed), ..UpdateTask::of(task) })) {
                Ok(_) => {
                    focus_when_drawn(format!("[data-task='{task}'] .tick"));
                    announcer.say(format!("{} “{title}”", if completed { "Completed" } else { "Reopened" }));
                }
                Err(refusal) => announcer.say(format!("“{title}” stays as it is. {}", refusal.sentence())),
            }
        }
    };
    let delete = {
        let (board, title) = (board.clone(), title.clone());
        move |event: ev::MouseEvent| {
            event.prevent_default();
            let title = untrack(&title);
            let next = neighbour(&board, task);
            if board.submit(Op::DeleteTask(ops::DeleteTask::of(task))).is_ok() {
                announcer.say(format!("Deleted “{title}”"));
                match next {
                    Some(next) => focus_card(next),
                    None => focus_when_drawn(".quick-add input[name=title]"),
                }
            }
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
                        on:click=tick.clone()
                    >
                        <Picture icon=Icon::Check />
                    </button>
                </IfMay>
                <a
                    class="card-link"
                    href=task_path(board.id(), task, View::Board)
                    draggable="false"
                    aria-describedby=move || edits.get().then_some("moving-help")
                >
                    {redrawn(title)}
                </a>
                <IfMay may=edits>
                    <button
                        class="card-delete"
                        form=delete_form.clone()
                        formaction=form_action(DeleteTask::PATH)
                        aria-label=delete_label.clone()
                        on:click=delete.clone()
                    >
                        <Picture icon=Icon::Trash />
                    </button>
                </IfMay>
                <div class="card-marks">
                    {labels} {move || Some(priority.get()).filter(|priority| !priority.is_none()).map(priority_chip)}
                    {move || start.get().map(|day| view! { <Start day /> }.into_any())}
                    {move || due.get().map(|due| view! { <Due due completed /> }.into_any())}
                    {move || described.get().then(description_mark)} {comments} {assignees} {editing}
                </div>
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

/// The task that gets the focus when a task is deleted: the next one in the column, or else the previous one.
fn neighbour(board: &LiveBoard, task: TaskId) -> Option<TaskId> {
    let column = board.with(|board| board.task(task).map(|task| task.column))?;
    let tasks = board.column_tasks(column).get_untracked();
    let index = tasks.iter().position(|id| *id == task)?;
    // Only a card that is drawn can be focused.
    let drawn = |id: &TaskId| find(&card_link(*id)).is_some();
    let before = index.checked_sub(1).and_then(|index| tasks.get(index));
    tasks.get(index + 1).filter(|id| drawn(id)).or(before).copied()
}
