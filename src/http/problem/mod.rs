//! Errors as REST clients get them: problem details, [RFC 9457].
//!
//! Handlers return `Result<_, Problem>`. Refusals of the write path and failures of the database become problems here, in one place, so
//! the same refusal reads the same from every route. A failure of the server is logged once, here or where it occurred; a mistake of
//! the caller is only reported to the caller.
//!
//! [RFC 9457]: https://www.rfc-editor.org/rfc/rfc9457

mod code;

use std::borrow::Cow;

use app::{
    model::{Seq, TextField},
    refusal::{Refusal, Thing},
};
use axum::{
    http::{
        HeaderName, HeaderValue, StatusCode,
        header::{CONTENT_TYPE, ETAG, RETRY_AFTER, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

pub use self::code::Code;
use super::etag::etag;
use crate::{
    accounts::{AccountError, people::EMAIL},
    store::StoreError,
    writer::WriteError,
};

/// After how many seconds to try again when the database is not available.
const RETRY_AFTER_SECONDS: u32 = 2;

/// An error response. Built from its status, code and detail; fields and headers are added if there are any.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Box<ProblemBody>,
}

/// Why a request did not work (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// Always `about:blank`; `code` identifies the kind of problem.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The name of the HTTP status.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What kind of problem it is, for programs.
    code: Code,
    /// What is wrong, for people.
    detail: Cow<'static, str>,
    /// The fields, parameters or headers that are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
    /// The text that somebody else wrote in the meantime.
    #[serde(skip_serializing_if = "Option::is_none")]
    conflict: Option<Conflict>,
}

/// What is wrong with one field, parameter or header.
#[derive(Debug, Serialize, ToSchema)]
pub struct FieldError {
    /// The name of the field, parameter or header; that of a nested field has dots, such as `columns[0].name`.
    field: String,
    /// What is wrong.
    message: String,
}

/// A text that somebody else changed since the number in `If-Match`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Conflict {
    /// Which text: `title` or `description`.
    field: TextField,
    /// The text as it is now.
    theirs: String,
    /// What to send as `If-Match` to replace that text anyway.
    seq: Seq,
}

impl Problem {
    /// A problem of a kind, with a detail.
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        let status = code.status();
        Self {
            status,
            headers: Vec::new(),
            body: Box::new(ProblemBody {
                kind: "about:blank",
                title: status.canonical_reason().unwrap_or("Error"),
                status: status.as_u16(),
                code,
                detail: detail.into(),
                errors: Vec::new(),
                conflict: None,
            }),
        }
    }

    /// A parameter of the path or the query, or a header, is wrong.
    pub fn parameter(name: &str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self::new(Code::InvalidParameter, format!("{name}: {message}")).with_field(name, message)
    }

    /// A field of the body is wrong.
    pub fn field(name: &str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self::new(Code::Invalid, format!("{name}: {message}")).with_field(name, message)
    }

    /// What the path names does not exist.
    pub fn not_found(what: Thing) -> Self {
        Self::new(Code::NotFound, format!("there is no such {what}"))
    }

    /// The request has no credentials.
    pub fn not_signed_in() -> Self {
        Self::unauthorized(
            Code::NotSignedIn,
            "you are not signed in; sign in, or send a token in the header `Authorization: Bearer TOKEN`",
        )
    }

    /// The request's credentials are not valid.
    pub fn unauthorized(code: Code, detail: &'static str) -> Self {
        Self::new(code, detail).with_header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"taskwire\""))
    }

    /// The request is for something that belongs to a person, and the caller is not one: the server has no accounts, or the caller only has
    /// a share link.
    pub fn nobody() -> Self {
        Self::new(Code::Forbidden, "this needs an account, and you are not signed in with one")
    }

    /// The caller does not have the right.
    pub fn forbidden() -> Self {
        Self::new(Code::Forbidden, "you may not do this")
    }

    /// The state that `If-Match` names is outdated.
    pub fn stale(seq: Seq) -> Self {
        Self::new(
            Code::Stale,
            "this was changed after the state that If-Match names; read it again, then repeat the request",
        )
        .with_header(ETAG, etag(seq))
    }

    /// The server cannot read or write at the moment.
    pub fn unavailable(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::Unavailable, detail).with_header(RETRY_AFTER, RETRY_AFTER_SECONDS.into())
    }

    /// What kind of problem it is, for programs.
    pub fn code(&self) -> Code {
        self.body.code
    }

    /// What is wrong, for people.
    pub fn detail(&self) -> &str {
        &self.body.detail
    }

    /// Adds a field, parameter or header that is wrong.
    pub fn with_field(mut self, field: &str, message: impl Into<String>) -> Self {
        self.body.errors.push(FieldError { field: field.to_owned(), message: message.into() });
        self
    }

    /// Adds a header to the response.
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let detail = refusal.to_string();
        match refusal {
            Refusal::Invalid { field, message } => Self::field(&field, message),
            Refusal::NotFound { what } => Self::not_found(what),
            Refusal::Exists { .. } => Self::new(Code::Exists, detail),
            Refusal::Stale { seq } => Self::stale(seq),
            Refusal::Forbidden => Self::forbidden(),
            Refusal::NotEmpty => Self::new(Code::NotEmpty, detail),
            Refusal::Archived => Self::new(Code::Archived, detail),
            Refusal::Full { .. } => Self::new(Code::Full, detail),
            Refusal::IdReused => Self::new(Code::KeyReused, detail.clone()).with_field("Idempotency-Key", detail),
            Refusal::Expired => Self::new(Code::KeyExpired, detail.clone()).with_field("Idempotency-Key", detail),
            Refusal::Conflict { field, theirs, seq } => {
                let mut problem = Self::new(Code::Conflict, detail.clone())
                    .with_field(&field.to_string(), detail)
                    .with_header(ETAG, etag(seq));
                problem.body.conflict = Some(Conflict { field, theirs, seq });
                problem
            }
        }
    }
}

impl From<WriteError> for Problem {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Refused(refusal) => refusal.into(),
            // The writer has logged the reason, once for all writes of the group.
            WriteError::Unavailable(_) => Self::unavailable(
                "the change could not be stored; repeat the request in a moment, with the same Idempotency-Key",
            ),
        }
    }
}

impl From<AccountError> for Problem {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Forbidden => Self::forbidden(),
            AccountError::SignedOut => Self::not_signed_in(),
            AccountError::NotFound(what) => Self::new(Code::NotFound, format!("there is no such {what}")),
            AccountError::Invalid { field: EMAIL, message } => Self::field("email", message),
            AccountError::Invalid { field, message } => Self::field(field, message),
            AccountError::Full(what, limit) => Refusal::Full { what, limit }.into(),
            AccountError::Limit(message) => Self::new(Code::Full, message),
            AccountError::WrongCredentials => {
                Self::unauthorized(Code::WrongCredentials, "the e-mail address or the password is wrong")
            }
            AccountError::DeadLink => Self::new(Code::DeadLink, error.to_string()),
            AccountError::NotVerified
            | AccountError::NotInvited
            | AccountError::NotProved
            | AccountError::TiedToAnother => Self::new(Code::NoAccount, error.to_string()),
            AccountError::Changed(_) => Self::new(Code::Changed, error.to_string()),
            AccountError::NotTheFirst => Self::new(Code::NotTheFirst, error.to_string()),
            AccountError::TooMany(wait) => {
                Self::new(Code::TooMany, error.to_string()).with_header(RETRY_AFTER, wait.as_secs().max(1).into())
            }
            AccountError::Busy | AccountError::Unavailable => Self::unavailable(error.to_string()),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the database could not be read");
        Self::unavailable("the database does not answer; try again in a moment")
    }
}

impl Problem {
    /// The response's status and headers, without its body.
    pub fn head(&self) -> Response {
        let mut response = self.status.into_response();
        for (name, value) in &self.headers {
            response.headers_mut().insert(name, value.clone());
        }
        response
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self.body).unwrap_or_default();
        let mut response = self.head().map(|_| body.into());
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        response
    }
}
