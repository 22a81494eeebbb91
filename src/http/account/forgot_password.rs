//! Forgotten passwords, if the server can send mail. The response is the same whether the account exists or not.

use std::sync::Arc;

use app::account::{
    forgot_password::{ForgotPassword, ForgotPasswordForm, page},
    message::{self, Message},
};
use axum::{extract::State, http::request::Parts, response::Response};

use super::{
    answer::{self, ErrorPage},
    form::Form,
};
use crate::http::{Services, request_auth};

/// `GET /forgot-password`
pub async fn show(State(services): State<Arc<Services>>) -> Result<Response, ErrorPage> {
    sends_mail(&services)?;
    Ok(answer::page(&services, page(ForgotPassword::default())))
}

/// `POST /forgot-password`
pub async fn send(
    State(services): State<Arc<Services>>,
    parts: Parts,
    Form(form): Form<ForgotPasswordForm>,
) -> Result<Response, ErrorPage> {
    sends_mail(&services)?;
    match services.accounts.forgot_password(&form.email, request_auth::address(&parts, services.proxies)).await {
        Ok(()) => {
            let words = "If that address has an account here, a link is on its way to it. It works for a day, and so do those \
                that were sent before; after three within an hour no more are sent. Nothing there? Look into the folder for \
                unwanted mail, or ask an admin of this server.";
            let way = Some(("/sign-in".to_owned(), "Sign in"));
            let said = Message { current_user: None, title: "Look into your mail", words: words.to_owned(), way };
            Ok(answer::page(&services, message::page(said)))
        }
        Err(error) => {
            let mistake = Some(answer::mistake(&error, &[]));
            Ok(answer::refused(&services, &error, page(ForgotPassword { form, mistake })))
        }
    }
}

fn sends_mail(services: &Services) -> Result<(), ErrorPage> {
    match services.accounts.sends_mail() {
        true => Ok(()),
        false => Err(ErrorPage::nothing_here(
            "This server sends no mail. An admin of it can give you a link for a new password.",
        )),
    }
}
