//! What one request, one connection and one caller may cost, by HTTP. (What a socket may is in [`super::socket::SocketLimits`].)
//!
//! The rule: nothing here waits without a limit, and what one caller takes is bounded apart from what all take. A caller is a
//! person, or, for those without an account, an address.

use std::time::Duration;

/// The largest body of a request, in bytes. Whoever sends more is answered, not cut off.
pub const MAX_BODY_BYTES: usize = 64 * 1024;

/// The limits. The defaults are those that `docs/ARCHITECTURE.md` names.
#[derive(Clone, Debug)]
pub struct HttpLimits {
    /// How long the head of a request may take, and how long a connection may stay idle. Longer than proxies keep theirs idle, so
    /// that none sends a request into one that is just being closed.
    pub head: Duration,
    /// How long the body of a request may take.
    pub body: Duration,
    /// How much of a body that is too large is read and dropped, so that its sender gets to read the answer.
    pub dropped_bytes: usize,
    /// How long that may take.
    pub dropping: Duration,
    /// How long a request may take until its answer begins.
    pub answer: Duration,
    /// How long the other side may read nothing of an answer. What it reads earns it more time, up to this.
    pub stall: Duration,
    /// How much it has to read on average to earn that, in bytes a second.
    pub reading_rate: u32,
    /// How many connections this node takes.
    pub connections: usize,
    /// How many of them one address may have, where no proxies are said to be in front. Sockets are counted apart.
    pub connections_per_address: usize,
    /// How many pages are made at once. More wait.
    pub preparing: usize,
    /// How many of them for one caller.
    pub preparing_per_caller: usize,
    /// Answers smaller than this are not counted in the next two.
    pub small_answer: usize,
    /// How much memory answers may hold while they are sent, in bytes. Those that would hold more are refused.
    pub sending: usize,
    /// How much of it for one caller.
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
            // Making one takes processor time and little waiting, so more at once would be no faster.
            preparing: 2 * processors.max(2),
            preparing_per_caller: 2,
            small_answer: 64 * 1024,
            sending: 256 * 1024 * 1024,
            sending_per_caller: 64 * 1024 * 1024,
        }
    }
}
