//! `/first-visit`: creating the first account, which owns the server.

use leptos::prelude::*;
use serde::Deserialize;

use super::{
    Mistake, Page,
    form::{Form, Input},
};

/// The path of the page.
pub const PATH: &str = "/first-visit";

/// The data of the page.
#[derive(Default)]
pub struct FirstVisit {
    /// The values that were typed.
    pub form: FirstVisitForm,
    /// The mistake in the submitted form.
    pub mistake: Option<Mistake>,
    /// Whether the form asks for the setup code that the server printed.
    pub needs_code: bool,
}

/// The fields of the form.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FirstVisitForm {
    /// The setup code that the server printed.
    #[serde(default)]
    pub code: String,
    /// The name that the owner chooses.
    pub name: String,
    /// The owner's e-mail address.
    pub email: String,
    /// The password that the owner chooses.
    pub password: String,
    /// The password, repeated.
    pub again: String,
}

/// Renders the page.
pub fn page(content: FirstVisit) -> Page {
    let FirstVisit { form, mistake, needs_code } = content;
    let fields = Form::new("owner", mistake.as_ref());
    let code = needs_code.then(|| {
        fields.input(Input {
            name: "code",
            label: "Code",
            called: "code",
            value: &form.code,
            hint: "The server printed it when it started, at the end of the address after “nobody has an account yet”: in the \
                terminal, or where its output is kept (such as docker logs or journalctl).",
            ..Input::default()
        })
    });
    let body = view! {
        <form class="sheet" method="post" action=PATH>
            <h1>"Welcome to Taskwire"</h1>
            <p>
                "Nobody has an account here yet. Yours will be the first: you own this server, and invite the others."
            </p>
            {fields.summary()}
            {code}
            {fields
                .input(Input {
                    first: true,
                    ..Input::name(&form.name)
                })}
            {fields.input(Input::email(&form.email))}
            {fields.new_password("Password")}
            <button class="button primary">"Create my account"</button>
        </form>
    }
    .into_any();
    Page { title: "Welcome", has_mistake: mistake.is_some(), current_user: None, shows_secret: false, body }
}
