//! Signing in with an account at an external provider: OpenID Connect, authorization code flow with PKCE.
//!
//! The provider's metadata and keys are requested each time. So a provider may change its keys at any time, and an unavailable
//! provider affects only the people who sign in with it.

use std::{future::Future, pin::Pin, time::Duration};

use app::{access::InstanceRole, audit::Method, people::check_name};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use openidconnect::{
    AsyncHttpClient, AuthenticationFlow, AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest,
    HttpResponse, IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, TokenResponse,
    core::{CoreClient, CoreProviderMetadata, CoreResponseType},
};
use serde::{Deserialize, Serialize};

use super::{
    AccountError, Accounts,
    people::{NewPerson, taken},
};
use crate::{
    clock::now,
    credentials::{ClientInfo, Credentials},
    http_client::{HttpClient, http_client, with_causes},
    live_settings::LiveSettings,
    store::{Account, Proof},
    writer::Writer,
};

/// The path to which a provider redirects people back.
pub const CALLBACK: &str = "/sign-in/elsewhere/callback";

/// The timeout for one response of the provider.
const PATIENCE: Duration = Duration::from_secs(10);
/// The largest response of the provider that is read, in bytes.
const MAX_ANSWER_BYTES: usize = 256 * 1024;

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

/// An OpenID Connect provider.
pub struct Oidc {
    settings: OidcSettings,
    redirect: String,
    http: Http,
}

/// What must be remembered while a person is at the provider. Kept in their session.
#[derive(Debug, Serialize, Deserialize)]
pub struct OidcState {
    state: CsrfToken,
    nonce: Nonce,
    verifier: PkceCodeVerifier,
    /// The page that they wanted to open.
    pub next: String,
    /// The secret of the invitation that they are about to accept.
    pub invitation: Option<String>,
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
}

impl Oidc {
    /// A provider that redirects people back to this server at `public_url`.
    pub fn new(settings: OidcSettings, public_url: &str) -> Result<Self, OidcError> {
        let http = http_client().map_err(|error| OidcError::Provider(error.to_string()))?;
        let http = Http { client: http };
        Ok(Self { settings, redirect: format!("{public_url}{CALLBACK}"), http })
    }

    /// The provider's name for people.
    pub fn name(&self) -> &str {
        &self.settings.name
    }

    /// Begins a sign-in. Returns the URL to which the person must be sent, and what to remember until they come back.
    pub async fn begin(&self, next: String, invitation: Option<String>) -> Result<(String, OidcState), OidcError> {
        let client = self.client().await?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
        let (url, state, nonce) = client
            .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
            .add_scope(Scope::new("email".to_owned()))
            .add_scope(Scope::new("profile".to_owned()))
            .set_pkce_challenge(challenge)
            .url();
        Ok((url.to_string(), OidcState { state, nonce, verifier, next, invitation }))
    }

    /// Completes a sign-in with the code that the person came back with. Returns their identity.
    pub async fn finish(&self, oidc_state: OidcState, state: &str, code: String) -> Result<Identity, OidcError> {
        if oidc_state.state.secret() != state {
            return Err(OidcError::UnknownState);
        }
        let client = self.client().await?;
        let exchange = client.exchange_code(AuthorizationCode::new(code)).map_err(provider)?;
        let answer = exchange.set_pkce_verifier(oidc_state.verifier).request_async(&self.http).await;
        let answer = answer.map_err(|error| OidcError::Refused(error.to_string()))?;
        let token = answer.id_token().ok_or_else(|| OidcError::Provider("it sent no ID token".to_owned()))?;
        let claims = token
            .claims(&client.id_token_verifier(), &oidc_state.nonce)
            .map_err(|error| OidcError::Refused(error.to_string()))?;
        let verified = claims.email_verified() == Some(true);
        Ok(Identity {
            issuer: claims.issuer().to_string(),
            subject: claims.subject().to_string(),
            name: claims.name().and_then(|name| name.get(None)).map(|name| name.to_string()),
            email: claims.email().filter(|_| verified).map(|email| email.to_string()),
        })
    }

    /// Fetches the provider's metadata and keys as a sign-in does, and checks that the metadata names the issuer. Returns the number of
    /// keys.
    pub async fn test(&self) -> Result<usize, OidcError> {
        Ok(self.metadata().await?.jwks().keys().len())
    }

    async fn metadata(&self) -> Result<CoreProviderMetadata, OidcError> {
        let issuer = IssuerUrl::new(self.settings.issuer.clone()).map_err(provider)?;
        CoreProviderMetadata::discover_async(issuer, &self.http).await.map_err(provider)
    }

    async fn client(&self) -> Result<ReadyClient, OidcError> {
        let OidcSettings { client_id, client_secret, .. } = &self.settings;
        let metadata = self.metadata().await?;
        let redirect = RedirectUrl::new(self.redirect.clone()).map_err(provider)?;
        let (id, secret) = (ClientId::new(client_id.clone()), ClientSecret::new(client_secret.clone()));
        Ok(CoreClient::from_provider_metadata(metadata, id, Some(secret)).set_redirect_uri(redirect))
    }
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

/// A client with the provider's metadata: the authorization endpoint is known, and perhaps the token endpoint.
type ReadyClient = CoreClient<
    openidconnect::EndpointSet,
    openidconnect::EndpointNotSet,
    openidconnect::EndpointNotSet,
    openidconnect::EndpointNotSet,
    openidconnect::EndpointMaybeSet,
    openidconnect::EndpointMaybeSet,
>;

fn provider(error: impl std::error::Error) -> OidcError {
    OidcError::Provider(with_causes(&error))
}

/// The HTTP client for requests to the provider. It follows no redirects: a provider that redirects these requests is not trusted.
struct Http {
    client: HttpClient,
}

/// Why a request to the provider failed.
#[derive(Debug, thiserror::Error)]
enum HttpError {
    #[error("it does not answer: {0}")]
    Connection(#[from] hyper_util::client::legacy::Error),
    #[error("its response cannot be read: {0}")]
    Body(Box<dyn std::error::Error + Send + Sync>),
    #[error("it did not answer in time")]
    Late(#[from] tokio::time::error::Elapsed),
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let request = request.map(|body| Full::new(Bytes::from(body)));
            let answer = async {
                let (parts, body) = self.client.request(request).await?.into_parts();
                let body = Limited::new(body, MAX_ANSWER_BYTES).collect().await.map_err(HttpError::Body)?;
                Ok(HttpResponse::from_parts(parts, body.to_bytes().to_vec()))
            };
            tokio::time::timeout(PATIENCE, answer).await?
        })
    }
}
