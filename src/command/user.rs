//! `taskwire user …`: people.

use std::{
    io::{BufRead, Read, stdin},
    path::PathBuf,
};

use app::{access::InstanceRole, id::ActorId, time::Timestamp};
use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;

use super::{AccountError, CommandContext, Common, error_message, table};
use crate::{
    accounts::{
        NewPerson, PersonUpdate,
        first_visit::{adopt_boards, first_owner},
        hand_over::HandOver,
        import::ImportedLine,
        text_edit::TextEdit,
    },
    store::Account,
    telemetry,
};

/// How links begin if nobody says so.
const LOCAL: &str = "http://localhost:3000";

/// The commands about people.
#[derive(Clone, Debug, Subcommand)]
pub enum UserCommand {
    /// Make an account, and print a link with which its owner chooses a password.
    Add(Add),
    /// List the accounts.
    List(Common),
    /// Make a person an owner, an admin or a member.
    Role {
        /// The person's e-mail address.
        email: String,
        /// The new role.
        role: Role,
        /// Which database, and how to print.
        #[command(flatten)]
        common: Common,
    },
    /// Print a link with which a person chooses a new password; or set the password.
    ResetPassword(ResetPassword),
    /// Change a person's name or e-mail address.
    Change(Change),
    /// Sign a person out in all browsers. Their tokens keep working: see `token revoke`.
    EndSessions(Named),
    /// Hand over what a leaver has, their boards and open tasks, to another person.
    HandOver(HandOverTo),
    /// Invite the people in a CSV file with the columns `name`, `email`, and if wanted `role`, `boards` (`Plans=viewer|Holidays`) and `groups`.
    Import(Import),
    /// Deactivate an account: its owner is signed out at once, and cannot sign in.
    Deactivate(Named),
    /// Reactivate an account.
    Activate(Named),
}

/// The arguments that name an account.
#[derive(Clone, Debug, Args)]
pub struct Named {
    /// The person's e-mail address.
    email: String,
    #[command(flatten)]
    common: Common,
}

/// See [`UserCommand::Add`].
#[derive(Clone, Debug, Args)]
pub struct Add {
    /// The person's name.
    #[arg(long)]
    name: String,
    /// The person's e-mail address, with which they sign in.
    #[arg(long)]
    email: String,
    /// The person's role on this server.
    #[arg(long, default_value = "member")]
    role: Role,
    #[command(flatten)]
    password: Password,
    #[command(flatten)]
    common: Common,
}

/// See [`UserCommand::Change`].
#[derive(Clone, Debug, Args)]
pub struct Change {
    /// The person's e-mail address.
    email: String,
    /// The new name.
    #[arg(long, required_unless_present = "new_email")]
    name: Option<String>,
    /// The new e-mail address, with which they sign in.
    #[arg(long = "email", value_name = "NEW_EMAIL")]
    new_email: Option<String>,
    #[command(flatten)]
    common: Common,
}

/// See [`UserCommand::HandOver`].
#[derive(Clone, Debug, Args)]
pub struct HandOverTo {
    /// The e-mail address of the person who leaves.
    from: String,
    /// The e-mail address of the person who gets it.
    to: String,
    /// Leave the memberships of boards as they are.
    #[arg(long)]
    keep_boards: bool,
    /// Leave the assignments to tasks as they are.
    #[arg(long)]
    keep_tasks: bool,
    /// Only tell what would be done.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    common: Common,
}

/// See [`UserCommand::Import`].
#[derive(Clone, Debug, Args)]
pub struct Import {
    /// The file; `-` for standard input.
    file: PathBuf,
    /// Only tell what would be done.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    links: Links,
    #[command(flatten)]
    common: Common,
}

/// See [`UserCommand::ResetPassword`].
#[derive(Clone, Debug, Args)]
pub struct ResetPassword {
    /// The person's e-mail address.
    email: String,
    #[command(flatten)]
    password: Password,
    #[command(flatten)]
    common: Common,
}

/// The source of a password.
#[derive(Clone, Debug, Args)]
pub struct Password {
    /// Take the password from the first line of standard input, instead of printing a link.
    #[arg(long)]
    password_stdin: bool,
    #[command(flatten)]
    links: Links,
}

/// How the links that are printed begin.
#[derive(Clone, Debug, Args)]
pub struct Links {
    /// The server's address as people see it in their browsers, for the links that are printed [default: http://localhost:3000].
    #[arg(long, env = "TASKWIRE_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,
}

impl Links {
    /// The beginning of links that are about to be printed. Says so if it is only assumed: this process knows neither the flags nor the
    /// variables of the server.
    fn origin(&self) -> &str {
        match &self.public_url {
            Some(url) => url.trim_end_matches('/'),
            None => {
                telemetry::complain(&format!(
                    "links that are printed begin with {LOCAL}; give the address that people use with --public-url (TASKWIRE_PUBLIC_URL)"
                ));
                LOCAL
            }
        }
    }
}

/// A person's role on the server.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Role {
    /// Makes boards, and sees the boards that they are a member of or that are open to everyone.
    Member,
    /// Manages people, and every board.
    Admin,
    /// An admin whom no admin can change.
    Owner,
}

impl From<Role> for InstanceRole {
    fn from(role: Role) -> Self {
        match role {
            Role::Member => Self::Member,
            Role::Admin => Self::Admin,
            Role::Owner => Self::Owner,
        }
    }
}

/// An account as it is printed.
#[derive(Serialize)]
struct Line {
    id: ActorId,
    name: String,
    email: String,
    role: InstanceRole,
    active: bool,
    created_at: Timestamp,
    /// When they last used a session or a token that is still known.
    #[serde(skip_serializing_if = "Option::is_none")]
    seen_at: Option<Timestamp>,
}

impl From<Account> for Line {
    fn from(account: Account) -> Self {
        let active = account.is_active();
        let Account { id, name, email, role, created_at, .. } = account;
        Self { id, name, email, role, active, created_at, seen_at: None }
    }
}

/// An account, and the link for its password if one was made.
#[derive(Serialize)]
struct Made {
    #[serde(flatten)]
    account: Line,
    #[serde(skip_serializing_if = "Option::is_none")]
    new_password: Option<String>,
}

impl UserCommand {
    /// Runs the command. The error says in words why it could not be done.
    pub async fn run(self) -> Result<(), String> {
        match self {
            Self::Add(add) => add.run().await,
            Self::List(common) => list(&common).await,
            Self::Role { email, role, common } => {
                let context = CommandContext::open(&common).await?;
                let person = context.account(&email)?.id;
                context.adopting(context.accounts.set_role(&context.operator, person, role.into())).await?;
                context.print_account(&email, None)
            }
            Self::ResetPassword(reset) => reset.run().await,
            Self::Change(change) => change.run().await,
            Self::EndSessions(Named { email, common }) => {
                let context = CommandContext::open(&common).await?;
                let person = context.account(&email)?.id;
                context.accounts.end_sessions_of(&context.operator, person, None).await.map_err(error_message)?;
                context.print_account(&email, None)
            }
            Self::HandOver(hand_over) => hand_over.run().await,
            Self::Import(import) => import.run().await,
            Self::Deactivate(named) => named.set_active(false).await,
            Self::Activate(named) => named.set_active(true).await,
        }
    }
}

impl Named {
    async fn set_active(self, active: bool) -> Result<(), String> {
        let context = CommandContext::open(&self.common).await?;
        let person = context.account(&self.email)?.id;
        context.accounts.set_active(&context.operator, person, active).await.map_err(error_message)?;
        context.print_account(&self.email, None)
    }
}

impl Add {
    async fn run(self) -> Result<(), String> {
        let context = CommandContext::open_or_make(&self.common).await?;
        let password = self.password.read()?;
        let new = NewPerson { name: &self.name, email: &self.email, password: password.as_deref() };
        let person = context.adopting(context.accounts.add(&context.operator, new, self.role.into())).await?;
        let link = match password {
            Some(_) => None,
            None => Some(self.password.link(&context, person).await?),
        };
        context.print_account(&self.email, link)
    }
}

impl ResetPassword {
    async fn run(self) -> Result<(), String> {
        let context = CommandContext::open(&self.common).await?;
        let person = context.account(&self.email)?.id;
        let link = match self.password.read()? {
            Some(password) => {
                context.accounts.set_password(&context.operator, person, &password).await.map_err(error_message)?;
                None
            }
            None => Some(self.password.link(&context, person).await?),
        };
        context.print_account(&self.email, link)
    }
}

impl Change {
    async fn run(self) -> Result<(), String> {
        let context = CommandContext::open(&self.common).await?;
        let person = context.account(&self.email)?.id;
        let update = PersonUpdate {
            name: self.name.as_deref().map(TextEdit::from),
            email: self.new_email.as_deref().map(TextEdit::from),
            ..PersonUpdate::default()
        };
        context.accounts.update(&context.operator, person, update).await.map_err(error_message)?;
        context.print_account(self.new_email.as_deref().unwrap_or(&self.email), None)
    }
}

impl HandOverTo {
    async fn run(self) -> Result<(), String> {
        let context = CommandContext::open(&self.common).await?;
        let to = context.account(&self.to)?;
        let wanted = HandOver {
            from: context.account(&self.from)?.id,
            to: to.id,
            boards: !self.keep_boards,
            tasks: !self.keep_tasks,
            dry_run: self.dry_run,
        };
        let done = context.accounts.hand_over(&context.operator, &context.writer(), wanted).await;
        let report = done.map_err(error_message)?;
        context.print(&report, || [report.words(&to.name)].into_iter().chain(report.lines()).collect())?;
        match (report.is_complete(), report.counts()) {
            (false, _) => Err("not everything was reached in time; run the command again for the rest".to_owned()),
            (true, (.., 0)) => Ok(()),
            (true, (.., failed)) => Err(format!("{failed} edits were refused")),
        }
    }
}

impl Import {
    async fn run(self) -> Result<(), String> {
        let context = CommandContext::open(&self.common).await?;
        let context = if self.dry_run { context } else { context.with_links_to(self.links.origin()) };
        let file = match self.file.as_os_str() == "-" {
            true => read_all(stdin().lock()),
            false => std::fs::File::open(&self.file).and_then(read_all),
        };
        let file = file.map_err(|error| format!("cannot read {}: {error}", self.file.display()))?;
        let imported = context.adopting(context.accounts.import(&context.operator, &file, self.dry_run)).await?;
        context.print(&imported, || {
            let row = |line: &ImportedLine| {
                let more = line.why.as_ref().or(line.url.as_ref()).cloned().unwrap_or_default();
                vec![format!("line {}", line.line), line.outcome.as_str().to_owned(), line.email.clone(), more]
            };
            table(&imported.lines.iter().map(row).collect::<Vec<_>>())
        })?;
        match imported.wrong {
            0 => Ok(()),
            1 => Err("1 line is wrong; the others are done".to_owned()),
            wrong => Err(format!("{wrong} lines are wrong; the others are done")),
        }
    }
}

/// Reads a file to its end, however large it says that it is.
fn read_all(mut file: impl Read) -> std::io::Result<Vec<u8>> {
    let mut content = Vec::new();
    file.read_to_end(&mut content)?;
    Ok(content)
}

impl Password {
    /// The password, if it is to be read from standard input.
    fn read(&self) -> Result<Option<String>, String> {
        if !self.password_stdin {
            return Ok(None);
        }
        let mut line = String::new();
        stdin().lock().read_line(&mut line).map_err(|error| format!("cannot read the password: {error}"))?;
        Ok(Some(line.trim_end_matches(['\r', '\n']).to_owned()))
    }

    async fn link(&self, context: &CommandContext, person: ActorId) -> Result<String, String> {
        let secret = context.accounts.new_password_link(&context.operator, person).await.map_err(error_message)?;
        Ok(secret.link(self.links.origin(), "new-password"))
    }
}

async fn list(common: &Common) -> Result<(), String> {
    let context = CommandContext::open(common).await?;
    let seen = context.store.last_seen().await.map_err(|error| error.to_string())?;
    let line = |account: Account| Line { seen_at: seen.get(&account.id).copied(), ..Line::from(account) };
    let accounts: Vec<Line> =
        context.accounts.accounts(&context.operator).map_err(error_message)?.into_iter().map(line).collect();
    context.print(&accounts, || {
        let row = |line: &Line| {
            let state = if line.active { "" } else { "deactivated" };
            let seen = line.seen_at.map(|at| format!("seen {}", &at.to_string()[..10])).unwrap_or_default();
            vec![line.email.clone(), line.name.clone(), line.role.as_str().to_owned(), seen, state.to_owned()]
        };
        table(&accounts.iter().map(row).collect::<Vec<_>>())
    })
}

impl CommandContext {
    /// Does something by which the server may get its first owner. If it does, they manage the boards that have no manager.
    async fn adopting<T>(&self, change: impl Future<Output = Result<T, AccountError>>) -> Result<T, String> {
        let is_owner = |account: &&Account| account.role == InstanceRole::Owner;
        let had_owner = self.store.directory().accounts().iter().any(is_owner);
        let done = change.await.map_err(error_message)?;
        if let Some(owner) = first_owner(&self.store.directory()).filter(|_| !had_owner)
            && let Err(error) = adopt_boards(&self.store, &self.writer(), owner).await
        {
            // The account is there: it must not look as if it were not.
            telemetry::complain(&format!(
                "the owner is not the manager of the boards that were there before: {}",
                error_message(error)
            ));
        }
        Ok(done)
    }

    fn print_account(&self, email: &str, new_password: Option<String>) -> Result<(), String> {
        let account = Line::from(self.account(email)?);
        let made = Made { account, new_password };
        self.print(&made, || {
            let Line { name, email, role, active, .. } = &made.account;
            let state = if *active { "" } else { ", deactivated" };
            let mut lines = vec![format!("{name} <{email}>, {}{state}", role.as_str())];
            lines.extend(made.new_password.as_ref().map(|link| format!("choose a password at {link}")));
            lines
        })
    }
}
