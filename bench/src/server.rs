//! The release server, as a separate process.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use tempfile::TempDir;

use crate::{
    Result,
    postgres_server::{PostgresServer, as_postgres},
};

/// The number of clock ticks in a second of CPU time: `_SC_CLK_TCK`, 100 on every Linux.
const TICKS_PER_SECOND: u64 = 100;

/// A running server with its own database. Ends when dropped.
pub struct Server {
    process: Child,
    database: Database,
    pub door: Door,
}

/// What a server stores its data in.
enum Database {
    Sqlite(TempDir),
    Postgres(PostgresServer),
}

impl Database {
    fn url(&self) -> String {
        match self {
            Self::Sqlite(folder) => format!("sqlite:{}", folder.path().join("bench.db").display()),
            Self::Postgres(server) => server.url(),
        }
    }
}

/// The server's address, and a token for it.
#[derive(Clone)]
pub struct Door {
    pub address: SocketAddr,
    /// `None` for a server without accounts.
    pub token: Option<Arc<str>>,
}

impl Server {
    /// Starts a server on an empty SQLite database with `synchronous = FULL`.
    pub fn start() -> Result<Self> {
        let database = Database::Sqlite(tempfile::tempdir()?);
        let token: Arc<str> = token(&database)?.into();
        let (process, address) = spawn(&database, "127.0.0.1:0".parse()?, "accounts")?;
        Ok(Self { process, database, door: Door { address, token: Some(token) } })
    }

    /// Starts a server without accounts, whose pages need no session, on an empty SQLite database.
    pub fn start_open() -> Result<Self> {
        Self::start_open_on(Database::Sqlite(tempfile::tempdir()?))
    }

    /// Starts a server without accounts on an empty PostgreSQL database, which does not wait for the disk.
    pub fn start_open_on_postgres() -> Result<Self> {
        Self::start_open_on(Database::Postgres(PostgresServer::start()))
    }

    fn start_open_on(database: Database) -> Result<Self> {
        let (process, address) = spawn(&database, "127.0.0.1:0".parse()?, "open")?;
        Ok(Self { process, database, door: Door { address, token: None } })
    }

    /// Makes PostgreSQL count what its tables hold, as it does by itself within a minute: without these statistics it reads a table of a
    /// million new tasks whole, and sorts it. SQLite needs none.
    pub fn analyze(&self) -> Result<()> {
        let Database::Postgres(server) = &self.database else { return Ok(()) };
        let analyzed =
            as_postgres("vacuumdb").args(["--analyze-only", "--quiet", "--dbname", &server.url()]).status()?;
        analyzed.success().then_some(()).ok_or_else(|| "vacuumdb failed".into())
    }

    /// Kills the server, as a power failure would, and starts it again with the same data and address.
    pub fn kill_and_restart(&mut self) -> Result<()> {
        self.process.kill()?;
        self.process.wait()?;
        (self.process, _) = spawn(&self.database, self.door.address, "accounts")?;
        Ok(())
    }

    /// The CPU time that the server has used so far, in user and kernel mode.
    pub fn cpu(&self) -> Result<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id()))?;
        // The process's name, in brackets, may hold anything; utime and stime are the 12th and 13th fields after it.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
        Ok(Duration::from_millis(ticks * 1_000 / TICKS_PER_SECOND))
    }

    /// The server's resident memory in KiB.
    pub fn resident_kib(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).ok_or("no VmRSS")?;
        Ok(line.split_whitespace().nth(1).ok_or("no VmRSS")?.parse()?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The server may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The release server, which is built beside this program.
pub fn executable() -> Result<PathBuf> {
    Ok(std::env::current_exe()?.with_file_name("taskwire"))
}

/// Makes an account, and a token for all measurements.
fn token(database: &Database) -> Result<String> {
    let program = executable()?;
    let run = |arguments: &[&str]| -> Result<String> {
        let output = Command::new(&program).args(arguments).args(["--database", &database.url()]).output()?;
        match output.status.success() {
            true => Ok(String::from_utf8(output.stdout)?.trim().to_owned()),
            false => Err(String::from_utf8_lossy(&output.stderr).into_owned().into()),
        }
    };
    run(&["user", "add", "--name", "Bench", "--email", "bench@example.com", "--role", "owner"])?;
    run(&["token", "create", "--user", "bench@example.com", "--scope", "admin"])
}

fn spawn(database: &Database, listen: SocketAddr, auth: &str) -> Result<(Child, SocketAddr)> {
    let mut process = Command::new(executable()?)
        .args(["serve", "--no-sample", "--auth", auth, "--listen", &listen.to_string()])
        // All sockets of a scenario belong to one person at one address.
        .args(["--sockets-per-person", "100000", "--sockets-per-address", "100000", "--api-rate", "0"])
        .args(["--database", &database.url()])
        .args(["--log", "warn"])
        .stdout(Stdio::piped())
        .spawn()?;
    let mut lines = BufReader::new(process.stdout.take().ok_or("no output")?).lines();
    let line = lines.next().ok_or("the server ended at once")??;
    let address = line.rsplit("http://").next().unwrap_or_default().trim().parse()?;
    // The server's further output must be read, so that it does not block.
    std::thread::spawn(move || lines.for_each(drop));
    Ok((process, address))
}
