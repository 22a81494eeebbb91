//! `/join/{secret}`: an invitation, and the account it is for.

use leptos::prelude::*;
use serde::Deserialize;

use super::{
    Mistake, Page,
    form::{Form, Input},
    sign_in::oidc_link,
    words,
};
use crate::access::{BoardRole, InstanceRole};

/// What the page shows.
pub struct Join {
    /// Where it is.
    pub path: String,
    /// Who invites.
    pub host: Option<String>,
    /// What whoever is invited will be on the server.
    pub role: InstanceRole,
    /// The boards they will be on, by name, and what they will be there.
    pub boards: Vec<(String, BoardRole)>,
    /// Who is signed in in this browser at the moment.
    pub signed_in: Option<String>,
    /// What people call the provider with whom they may sign in instead, and the secret of this invitation.
    pub oidc: Option<(String, String)>,
    /// What was typed.
    pub form: JoinForm,
    /// What was wrong with it.
    pub mistake: Option<Mistake>,
}

/// What is typed.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JoinForm {
    /// What they want to be called.
    pub name: String,
    /// Their e-mail address.
    pub email: String,
    /// The password they choose.
    pub password: String,
    /// The same.
    pub again: String,
}

/// The page.
pub fn page(content: Join) -> Page {
    let Join { path, host, role, boards, signed_in, oidc, form, mistake } = content;
    let oidc = oidc.map(|(name, secret)| oidc_link(&name, &[("invitation", &secret)]));
    let fields = Form::new("join", mistake.as_ref());
    let heading = match host {
        Some(host) => format!("{host} invites you to Taskwire"),
        None => "You are invited to Taskwire".to_owned(),
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
    Page { title: "Invitation", has_mistake: mistake.is_some(), current_user: None, body }
}
