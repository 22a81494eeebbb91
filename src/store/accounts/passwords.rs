//! Passwords as rows: the hash of each, in the row of its account.

use app::{audit::Action, id::ActorId};
use sqlx::Row;

use super::{
    super::{Store, StoreError, audit::NewEvent, sql::query},
    AccessChange,
};

impl Store {
    /// The hash of a person's password, if they have one, and how often their credentials were changed: see
    /// [`Proof`](super::Proof).
    pub async fn password(&self, person: ActorId) -> Result<Option<(Option<String>, i64)>, StoreError> {
        query("SELECT password, credentials FROM people WHERE id = $1")
            .bind(person.to_string())
            .fetch_optional(self.readers())
            .await?
            .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
            .transpose()
    }
}

impl AccessChange<'_> {
    /// Sets a person's password. A sign-in with the old password that is under way then fails.
    pub(crate) async fn set_password(&mut self, person: ActorId, hash: &str) -> Result<(), StoreError> {
        let event = NewEvent::about(Action::PasswordChanged, self.person(person));
        let update = query("UPDATE people SET password = $2, credentials = credentials + 1 WHERE id = $1");
        self.change(update.bind(person.to_string()).bind(hash), event).await?;
        Ok(())
    }
}
