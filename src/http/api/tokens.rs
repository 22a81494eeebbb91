//! One's tokens over REST.

use app::{access::Scope, time::Timestamp};
use axum::{http::StatusCode, response::Response};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{client::Client, json};
use crate::{
    http::{
        input::Path,
        problem::{Failures, Problem},
    },
    store::Token,
};

/// How much of what its owner may do a token may do.
#[derive(ToSchema)]
#[schema(as = Scope, rename_all = "snake_case")]
#[allow(dead_code)]
pub enum TokenScope {
    /// Read.
    Read,
    /// Also make boards, and change tasks and columns.
    Write,
    /// Everything, managing boards and people included.
    Admin,
}

/// One's tokens.
#[derive(Serialize, ToSchema)]
pub struct Tokens {
    /// Those that work, newest first.
    tokens: Vec<TokenLine>,
}

/// A token, without its secret.
#[derive(Serialize, ToSchema)]
pub struct TokenLine {
    /// What it is called by.
    id: Uuid,
    /// What it is for.
    name: String,
    /// What it may do.
    #[schema(value_type = TokenScope)]
    scope: Scope,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it stops working; `null` for never.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// When it was last used, to the minute; `null` for never.
    #[schema(value_type = Option<String>, format = DateTime)]
    used_at: Option<Timestamp>,
}

/// List one's tokens
#[utoipa::path(get, path = "/tokens", tag = "people", operation_id = "tokens", responses((status = 200, body = Tokens), Failures))]
pub async fn list(client: Client) -> Result<Response, Problem> {
    let person = client.person()?;
    let tokens = client.accounts().tokens(client.credentials(), person).await?;
    let line = |(token, used_at): (Token, Option<Timestamp>)| TokenLine {
        id: token.id,
        name: token.name,
        scope: token.scope,
        created_at: token.created_at,
        expires_at: token.expires_at,
        used_at,
    };
    Ok(json(StatusCode::OK, &Tokens { tokens: tokens.into_iter().map(line).collect() }))
}

/// Revoke one of one's tokens
#[utoipa::path(
    delete, path = "/tokens/{token}", tag = "people", operation_id = "revoke_token",
    params(("token" = Uuid, Path)),
    responses((status = 204, description = "It works no more"), Failures)
)]
pub async fn revoke(client: Client, Path(id): Path<Uuid>) -> Result<StatusCode, Problem> {
    client.person()?;
    client.accounts().revoke_token(client.credentials(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}
