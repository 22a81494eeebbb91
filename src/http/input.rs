//! Extractors that read requests strictly. Whatever is wrong with a request becomes a [`Problem`] that names it.

use app::{by_name::Object, id::MutationId};
use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, RawPathParams, Request, rejection::QueryRejection},
    http::{HeaderMap, header::CONTENT_TYPE, request::Parts},
};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::problem::{Code, Problem};

/// A JSON body.
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            let detail = "the body must be JSON: send Content-Type: application/json";
            return Err(Problem::new(Code::UnsupportedMediaType, detail)
                .with_field("Content-Type", "expected application/json"));
        }
        // The guard has already read the body and limited its size.
        let incomplete = |_| Problem::new(Code::Incomplete, "the body ended before it was complete");
        let body = Bytes::from_request(request, state).await.map_err(incomplete)?;
        // Tracking the path to an error costs time, so only bodies with an error are parsed again with it.
        serde_json::from_slice(&body).map(|Object(value)| Self(value)).map_err(|_| explain::<Object<T>>(&body))
    }
}

/// The parameters of the path, all of them ids.
pub struct Path<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        if let Ok(axum::extract::Path(value)) = axum::extract::Path::from_request_parts(parts, state).await {
            return Ok(Self(value));
        }
        let params = RawPathParams::from_request_parts(parts, state).await;
        let wrong = params.iter().flatten().find(|(_, value)| Uuid::parse_str(value).is_err());
        Err(Problem::parameter(wrong.map_or("path", |(name, _)| name), "expected a UUID"))
    }
}

/// The parameters of the query.
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match axum::extract::Query::try_from_uri(&parts.uri) {
            Ok(axum::extract::Query(value)) => Ok(Self(value)),
            Err(QueryRejection::FailedToDeserializeQueryString(error)) => {
                // The text is, for instance, `…query string: limit: invalid digit found in string`.
                let text = error.body_text();
                let text = text.split_once("query string: ").map_or(&*text, |(_, rest)| rest);
                let (path, message) = text.split_once(": ").unwrap_or(("query", text));
                let name = named_in(message).unwrap_or(path);
                // The words of Rust's own parser of numbers.
                let is_number = message.starts_with("invalid digit")
                    || message.starts_with("number too")
                    || message.starts_with("cannot parse integer");
                Err(Problem::parameter(name, if is_number { "expected a whole number" } else { message }))
            }
            Err(_) => Err(Problem::new(Code::InvalidQuery, "the query string cannot be parsed")),
        }
    }
}

/// The id of the mutation that the request asks for: the `Idempotency-Key`, or a new one.
pub struct Key(pub MutationId);

impl<S: Send + Sync> FromRequestParts<S> for Key {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get("idempotency-key") else {
            return Ok(Self(app::new_id()));
        };
        // The header's draft standard writes the value as a quoted string; most clients send it without quotes.
        let text = value.to_str().unwrap_or_default().trim().trim_matches('"');
        match Uuid::parse_str(text) {
            Ok(id) => Ok(Self(MutationId(id))),
            Err(_) => Err(Problem::parameter("Idempotency-Key", "expected a UUID")),
        }
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) else { return false };
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

/// Says what is wrong with a body that does not fit the type, and where.
fn explain<T: DeserializeOwned>(body: &[u8]) -> Problem {
    let not_json = |error: &serde_json::Error| Problem::new(Code::NotJson, format!("the body is not JSON: {error}"));
    if let Err(error) = std::str::from_utf8(body) {
        return Problem::new(Code::NotJson, format!("the body is not UTF-8: {error}"));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let error = match serde_path_to_error::deserialize::<_, T>(&mut deserializer) {
        Err(error) => error,
        Ok(_) => match deserializer.end() {
            Err(error) => return not_json(&error),
            Ok(()) => return Problem::new(Code::NotJson, "the body cannot be parsed"),
        },
    };
    // The text after the wrong field may not even be JSON. Then that is the error to report.
    if let Err(error) = serde_json::from_slice::<serde::de::IgnoredAny>(body) {
        return not_json(&error);
    }
    let path = error.path().to_string();
    let message = error.inner().to_string();
    let message = without_position(&message);
    let field = match named_in(message) {
        // serde's path ends at the object that lacks the field.
        Some(name) if message.starts_with("missing field") && path != "." => format!("{path}.{name}"),
        Some(name) if message.starts_with("missing field") || path == "." => name.to_owned(),
        _ => path,
    };
    if field == "." {
        return Problem::new(Code::Invalid, format!("the body is invalid: {message}"));
    }
    Problem::new(Code::Invalid, format!("{field}: {message}")).with_field(&field, message)
}

/// The name in "missing field `name`", "unknown field `name`, expected …" or "duplicate field `name`".
pub(super) fn named_in(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once(" field `")?;
    Some(rest.split_once('`')?.0)
}

/// serde's error message, without the position in the text.
pub(super) fn without_position(message: &str) -> &str {
    message.rsplit_once(" at line ").map_or(message, |(message, _)| message)
}
