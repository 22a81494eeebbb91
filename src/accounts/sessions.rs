//! Sessions of browsers: begun by signing in, listed, ended. They are rows of the database behind tower-sessions' interface.
//!
//! The cookie holds an id that only the browser knows, signed with a key of the installation; the row has a hash of the id. The
//! signature rejects made-up ids without a query. The row of an ended session is kept for a while, marked as ended, so that
//! every node learns of it and closes the session's sockets.

use app::{audit::Method, id::ActorId, time::Timestamp};
use async_trait::async_trait;
use moka::sync::Cache;
use serde::de::DeserializeOwned;
use tower_sessions::{
    Session, SessionStore,
    cookie::Key,
    session::{self, Id, Record},
    session_store,
};
use uuid::Uuid;

use super::{AccountError, Accounts, attempts::Origin, found, people::keeps, principal, self_service};
use crate::{
    clock::now,
    credentials::{ClientInfo, Credential, Credentials, Source},
    hub::Hub,
    secret::SecretHash,
    store::{Account, Author, Proof, SessionRow, Store, StoreError},
};

/// How long a session lasts without being used.
pub const LIFETIME_DAYS: i64 = 30;

/// How many sessions that no longer exist are remembered.
const MOST_GONE: u64 = 10_000;

/// The keys of the data in a session.
pub mod key {
    /// The person who signed in: an [`app::id::ActorId`].
    pub const PERSON: &str = "person";
    /// How often their credentials had been changed when they proved who they are.
    pub const CREDENTIALS: &str = "credentials";
    /// The browser's description of itself at sign-in.
    pub const AGENT: &str = "agent";
    /// The address at sign-in: an [`std::net::IpAddr`].
    pub const ADDRESS: &str = "address";
    /// How the person proved who they are at sign-in: an [`app::audit::Method`].
    pub const METHOD: &str = "method";
    /// When the session was last used, to the hour.
    pub const SEEN: &str = "seen";
    /// The [`OidcState`](crate::accounts::oidc::OidcState) of a sign-in with a provider that is under way.
    pub const OIDC_STATE: &str = "underway";
    /// The identity of a person at a provider, until they prove that the account with their e-mail address is theirs.
    pub const UNPROVED: &str = "unproved";
}

/// The session store.
#[derive(Clone)]
pub struct Sessions {
    store: Store,
    hub: Hub,
    /// Sessions that no longer exist, but whose cookies are still sent. A session that has ended does not come back.
    gone: Cache<SecretHash, ()>,
}

impl Sessions {
    /// The sessions of a database.
    pub fn new(store: Store, hub: Hub) -> Self {
        Self { store, hub, gone: Cache::new(MOST_GONE) }
    }

    /// The proof on which a new session is based, and for the audit log who signs in, if somebody does.
    fn sign_in(&self, record: &Record) -> Option<(Proof, Author)> {
        let proof = proof(record)?;
        let directory = self.store.directory();
        let name = directory.account(proof.person).map_or("", |account| &account.name);
        let source = match value(record, key::ADDRESS) {
            Some(address) => {
                let agent = value::<String>(record, key::AGENT).unwrap_or_default().into();
                Source::Client(ClientInfo { address, agent })
            }
            None => Source::Server,
        };
        let method = value(record, key::METHOD).unwrap_or(Method::None);
        Some((proof, Author::proved(proof.person, name, method, source)))
    }

    /// The key with which the cookie is signed.
    pub fn cookie_key(&self) -> Key {
        let halves =
            ["session cookies: signing", "session cookies: encrypting"].map(|name| *self.store.key(name).bytes());
        Key::from(halves.as_flattened())
    }
}

impl std::fmt::Debug for Sessions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sessions")
    }
}

/// The hash of a session's id, which is stored in place of the id.
pub fn hash(id: Id) -> SecretHash {
    SecretHash::of(&id.to_string())
}

#[async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        // The id has 128 random bits, so it is not taken.
        let row = row(record)?;
        let insert = async {
            let mut note = self.store.note().await?;
            let holds = note.insert_session(&row, self.sign_in(record)).await?;
            if holds {
                note.commit().await?
            } else {
                note.abandon().await?
            };
            Ok(holds)
        };
        match insert.await.map_err(failed)? {
            true => Ok(()),
            false => Err(session_store::Error::Backend(OUTDATED.to_owned())),
        }
    }

    async fn save(&self, record: &Record) -> session_store::Result<()> {
        let row = row(record)?;
        let update = async {
            let mut note = self.store.note().await?;
            note.update_session(&row).await?;
            note.commit().await
        };
        update.await.map_err(failed)
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        let hash = hash(*id);
        if self.gone.contains_key(&hash) || self.store.directory().has_ended(&hash) {
            return Ok(None);
        }
        let Some(row) = self.store.session(hash, now()).await.map_err(failed)? else {
            self.gone.insert(hash, ());
            return Ok(None);
        };
        let data = serde_json::from_str(&row.data).map_err(|error| session_store::Error::Decode(error.to_string()))?;
        let expiry_date = time::OffsetDateTime::from_unix_timestamp(row.expires_at.as_millis() / 1_000)
            .map_err(|error| session_store::Error::Decode(error.to_string()))?;
        Ok(Some(Record { id: *id, data, expiry_date }))
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        let hash = hash(*id);
        // Other nodes are told only if the session was somebody's.
        let Some(person) = self.store.session_person(hash, now()).await.map_err(failed)? else { return Ok(()) };
        let end = async {
            let Some(person) = person else {
                let mut note = self.store.note().await?;
                note.drop_nobodys_session(hash).await?;
                return note.commit().await;
            };
            let mut change = self.store.change_access(&Credentials::new(Credential::Session { person, hash })).await?;
            change.sign_out(person, hash, now()).await?;
            change.commit().await
        };
        end.await.map_err(failed)?;
        if person.is_some() {
            self.hub.rights_changed();
        }
        Ok(())
    }
}

/// The description that the browser of a session gave of itself at sign-in.
pub fn agent(session: &SessionRow) -> String {
    let data: serde_json::Value = serde_json::from_str(&session.data).unwrap_or_default();
    data[key::AGENT].as_str().unwrap_or_default().to_owned()
}

/// Makes a session that of a person who has proved who they are. It is saved at once. If the proof is no longer valid then, the
/// session is cleared and the result is `false`.
pub async fn admit(
    session: &Session,
    proof: Proof,
    method: Method,
    client: &ClientInfo,
) -> Result<bool, session::Error> {
    session.insert(key::PERSON, proof.person).await?;
    session.insert(key::CREDENTIALS, proof.credentials).await?;
    session.insert(key::METHOD, method).await?;
    session.insert(key::ADDRESS, client.address).await?;
    session.insert(key::AGENT, &*client.agent).await?;
    match session.save().await {
        Ok(()) => Ok(true),
        Err(session::Error::Store(session_store::Error::Backend(why))) if why == OUTDATED => {
            session.clear().await;
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

impl Accounts {
    /// Signs in with an e-mail address and a password. The session must be begun with the returned [`Proof`], which is valid
    /// until the password is changed: so if the password is changed while the sign-in waits for its hash, the old password does
    /// not let anybody in.
    pub async fn sign_in(&self, email: &str, password: &str, from: &Origin) -> Result<Proof, AccountError> {
        let directory = self.store().directory();
        let account = directory.account_of(email);
        let proof = self.check_password(account, email, password, from).await;
        if let (Some(account), Err(AccountError::WrongCredentials | AccountError::TooMany(_))) = (account, &proof) {
            self.sign_in_failed(account.id, &from.client);
        }
        proof
    }

    async fn check_password(
        &self,
        account: Option<&Account>,
        email: &str,
        password: &str,
        from: &Origin,
    ) -> Result<Proof, AccountError> {
        self.limit(self.shared.attempts.count(email, from))?;
        let known = match account {
            Some(account) => self.store().password(account.id).await?,
            None => None,
        };
        let (hash, credentials) = known.unwrap_or_default();
        let matches = self.shared.passwords.verify(password, hash).await?;
        let account = account.filter(|account| matches && account.is_active());
        metrics::counter!("taskwire_sign_ins_total", "outcome" => if account.is_some() { "done" } else { "refused" })
            .increment(1);
        account.map(|account| Proof { person: account.id, credentials }).ok_or(AccountError::WrongCredentials)
    }

    /// Ends the session that the caller signed in with.
    pub async fn sign_out(&self, credentials: &Credentials) -> Result<(), AccountError> {
        let Credential::Session { person, hash } = credentials.credential else { return Ok(()) };
        let mut change = self.begin(credentials).await?;
        let done = change.sign_out(person, hash, now()).await.map(drop).map_err(AccountError::from);
        self.finish(change, done).await
    }

    /// The sessions of the caller.
    pub async fn sessions(&self, credentials: &Credentials) -> Result<Vec<SessionRow>, AccountError> {
        Ok(self.store().sessions_of(self_service(&self.principal(credentials)?)?, now()).await?)
    }

    /// Ends one of the caller's sessions.
    pub async fn end_session(&self, credentials: &Credentials, id: Uuid) -> Result<(), AccountError> {
        let mut change = self.begin(credentials).await?;
        let done = async {
            let person = self_service(principal(&change)?)?;
            found(change.end_session_of(person, id, now()).await?, "session")
        };
        let done = done.await;
        self.finish(change, done).await
    }

    /// The sessions of a person, for themselves and for callers who manage them.
    pub async fn sessions_of(
        &self,
        credentials: &Credentials,
        person: ActorId,
    ) -> Result<Vec<SessionRow>, AccountError> {
        keeps(&self.principal(credentials)?, self.store().directory().account(person))?;
        Ok(self.store().sessions_of(person, now()).await?)
    }

    /// Ends one session of a person, or all of them.
    pub async fn end_sessions_of(
        &self,
        credentials: &Credentials,
        person: ActorId,
        session: Option<Uuid>,
    ) -> Result<(), AccountError> {
        let mut change = self.begin(credentials).await?;
        let done = async {
            keeps(principal(&change)?, change.directory().account(person))?;
            match session {
                Some(id) => found(change.end_session_of(person, id, now()).await?, "session"),
                None => Ok(change.end_sessions_of(person, None, now()).await?),
            }
        };
        let done = done.await;
        self.finish(change, done).await
    }

    /// Ends all sessions of the caller except this one.
    pub async fn end_other_sessions(&self, credentials: &Credentials, this: SecretHash) -> Result<(), AccountError> {
        let mut change = self.begin(credentials).await?;
        let done = async {
            let person = self_service(principal(&change)?)?;
            Ok(change.end_sessions_of(person, Some(this), now()).await?)
        };
        let done = done.await;
        self.finish(change, done).await
    }
}

/// The error if a person's credentials were changed after they proved who they are.
const OUTDATED: &str = "the person's credentials were changed after they signed in";

/// The proof on which the session is based, if it is a person's.
fn proof(record: &Record) -> Option<Proof> {
    let person = value(record, key::PERSON)?;
    // A session without this number gets 0. No account has so few changes, so the proof is not valid.
    let credentials = value(record, key::CREDENTIALS).unwrap_or_default();
    Some(Proof { person, credentials })
}

fn value<T: DeserializeOwned>(record: &Record, key: &str) -> Option<T> {
    serde_json::from_value(record.data.get(key)?.clone()).ok()
}

fn row(record: &Record) -> session_store::Result<SessionRow> {
    let data = serde_json::to_string(&record.data).map_err(|error| session_store::Error::Encode(error.to_string()))?;
    let at = now();
    let expires_at = Timestamp::from_millis(record.expiry_date.unix_timestamp().saturating_mul(1_000));
    Ok(SessionRow { id: app::new_id(), hash: hash(record.id), data, created_at: at, seen_at: at, expires_at })
}

fn failed(error: StoreError) -> session_store::Error {
    tracing::error!(%error, "a session could not be read or written");
    session_store::Error::Backend("the database does not answer".to_owned())
}
