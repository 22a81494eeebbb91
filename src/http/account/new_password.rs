//! Choosing a new password through a link, for people who forgot theirs.

use std::sync::Arc;

use app::{
    account::new_password::{NewPassword, NewPasswordForm, page},
    id::ActorId,
};
use axum::{
    extract::{Path, State},
    http::request::Parts,
    response::Response,
};

use super::{
    answer::{self, ErrorPage, check_again, see},
    form::Form,
};
use crate::{
    accounts::AccountError,
    http::{Services, request_auth},
};

/// `GET /new-password/{secret}`
pub async fn show(
    State(services): State<Arc<Services>>,
    Path(secret): Path<String>,
    parts: Parts,
) -> Result<Response, ErrorPage> {
    let email = services.accounts.new_password_for(&secret).await?.email;
    Ok(answer::page(&services, page(NewPassword { path: parts.uri.path().to_owned(), email, mistake: None })))
}

/// `POST /new-password/{secret}`. The link does not sign anybody in: the person signs in next, and so tries the new password at once.
pub async fn save(
    State(services): State<Arc<Services>>,
    Path(secret): Path<String>,
    parts: Parts,
    Form(form): Form<NewPasswordForm>,
) -> Result<Response, ErrorPage> {
    let email = services.accounts.new_password_for(&secret).await?.email;
    match reset(&services, &secret, &parts, &form).await {
        Ok(_) => Ok(see("/sign-in?after=new-password")),
        Err(AccountError::DeadLink) => Err(AccountError::DeadLink.into()),
        Err(error) => {
            let mistake = Some(answer::mistake(&error, &["password", "second password"]));
            let page = page(NewPassword { path: parts.uri.path().to_owned(), email, mistake });
            Ok(answer::refused(&services, &error, page))
        }
    }
}

async fn reset(
    services: &Services,
    secret: &str,
    parts: &Parts,
    form: &NewPasswordForm,
) -> Result<ActorId, AccountError> {
    check_again(&form.password, &form.again)?;
    let client = request_auth::client(parts, services.proxies);
    services.accounts.reset_password(secret, &form.password, client).await
}
