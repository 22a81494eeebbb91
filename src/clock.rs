//! The one place where the server reads a clock for what it stores.

use std::time::{SystemTime, UNIX_EPOCH};

use app::time::Timestamp;

/// The time, in UTC, as this machine has it.
pub fn now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}
