//! `taskwire health`: asks the server on this machine whether it is ready. For the health checks of container engines: an image has no
//! other HTTP client.

use std::net::SocketAddr;

use clap::Args;

use crate::{
    doctor::server::{Readiness, reachable, readiness},
    settings::{DEFAULT_LISTEN, address},
};

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
        let Readiness { status, details } = readiness(self.listen).await.map_err(|error| error.to_string())?;
        if status == "ready" || status == "degraded" {
            return Ok(());
        }
        Err(format!("{} is {status}: {}", reachable(self.listen), details.join("; ")))
    }
}
