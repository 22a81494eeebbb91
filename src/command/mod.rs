//! What the executable can be asked to do ([`CommandLine`]), and what it does besides serving: people and tokens from the command
//! line, and a look at a server's health.
//!
//! Whoever can read the database's files or knows its password may do everything, so nothing is asked here. The commands about people and tokens go by
//! [`Accounts`], like the pages, in transactions of the same database: they may be used while servers run, which notice
//! within a second.
//!
//! Results go to standard output, as lines for people or, with `--json`, as JSON; everything else to standard error. The exit code is 0
//! where it was done, 1 where it was not, 2 where the command line will not do.

pub mod health;
pub mod token;
pub mod user;

use std::{env, ffi::OsString, io::Write, path::PathBuf, str::FromStr};

use clap::{Args, Parser, Subcommand};
use serde::Serialize;
use sqlx::sqlite::SqliteConnectOptions;

use self::{health::HealthCommand, token::TokenCommand, user::UserCommand};
use crate::{
    accounts::{AccountError, Accounts},
    credentials::Credentials,
    hub::Hub,
    settings::{Settings, database_url},
    store::{Account, Store, StoreSettings},
    telemetry,
};

/// A live task board that a team hosts itself.
#[derive(Debug, Parser)]
#[command(name = "taskwire", version, about, arg_required_else_help = true)]
pub struct CommandLine {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

impl CommandLine {
    /// What this process was given. `cargo leptos` gives it nothing, and means `serve`. A wrong flag or variable ends the
    /// process here, with a message that names it and exit code 2.
    pub fn of_process() -> Self {
        let mut given: Vec<OsString> = env::args_os().collect();
        if given.len() == 1 && env::var_os("LEPTOS_SITE_ADDR").is_some() {
            given.push("serve".into());
        }
        Self::parse_from(given)
    }
}

/// What the executable can be asked to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the boards.
    Serve(Box<Settings>),
    /// Make, list and change accounts. May be used while servers run.
    #[command(subcommand)]
    User(UserCommand),
    /// Make, list and revoke tokens for programs. May be used while servers run.
    #[command(subcommand)]
    Token(TokenCommand),
    /// Ask the server on this machine whether it is ready; the exit code is 0 if it is.
    Health(HealthCommand),
    /// Print the OpenAPI document of the REST interface.
    Openapi,
}

/// What all of the commands about people and tokens take.
#[derive(Clone, Debug, Args)]
pub struct Common {
    /// Where the boards are: `sqlite:FILE` or `postgres://USER:PASSWORD@HOST/NAME`.
    #[arg(
        long,
        env = "DATABASE_URL",
        value_name = "URL",
        hide_env_values = true,
        default_value = "sqlite:taskwire.db",
        value_parser = database_url
    )]
    pub database: String,

    /// Print JSON instead of lines for people.
    #[arg(long)]
    pub json: bool,
}

/// The accounts of a database, and the rights of whoever sits at the machine.
struct CommandContext {
    accounts: Accounts,
    store: Store,
    operator: Credentials,
    json: bool,
}

impl CommandContext {
    /// Opens a database that is there: one that would have to be made first has nobody in it, and most likely the command was
    /// given in the wrong folder.
    async fn open(common: &Common) -> Result<Self, String> {
        if let Some(file) = missing_file(&common.database) {
            let file = file.display();
            return Err(format!(
                "--database (DATABASE_URL): there is no file {file}; name the database that the server has"
            ));
        }
        Self::connect(common).await
    }

    /// As [`Self::open`], for what may come before the server's first start.
    async fn open_or_make(common: &Common) -> Result<Self, String> {
        if let Some(file) = missing_file(&common.database) {
            telemetry::complain(&format!("making a new database: {}", file.display()));
        }
        Self::connect(common).await
    }

    async fn connect(common: &Common) -> Result<Self, String> {
        let settings = StoreSettings { readers: 1, cached_tasks: 0, ..StoreSettings::new(&common.database) };
        let store = Store::open(settings).await.map_err(|error| format!("--database (DATABASE_URL): {error}"))?;
        let accounts = Accounts::new(store.clone(), Hub::new(store.clone()), None, String::new());
        Ok(Self { accounts, store, operator: Credentials::local(), json: common.json })
    }

    /// The account of somebody who is named by their e-mail address.
    fn account(&self, email: &str) -> Result<Account, String> {
        self.store
            .directory()
            .account_of(email)
            .cloned()
            .ok_or_else(|| format!("nobody has the e-mail address {email}"))
    }

    /// Prints what came of it.
    fn print(&self, value: &impl Serialize, lines: impl FnOnce() -> Vec<String>) -> Result<(), String> {
        let mut text = match self.json {
            true => serde_json::to_string_pretty(value).map_err(|error| error.to_string())?,
            false => lines().join("\n"),
        };
        if !text.is_empty() {
            text.push('\n');
        }
        std::io::stdout().write_all(text.as_bytes()).map_err(|error| format!("cannot write the result: {error}"))
    }
}

/// The file that a database is to be in, where there is none yet.
fn missing_file(database: &str) -> Option<PathBuf> {
    if !database.starts_with("sqlite:") {
        return None;
    }
    let options = SqliteConnectOptions::from_str(database).ok()?;
    (!options.get_filename().exists()).then(|| options.get_filename().to_owned())
}

/// What to tell whoever typed the command.
fn error_message(error: AccountError) -> String {
    error.to_string()
}

/// Lines with columns under each other.
fn table(rows: &[Vec<String>]) -> Vec<String> {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_defaults_of_the_flags_are_the_defaults_of_the_tests() {
        let parsed = CommandLine::parse_from(["taskwire", "serve"]);
        let Command::Serve(settings) = parsed.command else { panic!("not `serve`") };
        assert_eq!(format!("{settings:?}"), format!("{:?}", Settings::defaults()));
    }

    #[test]
    fn the_command_line_is_well_formed() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn columns_stand_under_each_other() {
        let rows = [["a", "bb"], ["ccc", "d"]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(table(&rows), ["a    bb", "ccc  d"]);
    }
}
