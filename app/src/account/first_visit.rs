//! `/first-visit`: the first account, which owns the server.

use leptos::prelude::*;
use serde::Deserialize;

use super::{
    Mistake, Page,
    form::{Form, Input},
};

/// Where the page is.
pub const PATH: &str = "/first-visit";

/// What the page shows.
#[derive(Default)]
pub struct FirstVisit {
    /// What was typed.
    pub form: FirstVisitForm,
    /// What was wrong with it.
    pub mistake: Option<Mistake>,
    /// Whether it takes the code that the server printed.
    pub needs_code: bool,
}

/// What is typed.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FirstVisitForm {
    /// The code that the server printed.
    #[serde(default)]
    pub code: String,
    /// What the owner wants to be called.
    pub name: String,
    /// Their e-mail address.
    pub email: String,
    /// The password they choose.
    pub password: String,
    /// The same.
    pub again: String,
}

/// The page.
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
    Page { title: "Welcome", has_mistake: mistake.is_some(), current_user: None, body }
}
