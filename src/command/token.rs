//! `taskwire token …`: tokens for programs.

use std::str::FromStr;

use app::{access::Scope, time::Timestamp};
use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;
use uuid::Uuid;

use super::{CommandContext, Common, error_message, table};
use crate::{clock::now, settings::Retention, store::Token};

/// The commands about tokens.
#[derive(Clone, Debug, Subcommand)]
pub enum TokenCommand {
    /// Make a token and print it. It is shown only this once.
    Create(Create),
    /// List the tokens that work, of one person or of everybody.
    List {
        /// The e-mail address of the person.
        #[arg(long)]
        user: Option<String>,
        /// Which database, and how to print.
        #[command(flatten)]
        common: Common,
    },
    /// Revoke a token: it stops working at once.
    Revoke {
        /// The id that `token list` shows.
        id: Uuid,
        /// Which database, and how to print.
        #[command(flatten)]
        common: Common,
    },
}

/// See [`TokenCommand::Create`].
#[derive(Clone, Debug, Args)]
pub struct Create {
    /// The e-mail address of the person for whom the token acts.
    #[arg(long)]
    user: String,
    /// Which of that person's rights the token has.
    #[arg(long)]
    scope: TokenScope,
    /// The token's name, which says what it is for.
    #[arg(long, default_value = "command line")]
    name: String,
    /// How long the token works: a number with `s`, `m`, `h` or `d`, or `forever`.
    #[arg(long, value_name = "TIME", default_value = "forever", value_parser = Retention::from_str)]
    expires: Retention,
    #[command(flatten)]
    common: Common,
}

/// A token's scope.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum TokenScope {
    /// Reading.
    Read,
    /// Also making boards, and changing tasks and columns.
    Write,
    /// All rights, including managing boards and people.
    Admin,
}

impl From<TokenScope> for Scope {
    fn from(scope: TokenScope) -> Self {
        match scope {
            TokenScope::Read => Self::Read,
            TokenScope::Write => Self::Write,
            TokenScope::Admin => Self::Admin,
        }
    }
}

/// A token as it is printed.
#[derive(Serialize)]
struct Line {
    id: Uuid,
    user: String,
    name: String,
    scope: Scope,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
    used_at: Option<Timestamp>,
    /// The token itself, if it was just made.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

impl Line {
    fn of(token: Token, user: &str, used_at: Option<Timestamp>) -> Self {
        let Token { id, name, scope, created_at, expires_at, .. } = token;
        Self { id, user: user.to_owned(), name, scope, created_at, expires_at, used_at, token: None }
    }
}

impl TokenCommand {
    /// Runs the command. The error says in words why it could not be done.
    pub async fn run(self) -> Result<(), String> {
        match self {
            Self::Create(create) => create.run().await,
            Self::List { user, common } => list(user.as_deref(), &common).await,
            Self::Revoke { id, common } => {
                let context = CommandContext::open(&common).await?;
                context.accounts.revoke_token(&context.operator, id).await.map_err(error_message)?;
                context.print(&serde_json::json!({ "revoked": id }), || vec![format!("revoked {id}")])
            }
        }
    }
}

impl Create {
    async fn run(self) -> Result<(), String> {
        let context = CommandContext::open(&self.common).await?;
        let account = context.account(&self.user)?;
        let lasts = self.expires.0.map(|time| i64::try_from(time.as_millis()).unwrap_or(i64::MAX));
        let expires_at = lasts.map(|lasts| Timestamp::from_millis(now().as_millis().saturating_add(lasts)));
        let made = context
            .accounts
            .create_token(&context.operator, account.id, &self.name, self.scope.into(), expires_at)
            .await;
        let (secret, token) = made.map_err(error_message)?;
        let line = Line { token: Some(secret.expose().to_owned()), ..Line::of(token, &account.email, None) };
        // Only the token, so that a script can use the output.
        context.print(&line, || vec![secret.expose().to_owned()])
    }
}

async fn list(user: Option<&str>, common: &Common) -> Result<(), String> {
    let context = CommandContext::open(common).await?;
    let accounts = match user {
        Some(email) => vec![context.account(email)?],
        None => context.accounts.accounts(&context.operator).map_err(error_message)?,
    };
    let mut lines = Vec::new();
    for account in accounts {
        let tokens = context.accounts.tokens(&context.operator, account.id).await.map_err(error_message)?;
        lines.extend(tokens.into_iter().map(|(token, used_at)| Line::of(token, &account.email, used_at)));
    }
    context.print(&lines, || {
        let when = |words: &str, at: Option<Timestamp>| match at {
            Some(at) => format!("{words} {}", &at.to_string()[..10]),
            None => format!("{words} never"),
        };
        let row = |line: &Line| {
            vec![
                line.id.to_string(),
                line.user.clone(),
                line.scope.as_str().to_owned(),
                line.name.clone(),
                when("used", line.used_at),
                when("expires", line.expires_at),
            ]
        };
        table(&lines.iter().map(row).collect::<Vec<_>>())
    })
}
