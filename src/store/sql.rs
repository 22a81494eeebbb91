//! Statements for many rows at once.
//!
//! A statement is prepared once a connection and then kept, so there must not be one for every number of rows: rows go in
//! blocks whose sizes are powers of two, and lists of ids are filled up to one by repeating the last.

use std::{borrow::Cow, fmt::Write as _, sync::Arc};

use sqlx::{Any, AssertSqlSafe, any::AnyArguments, any::AnyQueryResult, any::AnyRow, query::Query};

use super::{
    StoreError,
    connect::Engine,
    connection::{Connection, Connections, read},
};

/// The most rows or ids in one statement. (SQLite takes 32,766 parameters: rows of up to 127 columns.)
const MOST: usize = 256;

/// A statement that stands in the source as it is.
pub(super) fn query(sql: &'static str) -> Statement {
    Statement { sql: sql.into(), values: Vec::new() }
}

/// A statement that is put together from parts, of which none comes from outside.
pub(super) fn query_of(parts: &[&'static str]) -> Statement {
    Statement { sql: parts.concat().into(), values: Vec::new() }
}

/// A statement and its values. Unlike one of sqlx's it can be run again, and only where all runs have a limit: see
/// [`Target`].
#[derive(Clone)]
pub(super) struct Statement {
    sql: Cow<'static, str>,
    values: Vec<Value>,
}

/// What a statement may be given. A text becomes one by `From`, which is the place where NUL is replaced: PostgreSQL refuses a text with a
/// NUL, and a client could send one in any query or body.
#[derive(Clone)]
pub(super) enum Value {
    Text(Option<String>),
    Number(Option<i64>),
}

impl Statement {
    /// A statement whose text was put together here, with its values. No part of the text may come from outside.
    pub fn of(sql: String, values: Vec<Value>) -> Self {
        Self { sql: sql.into(), values }
    }

    /// Gives it its next value.
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// As sqlx wants it.
    pub fn query(self) -> Query<'static, Any, AnyArguments> {
        let query = sqlx::query(AssertSqlSafe(self.sql));
        self.values.into_iter().fold(query, |query, value| match value {
            Value::Text(text) => query.bind(text),
            Value::Number(number) => query.bind(number),
        })
    }

    /// All rows it brings.
    pub async fn fetch_all(self, target: impl Target) -> Result<Vec<AnyRow>, StoreError> {
        target.rows(self).await
    }

    /// Its first row, if there is one.
    pub async fn fetch_optional(self, target: impl Target) -> Result<Option<AnyRow>, StoreError> {
        Ok(target.rows(self).await?.into_iter().next())
    }

    /// Its first row, which there must be.
    pub async fn fetch_one(self, target: impl Target) -> Result<AnyRow, StoreError> {
        Ok(self.fetch_optional(target).await?.ok_or(sqlx::Error::RowNotFound)?)
    }

    /// Does what it says, and tells how many rows it affected.
    pub async fn execute(self, connection: &mut Connection) -> Result<AnyQueryResult, StoreError> {
        connection.execute(self).await
    }
}

impl From<&'static str> for Statement {
    fn from(sql: &'static str) -> Self {
        query(sql)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(Some(without_nul(text)))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<Option<String>> for Value {
    fn from(text: Option<String>) -> Self {
        Self::Text(text.map(without_nul))
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Self {
        text.map(str::to_owned).into()
    }
}

/// Replaces NUL by U+FFFD, as HTML does. So a search for a text with a NUL finds what it finds on SQLite: nothing.
fn without_nul(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(Some(number))
    }
}

impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Self {
        Self::Number(number)
    }
}

/// Where a statement that reads may run: on a connection, or on any that reads.
pub(super) trait Target: Send {
    fn rows(self, statement: Statement) -> impl Future<Output = Result<Vec<AnyRow>, StoreError>> + Send;
}

impl Target for &mut Connection {
    async fn rows(self, statement: Statement) -> Result<Vec<AnyRow>, StoreError> {
        self.fetch(statement).await
    }
}

impl Target for &Arc<Connections> {
    async fn rows(self, statement: Statement) -> Result<Vec<AnyRow>, StoreError> {
        read!(self, |reader| reader.fetch(statement.clone()).await)
    }
}

/// A row as it is written: the value of each column, by its name.
pub(super) type Record = Vec<(&'static str, Value)>;

/// The value of a column.
pub(super) fn column(name: &'static str, value: impl Into<Value>) -> (&'static str, Value) {
    (name, value.into())
}

/// A table, and how rows of it are written.
pub(super) struct Table {
    pub name: &'static str,
    pub columns: &'static [&'static str],
    /// What tells its rows apart, where those that are there already are overwritten. Empty where there must be none.
    pub key: &'static [&'static str],
    /// What an overwritten row keeps, besides its key.
    pub kept: &'static [&'static str],
    /// Which of those that are there already may be overwritten; empty for all. Others stay as they are.
    pub overwrites: &'static str,
}

impl Table {
    /// Writes rows, each whole. Tells how many were inserted or overwritten.
    pub async fn put(&self, connection: &mut Connection, records: Vec<Record>) -> Result<u64, StoreError> {
        let mut affected = 0;
        let mut left = records.len();
        let mut records = records.into_iter();
        while left > 0 {
            let rows = block_size(left);
            let mut values = Vec::with_capacity(rows * self.columns.len());
            for record in records.by_ref().take(rows) {
                debug_assert!(record.iter().map(|(name, _)| name).eq(self.columns), "a row of {}", self.name);
                values.extend(record.into_iter().map(|(_, value)| value));
            }
            let sql = self.insert(rows, Placeholders::of(connection)).into();
            affected += Statement { sql, values }.execute(&mut *connection).await?.rows_affected();
            left -= rows;
        }
        Ok(affected)
    }

    /// All columns of the rows for which something is so.
    pub fn select(&self, condition: &str) -> Statement {
        let sql = format!("SELECT {} FROM {} WHERE {condition}", self.columns.join(", "), self.name);
        Statement { sql: sql.into(), values: Vec::new() }
    }

    fn insert(&self, rows: usize, placeholders: Placeholders) -> String {
        let mut sql = insert_into(self.name, self.columns, rows, placeholders);
        if self.key.is_empty() {
            return sql;
        }
        let stays = |column: &&&str| self.key.contains(*column) || self.kept.contains(*column);
        let changed = self.columns.iter().filter(|column| !stays(column));
        let set: Vec<String> = changed.map(|column| format!("{column} = excluded.{column}")).collect();
        // Writing into a String cannot fail.
        let _ = write!(sql, " ON CONFLICT ({}) DO UPDATE SET {}", self.key.join(", "), set.join(", "));
        if !self.overwrites.is_empty() {
            let _ = write!(sql, " WHERE {}", self.overwrites);
        }
        sql
    }
}

/// Statements that insert rows into a table: the values of all columns, row by row.
pub(super) fn inserts(
    table: &'static str,
    columns: &[&'static str],
    rows: Vec<Vec<Value>>,
    engine: Engine,
) -> Vec<Statement> {
    let mut statements = Vec::new();
    let mut left = rows.len();
    let mut rows = rows.into_iter();
    while left > 0 {
        let size = block_size(left);
        let values = rows.by_ref().take(size).flatten().collect();
        statements.push(Statement { sql: insert_into(table, columns, size, engine.into()).into(), values });
        left -= size;
    }
    statements
}

fn insert_into(table: &str, columns: &[&str], rows: usize, placeholders: Placeholders) -> String {
    let mut sql = format!("INSERT INTO {table} ({}) VALUES ", columns.join(", "));
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { ", (" });
        placeholders.write(&mut sql, row * columns.len(), columns.len());
        sql.push(')');
    }
    sql
}

/// The rows that `SELECT … WHERE key IN (ids) …` finds, in whatever order the blocks of ids bring them. `before` ends with
/// the name of the key.
pub(super) async fn fetch_by_ids(
    connection: &mut Connection,
    before: &'static str,
    after: &'static str,
    ids: &[String],
) -> Result<Vec<AnyRow>, StoreError> {
    fetch_from_all_by_ids(connection, &[before], after, ids).await
}

/// As [`fetch_by_ids`], with several tables asked for the same ids in one statement, so that they are seen at one moment.
pub(super) async fn fetch_from_all_by_ids(
    connection: &mut Connection,
    befores: &[&'static str],
    after: &'static str,
    ids: &[String],
) -> Result<Vec<AnyRow>, StoreError> {
    let mut rows = Vec::new();
    for block in ids.chunks(MOST) {
        let size = block.len().next_power_of_two();
        let placeholders = Placeholders::of(connection);
        let mut sql = String::new();
        for before in befores {
            // Writing into a String cannot fail.
            let _ = write!(sql, "{before} IN (");
            placeholders.write(&mut sql, 0, size);
            sql.push(')');
        }
        sql.push_str(after);
        let filled = block.iter().chain(std::iter::repeat(&block[block.len() - 1])).take(size);
        let times = match placeholders {
            Placeholders::InOrder => befores.len(),
            Placeholders::Numbered => 1,
        };
        let mut query = Statement { sql: sql.into(), values: Vec::with_capacity(times * size) };
        for _ in 0..times {
            query = filled.clone().fold(query, |query, id| query.bind(id.as_str()));
        }
        rows.append(&mut query.fetch_all(&mut *connection).await?);
    }
    Ok(rows)
}

/// The largest power of two that is no more than `rows` and [`MOST`].
fn block_size(rows: usize) -> usize {
    1 << rows.min(MOST).ilog2()
}

/// How an engine wants the values of a statement to be marked.
#[derive(Clone, Copy)]
enum Placeholders {
    /// `?`. SQLite takes numbered ones too, but finds each by going through all before it: with a thousand that is most of
    /// the time a statement takes.
    InOrder,
    /// `$1`, as PostgreSQL has it.
    Numbered,
}

impl From<Engine> for Placeholders {
    fn from(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => Self::InOrder,
            Engine::Postgres => Self::Numbered,
        }
    }
}

impl Placeholders {
    fn of(connection: &Connection) -> Self {
        if connection.is_sqlite() { Self::InOrder } else { Self::Numbered }
    }

    /// So many, after as many as `used`.
    fn write(self, sql: &mut String, used: usize, count: usize) {
        for index in 1..=count {
            let comma = if index == 1 { "" } else { ", " };
            // Writing into a String cannot fail.
            let _ = match self {
                Self::InOrder => write!(sql, "{comma}?"),
                Self::Numbered => write!(sql, "{comma}${}", used + index),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_has_a_nul() {
        let texts: [Value; 4] =
            ["a\0".into(), String::from("a\0").into(), Some("a\0").into(), Some(String::from("a\0")).into()];
        for value in texts {
            let Value::Text(Some(text)) = value else { panic!("not a text") };
            assert_eq!(text, "a\u{fffd}");
        }
    }

    #[test]
    fn rows_go_in_blocks_of_powers_of_two() {
        assert_eq!([1, 2, 3, 63, 64, 1000].map(block_size), [1, 2, 2, 32, 64, 256]);
    }

    #[test]
    fn an_insert_numbers_its_parameters_through() {
        let table = Table { name: "t", columns: &["a", "b"], key: &[], kept: &[], overwrites: "" };
        assert_eq!(table.insert(2, Placeholders::Numbered), "INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4)");
        assert_eq!(table.insert(2, Placeholders::InOrder), "INSERT INTO t (a, b) VALUES (?, ?), (?, ?)");
    }

    #[test]
    fn a_row_that_is_there_keeps_its_key_and_what_it_is_to_keep() {
        let table =
            Table { name: "t", columns: &["a", "b", "c"], key: &["a"], kept: &["b"], overwrites: "t.c < excluded.c" };
        assert_eq!(
            table.insert(1, Placeholders::InOrder),
            "INSERT INTO t (a, b, c) VALUES (?, ?, ?) ON CONFLICT (a) DO UPDATE SET c = excluded.c WHERE t.c < excluded.c"
        );
    }
}
