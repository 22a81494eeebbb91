//! Links that work once, as rows.

use app::{id::ActorId, time::Timestamp};
use serde_json::json;
use sqlx::{Row, any::AnyRow};
use uuid::Uuid;

use super::{
    super::{Store, StoreError, audit::NewEvent, rows, sql::query},
    AccessChange,
};
use crate::secret::SecretHash;

/// Selects links by a condition.
macro_rules! select_links {
    ($condition:literal) => {
        concat!("SELECT id, purpose, created_by, created_at, expires_at FROM one_time_links WHERE ", $condition)
    };
}

/// Selects a link by the hash of its secret, if it still works.
const BY_HASH: &str = select_links!("hash = $1 AND used_at IS NULL AND expires_at > $2");

/// A link that works once.
#[derive(Clone, Debug)]
pub struct OneTimeLink {
    /// What it is called by.
    pub id: Uuid,
    /// What it is for, as JSON.
    pub purpose: String,
    /// Who made it; nobody, where the command line or the server did.
    pub created_by: Option<ActorId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working.
    pub expires_at: Timestamp,
}

impl Store {
    /// A link, whether it still works or not, by what it is called.
    pub async fn any_one_time_link(&self, id: Uuid) -> Result<Option<OneTimeLink>, StoreError> {
        query(select_links!("id = $1"))
            .bind(id.to_string())
            .fetch_optional(self.readers())
            .await?
            .as_ref()
            .map(one_time_link)
            .transpose()
    }

    /// A link that still works.
    pub async fn one_time_link(&self, hash: SecretHash, now: Timestamp) -> Result<Option<OneTimeLink>, StoreError> {
        let found = query(BY_HASH).bind(hash.to_string()).bind(now.as_millis());
        found.fetch_optional(self.readers()).await?.as_ref().map(one_time_link).transpose()
    }

    /// The links that still work, newest first.
    pub async fn one_time_links(&self, now: Timestamp) -> Result<Vec<OneTimeLink>, StoreError> {
        query(select_links!("used_at IS NULL AND expires_at > $1 ORDER BY created_at DESC, id DESC"))
            .bind(now.as_millis())
            .fetch_all(self.readers())
            .await?
            .iter()
            .map(one_time_link)
            .collect()
    }
}

impl AccessChange<'_> {
    /// Makes a link that works once.
    pub(crate) async fn insert_one_time_link(
        &mut self,
        hash: SecretHash,
        link: &OneTimeLink,
        event: NewEvent,
    ) -> Result<(), StoreError> {
        let insert = query(
            "INSERT INTO one_time_links (hash, id, purpose, created_by, created_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(hash.to_string())
        .bind(link.id.to_string())
        .bind(link.purpose.clone())
        .bind(link.created_by.map(|person| person.to_string()))
        .bind(link.created_at.as_millis())
        .bind(link.expires_at.as_millis());
        self.change_aside(insert, |_| event).await?;
        Ok(())
    }

    /// A link that still works.
    pub(crate) async fn one_time_link(
        &mut self,
        hash: SecretHash,
        now: Timestamp,
    ) -> Result<Option<OneTimeLink>, StoreError> {
        let found = query(BY_HASH).bind(hash.to_string()).bind(now.as_millis());
        self.read(found).await?.as_ref().map(one_time_link).transpose()
    }

    /// A link that still works, by what it is called.
    pub(crate) async fn one_time_link_called(
        &mut self,
        id: Uuid,
        now: Timestamp,
    ) -> Result<Option<OneTimeLink>, StoreError> {
        let found = query(select_links!("id = $1 AND used_at IS NULL AND expires_at > $2"));
        self.read(found.bind(id.to_string()).bind(now.as_millis())).await?.as_ref().map(one_time_link).transpose()
    }

    /// Gives a link that still works another secret. Returns whether there was one.
    pub(crate) async fn renew_one_time_link(
        &mut self,
        id: Uuid,
        hash: SecretHash,
        now: Timestamp,
        event: NewEvent,
    ) -> Result<bool, StoreError> {
        let update = query("UPDATE one_time_links SET hash = $2 WHERE id = $1 AND used_at IS NULL AND expires_at > $3")
            .bind(id.to_string())
            .bind(hash.to_string())
            .bind(now.as_millis());
        Ok(self.change_aside(update, |_| event).await? == 1)
    }

    /// Uses a link up. Tells whether it still worked: of two who try at once, one succeeds.
    pub(crate) async fn use_one_time_link(
        &mut self,
        hash: SecretHash,
        by: Option<ActorId>,
        at: Timestamp,
        event: NewEvent,
    ) -> Result<bool, StoreError> {
        let update = query(
            "UPDATE one_time_links SET used_at = $2, used_by = $3 \
             WHERE hash = $1 AND used_at IS NULL AND expires_at > $2",
        )
        .bind(hash.to_string())
        .bind(at.as_millis())
        .bind(by.map(|person| person.to_string()));
        Ok(self.change_aside(update, |_| event).await? == 1)
    }

    /// Takes a link back before it was used. Tells whether there was one.
    pub(crate) async fn revoke_one_time_link(&mut self, id: Uuid, event: NewEvent) -> Result<bool, StoreError> {
        let delete = query("DELETE FROM one_time_links WHERE id = $1 AND used_at IS NULL").bind(id.to_string());
        Ok(self.change_aside(delete, |_| event).await? > 0)
    }

    /// Takes back all links with exactly this purpose.
    pub(crate) async fn revoke_links_for(&mut self, purpose: &str, event: NewEvent) -> Result<(), StoreError> {
        let delete = query("DELETE FROM one_time_links WHERE purpose = $1 AND used_at IS NULL").bind(purpose);
        self.change_aside(delete, |links| event.with(json!({ "links": links }))).await?;
        Ok(())
    }
}

/// Reads a row of `select_links!`.
fn one_time_link(row: &AnyRow) -> Result<OneTimeLink, StoreError> {
    Ok(OneTimeLink {
        id: rows::id(row.try_get(0)?)?,
        purpose: row.try_get(1)?,
        created_by: row.try_get::<Option<&str>, _>(2)?.map(rows::id).transpose()?,
        created_at: Timestamp::from_millis(row.try_get(3)?),
        expires_at: Timestamp::from_millis(row.try_get(4)?),
    })
}
