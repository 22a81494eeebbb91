//! Connections: which engine, with which settings, and the migrations.

use std::{str::FromStr, time::Duration};

use sqlx::{
    AnyConnection, AnyPool, ConnectOptions, Connection, Executor,
    any::{AnyConnectOptions, AnyPoolOptions},
    migrate::Migrator,
    sqlite::SqliteConnectOptions,
};
use tokio::time::{Instant, sleep};

use super::{StoreError, error::is_transient};

static SQLITE_MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES_MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// How long a connection to SQLite waits for others that have the file locked; the same as `busy_timeout` below.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How often it looks again where SQLite does not wait by itself.
const BUSY_RETRY: Duration = Duration::from_millis(10);

/// How long a reader waits for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// Which database to open, and how.
#[derive(Clone, Debug)]
pub struct StoreSettings {
    /// `sqlite:taskwire.db` or `postgres://user:password@host/database`.
    pub url: String,
    /// What SQLite waits for before it says a write is durable. PostgreSQL has a setting of its own.
    pub synchronous: Synchronous,
    /// How many connections read.
    pub readers: u32,
    /// How many tasks, on all boards together, are kept in memory for readers.
    pub cached_tasks: u64,
}

impl StoreSettings {
    /// A database with everything else as it is by default.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), synchronous: Synchronous::Full, readers: 4, cached_tasks: 200_000 }
    }
}

/// What SQLite waits for before it says a write is durable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Synchronous {
    /// Until the disk has it: nothing acknowledged is lost when the power goes.
    #[default]
    Full,
    /// Until the operating system has it: nothing is lost when this process dies, but the last writes may be when the
    /// power goes.
    Normal,
}

/// The two engines, and what differs between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    /// Begins a transaction that will write. A transaction of SQLite's that begins as a reader fails when it turns writer
    /// while another one writes, however long it would be willing to wait.
    pub fn begin_write(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::Postgres => "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
        }
    }

    /// Begins a transaction whose reads all see the same moment.
    pub fn begin_read(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN",
            Self::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        }
    }

    /// Ends a SELECT of boards that nobody else may change until the transaction ends, locking them in the order of their
    /// ids. SQLite has one writer at a time anyway.
    pub fn lock_rows(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " ORDER BY id FOR UPDATE",
        }
    }
}

/// A database that connections can be made to.
pub(super) struct Database {
    pub engine: Engine,
    options: AnyConnectOptions,
    synchronous: Synchronous,
    /// The URL without what is secret, for messages.
    shown: String,
}

impl Database {
    pub fn new(settings: &StoreSettings) -> Result<Self, StoreError> {
        sqlx::any::install_default_drivers();
        let url = settings.url.trim();
        let engine = match url.split_once(':') {
            Some(("sqlite", _)) => Engine::Sqlite,
            Some(("postgres" | "postgresql", _)) => Engine::Postgres,
            _ => {
                return Err(StoreError::Url("the database must be given as sqlite:<file> or postgres://…".to_owned()));
            }
        };
        if engine == Engine::Sqlite && (url.contains(":memory:") || url.contains("mode=memory")) {
            let message = "a database in memory cannot be shared by several connections; name a file instead";
            return Err(StoreError::Url(message.to_owned()));
        }
        let unreadable = |error: &dyn std::fmt::Display| StoreError::Url(format!("not a database URL: {error}"));
        let mut options = AnyConnectOptions::from_str(url).map_err(|error| unreadable(&error))?;
        let mut shown = options.database_url.clone();
        if shown.password().is_some() {
            // An address that has a password can have another one.
            let _ = shown.set_password(Some("***"));
        }
        if engine == Engine::Sqlite && !url.contains("mode=") {
            options.database_url.query_pairs_mut().append_pair("mode", "rwc");
        }
        Ok(Self { engine, options, synchronous: settings.synchronous, shown: shown.to_string() })
    }

    /// The first connection: makes the file and the tables.
    pub async fn open_and_migrate(&self) -> Result<AnyConnection, StoreError> {
        let open = async {
            #[cfg(unix)]
            if self.engine == Engine::Sqlite {
                self.make_private_file()?;
            }
            let mut connection = self.writer().await?;
            match self.engine {
                // sqlx makes others wait with a lock of PostgreSQL's …
                Engine::Postgres => POSTGRES_MIGRATIONS.run(&mut connection).await?,
                // … but SQLite has none, so all migrations are one transaction (and those of sqlx parts of it).
                Engine::Sqlite => {
                    let mut transaction = connection.begin_with(self.engine.begin_write()).await?;
                    SQLITE_MIGRATIONS.run(&mut *transaction).await?;
                    transaction.commit().await?;
                }
            }
            Ok(connection)
        };
        open.await.map_err(|source| StoreError::Open { database: self.shown.clone(), source })
    }

    /// Makes a file that is not there yet, which nobody else on the machine may read: it will hold what people may see, and the
    /// hashes of their passwords. (SQLite gives the files beside it the same mode.)
    #[cfg(unix)]
    fn make_private_file(&self) -> Result<(), sqlx::Error> {
        use std::{fs::OpenOptions, os::unix::fs::OpenOptionsExt};

        let url = &self.options.database_url;
        if url.query_pairs().any(|(name, value)| name == "mode" && value == "rwc") {
            let file = SqliteConnectOptions::from_url(url)?.get_filename().to_owned();
            // It is there already, or what is wrong with it is told when it is opened.
            let _ = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
        }
        Ok(())
    }

    /// A connection that writes.
    pub async fn writer(&self) -> Result<AnyConnection, sqlx::Error> {
        let mut connection = self.options.connect().await?;
        // Temporary are the journals of single statements: where one of many rows is refused, its others are taken back.
        let settings = match (self.engine, self.synchronous) {
            (Engine::Sqlite, Synchronous::Full) => {
                "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                 PRAGMA foreign_keys = ON; PRAGMA cache_size = -16000; PRAGMA temp_store = MEMORY"
            }
            (Engine::Sqlite, Synchronous::Normal) => {
                "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; \
                 PRAGMA foreign_keys = ON; PRAGMA cache_size = -16000; PRAGMA temp_store = MEMORY"
            }
            // A server that froze in the middle of a transaction must not keep the others from writing.
            (Engine::Postgres, _) => "SET idle_in_transaction_session_timeout = '30s'; SET lock_timeout = '10s'",
        };
        // While others turn the same new file to WAL, SQLite answers "busy" at once, whatever its busy_timeout.
        let deadline = Instant::now() + BUSY_TIMEOUT;
        while let Err(error) = connection.execute(settings).await {
            if self.engine == Engine::Postgres || !is_transient(&error) || Instant::now() > deadline {
                return Err(error);
            }
            sleep(BUSY_RETRY).await;
        }
        Ok(connection)
    }

    /// Connections that only read.
    pub async fn pool(&self, connections: u32) -> Result<AnyPool, StoreError> {
        let settings = match self.engine {
            Engine::Sqlite => "PRAGMA busy_timeout = 5000; PRAGMA query_only = ON",
            Engine::Postgres => "SET default_transaction_read_only = on",
        };
        AnyPoolOptions::new()
            .max_connections(connections.max(1))
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    connection.execute(settings).await?;
                    Ok(())
                })
            })
            .connect_with(self.options.clone())
            .await
            .map_err(|source| StoreError::Open { database: self.shown.clone(), source })
    }
}
