//! Reads a database for a backup.

use std::{io::Write, sync::Arc, time::Duration};

use sqlx::{Row, any::AnyRow};

use super::{
    BackupError, Contents, Progress,
    file::{Cell, Header, Writer},
    tables::{Column, Kind, Rows, Table, tables_in},
};
use crate::{
    clock::now,
    store::{
        StoreError, StoreSettings,
        connect::{Database, Engine, MIGRATING},
        connection::{Connection, Connections, Limits, Purpose},
        migrations,
        sql::{Statement, query, query_of},
    },
};

/// How many rows are read at once. So the memory does not depend on the size of the database.
const BLOCK: i64 = 256;

/// How long one statement may take. Nobody waits for this connection, so it can wait longer than a server.
const PATIENCE: Duration = Duration::from_secs(60);

/// What PostgreSQL is told for this session: the limits of servers' connections are too short for a backup, which may also have to
/// wait for whatever takes its output.
const UNHURRIED: [&str; 3] =
    ["SET statement_timeout = '60s'", "SET lock_timeout = '60s'", "SET idle_in_transaction_session_timeout = '10min'"];

/// Writes a backup of a database, as it is at one moment. Servers can use the database meanwhile.
///
/// The database stays as it is, and is not migrated: a server of an older version that uses it could not write any more.
pub async fn take(
    settings: &StoreSettings,
    with_secrets: bool,
    out: impl Write,
    progress: Progress<'_>,
) -> Result<Contents, BackupError> {
    let database = Arc::new(Database::new(settings)?);
    let first = database.open_as_it_is().await?;
    let limits = Limits { silence: PATIENCE, statement: PATIENCE, acquire: PATIENCE };
    let connections = Arc::new(Connections::new(Arc::clone(&database), Purpose::Read, 1, limits, vec![first]));
    let mut connection = connections.acquire().await?;
    let taken = read(&database, &mut connection, with_secrets, out, progress).await;
    drop(connection);
    connections.close().await;
    taken
}

async fn read(
    database: &Database,
    connection: &mut Connection,
    with_secrets: bool,
    out: impl Write,
    progress: Progress<'_>,
) -> Result<Contents, BackupError> {
    if count(connection, database.engine.count_own_tables()).await? != 2 {
        return Err(BackupError::NoTaskwire(database.shown.clone()));
    }
    let schema = begin(database.engine, connection, with_secrets).await?;
    let header = Header::new(schema, now(), with_secrets);
    let mut writer = Writer::begin(out, &header)?;
    let mut rows = 0;
    for table in tables_in(schema, with_secrets) {
        let columns = table.columns_in(schema);
        writer.table(table, &columns)?;
        let mut after: Option<AnyRow> = None;
        loop {
            let block = block(connection, table, &columns, with_secrets, after.as_ref()).await?;
            for row in &block {
                writer.row(&cells(row, &columns)?)?;
            }
            rows += block.len() as u64;
            progress(table.name, rows);
            let is_last = block.len() < BLOCK as usize;
            after = block.into_iter().next_back();
            if is_last {
                break;
            }
        }
        writer.end_table(table);
    }
    connection.rollback().await?;
    Ok(Contents { header, rows: writer.end()? })
}

/// Begins the transaction. Returns the version of the schema, which stays the same in it.
async fn begin(engine: Engine, connection: &mut Connection, with_secrets: bool) -> Result<i64, BackupError> {
    if engine == Engine::Sqlite {
        connection.begin_here().await?;
        return schema(connection).await;
    }
    for setting in UNHURRIED {
        query(setting).execute(connection).await?;
    }
    // In PostgreSQL, the rows are those of the transaction's first SELECT, but the columns are the newest. So the tables are locked before that,
    // and while no migration is under way: one that has begun could wait for a table of ours, and we for one of its tables.
    query("SELECT CAST(pg_advisory_lock_shared($1) AS TEXT)").bind(MIGRATING).fetch_one(&mut *connection).await?;
    let schema = schema(connection).await?;
    connection.begin_here().await?;
    for table in tables_in(schema, with_secrets) {
        query_of(&["LOCK TABLE ", table.name, " IN ACCESS SHARE MODE"]).execute(connection).await?;
    }
    // Servers that start take this lock, too, and most of them have nothing to migrate.
    query("SELECT CAST(pg_advisory_unlock_shared($1) AS TEXT)").bind(MIGRATING).fetch_one(&mut *connection).await?;
    Ok(schema)
}

/// The version of the database's schema, which must be one that this program knows.
async fn schema(connection: &mut Connection) -> Result<i64, BackupError> {
    let (theirs, ours) = (count(connection, "SELECT MAX(version) FROM _sqlx_migrations").await?, *migrations::NEWEST);
    if theirs > ours { Err(BackupError::NewerDatabase { theirs, ours }) } else { Ok(theirs) }
}

async fn count(connection: &mut Connection, select: &'static str) -> Result<i64, StoreError> {
    Ok(query(select).fetch_one(connection).await?.try_get(0)?)
}

/// The rows that follow a row. After the columns of the backup come those of the key, which the backup may have replaced.
async fn block(
    connection: &mut Connection,
    table: &Table,
    columns: &[&'static Column],
    with_secrets: bool,
    after: Option<&AnyRow>,
) -> Result<Vec<AnyRow>, StoreError> {
    let mut statement = Statement::of(select(table, columns, with_secrets, after.is_some()), vec![BLOCK.into()]);
    if let Some(row) = after {
        for (index, key) in table.key.iter().enumerate() {
            let index = columns.len() + index;
            let is_number = columns.iter().any(|column| column.name == *key && column.kind == Kind::Number);
            statement = match is_number {
                true => statement.bind(row.try_get::<i64, _>(index)?),
                false => statement.bind(row.try_get::<&str, _>(index)?),
            };
        }
    }
    statement.fetch_all(connection).await
}

/// The statement for a block of rows: `$1` is how many, and `$2` and so on are the key of the row that they follow, if they follow one.
fn select(table: &Table, columns: &[&'static Column], with_secrets: bool, follows: bool) -> String {
    let shown = columns.iter().map(|column| column.instead.filter(|_| !with_secrets).unwrap_or(column.name));
    let shown: Vec<&str> = shown.chain(table.key.iter().copied()).collect();
    let condition = match table.public {
        Rows::Where(condition) if !with_secrets => condition,
        _ => "1 = 1",
    };
    let keys = table.key.join(", ");
    let later = if follows {
        let values: Vec<String> = (2..).take(table.key.len()).map(|number| format!("${number}")).collect();
        format!(" AND ({keys}) > ({})", values.join(", "))
    } else {
        String::new()
    };
    let (shown, name) = (shown.join(", "), table.name);
    format!("SELECT {shown} FROM {name} WHERE {condition}{later} ORDER BY {keys} LIMIT $1")
}

fn cells(row: &AnyRow, columns: &[&Column]) -> Result<Vec<Cell>, StoreError> {
    let cell = |(index, column): (usize, &&Column)| {
        let cell = match column.kind {
            Kind::Number => row.try_get::<Option<i64>, _>(index)?.map(Cell::Number),
            Kind::Text => row.try_get::<Option<String>, _>(index)?.map(Cell::Text),
        };
        Ok(cell.unwrap_or(Cell::Null))
    };
    columns.iter().enumerate().map(cell).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::backup::tables::TABLES;

    #[test]
    fn every_table_can_be_read_in_more_than_one_block() {
        for table in TABLES {
            let columns = table.columns_in(*migrations::NEWEST);
            let sql = select(table, &columns, true, true);
            let values: Vec<String> = (1..=table.key.len()).map(|number| format!("${}", number + 1)).collect();
            assert!(sql.contains(&format!("({}) > ({})", table.key.join(", "), values.join(", "))), "{sql}");
            assert!(sql.ends_with(" LIMIT $1"), "{sql}");
        }
    }
}
