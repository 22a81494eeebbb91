//! PostgreSQL's programs: how a server of one's own is created, started on a free loopback port, and stopped. `bench`
//! uses this file, too.

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

/// A server for a single test or measurement, which may freeze and restart it.
pub struct PostgresServer {
    pub port: u16,
    folder: TempDir,
}

impl PostgresServer {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the server");
        // The user that runs PostgreSQL must be able to access the folder.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("the folder can be opened");
        let port = create_and_start(&folder.path().join("data"));
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

impl Drop for PostgresServer {
    fn drop(&mut self) {
        self.thaw();
        let data = self.data();
        let _ = as_postgres("pg_ctl").args(["stop", "-s", "-m", "immediate", "-D"]).arg(data).status();
    }
}

/// Creates and starts a server on a free port.
pub fn create_and_start(data: &Path) -> u16 {
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

/// A command that runs one of PostgreSQL's programs.
pub fn as_postgres(program: &str) -> Command {
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

/// The folder of PostgreSQL's programs. Debian has one for each version, outside `PATH`; what `PATH` has may be a link into it, beside
/// which not all programs have one.
fn programs() -> PathBuf {
    let in_path = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect::<Vec<_>>();
    let debian =
        fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path().join("bin"));
    let initdb = in_path.into_iter().chain(debian).filter_map(|folder| folder.join("initdb").canonicalize().ok());
    let folder = initdb.filter_map(|initdb| initdb.parent().map(Path::to_path_buf)).max();
    folder.expect("PostgreSQL's server is missing; on Debian: apt-get install postgresql")
}

pub fn is_root() -> bool {
    // The owner of this process's entry in `/proc`.
    std::os::unix::fs::MetadataExt::uid(&fs::metadata("/proc/self").expect("/proc")) == 0
}

fn run(command: &mut Command) {
    let output = command.stderr(Stdio::piped()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
