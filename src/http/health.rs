//! Liveness, readiness and metrics of the process, for supervisors, load balancers and Prometheus.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use app::access::InstanceRole;
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header::CACHE_CONTROL, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::{
    Services,
    problem::{Code, Problem},
    request_auth::RequestAuth,
};
use crate::{hub::redis::RedisState, store::StoreError, telemetry};

const PATIENCE: Duration = Duration::from_secs(2);

/// The maximum age of the last comparison of the open boards with the database, which takes place every second.
const COMPARED_WITHIN: Duration = Duration::from_secs(5);

/// What `/readyz` answers.
#[derive(Debug, Serialize)]
struct Readiness {
    /// `ready`, `degraded` (works, but see `details`) or `unavailable`.
    status: &'static str,
    /// `up`, `read_only` (it can be read, but not written) or `down`.
    database: &'static str,
    /// `up`, `down`, or `off` where none is configured.
    redis: &'static str,
    /// What is wrong, in words.
    details: Vec<String>,
}

/// Warnings of other parts of the server, by subject: each names something that works less well than it could until the operator
/// acts. `/readyz` reports them.
#[derive(Debug, Default)]
pub struct Warnings(Mutex<BTreeMap<&'static str, String>>);

impl Warnings {
    /// Sets the warning about a subject, in place of an earlier one.
    pub fn set(&self, about: &'static str, words: impl Into<String>) {
        self.warnings().insert(about, words.into());
    }

    /// Removes the warning about a subject.
    pub fn clear(&self, about: &'static str) {
        self.warnings().remove(about);
    }

    fn warnings(&self) -> MutexGuard<'_, BTreeMap<&'static str, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Answers that the process is alive.
pub async fn alive() -> &'static str {
    "ok\n"
}

/// What is known of this process.
struct Condition {
    /// Whether it works.
    works: bool,
    /// Whether nothing is wrong, apart from what strangers can provoke.
    is_whole: bool,
    details: Vec<String>,
}

/// Answers whether load balancers should send requests here. A server is not ready if it cannot read or write its database, or has
/// stopped comparing its boards with it, because its pages then miss changes. Without Redis it is ready: it polls.
pub async fn ready(State(services): State<Arc<Services>>) -> Response {
    let (database, why) = ask_database(&services).await;
    let Condition { works, is_whole, details } = condition_with(&services, why);
    if !works {
        tracing::warn!(details = details.join("; "), "the server is not ready");
    }
    let redis = match services.hub.redis_state() {
        RedisState::Off => "off",
        RedisState::Up => "up",
        RedisState::Down | RedisState::Refused | RedisState::Forbidden => "down",
    };
    let (code, status) = match (works, is_whole) {
        (false, _) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
        (true, false) => (StatusCode::OK, "degraded"),
        (true, true) => (StatusCode::OK, "ready"),
    };
    (code, [(CACHE_CONTROL, "no-store")], Json(Readiness { status, database, redis, details })).into_response()
}

/// Whether this node is ready, and what is wrong with it.
pub async fn condition(services: &Services) -> (bool, Vec<String>) {
    let (_, why) = ask_database(services).await;
    let Condition { works, details, .. } = condition_with(services, why);
    (works, details)
}

/// As [`condition`], as far as it is known without asking the database.
pub fn known_condition(services: &Services) -> (bool, Vec<String>) {
    let Condition { works, details, .. } = condition_with(services, None);
    (works, details)
}

/// The state of the database, and what is wrong with it.
async fn ask_database(services: &Services) -> (&'static str, Option<String>) {
    let reads = tokio::time::timeout(PATIENCE, services.store.ping()).await;
    let reads = reads.unwrap_or(Err(StoreError::TimedOut(PATIENCE)));
    match reads {
        Err(error) => ("down", Some(format!("the database cannot be read: {error}"))),
        Ok(()) => match services.store.can_write(PATIENCE).await {
            Err(error) => ("read_only", Some(format!("the database cannot be written: {error}"))),
            Ok(()) => ("up", None),
        },
    }
}

fn condition_with(services: &Services, database: Option<String>) -> Condition {
    let mut details: Vec<String> = database.into_iter().collect();
    let compared = services.hub.compared_ago();
    if compared > COMPARED_WITHIN {
        details.push(format!(
            "pages may show old data: boards were last compared with the database {} s ago",
            compared.as_secs()
        ));
    }
    if let Some(why) = services.hub.supervisor().failure() {
        details.push(format!("the server is stopping because of an error: {why}"));
    }
    let works = details.is_empty();
    details.extend(services.hub.redis_state().warning().map(str::to_owned));
    details.extend(services.warnings.warnings().values().cloned());
    details.extend(services.outbox.warnings());
    details.extend(services.backups.warnings());
    let is_whole = details.is_empty();
    // Strangers can provoke the proxy diagnostics by what they send. So they are reported, but do not change the status.
    details.extend(services.origins.proxy_diagnostics.details().into_iter().map(str::to_owned));
    Condition { works, is_whole, details }
}

/// The metrics of this process, in Prometheus's format. Only admins, and programs with an admin's token, may read them.
pub async fn metrics(visitor: RequestAuth) -> Result<impl IntoResponse, Problem> {
    // The metrics hold no secrets, but strangers have no business knowing how busy the server is.
    if visitor.principal().role < Some(InstanceRole::Admin) {
        return Err(Problem::forbidden());
    }
    let metrics =
        telemetry::metrics().ok_or_else(|| Problem::new(Code::NoMetrics, "this process collects no metrics"))?;
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], metrics.render()))
}
