//! The running server, and what stands between it and people: whether its pages and its sockets can be reached through the public URL.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::{Duration, Instant},
};

use axum::http::{HeaderName, Request, StatusCode, header};
use bytes::Bytes;
use futures::StreamExt;
use http_body_util::{BodyExt, Empty, Full, Limited};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo},
};
use serde::Deserialize;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        handshake::{client::generate_key, derive_accept_key},
        protocol::Role,
    },
};

use super::{Finding, NETWORK, within};
use crate::{
    http_client::{HttpClient, http_client, with_causes},
    settings::Settings,
};

const SERVER: &str = "server";
const PUBLIC: &str = "public url";
const SOCKET: &str = "websocket";

/// The code of Taskwire's answer to a handshake without its headers.
const UPGRADE_REQUIRED: &str = "upgrade_required";
/// How many bytes of a response are read: Taskwire's is shorter.
const ANSWER: usize = 16 * 1024;
/// How many characters of a response are shown.
const SHOWN: usize = 120;
/// How long the server may take to respond.
const PATIENCE: Duration = Duration::from_secs(5);

/// The response of `/readyz`.
#[derive(Clone, Debug, Deserialize)]
pub struct Readiness {
    /// `ready`, `degraded` or `unavailable`.
    pub status: String,
    /// What is wrong.
    pub details: Vec<String>,
}

/// Why there is no such response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoReadiness {
    /// Nothing listens there.
    #[error("no server answers at {0}")]
    Nobody(SocketAddr),
    /// Something else listens there.
    #[error("the server at {0} is not Taskwire")]
    Another(SocketAddr),
    /// It took too long.
    #[error("{0} does not answer within {s} s", s = PATIENCE.as_secs())]
    Late(SocketAddr),
}

/// Asks the server that listens on an address whether it is ready.
pub async fn readiness(listen: SocketAddr) -> Result<Readiness, NoReadiness> {
    let address = reachable(listen);
    tokio::time::timeout(PATIENCE, ask(address)).await.map_err(|_| NoReadiness::Late(address))?
}

async fn ask(address: SocketAddr) -> Result<Readiness, NoReadiness> {
    // Without TLS, so that it needs no certificates.
    let client: Client<HttpConnector, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let url = format!("http://{address}/readyz").parse().map_err(|_| NoReadiness::Nobody(address))?;
    let answer = client.get(url).await.map_err(|error| match error.is_connect() {
        true => NoReadiness::Nobody(address),
        false => NoReadiness::Another(address),
    })?;
    let body = Limited::new(answer.into_body(), ANSWER).collect().await;
    let readiness: Option<Readiness> = body.ok().and_then(|body| serde_json::from_slice(&body.to_bytes()).ok());
    readiness.ok_or(NoReadiness::Another(address))
}

/// The address at which a server can be reached: one that listens on all addresses is reachable on loopback.
pub fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

pub(super) async fn check(settings: &Settings) -> Vec<Finding> {
    // What is wrong with the address is reported with the settings.
    let Ok(listen) = settings.listen_address() else { return Vec::new() };
    let mut found = match readiness(listen).await {
        Ok(readiness) => vec![judge(&readiness)],
        Err(NoReadiness::Another(address)) => {
            let detail = format!("{}, so Taskwire cannot listen there", NoReadiness::Another(address));
            return vec![Finding::error(
                SERVER,
                detail,
                "stop that program, or choose another address with --listen (TASKWIRE_LISTEN)",
            )];
        }
        Err(late @ NoReadiness::Late(_)) => {
            return vec![Finding::error(SERVER, late.to_string(), "look into the server's log, and restart it")];
        }
        Err(nobody @ NoReadiness::Nobody(_)) => {
            let detail = format!(
                "{nobody}; whether pages and WebSockets get through was not checked, which needs a running server"
            );
            return vec![Finding::warning(
                SERVER,
                detail,
                "start the server, or give its address with --listen (TASKWIRE_LISTEN)",
            )];
        }
    };
    let client = match http_client() {
        Ok(client) => client,
        Err(error) => {
            let detail = format!("the certificates of this machine cannot be read, so nothing else was asked: {error}");
            found.push(Finding::error(
                SOCKET,
                detail,
                "install the CA certificates (on Debian: apt-get install ca-certificates)",
            ));
            return found;
        }
    };
    let own = format!("http://{}", reachable(listen));
    let origin = settings.public_url.as_deref().unwrap_or(&own);
    let direct = within(NETWORK, shake_hands(&client, &own, origin)).await.unwrap_or_else(Handshake::Failed);
    found.push(judge_own_socket(&direct, origin));
    if let Some(public) = &settings.public_url {
        let page = within(NETWORK, fetch(&client, &format!("{public}/healthz"))).await.unwrap_or_else(Err);
        found.push(judge_page(public, &page));
        // What is not passed on at all is reported above, and so is what the server does not do itself.
        if is_taskwire(&page) && matches!(direct, Handshake::Works(_)) {
            let through = within(NETWORK, shake_hands(&client, public, public)).await.unwrap_or_else(Handshake::Failed);
            found.push(judge_socket(public, &through));
        }
    }
    found
}

fn judge(Readiness { status, details }: &Readiness) -> Finding {
    let detail = format!("the running server is {status}: {}", details.join("; "));
    match status.as_str() {
        "ready" if details.is_empty() => Finding::ok(SERVER, "the running server is ready"),
        "ready" | "degraded" => Finding::warning(SERVER, detail, "do what the server says"),
        _ => Finding::error(SERVER, detail, "do what the server says; its log has more"),
    }
}

/// What an HTTP server answered.
#[derive(Clone, Debug)]
struct Answer {
    status: StatusCode,
    /// Where it sends clients instead.
    location: Option<String>,
    body: String,
}

/// How an attempt to open a socket ended.
#[derive(Clone, Debug)]
enum Handshake {
    /// The server's first message arrived after this time.
    Works(Duration),
    /// There was an answer, but no upgrade.
    Answered(Answer),
    /// The connection was upgraded, and nothing came through.
    Mute(String),
    /// There was no answer.
    Failed(String),
}

async fn fetch(client: &HttpClient, url: &str) -> Result<Answer, String> {
    let request = Request::get(url).body(Full::default()).map_err(|error| error.to_string())?;
    let response = client.request(request).await.map_err(|error| with_causes(&error))?;
    read(response).await
}

async fn read(response: axum::http::Response<hyper::body::Incoming>) -> Result<Answer, String> {
    let status = response.status();
    let location = response.headers().get(header::LOCATION).and_then(|to| to.to_str().ok()).map(str::to_owned);
    // An answer that is too long is no answer of ours, whatever it says.
    let body = Limited::new(response.into_body(), ANSWER).collect().await;
    let body = body.map(|body| String::from_utf8_lossy(&body.to_bytes()).into_owned()).unwrap_or_default();
    Ok(Answer { status, location, body })
}

/// Opens a socket as a page of `origin` does, and waits for the server's first message.
async fn shake_hands(client: &HttpClient, base: &str, origin: &str) -> Handshake {
    let key = generate_key();
    let headers: [(HeaderName, &str); 5] = [
        (header::CONNECTION, "Upgrade"),
        (header::UPGRADE, "websocket"),
        (header::SEC_WEBSOCKET_VERSION, "13"),
        (header::SEC_WEBSOCKET_KEY, &key),
        (header::ORIGIN, origin),
    ];
    let request = headers
        .into_iter()
        .fold(Request::get(format!("{base}/ws")), |request, (name, value)| request.header(name, value));
    let request = match request.body(Full::default()) {
        Ok(request) => request,
        Err(error) => return Handshake::Failed(error.to_string()),
    };
    let began = Instant::now();
    let response = match client.request(request).await {
        Ok(response) => response,
        Err(error) => return Handshake::Failed(with_causes(&error)),
    };
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        return read(response).await.map_or_else(Handshake::Failed, Handshake::Answered);
    }
    let accepted = response.headers().get(header::SEC_WEBSOCKET_ACCEPT).cloned();
    if accepted.is_none_or(|accepted| accepted.as_bytes() != derive_accept_key(key.as_bytes()).as_bytes()) {
        return Handshake::Mute("the answer does not belong to this handshake".to_owned());
    }
    let upgraded = match hyper::upgrade::on(response).await {
        Ok(upgraded) => upgraded,
        Err(error) => return Handshake::Mute(with_causes(&error)),
    };
    let mut socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Client, None).await;
    match tokio::time::timeout(PATIENCE, socket.next()).await {
        Ok(Some(Ok(_))) => Handshake::Works(began.elapsed()),
        Ok(Some(Err(error))) => Handshake::Mute(with_causes(&error)),
        Ok(None) => Handshake::Mute("the connection was closed".to_owned()),
        Err(_) => Handshake::Mute(format!("nothing arrived within {} s", PATIENCE.as_secs())),
    }
}

fn is_taskwire(page: &Result<Answer, String>) -> bool {
    page.as_ref().is_ok_and(|answer| answer.status == StatusCode::OK && answer.body == "ok\n")
}

fn judge_page(public: &str, page: &Result<Answer, String>) -> Finding {
    let answer = match page {
        Ok(_) if is_taskwire(page) => return Finding::ok(PUBLIC, format!("the server answers at {public}")),
        Ok(answer) => answer,
        Err(error) => {
            return Finding::error(
                PUBLIC,
                format!("{public} cannot be reached from here: {error}"),
                "check the name in DNS, the certificate, the firewall, and that the proxy runs; if only this machine cannot reach \
                 it by that name, nothing is wrong",
            );
        }
    };
    let Answer { status, location, .. } = answer;
    match (status.as_u16(), location) {
        (300..=399, Some(location)) => Finding::error(
            PUBLIC,
            format!("{public} sends clients to {location}"),
            "set --public-url (TASKWIRE_PUBLIC_URL) to the address at which people end up",
        ),
        (502..=504, _) => Finding::error(
            PUBLIC,
            format!("the proxy at {public} answers {status}: it does not reach the server"),
            "point the proxy to the address in --listen (TASKWIRE_LISTEN)",
        ),
        (421, _) => Finding::error(
            PUBLIC,
            format!("the server refuses the host name that arrives from {public}"),
            "start the server with this --public-url, and configure the proxy to pass Host on unchanged",
        ),
        _ => Finding::error(
            PUBLIC,
            format!("{public}/healthz answers {status} ({}), which is not Taskwire's answer", shown(answer)),
            "pass all paths of this name on to Taskwire, without a login of the proxy's own",
        ),
    }
}

/// The socket without a proxy.
fn judge_own_socket(handshake: &Handshake, origin: &str) -> Finding {
    match handshake {
        Handshake::Works(took) => {
            Finding::ok(SOCKET, format!("the server itself opens WebSockets, in {} ms", took.as_millis()))
        }
        Handshake::Answered(answer) if answer.status == StatusCode::FORBIDDEN => Finding::error(
            SOCKET,
            format!("the running server does not let pages of {origin} connect"),
            "restart the server with this --public-url (TASKWIRE_PUBLIC_URL), or run this with the server's settings",
        ),
        Handshake::Answered(answer) => {
            let detail =
                format!("the server itself answers {} to a WebSocket handshake: {}", answer.status, shown(answer));
            Finding::error(SOCKET, detail, "do what the answer says")
        }
        Handshake::Mute(why) | Handshake::Failed(why) => {
            let detail = format!("the server itself does not open a WebSocket: {why}");
            Finding::error(SOCKET, detail, "look into the server's log, and restart it")
        }
    }
}

/// The socket through whatever stands in front. The server itself does open sockets.
fn judge_socket(public: &str, handshake: &Handshake) -> Finding {
    let remedy = "configure the proxy in front to pass on the headers Upgrade and Connection for /ws, over HTTP/1.1";
    match handshake {
        Handshake::Works(took) => {
            Finding::ok(SOCKET, format!("WebSockets get through {public}, in {} ms", took.as_millis()))
        }
        Handshake::Answered(answer) if has_lost_headers(answer) => Finding::error(
            SOCKET,
            format!("the proxy at {public} passes a WebSocket handshake on without its headers Upgrade and Connection"),
            remedy,
        ),
        Handshake::Answered(answer) => Finding::error(
            SOCKET,
            format!(
                "the proxy at {public} answers a WebSocket handshake with {}, and does not upgrade: {}",
                answer.status,
                shown(answer)
            ),
            remedy,
        ),
        Handshake::Mute(why) => Finding::error(
            SOCKET,
            format!("the proxy at {public} upgrades to a WebSocket, but passes nothing on: {why}"),
            "configure the proxy not to buffer, inspect or time out upgraded connections of /ws",
        ),
        Handshake::Failed(why) => Finding::error(
            SOCKET,
            format!("the proxy at {public} gives no answer to a WebSocket handshake: {why}"),
            remedy,
        ),
    }
}

/// An error, as Taskwire answers it.
#[derive(Deserialize)]
struct OwnError {
    code: String,
    detail: String,
}

fn own_error(answer: &Answer) -> Option<OwnError> {
    serde_json::from_str(&answer.body).ok()
}

/// Whether it is our own answer to a handshake that lost its headers on the way.
fn has_lost_headers(answer: &Answer) -> bool {
    own_error(answer).is_some_and(|error| error.code == UPGRADE_REQUIRED)
}

/// What an answer says, or how it begins.
fn shown(answer: &Answer) -> String {
    if let Some(error) = own_error(answer) {
        return error.detail;
    }
    let text = answer.body.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() { "without a text".to_owned() } else { text.chars().take(SHOWN).collect() }
}

#[cfg(test)]
mod tests {
    use super::UPGRADE_REQUIRED;
    use crate::http::problem::Code;

    #[test]
    fn our_own_answer_is_recognised() {
        assert_eq!(UPGRADE_REQUIRED, Code::UpgradeRequired.as_str());
    }
}
