//! One's own sessions, ended from the page of one's account.

use std::sync::Arc;

use app::account::own::{Refused, WhichForm};
use axum::{extract::State, response::Response};

use super::{
    answer::Trouble,
    form::Form,
    own::{done, refused},
    signed_in::SignedIn,
};
use crate::http::Services;

/// `POST /account/sessions/end`
pub async fn end(
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
pub async fn end_others(State(services): State<Arc<Services>>, me: SignedIn) -> Result<Response, Trouble> {
    services.accounts.end_other_sessions(&me.caller, me.hash).await?;
    Ok(done(&me, "You are signed out everywhere else."))
}
