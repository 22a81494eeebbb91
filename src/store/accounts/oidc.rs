//! Identities at providers, as rows: each ties an account at a provider to an account here.

use app::{audit::Action, id::ActorId};
use serde_json::json;
use sqlx::Row;

use super::{
    super::{Store, StoreError, audit::NewEvent, rows, sql::query},
    AccessChange,
};

impl Store {
    /// The person who is tied to an identity at a provider.
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
    /// Whether this identity is tied to any account here, or this account to any identity at the provider.
    pub(crate) async fn is_tied(&mut self, issuer: &str, subject: &str, person: ActorId) -> Result<bool, StoreError> {
        let found = query("SELECT 1 FROM identities WHERE issuer = $1 AND (subject = $2 OR person = $3)")
            .bind(issuer)
            .bind(subject)
            .bind(person.to_string());
        Ok(self.read(found).await?.is_some())
    }

    /// Ties an account to an identity of its owner at a provider.
    pub(crate) async fn insert_identity(
        &mut self,
        issuer: &str,
        subject: &str,
        person: ActorId,
    ) -> Result<(), StoreError> {
        let event = NewEvent::about(Action::IdentityLinked, self.person(person))
            .with(json!({ "issuer": issuer, "subject": subject }));
        let insert = query("INSERT INTO identities (issuer, subject, person) VALUES ($1, $2, $3)")
            .bind(issuer)
            .bind(subject)
            .bind(person.to_string());
        self.change(insert, event).await?;
        Ok(())
    }
}
