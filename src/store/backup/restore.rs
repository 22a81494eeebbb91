//! Checks a backup, and fills an empty database with it.

use std::{collections::BTreeMap, fs, io::Read, path::Path};

use sqlx::{Any, Connection as _, Executor, Row, Transaction};

use super::{
    BackupError, Contents, Progress,
    file::{Item, Reader},
    tables::{Column, Table},
};
use crate::store::{
    SqliteFiles, StoreSettings,
    connect::{Database, Engine},
    migrations,
    sql::{Value, inserts},
};

/// How many rows, and how many bytes of text, are inserted at once.
const BLOCK: usize = 256;
const BLOCK_BYTES: usize = 4 << 20;

/// How far the revision of the directory moves on. The database may have been another one at this address, with later revisions; a node that
/// still knows that one must notice that rights have changed, and nodes notice only higher numbers.
const REVISIONS: i64 = 1_000_000;

/// What PostgreSQL is told for this transaction: the limits of servers' connections are too short for many rows.
const UNHURRIED: [&str; 2] =
    ["SET LOCAL statement_timeout = 0", "SET LOCAL idle_in_transaction_session_timeout = '10min'"];

/// Reads a whole backup. Returns what it has if nothing is wrong with it.
pub fn check(file: impl Read, progress: Progress<'_>) -> Result<Contents, BackupError> {
    let mut reader = Reader::open(file)?;
    let mut table = "";
    loop {
        match reader.next_item()? {
            Item::Table(next, _) => table = next.name,
            Item::Row(_) => progress(table, reader.rows_so_far()),
            Item::End(rows) => return Ok(Contents { header: reader.header().clone(), rows }),
        }
    }
}

/// Returns an error if a database is not empty. A file of SQLite that does not exist is empty, and is not made.
pub async fn require_empty(settings: &StoreSettings) -> Result<(), BackupError> {
    let database = Database::new(settings)?;
    // A file without a byte is a database without tables.
    if let Some(path) = database.path()?
        && fs::metadata(&path).map_or(true, |file| file.is_file() && file.len() == 0)
    {
        return require_no_remains(&path);
    }
    let mut connection = database.open_as_it_is().await?;
    let tables: i64 = connection.fetch_one(database.engine.count_tables()).await?.try_get(0)?;
    connection.close().await?;
    if tables > 0 { Err(BackupError::NotEmpty(database.shown)) } else { Ok(()) }
}

/// SQLite removes the log of a database whose file is not there, and with it the newest changes of that database.
fn require_no_remains(file: &Path) -> Result<(), BackupError> {
    let SqliteFiles { log, .. } = SqliteFiles::at(file);
    if fs::metadata(&log).is_ok_and(|log| log.len() > 0) { Err(BackupError::Remains(log)) } else { Ok(()) }
}

/// Fills an empty database with a backup, in one transaction. If anything is wrong, also with the end of the file, the database stays as it
/// was.
pub async fn restore(
    settings: &StoreSettings,
    file: impl Read,
    progress: Progress<'_>,
) -> Result<Contents, BackupError> {
    let reader = Reader::open(file)?;
    // Before the connection that writes, which changes a file of SQLite's by its settings.
    require_empty(settings).await?;
    let database = Database::new(settings)?;
    let new_file = database.path()?.filter(|path| !path.exists());
    let restored = fill(&database, reader, progress).await;
    if let (Err(_), Some(file)) = (&restored, new_file) {
        remove(&file);
    }
    restored
}

async fn fill(
    database: &Database,
    mut reader: Reader<impl Read>,
    progress: Progress<'_>,
) -> Result<Contents, BackupError> {
    let mut connection = database.open_or_make().await?;
    let filled = async {
        let mut transaction = database.begin_migration(&mut connection).await?;
        if database.engine == Engine::Postgres {
            for setting in UNHURRIED {
                transaction.execute(setting).await?;
            }
        }
        // A server may have come first.
        let tables: i64 = transaction.fetch_one(database.engine.count_tables()).await?.try_get(0)?;
        if tables > 0 {
            return Err(BackupError::NotEmpty(database.shown.clone()));
        }
        let schema = reader.header().schema;
        migrations::up_to(database.engine, schema).run(&mut *transaction).await.map_err(sqlx::Error::from)?;
        let inserted = insert_all(database.engine, &mut transaction, &mut reader, progress).await;
        if let Err(BackupError::Refused { .. }) = inserted {
            // If the file is damaged, that is why.
            while !reader.has_ended() {
                reader.next_item()?;
            }
        }
        let rows = inserted?;
        database.migrate_in(&mut transaction).await?;
        sqlx::query("UPDATE access_revision SET revision = revision + $1")
            .bind(REVISIONS)
            .execute(&mut *transaction)
            .await?;
        if database.engine == Engine::Postgres {
            // Otherwise it knows nothing of the new rows for a minute, and may read whole tables where it should use an index.
            transaction.execute("ANALYZE").await?;
        }
        transaction.commit().await?;
        Ok(Contents { header: reader.header().clone(), rows })
    };
    let filled = filled.await;
    let closed = connection.close().await;
    let contents = filled?;
    closed?;
    Ok(contents)
}

/// Inserts all rows. Returns only after the end of the file has shown that they are as they were written.
async fn insert_all(
    engine: Engine,
    transaction: &mut Transaction<'_, Any>,
    reader: &mut Reader<impl Read>,
    progress: Progress<'_>,
) -> Result<BTreeMap<String, u64>, BackupError> {
    let mut current: Option<Insertion> = None;
    loop {
        match reader.next_item()? {
            Item::Table(table, columns) => {
                if let Some(mut done) = current.replace(Insertion::new(table, &columns)) {
                    done.flush(engine, transaction).await?;
                }
            }
            Item::Row(row) => {
                // A row without a table is not a backup, and was refused.
                let Some(insertion) = &mut current else { continue };
                insertion.push(row);
                if insertion.is_full() {
                    insertion.flush(engine, transaction).await?;
                    progress(insertion.table.name, reader.rows_so_far());
                }
            }
            Item::End(rows) => {
                if let Some(mut done) = current {
                    done.flush(engine, transaction).await?;
                }
                return Ok(rows);
            }
        }
    }
}

/// Rows of a table that are to be inserted.
struct Insertion {
    table: &'static Table,
    columns: Vec<&'static str>,
    rows: Vec<Vec<Value>>,
    bytes: usize,
    /// Whether the rows that the migrations have put into it are still there.
    is_as_made: bool,
}

impl Insertion {
    fn new(table: &'static Table, columns: &[&'static Column]) -> Self {
        let columns = columns.iter().map(|column| column.name).collect();
        Self { table, columns, rows: Vec::new(), bytes: 0, is_as_made: true }
    }

    fn push(&mut self, row: Vec<Value>) {
        let length = |value: &Value| match value {
            Value::Text(Some(text)) => text.len(),
            _ => 0,
        };
        self.bytes += row.iter().map(length).sum::<usize>();
        self.rows.push(row);
    }

    fn is_full(&self) -> bool {
        self.rows.len() >= BLOCK || self.bytes >= BLOCK_BYTES
    }

    async fn flush(&mut self, engine: Engine, transaction: &mut Transaction<'_, Any>) -> Result<(), BackupError> {
        let refused = |source: sqlx::Error| BackupError::Refused { table: self.table.name, source: source.into() };
        let rows = std::mem::take(&mut self.rows);
        self.bytes = 0;
        if rows.is_empty() {
            return Ok(());
        }
        if std::mem::take(&mut self.is_as_made) {
            let delete = sqlx::query(sqlx::AssertSqlSafe(format!("DELETE FROM {}", self.table.name)));
            delete.execute(&mut **transaction).await.map_err(refused)?;
        }
        for statement in inserts(self.table.name, &self.columns, rows, engine) {
            statement.query().execute(&mut **transaction).await.map_err(refused)?;
        }
        Ok(())
    }
}

/// Removes a file of SQLite's that was made for nothing.
fn remove(file: &Path) {
    let SqliteFiles { database, log, index } = SqliteFiles::at(file);
    for file in [database, log, index] {
        // If it stays, it is an empty database.
        let _ = fs::remove_file(file);
    }
}
