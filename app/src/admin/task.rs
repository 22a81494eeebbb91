//! One task: all its fields, and its history field by field. Earlier values can be put back.

use std::sync::Arc;

use leptos::prelude::*;

use super::{Frame, Reader, tasks};
use crate::{
    account::words::{moment, time_ago},
    controls::priority::priority_words,
    fields::Field,
    history::revisions::{Revision, RevisionEvent, Value},
    id::{ActorId, BoardId, ColumnId, LabelId, TaskId},
    label::Label,
    model::{Priority, Seq},
    people::{called, mentioned},
    text::is_blank,
    time::{Day, Timestamp},
};

/// The data of the page.
pub struct TaskPage {
    /// The reader.
    pub reader: Reader,
    /// The task's id.
    pub id: TaskId,
    /// What people call it: `WEB-42`.
    pub reference: String,
    /// The title.
    pub title: String,
    /// The description, in Markdown.
    pub description: String,
    /// The board.
    pub board: (BoardId, String),
    /// Whether the board is archived, so that the task cannot be changed.
    pub is_archived: bool,
    /// The name of its column.
    pub column: String,
    /// Whether it is completed.
    pub is_completed: bool,
    /// When it was put into the trash.
    pub deleted_at: Option<Timestamp>,
    /// The priority.
    pub priority: Priority,
    /// The day on which work begins.
    pub start: Option<Day>,
    /// The due day.
    pub due: Option<Day>,
    /// The labels.
    pub labels: Vec<Arc<Label>>,
    /// The names of the assigned people.
    pub assignees: Vec<String>,
    /// When it was created, and by whom.
    pub created: (Timestamp, Option<String>),
    /// When it was last changed, and by whom.
    pub updated: (Timestamp, Option<String>),
    /// The number of its newest change.
    pub seq: Seq,
    /// What its changes did, newest first, with the index of each field that can be put back.
    pub revisions: Vec<(Revision, Vec<bool>)>,
    /// Whether the log has all of its changes.
    pub is_whole: bool,
    /// The names of people, columns and labels.
    pub names: Names,
    /// The time of the request.
    pub now: Timestamp,
    /// Why a form was refused.
    pub mistake: Option<String>,
}

/// The names of people, columns and labels that occur in a history.
pub struct Names {
    /// People.
    pub people: Vec<(ActorId, String)>,
    /// Columns that exist.
    pub columns: Vec<(ColumnId, String)>,
    /// Labels that exist, and those that were merged into others.
    pub labels: Vec<(LabelId, String)>,
}

impl Names {
    fn person(&self, id: ActorId) -> String {
        mentioned(Some(id), |id| self.name(id))
    }

    fn name(&self, id: ActorId) -> Option<&str> {
        self.people.iter().find(|(known, _)| *known == id).map(|(_, name)| name.as_str())
    }

    fn value(&self, value: &Value) -> String {
        let none = |text: String| if text.is_empty() { "nothing".to_owned() } else { text };
        match value {
            Value::Text(text) => none(text.clone()),
            Value::Priority(priority) => priority_words(*priority).to_owned(),
            Value::Day(day) => day.map_or_else(|| "no day".to_owned(), |day| day.to_string()),
            Value::People(people) => {
                let names: Vec<_> = people.iter().map(|person| self.person(*person)).collect();
                if names.is_empty() { "nobody".to_owned() } else { names.join(", ") }
            }
            Value::Labels(labels) => {
                let name = |id: &LabelId| {
                    let known = self.labels.iter().find(|(known, _)| known == id);
                    known.map_or_else(|| "a label that was deleted".to_owned(), |(_, name)| name.clone())
                };
                let names: Vec<_> = labels.iter().map(name).collect();
                if names.is_empty() { "no label".to_owned() } else { names.join(", ") }
            }
            Value::Column(id) => {
                let known = self.columns.iter().find(|(known, _)| known == id);
                known.map_or_else(|| "a column that was deleted".to_owned(), |(_, name)| name.clone())
            }
        }
    }
}

/// The name of a field.
fn field_name(field: Field) -> &'static str {
    match field {
        Field::Title => "Title",
        Field::Description => "Description",
        Field::Priority => "Priority",
        Field::Start => "Start",
        Field::Due => "Due",
        Field::Assignees => "Assigned to",
        Field::Labels => "Labels",
        Field::Place => "Column",
    }
}

/// Renders the page.
pub fn page(content: TaskPage) -> Frame {
    let TaskPage { reader, id, title, description, board: (board, board_name), .. } = &content;
    let (id, board) = (*id, *board);
    let fact = |name: &'static str, value: AnyView| {
        view! {
            <dt>{name}</dt>
            <dd>{value}</dd>
        }
        .into_any()
    };
    let day = |day: Option<Day>| day.map_or("–".to_owned(), |day| day.to_string()).into_any();
    let fact_time = |(at, by): &(Timestamp, Option<String>)| {
        let by = by.as_ref().map(|name| format!(" by {name}"));
        view! {
            {time_ago(*at, content.now)}
            {by}
        }
        .into_any()
    };
    let state = match (content.deleted_at, content.is_completed) {
        (Some(_), _) => "In the trash",
        (None, true) => "Completed",
        (None, false) => "Open",
    };
    let people = if content.assignees.is_empty() { "Nobody".to_owned() } else { content.assignees.join(", ") };
    let description = (!is_blank(description))
        .then(|| view! { <pre class="description-source">{description.clone()}</pre> }.into_any());
    let action = |path: &str, label: &'static str, class: &'static str| {
        view! {
            <form method="post" action=format!("{}/{path}", tasks::address(id))>
                <button class=class>{label}</button>
            </form>
        }
        .into_any()
    };
    let edit = || {
        let address = format!("{}?edit={id}&board={board}&state=live", tasks::PATH);
        view! {
            <a class="button" href=address>
                "Edit in the table"
            </a>
        }
        .into_any()
    };
    let open = || {
        view! {
            <a class="button" href=format!("/boards/{board}/tasks/{id}")>
                "Open on its board"
            </a>
        }
        .into_any()
    };
    let is_live = content.deleted_at.is_none();
    let actions: Vec<_> = match (is_live, content.is_archived) {
        (true, false) => vec![edit(), open(), action("delete", "Delete", "button danger")],
        (false, false) => vec![action("restore", "Restore from the trash", "button")],
        (true, true) => vec![open()],
        (false, true) => Vec::new(),
    };
    let actions = (!actions.is_empty()).then(|| view! { <div class="table-actions">{actions}</div> }.into_any());
    let archived = content
        .is_archived
        .then(|| view! { <p class="hint">"The board is archived, so the task cannot be changed."</p> }.into_any());
    let labels = match content.labels.is_empty() {
        true => "None".into_any(),
        false => tasks::label_chips(&content.labels),
    };
    let forgotten = (!content.is_whole)
        .then(|| view! { <p class="hint">"The log no longer has the oldest changes of this task."</p> }.into_any());
    let revisions: Vec<_> = content
        .revisions
        .iter()
        .map(|(revision, can_put_back)| revision_view(id, revision, can_put_back, &content.names, content.seq))
        .collect();
    let mistake = content.mistake.clone().map(|words| {
        view! {
            <div class="form-error" role="alert" tabindex="-1" autofocus>
                {words}
            </div>
        }
        .into_any()
    });
    let body = view! {
        {mistake}
        <section class="sheet" aria-label="Fields">
            <dl class="facts">
                {fact("Board", view! { <a href=format!("/boards/{board}")>{board_name.clone()}</a> }.into_any())}
                {fact("State", state.into_any())} {fact("Column", content.column.clone().into_any())}
                {fact("Priority", priority_words(content.priority).into_any())} {fact("Start", day(content.start))}
                {fact("Due", day(content.due))} {fact("Labels", labels)} {fact("Assigned to", people.into_any())}
                {fact("Created", fact_time(&content.created))} {fact("Changed", fact_time(&content.updated))}
                {fact("Number", content.reference.clone().into_any())}
                {fact("Id", view! { <code>{id.to_string()}</code> }.into_any())}
                {fact("Newest change", content.seq.to_string().into_any())}
            </dl>
            {description}
            {archived}
            {actions}
        </section>
        <section class="sheet" aria-labelledby="history">
            <h2 id="history">"History"</h2>
            {forgotten}
            <ol class="revisions" data-live="history">
                {revisions}
            </ol>
        </section>
    }
    .into_any();
    let above = vec![(tasks::PATH.to_owned(), "Tasks".to_owned())];
    let has_mistake = content.mistake.is_some();
    Frame { above, has_mistake, ..Frame::new(reader.clone(), tasks::PATH, title.clone(), body) }
}

fn revision_view(task: TaskId, revision: &Revision, can_put_back: &[bool], names: &Names, seen: Seq) -> AnyView {
    let Revision { seq, at, by, event, fields } = revision;
    let who = called(*by, |person| names.name(person));
    let did = match event {
        RevisionEvent::Created => "created it",
        RevisionEvent::Edited => "changed it",
        RevisionEvent::Reordered => "moved it within its column",
        RevisionEvent::Deleted => "put it into the trash",
        RevisionEvent::Restored => "restored it from the trash",
        RevisionEvent::Checklists => "changed its checklists",
        RevisionEvent::Comment => "wrote or changed a comment on it",
        RevisionEvent::Unknown => "changed it in a way that this version does not know",
    };
    let fields: Vec<_> = fields
        .iter()
        .zip(can_put_back)
        .map(|(field, can_put_back)| {
            let name = field_name(field.field);
            let before = match (&field.before, event) {
                (Some(value), _) => Some(
                    view! {
                        <del>{names.value(value)}</del>
                        " → "
                    }
                    .into_any(),
                ),
                (None, RevisionEvent::Created) => None,
                (None, _) => Some(view! { <span class="hint">"not known → "</span> }.into_any()),
            };
            let back = can_put_back.then(|| {
                let before = field.before.as_ref().map(|value| names.value(value)).unwrap_or_default();
                view! {
                    <form method="post" action=format!("{}/put-back", tasks::address(task))>
                        <input type="hidden" name="seq" value=seq.to_string() />
                        <input type="hidden" name="field" value=name />
                        <input type="hidden" name="seen" value=seen.to_string() />
                        <button class="button" aria-label=format!("Put the earlier value back: {name} {before}")>
                            "Put the earlier value back"
                        </button>
                    </form>
                }
                .into_any()
            });
            view! {
                <dt>{name}</dt>
                <dd>{before} <ins>{names.value(&field.after)}</ins> {back}</dd>
            }
            .into_any()
        })
        .collect();
    // Without any, an empty list would leave a gap.
    let fields = (!fields.is_empty()).then(|| view! { <dl class="facts">{fields}</dl> }.into_any());
    view! {
        <li>
            <p>
                <strong>{who}</strong>
                " "
                {did}
                " "
                <span class="hint">{moment(*at)} {format!(" · change {seq}")}</span>
            </p>
            {fields}
        </li>
    }
    .into_any()
}

/// The field with a name in the form.
pub fn field_named(name: &str) -> Option<Field> {
    Field::ALL.into_iter().find(|field| field_name(*field) == name)
}
