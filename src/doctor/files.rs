//! The files of an SQLite database, and files with secrets: room on the disk, the size of the write-ahead log, permissions.

use std::path::{Path, PathBuf};

use super::Finding;
use crate::{
    settings::Settings,
    store::{SqliteFiles, sqlite_files},
};

const WAL: &str = "wal";
const DISK: &str = "disk";
#[cfg(unix)]
const PERMISSIONS: &str = "permissions";

const MIB: u64 = 1024 * 1024;
/// A larger write-ahead log is reported. SQLite usually writes it back from 4 MB on.
const LARGE_WAL: u64 = 256 * MIB;
/// With less room, writes will soon fail.
const NO_ROOM: u64 = 64 * MIB;
/// With less room, it is time to make some.
const LITTLE_ROOM: u64 = 1024 * MIB;
/// With less room, a disk of which less than a tenth is free is reported.
const MUCH_ROOM: u64 = 5 * 1024 * MIB;
/// With fewer, it is time to remove files.
const FEW_INODES: u64 = 1_000;

pub(super) fn check(settings: &Settings, secrets: &[PathBuf]) -> Vec<Finding> {
    let mut found = Vec::new();
    if let Some(files) = sqlite_files(&settings.database).filter(|files| files.database.exists()) {
        let folder = files.database.parent().unwrap_or(Path::new("/"));
        #[cfg(unix)]
        found.push(room(folder, size(&files.database) + size(&files.log)));
        found.extend(wal(&files));
        #[cfg(unix)]
        {
            found.extend(permissions::of_folder(folder));
            found.extend(permissions::of_database(&files));
        }
        #[cfg(not(unix))]
        let _ = folder;
    }
    #[cfg(unix)]
    found.extend(secrets.iter().flat_map(|file| permissions::of_secret(file)));
    #[cfg(not(unix))]
    let _ = secrets;
    found
}

fn size(file: &Path) -> u64 {
    file.metadata().map(|file| file.len()).unwrap_or_default()
}

fn wal(files: &SqliteFiles) -> Option<Finding> {
    files.log.exists().then(|| judge_wal(&files.log, size(&files.log)))
}

/// Judges the size of SQLite's write-ahead log.
pub fn judge_wal(path: &Path, bytes: u64) -> Finding {
    let detail = format!("{} has {}", path.display(), megabytes(bytes));
    match bytes > LARGE_WAL {
        true => Finding::warning(
            WAL,
            format!("{detail}: SQLite could not write it back into the database for a long time"),
            "end other programs that have the database open, such as a backup that does not end; then restart the server",
        ),
        false => Finding::ok(WAL, detail),
    }
}

/// The room on a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// The bytes that are free.
    pub free: u64,
    /// Its size.
    pub size: u64,
    /// How many files can be made, if that is limited.
    pub inodes: Option<u64>,
}

impl Room {
    /// The room on the disk of a folder.
    #[cfg(unix)]
    pub fn of(folder: &Path) -> std::io::Result<Self> {
        let disk = rustix::fs::statvfs(folder)?;
        Ok(Self {
            free: disk.f_bavail.saturating_mul(disk.f_frsize),
            size: disk.f_blocks.saturating_mul(disk.f_frsize),
            // Some file systems make inodes as they are needed, and say that there are none.
            inodes: (disk.f_files > 0).then_some(disk.f_favail),
        })
    }

    /// The standard library does not know it.
    #[cfg(not(unix))]
    pub fn of(_: &Path) -> std::io::Result<Self> {
        Err(std::io::ErrorKind::Unsupported.into())
    }

    /// Whether it is time to make some.
    pub fn is_little(&self) -> bool {
        self.free < LITTLE_ROOM || self.free < MUCH_ROOM && self.free < self.size / 10
    }
}

#[cfg(unix)]
fn room(folder: &Path, database: u64) -> Finding {
    match Room::of(folder) {
        Ok(disk) => judge_room(folder, disk, database),
        Err(error) => Finding::warning(
            DISK,
            format!("the room on the disk of {} cannot be determined: {error}", folder.display()),
            "check it by other means",
        ),
    }
}

/// Judges the room on the disk of a folder in which a database of this size is.
pub fn judge_room(folder: &Path, room: Room, database: u64) -> Finding {
    let Room { free: bytes, inodes, .. } = room;
    let files = inodes.map(|inodes| format!(" and {inodes} inodes")).unwrap_or_default();
    let detail = format!(
        "{}{files} are free in {}; the database has {}",
        megabytes(bytes),
        folder.display(),
        megabytes(database)
    );
    let remedy = "make room on this disk, or move the database to a larger one; on a full disk changes are refused, and nothing \
                  is lost";
    if bytes < NO_ROOM || inodes == Some(0) {
        Finding::error(DISK, detail, remedy)
    } else if room.is_little() || inodes.is_some_and(|inodes| inodes < FEW_INODES) {
        Finding::warning(DISK, detail, remedy)
    } else if bytes < database {
        Finding::warning(DISK, format!("{detail}: there is no room for a backup beside it"), remedy)
    } else {
        Finding::ok(DISK, detail)
    }
}

pub(super) fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

#[cfg(unix)]
mod permissions {
    use std::{fs::Metadata, os::unix::fs::MetadataExt, path::Path};

    use super::{Finding, PERMISSIONS, SqliteFiles};

    const READ_BY_OTHERS: u32 = 0o004;
    const WRITTEN_BY_OTHERS: u32 = 0o002;
    /// In a folder with this bit, only the owner of a file may remove or replace it.
    const STICKY: u32 = 0o1000;

    /// Whoever can write to the folder can replace the database.
    pub fn of_folder(folder: &Path) -> Option<Finding> {
        let mode = folder.metadata().ok()?.mode();
        let is_open = mode & WRITTEN_BY_OTHERS != 0 && mode & STICKY == 0;
        is_open.then(|| {
            let shown = folder.display();
            let detail = format!("every user of this machine can replace files in {shown} ({})", octal(mode));
            Finding::error(PERMISSIONS, detail, format!("chmod o-w {shown}"))
        })
    }

    /// The database, and what SQLite keeps beside it.
    pub fn of_database(files: &SqliteFiles) -> Vec<Finding> {
        let SqliteFiles { database, log, index } = files;
        let Ok(of_database) = database.metadata() else { return Vec::new() };
        let mut found: Vec<Finding> =
            [database, log, index].into_iter().filter_map(|file| judge(file, &file.metadata().ok()?)).collect();
        for file in [log, index] {
            if let Ok(beside) = file.metadata()
                && beside.uid() != of_database.uid()
            {
                let (file, owner) = (file.display(), of_database.uid());
                found.push(Finding::error(
                    PERMISSIONS,
                    format!("{file} belongs to user {}, but the database to user {owner}", beside.uid()),
                    format!(
                        "chown {owner} {file}; commands beside the server must run as the server's account, or the server cannot \
                         write"
                    ),
                ));
            }
        }
        if found.is_empty() {
            let detail = format!(
                "nobody outside of its owner and group can open {} ({})",
                database.display(),
                octal(of_database.mode())
            );
            found.push(Finding::ok(PERMISSIONS, detail));
        }
        found
    }

    /// A file with secrets.
    pub fn of_secret(file: &Path) -> Option<Finding> {
        let shown = file.display();
        Some(match file.metadata() {
            Ok(metadata) => judge(file, &metadata).unwrap_or_else(|| {
                Finding::ok(
                    PERMISSIONS,
                    format!("nobody outside of its owner and group can open {shown} ({})", octal(metadata.mode())),
                )
            }),
            Err(error) => Finding::warning(
                PERMISSIONS,
                format!("{shown} cannot be examined: {error}"),
                "name an existing file with --secret-file, and run this as an account that may see it",
            ),
        })
    }

    fn judge(file: &Path, metadata: &Metadata) -> Option<Finding> {
        let (mode, shown) = (metadata.mode(), file.display());
        if mode & WRITTEN_BY_OTHERS != 0 {
            let detail = format!("every user of this machine can write to {shown} ({})", octal(mode));
            Some(Finding::error(PERMISSIONS, detail, format!("chmod o= {shown}")))
        } else if mode & READ_BY_OTHERS != 0 {
            let detail = format!("every user of this machine can read {shown} ({})", octal(mode));
            Some(Finding::warning(PERMISSIONS, detail, format!("chmod o= {shown}")))
        } else {
            None
        }
    }

    fn octal(mode: u32) -> String {
        format!("mode {:04o}", mode & 0o7777)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::doctor::Status;

    #[test]
    fn a_disk_needs_room_and_inodes() {
        let judged = |free, inodes, database| {
            judge_room(Path::new("/data"), Room { free, size: 2 * free, inodes }, database).status
        };
        let of_size = |size| judge_room(Path::new("/data"), Room { free: 5_000 * MIB, size, inodes: None }, MIB).status;
        assert_eq!((of_size(45_000 * MIB), of_size(55_000 * MIB)), (Status::Ok, Status::Warning));
        assert_eq!(judged(10_000 * MIB, Some(1_000_000), MIB), Status::Ok);
        assert_eq!(judged(10_000 * MIB, None, MIB), Status::Ok);
        assert_eq!(judged(1_000 * MIB, None, MIB), Status::Warning);
        assert_eq!(judged(10_000 * MIB, Some(10), MIB), Status::Warning);
        assert_eq!(judged(10_000 * MIB, None, 20_000 * MIB), Status::Warning);
        assert_eq!(judged(10 * MIB, Some(1_000_000), MIB), Status::Error);
        assert_eq!(judged(10_000 * MIB, Some(0), MIB), Status::Error);
    }

    #[test]
    fn a_large_write_ahead_log_is_reported() {
        let judged = |bytes| judge_wal(Path::new("taskwire.db-wal"), bytes).status;
        assert_eq!((judged(4 * MIB), judged(300 * MIB)), (Status::Ok, Status::Warning));
    }
}
