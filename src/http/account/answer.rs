//! Makes the responses of the account pages.

use std::sync::Arc;

use app::account::{Mistake, Page, document::document};
use axum::{
    body::Body,
    http::{
        HeaderValue, StatusCode,
        header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, RETRY_AFTER},
    },
    response::{IntoResponse, Redirect, Response},
};
use tower_sessions::session;

use super::POLICY_OF_SECRETS;
use crate::{accounts::AccountError, http::Services, store::StoreError};

/// After how many seconds to try again, if no better estimate is known.
const SOON: u64 = 2;

/// A response with a page.
pub fn page(services: &Arc<Services>, page: Page) -> Response {
    with_page(services, Response::new(Body::empty()), page)
}

/// A response with a page whose form was refused, with the status of the error.
pub fn refused(services: &Arc<Services>, error: &AccountError, page: Page) -> Response {
    with_page(services, ErrorPage::from(error.clone()).head(), page)
}

/// Puts a page into a response that already has its status and headers.
pub fn with_page(services: &Arc<Services>, head: Response, page: Page) -> Response {
    let shows_secret = page.shows_secret;
    let mut response = head.map(|_| Body::from(document(page, services.surroundings())));
    if shows_secret {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, POLICY_OF_SECRETS);
    }
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}

/// A redirect to the next page, after a form.
pub fn see(path: &str) -> Response {
    Redirect::to(path).into_response()
}

/// The message about an error on a form that has these fields.
pub fn mistake(error: &AccountError, fields: &[&'static str]) -> Mistake {
    let field = match error {
        AccountError::Invalid { field, .. } => fields.iter().copied().find(|known| known == field),
        _ => None,
    };
    Mistake { field, words: error.sentence() }
}

/// An error if the password and its repetition differ.
pub fn check_again(password: &str, again: &str) -> Result<(), AccountError> {
    match password == again {
        true => Ok(()),
        false => Err(AccountError::invalid("second password", "the second password is not the same as the first")),
    }
}

/// An error of the account pages. [`super::middleware`] turns it into a page.
#[derive(Clone, Debug)]
pub struct ErrorPage {
    /// The status.
    pub status: StatusCode,
    /// What is wrong, in a few words.
    pub title: &'static str,
    /// What is wrong, in a sentence.
    pub words: String,
    /// A link to where the reader can go from here: its address and its text.
    pub way: Option<(String, &'static str)>,
    /// When to try again, in seconds.
    pub retry_after: Option<u64>,
}

impl ErrorPage {
    /// An error with a link to the list of boards.
    pub fn new(status: StatusCode, title: &'static str, words: impl Into<String>) -> Self {
        let way = Some(("/".to_owned(), "All boards"));
        Self { status, title, words: words.into(), way, retry_after: None }
    }

    /// An error for something that this server does not have.
    pub fn nothing_here(words: &'static str) -> Self {
        let way = Some(("/sign-in".to_owned(), "Sign in"));
        Self { way, ..Self::new(StatusCode::NOT_FOUND, "There is nothing here", words) }
    }

    /// The error of a server that was started without accounts.
    pub fn no_accounts() -> Self {
        let words = "This server was started without accounts (--auth open): everybody who reaches it may use it.";
        Self::new(StatusCode::NOT_FOUND, "There is nothing here", words)
    }

    /// The response's status and headers, without a body.
    pub fn head(&self) -> Response {
        let mut response = self.status.into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}

impl IntoResponse for ErrorPage {
    fn into_response(self) -> Response {
        let mut response = self.head();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<AccountError> for ErrorPage {
    fn from(error: AccountError) -> Self {
        let (status, title) = match &error {
            AccountError::Forbidden => (StatusCode::FORBIDDEN, "You do not have access"),
            AccountError::SignedOut => (StatusCode::UNAUTHORIZED, "You are signed out"),
            AccountError::NotFound(_) => (StatusCode::NOT_FOUND, "There is nothing here"),
            AccountError::Invalid { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "That did not work"),
            AccountError::WrongCredentials => (StatusCode::UNAUTHORIZED, "That did not work"),
            AccountError::DeadLink => (StatusCode::GONE, "This link does not work any more"),
            AccountError::NotVerified | AccountError::NotInvited => (StatusCode::FORBIDDEN, "You have no account here"),
            AccountError::NotProved | AccountError::TiedToAnother => (StatusCode::FORBIDDEN, "That did not work"),
            AccountError::Full(..) | AccountError::Limit(_) => (StatusCode::CONFLICT, "That did not work"),
            AccountError::Changed(_) => (StatusCode::CONFLICT, "It was changed in the meantime"),
            AccountError::NotTheFirst => (StatusCode::CONFLICT, "This server already has an owner"),
            AccountError::TooMany(_) => (StatusCode::TOO_MANY_REQUESTS, "Too many attempts"),
            AccountError::Busy | AccountError::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "Not available"),
        };
        let retry_after = match &error {
            AccountError::TooMany(wait) => Some(wait.as_secs() + 1),
            AccountError::Busy | AccountError::Unavailable => Some(SOON),
            _ => None,
        };
        let error_page = Self { retry_after, ..Self::new(status, title, error.sentence()) };
        match error {
            AccountError::SignedOut => Self { way: Some(("/sign-in".to_owned(), "Sign in")), ..error_page },
            _ => error_page,
        }
    }
}

impl From<StoreError> for ErrorPage {
    fn from(error: StoreError) -> Self {
        AccountError::from(error).into()
    }
}

/// The session store has already logged the reason.
impl From<session::Error> for ErrorPage {
    fn from(_: session::Error) -> Self {
        AccountError::Unavailable.into()
    }
}
