//! A fresh database for one test: a SQLite file in a folder of its own, or a database in a real PostgreSQL server.

use taskwire::store::{Store, StoreSettings};
use tempfile::TempDir;

use super::postgres;

pub struct Database {
    pub url: String,
    /// Deletes the folder at the end of the test.
    _folder: Option<TempDir>,
}

impl Database {
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the database");
        let url = format!("sqlite:{}", folder.path().join("taskwire.db").display());
        Self { url, _folder: Some(folder) }
    }

    pub async fn postgres() -> Self {
        Self { url: postgres::fresh_database().await, _folder: None }
    }

    /// A database that the caller manages.
    pub fn at(url: String) -> Self {
        Self { url, _folder: None }
    }

    /// Opens the database, as a node of its own.
    pub async fn open(&self) -> Store {
        Store::open(StoreSettings::new(&self.url)).await.expect("the database opens")
    }
}
