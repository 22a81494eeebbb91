//! The errors between the server and its database, and which of them are transient.

use std::time::Duration;

use sqlx::error::ErrorKind;

/// How many connections a node has: the readers, the writer, and one more while either is being replaced.
const MOST_CONNECTIONS: u32 = super::connect::READERS + 2;

/// Why the database cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The setting that names the database is invalid.
    #[error("{0}")]
    Url(String),
    /// The database could not be opened.
    #[error("cannot open the database {database}: {source}")]
    Open {
        /// The address of the database, without its password.
        database: String,
        /// The cause.
        source: sqlx::Error,
    },
    /// The server at the database's address does not respond.
    #[error("cannot open the database {0}: it did not answer within {s} s", s = .1.as_secs())]
    Silent(String, Duration),
    /// SQLite's file cannot be opened.
    #[error("cannot open the database: {0}")]
    File(String),
    /// The server at the address is a connection pooler that does not give each connection a session of its own.
    #[error(
        "cannot open the database {0}: this is a connection pooler that does not give each connection a session of its own, and \
         Taskwire needs sessions for its timeouts and locks. Connect to PostgreSQL directly; or, in PgBouncer, set pool_mode = \
         session and ignore_startup_parameters = extra_float_digits for this database (each node has at most \
         {MOST_CONNECTIONS} connections)"
    )]
    Pooler(String),
    /// The database returned an error, or the connection failed.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// The stored data is invalid: it was damaged, or written by a later version of this program.
    #[error("the database contains something that this version of Taskwire cannot read: {0}")]
    Corrupt(String),
    /// Another node took an id or a number first. If the write is repeated, it sees what the other node wrote.
    #[error("another server wrote the same thing at the same time")]
    Raced,
    /// A read that several callers shared failed with this error.
    #[error("{0}")]
    Shared(String),
    /// SQLite's file, or the log file beside it, is not the one that was opened.
    #[error(
        "{0} was removed or replaced while the server is running. Changes would be lost, so none are stored: put the original \
         file back, or restart the server to continue with the file that is there now"
    )]
    Replaced(String),
    /// A newer version of Taskwire has migrated the database. It might not understand what this version would write.
    #[error(
        "a newer version of Taskwire has changed the database to schema {theirs}; this version, {}, knows schemas up to {ours}, so \
         it writes nothing. Start the newer version instead of this one; or, to stay with this one, restore a backup from before",
        env!("CARGO_PKG_VERSION")
    )]
    Newer {
        /// The version of the schema that the database has.
        theirs: i64,
        /// The newest version that this program knows.
        ours: i64,
    },
    /// The database did not answer in time.
    #[error("the database did not answer within {} ms", .0.as_millis())]
    TimedOut(Duration),
}

impl StoreError {
    /// Whether SQLite found that its file is damaged (`SQLITE_CORRUPT`, 11, with the details in the higher bits).
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Open { source: sqlx::Error::Database(error), .. } | Self::Database(sqlx::Error::Database(error)) => {
                error.code().and_then(|code| code.parse::<u32>().ok()).is_some_and(|code| code & 0xff == 11)
            }
            _ => false,
        }
    }

    /// The stored data is invalid.
    pub(super) fn corrupt(what: impl std::fmt::Display) -> Self {
        Self::Corrupt(what.to_string())
    }

    /// Whether the same write is likely to succeed if it is repeated a moment later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::TimedOut(_) => true,
            Self::Database(error) | Self::Open { source: error, .. } => is_transient(error),
            _ => false,
        }
    }

    /// Whether the database itself cannot write, for example because the disk is full, as opposed to a connection problem or a
    /// lock.
    pub fn is_of_the_disk(&self) -> bool {
        matches!(self, Self::Database(error @ sqlx::Error::Database(_)) if !is_transient(error)) && !self.is_race()
    }

    /// Whether another node was faster, so that the same write must be decided again on what that node wrote.
    pub fn is_race(&self) -> bool {
        match self {
            Self::Raced => true,
            Self::Database(sqlx::Error::Database(error)) => {
                error.kind() == ErrorKind::UniqueViolation
                    || error.code().is_some_and(|code| matches!(&*code, "40001" | "40P01"))
            }
            _ => false,
        }
    }
}

/// Whether the same statement is likely to succeed if it is repeated a moment later.
pub(super) fn is_transient(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| is_transient_code(&code)),
        _ => false,
    }
}

/// Whether the connection is unusable, as opposed to a failed statement on a working connection.
pub(super) fn is_broken(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| ends_session(&code)),
        _ => false,
    }
}

/// PostgreSQL's codes for a session that has ended: the connection broke, the server is starting or stopping, or this node took
/// too long in a transaction.
fn ends_session(code: &str) -> bool {
    code.len() == 5 && (code.starts_with("08") || code.starts_with("57P") || code == "25P03")
}

/// SQLite: busy or locked, in all their variants. PostgreSQL: the connection broke, the server is starting or stopping,
/// has no connection left, or gave up waiting for a lock.
fn is_transient_code(code: &str) -> bool {
    match code.parse::<u32>() {
        // SQLite's codes are numbers of fewer than five digits; PostgreSQL's codes have five characters.
        Ok(number) if code.len() < 5 => matches!(number & 0xff, 5 | 6),
        _ => ends_session(code) || matches!(code, "53300" | "55P03" | "57014"),
    }
}
