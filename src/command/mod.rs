//! The commands of the executable ([`CommandLine`]), and those besides `serve`: people, tokens, boards and tasks from the command line, backups, a
//! server's health, and a check of the whole installation.
//!
//! Anybody who can read the database's files or knows its password may do everything, so the commands require no authentication. The
//! commands about people and tokens use [`Accounts`], and those about boards and tasks the [`Writer`], as the pages do, in transactions of
//! the same database. So they can be used while servers run, which notice the change within a second.
//!
//! Results go to standard output, as lines for people or, with `--json`, as JSON; everything else goes to standard error. The exit code
//! is 0 on success, 1 on failure, and 2 if the command line is wrong.

pub mod audit;
pub mod backup;
pub mod board;
pub mod doctor;
pub mod group;
pub mod health;
pub mod settings;
pub mod task;
pub mod token;
pub mod user;

use std::{
    env,
    ffi::OsString,
    io::{ErrorKind, Write},
    sync::Arc,
};

use app::{
    id::BoardId,
    ops::{Mutation, Op},
    refusal::Refusal,
    state::BoardState,
};
use clap::{Args, Parser, Subcommand};
use serde::Serialize;

use self::{
    audit::AuditCommand,
    backup::{BackupCommand, RestoreCommand},
    board::BoardCommand,
    doctor::DoctorCommand,
    group::GroupCommand,
    health::HealthCommand,
    settings::SettingsCommand,
    task::TaskCommand,
    token::TokenCommand,
    user::UserCommand,
};
use crate::{
    accounts::{AccountError, Accounts},
    credentials::Credentials,
    doctor::settings::Given,
    hub::Hub,
    settings::database_url,
    store::{Account, Store, StoreSettings, missing_file},
    telemetry,
    writer::{WriteError, Writer},
};

/// A live task board that a team hosts itself.
#[derive(Debug, Parser)]
#[command(name = "taskwire", version, about, arg_required_else_help = true)]
pub struct CommandLine {
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

impl CommandLine {
    /// The command line of this process. `cargo leptos` starts it without arguments and expects `serve`. A wrong flag or variable ends the
    /// process here, with a message that names it and exit code 2.
    pub fn of_process() -> Self {
        let mut given: Vec<OsString> = env::args_os().collect();
        if given.len() == 1 && env::var_os("LEPTOS_SITE_ADDR").is_some() {
            given.push("serve".into());
        }
        Self::parse_from(given)
    }
}

/// The commands of the executable.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the boards.
    Serve(Box<Given>),
    /// Make, list and change accounts. Can be used while servers run.
    #[command(subcommand)]
    User(UserCommand),
    /// Make and change groups of people, and put them on boards. Can be used while servers run.
    #[command(subcommand)]
    Group(GroupCommand),
    /// List, export, delete and restore boards, and change who is a member. Can be used while servers run.
    #[command(subcommand)]
    Board(BoardCommand),
    /// List and change tasks. Can be used while servers run.
    #[command(subcommand)]
    Task(TaskCommand),
    /// Make, list and revoke tokens for programs. Can be used while servers run.
    #[command(subcommand)]
    Token(TokenCommand),
    /// Print the audit log, newest first: who did what, when and from where, one JSON object a line. This is an event itself.
    Audit(AuditCommand),
    /// List and change the settings that need no restart, and test mail. Can be used while servers run.
    #[command(subcommand)]
    Settings(SettingsCommand),
    /// Make a backup: one file, from which either kind of database can be restored. Can be used while servers run.
    Backup(BackupCommand),
    /// Restore a backup to a new database, of either kind.
    Restore(RestoreCommand),
    /// Check the installation, and say what to do about what is wrong. Changes nothing, and can be used while servers run.
    Doctor(Box<DoctorCommand>),
    /// Ask the server on this machine whether it is ready; the exit code is 0 if it is.
    Health(HealthCommand),
    /// Print the OpenAPI document of the REST interface.
    Openapi,
    /// Print the AsyncAPI document of the socket.
    Asyncapi,
}

/// The arguments of all commands about a database.
#[derive(Clone, Debug, Args)]
pub struct Common {
    /// The database with the boards: `sqlite:FILE` or `postgres://USER:PASSWORD@HOST/NAME`.
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

/// The accounts of a database, and the credentials of the operator at the command line.
struct CommandContext {
    accounts: Accounts,
    store: Store,
    operator: Credentials,
    json: bool,
}

impl CommandContext {
    /// Opens an existing database. A new one would have no accounts in it, and most likely the command was run in the wrong folder.
    async fn open(common: &Common) -> Result<Self, String> {
        if let Some(file) = missing_file(&common.database) {
            let file = file.display();
            return Err(format!(
                "--database (DATABASE_URL): there is no file {file}; name the database that the server uses"
            ));
        }
        Self::connect(common).await
    }

    /// As [`Self::open`], but makes a missing database: for commands that may run before the server's first start.
    async fn open_or_make(common: &Common) -> Result<Self, String> {
        if let Some(file) = missing_file(&common.database) {
            telemetry::complain(&format!("creating a new database: {}", file.display()));
        }
        Self::connect(common).await
    }

    /// The same, for links that begin with the server's address.
    fn with_links_to(self, public_url: &str) -> Self {
        let accounts = Accounts::new(self.store.clone(), Hub::new(self.store.clone()), None, public_url.to_owned());
        Self { accounts, ..self }
    }

    fn writer(&self) -> Writer {
        Writer::start(self.store.clone(), Hub::new(self.store.clone()))
    }

    /// Changes a board through the one write path. Returns the board after it.
    async fn write(&self, board: BoardId, op: Op) -> Result<Arc<BoardState>, String> {
        let mutation = Mutation { id: app::new_id(), op };
        match self.writer().write(board, mutation, self.operator.clone()).await {
            Ok(accepted) => Ok(accepted.board),
            Err(WriteError::Refused(Refusal::Invalid { message, .. })) => Err(message),
            Err(WriteError::Refused(Refusal::Archived)) => {
                Err("this board is archived, so it cannot be edited; `taskwire board unarchive` brings it back"
                    .to_owned())
            }
            Err(error) => Err(error.to_string()),
        }
    }

    async fn connect(common: &Common) -> Result<Self, String> {
        let settings = StoreSettings { readers: 1, cached_tasks: 0, ..StoreSettings::new(&common.database) };
        let store = Store::open(settings).await.map_err(|error| format!("--database (DATABASE_URL): {error}"))?;
        let accounts = Accounts::new(store.clone(), Hub::new(store.clone()), None, String::new());
        Ok(Self { accounts, store, operator: Credentials::operator(), json: common.json })
    }

    /// The account with an e-mail address.
    fn account(&self, email: &str) -> Result<Account, String> {
        self.store
            .directory()
            .account_of(email)
            .cloned()
            .ok_or_else(|| format!("there is no account with the e-mail address {email}"))
    }

    /// Prints a result.
    fn print(&self, value: &impl Serialize, lines: impl FnOnce() -> Vec<String>) -> Result<(), String> {
        print(value, self.json, lines)
    }
}

/// Prints a result, as JSON or as lines.
fn print(value: &impl Serialize, json: bool, lines: impl FnOnce() -> Vec<String>) -> Result<(), String> {
    let mut text = text(value, json, lines)?;
    if !text.is_empty() {
        text.push('\n');
    }
    write_out(text.as_bytes()).map(|_| ())
}

/// Writes to standard output. Returns whether the output is still read: a reader such as `head` closes it when it has seen enough, which is
/// no error. A backup does not use this, because a part of a backup is of no use.
fn write_out(bytes: &[u8]) -> Result<bool, String> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(format!("cannot write the result: {error}")),
    }
}

/// A result, as JSON or as lines.
fn text(value: &impl Serialize, json: bool, lines: impl FnOnce() -> Vec<String>) -> Result<String, String> {
    match json {
        true => serde_json::to_string_pretty(value).map_err(|error| error.to_string()),
        false => Ok(lines().join("\n")),
    }
}

/// The message for the person who typed the command. That of a field is a clause that needs no name of the field before it.
fn error_message(error: AccountError) -> String {
    match error {
        AccountError::Invalid { message, .. } => message,
        error => error.to_string(),
    }
}

/// Lines with aligned columns.
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
    use crate::settings::Settings;

    #[test]
    fn the_defaults_of_the_flags_are_the_defaults_of_the_tests() {
        let parsed = CommandLine::parse_from(["taskwire", "serve"]);
        let Command::Serve(given) = parsed.command else { panic!("not `serve`") };
        assert_eq!(format!("{:?}", given.settings), format!("{:?}", Settings::defaults()));
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
