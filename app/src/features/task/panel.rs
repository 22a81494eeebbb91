//! One task, in a panel beside its board.
//!
//! The panel is not modal: the board stays usable and is not redrawn. On a phone the panel takes the place of the board.

use leptos::{ev, html, prelude::*, server_fn::ServerFn};
use leptos_router::{NavigateOptions, hooks::use_navigate};
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::{
    assignees::{AssigneesField, candidates},
    conflict::Conflicts,
    drafts::{Draft, Drafts, Unsent, text_edit},
    fields::{ColumnSelect, CompletedBox, DateField, DateInput, PrioritySelect},
    form::TaskForm,
    text_editor::TextEditor,
};
use crate::{
    access::BoardRole,
    address::{View, board_path, list_query::ListQuery, task_path},
    controls::{
        due::Today,
        focus::{find, focus, focus_if_lost, focus_when_drawn, focused},
        form_error::FormError,
        icon::{Icon, Picture},
        if_may::IfMay,
        markdown,
        notices::{Action, Notices},
        person::{People, face, mentioned},
        redrawn::redrawn,
    },
    features::{
        checklists::{Around, section::ChecklistsSection},
        comments::{Comments, KeptTexts},
        history::events::TaskHistory,
        labels::field::LabelsField,
        numbers::name::NameButton,
        presence::EditingNow,
        shortcuts::{self, Command},
    },
    forms::{DeleteTask, RestoreTask, form_action},
    id::{ActorId, CommentId, TaskId},
    live::{Live, LiveBoard, Loading, act},
    model::{Task, TextField},
    ops::{self, Op},
    state::Part,
    text::is_blank,
    time::Timestamp,
};

/// The panel of a task. Closing it navigates to `view`.
#[component]
pub fn TaskPanel(board: LiveBoard, task: TaskId, view: View) -> impl IntoView {
    let shown = board.task(task).task;
    let title = text_signal(&board, task, TextField::Title);
    let is_whole = {
        let shown = shown.clone();
        move || shown.read().as_ref().is_some_and(|task| task.description().is_some() && task.checklists().is_some())
    };
    let loading = board.need(Part::Task(task), move || !is_whole());
    let known = Memo::new(move |_| shown.read().is_some());
    let panel = NodeRef::<html::Section>::new();
    let query = ListQuery::of_page();
    let close = Signal::derive({
        let board = board.id();
        move || match view {
            View::List => query.read().path(board),
            view => board_path(board, view),
        }
    });
    close_by_escape(panel, close);
    focus_on_the_way_in_and_out(panel, task);
    keep_drafts(&board, task, view);
    unload_checklists(&board, task);

    let body = {
        let board = board.clone();
        move || match known.get() {
            true => view! { <TaskBody board=board.clone() task title close loading /> }.into_any(),
            false if loading.get() != Loading::Done => view! { <LoadingTask close loading /> }.into_any(),
            false => view! { <NoSuchTask close /> }.into_any(),
        }
    };
    view! {
        <section
            class="panel"
            role="dialog"
            aria-labelledby="task-title"
            tabindex="-1"
            node_ref=panel
            data-panel=task.to_string()
        >
            {redrawn(body)}
        </section>
    }
    .into_any()
}

#[component]
fn NoSuchTask(close: Signal<String>) -> impl IntoView {
    #[cfg(feature = "ssr")]
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(http::StatusCode::NOT_FOUND);
    }
    view! {
        <div class="panel-head">
            <CloseLink close />
        </div>
        <div class="message">
            <h2 id="task-title">"There is no such task"</h2>
            <p>"The address is not quite right, or the task is on another board."</p>
            <p>
                <a class="button" href=close data-noscroll>
                    "Back to the board"
                </a>
            </p>
        </div>
    }
    .into_any()
}

/// A task that is not on the board as it is known here. It may be in the trash.
#[component]
fn LoadingTask(close: Signal<String>, loading: Signal<Loading>) -> impl IntoView {
    view! {
        <div class="panel-head">
            <CloseLink close />
        </div>
        <div class="message" role="status">
            <h2 id="task-title">{move || loading_words(loading.get())}</h2>
        </div>
    }
    .into_any()
}

fn loading_words(loading: Loading) -> &'static str {
    match loading {
        Loading::Done => "",
        Loading::Asked => "Loading…",
        Loading::Failing => "The server does not answer; trying again…",
    }
}

#[component]
fn TaskBody(
    board: LiveBoard,
    task: TaskId,
    title: Signal<String>,
    close: Signal<String>,
    loading: Signal<Loading>,
) -> impl IntoView {
    let shown = board.task(task).task;
    let description = text_signal(&board, task, TextField::Description);
    let deleted = {
        let shown = shown.clone();
        Memo::new(move |_| shown.read().as_ref().is_some_and(|task| task.is_deleted()))
    };
    // What had the focus may be disabled, when somebody else deletes the task.
    Effect::new(move |was: Option<bool>| {
        let is = deleted.get();
        if was == Some(false) && is {
            focus_if_lost(&[".panel .trashed button", ".panel"]);
        }
        is
    });
    let delete = {
        let board = board.clone();
        move |event: ev::SubmitEvent| {
            event.prevent_default();
            act(&board, Op::DeleteTask(ops::DeleteTask::of(task)));
            focus_when_drawn(".panel .trashed button");
        }
    };
    let edits = board.may(BoardRole::Editor);
    let people = expect_context::<Live>().people();
    let drafts = expect_context::<Drafts>();
    let around = Around {
        deleted: deleted.into(),
        people: candidates(&board),
        kept: Callback::new(move |of| drafts.unsent(Unsent::Checklist(of))),
        keep: Callback::new(move |(of, text)| drafts.keep(Unsent::Checklist(of), text)),
    };
    let (board_id, task_id) = (board.id().to_string(), task.to_string());
    view! {
        <div class="panel-head">
            <CompletedBox board=board.clone() task labelled=true disabled=deleted />
            <EditingNow board=board.clone() task />
            <NameButton board=board.clone() task />
            <IfMay may=edits>
                <form method="post" action=form_action(DeleteTask::PATH) on:submit=delete.clone() hidden=deleted>
                    <input type="hidden" name="board" value=board_id.clone() />
                    <input type="hidden" name="task" value=task_id.clone() />
                    <button class="button quiet icon-only" aria-label="Delete task" title="Delete task">
                        <Picture icon=Icon::Trash />
                    </button>
                </form>
            </IfMay>
            <CloseLink close />
        </div>
        <div class="panel-body">
            <FormError />
            <Trashed board=board.clone() task deleted />
            <TitleText board=board.clone() task title deleted />
            <Conflicts board=board.clone() task field=TextField::Title />
            <div class="task-fields needs-script">
                <div class="field">
                    <label for="task-column">"Column"</label>
                    <ColumnSelect board=board.clone() task id="task-column" disabled=deleted />
                </div>
                <div class="field">
                    <label for="task-priority">"Priority"</label>
                    <PrioritySelect board=board.clone() task id="task-priority" disabled=deleted />
                </div>
                <div class="field">
                    <label for="task-start">"Start"</label>
                    <DateInput board=board.clone() task field=DateField::Start id="task-start" disabled=deleted />
                </div>
                <div class="field">
                    <label for="task-due">"Due"</label>
                    <DateInput board=board.clone() task field=DateField::Due id="task-due" disabled=deleted />
                </div>
            </div>
            <LabelsField board=board.clone() task deleted />
            <AssigneesField board=board.clone() task deleted />
            <DescriptionText board=board.clone() task description deleted loading />
            <Conflicts board=board.clone() task field=TextField::Description />
            <ChecklistsSection board=board.clone() task loading around />
            <TaskForm board=board.clone() task />
            <Comments board=board.clone() task deleted texts=kept_texts(task) />
            <TaskHistory board task />
            <div class="task-times">
                {redrawn(move || shown.read().as_ref().map(|task| times(task, &people.read())))}
            </div>
        </div>
    }
    .into_any()
}

#[component]
fn CloseLink(close: Signal<String>) -> impl IntoView {
    view! {
        <a class="button quiet icon-only close" href=close aria-label="Close" title="Close (Escape)" data-noscroll>
            <Picture icon=Icon::Close />
        </a>
    }
}

/// A note that the task was deleted, by this reader or by somebody else, while it is open.
#[component]
fn Trashed(board: LiveBoard, task: TaskId, #[prop(into)] deleted: Signal<bool>) -> impl IntoView {
    let drafts = expect_context::<Drafts>();
    let edits = board.may(BoardRole::Editor);
    let (board_id, task_id) = (board.id().to_string(), task.to_string());
    let restore = move |event: ev::SubmitEvent| {
        event.prevent_default();
        act(&board, Op::RestoreTask(ops::RestoreTask::of(task)));
        focus_when_drawn(".panel");
    };
    let restore_form = move || {
        edits.get().then(|| {
            view! {
                <form method="post" action=form_action(RestoreTask::PATH) on:submit=restore.clone()>
                    <input type="hidden" name="board" value=board_id.clone() />
                    <input type="hidden" name="task" value=task_id.clone() />
                    <button class="button">
                        <Picture icon=Icon::Undo />
                        "Restore"
                    </button>
                </form>
            }
            .into_any()
        })
    };
    let kept = move || {
        let open = [TextField::Title, TextField::Description].iter().any(|field| drafts.get(task, *field).is_some());
        open.then_some(" What you are typing is kept; restore the task to save it.")
    };
    view! {
        <div role="status">
            {move || {
                deleted
                    .get()
                    .then(|| {
                        view! {
                            <div class="trashed">
                                <p>"This task is in the trash." {kept()}</p>
                                {redrawn(restore_form.clone())}
                            </div>
                        }
                            .into_any()
                    })
            }}
        </div>
    }
    .into_any()
}

#[component]
fn TitleText(
    board: LiveBoard,
    task: TaskId,
    title: Signal<String>,
    #[prop(into)] deleted: Signal<bool>,
) -> impl IntoView {
    let drafts = expect_context::<Drafts>();
    let open = drafts.open(task, TextField::Title);
    let edits = board.may(BoardRole::Editor);
    let edit = {
        let board = board.clone();
        move |_| drafts.put(task, TextField::Title, Draft::start(&board, task, TextField::Title))
    };
    view! {
        <div class="task-title">
            <h2 id="task-title" class:visually-hidden=move || open.get().is_some()>
                {move || title.get()}
            </h2>
            {move || {
                let board = board.clone();
                match open.get() {
                    Some(_) => {
                        view! { <TextEditor board task field=TextField::Title current=title deleted /> }.into_any()
                    }
                    None => {
                        let edit = edit.clone();
                        view! {
                            <IfMay may=edits>
                                <button
                                    class="edit-over needs-script"
                                    aria-label="Edit title"
                                    data-edit="title"
                                    disabled=deleted
                                    on:click=edit.clone()
                                >
                                    <Picture icon=Icon::Edit />
                                </button>
                            </IfMay>
                        }
                            .into_any()
                    }
                }
            }}
        </div>
    }
    .into_any()
}

#[component]
fn DescriptionText(
    board: LiveBoard,
    task: TaskId,
    description: Signal<String>,
    #[prop(into)] deleted: Signal<bool>,
    loading: Signal<Loading>,
) -> impl IntoView {
    let drafts = expect_context::<Drafts>();
    let open = drafts.open(task, TextField::Description);
    let known = board.task(task).task;
    let is_loading = Memo::new(move |_| {
        loading.get() != Loading::Done && known.read().as_ref().is_none_or(|task| task.description().is_none())
    });
    let edit = {
        let board = board.clone();
        move || {
            // What is not loaded cannot be edited: it would be replaced unseen.
            let is_loaded = board.with(|board| board.task(task).is_some_and(|task| task.description().is_some()));
            if is_loaded && !deleted.get_untracked() && board.may_now(BoardRole::Editor) {
                drafts.put(task, TextField::Description, Draft::start(&board, task, TextField::Description));
            }
        }
    };
    let tick = {
        let board = board.clone();
        move |at: usize| {
            let text = board.with(|board| board.task(task).and_then(|task| markdown::ticked(task.description()?, at)));
            // The text may have changed under the pointer.
            let Some(text) = text.filter(|_| !deleted.get_untracked()) else { return };
            let (edit, base) =
                (text_edit(task, TextField::Description, text), board.text_base(task, TextField::Description));
            if let Err(refusal) = board.submit_text(edit.clone(), base) {
                board.report(edit, refusal);
            }
            focus_when_drawn(format!(".panel [data-box='{at}']"));
        }
    };
    let edit_by_click = {
        let edit = edit.clone();
        move |event: ev::MouseEvent| {
            // A click on a box ticks it, a click on a link follows the link, and a person who has selected text probably wants to copy it.
            let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
            if let Some(at) = target.as_ref().and_then(|target| target.get_attribute("data-box")?.parse().ok()) {
                return tick(at);
            }
            let on_link = target.is_some_and(|target| target.closest("a").ok().flatten().is_some());
            let marked = window().get_selection().ok().flatten().is_some_and(|selection| !selection.is_collapsed());
            if !on_link && !marked {
                edit();
            }
        }
    };
    let is_empty = Memo::new(move |_| description.with(|text| is_blank(text)));
    let edits = board.may(BoardRole::Editor);
    // For those who only read, nothing is there.
    let is_nothing = move || is_empty.get() && !is_loading.get() && !edits.get() && open.read().is_none();
    let plain = expect_context::<Today>().not_yet_taken_over();
    let ticks = Memo::new(move |_| edits.get() && !plain.get() && !deleted.get());
    let shown = move || {
        let edit = edit.clone();
        let edit_by_button = move |_| edit();
        let words = if is_empty.get() && !is_loading.get() { "Add a description" } else { "Edit description" };
        view! {
            <p class="hint" role="status" hidden=move || !is_loading.get()>
                {move || loading_words(loading.get())}
            </p>
            // The click handler is for the pointer only; by keyboard, the button below does the same.
            {match ticks.get() {
                true => {
                    view! {
                        <div
                            class="markdown"
                            hidden=is_empty
                            on:click=edit_by_click.clone()
                            inner_html=move || markdown::to_html_with_boxes(&description.get())
                        ></div>
                    }
                        .into_any()
                }
                false => {
                    view! {
                        <div
                            class="markdown"
                            hidden=is_empty
                            on:click=edit_by_click.clone()
                            inner_html=move || markdown::to_html(&description.get())
                        ></div>
                    }
                        .into_any()
                }
            }}
            <IfMay may=edits>
                <button
                    class="button quiet needs-script"
                    data-edit="description"
                    disabled=move || deleted.get() || is_loading.get()
                    on:click=edit_by_button.clone()
                >
                    <Picture icon=Icon::Edit />
                    {words}
                </button>
            </IfMay>
        }
    };
    view! {
        <section class="task-description" aria-label="Description" hidden=is_nothing>
            {move || match open.get() {
                Some(_) => {
                    let board = board.clone();
                    view! { <TextEditor board task field=TextField::Description current=description deleted /> }
                        .into_any()
                }
                None => shown().into_any(),
            }}
        </section>
    }
    .into_any()
}

/// Keeps the texts of comments with the other drafts.
fn kept_texts(task: TaskId) -> KeptTexts {
    let drafts = expect_context::<Drafts>();
    let field = move |comment: Option<CommentId>| comment.map_or(Unsent::Comment(task), Unsent::CommentText);
    KeptTexts {
        get: Callback::new(move |(comment,)| drafts.unsent(field(comment))),
        keep: Callback::new(move |(comment, text)| drafts.keep(field(comment), text)),
    }
}

/// When and by whom a task was created and last changed. The times are in UTC, because the server does not know the reader's time zone.
fn times(task: &Task, people: &People) -> AnyView {
    let line = |did: &str, person: Option<ActorId>, at: Timestamp| {
        let by = person.map(|_| format!("by {}, ", mentioned(people, person))).unwrap_or_default();
        let words = format!("{did} {by}{}", at.to_minute());
        view! { <p>{person.filter(|person| person.is_person()).map(face)} <span>{words}</span></p> }.into_any()
    };
    let is_changed = task.created_at.to_minute() != task.updated_at.to_minute() || task.created_by != task.updated_by;
    view! {
        {line("Created", task.created_by, task.created_at)}
        {is_changed.then(|| line("Changed", task.updated_by, task.updated_at))}
    }
    .into_any()
}

/// A text of a task. While it is not loaded, it stays as it was last: an empty text would look like a newer one.
fn text_signal(board: &LiveBoard, task: TaskId, field: TextField) -> Signal<String> {
    let shown = board.task(task).task;
    Memo::new(move |last: Option<&String>| {
        let shown = shown.read();
        let text = shown.as_ref().and_then(|task| field.of(task));
        text.or(last.map(String::as_str)).unwrap_or_default().to_owned()
    })
    .into()
}

/// Closes the panel on Escape, wherever the focus is, unless another control uses that key.
fn close_by_escape(panel: NodeRef<html::Section>, close: Signal<String>) {
    let navigate = use_navigate();
    Effect::new(move || {
        let navigate = navigate.clone();
        let listener = window_event_listener(ev::keydown, move |event| {
            let pressed = shortcuts::pressed(&event, false);
            if pressed.is_some_and(|pressed| pressed.command == Command::CloseTask && !pressed.held) {
                // Closing puts the focus back only if it is in the panel or nowhere: see `focus_on_the_way_in_and_out`.
                if let Some(panel) = panel.get_untracked() {
                    let _ = panel.focus();
                }
                let to = close.get_untracked();
                navigate(&to, NavigateOptions { scroll: false, ..NavigateOptions::default() });
            }
        });
        on_cleanup(move || listener.remove());
    });
}

/// Moves the focus into a panel that opens, and back to its task when the panel closes, unless the reader has moved the focus elsewhere
/// meanwhile.
fn focus_on_the_way_in_and_out(panel: NodeRef<html::Section>, task: TaskId) {
    Effect::new(move || {
        if let Some(panel) = panel.get() {
            // If the panel came with the page, nothing had the focus before, and the page is read from its start.
            let opened_here = focused().is_some();
            let in_editor = panel.query_selector("textarea:focus").ok().flatten().is_some();
            if opened_here && !in_editor {
                let _ = panel.focus();
            }
        }
    });
    on_cleanup(move || {
        if cfg!(feature = "hydrate") {
            let nowhere = focused().is_none_or(|focused| focused.closest(".panel").ok().flatten().is_some());
            if nowhere {
                request_animation_frame(move || {
                    // Do nothing if another task was opened in its place. If the task was deleted, focus the field for the next task.
                    let place =
                        || find(&format!("[data-task='{task}'] a")).or_else(|| find(".quick-add input[name=title]"));
                    if find(".panel").is_none()
                        && focused().is_none()
                        && let Some(place) = place()
                    {
                        focus(&place);
                    }
                });
            }
        }
    });
}

/// Frees the memory of the checklists when the panel closes.
fn unload_checklists(board: &LiveBoard, task: TaskId) {
    let board = board.clone();
    on_cleanup(move || {
        if cfg!(feature = "hydrate") {
            // Unless the panel was only drawn anew.
            request_animation_frame(move || {
                if find(&format!("[data-panel='{task}']")).is_none() {
                    board.unload(task);
                }
            });
        }
    });
}

/// Keeps changed drafts when the panel closes, and tells the person so.
fn keep_drafts(board: &LiveBoard, task: TaskId, view: View) {
    let drafts = expect_context::<Drafts>();
    let notices = expect_context::<Notices>();
    let navigate = use_navigate();
    let board = board.clone();
    on_cleanup(move || {
        // If the person may no longer edit, the drafts become problems instead (see `Drafts::hand_back`).
        if cfg!(feature = "hydrate") && board.may_now(BoardRole::Editor) && drafts.tidy(task) {
            let title = board.with(|board| board.task(task).map(|task| task.title.clone())).unwrap_or_default();
            let path = task_path(board.id(), task, view);
            let navigate = navigate.clone();
            let open = Action::new("Open", move || {
                navigate(&path, NavigateOptions { scroll: false, ..NavigateOptions::default() });
            });
            notices.say(format!("What you typed in “{title}” is kept, but not saved."), Some(open));
        }
    });
}
