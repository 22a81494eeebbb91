//! Stands in for `redis_probe` in a build without the feature `redis`.

use std::convert::Infallible;

use super::redis::{RedisSettings, RedisState, RedisUrlError};
pub use super::redis_state::RedisReport;

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
