//! Signing in with an account somebody has elsewhere (OpenID Connect): the way there, and the way back.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use tower_sessions::Session;

use super::{
    answer::{Trouble, see},
    form::Asked,
    sign_in::{enter, way},
};
use crate::{
    accounts::{
        AccountError,
        oidc::{Oidc, OidcError, Underway},
        sessions::key,
    },
    clock::now,
    http::{Services, page::percent_encode, visitor},
};

/// What brought somebody here.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Address {
    next: String,
    invitation: Option<String>,
}

/// With what the provider sent somebody back.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Answer {
    code: String,
    state: String,
    error: String,
}

/// `GET /sign-in/elsewhere`
pub async fn leave(
    State(services): State<Arc<Services>>,
    Asked(Address { next, invitation }): Asked<Address>,
    session: Session,
    parts: Parts,
) -> Result<Response, Trouble> {
    let provider = provider(&services)?;
    // Each visit costs the provider two requests, and the database a row.
    services.accounts.count_stranger(visitor::address(&parts, services.proxies))?;
    let (url, underway) = provider.begin(way(&next).to_owned(), invitation).await.map_err(failed)?;
    session.insert(key::UNDERWAY, underway).await?;
    Ok(Redirect::to(&url).into_response())
}

/// `GET /sign-in/elsewhere/callback`
pub async fn come_back(
    State(services): State<Arc<Services>>,
    Asked(Answer { code, state, error }): Asked<Answer>,
    session: Session,
    parts: Parts,
) -> Result<Response, Trouble> {
    let provider = provider(&services)?;
    // Once only, whatever comes of it.
    let underway = session.remove::<Underway>(key::UNDERWAY).await?.ok_or_else(|| failed(OidcError::NotUnderway))?;
    if !error.is_empty() {
        // A word, by the standard; what else somebody puts there is worth no page of the log.
        return Err(failed(OidcError::Refused(error.chars().take(200).collect())));
    }
    let (next, invitation) = (underway.next.clone(), underway.invitation.clone());
    let identity = provider.finish(underway, &state, code).await.map_err(failed)?;
    let address = visitor::address(&parts, services.proxies);
    let accounts = &services.accounts;
    let signed_in = accounts.sign_in_elsewhere(&identity, invitation.as_deref(), address, &services.writer).await;
    let proof = match signed_in {
        Err(AccountError::NotProved) => {
            session.insert(key::UNPROVED, &(now(), identity)).await?;
            return Ok(see(&format!("/sign-in?after=elsewhere&next={}", percent_encode(&next))));
        }
        signed_in => signed_in?,
    };
    // There is no password to be guessed, so the browser need not be known.
    enter(&services, &session, &parts, proof, &next, true).await
}

fn provider(services: &Services) -> Result<&Oidc, Trouble> {
    let none = || Trouble::nothing_here("On this server one signs in with a password.");
    services.oidc.as_deref().ok_or_else(none)
}

fn failed(error: OidcError) -> Trouble {
    let status = match error {
        OidcError::NotUnderway => StatusCode::BAD_REQUEST,
        OidcError::Refused(_) => StatusCode::FORBIDDEN,
        OidcError::Provider(_) => StatusCode::BAD_GATEWAY,
    };
    tracing::warn!(%error, "somebody could not sign in elsewhere");
    let words = match error {
        OidcError::NotUnderway => "This sign-in was not begun here, or too long ago. Please begin again.",
        OidcError::Refused(_) => {
            "The other side did not say who you are. Please try again, or sign in with a password."
        }
        OidcError::Provider(_) => "The other side does not answer as it should. Please try again in a moment.",
    };
    Trouble { way: Some(("/sign-in".to_owned(), "Sign in")), ..Trouble::new(status, "That did not work", words) }
}
