//! How much one request, one connection and one caller may cost over HTTP. (The limits of a socket are in
//! [`super::socket::SocketLimits`].)
//!
//! The rule: nothing here waits without a limit, and the use by one caller is bounded separately from the total. A caller is a person,
//! or, without an account, an address.

use std::time::Duration;

/// The largest body of a request, in bytes. A client that sends more gets a response; its connection is not simply cut.
pub const MAX_BODY_BYTES: usize = 256 * 1024;

/// The largest body of a response that is collected in memory, in bytes. What has no such bound (an export, a stream of events) is sent as
/// it is made, and never collected.
pub const MAX_COLLECTED_BYTES: usize = 256 * 1024 * 1024;

/// The limits. `docs/ARCHITECTURE.md` lists the defaults.
#[derive(Clone, Debug)]
pub struct HttpLimits {
    /// How long the head of a request may take, and how long a connection may stay idle. This is longer than the idle timeout of proxies,
    /// so that no proxy sends a request into a connection that is just being closed.
    pub head: Duration,
    /// How long the body of a request may take.
    pub body: Duration,
    /// How much of a body that is too large is read and dropped, so that its sender gets to read the response.
    pub dropped_bytes: usize,
    /// How long reading and dropping it may take.
    pub dropping: Duration,
    /// How long a request may take until its response begins.
    pub answer: Duration,
    /// How long the client may pause in reading a response. What it reads earns it more time, up to this.
    pub stall: Duration,
    /// How many bytes a second the client has to read on average to earn that.
    pub reading_rate: u32,
    /// How many connections this node takes.
    pub connections: usize,
    /// How many connections one address may have, if no proxies are declared. Sockets are counted separately.
    pub connections_per_address: usize,
    /// How many pages are rendered at once. More wait.
    pub preparing: usize,
    /// How many pages are rendered at once for one caller.
    pub preparing_per_caller: usize,
    /// Responses smaller than this do not count towards the next two limits.
    pub small_answer: usize,
    /// How much memory responses may hold while they are sent, in bytes. Responses beyond that are refused.
    pub sending: usize,
    /// How much of that memory one caller's responses may hold.
    pub sending_per_caller: usize,
}

impl Default for HttpLimits {
    fn default() -> Self {
        let processors = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            head: Duration::from_secs(75),
            body: Duration::from_secs(30),
            dropped_bytes: 32 * 1024 * 1024,
            dropping: Duration::from_secs(10),
            answer: Duration::from_secs(30),
            stall: Duration::from_secs(30),
            reading_rate: 32 * 1024,
            connections: 30_000,
            connections_per_address: 10_000,
            // Rendering a page is almost only processor time, so more at once would not be faster.
            preparing: 2 * processors.max(2),
            preparing_per_caller: 2,
            small_answer: 64 * 1024,
            sending: 256 * 1024 * 1024,
            sending_per_caller: 64 * 1024 * 1024,
        }
    }
}
