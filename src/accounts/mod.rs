//! Accounts: who is who on this server.
//!
//! - [`Accounts`]: all that can be done about people, sessions, tokens and links. Pages, REST and the command line come by here,
//!   and what may be done is decided here, by the rights of whoever asks ([`app::access::Asker`]): of those who change something,
//!   inside the transaction that changes it, by the rights they have in it ([`AccessChange`]). What waited before that, for a password
//!   to be hashed or for others to write, was decided by nothing.
//! - [`passwords`]: argon2id, off the threads that serve. [`attempts`]: how often one may try.
//! - [`oidc`]: signing in with an account somebody has elsewhere.
//! - [`sessions`]: the sessions of browsers. [`links`]: what a link that works once is for.
//!
//! What somebody is on a board is not here: that is a part of the board, and goes by the one write path like all else of it.

pub mod attempts;
pub mod links;
pub mod oidc;
pub mod passwords;
pub mod sessions;

use std::{net::IpAddr, sync::Arc, time::Duration};

use app::{
    access::{Asker, BoardRole, InstanceRole, Scope, ShareLink},
    id::{ActorId, BoardId, MutationId},
    ops::{CreateShareLink, Mutation, Op, RevokeShareLink, SetMember},
    people::check_name,
    refusal::{Refusal, Thing},
    state::BoardState,
    text::is_invisible,
    time::Timestamp,
};
use moka::sync::Cache;
use uuid::Uuid;

use self::{
    attempts::{Attempts, Origin},
    links::{Invitation, Purpose},
    oidc::Identity,
    passwords::Passwords,
};
use crate::{
    caller::{Caller, Credential},
    clock::{self, now},
    hub::Hub,
    mail::Mail,
    secret::{Secret, SecretHash},
    store::{
        Account, Directory, Store, StoreError, Token,
        people::{AccessChange, NewAccount, OneTimeLink, Proof, SessionRow},
    },
    writer::{WriteError, Writer},
};

/// How long an invitation works.
pub const INVITATION: Duration = Duration::from_secs(7 * DAY);
/// How long a link for a new password works.
pub const NEW_PASSWORD: Duration = Duration::from_secs(DAY);
/// How long the link for the first visit works; the server makes a new one at every start.
const FIRST_VISIT: Duration = Duration::from_secs(365 * DAY);
/// How often the use of one token is noted.
const TOUCH_EVERY: Duration = Duration::from_secs(60);
/// How long what has ended is kept, so that every node hears of it.
const KEPT: Duration = Duration::from_secs(2 * DAY);
const DAY: u64 = 24 * 60 * 60;
/// The most tokens somebody may have.
const MAX_TOKENS: usize = 100;
/// The most boards in one invitation.
const MAX_BOARDS: usize = 50;
/// In how many browsers somebody is known to have signed in.
const MAX_DEVICES: i64 = 20;
/// How long a browser is known, as long as its cookie.
const DEVICE: Duration = Duration::from_secs(365 * DAY);

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
    #[error("this server has its owner already; ask them for an invitation")]
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

/// What somebody types to make an account.
#[derive(Clone, Debug)]
pub struct NewPerson<'a> {
    /// What they want to be called.
    pub name: &'a str,
    /// Where they get mail.
    pub email: &'a str,
    /// The password they choose; without one they need a link to sign in (or another way).
    pub password: Option<&'a str>,
}

/// What somebody types to change their password.
#[derive(Clone, Copy, Debug)]
pub struct ChangePassword<'a> {
    /// The one they have, if they have one.
    pub old: &'a str,
    /// The one they want.
    pub new: &'a str,
    /// Whether their tokens are to stop working.
    pub revoke_tokens: bool,
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
        let touched = Cache::builder().max_capacity(10_000).time_to_live(TOUCH_EVERY).build();
        let (passwords, attempts) = (Passwords::default(), Attempts::default());
        Self { shared: Arc::new(Shared { store, hub, passwords, attempts, mail, public_url, touched }) }
    }

    fn store(&self) -> &Store {
        &self.shared.store
    }

    /// Where passwords are hashed, one at a time.
    pub fn passwords(&self) -> &Passwords {
        &self.shared.passwords
    }

    /// Whether nobody has an account yet.
    pub fn is_first_visit(&self) -> bool {
        self.store().directory().is_empty()
    }

    /// Makes the link with which the first visit begins where strangers can reach the server.
    pub async fn first_visit_link(&self) -> Result<Secret, AccountError> {
        self.make_link(&Caller::local(), &Purpose::FirstVisit, FIRST_VISIT).await
    }

    /// Makes the first account: the owner's. Of two who try at once, one succeeds. `code` is needed where `needs_code`.
    pub async fn create_owner(
        &self,
        new: NewPerson<'_>,
        needs_code: bool,
        code: &str,
        address: IpAddr,
    ) -> Result<Proof, AccountError> {
        self.limit(self.shared.attempts.count_stranger(address))?;
        if !self.is_first_visit() {
            return Err(AccountError::NotTheFirst);
        }
        if needs_code && self.link(code).await?.1 != Purpose::FirstVisit {
            return Err(AccountError::DeadLink);
        }
        let account = self.new_account(new, InstanceRole::Owner, true).await?;
        let mut change = self.begin(&Caller::stranger()).await?;
        let done = async {
            if !change.directory().is_empty() {
                return Err(AccountError::NotTheFirst);
            }
            if needs_code && link_in(&mut change, SecretHash::of(code)).await?.1 != Purpose::FirstVisit {
                return Err(AccountError::DeadLink);
            }
            change.insert(&account).await?;
            change.revoke_links_for(&Purpose::FirstVisit.to_json()).await?;
            Ok(account.proof())
        };
        let done = done.await;
        self.finish(change, done).await
    }

    /// Who somebody is who tells an e-mail address and a password. A session is begun with the [`Proof`], which holds until the
    /// password is changed: whoever waits here for their turn with one that is no longer right is not let in.
    pub async fn sign_in(&self, email: &str, password: &str, from: Origin) -> Result<Proof, AccountError> {
        self.limit(self.shared.attempts.count(email, from))?;
        let directory = self.store().directory();
        let account = directory.account_of(email);
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

    /// Who somebody is here who has signed in elsewhere. The first time, the account with the e-mail address that the provider
    /// has verified becomes theirs, if that is known to be its owner's; where there is none, it takes an invitation.
    pub async fn sign_in_elsewhere(
        &self,
        identity: &Identity,
        invitation: Option<&str>,
        address: IpAddr,
        writer: &Writer,
    ) -> Result<Proof, AccountError> {
        let Identity { issuer, subject, name, email } = identity;
        let directory = self.store().directory();
        if let Some(person) = self.store().identity(issuer, subject).await? {
            let account = directory.account(person).filter(|account| account.is_active());
            return account.map(Account::proof).ok_or(AccountError::WrongCredentials);
        }
        let email = email.as_deref().ok_or(AccountError::NotVerified)?;
        let proof = match (directory.account_of(email), invitation) {
            (Some(_), _) => None,
            (None, None) => return Err(AccountError::NotInvited),
            (None, Some(secret)) => {
                let name = name.as_deref().filter(|name| check_name(name).is_ok());
                let name = name.unwrap_or_else(|| email.split('@').next().unwrap_or(email));
                Some(self.accept_invitation(secret, NewPerson { name, email, password: None }, address, writer).await?)
            }
        };
        self.tie(identity, proof).await
    }

    /// Ties the account with somebody's e-mail address to who they are elsewhere, where the provider has verified that address. Only
    /// one of which somebody has made sure that it is its owner's too, or that they have just proved to be theirs: anybody may
    /// have claimed the address when they made an account. And only one that is nobody else's there.
    pub async fn tie(&self, identity: &Identity, proof: Option<Proof>) -> Result<Proof, AccountError> {
        let Identity { issuer, subject, email, .. } = identity;
        let email = email.as_deref().ok_or(AccountError::NotVerified)?;
        let mut change = self.begin(&Caller::stranger()).await?;
        let done = async {
            let account = change.directory().account_of(email).filter(|account| account.is_active());
            let account = account.cloned().ok_or(AccountError::WrongCredentials)?;
            if change.is_tied(issuer, subject, account.id).await? {
                return Err(AccountError::TiedToAnother);
            }
            if !account.email_is_proved && proof != Some(account.proof()) {
                return Err(AccountError::NotProved);
            }
            change.insert_identity(issuer, subject, account.id).await?;
            change.prove_email(account.id, now()).await?;
            Ok(account.proof())
        };
        let done = done.await;
        self.finish(change, done).await
    }

    /// Whether somebody has signed in with this browser before.
    pub async fn known_device(&self, device: &str, email: &str) -> Result<Option<SecretHash>, AccountError> {
        let Some(hash) = SecretHash::of_sealed(device, self.store().seal()) else { return Ok(None) };
        let Some(person) = self.store().directory().account_of(email).map(|account| account.id) else {
            return Ok(None);
        };
        Ok(self.store().is_known_device(hash, person).await?.then_some(hash))
    }

    /// Remembers that somebody has signed in with a browser; what to give the browser.
    pub async fn remember_device(&self, person: ActorId) -> Result<Secret, AccountError> {
        let secret = Secret::sealed("", self.store().seal());
        let mut note = self.store().note().await?;
        note.insert_known_device(secret.hash(), person, now()).await?;
        note.keep_known_devices(person, MAX_DEVICES).await?;
        note.commit().await?;
        Ok(secret)
    }

    /// Makes an account without an invitation: for the command line.
    pub async fn add(&self, caller: &Caller, new: NewPerson<'_>, role: InstanceRole) -> Result<ActorId, AccountError> {
        may(self.asker(caller)?.may_manage(role))?;
        let account = self.new_account(new, role, true).await?;
        let mut change = self.begin(caller).await?;
        let done = async {
            may(asker(&change)?.may_manage(role))?;
            match change.insert(&account).await? {
                true => Ok(account.id),
                false => Err(taken()),
            }
        };
        let done = done.await;
        self.finish(change, done).await
    }

    /// Invites somebody.
    pub async fn invite(&self, caller: &Caller, invitation: Invitation) -> Result<Secret, AccountError> {
        may(self.asker(caller)?.may_manage(invitation.role))?;
        if invitation.boards.len() > MAX_BOARDS {
            return Err(AccountError::invalid("boards", format!("may be {MAX_BOARDS} at most")));
        }
        for (board, _) in &invitation.boards {
            // Whoever may invite manages every board.
            self.managed_board(&self.asker(caller)?, *board).await?;
        }
        let note = match invitation.note.trim() {
            "" => String::new(),
            note => named(check_name(note), "note")?,
        };
        self.make_link(caller, &Purpose::Invitation(Invitation { note, ..invitation }), INVITATION).await
    }

    /// What somebody is invited to, and by which link.
    pub async fn invitation(&self, secret: &str) -> Result<(OneTimeLink, Invitation), AccountError> {
        match self.link(secret).await? {
            (link, Purpose::Invitation(invitation)) => Ok((link, invitation)),
            _ => Err(AccountError::DeadLink),
        }
    }

    /// Invitations that were not used yet, newest first.
    pub async fn invitations(&self, caller: &Caller) -> Result<Vec<(OneTimeLink, Invitation)>, AccountError> {
        may(self.asker(caller)?.may_manage_people())?;
        let links = self.store().one_time_links(now()).await?;
        let directory = self.store().directory();
        let invitation = |link: OneTimeLink| match Purpose::parse(&link.purpose)? {
            purpose if !still_stands(&directory, &link, &purpose) => None,
            Purpose::Invitation(invitation) => Some((link, invitation)),
            _ => None,
        };
        Ok(links.into_iter().filter_map(invitation).collect())
    }

    /// Takes an invitation back.
    pub async fn revoke_invitation(&self, caller: &Caller, id: Uuid) -> Result<(), AccountError> {
        let mut change = self.begin(caller).await?;
        let done = async {
            may(asker(&change)?.may_manage_people())?;
            let link = change.one_time_link_called(id, now()).await?;
            let Some(Purpose::Invitation(invitation)) = link.and_then(|link| Purpose::parse(&link.purpose)) else {
                return Err(AccountError::NotFound("invitation"));
            };
            may(asker(&change)?.may_manage(invitation.role))?;
            change.revoke_one_time_link(id).await?;
            Ok(())
        };
        let done = done.await;
        self.finish(change, done).await
    }

    /// Makes the account of somebody who was invited. Of two who use one invitation at once, one succeeds.
    pub async fn accept_invitation(
        &self,
        secret: &str,
        new: NewPerson<'_>,
        address: IpAddr,
        writer: &Writer,
    ) -> Result<Proof, AccountError> {
        self.limit(self.shared.attempts.count_stranger(address))?;
        let (_, invitation) = self.invitation(secret).await?;
        let account = self.new_account(new, invitation.role, false).await?;
        let mut change = self.begin(&Caller::stranger()).await?;
        let done = async {
            let hash = SecretHash::of(secret);
            // Whoever made it may have been deactivated while the password was hashed.
            let (_, Purpose::Invitation(_)) = link_in(&mut change, hash).await? else {
                return Err(AccountError::DeadLink);
            };
            if !change.insert(&account).await? {
                return Err(taken());
            }
            match change.use_one_time_link(hash, Some(account.id), now()).await? {
                true => Ok(account.proof()),
                false => Err(AccountError::DeadLink),
            }
        };
        let done = done.await;
        let proof = self.finish(change, done).await?;
        self.settle_invitations(writer).await?;
        Ok(proof)
    }

    /// Puts those who used invitations onto the boards these were for. What is interrupted is done at the next call.
    pub async fn settle_invitations(&self, writer: &Writer) -> Result<(), AccountError> {
        for (link, person) in self.store().unsettled_links().await? {
            if let Some(Purpose::Invitation(invitation)) = Purpose::parse(&link.purpose) {
                for (board, role) in invitation.boards {
                    // The same id every time, so that it is done once.
                    let id = MutationId(Uuid::new_v5(&link.id, board.0.as_bytes()));
                    let op = Op::SetMember(SetMember { person, role: Some(role) });
                    match writer.write(board, Mutation { id, op }, Caller::local()).await {
                        // The board may have been deleted meanwhile, or the person deactivated.
                        Ok(_) | Err(WriteError::Refused(_)) => {}
                        Err(WriteError::Unavailable(_)) => return Err(AccountError::Unavailable),
                    }
                }
            }
            let mut note = self.store().note().await?;
            note.settle_link(link.id).await?;
            note.commit().await?;
        }
        Ok(())
    }

    /// All accounts, for those who manage them.
    pub fn accounts(&self, caller: &Caller) -> Result<Vec<Account>, AccountError> {
        may(self.asker(caller)?.may_manage_people())?;
        Ok(self.store().directory().accounts().into_iter().cloned().collect())
    }

    /// An account, for its owner and for those who manage accounts.
    pub fn account(&self, caller: &Caller, person: ActorId) -> Result<Account, AccountError> {
        let asker = self.asker(caller)?;
        if asker.person != Some(person) {
            may(asker.may_manage_people())?;
        }
        self.store().directory().account(person).cloned().ok_or(AccountError::NotFound("person"))
    }

    /// Gives whoever asks another name.
    pub async fn rename(&self, caller: &Caller, name: &str) -> Result<(), AccountError> {
        self_service(&self.asker(caller)?)?;
        let name = named(check_name(name), "name")?;
        let mut change = self.begin(caller).await?;
        let done = async {
            let person = self_service(asker(&change)?)?;
            Ok(change.set_name(person, &name).await?)
        };
        let done = done.await;
        self.finish(change, done).await
    }

    /// Gives whoever asks another password, and ends their other sessions; and their tokens, if they want that.
    pub async fn change_password(
        &self,
        caller: &Caller,
        passwords: ChangePassword<'_>,
        from: Origin,
    ) -> Result<(), AccountError> {
        let ChangePassword { old, new, revoke_tokens } = passwords;
        let person = self_service(&self.asker(caller)?)?;
        let account = self.account(caller, person)?;
        self.limit(self.shared.attempts.count(&account.email, from))?;
        let (known, credentials) = self.store().password(person).await?.ok_or(AccountError::SignedOut)?;
        if known.is_some() && !self.shared.passwords.verify(old, known).await? {
            return Err(AccountError::invalid("current password", "is not right"));
        }
        let hash = self.shared.passwords.hash(new).await?;
        let this_session = match &caller.credential {
            Credential::Session { hash, .. } => Some(*hash),
            _ => None,
        };
        let mut change = self.begin(caller).await?;
        let done = async {
            let person = self_service(asker(&change)?)?;
            // The password that was right may have been replaced while these were hashed.
            if change.directory().account(person).is_none_or(|account| account.credentials != credentials) {
                return Err(AccountError::invalid(
                    "current password",
                    "is not right any more: it was changed just now",
                ));
            }
            change.set_password(person, &hash).await?;
            change.end_sessions_of(person, this_session, now()).await?;
            if revoke_tokens {
                change.revoke_tokens_of(person, now()).await?;
            }
            revoke_password_links(&mut change, person).await
        };
        let done = done.await;
        self.finish(change, done).await
    }

    /// The sessions of whoever asks.
    pub async fn sessions(&self, caller: &Caller) -> Result<Vec<SessionRow>, AccountError> {
        Ok(self.store().sessions_of(self_service(&self.asker(caller)?)?, now()).await?)
    }

    /// Ends one of the sessions of whoever asks.
    pub async fn end_session(&self, caller: &Caller, id: Uuid) -> Result<(), AccountError> {
        let mut change = self.begin(caller).await?;
        let done = async {
            let person = self_service(asker(&change)?)?;
            found(change.end_session_of(person, id, now()).await?, "session")
        };
        let done = done.await;
        self.finish(change, done).await
    }

    /// Ends all sessions of whoever asks but this one.
    pub async fn end_other_sessions(&self, caller: &Caller, this: SecretHash) -> Result<(), AccountError> {
        let mut change = self.begin(caller).await?;
        let done = async {
            let person = self_service(asker(&change)?)?;
            Ok(change.end_sessions_of(person, Some(this), now()).await?)
        };
        let done = done.await;
        self.finish(change, done).await
    }

    /// Makes somebody something else on this server. There is always an owner.
    pub async fn set_role(&self, caller: &Caller, person: ActorId, role: InstanceRole) -> Result<(), AccountError> {
        let mut change = self.begin(caller).await?;
        let done = async {
            managed(&change, person)?;
            may(asker(&change)?.may_manage(role))?;
            if role != InstanceRole::Owner && is_last_owner(&change, person) {
                return Err(AccountError::invalid(
                    "role",
                    "cannot be changed: a server needs an owner; make somebody else one first",
                ));
            }
            Ok(change.set_role(person, role).await?)
        };
        let done = done.await;
        self.finish(change, done).await
    }

    /// Takes an account out of use at once, or puts it back into use.
    pub async fn set_active(&self, caller: &Caller, person: ActorId, active: bool) -> Result<(), AccountError> {
        let mut change = self.begin(caller).await?;
        let done = async {
            managed(&change, person)?;
            if active {
                return Ok(change.set_deactivated(person, None).await?);
            }
            if is_last_owner(&change, person) {
                return Err(AccountError::invalid("account", "cannot be deactivated: a server needs an owner"));
            }
            change.set_deactivated(person, Some(now())).await?;
            change.end_sessions_of(person, None, now()).await?;
            revoke_password_links(&mut change, person).await
        };
        let done = done.await;
        self.finish(change, done).await
    }

    /// Sets somebody's password, and ends their sessions and tokens: for the command line.
    pub async fn set_password(&self, caller: &Caller, person: ActorId, new: &str) -> Result<(), AccountError> {
        let hash = self.shared.passwords.hash(new).await?;
        let mut change = self.begin(caller).await?;
        let done = async {
            managed(&change, person)?;
            reset(&mut change, person, &hash).await
        };
        let done = done.await;
        self.finish(change, done).await
    }

    /// Makes a link with which somebody chooses a new password. Links made before stop working.
    pub async fn new_password_link(&self, caller: &Caller, person: ActorId) -> Result<Secret, AccountError> {
        self.make_link(caller, &Purpose::NewPassword { person, mailed: false }, NEW_PASSWORD).await
    }

    /// Whether links for new passwords can be sent by mail.
    pub fn sends_mail(&self) -> bool {
        self.shared.mail.is_some()
    }

    /// Counts something a stranger asks for that costs others something.
    pub fn count_stranger(&self, address: IpAddr) -> Result<(), AccountError> {
        self.limit(self.shared.attempts.count_stranger(address))
    }

    /// Sends somebody who forgot their password a link, if there is such an account. Whoever asks is told the same, after the
    /// same time, either way.
    pub fn forgot_password(&self, email: &str, address: IpAddr) -> Result<(), AccountError> {
        self.limit(self.shared.attempts.count_stranger(address))?;
        // A mailbox is not to be flooded either. Whoever asks again is told the same: the links that were sent before still work,
        // so a stranger who asks in somebody's name keeps nobody from anything.
        if self.shared.attempts.count_mail(email).is_err() {
            return Ok(());
        }
        let directory = self.store().directory();
        let account = directory.account_of(email).filter(|account| account.is_active()).cloned();
        let (accounts, Some(account)) = (self.clone(), account) else { return Ok(()) };
        tokio::spawn(async move {
            let Some(mail) = &accounts.shared.mail else { return };
            let purpose = Purpose::NewPassword { person: account.id, mailed: true };
            let sent = match accounts.make_link(&Caller::local(), &purpose, NEW_PASSWORD).await {
                Ok(secret) => {
                    let link = format!("{}/new-password/{}", accounts.shared.public_url, secret.expose());
                    mail.send_new_password(&account, &link).await.map_err(|error| error.to_string())
                }
                Err(error) => Err(error.to_string()),
            };
            if let Err(error) = sent {
                tracing::error!(%error, "a link for a new password could not be sent");
            }
        });
        Ok(())
    }

    /// Whose new password a link is for.
    pub async fn new_password_for(&self, secret: &str) -> Result<Account, AccountError> {
        let (_, Purpose::NewPassword { person, .. }) = self.link(secret).await? else {
            return Err(AccountError::DeadLink);
        };
        let directory = self.store().directory();
        directory.account(person).filter(|account| account.is_active()).cloned().ok_or(AccountError::DeadLink)
    }

    /// Sets a new password with a link, and ends all sessions and tokens of that person.
    pub async fn reset_password(&self, secret: &str, new: &str, address: IpAddr) -> Result<ActorId, AccountError> {
        self.limit(self.shared.attempts.count_stranger(address))?;
        self.new_password_for(secret).await?;
        let hash = self.shared.passwords.hash(new).await?;
        let mut change = self.begin(&Caller::stranger()).await?;
        let done = async {
            let link = SecretHash::of(secret);
            let (_, Purpose::NewPassword { person, mailed }) = link_in(&mut change, link).await? else {
                return Err(AccountError::DeadLink);
            };
            let active = change.directory().account(person).is_some_and(Account::is_active);
            if !active || !change.use_one_time_link(link, None, now()).await? {
                return Err(AccountError::DeadLink);
            }
            reset(&mut change, person, &hash).await?;
            if mailed {
                change.prove_email(person, now()).await?;
            }
            Ok(person)
        };
        let done = done.await;
        self.finish(change, done).await
    }

    /// Makes a token for somebody: oneself, or, at the command line, anybody.
    pub async fn create_token(
        &self,
        caller: &Caller,
        person: ActorId,
        name: &str,
        scope: Scope,
        expires_at: Option<Timestamp>,
    ) -> Result<(Secret, Token), AccountError> {
        may_keep_tokens(&self.asker(caller)?, person)?;
        let name = named(check_name(name), "name")?;
        if expires_at.is_some_and(|end| end <= now()) {
            return Err(AccountError::invalid("expiry", "is in the past"));
        }
        let secret = Secret::sealed("taskwire_", self.store().seal());
        let token = Token { id: app::new_id(), person, name, scope, created_at: now(), expires_at };
        let mut change = self.begin(caller).await?;
        let done = async {
            may_keep_tokens(asker(&change)?, person)?;
            found(change.directory().account(person).is_some(), "person")?;
            if change.directory().count_tokens(person) >= MAX_TOKENS {
                return Err(AccountError::invalid("token", format!("is one too many; {MAX_TOKENS} is the most")));
            }
            change.insert_token(secret.hash(), &token).await?;
            Ok((secret, token))
        };
        let done = done.await;
        self.finish(change, done).await
    }

    /// The tokens of a person that were not revoked, and when each was last used.
    pub async fn tokens(
        &self,
        caller: &Caller,
        person: ActorId,
    ) -> Result<Vec<(Token, Option<Timestamp>)>, AccountError> {
        may_keep_tokens(&self.asker(caller)?, person)?;
        found(self.store().directory().account(person).is_some(), "person")?;
        Ok(self.store().tokens_of(person).await?)
    }

    /// Revokes a token: one's own, or, at the command line, anybody's.
    pub async fn revoke_token(&self, caller: &Caller, id: Uuid) -> Result<(), AccountError> {
        let mut change = self.begin(caller).await?;
        let done = async {
            let asker = asker(&change)?;
            let person = match asker.person {
                Some(person) => may_keep_tokens(asker, person).map(|()| Some(person))?,
                None => may(asker.may_manage_people()).map(|()| None)?,
            };
            found(change.revoke_token(id, person, now()).await?, "token")
        };
        let done = done.await;
        self.finish(change, done).await
    }

    /// Notes that a token was used, now and then.
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
                tracing::debug!(%error, "could not note that a token was used");
            }
        });
    }

    /// Makes a link with which a board can be read without an account, for as long as whoever makes it manages the board.
    pub async fn create_share_link(
        &self,
        caller: &Caller,
        board: BoardId,
        writer: &Writer,
    ) -> Result<(Secret, ShareLink), AccountError> {
        let (secret, link) = (Secret::new(""), app::new_id());
        let create = CreateShareLink { link, secret_sha256: secret.hash().into() };
        self.write_link(caller, board, Op::CreateShareLink(create), writer).await?;
        let made = self.share_links(caller, board).await?.into_iter().find(|made| made.id == link);
        Ok((secret, made.ok_or(AccountError::NotFound("share link"))?))
    }

    /// The share links of a board that were not revoked.
    pub async fn share_links(&self, caller: &Caller, board: BoardId) -> Result<Vec<ShareLink>, AccountError> {
        let state = self.managed_board(&self.asker(caller)?, board).await?;
        Ok(self.store().share_links(&state).await?)
    }

    /// Takes a share link back; whoever reads the board by it stops doing so at once.
    pub async fn revoke_share_link(
        &self,
        caller: &Caller,
        board: BoardId,
        link: Uuid,
        writer: &Writer,
    ) -> Result<(), AccountError> {
        self.write_link(caller, board, Op::RevokeShareLink(RevokeShareLink { link }), writer).await
    }

    /// Share links go by the one write path: so the log of the board has them, and its lock decides on them.
    async fn write_link(&self, caller: &Caller, board: BoardId, op: Op, writer: &Writer) -> Result<(), AccountError> {
        self.managed_board(&self.asker(caller)?, board).await?;
        let id: MutationId = app::new_id();
        match writer.write(board, Mutation { id, op }, caller.clone()).await {
            Ok(_) => Ok(()),
            Err(WriteError::Refused(Refusal::NotFound { what: Thing::Board })) => Err(AccountError::NotFound("board")),
            Err(WriteError::Refused(Refusal::NotFound { .. })) => Err(AccountError::NotFound("share link")),
            Err(WriteError::Refused(Refusal::Full { limit, .. })) => {
                let message = format!("is one too many: there may be {limit}; revoke one first");
                Err(AccountError::invalid("share link", message))
            }
            Err(WriteError::Refused(_)) => Err(AccountError::Forbidden),
            Err(WriteError::Unavailable(_)) => Err(AccountError::Unavailable),
        }
    }

    /// What has to be done now and then.
    pub async fn tidy(&self, writer: &Writer) -> Result<(), AccountError> {
        self.shared.attempts.forget_old();
        self.settle_invitations(writer).await?;
        Ok(())
    }

    /// Forgets what has ended so long ago that no node needs to know of it any more.
    pub async fn forget(&self, now: Timestamp) -> Result<(), StoreError> {
        let mut note = self.store().note().await?;
        note.forget_before(clock::before(now, KEPT)).await?;
        note.forget_devices_before(clock::before(now, DEVICE)).await?;
        note.commit().await
    }

    /// An account to be made. Whoever has the server's word is believed that the address is theirs.
    async fn new_account(
        &self,
        new: NewPerson<'_>,
        role: InstanceRole,
        email_is_proved: bool,
    ) -> Result<NewAccount, AccountError> {
        let name = named(check_name(new.name), "name")?;
        let email = check_email(new.email)?;
        let password = match new.password {
            Some(password) => Some(self.shared.passwords.hash(password).await?),
            None => None,
        };
        Ok(NewAccount { id: app::new_id(), name, email, email_is_proved, role, password, at: now() })
    }

    /// Makes a link that works once, if whoever asks may.
    async fn make_link(&self, caller: &Caller, purpose: &Purpose, lasts: Duration) -> Result<Secret, AccountError> {
        let secret = Secret::sealed("", self.store().seal());
        let mut change = self.begin(caller).await?;
        let done = async {
            let created_at = now();
            let link = OneTimeLink {
                id: app::new_id(),
                purpose: purpose.to_json(),
                created_by: asker(&change)?.person,
                created_at,
                expires_at: after(created_at, lasts),
            };
            match purpose {
                Purpose::FirstVisit => {}
                Purpose::Invitation(invitation) => may(asker(&change)?.may_manage(invitation.role))?,
                Purpose::NewPassword { person, mailed } => {
                    if !managed(&change, *person)?.is_active() {
                        return Err(AccountError::invalid("account", "is deactivated"));
                    }
                    // One that an admin makes takes the place of those before. Those that are asked for by mail all work until one
                    // is used: anybody can ask for them.
                    if !mailed {
                        revoke_password_links(&mut change, *person).await?;
                    }
                }
            }
            change.insert_one_time_link(secret.hash(), &link).await?;
            Ok(secret)
        };
        let done = done.await;
        self.finish(change, done).await
    }

    /// A link that works, and what for: to be shown. To be used, it is asked for again in the transaction that uses it.
    async fn link(&self, secret: &str) -> Result<(OneTimeLink, Purpose), AccountError> {
        let hash = self.store().link_hash(secret, now()).ok_or(AccountError::DeadLink)?;
        works(&self.store().directory(), self.store().one_time_link(hash, now()).await?)
    }

    /// What whoever asks may do at this moment: to show something, or to refuse early what takes long. What is changed is decided
    /// again in the transaction that changes it.
    fn asker(&self, caller: &Caller) -> Result<Asker, AccountError> {
        self.store().directory().asker(caller, now()).ok_or(AccountError::SignedOut)
    }

    async fn begin(&self, caller: &Caller) -> Result<AccessChange<'_>, AccountError> {
        Ok(self.store().change_access(caller).await?)
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
    async fn managed_board(&self, asker: &Asker, board: BoardId) -> Result<Arc<BoardState>, AccountError> {
        let state = self.store().board(board).await?.filter(|state| state.exists());
        let state = state.ok_or(AccountError::NotFound("board"))?;
        let role = asker.role_on(board, state.access()).ok_or(AccountError::NotFound("board"))?;
        may(role >= BoardRole::Manager)?;
        Ok(state)
    }

    fn limit(&self, counted: Result<(), Duration>) -> Result<(), AccountError> {
        counted.map_err(|wait| {
            metrics::counter!("taskwire_sign_ins_total", "outcome" => "limited").increment(1);
            AccountError::TooMany(wait)
        })
    }
}

/// What whoever asks may do in a transaction.
fn asker<'c>(change: &'c AccessChange<'_>) -> Result<&'c Asker, AccountError> {
    change.asker().ok_or(AccountError::SignedOut)
}

/// The account that whoever asks wants to manage.
fn managed<'c>(change: &'c AccessChange<'_>, person: ActorId) -> Result<&'c Account, AccountError> {
    let asker = asker(change)?;
    may(asker.may_manage_people())?;
    let account = change.directory().account(person).ok_or(AccountError::NotFound("person"))?;
    may(asker.may_manage(account.role))?;
    Ok(account)
}

fn is_last_owner(change: &AccessChange<'_>, person: ActorId) -> bool {
    let owns = change.directory().account(person).is_some_and(|account| account.role == InstanceRole::Owner);
    owns && !change.directory().has_owner_besides(person)
}

/// Gives somebody another password in place of one that may be known to others: whatever was made with it ends.
async fn reset(change: &mut AccessChange<'_>, person: ActorId, hash: &str) -> Result<(), AccountError> {
    change.set_password(person, hash).await?;
    change.end_sessions_of(person, None, now()).await?;
    change.revoke_tokens_of(person, now()).await?;
    revoke_password_links(change, person).await
}

/// Takes back the links with which somebody might choose a new password.
async fn revoke_password_links(change: &mut AccessChange<'_>, person: ActorId) -> Result<(), AccountError> {
    for mailed in [false, true] {
        change.revoke_links_for(&Purpose::NewPassword { person, mailed }.to_json()).await?;
    }
    Ok(())
}

/// A link that works in a transaction, and what for.
async fn link_in(change: &mut AccessChange<'_>, hash: SecretHash) -> Result<(OneTimeLink, Purpose), AccountError> {
    let link = change.one_time_link(hash, now()).await?;
    works(change.directory(), link)
}

fn works(directory: &Directory, link: Option<OneTimeLink>) -> Result<(OneTimeLink, Purpose), AccountError> {
    let link = link.ok_or(AccountError::DeadLink)?;
    match Purpose::parse(&link.purpose) {
        Some(purpose) if still_stands(directory, &link, &purpose) => Ok((link, purpose)),
        _ => Err(AccountError::DeadLink),
    }
}

/// Whether whoever made a link could make it today: with a role go the links that took it.
fn still_stands(directory: &Directory, link: &OneTimeLink, purpose: &Purpose) -> bool {
    let role = match purpose {
        Purpose::FirstVisit => None,
        Purpose::Invitation(invitation) => Some(invitation.role),
        Purpose::NewPassword { person, .. } => directory.account(*person).map(|account| account.role),
    };
    // What nobody made comes from the server, or its command line.
    let (Some(maker), Some(role)) = (link.created_by, role) else { return true };
    let maker = directory.account(maker).filter(|account| account.is_active());
    maker.is_some_and(|maker| Asker::person(maker.id, maker.role).may_manage(role))
}

/// Who asks, where they may change what is theirs.
fn self_service(asker: &Asker) -> Result<ActorId, AccountError> {
    may(asker.scope == Scope::Admin)?;
    asker.person.ok_or(AccountError::Forbidden)
}

fn may_keep_tokens(asker: &Asker, person: ActorId) -> Result<(), AccountError> {
    may(asker.scope == Scope::Admin)?;
    let own = asker.person == Some(person);
    let local = asker.person.is_none() && asker.may_manage_people();
    may(own || local)
}

fn found(yes: bool, what: &'static str) -> Result<(), AccountError> {
    if yes { Ok(()) } else { Err(AccountError::NotFound(what)) }
}

/// Whether a session, a token or a link is what somebody comes with who is nobody any more.
pub fn holds(store: &Store, credential: &Credential) -> bool {
    let caller = Caller { credential: credential.clone(), links: Vec::new() };
    store.directory().asker(&caller, now()).is_some()
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

fn taken() -> AccountError {
    AccountError::invalid("e-mail address", "has an account already; sign in instead")
}

/// An e-mail address in lower case. Whether anybody reads what is sent there, no look at it can say.
fn check_email(text: &str) -> Result<String, AccountError> {
    const MOST: usize = 254;
    let text = text.trim().to_lowercase();
    let looks_right = text.split_once('@').is_some_and(|(name, host)| {
        let odd = |char: char| {
            char.is_whitespace() || char.is_control() || is_invisible(char) || "<>()[],;:\\\"@".contains(char)
        };
        !name.is_empty() && !host.is_empty() && !name.contains(odd) && !host.contains(odd)
    });
    if !looks_right || text.len() > MOST {
        return Err(AccountError::invalid("e-mail address", "does not look like one, such as ana@example.com"));
    }
    Ok(text)
}

fn after(at: Timestamp, time: Duration) -> Timestamp {
    Timestamp::from_millis(at.as_millis().saturating_add(i64::try_from(time.as_millis()).unwrap_or(i64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_two_halves_and_nothing_odd() {
        assert_eq!(check_email(" Ana@Example.com ").unwrap(), "ana@example.com");
        assert_eq!(check_email("ana+tasks@localhost").unwrap(), "ana+tasks@localhost");
        for wrong in ["", "ana", "@b", "a@", "a b@c", "a@b@c", "a@b\r\nBcc: x@y", "a@<b>", &"x".repeat(300)] {
            assert!(check_email(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_wait_is_told_in_words() {
        assert_eq!(in_words(&Duration::from_millis(300)), "a second");
        assert_eq!(in_words(&Duration::from_secs(30)), "30 seconds");
        assert_eq!(in_words(&Duration::from_secs(121)), "3 minutes");
    }
}
