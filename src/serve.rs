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
use axum::{Extension, Router};
use futures::FutureExt;
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
use tower::Layer;

use crate::{
    accounts::{
        Accounts,
        oidc::{Oidc, OidcError},
    },
    http::{
        self, Services, health,
        origin::Origins,
        socket::{SocketContext, SocketLimits},
        visitor::Peer,
    },
    hub::{
        Hub, HubSettings,
        redis::{RedisSettings, RedisUrlError},
    },
    mail::{Mail, MailSettingsError},
    sample,
    settings::{Auth, Retention, Settings},
    store::Store,
    supervise::{Essential, Supervisor},
    telemetry,
    writer::Writer,
};

/// How long requests under way may take to end when the server stops.
const DRAIN: Duration = Duration::from_secs(8);
/// How long the writer may take after that.
const LAST_WRITES: Duration = Duration::from_secs(10);
/// How long the other nodes and Redis may take to be told goodbye.
const LEAVE: Duration = Duration::from_secs(3);
/// How long a connection may stay idle, or take to send the head of a request.
const IDLE: Duration = Duration::from_secs(75);
/// The largest head of a request, and how much is read ahead on a connection.
const MAX_BUFFER_BYTES: usize = 64 * 1024;
/// How often old entries of the log of changes are looked for.
const TRIM_EVERY: Duration = Duration::from_secs(60 * 60);
/// How often invitations that were interrupted are completed, and what has ended is forgotten.
const TIDY_EVERY: Duration = Duration::from_secs(60);
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
    /// The mail server's URL, or the sender's address, will not do.
    #[error(transparent)]
    Mail(#[from] MailSettingsError),
    /// Nobody can be asked to sign people in.
    #[error("--oidc-issuer (TASKWIRE_OIDC_ISSUER): {0}")]
    Oidc(#[from] OidcError),
    /// The sample board could not be made.
    #[error("cannot create the sample board: {0}")]
    Sample(String),
    /// The link for the first visit cannot be made.
    #[error("cannot prepare the first visit: {0}")]
    FirstVisit(String),
    /// The listener has no address.
    #[error("cannot listen: {0}")]
    Listen(#[from] io::Error),
}

/// A server that is ready: its database is open and its listener takes connections, which [`Server::run`] answers.
pub struct Server {
    listener: TcpListener,
    services: Arc<Services>,
    retention: Retention,
    first_visit: Option<String>,
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
    let public_url = settings.public_url(address);
    if settings.public_url.is_none() && !address.ip().is_loopback() {
        tracing::warn!(%public_url, "links begin with an address that only this machine can open (--public-url)");
    }
    let mail = settings.smtp.as_deref().zip(settings.mail_from.as_deref());
    let mail = mail.map(|(url, from)| Mail::new(url, from)).transpose()?;
    let accounts = Accounts::new(store.clone(), hub.clone(), mail, public_url.clone());
    let allowed = settings.allowed_origins.iter().chain(&settings.public_url).cloned().collect();
    let origins = Arc::new(Origins::new(address, allowed));
    let socket = SocketContext {
        store: store.clone(),
        writer: writer.clone(),
        hub: hub.clone(),
        limits: Arc::new(SocketLimits {
            sockets_per_person: settings.sockets_per_person,
            sockets_per_address: settings.sockets_per_address,
            ..SocketLimits::default()
        }),
        admissions: Arc::default(),
        proxies: settings.proxies,
        origins: Arc::clone(&origins),
        shutdown: CancellationToken::new(),
        tracker: TaskTracker::new(),
    };
    let services = Services {
        auth: settings.auth,
        accounts,
        oidc: settings.oidc().map(|oidc| Oidc::new(oidc, &public_url)).transpose()?.map(Arc::new),
        is_behind_tls: public_url.starts_with("https://"),
        public_url,
        proxies: settings.proxies,
        is_exposed: settings.is_exposed(address),
        store,
        writer,
        socket,
        hub,
        notes: health::Notes::default(),
        origins,
        leptos: leptos_options(&settings, address),
        site: settings.site_folder(),
    };
    let first_visit = first_visit(&services).await?;
    Ok(Server { listener, services: Arc::new(services), retention: settings.log_retention, first_visit })
}

/// Tells where the first account is made. Where strangers could come first, it takes a code that only stands here.
async fn first_visit(services: &Services) -> Result<Option<String>, StartError> {
    if services.auth == Auth::Open || !services.accounts.is_first_visit() {
        return Ok(None);
    }
    let url = format!("{}/first-visit", services.public_url);
    if !services.is_exposed {
        return Ok(Some(url));
    }
    let code = services.accounts.first_visit_link().await.map_err(|error| StartError::FirstVisit(error.to_string()))?;
    Ok(Some(format!("{url}?code={}", code.expose())))
}

impl Server {
    /// What the handlers work with, for tests.
    pub fn services(&self) -> &Arc<Services> {
        &self.services
    }

    /// Where the first account is made, if nobody has one yet.
    pub fn first_visit(&self) -> Option<&str> {
        self.first_visit.as_deref()
    }

    /// The tasks that must run.
    pub fn supervisor(&self) -> Supervisor {
        self.services.hub.supervisor().clone()
    }

    /// Serves until `stop` is cancelled, then ends in good order; or until the server cannot go on, which is an error, and
    /// ends in as good an order as it can.
    pub async fn run(self, stop: CancellationToken) -> Result<(), RunError> {
        let Self { listener, services, retention, .. } = self;
        let supervisor = services.hub.supervisor();
        let (ends, connections) = (CancellationToken::new(), TaskTracker::new());
        let upkeep = {
            let (services, ends) = (Arc::clone(&services), ends.clone());
            move || ends.clone().run_until_cancelled_owned(upkeep(Arc::clone(&services), retention)).map(drop)
        };
        supervisor.keep(Essential::Upkeep, ends.clone(), upkeep);
        let accept = {
            let (router, connections, ends) = (http::router(Arc::clone(&services)), connections.clone(), ends.clone());
            let listener = Arc::new(listener);
            move || accept(Arc::clone(&listener), router.clone(), connections.clone(), ends.clone())
        };
        let accepting = supervisor.keep(Essential::Accept, ends.clone(), accept);
        tokio::select! {
            () = stop.cancelled() => {}
            _ = supervisor.failed() => {}
        }
        ends.cancel();
        tracing::info!("stopping");
        // The listener is closed with it.
        let _ = accepting.await;
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
        if tokio::time::timeout(LEAVE, services.hub.close()).await.is_err() {
            tracing::debug!("Redis took too long to be left");
        }
        services.store.close().await;
        match supervisor.failure() {
            Some(why) => Err(RunError(why)),
            None => {
                tracing::info!("stopped");
                Ok(())
            }
        }
    }
}

/// The server could not go on.
#[derive(Debug, thiserror::Error)]
#[error("the server could not go on: {0}")]
pub struct RunError(String);

/// Takes connections until `stop`; the listener is closed when this returns.
async fn accept(listener: Arc<TcpListener>, router: Router, connections: TaskTracker, stop: CancellationToken) {
    loop {
        let (stream, peer) = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file descriptors, most likely: those who wait get their turn when others leave.
                    tracing::error!(%error, "cannot take a connection");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
        };
        connections.spawn(connection(stream, peer, router.clone(), stop.clone()));
    }
}

async fn connection(stream: TcpStream, peer: SocketAddr, router: Router, stop: CancellationToken) {
    // An answer is written in one piece; there is nothing to wait for.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection was gone before it began");
        return;
    }
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE)
        .max_buf_size(MAX_BUFFER_BYTES)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(Extension(Peer(peer.ip())).layer(router)))
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
async fn upkeep(services: Arc<Services>, retention: Retention) {
    let mut tidy = tokio::time::interval(TIDY_EVERY);
    let mut trim = tokio::time::interval(TRIM_EVERY);
    let mut fold = tokio::time::interval(UPKEEP_EVERY);
    tidy.set_missed_tick_behavior(MissedTickBehavior::Delay);
    trim.set_missed_tick_behavior(MissedTickBehavior::Delay);
    fold.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = fold.tick() => {
                if let Some(figures) = telemetry::figures() {
                    figures.run_upkeep();
                }
            }
            _ = trim.tick() => trim_log(&services.store, retention).await,
            _ = tidy.tick() => {
                if let Err(error) = services.accounts.tidy(&services.writer).await {
                    tracing::debug!(%error, "could not tidy the accounts; will try again");
                }
            }
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
