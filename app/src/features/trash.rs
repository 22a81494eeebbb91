//! The deleted tasks of a board, which can be restored.

use std::cmp::Reverse;

use leptos::{ev, prelude::*, server_fn::ServerFn};

use crate::{
    access::BoardRole,
    address::{View, board_path},
    controls::{
        focus::focus_first_drawn,
        icon::{Icon, Picture},
        if_may::IfMay,
        rows::Rows,
        show_more::ShowMore,
    },
    features::numbers::name::name_mark,
    forms::{RestoreTask, form_action},
    id::TaskId,
    live::{LiveBoard, Loading, act},
    ops::{self, Op},
    state::{MAX_TRASH_TASKS, Part},
};

/// How many deleted tasks are drawn at first, and how many more at a time.
const WINDOW: usize = 100;

/// The trash.
#[component]
pub fn TrashPage(board: LiveBoard) -> impl IntoView {
    let revision = board.revision();
    let loading = board.need(Part::Trash, || true);
    let deleted = Memo::new({
        let board = board.clone();
        move |_| {
            revision.track();
            board.with(|board| {
                let mut deleted: Vec<_> =
                    board.tasks().filter_map(|task| Some((Reverse(task.deleted_at?), task.id))).collect();
                deleted.sort_unstable();
                deleted.into_iter().map(|(_, id)| id).collect::<Vec<_>>()
            })
        }
    });
    let limit = RwSignal::new(WINDOW);
    let drawn = move || deleted.read().iter().copied().take(limit.get()).collect::<Vec<_>>();
    let hidden = Memo::new(move |_| deleted.read().len().saturating_sub(limit.get()));
    let count = Memo::new(move |_| deleted.read().len());
    let more = Callback::new(move |()| limit.update(|limit| *limit += WINDOW));
    let href = board_path(board.id(), View::Trash);
    view! {
        <section class="trash" aria-labelledby="trash-heading">
            <h2 id="trash-heading">"Trash"</h2>
            <p class="hint" role="status">
                {move || match count.get() {
                    _ if loading.get() == Loading::Asked => "Loading the trash…".to_owned(),
                    _ if loading.get() == Loading::Failing => {
                        "The trash cannot be loaded right now; trying again…".to_owned()
                    }
                    0 => "The trash is empty. Deleted tasks come here and can be restored.".to_owned(),
                    1 => "1 deleted task".to_owned(),
                    count => format!("{count} deleted tasks, the last deleted first"),
                }}
            </p>
            <p class="hint">
                {format!(
                    "The trash keeps the last {MAX_TRASH_TASKS} deleted tasks, or fewer if their texts are long. When more tasks are deleted, the oldest are removed permanently.",
                )}
            </p>
            <ul class="trash-list">
                <Rows each=drawn key=|id| id.0 let:task>
                    <TrashedTask board=board.clone() task />
                </Rows>
            </ul>
            {move || (hidden.get() > 0).then(|| view! { <ShowMore hidden href=href.clone() more /> }.into_any())}
        </section>
    }
    .into_any()
}

#[component]
fn TrashedTask(board: LiveBoard, task: TaskId) -> impl IntoView {
    let shown = board.task(task).task;
    let title = {
        let shown = shown.clone();
        Memo::new(move |_| shown.read().as_ref().map(|task| task.title.clone()).unwrap_or_default())
    };
    let name = name_mark(&board, shown.clone());
    let when = move || shown.read().as_ref().and_then(|task| task.deleted_at);
    let edits = board.may(BoardRole::Editor);
    let (board_id, task_id) = (board.id().to_string(), task.to_string());
    let restore = move |event: ev::SubmitEvent| {
        event.prevent_default();
        act(&board, Op::RestoreTask(ops::RestoreTask::of(task)));
        focus_first_drawn(&[".trash-list button", ".tabs [aria-current]"]);
    };
    view! {
        <li class="trash-row" data-task=task.to_string()>
            <div>
                <p class="trash-title">{move || title.get()} " " {name}</p>
                {move || {
                    when()
                        .map(|at| {
                            view! { <time datetime=at.to_string()>{format!("Deleted {}", at.to_minute())}</time> }
                                .into_any()
                        })
                }}
            </div>
            <IfMay may=edits>
                <form method="post" action=form_action(RestoreTask::PATH) on:submit=restore.clone()>
                    <input type="hidden" name="board" value=board_id.clone() />
                    <input type="hidden" name="task" value=task_id.clone() />
                    <button class="button" aria-label=move || format!("Restore “{}”", title.get())>
                        <Picture icon=Icon::Undo />
                        "Restore"
                    </button>
                </form>
            </IfMay>
        </li>
    }
    .into_any()
}
