//! Labels over REST.

use app::{
    id::{BoardId, LabelId},
    label::{Hue, Pattern, Tone},
    ops::{CreateLabel, DeleteLabel, MergeLabels, Op, UpdateLabel},
    refusal::{Refusal, Thing},
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
    model::{Label, Place, not_null},
    tagged,
};
use crate::{
    http::{
        input::{Json, Key, Path, Query},
        problem::Problem,
    },
    writer::WriteError,
};

/// The labels of a board.
#[derive(Serialize, ToSchema)]
pub struct Labels<'a> {
    /// The labels, in order.
    labels: Vec<Label<'a>>,
    /// The number of the board's newest change.
    seq: u64,
}

/// A label to create.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLabel {
    /// The label's id; if absent, the server makes one.
    #[serde(default)]
    id: Option<Uuid>,
    /// The label's name; it may be empty.
    #[serde(default)]
    #[schema(max_length = 60)]
    name: String,
    /// The label's hue.
    #[serde(default)]
    hue: Hue,
    /// The tone of the hue.
    #[serde(default)]
    tone: Tone,
    /// The pattern, by which people recognise the label without its colour.
    #[serde(default)]
    pattern: Pattern,
    /// What the label is for: one line of text.
    #[serde(default)]
    #[schema(max_length = 200)]
    description: String,
    /// The label's place; if absent, last.
    #[serde(default)]
    place: Place,
}

/// The fields to change of a label; absent fields stay as they are.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LabelPatch {
    /// A new name; it may be empty.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = Option<String>, nullable = false, max_length = 60)]
    name: Option<String>,
    /// A new hue.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = Option<Hue>, nullable = false)]
    hue: Option<Hue>,
    /// A new tone.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = Option<Tone>, nullable = false)]
    tone: Option<Tone>,
    /// A new pattern.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = Option<Pattern>, nullable = false)]
    pattern: Option<Pattern>,
    /// A new description.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = Option<String>, nullable = false, max_length = 200)]
    description: Option<String>,
    /// A new place.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = Option<Place>, nullable = false)]
    place: Option<Place>,
}

/// A merge of a label into another.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LabelMerge {
    /// The label that remains.
    into: Uuid,
}

/// List the labels of a board
///
/// The labels in order, with the number of tasks that have each.
#[utoipa::path(
    get, path = "/boards/{board}/labels", tag = "labels", operation_id = "list_labels",
    params(("board" = Uuid, Path), Only),
    responses((status = 200, body = Labels<'_>, headers(("ETag" = String))))
)]
pub async fn list(
    client: Client,
    Path(id): Path<BoardId>,
    Query(Only { fields }): Query<Only>,
) -> Result<Response, Problem> {
    let fields = Fields::of::<Label<'_>>(fields.as_deref())?;
    let board = client.board(id).await?;
    let labels = Label::all(&board);
    Ok(tagged(fields.list("labels", &Labels { labels, seq: board.seq() }), board.seq()))
}

/// Add a label
///
/// Editors and managers may do this. A board has at most 1,000 labels.
#[utoipa::path(
    post, path = "/boards/{board}/labels", tag = "labels", operation_id = "create_label",
    params(
        ("board" = Uuid, Path),
        ("Idempotency-Key" = Option<Uuid>, Header, description = "Makes the request safe to repeat")
    ),
    request_body = NewLabel,
    responses((status = 201, body = Label<'_>, headers(("Location" = String))))
)]
pub async fn create(
    client: Client,
    Path(id): Path<BoardId>,
    key: Key,
    Json(new): Json<NewLabel>,
) -> Result<Response, Problem> {
    let label = LabelId(new.id.unwrap_or(key.0.0));
    let NewLabel { name, hue, tone, pattern, description, place, .. } = new;
    let create = CreateLabel { label, name, hue, tone, pattern, description, place: place.into() };
    let accepted = client.write(id, key, Op::CreateLabel(create)).await?;
    let body = answer(StatusCode::CREATED, &accepted.board, label)?;
    Ok(located(body, format!("/boards/{id}/labels/{label}")))
}

/// Read a label
///
/// A label that was merged into another is not found.
#[utoipa::path(
    get, path = "/boards/{board}/labels/{label}", tag = "labels", operation_id = "read_label",
    params(("board" = Uuid, Path), ("label" = Uuid, Path), Only),
    responses((status = 200, body = Label<'_>))
)]
pub async fn read(
    client: Client,
    Path((id, label)): Path<(BoardId, LabelId)>,
    Query(Only { fields }): Query<Only>,
) -> Result<Response, Problem> {
    let fields = Fields::of::<Label<'_>>(fields.as_deref())?;
    let board = client.board(id).await?;
    Ok(fields.one(&shown(&board, label)?))
}

/// Rename, recolour, describe or move a label
///
/// Editors and managers may do this.
#[utoipa::path(
    patch, path = "/boards/{board}/labels/{label}", tag = "labels", operation_id = "update_label",
    params(("board" = Uuid, Path), ("label" = Uuid, Path), ("Idempotency-Key" = Option<Uuid>, Header)),
    request_body = LabelPatch,
    responses((status = 200, body = Label<'_>))
)]
pub async fn update(
    client: Client,
    Path((id, label)): Path<(BoardId, LabelId)>,
    key: Key,
    Json(LabelPatch { name, hue, tone, pattern, description, place }): Json<LabelPatch>,
) -> Result<Response, Problem> {
    let place = place.map(Place::into);
    let update = UpdateLabel { name, hue, tone, pattern, description, place, ..UpdateLabel::of(label) };
    let accepted = client.write(id, key, Op::UpdateLabel(update)).await?;
    answer(StatusCode::OK, &accepted.board, label)
}

/// Delete a label
///
/// Editors and managers may do this. The label disappears from every task.
#[utoipa::path(
    delete, path = "/boards/{board}/labels/{label}", tag = "labels", operation_id = "delete_label",
    params(("board" = Uuid, Path), ("label" = Uuid, Path), ("Idempotency-Key" = Option<Uuid>, Header)),
    responses((status = 204, description = "Deleted"))
)]
pub async fn delete(
    client: Client,
    Path((id, label)): Path<(BoardId, LabelId)>,
    key: Key,
) -> Result<StatusCode, Problem> {
    client.write(id, key, Op::DeleteLabel(DeleteLabel::of(label))).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Merge a label into another
///
/// Editors and managers may do this. Every task that has the label has the other one instead. Answers with the label that remains.
#[utoipa::path(
    post, path = "/boards/{board}/labels/{label}/merge", tag = "labels", operation_id = "merge_labels",
    params(("board" = Uuid, Path), ("label" = Uuid, Path), ("Idempotency-Key" = Option<Uuid>, Header)),
    request_body = LabelMerge,
    responses((status = 200, body = Label<'_>))
)]
pub async fn merge(
    client: Client,
    Path((id, label)): Path<(BoardId, LabelId)>,
    key: Key,
    Json(LabelMerge { into }): Json<LabelMerge>,
) -> Result<Response, Problem> {
    let into = LabelId(into);
    let is_there = |board: &BoardState, id| board.resolve_label(id).is_some_and(|label| label.id == id);
    let board = client.board(id).await?;
    let accepted = client.write(id, key, Op::MergeLabels(MergeLabels::of(label, into))).await;
    let accepted = accepted.map_err(|error| match error {
        WriteError::Refused(Refusal::NotFound { what: Thing::Label })
            if is_there(&board, label) && !is_there(&board, into) =>
        {
            Problem::field("into", "this board has no such label")
        }
        error => error.into(),
    })?;
    answer(StatusCode::OK, &accepted.board, into)
}

/// The representation of a label that was not merged into another.
fn shown(board: &BoardState, id: LabelId) -> Result<Label<'_>, Problem> {
    let label = board.resolve_label(id).filter(|label| label.id == id);
    label.map(|label| Label::of(board, label)).ok_or_else(|| Problem::not_found(Thing::Label))
}

fn answer(status: StatusCode, board: &BoardState, id: LabelId) -> Result<Response, Problem> {
    // A later write of the same group may have deleted the label again.
    Ok(json(status, &shown(board, id)?))
}
