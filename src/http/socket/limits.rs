//! What one socket may ask for.
//!
//! Somebody who was offline comes back with hundreds of edits at once, so the rates allow for bursts, and one who is
//! over them is read more slowly rather than turned away.

use std::time::{Duration, Instant};

use app::protocol::MAX_CLIENT_MESSAGE_BYTES;

/// The limits. The defaults are those `docs/PROTOCOL.md` names.
#[derive(Clone, Debug)]
pub struct SocketLimits {
    /// How many sockets this node takes.
    pub sockets: usize,
    /// How many of them one person may have.
    pub sockets_per_person: usize,
    /// How many of them one address may have: a whole office may share one.
    pub sockets_per_address: usize,
    /// The largest message, in bytes.
    pub message_bytes: usize,
    /// How many boards a socket may have subscribed to.
    pub subscriptions: usize,
    /// How many mutations may be unanswered before the socket is read no further.
    pub in_flight: usize,
    /// Messages and mutations, each counted as one.
    pub rate: Rate,
    /// How many messages that are not as they should be are answered before the socket is closed.
    pub errors: u32,
    /// After so long without a word from the client it is pinged.
    pub ping_after: Duration,
    /// After so long without a word from the client it is not counted among those who have a board open.
    pub away: Duration,
    /// After so long without a word from the client the socket is closed.
    pub silence: Duration,
    /// How long a write may take; large ones get a second more for each 8 KiB.
    pub write: Duration,
    /// How long closing may take.
    pub close: Duration,
    /// Over how long clients spread their return after a shutdown.
    pub reconnect_spread: Duration,
}

impl Default for SocketLimits {
    fn default() -> Self {
        Self {
            sockets: 50_000,
            sockets_per_person: 2_000,
            sockets_per_address: 10_000,
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

/// How often something may be done.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// How often at once.
    pub burst: u32,
    /// How often in the long run.
    pub per_second: u32,
}

/// A bucket of tokens that may go into debt: what is asked for is done, and then nothing until the debt is paid.
#[derive(Debug)]
pub(super) struct Bucket {
    tokens: f64,
    filled: Instant,
}

impl Bucket {
    pub(super) fn new(rate: Rate, now: Instant) -> Self {
        Self { tokens: f64::from(rate.burst), filled: now }
    }

    /// Takes `count` tokens. If that leaves a debt, tells how long to wait.
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
