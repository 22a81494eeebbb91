//! Real Redis servers, each in its own folder, on free loopback ports.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

/// A Redis that can be stopped and started again.
pub struct Redis {
    pub port: u16,
    folder: TempDir,
    arguments: Vec<String>,
    process: Option<Child>,
}

impl Redis {
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts a Redis with these arguments.
    pub fn start_with(arguments: &[&str]) -> Self {
        let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        let folder = tempfile::tempdir().expect("a folder for Redis");
        let mut redis = Self { port: free_port(), folder, arguments, process: None };
        redis.restart();
        redis
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Kills it.
    pub fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().expect("Redis is killed");
            process.wait().expect("Redis has ended");
        }
    }

    /// Stops its process (SIGSTOP): its connections stay open, and nothing responds.
    pub fn freeze(&self) {
        self.signal("-STOP");
    }

    /// Continues its process.
    pub fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let id = self.process.as_ref().expect("Redis runs").id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().expect("kill").success());
    }

    /// Starts it on the same port.
    pub fn restart(&mut self) {
        let mut command = Command::new("redis-server");
        if let Some(config) = self.arguments.iter().position(|argument| argument.ends_with(".conf")) {
            command.arg(&self.arguments[config]).args(&self.arguments[config + 1..]);
        } else {
            command.args(&self.arguments);
        }
        command
            .args(["--port", &self.port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .arg("--dir")
            .arg(self.folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        self.process = Some(command.spawn().expect("redis-server starts; on Debian: apt-get install redis-server"));
        // A Redis with a password answers that authentication is required.
        let answers = |answer: String| answer.starts_with("+PONG") || answer.starts_with("-NOAUTH");
        wait_for(|| ask(self.port, &["PING"]).is_some_and(answers));
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Three masters of one cluster, sharing the slots.
pub fn cluster() -> Vec<Redis> {
    let nodes: Vec<Redis> = (0..3)
        .map(|_| {
            // The default port of the cluster bus is the server's plus 10,000, which may be in use.
            let bus = free_port().to_string();
            Redis::start_with(&["--cluster-enabled", "yes", "--cluster-port", &bus])
        })
        .collect();
    let mut create = Command::new("redis-cli");
    create.args(["--cluster", "create"]);
    for node in &nodes {
        create.arg(format!("127.0.0.1:{}", node.port));
    }
    let output = create.args(["--cluster-replicas", "0", "--cluster-yes"]).output().expect("redis-cli runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    for node in &nodes {
        wait_for(|| ask(node.port, &["CLUSTER", "INFO"]).is_some_and(|info| info.contains("cluster_state:ok")));
    }
    nodes
}

/// Sends a command to a server and returns its answer.
pub fn ask(port: u16, words: &[&str]) -> Option<String> {
    let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
    ask_bytes(port, &words)
}

/// As [`ask`], with words that may not be text.
pub fn ask_bytes(port: u16, words: &[&[u8]]) -> Option<String> {
    let mut connection = TcpStream::connect(("127.0.0.1", port)).ok()?;
    connection.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    let mut request = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        request.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        request.extend_from_slice(word);
        request.extend_from_slice(b"\r\n");
    }
    connection.write_all(&request).ok()?;
    let mut answer = vec![0; 16 * 1024];
    let length = connection.read(&mut answer).ok()?;
    Some(String::from_utf8_lossy(&answer[..length]).into_owned())
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port").port()
}

/// Waits until a condition holds.
pub fn wait_for(mut so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !so() {
        assert!(start.elapsed() < Duration::from_secs(20), "it did not come to be");
        std::thread::sleep(Duration::from_millis(20));
    }
}
