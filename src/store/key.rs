//! The installation's key. All nodes have it because they share the database; nobody else has it.

use app::time::Timestamp;
use sqlx::Row;

use super::{Store, StoreError, connection::Connection, sql::query};
use crate::secret::{Key, SecretHash};

pub(super) struct InstallationKey {
    key: Key,
    seal: Key,
    /// Until this time, one-time links without a seal are accepted: they were made before there was a key. The last of them
    /// expires then.
    unsealed_links_until: Timestamp,
}

impl InstallationKey {
    /// Reads the key. The first server that opens the database creates it.
    pub async fn read_or_make(connection: &mut Connection) -> Result<Self, StoreError> {
        let select = "SELECT key, unsealed_links_until FROM installation_key";
        let row = match query(select).fetch_optional(&mut *connection).await? {
            Some(row) => row,
            None => {
                // (The first-visit link is left out: it is made anew at each start.)
                query(
                    "INSERT INTO installation_key (one, key, unsealed_links_until) \
                     SELECT 1, $1, COALESCE(MAX(expires_at), 0) FROM one_time_links \
                     WHERE used_at IS NULL AND purpose NOT LIKE '%first_visit%' \
                     ON CONFLICT (one) DO NOTHING",
                )
                .bind(Key::random().to_stored())
                .execute(&mut *connection)
                .await?;
                query(select).fetch_one(&mut *connection).await?
            }
        };
        let key = Key::parse(row.try_get(0)?)
            .ok_or_else(|| StoreError::corrupt("a value that is not a key, where a key is expected"))?;
        let unsealed_links_until = Timestamp::from_millis(row.try_get(1)?);
        Ok(Self { seal: key.for_use("secrets"), key, unsealed_links_until })
    }
}

impl Store {
    /// The key derived from the installation's key for one purpose, such as `session cookies`.
    pub fn key(&self, name: &str) -> Key {
        self.shared.key.key.for_use(name)
    }

    /// The key that seals secrets. The seal shows whether it is worth looking up a secret in the database.
    pub fn seal(&self) -> &Key {
        &self.shared.key.seal
    }

    /// The hash by which a one-time link is looked up; `None` if this installation did not make it, so that no look-up is needed.
    pub fn link_hash(&self, secret: &str, now: Timestamp) -> Option<SecretHash> {
        let unsealed = || (now < self.shared.key.unsealed_links_until).then(|| SecretHash::of(secret));
        SecretHash::of_sealed(secret, self.seal()).or_else(unsealed)
    }
}
