//! Puts the parts of the server together, and takes them apart again when it is told to stop.
//!
//! Stopping goes from the outside in, so that nothing that was accepted is lost: no new connections, a goodbye to the
//! sockets, the requests under way, then the writer, which makes durable what it has taken. Each step has a time limit.

use std::{
    io,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use app::time::Timestamp;
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use leptos::config::LeptosOptions;
use tokio::{
    net::{TcpListener, TcpStream},
    time::MissedTickBehavior,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    http::{
        self, Services,
        origin::Origins,
        socket::{SocketContext, SocketLimits},
    },
    hub::{
        Hub, HubSettings,
        redis::{RedisSettings, RedisUrlError},
    },
    sample,
    settings::{Retention, Settings},
    store::Store,
    telemetry,
    writer::Writer,
};

/// How long requests under way may take to end when the server stops.
const DRAIN: Duration = Duration::from_secs(8);
/// How long the writer may take after that.
const LAST_WRITES: Duration = Duration::from_secs(10);
/// How long a connection may stay idle, or take to send the head of a request.
const IDLE: Duration = Duration::from_secs(75);
/// The largest head of a request, and how much is read ahead on a connection.
const MAX_BUFFER_BYTES: usize = 64 * 1024;
/// How often old entries of the log of changes are looked for.
const TRIM_EVERY: Duration = Duration::from_secs(60 * 60);
/// How often figures that nobody fetched are folded together.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);

/// Why the server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database cannot be opened.
    #[error("--database (DATABASE_URL): {0}")]
    Database(String),
    /// The URL of Redis will not do. (That Redis does not answer is no reason not to start.)
    #[error("--redis (REDIS_URL): {0}")]
    Redis(#[from] RedisUrlError),
    /// The sample board could not be made.
    #[error("cannot create the sample board: {0}")]
    Sample(String),
    /// The listener has no address.
    #[error("cannot listen: {0}")]
    Listen(#[from] io::Error),
}

/// A server that is ready: its database is open and its listener takes connections, which [`Server::run`] answers.
pub struct Server {
    listener: TcpListener,
    services: Arc<Services>,
    retention: Retention,
}

/// Opens the database, brings it up to date, and creates the sample board where there is none.
pub async fn start(listener: TcpListener, settings: Settings) -> Result<Server, StartError> {
    // From the first moment on, so that no figure is missing.
    telemetry::figures();
    let address = listener.local_addr()?;
    let store = Store::open(settings.store()).await.map_err(|error| StartError::Database(error.to_string()))?;
    let redis = settings.redis.as_deref().map(RedisSettings::new);
    let hub = Hub::start(store.clone(), HubSettings { redis, ..HubSettings::default() })?;
    let writer = Writer::start(store.clone(), hub.clone());
    if !settings.no_sample {
        let server = format!("http://localhost:{}", address.port());
        sample::create_if_empty(&store, &writer, &server)
            .await
            .map_err(|error| StartError::Sample(error.to_string()))?;
    }
    let origins = Arc::new(Origins::new(address, settings.allowed_origins.clone()));
    let socket = SocketContext {
        writer: writer.clone(),
        hub: hub.clone(),
        limits: Arc::new(SocketLimits::default()),
        origins: Arc::clone(&origins),
        person: |_| None,
        shutdown: CancellationToken::new(),
        tracker: TaskTracker::new(),
    };
    let services = Services {
        store,
        writer,
        socket,
        hub,
        origins,
        leptos: leptos_options(&settings, address),
        site: settings.site_folder(),
    };
    Ok(Server { listener, services: Arc::new(services), retention: settings.log_retention })
}

impl Server {
    /// Serves until `stop` is cancelled, then ends in good order.
    pub async fn run(self, stop: CancellationToken) {
        let Self { listener, services, retention } = self;
        let upkeep = tokio::spawn(upkeep(services.store.clone(), retention));
        let connections = TaskTracker::new();
        accept(listener, http::router(Arc::clone(&services)), &connections, &stop).await;
        tracing::info!("stopping");
        upkeep.abort();
        connections.close();
        let sockets = &services.socket;
        sockets.shutdown.cancel();
        sockets.tracker.close();
        let ended = futures::future::join(connections.wait(), sockets.tracker.wait());
        if tokio::time::timeout(DRAIN, ended).await.is_err() {
            let (requests, sockets) = (connections.len(), sockets.tracker.len());
            tracing::warn!(
                requests,
                sockets,
                waited_ms = DRAIN.as_millis() as u64,
                "not all connections ended in time"
            );
        }
        if tokio::time::timeout(LAST_WRITES, services.writer.close()).await.is_err() {
            tracing::error!(waited_ms = LAST_WRITES.as_millis() as u64, "the last writes did not end in time");
        }
        services.hub.close().await;
        services.store.close().await;
        tracing::info!("stopped");
    }
}

/// Takes connections until `stop`; the listener is closed when this returns.
async fn accept(listener: TcpListener, router: Router, connections: &TaskTracker, stop: &CancellationToken) {
    loop {
        let stream = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // Out of file descriptors, most likely: those who wait get their turn when others leave.
                    tracing::error!(%error, "cannot take a connection");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
        };
        connections.spawn(connection(stream, router.clone(), stop.clone()));
    }
}

async fn connection(stream: TcpStream, router: Router, stop: CancellationToken) {
    // An answer is written in one piece; there is nothing to wait for.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection was gone before it began");
        return;
    }
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE)
        .max_buf_size(MAX_BUFFER_BYTES)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
        .with_upgrades();
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        // The other side went away, or does not speak HTTP.
        tracing::debug!(%error, "a connection broke");
    }
}

/// What has to be done now and then.
async fn upkeep(store: Store, retention: Retention) {
    let mut trim = tokio::time::interval(TRIM_EVERY);
    let mut fold = tokio::time::interval(UPKEEP_EVERY);
    trim.set_missed_tick_behavior(MissedTickBehavior::Delay);
    fold.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = fold.tick() => {
                if let Some(figures) = telemetry::figures() {
                    figures.run_upkeep();
                }
            }
            _ = trim.tick() => trim_log(&store, retention).await,
        }
    }
}

async fn trim_log(store: &Store, Retention(retention): Retention) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let Some(before) = retention.and_then(|retention| now.checked_sub(retention)) else { return };
    let before = Timestamp::from_millis(i64::try_from(before.as_millis()).unwrap_or(i64::MAX));
    match store.trim_log(before).await {
        Ok(0) => {}
        Ok(entries) => tracing::info!(entries, %before, "trimmed the log of changes"),
        Err(error) => tracing::error!(%error, "could not trim the log of changes; will try again"),
    }
}

/// How pages find their script, WASM and style.
fn leptos_options(settings: &Settings, address: SocketAddr) -> LeptosOptions {
    // What `cargo leptos watch` sets for its reload, and what a build sets at compile time.
    let mut options = match leptos::config::get_configuration(None) {
        Ok(file) => file.leptos_options,
        Err(_) => LeptosOptions::builder().output_name("taskwire").build(),
    };
    options.site_root = settings.site_folder().to_string_lossy().into();
    options.site_addr = address;
    // The build writes the hashes beside the executable; a site without them has plain names.
    let hashes = std::env::current_exe().ok().and_then(|path| Some(path.parent()?.join(options.hash_file.as_ref())));
    options.hash_files = hashes.is_some_and(|path| path.is_file());
    options
}
