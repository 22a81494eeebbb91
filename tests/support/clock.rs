//! A clock for a process under test that shows whatever time a test wants, also while the process runs.

use std::{
    fs::OpenOptions,
    io::{self, Write},
    path::PathBuf,
    process::{Command, Stdio},
};

use tempfile::TempDir;

pub struct Clock {
    folder: TempDir,
}

impl Clock {
    /// One that is so many seconds ahead, or behind where that is negative. Takes a C compiler, with which SQLite is built as well.
    pub fn ahead(seconds: i64) -> io::Result<Self> {
        let clock = Self { folder: tempfile::tempdir()? };
        let mut compiler = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-x", "c", "-", "-ldl", "-o"])
            .arg(clock.library())
            .stdin(Stdio::piped())
            .spawn()?;
        // Closed at the end of the statement, which ends what it reads.
        compiler.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?.write_all(include_bytes!("clock.c"))?;
        if !compiler.wait()?.success() {
            return Err(io::Error::other("the clock is not compiled"));
        }
        clock.set(seconds)?;
        Ok(clock)
    }

    /// Sets it, for processes that have it already, too.
    pub fn set(&self, seconds: i64) -> io::Result<()> {
        // Written over, and never shorter than it was: they look at it at any moment.
        let mut file = OpenOptions::new().create(true).truncate(false).write(true).open(self.file())?;
        file.write_all(&seconds.to_ne_bytes())
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
