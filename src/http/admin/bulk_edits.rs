//! Bulk edits: what one will touch, how far it is, and its undo. [`crate::bulk`] runs them.

use std::collections::BTreeMap;

use app::{
    admin::{
        bulk_edits::{self, ACTIONS, Entry, Need, Preview, Progress, State, address},
        tasks::PATH as TASKS,
    },
    id::{BoardId, TaskId},
    model::Priority,
    new_id,
    time::{Day, Timestamp},
};
use axum::{
    extract::{Path, Query},
    http::StatusCode,
    response::Response,
};
use uuid::Uuid;

use super::{
    answer,
    reader::Admin,
    tasks::{Address, person_of},
};
use crate::{
    bulk::{Action, LEASE, MOST_TASKS, Target},
    clock::now,
    http::account::{
        answer::{ErrorPage, see},
        form::Form,
    },
    store::{
        BoardQuery, BulkEdit, BulkProgress, StepOutcome,
        tables::{Rows, Slice, TaskFilter, TaskRow, TaskState},
    },
};

/// How many titles a preview shows.
const TITLES: usize = 20;
/// How many boards and refusals are offered or listed.
const LISTED: usize = 500;
/// How many tasks are read at a time.
const AT_A_TIME: usize = 500;

/// The fields of the forms. A browser sends a field for each selected task.
struct Fields(Vec<(String, String)>);

impl Fields {
    fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.trim())
    }

    /// The address of the table from which the form was sent.
    fn table(&self) -> Address {
        let uri = format!("{TASKS}{}", self.get("query")).parse().ok();
        uri.and_then(|uri| Query::try_from_uri(&uri).ok()).map(|Query(address)| address).unwrap_or_default()
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
    Wrong(&'static str),
}

/// `POST /admin/tasks/bulk`: shows what a bulk edit will touch, and begins it once that is confirmed.
pub async fn choose(admin: Admin, Form(fields): Form<Vec<(String, String)>>) -> Result<Response, ErrorPage> {
    let fields = Fields(fields);
    let table = fields.table();
    let Some((name, label)) = ACTIONS.into_iter().find(|(name, _)| *name == fields.get("action")) else {
        return Err(ErrorPage::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "There is no such action",
            "Go back, and choose an action.",
        ));
    };
    let selected = fields.selected();
    let is_all = fields.get("of") == "all";
    let (rows, is_cut) = match is_all {
        true => matching(&admin, &table.filter(now()), &table).await?,
        false => {
            let filter = TaskFilter { only: Some(selected.clone()), state: TaskState::Any, ..TaskFilter::default() };
            matching(&admin, &filter, &Address::default()).await?
        }
    };
    let back = table.query().with("edit", "").address(TASKS);
    let chosen = chosen(&admin, name, &fields).await?;
    if let (Chosen::Ready(action), "1") = (&chosen, fields.get("go"))
        && !rows.is_empty()
    {
        let id = fields.get("id").parse().unwrap_or_else(|_| new_id());
        let targets: Vec<Target> = rows.iter().map(|row| Target { board: row.board, task: row.id }).collect();
        let person = admin.current_user().map(|user| user.person.id);
        admin.services.bulk.start(id, action, &targets, person, admin.credentials.clone()).await?;
        return Ok(see(&address(id)));
    }
    let (action, need, mistake) = match chosen {
        Chosen::Ready(action) => (Some(action), None, None),
        Chosen::Needs(need) => (None, Some(need), None),
        Chosen::Wrong(words) => (None, None, Some(words.to_owned())),
    };
    let mistake = mistake.or_else(|| {
        rows.is_empty().then(|| match is_all {
            true => "No tasks match any more. Nothing was changed.".to_owned(),
            false => "No tasks are selected. Go back, and tick the boxes of some.".to_owned(),
        })
    });
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
    if !is_all {
        sent.extend(selected.iter().map(|task| ("task".to_owned(), task.to_string())));
    }
    // What was chosen so far.
    for name in ["board", "column", "person", "priority", "day"] {
        if fields.0.iter().any(|(known, _)| known == name) {
            sent.push((name.to_owned(), fields.get(name).to_owned()));
        }
    }
    let so_already = action.as_ref().map_or(0, |action| rows.iter().filter(|row| is_so_already(action, row)).count());
    let is_refused = mistake.is_some();
    let frame = bulk_edits::preview(Preview {
        reader: admin.reader(),
        fields: sent,
        action: title,
        need,
        tasks: rows.len(),
        so_already,
        is_cut,
        boards,
        titles: rows.iter().take(TITLES).map(|row| row.title.clone()).collect(),
        back,
        mistake,
    });
    Ok(match is_refused {
        true => answer::refused(&admin, StatusCode::UNPROCESSABLE_ENTITY, frame),
        false => answer::page(&admin, frame),
    })
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

/// The action that the form describes.
async fn chosen(admin: &Admin, name: &str, fields: &Fields) -> Result<Chosen, ErrorPage> {
    let store = &admin.services.store;
    let day = || match fields.get("day") {
        "" => Ok(None),
        text => Day::parse(text).map(Some).ok_or("This is not a day. Write it as 2026-12-31."),
    };
    let has_day = fields.0.iter().any(|(name, _)| name == "day");
    let dated = |action: fn(Option<Day>) -> Action| match (has_day, day()) {
        (false, _) => Chosen::Needs(Need::Day),
        (true, Ok(day)) => Chosen::Ready(action(day)),
        (true, Err(words)) => Chosen::Wrong(words),
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
                    Chosen::Wrong("This server has no accounts, so there is nobody to assign tasks to.")
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
        _ => {
            let board = fields.get("board").parse().ok();
            let state = match board {
                Some(board) => store.board(board).await?.filter(|board| board.exists()),
                None => None,
            };
            let column = fields.get("column").parse().ok();
            match (state, column) {
                (Some(state), Some(column)) if state.column(column).is_some() => {
                    Chosen::Ready(Action::Move { board: state.id(), column })
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

/// Whether a task is as the action would make it.
fn is_so_already(action: &Action, row: &TaskRow) -> bool {
    match action {
        Action::Complete => row.is_completed && row.deleted_at.is_none(),
        Action::Reopen => !row.is_completed && row.deleted_at.is_none(),
        Action::Move { board, column } => row.board == *board && row.column == *column,
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
        Action::Move { board, column } => {
            let board = store.board(*board).await?;
            let column = board.as_ref().and_then(|board| board.column(*column)).map(|column| column.name.clone());
            format!(
                "Move to “{}” on “{}”",
                column.unwrap_or_else(|| "a deleted column".to_owned()),
                board.as_ref().map_or("a deleted board", |board| board.name())
            )
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

async fn title(admin: &Admin, edit: &BulkEdit) -> Result<String, ErrorPage> {
    let words = match serde_json::from_str(&edit.action) {
        Ok(action) => words(admin, &action).await?,
        Err(_) => "An action that this version does not know".to_owned(),
    };
    let undone = match edit.undoes {
        Some(undone) => admin.services.store.bulk_edit(undone).await?,
        None => None,
    };
    Ok(match undone.map(|(undone, _)| serde_json::from_str::<Action>(&undone.action)) {
        Some(Ok(Action::Undo)) => "Redo".to_owned(),
        Some(Ok(action)) => format!("Undo: {}", self::words(admin, &action).await?),
        _ => words,
    })
}

fn state(edit: &BulkEdit, now: Timestamp) -> State {
    let is_worked_at = || {
        let since = edit.worked_at.as_millis().max(edit.created_at.as_millis());
        now.as_millis() - since < i64::try_from(LEASE.as_millis()).unwrap_or(i64::MAX)
    };
    match edit.finished_at {
        Some(_) => State::Finished,
        None if is_worked_at() => State::Running,
        None => State::Interrupted,
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
            state: state(&edit, now),
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
    let mut refusals = Vec::new();
    for step in store.refused_bulk_steps(id, LISTED as i64).await? {
        // The first half of a move to another board has the reason of the second, which names the task.
        let is_copy = progress.steps > progress.tasks && step.phase == 0;
        if let Some(StepOutcome::Refused(why)) = step.outcome.filter(|_| !is_copy) {
            let board = store.board(step.board).await?;
            let title = board.as_ref().and_then(|board| board.task(step.task)).map(|task| task.title.clone());
            refusals.push((step.task, title.unwrap_or_else(|| "A task that is gone".to_owned()), why));
        }
    }
    let frame = bulk_edits::progress(Progress {
        reader: admin.reader(),
        id,
        action: title(&admin, &edit).await?,
        person: edit.person.map(|person| person_of(&store.directory(), person).name),
        created_at: edit.created_at,
        now,
        tasks: progress.tasks,
        done: progress.done,
        refused: progress.refused,
        steps: (progress.steps, progress.settled),
        state: state(&edit, now),
        refusals,
        may_undo: progress.done > 0,
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
