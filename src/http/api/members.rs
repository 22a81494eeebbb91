//! The members of a board over REST.

use app::{
    access::BoardRole,
    id::{ActorId, BoardId},
    ops::{Op, SetMember},
};
use axum::{http::StatusCode, response::Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{client::Client, cursor, cursor::Page, fields::Fields, tagged};
use crate::http::{
    input::{Json, Key, Path, Query},
    problem::Problem,
};

/// The list to which the cursors belong.
const LIST: &str = "members";

/// The people who have access to a board.
#[derive(Serialize, ToSchema)]
pub struct Members {
    /// The role that everyone on the server has on the board; `null` if the board is private to its members.
    everyone: Option<BoardRole>,
    /// The members, in the order of their ids.
    members: Vec<Member>,
    /// The value of `cursor` with which to get more; `null` if these are all.
    next: Option<String>,
    /// The number of the board's newest change.
    seq: u64,
}

/// A member of a board.
#[derive(Serialize, ToSchema)]
pub struct Member {
    /// The person's id.
    person: ActorId,
    /// The person's name.
    name: String,
    /// The person's role on the board.
    role: BoardRole,
}

/// The role to give to a person on a board.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Membership {
    /// The role.
    role: BoardRole,
}

/// List the people who have access to a board
///
/// The members of the board in pages, with their roles. Everybody who may see the board may read them.
#[utoipa::path(
    get, path = "/boards/{board}/members", tag = "access", operation_id = "list_members",
    params(("board" = Uuid, Path), Page),
    responses((status = 200, body = Members, headers(("ETag" = String))))
)]
pub async fn list(
    client: Client,
    Path(id): Path<BoardId>,
    Query(Page { limit, cursor, fields }): Query<Page>,
) -> Result<Response, Problem> {
    let fields = Fields::of::<Member>(fields.as_deref())?;
    let limit = cursor::limit(limit)?;
    let after: Option<ActorId> = cursor::read(LIST, cursor.as_deref(), |_| true)?;
    let board = client.board(id).await?;
    let directory = client.services.store.directory();
    let member = |(person, role): (&ActorId, &BoardRole)| {
        let name = directory.account(*person).map(|account| account.name.clone()).unwrap_or_default();
        Member { person: *person, name, role: *role }
    };
    let (members, next) = cursor::page(LIST, &board.access().members, |(person, _)| **person, after.as_ref(), limit);
    let members = members.into_iter().map(member).collect();
    let members = Members { everyone: board.access().everyone, members, next, seq: board.seq() };
    Ok(tagged(fields.list("members", &members), board.seq()))
}

/// Make a person a member of a board, or change their role on it
///
/// Managers may do this, and admins. The last manager of a board cannot become something else.
#[utoipa::path(
    put, path = "/boards/{board}/members/{person}", tag = "access", operation_id = "set_member",
    params(("board" = Uuid, Path), ("person" = Uuid, Path), ("Idempotency-Key" = Option<Uuid>, Header)),
    request_body = Membership,
    responses((status = 204, description = "The person is a member with this role"))
)]
pub async fn put(
    client: Client,
    Path((board, person)): Path<(BoardId, ActorId)>,
    key: Key,
    Json(Membership { role }): Json<Membership>,
) -> Result<StatusCode, Problem> {
    client.write(board, key, Op::SetMember(SetMember { person, role: Some(role) })).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Remove a person from a board
///
/// Managers may do this, and admins; everybody may leave a board.
#[utoipa::path(
    delete, path = "/boards/{board}/members/{person}", tag = "access", operation_id = "remove_member",
    params(("board" = Uuid, Path), ("person" = Uuid, Path), ("Idempotency-Key" = Option<Uuid>, Header)),
    responses((status = 204, description = "The person is not a member"))
)]
pub async fn remove(
    client: Client,
    Path((board, person)): Path<(BoardId, ActorId)>,
    key: Key,
) -> Result<StatusCode, Problem> {
    client.write(board, key, Op::SetMember(SetMember { person, role: None })).await?;
    Ok(StatusCode::NO_CONTENT)
}
