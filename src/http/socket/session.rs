//! The life of one socket, in one task.
//!
//! The task sends what is waiting, then waits for the first of: a change, a message, an answer of the writer, its timer, the shutdown.
//! Nothing is queued for the task: while it is busy with sending, changes wait in the topics' rings and the log, and messages in the
//! kernel's buffers.

use std::{
    collections::BTreeMap,
    future::{Future, poll_fn, ready},
    hash::{BuildHasher, RandomState},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use app::{
    access::Principal,
    id::{ActorId, BoardId, MutationId, TaskId},
    model::Seq,
    ops::Mutation,
    protocol::{CLOSED_SIGNED_OUT, ClientMessage, ErrorCode, ServerMessage},
    refusal::{Refusal, Thing},
};
use futures::{StreamExt, future::BoxFuture, stream::FuturesOrdered};
use tokio::time::{Instant, Sleep, sleep_until, timeout};
use tokio_util::sync::WaitForCancellationFutureOwned;

use super::{
    SocketContext,
    limits::{Bucket, SocketLimits},
    reading::{Reading, read},
    wire::{Incoming, Wire, WriteFailed},
};
use crate::{
    credentials::Credentials,
    http::admission::Admission,
    hub::{
        Subscriber, Subscription,
        frame::{Frame, PING, put_message},
        presence::TabKey,
        presence_handle::PresenceHandle,
        topic::{Next, Resume, SnapshotForm, Start, TopicError},
    },
    store::{Accepted, Rights},
    writer::{Sequence, WriteError},
};

/// The backoff after the database could not be read: the first pause and the longest one. The pause doubles each time.
const RETRY: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(1)];

/// An access version that no board has, so that access is checked again.
const UNKNOWN: u64 = u64::MAX;
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
    checked_with: u64,
    /// The revision of the directory at which the rights were last compared.
    told_revision: i64,
    /// The person whose socket this is; `None` for a caller without an account.
    person: Option<ActorId>,
    /// Whether the client was silent for so long that its reader does not count as present.
    is_away: bool,
    subscriber: Subscriber,
    /// Executes the mutations, in order.
    writer: Sequence,
    limits: Arc<SocketLimits>,
    subscriptions: Vec<Followed>,
    /// The mutations that the writer has yet to answer, in order. Boxed, because most sockets only read and need none.
    answers: Option<Box<FuturesOrdered<BoxFuture<'static, Answer>>>>,
    unanswered: usize,
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

/// A board to which the client has subscribed.
struct Followed {
    topic: Subscription,
    /// The number of the newest change that the client was sent.
    cursor: Seq,
    /// The access version of the board at which the client's access was last checked.
    access_version: u64,
    /// The client's presence on the board, if it announced one. Few programs do.
    presence: Option<Box<PresenceHandle>>,
    /// Set while the database could not be read for this subscription, and is to be tried again.
    retry: Option<Box<Retry>>,
}

/// The retry of a subscription that waits for the database.
struct Retry {
    at: Instant,
    /// The length of the current pause.
    pause: Duration,
    start: Start,
    /// Whether the client has had no response to its subscription yet: it is not known whether it may see the board.
    first: bool,
    /// The presence to announce as soon as that is known: the tab, and the task that is edited in it.
    present: Option<(TabKey, Option<TaskId>)>,
}

struct Answer {
    board: Option<BoardId>,
    mutation: MutationId,
    outcome: Result<Accepted, WriteError>,
}

impl Followed {
    /// Whether it is not known yet if the client may see the board.
    fn is_pending(&self) -> bool {
        self.retry.as_ref().is_some_and(|retry| retry.first)
    }

    /// The number up to which the client was sent everything; `None` while it waits for the first response.
    fn sent_upto(&self) -> Option<Seq> {
        match &self.retry {
            None => Some(self.topic.head().max(self.cursor)),
            Some(retry) if retry.first => None,
            Some(_) => Some(self.cursor),
        }
    }
}

/// A random fraction from 0 to 1. (A hasher's keys are random, which is good enough here.)
fn some_fraction() -> f64 {
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
            checked_with: 0,
            told_revision: UNKNOWN_REVISION,
            person,
            is_away: false,
            subscriber: hub.connect(),
            writer: writer.sequence(),
            subscriptions: Vec::new(),
            answers: None,
            unanswered: 0,
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
        self.look_at_rights().await?;
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
        if let Some(answers) = &mut self.answers
            && let Poll::Ready(Some(answer)) = answers.poll_next_unpin(cx)
        {
            return Poll::Ready(Event::Answer(answer));
        }
        if self.timer.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Event::Tick);
        }
        if self.paused_until.is_none()
            && self.unanswered < self.limits.in_flight
            && let Poll::Ready(message) = self.wire.poll_read(cx)
        {
            return Poll::Ready(Event::Message(message));
        }
        // Checked last, so that a busy board cannot keep the task from reading.
        self.subscriber.wake().poll(cx).map(|()| Event::News)
    }

    /// Checks the caller's rights again, if they may have changed. A caller without valid credentials is told, and the socket closes.
    async fn look_at_rights(&mut self) -> Result<(), End> {
        if self.rights.now().is_none() || self.rights.credentials().is_stranger() {
            return Err(SIGNED_OUT);
        }
        if self.rights.revision() == self.told_revision {
            return Ok(());
        }
        self.told_revision = self.rights.revision();
        if self.checked_with != self.rights.version() {
            self.checked_with = self.rights.version();
            for followed in &mut self.subscriptions {
                followed.access_version = UNKNOWN;
            }
            self.subscriber.is_somebody_else();
        }
        Ok(())
    }

    /// Ends the subscriptions to boards that the client may no longer see.
    fn leave_forbidden_boards(&mut self) {
        let mut index = 0;
        while let Some(followed) = self.subscriptions.get_mut(index) {
            if followed.is_pending() {
                // Access is checked once the board can be read.
                index += 1;
                continue;
            }
            let version = followed.topic.access_version();
            if version != std::mem::replace(&mut followed.access_version, version)
                && !followed.topic.lets_in(&mut self.rights)
            {
                self.leave_forbidden(index);
            } else {
                index += 1;
            }
        }
    }

    fn leave_forbidden(&mut self, index: usize) {
        let board = self.subscriptions.remove(index).topic.board();
        self.say_error(ErrorCode::Forbidden, "you may not see this board any more", Some(board));
    }

    /// Sends one frame for each board with new changes, then the lists and the presence that have changed.
    async fn deliver(&mut self) -> Result<(), End> {
        self.leave_forbidden_boards();
        let mut index = 0;
        while let Some(followed) = self.subscriptions.get_mut(index) {
            index += 1;
            if let Some(Retry { at, start, first, .. }) = followed.retry.as_deref() {
                if *at <= Instant::now() {
                    let (start, first) = (*start, *first);
                    if !Box::pin(self.resume_from(index - 1, start, first)).await? {
                        index -= 1;
                    }
                }
                continue;
            }
            match followed.topic.next_for(&mut self.rights, followed.cursor) {
                Next::UpToDate => {}
                Next::Changes(span) => {
                    let count = span.upto - followed.cursor;
                    followed.cursor = span.upto;
                    let more = followed.topic.head() > span.upto;
                    self.write(span.frame.bytes()).await?;
                    self.subscriber.metrics().deliveries.increment(count);
                    self.subscriber.metrics().frames.increment(1);
                    if more {
                        self.subscriber.wake().wake();
                    }
                }
                Next::Behind => {
                    let start = Start::After(followed.cursor);
                    if !Box::pin(self.resume_from(index - 1, start, false)).await? {
                        index -= 1;
                    }
                }
                Next::Forbidden => {
                    index -= 1;
                    self.leave_forbidden(index);
                }
            }
        }
        if let Some(list) = self.subscriber.boards_for(&mut self.rights) {
            self.write(list.bytes()).await?;
        }
        if let Some(people) = self.subscriber.people_for(&mut self.rights) {
            self.write(people.bytes()).await?;
        }
        let has_news = |followed: &Followed| followed.presence.as_ref().is_some_and(|presence| presence.has_news());
        if self.subscriptions.iter().any(|followed| has_news(followed) && !followed.is_pending()) {
            Box::pin(self.tell_who_is_here()).await?;
        }
        Ok(())
    }

    /// Sends one frame for each board whose presence differs from what the client was told.
    async fn tell_who_is_here(&mut self) -> Result<(), End> {
        for index in 0..self.subscriptions.len() {
            let followed = &mut self.subscriptions[index];
            if followed.is_pending() {
                continue;
            }
            if let Some(frame) = followed.presence.as_mut().and_then(|presence| presence.news_for(&mut self.rights)) {
                self.write(frame.bytes()).await?;
                self.subscriber.metrics().presence_frames.increment(1);
            }
        }
        Ok(())
    }

    /// Resumes a subscription from the client's position, now or as soon as the database can be read. Returns whether the subscription
    /// still exists.
    async fn resume_from(&mut self, index: usize, start: Start, first: bool) -> Result<bool, End> {
        let followed = &mut self.subscriptions[index];
        let board = followed.topic.board();
        let outcome = followed.topic.resume(start, &mut self.rights).await;
        let retry = followed.retry.take();
        match outcome {
            Ok(Resume::Here(cursor)) => {
                followed.cursor = cursor;
                if first {
                    self.subscriber.metrics().resumes.increment(1);
                    if matches!(followed.topic.next_for(&mut self.rights, cursor), Next::UpToDate) {
                        let nothing = Frame::changes(board, cursor, [].iter());
                        self.write(nothing.bytes()).await?;
                    }
                }
                // Later changes are sent with the next delivery.
                self.subscriber.wake().wake();
            }
            Ok(Resume::Changes(span)) => {
                let count = span.upto - start.seq();
                followed.cursor = span.upto;
                self.write(span.frame.bytes()).await?;
                let metrics = self.subscriber.metrics();
                metrics.deliveries.increment(count);
                metrics.frames.increment(1);
                metrics.resumes.increment(u64::from(first));
                self.subscriber.wake().wake();
            }
            Ok(Resume::Snapshot { seq, frame }) => {
                followed.cursor = seq;
                self.write(frame.bytes()).await?;
                self.subscriber.metrics().snapshots.increment(1);
                self.subscriber.wake().wake();
            }
            Err(TopicError::NoSuchBoard) => {
                self.subscriptions.remove(index);
                self.say_error(ErrorCode::NoSuchBoard, "there is no such board", Some(board));
                return Ok(false);
            }
            Err(TopicError::Forbidden) if first => {
                // A client that could never see the board must not learn that it exists.
                self.subscriptions.remove(index);
                self.say_error(ErrorCode::NoSuchBoard, "there is no such board", Some(board));
                return Ok(false);
            }
            Err(TopicError::Forbidden) => {
                self.leave_forbidden(index);
                return Ok(false);
            }
            Err(TopicError::Store(error)) => {
                tracing::debug!(%error, %board, "a board could not be read for a socket");
                let pause = retry.as_ref().map_or(RETRY[0], |retry| (2 * retry.pause).min(RETRY[1]));
                // With jitter, so that not all sockets retry at once.
                let at = Instant::now() + pause.mul_f64(0.75 + 0.5 * some_fraction());
                let is_told = retry.is_some();
                let present = retry.and_then(|retry| retry.present);
                followed.retry = Some(Box::new(Retry { at, pause, start, first, present }));
                self.wake_at(at);
                if !is_told {
                    let message = "the board cannot be read at the moment; it is sent as soon as it can be read";
                    self.say_error(ErrorCode::Unavailable, message, Some(board));
                    self.send_replies().await?;
                }
                return Ok(true);
            }
        }
        if let Some((tab, editing)) = retry.and_then(|retry| retry.present) {
            self.join_presence(board, tab, editing);
        }
        Ok(true)
    }

    async fn receive(&mut self, message: Incoming) -> Result<(), End> {
        let now = Instant::now();
        self.heard = now;
        if self.is_away && !matches!(message, Incoming::Disconnected) {
            self.set_away(false);
        }
        let text = match message {
            Incoming::Text(text) => text,
            Incoming::Binary => {
                self.charge(1, now);
                return self
                    .protocol_error(ErrorCode::BadMessage, "expected a JSON object in a text frame, not a binary frame")
                    .await;
            }
            Incoming::Alive => {
                self.charge(1, now);
                return Ok(());
            }
            Incoming::TooLarge => {
                self.subscriber.metrics().bad_messages.increment(1);
                let message =
                    format!("the message is too large; at most {} bytes are allowed", self.limits.message_bytes);
                self.say_error(ErrorCode::TooLarge, message, None);
                self.send_replies().await?;
                return Err(End::CloseUnread(close_code::TOO_LARGE, "message too large"));
            }
            Incoming::NotText => {
                self.subscriber.metrics().bad_messages.increment(1);
                self.say_error(ErrorCode::BadMessage, "the text frame is not valid UTF-8", None);
                self.send_replies().await?;
                return Err(End::CloseUnread(close_code::NOT_TEXT, "not UTF-8"));
            }
            Incoming::Disconnected => return Err(End::Disconnected),
        };
        let reading = read(&text);
        drop(text);
        match reading {
            Reading::Message(message) => self.dispatch(message, now).await,
            Reading::Mutations { board, mutations, nameless } => {
                // Finding the field at fault costs more than parsing, so an unreadable mutation costs more of the rate.
                let unreadable = mutations.iter().filter(|mutation| mutation.is_err()).count();
                self.charge(1 + mutations.len() + 10 * unreadable, now);
                self.subscriber.metrics().bad_messages.increment(1);
                self.mutate(board, mutations);
                match nameless {
                    Some(why) => self.protocol_error(ErrorCode::BadMessage, why).await,
                    None => Ok(()),
                }
            }
            Reading::Nonsense(why) => {
                self.charge(1, now);
                self.protocol_error(ErrorCode::BadMessage, why).await
            }
        }
    }

    async fn dispatch(&mut self, message: ClientMessage, now: Instant) -> Result<(), End> {
        match message {
            ClientMessage::Subscribe { board, since, snapshot, outline } => {
                self.charge(1, now);
                let start = match since {
                    Some(seq) if !snapshot => Start::After(seq),
                    seq => Start::Snapshot(seq.unwrap_or_default()),
                };
                let form = if outline { SnapshotForm::Outline } else { SnapshotForm::Whole };
                Box::pin(self.subscribe(board, start, form)).await
            }
            ClientMessage::Unsubscribe { board } => {
                self.charge(1, now);
                self.subscriptions.retain(|followed| followed.topic.board() != board);
                Ok(())
            }
            ClientMessage::Present { board, tab, editing, secret } => {
                self.charge(1, now);
                self.join_presence(board, TabKey { person: self.person, tab, secret }, editing);
                Ok(())
            }
            ClientMessage::WatchBoards { limit, boards } => {
                self.charge(1, now);
                self.subscriber.watch_boards(limit, boards);
                Ok(())
            }
            ClientMessage::WatchPeople { changes } => {
                self.charge(1, now);
                if !self.rights.now().is_some_and(Principal::may_see_people) {
                    self.say_error(ErrorCode::Forbidden, "you may not see the people of this server", None);
                    return Ok(());
                }
                self.subscriber.watch_people(changes);
                Ok(())
            }
            ClientMessage::Mutate { board, mutations } => {
                self.charge(1 + mutations.len(), now);
                self.mutate(Some(board), mutations.into_iter().map(Ok));
                Ok(())
            }
            ClientMessage::Ping {} => {
                self.charge(1, now);
                // Newer changes must be sent before the pong with their numbers.
                self.deliver().await?;
                let heads = self
                    .subscriptions
                    .iter()
                    .filter_map(|followed| Some((followed.topic.board(), followed.sent_upto()?)));
                let heads = BTreeMap::from_iter(heads);
                put_message(&mut self.replies, &ServerMessage::Pong { heads });
                Ok(())
            }
        }
    }

    async fn subscribe(&mut self, board: BoardId, start: Start, form: SnapshotForm) -> Result<(), End> {
        // A client that subscribes again stays present.
        let before = self.followed(board).map(|followed| (followed.presence.take(), followed.retry.take()));
        let (presence, retry) = before.unwrap_or_default();
        self.subscriptions.retain(|followed| followed.topic.board() != board);
        if self.subscriptions.len() >= self.limits.subscriptions {
            let message = format!("a socket may be subscribed to at most {} boards", self.limits.subscriptions);
            self.say_error(ErrorCode::TooMany, message, Some(board));
            return Ok(());
        }
        let topic = self.subscriber.subscribe(board, form);
        self.subscriptions.push(Followed {
            topic,
            cursor: start.seq(),
            presence,
            retry: None,
            access_version: UNKNOWN,
        });
        let is_there = self.resume_from(self.subscriptions.len() - 1, start, true).await?;
        if let Some((tab, editing)) = retry.and_then(|retry| retry.present).filter(|_| is_there) {
            self.join_presence(board, tab, editing);
        }
        Ok(())
    }

    /// Announces the client's presence on a board, or which task it is editing now. (The task is not looked up: one that was just added may
    /// not be saved yet, and an unknown one is shown nowhere.)
    fn join_presence(&mut self, board: BoardId, tab: TabKey, editing: Option<TaskId>) {
        let Some(index) = self.subscriptions.iter().position(|followed| followed.topic.board() == board) else {
            let message = "subscribe to the board before you announce your presence on it";
            return self.say_error(ErrorCode::NotSubscribed, message, Some(board));
        };
        let Followed { topic, presence, retry, .. } = &mut self.subscriptions[index];
        if let Some(retry) = retry.as_mut().filter(|retry| retry.first) {
            retry.present = Some((tab, editing));
            return;
        }
        match presence {
            Some(presence) if *presence.tab() == tab => presence.edit(editing),
            _ => {
                // The old handle leaves before the new one joins; the new one is sent the whole state again.
                *presence = None;
                *presence = Some(Box::new(self.subscriber.join_presence(topic, tab, editing)));
            }
        }
    }

    fn set_away(&mut self, is_away: bool) {
        self.is_away = is_away;
        for presence in self.subscriptions.iter().filter_map(|followed| followed.presence.as_ref()) {
            presence.set_away(is_away);
        }
    }

    fn followed(&mut self, board: BoardId) -> Option<&mut Followed> {
        self.subscriptions.iter_mut().find(|followed| followed.topic.board() == board)
    }

    /// Sends mutations to the writer, which executes them in order. All are answered in that order, also those that are refused.
    fn mutate(
        &mut self,
        board: Option<BoardId>,
        mutations: impl IntoIterator<Item = Result<Mutation, (MutationId, Refusal)>>,
    ) {
        let answers = self.answers.get_or_insert_default();
        for mutation in mutations {
            self.unanswered += 1;
            let (mutation, refusal) = match (mutation, board) {
                (Ok(mutation), Some(to)) => {
                    let id = mutation.id;
                    // From here on the mutation is in the writer's queue, in this order.
                    let outcome = self.writer.write(to, mutation, self.rights.credentials().clone());
                    answers.push_back(Box::pin(async move { Answer { board, mutation: id, outcome: outcome.await } }));
                    continue;
                }
                (Ok(mutation), None) => (mutation.id, Refusal::not_found(Thing::Board)),
                (Err(refused), _) => refused,
            };
            answers.push_back(Box::pin(ready(Answer { board, mutation, outcome: Err(refusal.into()) })));
        }
    }

    async fn answer(&mut self, answer: Answer) -> Result<(), End> {
        let Answer { board, mutation, outcome } = answer;
        self.unanswered -= 1;
        match outcome {
            Ok(accepted) => {
                put_message(&mut self.replies, &ServerMessage::Accepted { mutation, seq: accepted.seq });
                Ok(())
            }
            Err(WriteError::Refused(error)) => {
                put_message(&mut self.replies, &ServerMessage::Rejected { mutation, error });
                Ok(())
            }
            Err(WriteError::Unavailable(error)) => {
                tracing::debug!(%error, %mutation, "a mutation could not be stored");
                self.say_error(ErrorCode::Unavailable, "the change could not be stored; send it again", board);
                self.send_replies().await?;
                Err(End::Close(close_code::TRY_AGAIN, "cannot store changes at the moment"))
            }
        }
    }

    async fn tick(&mut self) -> Result<(), End> {
        let now = Instant::now();
        if self.paused_until.is_some_and(|until| until <= now) {
            self.paused_until = None;
            // The server did not read, so the client does not count as silent.
            self.heard = now;
        }
        if self.unanswered >= self.limits.in_flight || self.paused_until.is_some() {
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
        let reconnect_after_ms = (some_fraction() * spread) as u64;
        put_message(&mut self.replies, &ServerMessage::Goodbye { reconnect_after_ms });
        let patience = self.limits.close;
        let farewell = async {
            self.send_replies().await?;
            while self.unanswered > 0 {
                let Some(answer) = self.next_answer().await else { break };
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

    async fn next_answer(&mut self) -> Option<Answer> {
        self.answers.as_mut()?.next().await
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

    /// Charges a message to the client's rate limit. If that is exceeded, nothing is read for a while.
    fn charge(&mut self, count: usize, now: Instant) {
        if let Some(wait) = self.bucket.take(count, self.limits.rate, now.into_std()) {
            let until = now + wait;
            self.paused_until = Some(until);
            self.wake_at(until);
        }
    }

    fn wake_at(&mut self, at: Instant) {
        if at < self.timer.deadline() {
            self.timer.as_mut().reset(at);
        }
    }

    /// Tells the client what is wrong with its message, and closes the socket if that happens too often.
    async fn protocol_error(&mut self, code: ErrorCode, message: impl Into<String>) -> Result<(), End> {
        self.subscriber.metrics().bad_messages.increment(1);
        self.errors += 1;
        self.say_error(code, message, None);
        if self.errors < self.limits.errors {
            return Ok(());
        }
        self.send_replies().await?;
        Err(End::Close(close_code::POLICY, "too many bad messages"))
    }

    fn say_error(&mut self, code: ErrorCode, message: impl Into<String>, board: Option<BoardId>) {
        let message = message.into();
        put_message(&mut self.replies, &ServerMessage::Error { code, message, board });
    }
}
