//! Whether SQLite's file is still there.
//!
//! A file that is removed or replaced while it is open lives on without a name: what is written to it is lost when the
//! process ends. So its name must lead to what was opened, by device and inode, and the same goes for the file beside it
//! in which SQLite keeps what was committed last. This is looked at before and after every transaction that writes; it is one
//! or two system calls.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::StoreError;

/// The file of a database that is open.
pub(super) struct OpenFile {
    path: PathBuf,
    identity: Identity,
    log_path: PathBuf,
    /// As the connection that writes has it open. `None` while there is no such connection: the last one to close a database
    /// removes it.
    log: Mutex<Option<Identity>>,
}

/// What a name leads to: a device and a number on it; on Windows the moment when it was made.
type Identity = (u64, u64);

impl OpenFile {
    /// The file with this name, which was just opened.
    pub fn at(path: &Path) -> io::Result<Self> {
        // As SQLite does, so that the working folder does not matter later.
        let path = fs::canonicalize(path)?;
        let mut log_path = path.clone().into_os_string();
        log_path.push("-wal");
        let log_path = PathBuf::from(log_path);
        Ok(Self { identity: identity(&path)?, log: Mutex::new(identity(&log_path).ok()), path, log_path })
    }

    /// Takes note that there is a connection that writes.
    pub fn writer_opened(&self) {
        *self.log() = identity(&self.log_path).ok();
    }

    /// Takes note that there is none.
    pub fn writer_closed(&self) {
        *self.log() = None;
    }

    /// An error if what was opened is no longer what has its name.
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

/// Its folder is nothing for those who are told.
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
