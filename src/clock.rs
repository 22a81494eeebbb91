//! The one place where the server reads a clock for what it stores.
//!
//! A clock may be wrong. Everything works on with it, if strangely (sessions end early, say), and is right again when the clock is.
//! What could not be made good again goes by another time: see `store::age`. Only before 1970 there is no HTTP, which has to
//! say what time it is; sockets that are open stay.

#![allow(clippy::disallowed_methods, reason = "here is what to use instead")]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use app::time::Timestamp;

/// The time, in UTC, as this machine has it; 1970, where it has an earlier one.
pub fn now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(millis(since_epoch))
}

/// So long before a time.
pub fn before(time: Timestamp, duration: Duration) -> Timestamp {
    Timestamp::from_millis(time.as_millis().saturating_sub(millis(duration)))
}

/// Whether the clock of this machine shows a time that HTTP can write down.
pub fn is_after_1970() -> bool {
    SystemTime::now() > UNIX_EPOCH
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
