//! Signing in with an account at an external provider, with OpenID Connect. The client is in `oidc_provider`, which a build may leave out
//! (the feature `oidc`).

use app::{access::InstanceRole, audit::Method, people::check_name};
use serde::{Deserialize, Serialize};

pub use super::oidc_provider::{Oidc, OidcState};
use super::{
    AccountError, Accounts,
    people::{NewPerson, taken},
};
use crate::{
    clock::now,
    credentials::{ClientInfo, Credentials},
    live_settings::LiveSettings,
    store::{Account, Proof},
    writer::Writer,
};

/// The path to which a provider redirects people back.
pub const CALLBACK: &str = "/sign-in/elsewhere/callback";

/// The provider, and this server's credentials there.
#[derive(Clone, Debug)]
pub struct OidcSettings {
    /// The provider's address, which its metadata calls the issuer.
    pub issuer: String,
    /// The client id of this server at the provider.
    pub client_id: String,
    /// The client secret of this server at the provider.
    pub client_secret: String,
    /// The provider's name for people: "Sign in with …".
    pub name: String,
}

/// A person's identity at a provider.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Identity {
    /// The provider.
    pub issuer: String,
    /// The person's identifier at the provider, which never changes.
    pub subject: String,
    /// The name that the person prefers.
    pub name: Option<String>,
    /// Their e-mail address, if the provider has verified it.
    pub email: Option<String>,
}

/// Why a person could not be signed in with the provider.
#[derive(Debug, thiserror::Error)]
pub enum OidcError {
    /// The settings are invalid, or the provider does not respond correctly.
    #[error("the sign-in provider does not work: {0}")]
    Provider(String),
    /// The sign-in was not begun in this browser session, or too long ago.
    #[error("this sign-in was begun in another browser, or too long ago")]
    UnknownState,
    /// The provider refused.
    #[error("the sign-in provider refused the sign-in: {0}")]
    Refused(String),
    /// A provider is configured, and this build cannot use it.
    #[error("this build has no OpenID Connect support; `make build` makes the full one")]
    LeftOut,
}

impl Accounts {
    /// The account of a person who has signed in with a provider. The first time, the identity is tied to the account with the
    /// e-mail address that the provider verified, if that address is known to belong to the account's owner. If there is no
    /// such account, an invitation is needed.
    pub async fn sign_in_with_oidc(
        &self,
        identity: &Identity,
        invitation: Option<&str>,
        client: ClientInfo,
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
            (None, None) if self.may_sign_up(email) => {
                Some(self.sign_up(name.as_deref(), email, client.clone()).await?)
            }
            (None, None) => return Err(AccountError::NotInvited),
            (None, Some(secret)) => {
                let new = NewPerson { name: name_of(name.as_deref(), email), email, password: None };
                Some(self.accept_invitation(secret, new, client.clone(), writer).await?)
            }
        };
        self.tie(identity, proof, client).await
    }

    /// Whether people with this e-mail address get an account by signing in with the provider, which verified the address.
    fn may_sign_up(&self, email: &str) -> bool {
        let Some(settings) = self.shared.live.as_ref().map(LiveSettings::now) else { return false };
        let domain = email.rsplit('@').next().unwrap_or_default();
        settings.sign_up_domains.iter().any(|allowed| allowed.eq_ignore_ascii_case(domain))
    }

    /// Creates the account of a person who needs no invitation. The first account of a server is not made in this way: it is an owner's.
    async fn sign_up(&self, name: Option<&str>, email: &str, client: ClientInfo) -> Result<Proof, AccountError> {
        self.limit(self.shared.attempts.count_stranger(client.address))?;
        let new = NewPerson { name: name_of(name, email), email, password: None };
        let account = self.new_account(new, InstanceRole::Member, true).await?;
        let mut change = self.begin(&Credentials::stranger().sent_by(client)).await?;
        let done = async {
            if change.directory().is_empty() {
                return Err(AccountError::NotInvited);
            }
            change.is_by(account.id, &account.name, Method::Provider);
            match change.insert(&account).await? {
                true => Ok(account.proof()),
                false => Err(taken()),
            }
        };
        let done = done.await;
        self.finish(change, done).await
    }

    /// Ties a person's identity at a provider to the account with their e-mail address, which the provider must have verified.
    /// Anybody may have entered the address when they created the account, so the address must also be proved to belong to the
    /// account's owner, or `proof` must show that the person has just proved to own that account. Neither may already be tied
    /// at that provider: the identity to an account, or the account to an identity.
    pub async fn tie(
        &self,
        identity: &Identity,
        proof: Option<Proof>,
        client: ClientInfo,
    ) -> Result<Proof, AccountError> {
        let Identity { issuer, subject, email, .. } = identity;
        let email = email.as_deref().ok_or(AccountError::NotVerified)?;
        let mut change = self.begin(&Credentials::stranger().sent_by(client)).await?;
        let done = async {
            let account = change.directory().account_of(email).filter(|account| account.is_active());
            let account = account.cloned().ok_or(AccountError::WrongCredentials)?;
            if change.is_tied(issuer, subject, account.id).await? {
                return Err(AccountError::TiedToAnother);
            }
            if !account.email_is_proved && proof != Some(account.proof()) {
                return Err(AccountError::NotProved);
            }
            change.is_by(account.id, &account.name, Method::Provider);
            change.insert_identity(issuer, subject, account.id).await?;
            change.prove_email(account.id, now()).await?;
            Ok(account.proof())
        };
        let done = done.await;
        self.finish(change, done).await
    }
}

/// The name of a new account: that at the provider, or else the part of the address before the `@`.
fn name_of<'a>(name: Option<&'a str>, email: &'a str) -> &'a str {
    let name = name.filter(|name| check_name(name).is_ok());
    name.unwrap_or_else(|| email.split('@').next().unwrap_or(email))
}
