//! Who a request comes from, and what they may do.
//!
//! The guard finds it out once a request, from the bearer token, the cookie of a session, and the cookie with share links; all
//! surfaces take it from there. Cookies come from browsers, which any page can make send them; so a request that changes
//! something must also say that it comes from a page of this server.

use std::net::IpAddr;

use app::{
    access::Asker,
    id::{ActorId, BoardId},
};
use axum::{
    extract::FromRequestParts,
    http::{
        HeaderMap,
        header::{AUTHORIZATION, COOKIE, USER_AGENT},
        request::Parts,
    },
};
use tower_sessions::Session;

use super::{Services, problem::Problem};
use crate::{
    accounts::sessions::{self, key},
    caller::{Caller, Credential},
    clock::now,
    secret::SecretHash,
    settings::Auth,
    store::Store,
};

/// The cookie with the share links somebody followed: their secrets, with dots between them.
pub const LINKS_COOKIE: &str = "taskwire_links";
/// The cookie that tells a browser in which somebody has signed in before.
pub const DEVICE_COOKIE: &str = "taskwire_device";
/// The most share links that are remembered.
pub const MAX_LINKS: usize = 10;
/// How exactly it is known when a session was last used, in milliseconds.
const SEEN_STEP: i64 = 60 * 60 * 1_000;

/// The address at the other end of the connection.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// Where a client is: at the other end of the connection, or, behind so many proxies of ours, where they say it is. What a
/// client itself writes into the header stands before what the proxies add, and is not believed.
pub fn address(parts: &Parts, proxies: usize) -> IpAddr {
    let peer = parts.extensions.get::<Peer>().map_or(IpAddr::from([127, 0, 0, 1]), |peer| peer.0);
    let Some(hop) = proxies.checked_sub(1) else { return peer };
    let values = parts.headers.get_all("x-forwarded-for").into_iter().filter_map(|value| value.to_str().ok());
    let hops: Vec<&str> = values.flat_map(|value| value.split(',')).map(str::trim).collect();
    hops.iter().rev().nth(hop).and_then(|text| text.parse().ok()).unwrap_or(peer)
}

/// Who a request comes from. What they may do is no part of it: that is looked up when it is needed.
#[derive(Clone)]
pub struct Visitor {
    /// How they proved who they are.
    pub caller: Caller,
    /// Who they are, if they have an account.
    pub person: Option<ActorId>,
    /// Where their rights are looked up; `None` where nobody has an account.
    directory: Option<Store>,
}

impl std::fmt::Debug for Visitor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Visitor").field("caller", &self.caller).field("person", &self.person).finish_non_exhaustive()
    }
}

impl Visitor {
    /// Somebody on a server without accounts.
    pub fn local() -> Self {
        Self { caller: Caller::local(), person: None, directory: None }
    }

    /// Somebody who has nothing to show.
    pub fn stranger() -> Self {
        Self { caller: Caller::stranger(), person: None, directory: None }
    }

    /// The same one, who says that they are this person: for a server without accounts.
    pub fn named(self, person: Option<ActorId>) -> Self {
        Self { person, ..self }
    }

    /// Somebody with something to show; none, if that does not hold.
    pub fn with(store: &Store, caller: Caller) -> Option<Self> {
        let person = store.directory().asker(&caller, now())?.person;
        Some(Self { caller, person, directory: Some(store.clone()) })
    }

    /// What they may do at this moment. Of what they show may have been taken back since they came; then they are a stranger.
    pub fn asker(&self) -> Asker {
        let directory = self.directory.as_ref().map(Store::directory).unwrap_or_default();
        directory.asker(&self.caller, now()).unwrap_or_else(Asker::stranger)
    }

    /// Whether they have an account, or a share link that works.
    pub fn is_known(&self) -> bool {
        let asker = self.asker();
        asker.role.is_some() || !asker.links.is_empty()
    }

    /// The session they signed in with.
    pub fn session(&self) -> Option<SecretHash> {
        match self.caller.credential {
            Credential::Session { hash, .. } => Some(hash),
            _ => None,
        }
    }

    /// Finds out who they are. A token that does not work is a mistake to be told; a session that ended is nobody.
    pub async fn identify(services: &Services, parts: &Parts) -> Result<Self, Problem> {
        if services.auth == Auth::Open {
            return Ok(Self::local());
        }
        let credential = match bearer(&parts.headers)? {
            Some(token) => return Self::with_token(services, token).await,
            None => match parts.extensions.get::<Session>() {
                Some(session) => signed_in(session).await?,
                None => Credential::None,
            },
        };
        let caller = Caller { credential, links: links(&parts.headers) };
        if let Some(visitor) = Self::with(&services.store, caller.clone()) {
            return Ok(visitor);
        }
        let caller = Caller { credential: Credential::None, ..caller };
        Ok(Self::with(&services.store, caller).unwrap_or_else(Self::stranger))
    }

    /// Somebody with a token. One that is not known, and was not made here, is refused from memory: strangers may send as many as
    /// they like.
    async fn with_token(services: &Services, token: &str) -> Result<Self, Problem> {
        let hash = SecretHash::of(token);
        let caller = Caller { credential: Credential::Token(hash), links: Vec::new() };
        let mut visitor = Self::with(&services.store, caller.clone());
        if visitor.is_none() && SecretHash::of_sealed(token, services.store.seal()).is_some() {
            services.store.look_again().await;
            visitor = Self::with(&services.store, caller);
        }
        let unknown =
            || Problem::unauthorized("invalid_token", "this token does not exist, was revoked, or has expired");
        let visitor = visitor.ok_or_else(unknown)?;
        services.accounts.touch_token(hash);
        Ok(visitor)
    }

    /// Whether a page of another site could have made a browser send this.
    pub fn came_by_cookie(&self) -> bool {
        matches!(self.caller.credential, Credential::Session { .. }) || !self.caller.links.is_empty()
    }

    /// Whether they may see a board at all, by one of their links.
    pub fn has_link_to(&self, board: BoardId) -> bool {
        self.asker().links.iter().any(|link| link.board == board)
    }
}

/// Somebody who is known here: everyone else is asked to sign in.
impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let visitor = parts.extensions.get::<Self>().cloned().unwrap_or_else(Self::stranger);
        if visitor.is_known() {
            return Ok(visitor);
        }
        Err(Problem::not_signed_in())
    }
}

/// The value of a cookie.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let values = headers.get_all(COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(found, value)| (found == name).then_some(value))
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

/// The token in `Authorization`.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(value) = headers.get(AUTHORIZATION) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default();
    match text.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(Some(token.trim())),
        _ => Err(Problem::unauthorized("invalid_token", "Authorization must be: Bearer, a space, and a token")),
    }
}

fn links(headers: &HeaderMap) -> Vec<SecretHash> {
    let secrets = cookie(headers, LINKS_COOKIE).unwrap_or_default().split('.').filter(|secret| !secret.is_empty());
    secrets.take(MAX_LINKS).map(SecretHash::of).collect()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn an_address_is_what_the_own_proxies_say_and_nobody_else() {
        let mut parts = axum::http::Request::builder()
            .header("x-forwarded-for", "203.0.113.7, 198.51.100.1")
            .header("x-forwarded-for", "192.0.2.1")
            .body(())
            .unwrap()
            .into_parts()
            .0;
        parts.extensions.insert(Peer([10, 0, 0, 1].into()));
        assert_eq!(address(&parts, 0), IpAddr::from([10, 0, 0, 1]));
        assert_eq!(address(&parts, 1), IpAddr::from([192, 0, 2, 1]));
        assert_eq!(address(&parts, 2), IpAddr::from([198, 51, 100, 1]));
        assert_eq!(address(&parts, 9), IpAddr::from([10, 0, 0, 1]));
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        let headers = HeaderMap::from_iter([(COOKIE, HeaderValue::from_static("a=1; taskwire_links=x.y ; b=2"))]);
        assert_eq!(cookie(&headers, LINKS_COOKIE), Some("x.y"));
        assert_eq!(cookie(&headers, "c"), None);
        assert_eq!(links(&headers), [SecretHash::of("x"), SecretHash::of("y")]);
        assert!(links(&HeaderMap::new()).is_empty());
    }
}
