//! Who one has to be for some pages: somebody who signed in, in this browser. A token is for programs, and a share link for
//! its board.

use std::sync::Arc;

use app::{
    access::Asker,
    account::{Notice, Reader},
};
use axum::{
    extract::FromRequestParts,
    http::{Extensions, request::Parts},
    response::Response,
};
use tower_sessions::Session;

use super::answer::Trouble;
use crate::{
    accounts::{AccountError, attempts::Origin, sessions::key},
    caller::Credential,
    http::{
        Services, page,
        visitor::{self, DEVICE_COOKIE, Visitor},
    },
    secret::{Sealed, SecretHash},
    store::Account,
};

/// Somebody who signed in.
pub struct SignedIn {
    /// Who.
    pub account: Account,
    /// What they may do.
    pub asker: Asker,
    /// What their session is recognised by.
    pub hash: SecretHash,
    session: Session,
}

impl FromRequestParts<Arc<Services>> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, services: &Arc<Services>) -> Result<Self, Response> {
        let session = parts.extensions.get::<Session>().cloned();
        let found = visitor_in_session(services, &parts.extensions).zip(session);
        let Some(((account, asker, hash), session)) = found else {
            return Err(page::way_in(&services.accounts, parts));
        };
        Ok(Self { account, asker, hash, session })
    }
}

impl SignedIn {
    /// As those who read one of these pages.
    pub fn reader(&self, here: &'static str) -> Reader {
        reader(&self.account, &self.asker, here)
    }

    /// Keeps something to be said on the next page. It may hold a secret, and the database is to have none: so what is kept
    /// there can only be read with the cookie of the session.
    pub async fn leave(&self, notice: Notice) -> Result<(), Trouble> {
        let Some(id) = self.session.id() else { return Err(AccountError::Unavailable.into()) };
        // Nothing in it can fail to be written.
        let json = serde_json::to_string(&notice).unwrap_or_default();
        Ok(self.session.insert(key::NOTICE, Sealed::new(&json, &id.to_string())).await?)
    }

    /// What was kept to be said; it is gone then.
    pub async fn take(&self) -> Result<Option<Notice>, Trouble> {
        // Looked for first, because what is taken out is written to the database even where nothing was in it.
        let Some(sealed) = self.session.get::<Sealed>(key::NOTICE).await? else { return Ok(None) };
        self.session.remove::<Sealed>(key::NOTICE).await?;
        let json = self.session.id().and_then(|id| sealed.open(&id.to_string()));
        Ok(json.and_then(|json| serde_json::from_str(&json).ok()))
    }
}

/// Who reads a page, if they signed in.
pub fn reader_of(services: &Services, extensions: &Extensions) -> Option<Reader> {
    let (account, asker, _) = visitor_in_session(services, extensions)?;
    Some(reader(&account, &asker, ""))
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

fn visitor_in_session(services: &Services, extensions: &Extensions) -> Option<(Account, Asker, SecretHash)> {
    let visitor = extensions.get::<Visitor>()?;
    let Credential::Session { person, hash } = visitor.caller.credential else { return None };
    let account = services.store.directory().account(person).cloned()?;
    Some((account, visitor.asker.clone(), hash))
}
