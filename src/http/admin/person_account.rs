//! A person's name and e-mail address, and what they hand over to somebody else.

use app::{
    account::{Mistake, Notice},
    admin::person_account::{ChangeForm, HandOverForm, PersonAccount, Refused, Report, address, page},
    id::ActorId,
};
use axum::{extract::Path, http::StatusCode, response::Response};

use super::{answer, reader::Admin};
use crate::{
    accounts::{AccountError, PersonUpdate, hand_over::HandOver, text_edit::TextEdit},
    http::account::{answer as account_answer, answer::ErrorPage, form::Form},
};

/// `GET /admin/people/{person}/account`
pub async fn show(admin: Admin, Path(person): Path<ActorId>) -> Result<Response, ErrorPage> {
    let content = content(&admin, person)?;
    Ok(answer::page(&admin, page(content)))
}

/// `POST /admin/people/{person}/account`
pub async fn change(
    admin: Admin,
    Path(person): Path<ActorId>,
    Form(form): Form<ChangeForm>,
) -> Result<Response, ErrorPage> {
    let update = PersonUpdate {
        name: TextEdit::typed(&form.name, form.name_was.as_deref()),
        email: TextEdit::typed(&form.email, form.email_was.as_deref()),
        ..PersonUpdate::default()
    };
    match admin.services.accounts.update(&admin.credentials, person, update).await {
        Ok(()) => Ok(admin.redirect_with_flash(&Notice::done("Name and e-mail address are saved."), &address(person))),
        Err(error @ (AccountError::Invalid { .. } | AccountError::Changed(_))) => {
            let mistake = account_answer::mistake(&error, &["name", crate::accounts::people::EMAIL]);
            let status = ErrorPage::from(error).status;
            refused(&admin, person, status, Refused::Change(form, mistake))
        }
        Err(error) => Err(error.into()),
    }
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
            let to = services.accounts.account(&admin.credentials, form.to)?.name;
            let mut words = done.words(&to);
            if let (.., failed @ 1..) = done.counts() {
                words.push_str(&format!(" Not possible: {failed}."));
            }
            if !done.is_complete() {
                words.push_str(" Not everything was reached in time; hand over again for the rest.");
            }
            let report = Some(Report { words, lines: done.lines() });
            let content = PersonAccount { report, to: Some(form.to), ..content(&admin, person)? };
            Ok(answer::page(&admin, page(content)))
        }
        Err(error @ AccountError::Invalid { .. }) => {
            let mistake = Mistake { field: None, words: error.sentence() };
            refused(&admin, person, StatusCode::UNPROCESSABLE_ENTITY, Refused::HandOver(mistake))
        }
        Err(error) => Err(error.into()),
    }
}

fn refused(admin: &Admin, person: ActorId, status: StatusCode, refused: Refused) -> Result<Response, ErrorPage> {
    let content = PersonAccount { refused: Some(refused), ..content(admin, person)? };
    Ok(answer::refused(admin, status, page(content)))
}

/// The page's content, without the outcome of a form. An error for readers who may not manage this person.
fn content(admin: &Admin, person: ActorId) -> Result<PersonAccount, AccountError> {
    let (accounts, credentials) = (&admin.services.accounts, &admin.credentials);
    let account = accounts.account(credentials, person)?;
    if !admin.principal().may_manage(account.role) {
        return Err(AccountError::Forbidden);
    }
    let others = accounts.accounts(credentials)?.into_iter().filter(|other| other.id != person && other.is_active());
    Ok(PersonAccount {
        reader: admin.reader(),
        id: person,
        is_reader: admin.principal().person == Some(person),
        name: account.name,
        email: account.email,
        others: others.map(|other| (other.id, other.name, other.email)).collect(),
        to: None,
        report: None,
        refused: None,
    })
}
