//! Breaking each promise on purpose, so that it is seen that the checker notices.
//!
//! What the server does is left alone; what is changed is what somebody is told of it, on its way to those who check.

use std::sync::atomic::{AtomicBool, Ordering};

use clap::ValueEnum;

/// What to break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Break {
    /// An acknowledged change is missing in the log.
    Lost,
    /// A mutation stands in the log twice, under another id.
    Twice,
    /// Two mutations of one sender have each other's numbers.
    Order,
    /// A watcher is not sent one frame of changes.
    Hole,
    /// A watcher is sent one frame of changes twice.
    Repeated,
    /// A watcher is sent another change than the log has.
    Altered,
    /// Somebody who is on no board is sent a change.
    Eyes,
    /// A node's state has another title.
    Diverged,
    /// A mutation that was done had been refused.
    Refused,
    /// An answer never comes.
    Unanswered,
    /// A change arrives eight seconds late.
    Stale,
}

/// What is to be broken, once.
pub struct Tamper {
    what: Option<Break>,
    done: AtomicBool,
}

impl Tamper {
    pub fn with(what: Option<Break>) -> Self {
        Self { what, done: AtomicBool::new(false) }
    }

    /// Whether to break this now: the first time that somebody asks.
    pub fn now(&self, what: Break) -> bool {
        self.what == Some(what) && !self.done.swap(true, Ordering::SeqCst)
    }

    /// Whether this is to be broken, where that can be done only once anyway.
    pub fn is(&self, what: Break) -> bool {
        self.what == Some(what)
    }
}
