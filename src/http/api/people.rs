//! The people of the server over REST.

use app::{access::InstanceRole, id::ActorId};
use axum::{http::StatusCode, response::Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{client::Client, json, model::ServerRole};
use crate::{
    http::{
        input::{Json, Path},
        problem::{Failures, Problem},
    },
    store::Account,
};

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

/// List the people of the server
#[utoipa::path(get, path = "/people", tag = "people", responses((status = 200, body = People), Failures))]
pub async fn list(client: Client) -> Result<Response, Problem> {
    if !client.visitor.principal().may_see_people() {
        return Err(Problem::forbidden());
    }
    let in_full = client.visitor.principal().may_manage_people();
    let directory = client.services.store.directory();
    let people = directory.accounts().into_iter().map(|account| Person::of(account, in_full)).collect();
    Ok(json(StatusCode::OK, &People { people }))
}

/// Read who one is
#[utoipa::path(get, path = "/people/me", tag = "people", responses((status = 200, body = Person), Failures))]
pub async fn me(client: Client) -> Result<Response, Problem> {
    let directory = client.services.store.directory();
    let account = client.visitor.person.and_then(|person| directory.account(person)).ok_or_else(Problem::nobody)?;
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
    client: Client,
    Path(person): Path<ActorId>,
    Json(PersonPatch { role, active }): Json<PersonPatch>,
) -> Result<Response, Problem> {
    let accounts = client.accounts();
    if !client.visitor.principal().may_manage_people() {
        return Err(Problem::forbidden());
    }
    if let Some(role) = role {
        accounts.set_role(client.credentials(), person, role).await?;
    }
    if let Some(active) = active {
        accounts.set_active(client.credentials(), person, active).await?;
    }
    Ok(json(StatusCode::OK, &Person::of(&accounts.account(client.credentials(), person)?, true)))
}
