//! Accounts, sessions, tokens and links as rows, one file a resource, by the same names as in [`crate::accounts`].
//!
//! Whatever changes who may do what is an [`AccessChange`]: one transaction that locks the revision first, which makes such
//! changes wait for each other on all nodes. It is begun in the name of whoever has the [`Credentials`], and has everybody's rights as they are
//! then, the caller's among them: there are no others to decide by, however long somebody waited before. So a rule that is
//! checked inside it holds, such as that there is always an owner. What the rules are is for [`crate::accounts`] to say.
//!
//! A [`Note`] is a transaction that changes nobody's rights, such as that a token was used.

mod attempts;
mod oidc;
mod one_time_links;
mod passwords;
pub(super) mod people;
mod sessions;
pub(super) mod share_links;
pub(super) mod tokens;

use std::sync::Arc;

use app::{access::Principal, time::Timestamp};
use uuid::Uuid;

pub(crate) use self::people::NewAccount;
use self::sessions::session_holds;
pub use self::{
    one_time_links::OneTimeLink,
    people::{Account, Proof},
    sessions::SessionRow,
    tokens::Token,
};
use super::{
    Directory, Store, StoreError,
    connect::Engine,
    connection::Connection,
    outbox::{self, NewJob},
    sql::query,
};
use crate::{
    clock,
    credentials::{Credential, Credentials},
};

/// A change of who may do what, in one transaction: nothing of it happens unless it is committed.
pub(crate) struct AccessChange<'a> {
    store: &'a Store,
    connection: Connection,
    /// Everybody's rights, as this transaction found them.
    directory: Arc<Directory>,
    /// What whoever asks may do; `None` where what they prove themselves with no longer holds.
    principal: Option<Principal>,
    /// Whether it changed what the directory holds.
    counts: bool,
    /// Whether there is something to be done afterwards.
    enqueued: bool,
}

/// Something to be written that changes nobody's rights, in one transaction.
pub(crate) struct Note {
    connection: Connection,
    engine: Engine,
}

impl Store {
    /// Begins to change who may do what, in the name of somebody. Such changes wait for each other, on all nodes.
    pub(crate) async fn change_access(&self, credentials: &Credentials) -> Result<AccessChange<'_>, StoreError> {
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
        let mut principal = directory.principal(credentials, clock::now());
        if let Credential::Session { person, hash } = &credentials.credential
            && !session_holds(&mut connection, *person, *hash).await?
        {
            principal = None;
        }
        Ok(AccessChange { store: self, connection, directory, principal, counts: false, enqueued: false })
    }

    /// Begins to write what changes nobody's rights, such as when something was last used.
    pub(crate) async fn note(&self) -> Result<Note, StoreError> {
        let engine = self.shared.database.engine;
        Ok(Note { connection: self.shared.writer.begin().await?, engine })
    }
}

impl AccessChange<'_> {
    /// Everybody's rights, as this transaction found them.
    pub(crate) fn directory(&self) -> &Directory {
        &self.directory
    }

    /// What whoever asks may do; `None` where what they prove themselves with no longer holds.
    pub(crate) fn principal(&self) -> Option<&Principal> {
        self.principal.as_ref()
    }

    /// Enqueues a job, which is done after the commit.
    pub(crate) async fn enqueue(&mut self, job: &NewJob) -> Result<(), StoreError> {
        self.enqueued = true;
        outbox::enqueue(&mut self.connection, self.store.shared.database.engine, job).await
    }

    /// Makes a job of the outbox due now. Returns whether there is one.
    pub(crate) async fn hurry_job(&mut self, id: Uuid) -> Result<bool, StoreError> {
        self.enqueued = true;
        outbox::hurry(&mut self.connection, self.store.shared.database.engine, id).await
    }

    /// Removes a job from the outbox. Returns whether there was one.
    pub(crate) async fn remove_job(&mut self, id: Uuid) -> Result<bool, StoreError> {
        outbox::remove(&mut self.connection, id).await
    }

    /// Makes it durable. When this returns, this node knows.
    pub(crate) async fn commit(mut self) -> Result<(), StoreError> {
        if self.counts {
            query("UPDATE access_revision SET revision = revision + 1").execute(&mut self.connection).await?;
        }
        self.connection.commit().await?;
        let Self { store, connection, counts, enqueued, .. } = self;
        if enqueued {
            store.shared.enqueued.notify_one();
        }
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
}

impl Note {
    /// The connection, to write with.
    pub(super) fn connection(&mut self) -> &mut Connection {
        &mut self.connection
    }

    /// Makes it durable.
    pub(crate) async fn commit(mut self) -> Result<(), StoreError> {
        self.connection.commit().await
    }

    /// Takes all of it back.
    pub(crate) async fn abandon(mut self) -> Result<(), StoreError> {
        self.connection.rollback().await
    }

    /// Forgets sessions that ended or expired, and links that no longer work, before a time.
    pub(crate) async fn forget_before(&mut self, before: Timestamp) -> Result<(), StoreError> {
        for sql in [
            "DELETE FROM sessions WHERE ended_at < $1 OR expires_at < $1",
            "DELETE FROM one_time_links WHERE expires_at < $1 ",
            "DELETE FROM tokens WHERE revoked_at < $1",
            "DELETE FROM share_links WHERE revoked_at < $1",
        ] {
            query(sql).bind(before.as_millis()).execute(&mut self.connection).await?;
        }
        Ok(())
    }
}
