//! The first visit: the first visitor makes their account and becomes the owner of the server.

use std::sync::Arc;

use app::{
    account::{
        Mistake,
        first_visit::{FirstVisit, FirstVisitForm, page},
        sign_in,
    },
    audit::Method,
};
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use tower_sessions::Session;

use super::{
    answer::{self, ErrorPage, check_again},
    form::{Asked, Form},
    sign_in::enter,
};
use crate::{
    accounts::{AccountError, NewPerson},
    http::{Services, request_auth},
    store::Proof,
};

/// The parameters of the query.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Address {
    code: String,
}

/// `GET /first-visit`
pub async fn show(
    State(services): State<Arc<Services>>,
    Asked(Address { code }): Asked<Address>,
    headers: HeaderMap,
) -> Response {
    let needs_code = services.exposure.look(&headers);
    if !services.accounts.is_first_visit() {
        return over(StatusCode::GONE).into_response();
    }
    let form = FirstVisitForm { code, ..FirstVisitForm::default() };
    answer::page(&services, page(FirstVisit { form, mistake: None, needs_code }))
}

/// `POST /first-visit`
pub async fn create(
    State(services): State<Arc<Services>>,
    session: Session,
    parts: Parts,
    Form(form): Form<FirstVisitForm>,
) -> Result<Response, ErrorPage> {
    let needs_code = services.exposure.look(&parts.headers);
    match create_owner(&services, &parts, needs_code, &form).await {
        Ok(proof) => {
            let method = if needs_code { Method::Link } else { Method::None };
            enter(&services, &session, &parts, proof, method, "/", false).await
        }
        Err(AccountError::NotTheFirst) => Err(over(StatusCode::CONFLICT)),
        Err(error) => {
            let mistake = match &error {
                AccountError::DeadLink => Mistake::at("code", "The code is not the one that the server printed."),
                error => answer::mistake(error, &["name", "e-mail address", "password", "second password"]),
            };
            let page = page(FirstVisit { form, mistake: Some(mistake), needs_code });
            Ok(answer::refused(&services, &error, page))
        }
    }
}

async fn create_owner(
    services: &Services,
    parts: &Parts,
    needs_code: bool,
    form: &FirstVisitForm,
) -> Result<Proof, AccountError> {
    check_again(&form.password, &form.again)?;
    let new = NewPerson { name: &form.name, email: &form.email, password: Some(&form.password) };
    let client = request_auth::client(parts, services.proxies);
    services.accounts.create_owner(new, needs_code, form.code.trim(), client, &services.writer).await
}

/// The error if the server already has its first account.
fn over(status: StatusCode) -> ErrorPage {
    let words = "The first account was made already. If you have one, sign in; if not, ask for an invitation.";
    let way = Some((sign_in::PATH.to_owned(), "Sign in"));
    ErrorPage { way, ..ErrorPage::new(status, "This server already has an owner", words) }
}
