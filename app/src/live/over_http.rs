//! The HTTP requests of a page without a connection: whether the server is reachable, and why there is no connection.

use gloo_net::http::{Request, RequestBuilder, Response};
use serde::Deserialize;
use web_sys::{AbortSignal, RequestCache, RequestRedirect};

use super::reconnect::{ConnectError, Found, LOOK_WITHIN};
use crate::id::ActorId;

/// How long to wait for the response with the reason why there is no connection, in milliseconds.
const EXPLAIN_WITHIN: u32 = 5_000;

/// Checks whether the server is reachable.
pub async fn look() -> Found {
    match sent(Request::get("/healthz"), LOOK_WITHIN as u32).await {
        Some(response) if response.ok() => match response.text().await.as_deref() {
            Ok("ok\n") => Found::Server,
            Ok(_) => Found::Other,
            Err(_) => Found::Nothing,
        },
        Some(_) => Found::Other,
        None => Found::Nothing,
    }
}

/// Asks the server why a connection is refused. `current_user` is the person for whom the page was made. `None` if
/// there is no response, or if it gives no reason to show.
pub async fn diagnose(current_user: Option<ActorId>) -> Option<ConnectError> {
    #[derive(Deserialize)]
    struct Answer {
        code: String,
    }
    let current_user = current_user.map(|person| format!("?as={person}")).unwrap_or_default();
    let response = sent(Request::post(&format!("/ws{current_user}")), EXPLAIN_WITHIN).await?;
    let status = response.status();
    let code = response.text().await.ok().and_then(|text| serde_json::from_str(&text).ok()).map(|Answer { code }| code);
    match (status, code.as_deref()) {
        (_, Some("no_sockets")) => Some(ConnectError::NoSockets),
        (_, Some("cross_site" | "unknown_host")) => Some(ConnectError::Origin),
        (_, Some("too_many_sockets" | "server_full" | "full")) => Some(ConnectError::Full),
        // The server reports this on the socket itself, and this page then tells the person what to do.
        (_, Some("not_signed_in")) => None,
        _ => Some(ConnectError::Other(status)),
    }
}

async fn sent(request: RequestBuilder, within: u32) -> Option<Response> {
    let signal = AbortSignal::timeout_with_u32(within);
    let request = request.abort_signal(Some(&signal)).cache(RequestCache::NoStore).redirect(RequestRedirect::Manual);
    request.send().await.ok()
}
