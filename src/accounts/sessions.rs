//! Sessions of browsers: rows of the database behind tower-sessions' interface.
//!
//! The cookie holds an id that only the browser knows; a row has its hash. A session that ended keeps its row for a while,
//! marked, so that every node hears of it and closes its sockets.

use app::{id::ActorId, time::Timestamp};
use async_trait::async_trait;
use tower_sessions::{
    SessionStore,
    session::{Id, Record},
    session_store,
};

use crate::{
    clock::now,
    hub::Hub,
    secret::SecretHash,
    store::{Store, StoreError, people::SessionRow},
};

/// The name of the cookie.
pub const COOKIE: &str = "taskwire_session";

/// How long a session lasts that is not used.
pub const LIFETIME_DAYS: i64 = 30;

/// The keys of what is kept with a session.
pub mod key {
    /// Who signed in: an [`app::id::ActorId`].
    pub const PERSON: &str = "person";
    /// The browser, as it described itself then.
    pub const AGENT: &str = "agent";
    /// When it was last used, to the hour.
    pub const SEEN: &str = "seen";
    /// What is remembered while somebody signs in elsewhere.
    pub const UNDERWAY: &str = "underway";
}

/// The rows of sessions.
#[derive(Clone)]
pub struct Sessions {
    store: Store,
    hub: Hub,
}

impl Sessions {
    /// Those of a database.
    pub fn new(store: Store, hub: Hub) -> Self {
        Self { store, hub }
    }
}

impl std::fmt::Debug for Sessions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sessions")
    }
}

/// What is stored of a session's id.
pub fn hash(id: Id) -> SecretHash {
    SecretHash::of(&id.to_string())
}

#[async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        // The id has 128 random bits: it is taken by nobody.
        let (row, person) = row(record)?;
        let insert = async {
            let mut note = self.store.note().await?;
            note.insert_session(&row, person).await?;
            note.commit().await
        };
        insert.await.map_err(failed)
    }

    async fn save(&self, record: &Record) -> session_store::Result<()> {
        let (row, person) = row(record)?;
        let update = async {
            let mut note = self.store.note().await?;
            note.update_session(&row, person).await?;
            note.commit().await
        };
        update.await.map_err(failed)
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        let Some(row) = self.store.session(hash(*id), now()).await.map_err(failed)? else { return Ok(None) };
        let data = serde_json::from_str(&row.data).map_err(|error| session_store::Error::Decode(error.to_string()))?;
        let expiry_date = time::OffsetDateTime::from_unix_timestamp(row.expires_at.as_millis() / 1_000)
            .map_err(|error| session_store::Error::Decode(error.to_string()))?;
        Ok(Some(Record { id: *id, data, expiry_date }))
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        let hash = hash(*id);
        let end = async {
            let mut change = self.store.change_access().await?;
            change.end_session(hash, now()).await?;
            change.commit().await
        };
        end.await.map_err(failed)?;
        self.hub.rights_changed();
        Ok(())
    }
}

fn row(record: &Record) -> session_store::Result<(SessionRow, Option<ActorId>)> {
    let data = serde_json::to_string(&record.data).map_err(|error| session_store::Error::Encode(error.to_string()))?;
    let person = record.data.get(key::PERSON).and_then(|value| serde_json::from_value(value.clone()).ok());
    let at = now();
    let expires_at = Timestamp::from_millis(record.expiry_date.unix_timestamp().saturating_mul(1_000));
    let row = SessionRow { id: app::new_id(), hash: hash(record.id), data, created_at: at, seen_at: at, expires_at };
    Ok((row, person))
}

fn failed(error: StoreError) -> session_store::Error {
    tracing::error!(%error, "a session could not be read or written");
    session_store::Error::Backend("the database does not answer".to_owned())
}
