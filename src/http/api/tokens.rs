//! Tokens over REST: the caller's own, and those of people whom the caller manages.

use app::{access::Scope, id::ActorId, time::Timestamp};
use axum::{http::StatusCode, response::Response};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{client::Client, cursor, cursor::Page, fields::Fields};
use crate::{
    http::{
        input::{Path, Query},
        problem::Problem,
    },
    store::Token,
};

/// The list to which the cursors belong.
const LIST: &str = "tokens";

/// Tokens of a person.
#[derive(Serialize, ToSchema)]
pub struct Tokens {
    /// The tokens that are not revoked, newest first.
    tokens: Vec<TokenLine>,
    /// The value of `cursor` with which to get more; `null` if these are all.
    next: Option<String>,
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

impl From<(Token, Option<Timestamp>)> for TokenLine {
    fn from((token, used_at): (Token, Option<Timestamp>)) -> Self {
        let Token { id, name, scope, created_at, expires_at, .. } = token;
        Self { id, name, scope, created_at, expires_at, used_at }
    }
}

/// List your own tokens
///
/// Their names, scopes and times, newest first, in pages. Their secrets are shown only when they are created, on your account page.
#[utoipa::path(get, path = "/tokens", tag = "people", operation_id = "list_tokens", params(Page), responses((status = 200, body = Tokens)))]
pub async fn list(client: Client, Query(page): Query<Page>) -> Result<Response, Problem> {
    let person = client.person()?;
    page_of(&client, person, page).await
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

/// List a person's tokens
///
/// Their names, scopes and times, newest first, in pages, without their secrets. Admins may read those of people whose role is not above their
/// own; everybody their own.
#[utoipa::path(
    get, path = "/people/{person}/tokens", tag = "people", operation_id = "list_tokens_of_person",
    params(("person" = Uuid, Path), Page),
    responses((status = 200, body = Tokens))
)]
pub async fn list_of(
    client: Client,
    Path(person): Path<ActorId>,
    Query(page): Query<Page>,
) -> Result<Response, Problem> {
    page_of(&client, person, page).await
}

async fn page_of(client: &Client, person: ActorId, page: Page) -> Result<Response, Problem> {
    let Page { limit, cursor, fields } = page;
    let fields = Fields::of::<TokenLine>(fields.as_deref())?;
    let limit = cursor::limit(limit)?;
    let after: Option<(Timestamp, Uuid)> = cursor::read(LIST, cursor.as_deref(), |_| true)?;
    let mut tokens = client.accounts().tokens_page(client.credentials(), person, after, limit).await?;
    let more = tokens.len() > limit;
    tokens.truncate(limit);
    let next = tokens.last().filter(|_| more).map(|(token, _)| cursor::write(LIST, &(token.created_at, token.id)));
    Ok(fields.list("tokens", &Tokens { tokens: tokens.into_iter().map(TokenLine::from).collect(), next }))
}

/// Revoke all tokens of a person
///
/// Programs that use them are signed out at once. Who may do this is as for the list.
#[utoipa::path(
    delete, path = "/people/{person}/tokens", tag = "people", operation_id = "revoke_tokens_of_person",
    params(("person" = Uuid, Path)),
    responses((status = 204, description = "No token is left"))
)]
pub async fn revoke_all_of(client: Client, Path(person): Path<ActorId>) -> Result<StatusCode, Problem> {
    client.accounts().revoke_tokens_of(client.credentials(), person, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Revoke one token of a person
///
/// Programs that use it are signed out at once. Who may do this is as for the list.
#[utoipa::path(
    delete, path = "/people/{person}/tokens/{token}", tag = "people", operation_id = "revoke_token_of_person",
    params(("person" = Uuid, Path), ("token" = Uuid, Path)),
    responses((status = 204, description = "Revoked"))
)]
pub async fn revoke_of(client: Client, Path((person, token)): Path<(ActorId, Uuid)>) -> Result<StatusCode, Problem> {
    client.accounts().revoke_tokens_of(client.credentials(), person, Some(token)).await?;
    Ok(StatusCode::NO_CONTENT)
}
