//! Personal tokens as rows.

use app::{
    access::Scope,
    audit::{Action, Target, TargetKind},
    id::ActorId,
    time::Timestamp,
};
use serde_json::json;
use sqlx::{Row, any::AnyRow};
use uuid::Uuid;

use super::{
    super::{Store, StoreError, audit::NewEvent, rows, sql::query},
    AccessChange, Note,
};
use crate::secret::SecretHash;

/// A personal token for the REST interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its id in lists of tokens.
    pub id: Uuid,
    /// The person in whose name it acts.
    pub person: ActorId,
    /// Its name, chosen by its owner.
    pub name: String,
    /// What it may do.
    pub scope: Scope,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it expires, if ever.
    pub expires_at: Option<Timestamp>,
}

impl Token {
    pub(in crate::store) fn works(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| end > now)
    }
}

impl Store {
    /// The tokens of a person that are not revoked, newest first, and when each was last used.
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
}

impl Store {
    /// A page of the tokens of a person that are not revoked, newest first: those after one, at most so many, and one more if there are more.
    pub async fn tokens_page(
        &self,
        person: ActorId,
        after: Option<(Timestamp, Uuid)>,
        limit: usize,
    ) -> Result<Vec<(Token, Option<Timestamp>)>, StoreError> {
        let (created_at, id) = after.unwrap_or((Timestamp::from_millis(i64::MAX), Uuid::max()));
        query(
            "SELECT hash, id, person, name, scope, created_at, expires_at, used_at FROM tokens \
             WHERE person = $1 AND revoked_at IS NULL AND (created_at, id) < ($2, $3) \
             ORDER BY created_at DESC, id DESC LIMIT $4",
        )
        .bind(person.to_string())
        .bind(created_at.as_millis())
        .bind(id.to_string())
        .bind(limit as i64 + 1)
        .fetch_all(self.readers())
        .await?
        .iter()
        .map(|row| Ok((token(row)?, row.try_get::<Option<i64>, _>(7)?.map(Timestamp::from_millis))))
        .collect()
    }
}

impl AccessChange<'_> {
    /// Creates a token.
    pub(crate) async fn insert_token(&mut self, hash: SecretHash, token: &Token) -> Result<(), StoreError> {
        let event = self.token_event(Action::TokenCreated, token);
        let insert = query(
            "INSERT INTO tokens (hash, id, person, name, scope, created_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(hash.to_string())
        .bind(token.id.to_string())
        .bind(token.person.to_string())
        .bind(token.name.clone())
        .bind(token.scope.as_str())
        .bind(token.created_at.as_millis())
        .bind(token.expires_at.map(Timestamp::as_millis));
        self.change(insert, event).await?;
        Ok(())
    }

    /// Revokes all tokens of a person.
    pub(crate) async fn revoke_tokens_of(&mut self, person: ActorId, at: Timestamp) -> Result<(), StoreError> {
        self.revoke_tokens(|token| token.person == person, at).await?;
        Ok(())
    }

    /// Revokes a token, of one person or of anybody. Returns whether there was one.
    pub(crate) async fn revoke_token(
        &mut self,
        id: Uuid,
        person: Option<ActorId>,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.revoke_tokens(|token| token.id == id && person.is_none_or(|person| token.person == person), at).await
    }

    /// Revokes the tokens for which something holds. Returns whether there were any.
    async fn revoke_tokens(&mut self, which: impl Fn(&Token) -> bool, at: Timestamp) -> Result<bool, StoreError> {
        // The directory has every token that was not revoked before this transaction.
        let tokens: Vec<Token> = self.directory().tokens().filter(|token| which(token)).cloned().collect();
        for token in &tokens {
            let event = self.token_event(Action::TokenRevoked, token);
            let revoke = query("UPDATE tokens SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL")
                .bind(token.id.to_string())
                .bind(at.as_millis());
            self.change(revoke, event).await?;
        }
        Ok(!tokens.is_empty())
    }

    fn token_event(&self, action: Action, token: &Token) -> NewEvent {
        let target = Target::new(TargetKind::Token, token.id, &token.name);
        let owner = self.person(token.person);
        let details = json!({
            "person": token.person, "name": owner.name, "scope": token.scope, "expires_at": token.expires_at,
        });
        NewEvent::about(action, target).with(details)
    }
}

impl Note {
    /// Records that a token was used.
    pub(crate) async fn touch_token(&mut self, hash: SecretHash, at: Timestamp) -> Result<(), StoreError> {
        query("UPDATE tokens SET used_at = $2 WHERE hash = $1")
            .bind(hash.to_string())
            .bind(at.as_millis())
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }
}

/// A row of `hash, id, person, name, scope, created_at, expires_at`.
pub(in crate::store) fn token(row: &AnyRow) -> Result<Token, StoreError> {
    let scope: &str = row.try_get(4)?;
    Ok(Token {
        id: rows::id(row.try_get(1)?)?,
        person: rows::id(row.try_get(2)?)?,
        name: row.try_get(3)?,
        scope: Scope::parse(scope)
            .ok_or_else(|| StoreError::corrupt(format_args!("`{scope}` where a scope is expected")))?,
        created_at: Timestamp::from_millis(row.try_get(5)?),
        expires_at: row.try_get::<Option<i64>, _>(6)?.map(Timestamp::from_millis),
    })
}
