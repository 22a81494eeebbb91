//! Collects what the servers of this process log, at every level, and checks that it contains no secret.
//!
//! Each test server checks the log when it ends, so every test with a server tests this. Secrets are found in two ways:
//! most by their format, so that the test need not know which secrets were made; and session secrets, which are
//! shorter, by comparison with the cookies that were issued.

use std::{
    collections::BTreeSet,
    io,
    sync::{Mutex, Once, PoisonError},
};

use tracing_subscriber::EnvFilter;

/// Everything except crates that log a lot and know no secrets: statements without their values, and the contents of
/// socket messages.
const FILTER: &str =
    "trace,sqlx=info,fred=info,tungstenite=info,tokio_tungstenite=info,mio=info,want=info,reqwest=info";
/// A secret has 32 random bytes in base64.
const SECRET_CHARS: usize = 43;

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static SESSIONS: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Starts collecting what is logged in this process.
pub fn collect() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let log = tracing_subscriber::fmt().with_env_filter(EnvFilter::new(FILTER)).with_ansi(false);
        log.with_writer(|| Collector).try_init().expect("nobody else collects the log");
    });
}

/// Registers a session's secret, which must not appear in any log.
pub fn must_not_tell(session: &str) {
    SESSIONS.lock().unwrap_or_else(PoisonError::into_inner).insert(session.to_owned());
}

/// Everything that was logged in this process so far.
pub fn text() -> String {
    String::from_utf8_lossy(&LOG.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
}

/// Checks the log of this process when it is dropped.
pub struct Watch;

impl Drop for Watch {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_no_secrets(&text());
        }
    }
}

/// Asserts that no line of a log contains a secret.
pub fn assert_no_secrets(log: &str) {
    let sessions = SESSIONS.lock().unwrap_or_else(PoisonError::into_inner).clone();
    for line in log.lines() {
        let session = sessions.iter().find(|session| line.contains(session.as_str())).map(String::as_str);
        if let Some(secret) = session.or_else(|| line.split(|char| !is_base64(char)).find(|word| is_secret(word))) {
            panic!("the log tells a secret, {secret}:\n{line}");
        }
    }
}

fn is_base64(char: char) -> bool {
    char.is_ascii_alphanumeric() || matches!(char, '-' | '_')
}

/// A secret has letters of both cases, whereas hashes and ids have only lower-case ones.
fn is_secret(word: &str) -> bool {
    let has = |is: fn(&u8) -> bool| word.as_bytes().iter().any(is);
    word.len() >= SECRET_CHARS && has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit)
}

struct Collector;

impl io::Write for Collector {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
