//! The hub's metrics. The handles are looked up once, because a look-up is too expensive for every delivery.

use app::model::Seq;
use metrics::{
    Counter, Gauge, Histogram, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};

use super::wake::SocketId;

/// The hub's and its sockets' counters and gauges.
pub struct Metrics {
    /// Sockets that are open.
    pub sockets: Gauge,
    /// Boards that are open on this node.
    pub topics: Gauge,
    /// Subscriptions of sockets to boards.
    pub subscriptions: Gauge,
    /// The time from the moment at which this node knows of a change to that at which it is written to a socket. Of some deliveries only:
    /// see [`Metrics::samples`].
    pub delivery: Histogram,
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
        describe_gauge!("taskwire_subscriptions", "Subscriptions of sockets to boards");
        describe_histogram!(
            "taskwire_delivery_seconds",
            "Time from this node's knowledge of a change until it is written to a socket, of one in eight deliveries"
        );
        describe_gauge!("taskwire_redis_round_trip_seconds", "The time in which Redis answered last");
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
            subscriptions: gauge!("taskwire_subscriptions"),
            delivery: histogram!("taskwire_delivery_seconds"),
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

    /// Whether the delivery of a change to a socket is measured: one in eight, of every change to other sockets.
    pub fn samples(socket: SocketId, upto: Seq) -> bool {
        (socket ^ upto) & 7 == 0
    }
}
