//! The live connection: `GET /ws`.
//!
//! - `upgrade`: the handshake.
//! - `session`: one socket's life, in one task.
//! - `reading`: what a message says, also where a part of it cannot be read.
//! - `wire`: writing shared frames, and no longer than is bounded.
//! - [`limits`]: what one socket may ask for.
//!
//! `docs/PROTOCOL.md` describes what travels over it.

use std::sync::Arc;

use axum::{Router, extract::FromRef, routing::get};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{admission::Admissions, forwarded::Proxies, origin::Origins};
use crate::{hub::Hub, store::Store, writer::Writer};

pub mod limits;
mod reading;
mod session;
mod upgrade;
mod wire;

pub use limits::SocketLimits;
pub use upgrade::{explain, upgrade};

/// What a socket needs of the server. Cheap to clone.
#[derive(Clone)]
pub struct SocketContext {
    /// Knows who may do what.
    pub store: Store,
    /// Takes the mutations.
    pub writer: Writer,
    /// Has the changes.
    pub hub: Hub,
    /// What one socket may ask for.
    pub limits: Arc<SocketLimits>,
    /// Whose sockets are open.
    pub admissions: Arc<Admissions>,
    /// The proxies in front.
    pub proxies: Proxies,
    /// Whose pages may connect.
    pub origins: Arc<Origins>,
    /// When it is cancelled, each socket says goodbye and closes.
    pub shutdown: CancellationToken,
    /// Knows the sockets' tasks: after `shutdown`, wait for it.
    pub tracker: TaskTracker,
}

/// The route `/ws`, for any state that has a [`SocketContext`].
///
/// The listener should set `TCP_NODELAY`: a change is one small write, and should not wait for the answer to the last.
pub fn routes<S>() -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    SocketContext: FromRef<S>,
{
    Router::new().route("/ws", get(upgrade).post(explain))
}
