//! A clock for a process under test that shows whatever time a test wants, also while the process runs.

use std::{fs::OpenOptions, io::Write, path::PathBuf, process::Command};

use tempfile::TempDir;

pub struct Clock {
    folder: TempDir,
}

impl Clock {
    /// One that is so many days ahead, or behind where that is negative.
    pub fn ahead(days: i64) -> Self {
        let clock = Self { folder: tempfile::tempdir().expect("a folder for the clock") };
        let library = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .arg(clock.library())
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/clock.c"))
            .arg("-ldl")
            .status()
            .expect("a C compiler, which SQLite is built with as well");
        assert!(library.success());
        clock.set(days);
        clock
    }

    /// Sets it, for processes that have it already, too.
    pub fn set(&self, days: i64) {
        // Written over, and never shorter than it was: they look at it at any moment.
        let mut file = OpenOptions::new().create(true).truncate(false).write(true).open(self.file()).expect("a file");
        file.write_all(&(days * 24 * 60 * 60).to_ne_bytes()).expect("the clock is set");
    }

    /// Gives it to a process that is to be started.
    pub fn give_to<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("LD_PRELOAD", self.library()).env("TEST_CLOCK", self.file())
    }

    fn library(&self) -> PathBuf {
        self.folder.path().join("clock.so")
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("ahead")
    }
}
