//! People, invitations and tokens over REST.

use std::sync::Arc;

use app::{
    access::{BoardRole, InstanceRole, Scope},
    id::{ActorId, BoardId},
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

use super::{json, model::Role};
use crate::{
    accounts::links::Invitation,
    http::{
        Services,
        input::{Json, Path},
        problem::{Failures, Problem},
        visitor::Visitor,
    },
    store::Account,
};

/// What somebody is on the server.
#[derive(ToSchema)]
#[schema(as = InstanceRole, rename_all = "snake_case")]
#[allow(dead_code)]
pub enum ServerRole {
    /// Makes boards, and sees those they were added to and those that are open to everyone.
    Member,
    /// Manages people, and every board.
    Admin,
    /// An admin whom no admin can change.
    Owner,
}

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

/// The people of the server.
#[derive(Serialize, ToSchema)]
pub struct People {
    /// In the order in which they came.
    people: Vec<Person>,
}

/// A person.
#[derive(Serialize, ToSchema)]
pub struct Person {
    /// Who.
    #[schema(value_type = Uuid)]
    id: ActorId,
    /// What they are called.
    name: String,
    /// Their e-mail address; `null` for those who do not manage people.
    email: Option<String>,
    /// What they are on the server; `null` for those who do not manage people.
    #[schema(value_type = Option<ServerRole>)]
    role: Option<InstanceRole>,
    /// Whether they may sign in.
    active: bool,
}

impl Person {
    fn of(account: &Account, in_full: bool) -> Self {
        Self {
            id: account.id,
            name: account.name.clone(),
            email: in_full.then(|| account.email.clone()),
            role: in_full.then_some(account.role),
            active: account.is_active(),
        }
    }
}

/// What to change about a person; what is absent stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonPatch {
    /// What they are to be on the server.
    #[serde(default)]
    #[schema(value_type = Option<ServerRole>)]
    role: Option<InstanceRole>,
    /// `false` signs them out and keeps them out.
    #[serde(default)]
    active: Option<bool>,
}

/// A link that is shown once.
#[derive(Serialize, ToSchema)]
pub struct OnceShown {
    /// Its address.
    url: String,
}

/// The invitations.
#[derive(Serialize, ToSchema)]
pub struct Invitations {
    /// Those that were not used yet, newest first.
    invitations: Vec<InvitationLine>,
}

/// An invitation.
#[derive(Serialize, ToSchema)]
pub struct InvitationLine {
    /// What it is called by.
    id: Uuid,
    /// What whoever uses it will be on the server.
    #[schema(value_type = ServerRole)]
    role: InstanceRole,
    /// For whom it is, as its maker calls them.
    note: String,
    /// Until when it works.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// An invitation to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInvitation {
    /// What whoever uses it will be on the server; `member`, if absent.
    #[serde(default = "member")]
    #[schema(value_type = ServerRole, required = false)]
    role: InstanceRole,
    /// The boards they will be on.
    #[serde(default)]
    boards: Vec<InvitedTo>,
    /// For whom it is, as you call them.
    #[serde(default)]
    note: String,
}

/// A board that somebody is invited to.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InvitedTo {
    /// Which.
    #[schema(value_type = Uuid)]
    board: BoardId,
    /// What they will be on it.
    #[schema(value_type = Role)]
    role: BoardRole,
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

fn member() -> InstanceRole {
    InstanceRole::Member
}

/// List the people of the server
#[utoipa::path(get, path = "/people", tag = "people", responses((status = 200, body = People), Failures))]
pub async fn list(State(services): State<Arc<Services>>, visitor: Visitor) -> Result<Response, Problem> {
    if !visitor.asker().may_see_people() {
        return Err(Problem::forbidden());
    }
    let in_full = visitor.asker().may_manage_people();
    let directory = services.store.directory();
    let people = directory.accounts().into_iter().map(|account| Person::of(account, in_full)).collect();
    Ok(json(StatusCode::OK, &People { people }))
}

/// Read who one is
#[utoipa::path(get, path = "/people/me", tag = "people", responses((status = 200, body = Person), Failures))]
pub async fn me(State(services): State<Arc<Services>>, visitor: Visitor) -> Result<Response, Problem> {
    let directory = services.store.directory();
    let account = visitor.person.and_then(|person| directory.account(person)).ok_or_else(Problem::nobody)?;
    Ok(json(StatusCode::OK, &Person::of(account, true)))
}

/// Change what somebody is on the server, or whether they may sign in
#[utoipa::path(
    patch, path = "/people/{person}", tag = "people",
    params(("person" = Uuid, Path)),
    request_body = PersonPatch,
    responses((status = 200, body = Person), Failures)
)]
pub async fn update(
    State(services): State<Arc<Services>>,
    visitor: Visitor,
    Path(person): Path<ActorId>,
    Json(PersonPatch { role, active }): Json<PersonPatch>,
) -> Result<Response, Problem> {
    let accounts = &services.accounts;
    if !visitor.asker().may_manage_people() {
        return Err(Problem::forbidden());
    }
    if let Some(role) = role {
        accounts.set_role(&visitor.caller, person, role).await?;
    }
    if let Some(active) = active {
        accounts.set_active(&visitor.caller, person, active).await?;
    }
    Ok(json(StatusCode::OK, &Person::of(&accounts.account(&visitor.caller, person)?, true)))
}

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

/// List the invitations that were not used yet
#[utoipa::path(get, path = "/invitations", tag = "people", responses((status = 200, body = Invitations), Failures))]
pub async fn invitations(State(services): State<Arc<Services>>, visitor: Visitor) -> Result<Response, Problem> {
    let invitations = services.accounts.invitations(&visitor.caller).await?;
    let line = |(link, invitation): (crate::store::people::OneTimeLink, Invitation)| InvitationLine {
        id: link.id,
        role: invitation.role,
        note: invitation.note,
        expires_at: link.expires_at,
    };
    Ok(json(StatusCode::OK, &Invitations { invitations: invitations.into_iter().map(line).collect() }))
}

/// Invite somebody
#[utoipa::path(
    post, path = "/invitations", tag = "people",
    request_body = NewInvitation,
    responses((status = 201, body = OnceShown), Failures)
)]
pub async fn invite(
    State(services): State<Arc<Services>>,
    visitor: Visitor,
    Json(NewInvitation { role, boards, note }): Json<NewInvitation>,
) -> Result<Response, Problem> {
    let boards = boards.into_iter().map(|InvitedTo { board, role }| (board, role)).collect();
    let secret = services.accounts.invite(&visitor.caller, Invitation { role, boards, note }).await?;
    let url = format!("{}/join/{}", services.public_url, secret.expose());
    Ok(json(StatusCode::CREATED, &OnceShown { url }))
}

/// Take an invitation back
#[utoipa::path(
    delete, path = "/invitations/{invitation}", tag = "people",
    params(("invitation" = Uuid, Path)),
    responses((status = 204, description = "It works no more"), Failures)
)]
pub async fn revoke_invitation(
    State(services): State<Arc<Services>>,
    visitor: Visitor,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    services.accounts.revoke_invitation(&visitor.caller, id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// List one's tokens
#[utoipa::path(get, path = "/tokens", tag = "people", responses((status = 200, body = Tokens), Failures))]
pub async fn tokens(State(services): State<Arc<Services>>, visitor: Visitor) -> Result<Response, Problem> {
    let person = visitor.person.ok_or_else(Problem::nobody)?;
    let tokens = services.accounts.tokens(&visitor.caller, person).await?;
    let line = |(token, used_at): (crate::store::Token, Option<Timestamp>)| TokenLine {
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
    delete, path = "/tokens/{token}", tag = "people",
    params(("token" = Uuid, Path)),
    responses((status = 204, description = "It works no more"), Failures)
)]
pub async fn revoke_token(
    State(services): State<Arc<Services>>,
    visitor: Visitor,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    visitor.person.ok_or_else(Problem::nobody)?;
    services.accounts.revoke_token(&visitor.caller, id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
