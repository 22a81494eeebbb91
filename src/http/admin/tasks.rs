//! The table of the tasks of all boards, and editing in it.

use std::sync::Arc;

use app::{
    access::Principal,
    account::{Mistake, Notice},
    admin::{
        dates::{self, Dates, Period},
        table,
        tasks::{Edit, PATH, Task, Tasks, VIEWS, Values, View, page},
    },
    fields::FieldEdit,
    id::{ActorId, BoardId, ColumnId, LabelId, MutationId, TaskId},
    label::Label,
    model::{Priority, Seq},
    new_id,
    ops::{Mutation, Op, UpdateTask},
    people::{Person, called, mentioned},
    refusal::{Refusal, Thing},
    state::BoardState,
    text::sentence,
    time::{Day, Timestamp},
};
use axum::{
    extract::{Path, Query},
    http::StatusCode,
    response::Response,
};
use serde::Deserialize;

use super::{
    answer, csv,
    listing::{self, Place, ROWS, days_before, field, file, hour_before, mapped, name, span},
    reader::Admin,
};
use crate::{
    clock::now,
    http::{
        Services,
        account::{
            answer::{ErrorPage, see},
            form::{Asked, Form},
        },
    },
    store::{
        BoardQuery, Directory, Store, StoreError,
        tables::{Direction, Due, MOST_COUNTED, Rows, Slice, Span, TaskFilter, TaskOrder, TaskRow, TaskState},
    },
    writer::WriteError,
};

/// How many boards the filter offers: the newest.
const OFFERED: usize = 500;

const ORDERS: [(&str, TaskOrder); 5] = [
    ("changed", TaskOrder::Changed),
    ("created", TaskOrder::Created),
    ("due", TaskOrder::Due),
    ("title", TaskOrder::Title),
    ("priority", TaskOrder::Priority),
];

/// The parameters of the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Address {
    q: String,
    board: String,
    label: String,
    state: String,
    priority: String,
    assignee: String,
    due: String,
    changed: String,
    on: String,
    sort: String,
    after: String,
    edit: String,
    format: String,
}

impl Address {
    /// The names of the parameters that filter, but for the period.
    const FILTERS: [&str; 8] = ["q", "board", "label", "state", "priority", "assignee", "due", "changed"];

    /// Whether there is a parameter of this name.
    pub(super) fn knows(name: &str) -> bool {
        Self::FILTERS.contains(&name) || [dates::PARAMETER, "sort", "after", "edit", "format"].contains(&name)
    }

    pub(super) fn query(&self) -> table::Query {
        table::Query::default()
            .with("q", self.q.trim())
            .with("board", &self.board)
            .with("label", &self.label)
            .with("state", &self.state)
            .with("priority", &self.priority)
            .with("assignee", &self.assignee)
            .with("due", &self.due)
            .with("changed", &self.changed)
            .with("on", &self.on)
            .with("sort", &self.sort)
            .with("after", &self.after)
            .with("edit", &self.edit)
    }

    /// The filter, without values that mean nothing. It is not for finding tasks: [`wanted`] is.
    fn filter(&self, now: Timestamp) -> TaskFilter {
        let (changed_from, changed_before) = match &*self.changed {
            "hour" => (Some(hour_before(now)), None),
            "day" => (Some(days_before(now, 1)), None),
            "week" => (Some(days_before(now, 7)), None),
            "older" => (None, Some(days_before(now, 30))),
            _ => (None, None),
        };
        TaskFilter {
            text: self.q.trim().to_owned(),
            only: None,
            board: self.board.parse().ok(),
            label: self.board.parse::<BoardId>().ok().and_then(|_| self.label.parse().ok()),
            state: match &*self.state {
                "completed" => TaskState::Completed,
                "live" => TaskState::Live,
                "deleted" => TaskState::Deleted,
                _ => TaskState::Open,
            },
            priority: Priority::parse(&self.priority),
            assignee: match &*self.assignee {
                "nobody" => Some(None),
                person => person.parse().ok().map(Some),
            },
            due: due(&self.due, now),
            created: span(&self.query()),
            changed_from,
            changed_before,
        }
    }

    /// Whether no value of the filter is ignored.
    pub(super) fn is_understood(&self) -> bool {
        let filter = self.filter(now());
        [
            (&self.board, filter.board.is_some()),
            (&self.label, filter.label.is_some()),
            (&self.state, filter.state != TaskState::Open || self.state == "open"),
            (&self.priority, filter.priority.is_some()),
            (&self.assignee, filter.assignee.is_some()),
            (&self.due, filter.due.is_some()),
            (&self.changed, filter.changed_from.or(filter.changed_before).is_some()),
            (&self.on, filter.created != Span::default()),
            // Searches leave control characters out.
            (&self.q, !self.q.contains(char::is_control)),
        ]
        .into_iter()
        .all(|(value, is_understood)| value.is_empty() || is_understood)
    }

    pub(super) fn slice(&self, limit: usize) -> Slice<TaskOrder> {
        self.place().slice(&ORDERS, limit)
    }

    fn place(&self) -> Place<'_> {
        Place { path: PATH, sort: &self.sort, default: "-changed", after: &self.after }
    }
}

fn due(name: &str, now: Timestamp) -> Option<Due> {
    let today = now.day()?;
    let in_days = |days: i64| days_before(now, -days).day();
    match name {
        "overdue" => Some(Due::Before(today)),
        "today" => Some(Due::Within(today, today)),
        "week" => Some(Due::Within(today, in_days(7)?)),
        "never" => Some(Due::Never),
        _ => None,
    }
}

/// The tasks that an address wants. A value that means nothing, or names what is not there any more, finds none: never all, because a view that
/// somebody kept is also what a bulk edit begins with. A label that was merged is replaced, in the address too, by the one that it was merged
/// into.
pub(super) async fn wanted(
    store: &Store,
    address: Address,
    now: Timestamp,
) -> Result<(Address, TaskFilter), StoreError> {
    let label = match (address.board.parse(), address.label.parse()) {
        (Ok(board), Ok(label)) => store.current_label(board, label).await?,
        _ => None,
    };
    let address = match label {
        Some(label) => Address { label: label.to_string(), ..address },
        None => address,
    };
    let filter = address.filter(now);
    let filter = match address.is_understood() {
        true => filter,
        false => TaskFilter { only: Some(Vec::new()), ..filter },
    };
    Ok((address, filter))
}

/// `GET /admin/tasks`
pub async fn show(admin: Admin, Asked(address): Asked<Address>) -> Result<Response, ErrorPage> {
    if address.format == "csv" {
        let (address, filter) = wanted(&admin.services.store, address, now()).await?;
        let slice = address.slice(csv::ROWS_AT_A_TIME);
        let read = move |store: Store, after| {
            let (filter, slice) = (filter.clone(), Slice { after, ..slice.clone() });
            async move {
                let directory = store.directory();
                let rows = store.tasks_table(&filter, slice).await?;
                Ok(mapped(rows, |row| record(&directory, &row)))
            }
        };
        return Ok(file(admin, "tasks", HEADINGS, read));
    }
    let edit = match address.edit.parse() {
        Ok(task) => edit_of(&admin, task).await?.filter(|(_, is_archived)| !is_archived),
        Err(_) => None,
    };
    let frame = page(content(&admin, address, edit.map(|(edit, _)| edit)).await?);
    Ok(answer::page(&admin, frame))
}

/// The labels that the filter offers: those of the board that was chosen.
async fn labels_of(admin: &Admin, address: &Address) -> Result<Vec<Arc<Label>>, StoreError> {
    match address.board.parse() {
        Ok(board) => admin.services.store.labels_of(board).await,
        Err(_) => Ok(Vec::new()),
    }
}

async fn content(admin: &Admin, address: Address, edit: Option<Edit>) -> Result<Tasks, ErrorPage> {
    let store = &admin.services.store;
    let now = now();
    let (address, filter) = wanted(store, address, now).await?;
    let labels = labels_of(admin, &address).await?;
    let (Rows { rows, next }, matches) = store.counted_tasks_table(&filter, address.slice(ROWS)).await?;
    let mut counts = Vec::with_capacity(VIEWS.len());
    for View { parameters, is_counted, .. } in VIEWS {
        counts.push(match is_counted {
            true => Some(store.count_tasks(&view(parameters).filter(now)).await?),
            false => None,
        });
    }
    let dates = dates_of(store, &address, now).await?;
    let directory = store.directory();
    let mut boards = store.boards_page(&admin.credentials, &BoardQuery::newest(OFFERED)).await?.rows;
    boards.sort_by_key(|board| board.name.to_lowercase());
    let mut boards: Vec<(BoardId, String)> = boards.into_iter().map(|board| (board.id, board.name)).collect();
    // One that is not among the newest is offered if it is chosen.
    if let Ok(chosen) = address.board.parse()
        && boards.iter().all(|(board, _)| *board != chosen)
        && let Some(board) = store.board(chosen).await?.filter(|board| board.exists())
    {
        boards.push((chosen, board.name().to_owned()));
    }
    let mut people: Vec<Person> = directory.people();
    people.sort_by_key(|person| person.name.to_lowercase());
    let tasks = rows.into_iter().map(|row| task(&directory, row)).collect();
    Ok(Tasks {
        reader: admin.reader(),
        query: address.query(),
        boards,
        labels,
        people,
        tasks,
        matches,
        most: MOST_COUNTED,
        counts,
        dates,
        next: address.place().next(next),
        edit,
        today: now.day(),
        now,
    })
}

/// The periods by which the table can be narrowed down: by the time at which tasks were created.
async fn dates_of(store: &Store, address: &Address, now: Timestamp) -> Result<Option<Dates>, StoreError> {
    let live = TaskFilter { state: TaskState::Live, ..TaskFilter::default() };
    let first = |direction| Slice { order: TaskOrder::Created, direction, after: None, limit: 1 };
    let oldest = store.tasks_table(&live, first(Direction::Ascending)).await?.rows.first().map(|row| row.created_at);
    let newest = store.tasks_table(&live, first(Direction::Descending)).await?.rows.first().map(|row| row.created_at);
    let Some(ends) = oldest.zip(newest) else { return Ok(None) };
    let query = address.query();
    let count = |period: Period| {
        let filter = Address { on: period.to_string(), ..Address::default() }.filter(now);
        async move { store.count_tasks(&filter).await.map(Some) }
    };
    listing::dates("Created", &query, &Address::FILTERS, ends, count).await.map(Some)
}

/// The address of a view that is offered.
fn view(parameters: &[(&str, &str)]) -> Address {
    let of = |name| parameters.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value).to_owned();
    Address { state: of("state"), assignee: of("assignee"), due: of("due"), ..Address::default() }
}

fn task(directory: &Directory, row: TaskRow) -> Task {
    Task {
        id: row.id,
        reference: row.reference,
        title: row.title,
        board: (row.board, row.board_name),
        is_archived: row.is_archived,
        column: row.column_name.unwrap_or_default(),
        is_completed: row.is_completed,
        is_deleted: row.deleted_at.is_some(),
        priority: row.priority,
        start: row.start,
        due: row.due,
        labels: row.labels,
        assignees: row.assignees.into_iter().map(|person| person_of(directory, person)).collect(),
        updated_at: row.updated_at,
        updated_by: row.updated_by.map(|by| mentioned_in(directory, by)),
    }
}

pub(super) fn person_of(directory: &Directory, id: ActorId) -> Person {
    let unknown = || Person { id, name: called(Some(id), |_| None), deactivated: false };
    directory.account(id).map_or_else(unknown, |account| account.person())
}

/// Who did something, within a sentence.
pub(super) fn mentioned_in(directory: &Directory, by: ActorId) -> String {
    mentioned(Some(by), |by| directory.account(by).map(|account| account.name.as_str()))
}

const HEADINGS: &[&str] = &[
    "id",
    "ref",
    "title",
    "board_id",
    "board",
    "column",
    "completed",
    "priority",
    "start",
    "due",
    "labels",
    "assignees",
    "created_at",
    "created_by",
    "updated_at",
    "updated_by",
    "deleted_at",
];

fn record(directory: &Directory, row: &TaskRow) -> Vec<String> {
    let day = |day: Option<Day>| day.map(|day| day.to_string()).unwrap_or_default();
    let by = |person: Option<ActorId>| person.map(|person| name(directory, person)).unwrap_or_default();
    let assignees: Vec<_> = row.assignees.iter().map(|person| name(directory, *person)).collect();
    let labels: Vec<_> = row.labels.iter().map(|label| label.in_words()).collect();
    vec![
        row.id.to_string(),
        row.reference.clone(),
        row.title.clone(),
        row.board.to_string(),
        row.board_name.clone(),
        row.column_name.clone().unwrap_or_default(),
        row.is_completed.to_string(),
        row.priority.as_str().to_owned(),
        day(row.start),
        day(row.due),
        labels.join("; "),
        assignees.join("; "),
        field(Some(row.created_at)),
        by(row.created_by),
        field(Some(row.updated_at)),
        by(row.updated_by),
        field(row.deleted_at),
    ]
}

/// The form for editing a task in its row, and whether its board is archived; `None` if the task does not exist or is in the trash.
async fn edit_of(admin: &Admin, task: TaskId) -> Result<Option<(Edit, bool)>, ErrorPage> {
    let Some(board) = board_of(&admin.services, task).await? else { return Ok(None) };
    let Some(found) = board.live_task(task) else { return Ok(None) };
    let values = Values {
        title: found.title.clone(),
        column: found.column,
        priority: found.priority,
        start: found.start,
        due: found.due,
        labels: board.task_labels(found).iter().map(|label| label.id).collect(),
        assignees: found.assignees.clone(),
    };
    let directory = admin.services.store.directory();
    let edit = Edit {
        task,
        board: board.name().to_owned(),
        seq: board.seq(),
        was: values.clone(),
        values,
        columns: board.columns().map(|column| (column.id, column.name.clone())).collect(),
        labels: board.labels().cloned().collect(),
        people: assignable(&directory, &board, &found.assignees),
        mistake: None,
    };
    Ok(Some((edit, board.is_archived())))
}

async fn board_of(services: &Services, task: TaskId) -> Result<Option<Arc<BoardState>>, ErrorPage> {
    let Some(board) = services.store.board_of(task).await? else { return Ok(None) };
    Ok(services.store.board(board).await?.filter(|board| board.exists()))
}

/// The people who are assigned, and those who can be.
pub(super) fn assignable(directory: &Directory, board: &BoardState, assigned: &[ActorId]) -> Vec<Person> {
    let mut people: Vec<Person> = assigned.iter().map(|person| person_of(directory, *person)).collect();
    let mut others: Vec<Person> = directory
        .accounts()
        .into_iter()
        .filter(|account| account.is_active() && !assigned.contains(&account.id))
        .filter(|account| Principal::person(account.id, account.role).role_on(board.id(), board.access()).is_some())
        .map(|account| account.person())
        .collect();
    others.sort_by_key(|person| person.name.to_lowercase());
    people.extend(others);
    people
}

/// The fields of the form with which a row is edited.
struct EditForm {
    seq: Seq,
    was: Values,
    values: Values,
    back: Address,
}

impl EditForm {
    /// Reads the fields. A browser sends a field for each ticked box, so a name may occur more than once.
    fn read(fields: Vec<(String, String)>) -> Result<Self, ErrorPage> {
        let unreadable = |field: &str| {
            let words = format!("The field “{field}” cannot be read. Go back, reload the page, and try again.");
            ErrorPage::new(StatusCode::UNPROCESSABLE_ENTITY, "This form cannot be read", words)
        };
        let of = |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.trim());
        let day = |name: &'static str| match of(name) {
            None | Some("") => Ok(None),
            Some(text) => Day::parse(text).map(Some).ok_or_else(|| unreadable(name)),
        };
        let (mut assignees, mut labels) = (Vec::new(), Vec::new());
        for (name, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
            match &**name {
                "assignee" => assignees.push(value.parse().map_err(|_| unreadable("assignee"))?),
                "label" => labels.push(value.parse().map_err(|_| unreadable("label"))?),
                _ => {}
            }
        }
        let values = Values {
            title: of("title").ok_or_else(|| unreadable("title"))?.to_owned(),
            column: of("column").and_then(|column| column.parse().ok()).ok_or_else(|| unreadable("column"))?,
            priority: of("priority").and_then(Priority::parse).ok_or_else(|| unreadable("priority"))?,
            start: day("start")?,
            due: day("due")?,
            labels,
            assignees,
        };
        let was = of("was").and_then(|json| serde_json::from_str(json).ok()).ok_or_else(|| unreadable("was"))?;
        let seq = of("seq").and_then(|seq| seq.parse().ok()).ok_or_else(|| unreadable("seq"))?;
        let back = format!("{PATH}{}", of("back").unwrap_or_default()).parse().ok();
        let back = back.and_then(|uri| Query::try_from_uri(&uri).ok()).map(|Query(address)| address);
        Ok(Self { seq, was, values, back: back.unwrap_or_default() })
    }
}

/// `POST /admin/tasks/{task}`: changes the fields that differ from those with which the editing began.
pub async fn save(
    admin: Admin,
    Path(task): Path<TaskId>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, ErrorPage> {
    let EditForm { seq, was, values, back } = EditForm::read(fields)?;
    let board = board_of(&admin.services, task).await?;
    let board = board.ok_or_else(|| ErrorPage::nothing_here("This task does not exist any more."))?;
    let update = update(task, seq, &was, &values, &board);
    let to = Address { edit: String::new(), ..back.clone() }.query().address(PATH);
    if update == UpdateTask::of(task) {
        return Ok(see(&to));
    }
    let mutation = Mutation { id: MutationId(new_id()), op: Op::UpdateTask(UpdateTask { guard: Some(seq), ..update }) };
    match admin.services.writer.write(board.id(), mutation, admin.credentials.clone()).await {
        Ok(_) => Ok(admin.redirect_with_flash(&Notice::done(format!("Saved “{}”.", values.title)), &to)),
        Err(error) => {
            let Some((current, _)) = edit_of(&admin, task).await? else {
                let words = "Somebody deleted this task while you were editing it. Nothing was changed.";
                return Err(ErrorPage::new(StatusCode::CONFLICT, "This task is in the trash", words));
            };
            let mistake = mistake(&error, &values, &was, &current);
            // The next attempt starts from what is there now, so that it overwrites only what this person changed.
            let values = merged(&was, values, &current.values);
            let edit = Edit { values, mistake: Some(mistake), ..current };
            let address = Address { edit: task.to_string(), ..back };
            let frame = page(content(&admin, address, Some(edit)).await?);
            Ok(answer::refused(&admin, status(&error), frame))
        }
    }
}

pub(super) fn status(error: &WriteError) -> StatusCode {
    match error {
        WriteError::Refused(Refusal::Stale { .. } | Refusal::Conflict { .. } | Refusal::Archived) => {
            StatusCode::CONFLICT
        }
        WriteError::Refused(Refusal::Forbidden) => StatusCode::FORBIDDEN,
        WriteError::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
        WriteError::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// Why the form was refused, and what the others changed.
fn mistake(error: &WriteError, values: &Values, was: &Values, current: &Edit) -> Mistake {
    let WriteError::Refused(refusal) = error else {
        return Mistake { field: None, words: answer::UNAVAILABLE.to_owned() };
    };
    match refusal {
        Refusal::Stale { .. } | Refusal::Conflict { .. } => {
            let theirs = differences(was, &current.values, &current.columns);
            let words = format!(
                "Somebody else changed this task in the meantime: {}. What you changed is still in the fields; the other fields \
                 show what is there now. Save again to replace theirs with yours, or cancel to keep theirs.",
                if theirs.is_empty() { "its place".to_owned() } else { theirs.join(", ") }
            );
            Mistake { field: None, words }
        }
        Refusal::Invalid { field, message } if field == "title" => Mistake::at("title", sentence(message)),
        Refusal::Invalid { message, .. } => Mistake { field: None, words: sentence(message) },
        Refusal::NotFound { .. } if current.columns.iter().all(|(id, _)| *id != values.column) => {
            Mistake { field: None, words: "This column was deleted in the meantime. Choose another one.".to_owned() }
        }
        Refusal::NotFound { what: Thing::Label } => Mistake {
            field: None,
            words: "A label that you chose was deleted in the meantime. The fields show the labels that are there now."
                .to_owned(),
        },
        other => Mistake { field: None, words: sentence(&other.to_string()) },
    }
}

/// The values for the next attempt: those that the person changed, and else those that are there now.
fn merged(was: &Values, typed: Values, current: &Values) -> Values {
    fn one<T: PartialEq + Clone>(was: &T, typed: T, current: &T) -> T {
        if typed == *was { current.clone() } else { typed }
    }
    /// What is there now, without what the person removed, and with what they added.
    fn set<T: PartialEq + Copy>(was: &[T], typed: &[T], current: &[T]) -> Vec<T> {
        let kept = current.iter().filter(|each| typed.contains(each) || !was.contains(each));
        let added = typed.iter().filter(|each| !was.contains(each) && !current.contains(each));
        kept.chain(added).copied().collect()
    }
    Values {
        labels: set(&was.labels, &typed.labels, &current.labels),
        assignees: set(&was.assignees, &typed.assignees, &current.assignees),
        title: one(&was.title, typed.title, &current.title),
        column: one(&was.column, typed.column, &current.column),
        priority: one(&was.priority, typed.priority, &current.priority),
        start: one(&was.start, typed.start, &current.start),
        due: one(&was.due, typed.due, &current.due),
    }
}

/// The fields in which two versions of a task differ, with the newer values, in words.
fn differences(was: &Values, now: &Values, columns: &[(ColumnId, String)]) -> Vec<String> {
    let day = |day: Option<Day>| day.map_or("no day".to_owned(), |day| day.to_string());
    let mut words = Vec::new();
    if was.title != now.title {
        words.push(format!("the title is now “{}”", now.title));
    }
    if was.column != now.column {
        let name = columns.iter().find(|(id, _)| *id == now.column).map_or("another", |(_, name)| name);
        words.push(format!("the column is now “{name}”"));
    }
    if was.priority != now.priority {
        words.push(format!("the priority is now {}", now.priority.as_str()));
    }
    if was.start != now.start {
        words.push(format!("the start is now {}", day(now.start)));
    }
    if was.due != now.due {
        words.push(format!("the due day is now {}", day(now.due)));
    }
    if was.labels != now.labels {
        words.push("it has other labels".to_owned());
    }
    if was.assignees != now.assignees {
        words.push("other people are assigned".to_owned());
    }
    words
}

/// The request for the fields that were edited. Fields that were left as they were are not in it.
fn update(task: TaskId, seq: Seq, was: &Values, values: &Values, board: &BoardState) -> UpdateTask {
    let mut update = UpdateTask::of(task);
    if values.title != was.title {
        update = UpdateTask { base: Some(seq), ..update }.with(FieldEdit::Title(values.title.clone()));
    }
    if values.priority != was.priority {
        update = update.with(FieldEdit::Priority(values.priority));
    }
    if values.start != was.start {
        update = update.with(FieldEdit::Start(values.start));
    }
    if values.due != was.due {
        update = update.with(FieldEdit::Due(values.due));
    }
    fn without<T: PartialEq + Copy>(all: &[T], others: &[T]) -> Vec<T> {
        all.iter().filter(|each| !others.contains(each)).copied().collect()
    }
    // All ids of the task that stand for a label are removed with it.
    let has = board.task(task);
    let standing_for = |label: LabelId| has.map_or(vec![label], |task| board.ids_of_label(task, label));
    update = update
        .with(FieldEdit::Assign(without(&values.assignees, &was.assignees)))
        .with(FieldEdit::Unassign(without(&was.assignees, &values.assignees)))
        .with(FieldEdit::AddLabels(without(&values.labels, &was.labels)))
        .with(FieldEdit::RemoveLabels(
            without(&was.labels, &values.labels).into_iter().flat_map(standing_for).collect(),
        ));
    if values.column != was.column {
        update.column = Some(values.column);
    }
    update
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_of_a_view_is_known() {
        let some = || "x".to_owned();
        let address = Address {
            q: some(),
            board: some(),
            label: some(),
            state: some(),
            priority: some(),
            assignee: some(),
            due: some(),
            changed: some(),
            on: some(),
            sort: some(),
            after: some(),
            edit: some(),
            format: some(),
        };
        let names: Vec<_> = address.query().0.into_iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), 12, "all but the format");
        assert!(names.into_iter().all(Address::knows) && Address::knows("format") && !Address::knows("stat"));
    }
}
