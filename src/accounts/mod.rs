//! Accounts: who is who on this server.
//!
//! [`Accounts`] is all that can be done about people, sessions, tokens and links. Pages, REST and the command line come by here,
//! and what may be done is decided here, by the rights of whoever asks ([`app::access::Principal`]): of those who change something,
//! inside the transaction that changes it, by the rights they have in it (`AccessChange`). What waited before that, for a password
//! to be hashed or for others to write, was decided by nothing.
//!
//! One file a resource, by the same names as in `store/accounts` and `http/api`; each holds what can be done about it:
//!
//! - [`people`]: accounts themselves. [`first_visit`]: how the first one is made. [`invitations`]: how the others are.
//! - [`passwords`]: choosing and changing them; [`hashing`]: argon2id, off the threads that serve.
//! - [`sessions`]: signing in, and the sessions of browsers. [`attempts`]: how often one may try, and the browsers that are known.
//! - [`oidc`]: signing in with an account somebody has elsewhere.
//! - [`tokens`]: what programs come with. [`share_links`]: what those come with who only read one board.
//! - [`one_time_links`]: what a link that works once is for.
//!
//! What somebody is on a board is not here: that is a part of the board, and goes by the one write path like all else of it.

pub mod attempts;
pub mod first_visit;
pub mod hashing;
pub mod invitations;
pub mod oidc;
pub mod one_time_links;
pub mod passwords;
pub mod people;
pub mod sessions;
pub mod share_links;
pub mod tokens;

use std::{sync::Arc, time::Duration};

use app::{
    access::{BoardRole, Principal, Scope},
    id::{ActorId, BoardId},
    refusal::Refusal,
    state::BoardState,
    time::Timestamp,
};
use moka::sync::Cache;

use self::{
    attempts::{Attempts, DEVICE},
    hashing::Passwords,
};
pub use self::{passwords::ChangePassword, people::NewPerson};
use crate::{
    clock::{self, now},
    credentials::{Credential, Credentials},
    hub::Hub,
    mail::Mail,
    secret::SecretHash,
    store::{AccessChange, Store, StoreError},
};

/// How long what has ended is kept, so that every node hears of it.
const KEPT: Duration = Duration::from_secs(2 * DAY);
const DAY: u64 = 24 * 60 * 60;

/// Why something about accounts was not done. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// Whoever asks may not do that.
    #[error("you may not do this")]
    Forbidden,
    /// What whoever asks proved themselves with does not hold any more.
    #[error("you are not signed in any more; nothing was changed")]
    SignedOut,
    /// There is no such thing, or none that whoever asks may know of.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// Something that was given will not do.
    #[error("{field} {message}")]
    Invalid {
        /// What.
        field: &'static str,
        /// Why.
        message: String,
    },
    /// Name and password do not go together. (Which of them is wrong is nobody's business.)
    #[error("this e-mail address and password do not belong to an account that may sign in here")]
    WrongCredentials,
    /// A link that works once does not work, or not any more.
    #[error("this link does not work any more: it was used, taken back, or is too old")]
    DeadLink,
    /// The provider has not made sure that the e-mail address is theirs.
    #[error("your account there has no e-mail address that was verified")]
    NotVerified,
    /// Somebody who signed in elsewhere has no account here.
    #[error("nobody here has your e-mail address; ask for an invitation, and follow its link")]
    NotInvited,
    /// An account has the address of somebody who signed in elsewhere, but nobody made sure that the address is its owner's.
    #[error("an account here has your e-mail address, and nobody has proved yet whose it is")]
    NotProved,
    /// The account with the address of somebody who signed in elsewhere is somebody else's there.
    #[error("the account with your e-mail address belongs to another account there; ask an admin of this server")]
    TiedToAnother,
    /// There is an account already.
    #[error("this server already has an owner; ask them for an invitation")]
    NotTheFirst,
    /// Too many attempts.
    #[error("too many attempts; try again in {}", in_words(.0))]
    TooMany(Duration),
    /// Too many people sign in at this moment.
    #[error("too many people are signing in at this moment; try again in a few seconds")]
    Busy,
    /// The database cannot be read or written at the moment.
    #[error("the server cannot reach its data right now; nothing was changed, please try again")]
    Unavailable,
}

impl AccountError {
    /// Something that was given will not do.
    pub fn invalid(field: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid { field, message: message.into() }
    }

    fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "a password could not be hashed");
        Self::Unavailable
    }

    /// What to tell a person, as a sentence.
    pub fn sentence(&self) -> String {
        let words = match self {
            Self::Invalid { field, message } => format!("the {field} {message}"),
            other => other.to_string(),
        };
        let mut chars = words.chars();
        let first = chars.next().map(char::to_uppercase);
        first.into_iter().flatten().chain(chars).chain(['.']).collect()
    }
}

impl From<StoreError> for AccountError {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "an account could not be read or written");
        Self::Unavailable
    }
}

/// Tells a wait in the largest unit that fits.
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
    mail: Option<Mail>,
    /// The address people see in their browsers.
    public_url: String,
    /// Tokens whose use was noted a moment ago.
    touched: Cache<SecretHash, ()>,
}

impl Accounts {
    /// The accounts of a database. `public_url` is the address people see in their browsers.
    pub fn new(store: Store, hub: Hub, mail: Option<Mail>, public_url: String) -> Self {
        let touched = Cache::builder().max_capacity(10_000).time_to_live(tokens::TOUCH_EVERY).build();
        let (passwords, attempts) = (Passwords::default(), Attempts::default());
        Self { shared: Arc::new(Shared { store, hub, passwords, attempts, mail, public_url, touched }) }
    }

    fn store(&self) -> &Store {
        &self.shared.store
    }

    /// Forgets attempts to sign in that count no more.
    pub fn forget_old_attempts(&self) {
        self.shared.attempts.forget_old();
    }

    /// Forgets what has ended so long ago that no node needs to know of it any more.
    pub async fn forget(&self, now: Timestamp) -> Result<(), StoreError> {
        let mut note = self.store().note().await?;
        note.forget_before(clock::before(now, KEPT)).await?;
        note.forget_devices_before(clock::before(now, DEVICE)).await?;
        note.commit().await
    }

    /// What whoever asks may do at this moment: to show something, or to refuse early what takes long. What is changed is decided
    /// again in the transaction that changes it.
    fn principal(&self, credentials: &Credentials) -> Result<Principal, AccountError> {
        self.store().directory().principal(credentials, now()).ok_or(AccountError::SignedOut)
    }

    async fn begin(&self, credentials: &Credentials) -> Result<AccessChange<'_>, AccountError> {
        Ok(self.store().change_access(credentials).await?)
    }

    /// Makes a change durable and tells the other nodes; or takes it back, if something was found to be against it.
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

    /// A board that whoever asks manages; not found where they may not know of it.
    async fn managed_board(&self, principal: &Principal, board: BoardId) -> Result<Arc<BoardState>, AccountError> {
        let state = self.store().board(board).await?.filter(|state| state.exists());
        let state = state.ok_or(AccountError::NotFound("board"))?;
        let role = principal.role_on(board, state.access()).ok_or(AccountError::NotFound("board"))?;
        may(role >= BoardRole::Manager)?;
        Ok(state)
    }
}

/// What whoever asks may do in a transaction.
fn principal<'c>(change: &'c AccessChange<'_>) -> Result<&'c Principal, AccountError> {
    change.principal().ok_or(AccountError::SignedOut)
}

/// Who asks, where they may change what is theirs.
fn self_service(principal: &Principal) -> Result<ActorId, AccountError> {
    may(principal.scope == Scope::Admin)?;
    principal.person.ok_or(AccountError::Forbidden)
}

fn found(yes: bool, what: &'static str) -> Result<(), AccountError> {
    if yes { Ok(()) } else { Err(AccountError::NotFound(what)) }
}

/// Whether a session, a token or a link is what somebody comes with who is nobody any more.
pub fn holds(store: &Store, credential: &Credential) -> bool {
    let credentials = Credentials { credential: credential.clone(), links: Vec::new() };
    store.directory().principal(&credentials, now()).is_some()
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
