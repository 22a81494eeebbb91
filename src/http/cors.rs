//! Cross-origin resource sharing: scripts of pages at `--allowed-origin` may use REST.
//!
//! Such a script authenticates with a token. Cookies are not part of it: our session cookies are `SameSite=Lax`, which browsers do not send
//! with the requests of other sites' scripts.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Request, State},
    http::{
        HeaderName, Method,
        header::{
            ACCEPT, ACCESS_CONTROL_REQUEST_METHOD, ALLOW, AUTHORIZATION, CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH,
            LINK, LOCATION, RETRY_AFTER,
        },
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use tower::{Layer, ServiceExt};
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::{API_ROOT, origin::Origins, rate};

/// How long a browser may remember the answer to a preflight request.
const REMEMBERED: Duration = Duration::from_secs(10 * 60);

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// The headers of an operation that is going to be removed; docs/API.md says when they are sent.
const DEPRECATION: HeaderName = HeaderName::from_static("deprecation");
const SUNSET: HeaderName = HeaderName::from_static("sunset");

/// The layer for REST.
pub fn layer(origins: &Arc<Origins>) -> CorsLayer {
    let origins = Arc::clone(origins);
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(move |origin, _| {
            origin.to_str().is_ok_and(|origin| origins.allows(origin))
        }))
        .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers([ACCEPT, AUTHORIZATION, CONTENT_TYPE, IF_MATCH, IF_NONE_MATCH, IDEMPOTENCY_KEY, LAST_EVENT_ID])
        .expose_headers([ALLOW, ETAG, LOCATION, RETRY_AFTER, LINK, DEPRECATION, SUNSET, rate::POLICY, rate::LEFT])
        .max_age(REMEMBERED)
}

/// Applies the layer to REST, except to `OPTIONS` requests that are no preflight: the layer would answer all of them, without `Allow`. It
/// is outside of the guard, so that scripts can read the guard's refusals, too.
pub async fn answer(State(layer): State<CorsLayer>, request: Request, next: Next) -> Response {
    let is_preflight = request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    if !request.uri().path().starts_with(API_ROOT) || request.method() == Method::OPTIONS && !is_preflight {
        return next.run(request).await;
    }
    layer.layer(next).oneshot(request).await.into_response()
}
