//! The people of the server over REST.

use app::{
    access::{InstanceRole, Scope},
    id::ActorId,
    time::Timestamp,
};
use axum::{http::StatusCode, response::Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{client::Client, cursor, json};
use crate::{
    http::{
        input::{Json, Path, Query},
        problem::Problem,
    },
    store::Account,
};

/// The list to which the cursors belong.
const LIST: &str = "people";

/// The parameters of the query.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PeopleSearch {
    /// Only people with this text in their names (for callers who manage people, also in their e-mail addresses), ignoring case.
    q: Option<String>,
    /// The maximum number of people.
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<usize>,
    /// Where to continue: the `next` of an earlier response.
    cursor: Option<String>,
}

/// The people of the server.
#[derive(Serialize, ToSchema)]
pub struct People {
    /// The people, in the order in which their accounts were made.
    people: Vec<Person>,
    /// The value of `cursor` with which to get more; `null` if these are all.
    next: Option<String>,
}

/// Who sends the request, and what they may do.
#[derive(Serialize, ToSchema)]
pub struct Me {
    /// The caller's account; `null` for a caller without one.
    person: Option<Person>,
    /// The caller's role on the server; `null` for a caller without an account on a server with accounts.
    role: Option<InstanceRole>,
    /// What the credentials allow: a token may allow less than its owner may do.
    scope: Scope,
}

/// A person.
#[derive(Serialize, ToSchema)]
pub struct Person {
    /// The person's id.
    id: ActorId,
    /// The person's name.
    name: String,
    /// The person's e-mail address; `null` for callers who do not manage people.
    email: Option<String>,
    /// The person's role on the server; `null` for callers who do not manage people.
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
    role: Option<InstanceRole>,
    /// `false` signs the person out everywhere and keeps them from signing in.
    #[serde(default)]
    active: Option<bool>,
}

/// List the people of the server
///
/// Everybody who has an account, in pages. Their e-mail addresses and roles are shown only to admins.
#[utoipa::path(get, path = "/people", tag = "people", operation_id = "list_people", params(PeopleSearch), responses((status = 200, body = People)))]
pub async fn list(
    client: Client,
    Query(PeopleSearch { q, limit, cursor }): Query<PeopleSearch>,
) -> Result<Response, Problem> {
    let limit = cursor::limit(limit)?;
    let after: Option<(Timestamp, ActorId)> = cursor::read(LIST, cursor.as_deref(), |_| true)?;
    if !client.visitor.principal().may_see_people() {
        return Err(Problem::forbidden());
    }
    let in_full = client.visitor.principal().may_manage_people();
    let directory = client.services.store.directory();
    let text = q.unwrap_or_default().to_lowercase();
    let is_found = |account: &&Account| {
        account.name.to_lowercase().contains(&text) || in_full && account.email.to_lowercase().contains(&text)
    };
    let found = directory.accounts().into_iter().filter(is_found);
    let (people, next) = cursor::page(LIST, found, |account| (account.created_at, account.id), after.as_ref(), limit);
    let people = people.into_iter().map(|account| Person::of(account, in_full)).collect();
    Ok(json(StatusCode::OK, &People { people, next }))
}

/// Read who you are and what you may do
///
/// Your account, if you have one, your role on the server, and the scope of the token.
#[utoipa::path(get, path = "/me", tag = "people", operation_id = "read_me", responses((status = 200, body = Me)))]
pub async fn me(client: Client) -> Result<Response, Problem> {
    let directory = client.services.store.directory();
    let account = client.visitor.person.and_then(|person| directory.account(person));
    let principal = client.visitor.principal();
    let person = account.map(|account| Person::of(account, true));
    Ok(json(StatusCode::OK, &Me { person, role: principal.role, scope: principal.scope }))
}

/// Read your own account
///
/// As `person` in `/me`.
#[utoipa::path(get, path = "/people/me", tag = "people", operation_id = "read_own_account", responses((status = 200, body = Person)))]
pub async fn own(client: Client) -> Result<Response, Problem> {
    let directory = client.services.store.directory();
    let account = client.visitor.person.and_then(|person| directory.account(person)).ok_or_else(Problem::nobody)?;
    Ok(json(StatusCode::OK, &Person::of(account, true)))
}

/// Change a person's role on the server, or whether they may sign in
///
/// Only admins may do this. They cannot change an owner.
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
