//! A real PostgreSQL server, shared by all tests that run at about the same time, in however many processes.
//!
//! It has its own folder below the temporary folder, and a free loopback port. The first test that needs the server
//! starts it. Every test process holds a shared lock on a file for as long as it lives; the kernel releases the lock
//! however the process ends. A watchdog waits until nobody has held the lock for a few seconds, then stops the server
//! and removes the folder.

use std::{
    fs::{self, File},
    io::Write,
    net::TcpListener,
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tempfile::TempDir;

/// How long the server keeps running after the last test that used it.
const LINGER_SECONDS: u32 = 10;

/// The URL of a new database for one test.
pub async fn fresh_database() -> String {
    let server = server();
    let name = format!("test_{}", app::new_id::<uuid::Uuid>().simple());
    let mut connection = PgConnection::connect(&server.url("postgres")).await.expect("the test server answers");
    let create = format!("CREATE DATABASE {name} TEMPLATE template0");
    connection.execute(AssertSqlSafe(create)).await.expect("a database is made");
    connection.close().await.expect("the connection ends");
    server.url(&name)
}

/// The port in a URL that [`fresh_database`] returned.
pub fn port_of(url: &str) -> u16 {
    let port = url.rsplit(':').next().and_then(|rest| rest.split('/').next());
    port.and_then(|port| port.parse().ok()).expect("a URL with a port")
}

struct Server {
    port: u16,
    /// Locked for as long as this process lives.
    _users: File,
}

impl Server {
    fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }
}

/// A server for a single test, which may freeze and restart it.
pub struct Private {
    pub port: u16,
    folder: TempDir,
}

impl Private {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the server");
        // The user that runs PostgreSQL must be able to access the folder.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("the folder can be opened");
        let port = make(&folder.path().join("data"));
        Self { port, folder }
    }

    /// The URL of its only database.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Stops all its processes (SIGSTOP): its connections stay open, and nothing responds.
    pub fn freeze(&self) {
        self.signal("-STOP");
    }

    /// Continues its processes.
    pub fn thaw(&self) {
        self.signal("-CONT");
    }

    /// Ends it immediately and starts it again.
    pub fn restart(&self) {
        let data = self.data();
        let settings = settings(self.port, &data);
        run(as_postgres("pg_ctl")
            .args(["restart", "-w", "-s", "-m", "immediate", "-o", &settings, "-l"])
            .arg(data.join("log"))
            .arg("-D")
            .arg(&data));
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn signal(&self, signal: &str) {
        let file = fs::read_to_string(self.data().join("postmaster.pid")).expect("it runs");
        let parent: u32 = file.lines().next().and_then(|id| id.parse().ok()).expect("its id");
        let mut ids = vec![parent.to_string()];
        for process in fs::read_dir("/proc").expect("/proc").flatten() {
            // `id (name) state parent …`
            let Ok(status) = fs::read_to_string(process.path().join("stat")) else { continue };
            let above = status.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(1));
            if above == Some(&ids[0]) {
                ids.push(process.file_name().to_string_lossy().into_owned());
            }
        }
        // A process that has ended in the meantime does not matter.
        Command::new("kill").arg(signal).args(ids).stderr(Stdio::null()).status().expect("kill");
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        self.thaw();
        let data = self.data();
        let _ = as_postgres("pg_ctl").args(["stop", "-s", "-m", "immediate", "-D"]).arg(data).status();
    }
}

fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let user = if is_root() { "root" } else { "user" };
        let folder = std::env::temp_dir().join(format!("taskwire-test-postgres-{user}"));
        fs::create_dir_all(&folder).expect("a folder for the test server");
        // The user that runs PostgreSQL must be able to access the folder.
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).expect("the folder can be opened");

        let users = lock_file(&folder, "users");
        users.lock_shared().expect("the watchdog lets go");
        let starting = lock_file(&folder, "starting");
        starting.lock().expect("another test has started the server");
        let port = match running(&folder) {
            Some(port) => port,
            None => start(&folder),
        };
        Server { port, _users: users }
    })
}

fn lock_file(folder: &Path, name: &str) -> File {
    File::options().create(true).append(true).open(folder.join(name)).expect("a file to lock")
}

/// The port of the server, if it runs.
fn running(folder: &Path) -> Option<u16> {
    let port = fs::read_to_string(folder.join("port")).ok()?.parse().ok()?;
    std::net::TcpStream::connect(("127.0.0.1", port)).ok().map(|_| port)
}

fn start(folder: &Path) -> u16 {
    let data = folder.join("data");
    // Left over if the machine was switched off.
    let _ = fs::remove_dir_all(&data);
    let port = make(&data);
    watch(folder, &data);
    let mut file = File::create(folder.join("port")).expect("a file for the port");
    write!(file, "{port}").expect("the port is noted");
    port
}

/// Creates and starts a server on a free port.
fn make(data: &Path) -> u16 {
    fs::create_dir(data).expect("a folder for the data");
    if is_root() {
        run(Command::new("chown").arg("postgres:").arg(data));
    }
    run(as_postgres("initdb")
        .args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync", "-D"])
        .arg(data));
    let port = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port").port();
    run(as_postgres("pg_ctl")
        .args(["start", "-w", "-s", "-o", &settings(port, data), "-l"])
        .arg(data.join("log"))
        .arg("-D")
        .arg(data));
    port
}

fn settings(port: u16, data: &Path) -> String {
    format!(
        "-p {port} -k {} -c listen_addresses=127.0.0.1 -c max_connections=300 -c fsync=off -c full_page_writes=off \
         -c timezone=UTC",
        data.display()
    )
}

/// Starts the watchdog, which outlives this process.
#[expect(clippy::zombie_processes, reason = "it outlives this process, and is not waited for")]
fn watch(folder: &Path, data: &Path) {
    let stop = as_postgres("pg_ctl");
    let stop: Vec<String> = std::iter::once(stop.get_program())
        .chain(stop.get_args())
        .map(|part| format!("'{}'", part.to_string_lossy()))
        .collect();
    let script = format!(
        "cd /; while :; do
           flock --exclusive {users} true
           sleep {LINGER_SECONDS}
           flock --exclusive --nonblock {users} sh -c \"{stop} stop -s -m immediate -D {data}; rm -rf {data} {port}\" && exit
         done",
        users = folder.join("users").display(),
        port = folder.join("port").display(),
        data = data.display(),
        stop = stop.join(" "),
    );
    Command::new("sh")
        .args(["-c", &script])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .expect("the watchdog starts");
}

/// A command that runs one of PostgreSQL's programs.
fn as_postgres(program: &str) -> Command {
    as_postgres_user(&programs().join(program))
}

/// A command that runs a program as a user other than root if necessary, because the program, like PostgreSQL's server,
/// refuses root.
pub fn as_postgres_user(path: &Path) -> Command {
    let mut command = if is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--init-groups", "--"]).arg(path);
        command
    } else {
        Command::new(path)
    };
    command.current_dir("/").stdin(Stdio::null()).stdout(Stdio::null());
    command
}

/// Debian installs the server's programs outside `PATH`, in a folder for each version.
fn programs() -> PathBuf {
    let in_path = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect::<Vec<_>>();
    let debian =
        fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path().join("bin"));
    let mut found: Vec<PathBuf> =
        in_path.into_iter().chain(debian).filter(|folder| folder.join("initdb").exists()).collect();
    found.sort();
    found.pop().expect("PostgreSQL's server is missing; on Debian: apt-get install postgresql")
}

fn is_root() -> bool {
    // The owner of this process's entry in `/proc`.
    std::os::unix::fs::MetadataExt::uid(&fs::metadata("/proc/self").expect("/proc")) == 0
}

fn run(command: &mut Command) {
    let output = command.stderr(Stdio::piped()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
