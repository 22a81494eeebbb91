//! The list of tables and columns that says what a backup has.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{Connection, Row};
use taskwire::store::{backup::listed, schema};

use crate::support::database::Database;

async fn the_list_has_every_table_and_column(database: Database, select: &'static str) {
    database.open().await.close().await;
    let mut connection = sqlx::AnyConnection::connect(&database.url).await.unwrap();
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in sqlx::query(select).fetch_all(&mut connection).await.unwrap() {
        found.entry(row.get(0)).or_default().insert(row.get(1));
    }
    let (tables, made_anew) = listed(schema());
    for table in made_anew {
        assert!(found.remove(*table).is_some(), "{table}");
    }
    let listed = tables
        .into_iter()
        .map(|(table, columns)| (table.to_owned(), columns.into_iter().map(str::to_owned).collect::<BTreeSet<_>>()));
    assert_eq!(
        listed.collect::<BTreeMap<_, _>>(),
        found,
        "src/store/backup/tables.rs must say of each table and column whether it is secret"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_has_every_table_and_column_of_sqlite() {
    let select = "SELECT tables.name, columns.name FROM sqlite_schema AS tables \
                  JOIN pragma_table_info(tables.name) AS columns WHERE tables.type = 'table'";
    the_list_has_every_table_and_column(Database::sqlite(), select).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_has_every_table_and_column_of_postgres() {
    let select = "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT) FROM information_schema.columns \
                  WHERE table_schema = 'public'";
    the_list_has_every_table_and_column(Database::postgres().await, select).await;
}
