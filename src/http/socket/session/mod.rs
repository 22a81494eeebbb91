//! The life of one socket, in one task.
//!
//! The task sends what is waiting, then waits for the first of: a change, a message, an answer of the writer, its timer, the shutdown.
//! Nothing is queued for the task: while it is busy with sending, changes wait in the topics' rings and the log, and messages in the
//! kernel's buffers.
//!
//! This file has the loop with its timer, its rights and its end. [`subscriptions`] has the boards that the client follows and what is
//! sent of them, [`messages`] what the client says, and [`mutations`] the edits and their answers.

mod messages;
mod mutations;
mod subscriptions;

use std::{
    future::{Future, poll_fn},
    hash::{BuildHasher, RandomState},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use app::{
    id::{ActorId, BoardId},
    protocol::{CLOSED_SIGNED_OUT, ErrorCode, ServerMessage},
};
use futures::StreamExt;
use mutations::{Answer, Unanswered};
use subscriptions::BoardSubscription;
use tokio::time::{Instant, Sleep, sleep_until, timeout};
use tokio_util::sync::WaitForCancellationFutureOwned;

use super::{
    SocketContext,
    limits::{Bucket, SocketLimits},
    wire::{Incoming, Wire, WriteFailed},
};
use crate::{
    credentials::Credentials,
    http::admission::Admission,
    hub::{
        Subscriber,
        frame::{PING, put_message},
    },
    store::Rights,
    writer::Sequence,
};

/// A revision that the directory never has.
const UNKNOWN_REVISION: i64 = -1;

/// The codes with which sockets are closed: see `docs/PROTOCOL.md`.
mod close_code {
    pub(super) const AWAY: u16 = 1001;
    pub(super) const NOT_TEXT: u16 = 1007;
    pub(super) const POLICY: u16 = 1008;
    pub(super) const TOO_LARGE: u16 = 1009;
    pub(super) const TRY_AGAIN: u16 = 1013;
    pub(super) const SILENT: u16 = 4408;
}

/// How a socket ends.
enum End {
    /// The connection broke, or the client closed it.
    Disconnected,
    /// We close the socket, with a code and a reason.
    Close(u16, &'static str),
    /// We close the socket, and can no longer parse what the client sends.
    CloseUnread(u16, &'static str),
}

/// The end of a socket whose client's credentials have become invalid.
const SIGNED_OUT: End = End::Close(CLOSED_SIGNED_OUT, "signed out");

/// The events that a socket waits for.
enum Event {
    News,
    Message(Incoming),
    Answer(Answer),
    Tick,
    Shutdown,
}

/// An open socket.
pub(super) struct Session {
    wire: Wire,
    _admission: Admission,
    rights: Rights,
    /// The version of the rights with which the subscriptions and lists were last checked.
    checked_rights: u64,
    /// The revision of the directory at which the rights were last compared.
    checked_revision: i64,
    /// The person whose socket this is; `None` for a caller without an account.
    person: Option<ActorId>,
    /// Whether the client was silent for so long that its reader does not count as present.
    is_away: bool,
    subscriber: Subscriber,
    /// Executes the mutations, in order.
    writer: Sequence,
    limits: Arc<SocketLimits>,
    subscriptions: Vec<BoardSubscription>,
    /// The mutations that the writer has yet to answer.
    unanswered: Unanswered,
    /// Frames with our replies, which are yet to be written.
    replies: Vec<u8>,
    errors: u32,
    bucket: Bucket,
    heard: Instant,
    /// Until when nothing is read, because the client exceeded its rate.
    paused_until: Option<Instant>,
    timer: Pin<Box<Sleep>>,
    shutdown: Pin<Box<WaitForCancellationFutureOwned>>,
}

/// A random fraction from 0 to 1. (A hasher's keys are random, which is good enough here.)
fn random_fraction() -> f64 {
    RandomState::new().hash_one(0) as f64 / u64::MAX as f64
}

impl From<WriteFailed> for End {
    fn from(_: WriteFailed) -> Self {
        // A client that reads nothing would not read a close frame either.
        Self::Disconnected
    }
}

impl Session {
    /// A session for an upgraded connection.
    pub(super) fn new(
        wire: Wire,
        credentials: Credentials,
        person: Option<ActorId>,
        admission: Admission,
        context: SocketContext,
    ) -> Self {
        let SocketContext { store, writer, hub, limits, hello, .. } = context;
        let now = Instant::now();
        let shutdown = Box::pin(wire.goodbye().cancelled_owned());
        Self {
            wire,
            _admission: admission,
            rights: Rights::new(&store, credentials),
            checked_rights: 0,
            checked_revision: UNKNOWN_REVISION,
            person,
            is_away: false,
            subscriber: hub.connect(),
            writer: writer.sequence(),
            subscriptions: Vec::new(),
            unanswered: Unanswered::default(),
            replies: hello.frame().to_vec(),
            errors: 0,
            bucket: Bucket::new(limits.rate, now.into_std()),
            heard: now,
            paused_until: None,
            timer: Box::pin(sleep_until(now + limits.ping_after)),
            shutdown,
            limits,
        }
    }

    /// Serves the socket until it ends.
    #[expect(
        clippy::manual_async_fn,
        reason = "an `async fn` keeps what it is given twice, and this is most of a socket"
    )]
    pub(super) fn run(mut self) -> impl Future<Output = ()> + Send {
        async move {
            let end = self.serve().await;
            Box::pin(self.end(end)).await;
        }
    }

    async fn end(self, end: End) {
        match end {
            End::Disconnected => {}
            End::Close(code, reason) => self.wire.close(code, reason, self.limits.close).await,
            End::CloseUnread(code, reason) => self.wire.close_unread(code, reason, self.limits.close).await,
        }
    }

    async fn serve(&mut self) -> End {
        loop {
            match self.step().await {
                Ok(()) => {}
                Err(end) => return end,
            }
        }
    }

    async fn step(&mut self) -> Result<(), End> {
        self.check_credentials().await?;
        self.deliver().await?;
        self.send_replies().await?;
        // Futures that are boxed here and below take memory only while they run, which on most sockets is seldom.
        match poll_fn(|cx| self.poll_event(cx)).await {
            Event::News => Ok(()),
            Event::Message(message) => Box::pin(self.receive(message)).await,
            Event::Answer(answer) => Box::pin(self.answer(answer)).await,
            Event::Tick => self.tick().await,
            Event::Shutdown => Err(Box::pin(self.say_goodbye()).await),
        }
    }

    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Event> {
        if self.shutdown.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Event::Shutdown);
        }
        if let Poll::Ready(Some(answer)) = self.unanswered.poll_next_unpin(cx) {
            return Poll::Ready(Event::Answer(answer));
        }
        if self.timer.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Event::Tick);
        }
        if self.paused_until.is_none()
            && self.unanswered.len() < self.limits.in_flight
            && let Poll::Ready(message) = self.wire.poll_read(cx)
        {
            return Poll::Ready(Event::Message(message));
        }
        // Checked last, so that a busy board cannot keep the task from reading.
        self.subscriber.wake().poll(cx).map(|()| Event::News)
    }

    /// Checks the caller's rights again, if they may have changed. A caller without valid credentials is told, and the socket closes.
    async fn check_credentials(&mut self) -> Result<(), End> {
        if self.rights.now().is_none() || self.rights.credentials().is_stranger() {
            return Err(SIGNED_OUT);
        }
        if self.rights.revision() == self.checked_revision {
            return Ok(());
        }
        self.checked_revision = self.rights.revision();
        if self.checked_rights != self.rights.version() {
            self.checked_rights = self.rights.version();
            for followed in &mut self.subscriptions {
                followed.access_version = subscriptions::UNKNOWN;
            }
            self.subscriber.is_somebody_else();
        }
        Ok(())
    }

    fn set_away(&mut self, is_away: bool) {
        self.is_away = is_away;
        for presence in self.subscriptions.iter().filter_map(|followed| followed.presence.as_ref()) {
            presence.set_away(is_away);
        }
    }

    async fn tick(&mut self) -> Result<(), End> {
        let now = Instant::now();
        if self.paused_until.is_some_and(|until| until <= now) {
            self.paused_until = None;
            // The server did not read, so the client does not count as silent.
            self.heard = now;
        }
        if self.unanswered.len() >= self.limits.in_flight || self.paused_until.is_some() {
            self.heard = now;
        }
        // A session or token may have expired, which does not change the directory.
        if self.rights.look().is_none() {
            return Err(SIGNED_OUT);
        }
        let silent = now - self.heard;
        if silent >= self.limits.silence {
            return Err(End::Close(close_code::SILENT, "the client was silent for too long"));
        }
        if silent >= self.limits.ping_after {
            self.write(PING).await?;
        }
        if silent >= self.limits.away && !self.is_away {
            self.set_away(true);
        }
        // Retries that are due run in the next step.
        let retries = self.subscriptions.iter().filter_map(|followed| Some(followed.retry.as_ref()?.at));
        let retries = retries.filter(|at| *at > now);
        let away = Some(self.heard + self.limits.away).filter(|_| !self.is_away);
        let next = retries.chain(self.paused_until).chain(away).fold(now + self.limits.ping_after, Instant::min);
        self.timer.as_mut().reset(next);
        Ok(())
    }

    /// Tells the client that the server is going away, answers its outstanding mutations, and ends the socket.
    async fn say_goodbye(&mut self) -> End {
        let spread = self.limits.reconnect_spread.as_millis().max(1) as f64;
        let reconnect_after_ms = (random_fraction() * spread) as u64;
        put_message(&mut self.replies, &ServerMessage::Goodbye { reconnect_after_ms });
        let patience = self.limits.close;
        let farewell = async {
            self.send_replies().await?;
            while let Some(answer) = self.unanswered.next().await {
                self.answer(answer).await?;
                self.send_replies().await?;
            }
            self.deliver().await
        };
        match timeout(patience, farewell).await {
            Ok(Err(end)) => end,
            Ok(Ok(())) | Err(_) => End::Close(close_code::AWAY, "the server is going away"),
        }
    }

    async fn send_replies(&mut self) -> Result<(), End> {
        if !self.replies.is_empty() {
            // The buffer is taken, so that a socket that was busy once does not keep its memory.
            let replies = std::mem::take(&mut self.replies);
            self.write(&replies).await?;
        }
        Ok(())
    }

    /// Writes frames, unless the client's credentials have become invalid.
    async fn write(&mut self, frames: &[u8]) -> Result<(), End> {
        if self.rights.now().is_none() {
            return Err(SIGNED_OUT);
        }
        match self.wire.write(frames).await {
            Ok(()) => Ok(()),
            Err(failed) => {
                if matches!(failed, WriteFailed::TooSlow) {
                    self.subscriber.metrics().too_slow.increment(1);
                }
                Err(failed.into())
            }
        }
    }

    fn wake_at(&mut self, at: Instant) {
        if at < self.timer.deadline() {
            self.timer.as_mut().reset(at);
        }
    }

    fn say_error(&mut self, code: ErrorCode, message: impl Into<String>, board: Option<BoardId>) {
        let message = message.into();
        put_message(&mut self.replies, &ServerMessage::Error { code, message, board });
    }
}
