//! The account of one person, as those who manage people change it: name and address, sessions, tokens, and what they hand over.

use leptos::prelude::*;
use serde::Deserialize;
use uuid::Uuid;

use super::{Frame, Reader};
use crate::{
    access::{InstanceRole, Scope},
    account::{
        Mistake,
        form::{Form, Input},
        words,
    },
    id::ActorId,
    time::Timestamp,
};

/// The address of the page of a person.
pub fn address(person: ActorId) -> String {
    format!("/admin/people/{person}/account")
}

/// The form for name and address.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeForm {
    /// The name.
    pub name: String,
    /// The e-mail address.
    pub email: String,
}

/// A form that ends one session or token; all of them if it names none.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndForm {
    /// Identifies the session or token.
    #[serde(default)]
    pub id: Option<Uuid>,
}

/// The form for handing over.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandOverForm {
    /// Who gets it.
    pub to: ActorId,
    /// Not empty if the boards are handed over.
    #[serde(default)]
    pub boards: String,
    /// Not empty if the tasks are handed over.
    #[serde(default)]
    pub tasks: String,
    /// What to do: `preview`, or `do`.
    #[serde(default)]
    pub wanted: String,
}

/// A browser in which the person is signed in.
pub struct Session {
    /// Identifies the session.
    pub id: Uuid,
    /// The browser's description of itself.
    pub agent: String,
    /// When the person signed in.
    pub since: Timestamp,
    /// When it was last used, to the hour.
    pub seen: Timestamp,
}

/// A token of the person.
pub struct Token {
    /// Identifies the token.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// What it allows.
    pub scope: Scope,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last used.
    pub used: Option<Timestamp>,
}

/// What was handed over, or would be.
pub struct Report {
    /// What came of it, as a sentence.
    pub words: String,
    /// The boards with what was done, and what could not be.
    pub lines: Vec<String>,
}

/// A submitted form that was refused.
pub enum Refused {
    /// The form for name and address.
    Change(ChangeForm, Mistake),
    /// The form for handing over.
    HandOver(Mistake),
}

/// The data of the page.
pub struct PersonAccount {
    /// The reader.
    pub reader: Reader,
    /// The person.
    pub id: ActorId,
    /// Their name.
    pub name: String,
    /// Their e-mail address.
    pub email: String,
    /// Their role on this server.
    pub role: InstanceRole,
    /// Whether they may sign in.
    pub is_active: bool,
    /// Whether the reader is this person.
    pub is_reader: bool,
    /// Their sessions, the most recently used first.
    pub sessions: Vec<Session>,
    /// Their tokens, the newest first.
    pub tokens: Vec<Token>,
    /// The people to whom one can hand over: their names and addresses.
    pub others: Vec<(ActorId, String, String)>,
    /// The person to whom something was just handed over.
    pub to: Option<ActorId>,
    /// What was handed over.
    pub report: Option<Report>,
    /// A submitted form that was refused.
    pub refused: Option<Refused>,
    /// The current time.
    pub now: Timestamp,
}

/// Renders the page.
pub fn page(content: PersonAccount) -> Frame {
    let PersonAccount { reader, id, name, email, role, is_active, is_reader, sessions, tokens, now, .. } = content;
    let (mut typed, mut of_change, mut of_hand_over) = (ChangeForm { name: name.clone(), email }, None, None);
    match content.refused {
        None => {}
        Some(Refused::Change(form, mistake)) => (typed, of_change) = (form, Some(mistake)),
        Some(Refused::HandOver(mistake)) => of_hand_over = Some(mistake),
    }
    let state = if is_active { "" } else { ", deactivated" };
    let body = view! {
        <p class="hint">{words::role(role)} {state}</p>
        {change_section(id, &typed, is_reader, of_change.as_ref())}
        {sessions_section(id, sessions, now)}
        {tokens_section(id, tokens, now)}
        {hand_over_section(id, content.others, content.to, content.report, of_hand_over.as_ref())}
    }
    .into_any();
    Frame { above: vec![("/people".to_owned(), "People".to_owned())], ..Frame::new(reader, "/people", name, body) }
}

fn change_section(id: ActorId, form: &ChangeForm, is_reader: bool, mistake: Option<&Mistake>) -> AnyView {
    if is_reader {
        return view! {
            <section class="sheet">
                <p>
                    "You change your own name and e-mail address on the page of " <a href="/account">"your account"</a>
                    "."
                </p>
            </section>
        }
        .into_any();
    }
    let fields = Form::new("change", mistake);
    let name = Input { autocomplete: "off", ..Input::name(&form.name) };
    let hint = "They sign in with it, and links for a new password are sent to it. If this server sends mail, the former address is told.";
    let email = Input { autocomplete: "off", hint, ..Input::email(&form.email) };
    view! {
        <form class="sheet" method="post" action=address(id)>
            <h2>"Name and e-mail address"</h2>
            {fields.summary()}
            {fields.input(name)}
            {fields.input(email)}
            <button class="button primary">"Save"</button>
        </form>
    }
    .into_any()
}

fn end_form(path: &'static str, person: ActorId, id: Option<Uuid>, words: &'static str, label: String) -> AnyView {
    let id = id.map(|id| view! { <input type="hidden" name="id" value=id.to_string() /> }.into_any());
    view! {
        <form method="post" action=format!("{}/{path}", address(person))>
            {id}
            <button class="button" aria-label=label>
                {words}
            </button>
        </form>
    }
    .into_any()
}

fn sessions_section(person: ActorId, sessions: Vec<Session>, now: Timestamp) -> AnyView {
    let any = !sessions.is_empty();
    let row = |Session { id, agent, since, seen }| {
        let browser = words::browser(&agent);
        let label = format!("Sign out {browser}");
        view! {
            <li class="entry">
                <div class="entry-words">
                    <strong title=agent>{browser}</strong>
                    <p class="hint">"Used " {words::time_ago(seen, now)} ", signed in on " {words::day(since)}</p>
                </div>
                {end_form("end-sessions", person, Some(id), "Sign out", label)}
            </li>
        }
        .into_any()
    };
    let rows: Vec<_> = sessions.into_iter().map(row).collect();
    let content = match any {
        true => view! {
            <ul class="entries">{rows}</ul>
            {end_form("end-sessions", person, None, "Sign out everywhere", "Sign out everywhere".to_owned())}
        }
        .into_any(),
        false => view! { <p class="hint">"They are signed in nowhere."</p> }.into_any(),
    };
    view! {
        <section class="sheet" aria-labelledby="sessions-title">
            <h2 id="sessions-title">"Sessions"</h2>
            {content}
        </section>
    }
    .into_any()
}

fn tokens_section(person: ActorId, tokens: Vec<Token>, now: Timestamp) -> AnyView {
    let any = !tokens.is_empty();
    let row = |Token { id, name, scope, created, used }| {
        let label = format!("Revoke {name}");
        let used = match used {
            Some(used) => view! {
                "used "
                {words::time_ago(used, now)}
            }
            .into_any(),
            None => "not used yet".into_any(),
        };
        view! {
            <li class="entry">
                <div class="entry-words">
                    <strong>{name}</strong>
                    <span class="chip">{words::scope(scope)}</span>
                    <p class="hint">"Made on " {words::day(created)} ", " {used}</p>
                </div>
                {end_form("revoke-tokens", person, Some(id), "Revoke", label)}
            </li>
        }
        .into_any()
    };
    let rows: Vec<_> = tokens.into_iter().map(row).collect();
    let content = match any {
        true => view! {
            <ul class="entries">{rows}</ul>
            {end_form("revoke-tokens", person, None, "Revoke all", "Revoke all tokens".to_owned())}
        }
        .into_any(),
        false => view! { <p class="hint">"They have no tokens."</p> }.into_any(),
    };
    view! {
        <section class="sheet" aria-labelledby="tokens-title">
            <h2 id="tokens-title">"Tokens"</h2>
            {content}
        </section>
    }
    .into_any()
}

fn hand_over_section(
    person: ActorId,
    others: Vec<(ActorId, String, String)>,
    to: Option<ActorId>,
    report: Option<Report>,
    mistake: Option<&Mistake>,
) -> AnyView {
    let fields = Form::new("hand-over", mistake);
    let options: Vec<_> = others
        .into_iter()
        .map(|(id, name, email)| {
            view! {
                <option value=id.to_string() selected=to == Some(id)>
                    {format!("{name} ({email})")}
                </option>
            }
            .into_any()
        })
        .collect();
    let report = report.map(|Report { words, lines }| {
        let lines: Vec<_> = lines.into_iter().map(|line| view! { <li>{line}</li> }.into_any()).collect();
        view! {
            <div class="notice" role="status" tabindex="-1" autofocus>
                <p>{words}</p>
                <ul>{lines}</ul>
            </div>
        }
        .into_any()
    });
    view! {
        <form class="sheet" method="post" action=format!("{}/hand-over", address(person))>
            <h2>"Hand over"</h2>
            {report}
            {fields.summary()}
            <p class="hint">
                "For somebody who leaves. The other person becomes a member of their boards, with the higher of the two roles, and gets the open tasks that are assigned to them. Then they are removed from the boards."
            </p>
            <div class="field">
                <label for="hand-over-to">"To"</label>
                <select id="hand-over-to" name="to" required>
                    {options}
                </select>
            </div>
            <label class="ticked-line">
                <input type="checkbox" name="boards" value="yes" checked />
                "Boards"
            </label>
            <label class="ticked-line">
                <input type="checkbox" name="tasks" value="yes" checked />
                "Open tasks"
            </label>
            <p class="buttons">
                <button class="button" name="wanted" value="preview">
                    "Preview"
                </button>
                <button class="button danger" name="wanted" value="do">
                    "Hand over"
                </button>
            </p>
        </form>
    }
    .into_any()
}
