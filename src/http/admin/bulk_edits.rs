//! Bulk edits: what one will touch, how far it is, and its undo. [`crate::bulk`] runs them.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use app::{
    access::Principal,
    admin::{
        bulk_edits::{self, ACTIONS, Entry, Need, Preview, Progress, State, address},
        tasks::PATH as TASKS,
    },
    id::{BoardId, LabelId, TaskId},
    model::Priority,
    new_id,
    state::TrashForecast,
    time::{Day, Timestamp},
};
use axum::{
    extract::{Path, Query},
    http::StatusCode,
    response::Response,
};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{
    answer,
    reader::Admin,
    tasks::{Address, person_of, wanted},
};
use crate::{
    bulk::{Action, LEASE, MOST_TASKS, Target, lost},
    clock::now,
    http::account::{
        answer::{ErrorPage, see},
        form::Form,
    },
    store::{
        Account, BoardQuery, BulkEdit, BulkProgress, Directory, StepOutcome,
        tables::{Rows, Slice, TaskFilter, TaskRow, TaskState},
    },
};

/// How many titles a preview shows.
const TITLES: usize = 20;
/// How many boards and refusals are offered or listed.
const LISTED: usize = 500;
/// Of how many boards a preview says what happens in the trash: those with the most tasks. The largest task has a sixtieth of the bytes of a trash,
/// and a bulk edit has 10,000 tasks, so no other board has more than its trash can hold.
const FORECAST: usize = 170;
/// How many tasks are read at a time.
const AT_A_TIME: usize = 500;

/// The fields of the forms. A browser sends a field for each selected task.
struct Fields(Vec<(String, String)>);

impl Fields {
    fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.trim())
    }

    /// The address of the table from which the form was sent; `None` if it cannot be read.
    fn table(&self) -> Option<Address> {
        let query = self.get("query");
        if !query.is_empty() && !query.starts_with('?') {
            return None;
        }
        let uri = format!("{TASKS}{query}").parse().ok()?;
        let Query(names) = Query::<Vec<(String, String)>>::try_from_uri(&uri).ok()?;
        let Query(address) = Query::try_from_uri(&uri).ok()?;
        names.iter().all(|(name, _)| Address::knows(name)).then_some(address)
    }

    fn selected(&self) -> Vec<TaskId> {
        let tasks = self.0.iter().filter(|(name, _)| name == "task");
        tasks.filter_map(|(_, task)| task.parse().ok()).collect()
    }
}

/// The action that was chosen: complete, or what it still needs; or a reason why there is none.
enum Chosen {
    Ready(Action),
    Needs(Need),
    /// What is wrong, and the choice that is needed again, if there is one.
    Wrong(&'static str, Option<Need>),
}

/// `POST /admin/tasks/bulk`: shows what a bulk edit will touch, and begins it once that is confirmed.
pub async fn choose(admin: Admin, Form(fields): Form<Vec<(String, String)>>) -> Result<Response, ErrorPage> {
    let fields = Fields(fields);
    let id: Option<Uuid> = fields.get("id").parse().ok();
    if let Some(id) = id.filter(|_| fields.get("go") == "1")
        && admin.services.store.bulk_edit(id).await?.is_some()
    {
        // A second click.
        return Ok(see(&address(id)));
    }
    let Some((name, label)) = ACTIONS.into_iter().find(|(name, _)| *name == fields.get("action")) else {
        return Err(ErrorPage::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "There is no such action",
            "Go back, and choose an action.",
        ));
    };
    let selected = fields.selected();
    let is_all = fields.get("of") == "all";
    // A filter that means nothing is a mistake of whoever made the address.
    let table = match fields.table() {
        Some(table) if !is_all || table.is_understood() => table,
        None if !is_all => Address::default(),
        _ => {
            return Err(ErrorPage::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "This filter cannot be read",
                "Nothing was changed. Open the table of tasks, choose the filter again, and try again.",
            ));
        }
    };
    let (rows, is_cut) = match is_all {
        true => {
            let (table, filter) = wanted(&admin.services.store, table.clone(), now()).await?;
            matching(&admin, &filter, &table).await?
        }
        false => {
            let filter = TaskFilter { only: Some(selected.clone()), state: TaskState::Any, ..TaskFilter::default() };
            matching(&admin, &filter, &Address::default()).await?
        }
    };
    let back = table.query().with("edit", "").address(TASKS);
    let chosen = chosen(&admin, name, &fields, &rows).await?;
    // Nothing is done with other tasks than those that the preview was about.
    let matched = fingerprint(&rows);
    let is_confirmed = fields.get("go") == "1";
    let is_outdated = is_confirmed && fields.get("matched") != matched;
    if let (Chosen::Ready(action), true) = (&chosen, is_confirmed && !is_outdated)
        && !rows.is_empty()
    {
        let id = id.unwrap_or_else(new_id);
        let targets: Vec<Target> = rows.iter().map(|row| Target { board: row.board, task: row.id }).collect();
        let person = admin.current_user().map(|user| user.person.id);
        admin.services.bulk.start(id, action, &targets, person, admin.credentials.clone()).await?;
        return Ok(see(&address(id)));
    }
    let (action, need, mistake) = match chosen {
        Chosen::Ready(action) => (Some(action), None, None),
        Chosen::Needs(need) => (None, Some(need), None),
        Chosen::Wrong(words, need) => (None, need, Some(words.to_owned())),
    };
    let outdated = || {
        is_outdated.then(|| {
            "Other tasks match now than when you looked. Nothing was changed yet: see what it will touch now, and confirm again."
                .to_owned()
        })
    };
    let mistake = mistake.or_else(|| {
        rows.is_empty().then(|| match is_all {
            true => "No tasks match any more. Nothing was changed.".to_owned(),
            false => "No tasks are selected. Go back, and tick the boxes of some.".to_owned(),
        })
    });
    let status = match &mistake {
        Some(_) => Some(StatusCode::UNPROCESSABLE_ENTITY),
        None => is_outdated.then_some(StatusCode::CONFLICT),
    };
    let mistake = mistake.or_else(outdated);
    let title = match &action {
        Some(action) => words(&admin, action).await?,
        None => label.trim_end_matches('…').to_owned(),
    };
    let mut boards: BTreeMap<BoardId, (String, usize)> = BTreeMap::new();
    for row in &rows {
        boards.entry(row.board).or_insert_with(|| (row.board_name.clone(), 0)).1 += 1;
    }
    let mut boards: Vec<(String, usize)> = boards.into_values().collect();
    boards.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let mut sent: Vec<(String, String)> =
        ["query", "action", "of"].map(|name| (name.to_owned(), fields.get(name).to_owned())).into();
    sent.push(("id".to_owned(), new_id::<Uuid>().to_string()));
    sent.push(("matched".to_owned(), matched));
    if !is_all {
        sent.extend(selected.iter().map(|task| ("task".to_owned(), task.to_string())));
    }
    // What was chosen so far.
    for name in ["board", "column", "label", "person", "priority", "day"] {
        let is_asked = matches!((name, &need), ("day", Some(Need::Day)) | ("label", Some(Need::Label(_))));
        if fields.0.iter().any(|(known, _)| known == name) && !is_asked {
            sent.push((name.to_owned(), fields.get(name).to_owned()));
        }
    }
    let so_already = action.as_ref().map_or(0, |action| rows.iter().filter(|row| is_so_already(action, row)).count());
    let trash = match &action {
        Some(action) => trash(&admin, action, &rows).await?,
        None => None,
    };
    let left_behind = match &action {
        Some(action) => left_behind(&admin, action, &rows).await?,
        None => BTreeSet::new(),
    };
    let is_commented = |to| rows.iter().filter(|row| row.is_commented && row.board != to).count();
    let commented = match &action {
        Some(Action::Move { board, .. }) => is_commented(*board),
        _ => 0,
    };
    let frame = bulk_edits::preview(Preview {
        reader: admin.reader(),
        fields: sent,
        action: title,
        need,
        tasks: rows.len(),
        so_already,
        archived: rows.iter().filter(|row| row.is_archived).count(),
        trash,
        left_behind: left_behind.into_iter().collect(),
        commented,
        is_cut,
        boards,
        titles: rows.iter().take(TITLES).map(|row| row.title.clone()).collect(),
        back,
        mistake,
        is_impossible: action.is_none(),
    });
    Ok(match status {
        Some(status) => answer::refused(&admin, status, frame),
        None => answer::page(&admin, frame),
    })
}

/// How many tasks there are, and which.
fn fingerprint(rows: &[TaskRow]) -> String {
    let mut tasks: Vec<TaskId> = rows.iter().map(|row| row.id).collect();
    tasks.sort();
    let mut hash = Sha256::new();
    for task in &tasks {
        hash.update(task.0.as_bytes());
    }
    let hash: String = hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{hash}", tasks.len())
}

/// What happens in the trash of the boards, up to [`FORECAST`]; `None` if the action deletes nothing.
async fn trash(admin: &Admin, action: &Action, rows: &[TaskRow]) -> Result<Option<TrashForecast>, ErrorPage> {
    let stays = match action {
        Action::Delete => None,
        Action::Move { board, .. } => Some(*board),
        _ => return Ok(None),
    };
    let mut boards: BTreeMap<BoardId, Vec<TaskId>> = BTreeMap::new();
    for row in rows.iter().filter(|row| Some(row.board) != stays) {
        boards.entry(row.board).or_default().push(row.id);
    }
    let mut boards: Vec<_> = boards.into_iter().collect();
    boards.sort_by_key(|(_, tasks)| Reverse(tasks.len()));
    let mut forecast = TrashForecast::default();
    for (board, tasks) in boards.into_iter().take(FORECAST) {
        if let Some(board) = admin.services.store.board(board).await? {
            let TrashForecast { too_many, purged } = board.trash_forecast(tasks);
            forecast.too_many += too_many;
            forecast.purged += purged;
        }
    }
    Ok(Some(forecast))
}

/// The labels that the tasks lose on their way to another board, which has none like them.
async fn left_behind(admin: &Admin, action: &Action, rows: &[TaskRow]) -> Result<BTreeSet<String>, ErrorPage> {
    let Action::Move { board: to, .. } = action else { return Ok(BTreeSet::new()) };
    let Some(state) = admin.services.store.board(*to).await? else { return Ok(BTreeSet::new()) };
    Ok(rows.iter().filter(|row| row.board != *to).flat_map(|row| lost(&row.labels, &state)).collect())
}

/// The tasks that match, up to the most of one bulk edit, in the order of the table; and whether there are more.
async fn matching(admin: &Admin, filter: &TaskFilter, table: &Address) -> Result<(Vec<TaskRow>, bool), ErrorPage> {
    let mut found = Vec::new();
    let mut slice = Slice { after: None, ..table.slice(AT_A_TIME) };
    loop {
        let Rows { rows, next } = admin.services.store.tasks_table(filter, slice.clone()).await?;
        found.extend(rows);
        if found.len() > MOST_TASKS {
            found.truncate(MOST_TASKS);
            return Ok((found, true));
        }
        match next {
            Some(next) => slice.after = Some(next),
            None => return Ok((found, false)),
        }
    }
}

/// The action that the form describes, for these tasks.
async fn chosen(admin: &Admin, name: &str, fields: &Fields, rows: &[TaskRow]) -> Result<Chosen, ErrorPage> {
    let store = &admin.services.store;
    let day = || match fields.get("day") {
        "" => Ok(None),
        text => Day::parse(text).map(Some).ok_or("This is not a day. Write it as 2026-12-31."),
    };
    let has_day = fields.0.iter().any(|(name, _)| name == "day");
    let dated = |action: fn(Option<Day>) -> Action| match (has_day, day()) {
        (false, _) => Chosen::Needs(Need::Day),
        (true, Ok(day)) => Chosen::Ready(action(day)),
        (true, Err(words)) => Chosen::Wrong(words, Some(Need::Day)),
    };
    let person =
        || match fields.get("person").parse().ok().filter(|person| store.directory().account(*person).is_some()) {
            Some(person) => Ok(person),
            None => {
                let directory = store.directory();
                let mut people: Vec<_> = directory
                    .accounts()
                    .into_iter()
                    .filter(|account| account.is_active() || name == "unassign")
                    .map(|account| (account.id, account.name.clone()))
                    .collect();
                people.sort_by_key(|(_, name)| name.to_lowercase());
                Err(if people.is_empty() {
                    Chosen::Wrong("This server has no accounts, so there is nobody to assign tasks to.", None)
                } else {
                    Chosen::Needs(Need::Person(people))
                })
            }
        };
    Ok(match name {
        "complete" => Chosen::Ready(Action::Complete),
        "reopen" => Chosen::Ready(Action::Reopen),
        "delete" => Chosen::Ready(Action::Delete),
        "restore" => Chosen::Ready(Action::Restore),
        "set_start" => dated(|start| Action::SetStart { start }),
        "set_due" => dated(|due| Action::SetDue { due }),
        "set_priority" => match Priority::parse(fields.get("priority")) {
            Some(priority) => Chosen::Ready(Action::SetPriority { priority }),
            None => Chosen::Needs(Need::Priority(
                Priority::ALL.map(|priority| (priority.as_str(), bulk_edits::priority_name(priority))).into(),
            )),
        },
        "assign" => person().map_or_else(|needs| needs, |person| Chosen::Ready(Action::Assign { person })),
        "unassign" => person().map_or_else(|needs| needs, |person| Chosen::Ready(Action::Unassign { person })),
        "add_label" | "remove_label" => label(admin, name, fields, rows).await?,
        _ => {
            let board = fields.get("board").parse().ok();
            let state = match board {
                Some(board) => store.board(board).await?.filter(|board| board.exists()),
                None => None,
            };
            let column = fields.get("column").parse().ok();
            match (state, column) {
                (Some(state), _) if state.is_archived() => {
                    Chosen::Wrong("This board is archived, so no tasks move there.", None)
                }
                (Some(state), Some(column)) if state.column(column).is_some() => {
                    Chosen::Ready(Action::Move { board: state.id(), column, left_behind: BTreeSet::new() })
                }
                (Some(state), _) => Chosen::Needs(Need::Columns(
                    state.columns().map(|column| (column.id, column.name.clone())).collect(),
                )),
                (None, _) => {
                    let query = BoardQuery::newest(LISTED);
                    let mut boards = store.boards_page(&admin.credentials, &query).await?.rows;
                    boards.sort_by_key(|board| board.name.to_lowercase());
                    Chosen::Needs(Need::Boards(boards.into_iter().map(|board| (board.id, board.name)).collect()))
                }
            }
        }
    })
}

/// The action that adds or removes a label. Labels belong to a board, so all tasks must be on one.
async fn label(admin: &Admin, name: &str, fields: &Fields, rows: &[TaskRow]) -> Result<Chosen, ErrorPage> {
    let Some(board) = rows.first().map(|row| row.board) else { return Ok(Chosen::Needs(Need::Label(Vec::new()))) };
    if rows.iter().any(|row| row.board != board) {
        let words = "Each board has labels of its own, and these tasks are on several boards. Filter the table by a board, and try again.";
        return Ok(Chosen::Wrong(words, None));
    }
    let labels = admin.services.store.labels_of(board).await?;
    if labels.is_empty() {
        return Ok(Chosen::Wrong("The board of these tasks has no labels.", None));
    }
    let label = fields.get("label").parse::<LabelId>().ok().filter(|id| labels.iter().any(|label| label.id == *id));
    Ok(match label {
        Some(label) if name == "add_label" => Chosen::Ready(Action::AddLabel { board, label }),
        Some(label) => Chosen::Ready(Action::RemoveLabel { board, label }),
        None => Chosen::Needs(Need::Label(labels.iter().map(|label| (label.id, label.in_words())).collect())),
    })
}

/// Whether a task is as the action would make it.
fn is_so_already(action: &Action, row: &TaskRow) -> bool {
    match action {
        Action::Complete => row.is_completed && row.deleted_at.is_none(),
        Action::Reopen => !row.is_completed && row.deleted_at.is_none(),
        Action::Move { board, column, .. } => row.board == *board && row.column == *column,
        Action::AddLabel { label, .. } => row.labels.iter().any(|of| of.id == *label),
        Action::RemoveLabel { label, .. } => !row.labels.iter().any(|of| of.id == *label),
        Action::Assign { person } => row.assignees.contains(person),
        Action::Unassign { person } => !row.assignees.contains(person),
        Action::SetPriority { priority } => row.priority == *priority,
        Action::SetStart { start } => row.start == *start,
        Action::SetDue { due } => row.due == *due,
        Action::Delete => row.deleted_at.is_some(),
        Action::Restore => row.deleted_at.is_none(),
        Action::Undo => false,
    }
}

/// An action, in words.
async fn words(admin: &Admin, action: &Action) -> Result<String, ErrorPage> {
    let store = &admin.services.store;
    let day = |day: &Option<Day>| day.map_or_else(|| "no day".to_owned(), |day| day.to_string());
    let name = |person| person_of(&store.directory(), person).name;
    Ok(match action {
        Action::Complete => "Complete".to_owned(),
        Action::Reopen => "Reopen".to_owned(),
        Action::Move { board, column, .. } => {
            let board = store.board(*board).await?;
            let column = board.as_ref().and_then(|board| board.column(*column)).map(|column| column.name.clone());
            format!(
                "Move to “{}” on “{}”",
                column.unwrap_or_else(|| "a deleted column".to_owned()),
                board.as_ref().map_or("a deleted board", |board| board.name())
            )
        }
        Action::AddLabel { board, label } => format!("Add the label “{}”", label_words(admin, *board, *label).await?),
        Action::RemoveLabel { board, label } => {
            format!("Remove the label “{}”", label_words(admin, *board, *label).await?)
        }
        Action::Assign { person } => format!("Assign to {}", name(*person)),
        Action::Unassign { person } => format!("Unassign {}", name(*person)),
        Action::SetPriority { priority } => format!("Set the priority: {}", bulk_edits::priority_name(*priority)),
        Action::SetStart { start } => format!("Set the start: {}", day(start)),
        Action::SetDue { due } => format!("Set the due day: {}", day(due)),
        Action::Delete => "Delete".to_owned(),
        Action::Restore => "Restore from the trash".to_owned(),
        Action::Undo => "Undo".to_owned(),
    })
}

/// A label, in words.
async fn label_words(admin: &Admin, board: BoardId, label: LabelId) -> Result<String, ErrorPage> {
    let board = admin.services.store.board(board).await?;
    let label = board.as_ref().and_then(|board| board.label(label));
    Ok(label.map_or_else(|| "a deleted label".to_owned(), |label| label.in_words()))
}

async fn title(admin: &Admin, edit: &BulkEdit) -> Result<String, ErrorPage> {
    let words = match serde_json::from_str(&edit.action) {
        Ok(action) => words(admin, &action).await?,
        Err(_) => "An action that this version does not know".to_owned(),
    };
    // An undo of an undo does the action again, and so on.
    let (mut undoes, mut undone) = (edit.undoes, Vec::new());
    while let Some(id) = undoes {
        let Some((next, _)) = admin.services.store.bulk_edit(id).await? else { break };
        undoes = next.undoes;
        undone.push(next);
    }
    let is_redo = undone.len().is_multiple_of(2);
    Ok(match undone.pop().filter(|_| undoes.is_none()).map(|first| serde_json::from_str::<Action>(&first.action)) {
        Some(Ok(action)) => {
            let words = self::words(admin, &action).await?;
            if is_redo { format!("Redo: {words}") } else { format!("Undo: {words}") }
        }
        _ => words,
    })
}

fn state(edit: &BulkEdit, directory: &Directory, now: Timestamp) -> State {
    // A runner that stops gives the lease back; then the time is 1. As long as it is 0, nobody has begun yet.
    let since = if edit.worked_at.as_millis() == 0 { edit.created_at } else { edit.worked_at };
    let is_worked_at = now.as_millis() - since.as_millis() < i64::try_from(LEASE.as_millis()).unwrap_or(i64::MAX);
    if edit.finished_at.is_some() {
        return State::Finished;
    }
    if is_worked_at {
        return State::Running;
    }
    let Some(person) = edit.person else { return State::Interrupted };
    let name = person_of(directory, person).name;
    let may = |account: &Account| Principal::person(account.id, account.role).may_administer();
    match directory.account(person).filter(|account| account.is_active()) {
        None => State::Stopped(format!("the account of {name} was deactivated")),
        Some(account) if !may(account) => State::Stopped(format!("{name} is not an admin any more")),
        Some(_) => State::Interrupted,
    }
}

/// `GET /admin/bulk-edits`
pub async fn list(admin: Admin) -> Result<Response, ErrorPage> {
    let now = now();
    let directory = admin.services.store.directory();
    let mut entries = Vec::new();
    for edit in admin.services.store.newest_bulk_edits(100).await? {
        entries.push(Entry {
            id: edit.id,
            action: title(&admin, &edit).await?,
            person: edit.person.map(|person| person_of(&directory, person).name),
            created_at: edit.created_at,
            state: state(&edit, &directory, now),
        });
    }
    let frame = bulk_edits::list(admin.reader(), entries, now);
    Ok(answer::page(&admin, frame))
}

async fn found(admin: &Admin, id: Uuid) -> Result<(BulkEdit, BulkProgress), ErrorPage> {
    let edit = admin.services.store.bulk_edit(id).await?;
    edit.ok_or_else(|| ErrorPage {
        way: Some((bulk_edits::PATH.to_owned(), "Bulk edits")),
        ..ErrorPage::new(
            StatusCode::NOT_FOUND,
            "There is no such bulk edit",
            "It does not exist, or is older than 30 days.",
        )
    })
}

/// `GET /admin/bulk-edits/{id}`
pub async fn show(admin: Admin, Path(id): Path<Uuid>) -> Result<Response, ErrorPage> {
    let (edit, progress) = found(&admin, id).await?;
    let store = &admin.services.store;
    let now = now();
    // A task may have two refused steps, for the same reason: it is named by the one whose task is there.
    let mut refusals: Vec<(i64, TaskId, Option<String>, String)> = Vec::new();
    for step in store.refused_bulk_steps(id, LISTED as i64).await? {
        let Some(StepOutcome::Refused(why)) = step.outcome else { continue };
        let board = store.board(step.board).await?;
        let title = board.as_ref().and_then(|board| board.task(step.task)).map(|task| task.title.clone());
        match refusals.last_mut().filter(|(position, ..)| *position == step.position) {
            Some((_, task, name @ None, _)) if title.is_some() => (*task, *name) = (step.task, title),
            Some(_) => {}
            None => refusals.push((step.position, step.task, title, why)),
        }
    }
    let named = |(_, task, title, why): (i64, TaskId, Option<String>, String)| {
        (task, title.unwrap_or_else(|| "A task that is gone".to_owned()), why)
    };
    let frame = bulk_edits::progress(Progress {
        reader: admin.reader(),
        id,
        action: title(&admin, &edit).await?,
        person: edit.person.map(|person| person_of(&store.directory(), person).name),
        created_at: edit.created_at,
        tasks: progress.tasks,
        done: progress.done,
        refused: progress.refused,
        halves: progress.halves,
        steps: (progress.steps, progress.settled),
        state: state(&edit, &store.directory(), now),
        refusals: refusals.into_iter().map(named).collect(),
        left_behind: match serde_json::from_str(&edit.action) {
            Ok(Action::Move { left_behind, .. }) => left_behind.into_iter().collect(),
            _ => Vec::new(),
        },
        may_undo: progress.done + progress.halves > 0,
    });
    Ok(answer::page(&admin, frame))
}

/// `POST /admin/bulk-edits/{id}/continue`
pub async fn resume(admin: Admin, Path(id): Path<Uuid>) -> Result<Response, ErrorPage> {
    found(&admin, id).await?;
    admin.services.bulk.resume(id, admin.credentials.clone());
    Ok(see(&address(id)))
}

/// `POST /admin/bulk-edits/{id}/undo`
pub async fn undo(admin: Admin, Path(id): Path<Uuid>) -> Result<Response, ErrorPage> {
    let (edit, _) = found(&admin, id).await?;
    if edit.finished_at.is_none() {
        let words = "It is still running. Wait until it is finished, or continue it, and undo it then.";
        return Err(ErrorPage::new(StatusCode::CONFLICT, "This cannot be undone yet", words));
    }
    let person = admin.current_user().map(|user| user.person.id);
    let undo = admin.services.bulk.undo(id, person, admin.credentials.clone()).await?;
    Ok(see(&address(undo)))
}
