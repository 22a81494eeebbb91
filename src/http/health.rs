//! How the process is: for supervisors, load balancers and Prometheus.

use std::{sync::Arc, time::Duration};

use app::access::InstanceRole;
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header::CACHE_CONTROL, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::{Services, problem::Problem, visitor::Visitor};
use crate::{hub::redis::RedisState, telemetry};

const PATIENCE: Duration = Duration::from_secs(2);

/// What `/readyz` answers.
#[derive(Debug, Serialize)]
struct Readiness {
    /// `ready`, `degraded` (works, but other nodes hear of changes later) or `unavailable`.
    status: &'static str,
    /// `up` or `down`.
    database: &'static str,
    /// `up`, `down`, or `off` where none is configured.
    redis: &'static str,
    /// What else whoever runs it should know.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    details: Vec<&'static str>,
}

/// The process is there and answers.
pub async fn alive() -> &'static str {
    "ok\n"
}

/// Whether requests should be sent here. Without its database the server can do nothing; without Redis it polls.
pub async fn ready(State(services): State<Arc<Services>>) -> Response {
    let database = match tokio::time::timeout(PATIENCE, services.store.ping()).await {
        Ok(Ok(())) => "up",
        Ok(Err(error)) => {
            tracing::warn!(%error, "not ready: the database does not answer");
            "down"
        }
        Err(_) => {
            tracing::warn!(patience_ms = PATIENCE.as_millis() as u64, "not ready: the database takes too long");
            "down"
        }
    };
    let redis = match services.hub.redis_state() {
        RedisState::Off => "off",
        RedisState::Up => "up",
        RedisState::Down => "down",
    };
    let (code, status) = match (database, redis) {
        ("down", _) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
        (_, "down") => (StatusCode::OK, "degraded"),
        _ => (StatusCode::OK, "ready"),
    };
    (
        code,
        [(CACHE_CONTROL, "no-store")],
        Json(Readiness { status, database, redis, details: services.origins.in_between.details() }),
    )
        .into_response()
}

/// The figures of this process, as Prometheus reads them: for admins, and programs with a token of theirs.
pub async fn figures(visitor: Visitor) -> Result<impl IntoResponse, Problem> {
    // They tell nobody's secrets, but how much goes on here is not for strangers.
    if visitor.asker().role < Some(InstanceRole::Admin) {
        return Err(Problem::forbidden());
    }
    let figures = telemetry::figures()
        .ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "no_figures", "this process collects no figures"))?;
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], figures.render()))
}
