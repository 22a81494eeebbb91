//! The limits of one socket.
//!
//! A client that was offline returns with hundreds of edits at once. So the rates allow for bursts, and a client that exceeds them is read
//! more slowly instead of being disconnected.

use std::time::{Duration, Instant};

use app::protocol::MAX_CLIENT_MESSAGE_BYTES;

/// The limits. `docs/PROTOCOL.md` names the defaults.
#[derive(Clone, Debug)]
pub struct SocketLimits {
    /// How many sockets this node takes.
    pub sockets: usize,
    /// The largest message, in bytes.
    pub message_bytes: usize,
    /// How many subscriptions a socket may have.
    pub subscriptions: usize,
    /// How many mutations may be unanswered. At this number the socket is not read any further.
    pub in_flight: usize,
    /// The rate limit. Each message counts as one, and each mutation in it as one more.
    pub rate: Rate,
    /// After how many bad messages the socket is closed.
    pub errors: u32,
    /// After this time without any message from the client, the server sends a ping.
    pub ping_after: Duration,
    /// After this time without any message, the client no longer counts as present on its boards.
    pub away: Duration,
    /// After this time without any message, the socket is closed.
    pub silence: Duration,
    /// How long a write may take; a large one gets a second more for each 8 KiB.
    pub write: Duration,
    /// How long closing may take.
    pub close: Duration,
    /// Over which time clients spread their reconnects after a shutdown.
    pub reconnect_spread: Duration,
}

impl Default for SocketLimits {
    fn default() -> Self {
        Self {
            sockets: 50_000,
            message_bytes: MAX_CLIENT_MESSAGE_BYTES,
            subscriptions: 64,
            in_flight: 64,
            rate: Rate { burst: 2_000, per_second: 200 },
            errors: 10,
            ping_after: Duration::from_secs(20),
            away: Duration::from_secs(45),
            silence: Duration::from_secs(75),
            write: Duration::from_secs(30),
            close: Duration::from_secs(3),
            reconnect_spread: Duration::from_secs(3),
        }
    }
}

/// A rate limit.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// How much at once.
    pub burst: u32,
    /// How much per second in the long run.
    pub per_second: u32,
}

/// A token bucket that may go into debt: a request is always granted, but nothing more until the debt is paid.
#[derive(Debug)]
pub(super) struct Bucket {
    tokens: f64,
    filled: Instant,
}

impl Bucket {
    pub(super) fn new(rate: Rate, now: Instant) -> Self {
        Self { tokens: f64::from(rate.burst), filled: now }
    }

    /// Takes `count` tokens. If that leaves a debt, returns how long to wait.
    pub(super) fn take(&mut self, count: usize, rate: Rate, now: Instant) -> Option<Duration> {
        let per_second = f64::from(rate.per_second.max(1));
        let refill = now.saturating_duration_since(self.filled).as_secs_f64() * per_second;
        self.tokens = (self.tokens + refill).min(f64::from(rate.burst)) - count as f64;
        self.filled = now;
        (self.tokens < 0.0).then(|| Duration::from_secs_f64(-self.tokens / per_second))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_what_exceeds_it_waits_its_turn() {
        let rate = Rate { burst: 500, per_second: 100 };
        let start = Instant::now();
        let mut bucket = Bucket::new(rate, start);
        assert_eq!(bucket.take(500, rate, start), None);
        assert_eq!(bucket.take(50, rate, start), Some(Duration::from_millis(500)));
        assert_eq!(bucket.take(1, rate, start + Duration::from_secs(1)), None);
    }

    #[test]
    fn a_long_rest_earns_no_more_than_a_burst() {
        let rate = Rate { burst: 10, per_second: 10 };
        let start = Instant::now();
        let mut bucket = Bucket::new(rate, start);
        let later = start + Duration::from_secs(3600);
        assert_eq!(bucket.take(10, rate, later), None);
        assert_eq!(bucket.take(1, rate, later), Some(Duration::from_millis(100)));
    }
}
