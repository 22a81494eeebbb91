//! The services that the server needs: a PostgreSQL and a Redis for this run alone, on loopback ports.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use sqlx::{AnyConnection, Connection};
use tokio::time::{Instant, sleep};

use crate::children::{Process, Signal, free_port, is_root, limit_files, run, signal_to};

const PATIENCE: Duration = Duration::from_secs(30);

/// A PostgreSQL server.
pub struct Postgres {
    pub port: u16,
    data: PathBuf,
    log: PathBuf,
    process: Option<Process>,
}

impl Postgres {
    pub async fn start(folder: &Path) -> Result<Self, String> {
        let data = folder.join("postgres");
        std::fs::create_dir(&data).map_err(|error| format!("{}: {error}", data.display()))?;
        // PostgreSQL refuses to run as root.
        if is_root() {
            run(Command::new("chown").arg("postgres:").arg(&data))?;
        }
        let program = programs()?.join("initdb");
        let mut init = if is_root() {
            let mut init = Command::new("setpriv");
            init.args(["--reuid=postgres", "--regid=postgres", "--init-groups", "--"]).arg(program);
            init
        } else {
            Command::new(program)
        };
        // Small segments of the write-ahead log, so that the file size limit that simulates a full disk can be small as
        // well.
        let settings = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync", "--wal-segsize=1", "-D"];
        run(init.args(settings).arg(&data).current_dir("/"))?;
        let mut postgres = Self { port: free_port()?, data, log: folder.join("postgres.log"), process: None };
        postgres.restart().await?;
        Ok(postgres)
    }

    /// The database's URL with a port: its own, or that of a link.
    pub fn url(port: u16) -> String {
        format!("postgres://postgres@127.0.0.1:{port}/postgres")
    }

    /// Starts PostgreSQL, always on the same port.
    pub async fn restart(&mut self) -> Result<(), String> {
        let deadline = Instant::now() + PATIENCE;
        let arguments: Vec<String> = [
            "-D",
            &self.data.to_string_lossy(),
            "-p",
            &self.port.to_string(),
            "-c",
            "unix_socket_directories=",
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            "max_connections=200",
            "-c",
            "fsync=off",
            "-c",
            "timezone=UTC",
        ]
        .map(str::to_owned)
        .into();
        loop {
            let alive = self.process.as_mut().is_some_and(|process| process.ended().is_none());
            if !alive {
                let user = is_root().then_some("postgres");
                let program = programs()?.join("postgres");
                self.process = Some(Process::start("PostgreSQL", user, None, &program, &arguments, &self.log)?);
            }
            match tokio::time::timeout(Duration::from_secs(2), AnyConnection::connect(&Self::url(self.port))).await {
                Ok(Ok(connection)) => {
                    // The connection was only a test.
                    let _ = connection.close().await;
                    return Ok(());
                }
                // PostgreSQL is starting. After a crash it may find remains of the previous instance and end; then it
                // is started again.
                _ if Instant::now() < deadline => sleep(Duration::from_millis(30)).await,
                Ok(Err(error)) => return Err(format!("PostgreSQL does not start: {error} ({})", self.log.display())),
                Err(_) => return Err(format!("PostgreSQL does not answer ({})", self.log.display())),
            }
        }
    }

    /// Stops PostgreSQL: in an orderly way without waiting for its clients, or at once, as in a crash.
    pub async fn end(&mut self, crash: bool) -> Result<(), String> {
        if let Some(mut process) = self.process.take() {
            process.signal(if crash { Signal::Quit } else { Signal::Interrupt });
            process.end(PATIENCE).await?;
        }
        Ok(())
    }

    /// The process ids of the server and its worker processes.
    fn processes(&self) -> Vec<u32> {
        self.process.iter().flat_map(|process| std::iter::once(process.id()).chain(process.children())).collect()
    }

    pub fn signal(&self, signal: Signal) {
        // Processes that PostgreSQL starts in the meantime are found in the second pass.
        for _ in 0..2 {
            for id in self.processes() {
                signal_to(id, signal);
            }
        }
    }

    pub fn limit_files(&self, bytes: Option<u64>) {
        // Processes that PostgreSQL starts before its own limit is set are found in the second pass.
        for _ in 0..2 {
            for id in self.processes() {
                limit_files(id, bytes);
            }
        }
    }
}

/// The folder with PostgreSQL's programs. Debian keeps them out of the path, in one folder per version.
fn programs() -> Result<PathBuf, String> {
    let in_path = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect::<Vec<_>>();
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let debian = debian.map(|entry| entry.path().join("bin"));
    let mut found: Vec<PathBuf> =
        in_path.into_iter().chain(debian).filter(|folder| folder.join("initdb").exists()).collect();
    found.sort();
    found.pop().ok_or_else(|| "PostgreSQL's server is missing; on Debian: apt-get install postgresql".to_owned())
}

/// A Redis server.
pub struct Redis {
    pub port: u16,
    log: PathBuf,
    process: Option<Process>,
}

impl Redis {
    pub async fn start(folder: &Path) -> Result<Self, String> {
        let mut redis = Self { port: free_port()?, log: folder.join("redis.log"), process: None };
        redis.restart().await?;
        Ok(redis)
    }

    pub async fn restart(&mut self) -> Result<(), String> {
        let program = which("redis-server")
            .ok_or_else(|| "redis-server is missing; on Debian: apt-get install redis-server".to_owned())?;
        let port = self.port.to_string();
        let arguments = ["--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"].map(str::to_owned);
        self.process = Some(Process::start("Redis", None, None, &program, &arguments, &self.log)?);
        let deadline = Instant::now() + PATIENCE;
        while tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
            if Instant::now() > deadline {
                return Err(format!("Redis does not start ({})", self.log.display()));
            }
            sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }

    pub fn kill(&mut self) {
        self.process = None;
    }

    pub fn signal(&self, signal: Signal) {
        if let Some(process) = &self.process {
            process.signal(signal);
        }
    }
}

fn which(program: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(program)).find(|path| path.exists())
}
