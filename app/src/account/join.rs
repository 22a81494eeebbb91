//! `/join/{secret}`: accepting an invitation by creating an account.

use leptos::prelude::*;
use serde::Deserialize;

use super::{
    Mistake, Page,
    form::{Form, Input},
    sign_in::oidc_link,
    words,
};
use crate::access::{BoardRole, InstanceRole};

/// The data of the page.
pub struct Join {
    /// The name of the server.
    pub server: String,
    /// The path of the page.
    pub path: String,
    /// The name of the person who made the invitation.
    pub host: Option<String>,
    /// The role on the server that the new account will have.
    pub role: InstanceRole,
    /// The names of the boards that the invitation is for, with the role on each.
    pub boards: Vec<(String, BoardRole)>,
    /// The name of the person who is signed in in this browser at the moment.
    pub signed_in: Option<String>,
    /// The name of the OIDC provider that can be used instead of a password, and the secret of this invitation.
    pub oidc: Option<(String, String)>,
    /// The values that were typed.
    pub form: JoinForm,
    /// The mistake in the submitted form.
    pub mistake: Option<Mistake>,
}

/// The fields of the form.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JoinForm {
    /// The name that the person chooses.
    pub name: String,
    /// Their e-mail address.
    pub email: String,
    /// The password they choose.
    pub password: String,
    /// The password, repeated.
    pub again: String,
}

/// Renders the page.
pub fn page(content: Join) -> Page {
    let Join { server, path, host, role, boards, signed_in, oidc, form, mistake } = content;
    let oidc = oidc.map(|(name, secret)| oidc_link(&name, &[("invitation", &secret)]));
    let fields = Form::new("join", mistake.as_ref());
    let heading = match host {
        Some(host) => format!("{host} invites you to {server}"),
        None => format!("You are invited to {server}"),
    };
    let role = match role {
        InstanceRole::Member => None,
        InstanceRole::Admin => Some("You will be an admin of this server, and manage its people and boards."),
        InstanceRole::Owner => Some("You will be an owner of this server, and manage its people and boards."),
    };
    let boards: Vec<_> = boards
        .into_iter()
        .map(|(name, role)| {
            view! {
                <li>
                    <strong>{name}</strong>
                    <span class="chip">{words::board_role(role)}</span>
                </li>
            }
            .into_any()
        })
        .collect();
    let boards = (!boards.is_empty()).then(|| {
        view! {
            <p>"You will be on:"</p>
            <ul class="invited-to">{boards}</ul>
        }
        .into_any()
    });
    let signed_in = signed_in.map(|name| {
        let words = format!("You are signed in as {name}. A new account here signs you out of that one.");
        view! { <p class="hint">{words}</p> }.into_any()
    });
    let body = view! {
        <form class="sheet" method="post" action=path>
            <h1>{heading}</h1>
            <p>"Taskwire is a board of tasks that everyone on it sees change as it happens."</p>
            {role.map(|words| view! { <p>{words}</p> }.into_any())}
            {boards}
            {signed_in}
            {fields.summary()}
            {fields
                .input(Input {
                    first: true,
                    ..Input::name(&form.name)
                })}
            {fields.input(Input::email(&form.email))}
            {fields.new_password("Password")}
            <button class="button primary">"Create my account"</button>
            {oidc}
        </form>
    }
    .into_any();
    Page { title: "Invitation", has_mistake: mistake.is_some(), current_user: None, shows_secret: false, body }
}
