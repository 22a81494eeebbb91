//! Passwords: people change their own on the page of their account, and admins make links for a new password on the page of all people.

use std::sync::Arc;

use app::{
    account::{
        Notice,
        own::{self as own_page, PasswordForm},
        people::{self as people_page, PersonForm},
    },
    id::ActorId,
};
use axum::{extract::State, http::request::Parts, response::Response};

use super::{
    answer::{ErrorPage, check_again},
    form::Form,
    own, people,
    signed_in::{SignedIn, origin},
};
use crate::{
    accounts::{AccountError, ChangePassword},
    credentials::Credentials,
    http::Services,
};

/// `POST /account/password`
pub async fn change(
    State(services): State<Arc<Services>>,
    me: SignedIn,
    parts: Parts,
    Form(form): Form<PasswordForm>,
) -> Result<Response, ErrorPage> {
    let change = async {
        check_again(&form.password, &form.again)?;
        let from = origin(&services, &parts, &me.account.email).await?;
        let passwords =
            ChangePassword { old: &form.current, new: &form.password, revoke_tokens: form.revokes_tokens() };
        services.accounts.change_password(&me.credentials, passwords, from).await?;
        let tokens = services.store.directory().count_tokens(me.account.id);
        Ok(Notice::done(format!("Your new password is saved, and {}", ended(form.revokes_tokens(), tokens))))
    };
    own::tell(&services, &me, change.await, own_page::Refused::Password).await
}

/// `POST /people/new-password`
pub async fn make_link(
    State(services): State<Arc<Services>>,
    me: SignedIn,
    Form(PersonForm { person }): Form<PersonForm>,
) -> Result<Response, ErrorPage> {
    let done = link_for(&services, &me.credentials, person).await;
    people::tell(&services, &me, done, |mistake| people_page::Refused::Account(person, mistake)).await
}

/// Makes a link with which a person chooses a new password. Returns a message with the link.
pub(in crate::http) async fn link_for(
    services: &Services,
    credentials: &Credentials,
    person: ActorId,
) -> Result<Notice, AccountError> {
    let secret = services.accounts.new_password_link(credentials, person).await?;
    let words = format!("Send this link to {}. It works once, for a day.", people::name(services, person));
    Ok(Notice::secret(words, "Link for a new password", secret.link(&services.public_url, "new-password")))
}

/// Which sessions and tokens a new password has ended, in words.
fn ended(revoked: bool, tokens: usize) -> String {
    let browsers = "you are signed out in all other browsers";
    match tokens {
        0 if revoked => format!("{browsers}. Your tokens are revoked."),
        0 => format!("{browsers}."),
        1 => format!("{browsers}. Your token still works."),
        _ => format!("{browsers}. Your {tokens} tokens still work."),
    }
}
