//! The members of a board over REST.

use std::sync::Arc;

use app::{
    access::BoardRole,
    id::{ActorId, BoardId},
    ops::{Op, SetMember},
};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{board, json, model::Role, tagged, write};
use crate::http::{
    Services,
    input::{Json, Key, Path},
    problem::{Failures, Problem},
    visitor::Visitor,
};

/// Who has access to a board.
#[derive(Serialize, ToSchema)]
pub struct Members {
    /// What everyone on the server is; `null` where the board is private to its members.
    #[schema(value_type = Option<Role>)]
    everyone: Option<BoardRole>,
    /// The members.
    members: Vec<Member>,
    /// The number of the board's newest change.
    seq: u64,
}

/// A member of a board.
#[derive(Serialize, ToSchema)]
pub struct Member {
    /// Who.
    #[schema(value_type = Uuid)]
    person: ActorId,
    /// What they are called.
    name: String,
    /// What they are on the board.
    #[schema(value_type = Role)]
    role: BoardRole,
}

/// What somebody is to be on a board.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Membership {
    /// What.
    #[schema(value_type = Role)]
    role: BoardRole,
}

/// List who has access to a board
#[utoipa::path(
    get, path = "/boards/{board}/members", tag = "access",
    params(("board" = Uuid, Path)),
    responses((status = 200, body = Members, headers(("ETag" = String))), Failures)
)]
pub async fn list(
    State(services): State<Arc<Services>>,
    visitor: Visitor,
    Path(id): Path<BoardId>,
) -> Result<Response, Problem> {
    let board = board(&services, &visitor, id).await?;
    let directory = services.store.directory();
    let member = |(person, role): (&ActorId, &BoardRole)| {
        let name = directory.account(*person).map(|account| account.name.clone()).unwrap_or_default();
        Member { person: *person, name, role: *role }
    };
    let members = board.access().members.iter().map(member).collect();
    let members = Members { everyone: board.access().everyone, members, seq: board.seq() };
    Ok(tagged(json(StatusCode::OK, &members), board.seq()))
}

/// Make somebody a member of a board, or change what they are on it
#[utoipa::path(
    put, path = "/boards/{board}/members/{person}", tag = "access",
    params(("board" = Uuid, Path), ("person" = Uuid, Path), ("Idempotency-Key" = Option<Uuid>, Header)),
    request_body = Membership,
    responses((status = 204, description = "They are"), Failures)
)]
pub async fn put(
    State(services): State<Arc<Services>>,
    visitor: Visitor,
    Path((board, person)): Path<(BoardId, ActorId)>,
    key: Key,
    Json(Membership { role }): Json<Membership>,
) -> Result<Response, Problem> {
    write(&services, &visitor, board, key, Op::SetMember(SetMember { person, role: Some(role) })).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Take somebody off a board
#[utoipa::path(
    delete, path = "/boards/{board}/members/{person}", tag = "access",
    params(("board" = Uuid, Path), ("person" = Uuid, Path), ("Idempotency-Key" = Option<Uuid>, Header)),
    responses((status = 204, description = "They are off it"), Failures)
)]
pub async fn remove(
    State(services): State<Arc<Services>>,
    visitor: Visitor,
    Path((board, person)): Path<(BoardId, ActorId)>,
    key: Key,
) -> Result<Response, Problem> {
    write(&services, &visitor, board, key, Op::SetMember(SetMember { person, role: None })).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
