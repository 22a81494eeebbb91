//! The middleware for every request, in one pass: it authenticates and checks the request, limits its size and its time, turns a panic
//! into one failed request, adds the headers that protect the response, and counts and logs the request.
//!
//! It is one middleware instead of a stack of small ones, so that a create over REST costs little more than its database write.

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
    limits::{HttpLimits, MAX_BODY_BYTES, MAX_COLLECTED_BYTES},
    problem::{Code, Problem},
    refusal::Asked,
    request_auth::{self, RequestAuth},
    theme,
};

/// A request that took longer than this is logged at level `info`.
const SLOW: Duration = Duration::from_secs(1);
/// How much of a response is collected before other tasks get their turn on this thread.
const YIELD_BYTES: usize = 256 * 1024;

/// Marks a response, as one of its extensions, as a stream whose length has no bound, which is sent as it comes and never collected.
#[derive(Clone, Copy, Debug)]
pub struct Streamed;

/// Marks a response, as one of its extensions, as one of several that depend on `Accept`.
#[derive(Clone, Copy, Debug)]
pub struct Negotiated;

/// Guards one request. Runs for every route, and for requests without one.
pub async fn guard(State(services): State<Arc<Services>>, request: Request, next: Next) -> Response {
    let theme = theme::chosen(&services.cookies, request.headers());
    theme::within(theme, guarded(services, request, next)).await
}

async fn guarded(services: Arc<Services>, request: Request, next: Next) -> Response {
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

    // On every response, so that no cache gives a compressed response to a client that cannot decompress it.
    let varies = match response.extensions().get::<Negotiated>() {
        Some(Negotiated) => HeaderValue::from_static("accept, accept-encoding"),
        None => HeaderValue::from(ACCEPT_ENCODING),
    };
    response.headers_mut().insert(VARY, varies);
    protect(response.headers_mut(), services.cookies.is_secure);
    report(&method, route.as_ref(), response.status(), started.elapsed());
    response
}

/// Reads the whole body, and checks and authenticates the request. Returns the request, and the caller for whom it counts.
async fn admit(services: &Services, request: Request) -> Result<(Request, ClientKey), Problem> {
    let (mut parts, body) = request.into_parts();
    // The body is read first: a client that is refused while it is still sending never gets to read why.
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

/// Reads a whole body, so that no handler waits for one. If it is too large, the rest is read and dropped, because the sender reads the
/// response only after it has sent the body.
async fn read(limits: &HttpLimits, headers: &HeaderMap, body: Body) -> Result<Bytes, Problem> {
    let is_announced = body.size_hint().lower() > MAX_BODY_BYTES as u64;
    if is_announced && headers.contains_key(EXPECT) {
        // With `Expect: 100-continue` the client waits for the response before it sends the body.
        return Err(too_large(false));
    }
    let mut data = body.into_data_stream();
    let mut read = BytesMut::new();
    if !is_announced {
        let reading = async {
            while let Some(bytes) = data.next().await {
                let bytes =
                    bytes.map_err(|_| Problem::new(Code::Incomplete, "the body ended before it was complete"))?;
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
                let detail = "the body took too long to arrive; send the request again";
                let problem = Problem::new(Code::TooSlow, detail);
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
    // A client that sends more slowly than this is not going to read the response either.
    let all = tokio::time::timeout(limits.dropping, dropping).await.unwrap_or(false);
    Err(too_large(all))
}

fn too_large(was_read: bool) -> Problem {
    let detail = format!("the body is too large; at most {MAX_BODY_BYTES} bytes are allowed");
    let problem = Problem::new(Code::TooLarge, detail);
    match was_read {
        true => problem,
        false => problem.with_header(CONNECTION, HeaderValue::from_static("close")),
    }
}

/// Runs the handler. Returns its response, or a problem if it panics or takes too long.
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
            let detail = "the request failed because of an error in the server, which is in the server's log";
            Err(Problem::new(Code::Internal, detail))
        }
        Err(_) => Err(Problem::unavailable(
            "the response took too long; a change may still be made, so repeat the request with the same Idempotency-Key",
        )),
    }
}

/// Collects the response into one piece, which is counted until it is sent. Files are excluded: they are read from the disk as they are
/// sent, and hold next to no memory.
async fn carry(services: &Services, who: ClientKey, response: Response) -> Result<Response, Problem> {
    if response.extensions().get::<Streamed>().is_some() {
        return Ok(response);
    }
    let size = response.body().size_hint().exact();
    let is_small = size.is_some_and(|size| size < services.limits.small_answer as u64);
    if is_small || (size.is_none() && response.headers().contains_key(CONTENT_LENGTH)) {
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let bytes = match size {
        Some(_) => to_bytes(body, MAX_COLLECTED_BYTES).await,
        None => collect(body).await,
    };
    let body = bytes.ok().and_then(|bytes| services.in_flight.carry(who, bytes));
    body.map(|body| Response::from_parts(parts, body)).ok_or_else(|| {
        Problem::unavailable("too many responses are still being sent, to you or in total; try again soon")
    })
}

/// Collects a body of unknown length. Such a body is compressed while it is read, which takes processor time.
async fn collect(mut body: Body) -> Result<Bytes, axum::Error> {
    let (mut all, mut since) = (BytesMut::new(), 0);
    while let Some(frame) = body.frame().await {
        let Ok(bytes) = frame?.into_data() else { continue };
        all.extend_from_slice(&bytes);
        if all.len() > MAX_COLLECTED_BYTES {
            return Err(axum::Error::new("the body is too large to be collected"));
        }
        since += bytes.len();
        if since > YIELD_BYTES {
            since = 0;
            tokio::task::yield_now().await;
        }
    }
    Ok(all.freeze())
}

/// Adds the headers that protect a response. Pages bring their own policy, with a nonce. Everything else is data, and its policy keeps
/// browsers from treating it as a page.
fn protect(headers: &mut HeaderMap, is_behind_tls: bool) {
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
    if is_behind_tls {
        // Only for this host: the other hosts of its domain are not ours to decide about.
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    headers.insert(const { HeaderName::from_static("cross-origin-opener-policy") }, SAME_ORIGIN);
    headers.insert(const { HeaderName::from_static("cross-origin-resource-policy") }, SAME_ORIGIN);
}

/// Counts and logs a request. It names the route and never the path: some paths hold a secret, and a path that matches no route may be
/// one of those with a slash too many.
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

/// The method as a label of the metrics. Made-up methods share one label, so that clients cannot grow the metrics.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
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
