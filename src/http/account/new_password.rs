//! Choosing a password through a link: a new one, for people who forgot theirs, or the first one, for people whose account somebody else made.

use std::sync::Arc;

use app::{
    account::new_password::{NewPassword, NewPasswordForm, page},
    audit::Method,
};
use axum::{
    extract::{Path, State},
    http::request::Parts,
    response::Response,
};
use tower_sessions::Session;

use super::{
    answer::{self, ErrorPage, check_again, see},
    form::Form,
    sign_in::enter,
    signed_in::current_user_of,
};
use crate::{
    accounts::AccountError,
    http::{Services, request_auth},
    store::Proof,
};

/// `GET /new-password/{secret}`
pub async fn show(
    State(services): State<Arc<Services>>,
    Path(secret): Path<String>,
    parts: Parts,
) -> Result<Response, ErrorPage> {
    Ok(answer::page(&services, page(content(&services, &secret, &parts).await?)))
}

/// `POST /new-password/{secret}`. A link for a forgotten password does not sign anybody in: the person signs in next, and so tries the new
/// password at once. Who comes for the first time is signed in, as by an invitation.
pub async fn save(
    State(services): State<Arc<Services>>,
    Path(secret): Path<String>,
    session: Session,
    parts: Parts,
    Form(form): Form<NewPasswordForm>,
) -> Result<Response, ErrorPage> {
    let content = content(&services, &secret, &parts).await?;
    match reset(&services, &secret, &parts, &form).await {
        Ok(proof) if content.is_first => enter(&services, &session, &parts, proof, Method::Link, "/", false).await,
        Ok(_) => Ok(see("/sign-in?after=new-password")),
        Err(AccountError::DeadLink) => Err(AccountError::DeadLink.into()),
        Err(error) => {
            let mistake = Some(answer::mistake(&error, &["password", "second password"]));
            Ok(answer::refused(&services, &error, page(NewPassword { mistake, ..content })))
        }
    }
}

/// The page of a link.
async fn content(services: &Services, secret: &str, parts: &Parts) -> Result<NewPassword, AccountError> {
    let account = services.accounts.new_password_for(secret).await?;
    Ok(NewPassword {
        server: services.settings.live().now().server_name.to_string(),
        path: parts.uri.path().to_owned(),
        is_first: !services.accounts.has_signed_in(account.id).await?,
        tokens: services.store.directory().count_tokens(account.id),
        name: account.name,
        email: account.email,
        signed_in: current_user_of(services, &parts.extensions).map(|current_user| current_user.person.name),
        mistake: None,
    })
}

async fn reset(
    services: &Services,
    secret: &str,
    parts: &Parts,
    form: &NewPasswordForm,
) -> Result<Proof, AccountError> {
    check_again(&form.password, &form.again)?;
    let client = request_auth::client(parts, services.proxies);
    services.accounts.reset_password(secret, &form.password, client).await
}
