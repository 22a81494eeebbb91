//! The page of all people, for those who manage them: people's roles, and whether they may sign in. Its other forms are in
//! [`super::invitations`] and [`super::passwords`].

use std::sync::Arc;

use app::{
    access::InstanceRole,
    account::{
        Mistake, Notice,
        people::{self, PATH, People, PersonForm, Refused, RoleForm, page},
        words,
    },
    id::ActorId,
};
use axum::{extract::State, response::Response};
use serde::Deserialize;

use super::{
    answer::{self, ErrorPage},
    form::{Asked, Form},
    signed_in::SignedIn,
};
use crate::{
    accounts::{AccountError, invitations::Invitation},
    credentials::Credentials,
    http::Services,
    store::{Account, BoardQuery, OneTimeLink},
};

/// How many boards an invitation can choose from: the newest.
const OFFERED: usize = 200;

/// The parameters of the query.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Address {
    search: String,
}

/// `GET /people`
pub async fn show(
    State(services): State<Arc<Services>>,
    me: SignedIn,
    Asked(Address { search }): Asked<Address>,
) -> Result<Response, ErrorPage> {
    let content = content(&services, &me).await?;
    let notice = me.take_flash();
    Ok(answer::page(&services, page(People { notice, search, ..content })))
}

/// `POST /people/role`
pub async fn set_role(
    State(services): State<Arc<Services>>,
    me: SignedIn,
    Form(RoleForm { person, role }): Form<RoleForm>,
) -> Result<Response, ErrorPage> {
    let done = give_role(&services, &me.credentials, person, role).await;
    tell(&services, &me, done, |mistake| Refused::Account(person, mistake)).await
}

/// `POST /people/deactivate`
pub async fn deactivate(
    State(services): State<Arc<Services>>,
    me: SignedIn,
    Form(PersonForm { person }): Form<PersonForm>,
) -> Result<Response, ErrorPage> {
    set_active(&services, &me, person, false).await
}

/// `POST /people/reactivate`
pub async fn reactivate(
    State(services): State<Arc<Services>>,
    me: SignedIn,
    Form(PersonForm { person }): Form<PersonForm>,
) -> Result<Response, ErrorPage> {
    set_active(&services, &me, person, true).await
}

async fn set_active(
    services: &Arc<Services>,
    me: &SignedIn,
    person: ActorId,
    active: bool,
) -> Result<Response, ErrorPage> {
    let done = activate(services, &me.credentials, person, active).await;
    tell(services, me, done, |mistake| Refused::Account(person, mistake)).await
}

/// Sets a person's role. Returns a message about it.
pub(in crate::http) async fn give_role(
    services: &Services,
    credentials: &Credentials,
    person: ActorId,
    role: InstanceRole,
) -> Result<Notice, AccountError> {
    services.accounts.set_role(credentials, person, role).await?;
    Ok(Notice::done(format!("{} is now: {}.", name(services, person), words::role(role))))
}

/// Deactivates or reactivates a person's account. Returns a message about it.
pub(in crate::http) async fn activate(
    services: &Services,
    credentials: &Credentials,
    person: ActorId,
    active: bool,
) -> Result<Notice, AccountError> {
    services.accounts.set_active(credentials, person, active).await?;
    let name = name(services, person);
    Ok(Notice::done(match active {
        true => format!("{name} can sign in again."),
        false => format!("{name} is deactivated and signed out everywhere."),
    }))
}

pub(super) fn name(services: &Services, person: ActorId) -> String {
    let directory = services.store.directory();
    directory.account(person).map(|account| account.name.clone()).unwrap_or_default()
}

/// Answers a form of this page. On success it redirects to the page, which then shows the notice. On an error it answers with the page,
/// which shows what was refused.
pub(super) async fn tell(
    services: &Arc<Services>,
    me: &SignedIn,
    done: Result<Notice, AccountError>,
    refused: impl FnOnce(Mistake) -> Refused,
) -> Result<Response, ErrorPage> {
    let error = match done {
        Ok(notice) => return Ok(me.redirect_with_flash(&notice, PATH)),
        Err(error) => error,
    };
    let mistake = answer::mistake(&error, &["note", "role"]);
    let content = content(services, me).await?;
    Ok(answer::refused(services, &error, page(People { refused: Some(refused(mistake)), ..content })))
}

/// The page's content, without the outcome of a form. An error for readers who may not manage people.
async fn content(services: &Services, me: &SignedIn) -> Result<People, AccountError> {
    let (accounts, principal) = (&services.accounts, me.principal());
    let account = |account: Account| people::Account {
        person: account.person(),
        is_active: account.is_active(),
        may_change: principal.may_manage(account.role),
        email: account.email,
        role: account.role,
        since: account.created_at,
    };
    let invitation = |(link, invitation): (OneTimeLink, Invitation)| people::Invitation {
        id: link.id,
        may_revoke: principal.may_manage(invitation.role),
        note: invitation.note,
        role: invitation.role,
        boards: invitation.boards.len(),
        host: link.created_by.map(|person| name(services, person)),
        until: link.expires_at,
    };
    Ok(People {
        current_user: me.current_user(PATH),
        role: me.account.role,
        notice: None,
        accounts: accounts.accounts(&me.credentials)?.into_iter().map(account).collect(),
        search: String::new(),
        invitations: accounts.invitations(&me.credentials).await?.into_iter().map(invitation).collect(),
        boards: services
            .store
            .boards_page(&me.credentials, &BoardQuery::newest(OFFERED))
            .await?
            .rows
            .into_iter()
            .map(|board| (board.id, board.name))
            .collect(),
        refused: None,
    })
}
