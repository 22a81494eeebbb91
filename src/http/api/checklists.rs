//! The checklists of a task over REST, and their items.

use app::{
    checklist::{self, Checklists, Progress},
    id::{ActorId, ChecklistId, ChecklistItemId, TaskId},
    model::Seq,
    ops::{
        AddChecklistItems, CreateChecklist, DeleteChecklistItems, NewChecklistItem, Op, UpdateChecklist,
        UpdateChecklistItem, present,
    },
    refusal::{Refusal, Thing},
    state::BoardState,
    time::Day,
};
use axum::{http::StatusCode, response::Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    client::Client,
    fields::{Fields, Only},
    json, located,
    model::{Place, not_null},
    tagged,
};
use crate::{
    http::{
        input::{Json, Key, Path, Query},
        problem::Problem,
    },
    writer::WriteError,
};

/// A checklist of a task.
#[derive(Serialize, ToSchema)]
pub struct Checklist<'a> {
    /// The checklist's id.
    id: ChecklistId,
    /// The id of the task.
    task: TaskId,
    /// The checklist's name.
    name: &'a str,
    /// The checklist's position: checklists are ordered by these texts.
    rank: &'a str,
    /// How many items it has, and how many of them are done.
    progress: Progress,
    /// The items, in order.
    items: Vec<ChecklistItem<'a>>,
}

/// An item of a checklist.
#[derive(Serialize, ToSchema)]
pub struct ChecklistItem<'a> {
    /// The item's id.
    id: ChecklistItemId,
    /// The id of its checklist.
    checklist: ChecklistId,
    /// What is to be done: one line, with inline Markdown.
    text: &'a str,
    /// Whether it is done.
    done: bool,
    /// The person who is to do it.
    assignee: Option<ActorId>,
    /// The day it is due.
    due: Option<Day>,
    /// The item's position in its checklist: items are ordered by these texts.
    rank: &'a str,
    /// The number of the item's newest change.
    seq: Seq,
}

impl<'a> ChecklistItem<'a> {
    fn of(item: &'a checklist::ChecklistItem) -> Self {
        let checklist::ChecklistItem { id, checklist, done, assignee, due, seq, .. } = *item;
        Self { id, checklist, text: &item.text, done, assignee, due, rank: item.rank.as_str(), seq }
    }
}

impl<'a> Checklist<'a> {
    fn of(task: TaskId, lists: &'a Checklists, list: &'a checklist::Checklist) -> Self {
        Self {
            id: list.id,
            task,
            name: &list.name,
            rank: list.rank.as_str(),
            progress: Progress::of(lists.items_of(list.id)),
            items: lists.items_of(list.id).map(|item| ChecklistItem::of(item)).collect(),
        }
    }
}

/// The checklists of a task.
#[derive(Serialize, ToSchema)]
pub struct TaskChecklists<'a> {
    /// The checklists, in order.
    checklists: Vec<Checklist<'a>>,
    /// How many items they have, and how many of them are done.
    progress: Progress,
    /// The number of the newest change of the checklists; 0 if there was none.
    seq: Seq,
}

/// A checklist to create.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChecklistToCreate {
    /// The checklist's id; if absent, the server makes one.
    #[serde(default)]
    id: Option<Uuid>,
    /// The checklist's name.
    #[schema(min_length = 1, max_length = 100, pattern = r"\S")]
    name: String,
    /// The items.
    #[serde(default, deserialize_with = "app::by_name::each")]
    #[schema(max_items = 200)]
    items: Vec<ItemToCreate>,
    /// The checklist's place; if absent, last.
    #[serde(default)]
    place: Place,
}

/// An item to create.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemToCreate {
    /// The item's id; if absent, the server makes one.
    #[serde(default)]
    id: Option<Uuid>,
    /// What is to be done: one line, with inline Markdown.
    #[schema(min_length = 1, max_length = 500, pattern = r"\S")]
    text: String,
    /// Whether it is done.
    #[serde(default)]
    done: bool,
    /// The person who is to do it; they must be able to see the board.
    #[serde(default)]
    assignee: Option<Uuid>,
    /// The day it is due.
    #[serde(default)]
    due: Option<Day>,
}

/// Items to add to a checklist.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemsToAdd {
    /// The items.
    #[serde(deserialize_with = "app::by_name::each")]
    #[schema(min_items = 1, max_items = 200)]
    items: Vec<ItemToCreate>,
    /// The place of the first of them, which the others follow; if absent, last.
    #[serde(default)]
    place: Place,
}

/// The fields to change of a checklist; absent fields stay as they are.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChecklistPatch {
    /// A new name.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = Option<String>, nullable = false, min_length = 1, max_length = 100, pattern = r"\S")]
    name: Option<String>,
    /// A new place.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = Option<Place>, nullable = false)]
    place: Option<Place>,
}

/// The fields to change of an item; absent fields stay as they are.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChecklistItemPatch {
    /// A new text.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = Option<String>, nullable = false, min_length = 1, max_length = 500, pattern = r"\S")]
    text: Option<String>,
    /// Whether it is done.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = Option<bool>, nullable = false)]
    done: Option<bool>,
    /// The person who is to do it; `null` for nobody. They must be able to see the board.
    #[serde(default, deserialize_with = "present")]
    assignee: Option<Option<Uuid>>,
    /// A new due date; `null` clears it.
    #[serde(default, deserialize_with = "present")]
    due: Option<Option<Day>>,
    /// Another checklist of the task, to which the item moves.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = Option<Uuid>, nullable = false)]
    checklist: Option<Uuid>,
    /// A new place in the item's checklist, or in the one to which it moves (where absent means last).
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = Option<Place>, nullable = false)]
    place: Option<Place>,
}

/// List the checklists of a task
///
/// The checklists in order, with their items.
#[utoipa::path(
    get, path = "/tasks/{task}/checklists", tag = "checklists", operation_id = "list_checklists",
    params(("task" = Uuid, Path), Only),
    responses((status = 200, body = TaskChecklists<'_>, headers(("ETag" = String))))
)]
pub async fn list(
    client: Client,
    Path(task): Path<TaskId>,
    Query(Only { fields }): Query<Only>,
) -> Result<Response, Problem> {
    let fields = Fields::of::<Checklist<'_>>(fields.as_deref())?;
    let board = client.board_of(task).await?;
    let lists = checklists(&board, task)?;
    let checklists = lists.lists().map(|list| Checklist::of(task, lists, list)).collect();
    let seq = board.task(task).map_or(0, |task| task.checklists_seq);
    let answer = TaskChecklists { checklists, progress: lists.progress(), seq };
    Ok(tagged(fields.list("checklists", &answer), seq))
}

/// Add a checklist to a task
///
/// Editors and managers may do this. A task has at most 50 checklists, and each of them at most 200 items.
#[utoipa::path(
    post, path = "/tasks/{task}/checklists", tag = "checklists", operation_id = "create_checklist",
    params(
        ("task" = Uuid, Path),
        ("Idempotency-Key" = Option<Uuid>, Header, description = "Makes the request safe to repeat")
    ),
    request_body = ChecklistToCreate,
    responses((status = 201, body = Checklist<'_>, headers(("Location" = String))))
)]
pub async fn create(
    client: Client,
    Path(task): Path<TaskId>,
    key: Key,
    Json(new): Json<ChecklistToCreate>,
) -> Result<Response, Problem> {
    let list = ChecklistId(new.id.unwrap_or(key.0.0));
    let items = new_items(&key, new.items, None);
    let create = CreateChecklist { items, place: new.place.into(), ..CreateChecklist::of(task, list, new.name) };
    let board = client.board_of(task).await?;
    let accepted = client.write(board.id(), key, Op::CreateChecklist(create)).await?;
    let body = answer(StatusCode::CREATED, &accepted.board, task, list)?;
    Ok(located(body, format!("/tasks/{task}/checklists/{list}")))
}

/// Read a checklist
///
/// The checklist with its items.
#[utoipa::path(
    get, path = "/tasks/{task}/checklists/{checklist}", tag = "checklists", operation_id = "read_checklist",
    params(("task" = Uuid, Path), ("checklist" = Uuid, Path), Only),
    responses((status = 200, body = Checklist<'_>))
)]
pub async fn read(
    client: Client,
    Path((task, list)): Path<(TaskId, ChecklistId)>,
    Query(Only { fields }): Query<Only>,
) -> Result<Response, Problem> {
    let fields = Fields::of::<Checklist<'_>>(fields.as_deref())?;
    let board = client.board_of(task).await?;
    Ok(fields.one(&shown(&board, task, list)?))
}

/// Rename or move a checklist
///
/// Editors and managers may do this.
#[utoipa::path(
    patch, path = "/tasks/{task}/checklists/{checklist}", tag = "checklists", operation_id = "update_checklist",
    params(("task" = Uuid, Path), ("checklist" = Uuid, Path), ("Idempotency-Key" = Option<Uuid>, Header)),
    request_body = ChecklistPatch,
    responses((status = 200, body = Checklist<'_>))
)]
pub async fn update(
    client: Client,
    Path((task, list)): Path<(TaskId, ChecklistId)>,
    key: Key,
    Json(ChecklistPatch { name, place }): Json<ChecklistPatch>,
) -> Result<Response, Problem> {
    let update = UpdateChecklist { name, place: place.map(Place::into), ..UpdateChecklist::of(task, list) };
    let board = client.board_of(task).await?;
    let accepted = client.write(board.id(), key, Op::UpdateChecklist(update)).await?;
    answer(StatusCode::OK, &accepted.board, task, list)
}

/// Delete a checklist
///
/// Editors and managers may do this. The newest 10 deleted checklists of a task can be restored.
#[utoipa::path(
    delete, path = "/tasks/{task}/checklists/{checklist}", tag = "checklists", operation_id = "delete_checklist",
    params(("task" = Uuid, Path), ("checklist" = Uuid, Path), ("Idempotency-Key" = Option<Uuid>, Header)),
    responses((status = 204, description = "Deleted"))
)]
pub async fn delete(
    client: Client,
    Path((task, list)): Path<(TaskId, ChecklistId)>,
    key: Key,
) -> Result<StatusCode, Problem> {
    let delete = UpdateChecklist { deleted: Some(true), ..UpdateChecklist::of(task, list) };
    let board = client.board_of(task).await?;
    client.write(board.id(), key, Op::UpdateChecklist(delete)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Restore a deleted checklist
///
/// Editors and managers may do this. It is as it was when it was deleted.
#[utoipa::path(
    post, path = "/tasks/{task}/checklists/{checklist}/restore", tag = "checklists", operation_id = "restore_checklist",
    params(("task" = Uuid, Path), ("checklist" = Uuid, Path), ("Idempotency-Key" = Option<Uuid>, Header)),
    responses((status = 200, body = Checklist<'_>))
)]
pub async fn restore(
    client: Client,
    Path((task, list)): Path<(TaskId, ChecklistId)>,
    key: Key,
) -> Result<Response, Problem> {
    let restore = UpdateChecklist { deleted: Some(false), ..UpdateChecklist::of(task, list) };
    let board = client.board_of(task).await?;
    let accepted = client.write(board.id(), key, Op::UpdateChecklist(restore)).await?;
    answer(StatusCode::OK, &accepted.board, task, list)
}

/// Add items to a checklist
///
/// Editors and managers may do this. Answers with the checklist.
#[utoipa::path(
    post, path = "/tasks/{task}/checklists/{checklist}/items", tag = "checklists", operation_id = "add_checklist_items",
    params(
        ("task" = Uuid, Path),
        ("checklist" = Uuid, Path),
        ("Idempotency-Key" = Option<Uuid>, Header, description = "Makes the request safe to repeat")
    ),
    request_body = ItemsToAdd,
    responses((status = 201, body = Checklist<'_>))
)]
pub async fn add_items(
    client: Client,
    Path((task, list)): Path<(TaskId, ChecklistId)>,
    key: Key,
    Json(ItemsToAdd { items, place }): Json<ItemsToAdd>,
) -> Result<Response, Problem> {
    let items = new_items(&key, items, Some(place));
    let add = AddChecklistItems { items, ..AddChecklistItems::of(task, list) };
    let board = client.board_of(task).await?;
    let accepted = client.write(board.id(), key, Op::AddChecklistItems(add)).await?;
    answer(StatusCode::CREATED, &accepted.board, task, list)
}

/// Tick, change, assign or move an item of a checklist
///
/// Editors and managers may do this. Absent fields stay as they are, so that edits of different fields by different people both survive.
#[utoipa::path(
    patch, path = "/tasks/{task}/checklists/{checklist}/items/{item}", tag = "checklists",
    operation_id = "update_checklist_item",
    params(
        ("task" = Uuid, Path),
        ("checklist" = Uuid, Path),
        ("item" = Uuid, Path),
        ("Idempotency-Key" = Option<Uuid>, Header, description = "Makes the request safe to repeat")
    ),
    request_body = ChecklistItemPatch,
    responses((status = 200, body = ChecklistItem<'_>))
)]
pub async fn update_item(
    client: Client,
    Path((task, list, item)): Path<(TaskId, ChecklistId, ChecklistItemId)>,
    key: Key,
    Json(patch): Json<ChecklistItemPatch>,
) -> Result<Response, Problem> {
    let board = client.board_of(task).await?;
    require_item_of(&board, task, list, item)?;
    let moves = patch.checklist.is_some();
    let update = UpdateChecklistItem {
        text: patch.text,
        done: patch.done,
        assignee: patch.assignee.map(|person| person.map(ActorId)),
        due: patch.due,
        checklist: patch.checklist.map(ChecklistId),
        place: patch.place.map(Place::into),
        ..UpdateChecklistItem::of(task, item)
    };
    let accepted = client.write(board.id(), key, Op::UpdateChecklistItem(update)).await;
    let accepted = accepted.map_err(|error| match error {
        WriteError::Refused(Refusal::NotFound { what: Thing::Checklist }) if moves => {
            Problem::field("checklist", "this task has no such checklist")
        }
        error => error.into(),
    })?;
    // A later write of the same group may have deleted the item again.
    let item = checklists(&accepted.board, task)?.item(item).ok_or_else(|| Problem::not_found(Thing::ChecklistItem))?;
    Ok(json(StatusCode::OK, &ChecklistItem::of(item)))
}

/// Delete an item of a checklist
///
/// Editors and managers may do this.
#[utoipa::path(
    delete, path = "/tasks/{task}/checklists/{checklist}/items/{item}", tag = "checklists",
    operation_id = "delete_checklist_item",
    params(
        ("task" = Uuid, Path),
        ("checklist" = Uuid, Path),
        ("item" = Uuid, Path),
        ("Idempotency-Key" = Option<Uuid>, Header, description = "Makes the request safe to repeat")
    ),
    responses((status = 204, description = "Deleted"))
)]
pub async fn delete_item(
    client: Client,
    Path((task, list, item)): Path<(TaskId, ChecklistId, ChecklistItemId)>,
    key: Key,
) -> Result<StatusCode, Problem> {
    let board = client.board_of(task).await?;
    // A repeated request may find that its item is gone; then the writer has its first answer.
    if board.task(task).and_then(|task| task.checklists()?.item(item)).is_some() {
        require_item_of(&board, task, list, item)?;
    }
    let delete = DeleteChecklistItems { items: vec![item], ..DeleteChecklistItems::of(task) };
    client.write(board.id(), key, Op::DeleteChecklistItems(delete)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Items to create. Ids that the client omits are derived from the idempotency key, so that a repeated request asks for the same ids.
fn new_items(key: &Key, items: Vec<ItemToCreate>, place: Option<Place>) -> Vec<NewChecklistItem> {
    let new = |(index, new): (usize, ItemToCreate)| {
        let id = new.id.unwrap_or_else(|| Uuid::new_v5(&key.0.0, format!("item {index}").as_bytes()));
        NewChecklistItem {
            done: new.done,
            assignee: new.assignee.map(ActorId),
            due: new.due,
            place: place.filter(|_| index == 0).map(Place::into),
            ..NewChecklistItem::of(ChecklistItemId(id), new.text)
        }
    };
    items.into_iter().enumerate().map(new).collect()
}

/// The checklists of a task that is not in the trash.
fn checklists(board: &BoardState, task: TaskId) -> Result<&Checklists, Problem> {
    // The server has everything of a board loaded.
    board.live_task(task).and_then(|task| task.checklists()).ok_or_else(|| Problem::not_found(Thing::Task))
}

fn require_item_of(board: &BoardState, task: TaskId, list: ChecklistId, item: ChecklistItemId) -> Result<(), Problem> {
    let lists = checklists(board, task)?;
    let is_there = lists.lists().any(|other| other.id == list) && lists.items_of(list).any(|other| other.id == item);
    if is_there { Ok(()) } else { Err(Problem::not_found(Thing::ChecklistItem)) }
}

fn shown(board: &BoardState, task: TaskId, id: ChecklistId) -> Result<Checklist<'_>, Problem> {
    let lists = checklists(board, task)?;
    let list = lists.lists().find(|list| list.id == id).ok_or_else(|| Problem::not_found(Thing::Checklist))?;
    Ok(Checklist::of(task, lists, list))
}

fn answer(status: StatusCode, board: &BoardState, task: TaskId, list: ChecklistId) -> Result<Response, Problem> {
    // A later write of the same group may have deleted the checklist again.
    Ok(json(status, &shown(board, task, list)?))
}
