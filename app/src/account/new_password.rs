//! `/new-password/{secret}`: setting a new password without signing in.

use leptos::prelude::*;
use serde::Deserialize;

use super::{Mistake, Page, form::Form};

/// The data of the page.
pub struct NewPassword {
    /// The path of the page.
    pub path: String,
    /// The e-mail address of the account.
    pub email: String,
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
    let NewPassword { path, email, mistake } = content;
    let fields = Form::new("new", mistake.as_ref());
    let whose = email.clone();
    let body = view! {
        <form class="sheet" method="post" action=path>
            <h1>"Choose a new password"</h1>
            <p>
                "For " <strong>{whose}</strong>
                ". When it is saved you are signed out everywhere, and your tokens are revoked."
            </p>
            {fields.summary()}
            // A password manager needs to know which account the password belongs to.
            <input type="text" value=email autocomplete="username" hidden readonly />
            {fields.new_password("New password")}
            <button class="button primary">"Save password"</button>
        </form>
    }
    .into_any();
    Page { title: "New password", has_mistake: mistake.is_some(), current_user: None, body }
}
