//! The page of one task: its fields, and its history field by field.

use std::sync::Arc;

use app::{
    account::Notice,
    admin::{
        task::{Names, TaskPage, field_named, page},
        tasks::{PATH, address},
    },
    history::revisions::{Revision, revisions},
    id::{MutationId, TaskId},
    model::Seq,
    new_id,
    ops::{Change, DeleteTask, Mutation, Op, RestoreTask, UpdateTask},
    state::BoardState,
    text::sentence,
};
use axum::{extract::Path, http::StatusCode, response::Response};
use serde::Deserialize;

use super::{
    answer,
    reader::Admin,
    tasks::{mentioned_in, person_of, status},
};
use crate::{
    clock::now,
    http::account::{answer::ErrorPage, form::Form},
    store::Entries,
    writer::WriteError,
};

/// How many changes of a task the page shows: the newest.
const SHOWN: usize = 500;

/// `GET /admin/tasks/{task}`
pub async fn show(admin: Admin, Path(task): Path<TaskId>) -> Result<Response, ErrorPage> {
    let content = content(&admin, task, None).await?;
    Ok(answer::page(&admin, page(content)))
}

async fn board_of(admin: &Admin, task: TaskId) -> Result<Arc<BoardState>, ErrorPage> {
    let gone = || ErrorPage {
        way: Some((PATH.to_owned(), "All tasks")),
        ..ErrorPage::new(
            StatusCode::NOT_FOUND,
            "There is no such task",
            "It does not exist, or has left the trash for good.",
        )
    };
    let store = &admin.services.store;
    let board = store.board_of(task).await?.ok_or_else(gone)?;
    let board = store.board(board).await?.ok_or_else(gone)?;
    if board.exists() && board.task(task).is_some() { Ok(board) } else { Err(gone()) }
}

/// The revisions of a task in the order of their numbers, and whether the log has all of its changes.
async fn history(admin: &Admin, task: TaskId) -> Result<(Vec<Revision>, bool), ErrorPage> {
    let Entries { mut entries, more } = admin.services.store.task_history(task, None, SHOWN).await?;
    entries.reverse();
    let changes: Vec<Change> = entries.iter().map(|entry| entry.change()).collect::<Result<_, _>>()?;
    let is_whole =
        !more && changes.first().is_some_and(|change| matches!(change.kind, app::ops::ChangeKind::TaskCreated(_)));
    Ok((revisions(&changes), is_whole))
}

async fn content(admin: &Admin, id: TaskId, mistake: Option<String>) -> Result<TaskPage, ErrorPage> {
    let board = board_of(admin, id).await?;
    let Some(task) = board.task(id) else { return Err(ErrorPage::nothing_here("There is no such task.")) };
    let (revisions, is_whole) = history(admin, id).await?;
    let directory = admin.services.store.directory();
    let name = |person| person_of(&directory, person).name;
    let by = |by| mentioned_in(&directory, by);
    let may_change = !task.is_deleted() && !board.is_archived();
    let revisions = revisions
        .into_iter()
        .rev()
        .map(|revision| {
            let can =
                revision.fields.iter().map(|field| may_change && field.put_back(id, task, &board).is_some()).collect();
            (revision, can)
        })
        .collect();
    Ok(TaskPage {
        reader: admin.reader(),
        id,
        reference: board.task_ref(task).map(|name| name.to_string()).unwrap_or_default(),
        title: task.title.clone(),
        description: task.description().unwrap_or_default().to_owned(),
        board: (board.id(), board.name().to_owned()),
        is_archived: board.is_archived(),
        column: board.column(task.column).map(|column| column.name.clone()).unwrap_or_default(),
        is_completed: board.is_completed(task),
        deleted_at: task.deleted_at,
        priority: task.priority,
        start: task.start,
        due: task.due,
        labels: board.task_labels(task),
        assignees: task.assignees.iter().map(|person| name(*person)).collect(),
        created: (task.created_at, task.created_by.map(by)),
        updated: (task.updated_at, task.updated_by.map(by)),
        seq: task.seq,
        revisions,
        is_whole,
        names: Names {
            people: directory.accounts().iter().map(|account| (account.id, account.name.clone())).collect(),
            columns: board.columns().map(|column| (column.id, column.name.clone())).collect(),
            labels: board.all_labels().map(|label| (label.id, label.in_words())).collect(),
        },
        now: now(),
        mistake,
    })
}

/// The form that puts a value back.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PutBack {
    seq: Seq,
    field: String,
    /// The number of the task's newest change when the page was drawn.
    seen: Seq,
}

/// `POST /admin/tasks/{task}/put-back`: gives a field the value that it had before a change.
pub async fn put_back(
    admin: Admin,
    Path(id): Path<TaskId>,
    Form(PutBack { seq, field, seen }): Form<PutBack>,
) -> Result<Response, ErrorPage> {
    let board = board_of(&admin, id).await?;
    let (revisions, _) = history(&admin, id).await?;
    let revision = revisions.iter().find(|revision| revision.seq == seq);
    let field = revision
        .zip(field_named(&field))
        .and_then(|(revision, field)| revision.fields.iter().find(|revision| revision.field == field));
    let update = field.zip(board.live_task(id)).and_then(|(field, task)| field.put_back(id, task, &board));
    let Some(update) = update else {
        let words = "This value cannot be put back: the task has it already, is in the trash, or the value is not known any more.";
        let frame = page(content(&admin, id, Some(words.to_owned())).await?);
        return Ok(answer::refused(&admin, StatusCode::CONFLICT, frame));
    };
    // Whoever pressed the button has not seen what somebody else wrote since.
    let update = UpdateTask { guard: Some(seen), ..update };
    change(admin, id, &board, Op::UpdateTask(update), "The earlier value is back.").await
}

/// `POST /admin/tasks/{task}/delete`
pub async fn delete(admin: Admin, Path(id): Path<TaskId>) -> Result<Response, ErrorPage> {
    let board = board_of(&admin, id).await?;
    change(admin, id, &board, Op::DeleteTask(DeleteTask::of(id)), "The task is in the trash.").await
}

/// `POST /admin/tasks/{task}/restore`
pub async fn restore(admin: Admin, Path(id): Path<TaskId>) -> Result<Response, ErrorPage> {
    let board = board_of(&admin, id).await?;
    change(admin, id, &board, Op::RestoreTask(RestoreTask::of(id)), "The task is back on its board.").await
}

async fn change(
    admin: Admin,
    id: TaskId,
    board: &BoardState,
    op: Op,
    done: &'static str,
) -> Result<Response, ErrorPage> {
    let mutation = Mutation { id: MutationId(new_id()), op };
    match admin.services.writer.write(board.id(), mutation, admin.credentials.clone()).await {
        Ok(_) => Ok(admin.redirect_with_flash(&Notice::done(done), &address(id))),
        Err(error) => {
            let words = match &error {
                WriteError::Refused(refusal) => sentence(&refusal.to_string()),
                WriteError::Unavailable(_) => answer::UNAVAILABLE.to_owned(),
            };
            let frame = page(content(&admin, id, Some(words)).await?);
            Ok(answer::refused(&admin, status(&error), frame))
        }
    }
}
