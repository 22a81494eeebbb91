//! Passwords: changed by their owner, set by somebody else, and chosen anew with a link by whoever forgot theirs.

use std::{net::IpAddr, sync::Arc, time::Duration};

use app::{audit::Method, id::ActorId};
use uuid::Uuid;

use super::{
    AccountError, Accounts, DAY,
    attempts::Origin,
    hashing::Passwords,
    one_time_links::{Purpose, Step, link_in},
    people::managed,
    principal, self_service,
};
use crate::{
    clock::now,
    credentials::{ClientInfo, Credential, Credentials},
    mail::{Mail, MailError},
    outbox::{Job, JobError},
    secret::{Secret, SecretHash},
    store::{AccessChange, Account, Proof},
};

/// How long a link for a new password works.
const NEW_PASSWORD: Duration = Duration::from_secs(DAY);
/// The longest address that mail can be sent to, in bytes (RFC 5321, 4.5.3.1.3: 256 with the angle brackets).
const LONGEST_EMAIL: usize = 254;

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

impl Accounts {
    /// Where passwords are hashed, one at a time.
    pub fn passwords(&self) -> &Passwords {
        &self.shared.passwords
    }

    /// Gives whoever asks another password, and ends their other sessions; and their tokens, if they want that.
    pub async fn change_password(
        &self,
        credentials: &Credentials,
        passwords: ChangePassword<'_>,
        from: Origin,
    ) -> Result<(), AccountError> {
        let ChangePassword { old, new, revoke_tokens } = passwords;
        let person = self_service(&self.principal(credentials)?)?;
        let account = self.account(credentials, person)?;
        self.limit(self.shared.attempts.count(&account.email, &from))?;
        let (known, version) = self.store().password(person).await?.ok_or(AccountError::SignedOut)?;
        if known.is_some() && !self.shared.passwords.verify(old, known).await? {
            return Err(AccountError::invalid("current password", "the current password is wrong"));
        }
        let hash = self.shared.passwords.hash(new).await?;
        let this_session = match &credentials.credential {
            Credential::Session { hash, .. } => Some(*hash),
            _ => None,
        };
        let mut change = self.begin(credentials).await?;
        let done = async {
            let person = self_service(principal(&change)?)?;
            // The password that was right may have been replaced while these were hashed.
            if change.directory().account(person).is_none_or(|account| account.credentials != version) {
                return Err(AccountError::invalid(
                    "current password",
                    "the password was changed a moment ago; enter the newest one as the current password",
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

    /// Sets somebody's password, and ends their sessions and tokens: for the command line.
    pub async fn set_password(
        &self,
        credentials: &Credentials,
        person: ActorId,
        new: &str,
    ) -> Result<(), AccountError> {
        let hash = self.shared.passwords.hash(new).await?;
        let mut change = self.begin(credentials).await?;
        let done = async {
            managed(&change, person)?;
            reset(&mut change, person, &hash).await
        };
        let done = done.await;
        self.finish(change, done).await
    }

    /// Makes a link with which somebody chooses a new password. Links made before stop working.
    pub async fn new_password_link(&self, credentials: &Credentials, person: ActorId) -> Result<Secret, AccountError> {
        self.make_link(credentials, &Purpose::NewPassword { person, mailed: false }, NEW_PASSWORD).await
    }

    /// Whether links for new passwords can be sent by mail.
    pub fn sends_mail(&self) -> bool {
        self.live_mail().is_some()
    }

    /// Has a link mailed to somebody who forgot their password, if there is such an account. Whoever asks is told the same, after
    /// the same time, either way: a job is enqueued in both cases, and only who does it looks for the account.
    pub async fn forgot_password(&self, email: &str, address: IpAddr) -> Result<(), AccountError> {
        self.limit(self.shared.attempts.count_stranger(address))?;
        // A mailbox is not to be flooded either. Whoever asks again is told the same: the links that were sent before still work,
        // so a stranger who asks in somebody's name keeps nobody from anything. And what is longer than an address is nobody's.
        if email.len() > LONGEST_EMAIL || self.shared.attempts.count_mail(email).is_err() {
            return Ok(());
        }
        let job = Job::NewPasswordMail { email: email.to_owned() };
        Ok(self.store().enqueue(&job.enqueued(app::new_id())).await?)
    }

    /// Mails a link for a new password, if an account has that address. The secret is in the mail alone, so each attempt makes
    /// another link; all of them work until one is used.
    pub async fn mail_new_password(&self, job: Uuid, email: &str) -> Result<(), JobError> {
        let mail = self.mail()?;
        let directory = self.store().directory();
        let Some(account) = directory.account_of(email).filter(|account| account.is_active()) else { return Ok(()) };
        let purpose = Purpose::NewPassword { person: account.id, mailed: true };
        let secret = match self.make_link(&Credentials::local(), &purpose, NEW_PASSWORD).await {
            Ok(secret) => secret,
            Err(AccountError::Unavailable) => return Err(JobError::Retry(AccountError::Unavailable.to_string())),
            // The account was deactivated meanwhile.
            Err(_) => return Ok(()),
        };
        let link = secret.link(&self.shared.public_url, "new-password");
        mail.send_new_password(job, account, &link).await.map_err(not_sent)
    }

    /// Mails to the former address of an account that it has another one now.
    pub async fn mail_changed_email(&self, job: Uuid, name: &str, email: &str) -> Result<(), JobError> {
        self.mail()?.send_changed_email(job, name, email, &self.shared.public_url).await.map_err(not_sent)
    }

    /// Where mail is sent.
    pub(super) fn mail(&self) -> Result<Arc<Mail>, JobError> {
        let none =
            || JobError::Retry("this server has no mail server (Administration, Settings; or --smtp)".to_owned());
        self.live_mail().ok_or_else(none)
    }

    /// Whose new password a link is for.
    pub async fn new_password_for(&self, secret: &str) -> Result<Account, AccountError> {
        let (_, Purpose::NewPassword { person, .. }) = self.link(secret).await? else {
            return Err(AccountError::DeadLink);
        };
        let directory = self.store().directory();
        directory.account(person).filter(|account| account.is_active()).cloned().ok_or(AccountError::DeadLink)
    }

    /// Whether somebody could sign in before: they have a password, or an identity at a sign-in provider. If not, a link for a password is
    /// what they come with for the first time.
    pub async fn has_signed_in(&self, person: ActorId) -> Result<bool, AccountError> {
        let password = self.store().password(person).await?.and_then(|(password, _)| password);
        Ok(password.is_some() || !self.store().identities_of(person).await?.is_empty())
    }

    /// Sets a new password with a link, and ends all sessions and tokens of that person. Returns the proof that whoever did it is that person.
    pub async fn reset_password(&self, secret: &str, new: &str, client: ClientInfo) -> Result<Proof, AccountError> {
        self.limit(self.shared.attempts.count_stranger(client.address))?;
        self.new_password_for(secret).await?;
        let hash = self.shared.passwords.hash(new).await?;
        let mut change = self.begin(&Credentials::stranger().sent_by(client)).await?;
        let done = async {
            let link = SecretHash::of(secret);
            let (_, purpose) = link_in(&mut change, link).await?;
            let Purpose::NewPassword { person, mailed } = purpose else { return Err(AccountError::DeadLink) };
            let account = change.directory().account(person).filter(|account| account.is_active());
            let Account { name, credentials, .. } = account.ok_or(AccountError::DeadLink)?.clone();
            change.is_by(person, &name, Method::Link);
            let event = purpose.event(Step::Used, None, &change);
            if !change.use_one_time_link(link, None, now(), event).await? {
                return Err(AccountError::DeadLink);
            }
            reset(&mut change, person, &hash).await?;
            if mailed {
                change.prove_email(person, now()).await?;
            }
            // The new password counts as one change of the credentials.
            Ok(Proof { person, credentials: credentials + 1 })
        };
        let done = done.await;
        self.finish(change, done).await
    }
}

/// What becomes of the job of a mail that was not sent.
pub(super) fn not_sent(error: MailError) -> JobError {
    match error.is_final() {
        true => JobError::GiveUp(error.to_string()),
        false => JobError::Retry(error.to_string()),
    }
}

/// Gives somebody another password in place of one that may be known to others: whatever was made with it ends.
async fn reset(change: &mut AccessChange<'_>, person: ActorId, hash: &str) -> Result<(), AccountError> {
    change.set_password(person, hash).await?;
    change.end_sessions_of(person, None, now()).await?;
    change.revoke_tokens_of(person, now()).await?;
    revoke_password_links(change, person).await
}

/// Takes back the links with which somebody might choose a new password.
pub(super) async fn revoke_password_links(change: &mut AccessChange<'_>, person: ActorId) -> Result<(), AccountError> {
    for mailed in [false, true] {
        let purpose = Purpose::NewPassword { person, mailed };
        let event = purpose.event(Step::Revoked, None, change);
        change.revoke_links_for(&purpose.to_json(), event).await?;
    }
    Ok(())
}
