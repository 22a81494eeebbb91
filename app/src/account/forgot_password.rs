//! `/forgot-password`: sends a link for a new password by mail. Offered only where the server can send mail.

use leptos::prelude::*;
use serde::Deserialize;

use super::{
    Mistake, Page,
    form::{Form, Input},
};

/// The path of the page.
pub const PATH: &str = "/forgot-password";

/// The data of the page.
#[derive(Default)]
pub struct ForgotPassword {
    /// The values that were typed.
    pub form: ForgotPasswordForm,
    /// The mistake in the submitted form.
    pub mistake: Option<Mistake>,
}

/// The fields of the form.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForgotPasswordForm {
    /// The e-mail address of the account.
    pub email: String,
}

/// Renders the page.
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
    Page { title: "Forgotten password", has_mistake: mistake.is_some(), current_user: None, shows_secret: false, body }
}
