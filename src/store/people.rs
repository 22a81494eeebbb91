//! Accounts, sessions, tokens and links as rows.
//!
//! Whatever changes who may do what is an `AccessChange`: one transaction that locks the revision first, which makes such
//! changes wait for each other on all nodes. It is begun in the name of a [`Caller`] and has everybody's rights as they are
//! then, the caller's among them: there are no others to decide by, however long somebody waited before. So a rule that is
//! checked inside it holds, such as that there is always an owner. What the rules are is for [`crate::accounts`] to say.
//!
//! A `Note` is a transaction that changes nobody's rights, such as that a token was used.

use std::sync::Arc;

use app::{
    access::{Asker, InstanceRole, ShareLink},
    id::ActorId,
    state::BoardState,
    time::Timestamp,
};
use sqlx::{Row, any::AnyRow};
use uuid::Uuid;

use super::{
    Directory, Store, StoreError, Token,
    connect::Engine,
    connection::Connection,
    directory::{hash, token},
    rows,
    sql::query,
};
use crate::{
    caller::{Caller, Credential},
    clock,
    secret::SecretHash,
};

/// An account to be made.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// Whose.
    pub id: ActorId,
    /// What they want to be called.
    pub name: String,
    /// In lower case.
    pub email: String,
    /// Whether it is known to be theirs.
    pub email_is_proved: bool,
    /// What they are to be.
    pub role: InstanceRole,
    /// The hash of their password, if they have one.
    pub password: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// How often the credentials of a new account were changed, made included.
pub const NEW_CREDENTIALS: i64 = 1;

impl NewAccount {
    /// That whoever makes it is its owner.
    pub fn proof(&self) -> Proof {
        Proof { person: self.id, credentials: NEW_CREDENTIALS }
    }
}

/// That somebody proved who they are. It holds until what they sign in with is changed, or their account is taken out of use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Who.
    pub person: ActorId,
    /// How often their credentials had been changed then.
    pub credentials: i64,
}

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

/// A session, as its owner sees it.
#[derive(Clone, Debug)]
pub struct SessionRow {
    /// What it is called by.
    pub id: Uuid,
    /// What it is recognised by.
    pub hash: SecretHash,
    /// What was kept with it, as JSON.
    pub data: String,
    /// When its owner signed in.
    pub created_at: Timestamp,
    /// When it was last used, to the hour.
    pub seen_at: Timestamp,
    /// When it ends if it is not used again.
    pub expires_at: Timestamp,
}

/// A change of who may do what, in one transaction: nothing of it happens unless it is committed.
pub(crate) struct AccessChange<'a> {
    store: &'a Store,
    connection: Connection,
    /// Everybody's rights, as this transaction found them.
    directory: Arc<Directory>,
    /// What whoever asks may do; `None` where what they prove themselves with no longer holds.
    asker: Option<Asker>,
    /// Whether it changed what the directory holds.
    counts: bool,
}

/// Something to be written that changes nobody's rights, in one transaction.
pub(crate) struct Note {
    connection: Connection,
    engine: Engine,
}

impl Store {
    /// Begins to change who may do what, in the name of somebody. Such changes wait for each other, on all nodes.
    pub(crate) async fn change_access(&self, caller: &Caller) -> Result<AccessChange<'_>, StoreError> {
        let Note { mut connection, engine } = self.note().await?;
        let sql = match engine {
            Engine::Sqlite => "SELECT revision, schema FROM access_revision",
            Engine::Postgres => "SELECT revision, schema FROM access_revision FOR UPDATE",
        };
        let revision = self.known_revision(&query(sql).fetch_one(&mut connection).await?)?;
        let mut directory = self.directory();
        if directory.revision() != revision {
            directory = Arc::new(Directory::load(&mut connection).await?);
        }
        let mut asker = directory.asker(caller, clock::now());
        if let Credential::Session { person, hash } = &caller.credential
            && !session_holds(&mut connection, *person, *hash).await?
        {
            asker = None;
        }
        Ok(AccessChange { store: self, connection, directory, asker, counts: false })
    }

    /// Begins to write what changes nobody's rights, such as when something was last used.
    pub(crate) async fn note(&self) -> Result<Note, StoreError> {
        let engine = self.shared.database.engine;
        Ok(Note { connection: self.shared.writer.begin().await?, engine })
    }

    /// The hash of somebody's password, if they have one, and how often what they sign in with was changed.
    pub async fn password(&self, person: ActorId) -> Result<Option<(Option<String>, i64)>, StoreError> {
        query("SELECT password, credentials FROM people WHERE id = $1")
            .bind(person.to_string())
            .fetch_optional(self.readers())
            .await?
            .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
            .transpose()
    }

    /// Who somebody is here who is known elsewhere.
    pub async fn identity(&self, issuer: &str, subject: &str) -> Result<Option<ActorId>, StoreError> {
        query("SELECT person FROM identities WHERE issuer = $1 AND subject = $2")
            .bind(issuer.to_owned())
            .bind(subject.to_owned())
            .fetch_optional(self.readers())
            .await?
            .map(|row| rows::id(row.try_get(0)?))
            .transpose()
    }

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

    /// Whose a session is that has not ended, if there is one; it may be nobody's yet.
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

    /// The sessions of a person that have not ended, the one used last first.
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

    /// The tokens of a person that were not revoked, newest first, and when each was last used.
    pub async fn tokens_of(&self, person: ActorId) -> Result<Vec<(Token, Option<Timestamp>)>, StoreError> {
        query(
            "SELECT hash, id, person, name, scope, created_at, expires_at, used_at FROM tokens \
             WHERE person = $1 AND revoked_at IS NULL ORDER BY created_at DESC, id DESC",
        )
        .bind(person.to_string())
        .fetch_all(self.readers())
        .await?
        .iter()
        .map(|row| Ok((token(row)?, row.try_get::<Option<i64>, _>(7)?.map(Timestamp::from_millis))))
        .collect()
    }

    /// A link that still works.
    pub async fn one_time_link(&self, hash: SecretHash, now: Timestamp) -> Result<Option<OneTimeLink>, StoreError> {
        let found = query(ONE_TIME_LINK).bind(hash.to_string()).bind(now.as_millis());
        found.fetch_optional(self.readers()).await?.as_ref().map(one_time_link).transpose()
    }

    /// The links that still work, newest first.
    pub async fn one_time_links(&self, now: Timestamp) -> Result<Vec<OneTimeLink>, StoreError> {
        query(
            "SELECT id, purpose, created_by, created_at, expires_at FROM one_time_links \
             WHERE used_at IS NULL AND expires_at > $1 ORDER BY created_at DESC, id DESC",
        )
        .bind(now.as_millis())
        .fetch_all(self.readers())
        .await?
        .iter()
        .map(one_time_link)
        .collect()
    }

    /// Links that were used, but what follows from that was not done yet; and who used them.
    pub async fn unsettled_links(&self) -> Result<Vec<(OneTimeLink, ActorId)>, StoreError> {
        query(
            "SELECT id, purpose, created_by, created_at, expires_at, used_by FROM one_time_links \
             WHERE used_by IS NOT NULL AND settled = 0",
        )
        .fetch_all(self.readers())
        .await?
        .iter()
        .map(|row| Ok((one_time_link(row)?, rows::id(row.try_get(5)?)?)))
        .collect()
    }

    /// The share links of a board that were not revoked, newest first.
    pub async fn share_links(&self, board: &BoardState) -> Result<Vec<ShareLink>, StoreError> {
        let directory = self.directory();
        query(
            "SELECT id, created_by, created_at FROM share_links \
             WHERE board = $1 AND revoked_at IS NULL ORDER BY created_at DESC, id DESC",
        )
        .bind(board.id().to_string())
        .fetch_all(self.readers())
        .await?
        .iter()
        .map(|row| {
            let created_by = row.try_get::<Option<&str>, _>(1)?.map(rows::id).transpose()?;
            let works = directory.link(board.id(), created_by).is_some_and(|link| link.works(board.access()));
            let created_at = Timestamp::from_millis(row.try_get(2)?);
            Ok(ShareLink { id: rows::id(row.try_get(0)?)?, created_by, created_at, works })
        })
        .collect()
    }

    /// Whether somebody has signed in with this browser before.
    pub async fn is_known_device(&self, hash: SecretHash, person: ActorId) -> Result<bool, StoreError> {
        let found = query("SELECT 1 FROM known_devices WHERE hash = $1 AND person = $2")
            .bind(hash.to_string())
            .bind(person.to_string())
            .fetch_optional(self.readers())
            .await?;
        Ok(found.is_some())
    }
}

impl AccessChange<'_> {
    /// Everybody's rights, as this transaction found them.
    pub(crate) fn directory(&self) -> &Directory {
        &self.directory
    }

    /// What whoever asks may do; `None` where what they prove themselves with no longer holds.
    pub(crate) fn asker(&self) -> Option<&Asker> {
        self.asker.as_ref()
    }

    /// Makes it durable. When this returns, this node knows.
    pub(crate) async fn commit(mut self) -> Result<(), StoreError> {
        if self.counts {
            query("UPDATE access_revision SET revision = revision + 1").execute(&mut self.connection).await?;
        }
        self.connection.commit().await?;
        let Self { store, connection, counts, .. } = self;
        // Somebody else may write while this node reads what came of it.
        drop(connection);
        if counts { store.reload_directory().await } else { Ok(()) }
    }

    /// Takes all of it back.
    pub(crate) async fn abandon(mut self) -> Result<(), StoreError> {
        self.connection.rollback().await
    }

    /// The connection, to change something that the directory holds.
    fn changing(&mut self) -> &mut Connection {
        self.counts = true;
        &mut self.connection
    }

    /// Makes an account; `false` if the e-mail address has one.
    pub(crate) async fn insert(&mut self, new: &NewAccount) -> Result<bool, StoreError> {
        let done = query(
            "INSERT INTO people (id, name, email, role, password, created_at, credentials, email_proved_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (email) DO NOTHING",
        )
        .bind(new.id.to_string())
        .bind(new.name.clone())
        .bind(new.email.clone())
        .bind(new.role.as_str())
        .bind(new.password.clone())
        .bind(new.at.as_millis())
        .bind(NEW_CREDENTIALS)
        .bind(new.email_is_proved.then_some(new.at.as_millis()))
        .execute(self.changing())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Gives somebody another name.
    pub(crate) async fn set_name(&mut self, person: ActorId, name: &str) -> Result<(), StoreError> {
        query("UPDATE people SET name = $2 WHERE id = $1")
            .bind(person.to_string())
            .bind(name.to_owned())
            .execute(self.changing())
            .await?;
        Ok(())
    }

    /// Makes somebody something else.
    pub(crate) async fn set_role(&mut self, person: ActorId, role: InstanceRole) -> Result<(), StoreError> {
        query("UPDATE people SET role = $2 WHERE id = $1")
            .bind(person.to_string())
            .bind(role.as_str())
            .execute(self.changing())
            .await?;
        Ok(())
    }

    /// Gives somebody another password. Who has proved the old one and waits to be let in is not.
    pub(crate) async fn set_password(&mut self, person: ActorId, hash: &str) -> Result<(), StoreError> {
        query("UPDATE people SET password = $2, credentials = credentials + 1 WHERE id = $1")
            .bind(person.to_string())
            .bind(hash.to_owned())
            .execute(self.changing())
            .await?;
        Ok(())
    }

    /// Takes an account out of use, or puts it back into use.
    pub(crate) async fn set_deactivated(&mut self, person: ActorId, at: Option<Timestamp>) -> Result<(), StoreError> {
        query("UPDATE people SET deactivated_at = $2, credentials = credentials + 1 WHERE id = $1")
            .bind(person.to_string())
            .bind(at.map(Timestamp::as_millis))
            .execute(self.changing())
            .await?;
        Ok(())
    }

    /// Notes that somebody's e-mail address is theirs.
    pub(crate) async fn prove_email(&mut self, person: ActorId, at: Timestamp) -> Result<(), StoreError> {
        query("UPDATE people SET email_proved_at = $2 WHERE id = $1 AND email_proved_at IS NULL")
            .bind(person.to_string())
            .bind(at.as_millis())
            .execute(self.changing())
            .await?;
        Ok(())
    }

    /// Who is tied to whom at a provider: the account of somebody there, or what an account is called there.
    pub(crate) async fn is_tied(&mut self, issuer: &str, subject: &str, person: ActorId) -> Result<bool, StoreError> {
        let found = query("SELECT 1 FROM identities WHERE issuer = $1 AND (subject = $2 OR person = $3)")
            .bind(issuer.to_owned())
            .bind(subject.to_owned())
            .bind(person.to_string())
            .fetch_optional(&mut self.connection)
            .await?;
        Ok(found.is_some())
    }

    /// Ties an account to who its owner is elsewhere.
    pub(crate) async fn insert_identity(
        &mut self,
        issuer: &str,
        subject: &str,
        person: ActorId,
    ) -> Result<(), StoreError> {
        query("INSERT INTO identities (issuer, subject, person) VALUES ($1, $2, $3)")
            .bind(issuer.to_owned())
            .bind(subject.to_owned())
            .bind(person.to_string())
            .execute(self.changing())
            .await?;
        Ok(())
    }

    /// Ends a session. Tells whether there was one.
    pub(crate) async fn end_session(&mut self, hash: SecretHash, at: Timestamp) -> Result<bool, StoreError> {
        let done = query("UPDATE sessions SET ended_at = $2 WHERE hash = $1 AND ended_at IS NULL")
            .bind(hash.to_string())
            .bind(at.as_millis())
            .execute(self.changing())
            .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Ends one session of a person. Tells whether there was one.
    pub(crate) async fn end_session_of(
        &mut self,
        person: ActorId,
        id: Uuid,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let done = query("UPDATE sessions SET ended_at = $3 WHERE person = $1 AND id = $2 AND ended_at IS NULL")
            .bind(person.to_string())
            .bind(id.to_string())
            .bind(at.as_millis())
            .execute(self.changing())
            .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Ends all sessions of a person but one.
    pub(crate) async fn end_sessions_of(
        &mut self,
        person: ActorId,
        but: Option<SecretHash>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        query("UPDATE sessions SET ended_at = $3 WHERE person = $1 AND hash <> $2 AND ended_at IS NULL")
            .bind(person.to_string())
            .bind(but.map(|hash| hash.to_string()).unwrap_or_default())
            .bind(at.as_millis())
            .execute(self.changing())
            .await?;
        Ok(())
    }

    /// Makes a token.
    pub(crate) async fn insert_token(&mut self, hash: SecretHash, token: &Token) -> Result<(), StoreError> {
        query(
        "INSERT INTO tokens (hash, id, person, name, scope, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(hash.to_string())
    .bind(token.id.to_string())
    .bind(token.person.to_string())
    .bind(token.name.clone())
    .bind(token.scope.as_str())
    .bind(token.created_at.as_millis())
    .bind(token.expires_at.map(Timestamp::as_millis))
    .execute(self.changing())
    .await?;
        Ok(())
    }

    /// Revokes all tokens of a person.
    pub(crate) async fn revoke_tokens_of(&mut self, person: ActorId, at: Timestamp) -> Result<(), StoreError> {
        query("UPDATE tokens SET revoked_at = $2 WHERE person = $1 AND revoked_at IS NULL")
            .bind(person.to_string())
            .bind(at.as_millis())
            .execute(self.changing())
            .await?;
        Ok(())
    }

    /// Revokes a token, of one person or of anybody. Tells whether there was one.
    pub(crate) async fn revoke_token(
        &mut self,
        id: Uuid,
        person: Option<ActorId>,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let done = query(
            "UPDATE tokens SET revoked_at = $3 WHERE id = $1 AND (person = $2 OR $2 = '') AND revoked_at IS NULL",
        )
        .bind(id.to_string())
        .bind(person.map(|person| person.to_string()).unwrap_or_default())
        .bind(at.as_millis())
        .execute(self.changing())
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Makes a link that works once.
    pub(crate) async fn insert_one_time_link(
        &mut self,
        hash: SecretHash,
        link: &OneTimeLink,
    ) -> Result<(), StoreError> {
        query(
            "INSERT INTO one_time_links (hash, id, purpose, created_by, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(hash.to_string())
        .bind(link.id.to_string())
        .bind(link.purpose.clone())
        .bind(link.created_by.map(|person| person.to_string()))
        .bind(link.created_at.as_millis())
        .bind(link.expires_at.as_millis())
        .execute(&mut self.connection)
        .await?;
        Ok(())
    }

    /// A link that still works.
    pub(crate) async fn one_time_link(
        &mut self,
        hash: SecretHash,
        now: Timestamp,
    ) -> Result<Option<OneTimeLink>, StoreError> {
        let found = query(ONE_TIME_LINK).bind(hash.to_string()).bind(now.as_millis());
        found.fetch_optional(&mut self.connection).await?.as_ref().map(one_time_link).transpose()
    }

    /// A link that still works, by what it is called.
    pub(crate) async fn one_time_link_called(
        &mut self,
        id: Uuid,
        now: Timestamp,
    ) -> Result<Option<OneTimeLink>, StoreError> {
        query(
            "SELECT id, purpose, created_by, created_at, expires_at FROM one_time_links \
             WHERE id = $1 AND used_at IS NULL AND expires_at > $2",
        )
        .bind(id.to_string())
        .bind(now.as_millis())
        .fetch_optional(&mut self.connection)
        .await?
        .as_ref()
        .map(one_time_link)
        .transpose()
    }

    /// Uses a link up. Tells whether it still worked: of two who try at once, one succeeds.
    pub(crate) async fn use_one_time_link(
        &mut self,
        hash: SecretHash,
        by: Option<ActorId>,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let done = query(
        "UPDATE one_time_links SET used_at = $2, used_by = $3 WHERE hash = $1 AND used_at IS NULL AND expires_at > $2",
    )
    .bind(hash.to_string())
    .bind(at.as_millis())
    .bind(by.map(|person| person.to_string()))
    .execute(&mut self.connection)
    .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Takes a link back before it was used. Tells whether there was one.
    pub(crate) async fn revoke_one_time_link(&mut self, id: Uuid) -> Result<bool, StoreError> {
        let done = query("DELETE FROM one_time_links WHERE id = $1 AND used_at IS NULL")
            .bind(id.to_string())
            .execute(&mut self.connection)
            .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Takes back all links with exactly this purpose.
    pub(crate) async fn revoke_links_for(&mut self, purpose: &str) -> Result<(), StoreError> {
        query("DELETE FROM one_time_links WHERE purpose = $1 AND used_at IS NULL")
            .bind(purpose.to_owned())
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }
}

impl Note {
    /// Makes it durable.
    pub(crate) async fn commit(mut self) -> Result<(), StoreError> {
        self.connection.commit().await
    }

    /// Takes all of it back.
    pub(crate) async fn abandon(mut self) -> Result<(), StoreError> {
        self.connection.rollback().await
    }

    /// Makes a session: of nobody yet, or of somebody who proved who they are when their credentials had been changed so
    /// often. `false`, where they have changed since or the account is out of use: then there is no session.
    pub(crate) async fn insert_session(
        &mut self,
        session: &SessionRow,
        proof: Option<Proof>,
    ) -> Result<bool, StoreError> {
        if let Some(Proof { person, credentials }) = proof {
            // Locked, so that whoever changes them waits, and then finds the session to be ended.
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
        Ok(true)
    }

    /// Keeps a session for longer, with other data. One that has ended stays ended, and whose it is stays as it is.
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

    /// Notes that a token was used.
    pub(crate) async fn touch_token(&mut self, hash: SecretHash, at: Timestamp) -> Result<(), StoreError> {
        query("UPDATE tokens SET used_at = $2 WHERE hash = $1")
            .bind(hash.to_string())
            .bind(at.as_millis())
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }

    /// Forgets a session that is nobody's yet.
    pub(crate) async fn drop_nobodys_session(&mut self, hash: SecretHash) -> Result<(), StoreError> {
        query("DELETE FROM sessions WHERE hash = $1 AND person IS NULL")
            .bind(hash.to_string())
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }

    /// Notes that all that follows from the use of a link has been done.
    pub(crate) async fn settle_link(&mut self, id: Uuid) -> Result<(), StoreError> {
        query("UPDATE one_time_links SET settled = 1 WHERE id = $1")
            .bind(id.to_string())
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }

    /// Forgets sessions that ended or expired, and links that no longer work, before a time.
    pub(crate) async fn forget_before(&mut self, before: Timestamp) -> Result<(), StoreError> {
        for sql in [
            "DELETE FROM sessions WHERE ended_at < $1 OR expires_at < $1",
            "DELETE FROM one_time_links WHERE expires_at < $1 AND (used_by IS NULL OR settled = 1)",
            "DELETE FROM tokens WHERE revoked_at < $1",
            "DELETE FROM share_links WHERE revoked_at < $1",
            "DELETE FROM share_links WHERE EXISTS \
             (SELECT 1 FROM boards WHERE boards.id = share_links.board AND boards.deleted_at < $1)",
        ] {
            query(sql).bind(before.as_millis()).execute(&mut self.connection).await?;
        }
        Ok(())
    }

    /// Forgets browsers in which somebody has signed in for the last time before a time.
    pub(crate) async fn forget_devices_before(&mut self, before: Timestamp) -> Result<(), StoreError> {
        query("DELETE FROM known_devices WHERE created_at < $1")
            .bind(before.as_millis())
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }

    /// Forgets the browsers of somebody but the newest.
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

    /// Notes that somebody has signed in with a browser.
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
}

/// A link that works once, by the hash of its secret, if it still works.
const ONE_TIME_LINK: &str = "SELECT id, purpose, created_by, created_at, expires_at FROM one_time_links \
     WHERE hash = $1 AND used_at IS NULL AND expires_at > $2";

/// Whether a session has not ended.
async fn session_holds(connection: &mut Connection, person: ActorId, hash: SecretHash) -> Result<bool, StoreError> {
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

/// A row of `id, purpose, created_by, created_at, expires_at`.
fn one_time_link(row: &AnyRow) -> Result<OneTimeLink, StoreError> {
    Ok(OneTimeLink {
        id: rows::id(row.try_get(0)?)?,
        purpose: row.try_get(1)?,
        created_by: row.try_get::<Option<&str>, _>(2)?.map(rows::id).transpose()?,
        created_at: Timestamp::from_millis(row.try_get(3)?),
        expires_at: Timestamp::from_millis(row.try_get(4)?),
    })
}
