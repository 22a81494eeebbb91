//! The `taskwire` command.

use std::{io::Write, process::ExitCode};

use taskwire::{
    http, serve,
    settings::{Command, CommandLine, Settings},
    telemetry,
};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tokio_util::sync::CancellationToken;

fn main() -> ExitCode {
    let outcome = match CommandLine::of_process().command {
        Command::Serve(settings) => run(*settings),
        Command::User(command) => at_once(command.run()),
        Command::Token(command) => at_once(command.run()),
        Command::Openapi => {
            // Whoever reads it may have had enough.
            let _ = writeln!(std::io::stdout(), "{}", http::openapi_json());
            Ok(())
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Runs something short.
fn at_once(work: impl Future<Output = Result<(), String>>) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| format!("cannot start: {error}"))?.block_on(work)
}

fn run(settings: Settings) -> Result<(), String> {
    telemetry::start_log(&settings);
    let address = settings.listen_address().map_err(|error| error.to_string())?;
    settings.check_site().map_err(|error| error.to_string())?;
    if !settings.site_folder().join("pkg").is_dir() {
        let folder = settings.site_folder();
        tracing::warn!(folder = %folder.display(), "no scripts and styles there; pages will be bare (--site-root)");
    }
    // Each socket is a file; the usual limit of 1,024 is one busy team.
    if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
        tracing::warn!(%error, "the number of open files, and with it of sockets, cannot be raised");
    }
    // A page is rendered by more than one thread even on a machine with one core: Leptos can hang on a single worker.
    let workers = std::thread::available_parallelism().map_or(2, usize::from).max(2);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        .enable_all()
        .build()
        .map_err(|error| format!("cannot start: {error}"))?;
    runtime.block_on(async {
        let listener = TcpListener::bind(address)
            .await
            .map_err(|error| format!("--listen (TASKWIRE_LISTEN): cannot listen on {address}: {error}"))?;
        let address = listener.local_addr().map_err(|error| format!("cannot listen: {error}"))?;
        let stop = CancellationToken::new();
        stop_on_signal(stop.clone()).map_err(|error| format!("cannot wait for signals: {error}"))?;
        let server = serve::start(listener, settings).await.map_err(|error| error.to_string())?;
        println!("listening on http://{address}");
        if let Some(url) = server.first_visit() {
            // Whoever started us may have read enough.
            let _ = writeln!(std::io::stdout(), "nobody has an account yet; make yours at {url}");
        }
        server.run(stop).await;
        Ok(())
    })
}

/// Stops the server at the first SIGTERM or SIGINT; a second one ends the process at once.
fn stop_on_signal(stop: CancellationToken) -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        stop.cancel();
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        eprintln!("error: told to stop twice: ending without waiting for what is under way");
        std::process::exit(1);
    });
    Ok(())
}
