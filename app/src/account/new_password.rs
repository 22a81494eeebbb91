//! `/new-password/{secret}`: choosing a password without signing in, a new one or the first one.

use leptos::prelude::*;
use serde::Deserialize;

use super::{Mistake, Page, form::Form};

/// The data of the page.
pub struct NewPassword {
    /// The name of the server.
    pub server: String,
    /// The path of the page.
    pub path: String,
    /// Whether it is the first password of the account, whose owner has not been here before.
    pub is_first: bool,
    /// How many tokens the account has, which a new password revokes.
    pub tokens: usize,
    /// The name of its owner.
    pub name: String,
    /// The e-mail address of the account.
    pub email: String,
    /// The name of the person who is signed in here, if somebody is.
    pub signed_in: Option<String>,
    /// The mistake in the submitted form.
    pub mistake: Option<Mistake>,
}

/// The fields of the form.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewPasswordForm {
    /// The new password.
    pub password: String,
    /// The new password, repeated.
    pub again: String,
}

/// Renders the page.
pub fn page(content: NewPassword) -> Page {
    let NewPassword { server, path, is_first, tokens, name, email, signed_in, mistake } = content;
    let fields = Form::new("new", mistake.as_ref());
    let (heading, label, save) = match is_first {
        true => (format!("Welcome to {server}, {name}"), "Password", "Save and sign in"),
        false => ("Choose a new password".to_owned(), "New password", "Save password"),
    };
    let whose = email.clone();
    let hint = |words: String| view! { <p class="hint">{words}</p> }.into_any();
    let tokens = (tokens > 0).then(|| hint("Tokens that were made for you before stop working.".to_owned()));
    let signed_in = signed_in
        .map(|name| hint(format!("You are signed in as {name}. Signing in here signs you out of that account.")));
    let about = match is_first {
        true => view! {
            <p>"Taskwire is a board of tasks that everyone on it sees change as it happens."</p>
            <p>"Choose a password. You sign in with it and with " <strong>{whose}</strong> "."</p>
            {tokens}
            {signed_in}
        }
        .into_any(),
        false => view! {
            <p>
                "For " <strong>{whose}</strong>
                ". When it is saved you are signed out everywhere, and your tokens are revoked."
            </p>
        }
        .into_any(),
    };
    let body = view! {
        <form class="sheet" method="post" action=path>
            <h1>{heading}</h1>
            {about}
            {fields.summary()}
            // A password manager needs to know which account the password belongs to.
            <input type="text" value=email autocomplete="username" hidden readonly />
            {fields.new_password(label)}
            <button class="button primary">{save}</button>
        </form>
    }
    .into_any();
    let title = if is_first { "Welcome" } else { "New password" };
    Page { title, has_mistake: mistake.is_some(), current_user: None, shows_secret: false, body }
}
