//! The hub's metrics. The handles are looked up once, because a look-up is too expensive for every delivery.

use metrics::{Counter, Gauge, counter, describe_counter, describe_gauge, gauge};

/// The hub's and its sockets' counters and gauges.
pub struct Metrics {
    /// Sockets that are open.
    pub sockets: Gauge,
    /// Boards that are open on this node.
    pub topics: Gauge,
    /// Changes sent: each counts once for each socket that it was sent to.
    pub deliveries: Counter,
    /// Frames in which changes were sent.
    pub frames: Counter,
    /// Frames in which sockets were told who has a board open.
    pub presence_frames: Counter,
    /// Subscriptions that resumed after a change number, without a snapshot.
    pub resumes: Counter,
    /// Snapshots sent.
    pub snapshots: Counter,
    /// Snapshots encoded.
    pub snapshots_made: Counter,
    /// Times that missing changes were fetched from the log.
    pub gaps: Counter,
    /// Sockets closed because they did not read what was sent.
    pub too_slow: Counter,
    /// Messages of clients that were refused.
    pub bad_messages: Counter,
    /// 1 while Redis is connected, 0 while it is not. Absent without Redis.
    pub redis: Gauge,
    /// Messages from Redis that no node signed, or that were neither changes nor presence reports.
    pub bad_hints: Counter,
    /// Messages not handed to Redis because too many were waiting.
    pub dropped_hints: Counter,
}

impl Metrics {
    pub(super) fn new() -> Self {
        describe_gauge!("taskwire_sockets", "Sockets that are open");
        describe_gauge!("taskwire_topics", "Boards that are open on this node");
        describe_counter!("taskwire_deliveries_total", "Changes delivered; a change counts once for each socket");
        describe_counter!("taskwire_frames_total", "Frames in which changes were sent");
        describe_counter!("taskwire_presence_frames_total", "Frames in which presence was sent");
        describe_counter!("taskwire_resumes_total", "Subscriptions resumed from a sequence number");
        describe_counter!("taskwire_snapshots_total", "Snapshots sent");
        describe_counter!("taskwire_snapshots_encoded_total", "Snapshots encoded");
        describe_counter!("taskwire_gaps_repaired_total", "Times missing changes were fetched from the log");
        describe_counter!("taskwire_slow_sockets_closed_total", "Sockets closed because they did not read");
        describe_counter!("taskwire_bad_messages_total", "Invalid messages from clients");
        describe_gauge!("taskwire_redis_up", "Whether Redis is connected");
        describe_counter!(
            "taskwire_bad_hints_total",
            "Messages from Redis without a valid signature, or that could not be parsed"
        );
        describe_counter!(
            "taskwire_dropped_hints_total",
            "Messages not published to Redis, because its queue was full"
        );
        Self {
            sockets: gauge!("taskwire_sockets"),
            topics: gauge!("taskwire_topics"),
            deliveries: counter!("taskwire_deliveries_total"),
            frames: counter!("taskwire_frames_total"),
            presence_frames: counter!("taskwire_presence_frames_total"),
            resumes: counter!("taskwire_resumes_total"),
            snapshots: counter!("taskwire_snapshots_total"),
            snapshots_made: counter!("taskwire_snapshots_encoded_total"),
            gaps: counter!("taskwire_gaps_repaired_total"),
            too_slow: counter!("taskwire_slow_sockets_closed_total"),
            bad_messages: counter!("taskwire_bad_messages_total"),
            redis: gauge!("taskwire_redis_up"),
            bad_hints: counter!("taskwire_bad_hints_total"),
            dropped_hints: counter!("taskwire_dropped_hints_total"),
        }
    }
}
