//! `prove`: tries the real server under faults, and checks that every promise of docs/PROTOCOL.md is kept.
//!
//! - [`children`], [`clock`], [`proxy`], [`servers`], [`cluster`]: what runs, and the network between.
//! - [`client`], [`edits`], [`rest`], [`rights`]: those who use it.
//! - [`faults`]: what goes wrong.
//! - [`record`]: what all of them saw.
//! - [`fold`], [`check`]: what should have been seen, by the log.
//! - [`run`], [`table`]: a run from beginning to end, and how it is told.
//! - [`tamper`]: breaking each promise on purpose.
//!
//! No code of the server is used here: it is started as a process and spoken to as docs/PROTOCOL.md says.

#![allow(clippy::disallowed_methods, reason = "those to use instead are the server's")]

mod check;
mod children;
mod client;
#[path = "../../tests/support/clock.rs"]
mod clock;
mod cluster;
mod edits;
mod faults;
mod fold;
mod proxy;
mod record;
mod rest;
mod rights;
mod run;
mod servers;
mod socket;
mod table;
mod tamper;

use std::{path::PathBuf, process::ExitCode};

use clap::Parser;
use tamper::Break;
use tokio::signal::unix::{SignalKind, signal};

/// Tries the real server under faults, and checks that every promise of docs/PROTOCOL.md is kept.
#[derive(Clone, Debug, Parser)]
struct Arguments {
    /// The server's executable.
    #[arg(long, env = "TASKWIRE", default_value = "target/release/taskwire")]
    taskwire: PathBuf,

    /// From which everything is drawn that is drawn: the order, length and place of faults, and what clients do.
    #[arg(long, default_value_t = 1)]
    seed: u64,

    /// How long to go on for; then what is under way comes to its end and everything is compared.
    #[arg(long, default_value_t = 1.0)]
    minutes: f64,

    /// Go on until so many changes were made, too.
    #[arg(long, default_value_t = 0)]
    changes: u64,

    /// How many nodes: several over PostgreSQL and Redis, or 1 over SQLite.
    #[arg(long, default_value_t = 3)]
    nodes: usize,

    /// How many clients follow and change boards over sockets.
    #[arg(long, default_value_t = 100)]
    clients: u64,

    /// How many boards there are.
    #[arg(long, default_value_t = 12)]
    boards: usize,

    /// How many mutations a second all clients together ask for.
    #[arg(long, default_value_t = 400)]
    rate: u64,

    /// The share of mutations that delete a task, in hundredths. With more than usual, more tasks are made as well, and the trash
    /// comes to be full.
    #[arg(long, default_value_t = edits::DELETES, value_parser = clap::value_parser!(u8).range(..=50))]
    deletes: u8,

    /// The share of faults that begin while another one lasts, in hundredths.
    #[arg(long, default_value_t = 15)]
    storms: u8,

    /// Only faults whose names contain one of these, which have commas between them.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,

    /// No faults at all.
    #[arg(long)]
    calm: bool,

    /// How many milliseconds late a change may be at a watcher who is connected.
    #[arg(long, default_value_t = 5_000)]
    stale: u64,

    /// How many seconds after the end of a fault all must have everything again.
    #[arg(long, default_value_t = 45)]
    patience: u64,

    /// Break a promise on purpose; the run must then fail.
    #[arg(long = "break", value_enum)]
    tamper: Option<Break>,

    /// Leave the logs of all processes and say where they are.
    #[arg(long)]
    keep: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(workers).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::FAILURE;
        }
    };
    // On this thread: what it starts ends with it.
    let outcome = runtime.block_on(async {
        tokio::select! {
            outcome = run::run(&arguments) => outcome,
            () = interrupted() => Err("interrupted".to_owned()),
        }
    });
    // What still waits somewhere is not waited for.
    runtime.shutdown_background();
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

async fn interrupted() {
    match (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) {
        (Ok(mut interrupt), Ok(mut terminate)) => {
            tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
        }
        _ => std::future::pending().await,
    }
}
