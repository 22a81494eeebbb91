//! The catalogue of errors: each `code` of a [`Problem`](super::Problem), with its HTTP status and its meaning.
//!
//! The OpenAPI document and `docs/API.md` are generated from it.

use axum::http::StatusCode;
use serde::{Serialize, Serializer};

macro_rules! codes {
    ($($status:ident { $($name:ident = $text:literal, $meaning:literal;)* })*) => {
        /// The kind of an error, for programs.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code {
            $($(
                #[doc = $meaning]
                $name,
            )*)*
        }

        impl Code {
            /// All codes, in the order of their statuses.
            pub const ALL: &[Self] = &[$($(Self::$name,)*)*];

            /// The HTTP status of the response.
            pub fn status(self) -> StatusCode {
                match self {
                    $($(Self::$name => StatusCode::$status,)*)*
                }
            }

            /// The value of `code` in the response.
            pub fn as_str(self) -> &'static str {
                match self {
                    $($(Self::$name => $text,)*)*
                }
            }

            /// What the code means, as a sentence.
            pub fn meaning(self) -> &'static str {
                match self {
                    $($(Self::$name => $meaning,)*)*
                }
            }
        }
    };
}

codes! {
    BAD_REQUEST {
        NotJson = "not_json", "The body is not JSON.";
        Incomplete = "incomplete", "The connection ended before the body was complete.";
        InvalidQuery = "invalid_query", "The query string cannot be parsed.";
        InvalidParameter = "invalid_parameter", "A parameter of the path or the query, or a header, is wrong; `errors` names it.";
        BadRequest = "bad_request", "The request is not what this address expects.";
    }
    UNAUTHORIZED {
        NotSignedIn = "not_signed_in", "The request has no credentials, and this needs some.";
        InvalidToken = "invalid_token", "The token does not exist, was revoked, or has expired.";
        WrongCredentials = "wrong_credentials", "The e-mail address or the password is wrong.";
    }
    FORBIDDEN {
        Forbidden = "forbidden", "The caller does not have the right to do this.";
        CrossSite = "cross_site", "A page of another site sent the request with a person's session.";
        NoAccount = "no_account", "The sign-in provider's account cannot be used here.";
    }
    NOT_FOUND {
        NotFound = "not_found", "What the address names does not exist, or the caller may not know of it.";
        InTrash = "in_trash", "The task is in the trash.";
        NoSuchRoute = "no_such_route", "There is nothing at this address.";
        NoMetrics = "no_figures", "This process collects no metrics.";
    }
    METHOD_NOT_ALLOWED {
        MethodNotAllowed = "method_not_allowed", "The address does not support this method; the header `Allow` lists those that it supports.";
    }
    REQUEST_TIMEOUT {
        TooSlow = "too_slow", "The body took too long to arrive.";
    }
    CONFLICT {
        Exists = "exists", "The id of the new thing, or the key of the board, is already used.";
        NotEmpty = "not_empty", "The column still holds tasks.";
        Archived = "archived", "The board is archived, so it cannot be edited. A manager can bring it back.";
        Full = "full", "A limit is reached; `detail` says which.";
        Changed = "changed", "Somebody else changed it in the meantime; `detail` says what it is now.";
        NotTheFirst = "not_the_first", "The server already has its first account.";
        NoSockets = "no_sockets", "Something between the client and the server blocks WebSocket connections.";
    }
    GONE {
        Trimmed = "trimmed", "The log no longer has the changes that were asked for.";
        DeadLink = "dead_link", "The link was used or revoked, or it has expired.";
    }
    PRECONDITION_FAILED {
        Conflict = "conflict", "Somebody else changed the same text since `If-Match`; `conflict` has their text.";
        Stale = "stale", "It was changed since `If-Match`.";
    }
    PAYLOAD_TOO_LARGE {
        TooLarge = "too_large", "The body is too large.";
    }
    UNSUPPORTED_MEDIA_TYPE {
        UnsupportedMediaType = "unsupported_media_type", "The body is not sent as `application/json`.";
    }
    MISDIRECTED_REQUEST {
        UnknownHost = "unknown_host", "The server does not know the name by which it was called.";
    }
    UPGRADE_REQUIRED {
        UpgradeRequired = "upgrade_required", "The address is only for WebSocket connections.";
    }
    UNPROCESSABLE_ENTITY {
        Invalid = "invalid", "The body is not an object, or a field of it is wrong; `errors` names the field.";
        KeyReused = "key_reused", "The `Idempotency-Key` was already used for a different request.";
        KeyExpired = "key_expired", "The `Idempotency-Key` is so old that the server no longer knows whether the request was done.";
    }
    TOO_MANY_REQUESTS {
        TooMany = "too_many", "There were too many attempts; the header `Retry-After` says when to try again.";
        RateLimited = "rate_limited", "The caller sent more requests than the server allows; the header `Retry-After` says when to try again.";
        TooManySockets = "too_many_sockets", "This person or this address has its maximum number of open sockets.";
    }
    INTERNAL_SERVER_ERROR {
        Internal = "internal", "The request failed because of an error in the server.";
    }
    SERVICE_UNAVAILABLE {
        ServerFull = "server_full", "The server has its maximum number of open sockets.";
        Unavailable = "unavailable", "The server cannot read or write at the moment; the header `Retry-After` says when to try again.";
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_code_has_a_text_of_its_own_and_a_sentence() {
        let texts: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(texts.len(), Code::ALL.len());
        assert!(Code::ALL.iter().all(|code| code.meaning().ends_with('.') && !code.status().is_success()));
    }
}
