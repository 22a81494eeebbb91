//! The reader's own tokens, made and revoked on the page of their account.

use std::sync::Arc;

use app::{
    account::{
        Notice,
        own::{Expiry, Refused, TokenForm, WhichForm},
    },
    time::{Day, Timestamp},
};
use axum::{extract::State, response::Response};

use super::{answer::ErrorPage, form::Form, own::tell, signed_in::SignedIn};
use crate::{accounts::AccountError, clock::now, http::Services};

const DAY_MILLIS: i64 = 24 * 60 * 60 * 1_000;

/// `POST /account/tokens`
pub async fn create(
    State(services): State<Arc<Services>>,
    me: SignedIn,
    Form(form): Form<TokenForm>,
) -> Result<Response, ErrorPage> {
    let create = async {
        let expires = expiry(&form, now())?;
        let (accounts, person) = (&services.accounts, me.account.id);
        let (secret, token) = accounts.create_token(&me.credentials, person, &form.name, form.scope, expires).await?;
        let words = format!("The token “{}” is made.", token.name);
        Ok(Notice::secret(words, "The token", secret.expose().to_owned()))
    };
    let done = create.await;
    tell(&services, &me, done, |mistake| Refused::Token(form, mistake)).await
}

/// `POST /account/tokens/revoke`
pub async fn revoke(
    State(services): State<Arc<Services>>,
    me: SignedIn,
    Form(form): Form<WhichForm>,
) -> Result<Response, ErrorPage> {
    let revoked = services.accounts.revoke_token(&me.credentials, form.id).await;
    let done = revoked.map(|()| Notice::done("The token is revoked and does not work any more."));
    tell(&services, &me, done, Refused::Other).await
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
                .ok_or_else(|| AccountError::invalid("day", "the day must be a date such as 2026-11-23"))?;
            let begins = date.date().midnight().assume_utc().unix_timestamp().saturating_mul(1_000);
            let end = Timestamp::from_millis(begins.saturating_add(DAY_MILLIS));
            return match end > now {
                true => Ok(Some(end)),
                false => Err(AccountError::invalid("day", "the day is in the past")),
            };
        }
    };
    Ok(Some(Timestamp::from_millis(now.as_millis() + days * DAY_MILLIS)))
}
