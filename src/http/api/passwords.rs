//! Passwords over REST: links with which a person chooses a new one.

use app::id::ActorId;
use axum::{http::StatusCode, response::Response};

use super::{client::Client, json, model::OnceShown};
use crate::http::{input::Path, problem::Problem};

/// Make a link with which a person chooses a new password
///
/// Only admins may do this. The response has a link with which the person chooses a new password; it is shown only once
/// and works for a day.
#[utoipa::path(
    post, path = "/people/{person}/new-password", tag = "people", operation_id = "create_password_link",
    params(("person" = Uuid, Path)),
    responses((status = 201, body = OnceShown))
)]
pub async fn new_password(client: Client, Path(person): Path<ActorId>) -> Result<Response, Problem> {
    let secret = client.accounts().new_password_link(client.credentials(), person).await?;
    let url = secret.link(&client.services.public_url, "new-password");
    Ok(json(StatusCode::CREATED, &OnceShown { url }))
}
