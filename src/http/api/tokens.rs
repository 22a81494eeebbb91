//! The caller's own tokens over REST.

use app::{access::Scope, time::Timestamp};
use axum::{http::StatusCode, response::Response};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{client::Client, json};
use crate::{
    http::{input::Path, problem::Problem},
    store::Token,
};

/// The caller's own tokens.
#[derive(Serialize, ToSchema)]
pub struct Tokens {
    /// The tokens that work, newest first.
    tokens: Vec<TokenLine>,
}

/// A token, without its secret.
#[derive(Serialize, ToSchema)]
pub struct TokenLine {
    /// The token's id.
    id: Uuid,
    /// The token's name, which says what it is for.
    name: String,
    /// The token's scope.
    scope: Scope,
    /// When it was made.
    created_at: Timestamp,
    /// When it stops working; `null` for never.
    expires_at: Option<Timestamp>,
    /// When it was last used, to the minute; `null` for never.
    used_at: Option<Timestamp>,
}

/// List your own tokens
///
/// Their names, scopes and times, newest first. Their secrets are shown only when they are created, on your account page.
#[utoipa::path(get, path = "/tokens", tag = "people", operation_id = "list_tokens", responses((status = 200, body = Tokens)))]
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

/// Revoke one of your own tokens
///
/// Programs that use the token are signed out at once.
#[utoipa::path(
    delete, path = "/tokens/{token}", tag = "people", operation_id = "revoke_token",
    params(("token" = Uuid, Path)),
    responses((status = 204, description = "Revoked"))
)]
pub async fn revoke(client: Client, Path(id): Path<Uuid>) -> Result<StatusCode, Problem> {
    client.person()?;
    client.accounts().revoke_token(client.credentials(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}
