//! Who somebody is elsewhere, as rows: accounts at a provider that are tied to accounts here.

use app::id::ActorId;
use sqlx::Row;

use super::{
    super::{Store, StoreError, rows, sql::query},
    AccessChange,
};

impl Store {
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
}

impl AccessChange<'_> {
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
}
