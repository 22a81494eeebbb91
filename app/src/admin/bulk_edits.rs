//! Bulk edits: choosing an action for many tasks, seeing what it will touch, watching it run, and undoing it.

use leptos::prelude::*;
use uuid::Uuid;

use super::{
    Frame, Reader,
    table::{Column, Query, Row, Table, thousands},
    tasks,
};
use crate::{
    account::words::{moment, time_ago},
    controls::priority::priority_words,
    id::{ActorId, BoardId, ColumnId, LabelId, TaskId},
    model::Priority,
    state::{MAX_TRASH_BYTES, MAX_TRASH_TASKS, TrashForecast},
    time::Timestamp,
};

/// The path of the list of bulk edits.
pub const PATH: &str = "/admin/bulk-edits";
/// The path that the form with the selected tasks posts to.
pub const CHOOSE: &str = "/admin/tasks/bulk";

/// The actions that are offered: the value and the label.
pub const ACTIONS: [(&str, &str); 12] = [
    ("complete", "Complete"),
    ("reopen", "Reopen"),
    ("move", "Move to a column…"),
    ("add_label", "Add a label…"),
    ("remove_label", "Remove a label…"),
    ("assign", "Assign to…"),
    ("unassign", "Unassign…"),
    ("set_priority", "Set the priority…"),
    ("set_start", "Set the start…"),
    ("set_due", "Set the due day…"),
    ("delete", "Delete"),
    ("restore", "Restore from the trash"),
];

/// The name of a priority.
pub fn priority_name(priority: Priority) -> &'static str {
    priority_words(priority)
}

/// The address of a bulk edit's page.
pub fn address(id: Uuid) -> String {
    format!("{PATH}/{id}")
}

/// The id of the form with the selected tasks.
const FORM: &str = "bulk";

/// The box that selects a task in the table.
pub fn select(task: TaskId, title: &str) -> AnyView {
    view! { <input type="checkbox" form=FORM name="task" value=task.to_string() aria-label=format!("Select {title}") /> }
        .into_any()
}

/// The controls below the table: what to do, and with which tasks.
pub fn actions(query: &Query, matches: &str) -> AnyView {
    let options: Vec<_> =
        ACTIONS.into_iter().map(|(value, label)| view! { <option value=value>{label}</option> }.into_any()).collect();
    let query = query.with("edit", "").with("after", "").address("");
    view! {
        <form id=FORM class="table-actions" method="post" action=CHOOSE>
            <input type="hidden" name="query" value=query />
            <div class="field">
                <label for="bulk-action">"Action"</label>
                <select id="bulk-action" name="action">
                    {options}
                </select>
            </div>
            <button class="button" name="of" value="selected">
                "With the selected tasks"
            </button>
            <button class="button" name="of" value="all">
                {format!("With all {matches}")}
            </button>
            <p class="hint">"First you see what it will touch."</p>
        </form>
    }
    .into_any()
}

/// A value that an action needs, and the choices for it.
pub enum Need {
    /// A board, to which a column is chosen next.
    Boards(Vec<(BoardId, String)>),
    /// A column of the board that was chosen.
    Columns(Vec<(ColumnId, String)>),
    /// A label.
    Label(Vec<(LabelId, String)>),
    /// A person.
    Person(Vec<(ActorId, String)>),
    /// A priority: its value and its name.
    Priority(Vec<(&'static str, &'static str)>),
    /// A day, or none.
    Day,
}

/// What a bulk edit will touch.
pub struct Preview {
    /// The reader.
    pub reader: Reader,
    /// The fields of the form, which are sent again.
    pub fields: Vec<(String, String)>,
    /// The title of the action.
    pub action: String,
    /// What the action still needs; `None` if it can be done.
    pub need: Option<Need>,
    /// How many tasks there are.
    pub tasks: usize,
    /// How many of them are as the action would make them, and so stay as they are.
    pub so_already: usize,
    /// How many of them are on archived boards, and so stay as they are.
    pub archived: usize,
    /// What happens in the trash, if the action deletes something.
    pub trash: Option<TrashForecast>,
    /// The labels that tasks lose because the other board has none like them.
    pub left_behind: Vec<String>,
    /// How many tasks have comments that do not come along to the other board.
    pub commented: usize,
    /// Whether there are more, which are not touched.
    pub is_cut: bool,
    /// The boards with their numbers of tasks, largest first.
    pub boards: Vec<(String, usize)>,
    /// Some of the titles.
    pub titles: Vec<String>,
    /// The address of the table.
    pub back: String,
    /// Why the choice was refused.
    pub mistake: Option<String>,
    /// Whether the action cannot be done, whatever is chosen.
    pub is_impossible: bool,
}

/// Renders the page on which one sees what will be touched.
pub fn preview(content: Preview) -> Frame {
    let Preview {
        reader,
        fields,
        action,
        need,
        tasks,
        so_already,
        archived,
        trash,
        left_behind,
        commented,
        is_cut,
        boards,
        titles,
        back,
        mistake,
        is_impossible,
    } = content;
    let has_mistake = mistake.is_some();
    let fields: Vec<_> = fields
        .into_iter()
        .map(|(name, value)| view! { <input type="hidden" name=name value=value /> }.into_any())
        .collect();
    let is_ready = need.is_none();
    let need = need.map(need_view);
    let count = tasks_of(tasks);
    let on = match boards.len() {
        1 => "on 1 board".to_owned(),
        many => format!("on {} boards", thousands(many as u64)),
    };
    let cut = is_cut.then(|| {
        view! {
            <p class="hint">
                {format!("More tasks match. One bulk edit takes the first {count}; repeat it for the others.")}
            </p>
        }
        .into_any()
    });
    let so_already = (so_already > 0 && is_ready).then(|| {
        view! { <p>{format!("{} of them are so already, and stay as they are.", tasks_of(so_already))}</p> }.into_any()
    });
    let archived = (archived > 0).then(|| {
        let (are, their, stay) = if archived == 1 {
            ("is", "an archived board", "stays as it is")
        } else {
            ("are", "archived boards", "stay as they are")
        };
        view! { <p>{format!("{} of them {are} on {their}, and {stay}.", tasks_of(archived))}</p> }.into_any()
    });
    let left_behind = (is_ready && !left_behind.is_empty()).then(|| {
        let (label, them) = if left_behind.len() == 1 { ("label", "it") } else { ("labels", "them") };
        let words =
            format!("The other board does not have the {label} {}, so tasks lose {them}.", listed(&left_behind));
        view! { <p>{words}</p> }.into_any()
    });
    let commented = (is_ready && commented > 0).then(|| {
        let (have, their) = if commented == 1 { ("has", "its") } else { ("have", "their") };
        let words = format!(
            "{} {have} comments. They do not come along, and stay with {their} original in the trash.",
            tasks_of(commented)
        );
        view! { <p>{words}</p> }.into_any()
    });
    let trash = trash.map(trash_view);
    let more = boards.len().saturating_sub(SHOWN);
    let boards: Vec<_> = boards
        .into_iter()
        .take(SHOWN)
        .map(|(name, count)| {
            view! {
                <dt>{name}</dt>
                <dd>{tasks_of(count)}</dd>
            }
            .into_any()
        })
        .collect();
    let more = (more > 0)
        .then(|| view! { <p class="hint">{format!("And {} other boards.", thousands(more as u64))}</p> }.into_any());
    let titles: Vec<_> = titles.into_iter().map(|title| view! { <li>{title}</li> }.into_any()).collect();
    let mistake = mistake.map(|words| {
        view! {
            <div class="form-error" role="alert" tabindex="-1" autofocus>
                {words}
            </div>
        }
        .into_any()
    });
    let go = match (is_ready, tasks) {
        (_, 0) => None,
        (true, _) if is_impossible => None,
        (true, _) => Some(
            view! {
                <button class="button primary" name="go" value="1">
                    {format!("Do it with {count}")}
                </button>
            }
            .into_any(),
        ),
        (false, _) => Some(view! { <button class="button primary">"Continue"</button> }.into_any()),
    };
    let body = view! {
        {mistake}
        <form class="sheet" method="post" action=CHOOSE>
            {fields}
            <p>{count.clone()} " " {on} "."</p>
            {cut}
            {so_already}
            {archived}
            {left_behind}
            {commented}
            {trash}
            {need}
            <div class="table-actions">
                {go} <a class="button" href=back.clone()>
                    "Cancel"
                </a>
            </div>
        </form>
        <section class="sheet">
            <h2>"What it will touch"</h2>
            <dl class="facts">{boards}</dl>
            {more}
            <ul class="bulk-titles">{titles}</ul>
        </section>
    }
    .into_any();
    let above = vec![(back, "Tasks".to_owned())];
    Frame { above, has_mistake, ..Frame::new(reader, tasks::PATH, action, body) }
}

/// Labels in a sentence: `“Bug”, “Docs” and 3 others`.
fn listed(labels: &[String]) -> String {
    const NAMED: usize = 10;
    let quoted = |label: &String| format!("“{label}”");
    let named: Vec<_> = labels.iter().take(NAMED).map(quoted).collect();
    let others = labels.len().saturating_sub(NAMED);
    match (&named[..], others) {
        ([all @ .., last], 0) if !all.is_empty() => format!("{} and {last}", all.join(", ")),
        (_, 0) => named.join(", "),
        (_, 1) => format!("{} and 1 other", named.join(", ")),
        (_, others) => format!("{} and {others} others", named.join(", ")),
    }
}

/// What happens in the trash, in words.
fn trash_view(forecast: TrashForecast) -> AnyView {
    let TrashForecast { too_many, purged } = forecast;
    let words = |words: String| view! { <p>{words}</p> }.into_any();
    let too_many = (too_many > 0).then(|| {
        words(format!(
            "{} of them will stay where they are: the trash of their board has no room for so many. It holds {} tasks or {} MB.",
            tasks_of(too_many),
            thousands(MAX_TRASH_TASKS as u64),
            MAX_TRASH_BYTES / 1_000_000
        ))
    });
    let purged = (purged > 0).then(|| {
        let were = if purged == 1 { "was" } else { "were" };
        words(format!(
            "{} that {were} deleted earlier will leave the trash for good, to make room. That cannot be undone.",
            tasks_of(purged)
        ))
    });
    view! {
        {too_many}
        {purged}
    }
    .into_any()
}

/// How many boards a preview lists.
const SHOWN: usize = 12;

fn tasks_of(count: usize) -> String {
    match count {
        1 => "1 task".to_owned(),
        many => format!("{} tasks", thousands(many as u64)),
    }
}

fn need_view(need: Need) -> AnyView {
    let option = |value: String, label: String| view! { <option value=value>{label}</option> }.into_any();
    let field = |name: &'static str, label: &'static str, options: Vec<AnyView>| {
        view! {
            <div class="field">
                <label for=name>{label}</label>
                <select id=name name=name>
                    {options}
                </select>
            </div>
        }
        .into_any()
    };
    match need {
        Need::Columns(columns) => {
            field("column", "Column", columns.into_iter().map(|(id, name)| option(id.to_string(), name)).collect())
        }
        Need::Boards(boards) => {
            field("board", "Board", boards.into_iter().map(|(id, name)| option(id.to_string(), name)).collect())
        }
        Need::Label(labels) => {
            field("label", "Label", labels.into_iter().map(|(id, name)| option(id.to_string(), name)).collect())
        }
        Need::Person(people) => {
            field("person", "Person", people.into_iter().map(|(id, name)| option(id.to_string(), name)).collect())
        }
        Need::Priority(names) => {
            let option = |(value, name): (&str, &str)| option(value.to_owned(), name.to_owned());
            field("priority", "Priority", names.into_iter().map(option).collect())
        }
        Need::Day => view! {
            <div class="field">
                <label for="day">"Day"</label>
                <input id="day" name="day" type="date" />
                <p class="hint">"Leave it empty to remove the day."</p>
            </div>
        }
        .into_any(),
    }
}

/// A bulk edit that runs, or has run.
pub struct Progress {
    /// The reader.
    pub reader: Reader,
    /// Its id.
    pub id: Uuid,
    /// What it does.
    pub action: String,
    /// Who asked for it.
    pub person: Option<String>,
    /// When.
    pub created_at: Timestamp,
    /// How many tasks it is about.
    pub tasks: u64,
    /// How many of them were done.
    pub done: u64,
    /// How many of them were not done, for a reason.
    pub refused: u64,
    /// How many of the refused ones were done by half, so that a task is on two boards.
    pub halves: u64,
    /// All of its steps, and those that have an outcome.
    pub steps: (u64, u64),
    /// Its state.
    pub state: State,
    /// The tasks that were not done, with the reasons; not all, if there are many.
    pub refusals: Vec<(TaskId, String, String)>,
    /// The labels that tasks lost because the other board has none like them.
    pub left_behind: Vec<String>,
    /// The bulk edit that undoes it, if that is possible or was done.
    pub may_undo: bool,
}

/// The state of a bulk edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// A node works at it.
    Running,
    /// Nobody has worked at it for a while.
    Interrupted,
    /// The person who asked for it may not do it any more, for this reason.
    Stopped(String),
    /// It is finished.
    Finished,
}

/// Renders the page of one bulk edit.
pub fn progress(content: Progress) -> Frame {
    let Progress {
        reader,
        id,
        action,
        person,
        created_at,
        tasks,
        done,
        refused,
        halves,
        steps,
        state,
        refusals,
        left_behind,
        may_undo,
    } = content;
    let (all, settled) = steps;
    let words = match &state {
        State::Running => format!("{} of {} steps", thousands(settled), thousands(all)),
        State::Interrupted => {
            format!(
                "Interrupted after {} of {} steps. Nothing is lost, and nothing is done twice.",
                thousands(settled),
                thousands(all)
            )
        }
        State::Stopped(why) => {
            format!(
                "Stopped after {} of {} steps, because {why}. Nothing is lost. An admin can continue it.",
                thousands(settled),
                thousands(all)
            )
        }
        State::Finished if refused == 0 => {
            format!("Done with {}.", tasks_of(usize::try_from(done).unwrap_or(usize::MAX)))
        }
        State::Finished => {
            format!("Done with {} of {} tasks. Below are the others.", thousands(done), thousands(tasks))
        }
    };
    let button = |label: &'static str, class: &'static str, path: &str| {
        view! {
            <form method="post" action=format!("{}{path}", address(id))>
                <button class=class>{label}</button>
            </form>
        }
        .into_any()
    };
    let next = match state {
        State::Running => Some(
            view! {
                <p>
                    <a class="button" href=address(id)>
                        "Refresh"
                    </a>
                </p>
            }
            .into_any(),
        ),
        State::Interrupted | State::Stopped(_) => Some(button("Continue", "button primary", "/continue")),
        State::Finished if may_undo => Some(button("Undo", "button", "/undo")),
        State::Finished => None,
    };
    let by = person.map(|name| format!(" by {name}"));
    let halves = (halves > 0 && state == State::Finished).then(|| {
        let words = match halves {
            1 => "1 of the others was done by half, and is on two boards now. Undo takes the copy back, unless somebody \
                  changed it."
                .to_owned(),
            many => format!(
                "{} of the others were done by half, and are on two boards now. Undo takes the copies back, except those \
                 that somebody changed.",
                thousands(many)
            ),
        };
        view! { <p>{words}</p> }.into_any()
    });
    let left_behind = (!left_behind.is_empty()).then(|| {
        let (was, them) = if left_behind.len() == 1 { ("This label was", "it") } else { ("These labels were", "them") };
        let words =
            format!("{was} left behind, because the other board does not have {them}: {}.", listed(&left_behind));
        view! { <p>{words}</p> }.into_any()
    });
    let count = refusals.len() as u64;
    let rows: Vec<_> = refusals
        .into_iter()
        .map(|(task, title, why)| {
            view! {
                <li>
                    <a href=tasks::address(task)>{title}</a>
                    ": "
                    {why}
                </li>
            }
            .into_any()
        })
        .collect();
    let rest = (refused > count)
        .then(|| view! { <p class="hint">{format!("And {} more.", thousands(refused - count))}</p> }.into_any());
    let refusals = (!rows.is_empty()).then(|| {
        view! {
            <section class="sheet">
                <h2>"Not done"</h2>
                <ul class="bulk-titles">{rows}</ul>
                {rest}
            </section>
        }
        .into_any()
    });
    let body = view! {
        <p class="hint">"Begun " {moment(created_at)} {by}</p>
        <div class="admin-stack" data-live="progress">
            <div class="sheet">
                <label for="bulk-progress">{words}</label>
                <progress id="bulk-progress" max=all.max(1).to_string() value=settled.to_string()></progress>
                {halves}
                {left_behind}
                {next}
            </div>
            {refusals}
        </div>
    }
    .into_any();
    let above = vec![(PATH.to_owned(), "Bulk edits".to_owned())];
    Frame { above, ..Frame::new(reader, PATH, action, body) }
}

/// A bulk edit in the list.
pub struct Entry {
    /// Its id.
    pub id: Uuid,
    /// What it does.
    pub action: String,
    /// Who asked for it.
    pub person: Option<String>,
    /// When.
    pub created_at: Timestamp,
    /// Its state.
    pub state: State,
}

/// Renders the list of bulk edits.
pub fn list(reader: Reader, entries: Vec<Entry>, now: Timestamp) -> Frame {
    let count = match entries.len() {
        0 => String::new(),
        1 => "1 bulk edit".to_owned(),
        many => format!("{} bulk edits, newest first", thousands(many as u64)),
    };
    let rows = entries
        .into_iter()
        .map(|Entry { id, action, person, created_at, state }| {
            let state = match state {
                State::Running => "Running",
                State::Interrupted => "Interrupted",
                State::Stopped(_) => "Stopped",
                State::Finished => "Finished",
            };
            let cells = vec![
                view! { <a href=address(id)>{action}</a> }.into_any(),
                state.into_any(),
                person.into_any(),
                time_ago(created_at, now),
            ];
            Row { id: format!("bulk-{id}"), cells, select: None, class: "" }
        })
        .collect();
    let table = Table {
        path: PATH,
        caption: "Bulk edits",
        query: Query::default(),
        search: None,
        filters: Vec::new(),
        presets: Vec::new(),
        dates: None,
        columns: vec![Column::plain("Action"), Column::plain("State"), Column::plain("By"), Column::plain("When")],
        default_sort: "",
        rows,
        count,
        next: None,
        empty: "There were no bulk edits in the last 30 days. Select tasks in the table of tasks to begin one.",
        actions: None,
    };
    Frame::new(reader, PATH, "Bulk edits", table.view())
}
