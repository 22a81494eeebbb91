//! The OpenID Connect provider: whether people could be sent to it.

use super::{Finding, NETWORK, counted, within};
use crate::{
    accounts::oidc::{Oidc, OidcError},
    settings::Settings,
};

const CHECK: &str = "oidc";

pub(super) async fn check(settings: &Settings) -> Vec<Finding> {
    let Some(oidc) = settings.oidc() else { return Vec::new() };
    let issuer = oidc.issuer.clone();
    let remedy = format!(
        "check --oidc-issuer (TASKWIRE_OIDC_ISSUER), which must be exactly what the provider calls itself, and that \
         {}/.well-known/openid-configuration can be opened from here; people with a password can sign in all the same",
        issuer.trim_end_matches('/')
    );
    // The address to which people come back is no part of what is asked.
    let public_url = settings.public_url.clone().unwrap_or_default();
    let tried = async { Oidc::new(oidc, &public_url)?.test().await };
    vec![match within(NETWORK, tried).await {
        Ok(Ok(0)) => {
            Finding::error(CHECK, format!("{issuer} publishes no keys, so nobody can sign in with it"), remedy)
        }
        Ok(Ok(keys)) => Finding::ok(
            CHECK,
            format!(
                "{issuer} describes itself, with {}; whether it accepts the client id and secret shows when somebody signs in",
                counted(keys as u64, "key")
            ),
        ),
        Ok(Err(error @ OidcError::LeftOut)) => {
            Finding::error(CHECK, error.to_string(), "use the full build: with this setting, this one does not start")
        }
        Ok(Err(error)) => Finding::error(CHECK, error.to_string(), remedy),
        Err(late) => Finding::error(CHECK, format!("{late} from {issuer}"), remedy),
    }]
}
