//! The sessions of people over REST.

use app::{id::ActorId, time::Timestamp};
use axum::{http::StatusCode, response::Response};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    client::Client,
    fields::{Fields, Only},
};
use crate::{
    accounts::sessions::agent,
    http::{
        input::{Path, Query},
        problem::Problem,
    },
    store::SessionRow,
};

/// The sessions of a person.
#[derive(Serialize, ToSchema)]
pub struct Sessions {
    /// The sessions that have not ended, the most recently used first.
    sessions: Vec<SessionLine>,
}

/// A session: a browser in which the person is signed in.
#[derive(Serialize, ToSchema)]
pub struct SessionLine {
    /// The session's id.
    id: Uuid,
    /// The browser's description of itself when the person signed in.
    agent: String,
    /// When the person signed in.
    created_at: Timestamp,
    /// When it was last used, to the hour.
    seen_at: Timestamp,
    /// When it ends if it is not used again.
    expires_at: Timestamp,
}

impl From<SessionRow> for SessionLine {
    fn from(session: SessionRow) -> Self {
        let agent = agent(&session);
        let SessionRow { id, created_at, seen_at, expires_at, .. } = session;
        Self { id, agent, created_at, seen_at, expires_at }
    }
}

/// List a person's sessions
///
/// The browsers in which the person is signed in. Admins may read those of people whose role is not above their own; everybody their own.
#[utoipa::path(
    get, path = "/people/{person}/sessions", tag = "people", operation_id = "list_sessions",
    params(("person" = Uuid, Path), Only),
    responses((status = 200, body = Sessions))
)]
pub async fn list(
    client: Client,
    Path(person): Path<ActorId>,
    Query(Only { fields }): Query<Only>,
) -> Result<Response, Problem> {
    let fields = Fields::of::<SessionLine>(fields.as_deref())?;
    let sessions = client.accounts().sessions_of(client.credentials(), person).await?;
    Ok(fields.list("sessions", &Sessions { sessions: sessions.into_iter().map(SessionLine::from).collect() }))
}

/// Sign a person out everywhere
///
/// Ends all sessions of the person at once. Tokens keep working, and the person may sign in again. Who may do this is as for the list.
#[utoipa::path(
    delete, path = "/people/{person}/sessions", tag = "people", operation_id = "end_sessions",
    params(("person" = Uuid, Path)),
    responses((status = 204, description = "No session is left"))
)]
pub async fn end_all(client: Client, Path(person): Path<ActorId>) -> Result<StatusCode, Problem> {
    client.accounts().end_sessions_of(client.credentials(), person, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// End one session of a person
///
/// Signs the person out in one browser, at once. Who may do this is as for the list.
#[utoipa::path(
    delete, path = "/people/{person}/sessions/{session}", tag = "people", operation_id = "end_session",
    params(("person" = Uuid, Path), ("session" = Uuid, Path)),
    responses((status = 204, description = "Ended"))
)]
pub async fn end(client: Client, Path((person, session)): Path<(ActorId, Uuid)>) -> Result<StatusCode, Problem> {
    client.accounts().end_sessions_of(client.credentials(), person, Some(session)).await?;
    Ok(StatusCode::NO_CONTENT)
}
