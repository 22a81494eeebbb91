//! A clock for a process under test. A test can set it to any time, also while the process runs.

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
    /// A clock that is this many seconds ahead, or behind if negative. Needs a C compiler, as building SQLite does.
    pub fn ahead(seconds: i64) -> io::Result<Self> {
        let clock = Self { folder: tempfile::tempdir()? };
        let mut compiler = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-x", "c", "-", "-ldl", "-o"])
            .arg(clock.library())
            .stdin(Stdio::piped())
            .spawn()?;
        // The pipe is closed at the end of the statement, which ends the compiler's input.
        compiler.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?.write_all(include_bytes!("clock.c"))?;
        if !compiler.wait()?.success() {
            return Err(io::Error::other("the clock is not compiled"));
        }
        clock.set(seconds)?;
        Ok(clock)
    }

    /// Sets the clock, also for processes that already use it.
    pub fn set(&self, seconds: i64) -> io::Result<()> {
        // The file is overwritten without ever being shortened, because the processes may read it at any moment.
        let mut file = OpenOptions::new().create(true).truncate(false).write(true).open(self.file())?;
        file.write_all(&seconds.to_ne_bytes())
    }

    /// Makes a process that is yet to be started use this clock.
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
