//! `/new-password/{secret}`: another password for somebody who cannot sign in.

use leptos::prelude::*;
use serde::Deserialize;

use super::{Mistake, Page, form::Form};

/// What the page shows.
pub struct NewPassword {
    /// Where it is.
    pub path: String,
    /// Whose password it is.
    pub email: String,
    /// What was wrong with what was typed.
    pub mistake: Option<Mistake>,
}

/// What is typed.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewPasswordForm {
    /// The password.
    pub password: String,
    /// The same.
    pub again: String,
}

/// The page.
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
            // A browser that keeps passwords wants to know whose this one is.
            <input type="text" value=email autocomplete="username" hidden readonly />
            {fields.new_password("New password")}
            <button class="button primary">"Save password"</button>
        </form>
    }
    .into_any();
    Page { title: "New password", has_mistake: mistake.is_some(), current_user: None, body }
}
