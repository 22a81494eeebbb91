//! The live connection: `GET /ws`.
//!
//! - `upgrade`: the handshake.
//! - `session`: one socket's life, in one task.
//! - `reading`: what a message says, also where a part of it cannot be read.
//! - `wire`: writing shared frames, and no longer than is bounded.
//! - [`limits`]: what one socket may ask for.
//!
//! `docs/PROTOCOL.md` describes what travels over it.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use app::protocol::{PROTOCOL, ServerMessage};
use axum::{Router, extract::FromRef, routing::get};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{admission::Admissions, forwarded::Proxies, origin::Origins};
use crate::{
    hub::{Hub, frame::put_message},
    store::{Store, schema},
    writer::Writer,
};

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
    /// The first message on each.
    pub hello: Hello,
    /// Whose sockets are open.
    pub admissions: Arc<Admissions>,
    /// The proxies in front.
    pub proxies: Proxies,
    /// Whose pages may connect.
    pub origins: Arc<Origins>,
    /// When they are cancelled, each socket says goodbye and closes.
    pub goodbyes: Goodbyes,
    /// Knows the sockets' tasks: after [`Goodbyes::stop`], wait for it.
    pub tracker: TaskTracker,
}

/// Says who serves a socket: a [`ServerMessage::Hello`], encoded once.
#[derive(Clone, Debug)]
pub struct Hello(Arc<[u8]>);

impl Hello {
    /// `build` is that of the pages that are served beside the sockets.
    pub fn of(build: &str) -> Self {
        let mut frame = Vec::new();
        let (version, build) = (env!("CARGO_PKG_VERSION").to_owned(), build.to_owned());
        put_message(&mut frame, &ServerMessage::Hello { version, build, protocol: PROTOCOL, schema: schema() });
        Self(frame.into())
    }

    fn frame(&self) -> &[u8] {
        &self.0
    }
}

/// Tells sockets to say goodbye: all at once when the server stops, or those that are open, one group after another. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Goodbyes {
    stop: CancellationToken,
    /// Each socket that is opened is of the next group.
    groups: Arc<Mutex<(usize, [CancellationToken; GROUPS])>>,
}

/// In how many groups sockets are sent away.
const GROUPS: usize = 20;

impl Default for Goodbyes {
    fn default() -> Self {
        let stop = CancellationToken::new();
        let groups = std::array::from_fn(|_| stop.child_token());
        Self { stop, groups: Arc::new(Mutex::new((0, groups))) }
    }
}

impl Goodbyes {
    /// All of them, those that are yet to be opened included.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Whether they were told so.
    pub fn is_stopping(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// Those that are open now, spread over some time, so that they do not all come to another node at once.
    pub async fn spread(&self, over: Duration) {
        let groups = std::mem::replace(&mut self.groups().1, std::array::from_fn(|_| self.stop.child_token()));
        for group in groups {
            group.cancel();
            tokio::time::sleep(over / GROUPS as u32).await;
        }
    }

    /// For a socket that is opened now.
    fn next(&self) -> CancellationToken {
        let (last, groups) = &mut *self.groups();
        *last = (*last + 1) % GROUPS;
        groups[*last].clone()
    }

    // Nothing is done while this is held that can panic.
    fn groups(&self) -> MutexGuard<'_, (usize, [CancellationToken; GROUPS])> {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
