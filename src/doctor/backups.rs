//! The scheduled backups: whether the last good one is new enough, and whether the next one could be written.

use std::path::Path;

use super::{
    Finding, NETWORK, counted, counted_time,
    files::{Room, megabytes},
    within,
};
use crate::{
    backups::BackupSettings,
    settings::Settings,
    store::{BackupSchedule, Inspection, StoreSettings, missing_file},
};

const CHECK: &str = "backup";

const FOLDER: &str = "make the folder, give the server's account the right to write to it, or name another one with --backup-to \
                      (TASKWIRE_BACKUP_TO)";
const FAILING: &str = "do what the error says; it is tried again by itself";
const RUNNING: &str = "see in the log of the server why no backup is made, or make one with `taskwire backup`";

pub(super) async fn check(settings: &Settings) -> Vec<Finding> {
    let Some(backups) = settings.backups() else { return Vec::new() };
    let mut found: Vec<Finding> = folder(&backups).into_iter().collect();
    // What is wrong with the database is reported elsewhere.
    if missing_file(&settings.database).is_none()
        && let Ok(schedule) = within(NETWORK, schedule(settings)).await
        && let Some(schedule) = schedule
    {
        let last = schedule.good.as_ref().map_or(0, |good| good.bytes);
        found.extend(Room::of(&backups.folder).ok().map(|room| judge_room(&backups.folder, room, last)));
        found.push(judge(&schedule, &backups));
    }
    found
}

async fn schedule(settings: &Settings) -> Option<BackupSchedule> {
    let settings = StoreSettings { readers: 1, ..settings.store() };
    let inspection = Inspection::open(&settings).await.ok()?;
    let schedule = inspection.backup_schedule().await.ok();
    inspection.close().await;
    schedule
}

/// Whether the server can write to the folder, as far as that can be seen without doing it.
fn folder(BackupSettings { folder, .. }: &BackupSettings) -> Option<Finding> {
    let shown = folder.display();
    match folder.metadata() {
        Ok(metadata) if !metadata.is_dir() => Some(Finding::error(CHECK, format!("{shown} is not a folder"), FOLDER)),
        Ok(_) => {
            #[cfg(unix)]
            if let Err(error) = rustix::fs::access(folder, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK) {
                return Some(Finding::error(CHECK, format!("this account may not write to {shown}: {error}"), FOLDER));
            }
            None
        }
        Err(error) => Some(Finding::error(CHECK, format!("{shown} cannot be used: {error}"), FOLDER)),
    }
}

/// Judges the room on the disk of the folder. The last backup had so many bytes.
pub fn judge_room(folder: &Path, room: Room, last: u64) -> Finding {
    let (free, shown) = (megabytes(room.free), folder.display());
    let detail = format!("{free} are free in {shown}, and the last backup has {}", megabytes(last));
    match room.is_little() || room.free < last.saturating_mul(2) {
        true => Finding::warning(
            CHECK,
            detail,
            "make room on this disk, keep fewer backups with --backup-keep (TASKWIRE_BACKUP_KEEP), or name another folder with \
             --backup-to (TASKWIRE_BACKUP_TO)",
        ),
        false => Finding::ok(CHECK, detail),
    }
}

/// Judges the state of the schedule.
pub fn judge(BackupSchedule { good, failures, error, .. }: &BackupSchedule, settings: &BackupSettings) -> Finding {
    let failed = |since: &str| match error {
        Some(error) => format!("; {} failed{since}, the last one: {error}", counted(*failures, "attempt")),
        None => String::new(),
    };
    let remedy = if error.is_some() { FAILING } else { RUNNING };
    let Some(good) = good else {
        let detail = format!("there is no scheduled backup yet{}", failed(""));
        return Finding::warning(CHECK, detail, remedy);
    };
    let detail = format!(
        "the last scheduled backup is from {} and has {}: {}{}",
        good.at,
        megabytes(good.bytes),
        good.file,
        failed(" since then")
    );
    if good.age > settings.late_after() {
        let late = format!(
            "{detail}. That is {} ago, and one is due every {}",
            counted_time(good.age),
            counted_time(settings.every)
        );
        Finding::warning(CHECK, late, remedy)
    } else if error.is_some() {
        Finding::warning(CHECK, detail, remedy)
    } else {
        Finding::ok(CHECK, detail)
    }
}
