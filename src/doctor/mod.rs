//! What is wrong with an installation, and what to do about it: `taskwire doctor`.
//!
//! One file for each group of checks: [`settings`], [`database`], [`files`], [`backups`], [`redis`], [`mail`], [`sign_in`] and
//! [`server`]. A check
//! only reads and connects, as the server itself does, and uses the server's own code for that. So it may run beside a running server, and
//! what it reports is what the server would meet. Each check has a limit of time. A check that does not apply to the settings is left out;
//! one that could not be done says why.

pub mod backups;
mod database;
mod files;
mod mail;
mod redis;
pub mod server;
pub mod settings;
mod sign_in;

use std::{path::PathBuf, time::Duration};

use serde::Serialize;

use self::settings::Given;

/// How long a check may take that asks somebody over the network.
const NETWORK: Duration = Duration::from_secs(10);

/// What to check.
#[derive(Clone, Debug)]
pub struct Examination {
    /// The settings of the server, and where they come from.
    pub given: Given,
    /// Files with secrets, whose permissions are checked besides those of the database.
    pub secret_files: Vec<PathBuf>,
    /// How long each of the checks may take that read the whole database.
    pub time_limit: Duration,
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The name of the check.
    pub check: &'static str,
    /// Whether it is as it should be.
    pub status: Status,
    /// What was found.
    pub detail: String,
    /// What to do about it, if anything.
    pub remedy: Option<String>,
}

/// Whether what was found is as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It is as it should be.
    Ok,
    /// It works, but something will not do for long, or could not be checked.
    Warning,
    /// It does not work, or data is damaged.
    Error,
}

impl Finding {
    fn ok(check: &'static str, detail: impl Into<String>) -> Self {
        Self { check, status: Status::Ok, detail: one_line(&detail.into()), remedy: None }
    }

    fn warning(check: &'static str, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { status: Status::Warning, remedy: Some(remedy.into()), ..Self::ok(check, detail) }
    }

    fn error(check: &'static str, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { status: Status::Error, ..Self::warning(check, detail, remedy) }
    }

    /// The finding as one line for people.
    pub fn line(&self) -> String {
        let status = match self.status {
            Status::Ok => "ok",
            Status::Warning => "warning",
            Status::Error => "error",
        };
        let remedy = self.remedy.as_ref().map(|remedy| format!(". To do: {remedy}")).unwrap_or_default();
        format!("{status:7}  {}: {}{remedy}", self.check, self.detail.trim_end_matches('.'))
    }
}

impl Examination {
    /// Does all checks. Those that ask others come first and at once; so reading the database does not slow down what is measured.
    pub async fn run(&self) -> Vec<Finding> {
        let settings = &self.given.settings;
        let (redis, mail, sign_in, server) = tokio::join!(
            redis::check(settings),
            mail::check(settings),
            sign_in::check(settings),
            server::check(settings)
        );
        let database = database::check(settings, self.time_limit).await;
        let backups = backups::check(settings).await;
        let files = files::check(settings, &self.secret_files);
        [settings::check(&self.given), database, files, backups, redis, mail, sign_in, server].concat()
    }
}

/// Awaits something for a limited time. The error says that there was no answer.
async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Result<T, String> {
    tokio::time::timeout(limit, work).await.map_err(|_| format!("no answer within {} s", limit.as_secs()))
}

/// A number of things, such as `1 board` or `2 boards`.
fn counted(number: u64, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}

/// What others wrote may have several lines, or characters that a terminal obeys.
fn one_line(text: &str) -> String {
    let shown = |char: char| if char.is_control() { ' ' } else { char };
    text.trim().chars().map(shown).collect::<String>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_one_line() {
        let ok = Finding::ok("disk", "enough");
        assert_eq!(ok.line(), "ok       disk: enough");
        let error = Finding::error("mail", "it said:\r\n\u{1b}[2Kno.", "ask it why");
        assert_eq!(error.line(), "error    mail: it said:   [2Kno. To do: ask it why");
    }
}
