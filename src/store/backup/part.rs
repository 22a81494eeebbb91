//! A file that gets its name when the backup in it is whole and on the disk. So there is never half a backup with that name.

use std::{
    fs::{self, File, TryLockError},
    io::{self, Seek},
    path::Path,
};

use tempfile::NamedTempFile;

/// How the name of a file begins and ends in which a backup is being written.
const NAME: (&str, &str) = (".taskwire-backup-", ".part");

/// A backup that is being written. The file is removed if it is dropped. Only a killed process leaves it: see [`remove_leftovers`].
pub struct Part(NamedTempFile);

impl Part {
    /// Makes the file, in the folder of the backup. Only its owner can read it, also without secrets: the content of boards is not for
    /// everybody.
    pub fn in_folder(folder: &Path) -> io::Result<Self> {
        let part = tempfile::Builder::new().prefix(NAME.0).suffix(NAME.1).tempfile_in(folder)?;
        // The lock tells this file from those of killed processes. On a file system without locks, no such file is removed.
        let _ = part.as_file().try_lock();
        Ok(Self(part))
    }

    /// The file to write to.
    pub fn file(&self) -> &File {
        self.0.as_file()
    }

    /// The file, to read what was written to it from the beginning.
    pub fn written(&self) -> io::Result<&File> {
        let mut file = self.file();
        file.rewind()?;
        Ok(file)
    }

    /// Waits until the backup is on the disk, gives it its name, and returns its size in bytes. If there is a file with this name, it is
    /// replaced, or the error says that it exists.
    pub fn finish(self, file: &Path, replace: bool) -> io::Result<u64> {
        self.file().sync_all()?;
        let size = self.file().metadata()?.len();
        let kept = if replace { self.0.persist(file) } else { self.0.persist_noclobber(file) };
        kept.map_err(|refused| refused.error)?;
        #[cfg(unix)]
        File::open(folder_of(file)).and_then(|folder| folder.sync_all())?;
        Ok(size)
    }
}

/// The folder in which a file is.
pub fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."))
}

/// Removes the files in a folder that were left by processes that were killed while they made a backup. Returns their number.
pub fn remove_leftovers(folder: &Path) -> io::Result<usize> {
    let mut removed = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let is_part = name.to_str().is_some_and(|name| name.starts_with(NAME.0) && name.ends_with(NAME.1));
        if !is_part || !entry.file_type()?.is_file() {
            continue;
        }
        // A process that still writes to it holds its lock.
        match File::options().write(true).open(entry.path()).map(|file| file.try_lock()) {
            Ok(Ok(())) => {
                fs::remove_file(entry.path())?;
                removed += 1;
            }
            Ok(Err(TryLockError::WouldBlock | TryLockError::Error(_))) => {}
            // Another node was quicker.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(removed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_nobody_writes_to_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let part = Part::in_folder(folder.path()).unwrap();
        for name in [".taskwire-backup-old.part", "a.part", ".taskwire-backup-x"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        assert_eq!(remove_leftovers(folder.path()).unwrap(), 1);
        let file = folder.path().join("backup");
        assert_eq!(part.finish(&file, false).unwrap(), 0);
        let mut names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, [".taskwire-backup-x", "a.part", "backup"]);
        let refused = Part::in_folder(folder.path()).unwrap().finish(&file, false).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    }
}
