//! The `taskwire` command.

#![warn(clippy::print_stdout, clippy::print_stderr)] // `println!` and `eprintln!` panic when nobody reads.

mod signals;

use std::{
    io::Write,
    process::ExitCode,
    sync::Once,
    thread,
    time::{Duration, Instant},
};

use signals::StopSignals;
#[cfg(debug_assertions)]
use taskwire::supervise::{Essential, Supervisor};
use taskwire::{
    command::{Command, CommandLine},
    doctor::settings::Given,
    http, serve, telemetry,
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Stop signals within this time count as one.
const SAME_SIGNAL: Duration = Duration::from_millis(500);

#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long the end of the process waits for tasks that do not end by themselves.
const LAST_TASKS: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let outcome = match CommandLine::of_process().command {
        Command::Serve(given) => run(*given),
        Command::User(command) => at_once(command.run()),
        Command::Token(command) => at_once(command.run()),
        Command::Board(command) => at_once(command.run()),
        Command::Group(command) => at_once(command.run()),
        Command::Task(command) => at_once(command.run()),
        Command::Audit(command) => at_once(command.run()),
        Command::Settings(command) => at_once(command.run()),
        Command::Backup(command) => at_once(command.run()),
        Command::Restore(command) => at_once(command.run()),
        Command::Health(command) => at_once(command.run()),
        Command::Doctor(command) => at_once(command.run()),
        Command::Openapi => {
            // The reader of the output may have closed it.
            let _ = writeln!(std::io::stdout(), "{}", http::openapi_json());
            Ok(())
        }
        Command::Asyncapi => {
            let _ = writeln!(std::io::stdout(), "{}", http::asyncapi_json());
            Ok(())
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            telemetry::flush();
            telemetry::complain(&format!("error: {message}"));
            ExitCode::FAILURE
        }
    }
}

/// Runs a short command to its end.
fn at_once(work: impl Future<Output = Result<(), String>>) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("cannot start the async runtime: {error}"))?;
    let outcome = runtime.block_on(async {
        signals::survive_too_large_files().map_err(|error| format!("cannot listen for signals: {error}"))?;
        work.await
    });
    // Dropping the runtime would wait for a look-up of a name, however long that takes.
    runtime.shutdown_timeout(LAST_TASKS);
    outcome
}

fn run(given: Given) -> Result<(), String> {
    let settings = &given.settings;
    telemetry::start_log(settings);
    telemetry::log_panics();
    let stop_within = settings.stop_within;
    let address = settings.listen_address().map_err(|error| error.to_string())?;
    // Each socket is an open file, and the usual limit of 1,024 is enough for one busy team only.
    if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
        tracing::warn!(%error, "cannot raise the limit on open files, which also limits the number of sockets");
    }
    // At least two workers, even on a machine with one core: Leptos can hang if a page is rendered on a single one.
    let workers = std::thread::available_parallelism().map_or(2, usize::from).max(2);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        .enable_all()
        .build()
        .map_err(|error| format!("cannot start the async runtime: {error}"))?;
    let outcome = runtime.block_on(async {
        signals::survive_too_large_files().map_err(|error| format!("cannot listen for signals: {error}"))?;
        let listener = TcpListener::bind(address)
            .await
            .map_err(|error| format!("--listen (TASKWIRE_LISTEN): cannot listen on {address}: {error}"))?;
        let address =
            listener.local_addr().map_err(|error| format!("cannot determine the address of the listener: {error}"))?;
        let stop = CancellationToken::new();
        stop_on_signal(stop.clone(), stop_within)
            .map_err(|error| format!("cannot listen for stop signals: {error}"))?;
        let server = serve::start(listener, given).await.map_err(|error| error.to_string())?;
        // The process that started us may have closed our output.
        let mut out = std::io::stdout();
        let _ = writeln!(out, "listening on http://{address}");
        if let Some(url) = server.first_visit() {
            let _ = writeln!(out, "nobody has an account yet; create the first one at {url}");
        }
        let supervisor = server.supervisor();
        #[cfg(debug_assertions)]
        break_a_task(&supervisor);
        tokio::spawn(async move {
            supervisor.failed().await;
            end_within(stop_within);
        });
        server.run(stop).await.map_err(|error| error.to_string())
    });
    // Dropping the runtime would wait without a limit for a task that never yields.
    runtime.shutdown_timeout(LAST_TASKS);
    telemetry::flush();
    outcome
}

/// Stops the server at the first signal. A second one ends the process at once.
fn stop_on_signal(stop: CancellationToken, within: Duration) -> std::io::Result<()> {
    let mut signals = StopSignals::new()?;
    tokio::spawn(async move {
        signals.next().await;
        end_within(within);
        stop.cancel();
        // A sender that signals a whole process group and then each of its processes means one signal.
        let told = Instant::now();
        while told.elapsed() < SAME_SIGNAL {
            signals.next().await;
        }
        end_now("received a second stop signal: ending at once, without waiting for requests in progress");
    });
    Ok(())
}

/// Ends the process if it has not ended by itself after a time, whatever it is doing. A separate thread does this, which waits for nothing
/// else.
fn end_within(limit: Duration) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let watch = move || {
            thread::sleep(limit);
            end_now(&format!("stopping took longer than {} s (--stop-within): ending at once", limit.as_secs()));
        };
        if let Err(error) = thread::Builder::new().name("stop-within".to_owned()).spawn(watch) {
            tracing::warn!(%error, "cannot start the thread that enforces --stop-within: stopping may take longer");
        }
    });
}

/// Makes the task panic that a test names, in debug builds only.
#[cfg(debug_assertions)]
fn break_a_task(supervisor: &Supervisor) {
    let Ok(name) = std::env::var("TASKWIRE_BREAK_TASK") else { return };
    let supervisor = supervisor.clone();
    tokio::spawn(async move {
        // By then all tasks run.
        tokio::time::sleep(Duration::from_millis(200)).await;
        let named = Essential::ALL.into_iter().find(|task| format!("{task:?}") == name);
        named.into_iter().for_each(|task| supervisor.break_task(task));
    });
}

fn end_now(why: &str) -> ! {
    telemetry::flush();
    telemetry::complain(&format!("error: {why}"));
    std::process::exit(1)
}
