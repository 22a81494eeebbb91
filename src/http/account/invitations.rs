//! Invitations, made and revoked on the page of all people. [`super::join`] accepts them.

use std::sync::Arc;

use app::{
    access::BoardRole,
    account::{
        Notice,
        people::{InviteForm, Refused, RevokeForm},
    },
    id::BoardId,
};
use axum::{extract::State, response::Response};

use super::{answer::ErrorPage, form::Form, people::tell, signed_in::SignedIn};
use crate::{
    accounts::{AccountError, invitations::Invitation},
    http::Services,
};

/// `POST /people/invitations`
pub async fn create(
    State(services): State<Arc<Services>>,
    me: SignedIn,
    Form(form): Form<InviteForm>,
) -> Result<Response, ErrorPage> {
    let invite = async {
        let invitation = Invitation {
            role: form.role,
            boards: boards(&form)?,
            groups: Vec::new(),
            email: None,
            note: form.note.clone(),
        };
        let secret = services.accounts.invite(&me.credentials, invitation).await?;
        let whom = match form.note.trim() {
            "" => "the person you invite",
            note => note,
        };
        let words = format!("Send this link to {whom}. It works once, for 7 days.");
        Ok(Notice::secret(words, "Invitation", secret.link(&services.public_url, "join")))
    };
    let done = invite.await;
    tell(&services, &me, done, |mistake| Refused::Invite(form, mistake)).await
}

/// `POST /people/invitations/revoke`
pub async fn revoke(
    State(services): State<Arc<Services>>,
    me: SignedIn,
    Form(form): Form<RevokeForm>,
) -> Result<Response, ErrorPage> {
    let revoked = services.accounts.revoke_invitation(&me.credentials, form.id).await;
    let done = revoked.map(|()| Notice::done("The invitation is revoked and does not work any more."));
    tell(&services, &me, done, Refused::Other).await
}

/// The boards that the form of an invitation names. Boards without a chosen role are left out.
fn boards(form: &InviteForm) -> Result<Vec<(BoardId, BoardRole)>, AccountError> {
    let chosen = form.boards.iter().filter(|(_, role)| !role.is_empty());
    let parsed = chosen.map(|(board, role)| match BoardRole::parse(role) {
        Some(role) => Ok((*board, role)),
        None => Err(AccountError::invalid(
            "role on a board",
            "the role on a board must be one of viewer, editor and manager",
        )),
    });
    parsed.collect()
}
