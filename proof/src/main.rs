//! `prove`: runs the real server under faults, and checks that every promise of docs/PROTOCOL.md is kept.
//!
//! - [`children`], [`clock`], [`proxy`], [`servers`], [`cluster`]: the processes, and the network between them.
//! - [`client`], [`edits`], [`rest`], [`rights`]: the clients.
//! - [`faults`]: the faults.
//! - [`record`]: what all clients observed.
//! - [`fold`], [`check`]: what they should have observed, by the log.
//! - [`run`], [`table`]: a run from beginning to end, and its report.
//! - [`tamper`]: breaks each promise on purpose.
//!
//! No code of the server is used here: the server is started as a process, and the clients speak the protocol as
//! docs/PROTOCOL.md describes it.

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

/// Runs the real server under faults, and checks that every promise of docs/PROTOCOL.md is kept.
#[derive(Clone, Debug, Parser)]
struct Arguments {
    /// The server's executable.
    #[arg(long, env = "TASKWIRE", default_value = "target/release/taskwire")]
    taskwire: PathBuf,

    /// The seed of all random choices: the order, length and place of faults, and what clients do.
    #[arg(long, default_value_t = 1)]
    seed: u64,

    /// How long to run. After that, pending work is completed and everything is compared.
    #[arg(long, default_value_t = 1.0)]
    minutes: f64,

    /// Run until this many changes were made, too.
    #[arg(long, default_value_t = 0)]
    changes: u64,

    /// The number of nodes: several with PostgreSQL and Redis, or 1 with SQLite.
    #[arg(long, default_value_t = 3)]
    nodes: usize,

    /// The number of clients that follow and change boards over sockets.
    #[arg(long, default_value_t = 100)]
    clients: u64,

    /// The number of boards.
    #[arg(long, default_value_t = 12)]
    boards: usize,

    /// The number of mutations a second that all clients together request.
    #[arg(long, default_value_t = 400)]
    rate: u64,

    /// The percentage of mutations that delete a task. Above the default, more tasks are created as well, and the trash
    /// becomes full.
    #[arg(long, default_value_t = edits::DELETES, value_parser = clap::value_parser!(u8).range(..=50))]
    deletes: u8,

    /// The percentage of faults that begin while another one lasts.
    #[arg(long, default_value_t = 15)]
    storms: u8,

    /// Only faults whose names contain one of these texts, which are separated by commas.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,

    /// Run without faults.
    #[arg(long)]
    calm: bool,

    /// How many milliseconds late a change may arrive at a connected watcher.
    #[arg(long, default_value_t = 5_000)]
    stale: u64,

    /// Within how many seconds after the end of a fault all clients must have everything again.
    #[arg(long, default_value_t = 45)]
    patience: u64,

    /// Break a promise on purpose. The run must then fail.
    #[arg(long = "break", value_enum)]
    tamper: Option<Break>,

    /// Keep the logs of all processes and print where they are.
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
    // On the main thread, because the kernel kills the started processes when the thread that started them ends.
    let outcome = runtime.block_on(async {
        tokio::select! {
            outcome = run::run(&arguments) => outcome,
            () = interrupted() => Err("interrupted".to_owned()),
        }
    });
    // Tasks that still wait are not waited for.
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
