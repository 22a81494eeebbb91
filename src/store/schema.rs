//! Which version of the schema the database has, compared with the newest that this program knows.
//!
//! While an installation is updated node by node, the first new node migrates the database under the old ones. From then on an old node
//! would write what the new ones may not understand, or leave out what they rely on. So it goes on reading, and writes nothing more:
//! [`Schema::found`] is asked within each transaction that changes boards or rights, and [`Schema::check`] before any that writes.

use tokio::sync::watch;

use super::{StoreError, migrations};

/// See the [module](self).
pub(super) struct Schema {
    /// The version that the database has, once it is newer than this program.
    newer: watch::Sender<Option<i64>>,
}

impl Default for Schema {
    fn default() -> Self {
        Self { newer: watch::Sender::new(None) }
    }
}

impl Schema {
    /// Takes note of the version that the database has; an error if that is newer than this program.
    pub fn found(&self, theirs: i64) -> Result<(), StoreError> {
        let newer = (theirs > *migrations::NEWEST).then_some(theirs);
        // It may become older again, where a copy was put back.
        let is_news = self.newer.send_if_modified(|known| std::mem::replace(known, newer) != newer);
        if is_news && let Err(error) = self.check() {
            tracing::warn!("{error}");
        }
        self.check()
    }

    /// An error if the database was newer than this program when it was last looked at.
    pub fn check(&self) -> Result<(), StoreError> {
        match *self.newer.borrow() {
            Some(theirs) => Err(StoreError::Newer { theirs, ours: *migrations::NEWEST }),
            None => Ok(()),
        }
    }

    /// Waits until the database is newer than this program.
    pub async fn is_newer(&self) {
        // The sender lives as long as this does.
        let _ = self.newer.subscribe().wait_for(Option::is_some).await;
    }
}
