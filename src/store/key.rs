//! The installation's key: which all nodes have, because they have the database, and which nobody else has.

use app::time::Timestamp;
use sqlx::Row;

use super::{Store, StoreError, connection::Connection, sql::query};
use crate::secret::{Key, SecretHash};

pub(super) struct InstallationKey {
    key: Key,
    seal: Key,
    /// Links that work once and have no seal were made before there was a key. The last of them ends then.
    unsealed_links_until: Timestamp,
}

impl InstallationKey {
    /// Reads the key. The first server that opens the database makes it.
    pub async fn read_or_make(connection: &mut Connection) -> Result<Self, StoreError> {
        let select = "SELECT key, unsealed_links_until FROM installation_key";
        let row = match query(select).fetch_optional(&mut *connection).await? {
            Some(row) => row,
            None => {
                // (The link of the first visit is made anew at each start.)
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
        let key =
            Key::parse(row.try_get(0)?).ok_or_else(|| StoreError::corrupt("something else in the place of a key"))?;
        let unsealed_links_until = Timestamp::from_millis(row.try_get(1)?);
        Ok(Self { seal: key.for_use("secrets"), key, unsealed_links_until })
    }
}

impl Store {
    /// The installation's key for one use, such as `session cookies`.
    pub fn key(&self, name: &str) -> Key {
        self.shared.key.key.for_use(name)
    }

    /// The key that seals secrets which may have to be looked up in the database.
    pub fn seal(&self) -> &Key {
        &self.shared.key.seal
    }

    /// What to look up a link by that works once; `None` if it was not made here, so that there is nothing to look for.
    pub fn link_hash(&self, secret: &str, now: Timestamp) -> Option<SecretHash> {
        let unsealed = || (now < self.shared.key.unsealed_links_until).then(|| SecretHash::of(secret));
        SecretHash::of_sealed(secret, self.seal()).or_else(unsealed)
    }
}
