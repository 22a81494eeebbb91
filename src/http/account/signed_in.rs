//! An extractor for pages that require a person who signed in in this browser. A token or a share link is not enough.

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

/// How long a notice waits for the page that shows it.
const NOTICE_LASTS: time::Duration = time::Duration::minutes(1);

/// A person who signed in in this browser.
pub struct SignedIn {
    /// Their account.
    pub account: Account,
    /// Their credentials.
    pub credentials: Credentials,
    /// The hash by which their session is identified.
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
    /// The person as the reader of an account page.
    pub fn current_user(&self, here: &'static str) -> CurrentUser {
        current_user(&self.account, &self.principal(), here)
    }

    /// The person's principal at this moment.
    pub fn principal(&self) -> Principal {
        self.visitor.principal()
    }

    /// Redirects to the next page, and leaves a notice that the page shows. The notice may hold a secret, which must not be in the
    /// database. So the browser carries the notice, in a cookie that lasts a minute. It is sealed with a key that is derived from the
    /// session's id, so that nobody else can read the notice or forge one.
    pub fn redirect_with_flash(&self, notice: &Notice, next: &str) -> Response {
        if let Some(seal) = self.seal() {
            let until = now().as_millis() + NOTICE_LASTS.whole_milliseconds() as i64;
            // These types always serialize.
            let json = serde_json::to_vec(&(until, self.account.id, notice)).unwrap_or_default();
            self.cookies.add(self.names.build(&self.names.notice, seal.close(&json), NOTICE_LASTS));
        }
        see(next)
    }

    /// Takes the notice that was left for this page, and removes its cookie.
    pub fn take_flash(&self) -> Option<Notice> {
        let name = &self.names.notice;
        let cookie = self.cookies.get(name)?;
        self.cookies.remove(self.names.build(name, String::new(), time::Duration::ZERO));
        let (until, whose, notice): (i64, ActorId, Notice) =
            serde_json::from_slice(&self.seal()?.open(cookie.value())?).ok()?;
        // Another person may have signed in in this browser in the meantime.
        (now().as_millis() <= until && whose == self.account.id).then_some(notice)
    }

    fn seal(&self) -> Option<Seal> {
        Some(Seal::of("notice", &self.session.id()?.to_string()))
    }
}

/// The reader of a page, if they are signed in.
pub fn current_user_of(services: &Services, extensions: &Extensions) -> Option<CurrentUser> {
    let (account, visitor, _) = auth_in_session(services, extensions)?;
    Some(current_user(&account, &visitor.principal(), ""))
}

/// The origin of a password attempt: the address, and whether this browser has signed in to the account before.
pub async fn origin(services: &Services, parts: &Parts, email: &str) -> Result<Origin, AccountError> {
    let device = match cookie(&parts.headers, &services.cookies.device) {
        Some(device) => services.accounts.known_device(device, email).await?,
        None => None,
    };
    Ok(Origin { client: request_auth::client(parts, services.proxies), device })
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
