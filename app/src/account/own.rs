//! `/account`: one's own name, password, sessions and tokens.

use leptos::prelude::*;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    CurrentUser, Mistake, Notice, Page,
    document::notice,
    form::{Form, Input},
    words,
};
use crate::{
    access::{InstanceRole, Scope},
    time::Timestamp,
};

/// Where the page is.
pub const PATH: &str = "/account";
/// Where each of its forms goes.
pub const NAME: &str = "/account/name";
/// See [`NAME`].
pub const PASSWORD: &str = "/account/password";
/// See [`NAME`].
pub const END_SESSION: &str = "/account/sessions/end";
/// See [`NAME`].
pub const END_OTHERS: &str = "/account/sessions/end-others";
/// See [`NAME`].
pub const NEW_TOKEN: &str = "/account/tokens";
/// See [`NAME`].
pub const REVOKE_TOKEN: &str = "/account/tokens/revoke";

/// What the page shows.
pub struct OwnAccount {
    /// Who reads it.
    pub current_user: CurrentUser,
    /// What was just done.
    pub notice: Option<Notice>,
    /// Their e-mail address.
    pub email: String,
    /// What they are on this server.
    pub role: InstanceRole,
    /// Whether they have a password; who signs in elsewhere has none.
    pub has_password: bool,
    /// Where they are signed in, the one used last first.
    pub sessions: Vec<Session>,
    /// Their tokens, newest first.
    pub tokens: Vec<Token>,
    /// What time it is.
    pub now: Timestamp,
    /// A form that was sent and not done.
    pub refused: Option<Refused>,
}

/// A form that was sent and not done, with what was typed.
pub enum Refused {
    /// Another name.
    Name(NameForm, Mistake),
    /// Another password.
    Password(Mistake),
    /// A new token.
    Token(TokenForm, Mistake),
    /// A button.
    Other(Mistake),
}

/// A browser that is signed in.
pub struct Session {
    /// What it is ended by.
    pub id: Uuid,
    /// Whether the page is read in it.
    pub is_this: bool,
    /// How the browser described itself.
    pub agent: String,
    /// Since when.
    pub since: Timestamp,
    /// When it was last used, to the hour.
    pub seen: Timestamp,
}

/// A token.
pub struct Token {
    /// What it is revoked by.
    pub id: Uuid,
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub scope: Scope,
    /// When it was last used.
    pub used: Option<Timestamp>,
    /// When it stops working.
    pub expires: Option<Timestamp>,
}

/// Another name.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NameForm {
    /// The name.
    pub name: String,
}

/// Another password.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PasswordForm {
    /// The one they have, if they have one.
    #[serde(default)]
    pub current: String,
    /// The new one.
    pub password: String,
    /// The same.
    pub again: String,
    /// Not empty, if their tokens are to stop working.
    #[serde(default)]
    pub revoke_tokens: String,
}

impl PasswordForm {
    /// Whether their tokens are to stop working.
    pub fn revokes_tokens(&self) -> bool {
        !self.revoke_tokens.is_empty()
    }
}

/// One of their sessions or tokens.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WhichForm {
    /// Which.
    pub id: Uuid,
}

/// A new token.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenForm {
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub scope: Scope,
    /// How long it works.
    pub expires: Expiry,
    /// The last day on which it works, where a day was chosen.
    #[serde(default)]
    pub day: String,
}

impl Default for TokenForm {
    fn default() -> Self {
        Self { name: String::new(), scope: Scope::Read, expires: Expiry::Days90, day: String::new() }
    }
}

/// How long a token works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Expiry {
    /// 30 days.
    #[serde(rename = "30")]
    Days30,
    /// 90 days.
    #[serde(rename = "90")]
    Days90,
    /// A year.
    #[serde(rename = "365")]
    Days365,
    /// Until the end of some day.
    #[serde(rename = "day")]
    Day,
    /// Until it is revoked.
    #[serde(rename = "never")]
    Never,
}

impl Expiry {
    const ALL: [(Self, &'static str, &'static str); 5] = [
        (Self::Days30, "30", "In 30 days"),
        (Self::Days90, "90", "In 90 days"),
        (Self::Days365, "365", "In a year"),
        (Self::Day, "day", "After a day that I choose"),
        (Self::Never, "never", "Never"),
    ];
}

/// The page.
pub fn page(content: OwnAccount) -> Page {
    let OwnAccount { current_user, notice: done, email, role, has_password, sessions, tokens, now, refused } = content;
    let has_mistake = refused.is_some();
    let (mut name, mut token) = (NameForm { name: current_user.person.name.clone() }, TokenForm::default());
    let (mut of_name, mut of_password, mut of_token, mut of_others) = (None, None, None, None);
    match refused {
        None => {}
        Some(Refused::Name(typed, mistake)) => (name, of_name) = (typed, Some(mistake)),
        Some(Refused::Password(mistake)) => of_password = Some(mistake),
        Some(Refused::Token(typed, mistake)) => (token, of_token) = (typed, Some(mistake)),
        Some(Refused::Other(mistake)) => of_others = Some(mistake),
    }
    let whose = format!("{email} · {}", words::role(role));
    let body = view! {
        <h1>"Your account"</h1>
        <p class="subtitle">{whose}</p>
        {notice(done)}
        {Form::new("account", of_others.as_ref()).summary()}
        {name_section(&name, of_name.as_ref())}
        {password_section(email, has_password, tokens.len(), of_password.as_ref())}
        {sessions_section(sessions, now)}
        {tokens_section(tokens, &token, of_token.as_ref(), now)}
    }
    .into_any();
    Page { title: "Your account", has_mistake, current_user: Some(current_user), body }
}

fn name_section(form: &NameForm, mistake: Option<&Mistake>) -> AnyView {
    let fields = Form::new("name", mistake);
    let input = Input { hint: "As the others see it, beside what you do.", ..Input::name(&form.name) };
    view! {
        <form class="sheet" method="post" action=NAME>
            <h2>"Name"</h2>
            {fields.summary()}
            {fields.input(input)}
            <button class="button primary">"Save name"</button>
        </form>
    }
    .into_any()
}

fn password_section(email: String, has_password: bool, tokens: usize, mistake: Option<&Mistake>) -> AnyView {
    let fields = Form::new("password", mistake);
    let current =
        has_password.then(|| fields.input(Input::password("current", "Current password", "current password")));
    let revoke_tokens = (tokens > 0).then(|| {
        let label = match tokens {
            1 => "Also revoke my token, which goes on working otherwise".to_owned(),
            count => format!("Also revoke my {count} tokens, which go on working otherwise"),
        };
        view! {
            <label class="ticked-line">
                <input type="checkbox" name="revoke_tokens" value="yes" />
                {label}
            </label>
        }
    });
    view! {
        <form class="sheet" method="post" action=PASSWORD>
            <h2>"Password"</h2>
            <p class="hint">"A new password signs you out in all browsers but this one."</p>
            {fields.summary()}
            // A browser that keeps passwords wants to know whose these are.
            <input type="text" value=email autocomplete="username" hidden readonly />
            {current}
            {fields.new_password("New password")}
            {revoke_tokens}
            <button class="button primary">"Change password"</button>
        </form>
    }
    .into_any()
}

fn sessions_section(sessions: Vec<Session>, now: Timestamp) -> AnyView {
    let others = sessions.len() > 1;
    let rows: Vec<_> = sessions.into_iter().map(|session| session_row(session, now)).collect();
    let end_others = others.then(|| {
        view! {
            <form method="post" action=END_OTHERS>
                <button class="button">"Sign out everywhere else"</button>
            </form>
        }
        .into_any()
    });
    view! {
        <section class="sheet" id="sessions" aria-labelledby="sessions-title">
            <h2 id="sessions-title">"Where you are signed in"</h2>
            <ul class="entries">{rows}</ul>
            {end_others}
        </section>
    }
    .into_any()
}

fn session_row(session: Session, now: Timestamp) -> AnyView {
    let Session { id, is_this, agent, since, seen } = session;
    let browser = words::browser(&agent);
    let end = if is_this {
        view! { <span class="chip good">"This one"</span> }.into_any()
    } else {
        let label = format!("Sign out {browser}");
        view! {
            <form method="post" action=END_SESSION>
                <input type="hidden" name="id" value=id.to_string() />
                <button class="button" aria-label=label>
                    "Sign out"
                </button>
            </form>
        }
        .into_any()
    };
    view! {
        <li class="entry">
            <div class="entry-words">
                <strong title=agent>{browser}</strong>
                <p class="hint">"Used " {words::time_ago(seen, now)} ", signed in on " {words::day(since)}</p>
            </div>
            {end}
        </li>
    }
    .into_any()
}

fn tokens_section(tokens: Vec<Token>, form: &TokenForm, mistake: Option<&Mistake>, now: Timestamp) -> AnyView {
    let rows: Vec<_> = tokens.into_iter().map(|token| token_row(token, now)).collect();
    let list = (!rows.is_empty()).then(|| view! { <ul class="entries">{rows}</ul> }.into_any());
    let fields = Form::new("token", mistake);
    let scopes = Scope::ALL
        .map(|scope| (scope.as_str(), words::scope(scope), words::scope_means(scope), scope == form.scope))
        .into();
    let expiries =
        Expiry::ALL.map(|(expiry, value, words)| (value.to_owned(), words.to_owned(), expiry == form.expires)).into();
    let name = Input { hint: "Such as “Backup script”.", autocomplete: "off", ..Input::name(&form.name) };
    let day = Input {
        name: "day",
        label: "Its last day",
        called: "day",
        kind: "date",
        value: &form.day,
        hint: "It works until the end of that day, UTC.",
        required: false,
        ..Input::default()
    };
    view! {
        <section class="sheet" id="tokens" aria-labelledby="tokens-title">
            <h2 id="tokens-title">"Tokens"</h2>
            <p class="hint">
                "With a token a script or another program works in your name, by "
                <a href="/api/v1/openapi.json">"REST"</a> " or the socket. Treat it as a password."
            </p>
            {list}
            <form class="new-entry" method="post" action=NEW_TOKEN>
                <h3>"New token"</h3>
                {fields.summary()}
                {fields
                    .input(Input {
                        label: "What it is for",
                        ..name
                    })}
                {fields.radios("scope", "What it may do", scopes)}
                <div class="expiry">
                    {fields.select("expires".to_owned(), "Stops working".to_owned(), "expiry", expiries)}
                    {fields.input(day)}
                </div>
                <button class="button primary">"Create token"</button>
            </form>
        </section>
    }
    .into_any()
}

fn token_row(token: Token, now: Timestamp) -> AnyView {
    let Token { id, name, scope, used, expires } = token;
    let label = format!("Revoke {name}");
    let used = match used {
        Some(used) => view! {
            "Used "
            {words::time_ago(used, now)}
        }
        .into_any(),
        None => "Not used yet".into_any(),
    };
    let until = match expires {
        None => ", works until you revoke it".to_owned(),
        Some(end) if end <= now => format!(", stopped working on {}", words::day(end)),
        Some(end) => format!(", works until {}", words::day(end)),
    };
    let has_ended = expires.is_some_and(|end| end <= now);
    view! {
        <li class="entry">
            <div class="entry-words">
                <strong>{name}</strong>
                <span class="chip">{words::scope(scope)}</span>
                {has_ended.then(|| view! { <span class="chip bad">"Expired"</span> }.into_any())}
                <p class="hint">{used} {until}</p>
            </div>
            <form method="post" action=REVOKE_TOKEN>
                <input type="hidden" name="id" value=id.to_string() />
                <button class="button" aria-label=label>
                    "Revoke"
                </button>
            </form>
        </li>
    }
    .into_any()
}
