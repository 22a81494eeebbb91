//! Accepting invitations.

use std::sync::Arc;

use app::{
    account::join::{Join, JoinForm, page},
    audit::Method,
};
use axum::{
    extract::{Path, State},
    http::request::Parts,
    response::Response,
};
use tower_sessions::Session;

use super::{
    answer::{self, ErrorPage, check_again},
    form::Form,
    sign_in::enter,
    signed_in::current_user_of,
};
use crate::{
    accounts::{AccountError, NewPerson},
    http::{Services, request_auth},
    store::Proof,
};

/// `GET /join/{secret}`
pub async fn show(
    State(services): State<Arc<Services>>,
    Path(secret): Path<String>,
    parts: Parts,
) -> Result<Response, ErrorPage> {
    Ok(answer::page(&services, page(invitation(&services, &secret, &parts).await?)))
}

/// `POST /join/{secret}`
pub async fn accept(
    State(services): State<Arc<Services>>,
    Path(secret): Path<String>,
    session: Session,
    parts: Parts,
    Form(form): Form<JoinForm>,
) -> Result<Response, ErrorPage> {
    let (_, invited) = services.accounts.invitation(&secret).await?;
    match create_account(&services, &secret, &parts, &form).await {
        Ok(proof) => {
            // A person who is invited to a single board wants to see that board.
            let to = match *invited.boards {
                [(board, _)] => format!("/boards/{board}"),
                _ => "/".to_owned(),
            };
            enter(&services, &session, &parts, proof, Method::Link, &to, false).await
        }
        Err(AccountError::DeadLink) => Err(AccountError::DeadLink.into()),
        Err(error) => {
            let mistake = answer::mistake(&error, &["name", "e-mail address", "password", "second password"]);
            let content = invitation(&services, &secret, &parts).await?;
            Ok(answer::refused(&services, &error, page(Join { form, mistake: Some(mistake), ..content })))
        }
    }
}

async fn create_account(
    services: &Services,
    secret: &str,
    parts: &Parts,
    form: &JoinForm,
) -> Result<Proof, AccountError> {
    check_again(&form.password, &form.again)?;
    let new = NewPerson { name: &form.name, email: &form.email, password: Some(&form.password) };
    let client = request_auth::client(parts, services.proxies);
    services.accounts.accept_invitation(secret, new, client, &services.writer).await
}

/// The page of an invitation, with a form that has what is known of whoever is invited.
async fn invitation(services: &Services, secret: &str, parts: &Parts) -> Result<Join, AccountError> {
    let (link, invitation) = services.accounts.invitation(secret).await?;
    let directory = services.store.directory();
    let host = link.created_by.and_then(|person| directory.account(person)).map(|account| account.name.clone());
    let form = match invitation.email {
        Some(email) => JoinForm { name: invitation.note, email, ..JoinForm::default() },
        None => JoinForm::default(),
    };
    let ids: Vec<_> = invitation.boards.iter().map(|(board, _)| *board).collect();
    let names = services.store.board_names(&ids).await?;
    let named = |(board, role)| Some((names.get(&board)?.clone(), role));
    Ok(Join {
        server: services.settings.live().now().server_name.to_string(),
        path: parts.uri.path().to_owned(),
        host,
        role: invitation.role,
        boards: invitation.boards.into_iter().filter_map(named).collect(),
        signed_in: current_user_of(services, &parts.extensions).map(|current_user| current_user.person.name),
        oidc: services.oidc.as_ref().map(|provider| (provider.name().to_owned(), secret.to_owned())),
        form,
        mistake: None,
    })
}
