//! Breaks each promise on purpose, to show that the checker notices.
//!
//! The server itself is not changed. What is changed is what the checker is told about the server.

use std::sync::atomic::{AtomicBool, Ordering};

use clap::ValueEnum;

/// The promise to break, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Break {
    /// An acknowledged change is missing from the log.
    Lost,
    /// A mutation is in the log twice, under another id.
    Twice,
    /// Two mutations of one sender have each other's change numbers.
    Order,
    /// A watcher is not sent one frame of changes.
    Hole,
    /// A watcher is sent one frame of changes twice.
    Repeated,
    /// A watcher is sent a change that differs from the log.
    Altered,
    /// A person who is not a member of any board is sent a change.
    Eyes,
    /// A node's state of a board has another name.
    Diverged,
    /// A mutation that was refused is executed all the same.
    Refused,
    /// A mutation is never answered.
    Unanswered,
    /// A change arrives eight seconds late.
    Stale,
}

/// Breaks the chosen promise once.
pub struct Tamper {
    what: Option<Break>,
    done: AtomicBool,
}

impl Tamper {
    pub fn with(what: Option<Break>) -> Self {
        Self { what, done: AtomicBool::new(false) }
    }

    /// Whether to break this now: true the first time that it is asked about the chosen promise.
    pub fn now(&self, what: Break) -> bool {
        self.what == Some(what) && !self.done.swap(true, Ordering::SeqCst)
    }

    /// Whether this is the chosen promise. For places that can break it only once anyway.
    pub fn is(&self, what: Break) -> bool {
        self.what == Some(what)
    }
}
