//! The state of an installation, as values: its nodes, their current numbers, and what its operator should know. The server collects it; the
//! REST interface and the administration show it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::time::Timestamp;

/// The state of the installation.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SystemState {
    /// When it was collected.
    pub at: Timestamp,
    /// What works less well than it should, the worst first.
    pub warnings: Vec<Finding>,
    /// The nodes that reported during the last day. The first one is the node that answers.
    pub nodes: Vec<Node>,
    /// The database.
    pub database: DatabaseState,
    /// How much there is.
    pub counts: Counts,
    /// The jobs that follow from commits, by topic.
    pub outbox: Vec<OutboxState>,
    /// The Redis between the nodes.
    pub redis: RedisInfo,
    /// The mail server.
    pub mail: MailState,
    /// The scheduled backups; `null` if this node makes none.
    pub backups: Option<BackupState>,
    /// The disks that this node writes to.
    pub disks: Vec<DiskState>,
    /// The last hour of this node; absent unless it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub history: Option<History>,
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Finding {
    /// The name of the check.
    pub check: &'static str,
    /// Whether it is as it should be.
    pub status: Status,
    /// What was found.
    pub detail: String,
    /// What to do about it; `null` if there is nothing to do.
    pub remedy: Option<String>,
}

/// Whether what was found is as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = FindingStatus)]
pub enum Status {
    /// It is as it should be.
    Ok,
    /// It works, but something will not do for long, or could not be checked.
    Warning,
    /// It does not work, or data is damaged.
    Error,
}

impl Finding {
    /// A finding that all is well.
    pub fn ok(check: &'static str, detail: impl Into<String>) -> Self {
        Self { check, status: Status::Ok, detail: one_line(&detail.into()), remedy: None }
    }

    /// Something that will not do for long, and what to do about it.
    pub fn warning(check: &'static str, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { status: Status::Warning, remedy: Some(remedy.into()), ..Self::ok(check, detail) }
    }

    /// Something that does not work, and what to do about it.
    pub fn error(check: &'static str, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { status: Status::Error, ..Self::warning(check, detail, remedy) }
    }

    /// The finding as one line for people.
    pub fn line(&self) -> String {
        let status = self.status.as_str();
        let remedy = self.remedy.as_ref().map(|remedy| format!(". To do: {remedy}")).unwrap_or_default();
        format!("{status:7}  {}: {}{remedy}", self.check, self.detail.trim_end_matches('.'))
    }
}

impl Status {
    /// The status as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// What others wrote may have several lines, or characters that a terminal obeys.
fn one_line(text: &str) -> String {
    let shown = |char: char| if char.is_control() { ' ' } else { char };
    text.trim().chars().map(shown).collect::<String>()
}

/// A process that serves the installation.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Node {
    /// Its id, which is new at each start.
    pub id: String,
    /// The name of its machine, and its port.
    pub name: String,
    /// Its version.
    pub version: String,
    /// When it was started.
    pub started_at: Timestamp,
    /// When it last reported.
    pub seen_at: Timestamp,
    /// Whether it is the node that answers.
    pub answers: bool,
    /// What it last reported.
    #[serde(flatten)]
    pub report: Report,
}

/// What a node reports about itself. Stored as JSON, and read by other versions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = NodeReport)]
pub struct Report {
    /// Whether load balancers should send it requests. (Nodes that only report do not test the database for this.)
    pub ready: bool,
    /// Why not, and what else is wrong.
    pub reasons: Vec<String>,
    /// Its current numbers.
    pub figures: Vec<Figure>,
}

/// A number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Figure {
    /// What it is called by.
    pub name: String,
    /// What it is, for people.
    pub title: String,
    /// Its unit.
    pub unit: Unit,
    /// Its value; `null` if there is none at the moment.
    pub value: Option<f64>,
    /// The metric in `/metrics` from which it comes.
    pub metric: String,
}

/// A unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// A number of things.
    Count,
    /// A number of things in a second.
    PerSecond,
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
}

/// The database.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DatabaseState {
    /// The engine and its version; `null` if it does not answer.
    pub engine: Option<String>,
    /// Its address, without a password.
    pub address: String,
    /// The version of its tables.
    pub schema: i64,
}

/// How much there is. The numbers are at most a minute old.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct Counts {
    /// People who can sign in.
    pub people: u64,
    /// Boards that are not deleted; `null` if the database does not answer.
    pub boards: Option<u64>,
    /// Tasks, those in the trash included; `null` if the database does not answer.
    pub tasks: Option<u64>,
    /// Whether boards and tasks are estimates of the database.
    pub estimated: bool,
}

/// The jobs of a topic.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OutboxState {
    /// The topic.
    pub topic: String,
    /// How many wait, or are being done (`taskwire_outbox_jobs`).
    pub jobs: i64,
    /// How many seconds the oldest has been waiting (`taskwire_outbox_oldest_seconds`).
    pub oldest_seconds: u64,
    /// Why one of them failed last.
    pub last_error: Option<String>,
}

/// The Redis between the nodes.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RedisState)]
pub struct RedisInfo {
    /// `off`, `up` or `down` (`taskwire_redis_up`).
    pub state: &'static str,
    /// What is wrong.
    pub reason: Option<&'static str>,
}

/// The mail server.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MailState {
    /// Whether there is one.
    pub configured: bool,
    /// When this node last sent a mail (`taskwire_outbox_last_attempt_timestamp_seconds`).
    pub sent_at: Option<Timestamp>,
    /// When this node last failed to send one (`taskwire_outbox_last_attempt_timestamp_seconds`).
    pub failed_at: Option<Timestamp>,
}

/// The scheduled backups.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BackupState {
    /// Where they are made.
    pub folder: String,
    /// The number of seconds from one to the next.
    pub every_seconds: u64,
    /// How many are kept.
    pub keep: usize,
    /// When the last good one was made (`taskwire_backup_last_timestamp_seconds`).
    pub last_at: Option<Timestamp>,
    /// Its file.
    pub last_file: Option<String>,
    /// Its size (`taskwire_backup_last_bytes`).
    pub last_bytes: Option<u64>,
    /// How many seconds it took (`taskwire_backup_last_duration_seconds`).
    pub last_seconds: Option<f64>,
    /// How many attempts have failed since then.
    pub failures: u64,
    /// Why the last one failed.
    pub error: Option<String>,
}

/// A disk.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DiskState {
    /// What is there: `database` or `backups`.
    pub holds: &'static str,
    /// The folder.
    pub folder: String,
    /// The room that is left (`taskwire_disk_free_bytes`).
    pub free_bytes: u64,
    /// Its size (`taskwire_disk_size_bytes`).
    pub size_bytes: u64,
}

/// Numbers of the last hour.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
#[schema(as = SystemHistory)]
pub struct History {
    /// When each was taken, oldest first, about ten seconds apart.
    pub at: Vec<Timestamp>,
    /// The values of each figure at these times.
    pub series: Vec<Series>,
}

/// The values of a figure over time.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Series {
    /// The figure: its last value.
    #[serde(flatten)]
    pub figure: Figure,
    /// A value for each time; `null` where there is none.
    pub values: Vec<Option<f64>>,
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
