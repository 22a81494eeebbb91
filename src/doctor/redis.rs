//! Redis: whether it can be reached, and whether it delivers what one node tells the others.

use super::{Finding, NETWORK, within};
use crate::{
    hub::{
        redis::{RedisSettings, RedisState},
        redis_probe::{RedisFault, RedisReport, round_trip},
    },
    settings::Settings,
};

const CHECK: &str = "redis";
/// A longer way is reported: with it, Redis is hardly faster than the comparison with the database once a second.
const SLOW_MS: u128 = 250;

pub(super) async fn check(settings: &Settings) -> Vec<Finding> {
    let Some(url) = &settings.redis else { return Vec::new() };
    vec![match within(NETWORK, round_trip(&RedisSettings::new(url))).await {
        Ok(Ok(report)) => judge(&report),
        Ok(Err(fault)) => Finding::error(CHECK, fault.to_string(), remedy(&fault)),
        Err(late) => Finding::error(CHECK, format!("{late} from Redis"), "check that Redis can be reached from here"),
    }]
}

fn judge(RedisReport { version, is_cluster, round_trip }: &RedisReport) -> Finding {
    let version = version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
    let cluster = if *is_cluster { " (cluster)" } else { "" };
    let took = round_trip.as_secs_f64() * 1_000.0;
    let detail = format!("Redis{version}{cluster} delivers a message from one connection to another in {took:.1} ms");
    match round_trip.as_millis() > SLOW_MS {
        true => Finding::warning(
            CHECK,
            detail,
            "find out what slows Redis or the network down; changes of other nodes are late",
        ),
        false => Finding::ok(CHECK, detail),
    }
}

fn remedy(fault: &RedisFault) -> &'static str {
    match fault {
        RedisFault::Url(_) => "correct --redis (REDIS_URL): with it, the server does not start",
        RedisFault::Refused { state, .. } => remedy_for(*state),
        RedisFault::Lost => "check that all nodes and this command reach the same Redis, and not a replica of it",
    }
}

/// What to do about Redis in this state.
pub fn remedy_for(state: RedisState) -> &'static str {
    match state {
        RedisState::Refused => "correct the user name and the password in --redis (REDIS_URL)",
        RedisState::Forbidden => {
            "let this user publish and subscribe: ACL SETUSER NAME +@connection +@pubsub allchannels"
        }
        RedisState::Off | RedisState::Up | RedisState::Down => {
            "check --redis (REDIS_URL), that Redis runs, and that it can be reached from here; nodes work without it, and are \
             about a second behind each other"
        }
    }
}
