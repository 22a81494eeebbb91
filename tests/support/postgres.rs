//! A real PostgreSQL server, shared by all tests that run at about the same time, in however many processes.
//!
//! It has its own folder below the temporary folder, and a free loopback port. The first test that needs the server
//! starts it. Every test process holds a shared lock on a file for as long as it lives; the kernel releases the lock
//! however the process ends. A watchdog waits until nobody has held the lock for a few seconds, then stops the server
//! and removes the folder.

use std::{
    fs::{self, File},
    io::Write,
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::Path,
    process::{Command, Stdio},
    sync::OnceLock,
};

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use super::postgres_server::{as_postgres, create_and_start, is_root};

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
    let port = create_and_start(&data);
    watch(folder, &data);
    let mut file = File::create(folder.join("port")).expect("a file for the port");
    write!(file, "{port}").expect("the port is noted");
    port
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
