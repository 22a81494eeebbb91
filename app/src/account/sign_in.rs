//! `/sign-in`: who one is.

use leptos::prelude::*;
use leptos_router::params::ParamsMap;
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
    /// What people call the provider with whom they may sign in instead, if there is one.
    pub oidc: Option<String>,
    /// Whether a link for a new password can be sent by mail.
    pub sends_mail: bool,
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
    let SignIn { form, mistake, after, oidc, sends_mail } = content;
    let fields = Form::new("sign-in", mistake.as_ref());
    let SignInForm { email, next, .. } = form;
    let oidc = oidc.map(|name| oidc_link(&name, &[("next", &next)]));
    let forgotten = match sends_mail {
        true => view! { <a href=super::forgot_password::PATH>"Forgotten your password?"</a> }.into_any(),
        false => "Forgotten your password, or no account yet? An admin of this server can send you a link.".into_any(),
    };
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
            {oidc}
            <p class="hint">{forgotten}</p>
        </form>
    }
    .into_any();
    Page { title: "Sign in", has_mistake: mistake.is_some(), current_user: None, body }
}

/// The way to sign in with an account somebody has elsewhere.
pub fn oidc_link(name: &str, query: &[(&str, &str)]) -> AnyView {
    let mut params = ParamsMap::new();
    for (key, value) in query.iter().filter(|(_, value)| !value.is_empty()) {
        params.insert((*key).to_owned(), (*value).to_owned());
    }
    let address = format!("/sign-in/elsewhere{}", params.to_query_string());
    let words = format!("Continue with {name}");
    view! {
        <p class="or">"or"</p>
        <a class="button" href=address>
            {words}
        </a>
    }
    .into_any()
}
