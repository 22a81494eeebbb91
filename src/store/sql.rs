//! Statements for many rows at once.
//!
//! A statement is prepared once a connection and then kept, so there must not be one for every number of rows: rows go in
//! blocks whose sizes are powers of two, and lists of ids are filled up to one by repeating the last.

use std::{borrow::Cow, fmt::Write as _, sync::Arc};

use sqlx::{Any, AssertSqlSafe, any::AnyArguments, any::AnyQueryResult, any::AnyRow, query::Query};

use super::{
    StoreError,
    connection::{Connection, Connections, read},
};

/// The most rows or ids in one statement. (Tasks have 22 columns, and SQLite takes 32,766 parameters.)
const MOST: usize = 256;

/// A statement that stands in the source as it is.
pub(super) fn query(sql: &'static str) -> Statement {
    Statement { sql: sql.into(), values: Vec::new() }
}

/// A statement and its values. Unlike one of sqlx's it can be run again, and only where all runs have a limit: see
/// [`Target`].
#[derive(Clone)]
pub(super) struct Statement {
    sql: Cow<'static, str>,
    values: Vec<Value>,
}

/// What a statement may be given.
#[derive(Clone)]
pub(super) enum Value {
    Text(Option<String>),
    Number(Option<i64>),
}

impl Statement {
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
        Self::Text(Some(text))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<Option<String>> for Value {
    fn from(text: Option<String>) -> Self {
        Self::Text(text)
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Self {
        Self::Text(text.map(str::to_owned))
    }
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

/// An INSERT of some rows of one table.
pub(super) struct Insert {
    /// `INSERT INTO table (a, b)`.
    pub into: &'static str,
    /// How many columns that names.
    pub width: usize,
    /// What to do with rows that are there already, if anything.
    pub on_conflict: &'static str,
}

impl Insert {
    /// Inserts the rows, each with the values that `bind` binds. Tells how many rows were inserted or updated.
    pub async fn run<T>(
        &self,
        connection: &mut Connection,
        rows: &[T],
        bind: impl Fn(Statement, &T) -> Statement,
    ) -> Result<u64, StoreError> {
        let mut affected = 0;
        let mut rest = rows;
        while !rest.is_empty() {
            let (block, after) = rest.split_at(block_size(rest.len()));
            let sql = self.sql(block.len(), Placeholders::of(connection));
            let query = Statement { sql: sql.into(), values: Vec::with_capacity(block.len() * self.width) };
            affected += block.iter().fold(query, &bind).execute(&mut *connection).await?.rows_affected();
            rest = after;
        }
        Ok(affected)
    }

    fn sql(&self, rows: usize, placeholders: Placeholders) -> String {
        let mut sql = String::with_capacity(self.into.len() + rows * self.width * 8 + self.on_conflict.len());
        sql.push_str(self.into);
        sql.push_str(" VALUES ");
        for row in 0..rows {
            sql.push_str(if row == 0 { "(" } else { ", (" });
            placeholders.write(&mut sql, row * self.width, self.width);
            sql.push(')');
        }
        sql.push_str(self.on_conflict);
        sql
    }
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
    fn rows_go_in_blocks_of_powers_of_two() {
        assert_eq!([1, 2, 3, 63, 64, 1000].map(block_size), [1, 2, 2, 32, 64, 256]);
    }

    #[test]
    fn an_insert_numbers_its_parameters_through() {
        let insert = Insert { into: "INSERT INTO t (a, b)", width: 2, on_conflict: " ON CONFLICT DO NOTHING" };
        assert_eq!(
            insert.sql(2, Placeholders::Numbered),
            "INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4) ON CONFLICT DO NOTHING"
        );
        assert_eq!(
            insert.sql(2, Placeholders::InOrder),
            "INSERT INTO t (a, b) VALUES (?, ?), (?, ?) ON CONFLICT DO NOTHING"
        );
    }
}
