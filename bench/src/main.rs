//! Measures how fast Taskwire is: starts the release server, puts load on it over loopback, and prints one table.
//!
//! `make bench` runs it. Arguments select scenarios by name: `scripts/bench fanout creates`.
//!
//! - [`server`]: the server's process, its CPU time and its memory.
//! - [`postgres_server`]: a PostgreSQL for one scenario.
//! - [`socket`]: sockets that cost little to read, so that the load generator does not measure itself.
//! - [`http`]: requests over kept-alive connections.
//! - [`scenario`]: the measurements.

mod http;
#[path = "../../tests/support/postgres_server.rs"]
#[allow(dead_code, reason = "tests need more of it")]
mod postgres_server;
mod scenario;
mod server;
mod socket;

use std::{error::Error, time::Duration};

/// Any error ends the run; nobody handles it.
type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// One line of the table.
struct Row {
    what: String,
    measured: String,
    goal: &'static str,
}

impl Row {
    fn new(what: impl Into<String>, measured: impl Into<String>, goal: &'static str) -> Self {
        Self { what: what.into(), measured: measured.into(), goal }
    }
}

fn main() -> Result<()> {
    rlimit::increase_nofile_limit(u64::MAX)?;
    let wanted: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let mut table = Vec::new();
    for (name, scenario) in scenario::ALL {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
            eprintln!("measuring: {name}");
            // Every scenario ends by itself; this limit is in case one does not. A million tasks take minutes to create.
            let limit = Duration::from_secs(1_200);
            table.extend(runtime.block_on(async { tokio::time::timeout(limit, scenario()).await })??);
        }
    }
    print(&table);
    Ok(())
}

fn print(table: &[Row]) {
    println!("\n{}\n", machine());
    let wide = |column: fn(&Row) -> usize| table.iter().map(column).max().unwrap_or(0);
    let (what, measured) = (wide(|row| row.what.chars().count()), wide(|row| row.measured.chars().count()));
    println!("| {:what$} | {:measured$} | goal", "what", "measured");
    println!("|-{:-<what$}-|-{:-<measured$}-|------", "", "");
    for row in table {
        println!("| {:what$} | {:measured$} | {}", row.what, row.measured, row.goal);
    }
}

/// A description of the machine, in one line.
fn machine() -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let field = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line.split_once(':').map_or(String::new(), |(_, value)| value.trim().to_owned())
    };
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = read("/proc/loadavg").split(' ').next().unwrap_or_default().to_owned();
    format!(
        "{} ({cores} cores, {} of memory), Linux {}; load before: {load}",
        field(&read("/proc/cpuinfo"), "model name"),
        field(&read("/proc/meminfo"), "MemTotal"),
        read("/proc/sys/kernel/osrelease").trim(),
    )
}
