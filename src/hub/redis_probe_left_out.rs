//! Stands in for `redis_probe` in a build without the feature `redis`.

use std::{convert::Infallible, time::Duration};

use super::redis::{RedisSettings, RedisState, RedisUrlError};

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

/// Why no message arrived: of these, this build knows `Url` only.
#[derive(Debug, thiserror::Error)]
pub enum RedisFault {
    /// This build has no Redis.
    #[error(transparent)]
    Url(#[from] RedisUrlError),
    /// Redis does not answer, or refuses.
    #[error("{source}")]
    Refused {
        /// The state in which a node would be.
        state: RedisState,
        /// What happened.
        source: Infallible,
    },
    /// It took the message and did not deliver it.
    #[error("lost")]
    Lost,
}

/// Refuses.
pub async fn round_trip(_: &RedisSettings) -> Result<RedisReport, RedisFault> {
    Err(RedisUrlError.into())
}
