//! What the server tells the person who runs it: a log on standard error, and figures for Prometheus.
//!
//! Field names end in their unit (`latency_ms`, `body_bytes`). A failure is logged once, where it is handled.

use std::{io, sync::OnceLock};

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

use crate::settings::{LogFormat, Settings};

/// From half of what one durable write takes to longer than anybody waits.
const SECONDS: &[f64] =
    &[0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
const COUNTS: &[f64] = &[1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0];

/// Sends the log to standard error. A second call (tests start several servers in one process) changes nothing.
pub fn start_log(settings: &Settings) {
    // It warns of each cookie that is nobody's, which strangers may send as often as they like.
    let filter = format!("tower_sessions=error,{}", settings.log);
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    // The error says that a log is there already.
    let _ = match settings.log_format {
        LogFormat::Text => log.with_ansi(io::IsTerminal::is_terminal(&io::stderr())).try_init(),
        LogFormat::Json => log.json().flatten_event(true).try_init(),
    };
}

/// The figures of this process, collected from the first call on.
pub fn figures() -> Option<&'static PrometheusHandle> {
    static HANDLE: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    let install = || {
        PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)?
            .set_buckets_for_metric(Matcher::Suffix("_size".to_owned()), COUNTS)?
            .install_recorder()
    };
    HANDLE
        .get_or_init(|| {
            install().inspect_err(|error| tracing::error!(%error, "there will be no figures at /metrics")).ok()
        })
        .as_ref()
}
