//! Passwords over REST: links with which somebody chooses a new one.

use std::sync::Arc;

use app::id::ActorId;
use axum::{extract::State, http::StatusCode, response::Response};

use super::{json, model::OnceShown};
use crate::http::{
    Services,
    input::Path,
    problem::{Failures, Problem},
    visitor::Visitor,
};

/// Make a link with which somebody chooses a new password
#[utoipa::path(
    post, path = "/people/{person}/new-password", tag = "people",
    params(("person" = Uuid, Path)),
    responses((status = 201, body = OnceShown), Failures)
)]
pub async fn new_password(
    State(services): State<Arc<Services>>,
    visitor: Visitor,
    Path(person): Path<ActorId>,
) -> Result<Response, Problem> {
    let secret = services.accounts.new_password_link(&visitor.caller, person).await?;
    let url = format!("{}/new-password/{}", services.public_url, secret.expose());
    Ok(json(StatusCode::CREATED, &OnceShown { url }))
}
