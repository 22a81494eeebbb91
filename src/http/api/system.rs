//! The state of the installation, for owners and admins.

use app::{
    access::InstanceRole,
    system::{Finding, SystemState},
};
use axum::{http::StatusCode, response::Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{client::Client, json};
use crate::http::{health, input::Query, problem::Problem};

/// The parameters of the query.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Extent {
    /// `true`: also the numbers of the last hour.
    #[serde(default)]
    #[param(required = false)]
    history: bool,
}

/// The findings of a check.
#[derive(Serialize, ToSchema)]
pub struct Findings {
    /// All findings, also those that all is well.
    findings: Vec<Finding>,
}

/// Read the state of the installation
///
/// Its nodes with their current numbers, the database, Redis, mail, backups, disks, and warnings with what to do. Each number names the metric
/// in `/metrics` from which it comes. Only admins may read it.
#[utoipa::path(get, path = "/system", tag = "system", operation_id = "read_system", params(Extent), responses((status = 200, body = SystemState)))]
pub async fn read(client: Client, Query(Extent { history }): Query<Extent>) -> Result<Response, Problem> {
    let services = admit(&client)?;
    let state = services.system.state(health::condition(services).await).await;
    let history = history.then(|| services.system.history());
    Ok(json(StatusCode::OK, &SystemState { history, ..state }))
}

/// Check the installation
///
/// As `taskwire doctor` does, except for what reads the whole database. It changes nothing, and takes some seconds. Only admins may do this.
#[utoipa::path(get, path = "/system/checks", tag = "system", operation_id = "check_system", responses((status = 200, body = Findings)))]
pub async fn check(client: Client) -> Result<Response, Problem> {
    let services = admit(&client)?;
    let findings = services.system.examine().await;
    let findings =
        findings.ok_or_else(|| Problem::unavailable("the installation is being checked; try again in a moment"))?;
    Ok(json(StatusCode::OK, &Findings { findings }))
}

/// As for `/metrics`, a token of any scope is enough.
fn admit(client: &Client) -> Result<&crate::http::Services, Problem> {
    match client.visitor.principal().role >= Some(InstanceRole::Admin) {
        true => Ok(&client.services),
        false => Err(Problem::forbidden()),
    }
}
