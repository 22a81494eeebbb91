//! What the pages about accounts are answered with.

use std::sync::Arc;

use app::account::{Mistake, Page, document::document};
use axum::{
    body::Body,
    http::{
        HeaderValue, StatusCode,
        header::{CONTENT_TYPE, RETRY_AFTER},
    },
    response::{IntoResponse, Redirect, Response},
};
use tower_sessions::session;

use crate::{accounts::AccountError, http::Services};

/// How long to wait before trying again when it is not known better, in seconds.
const SOON: u64 = 2;

/// A page.
pub fn page(services: &Arc<Services>, page: Page) -> Response {
    with_page(services, Response::new(Body::empty()), page)
}

/// A page with a form that was refused, and how it was.
pub fn refused(services: &Arc<Services>, error: &AccountError, page: Page) -> Response {
    with_page(services, ErrorPage::from(error.clone()).head(), page)
}

/// Puts a page into an answer of which status and headers are made.
pub fn with_page(services: &Arc<Services>, head: Response, page: Page) -> Response {
    let mut response = head.map(|_| Body::from(document(page, services.leptos.clone())));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}

/// The way to the next page, after a form.
pub fn see(path: &str) -> Response {
    Redirect::to(path).into_response()
}

/// The mistake on a form that these fields are on.
pub fn mistake(error: &AccountError, fields: &[&'static str]) -> Mistake {
    let field = match error {
        AccountError::Invalid { field, .. } => fields.iter().copied().find(|known| known == field),
        _ => None,
    };
    Mistake { field, words: error.sentence() }
}

/// A mistake, where a password that is typed twice is not the same both times.
pub fn check_again(password: &str, again: &str) -> Result<(), AccountError> {
    match password == again {
        true => Ok(()),
        false => Err(AccountError::invalid("second password", "is not the same as the first")),
    }
}

/// Why there is no page for whoever asks. Becomes a page that says so, in [`super::middleware`].
#[derive(Clone, Debug)]
pub struct ErrorPage {
    /// The status.
    pub status: StatusCode,
    /// In a few words.
    pub title: &'static str,
    /// In a sentence.
    pub words: String,
    /// Where one can go from here.
    pub way: Option<(String, &'static str)>,
    /// When to try again, in seconds.
    pub retry_after: Option<u64>,
}

impl ErrorPage {
    /// One with a way to the boards.
    pub fn new(status: StatusCode, title: &'static str, words: impl Into<String>) -> Self {
        let way = Some(("/".to_owned(), "All boards"));
        Self { status, title, words: words.into(), way, retry_after: None }
    }

    /// Something this server does not have.
    pub fn nothing_here(words: &'static str) -> Self {
        let way = Some(("/sign-in".to_owned(), "Sign in"));
        Self { way, ..Self::new(StatusCode::NOT_FOUND, "There is nothing here", words) }
    }

    /// A server that was started without accounts.
    pub fn no_accounts() -> Self {
        let words = "This server was started without accounts (--auth open): whoever reaches it may use it.";
        Self::new(StatusCode::NOT_FOUND, "There is nothing here", words)
    }

    /// The status and the headers.
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
            AccountError::Forbidden => (StatusCode::FORBIDDEN, "This is not for you"),
            AccountError::SignedOut => (StatusCode::UNAUTHORIZED, "You are signed out"),
            AccountError::NotFound(_) => (StatusCode::NOT_FOUND, "There is nothing here"),
            AccountError::Invalid { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "That did not work"),
            AccountError::WrongCredentials => (StatusCode::UNAUTHORIZED, "That did not work"),
            AccountError::DeadLink => (StatusCode::GONE, "This link does not work any more"),
            AccountError::NotVerified | AccountError::NotInvited => (StatusCode::FORBIDDEN, "You have no account here"),
            AccountError::NotProved | AccountError::TiedToAnother => (StatusCode::FORBIDDEN, "That did not work"),
            AccountError::NotTheFirst => (StatusCode::CONFLICT, "This server has its owner"),
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

/// The rows of sessions have logged why.
impl From<session::Error> for ErrorPage {
    fn from(_: session::Error) -> Self {
        AccountError::Unavailable.into()
    }
}
