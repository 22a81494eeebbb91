//! Who a request comes from, and what they may do.
//!
//! The guard finds it out once a request, from the bearer token, the cookie of a session, and the cookie with share links; all
//! surfaces take it from there. Cookies come from browsers, which any page can make send them; so a request that changes
//! something must also say that it comes from a page of this server.

use std::net::IpAddr;

use app::{
    access::Principal,
    id::{ActorId, BoardId},
};
use axum::{
    extract::FromRequestParts,
    http::{
        HeaderMap,
        header::{AUTHORIZATION, USER_AGENT},
        request::Parts,
    },
};
use tower_sessions::Session;

use super::{Services, cookies::cookie, forwarded::Proxies, problem::Problem};
use crate::{
    accounts::sessions::{self, key},
    clock::now,
    credentials::{Credential, Credentials},
    secret::SecretHash,
    settings::Auth,
    store::Store,
};

/// The most share links that are remembered.
pub const MAX_LINKS: usize = 10;
/// How exactly it is known when a session was last used, in milliseconds.
const SEEN_STEP: i64 = 60 * 60 * 1_000;

/// The address at the other end of the connection.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// Where a client is: at the other end of the connection, or where our proxies say.
pub fn address(parts: &Parts, proxies: Proxies) -> IpAddr {
    let peer = parts.extensions.get::<Peer>().map_or(IpAddr::from([127, 0, 0, 1]), |peer| peer.0);
    proxies.client(peer, &parts.headers)
}

/// Who a request comes from. What they may do is no part of it: that is looked up when it is needed.
#[derive(Clone)]
pub struct RequestAuth {
    /// How they proved who they are.
    pub credentials: Credentials,
    /// Who they are, if they have an account.
    pub person: Option<ActorId>,
    /// Where their rights are looked up; `None` where nobody has an account.
    directory: Option<Store>,
}

impl std::fmt::Debug for RequestAuth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RequestAuth")
            .field("credentials", &self.credentials)
            .field("person", &self.person)
            .finish_non_exhaustive()
    }
}

impl RequestAuth {
    /// Somebody on a server without accounts.
    pub fn local() -> Self {
        Self { credentials: Credentials::local(), person: None, directory: None }
    }

    /// Somebody who has nothing to show.
    pub fn stranger() -> Self {
        Self { credentials: Credentials::stranger(), person: None, directory: None }
    }

    /// The same one, who says that they are this person: for a server without accounts.
    pub fn named(self, person: Option<ActorId>) -> Self {
        Self { person, ..self }
    }

    /// Somebody with something to show; none, if that does not hold.
    pub fn with(store: &Store, credentials: Credentials) -> Option<Self> {
        let person = store.directory().principal(&credentials, now())?.person;
        Some(Self { credentials, person, directory: Some(store.clone()) })
    }

    /// What they may do at this moment. Of what they show may have been taken back since they came; then they are a stranger.
    pub fn principal(&self) -> Principal {
        let directory = self.directory.as_ref().map(Store::directory).unwrap_or_default();
        directory.principal(&self.credentials, now()).unwrap_or_else(Principal::stranger)
    }

    /// Whether they have an account, or a share link that works.
    pub fn is_known(&self) -> bool {
        let principal = self.principal();
        principal.role.is_some() || !principal.links.is_empty()
    }

    /// The session they signed in with.
    pub fn session(&self) -> Option<SecretHash> {
        match self.credentials.credential {
            Credential::Session { hash, .. } => Some(hash),
            _ => None,
        }
    }

    /// Finds out who they are. A token that does not work is a mistake to be told; a session that ended is nobody.
    pub async fn identify(services: &Services, parts: &Parts) -> Result<Self, Problem> {
        if services.auth == Auth::Open {
            return Ok(Self::local());
        }
        let credential = match bearer(&parts.headers) {
            Some(token) => return Self::with_token(services, token).await,
            None => match parts.extensions.get::<Session>() {
                Some(session) => signed_in(session).await?,
                None => Credential::None,
            },
        };
        let credentials = Credentials { credential, links: links(&parts.headers, &services.cookies.links) };
        if let Some(visitor) = Self::with(&services.store, credentials.clone()) {
            return Ok(visitor);
        }
        let credentials = Credentials { credential: Credential::None, ..credentials };
        Ok(Self::with(&services.store, credentials).unwrap_or_else(Self::stranger))
    }

    /// Somebody with a token. One that is not known, and was not made here, is refused from memory: strangers may send as many as
    /// they like.
    async fn with_token(services: &Services, token: &str) -> Result<Self, Problem> {
        let hash = SecretHash::of(token);
        let credentials = Credentials { credential: Credential::Token(hash), links: Vec::new() };
        let mut visitor = Self::with(&services.store, credentials.clone());
        if visitor.is_none() && SecretHash::of_sealed(token, services.store.seal()).is_some() {
            services.store.look_again().await;
            visitor = Self::with(&services.store, credentials);
        }
        let unknown =
            || Problem::unauthorized("invalid_token", "this token does not exist, was revoked, or has expired");
        let visitor = visitor.ok_or_else(unknown)?;
        services.accounts.touch_token(hash);
        Ok(visitor)
    }

    /// Whether a page of another site could have made a browser send this.
    pub fn came_by_cookie(&self) -> bool {
        matches!(self.credentials.credential, Credential::Session { .. }) || !self.credentials.links.is_empty()
    }

    /// Whether they may see a board at all, by one of their links.
    pub fn has_link_to(&self, board: BoardId) -> bool {
        self.principal().links.iter().any(|link| link.board == board)
    }
}

/// Somebody who is known here: everyone else is asked to sign in.
impl<S: Send + Sync> FromRequestParts<S> for RequestAuth {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let visitor = parts.extensions.get::<Self>().cloned().unwrap_or_else(Self::stranger);
        if visitor.is_known() {
            return Ok(visitor);
        }
        if parts.headers.contains_key(AUTHORIZATION) {
            let detail = "Authorization must be: Bearer, a space, and a token";
            return Err(Problem::unauthorized("invalid_token", detail));
        }
        Err(Problem::not_signed_in())
    }
}

/// What a browser calls itself, shortened.
pub fn agent(headers: &HeaderMap) -> String {
    let text = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    text.chars().filter(|char| !char.is_control()).take(200).collect()
}

async fn signed_in(session: &Session) -> Result<Credential, Problem> {
    let failed = |_| Problem::unavailable("the database does not answer; try again in a moment");
    let Some(person) = session.get::<ActorId>(key::PERSON).await.map_err(failed)? else { return Ok(Credential::None) };
    let Some(id) = session.id() else { return Ok(Credential::None) };
    let seen = session.get::<i64>(key::SEEN).await.map_err(failed)?.unwrap_or_default();
    let this_hour = now().as_millis() / SEEN_STEP;
    if seen < this_hour {
        // Saved with the answer, and so the session lasts on from here.
        session.insert(key::SEEN, this_hour).await.map_err(failed)?;
    }
    Ok(Credential::Session { person, hash: sessions::hash(id) })
}

/// The token in `Authorization`. Other schemes are not ours: a proxy in front may ask for a password of its own (`Basic`),
/// which browsers then send with everything.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

fn links(headers: &HeaderMap, name: &str) -> Vec<SecretHash> {
    let secrets = cookie(headers, name).unwrap_or_default().split('.').filter(|secret| !secret.is_empty());
    secrets.take(MAX_LINKS).map(SecretHash::of).collect()
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderValue, header::COOKIE};

    use super::*;

    #[test]
    fn links_stand_in_one_cookie_with_dots_between_them() {
        let headers = HeaderMap::from_iter([(COOKIE, HeaderValue::from_static("links=x.y"))]);
        assert_eq!(links(&headers, "links"), [SecretHash::of("x"), SecretHash::of("y")]);
        assert!(links(&HeaderMap::new(), "links").is_empty());
    }
}
