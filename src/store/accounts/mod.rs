//! Accounts, sessions, tokens and links as rows, one file a resource, by the same names as in [`crate::accounts`].
//!
//! Whatever changes who may do what is an [`AccessChange`]: one transaction that locks the revision first, which makes such
//! changes wait for each other on all nodes. It is begun in the name of whoever has the [`Credentials`](crate::credentials::Credentials), and has everybody's rights as they are
//! then, the caller's among them: there are no others to decide by, however long somebody waited before. So a rule that is
//! checked inside it holds, such as that there is always an owner. What the rules are is for [`crate::accounts`] to say. It also writes
//! the audit log: whatever it changes, it changes together with an event.
//!
//! A [`Note`] is a transaction that changes nobody's rights, such as that a token was used.

mod access_change;
mod attempts;
pub(super) mod groups;
mod oidc;
mod one_time_links;
mod passwords;
pub(super) mod people;
mod sessions;
pub(super) mod settings;
pub(super) mod share_links;
pub(super) mod tokens;

use app::time::Timestamp;

pub(crate) use self::{access_change::AccessChange, people::NewAccount};
pub use self::{
    groups::{Group, GroupBoard},
    one_time_links::OneTimeLink,
    people::{Account, Proof},
    sessions::SessionRow,
    settings::{StoredSetting, StoredSettings},
    tokens::Token,
};
use super::{
    Store, StoreError,
    audit::{self, Author, NewEvent},
    connect::Engine,
    connection::Connection,
    sql::query,
};

/// Something to be written that changes nobody's rights, in one transaction.
pub(crate) struct Note {
    connection: Connection,
    engine: Engine,
}

impl Store {
    /// Begins to write what changes nobody's rights, such as when something was last used.
    pub(crate) async fn note(&self) -> Result<Note, StoreError> {
        let engine = self.shared.database.engine;
        Ok(Note { connection: self.shared.writer.begin().await?, engine })
    }
}

impl Note {
    /// Writes an event of the audit log.
    pub(crate) async fn record(&mut self, author: &Author, event: &NewEvent) -> Result<(), StoreError> {
        audit::put(&mut self.connection, [(author, event)]).await
    }

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
