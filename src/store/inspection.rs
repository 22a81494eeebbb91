//! Looks at a database without changing it, for `taskwire doctor`: its version, its schema, its integrity and its clock. What a board's
//! log and rows say about each other is in `log_check`.
//!
//! The connections are those of the server ([`Database`]), but read only. Nothing is migrated or made, so the database may be of another
//! version, or not be there.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use app::{id::BoardId, time::Timestamp};
use sqlx::{Row, sqlite::SqliteConnectOptions};

use super::{
    StoreError, StoreSettings,
    backup::tables::TABLES,
    connect::{Database, Engine},
    connection::{Connections, Purpose},
    file::SqliteFiles,
    migrations, rows,
    sql::{query, query_of},
};
use crate::clock;

/// The tables that have one row, from their migration on.
const ONE_ROW: [&str; 5] = ["access_revision", "board_list", "instance", "upkeep", "write_probe"];

/// How many faults of the file SQLite reports.
const FAULTS: usize = 20;

/// A database that is only read.
pub struct Inspection {
    pub(super) database: Arc<Database>,
    pub(super) readers: Arc<Connections>,
    files: Option<SqliteFiles>,
    was_at_rest: bool,
}

/// The migrations that a database has had, compared with those of this program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaReport {
    /// The newest in the database.
    pub theirs: i64,
    /// The newest of this program.
    pub ours: i64,
    /// Those in the database that are not what this program would run under the same number, or that did not end well.
    pub wrong: Vec<i64>,
}

/// The difference between the clock of a database's server and this machine's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockReport {
    /// How many milliseconds the database's clock is ahead; negative if it is behind.
    pub ahead_ms: i64,
    /// How long the question took. The difference is known to half of this.
    pub took: Duration,
}

impl ClockReport {
    /// The other clock showed `theirs` when it was asked, which this machine did at `asked`, and for which it waited so long.
    pub(super) fn new(theirs: i64, asked: i64, took: Duration) -> Self {
        let half = i64::try_from(took.as_millis() / 2).unwrap_or_default();
        Self { ahead_ms: theirs - asked - half, took }
    }
}

/// The file of an SQLite database, there or not; `None` for another engine.
pub fn sqlite_files(url: &str) -> Option<SqliteFiles> {
    let options = url.trim().strip_prefix("sqlite:").and_then(|_| url.trim().parse::<SqliteConnectOptions>().ok())?;
    Some(SqliteFiles::at(options.get_filename()))
}

/// The file of an SQLite database, if it is not there.
pub fn missing_file(url: &str) -> Option<PathBuf> {
    sqlite_files(url).map(|files| files.database).filter(|file| !file.exists())
}

impl Inspection {
    /// Connects. SQLite's file must be there.
    pub async fn open(settings: &StoreSettings) -> Result<Self, StoreError> {
        let files = sqlite_files(&settings.url);
        let database = Arc::new(Database::new_read_only(settings)?);
        let was_at_rest = files.as_ref().is_some_and(SqliteFiles::is_at_rest);
        if let Some(files) = files.as_ref().filter(|files| !was_at_rest && !files.index.exists()) {
            // SQLite would make it, and the server could then perhaps not write to it.
            return Err(StoreError::File(format!(
                "{} is there without {}, so it cannot be read without making a file",
                files.log.display(),
                files.index.display()
            )));
        }
        let first = database.open_read_only().await?;
        let readers =
            Connections::new(Arc::clone(&database), Purpose::Read, settings.readers, settings.limits, vec![first]);
        Ok(Self { database, readers: Arc::new(readers), files, was_at_rest })
    }

    /// The address of the database, without its password.
    pub fn shown(&self) -> &str {
        self.database.shown()
    }

    /// Whether a server opened a file that had been closed, so that what was read of it may be a mixture.
    pub fn was_disturbed(&self) -> bool {
        self.was_at_rest && !self.files.as_ref().is_some_and(SqliteFiles::is_at_rest)
    }

    /// Why this account cannot write to SQLite's file, as far as that can be seen without doing it.
    pub fn cannot_write(&self) -> Option<String> {
        #[cfg(unix)]
        if self.files.is_some() {
            return self.database.check_writable().err().map(|error| error.to_string());
        }
        None
    }

    /// The engine and its version.
    pub async fn version(&self) -> Result<String, StoreError> {
        Ok(query(self.database.engine.version()).fetch_one(&self.readers).await?.try_get(0)?)
    }

    /// The migrations that it has had; `None` if it has no tables of Taskwire's.
    pub async fn schema(&self) -> Result<Option<SchemaReport>, StoreError> {
        let tables = match self.database.engine {
            Engine::Sqlite => "SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table' AND name = '_sqlx_migrations'",
            Engine::Postgres => "SELECT CASE WHEN to_regclass('_sqlx_migrations') IS NULL THEN 0 ELSE 1 END",
        };
        if query(tables).fetch_one(&self.readers).await?.try_get::<i64, _>(0)? == 0 {
            return Ok(None);
        }
        let known = migrations::of(self.database.engine);
        let had = query(
            "SELECT version, CASE WHEN success THEN 1 ELSE 0 END, checksum FROM _sqlx_migrations ORDER BY version",
        );
        let (mut theirs, mut wrong) = (None, Vec::new());
        for row in had.fetch_all(&self.readers).await? {
            let (version, ended_well): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
            let checksum: Vec<u8> = row.try_get(2)?;
            let ours = known.iter().find(|migration| migration.version == version);
            if ended_well == 0 || ours.is_some_and(|ours| *ours.checksum != *checksum) {
                wrong.push(version);
            }
            theirs = Some(version);
        }
        Ok(theirs.map(|theirs| SchemaReport { theirs, ours: *migrations::NEWEST, wrong }))
    }

    /// The faults of SQLite's file; of PostgreSQL's database those that can be had without reading all of it.
    pub async fn faults(&self) -> Result<Vec<String>, StoreError> {
        let mut faults = Vec::new();
        match self.database.engine {
            Engine::Sqlite => {
                for row in query("PRAGMA integrity_check(20)").fetch_all(&self.readers).await? {
                    // One row can have several lines.
                    let text: String = row.try_get(0)?;
                    faults.extend(text.lines().filter(|line| *line != "ok").map(str::to_owned));
                }
                let orphans = "SELECT \"table\", parent, COUNT(*) FROM pragma_foreign_key_check GROUP BY 1, 2";
                for row in query(orphans).fetch_all(&self.readers).await? {
                    let (table, parent): (String, String) = (row.try_get(0)?, row.try_get(1)?);
                    let count: i64 = row.try_get(2)?;
                    faults.push(format!("{count} rows of {table} refer to rows of {parent} that are not there"));
                }
                faults.truncate(FAULTS);
            }
            Engine::Postgres => {
                let indexes = "SELECT CAST(pg_class.relname AS TEXT) FROM pg_index \
                     JOIN pg_class ON pg_class.oid = pg_index.indexrelid WHERE NOT pg_index.indisvalid";
                for row in query(indexes).fetch_all(&self.readers).await? {
                    faults.push(format!("the index {} is not valid", row.try_get::<String, _>(0)?));
                }
                let pages = "SELECT COALESCE(checksum_failures, 0) FROM pg_stat_database \
                     WHERE datname = current_database()";
                let broken = query(pages).fetch_optional(&self.readers).await?;
                let broken = broken.map(|row| row.try_get::<i64, _>(0)).transpose()?.unwrap_or_default();
                if broken > 0 {
                    faults.push(format!("{broken} pages that were read did not agree with their checksums"));
                }
            }
        }
        Ok(faults)
    }

    /// The settings of PostgreSQL's server with which acknowledged changes can be lost: their names and values.
    pub async fn unsafe_settings(&self) -> Result<Vec<String>, StoreError> {
        if self.database.engine == Engine::Sqlite {
            return Ok(Vec::new());
        }
        let settings = "SELECT CAST(name AS TEXT), CAST(setting AS TEXT) FROM pg_settings \
             WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') AND setting = 'off' ORDER BY name";
        let settings = query(settings).fetch_all(&self.readers).await?;
        let shown = |row: &sqlx::any::AnyRow| {
            Ok(format!("{} = {}", row.try_get::<String, _>(0)?, row.try_get::<String, _>(1)?))
        };
        settings.iter().map(shown).collect()
    }

    /// Whether PostgreSQL's server is a standby, which cannot be written.
    pub async fn is_standby(&self) -> Result<bool, StoreError> {
        if self.database.engine == Engine::Sqlite {
            return Ok(false);
        }
        Ok(query("SELECT pg_is_in_recovery()").fetch_one(&self.readers).await?.try_get(0)?)
    }

    /// The clock of PostgreSQL's server. SQLite has none but this machine's.
    pub async fn clock(&self) -> Result<Option<ClockReport>, StoreError> {
        if self.database.engine == Engine::Sqlite {
            return Ok(None);
        }
        let (asked, began) = (clock::now().as_millis(), Instant::now());
        let row = query_of(&["SELECT ", self.database.engine.now()]).fetch_one(&self.readers).await?;
        Ok(Some(ClockReport::new(row.try_get(0)?, asked, began.elapsed())))
    }

    /// The time of the newest change of all boards.
    pub async fn newest_change(&self) -> Result<Option<Timestamp>, StoreError> {
        let row = query("SELECT MAX(changed_at) FROM boards").fetch_one(&self.readers).await?;
        Ok(row.try_get::<Option<i64>, _>(0)?.map(Timestamp::from_millis))
    }

    /// The tables of this version's schema that cannot be read, or have lost the one row that they always have.
    pub async fn broken_tables(&self) -> Result<Vec<String>, StoreError> {
        let mut broken = Vec::new();
        for table in TABLES {
            let columns = table.columns.iter().flat_map(|column| [", ", column.name]).skip(1);
            let parts: Vec<_> =
                ["SELECT "].into_iter().chain(columns).chain([" FROM ", table.name, " LIMIT 1"]).collect();
            match query_of(&parts).fetch_all(&self.readers).await {
                Ok(rows) if rows.is_empty() && ONE_ROW.contains(&table.name) => {
                    broken.push(format!("the table {} has lost its row", table.name));
                }
                Ok(_) => {}
                Err(StoreError::Database(sqlx::Error::Database(error))) => {
                    broken.push(format!("the table {} cannot be read: {error}", table.name));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(broken)
    }

    /// All boards, including deleted ones.
    pub async fn boards(&self) -> Result<Vec<BoardId>, StoreError> {
        let boards = query("SELECT id FROM boards ORDER BY id").fetch_all(&self.readers).await?;
        boards.iter().map(|row| rows::id(row.try_get(0)?)).collect()
    }

    /// Closes the connections.
    pub async fn close(&self) {
        self.readers.close().await;
    }
}
