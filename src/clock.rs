//! The only place where the server reads a clock for data that it stores.
//!
//! A clock may be wrong. Everything continues to work with it, if strangely (sessions end early, say), and is right again when the clock
//! is. Whatever could not be repaired afterwards is based on another time: see `store::age`. Only before 1970 HTTP does not work, because
//! a response must state the time; open sockets stay open.

#![allow(clippy::disallowed_methods, reason = "here is what to use instead")]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use app::time::Timestamp;

/// The time of this machine's clock, in UTC; 1970 if the clock shows an earlier time.
pub fn now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(millis(since_epoch))
}

/// The time that lies `duration` before another.
pub fn before(time: Timestamp, duration: Duration) -> Timestamp {
    Timestamp::from_millis(time.as_millis().saturating_sub(millis(duration)))
}

/// Whether this machine's clock shows a time that HTTP can represent.
pub fn is_after_1970() -> bool {
    SystemTime::now() > UNIX_EPOCH
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
