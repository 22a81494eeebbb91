//! Tries whether hints would arrive: a message from one connection to Redis to another, on a channel of its own.
//!
//! For `taskwire doctor`. The connections are made as a node makes its own (`redis`), but the first failure is final and told.

use std::time::{Duration, Instant};

use bytes::Bytes;
use fred::{
    clients::Client,
    error::{Error, ErrorKind},
    interfaces::{ClientLike, EventInterface, PubsubInterface},
    types::Value,
};
use uuid::Uuid;

use super::redis::{PATIENCE, RedisSettings, RedisState, RedisUrlError, builder};
pub use super::redis_state::RedisReport;

/// Why no message arrived.
#[derive(Debug, thiserror::Error)]
pub enum RedisFault {
    /// The URL is invalid.
    #[error(transparent)]
    Url(#[from] RedisUrlError),
    /// Redis does not answer, or refuses.
    #[error("{} ({source})", state.warning().unwrap_or_default())]
    Refused {
        /// The state in which a node would be.
        state: RedisState,
        /// What happened.
        source: Error,
    },
    /// It took the message and did not deliver it.
    #[error("Redis took a message and did not deliver it within {} s", PATIENCE.as_secs())]
    Lost,
}

impl From<Error> for RedisFault {
    fn from(source: Error) -> Self {
        let state = match source.kind() {
            _ if source.details().starts_with("NOPERM") => RedisState::Forbidden,
            ErrorKind::Auth => RedisState::Refused,
            _ => RedisState::Down,
        };
        Self::Refused { state, source }
    }
}

/// Connects twice, and sends a message from one connection to the other.
pub async fn round_trip(settings: &RedisSettings) -> Result<RedisReport, RedisFault> {
    let (builder, is_cluster) = builder(&settings.url, true).map_err(RedisUrlError::from)?;
    let clients = [builder.build()?, builder.build()?];
    let outcome = send(&clients, settings, is_cluster).await;
    for client in &clients {
        // They are given up in any case.
        let _ = tokio::time::timeout(PATIENCE, client.quit()).await;
    }
    outcome
}

async fn send(
    [publisher, subscriber]: &[Client; 2],
    settings: &RedisSettings,
    is_cluster: bool,
) -> Result<RedisReport, RedisFault> {
    publisher.init().await?;
    subscriber.init().await?;
    let version = publisher.server_version().map(|version| version.to_string());
    // No node listens there.
    let channel = format!("{}:doctor:{}", settings.prefix, app::new_id::<Uuid>());
    let content = Bytes::from(app::new_id::<Uuid>().to_string());
    let mut messages = subscriber.message_rx();
    match is_cluster {
        true => subscriber.ssubscribe(channel.as_str()).await?,
        false => subscriber.subscribe(channel.as_str()).await?,
    }
    let began = Instant::now();
    match is_cluster {
        true => publisher.spublish::<Value, _, _>(channel.as_str(), content.clone()).await?,
        false => publisher.publish::<Value, _, _>(channel.as_str(), content.clone()).await?,
    };
    let arrived = async {
        loop {
            let message = messages.recv().await.map_err(|_| RedisFault::Lost)?;
            if *message.channel == *channel && message.value.as_bytes() == Some(&content[..]) {
                return Ok::<Duration, RedisFault>(began.elapsed());
            }
        }
    };
    let round_trip = tokio::time::timeout(PATIENCE, arrived).await.map_err(|_| RedisFault::Lost)??;
    Ok(RedisReport { version, is_cluster, round_trip })
}
