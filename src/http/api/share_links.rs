//! Share links over REST, with which a board can be read without an account.

use app::{
    access::ShareLink,
    id::{ActorId, BoardId},
    time::Timestamp,
};
use axum::{http::StatusCode, response::Response};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    client::Client,
    fields::{Fields, Only},
    json, located,
};
use crate::http::{
    input::{Path, Query},
    problem::Problem,
};

/// The share links of a board.
#[derive(Serialize, ToSchema)]
pub struct Links {
    /// The links that were not revoked, newest first.
    links: Vec<Link>,
}

/// A link with which a board can be read without an account.
#[derive(Serialize, ToSchema)]
pub struct Link {
    /// The link's id.
    id: Uuid,
    /// The person who made it, if that is known.
    created_by: Option<ActorId>,
    /// When it was made.
    created_at: Timestamp,
    /// Whether it works. A link does not work while its maker does not manage the board.
    works: bool,
    /// The link's URL; only in the response to the request that made it.
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

/// List the share links of a board
///
/// Only managers may read them. The secrets are not part of it.
#[utoipa::path(
    get, path = "/boards/{board}/links", tag = "access", operation_id = "list_share_links",
    params(("board" = Uuid, Path), Only),
    responses((status = 200, body = Links))
)]
pub async fn list(
    client: Client,
    Path(board): Path<BoardId>,
    Query(Only { fields }): Query<Only>,
) -> Result<Response, Problem> {
    let fields = Fields::of::<Link>(fields.as_deref())?;
    let links = client.accounts().share_links(client.credentials(), board).await?;
    Ok(fields.list("links", &Links { links: links.into_iter().map(|link| Link::of(link, None)).collect() }))
}

/// Make a link with which a board can be read without an account
///
/// Only managers may do this. The link is shown only in this response. Whoever has it may read the board without an
/// account.
#[utoipa::path(
    post, path = "/boards/{board}/links", tag = "access", operation_id = "create_share_link",
    params(("board" = Uuid, Path)),
    responses((status = 201, body = Link, headers(("Location" = String))))
)]
pub async fn create(client: Client, Path(board): Path<BoardId>) -> Result<Response, Problem> {
    let (secret, link) =
        client.accounts().create_share_link(client.credentials(), board, &client.services.writer).await?;
    let path = format!("/boards/{board}/links/{}", link.id);
    let url = secret.link(&client.services.public_url, "share");
    Ok(located(json(StatusCode::CREATED, &Link::of(link, Some(url))), path))
}

/// Revoke a share link; its readers lose access to the board at once
///
/// Only managers may do this. The link stops working at once, also for pages that are open.
#[utoipa::path(
    delete, path = "/boards/{board}/links/{link}", tag = "access", operation_id = "revoke_share_link",
    params(("board" = Uuid, Path), ("link" = Uuid, Path)),
    responses((status = 204, description = "Revoked"))
)]
pub async fn revoke(client: Client, Path((board, link)): Path<(BoardId, Uuid)>) -> Result<StatusCode, Problem> {
    client.accounts().revoke_share_link(client.credentials(), board, link, &client.services.writer).await?;
    Ok(StatusCode::NO_CONTENT)
}
