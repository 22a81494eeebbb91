//! Making ids: the one place that reads a clock and random numbers for them.

#![allow(clippy::disallowed_methods, reason = "here is what to use instead")]

use uuid::Uuid;

/// A new id, later than all that were made here before.
pub fn new_id<Id: From<Uuid>>() -> Id {
    Id::from(version_7())
}

#[cfg(target_family = "wasm")]
fn version_7() -> Uuid {
    Uuid::now_v7()
}

/// What `uuid` itself has panics where the clock is before 1970, as it is on a machine whose battery has died.
#[cfg(not(target_family = "wasm"))]
fn version_7() -> Uuid {
    use std::{
        sync::Mutex,
        time::{Duration, SystemTime, UNIX_EPOCH},
    };
    use uuid::{ContextV7, Timestamp};

    static CONTEXT: Mutex<ContextV7> = Mutex::new(ContextV7::new());

    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().max(Duration::from_millis(1));
    Uuid::new_v7(Timestamp::from_unix(&CONTEXT, since_epoch.as_secs(), since_epoch.subsec_nanos()))
}
