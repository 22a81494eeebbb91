//! A real PgBouncer in front of the PostgreSQL of the tests.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

use super::{postgres, postgres_server};

/// A PgBouncer with its own settings.
pub struct PgBouncer {
    process: Child,
    port: u16,
    _folder: TempDir,
}

impl PgBouncer {
    /// Starts it in front of the server that a URL names.
    pub fn to(url: &str, settings: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder for PgBouncer");
        // Like PostgreSQL, it does not run as root, so its folder must be accessible to another user.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("the folder can be opened");
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
        let config = folder.path().join("pgbouncer.ini");
        let text = format!(
            "[databases]\n* = user=postgres host=127.0.0.1 port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
             unix_socket_dir =\nauth_type = any\n{settings}\n",
            postgres::port_of(url)
        );
        fs::write(&config, text).expect("its configuration is written");
        let mut command = postgres_server::as_postgres_user(Path::new("/usr/sbin/pgbouncer"));
        let process = command.arg("-q").arg(&config).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let process = process.expect("pgbouncer starts; on Debian: apt-get install pgbouncer");
        let deadline = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < deadline, "PgBouncer does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
        Self { process, port, _folder: folder }
    }

    /// The URL of the same database through PgBouncer.
    pub fn url(&self, direct: &str) -> String {
        direct.replace(&format!(":{}/", postgres::port_of(direct)), &format!(":{}/", self.port))
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        // SIGTERM ends it at once.
        let _ = Command::new("kill").arg(self.process.id().to_string()).status();
        let _ = self.process.wait();
    }
}
