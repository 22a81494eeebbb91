//! The people of the server over REST.

use app::{
    access::{InstanceRole, Scope},
    id::ActorId,
    text::folded,
    time::Timestamp,
};
use axum::{http::StatusCode, response::Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    client::Client,
    cursor,
    fields::{Fields, Only},
    json,
    model::not_null,
    order::{self, Order},
};
use crate::{
    accounts::{
        PersonUpdate,
        hand_over::{HandOver, HandedOver},
        import::Imported,
        text_edit::TextEdit,
    },
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
    cursor: Option<String>,
    fields: Option<String>,
    #[param(schema_with = Order::<By>::schema)]
    order: Option<String>,
    /// `true`: only people who may sign in; `false`: only people who may not.
    active: Option<bool>,
    /// Only people with this role on the server; for callers who manage people.
    #[param(inline)]
    role: Option<InstanceRole>,
}

/// What people can be sorted by. People who are otherwise equal are sorted by their ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Created,
    Name,
}

impl order::By for By {
    const ALL: &'static [(&'static str, Self)] = &[("created", Self::Created), ("name", Self::Name)];
}

/// The sort key of a person in an order.
#[derive(PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Key {
    Created(Timestamp, ActorId),
    Name(String, ActorId),
}

impl By {
    fn key(self, account: &Account) -> Key {
        match self {
            Self::Created => Key::Created(account.created_at, account.id),
            Self::Name => Key::Name(account.name.to_lowercase(), account.id),
        }
    }
}

/// The people of the server.
#[derive(Serialize, ToSchema)]
pub struct People {
    /// The people, in the requested order.
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
    /// A new name.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = Option<String>, nullable = false, max_length = 100)]
    name: Option<String>,
    /// A new e-mail address, with which the person signs in from then on. They change their own on their account page.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = Option<String>, nullable = false, max_length = 254)]
    email: Option<String>,
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
pub async fn list(client: Client, Query(search): Query<PeopleSearch>) -> Result<Response, Problem> {
    let PeopleSearch { q, limit, cursor, fields, order, active, role } = search;
    let fields = Fields::of::<Person>(fields.as_deref())?;
    let limit = cursor::limit(limit)?;
    let order = Order::<By>::read(order.as_deref())?;
    let fits = |key: &Key| matches!((key, order.by), (Key::Created(..), By::Created) | (Key::Name(..), By::Name));
    let after = order.cursor(LIST, cursor.as_deref(), fits)?;
    let in_full = client.visitor.principal().may_manage_people();
    if !client.visitor.principal().may_see_people() || role.is_some() && !in_full {
        return Err(Problem::forbidden());
    }
    let directory = client.services.store.directory();
    let text = folded(&q.unwrap_or_default());
    let is_found = |account: &&Account| {
        (folded(&account.name).contains(&text) || in_full && folded(&account.email).contains(&text))
            && active.is_none_or(|active| account.is_active() == active)
            && role.is_none_or(|role| account.role == role)
    };
    let found = directory.accounts().into_iter().filter(is_found).map(|account| (order.by.key(account), account));
    let (people, next) = order.page(LIST, found.collect(), after.as_ref(), limit);
    let people = people.into_iter().map(|account| Person::of(account, in_full)).collect();
    Ok(fields.list("people", &People { people, next }))
}

/// Read who you are and what you may do
///
/// Your account, if you have one, your role on the server, and the scope of the token.
#[utoipa::path(get, path = "/me", tag = "people", operation_id = "read_me", params(Only), responses((status = 200, body = Me)))]
pub async fn me(client: Client, Query(Only { fields }): Query<Only>) -> Result<Response, Problem> {
    let fields = Fields::of::<Me>(fields.as_deref())?;
    let directory = client.services.store.directory();
    let account = client.visitor.person.and_then(|person| directory.account(person));
    let principal = client.visitor.principal();
    let person = account.map(|account| Person::of(account, true));
    Ok(fields.one(&Me { person, role: principal.role, scope: principal.scope }))
}

/// Read your own account
///
/// As `person` in `/me`.
#[utoipa::path(get, path = "/people/me", tag = "people", operation_id = "read_own_account", params(Only), responses((status = 200, body = Person)))]
pub async fn own(client: Client, Query(Only { fields }): Query<Only>) -> Result<Response, Problem> {
    let fields = Fields::of::<Person>(fields.as_deref())?;
    let directory = client.services.store.directory();
    let account = client.visitor.person.and_then(|person| directory.account(person)).ok_or_else(Problem::nobody)?;
    Ok(fields.one(&Person::of(account, true)))
}

/// Change a person's name, e-mail address or role on the server, or whether they may sign in
///
/// Only admins may do this, and only to people whose role is not above their own. All of it is changed, or nothing. If mail is configured,
/// the former address is told that there is another one.
#[utoipa::path(
    patch, path = "/people/{person}", tag = "people", operation_id = "update_person",
    params(("person" = Uuid, Path)),
    request_body = PersonPatch,
    responses((status = 200, body = Person))
)]
pub async fn update(
    client: Client,
    Path(person): Path<ActorId>,
    Json(PersonPatch { name, email, role, active }): Json<PersonPatch>,
) -> Result<Response, Problem> {
    let accounts = client.accounts();
    if !client.visitor.principal().may_manage_people() {
        return Err(Problem::forbidden());
    }
    let update = PersonUpdate {
        name: name.as_deref().map(TextEdit::from),
        email: email.as_deref().map(TextEdit::from),
        role,
        active,
    };
    accounts.update(client.credentials(), person, update).await?;
    Ok(json(StatusCode::OK, &Person::of(&accounts.account(client.credentials(), person)?, true)))
}

/// Hand over what a person has to another person
///
/// For somebody who leaves. The other person becomes a member of the person's boards, with the higher of the two roles, and the open tasks
/// that are assigned to the person are assigned to the other one; then the person is removed from the boards. Only admins may do this, and
/// only for people whose role is not above their own. The response tells what was done, and what could not be. If it says that it is not
/// complete, repeat the request: what was done stays done.
#[utoipa::path(
    post, path = "/people/{person}/hand-over", tag = "people", operation_id = "hand_over",
    params(("person" = Uuid, Path)),
    request_body = NewHandOver,
    responses((status = 200, body = HandedOver))
)]
pub async fn hand_over(
    client: Client,
    Path(person): Path<ActorId>,
    Json(NewHandOver { to, boards, tasks, dry_run }): Json<NewHandOver>,
) -> Result<Response, Problem> {
    let wanted = HandOver { from: person, to, boards, tasks, dry_run };
    let report = client.accounts().hand_over(client.credentials(), &client.services.writer, wanted).await?;
    Ok(json(StatusCode::OK, &report))
}

/// What to hand over, and to whom.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewHandOver {
    /// The person who gets it.
    to: ActorId,
    /// Whether the boards are handed over.
    #[serde(default = "yes")]
    #[schema(required = false, default = true)]
    boards: bool,
    /// Whether the assignments to open tasks are handed over.
    #[serde(default = "yes")]
    #[schema(required = false, default = true)]
    tasks: bool,
    /// `true` only tells what would be done.
    #[serde(default)]
    #[schema(required = false)]
    dry_run: bool,
}

fn yes() -> bool {
    true
}

/// Invite many people from a CSV file
///
/// Only admins may do this. The first line of the file names its columns: `name` and `email`, and if wanted `role` (`member`, `admin` or
/// `owner`) and `boards`, such as `Plans=viewer|Holidays`: names or ids of boards, each with a role on it, `editor` if there is none; and `groups`, such
/// as `Crew|Leads`. The response says what came of each line. Wrong lines hold up none of the others, and people who have an account or an invitation get no
/// other one, so a corrected file can be imported again. Invitations are mailed if mail is configured; otherwise the response has their links.
#[utoipa::path(
    post, path = "/people/import", tag = "people", operation_id = "import_people",
    request_body = NewImport,
    responses((status = 200, body = Imported))
)]
pub async fn import(client: Client, Json(NewImport { csv, dry_run }): Json<NewImport>) -> Result<Response, Problem> {
    let imported = client.accounts().import(client.credentials(), csv.as_bytes(), dry_run).await?;
    Ok(json(StatusCode::OK, &imported))
}

/// People to invite.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewImport {
    /// The content of the CSV file.
    csv: String,
    /// `true` only tells what would be done.
    #[serde(default)]
    #[schema(required = false)]
    dry_run: bool,
}
