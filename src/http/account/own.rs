//! What people do with their own accounts.

use std::sync::Arc;

use app::{
    account::{
        Mistake, Notice,
        own::{Expiry, NameForm, OwnAccount, PATH, PasswordForm, Refused, Session, Token, TokenForm, WhichForm, page},
    },
    time::{Day, Timestamp},
};
use axum::{extract::State, http::request::Parts, response::Response};
use serde_json::Value;

use super::{
    answer::{self, Trouble, check_again, see},
    form::Form,
    signed_in::{SignedIn, origin},
};
use crate::{
    accounts::{AccountError, ChangePassword, sessions::key},
    clock::now,
    http::Services,
    store::people::SessionRow,
};

const DAY_MILLIS: i64 = 24 * 60 * 60 * 1_000;

/// `GET /account`
pub async fn show(State(services): State<Arc<Services>>, me: SignedIn) -> Result<Response, Trouble> {
    let notice = me.take();
    let content = content(&services, &me).await?;
    Ok(answer::page(&services, page(OwnAccount { notice, ..content })))
}

/// `POST /account/name`
pub async fn rename(
    State(services): State<Arc<Services>>,
    me: SignedIn,
    Form(form): Form<NameForm>,
) -> Result<Response, Trouble> {
    match services.accounts.rename(&me.caller, &form.name).await {
        Ok(()) => Ok(done(&me, "Your name is saved.")),
        Err(error) => refused(&services, &me, &error, |mistake| Refused::Name(form, mistake)).await,
    }
}

/// `POST /account/password`
pub async fn change_password(
    State(services): State<Arc<Services>>,
    me: SignedIn,
    parts: Parts,
    Form(form): Form<PasswordForm>,
) -> Result<Response, Trouble> {
    let change = async {
        check_again(&form.password, &form.again)?;
        let from = origin(&services, &parts, &me.account.email).await?;
        let passwords =
            ChangePassword { old: &form.current, new: &form.password, revoke_tokens: form.revokes_tokens() };
        services.accounts.change_password(&me.caller, passwords, from).await
    };
    match change.await {
        Ok(()) => {
            let tokens = services.store.directory().count_tokens(me.account.id);
            Ok(done(&me, &format!("Your new password is saved, and {}", ended(form.revokes_tokens(), tokens))))
        }
        Err(error) => refused(&services, &me, &error, Refused::Password).await,
    }
}

/// `POST /account/sessions/end`
pub async fn end_session(
    State(services): State<Arc<Services>>,
    me: SignedIn,
    Form(form): Form<WhichForm>,
) -> Result<Response, Trouble> {
    match services.accounts.end_session(&me.caller, form.id).await {
        Ok(()) => Ok(done(&me, "That browser is signed out.")),
        Err(error) => refused(&services, &me, &error, Refused::Other).await,
    }
}

/// `POST /account/sessions/end-others`
pub async fn end_other_sessions(State(services): State<Arc<Services>>, me: SignedIn) -> Result<Response, Trouble> {
    services.accounts.end_other_sessions(&me.caller, me.hash).await?;
    Ok(done(&me, "You are signed out everywhere else."))
}

/// `POST /account/tokens`
pub async fn create_token(
    State(services): State<Arc<Services>>,
    me: SignedIn,
    Form(form): Form<TokenForm>,
) -> Result<Response, Trouble> {
    let create = async {
        let expires = expiry(&form, now())?;
        services.accounts.create_token(&me.caller, me.account.id, &form.name, form.scope, expires).await
    };
    match create.await {
        Ok((secret, token)) => {
            let words = format!("The token “{}” is made.", token.name);
            me.leave(&Notice::secret(words, "The token", secret.expose().to_owned()));
            Ok(see(PATH))
        }
        Err(error) => refused(&services, &me, &error, |mistake| Refused::Token(form, mistake)).await,
    }
}

/// `POST /account/tokens/revoke`
pub async fn revoke_token(
    State(services): State<Arc<Services>>,
    me: SignedIn,
    Form(form): Form<WhichForm>,
) -> Result<Response, Trouble> {
    match services.accounts.revoke_token(&me.caller, form.id).await {
        Ok(()) => Ok(done(&me, "The token is revoked and does not work any more.")),
        Err(error) => refused(&services, &me, &error, Refused::Other).await,
    }
}

/// What a new password has ended, and what not.
fn ended(revoked: bool, tokens: usize) -> String {
    let browsers = "you are signed out in all other browsers";
    match tokens {
        0 if revoked => format!("{browsers}. Your tokens are revoked."),
        0 => format!("{browsers}."),
        1 => format!("{browsers}. Your token still works."),
        _ => format!("{browsers}. Your {tokens} tokens still work."),
    }
}

/// When a token stops working.
fn expiry(form: &TokenForm, now: Timestamp) -> Result<Option<Timestamp>, AccountError> {
    let days = match form.expires {
        Expiry::Days30 => 30,
        Expiry::Days90 => 90,
        Expiry::Days365 => 365,
        Expiry::Never => return Ok(None),
        Expiry::Day => {
            let date = Day::parse(&form.day)
                .ok_or_else(|| AccountError::invalid("day", "must be a date, such as 2026-11-23"))?;
            let begins = date.date().midnight().assume_utc().unix_timestamp().saturating_mul(1_000);
            let end = Timestamp::from_millis(begins.saturating_add(DAY_MILLIS));
            return match end > now {
                true => Ok(Some(end)),
                false => Err(AccountError::invalid("day", "has gone by")),
            };
        }
    };
    Ok(Some(Timestamp::from_millis(now.as_millis() + days * DAY_MILLIS)))
}

fn done(me: &SignedIn, words: &str) -> Response {
    me.leave(&Notice::done(words));
    see(PATH)
}

async fn refused(
    services: &Arc<Services>,
    me: &SignedIn,
    error: &AccountError,
    refused: impl FnOnce(Mistake) -> Refused,
) -> Result<Response, Trouble> {
    let mistake = answer::mistake(error, &["name", "current password", "password", "second password", "day"]);
    let content = content(services, me).await?;
    Ok(answer::refused(services, error, page(OwnAccount { refused: Some(refused(mistake)), ..content })))
}

/// The page as it is without anything having been done.
async fn content(services: &Services, me: &SignedIn) -> Result<OwnAccount, AccountError> {
    let (accounts, caller) = (&services.accounts, &me.caller);
    let session = |row: SessionRow| Session {
        id: row.id,
        is_this: row.hash == me.hash,
        agent: agent(&row.data),
        since: row.created_at,
        seen: row.seen_at,
    };
    let token = |(token, used): (crate::store::Token, _)| Token {
        id: token.id,
        name: token.name,
        scope: token.scope,
        used,
        expires: token.expires_at,
    };
    Ok(OwnAccount {
        reader: me.reader(PATH),
        notice: None,
        email: me.account.email.clone(),
        role: me.account.role,
        has_password: me.account.has_password,
        sessions: accounts.sessions(caller).await?.into_iter().map(session).collect(),
        tokens: accounts.tokens(caller, me.account.id).await?.into_iter().map(token).collect(),
        now: now(),
        refused: None,
    })
}

/// The browser, as it described itself when somebody signed in with it.
fn agent(data: &str) -> String {
    let data: Value = serde_json::from_str(data).unwrap_or_default();
    data[key::AGENT].as_str().unwrap_or_default().to_owned()
}
