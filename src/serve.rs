//! Puts the parts of the server together, and takes them apart again when it is told to stop.
//!
//! Stopping goes from the outside in, so that nothing that was accepted is lost: no new connections, a goodbye to the
//! sockets, the requests under way, then the writer, which makes durable what it has taken. Each step has a time limit.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use futures::FutureExt;
use leptos::config::LeptosOptions;
use tokio::{
    net::TcpListener,
    time::{Instant, MissedTickBehavior},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

use crate::{
    accounts::{
        Accounts,
        oidc::{Oidc, OidcError},
    },
    backups::Backups,
    bulk::{self, Bulk},
    clock,
    http::{
        self, Services,
        admission::{Admissions, Most},
        connection,
        cookies::CookieNames,
        exposure::Exposure,
        health,
        in_flight::InFlight,
        limits::HttpLimits,
        origin::Origins,
        rate::Rates,
        site::Site,
        socket::{Goodbyes, Hello, SocketContext, SocketLimits},
    },
    hub::{
        Hub, HubSettings,
        redis::{RedisSettings, RedisUrlError},
    },
    live_settings::Values,
    mail::{Mail, MailSettingsError},
    outbox::{Job, JobError, Outbox, OutboxSettings, Topic},
    sample,
    settings::{Auth, SettingsError, given::Given, runtime::RuntimeSettings},
    store::{Store, StoreError},
    supervise::{Essential, Supervisor},
    system::System,
    telemetry,
    writer::Writer,
};

/// How long requests under way may take to end when the server stops.
const DRAIN: Duration = Duration::from_secs(8);
/// How long the jobs in hand may take after that.
const LAST_JOBS: Duration = Duration::from_secs(5);
/// How long the writer may take after that.
const LAST_WRITES: Duration = Duration::from_secs(10);
/// How long each may take: to tell the other nodes goodbye, to end the hub's tasks, and to close the connections to Redis.
const LEAVE: Duration = Duration::from_secs(2);
/// How often what is old is looked for, to be deleted, where nothing is deleted sooner. The first time is so long after the
/// start.
const FORGET_EVERY: Duration = Duration::from_secs(60 * 60);
/// How many times faster than time goes by things may become older: faster, so that a server that was switched off for long
/// catches up; not much, so that a wrong clock does little harm until somebody sets it.
const CATCHING_UP: u32 = 6;
/// How long it is remembered what a mutation was answered, and so how old a mutation may be when it comes: longer than
/// anybody keeps edits that are not saved. `docs/PROTOCOL.md` names it.
pub const ANSWERS_KEPT: Duration = Duration::from_secs(90 * 24 * 60 * 60);
/// How often attempts to sign in that count no more are forgotten.
const CLEAN_UP_INTERVAL: Duration = Duration::from_secs(60);
/// Over how long sockets are sent away when a newer version of Taskwire has the database.
const HAND_OVER: Duration = Duration::from_secs(5);
/// How often metrics that nobody fetched are folded together.
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
    /// The folder of the site's files is none.
    #[error(transparent)]
    Site(#[from] SettingsError),
    /// The sample board could not be made.
    #[error("cannot create the sample board: {0}")]
    Sample(String),
    /// The link for the first visit cannot be made.
    #[error("cannot create the link for the first visit: {0}")]
    FirstVisit(String),
    /// The listener has no address.
    #[error("cannot determine the address of the listener: {0}")]
    Listen(#[from] io::Error),
}

/// A server that is ready: its database is open and its listener takes connections, which [`Server::run`] answers.
pub struct Server {
    listener: TcpListener,
    services: Arc<Services>,
    first_visit: Option<String>,
}

/// Opens the database, brings it up to date, and creates the sample board where there is none.
pub async fn start(listener: TcpListener, settings: impl Into<Given>) -> Result<Server, StartError> {
    let given: Given = settings.into();
    let settings = given.settings.clone();
    // From the first moment on, so that no metric is missing.
    telemetry::metrics();
    let address = listener.local_addr()?;
    // Before the database is opened, which may make one.
    let site = settings.site()?;
    if site.is_none() {
        tracing::warn!(
            "this executable contains no scripts and styles, and no folder has them: pages are neither live nor styled \
             (--site-root)"
        );
    }
    let database = |error: StoreError| StartError::Database(error.to_string());
    let store = Store::open(settings.store()).await.map_err(database)?;
    let instance = store.instance().await.map_err(database)?;
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
        tracing::warn!(
            %public_url,
            "links in invitations and mails begin with an address that only this machine can open; set --public-url"
        );
    }
    // What was given at start is checked at start. What was set here was checked when it was set.
    if let Some((url, from)) = settings.smtp.as_deref().zip(settings.mail_from.as_deref()) {
        Mail::new(url, from, &settings.server_name)?;
    }
    let runtime = RuntimeSettings::new(given.clone(), store.clone());
    let live = runtime.live().clone();
    let topics = {
        let live = live.clone();
        move || match live.now().mail {
            Some(_) => vec![Topic::Mail, Topic::Boards],
            None => vec![Topic::Boards],
        }
    };
    let outbox = Outbox::with_topics(store.clone(), topics, OutboxSettings::default());
    let backups = Backups::new(store.clone(), settings.backups());
    let system = System::new(store.clone(), hub.clone(), backups.clone(), live.clone(), given, address);
    let accounts = Accounts::new(store.clone(), hub.clone(), Some(live.clone()), public_url.clone());
    let allowed = settings.allowed_origins.iter().chain(&settings.public_url).cloned().collect();
    let origins = Arc::new(Origins::new(address, allowed).https_only(public_url.starts_with("https://")));
    let socket = SocketContext {
        store: store.clone(),
        writer: writer.clone(),
        hub: hub.clone(),
        limits: Arc::new(SocketLimits::default()),
        settings: live.clone(),
        hello: Hello::of(site.build()),
        admissions: Arc::default(),
        proxies: settings.proxies(),
        origins: Arc::clone(&origins),
        goodbyes: Goodbyes::default(),
        tracker: TaskTracker::new(),
    };
    let services = Services {
        auth: settings.auth,
        bulk: Bulk::new(store.clone(), writer.clone()),
        accounts,
        oidc: settings.oidc().map(|oidc| Oidc::new(oidc, &public_url)).transpose()?.map(Arc::new),
        cookies: CookieNames::new(&instance, public_url.starts_with("https://")),
        public_url,
        proxies: settings.proxies(),
        in_flight: InFlight::new(settings.http_limits.clone()),
        limits: settings.http_limits.clone(),
        api_rate: Rates::new(live),
        settings: runtime,
        exposure: Exposure::new(settings.is_exposed(address)),
        store,
        writer,
        socket,
        hub,
        outbox,
        backups,
        system,
        warnings: health::Warnings::default(),
        origins,
        leptos: leptos_options(&site, address),
        site,
    };
    let first_visit = first_visit(&services).await?;
    Ok(Server { listener, services: Arc::new(services), first_visit })
}

/// Tells where the first account is made. Where strangers could come first, it takes a code that only stands here. Whether they
/// can is not known for sure yet: somebody may put a proxy in front.
async fn first_visit(services: &Services) -> Result<Option<String>, StartError> {
    if services.auth == Auth::Open || !services.accounts.is_first_visit() {
        return Ok(None);
    }
    let code = services.accounts.first_visit_link().await.map_err(|error| StartError::FirstVisit(error.to_string()))?;
    Ok(Some(format!("{}/first-visit?code={}", services.public_url, code.expose())))
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
        let Self { listener, services, .. } = self;
        let supervisor = services.hub.supervisor();
        let (ends, connections) = (CancellationToken::new(), TaskTracker::new());
        let maintenance = {
            let (services, ends) = (Arc::clone(&services), ends.clone());
            move || ends.clone().run_until_cancelled_owned(maintenance(Arc::clone(&services))).map(drop)
        };
        supervisor.keep(Essential::Maintenance, ends.clone(), maintenance);
        let jobs = {
            let (services, ends) = (Arc::clone(&services), ends.clone());
            move || {
                let (outbox, services) = (services.outbox.clone(), Arc::clone(&services));
                outbox.run(ends.clone(), move |id, job| work(Arc::clone(&services), id, job))
            }
        };
        let jobs = supervisor.keep(Essential::Outbox, ends.clone(), jobs);
        let backups = {
            let (services, ends) = (Arc::clone(&services), ends.clone());
            move || services.backups.clone().run(ends.clone())
        };
        let backups = supervisor.keep(Essential::Backups, ends.clone(), backups);
        let samples = {
            let (services, ends) = (Arc::clone(&services), ends.clone());
            move || {
                let condition = Arc::clone(&services);
                services.system.clone().run(ends.clone(), move || health::known_condition(&condition))
            }
        };
        let samples = supervisor.keep(Essential::Samples, ends.clone(), samples);
        let accept = {
            let (services, connections, ends) = (Arc::clone(&services), connections.clone(), ends.clone());
            let (router, listener) = (http::router(Arc::clone(&services)), Arc::new(listener));
            let admissions = Arc::<Admissions>::default();
            move || {
                let context = AcceptContext::of(&services, router.clone(), Arc::clone(&admissions));
                accept(Arc::clone(&listener), context, connections.clone(), ends.clone())
            }
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
        sockets.goodbyes.stop();
        sockets.tracker.close();
        let ended = futures::future::join(connections.wait(), sockets.tracker.wait());
        if tokio::time::timeout(DRAIN, ended).await.is_err() {
            let (requests, sockets) = (connections.len(), sockets.tracker.len());
            tracing::warn!(
                requests,
                sockets,
                waited_ms = DRAIN.as_millis() as u64,
                "some connections did not end in time, and are cut off"
            );
        }
        if tokio::time::timeout(LAST_JOBS, futures::future::join3(jobs, backups, samples)).await.is_err() {
            tracing::warn!(
                waited_ms = LAST_JOBS.as_millis() as u64,
                "jobs of the outbox, or a backup, did not end in time; they are done again later"
            );
        }
        if tokio::time::timeout(LAST_WRITES, services.writer.close()).await.is_err() {
            tracing::error!(
                waited_ms = LAST_WRITES.as_millis() as u64,
                "the last writes did not end in time; their senders got no answer, and can send them again"
            );
        }
        services.hub.close(LEAVE).await;
        if let Err(error) = services.accounts.write_counted_failures().await {
            tracing::warn!(%error, "some failed sign-ins are not in the audit log");
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
#[error("the server cannot continue: {0}")]
pub struct RunError(String);

/// What a connection meets first.
struct AcceptContext {
    router: Router,
    limits: Arc<HttpLimits>,
    admissions: Arc<Admissions>,
    most: Most,
}

impl AcceptContext {
    fn of(services: &Services, router: Router, admissions: Arc<Admissions>) -> Self {
        let limits = Arc::new(services.limits.clone());
        // Behind proxies everybody has one address.
        let per_address = if services.proxies.count == 0 { limits.connections_per_address } else { limits.connections };
        let most = Most { per_person: limits.connections, per_address };
        Self { router, limits, admissions, most }
    }
}

/// Takes connections until `stop`; the listener is closed when this returns.
async fn accept(listener: Arc<TcpListener>, context: AcceptContext, connections: TaskTracker, stop: CancellationToken) {
    let AcceptContext { router, limits, admissions, most } = context;
    loop {
        let (stream, peer) = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file descriptors, most likely: those who wait get their turn when others leave.
                    tracing::error!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
        };
        // Whoever is one too many is hung up on: there is nothing to be read yet to which one could answer.
        let Some(admission) =
            admissions.admit(None, peer.ip(), most).filter(|_| connections.len() < limits.connections)
        else {
            metrics::counter!("taskwire_http_connections_refused_total").increment(1);
            continue;
        };
        let (router, limits, stop) = (router.clone(), Arc::clone(&limits), stop.clone());
        connections.spawn(async move {
            connection::serve(stream, peer, router, &limits, stop).await;
            drop(admission);
        });
    }
}

/// Does a job.
async fn work(services: Arc<Services>, id: Uuid, job: Job) -> Result<(), JobError> {
    let Services { accounts, writer, .. } = &*services;
    match job {
        Job::NewPasswordMail { email } => accounts.mail_new_password(id, &email).await,
        Job::ChangedEmailMail { name, email } => accounts.mail_changed_email(id, &name, &email).await,
        Job::InvitationMail { link, name, email } => accounts.mail_invitation(id, link, &name, &email).await,
        Job::GroupMemberships => accounts.set_due_memberships(writer).await,
        Job::AcceptedInvitation { link, person } => {
            accounts.put_on_boards(writer, link, person).await.map_err(|error| JobError::Retry(error.to_string()))
        }
    }
}

/// What has to be done now and then.
async fn maintenance(services: Arc<Services>) {
    let mut forgot_at = Instant::now();
    let mut clean_up = tokio::time::interval(CLEAN_UP_INTERVAL);
    let mut fold = tokio::time::interval(UPKEEP_EVERY);
    clean_up.set_missed_tick_behavior(MissedTickBehavior::Delay);
    fold.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut is_superseded = false;
    loop {
        // It is compared again a few times a minute, so a change of the settings is soon taken up.
        let kept = services.settings.live().now();
        let forget_every = forget_every(&kept);
        tokio::select! {
            // A newer version of Taskwire has the database. Sockets that come back all the same, because there is no other node yet,
            // may stay and read.
            () = services.store.is_superseded(), if !is_superseded => {
                is_superseded = true;
                services.socket.goodbyes.spread(HAND_OVER).await;
            }
            _ = fold.tick() => {
                if let Some(metrics) = telemetry::metrics() {
                    metrics.run_upkeep();
                }
            }
            () = tokio::time::sleep_until(forgot_at + forget_every) => {
                forgot_at = Instant::now();
                if let Err(error) = forget_what_is_old(&services, &kept, forget_every * CATCHING_UP).await {
                    tracing::error!(%error, "could not delete old data; will try again");
                }
            }
            _ = clean_up.tick() => {
                services.accounts.forget_old_attempts();
                services.api_rate.now().iter().for_each(|rate| rate.forget_old());
                if let Err(error) = services.accounts.write_counted_failures().await {
                    tracing::warn!(%error, "some failed sign-ins are not in the audit log");
                }
            }
        }
    }
}

/// How often what is old is looked for.
fn forget_every(kept: &Values) -> Duration {
    let shortest = kept.log.into_iter().chain(kept.deleted_boards).min();
    shortest.unwrap_or(FORGET_EVERY).clamp(Duration::from_secs(1), FORGET_EVERY)
}

/// Deletes what is old: entries of the log, what mutations were answered, deleted boards, events of the audit log, sessions and links that have ended.
async fn forget_what_is_old(services: &Services, kept: &Values, step: Duration) -> Result<(), StoreError> {
    let (store, now) = (&services.store, clock::now());
    let Some(believed) = store.believed_time(now, step).await? else { return Ok(()) };
    let apart = now.as_millis() - believed.as_millis();
    if apart.unsigned_abs() > FORGET_EVERY.as_millis() as u64 {
        tracing::warn!(
            clock = %now,
            %believed,
            "the clock differs by more than an hour from the time in the database (believed); old data is deleted by the latter, \
             which follows the clock slowly"
        );
    }
    let before = |age: Duration| clock::before(believed, age);
    services.accounts.forget(believed).await?;
    store.forget_bulk_edits(before(bulk::KEPT)).await?;
    let answers = store.forget_answers(before(ANSWERS_KEPT)).await?;
    let events = store.forget_audit(before(kept.audit)).await?;
    let entries = match kept.log {
        Some(retention) => store.trim_log(before(retention)).await?,
        None => 0,
    };
    let boards = match kept.deleted_boards {
        Some(kept) => store.purge_boards(believed, kept).await?,
        None => 0,
    };
    if entries + answers + boards + events > 0 {
        tracing::info!(
            entries,
            answers,
            boards,
            events,
            %believed,
            "deleted old entries of the log of changes, old answers, old events of the audit log, and boards that were deleted long ago"
        );
    }
    Ok(())
}

/// How pages find their script, WASM and style.
fn leptos_options(site: &Site, address: SocketAddr) -> LeptosOptions {
    // What `cargo leptos watch` sets for its reload, and what a build sets at compile time.
    let mut options = match leptos::config::get_configuration(None) {
        Ok(file) => file.leptos_options,
        Err(_) => LeptosOptions::builder().output_name("taskwire").build(),
    };
    options.site_addr = address;
    // The folder says which build it is; so the names need not.
    options.site_pkg_dir = site.package().into();
    options.hash_files = false;
    options
}
