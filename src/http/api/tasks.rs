//! Tasks over REST, including those in the trash.

use app::{
    fields::{self, FieldEdit},
    id::{ActorId, BoardId, ColumnId, LabelId, TaskId},
    key::TaskRef,
    model::Priority,
    ops::{CreateTask, DeleteTask, Op, RestoreTask, UpdateTask, present},
    refusal::{Refusal, Thing},
    state::BoardState,
    time::Day,
};
use axum::{
    http::{HeaderMap, StatusCode},
    response::Response,
};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    client::Client,
    fields::{Fields, Only},
    json,
    list::{Listing, Tasks},
    located,
    model::{Place, Task, not_null},
    tagged, unless_known,
};
use crate::{
    http::{
        conditional::base,
        input::{Json, Key, Path, Query},
        problem::{Code, Problem},
    },
    writer::WriteError,
};

/// A task to create.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTask {
    /// The task's id, preferably a UUIDv7; if absent, the server makes one.
    #[serde(default)]
    id: Option<Uuid>,
    /// The title: one line of text.
    #[schema(min_length = 1, max_length = 500, pattern = r"\S")]
    title: String,
    /// The description, in Markdown.
    #[serde(default)]
    #[schema(max_length = 30000)]
    description: String,
    /// The task's column; if absent, the first one.
    #[serde(default)]
    column: Option<Uuid>,
    /// `true` puts the task into the first column for done tasks.
    #[serde(default)]
    completed: Option<bool>,
    /// The task's place in the column; if absent, last.
    #[serde(default)]
    place: Place,
    /// How urgent it is.
    #[serde(default)]
    priority: Priority,
    /// The day work on it begins.
    #[serde(default)]
    start: Option<Day>,
    /// The day it is due.
    #[serde(default)]
    due: Option<Day>,
    /// The people to whom to assign the task; they must be able to see the board.
    #[serde(default)]
    #[schema(max_items = 20)]
    assignees: Vec<Uuid>,
    /// The labels of the task: ids of labels of the board.
    #[serde(default)]
    #[schema(max_items = 50)]
    labels: Vec<Uuid>,
}

/// The fields to change of a task; absent fields stay as they are.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskPatch {
    /// A new title.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = Option<String>, nullable = false, min_length = 1, max_length = 500, pattern = r"\S")]
    title: Option<String>,
    /// A new description.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = Option<String>, nullable = false, max_length = 30000)]
    description: Option<String>,
    /// A new priority.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = Option<Priority>, nullable = false)]
    priority: Option<Priority>,
    /// A new day on which work begins; `null` clears it.
    #[serde(default, deserialize_with = "present")]
    start: Option<Option<Day>>,
    /// A new due date; `null` clears it.
    #[serde(default, deserialize_with = "present")]
    due: Option<Option<Day>>,
    /// People to whom to assign the task in addition; they must be able to see the board.
    #[serde(default)]
    #[schema(max_items = 20)]
    assign: Vec<Uuid>,
    /// People to remove from the assignees.
    #[serde(default)]
    #[schema(max_items = 20)]
    unassign: Vec<Uuid>,
    /// Labels to add: ids of labels of the board.
    #[serde(default)]
    #[schema(max_items = 50)]
    add_labels: Vec<Uuid>,
    /// Labels to remove.
    #[serde(default)]
    #[schema(max_items = 50)]
    remove_labels: Vec<Uuid>,
    /// A new column.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = Option<Uuid>, nullable = false)]
    column: Option<Uuid>,
    /// `true` moves the task to the first column for done tasks, `false` back to the column from which it came.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = Option<bool>, nullable = false)]
    completed: Option<bool>,
    /// A new place in the task's column, or in the column to which it moves (where absent means last).
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = Option<Place>, nullable = false)]
    place: Option<Place>,
}

impl TaskPatch {
    fn fields(self) -> fields::TaskPatch {
        let edits = [
            self.title.map(FieldEdit::Title),
            self.description.map(FieldEdit::Description),
            self.priority.map(FieldEdit::Priority),
            self.start.map(FieldEdit::Start),
            self.due.map(FieldEdit::Due),
            Some(FieldEdit::Assign(people(self.assign))),
            Some(FieldEdit::Unassign(people(self.unassign))),
            Some(FieldEdit::AddLabels(labels(self.add_labels))),
            Some(FieldEdit::RemoveLabels(labels(self.remove_labels))),
        ];
        edits.into_iter().flatten().collect()
    }
}

/// List tasks of a board
///
/// The tasks of a board in pages, filtered and sorted; with `deleted=true`, its trash.
#[utoipa::path(
    get, path = "/boards/{board}/tasks", tag = "tasks", operation_id = "list_tasks",
    params(("board" = Uuid, Path), Listing, ("If-None-Match" = Option<String>, Header)),
    responses(
        (status = 200, body = Tasks<'_>, headers(("ETag" = String, description = "The number of the board's newest change"))),
        (status = 304, description = "Nothing on the board changed since")
)
)]
pub async fn list(
    client: Client,
    Path(id): Path<BoardId>,
    Query(listing): Query<Listing>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let request = listing.check()?;
    let board = client.board(id).await?;
    Ok(unless_known(&headers, board.seq(), || request.answer(&board)))
}

/// Create a task
///
/// Editors and managers may do this. Every open page of the board shows the task at once.
#[utoipa::path(
    post, path = "/boards/{board}/tasks", tag = "tasks", operation_id = "create_task",
    params(
        ("board" = Uuid, Path),
        ("Idempotency-Key" = Option<Uuid>, Header, description = "Makes the request safe to repeat")
    ),
    request_body = NewTask,
    responses(
        (status = 201, body = Task<'_>, headers(("Location" = String), ("ETag" = String)))
)
)]
pub async fn create(
    client: Client,
    Path(id): Path<BoardId>,
    key: Key,
    Json(new): Json<NewTask>,
) -> Result<Response, Problem> {
    // An id that the client omits is derived from the idempotency key, so that a repeated request asks for the same id.
    let task = TaskId(new.id.unwrap_or(key.0.0));
    let names_column = new.column.is_some();
    let create = CreateTask {
        description: new.description,
        column: new.column.map(ColumnId),
        completed: new.completed,
        place: new.place.into(),
        ..CreateTask::of(task, new.title)
    };
    let create = create
        .with(FieldEdit::Priority(new.priority))
        .with(FieldEdit::Start(new.start))
        .with(FieldEdit::Due(new.due))
        .with(FieldEdit::Assign(people(new.assignees)))
        .with(FieldEdit::AddLabels(labels(new.labels)));
    let accepted = client.write(id, key, Op::CreateTask(create)).await.map_err(in_body(names_column, "labels"))?;
    Ok(located(answer(StatusCode::CREATED, &accepted.board, task)?, format!("/tasks/{task}")))
}

/// Read a task
///
/// A task that is not in the trash.
#[utoipa::path(
    get, path = "/tasks/{task}", tag = "tasks", operation_id = "read_task",
    params(("task" = Uuid, Path), Only, ("If-None-Match" = Option<String>, Header)),
    responses(
        (status = 200, body = Task<'_>, headers(("ETag" = String))),
        (status = 304, description = "Not changed since")
)
)]
pub async fn read(
    client: Client,
    Path(id): Path<TaskId>,
    Query(Only { fields }): Query<Only>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    found(&client, id, fields.as_deref(), &headers).await
}

/// Read a task by its name
///
/// A task that is not in the trash, by the key of its board and its number: `WEB-42`, in capital letters or small ones. A key that the board
/// had before leads to it, too.
#[utoipa::path(
    get, path = "/refs/{ref}", tag = "tasks", operation_id = "read_task_by_ref",
    params(
        ("ref" = String, Path, pattern = "^[A-Za-z]{2,5}-[1-9][0-9]{0,8}$", example = "WEB-42"),
        Only,
        ("If-None-Match" = Option<String>, Header)
    ),
    responses(
        (status = 200, body = Task<'_>, headers(("ETag" = String))),
        (status = 304, description = "Not changed since")
)
)]
pub async fn read_named(
    client: Client,
    Path(name): Path<String>,
    Query(Only { fields }): Query<Only>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let not_found = || Problem::not_found(Thing::Task);
    let name = TaskRef::parse(&name).ok_or_else(not_found)?;
    let (_, id) = client.services.store.find_task(&name, |board| client.sees(board)).await?.ok_or_else(not_found)?;
    found(&client, id, fields.as_deref(), &headers).await
}

async fn found(client: &Client, id: TaskId, fields: Option<&str>, headers: &HeaderMap) -> Result<Response, Problem> {
    let fields = Fields::of::<Task<'_>>(fields)?;
    let board = client.board_of(id).await?;
    let task = board.live_task(id).ok_or_else(|| {
        let detail = "this task is in the trash; it can be restored, and is listed with ?deleted=true";
        Problem::new(Code::InTrash, detail)
    })?;
    Ok(unless_known(headers, task.seq, || fields.one(&Task::of(&board, task))))
}

/// Change some fields of a task
///
/// Editors and managers may do this. Absent fields stay as they are, so that edits of different fields by different
/// people both survive.
#[utoipa::path(
    patch, path = "/tasks/{task}", tag = "tasks", operation_id = "update_task",
    params(
        ("task" = Uuid, Path),
        ("If-Match" = Option<String>, Header,
            description = "The ETag that the edit started from. If somebody changed the same text since, the answer is 412 \
                with their text; edits of different fields both survive."),
        ("Idempotency-Key" = Option<Uuid>, Header, description = "Makes the request safe to repeat")
    ),
    request_body = TaskPatch,
    responses((status = 200, body = Task<'_>, headers(("ETag" = String))))
)]
pub async fn update(
    client: Client,
    Path(id): Path<TaskId>,
    headers: HeaderMap,
    key: Key,
    Json(patch): Json<TaskPatch>,
) -> Result<Response, Problem> {
    let names_column = patch.column.is_some();
    let update = UpdateTask {
        base: base(&headers)?,
        column: patch.column.map(ColumnId),
        completed: patch.completed,
        place: patch.place.map(Place::into),
        fields: patch.fields(),
        ..UpdateTask::of(id)
    };
    let board = client.board_of(id).await?;
    let accepted =
        client.write(board.id(), key, Op::UpdateTask(update)).await.map_err(in_body(names_column, "add_labels"))?;
    answer(StatusCode::OK, &accepted.board, id)
}

/// Put a task into the trash
///
/// Editors and managers may do this. The trash holds at most 1,000 tasks; the oldest leave it for good.
#[utoipa::path(
    delete, path = "/tasks/{task}", tag = "tasks", operation_id = "delete_task",
    params(
        ("task" = Uuid, Path),
        ("If-Match" = Option<String>, Header, description = "Refuse if the task was changed since"),
        ("Idempotency-Key" = Option<Uuid>, Header, description = "Makes the request safe to repeat")
    ),
    responses((status = 204, description = "Deleted"))
)]
pub async fn delete(
    client: Client,
    Path(id): Path<TaskId>,
    headers: HeaderMap,
    key: Key,
) -> Result<StatusCode, Problem> {
    let delete = DeleteTask { task: id, base: base(&headers)? };
    let board = client.board_of(id).await?;
    client.write(board.id(), key, Op::DeleteTask(delete)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Take a task out of the trash
///
/// Editors and managers may do this. The task returns to the end of its column, or of the first column if that is gone.
#[utoipa::path(
    post, path = "/tasks/{task}/restore", tag = "tasks", operation_id = "restore_task",
    params(
        ("task" = Uuid, Path),
        ("Idempotency-Key" = Option<Uuid>, Header, description = "Makes the request safe to repeat")
    ),
    responses((status = 200, body = Task<'_>, headers(("ETag" = String))))
)]
pub async fn restore(client: Client, Path(id): Path<TaskId>, key: Key) -> Result<Response, Problem> {
    let board = client.board_of(id).await?;
    let accepted = client.write(board.id(), key, Op::RestoreTask(RestoreTask::of(id))).await?;
    answer(StatusCode::OK, &accepted.board, id)
}

fn answer(status: StatusCode, board: &BoardState, id: TaskId) -> Result<Response, Problem> {
    let task = board.task(id).ok_or_else(|| Problem::not_found(Thing::Task))?;
    Ok(tagged(json(status, &Task::of(board, task)), task.seq))
}

/// If the body named a column, then a column that does not exist is an error in the body, not in the address. So is a label.
fn in_body(names_column: bool, labels: &'static str) -> impl Fn(WriteError) -> Problem {
    move |error| match error {
        WriteError::Refused(Refusal::NotFound { what: Thing::Column }) if names_column => {
            Problem::field("column", "this board has no such column")
        }
        WriteError::Refused(Refusal::NotFound { what: Thing::Label }) => {
            Problem::field(labels, "this board has no such label")
        }
        error => error.into(),
    }
}

fn labels(ids: Vec<Uuid>) -> Vec<LabelId> {
    ids.into_iter().map(LabelId).collect()
}

fn people(ids: Vec<Uuid>) -> Vec<ActorId> {
    ids.into_iter().map(ActorId).collect()
}
