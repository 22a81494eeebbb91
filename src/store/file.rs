//! SQLite's file: which files belong to it, and whether it is still there.
//!
//! A file that is removed or replaced while it is open continues to exist without a name; what is written to it is lost when
//! the process ends. So the name must still lead to the file that was opened, by device and inode. The same holds for the log
//! file beside it, in which SQLite keeps the latest commits. This is checked before and after every writing transaction; it
//! takes one or two system calls.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::StoreError;

/// The file of an open database.
pub(super) struct OpenFile {
    path: PathBuf,
    identity: Identity,
    log_path: PathBuf,
    /// The log file as the writing connection has it open. `None` while there is no such connection, because the last
    /// connection that closes the database removes the log.
    log: Mutex<Option<Identity>>,
}

/// Identifies a file: device and inode; on Windows, the time of its creation.
type Identity = (u64, u64);

impl OpenFile {
    /// The file with this name, which was just opened.
    pub fn at(path: &Path) -> io::Result<Self> {
        // SQLite also resolves the path when it opens the file, so a later change of the working folder does not matter.
        let SqliteFiles { database: path, log: log_path, .. } = SqliteFiles::at(&fs::canonicalize(path)?);
        Ok(Self { identity: identity(&path)?, log: Mutex::new(identity(&log_path).ok()), path, log_path })
    }

    /// Records that there is a writing connection.
    pub fn writer_opened(&self) {
        *self.log() = identity(&self.log_path).ok();
    }

    /// Records that there is no writing connection.
    pub fn writer_closed(&self) {
        *self.log() = None;
    }

    /// Returns an error if the name no longer leads to the file that was opened.
    pub fn check(&self) -> Result<(), StoreError> {
        if identity(&self.path).ok() != Some(self.identity) {
            return Err(replaced(&self.path));
        }
        let log = *self.log();
        if log.is_some() && identity(&self.log_path).ok() != log {
            return Err(replaced(&self.log_path));
        }
        Ok(())
    }

    fn log(&self) -> MutexGuard<'_, Option<Identity>> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The files of a database of SQLite's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqliteFiles {
    /// The database.
    pub database: PathBuf,
    /// The latest commits, while somebody has the database open, or if it was not closed in good order (WAL).
    pub log: PathBuf,
    /// The index of that log, which the processes that have the database open share.
    pub index: PathBuf,
}

impl SqliteFiles {
    /// The files of the database with this name, which need not exist.
    pub fn at(database: &Path) -> Self {
        let database = fs::canonicalize(database).unwrap_or_else(|_| database.to_owned());
        let beside = |suffix: &str| {
            let mut path = database.clone().into_os_string();
            path.push(suffix);
            PathBuf::from(path)
        };
        Self { log: beside("-wal"), index: beside("-shm"), database }
    }

    /// Whether nobody has the database open, and it was closed in good order.
    pub fn is_at_rest(&self) -> bool {
        self.database.exists() && !self.log.exists()
    }
}

/// The error has only the file's name: its readers must not learn the folder.
fn replaced(path: &Path) -> StoreError {
    StoreError::Replaced(path.file_name().unwrap_or_default().display().to_string())
}

#[cfg(unix)]
fn identity(path: &Path) -> io::Result<Identity> {
    use std::os::unix::fs::MetadataExt;

    fs::metadata(path).map(|file| (file.dev(), file.ino()))
}

#[cfg(windows)]
fn identity(path: &Path) -> io::Result<Identity> {
    use std::os::windows::fs::MetadataExt;

    fs::metadata(path).map(|file| (0, file.creation_time()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_the_one_that_was_opened_is_noticed_and_is_good_again_when_it_is_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, log) = (folder.path().join("taskwire.db"), folder.path().join("taskwire.db-wal"));
        let elsewhere = folder.path().join("elsewhere");
        fs::write(&path, "").expect("a file");
        fs::write(&log, "").expect("a log");
        let file = OpenFile::at(&path).expect("it is there");
        file.check().expect("it is as it was");
        for part in [&path, &log] {
            fs::rename(part, &elsewhere).expect("moved away");
            let error = file.check().expect_err("it is gone").to_string();
            assert!(error.starts_with("taskwire.db"), "{error}");
            fs::write(part, "another").expect("another file");
            file.check().expect_err("it is another");
            fs::rename(&elsewhere, part).expect("moved back");
            file.check().expect("it is as it was");
        }
        file.writer_closed();
        fs::remove_file(&log).expect("removed");
        file.check().expect("without a writer there need not be one");
        fs::write(&log, "").expect("another log");
        file.writer_opened();
        file.check().expect("it is as it was opened");
    }
}
