//! `taskwire backup` and `taskwire restore`: a database as one file.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, IsTerminal, Read, Write, stdin, stdout},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use app::{audit::Action, time::Timestamp};
use clap::Args;
use serde::Serialize;
use serde_json::json;

use super::{CommandContext, Common, error_message, missing_file, print, text};
use crate::{
    store::{
        Limits, Store, StoreSettings,
        backup::{self, BackupError, Contents, Part, folder_of},
        schema,
    },
    telemetry,
};

/// The name of a file that stands for standard output and standard input.
const STANDARD: &str = "-";

/// The time between two reports of how far the work has come.
const BETWEEN_REPORTS: Duration = Duration::from_secs(2);

/// How long a statement may take while a restored database is checked. Nobody waits for it.
const PATIENCE: Duration = Duration::from_secs(60);

/// The arguments of `taskwire backup`.
#[derive(Clone, Debug, Args)]
pub struct BackupCommand {
    /// The file to make; `-` is standard output.
    file: PathBuf,
    /// Also write what people and servers get in with: password hashes, sessions, tokens, links and the installation's key.
    #[arg(long)]
    with_secrets: bool,
    /// Replace the file if it exists.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    common: Common,
}

/// The arguments of `taskwire restore`.
#[derive(Clone, Debug, Args)]
pub struct RestoreCommand {
    /// The backup; `-` is standard input.
    file: PathBuf,
    /// Check the backup, say what would be restored and whether the database is empty, and change nothing. The exit code is 0 if the file
    /// is whole.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    common: Common,
}

/// A backup as it is printed.
#[derive(Serialize)]
struct Made {
    file: String,
    /// Its size in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    #[serde(flatten)]
    contents: Summary,
}

/// A restored backup as it is printed.
#[derive(Serialize)]
struct Restored {
    restored: bool,
    /// Why a dry run's restore would be refused although the file is whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    obstacle: Option<String>,
    #[serde(flatten)]
    contents: Summary,
}

#[derive(Serialize)]
struct Summary {
    /// The version of Taskwire that made the backup.
    taskwire: String,
    /// The version of the schema that the backup has.
    schema: i64,
    /// The moment at which the backup shows the database.
    at: Timestamp,
    secrets: bool,
    /// The number of rows of each table.
    rows: BTreeMap<String, u64>,
}

impl From<&Contents> for Summary {
    fn from(Contents { header, rows }: &Contents) -> Self {
        Self {
            taskwire: header.taskwire.clone(),
            schema: header.schema,
            at: header.at,
            secrets: header.secrets,
            rows: rows.clone(),
        }
    }
}

impl BackupCommand {
    /// Makes a backup. The error says in words why it could not be done.
    pub async fn run(self) -> Result<(), String> {
        if let Some(file) = missing_file(&self.common.database) {
            let file = file.display();
            return Err(format!(
                "--database (DATABASE_URL): there is no file {file}; name the database that the server uses"
            ));
        }
        if self.file.as_os_str() == STANDARD { self.write_output().await } else { self.write_file().await }
    }

    async fn write_output(&self) -> Result<(), String> {
        if stdout().is_terminal() {
            return Err("standard output is a terminal; name a file, or redirect the output".to_owned());
        }
        let contents = self.take(stdout().lock()).await?;
        let made = Made { file: STANDARD.to_owned(), size: None, contents: (&contents).into() };
        // The output is the backup.
        let text = text(&made, self.common.json, || self.told(STANDARD.to_owned(), None, &contents))?;
        telemetry::complain(&text);
        self.record(&contents).await;
        Ok(())
    }

    async fn write_file(&self) -> Result<(), String> {
        let file = self.file.display().to_string();
        let cannot = |error: io::Error| format!("{file}: cannot write the backup: {error}");
        match fs::metadata(&self.file) {
            Ok(found) if found.is_dir() => return Err(format!("{file} is a folder; name a file in it")),
            Ok(found) if !found.is_file() => {
                return Err(format!(
                    "{file} is not a file; to write to something else, redirect the output of `backup -`"
                ));
            }
            Ok(_) if !self.force => return Err(exists(&file)),
            _ => {}
        }
        let part = Part::in_folder(folder_of(&self.file)).map_err(cannot)?;
        let contents = self.take(part.file()).await?;
        let size = part.finish(&self.file, self.force).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => exists(&file),
            _ => cannot(error),
        })?;
        self.record(&contents).await;
        let made = Made { file: file.clone(), size: Some(size), contents: (&contents).into() };
        print(&made, self.common.json, || self.told(file, Some(size), &contents))
    }

    async fn take(&self, out: impl Write) -> Result<Contents, String> {
        let mut reports = Reports::new("backing up");
        let settings = StoreSettings::new(&self.common.database);
        let taken = backup::take(&settings, self.with_secrets, out, &mut |table, rows| reports.at(table, rows)).await;
        taken.map_err(|error| explained(&self.file, error))
    }

    /// Tells the audit log of the backup. A database of an older version has none, and is not migrated for it.
    async fn record(&self, contents: &Contents) {
        if contents.header.schema != schema() {
            return;
        }
        let details = json!({ "file": self.file.display().to_string(), "secrets": contents.header.secrets });
        let recorded = async {
            let context = CommandContext::open(&self.common).await?;
            context.accounts.record(&context.operator, Action::BackupMade, details).await.map_err(error_message)
        };
        if let Err(error) = recorded.await {
            telemetry::complain(&format!("the backup is complete, but the audit log does not have it: {error}"));
        }
    }

    fn told(&self, file: String, size: Option<u64>, contents: &Contents) -> Vec<String> {
        let size = size.map(|size| format!(" ({})", bytes(size))).unwrap_or_default();
        let secrets = match contents.header.secrets {
            true => "it has passwords, sessions, tokens and links in it: keep it as safe as the database",
            false => "passwords, sessions, tokens and links are not in it (--with-secrets)",
        };
        vec![format!("{}, as of {}, in {file}{size}", counted(contents), contents.header.at), secrets.to_owned()]
    }
}

fn exists(file: &str) -> String {
    format!("{file} exists; name another file, or replace it with --force")
}

impl RestoreCommand {
    /// Restores a backup. The error says in words why it could not be done.
    pub async fn run(self) -> Result<(), String> {
        let settings = StoreSettings { readers: 1, cached_tasks: 0, ..StoreSettings::new(&self.common.database) };
        let explained = |error| explained(&self.file, error);
        let obstacle = match backup::require_empty(&settings).await {
            // A dry run is also the way to check a file beside the database that it is a backup of.
            Err(error @ BackupError::NotEmpty(_)) if self.dry_run => Some(explained(error)),
            checked => checked.map(|()| None).map_err(explained)?,
        };
        let is_standard = self.file.as_os_str() == STANDARD;
        if is_standard && stdin().is_terminal() {
            return Err("standard input is a terminal; name a file, or redirect the input".to_owned());
        }
        let open = || -> Result<Box<dyn Read>, String> {
            if is_standard {
                return Ok(Box::new(stdin().lock()));
            }
            let file = File::open(&self.file).map_err(|error| explained(BackupError::Read(error)))?;
            Ok(Box::new(file))
        };
        // Standard input, a pipe and `<(…)` can be read only once. They are checked while they are restored, before the transaction is committed.
        let is_read_once =
            is_standard || fs::metadata(&self.file).is_ok_and(|found| !found.is_file() && !found.is_dir());
        if !is_read_once || self.dry_run {
            let mut reports = Reports::new("checking the backup");
            let checked = backup::check(open()?, &mut |table, rows| reports.at(table, rows)).map_err(explained)?;
            if self.dry_run {
                return self.print(&checked, obstacle);
            }
        }
        let mut reports = Reports::new("restoring");
        let restored = backup::restore(&settings, open()?, &mut |table, rows| reports.at(table, rows)).await;
        let contents = restored.map_err(explained)?;
        verify(settings).await?;
        self.print(&contents, None)
    }

    fn print(&self, contents: &Contents, obstacle: Option<String>) -> Result<(), String> {
        let restored = Restored { restored: !self.dry_run, obstacle, contents: contents.into() };
        print(&restored, self.common.json, || {
            let done = if self.dry_run { "would be restored" } else { "restored" };
            let (counted, header) = (counted(contents), &contents.header);
            if let Some(obstacle) = &restored.obstacle {
                return vec![
                    format!(
                        "the file is whole: {counted}, as of {}, from a backup of Taskwire {} with schema {}",
                        header.at, header.taskwire, header.schema
                    ),
                    obstacle.clone(),
                ];
            }
            let mut lines = vec![format!(
                "{counted}, as of {}, {done} from a backup of Taskwire {} with schema {}",
                header.at, header.taskwire, header.schema
            )];
            if !header.secrets && contents.rows_of("people") > 0 {
                lines.push(
                    "the backup has no passwords, sessions, tokens or links in it: `taskwire user reset-password EMAIL` prints a link with \
                     which a person chooses a new password (`taskwire user list` lists the people), and tokens and share links are \
                     made anew"
                        .to_owned(),
                );
            }
            lines
        })
    }
}

/// Opens the database as a server does, and compares each board with its log.
async fn verify(settings: StoreSettings) -> Result<(), String> {
    let failed = |error| format!("the backup was restored, but the database cannot be checked: {error}");
    let limits = Limits { silence: PATIENCE, statement: PATIENCE, ..settings.limits };
    let settings = StoreSettings { limits, ..settings };
    let store = Store::open(settings).await.map_err(failed)?;
    let mut reports = Reports::new("comparing boards with their logs");
    let found = store.boards_unlike_their_logs(&mut |table, rows| reports.at(table, rows)).await;
    store.close().await;
    match found.map_err(failed)?.as_slice() {
        [] => Ok(()),
        [first, rest @ ..] => Err(format!(
            "the backup was restored, but {} is not as its log says, as it was in the original ({}){}",
            first.board,
            first.why,
            if rest.is_empty() { String::new() } else { format!("; nor are {} other boards", rest.len()) }
        )),
    }
}

/// An error with the name of what it is about.
fn explained(file: &Path, error: BackupError) -> String {
    match error.is_of_the_file() {
        true if file.as_os_str() == STANDARD => error.to_string(),
        true => format!("{}: {error}", file.display()),
        false => format!("--database (DATABASE_URL): {error}"),
    }
}

/// What people count.
fn counted(contents: &Contents) -> String {
    let of = |table: &str, one: &str, many: &str| match contents.rows_of(table) {
        1 => format!("1 {one}"),
        count => format!("{count} {many}"),
    };
    format!(
        "{}, {}, {} and {}",
        of("people", "account", "accounts"),
        of("boards", "board", "boards"),
        of("tasks", "task", "tasks"),
        of("changes", "change", "changes")
    )
}

fn bytes(size: u64) -> String {
    match size {
        0..10_000 => format!("{size} bytes"),
        10_000..10_000_000 => format!("{} kB", size / 1_000),
        _ => format!("{} MB", size / 1_000_000),
    }
}

/// Tells on standard error how far long work has come.
struct Reports {
    what: &'static str,
    last: Instant,
}

impl Reports {
    fn new(what: &'static str) -> Self {
        Self { what, last: Instant::now() }
    }

    fn at(&mut self, table: &str, rows: u64) {
        if self.last.elapsed() >= BETWEEN_REPORTS {
            self.last = Instant::now();
            telemetry::complain(&format!("{}: {rows} rows, now in {table}", self.what));
        }
    }
}
