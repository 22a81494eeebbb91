//! `/account`: the reader's own name, password, sessions and tokens.

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
    controls::theme::{Theme, theme_form},
    time::Timestamp,
};

/// The path of the page.
pub const PATH: &str = "/account";
/// The path that the form for the name posts to.
pub const NAME: &str = "/account/name";
/// The path that the form for the e-mail address posts to.
pub const EMAIL: &str = "/account/email";
/// The path that the form for the password posts to.
pub const PASSWORD: &str = "/account/password";
/// The path that the form for ending one session posts to.
pub const END_SESSION: &str = "/account/sessions/end";
/// The path that the form for ending all other sessions posts to.
pub const END_OTHERS: &str = "/account/sessions/end-others";
/// The path that the form for a new token posts to.
pub const NEW_TOKEN: &str = "/account/tokens";
/// The path that the form for revoking a token posts to.
pub const REVOKE_TOKEN: &str = "/account/tokens/revoke";

/// The data of the page.
pub struct OwnAccount {
    /// The signed-in person.
    pub current_user: CurrentUser,
    /// A message about what was just done.
    pub notice: Option<Notice>,
    /// The person's e-mail address.
    pub email: String,
    /// The person's role on this server.
    pub role: InstanceRole,
    /// Whether the person has a password. A person who signs in with the OIDC provider may have none.
    pub has_password: bool,
    /// The person's sessions, most recently used first.
    pub sessions: Vec<Session>,
    /// The person's tokens, newest first.
    pub tokens: Vec<Token>,
    /// The current time.
    pub now: Timestamp,
    /// The theme of this browser.
    pub theme: Theme,
    /// A submitted form that was refused.
    pub refused: Option<Refused>,
}

/// A submitted form that was refused, with the values that were typed.
pub enum Refused {
    /// The form for the name.
    Name(NameForm, Mistake),
    /// The form for the e-mail address.
    Email(EmailForm, Mistake),
    /// The form for the password.
    Password(Mistake),
    /// The form for a new token.
    Token(TokenForm, Mistake),
    /// A form without fields, such as the one for ending a session.
    Other(Mistake),
}

/// A session: a browser in which the person is signed in.
pub struct Session {
    /// Identifies the session.
    pub id: Uuid,
    /// Whether this is the session in which the page is read.
    pub is_this: bool,
    /// The `User-Agent` of the browser.
    pub agent: String,
    /// When the person signed in.
    pub since: Timestamp,
    /// When the session was last used, to the hour.
    pub seen: Timestamp,
}

/// An API token.
pub struct Token {
    /// Identifies the token.
    pub id: Uuid,
    /// The name of the token, which says what it is for.
    pub name: String,
    /// What the token allows.
    pub scope: Scope,
    /// When the token was last used.
    pub used: Option<Timestamp>,
    /// When the token expires.
    pub expires: Option<Timestamp>,
}

/// The form for the name.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NameForm {
    /// The name.
    pub name: String,
}

/// The form for the e-mail address.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmailForm {
    /// The new e-mail address.
    pub email: String,
    /// The current password.
    pub current: String,
}

/// The form for the password.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PasswordForm {
    /// The current password, if the person has one.
    #[serde(default)]
    pub current: String,
    /// The new password.
    pub password: String,
    /// The new password, repeated.
    pub again: String,
    /// Not empty if all tokens of the person are to be revoked too.
    #[serde(default)]
    pub revoke_tokens: String,
}

impl PasswordForm {
    /// Whether all tokens of the person are to be revoked too.
    pub fn revokes_tokens(&self) -> bool {
        !self.revoke_tokens.is_empty()
    }
}

/// A form that names one session or token.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WhichForm {
    /// Identifies the session or token.
    pub id: Uuid,
}

/// The form for a new token.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenForm {
    /// The name of the token, which says what it is for.
    pub name: String,
    /// What the token allows.
    pub scope: Scope,
    /// How long the token is valid.
    pub expires: Expiry,
    /// The last day on which the token is valid, for [`Expiry::Day`].
    #[serde(default)]
    pub day: String,
}

impl Default for TokenForm {
    fn default() -> Self {
        Self { name: String::new(), scope: Scope::Read, expires: Expiry::Days90, day: String::new() }
    }
}

/// How long a token is valid.
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
    /// Until the end of a day that the person chooses.
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

/// Renders the page.
pub fn page(content: OwnAccount) -> Page {
    let OwnAccount { current_user, notice: done, email, role, has_password, sessions, tokens, now, theme, refused } =
        content;
    let has_mistake = refused.is_some();
    let shows_secret = Notice::shows_secret(done.as_ref());
    let (mut name, mut token) = (NameForm { name: current_user.person.name.clone() }, TokenForm::default());
    let mut typed_email = email.clone();
    let (mut of_name, mut of_email, mut of_password, mut of_token, mut of_others) = (None, None, None, None, None);
    match refused {
        None => {}
        Some(Refused::Name(typed, mistake)) => (name, of_name) = (typed, Some(mistake)),
        Some(Refused::Email(typed, mistake)) => (typed_email, of_email) = (typed.email, Some(mistake)),
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
        {email_section(&typed_email, has_password, of_email.as_ref())}
        {password_section(email, has_password, tokens.len(), of_password.as_ref())}
        {theme_section(theme)}
        {sessions_section(sessions, now)}
        {tokens_section(tokens, &token, of_token.as_ref(), now)}
    }
    .into_any();
    Page { title: "Your account", has_mistake, current_user: Some(current_user), shows_secret, body }
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

fn email_section(email: &str, has_password: bool, mistake: Option<&Mistake>) -> AnyView {
    let fields = Form::new("email", mistake);
    if !has_password {
        return view! {
            <section class="sheet" aria-labelledby="email-title">
                <h2 id="email-title">"E-mail address"</h2>
                <p class="hint">
                    "Your account has no password here, so only an admin of this server can change its e-mail address."
                </p>
            </section>
        }
        .into_any();
    }
    view! {
        <form class="sheet" method="post" action=EMAIL>
            <h2>"E-mail address"</h2>
            <p class="hint">"You sign in with it, and links for a new password are sent to it."</p>
            {fields.summary()}
            {fields.input(Input::email(email))}
            {fields.input(Input::password("current", "Your password", "current password"))}
            <button class="button primary">"Save e-mail address"</button>
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
            1 => "Also revoke my token (otherwise it keeps working)".to_owned(),
            count => format!("Also revoke my {count} tokens (otherwise they keep working)"),
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
            // A password manager needs to know which account the password belongs to.
            <input type="text" value=email autocomplete="username" hidden readonly />
            {current}
            {fields.new_password("New password")}
            {revoke_tokens}
            <button class="button primary">"Change password"</button>
        </form>
    }
    .into_any()
}

fn theme_section(theme: Theme) -> AnyView {
    view! {
        <section class="sheet" aria-labelledby="theme-title">
            <h2 id="theme-title">"Theme"</h2>
            <p class="hint">
                "How Taskwire looks in this browser. It is also in the menu at the top right of every board."
            </p>
            {theme_form(theme.as_str(), Some(PATH.to_owned()))}
        </section>
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
                <p class="hint">"Used " {words::seen_ago(seen, now)} ", signed in on " {words::day(since)}</p>
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
                "With a token a script or another program works in your name, by " <a href="/api/v1">"REST"</a> " or "
                <a href="/api/docs/socket">"the socket"</a> ". Treat it as a password."
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
            {words::seen_ago(used, now)}
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
