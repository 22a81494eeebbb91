//! The one write path.
//!
//! Form, server function, socket, REST and command line all build a mutation and hand it to [`Writer::write`]. Writes
//! that arrive while a transaction is under way share the next one (group commit); each is answered when it is durable.
//! The hub is told in commit order.

use app::{
    id::{ActorId, BoardId},
    mutation::{Mutation, Refusal},
};

use crate::{
    hub::Hub,
    store::{Accepted, Store, StoreError},
};

/// Why a write did not happen.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The request itself will not do.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The database failed, or the server is stopping. The request may be sent again under the same id.
    #[error("the write could not be stored: {0}")]
    Unavailable(String),
}

/// A handle to the task that writes. Cheap to clone.
#[derive(Clone)]
pub struct Writer {}

#[allow(unused_variables, clippy::todo, clippy::unused_async)]
impl Writer {
    /// Starts the task. It ends, with all accepted writes durable, after [`Writer::close`].
    pub fn start(store: Store, hub: Hub) -> Self {
        todo!()
    }

    /// Hands a mutation over: when this returns it is in the queue, in the order of the calls. The future it returns says
    /// what came of it.
    pub async fn write(
        &self,
        board: BoardId,
        mutation: Mutation,
        actor: Option<ActorId>,
    ) -> Result<Accepted, WriteError> {
        todo!()
    }

    /// Takes no more writes, and returns when those taken are durable and answered.
    pub async fn close(&self) {
        todo!()
    }
}

#[allow(dead_code)]
fn _error(error: StoreError) -> WriteError {
    WriteError::Unavailable(error.to_string())
}
