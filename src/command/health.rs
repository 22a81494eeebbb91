//! `taskwire health`: whether the server on this machine is ready. For container engines, which have nothing else to ask with.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use axum::body::Bytes;
use clap::Args;
use http_body_util::{BodyExt, Empty};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};

use crate::settings::{DEFAULT_LISTEN, address};

/// How long the server may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Ask the server on this machine whether it is ready.
#[derive(Clone, Debug, Args)]
pub struct HealthCommand {
    /// Where it listens.
    #[arg(long, env = "TASKWIRE_LISTEN", value_name = "ADDRESS:PORT", default_value = DEFAULT_LISTEN, value_parser = address)]
    pub listen: SocketAddr,
}

impl HealthCommand {
    /// Asks, and gives what is wrong.
    pub async fn run(self) -> Result<(), String> {
        let address = reachable(self.listen);
        let answer = tokio::time::timeout(PATIENCE, ask(address)).await;
        answer.map_err(|_| format!("{address} does not answer within {} s", PATIENCE.as_secs()))?
    }
}

async fn ask(address: SocketAddr) -> Result<(), String> {
    let client: Client<HttpConnector, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let url = format!("http://{address}/readyz").parse().map_err(|error| format!("{address}: {error}"))?;
    let answer = client.get(url).await.map_err(|error| format!("nothing answers at {address}: {error}"))?;
    let status = answer.status();
    let body = answer.into_body().collect().await.map_err(|error| format!("{address}: {error}"))?.to_bytes();
    match status.is_success() {
        true => Ok(()),
        false => Err(format!("{address} is not ready: {status}, {}", String::from_utf8_lossy(&body))),
    }
}

/// Who listens at every address of the machine listens at its own.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}
