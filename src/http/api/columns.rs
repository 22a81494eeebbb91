//! Columns over REST.

use app::{
    id::{BoardId, ColumnId},
    model::ColumnKind,
    ops::{CreateColumn, DeleteColumn, Op, UpdateColumn},
    refusal::Thing,
    state::BoardState,
};
use axum::{http::StatusCode, response::Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    client::Client,
    fields::{Fields, Only},
    json, located,
    model::{Column, Place, not_null},
    tagged,
};
use crate::http::{
    input::{Json, Key, Path, Query},
    problem::Problem,
};

/// The columns of a board.
#[derive(Serialize, ToSchema)]
pub struct Columns<'a> {
    /// The columns, in order.
    columns: Vec<Column<'a>>,
    /// The number of the board's newest change.
    seq: u64,
}

/// A column to create.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewColumn)]
pub struct NewColumn {
    /// The column's id; if absent, the server makes one.
    #[serde(default)]
    id: Option<Uuid>,
    /// The column's name.
    #[schema(min_length = 1, max_length = 100, pattern = r"\S")]
    name: String,
    /// What it means for a task to be in the column.
    kind: ColumnKind,
    /// The column's place; if absent, last.
    #[serde(default)]
    place: Place,
}

/// The fields to change of a column; absent fields stay as they are.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnPatch {
    /// A new name.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = Option<String>, nullable = false, min_length = 1, max_length = 100, pattern = r"\S")]
    name: Option<String>,
    /// A new kind.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = Option<ColumnKind>, nullable = false)]
    kind: Option<ColumnKind>,
    /// A new place.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = Option<Place>, nullable = false)]
    place: Option<Place>,
}

/// List the columns of a board
///
/// The columns from left to right, with the number of tasks in each.
#[utoipa::path(
    get, path = "/boards/{board}/columns", tag = "columns", operation_id = "list_columns",
    params(("board" = Uuid, Path), Only),
    responses((status = 200, body = Columns<'_>, headers(("ETag" = String))))
)]
pub async fn list(
    client: Client,
    Path(id): Path<BoardId>,
    Query(Only { fields }): Query<Only>,
) -> Result<Response, Problem> {
    let fields = Fields::of::<Column<'_>>(fields.as_deref())?;
    let board = client.board(id).await?;
    let columns = board.columns().map(|column| Column::of(&board, column)).collect();
    Ok(tagged(fields.list("columns", &Columns { columns, seq: board.seq() }), board.seq()))
}

/// Add a column
///
/// Editors and managers may do this. A board has at most 50 columns.
#[utoipa::path(
    post, path = "/boards/{board}/columns", tag = "columns", operation_id = "create_column",
    params(
        ("board" = Uuid, Path),
        ("Idempotency-Key" = Option<Uuid>, Header, description = "Makes the request safe to repeat")
    ),
    request_body = NewColumn,
    responses((status = 201, body = Column<'_>, headers(("Location" = String))))
)]
pub async fn create(
    client: Client,
    Path(id): Path<BoardId>,
    key: Key,
    Json(new): Json<NewColumn>,
) -> Result<Response, Problem> {
    let column = ColumnId(new.id.unwrap_or(key.0.0));
    let create = CreateColumn { column, name: new.name, kind: new.kind, place: new.place.into() };
    let accepted = client.write(id, key, Op::CreateColumn(create)).await?;
    let body = answer(StatusCode::CREATED, &accepted.board, column)?;
    Ok(located(body, format!("/boards/{id}/columns/{column}")))
}

/// Rename a column, change its kind, or move it
///
/// Editors and managers may rename a column, change its kind, or move it. With another kind, its tasks become completed
/// or are reopened.
#[utoipa::path(
    patch, path = "/boards/{board}/columns/{column}", tag = "columns", operation_id = "update_column",
    params(("board" = Uuid, Path), ("column" = Uuid, Path), ("Idempotency-Key" = Option<Uuid>, Header)),
    request_body = ColumnPatch,
    responses((status = 200, body = Column<'_>))
)]
pub async fn update(
    client: Client,
    Path((id, column)): Path<(BoardId, ColumnId)>,
    key: Key,
    Json(ColumnPatch { name, kind, place }): Json<ColumnPatch>,
) -> Result<Response, Problem> {
    let update = UpdateColumn { name, kind, place: place.map(Place::into), ..UpdateColumn::of(column) };
    let accepted = client.write(id, key, Op::UpdateColumn(update)).await?;
    answer(StatusCode::OK, &accepted.board, column)
}

/// Delete a column that holds no tasks
///
/// Editors and managers may delete a column without tasks. The last column of a board cannot be deleted.
#[utoipa::path(
    delete, path = "/boards/{board}/columns/{column}", tag = "columns", operation_id = "delete_column",
    params(("board" = Uuid, Path), ("column" = Uuid, Path), ("Idempotency-Key" = Option<Uuid>, Header)),
    responses((status = 204, description = "Deleted"))
)]
pub async fn delete(
    client: Client,
    Path((id, column)): Path<(BoardId, ColumnId)>,
    key: Key,
) -> Result<StatusCode, Problem> {
    client.write(id, key, Op::DeleteColumn(DeleteColumn::of(column))).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn answer(status: StatusCode, board: &BoardState, id: ColumnId) -> Result<Response, Problem> {
    // A later write of the same group may have deleted the column again.
    let column = board.column(id).ok_or_else(|| Problem::not_found(Thing::Column))?;
    Ok(json(status, &Column::of(board, column)))
}
