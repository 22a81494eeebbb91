//! Stands in for `oidc_provider` in a build without the feature `oidc`: it refuses to start with a provider.

use std::convert::Infallible;

use serde::{Deserialize, Serialize};

use super::oidc::{Identity, OidcError, OidcSettings};

/// An OpenID Connect provider: there is none.
pub struct Oidc {
    never: Infallible,
}

/// What must be remembered while a person is at the provider.
#[derive(Debug, Serialize, Deserialize)]
pub struct OidcState {
    /// The page that they wanted to open.
    pub next: String,
    /// The secret of the invitation that they are about to accept.
    pub invitation: Option<String>,
}

impl Oidc {
    /// Refuses.
    pub fn new(_: OidcSettings, _: &str) -> Result<Self, OidcError> {
        Err(OidcError::LeftOut)
    }

    /// The provider's name for people.
    pub fn name(&self) -> &str {
        match self.never {}
    }

    /// Begins a sign-in.
    pub async fn begin(&self, _: String, _: Option<String>) -> Result<(String, OidcState), OidcError> {
        match self.never {}
    }

    /// Completes a sign-in.
    pub async fn finish(&self, _: OidcState, _: &str, _: String) -> Result<Identity, OidcError> {
        match self.never {}
    }

    /// Asks the provider for its metadata and keys.
    pub async fn test(&self) -> Result<usize, OidcError> {
        match self.never {}
    }
}
