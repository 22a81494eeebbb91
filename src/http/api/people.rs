//! The people of the server over REST.

use app::{access::InstanceRole, id::ActorId};
use axum::{http::StatusCode, response::Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{client::Client, json, model::ServerRole};
use crate::{
    http::{
        input::{Json, Path},
        problem::Problem,
    },
    store::Account,
};

/// The people of the server.
#[derive(Serialize, ToSchema)]
pub struct People {
    /// The people, in the order in which their accounts were made.
    people: Vec<Person>,
}

/// A person.
#[derive(Serialize, ToSchema)]
pub struct Person {
    /// The person's id.
    #[schema(value_type = Uuid)]
    id: ActorId,
    /// The person's name.
    name: String,
    /// The person's e-mail address; `null` for callers who do not manage people.
    email: Option<String>,
    /// The person's role on the server; `null` for callers who do not manage people.
    #[schema(value_type = Option<ServerRole>)]
    role: Option<InstanceRole>,
    /// Whether the person may sign in.
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

/// The fields to change of a person; absent fields stay as they are.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonPatch {
    /// The person's new role on the server.
    #[serde(default)]
    #[schema(value_type = Option<ServerRole>)]
    role: Option<InstanceRole>,
    /// `false` signs the person out everywhere and keeps them from signing in.
    #[serde(default)]
    active: Option<bool>,
}

/// List the people of the server
#[utoipa::path(get, path = "/people", tag = "people", operation_id = "list_people", responses((status = 200, body = People)))]
pub async fn list(client: Client) -> Result<Response, Problem> {
    if !client.visitor.principal().may_see_people() {
        return Err(Problem::forbidden());
    }
    let in_full = client.visitor.principal().may_manage_people();
    let directory = client.services.store.directory();
    let people = directory.accounts().into_iter().map(|account| Person::of(account, in_full)).collect();
    Ok(json(StatusCode::OK, &People { people }))
}

/// Read your own account
#[utoipa::path(get, path = "/people/me", tag = "people", operation_id = "read_me", responses((status = 200, body = Person)))]
pub async fn me(client: Client) -> Result<Response, Problem> {
    let directory = client.services.store.directory();
    let account = client.visitor.person.and_then(|person| directory.account(person)).ok_or_else(Problem::nobody)?;
    Ok(json(StatusCode::OK, &Person::of(account, true)))
}

/// Change a person's role on the server, or whether they may sign in
#[utoipa::path(
    patch, path = "/people/{person}", tag = "people", operation_id = "update_person",
    params(("person" = Uuid, Path)),
    request_body = PersonPatch,
    responses((status = 200, body = Person))
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
