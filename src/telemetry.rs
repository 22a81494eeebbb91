//! What the server reports to its operator: a log on standard error, and metrics for Prometheus.
//!
//! Field names end in their unit (`latency_ms`, `body_bytes`). A failure is logged once, where it is handled. One event is one
//! line: external input cannot begin another line, in whichever field it is.
//!
//! The log can neither fail nor block the work: lines are handed to a separate thread, which writes them if it can. When the disk is full,
//! or nobody reads any more, lines are lost, and nothing else happens.

use std::{
    fmt::{self, Debug, Write as _},
    io::{self, Write},
    panic::PanicHookInfo,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
    time::Duration,
};

use app::text::is_invisible;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing::field::Field;
use tracing_subscriber::{
    EnvFilter,
    field::MakeExt,
    fmt::format::{Writer, debug_fn},
};

use crate::settings::{LogFormat, Settings};

/// The buckets for times, from half the time of a durable write to longer than anybody waits.
const SECONDS: &[f64] =
    &[0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
const COUNTS: &[f64] = &[1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0];

/// How many lines may wait to be written.
const LINES: usize = 4_096;
/// How long the process waits at its end for the last lines to be written.
const LAST_LINES: Duration = Duration::from_secs(1);
/// Silences other crates. Made-up cookies are not worth logging, and anybody can send thousands a second; if a session cannot be read or
/// written, [`crate::accounts::sessions`] logs that. The contents of WebSocket messages are private.
const QUIET: &str = "tower_sessions=off,tower_sessions_core=off,tungstenite=warn,tokio_tungstenite=warn";
/// The maximum number of characters of one field.
const LONGEST_FIELD: usize = 4_000;

/// Sends the log to standard error. A second call (tests start several servers in one process) changes nothing.
pub fn start_log(settings: &Settings) {
    let filter = |wanted: &str| EnvFilter::try_new(format!("{QUIET},{wanted}"));
    let filter = filter(&settings.log).or_else(|_| filter("info")).unwrap_or_default();
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(|| Line);
    // An error only means that a log was already started.
    let _ = match settings.log_format {
        LogFormat::Text => log
            .with_ansi(io::IsTerminal::is_terminal(&io::stderr()))
            .fmt_fields(debug_fn(write_field).delimited(" "))
            .try_init(),
        LogFormat::Json => log.json().flatten_event(true).try_init(),
    };
}

/// Logs panics like other errors, instead of printing them.
pub fn log_panics() {
    std::panic::set_hook(Box::new(|panic: &PanicHookInfo<'_>| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let message = panic.payload_as_str().unwrap_or("(no message)");
        tracing::error!(place, message, "the server panicked");
    }));
}

/// Waits, for a bounded time, until the logged lines are written. To be called when the process is about to end.
pub fn flush() {
    let (done, is_done) = sync_channel(1);
    // The request to flush queues behind all lines. If the queue is full, or the thread is stuck, nothing can be done.
    if let Some(log) = LOG.get()
        && log.try_send(Entry::Flush(done)).is_ok()
    {
        let _ = is_done.recv_timeout(LAST_LINES);
    }
}

/// Writes a message for the operator to standard error, and waits a bounded time for that: somebody may have it open and not read.
pub fn complain(message: &str) {
    let (done, is_done) = sync_channel(1);
    let line = format!("{message}\n");
    let said = thread::Builder::new().spawn(move || {
        let _ = io::stderr().write_all(line.as_bytes());
        let _ = done.try_send(());
    });
    if said.is_ok() {
        let _ = is_done.recv_timeout(LAST_LINES);
    }
}

static LOG: OnceLock<SyncSender<Entry>> = OnceLock::new();
/// The number of lines that were dropped because the queue was full.
static LOST: AtomicU64 = AtomicU64::new(0);

enum Entry {
    Line(Vec<u8>),
    Flush(SyncSender<()>),
}

/// A line of the log. Writing it never fails and never waits.
struct Line;

impl Write for Line {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let log = LOG.get_or_init(|| {
            let (log, entries) = sync_channel(LINES);
            // If the thread cannot be started, nothing takes the lines, and they are lost.
            let _ = thread::Builder::new().name("log".to_owned()).spawn(move || write_log(&entries));
            log
        });
        if log.try_send(Entry::Line(line.to_owned())).is_err() {
            LOST.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write_log(entries: &Receiver<Entry>) {
    let mut out = io::stderr();
    for entry in entries {
        match entry {
            Entry::Line(line) => {
                let lost = LOST.swap(0, Ordering::Relaxed);
                if lost > 0 {
                    let _ = writeln!(
                        out,
                        "({lost} lines of the log were dropped, because they could not be written in time)"
                    );
                }
                // A line that cannot be written is lost: there is nobody left to tell.
                let _ = out.write_all(&line);
            }
            Entry::Flush(done) => drop(done.try_send(())),
        }
    }
}

/// Writes a field of an event. The field `message` is written without its name.
fn write_field(writer: &mut Writer<'_>, field: &Field, value: &dyn Debug) -> fmt::Result {
    if field.name() != "message" {
        write!(writer, "{}=", field.name())?;
    }
    write!(OneLine { writer, left: LONGEST_FIELD }, "{value:?}")
}

/// Writes text as part of one line: characters that would end the line or hide in it are escaped, as in `\n` or `\u{202e}`.
struct OneLine<W> {
    writer: W,
    left: usize,
}

impl<W: fmt::Write> fmt::Write for OneLine<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for char in text.chars() {
            self.left = match self.left {
                0 => return Ok(()),
                1 => return self.writer.write_char('…').map(|()| self.left = 0),
                left => left - 1,
            };
            match char.is_control() || is_invisible(char) || matches!(char, '\u{2028}' | '\u{2029}') {
                true => write!(self.writer, "{}", char.escape_default())?,
                false => self.writer.write_char(char)?,
            }
        }
        Ok(())
    }
}

/// The metrics of this process, collected from the first call on.
pub fn metrics() -> Option<&'static PrometheusHandle> {
    static HANDLE: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    let install = || {
        PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)?
            .set_buckets_for_metric(Matcher::Suffix("_size".to_owned()), COUNTS)?
            .install_recorder()
    };
    HANDLE
        .get_or_init(|| {
            install()
                .inspect_err(|error| tracing::error!(%error, "metrics cannot be collected; /metrics has none"))
                .ok()
        })
        .as_ref()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on_one_line(text: &str) -> String {
        let mut line = String::new();
        write!(OneLine { writer: &mut line, left: 20 }, "{text}").unwrap();
        line
    }

    #[test]
    fn what_would_end_a_line_or_hide_in_it_is_spelled_out() {
        assert_eq!(on_one_line("plain é 🚀"), "plain é 🚀");
        assert_eq!(on_one_line("a\r\nb\u{1b}[2K"), "a\\r\\nb\\u{1b}[2K");
        assert_eq!(on_one_line("a\u{202e}b\u{2028}c"), "a\\u{202e}b\\u{2028}c");
        assert_eq!(on_one_line(&"x".repeat(30)), format!("{}…", "x".repeat(19)));
    }
}
