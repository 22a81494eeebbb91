//! Accounts: the people on this server and how they sign in.
//!
//! [`Accounts`] provides everything that can be done about people, sessions, tokens and links. Pages, REST and the command line
//! call it. It also authorises what they do, by the rights of the caller ([`app::access::Principal`]). For a change,
//! authorisation takes place inside the transaction that makes the change, by the rights that the caller has in it
//! (`AccessChange`). Checks before a wait, for a password hash or for other writers, are never final.
//!
//! One file for each resource, with the same names as in `store/accounts` and `http/api`:
//!
//! - [`people`]: accounts themselves. [`first_visit`]: how the first one is created. [`invitations`]: how the others are.
//! - [`groups`]: groups of people that are put on boards.
//! - [`hand_over`]: what somebody leaves to somebody else.
//! - [`import`]: many invitations at once, from a CSV file.
//! - [`passwords`]: choosing and changing them; [`hashing`]: argon2id, off the threads that serve.
//! - [`sessions`]: signing in, and the sessions of browsers. [`attempts`]: the rate limits on signing in, and the known browsers.
//! - [`oidc`]: signing in with an account at an external provider.
//! - [`tokens`]: the credentials of programs. [`share_links`]: the credentials for reading a single board.
//! - [`one_time_links`]: links that work once, and their purposes.
//! - [`settings`]: settings that change while servers run, and the test of mail.
//! - [`jobs`]: jobs of the outbox, for those who administer the server.
//! - [`text_edit`]: a new text for a field, which is refused if somebody else changed the field.
//! - [`audit`]: reading the audit log, which each of the others writes.
//!
//! The roles of people on boards are not here: they are a part of the board, and are written by the one write path like the
//! rest of it.

pub mod attempts;
pub mod audit;
pub mod first_visit;
pub mod groups;
pub mod hand_over;
pub mod hashing;
pub mod import;
pub mod invitations;
pub mod jobs;
pub mod oidc;
#[cfg_attr(not(feature = "oidc"), path = "oidc_provider_left_out.rs")]
mod oidc_provider;
pub mod one_time_links;
pub mod passwords;
pub mod people;
pub mod sessions;
pub mod settings;
pub mod share_links;
mod stars;
pub mod text_edit;
pub mod tokens;

use std::{sync::Arc, time::Duration};

use app::{
    access::{BoardRole, Principal, Scope},
    id::{ActorId, BoardId},
    refusal::{Refusal, Thing},
    state::BoardState,
    text::sentence,
    time::Timestamp,
};
use moka::sync::Cache;

use self::{
    attempts::{Attempts, DEVICE, Failures},
    hashing::Passwords,
};
pub use self::{
    passwords::ChangePassword,
    people::{NewPerson, PersonUpdate},
};
use crate::{
    clock::{self, now},
    credentials::Credentials,
    hub::Hub,
    live_settings::LiveSettings,
    mail::Mail,
    secret::SecretHash,
    store::{AccessChange, Store, StoreError},
};

/// How long ended and revoked rows are kept, so that every node learns of the end.
const KEPT: Duration = Duration::from_secs(2 * DAY);
const DAY: u64 = 24 * 60 * 60;

/// Why an operation on accounts failed. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// The caller may not do that.
    #[error("you may not do this")]
    Forbidden,
    /// The caller's credentials are not valid any more.
    #[error("you are not signed in any more; nothing was changed")]
    SignedOut,
    /// The thing does not exist, or the caller may not know of it.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// An input is invalid.
    #[error("{field}: {message}")]
    Invalid {
        /// Which input.
        field: &'static str,
        /// What is wrong with it: a clause that also reads well without the field.
        message: String,
    },
    /// There may not be more of this.
    #[error("{}", Refusal::Full { what: *.0, limit: *.1 })]
    Full(Thing, u32),
    /// A limit of groups is reached.
    #[error("{0}")]
    Limit(&'static str),
    /// The e-mail address and password do not match. (The error does not tell which of them is wrong.)
    #[error("this e-mail address and password do not belong to an account that may sign in here")]
    WrongCredentials,
    /// A one-time link is unknown, used, revoked or expired.
    #[error("this link does not work any more: it was used or revoked, or it has expired")]
    DeadLink,
    /// The provider has not verified that the e-mail address belongs to the person.
    #[error("the sign-in provider has not verified your e-mail address; verify it there, then try again")]
    NotVerified,
    /// A person who signed in with a provider has no account here.
    #[error("there is no account here with your e-mail address; ask for an invitation, and open its link")]
    NotInvited,
    /// An account has the e-mail address of a person who signed in with a provider, but the account's owner has not proved that
    /// the address is theirs.
    #[error(
        "an account here has your e-mail address, but it is not linked to this way of signing in yet; sign in with its password \
         once to link it"
    )]
    NotProved,
    /// The account with the e-mail address of a person who signed in with a provider is already tied to another identity at
    /// that provider.
    #[error(
        "the account with your e-mail address is linked to another account at the sign-in provider; ask an admin of this server"
    )]
    TiedToAnother,
    /// Somebody else changed the same in the meantime.
    #[error("{0}")]
    Changed(String),
    /// The server already has its first account.
    #[error("this server already has an owner; ask them for an invitation")]
    NotTheFirst,
    /// Too many attempts.
    #[error("too many attempts; try again in {}", in_words(.0))]
    TooMany(Duration),
    /// Too many requests for password hashes are waiting.
    #[error("too many people are signing in at this moment; try again in a few seconds")]
    Busy,
    /// The database cannot be read or written at the moment.
    #[error("the server cannot reach its database at the moment; nothing was changed, please try again")]
    Unavailable,
}

impl AccountError {
    /// An input is invalid.
    pub fn invalid(field: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid { field, message: message.into() }
    }

    fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "a password could not be hashed");
        Self::Unavailable
    }

    /// The message for people, as a sentence.
    pub fn sentence(&self) -> String {
        let words = match self {
            Self::Invalid { message, .. } => message.clone(),
            other => other.to_string(),
        };
        sentence(&words)
    }
}

impl From<StoreError> for AccountError {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "an account could not be read or written");
        Self::Unavailable
    }
}

/// Formats a duration in the largest unit that fits.
fn in_words(wait: &Duration) -> String {
    match wait.as_secs() {
        0..=1 => "a second".to_owned(),
        seconds @ 2..=90 => format!("{seconds} seconds"),
        seconds => format!("{} minutes", seconds.div_ceil(60)),
    }
}

/// Everything that can be done about accounts. Cheap to clone.
#[derive(Clone)]
pub struct Accounts {
    shared: Arc<Shared>,
}

struct Shared {
    store: Store,
    hub: Hub,
    passwords: Passwords,
    attempts: Attempts,
    failures: Failures,
    /// The settings that may change; `None` at the command line, where no mail is sent.
    live: Option<LiveSettings>,
    /// Held while mail is tested.
    testing: tokio::sync::Mutex<()>,
    /// The server's address as people see it in their browsers.
    public_url: String,
    /// Tokens whose use was recorded a moment ago.
    touched: Cache<SecretHash, ()>,
}

impl Accounts {
    /// The accounts of a database. `live` has the settings that may change: without them, no mail is sent. `public_url` is the server's address as people see it in their browsers.
    pub fn new(store: Store, hub: Hub, live: Option<LiveSettings>, public_url: String) -> Self {
        let touched = Cache::builder().max_capacity(10_000).time_to_live(tokens::TOUCH_EVERY).build();
        let (passwords, attempts, failures, testing) = Default::default();
        Self {
            shared: Arc::new(Shared { store, hub, passwords, attempts, failures, live, testing, public_url, touched }),
        }
    }

    fn store(&self) -> &Store {
        &self.shared.store
    }

    /// Where mail is sent now, if it is.
    fn live_mail(&self) -> Option<Arc<Mail>> {
        self.shared.live.as_ref()?.now().mail.clone()
    }

    /// Forgets attempts to sign in that count no more.
    pub fn forget_old_attempts(&self) {
        self.shared.attempts.forget_old();
    }

    /// Deletes what ended so long ago that every node has learned of it.
    pub async fn forget(&self, now: Timestamp) -> Result<(), StoreError> {
        let mut note = self.store().note().await?;
        note.forget_before(clock::before(now, KEPT)).await?;
        note.forget_devices_before(clock::before(now, DEVICE)).await?;
        note.commit().await
    }

    /// The principal of the caller at this moment: for displaying something, or for an early refusal of expensive work. A
    /// change is authorised again in the transaction that makes it.
    fn principal(&self, credentials: &Credentials) -> Result<Principal, AccountError> {
        self.store().directory().principal(credentials, now()).ok_or(AccountError::SignedOut)
    }

    async fn begin(&self, credentials: &Credentials) -> Result<AccessChange<'_>, AccountError> {
        Ok(self.store().change_access(credentials).await?)
    }

    /// Commits a change and tells the other nodes; or rolls it back if `done` is an error.
    async fn finish<T>(&self, change: AccessChange<'_>, done: Result<T, AccountError>) -> Result<T, AccountError> {
        match &done {
            Ok(_) => {
                change.commit().await?;
                self.shared.hub.rights_changed();
            }
            Err(_) => change.abandon().await?,
        }
        done
    }

    /// A board that the caller manages. If the caller may not see the board, it is reported as not found.
    async fn managed_board(&self, principal: &Principal, board: BoardId) -> Result<Arc<BoardState>, AccountError> {
        let state = self.store().board(board).await?.filter(|state| state.exists());
        let state = state.ok_or(AccountError::NotFound("board"))?;
        let role = principal.role_on(board, state.access()).ok_or(AccountError::NotFound("board"))?;
        may(role >= BoardRole::Manager)?;
        Ok(state)
    }
}

/// The caller's principal in a transaction.
fn principal<'c>(change: &'c AccessChange<'_>) -> Result<&'c Principal, AccountError> {
    change.principal().ok_or(AccountError::SignedOut)
}

/// The caller as a person, if they may change what is their own.
fn self_service(principal: &Principal) -> Result<ActorId, AccountError> {
    may(principal.scope == Scope::Admin)?;
    principal.person.ok_or(AccountError::Forbidden)
}

fn found(yes: bool, what: &'static str) -> Result<(), AccountError> {
    if yes { Ok(()) } else { Err(AccountError::NotFound(what)) }
}

fn may(yes: bool) -> Result<(), AccountError> {
    if yes { Ok(()) } else { Err(AccountError::Forbidden) }
}

fn named(name: Result<String, Refusal>, field: &'static str) -> Result<String, AccountError> {
    name.map_err(|refusal| match refusal {
        Refusal::Invalid { message, .. } => AccountError::Invalid { field, message },
        other => AccountError::invalid(field, other.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_told_in_words() {
        assert_eq!(in_words(&Duration::from_millis(300)), "a second");
        assert_eq!(in_words(&Duration::from_secs(30)), "30 seconds");
        assert_eq!(in_words(&Duration::from_secs(121)), "3 minutes");
    }
}
