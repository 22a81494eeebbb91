//! Scheduled backups (`--backup-to`): files of `taskwire backup`, without secrets, in a folder, of which the newest are kept.
//!
//! Of several nodes on one database, the one that takes the schedule ([`BackupSchedule`]) makes the backup. It works on a thread of its
//! own, so it does not hold up what the server does for people, and a folder that does not respond holds up nothing else. A new backup is
//! read again and checked before older ones are removed, and only those are removed that this installation made by its schedule.

use std::{
    fs,
    io::{self, Read, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use metrics::{counter, gauge};
use tokio::time::{interval, sleep};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    clock,
    store::{
        BACKUP_LEASE, BackupSchedule, LONGEST_BACKUP_PAUSE, Store, StoreError, StoreSettings,
        backup::{self, BackupError, Part, remove_leftovers},
    },
};

/// How often it is looked whether a backup is due, at least: another node may have made one, and the clock may have been set.
const LOOK_EVERY: Duration = Duration::from_secs(5 * 60);
/// The pause after the first failure. It doubles with each more.
const FIRST_PAUSE: Duration = Duration::from_secs(60);
/// How long a backup may take before it is given up.
const LONGEST: Duration = Duration::from_secs(6 * 60 * 60);
/// After how many periods without a good backup somebody should look into it.
const LATE_PERIODS: u32 = 2;

/// Where backups are made, how often, and how many are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupSettings {
    /// The folder.
    pub folder: PathBuf,
    /// The time from one backup to the next.
    pub every: Duration,
    /// How many are kept.
    pub keep: usize,
}

impl BackupSettings {
    /// The age from which on the last good backup is too old.
    pub fn late_after(&self) -> Duration {
        self.every.saturating_mul(LATE_PERIODS)
    }
}

/// The backups of one node. Cheap to clone.
#[derive(Clone)]
pub struct Backups {
    shared: Arc<Shared>,
}

struct Shared {
    store: Store,
    settings: Option<BackupSettings>,
    /// How this node is called in the schedule.
    holder: Uuid,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The schedule as it was last read.
    schedule: Option<BackupSchedule>,
    /// Whether the last attempt of this node failed.
    has_failed: bool,
}

/// Why a backup was not made.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("cannot write to the folder {}: {source}", .folder.display())]
    Folder { folder: PathBuf, source: io::Error },
    #[error(transparent)]
    Backup(#[from] BackupError),
    #[error("the backup could not be checked: {0}")]
    Check(BackupError),
    #[error("it took longer than {} hours", LONGEST.as_secs() / 3600)]
    TooLong,
    #[error("it panicked")]
    Panicked,
    #[error("the thread cannot be started: {0}")]
    Thread(io::Error),
}

/// A backup that was made and checked.
struct Made {
    file: PathBuf,
    bytes: u64,
    took: Duration,
}

impl Backups {
    /// The backups of a database; none without settings.
    pub fn new(store: Store, settings: Option<BackupSettings>) -> Self {
        let state = Mutex::default();
        Self { shared: Arc::new(Shared { store, settings, holder: app::new_id(), state }) }
    }

    /// Whether this node makes backups, and how.
    pub fn settings(&self) -> Option<&BackupSettings> {
        self.shared.settings.as_ref()
    }

    /// The schedule as this node last saw it; `None` if it makes no backups, or could not read the schedule yet.
    pub fn schedule(&self) -> Option<BackupSchedule> {
        self.state().schedule.clone()
    }

    /// What the person who runs the server should know. Anybody can read this, so it has no names of files.
    pub fn warnings(&self) -> Vec<String> {
        let words = "scheduled backups fail, and are tried again; the log has the reason";
        self.state().has_failed.then(|| words.to_owned()).into_iter().collect()
    }

    /// Makes backups when they are due, until `stop` is cancelled.
    pub async fn run(self, stop: CancellationToken) {
        let Some(settings) = self.shared.settings.clone() else { return stop.cancelled().await };
        let mut failures = 0;
        while !stop.is_cancelled() {
            let pause = match self.round(&settings, &stop, &mut failures).await {
                Ok(pause) => pause,
                // The database has a newer version of Taskwire, whose nodes make the backups.
                Err(StoreError::Newer { .. }) => LOOK_EVERY,
                Err(error) => {
                    failures += 1;
                    self.note_failure(&error.to_string(), pause_after(failures, settings.every))
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = sleep(pause) => {}
            }
        }
    }

    /// Makes a backup if one is due. Returns how long to wait until it is looked again.
    async fn round(
        &self,
        settings: &BackupSettings,
        stop: &CancellationToken,
        failures: &mut u32,
    ) -> Result<Duration, StoreError> {
        let Shared { store, holder, .. } = &*self.shared;
        let wait = self.read().await?.due_in(settings.every);
        if !wait.is_zero() {
            return Ok(wait.min(LOOK_EVERY));
        }
        if !store.claim_backup(*holder, settings.every).await? {
            // Another node was quicker.
            return Ok(BACKUP_LEASE / 4);
        }
        let outcome = self.make(settings, stop).await;
        if stop.is_cancelled() && outcome.is_err() {
            store.release_backup(*holder).await?;
            return Ok(Duration::ZERO);
        }
        match outcome {
            Ok(Made { file, bytes, took }) => {
                *failures = 0;
                let file = file.display().to_string();
                tracing::info!(file, bytes, took_ms = took.as_millis() as u64, "made a scheduled backup");
                store.backup_made(*holder, file, bytes, took).await?;
                self.state().has_failed = false;
            }
            Err(error) => {
                *failures += 1;
                let pause = self.note_failure(&error.to_string(), pause_after(*failures, settings.every));
                store.backup_failed(*holder, pause, error.to_string()).await?;
            }
        }
        Ok(self.read().await?.due_in(settings.every).min(LOOK_EVERY))
    }

    /// Reads the schedule, and publishes what it says.
    async fn read(&self) -> Result<BackupSchedule, StoreError> {
        let schedule = self.shared.store.backup_schedule().await?;
        if let Some(good) = &schedule.good {
            gauge!("taskwire_backup_last_timestamp_seconds").set(good.at.as_millis() as f64 / 1_000.0);
            gauge!("taskwire_backup_last_bytes").set(good.bytes as f64);
            gauge!("taskwire_backup_last_duration_seconds").set(good.took.as_secs_f64());
        }
        let mut state = self.state();
        let of_last = |schedule: Option<&BackupSchedule>| {
            schedule.and_then(|schedule| schedule.good.as_ref()).map(|good| good.at)
        };
        // This node or another one made a good one.
        state.has_failed &= of_last(state.schedule.as_ref()) == of_last(Some(&schedule));
        state.schedule = Some(schedule.clone());
        Ok(schedule)
    }

    fn note_failure(&self, error: &str, pause: Duration) -> Duration {
        tracing::error!(error, pause_s = pause.as_secs(), "a scheduled backup failed; will try again");
        counter!("taskwire_backup_failures_total").increment(1);
        self.state().has_failed = true;
        pause
    }

    /// Makes a backup on a thread of its own, and prolongs the claim meanwhile.
    async fn make(&self, settings: &BackupSettings, stop: &CancellationToken) -> Result<Made, Failure> {
        let Shared { store, holder, .. } = &*self.shared;
        let instance = store.instance().await.map_err(BackupError::from)?;
        let (settings, database) = (settings.clone(), store.settings().clone());
        // The thread ends when this is dropped, at its next step.
        let given_up = stop.child_token();
        let _guard = given_up.clone().drop_guard();
        let thread = tokio::task::spawn_blocking(move || make(&settings, &database, &instance, given_up));
        let prolong = async {
            let mut prolong = interval(BACKUP_LEASE / 3);
            loop {
                prolong.tick().await;
                if let Err(error) = store.keep_backup_claim(*holder).await {
                    tracing::debug!(%error, "cannot prolong the claim to the schedule of backups");
                }
            }
        };
        let stopped = async {
            stop.cancelled().await;
            // It notices by itself, unless its folder does not respond.
            sleep(Duration::from_secs(3)).await;
        };
        tokio::select! {
            made = thread => made.unwrap_or(Err(Failure::Panicked)),
            () = sleep(LONGEST) => Err(Failure::TooLong),
            () = stopped => Err(Failure::TooLong),
            never = prolong => never,
        }
    }

    // It is replaced as a whole.
    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long to wait after so many failures: about twice as long each time, and no longer than a period.
fn pause_after(failures: u32, every: Duration) -> Duration {
    let pause = FIRST_PAUSE.saturating_mul(1 << failures.saturating_sub(1).min(16));
    pause.min(LONGEST_BACKUP_PAUSE).min(every)
}

/// Makes a backup, checks it, and removes what is too old.
fn make(
    BackupSettings { folder, keep, .. }: &BackupSettings,
    database: &StoreSettings,
    instance: &str,
    given_up: CancellationToken,
) -> Result<Made, Failure> {
    // The schedule counts from the beginning too, so no two have one name, however long they take.
    let (began, name) = (Instant::now(), name(instance, &clock::now().to_string()));
    let in_folder = |source| Failure::Folder { folder: folder.clone(), source };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::Thread)?;
    let leftovers = remove_leftovers(folder).map_err(in_folder)?;
    if leftovers > 0 {
        tracing::info!(leftovers, "removed what killed processes left of their backups");
    }
    let part = Part::in_folder(folder).map_err(in_folder)?;
    let out = UntilGivenUp { file: part.file(), given_up: given_up.clone() };
    let taking = async { backup::take(database, false, out, &mut |_, _| {}).await };
    let taken = runtime.block_on(given_up.run_until_cancelled(taking)).unwrap_or(Err(BackupError::Write(stopped())))?;
    let written = part.written().map_err(in_folder)?;
    let read = UntilGivenUp { file: written, given_up: given_up.clone() };
    let checked = backup::check(read, &mut |_, _| {}).map_err(Failure::Check)?;
    if checked != taken {
        return Err(Failure::Check(BackupError::Altered("it has other rows than were written".to_owned())));
    }
    let file = folder.join(name);
    let bytes = part.finish(&file, false).map_err(in_folder)?;
    if let Err(error) = remove_old(folder, instance, &file, *keep) {
        tracing::warn!(folder = %folder.display(), %error, "cannot remove old backups");
    }
    Ok(Made { file, bytes, took: began.elapsed() })
}

/// A file that can be neither read nor written any more once its work was given up.
struct UntilGivenUp<F> {
    file: F,
    given_up: CancellationToken,
}

impl<F> UntilGivenUp<F> {
    fn go_on(&mut self) -> io::Result<&mut F> {
        if self.given_up.is_cancelled() { Err(stopped()) } else { Ok(&mut self.file) }
    }
}

impl<F: Write> Write for UntilGivenUp<F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.go_on()?.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.go_on()?.flush()
    }
}

impl<F: Read> Read for UntilGivenUp<F> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.go_on()?.read(bytes)
    }
}

fn stopped() -> io::Error {
    io::Error::other("the work was given up")
}

/// The name of a scheduled backup. It has the id of the installation in it, so that two can share a folder.
fn name(instance: &str, time: &str) -> String {
    let time = time.split('.').next().unwrap_or(time).replace(':', "");
    format!("taskwire-{instance}-{time}Z.taskwire")
}

/// Removes the oldest scheduled backups of this installation, so that `keep` are left. The new one stays in any case.
fn remove_old(folder: &Path, instance: &str, new: &Path, keep: usize) -> io::Result<()> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if let Ok(name) = entry.file_name().into_string()
            && entry.file_type()?.is_file()
        {
            names.push(name);
        }
    }
    let new = new.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let old = too_many(names, instance, new, keep);
    old.iter().try_for_each(|name| fs::remove_file(folder.join(name)))
}

/// The files that are to be removed, of those in the folder.
fn too_many(names: Vec<String>, instance: &str, new: &str, keep: usize) -> Vec<String> {
    let mut older: Vec<String> = names.into_iter().filter(|name| name != new && is_ours(name, instance)).collect();
    // A clock that was wrong made those that are later than the new one. They are older than the new one all the same.
    older.sort_by_key(|name| (name.as_str() < new, name.clone()));
    older.truncate((older.len() + 1).saturating_sub(keep.max(1)));
    older
}

/// Whether a file has the name of a scheduled backup of this installation.
fn is_ours(name: &str, instance: &str) -> bool {
    let time = name.strip_prefix("taskwire-").and_then(|rest| rest.strip_prefix(instance)?.strip_prefix('-'));
    let time = time.and_then(|rest| rest.strip_suffix(".taskwire")).unwrap_or_default();
    let shape: String = time.chars().map(|char| if char.is_ascii_digit() { '0' } else { char }).collect();
    shape == "0000-00-00T000000Z"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_oldest_of_its_own_are_removed() {
        let at = |time| name("0a1b2c3d", time);
        let [first, second, third] =
            ["2026-11-28T10:00:00.000Z", "2026-11-29T10:00:00.123Z", "2026-11-30T10:00:00.000Z"].map(at);
        assert_eq!(first, "taskwire-0a1b2c3d-2026-11-28T100000Z.taskwire");
        let others = [
            "taskwire-99999999-2020-11-28T100000Z.taskwire",
            "taskwire-0a1b2c3d-2020-11-28T100000Z.taskwire.gz",
            "taskwire-0a1b2c3d-before-the-move.taskwire",
            "taskwire.db",
        ];
        let folder = |files: &[&String]| {
            files.iter().map(|name| (*name).clone()).chain(others.map(str::to_owned)).collect::<Vec<_>>()
        };
        let removed = |files: &[&String], new: &str, keep| too_many(folder(files), "0a1b2c3d", new, keep);
        assert_eq!(removed(&[&first, &second, &third], &third, 3), [""; 0]);
        assert_eq!(removed(&[&third, &first, &second], &third, 2), std::slice::from_ref(&first));
        assert_eq!(removed(&[&first, &second, &third], &third, 1), [first.clone(), second.clone()]);
        // The clock was ahead when the other two were made.
        assert_eq!(removed(&[&first, &second, &third], &first, 2), [second]);
    }

    #[test]
    fn the_pause_grows_up_to_the_period_or_an_hour() {
        let day = Duration::from_secs(24 * 60 * 60);
        let pauses = [1, 2, 3, 7, 100].map(|failures| pause_after(failures, day).as_secs());
        assert_eq!(pauses, [60, 120, 240, 3_600, 3_600]);
        assert_eq!(pause_after(5, Duration::from_secs(2)), Duration::from_secs(2));
    }
}
