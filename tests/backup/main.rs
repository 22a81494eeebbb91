//! Tests backups: made of a real SQLite and a real PostgreSQL, and restored to both.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

#[path = "../support/mod.rs"]
mod support;

mod bad_files;
mod command;
mod old_databases;
mod round_trip;
mod scheduled;
mod secrets;
mod tables;
mod under_load;

use std::{
    collections::BTreeMap,
    io::{Read, Write},
};

use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use serde_json::Value;
use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, Connection, Row};
use support::{database::Database, node::Node};
use taskwire::store::{
    StoreSettings,
    backup::{self, BackupError, Contents, listed},
    schema,
};

/// The databases to restore to: a new one of each engine.
async fn targets() -> [Database; 2] {
    [Database::sqlite(), Database::postgres().await]
}

async fn take(database: &Database, with_secrets: bool) -> Vec<u8> {
    let mut file = Vec::new();
    backup::take(&StoreSettings::new(&database.url), with_secrets, &mut file, &mut |_, _| {}).await.unwrap();
    file
}

fn check(file: &[u8]) -> Result<Contents, BackupError> {
    backup::check(file, &mut |_, _| {})
}

async fn restore(file: &[u8], database: &Database) -> Result<Contents, BackupError> {
    backup::restore(&StoreSettings::new(&database.url), file, &mut |_, _| {}).await
}

async fn is_empty(database: &Database) -> bool {
    backup::require_empty(&StoreSettings::new(&database.url)).await.is_ok()
}

/// The lines of a backup.
fn lines(file: &[u8]) -> String {
    let mut text = String::new();
    GzDecoder::new(file).read_to_string(&mut text).unwrap();
    text
}

/// A backup with these lines. Its last line is made anew, so that the checksum is right.
fn packed(lines: &[Value]) -> Vec<u8> {
    let mut text = String::new();
    for line in &lines[..lines.len() - 1] {
        text += &format!("{line}\n");
    }
    let mut end = lines[lines.len() - 1].clone();
    let hash = Sha256::digest(text.as_bytes());
    end["end"]["sha256"] = hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into();
    text += &format!("{end}\n");
    gzip(text.as_bytes())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

/// All rows of the tables of a database that a backup can have, as text, sorted.
async fn rows(database: &Database) -> BTreeMap<&'static str, Vec<Vec<Option<String>>>> {
    sqlx::any::install_default_drivers();
    let mut connection = sqlx::AnyConnection::connect(&database.url).await.unwrap();
    let mut all = BTreeMap::new();
    for (table, columns) in listed(schema()).0 {
        let texts: Vec<String> = columns.iter().map(|column| format!("CAST({column} AS TEXT)")).collect();
        let select = format!("SELECT {} FROM {table}", texts.join(", "));
        let found = sqlx::query(AssertSqlSafe(select)).fetch_all(&mut connection).await.unwrap();
        let values = |row: &sqlx::any::AnyRow| (0..columns.len()).map(|index| row.get(index)).collect::<Vec<_>>();
        let mut found: Vec<_> = found.iter().map(values).collect();
        found.sort();
        all.insert(table, found);
    }
    connection.close().await.unwrap();
    all
}

/// Runs statements on a database.
async fn run(database: &Database, statements: &'static str) {
    sqlx::any::install_default_drivers();
    let mut connection = sqlx::AnyConnection::connect(&database.url).await.unwrap();
    for statement in statements.split(';') {
        sqlx::query(statement).execute(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();
}

/// Compares every board of a database with its log.
async fn expect_states_like_logs(node: &Node) {
    let found = node.store.boards_unlike_their_logs(&mut |_, _| {}).await.unwrap();
    assert_eq!(found, []);
}
