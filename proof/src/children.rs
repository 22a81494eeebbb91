//! Child processes. None outlives this process: dropping one kills it, and if this process dies without dropping
//! anything, the kernel kills them (`PR_SET_PDEATHSIG`, set by `setpriv`).

use std::{
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use tokio::time::{Instant, sleep};

use crate::clock::Clock;

/// The signals besides SIGKILL that are sent to child processes.
#[derive(Clone, Copy, Debug)]
pub enum Signal {
    Terminate,
    Interrupt,
    Quit,
    Stop,
    Continue,
}

pub struct Process {
    child: Child,
    /// The name for error messages.
    what: String,
}

impl Process {
    /// Starts a program, optionally as another user, which requires root.
    pub fn start(
        what: &str,
        user: Option<&str>,
        clock: Option<&Clock>,
        program: &Path,
        arguments: &[String],
        log: &Path,
    ) -> Result<Self, String> {
        // The kernel kills a child when the *thread* that started it ends. The main thread lives as long as the
        // process.
        assert_eq!(std::thread::current().name(), Some("main"), "processes are started by the main thread");
        let open = || std::fs::File::options().create(true).append(true).open(log);
        let file = open().map_err(|error| format!("{}: {error}", log.display()))?;
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL"]);
        if let Some(user) = user {
            command.args([&format!("--reuid={user}"), &format!("--regid={user}"), "--init-groups"]);
        }
        // With SIGXFSZ ignored, exceeding the file size limit is a write error, as on a full disk, and not a signal
        // that kills.
        command.args(["--", "sh", "-c", "trap '' XFSZ; exec \"$@\"", "sh"]).arg(program).args(arguments);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).current_dir("/");
        if let Some(clock) = clock {
            clock.give_to(&mut command);
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(file);
        // An interrupt at the terminal is meant for this process, which then ends its children in its own order.
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let child = command.spawn().map_err(|error| format!("{what}: setpriv (of util-linux): {error}"))?;
        Ok(Self { child, what: what.to_owned() })
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills the process, as a power loss would.
    pub fn kill(&mut self) {
        // The process may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    pub fn signal(&self, signal: Signal) {
        signal_to(self.id(), signal);
    }

    /// The exit status, if the process has ended.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Waits until the process has ended.
    pub async fn end(&mut self, at_most: Duration) -> Result<ExitStatus, String> {
        let deadline = Instant::now() + at_most;
        loop {
            if let Some(status) = self.ended() {
                return Ok(status);
            }
            if Instant::now() > deadline {
                return Err(format!("{} has not ended after {} s", self.what, at_most.as_secs()));
            }
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// The child processes of this process that are still running.
    pub fn children(&self) -> Vec<u32> {
        let of = |id: u32| std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
        of(self.id()).split_whitespace().filter_map(|id| id.parse().ok()).collect()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Sends a signal to a process of this run.
pub fn signal_to(id: u32, signal: Signal) {
    let name = match signal {
        Signal::Terminate => "-TERM",
        Signal::Interrupt => "-INT",
        Signal::Quit => "-QUIT",
        Signal::Stop => "-STOP",
        Signal::Continue => "-CONT",
    };
    // One of PostgreSQL's processes may have ended in the meantime.
    let _ = Command::new("kill").args([name, &id.to_string()]).stderr(Stdio::null()).status();
}

/// Limits the size of the files that a process writes; `None` removes the limit.
pub fn limit_files(id: u32, bytes: Option<u64>) {
    // Only the soft limit, because the owner of the process may raise it again.
    let limit = bytes.map_or_else(|| "unlimited".to_owned(), |bytes| bytes.to_string());
    let _ = Command::new("prlimit")
        .args(["--pid", &id.to_string(), &format!("--fsize={limit}:")])
        .stderr(Stdio::null())
        .status();
}

/// Runs a program to its end. Returns its output.
pub fn run(command: &mut Command) -> Result<String, String> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)))
    }
}

pub fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}

pub fn free_port() -> Result<u16, String> {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
    socket.map(|address| address.port()).map_err(|error| format!("a free port: {error}"))
}
