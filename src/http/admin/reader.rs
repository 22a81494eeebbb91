//! The reader of an administration page.

use std::{convert::Infallible, sync::Arc};

use app::{
    access::Principal,
    account::{CurrentUser, Notice},
    admin,
};
use axum::{
    extract::FromRequestParts,
    http::request::Parts,
    response::{IntoResponse, Response},
};

use crate::{
    accounts::AccountError,
    credentials::Credentials,
    http::{
        Services,
        account::{
            answer::{ErrorPage, see},
            signed_in::SignedIn,
        },
        page,
        request_auth::RequestAuth,
    },
    secret::SecretHash,
    settings::Auth,
};

/// A reader who may administer: an owner or admin who signed in in this browser, or anybody on a server without accounts.
pub struct Admin {
    /// The server's state.
    pub services: Arc<Services>,
    /// The reader's credentials.
    pub credentials: Credentials,
    visitor: RequestAuth,
    signed_in: Option<SignedIn>,
}

/// The response to a sender who may not administer; `None` to those who may. A token is not enough: these pages are for browsers.
pub(super) fn refusal(services: &Services, request: &Parts) -> Option<Response> {
    let Some(visitor) = request.extensions.get::<RequestAuth>() else {
        return Some(ErrorPage::from(AccountError::SignedOut).into_response());
    };
    if services.auth == Auth::Accounts && visitor.session().is_none() {
        return Some(page::sign_in_redirect(&services.accounts, request));
    }
    match visitor.principal().may_administer() {
        true => None,
        false => Some(ErrorPage::from(AccountError::Forbidden).into_response()),
    }
}

impl FromRequestParts<Arc<Services>> for Admin {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, services: &Arc<Services>) -> Result<Self, Infallible> {
        // The middleware has already refused everybody else.
        let visitor = parts.extensions.get::<RequestAuth>().cloned().unwrap_or_else(RequestAuth::stranger);
        let signed_in = SignedIn::from_request_parts(parts, services).await.ok();
        Ok(Self { services: Arc::clone(services), credentials: visitor.credentials.clone(), visitor, signed_in })
    }
}

impl Admin {
    /// The reader's principal at this moment.
    pub fn principal(&self) -> Principal {
        self.visitor.principal()
    }

    /// An error if the server has no accounts, for pages about them.
    pub fn require_accounts(&self) -> Result<(), ErrorPage> {
        match self.services.auth {
            Auth::Accounts => Ok(()),
            Auth::Open => Err(ErrorPage::no_accounts()),
        }
    }

    /// Whether this is the session in which the reader reads.
    pub fn is_this(&self, session: SecretHash) -> bool {
        self.signed_in.as_ref().is_some_and(|signed_in| signed_in.hash == session)
    }

    /// The reader, for the page.
    pub fn reader(&self) -> admin::Reader {
        let current_user = self.signed_in.as_ref().map(|signed_in| signed_in.current_user("/admin"));
        admin::Reader { current_user }
    }

    /// The signed-in person, if the server has accounts.
    pub fn current_user(&self) -> Option<CurrentUser> {
        self.reader().current_user
    }

    /// Redirects to the next page, with a notice that it shows. (A server without accounts has no sessions, and shows none.)
    pub fn redirect_with_flash(&self, notice: &Notice, next: &str) -> Response {
        match &self.signed_in {
            Some(signed_in) => signed_in.redirect_with_flash(notice, next),
            None => see(next),
        }
    }

    /// Takes the notice that was left for this page.
    pub fn take_flash(&self) -> Option<Notice> {
        self.signed_in.as_ref()?.take_flash()
    }
}
