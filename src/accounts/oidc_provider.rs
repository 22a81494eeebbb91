//! The client of an OpenID Connect provider: authorization code flow with PKCE.
//!
//! The provider's metadata and keys are requested each time. So a provider may change its keys at any time, and an unavailable
//! provider affects only the people who sign in with it.

use std::{future::Future, pin::Pin, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use openidconnect::{
    AsyncHttpClient, AuthenticationFlow, AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest,
    HttpResponse, IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, TokenResponse,
    core::{CoreClient, CoreProviderMetadata, CoreResponseType},
};
use serde::{Deserialize, Serialize};

use super::oidc::{CALLBACK, Identity, OidcError, OidcSettings};
use crate::http_client::{HttpClient, http_client, with_causes};

/// The timeout for one response of the provider.
const PATIENCE: Duration = Duration::from_secs(10);
/// The largest response of the provider that is read, in bytes.
const MAX_ANSWER_BYTES: usize = 256 * 1024;

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
