//! The account of one person: name and address, sessions, tokens, and what they hand over.

use app::{
    account::{Mistake, Notice},
    admin::person_account::{
        ChangeForm, EndForm, HandOverForm, PersonAccount, Refused, Report, Session, Token, address, page,
    },
    id::ActorId,
    time::Timestamp,
};
use axum::{extract::Path, http::StatusCode, response::Response};

use super::{answer, reader::Admin};
use crate::{
    accounts::{AccountError, PersonUpdate, hand_over::HandOver, sessions::agent},
    clock::now,
    http::account::{answer as account_answer, answer::ErrorPage, form::Form},
    store::{self, SessionRow},
};

/// `GET /admin/people/{person}/account`
pub async fn show(admin: Admin, Path(person): Path<ActorId>) -> Result<Response, ErrorPage> {
    let content = content(&admin, person).await?;
    Ok(answer::page(&admin, page(content)))
}

/// `POST /admin/people/{person}/account`
pub async fn change(
    admin: Admin,
    Path(person): Path<ActorId>,
    Form(form): Form<ChangeForm>,
) -> Result<Response, ErrorPage> {
    let update = PersonUpdate { name: Some(&form.name), email: Some(&form.email), ..PersonUpdate::default() };
    match admin.services.accounts.update(&admin.credentials, person, update).await {
        Ok(()) => Ok(admin.redirect_with_flash(&Notice::done("Name and e-mail address are saved."), &address(person))),
        Err(error @ AccountError::Invalid { .. }) => {
            let mistake = account_answer::mistake(&error, &["name", crate::accounts::people::EMAIL]);
            refused(&admin, person, Refused::Change(form, mistake)).await
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /admin/people/{person}/account/end-sessions`
pub async fn end_sessions(
    admin: Admin,
    Path(person): Path<ActorId>,
    Form(EndForm { id }): Form<EndForm>,
) -> Result<Response, ErrorPage> {
    admin.services.accounts.end_sessions_of(&admin.credentials, person, id).await?;
    let words = if id.is_some() { "That browser is signed out." } else { "All browsers are signed out." };
    Ok(admin.redirect_with_flash(&Notice::done(words), &address(person)))
}

/// `POST /admin/people/{person}/account/revoke-tokens`
pub async fn revoke_tokens(
    admin: Admin,
    Path(person): Path<ActorId>,
    Form(EndForm { id }): Form<EndForm>,
) -> Result<Response, ErrorPage> {
    admin.services.accounts.revoke_tokens_of(&admin.credentials, person, id).await?;
    let words = if id.is_some() { "The token is revoked." } else { "All tokens are revoked." };
    Ok(admin.redirect_with_flash(&Notice::done(words), &address(person)))
}

/// `POST /admin/people/{person}/account/hand-over`
pub async fn hand_over(
    admin: Admin,
    Path(person): Path<ActorId>,
    Form(form): Form<HandOverForm>,
) -> Result<Response, ErrorPage> {
    let wanted = HandOver {
        from: person,
        to: form.to,
        boards: !form.boards.is_empty(),
        tasks: !form.tasks.is_empty(),
        dry_run: form.wanted != "do",
    };
    let services = &admin.services;
    match services.accounts.hand_over(&admin.credentials, &services.writer, wanted).await {
        Ok(done) => {
            let (boards, tasks, failed) = done.counts();
            let verb = if wanted.dry_run { "Would hand over" } else { "Handed over" };
            let mut words = format!("{verb}: boards {boards}, tasks {tasks}. ");
            if failed > 0 {
                words.push_str(&format!("Not possible: {failed}. "));
            }
            if !done.is_complete() {
                words.push_str("Not everything was reached in time; hand over again for the rest.");
            }
            let report = Some(Report { words: words.trim_end().to_owned(), lines: done.lines() });
            let content = PersonAccount { report, to: Some(form.to), ..content(&admin, person).await? };
            Ok(answer::page(&admin, page(content)))
        }
        Err(error @ AccountError::Invalid { .. }) => {
            let mistake = Mistake { field: None, words: error.sentence() };
            refused(&admin, person, Refused::HandOver(mistake)).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn refused(admin: &Admin, person: ActorId, refused: Refused) -> Result<Response, ErrorPage> {
    let content = PersonAccount { refused: Some(refused), ..content(admin, person).await? };
    Ok(answer::refused(admin, StatusCode::UNPROCESSABLE_ENTITY, page(content)))
}

/// The page's content, without the outcome of a form. An error for readers who may not manage this person.
async fn content(admin: &Admin, person: ActorId) -> Result<PersonAccount, AccountError> {
    let (accounts, credentials) = (&admin.services.accounts, &admin.credentials);
    let session =
        |row: SessionRow| Session { agent: agent(&row), id: row.id, since: row.created_at, seen: row.seen_at };
    let token = |(token, used): (store::Token, Option<Timestamp>)| Token {
        id: token.id,
        name: token.name,
        scope: token.scope,
        created: token.created_at,
        used,
    };
    let sessions = accounts.sessions_of(credentials, person).await?.into_iter().map(session).collect();
    let tokens = accounts.tokens_of(credentials, person).await?.into_iter().map(token).collect();
    let account = accounts.account(credentials, person)?;
    let others = accounts.accounts(credentials)?.into_iter().filter(|other| other.id != person && other.is_active());
    Ok(PersonAccount {
        reader: admin.reader(),
        id: person,
        is_active: account.is_active(),
        is_reader: admin.principal().person == Some(person),
        name: account.name,
        email: account.email,
        role: account.role,
        sessions,
        tokens,
        others: others.map(|other| (other.id, other.name, other.email)).collect(),
        to: None,
        report: None,
        refused: None,
        now: now(),
    })
}
