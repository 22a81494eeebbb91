//! The page of one person, and the actions of its forms. What they do is shared with the page `/people` ([`crate::http::account`]).

use app::{
    access::InstanceRole,
    account::{
        Mistake, Notice,
        people::{PersonForm, RoleForm},
    },
    admin::{
        people::PATH,
        person::{Person, address, page},
    },
    id::ActorId,
};
use axum::{extract::Path, http::StatusCode, response::Response};

use super::{answer, reader::Admin, sessions::session, tokens::token};
use crate::{
    accounts::AccountError,
    clock::now,
    http::account::{
        answer::{self as account_answer, ErrorPage},
        form::Form,
        passwords, people,
    },
    store::{
        AuditFilter,
        tables::{Direction, Membership, SessionEntry, Slice, TaskFilter, TaskOrder},
    },
};

/// How many boards the page lists.
const BOARDS: usize = 100;
/// How many events of the audit log the page lists.
const EVENTS: usize = 20;
/// How many open tasks the page lists.
const TASKS: usize = 10;

/// `GET /admin/people/{person}`
pub async fn show(admin: Admin, Path(person): Path<ActorId>) -> Result<Response, ErrorPage> {
    let content = content(&admin, person, None).await?;
    Ok(answer::page(&admin, page(content)))
}

/// `POST /admin/people/role`
pub async fn set_role(admin: Admin, Form(RoleForm { person, role }): Form<RoleForm>) -> Result<Response, ErrorPage> {
    let done = people::give_role(&admin.services, &admin.credentials, person, role).await;
    tell(&admin, person, done).await
}

/// `POST /admin/people/deactivate`
pub async fn deactivate(admin: Admin, Form(PersonForm { person }): Form<PersonForm>) -> Result<Response, ErrorPage> {
    let done = people::activate(&admin.services, &admin.credentials, person, false).await;
    tell(&admin, person, done).await
}

/// `POST /admin/people/reactivate`
pub async fn reactivate(admin: Admin, Form(PersonForm { person }): Form<PersonForm>) -> Result<Response, ErrorPage> {
    let done = people::activate(&admin.services, &admin.credentials, person, true).await;
    tell(&admin, person, done).await
}

/// `POST /admin/people/new-password`
pub async fn make_link(admin: Admin, Form(PersonForm { person }): Form<PersonForm>) -> Result<Response, ErrorPage> {
    let done = passwords::link_for(&admin.services, &admin.credentials, person).await;
    tell(&admin, person, done).await
}

/// Answers a form of this page: with a redirect to the page, which shows the notice, or with the page, which says what was refused.
async fn tell(admin: &Admin, person: ActorId, done: Result<Notice, AccountError>) -> Result<Response, ErrorPage> {
    let error = match done {
        Ok(notice) => return Ok(admin.redirect_with_flash(&notice, &address(person))),
        Err(error) => error,
    };
    let mistake = account_answer::mistake(&error, &["role"]);
    let status = ErrorPage::from(error).status;
    let content = content(admin, person, Some(mistake)).await?;
    Ok(answer::refused(admin, status, page(content)))
}

/// The page's content.
async fn content(admin: &Admin, id: ActorId, refused: Option<Mistake>) -> Result<Person, ErrorPage> {
    admin.require_accounts()?;
    let (store, principal, now) = (&admin.services.store, admin.principal(), now());
    let directory = store.directory();
    let (Some(account), Some(row)) = (directory.account(id), store.person_row(id, now).await?) else {
        let way = Some((PATH.to_owned(), "All people"));
        let words = "There is no account at this address.";
        return Err(ErrorPage { way, ..ErrorPage::new(StatusCode::NOT_FOUND, "There is nothing here", words) });
    };
    let filter = TaskFilter { assignee: Some(Some(id)), ..TaskFilter::default() };
    let soonest = Slice { order: TaskOrder::Due, direction: Direction::Ascending, after: None, limit: TASKS };
    let tasks = store.tasks_table(&filter, soonest).await?.rows;
    let boards = store.memberships(id, BOARDS).await?;
    let about = AuditFilter { target: Some(id.0), ..AuditFilter::default() };
    let events = admin.services.accounts.audit(&admin.credentials, &about, None, EVENTS).await?.events;
    let sessions = store.sessions_of(id, now).await?;
    let tokens = store.tokens_of(id).await?;
    let groups = store.groups_of(id).await?;
    let identities = store.identities_of(id).await?;
    let membership = |Membership { board, name, role, everyone }| (board, name, role, everyone);
    Ok(Person {
        reader: admin.reader(),
        most: principal.role.unwrap_or(InstanceRole::Member),
        person: account.person(),
        may_change: principal.may_manage(account.role),
        is_reader: principal.person == Some(account.id),
        email: account.email.clone(),
        email_is_proved: account.email_is_proved,
        role: account.role,
        has_password: account.has_password,
        since: account.created_at,
        deactivated_at: account.deactivated_at,
        seen_at: row.seen_at,
        boards: boards.into_iter().map(membership).collect(),
        all_boards: row.boards,
        groups: groups.into_iter().map(|group| (group.id, group.name, group.boards)).collect(),
        tasks: tasks.into_iter().map(|task| (task.id, task.title, task.board, task.board_name, task.due)).collect(),
        all_tasks: row.open_tasks,
        sessions: sessions
            .into_iter()
            .map(|row| session(admin, &directory, SessionEntry { person: id, session: row }))
            .collect(),
        tokens: tokens.into_iter().map(|(row, used)| token(admin, &directory, row, used)).collect(),
        identities: identities.into_iter().map(|identity| (identity.issuer, identity.subject)).collect(),
        events,
        refused,
        today: now.day(),
        now,
    })
}
