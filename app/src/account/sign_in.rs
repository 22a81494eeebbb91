//! `/sign-in`: who one is.

use leptos::prelude::*;
use serde::Deserialize;

use super::{
    Mistake, Page,
    form::{Form, Input},
};

/// Where the page is.
pub const PATH: &str = "/sign-in";

/// What the page shows.
#[derive(Default)]
pub struct SignIn {
    /// What was typed.
    pub form: SignInForm,
    /// What was wrong with it.
    pub mistake: Option<Mistake>,
    /// What brought somebody here, in words.
    pub after: Option<&'static str>,
}

/// What is typed.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignInForm {
    /// Who.
    pub email: String,
    /// And the proof.
    pub password: String,
    /// Where to go then.
    #[serde(default)]
    pub next: String,
}

/// The page.
pub fn page(content: SignIn) -> Page {
    let SignIn { form, mistake, after } = content;
    let fields = Form::new("sign-in", mistake.as_ref());
    let SignInForm { email, next, .. } = form;
    let body = view! {
        <form class="sheet" method="post" action=PATH>
            <h1>"Sign in"</h1>
            {after.filter(|_| mistake.is_none()).map(|words| view! { <p class="notice">{words}</p> }.into_any())}
            {fields.summary()}
            {fields
                .input(Input {
                    first: true,
                    ..Input::email(&email)
                })}
            {fields.input(Input::password("password", "Password", "password"))}
            {(!next.is_empty()).then(|| view! { <input type="hidden" name="next" value=next /> }.into_any())}
            <button class="button primary">"Sign in"</button>
            <p class="hint">
                "Forgotten your password, or no account yet? An admin of this server can send you a link."
            </p>
        </form>
    }
    .into_any();
    Page { title: "Sign in", has_mistake: mistake.is_some(), reader: None, body }
}
