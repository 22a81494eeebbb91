//! Boards, tasks and the numbered log of changes, in SQLite or PostgreSQL.
//!
//! The database is the truth. Only this module and its parts name sqlx:
//!
//! - [`Store::open`] connects and migrates (`connect`, `migrations`). From then on all goes by `connection`, where everything has a limit.
//! - [`Store::commit`] does a group of writes in one transaction (`commit`). It is the only way a board is written, apart
//!   from [`Store::trim_log`]. What mutations were answered is looked up there (`answers`, `fingerprint`). By
//!   which time things are deleted for their age: `age`.
//! - [`Store::key`] is the installation's key, which all nodes share (`key`).
//! - `accounts`: accounts, sessions, tokens and links as rows. [`Store::directory`] is who may do what, kept in memory
//!   (`directory`), and [`Rights`] what somebody may do at the moment they are asked about (`rights`).
//! - `group_memberships`: the memberships of boards that groups decide.
//! - [`Store::board`] reads a board, of which a copy is kept (`cache`) and brought up to date from the log (`log`).
//! - [`Store::task_history`] and [`Store::newest_changes`] read the log as people do, newest first (`history`).
//! - [`Store::boards_page`] lists boards (`boards`).
//! - [`Store::audit`] reads the audit log, which everything that changes rights writes (`audit`).
//! - [`tables`]: tables over all boards and people, for the administration.
//! - [`Store::add_bulk_edit`] and its kin are edits of many tasks at once (`bulk_edits`).
//! - [`Store::enqueue`] and its kin are the outbox's rows (`outbox`).
//! - [`Store::nodes`] is what the nodes report about themselves, and what the database says about itself (`nodes`).
//! - [`backup`]: a database as one file, of either engine, for either engine. When one is due, and how the last ones went:
//!   [`BackupSchedule`] (`backup_schedule`).
//! - [`Inspection`] reads a database without migrating or writing anything (`inspection`), and compares boards with their logs (`log_check`).
//! - `schema`: a server that is older than the database reads, and writes no more.
//! - `rows` turns the model into rows and back, `sql` writes statements for many rows at once.
//!
//! Every statement stands once, for both engines. Where they differ ([`connect::Engine`]): how a transaction begins and
//! how a row is locked.

mod accounts;
mod age;
mod answers;
mod audit;
pub mod backup;
mod backup_schedule;
mod board_contents;
mod board_keys;
mod boards;
mod bulk_edits;
mod cache;
mod comments;
mod commit;
mod connect;
mod connection;
mod deleted_boards;
mod directory;
mod error;
mod file;
mod fingerprint;
mod group_memberships;
mod history;
mod inspection;
mod key;
mod log;
mod log_check;
mod migrations;
mod nodes;
mod outbox;
mod probe;
mod rights;
mod rows;
mod schema;
mod sql;
mod stars;
pub mod tables;

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use app::{
    id::{BoardId, MutationId, TaskId},
    model::Seq,
    ops::Mutation,
    refusal::Refusal,
    state::BoardState,
    time::Timestamp,
};
use bytes::Bytes;
use sqlx::Row;
use tokio::sync::{Notify, watch};

pub(crate) use accounts::{AccessChange, NewAccount};
pub use accounts::{Account, Group, GroupBoard, OneTimeLink, Proof, SessionRow, StoredSetting, StoredSettings, Token};
pub use audit::{AuditFilter, AuditKey, AuditPage};
pub(crate) use audit::{Author, NewEvent};
pub use backup_schedule::{BackupSchedule, GoodBackup, LEASE as BACKUP_LEASE, LONGEST_PAUSE as LONGEST_BACKUP_PAUSE};
pub use boards::{BoardQuery, Listed};
pub use bulk_edits::{BulkEdit, BulkProgress, BulkStep, StepOutcome};
pub use connect::{StoreSettings, Synchronous};
pub use connection::Limits;
pub use deleted_boards::DeletedBoard;
pub use directory::Directory;
pub use error::StoreError;
pub use file::SqliteFiles;
pub use group_memberships::DueOf;
#[cfg(test)]
pub(crate) use group_memberships::JOB as GROUP_MEMBERSHIPS_JOB;
pub use history::{Entries, Entry};
pub use inspection::{ClockReport, Inspection, SchemaReport, missing_file, sqlite_files};
pub use log_check::BoardReport;
pub use nodes::NodeRow;
pub use outbox::{Backlog, LeasedJob, NewJob};
pub use rights::Rights;
pub use stars::StarSet;

use crate::credentials::Credentials;
use cache::Cache;
use commit::Spares;
use connect::Database;
use connection::{Connections, Purpose};
use key::InstallationKey;
use probe::Writes;
use sql::query;

/// A change as it is stored and sent: encoded once, when it was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedChange {
    /// Its number.
    pub seq: Seq,
    /// The [`app::ops::Change`] as JSON (UTF-8).
    pub json: Bytes,
}

/// What is missing after a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// The changes that follow, oldest first, without a hole; empty if there are none. At most as many as asked for.
    Changes(Vec<LoggedChange>),
    /// The log no longer reaches back that far (or the number is ahead of the log, or there is no such board): only a
    /// snapshot helps.
    Trimmed,
}

/// The version of the database's schema that this program knows: the number of its newest migration.
pub fn schema() -> i64 {
    *migrations::NEWEST
}

/// A request to the one write path.
#[derive(Clone, Debug)]
pub struct Write {
    /// Which board.
    pub board: BoardId,
    /// What to do.
    pub mutation: Mutation,
    /// Who asks.
    pub by: Credentials,
    /// When the server took it in.
    pub at: Timestamp,
    /// Whether it sets the membership of the person whom the operation names to what their groups give, if that is due. The transaction
    /// decides the role.
    pub from_groups: bool,
    /// Tasks that must not leave the trash for good by this write, which is refused as full instead.
    pub keeps: Arc<HashSet<TaskId>>,
}

/// A write that is durable.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// Its request.
    pub mutation: MutationId,
    /// The number of its change.
    pub seq: Seq,
    /// Whether the same mutation had been accepted before, so that nothing was changed now.
    pub repeated: bool,
    /// The board directly after the transaction (which may contain later writes of the same group).
    pub board: Arc<BoardState>,
}

/// What came of a group of writes.
#[derive(Debug)]
pub struct Committed {
    /// An outcome for each write, in order.
    pub outcomes: Vec<Result<Accepted, Refusal>>,
    /// The new changes, by board, in order.
    pub changes: Vec<(BoardId, Vec<LoggedChange>)>,
    /// Whether the list of boards (ids, names) is not what it was.
    pub boards_changed: bool,
    /// Whether the directory is not what it was: share links are a part of it.
    pub rights_changed: bool,
}

/// A database of boards. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    settings: StoreSettings,
    database: Arc<Database>,
    readers: Arc<Connections>,
    /// The one connection that writes: whoever has it is alone.
    writer: Arc<Connections>,
    writes: Writes,
    /// A job was enqueued here.
    enqueued: Notify,
    spares: Mutex<Spares>,
    cache: Cache,
    counts: board_contents::Counts,
    directory: watch::Sender<Arc<Directory>>,
    unknown: directory::UnknownTokens,
    key: InstallationKey,
}

impl Shared {
    // They are states that were committed, whatever happened to whoever held this.
    fn spares(&self) -> MutexGuard<'_, Spares> {
        self.spares.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store {
    /// Connects, makes the file if there is none (SQLite), and brings the tables up to date.
    pub async fn open(settings: StoreSettings) -> Result<Self, StoreError> {
        let database = Arc::new(Database::new(&settings)?);
        let first = database.open_and_migrate().await?;
        let connections = |purpose, most, first| {
            Arc::new(Connections::new(Arc::clone(&database), purpose, most, settings.limits, first))
        };
        let writer = connections(Purpose::Write, 1, vec![first]);
        let key = InstallationKey::read_or_make(&mut writer.acquire().await?).await?;
        let readers = connections(Purpose::Read, settings.readers, Vec::new());
        let (writes, spares, directory) = (Writes::default(), Mutex::default(), watch::Sender::default());
        let (unknown, enqueued) = (directory::UnknownTokens::default(), Notify::new());
        let (cache, counts) = (Cache::new(settings.cached_tasks), board_contents::Counts::default());
        let shared = Shared {
            settings,
            database,
            readers,
            writer,
            writes,
            spares,
            cache,
            counts,
            directory,
            unknown,
            key,
            enqueued,
        };
        let store = Self { shared: Arc::new(shared) };
        store.reload_directory().await?;
        Ok(store)
    }

    /// The board a task is on, whether they are deleted or not.
    pub async fn board_of(&self, task: TaskId) -> Result<Option<BoardId>, StoreError> {
        query("SELECT board FROM tasks WHERE id = $1")
            .bind(task.to_string())
            .fetch_optional(self.readers())
            .await?
            .map(|row| rows::id(row.try_get(0)?))
            .transpose()
    }

    /// What tells this Taskwire, which may have several nodes, from every other.
    pub async fn instance(&self) -> Result<String, StoreError> {
        let row = query("SELECT id FROM instance").fetch_one(self.readers()).await?;
        Ok(row.try_get(0)?)
    }

    /// Waits until a newer version of Taskwire has changed the database. From then on this one writes nothing: see [`StoreError::Newer`].
    pub async fn is_superseded(&self) {
        self.shared.database.schema.is_newer().await;
    }

    /// The database that was opened, and how, for further connections of their own.
    pub fn settings(&self) -> &StoreSettings {
        &self.shared.settings
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        query("SELECT 1").fetch_one(self.readers()).await?;
        Ok(())
    }

    /// The connections for reading. Everything that reads comes by here and is counted.
    fn readers(&self) -> &Arc<Connections> {
        metrics::counter!("taskwire_store_reads_total").increment(1);
        &self.shared.readers
    }

    /// Closes the connections, after what is under way. What is asked for later fails.
    pub async fn close(&self) {
        self.shared.writer.close().await;
        self.shared.readers.close().await;
    }
}
