//! Who one has to be for some pages: somebody who signed in, in this browser. A token is for programs, and a share link for
//! its board.

use std::sync::Arc;

use app::{
    access::Asker,
    account::{Notice, Reader},
    id::ActorId,
};
use axum::{
    extract::FromRequestParts,
    http::{Extensions, request::Parts},
    response::Response,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use tower_cookies::{
    Cookie, Cookies,
    cookie::{CookieBuilder, SameSite},
};

use crate::{
    accounts::{AccountError, attempts::Origin},
    caller::{Caller, Credential},
    http::{
        Services, page,
        visitor::{self, DEVICE_COOKIE, Visitor},
    },
    secret::SecretHash,
    store::Account,
};

/// The cookie with what the next page is to say.
const NOTICE_COOKIE: &str = "taskwire_notice";
/// How long it waits for that page.
const NOTICE_LASTS: time::Duration = time::Duration::minutes(1);

/// Somebody who signed in.
pub struct SignedIn {
    /// Who.
    pub account: Account,
    /// How they proved it.
    pub caller: Caller,
    /// What their session is recognised by.
    pub hash: SecretHash,
    visitor: Visitor,
    cookies: Cookies,
    /// Whether cookies must go by https only.
    secure: bool,
}

impl FromRequestParts<Arc<Services>> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, services: &Arc<Services>) -> Result<Self, Response> {
        let cookies = parts.extensions.get::<Cookies>().cloned();
        let found = visitor_in_session(services, &parts.extensions).zip(cookies);
        let Some(((account, visitor, hash), cookies)) = found else {
            return Err(page::way_in(&services.accounts, parts));
        };
        let caller = visitor.caller.clone();
        Ok(Self { account, caller, visitor, hash, cookies, secure: services.is_behind_tls })
    }
}

impl SignedIn {
    /// As those who read one of these pages.
    pub fn reader(&self, here: &'static str) -> Reader {
        reader(&self.account, &self.asker(), here)
    }

    /// What they may do at this moment.
    pub fn asker(&self) -> Asker {
        self.visitor.asker()
    }

    /// Leaves something to be said on the next page. It may hold a secret, and the database is to have none; so it goes by the
    /// browser, in a cookie that no script can read and that is gone in a minute.
    pub fn leave(&self, notice: &Notice) {
        // Nothing in it can fail to be written.
        let json = serde_json::to_vec(&(self.account.id, notice)).unwrap_or_default();
        let cookie = self.notice(BASE64_URL_SAFE_NO_PAD.encode(json));
        self.cookies.add(cookie.max_age(NOTICE_LASTS).build());
    }

    /// What was left to be said; it is gone then.
    pub fn take(&self) -> Option<Notice> {
        let cookie = self.cookies.get(NOTICE_COOKIE)?;
        self.cookies.remove(self.notice(String::new()).build());
        let json = BASE64_URL_SAFE_NO_PAD.decode(cookie.value()).ok()?;
        // Somebody else may have signed in in this browser meanwhile.
        let (whose, notice): (ActorId, Notice) = serde_json::from_slice(&json).ok()?;
        (whose == self.account.id).then_some(notice)
    }

    fn notice(&self, value: String) -> CookieBuilder<'static> {
        Cookie::build((NOTICE_COOKIE, value)).http_only(true).same_site(SameSite::Lax).secure(self.secure).path("/")
    }
}

/// Who reads a page, if they signed in.
pub fn reader_of(services: &Services, extensions: &Extensions) -> Option<Reader> {
    let (account, visitor, _) = visitor_in_session(services, extensions)?;
    Some(reader(&account, &visitor.asker(), ""))
}

/// Where somebody is who tells a password, and whether they did so in this browser before.
pub async fn origin(services: &Services, parts: &Parts, email: &str) -> Result<Origin, AccountError> {
    let device = match visitor::cookie(&parts.headers, DEVICE_COOKIE) {
        Some(device) => services.accounts.known_device(device, email).await?,
        None => None,
    };
    Ok(Origin { address: visitor::address(parts, services.proxies), device })
}

fn reader(account: &Account, asker: &Asker, here: &'static str) -> Reader {
    let person = account.person();
    Reader { person, manages: asker.may_manage_people(), here }
}

fn visitor_in_session(services: &Services, extensions: &Extensions) -> Option<(Account, Visitor, SecretHash)> {
    let visitor = extensions.get::<Visitor>()?;
    let Credential::Session { person, hash } = visitor.caller.credential else { return None };
    let account = services.store.directory().account(person).cloned()?;
    Some((account, visitor.clone(), hash))
}
