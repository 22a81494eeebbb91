//! Backups: a database as one file, of either engine, for either engine.
//!
//! - `tables` lists what a backup has of each table, and what it leaves out because it is secret.
//! - `file` is the format: lines of JSON with a checksum, compressed.
//! - [`take()`] reads a database in one transaction, so it shows a single moment, while servers write. It does not change the database: a
//!   database of an older version is read as it is, because a server of that version may be using it.
//! - [`check`] reads a whole file, and [`restore()`] fills an empty database with it, in one transaction. That database is first made as the
//!   version that the backup was made of made it, then filled, then migrated: so the rows go through the same migrations as the
//!   rows of any database that is updated.
//! - [`Part`] is a file that gets its name when the backup in it is whole.

mod file;
mod part;
mod restore;
pub(in crate::store) mod tables;
mod take;
mod verify;

use std::{collections::BTreeMap, io, path::PathBuf};

use app::id::BoardId;

pub use file::Header;
pub use part::{Part, folder_of, remove_leftovers};
pub use restore::{check, require_empty, restore};
pub use take::take;

use super::StoreError;

/// What a backup has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// Its first line.
    pub header: Header,
    /// The number of rows of each table.
    pub rows: BTreeMap<String, u64>,
}

impl Contents {
    /// The number of rows of a table.
    pub fn rows_of(&self, table: &str) -> u64 {
        self.rows.get(table).copied().unwrap_or_default()
    }
}

/// Is told how far the work has come: the table, and the number of rows up to there.
pub type Progress<'a> = &'a mut dyn FnMut(&str, u64);

/// Why a backup could not be made or restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is something else in the database, or nothing.
    #[error("{0} has no tables of Taskwire in it; name the database that the server uses")]
    NoTaskwire(String),
    /// A newer version of Taskwire has migrated the database.
    #[error(
        "the database has schema {theirs}, and this version of Taskwire, {}, knows schemas up to {ours}; make the backup with the \
         version that the server runs",
        env!("CARGO_PKG_VERSION")
    )]
    NewerDatabase {
        /// The version of the schema that the database has.
        theirs: i64,
        /// The newest version that this program knows.
        ours: i64,
    },
    /// The database to be restored to has tables already.
    #[error(
        "{0} is not empty, and a backup is restored only to an empty database; name a file that does not exist, or create a new \
         database in PostgreSQL"
    )]
    NotEmpty(String),
    /// A file of another database is there, which would be lost.
    #[error(
        "{} belongs to a database that was moved away without it, and has changes of that database; move it to the rest of that \
         database first",
        .0.display()
    )]
    Remains(PathBuf),
    /// The database refused rows.
    #[error("the database refused rows of the table {table}, so nothing was restored: {source}")]
    Refused {
        /// The table.
        table: &'static str,
        /// Why.
        source: StoreError,
    },
    /// The backup could not be written.
    #[error("cannot write the backup: {0}")]
    Write(io::Error),
    /// A row is too long to be written.
    #[error("cannot write the backup: a row of {0} bytes is too long; use the tools of the database for this one")]
    TooLong(usize),
    /// The backup could not be read.
    #[error("cannot read the backup: {0}")]
    Read(io::Error),
    /// The file is empty.
    #[error("the file is empty; use another backup")]
    Empty,
    /// The file is something else.
    #[error(
        "this is not a file that `taskwire backup` made; put a copy of a SQLite file in place of the database itself, and restore a \
         dump of PostgreSQL with its own tools"
    )]
    Foreign,
    /// The file ends too early.
    #[error("the backup was cut off while it was made or copied; use another one, or copy it again")]
    Truncated,
    /// The file is not as it was written.
    #[error("the backup was damaged or altered ({0}); use another one, or copy it again")]
    Altered(String),
    /// The format is newer than this program.
    #[error(
        "the backup was made by Taskwire {taskwire}, in a format that this version, {}, does not know; restore it with that version \
         or a newer one",
        env!("CARGO_PKG_VERSION")
    )]
    NewerFormat {
        /// The version that made it.
        taskwire: String,
    },
    /// The schema is newer than this program.
    #[error(
        "the backup was made by Taskwire {taskwire}, of a database with schema {theirs}; this version, {}, knows schemas up to {ours}: \
         restore it with that version or a newer one",
        env!("CARGO_PKG_VERSION")
    )]
    NewerSchema {
        /// The version that made it.
        taskwire: String,
        /// The version of the schema that it has.
        theirs: i64,
        /// The newest version that this program knows.
        ours: i64,
    },
}

impl BackupError {
    /// Whether the error is about the file, not about the database.
    pub fn is_of_the_file(&self) -> bool {
        match self {
            Self::Write(_)
            | Self::TooLong(_)
            | Self::Read(_)
            | Self::Empty
            | Self::Foreign
            | Self::Truncated
            | Self::Altered(_)
            | Self::NewerFormat { .. }
            | Self::NewerSchema { .. } => true,
            Self::Store(_)
            | Self::NoTaskwire(_)
            | Self::NewerDatabase { .. }
            | Self::NotEmpty(_)
            | Self::Remains(_)
            | Self::Refused { .. } => false,
        }
    }
}

impl From<sqlx::Error> for BackupError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// A board whose rows are not what its log says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The board.
    pub board: BoardId,
    /// What is wrong.
    pub why: String,
}

/// The columns of each table that this list of `tables` has in a version of the schema, and the tables that no backup has: for a test
/// that compares them with a database.
pub fn listed(schema: i64) -> (BTreeMap<&'static str, Vec<&'static str>>, &'static [&'static str]) {
    let columns = |table: &'static tables::Table| table.columns_in(schema).iter().map(|column| column.name).collect();
    let listed = tables::tables_in(schema, true).map(|table| (table.name, columns(table)));
    (listed.collect(), &tables::MADE_ANEW)
}
