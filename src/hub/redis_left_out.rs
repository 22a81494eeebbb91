//! Stands in for `redis` in a build without the feature `redis`: it refuses to start with Redis.

use std::{convert::Infallible, sync::Arc};

use app::id::BoardId;
use tokio::sync::Notify;

pub(super) use super::redis_state::Batch;
pub use super::redis_state::{RedisSettings, RedisState};
use super::{Maker, Shared, metrics::Metrics, presence::Report};
use crate::{secret::Key, store::LoggedChange, supervise::Essential};

/// Redis is configured, and this build cannot use it.
#[derive(Debug, thiserror::Error)]
#[error("this build has no Redis support; `make build` makes the full one")]
pub struct RedisUrlError;

/// This node's connections to Redis: there are none.
pub(super) struct Redis {
    never: Infallible,
    pub(super) interest: Notify,
}

impl Redis {
    pub(super) fn new(_: &RedisSettings, _: Key) -> Result<Self, RedisUrlError> {
        Err(RedisUrlError)
    }

    pub(super) fn state(&self) -> RedisState {
        match self.never {}
    }

    pub(super) fn publish(&self, _: BoardId, _: Vec<LoggedChange>, _: &Metrics) {
        match self.never {}
    }

    pub(super) fn publish_boards(&self, _: &Metrics) {
        match self.never {}
    }

    pub(super) fn publish_rights(&self, _: &Metrics) {
        match self.never {}
    }

    pub(super) fn publish_presence(&self, _: BoardId, _: &Report, _: &Metrics) {
        match self.never {}
    }

    pub(super) async fn publish_final_reports(&self, _: Vec<(BoardId, Report)>) {
        match self.never {}
    }

    pub(super) fn tasks(self: &Arc<Self>, _: &Arc<Shared>) -> Vec<(Essential, Maker)> {
        match self.never {}
    }

    pub(super) async fn close(&self) {
        match self.never {}
    }
}
