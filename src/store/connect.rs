//! Connections: which engine, with which settings, and the migrations.

use std::{path::PathBuf, str::FromStr, sync::OnceLock, time::Duration};

use sqlx::{
    Any, AnyConnection, AssertSqlSafe, ConnectOptions, Connection, Executor, Row, Transaction, any::AnyConnectOptions,
    migrate::MigrateError, sqlite::SqliteConnectOptions,
};
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use super::{
    StoreError, board_keys,
    connection::{Limits, Purpose},
    error::is_transient,
    file::{OpenFile, SqliteFiles},
    migrations,
    schema::Schema,
};

/// How long a connection to SQLite waits for others that have the file locked; the same as `busy_timeout` below.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How often it looks again where SQLite does not wait by itself.
const BUSY_RETRY: Duration = Duration::from_millis(10);

/// What holds for a session of PostgreSQL's: whatever becomes of us, the server ends what we began in bounded time. A node
/// that froze in the middle of a transaction must not keep the others from writing, and a lock is not waited for longer
/// than an attempt to write may take. (Longer than ours are the limits that only matter when we are gone.)
const POSTGRES_SESSION: &str = "SET statement_timeout = '15s'; SET lock_timeout = '10s'; \
     SET idle_in_transaction_session_timeout = '2s'";

/// The same for the connection under it. A server that runs where there is no such thing refuses, and goes without.
const POSTGRES_KEEPALIVE: &str = "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; \
     SET tcp_keepalives_count = 3; SET tcp_user_timeout = '20s'";

/// How many connections read, where nobody says anything else.
pub(super) const READERS: u32 = 4;

/// How long the first connection may take to be made, and then a second session of PostgreSQL's to be had and asked. Whatever is at
/// the address may accept connections and say nothing.
const OPENING: Duration = Duration::from_secs(10);

/// What PostgreSQL knows the lock by that a node holds while it migrates: "taskwire".
pub(super) const MIGRATING: i64 = 0x7461_736b_7769_7265;

/// Which session of PostgreSQL's this is.
const SESSION: &str = "SELECT CAST(pg_backend_pid() AS TEXT)";

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
    /// How long the database may take for what.
    pub limits: Limits,
}

impl StoreSettings {
    /// A database with everything else as it is by default.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            synchronous: Synchronous::Full,
            readers: READERS,
            cached_tasks: 200_000,
            limits: Limits::default(),
        }
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

    /// A function that tells where in a text another begins, from 1 on; 0 if it is not in it.
    pub fn position(self) -> &'static str {
        match self {
            Self::Sqlite => "INSTR",
            Self::Postgres => "STRPOS",
        }
    }

    /// The time by the clock of the database, in milliseconds since 1970: where several nodes compare times, their own clocks may
    /// differ.
    pub fn now(self) -> &'static str {
        match self {
            Self::Sqlite => "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
            Self::Postgres => "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
        }
    }

    /// Selects the engine and its version.
    pub fn version(self) -> &'static str {
        match self {
            Self::Sqlite => "SELECT 'SQLite ' || sqlite_version()",
            Self::Postgres => "SELECT 'PostgreSQL ' || current_setting('server_version')",
        }
    }

    /// How many of the tables that any database of Taskwire has are there.
    pub fn count_own_tables(self) -> &'static str {
        match self {
            Self::Sqlite => "SELECT COUNT(*) FROM sqlite_schema WHERE name IN ('_sqlx_migrations', 'boards')",
            Self::Postgres => {
                "SELECT COUNT(*) FROM pg_tables WHERE tablename IN ('_sqlx_migrations', 'boards') \
                 AND schemaname = ANY (current_schemas(false))"
            }
        }
    }

    /// How many tables, views and the like there are, apart from those of PostgreSQL's extensions.
    pub fn count_tables(self) -> &'static str {
        match self {
            Self::Sqlite => "SELECT COUNT(*) FROM sqlite_schema",
            Self::Postgres => {
                "SELECT COUNT(*) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = pg_class.relnamespace \
                 WHERE nspname = ANY (current_schemas(false)) AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S') \
                 AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')"
            }
        }
    }

    /// Ends a SELECT of rows to be taken: locks them, and leaves out those that somebody else is taking.
    pub fn lock_untaken(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " FOR UPDATE SKIP LOCKED",
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
    pub schema: Schema,
    /// SQLite's file, once it is open: from then on none is made.
    file: OnceLock<OpenFile>,
    /// The URL without what is secret, for messages.
    pub shown: String,
    /// What the connection that writes calls itself at PostgreSQL, so that the next one finds it.
    writer_name: String,
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
        let unreadable =
            |error: &dyn std::fmt::Display| StoreError::Url(format!("this is not the URL of a database: {error}"));
        let mut options = AnyConnectOptions::from_str(url).map_err(|error| unreadable(&error))?;
        let mut shown = options.database_url.clone();
        if shown.password().is_some() {
            // An address that has a password can have another one.
            let _ = shown.set_password(Some("***"));
        }
        if engine == Engine::Sqlite && !url.contains("mode=") {
            options.database_url.query_pairs_mut().append_pair("mode", "rwc");
        }
        let writer_name = format!("taskwire {}", app::new_id::<Uuid>());
        Ok(Self {
            engine,
            options,
            synchronous: settings.synchronous,
            schema: Schema::default(),
            file: OnceLock::new(),
            shown: shown.to_string(),
            writer_name,
        })
    }

    /// As [`Self::new`], for a database that is only read: no connection makes, migrates or writes anything.
    ///
    /// SQLite makes its files beside the database also for a reader, so a database without them is read as one that nobody
    /// changes. The caller must see afterwards whether somebody did ([`SqliteFiles::is_at_rest`]).
    pub fn new_read_only(settings: &StoreSettings) -> Result<Self, StoreError> {
        let mut database = Self::new(settings)?;
        if database.engine == Engine::Sqlite {
            let is_ours = |name: &str| matches!(name, "mode" | "immutable");
            let url = &mut database.options.database_url;
            let others = url.query_pairs().into_owned().filter(|(name, _)| !is_ours(name)).collect::<Vec<_>>();
            url.query_pairs_mut().clear().extend_pairs(others).append_pair("mode", "ro");
            if SqliteFiles::at(SqliteConnectOptions::from_url(url)?.get_filename()).is_at_rest() {
                url.query_pairs_mut().append_pair("immutable", "true");
            }
        }
        Ok(database)
    }

    /// The first connection: makes the file and the tables.
    pub async fn open_and_migrate(&self) -> Result<AnyConnection, StoreError> {
        let mut connection = self.open_or_make().await?;
        let migrated = self.migrate(&mut connection).await.and_then(|()| self.remember_file());
        migrated.map_err(|error| self.cannot_open(error))?;
        Ok(connection)
    }

    /// A connection that writes. Makes SQLite's file, but no tables.
    pub async fn open_or_make(&self) -> Result<AnyConnection, StoreError> {
        #[cfg(unix)]
        if self.engine == Engine::Sqlite {
            let made = self.make_private_file().map_err(StoreError::from).and_then(|()| self.check_writable());
            made.map_err(|error| self.cannot_open(error))?;
        }
        self.first_connection(Purpose::Write).await
    }

    /// A connection that reads what is there: makes no file and no tables.
    pub async fn open_as_it_is(&self) -> Result<AnyConnection, StoreError> {
        self.remember_file().map_err(|error| self.cannot_open(error))?;
        self.first_connection(Purpose::Read).await
    }

    /// The file of SQLite.
    pub fn path(&self) -> Result<Option<PathBuf>, StoreError> {
        Ok(match self.engine {
            Engine::Sqlite => {
                Some(SqliteConnectOptions::from_url(&self.options.database_url)?.get_filename().to_path_buf())
            }
            Engine::Postgres => None,
        })
    }

    /// From here on, the file of SQLite is the one that is there now, and none is made.
    fn remember_file(&self) -> Result<(), StoreError> {
        if let Some(path) = self.path()? {
            let file = OpenFile::at(&path).map_err(sqlx::Error::from)?;
            // There is one, and this is called once.
            let _ = self.file.set(file);
        }
        Ok(())
    }

    /// Connects, in bounded time.
    async fn first_connection(&self, purpose: Purpose) -> Result<AnyConnection, StoreError> {
        let connect = async {
            let connection = timeout(OPENING, self.connect(purpose)).await;
            let mut connection = connection.map_err(|_| StoreError::Silent(self.shown.clone(), OPENING))??;
            // Before anything locks something in its session.
            if self.engine == Engine::Postgres {
                // A pooler that has no connection left says nothing for minutes.
                let is_pooled = timeout(OPENING, self.is_pooled(&mut connection)).await;
                if is_pooled.map_err(|_| StoreError::Silent(self.shown.clone(), OPENING))?? {
                    return Err(StoreError::Pooler(self.shown.clone()));
                }
            }
            Ok(connection)
        };
        connect.await.map_err(|error| self.cannot_open(error))
    }

    /// The first connection that only reads. Makes and changes nothing.
    pub async fn open_read_only(&self) -> Result<AnyConnection, StoreError> {
        let mut connection = self.first_connection(Purpose::Read).await?;
        if self.engine == Engine::Sqlite {
            // SQLite reads the file only now.
            let read = connection.execute("SELECT COUNT(*) FROM sqlite_schema").await;
            read.map_err(|error| self.cannot_open(error.into()))?;
        }
        Ok(connection)
    }

    /// An error that names the database.
    fn cannot_open(&self, error: StoreError) -> StoreError {
        match error {
            // PgBouncer's word for what it will not have from a client.
            StoreError::Database(sqlx::Error::Database(error))
                if error.message().contains("unsupported startup parameter") =>
            {
                StoreError::Pooler(self.shown.clone())
            }
            StoreError::Database(source) => StoreError::Open { database: self.shown.clone(), source },
            error => error,
        }
    }

    /// Brings the tables up to date, in one transaction, of which those that sqlx makes are parts: what fails leaves the database as it
    /// was. (Others who begin at the same time wait, for SQLite's lock or for one of PostgreSQL's.)
    async fn migrate(&self, connection: &mut AnyConnection) -> Result<(), StoreError> {
        let mut transaction = self.begin_migration(connection).await?;
        self.migrate_in(&mut transaction).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Begins a transaction that nobody else migrates in at the same time.
    pub async fn begin_migration<'c>(
        &self,
        connection: &'c mut AnyConnection,
    ) -> Result<Transaction<'c, Any>, StoreError> {
        let mut transaction = connection.begin_with(self.engine.begin_write()).await?;
        if self.engine == Engine::Postgres {
            // sqlx gives its own lock back before this transaction ends, and others would not see what it did.
            sqlx::query("SELECT CAST(pg_advisory_xact_lock($1) AS TEXT)")
                .bind(MIGRATING)
                .execute(&mut *transaction)
                .await?;
        }
        Ok(transaction)
    }

    /// Brings the tables up to date in a transaction of [`Self::begin_migration`].
    pub async fn migrate_in(&self, transaction: &mut Transaction<'_, Any>) -> Result<(), StoreError> {
        let outcome = migrations::of(self.engine).run(&mut **transaction).await;
        if let Err(MigrateError::VersionMissing(version)) = outcome {
            // sqlx names the oldest of those that it does not know.
            let newest: Option<i64> =
                transaction.fetch_one("SELECT MAX(version) FROM _sqlx_migrations").await?.try_get(0)?;
            return Err(StoreError::Newer { theirs: newest.unwrap_or(version), ours: *migrations::NEWEST });
        }
        outcome.map_err(sqlx::Error::from)?;
        board_keys::give_missing(self.engine, transaction).await?;
        sqlx::query("UPDATE access_revision SET schema = $1 WHERE schema <> $1")
            .bind(*migrations::NEWEST)
            .execute(&mut **transaction)
            .await?;
        Ok(())
    }

    /// Whether something in between lends this connection's session to others while it does nothing. (It has it lent to the very next
    /// one that asks.)
    async fn is_pooled(&self, connection: &mut AnyConnection) -> Result<bool, sqlx::Error> {
        let mut other = self.options.connect().await?;
        let mut is_pooled = false;
        for _ in 0..3 {
            let session: String = connection.fetch_one(SESSION).await?.try_get(0)?;
            let others: String = other.fetch_one(SESSION).await?.try_get(0)?;
            is_pooled |= session == others;
        }
        other.close().await?;
        Ok(is_pooled)
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

    /// The address of the database, without its password.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Says why a file cannot be opened, where that can be seen without opening it: SQLite says only that. (Nor may it be opened by
    /// another way than SQLite's: closing it would take the locks of connections that this process has to it.)
    #[cfg(unix)]
    pub fn check_writable(&self) -> Result<(), StoreError> {
        let path = SqliteConnectOptions::from_url(&self.options.database_url)?.get_filename().to_owned();
        let path = std::path::absolute(&path).unwrap_or(path);
        let folder = path.parent().unwrap_or(&path);
        let why = match path.metadata() {
            Ok(file) if file.is_dir() => "it is a folder".to_owned(),
            Ok(file) if file.permissions().readonly() => "the file is read-only".to_owned(),
            Err(_) if !folder.is_dir() => format!("there is no folder {}", folder.display()),
            Err(_) => "this account may not write to its folder".to_owned(),
            Ok(_) => return Ok(()),
        };
        Err(StoreError::File(format!("{} cannot be used: {why}", path.display())))
    }

    /// A connection with the settings of its purpose.
    pub async fn connect(&self, purpose: Purpose) -> Result<AnyConnection, sqlx::Error> {
        let mut options = self.options.clone();
        if self.file.get().is_some() {
            // A file that is gone is not to be made anew, empty.
            let made = |(name, value)| if value == "rwc" { (name, "rw".to_owned()) } else { (name, value) };
            let pairs: Vec<(String, String)> = options.database_url.query_pairs().into_owned().map(made).collect();
            options.database_url.query_pairs_mut().clear().extend_pairs(pairs);
        }
        let mut connection = options.connect().await?;
        let settings = match (self.engine, purpose) {
            (Engine::Sqlite, Purpose::Read) => "PRAGMA busy_timeout = 5000; PRAGMA query_only = ON".to_owned(),
            // Temporary are the journals of single statements: where one of many rows is refused, its others are taken back.
            (Engine::Sqlite, Purpose::Write) => format!(
                "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = {}; \
                 PRAGMA foreign_keys = ON; PRAGMA cache_size = -16000; PRAGMA temp_store = MEMORY",
                match self.synchronous {
                    Synchronous::Full => "FULL",
                    Synchronous::Normal => "NORMAL",
                }
            ),
            (Engine::Postgres, Purpose::Read) => {
                format!("{POSTGRES_SESSION}; SET default_transaction_read_only = on")
            }
            (Engine::Postgres, Purpose::Write) => {
                format!("{POSTGRES_SESSION}; SET application_name = '{}'", self.writer_name)
            }
        };
        // While others turn the same new file to WAL, SQLite answers "busy" at once, whatever its busy_timeout.
        let deadline = Instant::now() + BUSY_TIMEOUT;
        while let Err(error) = connection.execute(AssertSqlSafe(settings.as_str())).await {
            if self.engine == Engine::Postgres || !is_transient(&error) || Instant::now() > deadline {
                return Err(error);
            }
            sleep(BUSY_RETRY).await;
        }
        if self.engine == Engine::Postgres
            && let Err(error) = connection.execute(POSTGRES_KEEPALIVE).await
            && !matches!(error, sqlx::Error::Database(_))
        {
            return Err(error);
        }
        Ok(connection)
    }

    /// Looks whether the file is still there: an error if it is not the one that was opened.
    pub fn check_file(&self) -> Result<(), StoreError> {
        self.file.get().map_or(Ok(()), OpenFile::check)
    }

    /// Takes note that a connection was closed.
    pub fn closed(&self, purpose: Purpose) {
        if let (Some(file), Purpose::Write) = (self.file.get(), purpose) {
            file.writer_closed();
        }
    }

    /// Does what is to be done when a connection was made anew.
    pub async fn initialize(&self, connection: &mut AnyConnection, purpose: Purpose) -> Result<(), StoreError> {
        if let Some(file) = self.file.get() {
            if purpose == Purpose::Write {
                // From here on SQLite has the file beside it open.
                connection.execute("SELECT COUNT(*) FROM sqlite_schema").await?;
                file.writer_opened();
            }
            file.check()?;
        }
        self.end_predecessor(connection, purpose).await?;
        Ok(())
    }

    /// Ends the session of the connection that wrote before this one. Its client has given it up, but the server may not know
    /// that for a while, in which it would hold its locks.
    async fn end_predecessor(&self, connection: &mut AnyConnection, purpose: Purpose) -> Result<(), sqlx::Error> {
        if self.engine == Engine::Postgres && purpose == Purpose::Write {
            let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                       WHERE application_name = $1 AND usename = current_user AND pid <> pg_backend_pid()";
            sqlx::query(end).bind(self.writer_name.clone()).fetch_all(connection).await?;
        }
        Ok(())
    }
}
