//! Authentication of requests, and the rights of whoever sends them.
//!
//! The guard authenticates each request once, from the bearer token, the session cookie and the cookie with share links. Pages, REST and
//! sockets take the result from the request's extensions. Any page can make a browser send cookies; so a request with cookies that
//! changes something must also name an origin of this server.

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

use super::{
    Services,
    cookies::cookie,
    forwarded::Proxies,
    problem::{Code, Problem},
};
use crate::{
    accounts::sessions::{self, key},
    clock::now,
    credentials::{ClientInfo, Credential, Credentials},
    secret::SecretHash,
    settings::Auth,
    store::Store,
};

/// The maximum number of share links that a browser remembers.
pub const MAX_LINKS: usize = 10;
/// The precision of the time when a session was last used, in milliseconds.
const SEEN_STEP: i64 = 60 * 60 * 1_000;

/// The address at the other end of the connection.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// The client's address: the peer's, or the one that the declared proxies state.
pub fn address(parts: &Parts, proxies: Proxies) -> IpAddr {
    let peer = parts.extensions.get::<Peer>().map_or(IpAddr::from([127, 0, 0, 1]), |peer| peer.0);
    proxies.client(peer, &parts.headers)
}

/// The client of a request: its address, and its `User-Agent`, shortened.
pub fn client(parts: &Parts, proxies: Proxies) -> ClientInfo {
    ClientInfo { address: address(parts, proxies), agent: agent(&parts.headers).into() }
}

/// The credentials of a request. Rights are not part of it: they are looked up when they are needed.
#[derive(Clone)]
pub struct RequestAuth {
    /// How the caller proved who they are.
    pub credentials: Credentials,
    /// The caller's account, if they have one.
    pub person: Option<ActorId>,
    /// Where the caller's rights are looked up; `None` on a server without accounts, and for strangers.
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
    /// The caller on a server without accounts.
    pub fn local() -> Self {
        Self { credentials: Credentials::local(), person: None, directory: None }
    }

    /// A caller without credentials.
    pub fn stranger() -> Self {
        Self { credentials: Credentials::stranger(), person: None, directory: None }
    }

    /// The same caller under the id that they claim: for a server without accounts.
    pub fn named(self, person: Option<ActorId>) -> Self {
        Self { person, ..self }
    }

    /// A caller with these credentials; `None` if the credentials are not valid.
    pub fn with(store: &Store, credentials: Credentials) -> Option<Self> {
        let person = store.directory().principal(&credentials, now())?.person;
        Some(Self { credentials, person, directory: Some(store.clone()) })
    }

    /// The caller's principal at this moment. If their credentials have become invalid since the request came, they are a stranger.
    pub fn principal(&self) -> Principal {
        let directory = self.directory.as_ref().map(Store::directory).unwrap_or_default();
        directory.principal(&self.credentials, now()).unwrap_or_else(Principal::stranger)
    }

    /// Whether the caller has an account, or a share link that works.
    pub fn is_known(&self) -> bool {
        let principal = self.principal();
        principal.role.is_some() || !principal.links.is_empty()
    }

    /// The session in which the caller signed in.
    pub fn session(&self) -> Option<SecretHash> {
        match self.credentials.credential {
            Credential::Session { hash, .. } => Some(hash),
            _ => None,
        }
    }

    /// Authenticates a request. An invalid token is an error that the client is told; with an ended session the caller is a stranger.
    pub async fn identify(services: &Services, parts: &Parts) -> Result<Self, Problem> {
        let client = client(parts, services.proxies);
        if services.auth == Auth::Open {
            let local = Self::local();
            return Ok(Self { credentials: local.credentials.sent_by(client), ..local });
        }
        let credential = match bearer(&parts.headers) {
            Some(token) => return Self::with_token(services, token, client).await,
            None => match parts.extensions.get::<Session>() {
                Some(session) => signed_in(session).await?,
                None => Credential::None,
            },
        };
        let links = links(&parts.headers, &services.cookies.links);
        let credentials = Credentials { links, ..Credentials::new(credential).sent_by(client) };
        if let Some(visitor) = Self::with(&services.store, credentials.clone()) {
            return Ok(visitor);
        }
        let credentials = Credentials { credential: Credential::None, ..credentials };
        Ok(Self::with(&services.store, credentials).unwrap_or_else(Self::stranger))
    }

    /// Authenticates a token. An unknown token is looked up in the database only if it carries this installation's seal. Others are refused
    /// from memory, because strangers may send any number of them.
    async fn with_token(services: &Services, token: &str, client: ClientInfo) -> Result<Self, Problem> {
        let hash = SecretHash::of(token);
        let credentials = Credentials::new(Credential::Token(hash)).sent_by(client);
        let mut visitor = Self::with(&services.store, credentials.clone());
        if visitor.is_none() && SecretHash::of_sealed(token, services.store.seal()).is_some() {
            services.store.look_again().await;
            visitor = Self::with(&services.store, credentials);
        }
        let unknown =
            || Problem::unauthorized(Code::InvalidToken, "this token does not exist, was revoked, or has expired");
        let visitor = visitor.ok_or_else(unknown)?;
        services.accounts.touch_token(hash);
        Ok(visitor)
    }

    /// Whether the credentials come from cookies, so that a page of another site could have made the browser send the request.
    pub fn came_by_cookie(&self) -> bool {
        matches!(self.credentials.credential, Credential::Session { .. }) || !self.credentials.links.is_empty()
    }

    /// Whether one of the caller's share links leads to the board.
    pub fn has_link_to(&self, board: BoardId) -> bool {
        self.principal().links.iter().any(|link| link.board == board)
    }
}

/// Extracts a known caller: one with an account or a working share link. Other requests are refused.
impl<S: Send + Sync> FromRequestParts<S> for RequestAuth {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let visitor = parts.extensions.get::<Self>().cloned().unwrap_or_else(Self::stranger);
        if visitor.is_known() {
            return Ok(visitor);
        }
        if parts.headers.contains_key(AUTHORIZATION) {
            let detail = "the header Authorization must be: Bearer, a space, and a token";
            return Err(Problem::unauthorized(Code::InvalidToken, detail));
        }
        Err(Problem::not_signed_in())
    }
}

/// The client's `User-Agent`, shortened.
fn agent(headers: &HeaderMap) -> String {
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
        // The session is saved with the response, so its lifetime starts anew.
        session.insert(key::SEEN, this_hour).await.map_err(failed)?;
    }
    Ok(Credential::Session { person, hash: sessions::hash(id) })
}

/// The token in `Authorization`. Other schemes are ignored: a proxy in front may require a password of its own (`Basic`), which browsers
/// then send with every request.
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
