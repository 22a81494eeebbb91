//! The transaction that changes who may do what, and writes what it changes to the audit log.

use std::sync::Arc;

use app::{
    access::Principal,
    audit::{Action, Method, Target, TargetKind},
    id::ActorId,
};
use sqlx::any::AnyRow;
use uuid::Uuid;

use super::{
    super::{
        Directory, Store, StoreError,
        audit::{self, Author, NewEvent},
        connect::Engine,
        connection::Connection,
        outbox::{self, NewJob},
        sql::{Statement, query},
    },
    Note,
    sessions::session_holds,
};
use crate::{
    clock,
    credentials::{Credential, Credentials},
};

/// A change of who may do what, in one transaction: nothing of it happens unless it is committed.
///
/// Only [`Self::change`] and its kin write, and each takes the event that goes to the audit log. The events are written with the
/// commit, so there is an event exactly if something was changed.
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
    author: Author,
    events: Vec<NewEvent>,
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
        let author = Author::of(credentials, &directory);
        let (counts, enqueued, events) = Default::default();
        Ok(AccessChange { store: self, connection, directory, principal, counts, enqueued, author, events })
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

    /// Says for the audit log who asks, if they had no credentials and have proved to be somebody in this transaction.
    pub(crate) fn is_by(&mut self, person: ActorId, name: &str, method: Method) {
        self.author = Author::proved(person, name, method, self.author.source().clone());
    }

    /// A person as the target of an event.
    pub(crate) fn person(&self, person: ActorId) -> Target {
        let name = self.directory.account(person).map_or("", |account| &account.name);
        Target::new(TargetKind::Person, person.0, name)
    }

    /// Enqueues a job, which is done after the commit.
    pub(crate) async fn enqueue(&mut self, job: &NewJob) -> Result<(), StoreError> {
        self.enqueued = true;
        outbox::enqueue(&mut self.connection, self.store.shared.database.engine, job).await
    }

    /// Makes a job of the outbox due now. Returns whether there is one.
    pub(crate) async fn hurry_job(&mut self, id: Uuid) -> Result<bool, StoreError> {
        self.enqueued = true;
        let is_there = outbox::hurry(&mut self.connection, self.store.shared.database.engine, id).await?;
        self.events.extend(is_there.then(|| NewEvent::about(Action::JobRetried, job(id))));
        Ok(is_there)
    }

    /// Removes a job from the outbox. Returns whether there was one.
    pub(crate) async fn remove_job(&mut self, id: Uuid) -> Result<bool, StoreError> {
        let was_there = outbox::remove(&mut self.connection, id).await?;
        self.events.extend(was_there.then(|| NewEvent::about(Action::JobRemoved, job(id))));
        Ok(was_there)
    }

    /// Makes it durable. When this returns, this node knows.
    pub(crate) async fn commit(mut self) -> Result<(), StoreError> {
        if self.counts {
            query("UPDATE access_revision SET revision = revision + 1").execute(&mut self.connection).await?;
        }
        audit::put(&mut self.connection, self.events.iter().map(|event| (&self.author, event))).await?;
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

    /// Changes something that the directory holds, and keeps the event for the audit log if it changed anything. Tells whether it did.
    pub(super) async fn change(&mut self, statement: Statement, event: NewEvent) -> Result<bool, StoreError> {
        Ok(self.change_many(statement, |_| event).await? > 0)
    }

    /// As [`Self::change`], with an event that says how many rows were changed.
    pub(super) async fn change_many(
        &mut self,
        statement: Statement,
        event: impl FnOnce(u64) -> NewEvent,
    ) -> Result<u64, StoreError> {
        let changed = self.change_aside(statement, event).await?;
        self.counts |= changed > 0;
        Ok(changed)
    }

    /// Changes something that the directory does not hold.
    pub(super) async fn change_aside(
        &mut self,
        statement: Statement,
        event: impl FnOnce(u64) -> NewEvent,
    ) -> Result<u64, StoreError> {
        let changed = statement.execute(&mut self.connection).await?.rows_affected();
        if changed > 0 {
            self.events.push(event(changed));
        }
        Ok(changed)
    }

    /// Writes what follows from a change that has its event. Tells how many rows it wrote.
    pub(super) async fn also(&mut self, statement: Statement) -> Result<u64, StoreError> {
        Ok(statement.execute(&mut self.connection).await?.rows_affected())
    }

    /// Reads a row as this transaction sees it.
    pub(super) async fn read(&mut self, statement: Statement) -> Result<Option<AnyRow>, StoreError> {
        statement.fetch_optional(&mut self.connection).await
    }
}

/// A job of the outbox as the target of an event.
fn job(id: Uuid) -> Target {
    Target::new(TargetKind::Job, id, "")
}
