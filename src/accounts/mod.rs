//! Accounts: who is who on this server.
//!
//! - [`Accounts`]: all that can be done about people, sessions, tokens and links. Pages, REST and the command line come by here,
//!   and what may be done is decided here, by the rights of whoever asks ([`app::access::Asker`]).
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
    board::is_invisible,
    id::{ActorId, BoardId, MutationId},
    mutation::{Mutation, Op, Refusal, SetMember},
    people::check_name,
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
        Account, Store, StoreError, Token,
        people::{NewAccount, OneTimeLink, SessionRow},
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

/// Why something about accounts was not done. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// Whoever asks may not do that.
    #[error("you may not do this")]
    Forbidden,
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

    /// Whether nobody has an account yet.
    pub fn is_first_visit(&self) -> bool {
        self.store().directory().is_empty()
    }

    /// Makes the link with which the first visit begins where strangers can reach the server.
    pub async fn first_visit_link(&self) -> Result<Secret, AccountError> {
        self.make_link(&Purpose::FirstVisit, None, FIRST_VISIT).await
    }

    /// Makes the first account: the owner's. Of two who try at once, one succeeds. `code` is needed where `needs_code`.
    pub async fn create_owner(
        &self,
        new: NewPerson<'_>,
        needs_code: bool,
        code: &str,
        address: IpAddr,
    ) -> Result<ActorId, AccountError> {
        self.limit(self.shared.attempts.count_stranger(address))?;
        if !self.is_first_visit() {
            return Err(AccountError::NotTheFirst);
        }
        let code = SecretHash::of(code);
        if needs_code && self.link(code).await?.1 != Purpose::FirstVisit {
            return Err(AccountError::DeadLink);
        }
        let account = self.new_account(new, InstanceRole::Owner).await?;
        let mut change = self.store().change_access().await?;
        if change.count().await? > 0 {
            change.abandon().await?;
            return Err(AccountError::NotTheFirst);
        }
        change.insert(&account).await?;
        change.revoke_links_for(&Purpose::FirstVisit.to_json()).await?;
        change.commit().await?;
        self.announce();
        Ok(account.id)
    }

    /// Who somebody is who tells an e-mail address and a password.
    pub async fn sign_in(&self, email: &str, password: &str, from: Origin) -> Result<ActorId, AccountError> {
        self.limit(self.shared.attempts.count(email, from))?;
        let directory = self.store().directory();
        let account = directory.account_of(email);
        let hash = match account {
            Some(account) => self.store().password(account.id).await?,
            None => None,
        };
        let matches = self.shared.passwords.verify(password, hash).await?;
        let account = account.filter(|account| matches && account.is_active());
        metrics::counter!("taskwire_sign_ins_total", "outcome" => if account.is_some() { "done" } else { "refused" })
            .increment(1);
        account.map(|account| account.id).ok_or(AccountError::WrongCredentials)
    }

    /// Who somebody is here who has signed in elsewhere. The first time, an account with the e-mail address that the provider
    /// has verified becomes theirs; where there is none, it takes an invitation.
    pub async fn sign_in_elsewhere(
        &self,
        identity: &Identity,
        invitation: Option<&str>,
        address: IpAddr,
        writer: &Writer,
    ) -> Result<ActorId, AccountError> {
        let Identity { issuer, subject, name, email } = identity;
        let directory = self.store().directory();
        if let Some(person) = self.store().identity(issuer, subject).await? {
            let active = directory.account(person).is_some_and(Account::is_active);
            return if active { Ok(person) } else { Err(AccountError::WrongCredentials) };
        }
        let email = email.as_deref().ok_or(AccountError::NotVerified)?;
        let person = match (directory.account_of(email), invitation) {
            (Some(account), _) if account.is_active() => account.id,
            (Some(_), _) => return Err(AccountError::WrongCredentials),
            (None, None) => return Err(AccountError::NotInvited),
            (None, Some(secret)) => {
                let name = name.as_deref().filter(|name| check_name(name).is_ok());
                let name = name.unwrap_or_else(|| email.split('@').next().unwrap_or(email));
                self.accept_invitation(secret, NewPerson { name, email, password: None }, address, writer).await?
            }
        };
        let mut change = self.store().change_access().await?;
        change.insert_identity(issuer, subject, person).await?;
        change.commit().await?;
        self.announce();
        Ok(person)
    }

    /// Whether somebody has signed in with this browser before.
    pub async fn known_device(&self, device: &str, email: &str) -> Result<Option<SecretHash>, AccountError> {
        let hash = SecretHash::of(device);
        let Some(person) = self.store().directory().account_of(email).map(|account| account.id) else {
            return Ok(None);
        };
        Ok(self.store().is_known_device(hash, person).await?.then_some(hash))
    }

    /// Remembers that somebody has signed in with a browser; what to give the browser.
    pub async fn remember_device(&self, person: ActorId) -> Result<Secret, AccountError> {
        let secret = Secret::new("");
        let mut note = self.store().note().await?;
        note.insert_known_device(secret.hash(), person, now()).await?;
        note.commit().await?;
        Ok(secret)
    }

    /// Makes an account without an invitation: for the command line.
    pub async fn add(&self, asker: &Asker, new: NewPerson<'_>, role: InstanceRole) -> Result<ActorId, AccountError> {
        may(asker.may_manage(role))?;
        let account = self.new_account(new, role).await?;
        let mut change = self.store().change_access().await?;
        if !change.insert(&account).await? {
            change.abandon().await?;
            return Err(taken());
        }
        change.commit().await?;
        self.announce();
        Ok(account.id)
    }

    /// Invites somebody.
    pub async fn invite(&self, asker: &Asker, invitation: Invitation) -> Result<Secret, AccountError> {
        may(asker.may_manage(invitation.role))?;
        if invitation.boards.len() > MAX_BOARDS {
            return Err(AccountError::invalid("boards", format!("may be {MAX_BOARDS} at most")));
        }
        for (board, _) in &invitation.boards {
            self.board_role(asker, *board).await?;
        }
        let note = match invitation.note.trim() {
            "" => String::new(),
            note => named(check_name(note), "note")?,
        };
        self.make_link(&Purpose::Invitation(Invitation { note, ..invitation }), asker.person, INVITATION).await
    }

    /// What somebody is invited to, and by which link.
    pub async fn invitation(&self, secret: &str) -> Result<(OneTimeLink, Invitation), AccountError> {
        match self.link(SecretHash::of(secret)).await? {
            (link, Purpose::Invitation(invitation)) => Ok((link, invitation)),
            _ => Err(AccountError::DeadLink),
        }
    }

    /// Invitations that were not used yet, newest first.
    pub async fn invitations(&self, asker: &Asker) -> Result<Vec<(OneTimeLink, Invitation)>, AccountError> {
        may(asker.may_manage_people())?;
        let links = self.store().one_time_links(now()).await?;
        let invitation = |link: OneTimeLink| match Purpose::parse(&link.purpose)? {
            purpose if !self.still_stands(&link, &purpose) => None,
            Purpose::Invitation(invitation) => Some((link, invitation)),
            _ => None,
        };
        Ok(links.into_iter().filter_map(invitation).collect())
    }

    /// Takes an invitation back.
    pub async fn revoke_invitation(&self, asker: &Asker, id: Uuid) -> Result<(), AccountError> {
        let invitations = self.invitations(asker).await?;
        let Some((_, invitation)) = invitations.into_iter().find(|(link, _)| link.id == id) else {
            return Err(AccountError::NotFound("invitation"));
        };
        may(asker.may_manage(invitation.role))?;
        let mut change = self.store().change_access().await?;
        change.revoke_one_time_link(id).await?;
        change.commit().await?;
        Ok(())
    }

    /// Makes the account of somebody who was invited. Of two who use one invitation at once, one succeeds.
    pub async fn accept_invitation(
        &self,
        secret: &str,
        new: NewPerson<'_>,
        address: IpAddr,
        writer: &Writer,
    ) -> Result<ActorId, AccountError> {
        self.limit(self.shared.attempts.count_stranger(address))?;
        let (_, invitation) = self.invitation(secret).await?;
        let account = self.new_account(new, invitation.role).await?;
        let mut change = self.store().change_access().await?;
        if !change.insert(&account).await? {
            change.abandon().await?;
            return Err(taken());
        }
        if !change.use_one_time_link(SecretHash::of(secret), Some(account.id), now()).await? {
            change.abandon().await?;
            return Err(AccountError::DeadLink);
        }
        change.commit().await?;
        self.announce();
        self.settle_invitations(writer).await?;
        Ok(account.id)
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
    pub fn accounts(&self, asker: &Asker) -> Result<Vec<Account>, AccountError> {
        may(asker.may_manage_people())?;
        Ok(self.store().directory().accounts().into_iter().cloned().collect())
    }

    /// An account, for its owner and for those who manage accounts.
    pub fn account(&self, asker: &Asker, person: ActorId) -> Result<Account, AccountError> {
        if asker.person != Some(person) {
            may(asker.may_manage_people())?;
        }
        self.store().directory().account(person).cloned().ok_or(AccountError::NotFound("person"))
    }

    /// Gives whoever asks another name.
    pub async fn rename(&self, asker: &Asker, name: &str) -> Result<(), AccountError> {
        let person = self.self_service(asker)?;
        let name = named(check_name(name), "name")?;
        let mut change = self.store().change_access().await?;
        change.set_name(person, &name).await?;
        change.commit().await?;
        self.announce();
        Ok(())
    }

    /// Gives whoever asks another password, and ends their other sessions.
    pub async fn change_password(
        &self,
        asker: &Asker,
        old: &str,
        new: &str,
        this_session: SecretHash,
        from: Origin,
    ) -> Result<(), AccountError> {
        let person = self.self_service(asker)?;
        let account = self.account(asker, person)?;
        self.limit(self.shared.attempts.count(&account.email, from))?;
        if account.has_password {
            let hash = self.store().password(person).await?;
            if !self.shared.passwords.verify(old, hash).await? {
                return Err(AccountError::invalid("current password", "is not right"));
            }
        }
        let hash = self.shared.passwords.hash(new).await?;
        let mut change = self.store().change_access().await?;
        change.set_password(person, &hash).await?;
        change.end_sessions_of(person, Some(this_session), now()).await?;
        change.revoke_links_for(&Purpose::NewPassword { person }.to_json()).await?;
        change.commit().await?;
        self.announce();
        Ok(())
    }

    /// The sessions of whoever asks.
    pub async fn sessions(&self, asker: &Asker) -> Result<Vec<SessionRow>, AccountError> {
        Ok(self.store().sessions_of(self.self_service(asker)?, now()).await?)
    }

    /// Ends one of the sessions of whoever asks.
    pub async fn end_session(&self, asker: &Asker, id: Uuid) -> Result<(), AccountError> {
        let person = self.self_service(asker)?;
        let mut change = self.store().change_access().await?;
        if !change.end_session_of(person, id, now()).await? {
            change.abandon().await?;
            return Err(AccountError::NotFound("session"));
        }
        change.commit().await?;
        self.announce();
        Ok(())
    }

    /// Ends all sessions of whoever asks but this one.
    pub async fn end_other_sessions(&self, asker: &Asker, this: SecretHash) -> Result<(), AccountError> {
        let person = self.self_service(asker)?;
        let mut change = self.store().change_access().await?;
        change.end_sessions_of(person, Some(this), now()).await?;
        change.commit().await?;
        self.announce();
        Ok(())
    }

    /// Makes somebody something else on this server. There is always an owner.
    pub async fn set_role(&self, asker: &Asker, person: ActorId, role: InstanceRole) -> Result<(), AccountError> {
        let account = self.managed(asker, person)?;
        may(asker.may_manage(role))?;
        let mut change = self.store().change_access().await?;
        if account.role == InstanceRole::Owner && role != InstanceRole::Owner && change.other_owners(person).await? == 0
        {
            change.abandon().await?;
            return Err(AccountError::invalid(
                "role",
                "cannot be changed: a server needs an owner; make somebody else one first",
            ));
        }
        change.set_role(person, role).await?;
        change.commit().await?;
        self.announce();
        Ok(())
    }

    /// Takes an account out of use at once, or puts it back into use.
    pub async fn set_active(&self, asker: &Asker, person: ActorId, active: bool) -> Result<(), AccountError> {
        let account = self.managed(asker, person)?;
        let mut change = self.store().change_access().await?;
        if active {
            change.set_deactivated(person, None).await?;
        } else {
            if account.role == InstanceRole::Owner && change.other_owners(person).await? == 0 {
                change.abandon().await?;
                return Err(AccountError::invalid("account", "cannot be deactivated: a server needs an owner"));
            }
            change.set_deactivated(person, Some(now())).await?;
            change.end_sessions_of(person, None, now()).await?;
            change.revoke_links_for(&Purpose::NewPassword { person }.to_json()).await?;
        }
        change.commit().await?;
        self.announce();
        Ok(())
    }

    /// Sets somebody's password, and ends their sessions: for the command line.
    pub async fn set_password(&self, asker: &Asker, person: ActorId, new: &str) -> Result<(), AccountError> {
        self.managed(asker, person)?;
        let hash = self.shared.passwords.hash(new).await?;
        let mut change = self.store().change_access().await?;
        change.set_password(person, &hash).await?;
        change.end_sessions_of(person, None, now()).await?;
        change.revoke_links_for(&Purpose::NewPassword { person }.to_json()).await?;
        change.commit().await?;
        self.announce();
        Ok(())
    }

    /// Makes a link with which somebody chooses a new password. Links made before stop working.
    pub async fn new_password_link(&self, asker: &Asker, person: ActorId) -> Result<Secret, AccountError> {
        let account = self.managed(asker, person)?;
        if !account.is_active() {
            return Err(AccountError::invalid("account", "is deactivated"));
        }
        self.make_link(&Purpose::NewPassword { person }, asker.person, NEW_PASSWORD).await
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
        // A mailbox is not to be flooded either, whoever asks.
        self.limit(self.shared.attempts.count_mail(email))?;
        let directory = self.store().directory();
        let account = directory.account_of(email).filter(|account| account.is_active()).cloned();
        let (accounts, Some(account)) = (self.clone(), account) else { return Ok(()) };
        tokio::spawn(async move {
            let Some(mail) = &accounts.shared.mail else { return };
            let purpose = Purpose::NewPassword { person: account.id };
            let sent = match accounts.make_link(&purpose, None, NEW_PASSWORD).await {
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
        let (_, Purpose::NewPassword { person }) = self.link(SecretHash::of(secret)).await? else {
            return Err(AccountError::DeadLink);
        };
        let directory = self.store().directory();
        directory.account(person).filter(|account| account.is_active()).cloned().ok_or(AccountError::DeadLink)
    }

    /// Sets a new password with a link, and ends all sessions of that person.
    pub async fn reset_password(&self, secret: &str, new: &str, address: IpAddr) -> Result<ActorId, AccountError> {
        self.limit(self.shared.attempts.count_stranger(address))?;
        let person = self.new_password_for(secret).await?.id;
        let hash = self.shared.passwords.hash(new).await?;
        let mut change = self.store().change_access().await?;
        if !change.use_one_time_link(SecretHash::of(secret), None, now()).await? {
            change.abandon().await?;
            return Err(AccountError::DeadLink);
        }
        change.set_password(person, &hash).await?;
        change.end_sessions_of(person, None, now()).await?;
        change.commit().await?;
        self.announce();
        Ok(person)
    }

    /// Makes a token for somebody: oneself, or, at the command line, anybody.
    pub async fn create_token(
        &self,
        asker: &Asker,
        person: ActorId,
        name: &str,
        scope: Scope,
        expires_at: Option<Timestamp>,
    ) -> Result<(Secret, Token), AccountError> {
        self.may_keep_tokens(asker, person)?;
        let name = named(check_name(name), "name")?;
        if expires_at.is_some_and(|end| end <= now()) {
            return Err(AccountError::invalid("expiry", "is in the past"));
        }
        if self.store().tokens_of(person).await?.len() >= MAX_TOKENS {
            return Err(AccountError::invalid("token", format!("is one too many; {MAX_TOKENS} is the most")));
        }
        let secret = Secret::new("taskwire_");
        let token = Token { id: app::new_id(), person, name, scope, created_at: now(), expires_at };
        let mut change = self.store().change_access().await?;
        change.insert_token(secret.hash(), &token).await?;
        change.commit().await?;
        self.announce();
        Ok((secret, token))
    }

    /// The tokens of a person that were not revoked, and when each was last used.
    pub async fn tokens(
        &self,
        asker: &Asker,
        person: ActorId,
    ) -> Result<Vec<(Token, Option<Timestamp>)>, AccountError> {
        self.may_keep_tokens(asker, person)?;
        Ok(self.store().tokens_of(person).await?)
    }

    /// Revokes a token: one's own, or, at the command line, anybody's.
    pub async fn revoke_token(&self, asker: &Asker, id: Uuid) -> Result<(), AccountError> {
        let person = match asker.person {
            Some(person) => Some(self.may_keep_tokens(asker, person).map(|()| person)?),
            None => may(asker.may_manage_people()).map(|()| None)?,
        };
        let mut change = self.store().change_access().await?;
        if !change.revoke_token(id, person, now()).await? {
            change.abandon().await?;
            return Err(AccountError::NotFound("token"));
        }
        change.commit().await?;
        self.announce();
        Ok(())
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

    /// Makes a link with which a board can be read without an account.
    pub async fn create_share_link(&self, asker: &Asker, board: BoardId) -> Result<(Secret, ShareLink), AccountError> {
        self.manages(asker, board).await?;
        let secret = Secret::new("");
        let link = ShareLink { id: app::new_id(), created_by: asker.person, created_at: now() };
        let mut change = self.store().change_access().await?;
        change.insert_share_link(secret.hash(), board, &link).await?;
        change.commit().await?;
        self.announce();
        Ok((secret, link))
    }

    /// The share links of a board that work.
    pub async fn share_links(&self, asker: &Asker, board: BoardId) -> Result<Vec<ShareLink>, AccountError> {
        self.manages(asker, board).await?;
        Ok(self.store().share_links(board).await?)
    }

    /// Takes a share link back; whoever reads the board by it stops doing so at once.
    pub async fn revoke_share_link(&self, asker: &Asker, board: BoardId, id: Uuid) -> Result<(), AccountError> {
        self.manages(asker, board).await?;
        let mut change = self.store().change_access().await?;
        if !change.revoke_share_link(board, id, now()).await? {
            change.abandon().await?;
            return Err(AccountError::NotFound("share link"));
        }
        change.commit().await?;
        self.announce();
        Ok(())
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
        note.commit().await
    }

    async fn new_account(&self, new: NewPerson<'_>, role: InstanceRole) -> Result<NewAccount, AccountError> {
        let name = named(check_name(new.name), "name")?;
        let email = check_email(new.email)?;
        let password = match new.password {
            Some(password) => Some(self.shared.passwords.hash(password).await?),
            None => None,
        };
        Ok(NewAccount { id: app::new_id(), name, email, role, password, at: now() })
    }

    async fn make_link(
        &self,
        purpose: &Purpose,
        created_by: Option<ActorId>,
        lasts: Duration,
    ) -> Result<Secret, AccountError> {
        let secret = Secret::new("");
        let created_at = now();
        let link = OneTimeLink {
            id: app::new_id(),
            purpose: purpose.to_json(),
            created_by,
            created_at,
            expires_at: after(created_at, lasts),
        };
        let mut change = self.store().note().await?;
        if let Purpose::NewPassword { .. } = purpose {
            change.revoke_links_for(&link.purpose).await?;
        }
        change.insert_one_time_link(secret.hash(), &link).await?;
        change.commit().await?;
        Ok(secret)
    }

    /// A link that works, and what for.
    async fn link(&self, hash: SecretHash) -> Result<(OneTimeLink, Purpose), AccountError> {
        let link = self.store().one_time_link(hash, now()).await?.ok_or(AccountError::DeadLink)?;
        match Purpose::parse(&link.purpose) {
            Some(purpose) if self.still_stands(&link, &purpose) => Ok((link, purpose)),
            _ => Err(AccountError::DeadLink),
        }
    }

    /// Whether whoever made a link could make it today: with a role go the links that took it.
    fn still_stands(&self, link: &OneTimeLink, purpose: &Purpose) -> bool {
        let directory = self.store().directory();
        let role = match purpose {
            Purpose::FirstVisit => None,
            Purpose::Invitation(invitation) => Some(invitation.role),
            Purpose::NewPassword { person } => directory.account(*person).map(|account| account.role),
        };
        // What nobody made comes from the server, or its command line.
        let (Some(maker), Some(role)) = (link.created_by, role) else { return true };
        let maker = directory.account(maker).filter(|account| account.is_active());
        maker.is_some_and(|maker| Asker::person(maker.id, maker.role).may_manage(role))
    }

    /// The account that whoever asks wants to manage.
    fn managed(&self, asker: &Asker, person: ActorId) -> Result<Account, AccountError> {
        may(asker.may_manage_people())?;
        let account = self.account(asker, person)?;
        may(asker.may_manage(account.role))?;
        Ok(account)
    }

    /// Who asks, where they may change what is theirs.
    fn self_service(&self, asker: &Asker) -> Result<ActorId, AccountError> {
        may(asker.scope == Scope::Admin)?;
        asker.person.ok_or(AccountError::Forbidden)
    }

    fn may_keep_tokens(&self, asker: &Asker, person: ActorId) -> Result<(), AccountError> {
        may(asker.scope == Scope::Admin)?;
        let own = asker.person == Some(person);
        let local = asker.person.is_none() && asker.may_manage_people();
        may(own || local)?;
        let directory = self.store().directory();
        directory.account(person).map(drop).ok_or(AccountError::NotFound("person"))
    }

    /// What whoever asks is on a board; not found where they may not know of it.
    async fn board_role(&self, asker: &Asker, board: BoardId) -> Result<BoardRole, AccountError> {
        let state = self.store().board(board).await?.filter(|state| state.exists());
        let role = state.and_then(|state| asker.role_on(board, state.access()));
        role.ok_or(AccountError::NotFound("board"))
    }

    async fn manages(&self, asker: &Asker, board: BoardId) -> Result<(), AccountError> {
        may(self.board_role(asker, board).await? >= BoardRole::Manager)
    }

    fn limit(&self, counted: Result<(), Duration>) -> Result<(), AccountError> {
        counted.map_err(|wait| {
            metrics::counter!("taskwire_sign_ins_total", "outcome" => "limited").increment(1);
            AccountError::TooMany(wait)
        })
    }

    /// Tells the other nodes.
    fn announce(&self) {
        self.shared.hub.rights_changed();
    }
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
