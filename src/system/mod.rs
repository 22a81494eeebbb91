//! The state of the installation, for its operator: current numbers of each node, the last hour of this one, and warnings.
//!
//! Each process takes a sample of its own metrics every ten seconds and keeps those of an hour in memory ([`figures`]). Nodes on one
//! PostgreSQL report their current numbers to each other in a small table, in the same rhythm. With SQLite there is one node, and nothing is
//! written. [`System::state`] puts together what a page or a program asks for; [`warnings`] says what to do about it, by the judgement
//! of [`crate::doctor`].

pub mod figures;
mod warnings;

use std::{
    collections::VecDeque,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use app::{
    system::{
        BackupState, Counts, DatabaseState, DiskState, Figure, Finding, History, MailState, Node, OutboxState,
        RedisInfo, Report, Series, SystemState,
    },
    time::Timestamp,
};
use metrics::gauge;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use self::figures::{FIGURE_COUNT, FIGURES, Reader, Scrape, Values};
use crate::{
    backups::Backups,
    clock,
    doctor::{Depth, Examination, files::Room, settings::Given},
    hub::{Hub, redis::RedisState},
    live_settings::LiveSettings,
    store::{Backlog, BackupSchedule, NodeRow, SqliteFiles, Store, StoreError, schema, sqlite_files},
    telemetry,
};

/// The time between two samples.
const EVERY: Duration = Duration::from_secs(10);
/// How many samples are kept: those of an hour.
const KEPT: usize = 360;
/// How many samples it takes until the size of a PostgreSQL database is asked for again.
const BETWEEN_SIZES: u64 = 6;
/// How long to wait for the database or a disk that is asked about itself.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long a statement of a check may take.
const CHECK: Duration = Duration::from_secs(5);
/// How old the numbers may be that take the database a moment to find.
const SLOW_KEPT: Duration = Duration::from_secs(60);

/// The state of the installation as one node knows it. Cheap to clone.
#[derive(Clone)]
pub struct System {
    shared: Arc<Shared>,
}

struct Shared {
    store: Store,
    hub: Hub,
    backups: Backups,
    sqlite: Option<SqliteFiles>,
    live: LiveSettings,
    node: NodeRow,
    samples: Mutex<Samples>,
    slow: tokio::sync::Mutex<Option<(Instant, Slow)>>,
    given: Given,
    /// Held while the installation is checked.
    checking: tokio::sync::Mutex<()>,
}

/// The samples of the last hour.
#[derive(Default)]
struct Samples {
    reader: Reader,
    last: Option<Instant>,
    kept: VecDeque<(Timestamp, [f32; FIGURE_COUNT])>,
    newest: Values,
    disks: Vec<Disk>,
}

/// A disk that this node writes to.
#[derive(Clone, Debug)]
struct Disk {
    holds: &'static str,
    folder: PathBuf,
    room: Room,
}

/// What the database has to look for.
#[derive(Clone, Default)]
struct Slow {
    engine: Option<String>,
    /// Boards, tasks, and whether they are estimated.
    counts: Option<(u64, u64, bool)>,
    oldest_change: Option<Timestamp>,
}

/// All that is known at the moment of a question.
struct Known {
    nodes: Vec<(Node, Duration)>,
    backlog: Vec<Backlog>,
    backups: Option<BackupSchedule>,
    disks: Vec<Disk>,
    slow: Slow,
    figures: Values,
}

impl System {
    /// The state of an installation, for the node that listens on this address.
    pub fn new(
        store: Store,
        hub: Hub,
        backups: Backups,
        live: LiveSettings,
        mut given: Given,
        address: SocketAddr,
    ) -> Self {
        // The port may have been chosen by the operating system.
        given.settings.listen = Some(address);
        let settings = &given.settings;
        let node = NodeRow {
            id: app::new_id::<Uuid>().to_string(),
            name: format!("{}:{}", machine(), address.port()),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at: clock::now(),
            seen_at: clock::now(),
            silent_for: Duration::ZERO,
            report: Report::default(),
        };
        gauge!("taskwire_build_info", "version" => node.version.clone()).set(1.0);
        gauge!("taskwire_start_timestamp_seconds").set(node.started_at.as_millis() as f64 / 1_000.0);
        let shared = Shared {
            sqlite: sqlite_files(&settings.database),
            live,
            store,
            hub,
            backups,
            node,
            samples: Mutex::default(),
            slow: tokio::sync::Mutex::default(),
            checking: tokio::sync::Mutex::default(),
            given,
        };
        Self { shared: Arc::new(shared) }
    }

    /// Takes samples, and reports them to the other nodes, until `stop` is cancelled. `condition` says what is wrong with this node, as far as
    /// it knows without asking the database.
    pub async fn run(self, stop: CancellationToken, condition: impl Fn() -> (bool, Vec<String>) + Send) {
        let Shared { store, node, .. } = &*self.shared;
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut number = 0;
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            self.measure(number % BETWEEN_SIZES == 0).await;
            self.sample();
            number += 1;
            if !store.may_have_nodes() {
                continue;
            }
            let (ready, reasons) = condition();
            let report = Report { ready, reasons, figures: self.figures() };
            let reported = timeout(PATIENCE, store.report_node(&NodeRow { report, ..node.clone() })).await;
            // That the database does not answer is told elsewhere, and newer nodes have it.
            if let Err(error) = reported.unwrap_or(Err(StoreError::TimedOut(PATIENCE))) {
                tracing::debug!(%error, "cannot report this node's numbers to the others");
            }
        }
        if store.may_have_nodes() {
            // The others would otherwise miss it for a day.
            let _ = timeout(PATIENCE, store.forget_node(node.id.clone())).await;
        }
    }

    /// Measures what no part of the server notices by itself: sizes, room on disks, and the clock of the database.
    pub async fn measure(&self, with_size: bool) {
        let Shared { store, sqlite, backups, .. } = &*self.shared;
        let folder = backups.settings().map(|settings| settings.folder.clone());
        let files = sqlite.clone();
        // A folder on another machine may not respond.
        let measuring = tokio::task::spawn_blocking(move || measure_files(files.as_ref(), folder.as_deref()));
        if let Ok(Ok(disks)) = timeout(PATIENCE, measuring).await {
            self.samples().disks = disks;
        }
        if !store.may_have_nodes() {
            return;
        }
        if let Ok(Ok(Some(report))) = timeout(PATIENCE, store.clock()).await {
            gauge!("taskwire_database_clock_ahead_seconds").set(report.ahead_ms as f64 / 1_000.0);
        }
        if with_size && let Ok(Ok(Some(size))) = timeout(PATIENCE, store.size()).await {
            gauge!("taskwire_database_bytes").set(size as f64);
        }
    }

    /// Takes a sample of this process's metrics.
    pub fn sample(&self) {
        let Some(metrics) = telemetry::metrics() else { return };
        let text = metrics.render();
        let scrape = Scrape::of(&text);
        let mut samples = self.samples();
        let seconds = samples.last.replace(Instant::now()).map_or(0.0, |last| last.elapsed().as_secs_f64());
        let values = samples.reader.read(&scrape, seconds);
        samples.newest = values;
        samples.kept.push_back((clock::now(), values.map(|value| value.map_or(f32::NAN, |value| value as f32))));
        if samples.kept.len() > KEPT {
            samples.kept.pop_front();
        }
    }

    /// The numbers of this node.
    fn figures(&self) -> Vec<Figure> {
        let newest = self.samples().newest;
        FIGURES.iter().zip(newest).map(|(definition, value)| figure(definition, value)).collect()
    }

    /// The last hour of this node.
    pub fn history(&self) -> History {
        let samples = self.samples();
        let values = |index: usize| {
            let of_each = samples.kept.iter().map(|(_, values)| f64::from(values[index]));
            of_each.map(|value| value.is_finite().then_some(value)).collect()
        };
        let series = FIGURES.iter().zip(samples.newest).enumerate();
        History {
            at: samples.kept.iter().map(|(at, _)| *at).collect(),
            series: series
                .map(|(index, (definition, value))| Series { figure: figure(definition, value), values: values(index) })
                .collect(),
        }
    }

    /// The state of the installation. `condition` is that of this node: whether it is ready, and what is wrong with it.
    pub async fn state(&self, (ready, reasons): (bool, Vec<String>)) -> SystemState {
        let Shared { store, hub, backups, live, .. } = &*self.shared;
        let own = Report { ready, reasons, figures: self.figures() };
        let (nodes, backlog, schedule, slow) =
            tokio::join!(self.nodes(own), timeout(PATIENCE, store.outbox_backlog()), self.schedule(), self.slow());
        let (disks, figures) = {
            let samples = self.samples();
            (samples.disks.clone(), samples.newest)
        };
        let backlog = backlog.map(Result::unwrap_or_default).unwrap_or_default();
        let known = Known { nodes, backlog, backups: schedule, disks, slow, figures };
        let redis = hub.redis_state();
        let people = store.directory().accounts().into_iter().filter(|account| account.is_active()).count();
        let text = telemetry::metrics().map(|metrics| metrics.render()).unwrap_or_default();
        let mail = Scrape::of(&text);
        let last = |outcome: &str| {
            let metric = "taskwire_outbox_last_attempt_timestamp_seconds";
            let seconds = mail.values(&format!("{metric}{{topic=\"mail\",outcome=\"{outcome}\"}}")).reduce(f64::max);
            seconds.map(|seconds| Timestamp::from_millis((seconds * 1_000.0) as i64))
        };
        let good = known.backups.as_ref().and_then(|schedule| schedule.good.as_ref());
        SystemState {
            at: clock::now(),
            warnings: self.warnings(&known),
            database: DatabaseState {
                engine: known.slow.engine.clone(),
                address: store.shown().to_owned(),
                schema: schema(),
            },
            counts: Counts {
                people: people as u64,
                boards: known.slow.counts.map(|(boards, _, _)| boards),
                tasks: known.slow.counts.map(|(_, tasks, _)| tasks),
                estimated: known.slow.counts.is_some_and(|(_, _, estimated)| estimated),
            },
            redis: RedisInfo {
                state: match redis {
                    RedisState::Off => "off",
                    RedisState::Up => "up",
                    RedisState::Down | RedisState::Refused | RedisState::Forbidden => "down",
                },
                reason: redis.warning(),
            },
            mail: MailState {
                configured: live.now().mail.is_some(),
                sent_at: last("done"),
                failed_at: last("failed").max(last("given_up")),
            },
            backups: backups.settings().map(|settings| BackupState {
                folder: settings.folder.display().to_string(),
                every_seconds: settings.every.as_secs(),
                keep: settings.keep,
                last_at: good.map(|good| good.at),
                last_file: good.map(|good| good.file.clone()),
                last_bytes: good.map(|good| good.bytes),
                last_seconds: good.map(|good| good.took.as_secs_f64()),
                failures: known.backups.as_ref().map_or(0, |schedule| schedule.failures),
                error: known.backups.as_ref().and_then(|schedule| schedule.error.clone()),
            }),
            outbox: known
                .backlog
                .iter()
                .map(|backlog| OutboxState {
                    topic: backlog.topic.clone(),
                    jobs: backlog.jobs,
                    oldest_seconds: backlog.oldest.as_secs(),
                    last_error: backlog.last_error.clone(),
                })
                .collect(),
            disks: known
                .disks
                .iter()
                .map(|Disk { holds, folder, room }| DiskState {
                    holds,
                    folder: folder.display().to_string(),
                    free_bytes: room.free,
                    size_bytes: room.size,
                })
                .collect(),
            nodes: known.nodes.into_iter().map(|(node, _)| node).collect(),
            history: None,
        }
    }

    /// Checks the installation as `taskwire doctor` does, except for what reads the whole database. `None` if it is being checked already.
    pub async fn examine(&self) -> Option<Vec<Finding>> {
        let _checking = self.shared.checking.try_lock().ok()?;
        let given = self.shared.given.clone();
        let examination = Examination { given, secret_files: Vec::new(), time_limit: CHECK, depth: Depth::Running };
        Some(examination.run().await)
    }

    /// This node first, and the others, each with the time for which it has been silent.
    async fn nodes(&self, own: Report) -> Vec<(Node, Duration)> {
        let Shared { store, node, .. } = &*self.shared;
        let rows = match store.may_have_nodes() {
            true => timeout(PATIENCE, store.nodes()).await.map(Result::unwrap_or_default).unwrap_or_default(),
            false => Vec::new(),
        };
        let of_row = |row: NodeRow, answers| Node {
            id: row.id,
            name: row.name,
            version: row.version,
            started_at: row.started_at,
            seen_at: row.seen_at,
            answers,
            report: row.report,
        };
        let this = NodeRow { seen_at: clock::now(), report: own, ..node.clone() };
        let others = rows.into_iter().filter(|row| row.id != node.id);
        let others = others.map(|row| (row.silent_for, row)).map(|(silent, row)| (of_row(row, false), silent));
        [(of_row(this, true), Duration::ZERO)].into_iter().chain(others).collect()
    }

    /// The schedule of backups, if this node makes any. Another node may have made the last one.
    async fn schedule(&self) -> Option<BackupSchedule> {
        let Shared { store, backups, .. } = &*self.shared;
        backups.settings()?;
        match timeout(PATIENCE, store.backup_schedule()).await {
            Ok(Ok(schedule)) => Some(schedule),
            _ => backups.schedule(),
        }
    }

    /// What the database has to look for, at most a minute old.
    async fn slow(&self) -> Slow {
        let store = &self.shared.store;
        let mut kept = self.shared.slow.lock().await;
        if let Some((at, slow)) = &*kept
            && at.elapsed() < SLOW_KEPT
        {
            return slow.clone();
        }
        let (engine, counts, oldest) = tokio::join!(
            timeout(PATIENCE, store.engine()),
            timeout(PATIENCE, store.counts()),
            timeout(PATIENCE, store.oldest_change())
        );
        let slow = Slow {
            engine: engine.ok().and_then(Result::ok),
            counts: counts.ok().and_then(Result::ok),
            oldest_change: oldest.ok().and_then(Result::ok).flatten(),
        };
        *kept = Some((Instant::now(), slow.clone()));
        slow
    }

    // What is left half-done in a panic is a sample.
    fn samples(&self) -> MutexGuard<'_, Samples> {
        self.shared.samples.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn figure(definition: &figures::Definition, value: Option<f64>) -> Figure {
    Figure {
        name: definition.name.to_owned(),
        title: definition.title.to_owned(),
        unit: definition.unit,
        value,
        metric: definition.metric.to_owned(),
    }
}

/// Measures the files of SQLite's, without opening them, and the disks.
fn measure_files(sqlite: Option<&SqliteFiles>, backups: Option<&Path>) -> Vec<Disk> {
    let mut disks = Vec::new();
    let mut measure = |holds: &'static str, folder: &Path| {
        let Ok(room) = Room::of(folder) else { return };
        gauge!("taskwire_disk_free_bytes", "holds" => holds).set(room.free as f64);
        gauge!("taskwire_disk_size_bytes", "holds" => holds).set(room.size as f64);
        disks.push(Disk { holds, folder: folder.to_owned(), room });
    };
    if let Some(SqliteFiles { database, log, .. }) = sqlite {
        let size = |file: &Path| file.metadata().map(|file| file.len()).unwrap_or_default();
        gauge!("taskwire_database_bytes").set(size(database) as f64);
        gauge!("taskwire_database_wal_bytes").set(size(log) as f64);
        measure("database", database.parent().unwrap_or(Path::new("/")));
    }
    if let Some(folder) = backups {
        measure("backups", folder);
    }
    disks
}

/// The name of this machine.
fn machine() -> String {
    #[cfg(unix)]
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    #[cfg(not(unix))]
    let name = std::env::var("COMPUTERNAME").unwrap_or_else(|_| "this machine".to_owned());
    name
}
