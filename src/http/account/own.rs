//! The page of the reader's own account, and the forms for their name and e-mail address. Its other forms are in [`super::passwords`], [`super::sessions`] and
//! [`super::tokens`].

use std::sync::Arc;

use app::account::{
    Mistake, Notice,
    own::{EmailForm, NameForm, OwnAccount, PATH, Refused, Session, Token, page},
};
use axum::{extract::State, http::request::Parts, response::Response};

use super::{
    answer::{self, ErrorPage},
    form::Form,
    signed_in::{SignedIn, origin},
};
use crate::{
    accounts::{AccountError, people::EMAIL, sessions::agent},
    clock::now,
    http::{Services, theme},
    store::{self, SessionRow},
};

/// `GET /account`
pub async fn show(State(services): State<Arc<Services>>, me: SignedIn) -> Result<Response, ErrorPage> {
    let notice = me.take_flash();
    let content = content(&services, &me).await?;
    Ok(answer::page(&services, page(OwnAccount { notice, ..content })))
}

/// `POST /account/name`
pub async fn rename(
    State(services): State<Arc<Services>>,
    me: SignedIn,
    Form(form): Form<NameForm>,
) -> Result<Response, ErrorPage> {
    let renamed = services.accounts.rename(&me.credentials, &form.name).await;
    let done = renamed.map(|()| Notice::done("Your name is saved."));
    tell(&services, &me, done, |mistake| Refused::Name(form, mistake)).await
}

/// `POST /account/email`
pub async fn change_email(
    State(services): State<Arc<Services>>,
    me: SignedIn,
    parts: Parts,
    Form(form): Form<EmailForm>,
) -> Result<Response, ErrorPage> {
    let change = async {
        let from = origin(&services, &parts, &me.account.email).await?;
        services.accounts.change_email(&me.credentials, &form.current, &form.email, from).await?;
        Ok(Notice::done("Your e-mail address is saved. Sign in with it from now on."))
    };
    let done = change.await;
    tell(&services, &me, done, |mistake| Refused::Email(form, mistake)).await
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
    let mistake = answer::mistake(&error, &["name", EMAIL, "current password", "password", "second password", "day"]);
    let content = content(services, me).await?;
    Ok(answer::refused(services, &error, page(OwnAccount { refused: Some(refused(mistake)), ..content })))
}

/// The page's content, without the outcome of a form.
async fn content(services: &Services, me: &SignedIn) -> Result<OwnAccount, AccountError> {
    let (accounts, credentials) = (&services.accounts, &me.credentials);
    let session = |row: SessionRow| Session {
        id: row.id,
        is_this: row.hash == me.hash,
        agent: agent(&row),
        since: row.created_at,
        seen: row.seen_at,
    };
    let token = |(token, used): (store::Token, _)| Token {
        id: token.id,
        name: token.name,
        scope: token.scope,
        used,
        expires: token.expires_at,
    };
    Ok(OwnAccount {
        current_user: me.current_user(PATH),
        notice: None,
        email: me.account.email.clone(),
        role: me.account.role,
        has_password: me.account.has_password,
        sessions: accounts.sessions(credentials).await?.into_iter().map(session).collect(),
        tokens: accounts.tokens(credentials, me.account.id).await?.into_iter().map(token).collect(),
        now: now(),
        theme: theme::current(),
        refused: None,
    })
}
