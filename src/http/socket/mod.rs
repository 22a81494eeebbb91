//! The live connection: `GET /ws`.
//!
//! - `upgrade`: the handshake.
//! - `session`: the life of one socket, in one task.
//! - `reading`: parses messages, including those of which a part cannot be read.
//! - `wire`: writes shared frames, with a time limit.
//! - [`limits`]: the limits of one socket.
//!
//! `docs/PROTOCOL.md` describes the protocol.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use app::{
    id::ActorId,
    protocol::{PROTOCOL, ServerMessage},
};
use axum::{Router, extract::FromRef, http::request::Parts, routing::get};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    admission::{Admission, Admissions, Most},
    forwarded::Proxies,
    origin::Origins,
    problem::{Code, Problem},
    request_auth,
};
use crate::{
    hub::{Hub, frame::put_message},
    live_settings::LiveSettings,
    store::{Store, schema},
    writer::Writer,
};

pub mod limits;
mod reading;
mod session;
mod upgrade;
mod wire;

pub use limits::SocketLimits;
pub(super) use reading::read_mutation;
pub use upgrade::{explain, upgrade};

/// The parts of the server that a socket needs. Cheap to clone.
#[derive(Clone)]
pub struct SocketContext {
    /// Has the directory, in which rights are looked up.
    pub store: Store,
    /// Executes the mutations.
    pub writer: Writer,
    /// Distributes the changes.
    pub hub: Hub,
    /// The limits of one socket.
    pub limits: Arc<SocketLimits>,
    /// The limits that may change: how many sockets one person or one address may have.
    pub settings: LiveSettings,
    /// The first message on each socket.
    pub hello: Hello,
    /// Counts the open sockets of each person and address.
    pub admissions: Arc<Admissions>,
    /// The declared proxies in front of the server.
    pub proxies: Proxies,
    /// The origins whose pages may connect.
    pub origins: Arc<Origins>,
    /// Tells sockets to say goodbye and close.
    pub goodbyes: Goodbyes,
    /// Tracks the sockets' tasks: wait for it after [`Goodbyes::stop`].
    pub tracker: TaskTracker,
}

impl SocketContext {
    /// Counts one more socket, or another connection that is as long, for its person and its address. A problem if there are too many, or
    /// if the server is stopping.
    pub fn admit(&self, parts: &Parts, person: Option<ActorId>) -> Result<Admission, Problem> {
        if self.goodbyes.is_stopping() {
            return Err(Problem::unavailable("the server is stopping"));
        }
        if self.tracker.len() >= self.limits.sockets {
            let detail = "the server has its maximum number of open sockets; try again later";
            return Err(Problem::new(Code::ServerFull, detail));
        }
        let address = request_auth::address(parts, self.proxies);
        let settings = self.settings.now();
        let most = Most { per_person: settings.sockets_per_person, per_address: settings.sockets_per_address };
        self.admissions.admit(person, address, most).ok_or_else(|| {
            let detail = "this person or this address has its maximum number of open sockets; close one first";
            Problem::new(Code::TooManySockets, detail)
        })
    }
}

/// Tells a client which server it is connected to: a [`ServerMessage::Hello`], encoded once.
#[derive(Clone, Debug)]
pub struct Hello(Arc<[u8]>);

impl Hello {
    /// `build` is the name of the site's build with which this server's pages are served.
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

/// Tells sockets to say goodbye: all at once when the server stops, or the open ones, one group after another. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Goodbyes {
    stop: CancellationToken,
    /// The group of the newest socket, and the groups' tokens. Each new socket joins the next group.
    groups: Arc<Mutex<(usize, [CancellationToken; GROUPS])>>,
}

/// The number of groups.
const GROUPS: usize = 20;

impl Default for Goodbyes {
    fn default() -> Self {
        let stop = CancellationToken::new();
        let groups = std::array::from_fn(|_| stop.child_token());
        Self { stop, groups: Arc::new(Mutex::new((0, groups))) }
    }
}

impl Goodbyes {
    /// Tells all sockets, including those that are yet to be opened.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Whether all sockets were told.
    pub fn is_stopping(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// Tells the sockets that are open now, spread over some time, so that they do not all reconnect to another node at once.
    pub async fn spread(&self, over: Duration) {
        let groups = std::mem::replace(&mut self.groups().1, std::array::from_fn(|_| self.stop.child_token()));
        for group in groups {
            group.cancel();
            tokio::time::sleep(over / GROUPS as u32).await;
        }
    }

    /// The token for a socket that is opened now.
    pub fn next(&self) -> CancellationToken {
        let (last, groups) = &mut *self.groups();
        *last = (*last + 1) % GROUPS;
        groups[*last].clone()
    }

    // The lock cannot be poisoned: nothing that is done while it is held can panic.
    fn groups(&self) -> MutexGuard<'_, (usize, [CancellationToken; GROUPS])> {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The route `/ws`, for any state that has a [`SocketContext`].
///
/// The listener should set `TCP_NODELAY`: a change is one small write, and must not wait until the previous one is acknowledged.
pub fn routes<S>() -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    SocketContext: FromRef<S>,
{
    Router::new().route("/ws", get(upgrade).post(explain))
}
