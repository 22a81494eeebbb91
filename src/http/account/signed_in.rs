//! Who one has to be for some pages: somebody who signed in, in this browser. A token is for programs, and a share link for
//! its board.

use std::sync::Arc;

use app::{
    access::Principal,
    account::{CurrentUser, Notice},
    id::ActorId,
};
use axum::{
    extract::FromRequestParts,
    http::{Extensions, request::Parts},
    response::Response,
};
use tower_cookies::Cookies;
use tower_sessions::Session;

use super::answer::see;
use crate::{
    accounts::{AccountError, attempts::Origin},
    clock::now,
    credentials::{Credential, Credentials},
    http::{
        Services,
        cookies::{CookieNames, cookie},
        page,
        request_auth::{self, RequestAuth},
    },
    secret::{Seal, SecretHash},
    store::Account,
};

/// How long what the next page is to say waits for that page.
const NOTICE_LASTS: time::Duration = time::Duration::minutes(1);

/// Somebody who signed in.
pub struct SignedIn {
    /// Who.
    pub account: Account,
    /// How they proved it.
    pub credentials: Credentials,
    /// What their session is recognised by.
    pub hash: SecretHash,
    visitor: RequestAuth,
    session: Session,
    cookies: Cookies,
    names: CookieNames,
}

impl FromRequestParts<Arc<Services>> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, services: &Arc<Services>) -> Result<Self, Response> {
        let kept = parts.extensions.get::<Session>().cloned().zip(parts.extensions.get::<Cookies>().cloned());
        let found = auth_in_session(services, &parts.extensions).zip(kept);
        let Some(((account, visitor, hash), (session, cookies))) = found else {
            return Err(page::sign_in_redirect(&services.accounts, parts));
        };
        let (credentials, names) = (visitor.credentials.clone(), services.cookies.clone());
        Ok(Self { account, credentials, visitor, hash, session, cookies, names })
    }
}

impl SignedIn {
    /// As those who read one of these pages.
    pub fn current_user(&self, here: &'static str) -> CurrentUser {
        current_user(&self.account, &self.principal(), here)
    }

    /// What they may do at this moment.
    pub fn principal(&self) -> Principal {
        self.visitor.principal()
    }

    /// Leads to the next page, and leaves something to be said there. It may hold a secret, and the database is to have none; so it goes by the
    /// browser, in a cookie that is gone in a minute. It is sealed with what only this session has, so nobody else can read
    /// it there, or have us say something that we never said.
    pub fn redirect_with_flash(&self, notice: &Notice, next: &str) -> Response {
        if let Some(seal) = self.seal() {
            let until = now().as_millis() + NOTICE_LASTS.whole_milliseconds() as i64;
            // Nothing in it can fail to be written.
            let json = serde_json::to_vec(&(until, self.account.id, notice)).unwrap_or_default();
            self.cookies.add(self.names.build(&self.names.notice, seal.close(&json), NOTICE_LASTS));
        }
        see(next)
    }

    /// What was left to be said; it is gone then.
    pub fn take_flash(&self) -> Option<Notice> {
        let name = &self.names.notice;
        let cookie = self.cookies.get(name)?;
        self.cookies.remove(self.names.build(name, String::new(), time::Duration::ZERO));
        let (until, whose, notice): (i64, ActorId, Notice) =
            serde_json::from_slice(&self.seal()?.open(cookie.value())?).ok()?;
        // Somebody else may have signed in in this browser meanwhile.
        (now().as_millis() <= until && whose == self.account.id).then_some(notice)
    }

    fn seal(&self) -> Option<Seal> {
        Some(Seal::of("notice", &self.session.id()?.to_string()))
    }
}

/// Who reads a page, if they signed in.
pub fn current_user_of(services: &Services, extensions: &Extensions) -> Option<CurrentUser> {
    let (account, visitor, _) = auth_in_session(services, extensions)?;
    Some(current_user(&account, &visitor.principal(), ""))
}

/// Where somebody is who tells a password, and whether they did so in this browser before.
pub async fn origin(services: &Services, parts: &Parts, email: &str) -> Result<Origin, AccountError> {
    let device = match cookie(&parts.headers, &services.cookies.device) {
        Some(device) => services.accounts.known_device(device, email).await?,
        None => None,
    };
    Ok(Origin { address: request_auth::address(parts, services.proxies), device })
}

fn current_user(account: &Account, principal: &Principal, here: &'static str) -> CurrentUser {
    let person = account.person();
    CurrentUser { person, manages: principal.may_manage_people(), here }
}

fn auth_in_session(services: &Services, extensions: &Extensions) -> Option<(Account, RequestAuth, SecretHash)> {
    let visitor = extensions.get::<RequestAuth>()?;
    let Credential::Session { person, hash } = visitor.credentials.credential else { return None };
    let account = services.store.directory().account(person).cloned()?;
    Some((account, visitor.clone(), hash))
}
