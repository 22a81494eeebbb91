//! `/forgot-password`: a link by mail for those who cannot sign in. Only where the server can send mail.

use leptos::prelude::*;
use serde::Deserialize;

use super::{
    Mistake, Page,
    form::{Form, Input},
};

/// Where the page is.
pub const PATH: &str = "/forgot-password";

/// What the page shows.
#[derive(Default)]
pub struct ForgotPassword {
    /// What was typed.
    pub form: ForgotPasswordForm,
    /// What was wrong with it.
    pub mistake: Option<Mistake>,
}

/// What is typed.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForgotPasswordForm {
    /// Whose password is forgotten.
    pub email: String,
}

/// The page.
pub fn page(content: ForgotPassword) -> Page {
    let ForgotPassword { form, mistake } = content;
    let fields = Form::new("forgot", mistake.as_ref());
    let body = view! {
        <form class="sheet" method="post" action=PATH>
            <h1>"Forgotten password"</h1>
            <p>"We send you a link with which you choose a new one. It works for a day."</p>
            {fields.summary()}
            {fields
                .input(Input {
                    first: true,
                    ..Input::email(&form.email)
                })}
            <button class="button primary">"Send the link"</button>
        </form>
    }
    .into_any();
    Page { title: "Forgotten password", has_mistake: mistake.is_some(), current_user: None, body }
}
