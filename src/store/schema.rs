//! The version of the database's schema, compared with the newest that this program knows.
//!
//! While an installation is updated node by node, the first new node migrates the database while old nodes still run. From then
//! on, an old node could write data that the new ones do not understand, or omit data that they rely on. So an old node
//! continues to read, and writes nothing more: [`Schema::found`] is called within each transaction that changes boards or
//! rights, and [`Schema::check`] before any transaction that writes.

use tokio::sync::watch;

use super::{StoreError, migrations};

/// See the [module](self).
pub(super) struct Schema {
    /// The version of the database's schema, if it is newer than this program's.
    newer: watch::Sender<Option<i64>>,
}

impl Default for Schema {
    fn default() -> Self {
        Self { newer: watch::Sender::new(None) }
    }
}

impl Schema {
    /// Records the version of the database's schema; returns an error if that is newer than this program's.
    pub fn found(&self, theirs: i64) -> Result<(), StoreError> {
        let newer = (theirs > *migrations::NEWEST).then_some(theirs);
        // The version can also go back, if a copy of the database was restored.
        let is_news = self.newer.send_if_modified(|known| std::mem::replace(known, newer) != newer);
        if is_news && let Err(error) = self.check() {
            tracing::warn!("{error}");
        }
        self.check()
    }

    /// Returns an error if the schema was newer than this program's when it was last read.
    pub fn check(&self) -> Result<(), StoreError> {
        match *self.newer.borrow() {
            Some(theirs) => Err(StoreError::Newer { theirs, ours: *migrations::NEWEST }),
            None => Ok(()),
        }
    }

    /// Waits until the database's schema is newer than this program's.
    pub async fn is_newer(&self) {
        // This cannot fail: the sender lives as long as `self`.
        let _ = self.newer.subscribe().wait_for(Option::is_some).await;
    }
}
