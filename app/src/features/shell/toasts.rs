//! Short messages at the edge of the page: which edits were rolled back and why, and which actions can be undone.

use std::time::Duration;

use leptos::{ev, html, prelude::*};
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
};
use wasm_bindgen::JsCast;

use super::problem::{typed_text, what_failed};
use crate::{
    access::BoardRole,
    address::{View, task_path},
    controls::{
        focus::{find, focus, focus_when_drawn},
        icon::{Icon, Picture},
        if_may::IfMay,
        keyboard,
        notices::{Action, Notice, Notices},
        redrawn::redrawn,
        rows::Rows,
    },
    features::task::{
        conflict::{author, conflict},
        drafts::{Draft, Drafts, edited_text},
    },
    id::TaskId,
    live::{LiveBoard, Problem, act},
    ops::{Op, RestoreTask},
    refusal::Refusal,
};

/// How long a message with an undo action stays. The time does not run while the message has the pointer or the focus, or while the page
/// is hidden.
const SECONDS_TO_UNDO: u32 = 15;

/// How many deleted tasks can be restored from messages at the same time; the trash has all of them.
const DELETIONS_SHOWN: usize = 3;

/// The messages of a board.
#[component]
pub fn Toasts(board: LiveBoard) -> impl IntoView {
    let notices = expect_context::<Notices>();
    let (problems, deletions) = (board.problems(), board.deletions());
    let deleted = move || {
        let deletions = deletions.read();
        deletions[deletions.len().saturating_sub(DELETIONS_SHOWN)..].to_vec()
    };
    let other = board.clone();
    view! {
        <section class="toasts" aria-label="Messages">
            <ul aria-live="polite">
                <Rows each=move || problems.get() key=|problem| problem.mutation.id.0 let:problem>
                    <ProblemToast board=board.clone() problem />
                </Rows>
                <Rows each=deleted key=|task| task.0 let:task>
                    <DeletedToast board=other.clone() task />
                </Rows>
                <Rows each=move || notices.all() key=|notice| notice.id let:notice>
                    <NoticeToast notice />
                </Rows>
            </ul>
        </section>
    }
    .into_any()
}

/// The messages of a page that is not about one board.
#[component]
pub fn PageToasts() -> impl IntoView {
    let notices = expect_context::<Notices>();
    view! {
        <section class="toasts" aria-label="Messages">
            <ul aria-live="polite">
                <Rows each=move || notices.all() key=|notice| notice.id let:notice>
                    <NoticeToast notice />
                </Rows>
            </ul>
        </section>
    }
    .into_any()
}

/// One message. Escape dismisses it while it has the focus.
#[component]
fn Toast(
    /// How long the message stays; without a value, until it is dismissed.
    #[prop(optional)]
    seconds: Option<u32>,
    on_dismiss: Callback<()>,
    #[prop(default = "")] class: &'static str,
    children: Children,
) -> impl IntoView {
    let item = NodeRef::<html::Li>::new();
    let hovered = RwSignal::new(false);
    let dismiss = move || {
        let had_focus = item
            .get_untracked()
            .is_some_and(|item| document().active_element().is_some_and(|active| item.contains(Some(active.as_ref()))));
        on_dismiss.run(());
        if had_focus {
            // Focus the next message, or else the panel or page below the messages.
            request_animation_frame(|| {
                let next = [".toasts button.dismiss", ".panel", "main a"].iter().find_map(|selector| find(selector));
                if let Some(next) = next {
                    focus(&next);
                }
            });
        }
    };
    if let Some(seconds) = seconds {
        Effect::new(move || {
            let left = StoredValue::new(seconds);
            let tick = move || {
                let focused = item.get_untracked().is_some_and(|item| item.matches(":focus-within").unwrap_or(false));
                if hovered.get_untracked() || focused || document().hidden() {
                    return;
                }
                left.update_value(|left| *left = left.saturating_sub(1));
                if left.get_value() == 0 {
                    on_dismiss.run(());
                }
            };
            if let Ok(every_second) = set_interval_with_handle(tick, Duration::from_secs(1)) {
                on_cleanup(move || every_second.clear());
            }
        });
    }
    let pressed = move |event: ev::KeyboardEvent| {
        if keyboard::escapes(&event) {
            event.prevent_default();
            event.stop_propagation();
            dismiss();
        }
    };
    view! {
        <li
            class=format!("toast {class}")
            node_ref=item
            on:pointerenter=move |_| hovered.set(true)
            on:pointerleave=move |_| hovered.set(false)
            on:keydown=pressed
        >
            <div class="toast-body">{children()}</div>
            <button
                type="button"
                class="button quiet icon-only dismiss"
                aria-label="Dismiss"
                on:click=move |_| dismiss()
            >
                <Picture icon=Icon::Close />
            </button>
        </li>
    }
    .into_any()
}

#[component]
fn NoticeToast(notice: Notice) -> impl IntoView {
    let notices = expect_context::<Notices>();
    let Notice { id, words, action, .. } = notice;
    let on_dismiss = Callback::new(move |()| notices.dismiss(id));
    view! {
        <Toast seconds=SECONDS_TO_UNDO on_dismiss>
            <p>{words}</p>
            {action
                .map(|Action { label, run }| {
                    let pressed = move |_| {
                        notices.dismiss(id);
                        run();
                    };
                    view! {
                        <button type="button" class="button" on:click=pressed>
                            {label}
                        </button>
                    }
                        .into_any()
                })}
        </Toast>
    }
    .into_any()
}

/// A message about a task that this page deleted. It goes when the task is restored, or after a while.
#[component]
fn DeletedToast(board: LiveBoard, task: TaskId) -> impl IntoView {
    let shown = board.task(task).task;
    let deleted = {
        let shown = shown.clone();
        Memo::new(move |_| shown.read().as_ref().is_some_and(|task| task.is_deleted()))
    };
    let title = move || shown.read().as_ref().map(|task| task.title.clone()).unwrap_or_default();
    let on_dismiss = {
        let board = board.clone();
        Callback::new(move |()| board.forget_deletion(task))
    };
    let edits = board.may(BoardRole::Editor);
    let restore = Callback::new(move |()| {
        if act(&board, Op::RestoreTask(RestoreTask::of(task))) {
            focus_when_drawn(format!(".panel[data-panel='{task}'], [data-task='{task}'] a"));
        }
    });
    let title = redrawn(title);
    redrawn(move || {
        let title = title.clone();
        deleted.get().then(|| {
            view! {
                <Toast seconds=SECONDS_TO_UNDO on_dismiss>
                    <p>"Deleted “" <bdi>{title}</bdi> "”"</p>
                    <IfMay may=edits>
                        <button type="button" class="button" on:click=move |_| restore.run(())>
                            <Picture icon=Icon::Undo />
                            "Restore"
                        </button>
                    </IfMay>
                </Toast>
            }
            .into_any()
        })
    })
}

/// A message about an edit that was refused and rolled back: the reason, and what the person typed. It stays until it is dismissed.
#[component]
fn ProblemToast(board: LiveBoard, problem: Problem) -> impl IntoView {
    let id = problem.mutation.id;
    let on_dismiss = {
        let board = board.clone();
        Callback::new(move |()| board.dismiss(id))
    };
    if let Some((task, .., change)) = conflict(&problem) {
        let author = author(&board, task, move |_| change);
        return view! { <ConflictToast board task author problem on_dismiss /> }.into_any();
    }
    let op = problem.mutation.op;
    let what = board.with(|board| what_failed(&op, board));
    let why = problem.refusal.sentence();
    let typed = typed(&op);
    let (may, archived, is_allowed) = (board.may(op.role_needed()), board.archived(), op.is_allowed_on_archived());
    let may = Signal::derive(move || may.get() && (is_allowed || !archived.get()));
    let again = again(&board, &op, &problem.refusal).map(|Action { label, run }| {
        let pressed = move |_| {
            on_dismiss.run(());
            run();
        };
        view! {
            <IfMay may>
                <button type="button" class="button" on:click=pressed.clone()>
                    {label}
                </button>
            </IfMay>
        }
        .into_any()
    });
    view! {
        <Toast on_dismiss class="problem">
            <p>
                <strong>{what}". "</strong>
                {why}
            </p>
            {typed}
            {again}
        </Toast>
    }
    .into_any()
}

/// The text that the person typed, so that it can be copied.
fn typed(op: &Op) -> Option<AnyView> {
    let text = typed_text(op)?.into_owned();
    let view = view! {
        <label class="field typed">
            <span class="field-label">"What you typed"</span>
            <textarea readonly rows="2" prop:value=text on:focus=select_all />
        </label>
    };
    Some(view.into_any())
}

/// A message about an unresolved conflict over a text. The conflict is resolved in the panel of the task.
#[component]
fn ConflictToast(
    board: LiveBoard,
    task: TaskId,
    /// Who changed the text.
    author: Signal<String>,
    problem: Problem,
    on_dismiss: Callback<()>,
) -> impl IntoView {
    let path = use_location().pathname;
    // The panel of the task shows the conflict itself.
    let is_open = Memo::new(move |_| path.read().ends_with(&task.to_string()));
    let op = problem.mutation.op;
    let what = board.with(|board| what_failed(&op, board));
    let href = task_path(board.id(), task, View::Board);
    let edits = board.may(BoardRole::Editor);
    redrawn(move || {
        let (what, href) = (what.clone(), href.clone());
        // A person who may no longer edit cannot resolve the conflict, so the message shows the text that they typed.
        let (words, way) = match edits.get() {
            true => {
                let compare = view! {
                    <a class="button" href=href data-noscroll>
                        "Compare"
                    </a>
                };
                (" changed it meanwhile. Yours is kept until you choose.", Some(compare.into_any()))
            }
            false => (" changed it meanwhile.", typed(&op)),
        };
        (!is_open.get() || !edits.get()).then(|| {
            view! {
                <Toast on_dismiss class="problem">
                    <p>
                        <strong>{what}": "</strong>
                        {author}
                        {words}
                    </p>
                    {way}
                </Toast>
            }
            .into_any()
        })
    })
}

/// A further action for a refused edit, apart from dismissing it.
fn again(board: &LiveBoard, op: &Op, refusal: &Refusal) -> Option<Action> {
    if let Some((task, field, text)) = edited_text(op) {
        let drafts = expect_context::<Drafts>();
        let navigate = use_navigate();
        let (board, text) = (board.clone(), text.to_owned());
        return Some(Action::new("Edit again", move || {
            drafts.put(task, field, Draft::start(&board, task, field).with_text(text.clone()));
            let path = task_path(board.id(), task, View::Board);
            navigate(&path, NavigateOptions { scroll: false, ..Default::default() });
        }));
    }
    // These edits would be refused again.
    if matches!(refusal, Refusal::Invalid { .. } | Refusal::Exists { .. } | Refusal::Stale { .. } | Refusal::IdReused) {
        return None;
    }
    let (board, op) = (board.clone(), op.clone());
    Some(Action::new("Try again", move || {
        // Another refusal shows as a new message.
        let _ = act(&board, op.clone());
    }))
}

/// Selects the whole text on focus, so that it can be copied with one more key.
fn select_all(event: ev::FocusEvent) {
    if let Some(area) = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlTextAreaElement>().ok()) {
        area.select();
    }
}
