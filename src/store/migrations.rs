//! The migrations, which are in the executable.
//!
//! They are listed here, and not by `sqlx::migrate!`: for that macro, sqlx and SQLite are compiled a second time, to run in the
//! compiler. A test compares the list with the folders.

use std::{borrow::Cow, sync::LazyLock};

use sqlx::{
    AssertSqlSafe, SqlSafeStr,
    migrate::{Migration, MigrationType, Migrator},
};

use super::connect::Engine;

macro_rules! migrations {
    ($engine:literal) => {
        migrations!(
            $engine: "0001_boards" "0002_accounts" "0003_history" "0004_assignees" "0005_write_probe" "0006_proofs"
            "0007_answers" "0008_load" "0009_instance" "0010_start" "0011_schema" "0024_search"
        )
    };
    ($folder:literal: $($name:literal)+) => {
        vec![$(migration($name, include_str!(concat!("../../migrations/", $folder, "/", $name, ".sql")).into())),+]
    };
}

macro_rules! shared {
    ($($name:literal)+) => {
        vec![$(($name, include_str!(concat!("../../migrations/both/", $name, ".sql")))),+]
    };
}

/// All of an engine's: its own, and those that both engines run as they are. sqlx notes in the database which it has run, with a
/// checksum: one that was released never changes.
pub fn of(engine: Engine) -> Migrator {
    let mut migrations = match engine {
        Engine::Sqlite => migrations!("sqlite"),
        Engine::Postgres => migrations!("postgres"),
    };
    migrations.extend(both(engine));
    migrations.sort_by_key(|migration| migration.version);
    Migrator::with_migrations(migrations)
}

/// The migrations of an engine up to a version of the schema: to make a database as an older version of Taskwire made it.
pub fn up_to(engine: Engine, schema: i64) -> Migrator {
    Migrator::with_migrations(of(engine).iter().filter(|migration| migration.version <= schema).cloned().collect())
}

/// Those that both engines run as they are, but for the name of an integer of 64 bits. (A strict table of SQLite's takes no other.)
fn both(engine: Engine) -> Vec<Migration> {
    let migrations: Vec<(&str, &str)> = shared!(
        "0012_outbox" "0013_board_pages" "0014_tables" "0015_audit" "0016_system" "0017_deleted_boards" "0018_more_tables"
        "0019_bulk_edits" "0020_settings" "0021_groups" "0022_archived_boards" "0023_labels" "0025_checklists"
        "0026_comments" "0027_numbers" "0028_looks" "0029_stars"
    );
    let of_engine = |sql: &'static str| match engine {
        Engine::Sqlite => Cow::Owned(sql.replace("BIGINT", "INTEGER")),
        Engine::Postgres => Cow::Borrowed(sql),
    };
    migrations.into_iter().map(|(name, sql)| migration(name, of_engine(sql))).collect()
}

/// The version of the schema that this program knows: the number of its newest migration, which is the same for both engines.
pub static NEWEST: LazyLock<i64> =
    LazyLock::new(|| of(Engine::Sqlite).iter().map(|migration| migration.version).max().unwrap_or_default());

/// `name` is `<version>_<description>`.
fn migration(name: &'static str, statements: Cow<'static, str>) -> Migration {
    let (version, description) = name.split_once('_').unwrap_or((name, ""));
    // The test below reads each.
    let version = version.parse().unwrap_or_default();
    let description = Cow::Owned(description.replace('_', " "));
    // They stand in the source.
    Migration::new(version, description, MigrationType::Simple, AssertSqlSafe(statements).into_sql_str(), false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_listed() {
        for (engine, folder) in [(Engine::Sqlite, "migrations/sqlite"), (Engine::Postgres, "migrations/postgres")] {
            let files = [folder, "migrations/both"].map(|folder| std::fs::read_dir(folder).unwrap());
            let mut files: Vec<String> =
                files.into_iter().flatten().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
            files.sort();
            let listed: Vec<String> = of(engine)
                .iter()
                .map(|migration| format!("{:04}_{}.sql", migration.version, migration.description.replace(' ', "_")))
                .collect();
            assert_eq!(listed, files, "{folder}");
            let versions: Vec<i64> = of(engine).iter().map(|migration| migration.version).collect();
            assert_eq!(
                versions,
                (1..=*NEWEST).collect::<Vec<_>>(),
                "{folder}: the schema before a version is the one below it"
            );
        }
    }

    /// By it sqlx recognises what it has run, on all that were installed before.
    #[test]
    fn a_checksum_is_that_of_the_file() {
        let first = of(Engine::Sqlite)
            .iter()
            .next()
            .unwrap()
            .checksum
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>();
        assert_eq!(
            first,
            "18276ab723d6b99e912a8b3b4b67cd8970ba41c751cd28ec4ad24881769a56be8608227ba44850900e6758637ca23146"
        );
    }
}
