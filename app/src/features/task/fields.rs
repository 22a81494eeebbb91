//! The fields of a task that are set with a single action. Each change is a separate edit, shown at once.

use leptos::{ev, html, prelude::*, server_fn::ServerFn};

use crate::{
    access::BoardRole,
    controls::{
        announcer::Announcer,
        choice::choice,
        icon::{Icon, Picture},
        if_may::IfMay,
        priority::priority_words,
        redrawn::redrawn,
    },
    fields::FieldEdit,
    forms::{SetCompleted, form_action},
    id::TaskId,
    live::{LiveBoard, act},
    model::{ColumnKind, Priority, Task},
    ops::{Op, UpdateTask},
    time::Day,
};

/// A button for completing a task, with words, or a checkbox without. Works without JavaScript too.
#[component]
pub fn CompletedBox(
    board: LiveBoard,
    task: TaskId,
    /// Whether it is a button that says what it does; otherwise it is a checkbox, whose accessible name contains the title of the task.
    labelled: bool,
    #[prop(into)] disabled: Signal<bool>,
) -> impl IntoView {
    let completed = completed_signal(&board, task);
    let shown = board.task(task).task;
    let label = move || {
        let title = shown.read().as_ref().map(|task| task.title.clone()).unwrap_or_default();
        (!labelled).then(|| format!("Completed: {title}"))
    };
    let edits = board.may(BoardRole::Editor);
    let (board_id, task_id) = (board.id().to_string(), task.to_string());
    let state = move || {
        view! {
            <span class="check still" data-completed=move || completed.get().to_string()>
                <span class="check-box">
                    <Picture icon=Icon::Check />
                </span>
                <span class:visually-hidden=!labelled>
                    {move || if completed.get() { "Completed" } else { "Not completed" }}
                </span>
            </span>
        }
    };
    let toggle = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let completed = !completed.get_untracked();
        act(&board, Op::UpdateTask(UpdateTask { completed: Some(completed), ..UpdateTask::of(task) }));
    };
    view! {
        <IfMay may=edits instead=state>
            <form class="completed-form" method="post" action=form_action(SetCompleted::PATH) on:submit=toggle.clone()>
                <input type="hidden" name="board" value=board_id.clone() />
                <input type="hidden" name="task" value=task_id.clone() />
                <input type="hidden" name="completed" value=move || (!completed.get()).to_string() />
                <button
                    class="check"
                    role=(!labelled).then_some("checkbox")
                    aria-checked=move || (!labelled).then(|| completed.get().to_string())
                    data-completed=move || completed.get().to_string()
                    aria-label=label.clone()
                    disabled=disabled
                >
                    <span class="check-box">
                        <Picture icon=Icon::Check />
                    </span>
                    {move || {
                        labelled.then(|| if completed.get() { "Mark as not complete" } else { "Mark complete" })
                    }}
                </button>
            </form>
        </IfMay>
    }
    .into_any()
}

/// A field for the column of a task.
#[component]
pub fn ColumnSelect(
    board: LiveBoard,
    task: TaskId,
    /// The id of the field, if a label refers to it.
    #[prop(optional)]
    id: Option<&'static str>,
    /// The accessible name of the field, if no label refers to it.
    #[prop(optional, into)]
    label: Option<Signal<String>>,
    #[prop(into)] disabled: Signal<bool>,
) -> impl IntoView {
    let shown = board.task(task).task;
    let column = Memo::new(move |_| shown.read().as_ref().map(|task| task.column));
    let columns = board.columns();
    let edits = board.may(BoardRole::Editor);
    let words = {
        let columns = columns.clone();
        move || {
            let columns = columns.read();
            let column = columns.iter().find(|of| Some(of.id) == column.get());
            column.map(|column| column.name.clone()).unwrap_or_default()
        }
    };
    let field = NodeRef::<html::Select>::new();
    let options = move || {
        let current = column.get();
        let columns = columns.read();
        let each = columns.iter().map(|column| choice(column.id, &column.name, current == Some(column.id)));
        each.collect_view().into_any()
    };
    let changed = move |event| {
        if let Ok(to) = event_target_value(&event).parse()
            && !act(&board, Op::UpdateTask(UpdateTask { column: Some(to), ..UpdateTask::of(task) }))
            && let (Some(field), Some(column)) = (field.get_untracked(), column.get_untracked())
        {
            field.set_value(&column.to_string());
        }
    };
    view! {
        <IfMay may=edits instead=move || read_only(id, words.clone())>
            <select
                node_ref=field
                id=id
                aria-label=label.map(|label| move || label.get())
                autocomplete="off"
                disabled=disabled
                on:change=changed.clone()
            >
                {redrawn(options.clone())}
            </select>
        </IfMay>
    }
    .into_any()
}

/// A field for the priority of a task.
#[component]
pub fn PrioritySelect(
    board: LiveBoard,
    task: TaskId,
    id: &'static str,
    #[prop(into)] disabled: Signal<bool>,
) -> impl IntoView {
    let shown = board.task(task).task;
    let priority = Memo::new(move |_| shown.read().as_ref().map(|task| task.priority).unwrap_or_default());
    let edits = board.may(BoardRole::Editor);
    let words = move || priority_words(priority.get()).to_owned();
    let field = NodeRef::<html::Select>::new();
    let options = move || {
        let current = priority.get();
        let each = Priority::ALL
            .into_iter()
            .map(|priority| choice(priority.as_str(), priority_words(priority), priority == current));
        each.collect_view().into_any()
    };
    let changed = move |event| {
        if let Some(to) = Priority::parse(&event_target_value(&event))
            && !act(&board, Op::UpdateTask(UpdateTask::of(task).with(FieldEdit::Priority(to))))
            && let Some(field) = field.get_untracked()
        {
            field.set_value(priority.get_untracked().as_str());
        }
    };
    view! {
        <IfMay may=edits instead=move || read_only(Some(id), words)>
            <select node_ref=field id=id autocomplete="off" disabled=disabled on:change=changed.clone()>
                {redrawn(options)}
            </select>
        </IfMay>
    }
    .into_any()
}

/// A date field of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateField {
    /// The day on which work begins.
    Start,
    /// The day on which the task is due.
    Due,
}

impl DateField {
    /// The day that a task has.
    pub fn of(self, task: &Task) -> Option<Day> {
        match self {
            Self::Start => task.start,
            Self::Due => task.due,
        }
    }

    /// The edit that sets the day.
    pub fn edit(self, day: Option<Day>) -> FieldEdit {
        match self {
            Self::Start => FieldEdit::Start(day),
            Self::Due => FieldEdit::Due(day),
        }
    }

    /// The name of the field.
    pub fn words(self) -> &'static str {
        match self {
            Self::Start => "Start date",
            Self::Due => "Due date",
        }
    }

    /// What removes the day, in words.
    pub fn clear_words(self) -> &'static str {
        match self {
            Self::Start => "Clear start date",
            Self::Due => "Clear due date",
        }
    }
}

/// A field for the start date or the due date of a task.
#[component]
pub fn DateInput(
    board: LiveBoard,
    task: TaskId,
    field: DateField,
    id: &'static str,
    #[prop(into)] disabled: Signal<bool>,
) -> impl IntoView {
    let shown = board.task(task).task;
    let day = Memo::new(move |_| shown.read().as_ref().and_then(|task| field.of(task)));
    let words = move || day.get().map(|day| day.to_string()).unwrap_or_default();
    let input = NodeRef::<html::Input>::new();
    // A field that is removed with the focus in it still hears that it lost the focus.
    let show = move || {
        if let (Some(Some(input)), Some(day)) = (input.try_get_untracked(), day.try_get_untracked()) {
            input.set_value(&day.map(|day| day.to_string()).unwrap_or_default());
        }
    };
    // While the person types a date, the field is not changed; it shows the current date when it loses the focus.
    Effect::new(move || {
        day.track();
        let has_focus = input.get().is_some_and(|input| document().active_element().as_ref() == Some(input.as_ref()));
        if !has_focus {
            show();
        }
    });
    let edits = board.may(BoardRole::Editor);
    let set = move |day: Option<Day>| {
        act(&board, Op::UpdateTask(UpdateTask::of(task).with(field.edit(day))));
    };
    let changed = {
        let set = set.clone();
        move |event| {
            let text = event_target_value(&event);
            // While the year 2026 is typed, its value is first 0002, which nobody means.
            match Day::parse(&text).filter(|day| day.date().year() >= 1000) {
                Some(to) => set(Some(to)),
                None if text.is_empty()
                    && !event_target::<web_sys::HtmlInputElement>(&event).validity().bad_input() =>
                {
                    set(None);
                }
                None => {}
            }
        }
    };
    let clear = move |_| {
        set(None);
        if let Some(input) = input.get_untracked() {
            input.set_value("");
            let _ = input.focus();
        }
    };
    let clear_button = move || {
        let clear = clear.clone();
        day.get().map(|_| {
            view! {
                <button
                    type="button"
                    class="button quiet icon-only"
                    aria-label=field.clear_words()
                    disabled=disabled
                    on:click=clear
                >
                    <Picture icon=Icon::Close />
                </button>
            }
            .into_any()
        })
    };
    view! {
        <IfMay
            may=edits
            instead=move || read_only(Some(id), move || day.get().map_or("No date".to_owned(), |day| day.to_string()))
        >
            <div class="date-input">
                <input
                    node_ref=input
                    type="date"
                    id=id
                    value=untrack(words)
                    autocomplete="off"
                    disabled=disabled
                    on:change=changed.clone()
                    on:blur=move |_| show()
                />
                {redrawn(clear_button.clone())}
            </div>
        </IfMay>
    }
    .into_any()
}

/// The value of a field, shown to a reader who may not change it. A label may refer to it.
fn read_only(id: Option<&'static str>, words: impl Fn() -> String + Send + 'static) -> AnyView {
    view! {
        <output class="value" id=id aria-live="off">
            {redrawn(words)}
        </output>
    }
    .into_any()
}

/// Completes a task or reopens it, and announces that. Returns whether it could be done.
pub fn toggle_completed(board: &LiveBoard, task: TaskId, announcer: Announcer) -> bool {
    let shown = board.with(|board| {
        let task = board.live_task(task)?;
        let is_done = board.column(task.column).is_some_and(|column| column.kind == ColumnKind::Done);
        Some((task.title.clone(), is_done))
    });
    let Some((title, was_completed)) = shown else { return false };
    let edit = UpdateTask { completed: Some(!was_completed), ..UpdateTask::of(task) };
    let done = board.submit(Op::UpdateTask(edit));
    announcer.say(match &done {
        Ok(_) => format!("{} “{title}”", if was_completed { "Reopened" } else { "Completed" }),
        Err(refusal) => format!("“{title}” stays as it is. {}", refusal.sentence()),
    });
    done.is_ok()
}

/// Whether a task is in a column for done tasks.
pub fn completed_signal(board: &LiveBoard, task: TaskId) -> Memo<bool> {
    let shown = board.task(task).task;
    let columns = board.columns();
    Memo::new(move |_| {
        let column = shown.read().as_ref().map(|task| task.column);
        let is_done = |id| columns.read().iter().any(|column| column.id == id && column.kind == ColumnKind::Done);
        column.is_some_and(is_done)
    })
}
