//! Groups of people over REST.

use std::sync::Arc;

use app::{
    access::BoardRole,
    id::{ActorId, BoardId},
    time::Timestamp,
};
use axum::{http::StatusCode, response::Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{
    client::Client,
    cursor,
    fields::{Fields, Only},
    json, located,
    model::not_null,
};
use crate::{
    accounts::{groups::MembershipsSet, text_edit::TextEdit},
    http::{
        input::{Json, Path, Query},
        problem::Problem,
    },
    store::{
        self, Directory, GroupBoard,
        tables::{Direction, GroupFilter, GroupOrder, Key, Rows, Slice},
    },
};

/// The list to which the cursors belong.
const LIST: &str = "groups";

/// The parameters of the query.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct GroupSearch {
    /// Only groups with this text in their names or descriptions, ignoring case.
    q: Option<String>,
    /// The maximum number of groups.
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<usize>,
    cursor: Option<String>,
    fields: Option<String>,
}

/// The groups of the server.
#[derive(Serialize, ToSchema)]
pub struct Groups {
    /// The groups, by name.
    groups: Vec<GroupLine>,
    /// The value of `cursor` with which to get more; `null` if these are all.
    next: Option<String>,
}

/// A group in the list.
#[derive(Serialize, ToSchema)]
pub struct GroupLine {
    /// The group's id.
    id: Uuid,
    /// The group's name. No two groups have the same, in whatever case.
    name: String,
    /// What the group is for.
    description: String,
    /// When it was made.
    created_at: Timestamp,
    /// How many people are in it.
    people_count: u64,
    /// How many boards it is on.
    boards_count: u64,
}

/// A group with its people and boards.
#[derive(Serialize, ToSchema)]
pub struct Group {
    /// The group's id.
    id: Uuid,
    /// The group's name. No two groups have the same, in whatever case.
    name: String,
    /// What the group is for.
    description: String,
    /// When it was made.
    created_at: Timestamp,
    /// The people in it, in the order of their ids; at most 1,000.
    people: Vec<GroupPerson>,
    /// The boards that it is on, by name; at most 200.
    boards: Vec<BoardOfGroup>,
}

/// A person in a group.
#[derive(Serialize, ToSchema)]
pub struct GroupPerson {
    /// The person's id.
    person: ActorId,
    /// The person's name.
    name: String,
}

/// A board that a group is on.
#[derive(Serialize, ToSchema)]
pub struct BoardOfGroup {
    /// The board's id.
    board: BoardId,
    /// The board's name.
    name: String,
    /// The role that the group's people have on it, unless they have a higher one.
    role: BoardRole,
    /// How many people of the group could not be put on it. To put the group on it again tries again.
    failed: u64,
}

impl From<store::Group> for GroupLine {
    fn from(group: store::Group) -> Self {
        let store::Group { id, name, description, created_at, people, boards } = group;
        Self { id, name, description, created_at, people_count: people, boards_count: boards }
    }
}

impl Group {
    fn of(directory: &Directory, group: store::Group, people: Vec<ActorId>, boards: Vec<GroupBoard>) -> Self {
        let name = |person| directory.account(person).map(|account| account.name.clone()).unwrap_or_default();
        let store::Group { id, name: group_name, description, created_at, .. } = group;
        let board = |GroupBoard { board, name, role, refused }| BoardOfGroup { board, name, role, failed: refused };
        Self {
            id,
            name: group_name,
            description,
            created_at,
            people: people.into_iter().map(|person| GroupPerson { person, name: name(person) }).collect(),
            boards: boards.into_iter().map(board).collect(),
        }
    }
}

/// A new group.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewGroup {
    /// The group's name, which no other group has.
    #[schema(max_length = 80)]
    name: String,
    /// What the group is for: one line.
    #[serde(default)]
    #[schema(required = false, max_length = 500)]
    description: String,
}

/// The fields to change of a group; absent fields stay as they are.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupPatch {
    /// A new name.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = Option<String>, nullable = false, max_length = 80)]
    name: Option<String>,
    /// A new description.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = Option<String>, nullable = false, max_length = 500)]
    description: Option<String>,
}

/// The role of a group on a board.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupRole {
    /// The role.
    role: BoardRole,
}

/// List the groups
///
/// By name, in pages. Only admins may read them.
#[utoipa::path(get, path = "/groups", tag = "groups", operation_id = "list_groups", params(GroupSearch), responses((status = 200, body = Groups)))]
pub async fn list(client: Client, Query(search): Query<GroupSearch>) -> Result<Response, Problem> {
    let GroupSearch { q, limit, cursor, fields } = search;
    let fields = Fields::of::<GroupLine>(fields.as_deref())?;
    let limit = cursor::limit(limit)?;
    let after: Option<Key> = cursor::read(LIST, cursor.as_deref(), |_| true)?;
    if !client.visitor.principal().may_manage_people() {
        return Err(Problem::forbidden());
    }
    let filter = GroupFilter { text: q.unwrap_or_default(), ..GroupFilter::default() };
    let slice = Slice { order: GroupOrder::Name, direction: Direction::Ascending, after, limit };
    let Rows { rows, next } = client.services.store.groups_table(&filter, slice).await?;
    let next = next.map(|key| cursor::write(LIST, &key));
    Ok(fields.list("groups", &Groups { groups: rows.into_iter().map(GroupLine::from).collect(), next }))
}

/// Make a group
///
/// Only admins may do this. The group has no people and is on no board yet.
#[utoipa::path(
    post, path = "/groups", tag = "groups", operation_id = "create_group",
    request_body = NewGroup,
    responses((status = 201, body = Group, headers(("Location" = String))))
)]
pub async fn create(client: Client, Json(NewGroup { name, description }): Json<NewGroup>) -> Result<Response, Problem> {
    let group = client.accounts().create_group(client.credentials(), &name, &description).await?;
    let path = format!("/groups/{}", group.id);
    let group = Group::of(&directory(&client), group, Vec::new(), Vec::new());
    Ok(located(json(StatusCode::CREATED, &group), path))
}

/// Read a group with its people and boards
///
/// Only admins may read it.
#[utoipa::path(
    get, path = "/groups/{group}", tag = "groups", operation_id = "read_group",
    params(("group" = Uuid, Path), Only),
    responses((status = 200, body = Group))
)]
pub async fn read(
    client: Client,
    Path(id): Path<Uuid>,
    Query(Only { fields }): Query<Only>,
) -> Result<Response, Problem> {
    let fields = Fields::of::<Group>(fields.as_deref())?;
    Ok(fields.one(&whole(&client, id).await?))
}

/// Rename a group, or change its description
///
/// Only admins may do this.
#[utoipa::path(
    patch, path = "/groups/{group}", tag = "groups", operation_id = "update_group",
    params(("group" = Uuid, Path)),
    request_body = GroupPatch,
    responses((status = 200, body = Group))
)]
pub async fn update(
    client: Client,
    Path(id): Path<Uuid>,
    Json(GroupPatch { name, description }): Json<GroupPatch>,
) -> Result<Response, Problem> {
    let (accounts, credentials) = (client.accounts(), client.credentials());
    let (name, description) = (name.as_deref().map(TextEdit::from), description.as_deref().map(TextEdit::from));
    accounts.update_group(credentials, id, name, description).await?;
    Ok(json(StatusCode::OK, &whole(&client, id).await?))
}

/// Delete a group
///
/// Only admins may do this. The group's people lose the roles on boards that they had from it alone.
#[utoipa::path(
    delete, path = "/groups/{group}", tag = "groups", operation_id = "delete_group",
    params(("group" = Uuid, Path)),
    responses((status = 200, body = MembershipsSet))
)]
pub async fn delete(client: Client, Path(id): Path<Uuid>) -> Result<Response, Problem> {
    let set = client.accounts().delete_group(client.credentials(), &client.services.writer, id).await?;
    Ok(json(StatusCode::OK, &set))
}

/// Add a person to a group
///
/// Only admins may do this. The person becomes a member of the group's boards, unless they have a role there that is as high. The response
/// tells what was done, and what could not be.
#[utoipa::path(
    put, path = "/groups/{group}/people/{person}", tag = "groups", operation_id = "join_group",
    params(("group" = Uuid, Path), ("person" = Uuid, Path)),
    responses((status = 200, body = MembershipsSet))
)]
pub async fn join(client: Client, Path((group, person)): Path<(Uuid, ActorId)>) -> Result<Response, Problem> {
    let writer = &client.services.writer;
    let set = client.accounts().join_group(client.credentials(), writer, group, &[person]).await?;
    Ok(json(StatusCode::OK, &set))
}

/// Remove a person from a group
///
/// Only admins may do this. The person loses the roles on boards that they had from the group alone, before the response is sent if it says
/// that it is complete.
#[utoipa::path(
    delete, path = "/groups/{group}/people/{person}", tag = "groups", operation_id = "leave_group",
    params(("group" = Uuid, Path), ("person" = Uuid, Path)),
    responses((status = 200, body = MembershipsSet))
)]
pub async fn leave(client: Client, Path((group, person)): Path<(Uuid, ActorId)>) -> Result<Response, Problem> {
    let writer = &client.services.writer;
    let set = client.accounts().leave_group(client.credentials(), writer, group, person).await?;
    Ok(json(StatusCode::OK, &set))
}

/// Put a group on a board, or change its role there
///
/// Only admins may do this. The group's people become members of the board, unless they have a role there that is as high.
#[utoipa::path(
    put, path = "/groups/{group}/boards/{board}", tag = "groups", operation_id = "put_group_on_board",
    params(("group" = Uuid, Path), ("board" = Uuid, Path)),
    request_body = GroupRole,
    responses((status = 200, body = MembershipsSet))
)]
pub async fn put(
    client: Client,
    Path((group, board)): Path<(Uuid, BoardId)>,
    Json(GroupRole { role }): Json<GroupRole>,
) -> Result<Response, Problem> {
    let writer = &client.services.writer;
    let set = client.accounts().put_group(client.credentials(), writer, group, board, role).await?;
    Ok(json(StatusCode::OK, &set))
}

/// Take a group off a board
///
/// Only admins may do this. The group's people lose the role on the board that they had from the group alone.
#[utoipa::path(
    delete, path = "/groups/{group}/boards/{board}", tag = "groups", operation_id = "take_group_off_board",
    params(("group" = Uuid, Path), ("board" = Uuid, Path)),
    responses((status = 200, body = MembershipsSet))
)]
pub async fn take(client: Client, Path((group, board)): Path<(Uuid, BoardId)>) -> Result<Response, Problem> {
    let writer = &client.services.writer;
    let set = client.accounts().take_group(client.credentials(), writer, group, board).await?;
    Ok(json(StatusCode::OK, &set))
}

async fn whole(client: &Client, id: Uuid) -> Result<Group, Problem> {
    let (group, people, boards) = client.accounts().group_contents(client.credentials(), id).await?;
    Ok(Group::of(&directory(client), group, people, boards))
}

fn directory(client: &Client) -> Arc<Directory> {
    client.services.store.directory()
}
