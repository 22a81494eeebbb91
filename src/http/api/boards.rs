//! Boards over REST.

use app::{
    access::BoardRole,
    by_name,
    id::{BoardId, ColumnId},
    label::Hue,
    model::ColumnKind,
    ops::{CreateBoard, DeleteBoard, NewColumn, Op, RestoreBoard, SetArchived, UpdateBoard, present},
    time::Timestamp,
};
use axum::{
    http::{HeaderMap, StatusCode},
    response::Response,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{
    client::Client,
    cursor,
    fields::{Fields, Only},
    json, located,
    model::{Board, BoardLine, not_null},
    order::{self, Order},
    tagged, unless_known,
};
use crate::{
    accounts::first_visit::adopt_restored,
    copies::{Copying, copy_board},
    http::{
        Services,
        conditional::base,
        input::{Json, Key, Path, Query},
        problem::Problem,
    },
    store::{
        BoardQuery,
        tables::{BoardOrder, Direction, Key as SortKey, Rows, SortValue},
    },
};

/// The list to which the cursors belong.
const LIST: &str = "boards";
const DELETED_LIST: &str = "deleted boards";

/// The parameters of the query.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BoardSearch {
    /// Only boards with this text in their names, ignoring case.
    q: Option<String>,
    #[param(schema_with = Order::<BoardOrder>::schema)]
    order: Option<String>,
    /// `false`, or nothing: only boards that are not archived; `true`: only archived boards; `any`: both.
    #[param(inline)]
    archived: Option<Archived>,
    /// Only boards that are open to everyone on the server, or only private ones.
    #[param(inline)]
    access: Option<Access>,
    /// `true`: only boards on which you are a manager as a member. (Admins manage all boards.)
    managed: Option<bool>,
    /// `true` for the deleted boards that you may restore, the last deleted first. Of the other filters, `q` applies.
    deleted: Option<bool>,
    /// The maximum number of boards.
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<usize>,
    cursor: Option<String>,
    fields: Option<String>,
}

/// Which boards of a list: archived or not.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Archived {
    False,
    True,
    Any,
}

/// Which boards of a list: open to everyone on the server or private.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Access {
    Open,
    Private,
}

impl order::By for BoardOrder {
    const ALL: &'static [(&'static str, Self)] =
        &[("created", Self::Created), ("name", Self::Name), ("changed", Self::Changed)];
    const DEFAULT_DESCENDS: bool = true;
}

/// A page of boards.
#[derive(Serialize, ToSchema)]
pub struct Boards {
    /// The boards, in the requested order.
    boards: Vec<BoardLine>,
    /// The value of `cursor` with which to get more; `null` if these are all.
    next: Option<String>,
}

/// A board to create.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBoard {
    /// The board's id; if absent, the server makes one.
    #[serde(default)]
    id: Option<Uuid>,
    /// The board's name.
    #[schema(min_length = 1, max_length = 100, pattern = r"\S")]
    name: String,
    /// The columns from left to right; if absent: To do, Doing, Done.
    #[serde(default, deserialize_with = "by_name::each_if_any")]
    #[schema(min_items = 1, max_items = 50)]
    columns: Option<Vec<BoardColumn>>,
    /// The role that everyone on the server has on the board: `viewer` or `editor`. If absent, the board is private to its creator; on a server
    /// without accounts, everyone edits it.
    #[serde(default)]
    everyone: Option<BoardRole>,
}

/// A column of a board to create.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BoardColumn {
    /// The column's id; if absent, the server makes one.
    #[serde(default)]
    id: Option<Uuid>,
    /// The column's name.
    #[schema(min_length = 1, max_length = 100, pattern = r"\S")]
    name: String,
    /// What it means for a task to be in the column.
    kind: ColumnKind,
}

/// How to copy a board.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BoardCopy {
    /// The name of the copy.
    #[schema(min_length = 1, max_length = 100, pattern = r"\S")]
    name: String,
    /// Whether its tasks are copied, too; `true` if absent.
    #[serde(default = "yes")]
    tasks: bool,
}

fn yes() -> bool {
    true
}

/// The fields to change of a board; absent fields stay as they are.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BoardPatch {
    /// A new name.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = Option<String>, nullable = false, min_length = 1, max_length = 100, pattern = r"\S")]
    name: Option<String>,
    /// A new key: two to five letters. The old one still leads to the board and is never given to another. If another board has the key, or
    /// had it once, the answer is 409 `exists`.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = Option<String>, nullable = false, pattern = "^[A-Za-z]{2,5}$")]
    key: Option<String>,
    /// A new colour, one of the hues of labels; `null` takes the colour away.
    #[serde(default, deserialize_with = "present")]
    hue: Option<Option<Hue>>,
    /// A new description: one line of text; empty for none.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = Option<String>, nullable = false, max_length = 200)]
    description: Option<String>,
    /// The new role that everyone on the server has on the board: `viewer` or `editor`; `null` makes the board private to its members.
    #[serde(default, deserialize_with = "present")]
    everyone: Option<Option<BoardRole>>,
    /// `true` archives the board: it can be read and not edited, and lists leave it out unless they are asked for archived boards. `false`
    /// brings it back. It cannot be changed together with other fields.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = Option<bool>, nullable = false)]
    archived: Option<bool>,
}

/// List the boards
///
/// The boards that you may see, in pages, newest first unless you ask for another `order`. An admin sees all boards.
/// Archived boards are left out unless `archived` asks for them.
/// With `deleted=true`, the deleted boards that you may restore: an admin all, others those that they managed.
#[utoipa::path(get, path = "/boards", tag = "boards", operation_id = "list_boards", params(BoardSearch), responses((status = 200, body = Boards)))]
pub async fn list(
    client: Client,
    Query(BoardSearch { q, order, archived, access, managed, deleted, limit, cursor, fields }): Query<BoardSearch>,
) -> Result<Response, Problem> {
    let fields = Fields::of::<BoardLine>(fields.as_deref())?;
    let limit = cursor::limit(limit)?;
    if deleted == Some(true) {
        return list_deleted(&client, q.unwrap_or_default(), limit, cursor.as_deref(), &fields).await;
    }
    let order = Order::<BoardOrder>::read(order.as_deref())?;
    let fits = |SortKey(value, _): &SortKey| {
        matches!((value, order.by), (SortValue::Text(_), BoardOrder::Name))
            || matches!((value, order.by), (SortValue::Number(_), BoardOrder::Created | BoardOrder::Changed))
    };
    let wanted = BoardQuery {
        text: q.unwrap_or_default(),
        archived: match archived.unwrap_or(Archived::False) {
            Archived::False => Some(false),
            Archived::True => Some(true),
            Archived::Any => None,
        },
        is_open: access.map(|access| access == Access::Open),
        managed: managed.unwrap_or_default(),
        order: order.by,
        direction: if order.descends() { Direction::Descending } else { Direction::Ascending },
        after: order.cursor(LIST, cursor.as_deref(), fits)?,
        limit,
    };
    let Rows { mut rows, next } = client.services.store.boards_page(client.credentials(), &wanted).await?;
    client.services.store.mark_stars(client.credentials(), &mut rows, false).await?;
    let next = next.map(|key| order.next(LIST, &key));
    Ok(fields.list("boards", &Boards { boards: rows.into_iter().map(BoardLine::from).collect(), next }))
}

async fn list_deleted(
    client: &Client,
    text: String,
    limit: usize,
    cursor: Option<&str>,
    fields: &Fields,
) -> Result<Response, Problem> {
    let after: Option<(Timestamp, BoardId)> = cursor::read(DELETED_LIST, cursor, |_| true)?;
    let wanted = BoardQuery { text, after: after.map(SortKey::from), ..BoardQuery::newest(limit) };
    let (boards, more) = client.services.store.deleted_boards(client.credentials(), &wanted).await?;
    let next = boards.last().filter(|_| more).map(|deleted| cursor::write(DELETED_LIST, &deleted.age()));
    Ok(fields.list("boards", &Boards { boards: boards.into_iter().map(BoardLine::from).collect(), next }))
}

/// Create a board
///
/// You become its manager. A token with the scope `write` may create boards. The board gets a key, which is made from its name.
#[utoipa::path(
    post, path = "/boards", tag = "boards", operation_id = "create_board",
    params(("Idempotency-Key" = Option<Uuid>, Header, description = "Makes the request safe to repeat")),
    request_body = NewBoard,
    responses(
        (status = 201, body = Board<'_>, headers(("Location" = String), ("ETag" = String)))
)
)]
pub async fn create(client: Client, key: Key, Json(new): Json<NewBoard>) -> Result<Response, Problem> {
    // Ids that the client omits are derived from the idempotency key, so that a repeated request asks for the same ids.
    let seed = key.0.0;
    let id = BoardId(new.id.unwrap_or(seed));
    let columns = new.columns.unwrap_or_else(|| {
        [("To do", ColumnKind::Open), ("Doing", ColumnKind::Active), ("Done", ColumnKind::Done)]
            .map(|(name, kind)| BoardColumn { id: None, name: name.to_owned(), kind })
            .into()
    });
    let columns = columns.into_iter().enumerate().map(|(index, BoardColumn { id, name, kind })| NewColumn {
        id: ColumnId(id.unwrap_or_else(|| Uuid::new_v5(&seed, format!("column {index}").as_bytes()))),
        name,
        kind,
    });
    let op = Op::CreateBoard(CreateBoard { name: new.name, columns: columns.collect(), everyone: new.everyone });
    let accepted = client.write(id, key, op).await?;
    let body = json(StatusCode::CREATED, &Board::from(&*accepted.board));
    Ok(located(tagged(body, accepted.board.seq()), format!("/boards/{id}")))
}

/// Read a board and its columns
///
/// The board with its columns; its tasks are a list of their own.
#[utoipa::path(
    get, path = "/boards/{board}", tag = "boards", operation_id = "read_board",
    params(("board" = Uuid, Path), Only, ("If-None-Match" = Option<String>, Header)),
    responses(
        (status = 200, body = Board<'_>, headers(("ETag" = String))),
        (status = 304, description = "Nothing changed since")
)
)]
pub async fn read(
    client: Client,
    Path(id): Path<BoardId>,
    Query(Only { fields }): Query<Only>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let fields = Fields::of::<Board<'_>>(fields.as_deref())?;
    let board = client.board(id).await?;
    Ok(unless_known(&headers, board.seq(), || fields.one(&Board::from(&*board))))
}

/// Change a board
///
/// Only managers may do this. `everyone` decides who else on the server may see or edit the board. `archived` archives the board or brings it
/// back; an archived board is read as before, and every edit of its name, look, columns and tasks is answered with 409 `archived`.
#[utoipa::path(
    patch, path = "/boards/{board}", tag = "boards", operation_id = "update_board",
    params(
        ("board" = Uuid, Path),
        ("If-Match" = Option<String>, Header, description = "Refuse if anything on the board changed since"),
        ("Idempotency-Key" = Option<Uuid>, Header)
    ),
    request_body = BoardPatch,
    responses((status = 200, body = Board<'_>, headers(("ETag" = String))))
)]
pub async fn update(
    client: Client,
    Path(id): Path<BoardId>,
    headers: HeaderMap,
    key: Key,
    Json(patch): Json<BoardPatch>,
) -> Result<Response, Problem> {
    let BoardPatch { name, key: board_key, hue, description, everyone, archived } = patch;
    let base = base(&headers)?;
    let op = match archived {
        None => {
            let update =
                UpdateBoard { base, name, key: board_key, hue, description, everyone, ..UpdateBoard::default() };
            Op::UpdateBoard(update)
        }
        Some(archived)
            if name.is_none()
                && board_key.is_none()
                && hue.is_none()
                && description.is_none()
                && everyone.is_none() =>
        {
            Op::SetArchived(SetArchived { base, ..SetArchived::to(archived) })
        }
        Some(_) => {
            let words = "this cannot be changed together with other fields; send it in a request of its own";
            return Err(Problem::field("archived", words));
        }
    };
    let accepted = client.write(id, key, op).await?;
    Ok(tagged(json(StatusCode::OK, &Board::from(&*accepted.board)), accepted.board.seq()))
}

/// Delete a board with everything on it
///
/// Only managers may do this. They, and admins, can restore the board for some time: 30 days, unless the server is configured otherwise.
#[utoipa::path(
    delete, path = "/boards/{board}", tag = "boards", operation_id = "delete_board",
    params(
        ("board" = Uuid, Path),
        ("If-Match" = Option<String>, Header, description = "Refuse if anything on the board changed since"),
        ("Idempotency-Key" = Option<Uuid>, Header)
    ),
    responses((status = 204, description = "Deleted"))
)]
pub async fn delete(
    client: Client,
    Path(id): Path<BoardId>,
    headers: HeaderMap,
    key: Key,
) -> Result<StatusCode, Problem> {
    client.write(id, key, Op::DeleteBoard(DeleteBoard { base: base(&headers)? })).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Restore a deleted board with everything on it
///
/// Its managers may do this, and admins, until the board is purged. If it is not deleted, nothing changes.
#[utoipa::path(
    post, path = "/boards/{board}/restore", tag = "boards", operation_id = "restore_board",
    params(("board" = Uuid, Path), ("Idempotency-Key" = Option<Uuid>, Header)),
    responses((status = 200, body = Board<'_>, headers(("ETag" = String))))
)]
pub async fn restore(client: Client, Path(id): Path<BoardId>, key: Key) -> Result<Response, Problem> {
    let accepted = client.write(id, key, Op::RestoreBoard(RestoreBoard {})).await?;
    let Services { store, writer, .. } = &*client.services;
    let board = adopt_restored(store, writer, accepted.board).await;
    Ok(tagged(json(StatusCode::OK, &Board::from(&*board)), board.seq()))
}

/// Star a board
///
/// A star is your own: nobody else sees it. The home page shows the boards first that you have starred; one may star 100.
#[utoipa::path(
    put, path = "/boards/{board}/star", tag = "boards", operation_id = "star_board",
    params(("board" = Uuid, Path)),
    responses((status = 204, description = "Starred"))
)]
pub async fn star(client: Client, Path(id): Path<BoardId>) -> Result<StatusCode, Problem> {
    client.accounts().set_star(client.credentials(), id, true).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Take the star of a board away
///
/// If you have not starred it, nothing changes.
#[utoipa::path(
    delete, path = "/boards/{board}/star", tag = "boards", operation_id = "unstar_board",
    params(("board" = Uuid, Path)),
    responses((status = 204, description = "Not starred any more"))
)]
pub async fn unstar(client: Client, Path(id): Path<BoardId>) -> Result<StatusCode, Problem> {
    client.accounts().set_star(client.credentials(), id, false).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Copy a board
///
/// The copy has the columns, labels, colour and description of the board and, unless `tasks` is `false`, its tasks with their checklists; no
/// comments, no history, no members and no trash. It belongs to you. People whom tasks are assigned to stay assigned if they can see
/// the copy. A request that is repeated under the same `Idempotency-Key` continues a copy that was interrupted.
#[utoipa::path(
    post, path = "/boards/{board}/copy", tag = "boards", operation_id = "copy_board",
    params(
        ("board" = Uuid, Path),
        ("Idempotency-Key" = Option<Uuid>, Header, description = "Makes the request safe to repeat")
    ),
    request_body = BoardCopy,
    responses((status = 201, body = Board<'_>, headers(("Location" = String), ("ETag" = String))))
)]
pub async fn copy(
    client: Client,
    Path(board): Path<BoardId>,
    Key(id): Key,
    Json(BoardCopy { name, tasks }): Json<BoardCopy>,
) -> Result<Response, Problem> {
    let Services { store, writer, .. } = &*client.services;
    let copied = copy_board(store, writer, client.credentials(), Copying { board, id, name, tasks }).await?;
    let body = json(StatusCode::CREATED, &Board::from(&*copied));
    Ok(located(tagged(body, copied.seq()), format!("/boards/{}", copied.id())))
}
