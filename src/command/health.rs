//! `taskwire health`: asks the server on this machine whether it is ready. For the health checks of container engines: an image has no
//! other HTTP client.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use axum::body::Bytes;
use clap::Args;
use http_body_util::{BodyExt, Empty, Limited};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde::Deserialize;

use crate::settings::{DEFAULT_LISTEN, address};

/// How many bytes of a response are read: Taskwire's is shorter.
const ANSWER: usize = 16 * 1024;
/// How long the server may take to respond.
const PATIENCE: Duration = Duration::from_secs(5);

/// Ask the server on this machine whether it is ready.
#[derive(Clone, Debug, Args)]
pub struct HealthCommand {
    /// The address on which the server listens.
    #[arg(long, env = "TASKWIRE_LISTEN", value_name = "ADDRESS:PORT", default_value = DEFAULT_LISTEN, value_parser = address)]
    pub listen: SocketAddr,
}

impl HealthCommand {
    /// Asks the server. Returns what is wrong with it.
    pub async fn run(self) -> Result<(), String> {
        let address = reachable(self.listen);
        let answer = tokio::time::timeout(PATIENCE, ask(address)).await;
        answer.map_err(|_| format!("{address} does not answer within {} s", PATIENCE.as_secs()))?
    }
}

async fn ask(address: SocketAddr) -> Result<(), String> {
    let client: Client<HttpConnector, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let url = format!("http://{address}/readyz").parse().map_err(|error| format!("{address}: {error}"))?;
    let answer = client.get(url).await.map_err(|error| match error.is_connect() {
        true => format!("no server answers at {address}"),
        false => format!("the server at {address} is not Taskwire"),
    })?;
    let body = Limited::new(answer.into_body(), ANSWER).collect().await;
    let readiness: Option<Readiness> = body.ok().and_then(|body| serde_json::from_slice(&body.to_bytes()).ok());
    match readiness {
        Some(Readiness { status, .. }) if status == "ready" || status == "degraded" => Ok(()),
        Some(Readiness { status, details }) => Err(format!("{address} is {status}: {}", details.join("; "))),
        None => Err(format!("the server at {address} is not Taskwire")),
    }
}

/// The response of `/readyz`.
#[derive(Deserialize)]
struct Readiness {
    status: String,
    details: Vec<String>,
}

/// The address at which a server can be reached: one that listens on all addresses is reachable on loopback.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}
