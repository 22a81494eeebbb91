//! What the other parts of the server know of Redis, also in a build without it (the feature `redis`).

use std::time::Duration;

use app::model::Seq;

use crate::store::LoggedChange;

/// How to reach Redis.
#[derive(Clone, Debug)]
pub struct RedisSettings {
    /// `redis://…`, `redis-sentinel://…?sentinelServiceName=…` or `redis-cluster://…`; `rediss` for TLS.
    pub url: String,
    /// The prefix of the channel names, so that two installations can share a Redis.
    pub prefix: String,
}

impl RedisSettings {
    /// Redis at a URL, with the default prefix.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), prefix: "taskwire".to_owned() }
    }
}

/// The state of the connection to Redis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RedisState {
    /// No Redis is configured.
    #[default]
    Off,
    /// Connected.
    Up,
    /// Not connected: changes made on other nodes show with the next comparison, within about a second.
    Down,
    /// Not connected, because Redis refuses this node's credentials.
    Refused,
    /// Connected, but not permitted to publish or subscribe, so hints do not work.
    Forbidden,
}

impl RedisState {
    /// A description of the problem and its consequence; `None` if there is no problem.
    pub fn warning(self) -> Option<&'static str> {
        match self {
            Self::Off | Self::Up => None,
            Self::Down => Some("Redis does not answer: changes made on other nodes arrive about a second late"),
            Self::Refused => Some(
                "Redis refuses the user name or password in --redis (REDIS_URL), or requires one: changes made on other nodes \
                 arrive about a second late",
            ),
            Self::Forbidden => Some(
                "Redis does not let the user in --redis (REDIS_URL) publish and subscribe (grant +@connection +@pubsub \
                 allchannels): changes made on other nodes arrive about a second late",
            ),
        }
    }
}

/// Consecutive changes, as another node published them. Not verified yet.
#[derive(Debug)]
pub(super) struct Batch {
    /// The number before the first change.
    pub(super) after: Seq,
    /// The changes.
    pub(super) changes: Vec<LoggedChange>,
}

/// What was found at Redis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedisReport {
    /// Its version, if it tells.
    pub version: Option<String>,
    /// Whether it is a cluster.
    pub is_cluster: bool,
    /// The time from the publication of a message to its arrival.
    pub round_trip: Duration,
}
