//! Hints between nodes, through Redis.
//!
//! A node that commits publishes the changes on the board's channel; a node subscribes to the channels of the boards that are
//! open on it. Presence reports use the same channel: a channel of their own would double the number of subscriptions for a few
//! messages a minute. Any message may be lost, duplicated or late: [`super::topic::Topic`] accepts a batch only if it is the
//! next one, and the comparison with the database once a second finds what is missing. So nothing here waits, retries or
//! confirms more than is cheap. Every message is signed ([`super::envelope`]): messages published by anybody else are ignored.
//!
//! fred's defaults are made for a cache: it keeps 32 messages for a slow receiver, waits for ever for a response, and its own
//! management of subscriptions ends when it lags. So this module sets other values, and manages the subscriptions itself.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use app::{id::BoardId, model::Seq};
use bytes::Bytes;
use fred::{
    clients::Client,
    error::ErrorKind,
    interfaces::{ClientLike, EventInterface, PubsubInterface},
    types::{
        Builder, ClusterStateChange, Message, RespVersion, Value,
        config::{Config, Options, ReconnectPolicy, Server, UnresponsiveConfig},
    },
};
use futures::{StreamExt, future::BoxFuture, stream};
use metrics::gauge;
use tokio::{
    sync::{
        Notify,
        broadcast::{Receiver, error::RecvError},
        mpsc,
    },
    time::{MissedTickBehavior, interval},
};

pub(super) use super::redis_state::Batch;
pub use super::redis_state::{RedisSettings, RedisState};
use super::{
    Maker, Shared,
    envelope::{Envelopes, Unsigned},
    metrics::Metrics,
    presence::Report,
};
use crate::{secret::Key, store::LoggedChange, supervise::Essential};

/// How many batches may wait for Redis. Further ones are dropped, which is harmless because they are hints.
const QUEUE: usize = 4096;
/// How many commands are in flight to Redis at once.
const PIPELINE: usize = 64;
/// The timeout of a command.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);
/// How often the connections are checked.
const MAINTENANCE_INTERVAL: Duration = Duration::from_secs(1);
/// After this many checks, a Redis that has not been reachable since the start is reported in the log.
const LOOKS_AT_START: u32 = 3;
/// After this many checks, all channels of a cluster are subscribed to again: a slot may have moved unnoticed.
const LOOKS_PER_RENEWAL: u32 = 10;
/// How many channels are subscribed to with one command.
const CHANNELS: usize = 256;

/// The URL of Redis is invalid.
#[derive(Debug, thiserror::Error)]
#[error("this is not the URL of a Redis server: {0}")]
pub struct RedisUrlError(#[from] fred::error::Error);

/// This node's connections to Redis.
pub(super) struct Redis {
    publisher: Client,
    subscriber: Client,
    sharded: bool,
    prefix: String,
    envelopes: Envelopes,
    queue: mpsc::Sender<Hint>,
    /// Locked by the task that publishes, for as long as that task runs.
    waiting: tokio::sync::Mutex<mpsc::Receiver<Hint>>,
    state: Mutex<RedisState>,
    /// The last attempt to connect failed because Redis refused this node's credentials.
    refused: AtomicBool,
    /// The last attempt to publish failed because this node lacks the permission.
    forbidden: AtomicBool,
    /// Notified when other boards are open than before.
    pub(super) interest: Notify,
}

enum Hint {
    Changes(BoardId, Vec<LoggedChange>),
    Presence(BoardId, Bytes),
    Boards,
    Rights,
}

impl Redis {
    /// Creates the clients without connecting them. All nodes must have the same key.
    pub(super) fn new(settings: &RedisSettings, key: Key) -> Result<Self, RedisUrlError> {
        // Redis may be unavailable when the server starts.
        let (mut builder, sharded) = builder(&settings.url, false)?;
        builder.set_policy(ReconnectPolicy::new_exponential(0, 50, 1_000, 2));
        let (queue, waiting) = mpsc::channel(QUEUE);
        Ok(Self {
            publisher: builder.build()?,
            subscriber: builder.build()?,
            sharded,
            prefix: settings.prefix.clone(),
            envelopes: Envelopes::new(key),
            queue,
            waiting: tokio::sync::Mutex::new(waiting),
            state: Mutex::new(RedisState::Down),
            refused: AtomicBool::new(false),
            forbidden: AtomicBool::new(false),
            interest: Notify::new(),
        })
    }

    pub(super) fn state(&self) -> RedisState {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues changes for publication. Does not wait.
    pub(super) fn publish(&self, board: BoardId, changes: Vec<LoggedChange>, metrics: &Metrics) {
        self.send(Hint::Changes(board, changes), metrics);
    }

    /// Publishes that the list of boards has changed.
    pub(super) fn publish_boards(&self, metrics: &Metrics) {
        self.send(Hint::Boards, metrics);
    }

    /// Publishes that somebody's rights have changed.
    pub(super) fn publish_rights(&self, metrics: &Metrics) {
        self.send(Hint::Rights, metrics);
    }

    /// Publishes this node's presence report, unless the queue is so full that the report could take the place of changes.
    pub(super) fn publish_presence(&self, board: BoardId, report: &Report, metrics: &Metrics) {
        if self.queue.capacity() > QUEUE / 2 {
            self.send(Hint::Presence(board, encode_report(report)), metrics);
        } else {
            metrics.dropped_hints.increment(1);
        }
    }

    /// Publishes the last reports of this node, and waits until they are published or the timeout has passed.
    pub(super) async fn publish_final_reports(&self, reports: Vec<(BoardId, Report)>) {
        if !self.publisher.is_connected() {
            return;
        }
        let published = stream::iter(reports)
            .map(|(board, report)| self.publish_now(&self.publisher, self.channel(board), encode_report(&report)));
        let all = published.buffer_unordered(PIPELINE).for_each(|_| std::future::ready(()));
        // Nodes that the reports do not reach in time find out by themselves that this node is gone.
        let _ = tokio::time::timeout(PATIENCE, all).await;
    }

    /// The tasks that must run as long as the hub lives.
    pub(super) fn tasks(self: &Arc<Self>, shared: &Arc<Shared>) -> Vec<(Essential, Maker)> {
        // Subscribe to the events before the connections are made, so that none is missed.
        let first = Mutex::new(Some(Events::of(&self.subscriber)));
        self.publisher.connect();
        self.subscriber.connect();
        let (redis, hub) = (Arc::clone(self), Arc::clone(shared));
        let listening: Maker = Box::new({
            let messages = Mutex::new(Some(self.subscriber.message_rx()));
            let (redis, hub) = (Arc::clone(&redis), Arc::clone(&hub));
            move || -> BoxFuture<'static, ()> {
                let messages = take(&messages).unwrap_or_else(|| redis.subscriber.message_rx());
                // If the task was restarted, messages may have been missed.
                hub.check_now.notify_one();
                Box::pin(listen(Arc::clone(&redis), Arc::clone(&hub), messages))
            }
        });
        let publishing: Maker = Box::new({
            let redis = Arc::clone(&redis);
            move || -> BoxFuture<'static, ()> { Box::pin(publish(Arc::clone(&redis))) }
        });
        let maintaining: Maker = Box::new(move || -> BoxFuture<'static, ()> {
            let events = take(&first).unwrap_or_else(|| Events::of(&redis.subscriber));
            Box::pin(maintain(Arc::clone(&redis), Arc::clone(&hub), events))
        });
        vec![
            (Essential::RedisListen, listening),
            (Essential::RedisPublish, publishing),
            (Essential::RedisMaintain, maintaining),
        ]
    }

    /// Closes the connections.
    pub(super) async fn close(&self) {
        // Errors do not matter: the connections are being given up in any case.
        let _ = self.publisher.quit().await;
        let _ = self.subscriber.quit().await;
    }

    fn send(&self, hint: Hint, metrics: &Metrics) {
        if self.queue.try_send(hint).is_err() {
            metrics.dropped_hints.increment(1);
        }
    }

    /// The braces are a Redis hash tag: they keep everything that concerns a board in one slot of a cluster.
    fn channel(&self, board: BoardId) -> String {
        format!("{}:{{{board}}}", self.prefix)
    }

    fn boards_channel(&self) -> String {
        format!("{}:boards", self.prefix)
    }

    fn rights_channel(&self) -> String {
        format!("{}:rights", self.prefix)
    }

    fn board_of(&self, channel: &str) -> Option<BoardId> {
        channel.strip_prefix(&self.prefix)?.strip_prefix(":{")?.strip_suffix('}')?.parse().ok()
    }

    async fn publish_now(
        &self,
        client: &impl PubsubInterface,
        channel: String,
        message: Bytes,
    ) -> Result<(), fred::error::Error> {
        let message = self.envelopes.seal(&channel, &message);
        let published = match self.sharded {
            true => client.spublish::<Value, _, _>(channel, message).await,
            false => client.publish::<Value, _, _>(channel, message).await,
        };
        self.note_rights(published.map(drop))
    }

    /// Records whether Redis permits this node to publish.
    fn note_rights(&self, outcome: Result<(), fred::error::Error>) -> Result<(), fred::error::Error> {
        match &outcome {
            Ok(()) => self.forbidden.store(false, Ordering::Relaxed),
            Err(error) if error.details().starts_with("NOPERM") => self.forbidden.store(true, Ordering::Relaxed),
            Err(_) => {}
        }
        outcome
    }

    async fn subscribe(&self, channels: Vec<String>) -> Result<(), fred::error::Error> {
        if self.sharded {
            // One at a time: the channels of one command must be in the same slot.
            let subscribed = stream::iter(channels).map(|channel| self.subscriber.ssubscribe(channel));
            subscribed.buffer_unordered(PIPELINE).fold(Ok(()), |all, one| async { all.and(one) }).await
        } else {
            self.subscriber.subscribe(channels).await
        }
    }

    async fn unsubscribe(&self, channels: Vec<String>) -> Result<(), fred::error::Error> {
        if self.sharded {
            let unsubscribed = stream::iter(channels).map(|channel| self.subscriber.sunsubscribe(channel));
            unsubscribed.buffer_unordered(PIPELINE).fold(Ok(()), |all, one| async { all.and(one) }).await
        } else {
            self.subscriber.unsubscribe(channels).await
        }
    }

    /// Checks the connections and updates the state. Returns whether both connections have just started to work again.
    async fn look(&self, metrics: &Metrics) -> bool {
        // Check both at once, so that one that does not respond does not delay the other.
        let asked = Instant::now();
        let (publisher, subscriber) = tokio::join!(answers(&self.publisher), answers(&self.subscriber));
        let up = publisher && subscriber;
        // Without Redis there is no such metric.
        gauge!("taskwire_redis_round_trip_seconds").set(if up { asked.elapsed().as_secs_f64() } else { f64::NAN });
        let state = match up {
            true if self.forbidden.load(Ordering::Relaxed) => RedisState::Forbidden,
            true => RedisState::Up,
            false if self.refused.load(Ordering::Relaxed) => RedisState::Refused,
            false => RedisState::Down,
        };
        let before = std::mem::replace(&mut *self.state.lock().unwrap_or_else(PoisonError::into_inner), state);
        metrics.redis.set(if up { 1.0 } else { 0.0 });
        match (before, state.warning()) {
            (RedisState::Up, None) => {}
            (_, None) => tracing::info!("Redis is connected"),
            (before, Some(warning)) if before != state => tracing::warn!("{warning}"),
            _ => {}
        }
        up && before != RedisState::Up
    }
}

/// The configuration of a connection, without a policy for reconnecting. Also returns whether Redis is a cluster. With `fail_fast`, the
/// first failed attempt to connect is an error.
pub(super) fn builder(url: &str, fail_fast: bool) -> Result<(Builder, bool), fred::error::Error> {
    let mut config = Config::from_url(url)?;
    config.fail_fast = fail_fast;
    // With RESP2, a subscribed connection accepts no other commands, not even a ping.
    config.version = RespVersion::RESP3;
    let sharded = config.server.is_clustered();
    let mut builder = Builder::from_config(config);
    builder.with_connection_config(|connection| {
        connection.connection_timeout = PATIENCE;
        connection.internal_command_timeout = PATIENCE;
        connection.max_command_attempts = 1;
        connection.max_command_buffer_len = QUEUE;
        connection.reconnect_on_auth_error = true;
        connection.tcp.nodelay = Some(true);
        connection.unresponsive =
            UnresponsiveConfig { max_timeout: Some(PATIENCE), interval: MAINTENANCE_INTERVAL / 2 };
    });
    builder.with_performance_config(|performance| {
        performance.broadcast_channel_capacity = QUEUE;
        performance.default_command_timeout = PATIENCE;
    });
    Ok((builder, sharded))
}

/// The events that fred reports of a connection.
struct Events {
    reconnects: Receiver<Server>,
    moves: Receiver<Vec<ClusterStateChange>>,
    errors: Receiver<(fred::error::Error, Option<Server>)>,
}

impl Events {
    fn of(client: &Client) -> Self {
        Self { reconnects: client.reconnect_rx(), moves: client.cluster_change_rx(), errors: client.error_rx() }
    }
}

fn take<T>(slot: &Mutex<Option<T>>) -> Option<T> {
    slot.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// Whether Redis responds on a connection. If it does not, the connection is replaced: fred notices an unresponsive connection
/// only if nothing is written to it either, so not while there is something to publish.
async fn answers(client: &Client) -> bool {
    if !client.is_connected() {
        return false;
    }
    let is_well = client.ping::<Value>(None).await.is_ok();
    if !is_well {
        tracing::debug!("Redis does not answer; reconnecting");
        // The result is not needed: the next check shows whether the reconnection succeeded.
        let _ = tokio::time::timeout(PATIENCE, client.force_reconnection()).await;
    }
    is_well
}

/// The task that publishes the queued hints.
async fn publish(redis: Arc<Redis>) {
    let mut waiting = redis.waiting.lock().await;
    let options = Options { fail_fast: true, max_attempts: Some(1), timeout: Some(PATIENCE), ..Options::default() };
    let client = redis.publisher.with_options(&options);
    let hints = stream::poll_fn(|cx| waiting.poll_recv(cx));
    hints
        .map(|hint| async {
            let (channel, message) = match hint {
                Hint::Changes(board, changes) => (redis.channel(board), encode(&changes)),
                Hint::Presence(board, report) => (redis.channel(board), report),
                Hint::Boards => (redis.boards_channel(), Bytes::new()),
                Hint::Rights => (redis.rights_channel(), Bytes::new()),
            };
            if let Err(error) = redis.publish_now(&client, channel, message).await {
                tracing::debug!(%error, "a message could not be published to Redis");
            }
        })
        .buffer_unordered(PIPELINE)
        .for_each(|()| std::future::ready(()))
        .await;
}

/// The task that handles what other nodes publish.
async fn listen(redis: Arc<Redis>, shared: Arc<Shared>, mut messages: Receiver<Message>) {
    let (boards_channel, rights_channel) = (redis.boards_channel(), redis.rights_channel());
    let mut clocks_differ = false;
    loop {
        match messages.recv().await {
            Ok(Message { channel, value, .. }) => {
                let envelope = match value {
                    Value::Bytes(bytes) => bytes,
                    Value::String(text) => text.into_inner(),
                    _ => Bytes::new(),
                };
                let message = match redis.envelopes.open(&channel, envelope) {
                    Ok(message) => message,
                    Err(why) => {
                        shared.metrics.bad_hints.increment(1);
                        if why == Unsigned::Stale && !std::mem::replace(&mut clocks_differ, true) {
                            tracing::warn!(
                                "dropped a message of another node that is more than a minute old: the clocks of the nodes \
                                 differ, or somebody replays messages; changes are read from the database, once a second"
                            );
                        }
                        continue;
                    }
                };
                if *channel == *boards_channel {
                    shared.boards.stale.notify_one();
                } else if *channel == *rights_channel {
                    shared.check_now.notify_one();
                } else {
                    match redis.board_of(&channel).zip(decode(message)) {
                        Some((board, News::Changes(batch))) => shared.take_hint(board, batch),
                        Some((board, News::Presence(report))) => shared.take_report(board, report),
                        None => shared.metrics.bad_hints.increment(1),
                    }
                }
            }
            // The missed messages are in the log.
            Err(RecvError::Lagged(_)) => shared.check_now.notify_one(),
            Err(RecvError::Closed) => return,
        }
    }
}

/// The task that keeps the subscriptions up to date.
async fn maintain(redis: Arc<Redis>, shared: Arc<Shared>, events: Events) {
    let Events { mut reconnects, mut moves, mut errors } = events;
    let mut subscribed = HashSet::new();
    let mut has_common_channels = false;
    let mut tick = interval(MAINTENANCE_INTERVAL);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut looks = 0_u32;
    loop {
        let renew = tokio::select! {
            event = reconnects.recv() => match event {
                Err(RecvError::Closed) => return,
                _ => true,
            },
            event = moves.recv() => match event {
                Err(RecvError::Closed) => return,
                _ => true,
            },
            event = errors.recv() => match event {
                Ok((error, _)) => {
                    redis.refused.store(*error.kind() == ErrorKind::Auth, Ordering::Relaxed);
                    continue;
                }
                Err(RecvError::Lagged(_)) => continue,
                Err(RecvError::Closed) => return,
            },
            () = redis.interest.notified() => false,
            _ = tick.tick() => {
                looks = looks.wrapping_add(1);
                let is_back = redis.look(&shared.metrics).await;
                if looks == LOOKS_AT_START && redis.state() == RedisState::Down {
                    tracing::warn!("{}", RedisState::Down.warning().unwrap_or_default());
                }
                is_back || (redis.sharded && looks.is_multiple_of(LOOKS_PER_RENEWAL))
            }
        };
        if renew {
            subscribed.clear();
            has_common_channels = false;
        }
        if !redis.subscriber.is_connected() {
            continue;
        }
        let common = || vec![redis.boards_channel(), redis.rights_channel()];
        // fred does not report that a subscription was refused. Whoever may publish on a channel may also subscribe to it, so
        // try to publish. The message used for that only makes other nodes read the list of boards again.
        let may_publish = async || {
            let publisher = &redis.publisher;
            publisher.is_connected() && redis.publish_now(publisher, redis.boards_channel(), Bytes::new()).await.is_ok()
        };
        if !has_common_channels && redis.subscribe(common()).await.is_ok() && may_publish().await {
            has_common_channels = true;
            shared.boards.stale.notify_one();
            shared.check_now.notify_one();
        }
        let open: HashSet<BoardId> = shared.topics().keys().copied().collect();
        let new: Vec<BoardId> = open.difference(&subscribed).copied().collect();
        for boards in new.chunks(CHANNELS) {
            match redis.subscribe(boards.iter().map(|board| redis.channel(*board)).collect()).await {
                Ok(()) => subscribed.extend(boards),
                Err(error) => tracing::debug!(%error, "could not subscribe to channels of boards; trying again soon"),
            }
        }
        if !new.is_empty() {
            // Fetch the changes that were published before the subscription.
            shared.check_now.notify_one();
            shared.ask_who_is_there(&new);
        }
        let gone: Vec<BoardId> = subscribed.difference(&open).copied().collect();
        for boards in gone.chunks(CHANNELS) {
            match redis.unsubscribe(boards.iter().map(|board| redis.channel(*board)).collect()).await {
                Ok(()) => subscribed.retain(|board| !boards.contains(board)),
                Err(error) => {
                    tracing::debug!(%error, "could not unsubscribe from channels of boards; trying again soon")
                }
            }
        }
    }
}

/// The prefix of a presence report. Changes begin with a number instead.
const PRESENCE: &[u8] = b"presence ";

/// A decoded message of another node about a board.
#[derive(Debug)]
enum News {
    Changes(Batch),
    Presence(Report),
}

/// Encodes changes as `<number before the first> <length of the first> <length of the second> …`, a line feed, and the changes'
/// JSON without separators. So a receiver recognises known changes by the first line.
fn encode(changes: &[LoggedChange]) -> Bytes {
    let after = changes.first().map_or(0, |change| change.seq.saturating_sub(1));
    let mut head = after.to_string();
    for change in changes {
        head.push(' ');
        head.push_str(&change.json.len().to_string());
    }
    head.push('\n');
    let mut message = head.into_bytes();
    for change in changes {
        message.extend_from_slice(&change.json);
    }
    message.into()
}

/// Encodes a report as JSON, after a prefix that distinguishes it from changes.
fn encode_report(report: &Report) -> Bytes {
    let mut message = PRESENCE.to_vec();
    match serde_json::to_writer(&mut message, report) {
        Ok(()) => message.into(),
        // A report consists of ids and numbers, so this cannot fail; a receiver ignores an empty message.
        Err(_) => Bytes::new(),
    }
}

fn decode(message: Bytes) -> Option<News> {
    match message.strip_prefix(PRESENCE) {
        Some(report) => serde_json::from_slice(report).ok().map(News::Presence),
        None => decode_changes(message).map(News::Changes),
    }
}

fn decode_changes(message: Bytes) -> Option<Batch> {
    let line_feed = message.iter().position(|byte| *byte == b'\n')?;
    let mut numbers = std::str::from_utf8(&message[..line_feed]).ok()?.split(' ');
    let after: Seq = numbers.next()?.parse().ok()?;
    let mut rest = message.slice(line_feed + 1..);
    let mut changes = Vec::new();
    for length in numbers {
        let length: usize = length.parse().ok()?;
        if length > rest.len() {
            return None;
        }
        let seq = after.checked_add(changes.len() as u64 + 1)?;
        changes.push(LoggedChange { seq, json: rest.split_to(length) });
    }
    rest.is_empty().then_some(Batch { after, changes })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(seq: Seq, json: &'static str) -> LoggedChange {
        LoggedChange { seq, json: Bytes::from_static(json.as_bytes()) }
    }

    #[test]
    fn a_batch_is_read_as_it_was_written() {
        let changes = vec![change(7, r#"{"seq":7}"#), change(8, "{}"), change(9, "{\"title\":\"\\n 3\"}")];
        let Some(News::Changes(batch)) = decode(encode(&changes)) else { panic!("changes") };
        assert_eq!((batch.after, batch.changes), (6, changes));
    }

    #[test]
    fn what_is_no_batch_is_no_batch() {
        for garbage in [
            "",
            "\n",
            "x\n",
            "presence ",
            "presence {}",
            "6",
            "6 4\n{}",
            "6 2\n{}more",
            "-1 2\n{}",
            "6 2 \n{}",
            "18446744073709551615 2\n{}",
        ] {
            assert!(decode(Bytes::from_static(garbage.as_bytes())).is_none(), "{garbage:?}");
        }
        assert!(decode(Bytes::from_static(b"\xff\xfe\n")).is_none());
    }
}
