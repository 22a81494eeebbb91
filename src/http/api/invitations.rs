//! Invitations over REST.

use app::{
    access::{BoardRole, InstanceRole},
    by_name,
    id::BoardId,
    time::Timestamp,
};
use axum::{http::StatusCode, response::Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    client::Client,
    fields::{Fields, Only},
    json,
    model::OnceShown,
};
use crate::{
    accounts::{AccountError, invitations::Invitation},
    http::{
        input::{Json, Path, Query},
        problem::Problem,
    },
    store::OneTimeLink,
};

/// The invitations.
#[derive(Serialize, ToSchema)]
pub struct Invitations {
    /// The invitations that were not used yet, newest first.
    invitations: Vec<InvitationLine>,
}

/// An invitation.
#[derive(Serialize, ToSchema)]
pub struct InvitationLine {
    /// The invitation's id.
    id: Uuid,
    /// The role on the server that the invited person gets.
    role: InstanceRole,
    /// For whom the invitation is, in its maker's words.
    note: String,
    /// Until when it works.
    expires_at: Timestamp,
}

/// An invitation to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInvitation {
    /// The role on the server that the invited person gets; if absent, `member`.
    #[serde(default = "member")]
    #[schema(required = false)]
    role: InstanceRole,
    /// The boards of which the invited person becomes a member.
    #[serde(default, deserialize_with = "by_name::each")]
    boards: Vec<InvitedTo>,
    /// For whom the invitation is, in your words.
    #[serde(default)]
    note: String,
}

/// A board that a person is invited to.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InvitedTo {
    /// The board's id.
    board: BoardId,
    /// The role on the board that the invited person gets.
    role: BoardRole,
}

fn member() -> InstanceRole {
    InstanceRole::Member
}

/// List the invitations that were not used yet
///
/// Only admins may read them.
#[utoipa::path(get, path = "/invitations", tag = "people", operation_id = "list_invitations", params(Only), responses((status = 200, body = Invitations)))]
pub async fn list(client: Client, Query(Only { fields }): Query<Only>) -> Result<Response, Problem> {
    let fields = Fields::of::<InvitationLine>(fields.as_deref())?;
    let invitations = client.accounts().invitations(client.credentials()).await?;
    let line = |(link, invitation): (OneTimeLink, Invitation)| InvitationLine {
        id: link.id,
        role: invitation.role,
        note: invitation.note,
        expires_at: link.expires_at,
    };
    Ok(fields.list("invitations", &Invitations { invitations: invitations.into_iter().map(line).collect() }))
}

/// Invite a person
///
/// Only admins may do this. The response has the link to send to the person; it is shown only once.
#[utoipa::path(
    post, path = "/invitations", tag = "people", operation_id = "create_invitation",
    request_body = NewInvitation,
    responses((status = 201, body = OnceShown))
)]
pub async fn create(
    client: Client,
    Json(NewInvitation { role, boards, note }): Json<NewInvitation>,
) -> Result<Response, Problem> {
    let boards = boards.into_iter().map(|InvitedTo { board, role }| (board, role)).collect();
    let invited = client
        .accounts()
        .invite(client.credentials(), Invitation { role, boards, groups: Vec::new(), email: None, note })
        .await;
    // The address names no board, so a board that does not exist is an error in the body.
    let secret = invited.map_err(|error| match error {
        AccountError::NotFound(_) => Problem::field("boards", error.to_string()),
        error => error.into(),
    })?;
    let url = secret.link(&client.services.public_url, "join");
    Ok(json(StatusCode::CREATED, &OnceShown { url }))
}

/// Revoke an invitation
///
/// Only admins may do this. The link stops working at once.
#[utoipa::path(
    delete, path = "/invitations/{invitation}", tag = "people", operation_id = "revoke_invitation",
    params(("invitation" = Uuid, Path)),
    responses((status = 204, description = "Revoked"))
)]
pub async fn revoke(client: Client, Path(id): Path<Uuid>) -> Result<StatusCode, Problem> {
    client.accounts().revoke_invitation(client.credentials(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}
