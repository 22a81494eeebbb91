//! The reader's own sessions, which they end on the page of their account.

use std::sync::Arc;

use app::account::{
    Notice,
    own::{PATH, Refused, WhichForm},
};
use axum::{extract::State, response::Response};

use super::{answer::ErrorPage, form::Form, own::tell, signed_in::SignedIn};
use crate::http::Services;

/// `POST /account/sessions/end`
pub async fn end(
    State(services): State<Arc<Services>>,
    me: SignedIn,
    Form(form): Form<WhichForm>,
) -> Result<Response, ErrorPage> {
    let ended = services.accounts.end_session(&me.credentials, form.id).await;
    tell(&services, &me, ended.map(|()| Notice::done("That browser is signed out.")), Refused::Other).await
}

/// `POST /account/sessions/end-others`
pub async fn end_others(State(services): State<Arc<Services>>, me: SignedIn) -> Result<Response, ErrorPage> {
    services.accounts.end_other_sessions(&me.credentials, me.hash).await?;
    Ok(me.redirect_with_flash(&Notice::done("You are signed out everywhere else."), PATH))
}
