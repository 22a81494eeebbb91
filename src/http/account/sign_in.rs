//! Signing in and out.

use std::sync::Arc;

use app::{
    account::sign_in::{SignIn, SignInForm, page},
    audit::Method,
    time::Timestamp,
};
use axum::{
    extract::State,
    http::{HeaderValue, header::WWW_AUTHENTICATE, request::Parts},
    response::Response,
};
use serde::Deserialize;
use tower_sessions::Session;

use super::{
    answer::{self, ErrorPage, see},
    form::{Asked, Form},
    signed_in::{SignedIn, origin},
};
use crate::{
    accounts::{
        AccountError,
        oidc::Identity,
        sessions::{self, key},
    },
    clock::now,
    http::{
        Services,
        request_auth::{self, RequestAuth},
        theme,
    },
    store::Proof,
};

/// How long a browser is known after a person signed in.
const DEVICE_LASTS: time::Duration = time::Duration::days(365);
/// How long a person who signed in at the OpenID Connect provider may take to prove that an account here is theirs, in milliseconds.
const UNPROVED_LASTS: i64 = 15 * 60 * 1_000;
/// The maximum length of an address to return to.
const LONGEST_WAY: usize = 2_000;

/// The parameters of the query.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Address {
    next: String,
    after: String,
}

/// `GET /sign-in`
pub async fn show(
    State(services): State<Arc<Services>>,
    Asked(Address { next, after }): Asked<Address>,
    session: Session,
    signed_in: Result<SignedIn, Response>,
) -> Result<Response, ErrorPage> {
    if signed_in.is_ok() {
        return Ok(see(way(&next)));
    }
    let after = match after.as_str() {
        "sign-out" => Some("You are signed out."),
        "elsewhere" => Some(
            "An account here has your e-mail address, but it is not linked to this way of signing in yet. Sign in with \
             its password once to link it.",
        ),
        "new-password" => Some("Your new password is saved. Sign in with it."),
        _ => None,
    };
    let email = unproved(&session).await?.and_then(|identity| identity.email).unwrap_or_default();
    let form = SignInForm { email, next: way(&next).to_owned(), ..SignInForm::default() };
    Ok(answer::page(&services, page(SignIn { form, after, ..empty(&services) })))
}

/// `POST /sign-in`
pub async fn sign_in(
    State(services): State<Arc<Services>>,
    session: Session,
    parts: Parts,
    Form(form): Form<SignInForm>,
) -> Result<Response, ErrorPage> {
    let from = origin(&services, &parts, &form.email).await?;
    let is_known_device = from.device.is_some();
    match services.accounts.sign_in(&form.email, &form.password, &from).await {
        Ok(proof) => {
            if let Some(identity) = unproved(&session).await? {
                // A person who also knows the password is the one whom the provider named. If the account is another one, it stays untied.
                if let Err(AccountError::Unavailable) = services.accounts.tie(&identity, Some(proof), from.client).await
                {
                    return Err(AccountError::Unavailable.into());
                }
            }
            enter(&services, &session, &parts, proof, Method::Password, way(&form.next), is_known_device).await
        }
        Err(error) => {
            let mistake = Some(answer::mistake(&error, &[]));
            let mut response = answer::refused(&services, &error, page(SignIn { form, mistake, ..empty(&services) }));
            if error == AccountError::WrongCredentials {
                let scheme = HeaderValue::from_static("Bearer realm=\"taskwire\"");
                response.headers_mut().insert(WWW_AUTHENTICATE, scheme);
            }
            Ok(response)
        }
    }
}

/// The identity at the OpenID Connect provider of a person who has yet to prove that an account here is theirs.
async fn unproved(session: &Session) -> Result<Option<Identity>, ErrorPage> {
    let kept = session.get::<(Timestamp, Identity)>(key::UNPROVED).await?;
    Ok(kept.filter(|(at, _)| now().as_millis() - at.as_millis() < UNPROVED_LASTS).map(|(_, identity)| identity))
}

/// The page with an empty form.
fn empty(services: &Services) -> SignIn {
    let oidc = services.oidc.as_ref().map(|provider| provider.name().to_owned());
    SignIn { oidc, sends_mail: services.accounts.sends_mail(), theme: theme::current(), ..SignIn::default() }
}

/// `POST /sign-out`
pub async fn sign_out(
    State(services): State<Arc<Services>>,
    session: Session,
    parts: Parts,
) -> Result<Response, ErrorPage> {
    end(&services, &parts).await?;
    session.flush().await?;
    Ok(see("/sign-in?after=sign-out"))
}

/// Begins a session for a person who has proved who they are, and redirects. The session gets a new id, so somebody who knew the old id
/// cannot use the session. If another person was signed in in this browser, their session ends.
pub async fn enter(
    services: &Services,
    session: &Session,
    parts: &Parts,
    proof: Proof,
    method: Method,
    to: &str,
    is_known_device: bool,
) -> Result<Response, ErrorPage> {
    end(services, parts).await?;
    session.clear().await;
    if session.id().is_some() {
        session.cycle_id().await?;
    }
    if !sessions::admit(session, proof, method, &request_auth::client(parts, services.proxies)).await? {
        // The password was changed, or the account deactivated, in the meantime.
        return Err(AccountError::WrongCredentials.into());
    }
    let mut response = see(to);
    if !is_known_device {
        let device = services.accounts.remember_device(proof.person).await?;
        services.cookies.give(&mut response, &services.cookies.device, device.expose(), DEVICE_LASTS);
    }
    Ok(response)
}

/// Ends the session of the person who sends the request, if it is one's.
async fn end(services: &Services, parts: &Parts) -> Result<(), AccountError> {
    match parts.extensions.get::<RequestAuth>() {
        Some(visitor) => services.accounts.sign_out(&visitor.credentials).await,
        None => Ok(()),
    }
}

/// The address to continue at if it is a path of this server; else the start page.
pub fn way(next: &str) -> &str {
    let is_path = next.starts_with('/') && !next.starts_with("//");
    // Browsers treat a backslash as a slash, and ignore line breaks.
    let is_plain = next.len() <= LONGEST_WAY && next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if is_path && is_plain { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::way;

    #[test]
    fn the_way_on_never_leaves_this_server() {
        for path in ["/", "/boards/1?view=list", "/account#tokens", "/a//b", "/a%0Ab"] {
            assert_eq!(way(path), path);
        }
        for elsewhere in [
            "",
            "boards",
            "//evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "/a\r\nSet-Cookie: a=b",
            "https://evil.example",
            "javascript:alert(1)",
            "/é",
            "/ /evil.example",
            &format!("/{}", "a".repeat(super::LONGEST_WAY)),
        ] {
            assert_eq!(way(elsewhere), "/", "{elsewhere}");
        }
    }
}
