//! What holds for every request, in one pass: who may ask, how large and how long it may be, that a panic is one failed
//! request and nothing else, which headers protect the answer, and that it is counted and logged.
//!
//! One middleware instead of a stack of small ones: a create over REST is to cost little more than its database write.

use std::{
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    body::{Body, HttpBody},
    extract::{MatchedPath, Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
        header::{CONNECTION, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS},
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures::{FutureExt, StreamExt};

use super::{
    Services,
    input::{MAX_BODY_BYTES, too_large},
    problem::Problem,
    visitor::Visitor,
};

/// The longest a request may take until its answer begins.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How much of a body that is too large is read and dropped, so that the sender gets to read the answer.
const MAX_DROPPED_BYTES: usize = 32 * 1024 * 1024;
/// An answer that took longer than this is worth a line in the log.
const SLOW: Duration = Duration::from_secs(1);

/// Guards one request. Runs for every route, and for what has none.
pub async fn guard(State(services): State<Arc<Services>>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let path = tracing::enabled!(tracing::Level::INFO).then(|| request.uri().path().to_owned());

    let mut response = match admit(&services, request).await {
        Err(problem) => problem.into_response(),
        Ok(request) if request.body().size_hint().lower() > MAX_BODY_BYTES as u64 => {
            refuse_body(request.into_body()).await
        }
        Ok(request) => answer(request, next).await,
    };

    protect(response.headers_mut());
    report(&method, route.as_ref(), path.as_deref(), response.status(), started.elapsed());
    response
}

/// Whether the request may go on, and who it comes from.
async fn admit(services: &Services, request: Request) -> Result<Request, Problem> {
    services.origins.check(request.method(), request.headers())?;
    let (mut parts, body) = request.into_parts();
    let visitor = Visitor::identify(services, &parts).await?;
    if visitor.came_by_cookie() && !parts.method.is_safe() {
        services.origins.require(&parts.headers)?;
    }
    parts.extensions.insert(visitor);
    Ok(Request::from_parts(parts, body))
}

/// The answer of the route, of the clock, or of the panic, whichever comes first.
async fn answer(request: Request, next: Next) -> Response {
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind();
    match tokio::time::timeout(TIMEOUT, answer).await {
        Ok(Ok(response)) => response,
        Ok(Err(panic)) => {
            let message = panic
                .downcast_ref::<&str>()
                .copied()
                .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
                .unwrap_or("no message");
            tracing::error!(message, "a request panicked");
            let detail = "the server made a mistake; it has been logged";
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail).into_response()
        }
        Err(_) => Problem::unavailable(
            "the answer took too long; if this was a change it may yet happen, so send it again with the same Idempotency-Key",
        )
        .into_response(),
    }
}

/// Closing on somebody who is still sending loses the answer, so some of the body is read first.
async fn refuse_body(body: Body) -> Response {
    let mut data = body.into_data_stream();
    let drop_some = async {
        let mut dropped = 0;
        while let Some(Ok(bytes)) = data.next().await {
            dropped += bytes.len();
            if dropped > MAX_DROPPED_BYTES {
                break;
            }
        }
    };
    // Whoever sends slower than this is not going to read the answer either.
    let _ = tokio::time::timeout(Duration::from_secs(10), drop_some).await;
    too_large().with_header(CONNECTION, HeaderValue::from_static("close")).into_response()
}

/// Pages bring their own policy, with a nonce; everything else is data, and is to be nothing else.
fn protect(headers: &mut HeaderMap) {
    const SAME_ORIGIN: HeaderValue = HeaderValue::from_static("same-origin");
    headers
        .entry(CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; base-uri 'none'"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.entry(REFERRER_POLICY).or_insert(SAME_ORIGIN);
    headers.insert(
        const { HeaderName::from_static("permissions-policy") },
        HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    );
    headers.insert(const { HeaderName::from_static("cross-origin-opener-policy") }, SAME_ORIGIN);
    headers.insert(const { HeaderName::from_static("cross-origin-resource-policy") }, SAME_ORIGIN);
}

fn report(method: &Method, route: Option<&MatchedPath>, path: Option<&str>, status: StatusCode, latency: Duration) {
    let route = route.map_or("none", MatchedPath::as_str);
    metrics::histogram!(
        "taskwire_http_request_seconds",
        "method" => method_name(method), "route" => route.to_owned(), "status" => status_class(status)
    )
    .record(latency);
    let (status, latency_ms) = (status.as_u16(), latency.as_secs_f64() * 1_000.0);
    let path = path.unwrap_or_default();
    if status >= 500 || latency > SLOW {
        tracing::info!(%method, path, route, status, latency_ms, "request");
    } else {
        tracing::debug!(%method, path, route, status, latency_ms, "request");
    }
}

/// Whoever sends made-up methods is not to grow the figures.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}

fn status_class(status: StatusCode) -> &'static str {
    match status.as_u16() / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    }
}
