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
    body::{Body, Bytes, HttpBody, to_bytes},
    extract::{MatchedPath, Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
        header::{
            ACCEPT_ENCODING, CONNECTION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, EXPECT, REFERRER_POLICY,
            STRICT_TRANSPORT_SECURITY, VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
        },
    },
    middleware::Next,
    response::Response,
};
use bytes::BytesMut;
use futures::{FutureExt, StreamExt};
use http_body_util::BodyExt;

use super::{
    Services,
    admission::ClientKey,
    compression,
    limits::{HttpLimits, MAX_BODY_BYTES},
    problem::Problem,
    refusal::Asked,
    request_auth::{self, RequestAuth},
};

/// An answer that took longer than this is worth a line in the log.
const SLOW: Duration = Duration::from_secs(1);
/// How much is collected of an answer before others get their turn on this thread.
const YIELD_BYTES: usize = 256 * 1024;

/// Guards one request. Runs for every route, and for what has none.
pub async fn guard(State(services): State<Arc<Services>>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let asked = Asked::of(&request);

    let answered = match admit(&services, request).await {
        Ok((request, who)) => match answer(&services.limits, request, next).await {
            Ok(response) => carry(&services, who, response).await,
            Err(problem) => Err(problem),
        },
        Err(problem) => Err(problem),
    };
    let mut response = answered.unwrap_or_else(|problem| asked.refuse(&services, problem));

    protect(response.headers_mut(), services.cookies.is_secure);
    report(&method, route.as_ref(), response.status(), started.elapsed());
    response
}

/// Whether the request may go on, with all of its body, and whose it is.
async fn admit(services: &Services, request: Request) -> Result<(Request, ClientKey), Problem> {
    let (mut parts, body) = request.into_parts();
    // First of all: who is refused while still sending never gets to read why.
    let body = match body.is_end_stream() {
        true => body,
        false => read(&services.limits, &parts.headers, body).await?.into(),
    };
    services.origins.check(&parts.method, &parts.headers)?;
    let visitor = RequestAuth::identify(services, &parts).await?;
    if visitor.came_by_cookie() && !parts.method.is_safe() {
        services.origins.require(&parts.headers)?;
    }
    let address = request_auth::address(&parts, services.proxies);
    let who = visitor.person.map_or_else(|| ClientKey::at(address), ClientKey::Person);
    parts.extensions.insert(visitor);
    parts.extensions.insert(who);
    let mut request = Request::from_parts(parts, body);
    compression::withhold(&mut request);
    Ok((request, who))
}

/// All of a body, so that no handler waits for one. More than there may be is dropped as it comes, which is when its sender
/// begins to read.
async fn read(limits: &HttpLimits, headers: &HeaderMap, body: Body) -> Result<Bytes, Problem> {
    let is_announced = body.size_hint().lower() > MAX_BODY_BYTES as u64;
    if is_announced && headers.contains_key(EXPECT) {
        // They ask before they send it.
        return Err(too_large(false));
    }
    let mut data = body.into_data_stream();
    let mut read = BytesMut::new();
    if !is_announced {
        let reading = async {
            while let Some(bytes) = data.next().await {
                let bytes =
                    bytes.map_err(|_| Problem::bad_request("incomplete", "the body ended before it was complete"))?;
                if read.len() + bytes.len() > MAX_BODY_BYTES {
                    return Ok(false);
                }
                read.extend_from_slice(&bytes);
            }
            Ok::<_, Problem>(true)
        };
        match tokio::time::timeout(limits.body, reading).await {
            Ok(Ok(true)) => return Ok(read.freeze()),
            Ok(Ok(false)) => {}
            Ok(Err(problem)) => return Err(problem),
            Err(_) => {
                let detail = "the body took too long to come";
                let problem = Problem::new(StatusCode::REQUEST_TIMEOUT, "too_slow", detail);
                return Err(problem.with_header(CONNECTION, HeaderValue::from_static("close")));
            }
        }
    }
    let dropping = async {
        let mut dropped = 0;
        while let Some(Ok(bytes)) = data.next().await {
            dropped += bytes.len();
            if dropped > limits.dropped_bytes {
                return false;
            }
        }
        true
    };
    // Whoever sends slower than this is not going to read the answer either.
    let all = tokio::time::timeout(limits.dropping, dropping).await.unwrap_or(false);
    Err(too_large(all))
}

fn too_large(was_read: bool) -> Problem {
    let detail = format!("the body is larger than {MAX_BODY_BYTES} bytes, which is the most");
    let problem = Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail);
    match was_read {
        true => problem,
        false => problem.with_header(CONNECTION, HeaderValue::from_static("close")),
    }
}

/// The answer of the route, of the clock, or of the panic, whichever comes first.
async fn answer(limits: &HttpLimits, request: Request, next: Next) -> Result<Response, Problem> {
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind();
    match tokio::time::timeout(limits.answer, answer).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(panic)) => {
            let message = panic
                .downcast_ref::<&str>()
                .copied()
                .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
                .unwrap_or("no message");
            tracing::error!(panic = message, "a request panicked");
            let detail = "the server made a mistake; it has been logged";
            Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail))
        }
        Err(_) => Err(Problem::unavailable(
            "the answer took too long; if this was a change it may yet happen, so send it again with the same Idempotency-Key",
        )),
    }
}

/// Puts the answer into one piece that is counted until it is sent. Files are read from the disk as they are sent, and hold
/// next to nothing.
async fn carry(services: &Services, who: ClientKey, response: Response) -> Result<Response, Problem> {
    let size = response.body().size_hint().exact();
    let is_small = size.is_some_and(|size| size < services.limits.small_answer as u64);
    if is_small || (size.is_none() && response.headers().contains_key(CONTENT_LENGTH)) {
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let bytes = match size {
        Some(_) => to_bytes(body, usize::MAX).await,
        None => collect(body).await,
    };
    let body = bytes.ok().and_then(|bytes| services.in_flight.carry(who, bytes));
    body.map(|body| Response::from_parts(parts, body)).ok_or_else(|| {
        Problem::unavailable(
            "the server is still sending you, or too many others, what was asked for before; try again soon",
        )
    })
}

/// What is compressed as it is taken.
async fn collect(mut body: Body) -> Result<Bytes, axum::Error> {
    let (mut all, mut since) = (BytesMut::new(), 0);
    while let Some(frame) = body.frame().await {
        let Ok(bytes) = frame?.into_data() else { continue };
        all.extend_from_slice(&bytes);
        since += bytes.len();
        if since > YIELD_BYTES {
            since = 0;
            tokio::task::yield_now().await;
        }
    }
    Ok(all.freeze())
}

/// Pages bring their own policy, with a nonce; everything else is data, and is to be nothing else.
fn protect(headers: &mut HeaderMap, is_behind_tls: bool) {
    const SAME_ORIGIN: HeaderValue = HeaderValue::from_static("same-origin");
    headers
        .entry(CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; base-uri 'none'"));
    // Whatever answers, a cache in between is not to hand it to somebody who cannot read it.
    headers.insert(VARY, HeaderValue::from(ACCEPT_ENCODING));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.entry(REFERRER_POLICY).or_insert(SAME_ORIGIN);
    headers.insert(
        const { HeaderName::from_static("permissions-policy") },
        HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    );
    if is_behind_tls {
        // Of this host alone: what else is on its domain is not ours to decide.
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    headers.insert(const { HeaderName::from_static("cross-origin-opener-policy") }, SAME_ORIGIN);
    headers.insert(const { HeaderName::from_static("cross-origin-resource-policy") }, SAME_ORIGIN);
}

/// Tells of the route, never of the path: some paths hold a secret, and what reads like none may be one with a slash too many.
fn report(method: &Method, route: Option<&MatchedPath>, status: StatusCode, latency: Duration) {
    let route = route.map_or("none", MatchedPath::as_str);
    metrics::histogram!(
        "taskwire_http_request_seconds",
        "method" => method_name(method), "route" => route.to_owned(), "status" => status_class(status)
    )
    .record(latency);
    let (status, latency_ms) = (status.as_u16(), latency.as_secs_f64() * 1_000.0);
    let method = method_name(method);
    if status >= 500 || latency > SLOW {
        tracing::info!(method, route, status, latency_ms, "request");
    } else {
        tracing::debug!(method, route, status, latency_ms, "request");
    }
}

/// Whoever sends made-up methods is not to grow the metrics.
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
