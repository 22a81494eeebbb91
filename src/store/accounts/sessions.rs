//! Sessions of browsers as rows.

use app::{
    audit::{Action, Target, TargetKind},
    id::ActorId,
    time::Timestamp,
};
use serde_json::json;
use sqlx::{Row, any::AnyRow};
use uuid::Uuid;

use super::{
    super::{
        Store, StoreError,
        audit::{Author, NewEvent},
        connect::Engine,
        connection::Connection,
        directory::hash,
        rows,
        sql::query,
    },
    AccessChange, Note, Proof,
};
use crate::{clock, secret::SecretHash};

/// A session, as its owner sees it.
#[derive(Clone, Debug)]
pub struct SessionRow {
    /// Its id in lists of sessions.
    pub id: Uuid,
    /// The hash of the id in the browser's cookie, by which the session is looked up.
    pub hash: SecretHash,
    /// The data stored in the session, as JSON.
    pub data: String,
    /// When its owner signed in.
    pub created_at: Timestamp,
    /// When it was last used, to the hour.
    pub seen_at: Timestamp,
    /// When it ends if it is not used again.
    pub expires_at: Timestamp,
}

impl Store {
    /// A session that has not ended.
    pub async fn session(&self, hash: SecretHash, now: Timestamp) -> Result<Option<SessionRow>, StoreError> {
        query(
            "SELECT id, hash, data, created_at, seen_at, expires_at FROM sessions \
             WHERE hash = $1 AND ended_at IS NULL AND expires_at > $2",
        )
        .bind(hash.to_string())
        .bind(now.as_millis())
        .fetch_optional(self.readers())
        .await?
        .as_ref()
        .map(session)
        .transpose()
    }

    /// The person whose session it is, if the session exists and has not ended. `Some(None)` for a session in which nobody has
    /// signed in yet.
    pub async fn session_person(
        &self,
        hash: SecretHash,
        now: Timestamp,
    ) -> Result<Option<Option<ActorId>>, StoreError> {
        query("SELECT person FROM sessions WHERE hash = $1 AND ended_at IS NULL AND expires_at > $2")
            .bind(hash.to_string())
            .bind(now.as_millis())
            .fetch_optional(self.readers())
            .await?
            .map(|row| row.try_get::<Option<&str>, _>(0)?.map(rows::id).transpose())
            .transpose()
    }

    /// The sessions of a person that have not ended, the most recently used first.
    pub async fn sessions_of(&self, person: ActorId, now: Timestamp) -> Result<Vec<SessionRow>, StoreError> {
        query(
            "SELECT id, hash, data, created_at, seen_at, expires_at FROM sessions \
             WHERE person = $1 AND ended_at IS NULL AND expires_at > $2 ORDER BY seen_at DESC, id",
        )
        .bind(person.to_string())
        .bind(now.as_millis())
        .fetch_all(self.readers())
        .await?
        .iter()
        .map(session)
        .collect()
    }
}

impl AccessChange<'_> {
    /// Ends the session in which a person asks. Returns whether there was one.
    pub(crate) async fn sign_out(
        &mut self,
        person: ActorId,
        hash: SecretHash,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let event = NewEvent::about(Action::SignOut, self.person(person));
        let end = query("UPDATE sessions SET ended_at = $3 WHERE person = $1 AND hash = $2 AND ended_at IS NULL")
            .bind(person.to_string())
            .bind(hash.to_string())
            .bind(at.as_millis());
        self.change(end, event).await
    }

    /// Ends one session of a person. Returns whether there was one.
    pub(crate) async fn end_session_of(
        &mut self,
        person: ActorId,
        id: Uuid,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let event = NewEvent::about(Action::SessionEnded, self.person(person)).with(json!({ "session": id }));
        let end = query("UPDATE sessions SET ended_at = $3 WHERE person = $1 AND id = $2 AND ended_at IS NULL")
            .bind(person.to_string())
            .bind(id.to_string())
            .bind(at.as_millis());
        self.change(end, event).await
    }

    /// Ends all sessions of a person, except the one with the hash `but`.
    pub(crate) async fn end_sessions_of(
        &mut self,
        person: ActorId,
        but: Option<SecretHash>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let event = NewEvent::about(Action::SessionEnded, self.person(person));
        let end = query("UPDATE sessions SET ended_at = $3 WHERE person = $1 AND hash <> $2 AND ended_at IS NULL")
            .bind(person.to_string())
            .bind(but.map(|hash| hash.to_string()).unwrap_or_default())
            .bind(at.as_millis());
        self.change_many(end, |sessions| event.with(json!({ "sessions": sessions }))).await?;
        Ok(())
    }
}

impl Note {
    /// Creates a session, for a person with a proof or for nobody yet. Returns `false`, and creates nothing, if the proof is
    /// not valid any more: the person's credentials were changed since, or the account was deactivated.
    pub(crate) async fn insert_session(
        &mut self,
        session: &SessionRow,
        sign_in: Option<(Proof, Author)>,
    ) -> Result<bool, StoreError> {
        let proof = sign_in.as_ref().map(|(proof, _)| *proof);
        if let Some(Proof { person, credentials }) = proof {
            // Locks the person's row. So a transaction that changes the credentials waits, and then finds this session and ends it.
            let sql = match self.engine {
                Engine::Sqlite => "SELECT 1 FROM people WHERE id = $1 AND credentials = $2 AND deactivated_at IS NULL",
                Engine::Postgres => {
                    "SELECT 1 FROM people WHERE id = $1 AND credentials = $2 AND deactivated_at IS NULL FOR SHARE"
                }
            };
            let holds = query(sql).bind(person.to_string()).bind(credentials);
            if holds.fetch_optional(&mut self.connection).await?.is_none() {
                return Ok(false);
            }
        }
        query(
            "INSERT INTO sessions (hash, id, person, data, created_at, seen_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(session.hash.to_string())
        .bind(session.id.to_string())
        .bind(proof.map(|proof| proof.person.to_string()))
        .bind(session.data.clone())
        .bind(session.created_at.as_millis())
        .bind(session.seen_at.as_millis())
        .bind(session.expires_at.as_millis())
        .execute(&mut self.connection)
        .await?;
        if let Some((Proof { person, .. }, author)) = sign_in {
            let target = Target::new(TargetKind::Person, person.0, author.name());
            self.record(&author, &NewEvent::about(Action::SignIn, target)).await?;
        }
        Ok(true)
    }

    /// Updates a session's data and expiry. A session that has ended stays ended, and whose session it is does not change.
    pub(crate) async fn update_session(&mut self, session: &SessionRow) -> Result<(), StoreError> {
        query(
            "UPDATE sessions SET data = $2, seen_at = $3, expires_at = $4 \
         WHERE hash = $1 AND ended_at IS NULL",
        )
        .bind(session.hash.to_string())
        .bind(session.data.clone())
        .bind(session.seen_at.as_millis())
        .bind(session.expires_at.as_millis())
        .execute(&mut self.connection)
        .await?;
        Ok(())
    }

    /// Deletes a session in which nobody has signed in.
    pub(crate) async fn drop_nobodys_session(&mut self, hash: SecretHash) -> Result<(), StoreError> {
        query("DELETE FROM sessions WHERE hash = $1 AND person IS NULL")
            .bind(hash.to_string())
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }
}

/// Whether the session exists, is this person's, and has not ended.
pub(super) async fn session_holds(
    connection: &mut Connection,
    person: ActorId,
    hash: SecretHash,
) -> Result<bool, StoreError> {
    let found =
        query("SELECT 1 FROM sessions WHERE hash = $1 AND person = $2 AND ended_at IS NULL AND expires_at > $3")
            .bind(hash.to_string())
            .bind(person.to_string())
            .bind(clock::now().as_millis())
            .fetch_optional(connection)
            .await?;
    Ok(found.is_some())
}

/// A row of `id, hash, data, created_at, seen_at, expires_at`.
fn session(row: &AnyRow) -> Result<SessionRow, StoreError> {
    Ok(SessionRow {
        id: rows::id(row.try_get(0)?)?,
        hash: hash(row.try_get(1)?)?,
        data: row.try_get(2)?,
        created_at: Timestamp::from_millis(row.try_get(3)?),
        seen_at: Timestamp::from_millis(row.try_get(4)?),
        expires_at: Timestamp::from_millis(row.try_get(5)?),
    })
}
