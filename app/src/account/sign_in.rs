//! `/sign-in`: signing in.

use leptos::prelude::*;
use leptos_router::params::ParamsMap;
use serde::Deserialize;

use super::{
    Mistake, Page,
    form::{Form, Input},
};
use crate::controls::theme::{Theme, theme_form};

/// The path of the page.
pub const PATH: &str = "/sign-in";

/// The data of the page.
#[derive(Default)]
pub struct SignIn {
    /// The values that were typed.
    pub form: SignInForm,
    /// The mistake in the submitted form.
    pub mistake: Option<Mistake>,
    /// A sentence about why the person was sent to this page.
    pub after: Option<&'static str>,
    /// The name of the OIDC provider that can be used instead of a password, if there is one.
    pub oidc: Option<String>,
    /// Whether a link for a new password can be sent by mail.
    pub sends_mail: bool,
    /// The theme of this browser.
    pub theme: Theme,
}

/// The fields of the form.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignInForm {
    /// The e-mail address of the account.
    pub email: String,
    /// The password.
    pub password: String,
    /// The path to redirect to after signing in.
    #[serde(default)]
    pub next: String,
}

/// Renders the page.
pub fn page(content: SignIn) -> Page {
    let SignIn { form, mistake, after, oidc, sends_mail, theme } = content;
    let fields = Form::new("sign-in", mistake.as_ref());
    let SignInForm { email, next, .. } = form;
    let here = format!("{PATH}{}", query(&[("next", &next)]));
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
        {theme_form(theme.as_str(), Some(here))}
    }
    .into_any();
    Page { title: "Sign in", has_mistake: mistake.is_some(), current_user: None, shows_secret: false, body }
}

/// A link to sign in with the OIDC provider.
pub fn oidc_link(name: &str, query: &[(&str, &str)]) -> AnyView {
    let address = format!("/sign-in/elsewhere{}", self::query(query));
    let words = format!("Continue with {name}");
    view! {
        <p class="or">"or"</p>
        <a class="button" href=address>
            {words}
        </a>
    }
    .into_any()
}

/// A query with those of the parameters that have a value.
fn query(params: &[(&str, &str)]) -> String {
    let mut query = ParamsMap::new();
    for (key, value) in params.iter().filter(|(_, value)| !value.is_empty()) {
        query.insert((*key).to_owned(), (*value).to_owned());
    }
    query.to_query_string()
}
