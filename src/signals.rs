//! The signals that tell the process to stop, and the one that must not.

use std::io;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
#[cfg(windows)]
use tokio::signal::windows::{CtrlC, CtrlClose, CtrlShutdown, ctrl_c, ctrl_close, ctrl_shutdown};

/// SIGTERM, which supervisors send, and SIGINT, which a terminal sends for Ctrl+C.
#[cfg(unix)]
pub struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

#[cfg(unix)]
impl StopSignals {
    /// Listens for the signals from now on.
    pub fn new() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Waits for the next signal.
    pub async fn next(&mut self) {
        tokio::select! { _ = self.terminate.recv() => {}, _ = self.interrupt.recv() => {} }
    }
}

/// Ctrl+C, closing the console window, and the shutdown of Windows.
#[cfg(windows)]
pub struct StopSignals {
    interrupt: CtrlC,
    close: CtrlClose,
    shutdown: CtrlShutdown,
}

#[cfg(windows)]
impl StopSignals {
    /// Listens for the signals from now on.
    pub fn new() -> io::Result<Self> {
        Ok(Self { interrupt: ctrl_c()?, close: ctrl_close()?, shutdown: ctrl_shutdown()? })
    }

    /// Waits for the next signal.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {},
            _ = self.close.recv() => {},
            _ = self.shutdown.recv() => {},
        }
    }
}

/// SIGXFSZ, which ends a process that writes beyond the largest file that it may have (`ulimit -f`). Its number is the same on all systems that
/// Taskwire is built for.
#[cfg(unix)]
const TOO_LARGE_A_FILE: i32 = 25;

/// Has writes beyond the largest file fail like those to a full disk, rather than end the process. It must be called within a runtime.
#[cfg(unix)]
pub fn survive_too_large_files() -> io::Result<()> {
    // Once somebody listens, the signal is handled for as long as the process lives.
    signal(SignalKind::from_raw(TOO_LARGE_A_FILE)).map(drop)
}

/// There is no such signal.
#[cfg(windows)]
pub fn survive_too_large_files() -> io::Result<()> {
    Ok(())
}
