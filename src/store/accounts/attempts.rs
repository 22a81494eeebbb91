//! Data about sign-in attempts, as rows: the browsers in which a person has signed in before.

use app::{id::ActorId, time::Timestamp};

use super::{
    super::{Store, StoreError, sql::query},
    Note,
};
use crate::secret::SecretHash;

impl Store {
    /// Whether the person has signed in with this browser before.
    pub async fn is_known_device(&self, hash: SecretHash, person: ActorId) -> Result<bool, StoreError> {
        let found = query("SELECT 1 FROM known_devices WHERE hash = $1 AND person = $2")
            .bind(hash.to_string())
            .bind(person.to_string())
            .fetch_optional(self.readers())
            .await?;
        Ok(found.is_some())
    }
}

impl Note {
    /// Records that a person has signed in with a browser.
    pub(crate) async fn insert_known_device(
        &mut self,
        hash: SecretHash,
        person: ActorId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        query("INSERT INTO known_devices (hash, person, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
            .bind(hash.to_string())
            .bind(person.to_string())
            .bind(at.as_millis())
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }

    /// Deletes the known browsers of a person except the newest.
    pub(crate) async fn keep_known_devices(&mut self, person: ActorId, newest: i64) -> Result<(), StoreError> {
        query(
            "DELETE FROM known_devices WHERE person = $1 AND hash NOT IN \
             (SELECT hash FROM known_devices WHERE person = $1 ORDER BY created_at DESC, hash LIMIT $2)",
        )
        .bind(person.to_string())
        .bind(newest)
        .execute(&mut self.connection)
        .await?;
        Ok(())
    }

    /// Deletes the known browsers that were recorded before a time.
    pub(crate) async fn forget_devices_before(&mut self, before: Timestamp) -> Result<(), StoreError> {
        query("DELETE FROM known_devices WHERE created_at < $1")
            .bind(before.as_millis())
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }
}
