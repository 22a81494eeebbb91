//! Signing in with an account at an OpenID Connect provider: the redirect to the provider, and the callback.

use std::sync::Arc;

use app::audit::Method;
use axum::{
    extract::State,
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use tower_sessions::Session;

use super::{
    answer::{ErrorPage, see},
    form::Asked,
    sign_in::{enter, way},
};
use crate::{
    accounts::{
        AccountError,
        oidc::{Oidc, OidcError, OidcState},
        sessions::key,
    },
    clock::now,
    http::{Services, page::percent_encode, request_auth},
};

/// The parameters of the query.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Address {
    next: String,
    invitation: Option<String>,
}

/// The parameters with which the provider redirects back.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Answer {
    code: String,
    state: String,
    error: String,
}

/// `GET /sign-in/elsewhere`
pub async fn start(
    State(services): State<Arc<Services>>,
    Asked(Address { next, invitation }): Asked<Address>,
    session: Session,
    parts: Parts,
) -> Result<Response, ErrorPage> {
    let provider = provider(&services)?;
    // Each visit costs the provider two requests and the database a row, so it is counted as an attempt.
    services.accounts.count_stranger(request_auth::address(&parts, services.proxies))?;
    let (url, oidc_state) = provider.begin(way(&next).to_owned(), invitation).await.map_err(failed)?;
    session.insert(key::OIDC_STATE, oidc_state).await?;
    Ok(Redirect::to(&url).into_response())
}

/// `GET /sign-in/elsewhere/callback`
pub async fn callback(
    State(services): State<Arc<Services>>,
    Asked(Answer { code, state, error }): Asked<Answer>,
    session: Session,
    parts: Parts,
) -> Result<Response, ErrorPage> {
    let provider = provider(&services)?;
    // The state is valid once, whatever the outcome.
    let oidc_state =
        session.remove::<OidcState>(key::OIDC_STATE).await?.ok_or_else(|| failed(OidcError::UnknownState))?;
    if !error.is_empty() {
        // By the standard this is one word. Anybody can send something longer, which must not fill the log.
        return Err(failed(OidcError::Refused(error.chars().take(200).collect())));
    }
    let (next, invitation) = (oidc_state.next.clone(), oidc_state.invitation.clone());
    let identity = provider.finish(oidc_state, &state, code).await.map_err(failed)?;
    let client = request_auth::client(&parts, services.proxies);
    let accounts = &services.accounts;
    let signed_in = accounts.sign_in_with_oidc(&identity, invitation.as_deref(), client, &services.writer).await;
    let proof = match signed_in {
        Err(AccountError::NotProved) => {
            session.insert(key::UNPROVED, &(now(), identity)).await?;
            return Ok(see(&format!("/sign-in?after=elsewhere&next={}", percent_encode(&next))));
        }
        signed_in => signed_in?,
    };
    // Known browsers only matter for the limits on password attempts. This sign-in has no password, so the browser gets no device cookie.
    enter(&services, &session, &parts, proof, Method::Provider, &next, true).await
}

fn provider(services: &Services) -> Result<&Oidc, ErrorPage> {
    let none = || ErrorPage::nothing_here("This server has no sign-in provider. Sign in with your password.");
    services.oidc.as_deref().ok_or_else(none)
}

fn failed(error: OidcError) -> ErrorPage {
    let status = match error {
        OidcError::UnknownState => StatusCode::BAD_REQUEST,
        OidcError::Refused(_) => StatusCode::FORBIDDEN,
        OidcError::Provider(_) | OidcError::LeftOut => StatusCode::BAD_GATEWAY,
    };
    tracing::warn!(%error, "a sign-in with OpenID Connect failed");
    let words = match error {
        OidcError::UnknownState => "This sign-in was begun in another browser, or too long ago. Please begin again.",
        OidcError::Refused(_) => {
            "The sign-in provider did not confirm who you are. Please try again, or sign in with a password."
        }
        OidcError::Provider(_) | OidcError::LeftOut => {
            "The sign-in provider does not answer correctly. Please try again in a moment."
        }
    };
    ErrorPage { way: Some(("/sign-in".to_owned(), "Sign in")), ..ErrorPage::new(status, "That did not work", words) }
}
