//! Who has access to a board, over REST: its members, and links with which it can be read without an account.

use std::sync::Arc;

use app::{
    access::{BoardRole, ShareLink},
    id::{ActorId, BoardId},
    ops::{Op, SetMember},
    time::Timestamp,
};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{board, json, located, model::Role, tagged, write};
use crate::{
    http::{
        Services,
        input::{Json, Key, Path},
        problem::{Failures, Problem},
        visitor::Visitor,
    },
    secret::Secret,
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

/// The links of a board.
#[derive(Serialize, ToSchema)]
pub struct Links {
    /// Those that were not revoked, newest first.
    links: Vec<Link>,
}

/// A link with which a board can be read without an account.
#[derive(Serialize, ToSchema)]
pub struct Link {
    /// What it is called by.
    id: Uuid,
    /// Who made it, where that is known.
    #[schema(value_type = Option<Uuid>)]
    created_by: Option<ActorId>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Whether it works: not while whoever made it does not manage the board.
    works: bool,
    /// Its address; only in the answer to the request that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    url: Option<String>,
}

impl Link {
    fn of(link: ShareLink, url: Option<String>) -> Self {
        let ShareLink { id, created_by, created_at, works } = link;
        Self { id, created_by, created_at, works, url }
    }
}

/// Where a share link leads.
pub fn share_address(public_url: &str, secret: &Secret) -> String {
    format!("{public_url}/share/{}", secret.expose())
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

/// List the share links of a board
#[utoipa::path(
    get, path = "/boards/{board}/links", tag = "access",
    params(("board" = Uuid, Path)),
    responses((status = 200, body = Links), Failures)
)]
pub async fn links(
    State(services): State<Arc<Services>>,
    visitor: Visitor,
    Path(board): Path<BoardId>,
) -> Result<Response, Problem> {
    let links = services.accounts.share_links(&visitor.caller, board).await?;
    Ok(json(StatusCode::OK, &Links { links: links.into_iter().map(|link| Link::of(link, None)).collect() }))
}

/// Make a link with which a board can be read without an account
#[utoipa::path(
    post, path = "/boards/{board}/links", tag = "access",
    params(("board" = Uuid, Path)),
    responses((status = 201, body = Link, headers(("Location" = String))), Failures)
)]
pub async fn create_link(
    State(services): State<Arc<Services>>,
    visitor: Visitor,
    Path(board): Path<BoardId>,
) -> Result<Response, Problem> {
    let (secret, link) = services.accounts.create_share_link(&visitor.caller, board, &services.writer).await?;
    let path = format!("/boards/{board}/links/{}", link.id);
    let url = share_address(&services.public_url, &secret);
    Ok(located(json(StatusCode::CREATED, &Link::of(link, Some(url))), path))
}

/// Revoke a share link; whoever reads the board by it stops doing so at once
#[utoipa::path(
    delete, path = "/boards/{board}/links/{link}", tag = "access",
    params(("board" = Uuid, Path), ("link" = Uuid, Path)),
    responses((status = 204, description = "It works no more"), Failures)
)]
pub async fn revoke_link(
    State(services): State<Arc<Services>>,
    visitor: Visitor,
    Path((board, link)): Path<(BoardId, Uuid)>,
) -> Result<Response, Problem> {
    services.accounts.revoke_share_link(&visitor.caller, board, link, &services.writer).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
