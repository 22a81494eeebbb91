//! The handshake.
//!
//! axum's own upgrade wraps the connection so that only whole messages can be written. We need the raw connection to write shared frames.

use app::id::ActorId;
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use hyper::upgrade::OnUpgrade;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::{SocketContext, session::Session, wire::Wire};
use crate::http::{
    admission::Admission,
    problem::{Code, Problem},
    request_auth::RequestAuth,
};

/// Answers `GET /ws`.
pub async fn upgrade(State(context): State<SocketContext>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    match handshake(&mut parts, &context) {
        Ok((on_upgrade, RequestAuth { credentials, person, .. }, admission, response)) => {
            let tracker = context.tracker.clone();
            context.tracker.clone().spawn(async move {
                match on_upgrade.await {
                    Ok(upgraded) => {
                        let wire = Wire::new(upgraded, &context.limits, context.goodbyes.next()).await;
                        let session = Session::new(wire, credentials, person, admission, context);
                        // A new task, because this one also has the memory for the handshake, and would keep it until the socket closes.
                        tracker.spawn(session.run());
                    }
                    Err(error) => tracing::debug!(%error, "the client disconnected during the handshake"),
                }
            });
            response
        }
        Err(problem) => problem.into_response(),
    }
}

/// Answers `POST /ws`. A page whose socket fails cannot read the reason, so it asks here. (If the page's origin is the reason, the guard
/// has already refused the request with it.)
pub async fn explain(State(context): State<SocketContext>, request: Request) -> Problem {
    let (mut parts, _) = request.into_parts();
    match admit(&mut parts, &context) {
        Ok((RequestAuth { credentials, .. }, _)) if credentials.is_stranger() => Problem::not_signed_in(),
        Ok(_) => {
            context.origins.proxy_diagnostics.refused_socket("a page reported it");
            let detail = "the server would accept this connection, so a proxy or firewall in between blocks WebSocket connections";
            Problem::new(Code::NoSockets, detail)
        }
        Err(problem) => problem,
    }
}

fn handshake(
    parts: &mut Parts,
    context: &SocketContext,
) -> Result<(OnUpgrade, RequestAuth, Admission, Response), Problem> {
    let headers = &parts.headers;
    if !lists(headers, header::CONNECTION, "upgrade") || !lists(headers, header::UPGRADE, "websocket") {
        if headers.contains_key(header::SEC_WEBSOCKET_KEY) {
            context
                .origins
                .proxy_diagnostics
                .refused_socket("a handshake arrived without its header Upgrade or Connection");
        }
        return Err(Problem::new(Code::UpgradeRequired, "this address is only for WebSocket connections"));
    }
    if headers.get(header::SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
        return Err(Problem::new(Code::BadRequest, "Sec-WebSocket-Version must be 13"));
    }
    let bad_request = |detail: &'static str| Problem::new(Code::BadRequest, detail);
    let key = headers.get(header::SEC_WEBSOCKET_KEY).ok_or_else(|| bad_request("Sec-WebSocket-Key is missing"))?;
    let accept = HeaderValue::from_str(&derive_accept_key(key.as_bytes()))
        .map_err(|_| bad_request("Sec-WebSocket-Key is not valid"))?;
    if !context.origins.may_connect(headers) {
        return Err(Problem::new(Code::CrossSite, "pages of this origin may not connect"));
    }
    let offered = headers.contains_key(header::SEC_WEBSOCKET_PROTOCOL);
    if offered && !lists(headers, header::SEC_WEBSOCKET_PROTOCOL, app::protocol::SUBPROTOCOL) {
        return Err(bad_request("Sec-WebSocket-Protocol must include taskwire.v1, or be absent"));
    }
    let (visitor, admission) = admit(parts, context)?;
    let on_upgrade = parts
        .extensions
        .remove::<OnUpgrade>()
        .ok_or_else(|| Problem::new(Code::UpgradeRequired, "this connection cannot be upgraded; use HTTP/1.1"))?;
    let mut response = StatusCode::SWITCHING_PROTOCOLS.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    if offered {
        let protocol = HeaderValue::from_static(app::protocol::SUBPROTOCOL);
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, protocol);
    }
    if parts.headers.contains_key(header::ORIGIN) {
        context.origins.proxy_diagnostics.accepted_socket();
    }
    Ok((on_upgrade, visitor, admission, response))
}

/// Checks the limits, and identifies the caller.
fn admit(parts: &mut Parts, context: &SocketContext) -> Result<(RequestAuth, Admission), Problem> {
    // A page cannot read the status of a failed handshake. So a page without credentials is let in, and is told over the socket. So is
    // whoever names a person and is somebody else.
    let is_page = parts.headers.contains_key(header::ORIGIN);
    let mut visitor: RequestAuth = parts.extensions.remove().unwrap_or_else(RequestAuth::stranger);
    let expected_user = expected_user(parts.uri.query())?;
    if expected_user.is_some() && expected_user != visitor.person {
        // The page was made for a person who has signed out since. It must not continue as the person who is signed in now, who has pages
        // of their own.
        visitor = RequestAuth::stranger();
    }
    if visitor.credentials.is_stranger() && !is_page && expected_user.is_none() {
        return Err(Problem::not_signed_in());
    }
    let admission = context.admit(parts, visitor.person)?;
    Ok((visitor, admission))
}

/// The person for whom the connecting page was made, if the page says so.
fn expected_user(query: Option<&str>) -> Result<Option<ActorId>, Problem> {
    let Some(person) = query.and_then(|query| query.strip_prefix("as=")) else { return Ok(None) };
    person.parse().map(Some).map_err(|_| Problem::parameter("as", "expected the id of a person"))
}

/// Whether a header's list contains a word.
fn lists(headers: &HeaderMap, name: HeaderName, word: &str) -> bool {
    let values = headers.get_all(name);
    values
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|item| item.trim().eq_ignore_ascii_case(word))
}
