//! The table of the tasks of all boards.

use std::sync::Arc;

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    Frame, Reader, bulk_edits,
    dates::Dates,
    table::{Column, Filter, Preset, Query, Row, Table, counted},
};
use crate::{
    account::{Mistake, document::avatar, form::Form, words::time_ago},
    controls::priority::priority_words,
    features::labels::chips::label_chip,
    id::{ActorId, BoardId, ColumnId, LabelId, TaskId},
    label::Label,
    model::{Priority, Seq},
    people::Person,
    time::{Day, Timestamp},
};

/// The path of the page.
pub const PATH: &str = "/admin/tasks";

/// The data of the page.
pub struct Tasks {
    /// The reader.
    pub reader: Reader,
    /// What the reader chose.
    pub query: Query,
    /// The boards that the filter offers.
    pub boards: Vec<(BoardId, String)>,
    /// The labels that the filter offers: those of the board that was chosen.
    pub labels: Vec<Arc<Label>>,
    /// The people that the filter offers.
    pub people: Vec<Person>,
    /// The tasks.
    pub tasks: Vec<Task>,
    /// How many tasks match, counted up to `most`.
    pub matches: u64,
    /// The number up to which matches are counted.
    pub most: u64,
    /// The number of tasks in each view that is offered, in the order of [`VIEWS`], where it is counted.
    pub counts: Vec<Option<u64>>,
    /// The periods by which the table can be narrowed down.
    pub dates: Option<Dates>,
    /// The value of `after` for the next rows.
    pub next: Option<String>,
    /// The row that is being edited.
    pub edit: Option<Edit>,
    /// Today.
    pub today: Option<Day>,
    /// The time of the request.
    pub now: Timestamp,
}

/// A task in the table.
pub struct Task {
    /// The task's id.
    pub id: TaskId,
    /// What people call it: `WEB-42`.
    pub reference: String,
    /// The title.
    pub title: String,
    /// The board.
    pub board: (BoardId, String),
    /// Whether the board is archived, so that the task cannot be changed.
    pub is_archived: bool,
    /// The name of its column.
    pub column: String,
    /// Whether it is completed.
    pub is_completed: bool,
    /// Whether it is in the trash.
    pub is_deleted: bool,
    /// The priority.
    pub priority: Priority,
    /// The day on which work begins.
    pub start: Option<Day>,
    /// The due day.
    pub due: Option<Day>,
    /// The labels.
    pub labels: Vec<Arc<Label>>,
    /// The assigned people.
    pub assignees: Vec<Person>,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Who changed it last.
    pub updated_by: Option<String>,
}

/// The fields of the row that is being edited.
#[derive(Clone, Debug)]
pub struct Edit {
    /// The task.
    pub task: TaskId,
    /// The name of its board.
    pub board: String,
    /// The task's newest change when the form was made. A field that was changed later is not overwritten.
    pub seq: Seq,
    /// The values from which the editing began.
    pub was: Values,
    /// The values in the fields.
    pub values: Values,
    /// The board's columns.
    pub columns: Vec<(ColumnId, String)>,
    /// The board's labels.
    pub labels: Vec<Arc<Label>>,
    /// The assigned people, and those who can be assigned.
    pub people: Vec<Person>,
    /// Why the submitted form was refused.
    pub mistake: Option<Mistake>,
}

/// The values of the fields of a task that can be edited in the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Values {
    /// The title.
    pub title: String,
    /// The column.
    pub column: ColumnId,
    /// The priority.
    pub priority: Priority,
    /// The day on which work begins.
    pub start: Option<Day>,
    /// The due day.
    pub due: Option<Day>,
    /// The labels.
    #[serde(default)]
    pub labels: Vec<LabelId>,
    /// The assigned people.
    pub assignees: Vec<ActorId>,
}

/// A view that is offered.
pub struct View {
    /// Its label.
    pub label: &'static str,
    /// Its parameters.
    pub parameters: &'static [(&'static str, &'static str)],
    /// Whether its tasks are counted.
    pub is_counted: bool,
}

const fn view(label: &'static str, parameters: &'static [(&'static str, &'static str)], is_counted: bool) -> View {
    View { label, parameters, is_counted }
}

/// The views that are offered.
pub const VIEWS: [View; 6] = [
    view("Open", &[], false),
    view("Overdue", &[("due", "overdue")], true),
    view("Due in 7 days", &[("due", "week")], true),
    view("Unassigned", &[("assignee", "nobody")], false),
    view("Completed", &[("state", "completed")], false),
    view("In the trash", &[("state", "deleted")], true),
];

const COLUMNS: [Column; 9] = [
    Column::sorted("title", "Title"),
    Column::plain("Board"),
    Column::plain("Column"),
    Column::sorted("priority", "Priority"),
    Column::plain("Start"),
    Column::sorted("due", "Due"),
    Column::plain("Labels"),
    Column::plain("Assigned to"),
    Column::sorted("changed", "Changed"),
];

/// The address of the page of a task.
pub fn address(task: TaskId) -> String {
    format!("{PATH}/{task}")
}

/// Renders the page.
pub fn page(content: Tasks) -> Frame {
    let Tasks { reader, query, boards, labels, people, tasks, matches, most, counts, dates, next, edit, today, now } =
        content;
    let has_mistake = edit.as_ref().is_some_and(|edit| edit.mistake.is_some());
    let back = query.with("edit", "").address(PATH);
    // A task that is being edited may not match any more, or be on another page. Then its form comes first, so that nothing that was typed is lost.
    let is_listed = |edit: &&Edit| tasks.iter().any(|task| task.id == edit.task);
    let unlisted = edit.as_ref().filter(|edit| !is_listed(edit)).map(|edit| edit_row(edit, &query, &back, false));
    let listed = tasks.into_iter().map(|task| match edit.as_ref().filter(|edit| edit.task == task.id) {
        Some(edit) => edit_row(edit, &query, &back, true),
        None => row(task, &query, today, now),
    });
    let rows = unlisted.into_iter().chain(listed).collect();
    let presets = VIEWS
        .iter()
        .zip(counts)
        .map(|(View { label, parameters, .. }, count)| Preset {
            label,
            query: parameters.iter().fold(Query::default(), |all, (name, value)| all.with(name, *value)),
            count: count.map(|count| counted(count, most)),
        })
        .collect();
    let mut filters = vec![
        Filter {
            name: "board",
            label: "Board",
            choices: with_all("All boards", boards.into_iter().map(|(id, name)| (id.to_string(), name))),
        },
        Filter {
            name: "state",
            label: "State",
            choices: choices(&[
                ("", "Open"),
                ("completed", "Completed"),
                ("live", "Open or completed"),
                ("deleted", "In the trash"),
            ]),
        },
        Filter {
            name: "priority",
            label: "Priority",
            choices: with_all(
                "Any",
                Priority::ALL.map(|priority| (priority.as_str().to_owned(), priority_words(priority).to_owned())),
            ),
        },
        Filter {
            name: "assignee",
            label: "Assigned to",
            choices: with_all(
                "Anybody or nobody",
                std::iter::once(("nobody".to_owned(), "Nobody".to_owned()))
                    .chain(people.into_iter().map(|person| (person.id.to_string(), person.name))),
            ),
        },
        Filter {
            name: "due",
            label: "Due",
            choices: choices(&[
                ("", "Any day"),
                ("overdue", "Overdue"),
                ("today", "Today"),
                ("week", "In 7 days"),
                ("never", "No day"),
            ]),
        },
        Filter {
            name: "changed",
            label: "Changed",
            choices: choices(&[
                ("", "At any time"),
                ("hour", "In the last hour"),
                ("day", "In the last day"),
                ("week", "In the last 7 days"),
                ("older", "Not for 30 days"),
            ]),
        },
    ];
    if !labels.is_empty() || !query.get("label").is_empty() {
        let choices = labels.iter().map(|label| (label.id.to_string(), label.in_words()));
        filters.insert(1, Filter { name: "label", label: "Label", choices: with_all("Any", choices) });
    }
    let count = match matches {
        0 => "No tasks match.".to_owned(),
        1 => "1 task".to_owned(),
        many => format!("{} tasks", counted(many, most)),
    };
    let actions = bulk_edits::actions(&query, &count);
    let table = Table {
        path: PATH,
        caption: "Tasks",
        query,
        search: Some("Search titles, or a task such as WEB-42"),
        filters,
        presets,
        dates,
        columns: COLUMNS.into_iter().collect(),
        default_sort: "-changed",
        rows,
        count,
        next,
        empty: "No tasks match. Remove a filter to see more.",
        actions: Some(actions),
    };
    Frame { has_mistake, ..Frame::new(reader, PATH, "Tasks", table.view()) }
}

fn choices(choices: &[(&str, &str)]) -> Vec<(String, String)> {
    choices.iter().map(|(value, label)| ((*value).to_owned(), (*label).to_owned())).collect()
}

fn with_all(all: &str, choices: impl IntoIterator<Item = (String, String)>) -> Vec<(String, String)> {
    std::iter::once((String::new(), all.to_owned())).chain(choices).collect()
}

fn row(task: Task, query: &Query, today: Option<Day>, now: Timestamp) -> Row {
    let Task {
        id,
        reference,
        title,
        board: (board, board_name),
        is_archived,
        column,
        priority,
        start,
        due,
        labels,
        assignees,
        updated_at,
        updated_by,
        ..
    } = task;
    let is_overdue = due.is_some() && due < today && !task.is_completed && !task.is_deleted;
    let due = due.map(|day| {
        let state = is_overdue.then_some("overdue");
        view! {
            <span class="chip" data-due=state>
                {day.to_string()}
            </span>
        }
        .into_any()
    });
    let priority = (priority != Priority::None).then(|| {
        view! {
            <span class="chip" data-priority=priority.as_str()>
                {priority_words(priority)}
            </span>
        }
        .into_any()
    });
    let edit = (!task.is_deleted && !is_archived).then(|| {
        // Without a fragment: browsers ignore `autofocus` in an address that has one.
        let address = query.with("edit", id.to_string()).address(PATH);
        view! {
            " "
            <a class="table-edit" href=address aria-label=format!("Edit {title}")>
                "Edit"
            </a>
        }
        .into_any()
    });
    let select = (!is_archived).then(|| bulk_edits::select(id, &title));
    let archived = is_archived.then(|| view! { <span class="chip">"Archived"</span> }.into_any());
    let names: Vec<_> = assignees.iter().map(|person| person.name.clone()).collect();
    let by = updated_by.map(|name| format!(" by {name}"));
    let cells = vec![
        view! {
            <span class="hint">{reference}</span>
            " "
            <a href=address(id)>{title}</a>
            {edit}
        }
        .into_any(),
        view! {
            <a href=format!("/boards/{board}")>{board_name}</a>
            " "
            {archived}
        }
        .into_any(),
        column.into_any(),
        priority.into_any(),
        start.map(|day| day.to_string()).into_any(),
        due.into_any(),
        label_chips(&labels),
        (!names.is_empty()).then(|| names.join(", ")).into_any(),
        view! {
            {time_ago(updated_at, now)}
            {by}
        }
        .into_any(),
    ];
    let class = if task.is_completed || task.is_deleted { "muted" } else { "" };
    Row { id: format!("task-{id}"), cells, select, class }
}

/// The chips of labels; nothing if there are none.
pub fn label_chips(labels: &[Arc<Label>]) -> AnyView {
    let chips: Vec<_> = labels.iter().map(|label| label_chip(label)).collect();
    (!chips.is_empty()).then(|| view! { <span class="labels">{chips}</span> }.into_any()).into_any()
}

fn edit_row(edit: &Edit, query: &Query, back: &str, is_listed: bool) -> Row {
    let id = edit.task;
    let unlisted = (!is_listed)
        .then(|| view! { <p class="hint">"This task is not among those that the table shows."</p> }.into_any());
    let form = format!("edit-{id}");
    let fields = Form::new("edit", edit.mistake.as_ref());
    let was = serde_json::to_string(&edit.was).unwrap_or_default();
    let Values { title, column, priority, start, due, labels, assignees } = edit.values.clone();
    let input = |name: &'static str, kind: &'static str, label: &'static str, value: String| {
        view! { <input form=form.clone() name=name type=kind aria-label=label value=value autocomplete="off" /> }
            .into_any()
    };
    let option = |value: String, label: String, chosen: bool| {
        view! {
            <option value=value selected=chosen>
                {label}
            </option>
        }
        .into_any()
    };
    let columns: Vec<_> =
        edit.columns.iter().map(|(id, name)| option(id.to_string(), name.clone(), *id == column)).collect();
    let priorities: Vec<_> = Priority::ALL
        .into_iter()
        .map(|each| option(each.as_str().to_owned(), priority_words(each).to_owned(), each == priority))
        .collect();
    let (has, offered): (Vec<_>, Vec<_>) = edit.labels.iter().partition(|label| labels.contains(&label.id));
    let has: Vec<_> = has
        .into_iter()
        .map(|label| {
            view! {
                <label class="ticked-line">
                    <input form=form.clone() type="checkbox" name="label" value=label.id.to_string() checked />
                    {label_chip(label)}
                </label>
            }
            .into_any()
        })
        .collect();
    let offered: Vec<_> =
        offered.into_iter().map(|label| option(label.id.to_string(), label.in_words(), false)).collect();
    let add_label = (!offered.is_empty()).then(|| {
        view! {
            <select form=form.clone() name="label" aria-label="Add a label">
                {option(String::new(), "Add a label".to_owned(), true)}
                {offered}
            </select>
        }
        .into_any()
    });
    let (assigned, others): (Vec<_>, Vec<_>) = edit.people.iter().partition(|person| assignees.contains(&person.id));
    let assigned: Vec<_> = assigned
        .into_iter()
        .map(|person| {
            view! {
                <label class="ticked-line">
                    <input form=form.clone() type="checkbox" name="assignee" value=person.id.to_string() checked />
                    {avatar(person)}
                    {person.name.clone()}
                </label>
            }
            .into_any()
        })
        .collect();
    let others: Vec<_> = std::iter::once(option(String::new(), "Add a person".to_owned(), true))
        .chain(others.into_iter().map(|person| option(person.id.to_string(), person.name.clone(), false)))
        .collect();
    let cells = vec![
        view! {
            <span class="cell-edit" data-editing="">
                {fields.summary()}
                {unlisted}
                <input
                    id="edit-title"
                    form=form.clone()
                    name="title"
                    aria-label="Title"
                    value=title
                    autocomplete="off"
                    autofocus=edit.mistake.is_none()
                />
                <span class="cell-buttons">
                    <button form=form.clone() class="button primary">
                        "Save"
                    </button>
                    <a class="button" href=back.to_owned()>
                        "Cancel"
                    </a>
                </span>
            </span>
        }
        .into_any(),
        edit.board.clone().into_any(),
        view! {
            <span class="cell-edit">
                <select form=form.clone() name="column" aria-label="Column">
                    {columns}
                </select>
            </span>
        }
        .into_any(),
        view! {
            <span class="cell-edit">
                <select form=form.clone() name="priority" aria-label="Priority">
                    {priorities}
                </select>
            </span>
        }
        .into_any(),
        view! { <span class="cell-edit">{input("start", "date", "Start", start.map(|day| day.to_string()).unwrap_or_default())}</span> }.into_any(),
        view! { <span class="cell-edit">{input("due", "date", "Due", due.map(|day| day.to_string()).unwrap_or_default())}</span> }.into_any(),
        // Without any label on the board, the cell is empty: a narrow window leaves it out.
        match edit.labels.is_empty() {
            true => ().into_any(),
            false => view! { <span class="cell-edit">{has} {add_label}</span> }.into_any(),
        },
        view! {
            <span class="cell-edit">
                {assigned} <select form=form.clone() name="assignee" aria-label="Assign to">
                    {others}
                </select>
            </span>
        }
        .into_any(),
        view! {
            <form id=form.clone() method="post" action=address(id)>
                <input type="hidden" name="seq" value=edit.seq.to_string() />
                <input type="hidden" name="was" value=was />
                <input type="hidden" name="back" value=query.with("edit", "").address("") />
            </form>
        }
        .into_any(),
    ];
    Row { id: format!("task-{id}"), cells, select: None, class: "" }
}
