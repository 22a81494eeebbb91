//! Personal tokens: the credentials of programs that act in a person's name.

use std::time::Duration;

use app::{
    access::{Principal, Scope},
    id::ActorId,
    people::check_name,
    time::Timestamp,
};
use uuid::Uuid;

use super::{AccountError, Accounts, found, may, named, people::keeps, principal};
use crate::{
    clock::now,
    credentials::Credentials,
    secret::{Secret, SecretHash},
    store::Token,
};

/// The minimum time between two records of a token's use.
pub(super) const TOUCH_EVERY: Duration = Duration::from_secs(60);

/// How many tokens a person may have.
const MAX_TOKENS: usize = 100;

impl Accounts {
    /// Makes a token for the caller, or, at the command line, for anybody.
    pub async fn create_token(
        &self,
        credentials: &Credentials,
        person: ActorId,
        name: &str,
        scope: Scope,
        expires_at: Option<Timestamp>,
    ) -> Result<(Secret, Token), AccountError> {
        may_keep_tokens(&self.principal(credentials)?, person)?;
        let name = named(check_name(name), "name")?;
        if expires_at.is_some_and(|end| end <= now()) {
            return Err(AccountError::invalid("expiry", "the expiry is in the past"));
        }
        let secret = Secret::sealed("taskwire_", self.store().seal());
        let token = Token { id: app::new_id(), person, name, scope, created_at: now(), expires_at };
        let mut change = self.begin(credentials).await?;
        let done = async {
            may_keep_tokens(principal(&change)?, person)?;
            found(change.directory().account(person).is_some(), "person")?;
            if change.directory().count_tokens(person) >= MAX_TOKENS {
                let message = format!("one person may have at most {MAX_TOKENS} tokens; revoke one first");
                return Err(AccountError::invalid("token", message));
            }
            change.insert_token(secret.hash(), &token).await?;
            Ok((secret, token))
        };
        let done = done.await;
        self.finish(change, done).await
    }

    /// The tokens of a person that are not revoked, and when each was last used.
    pub async fn tokens(
        &self,
        credentials: &Credentials,
        person: ActorId,
    ) -> Result<Vec<(Token, Option<Timestamp>)>, AccountError> {
        may_keep_tokens(&self.principal(credentials)?, person)?;
        found(self.store().directory().account(person).is_some(), "person")?;
        Ok(self.store().tokens_of(person).await?)
    }

    /// A page of the tokens of a person, as [`Store::tokens_page`](crate::store::Store::tokens_page), for themselves and for callers who manage
    /// them.
    pub async fn tokens_page(
        &self,
        credentials: &Credentials,
        person: ActorId,
        after: Option<(Timestamp, Uuid)>,
        limit: usize,
    ) -> Result<Vec<(Token, Option<Timestamp>)>, AccountError> {
        keeps(&self.principal(credentials)?, self.store().directory().account(person))?;
        Ok(self.store().tokens_page(person, after, limit).await?)
    }

    /// Revokes one of the caller's tokens, or, at the command line, anybody's.
    pub async fn revoke_token(&self, credentials: &Credentials, id: Uuid) -> Result<(), AccountError> {
        let mut change = self.begin(credentials).await?;
        let done = async {
            let principal = principal(&change)?;
            let person = match principal.person {
                Some(person) => may_keep_tokens(principal, person).map(|()| Some(person))?,
                None => may(principal.may_manage_people()).map(|()| None)?,
            };
            found(change.revoke_token(id, person, now()).await?, "token")
        };
        let done = done.await;
        self.finish(change, done).await
    }

    /// The tokens of a person, as [`Self::tokens`], for themselves and for callers who manage them.
    pub async fn tokens_of(
        &self,
        credentials: &Credentials,
        person: ActorId,
    ) -> Result<Vec<(Token, Option<Timestamp>)>, AccountError> {
        keeps(&self.principal(credentials)?, self.store().directory().account(person))?;
        Ok(self.store().tokens_of(person).await?)
    }

    /// Revokes one token of a person, or all of them.
    pub async fn revoke_tokens_of(
        &self,
        credentials: &Credentials,
        person: ActorId,
        token: Option<Uuid>,
    ) -> Result<(), AccountError> {
        let mut change = self.begin(credentials).await?;
        let done = async {
            keeps(principal(&change)?, change.directory().account(person))?;
            match token {
                Some(id) => found(change.revoke_token(id, Some(person), now()).await?, "token"),
                None => Ok(change.revoke_tokens_of(person, now()).await?),
            }
        };
        let done = done.await;
        self.finish(change, done).await
    }

    /// Records that a token was used, at most once a minute.
    pub fn touch_token(&self, hash: SecretHash) {
        if self.shared.touched.contains_key(&hash) {
            return;
        }
        self.shared.touched.insert(hash, ());
        let store = self.store().clone();
        tokio::spawn(async move {
            let touch = async {
                let mut note = store.note().await?;
                note.touch_token(hash, now()).await?;
                note.commit().await
            };
            if let Err(error) = touch.await {
                tracing::debug!(%error, "could not record that a token was used");
            }
        });
    }
}

fn may_keep_tokens(principal: &Principal, person: ActorId) -> Result<(), AccountError> {
    may(principal.scope == Scope::Admin)?;
    let own = principal.person == Some(person);
    let local = principal.person.is_none() && principal.may_manage_people();
    may(own || local)
}
