//! The boards that a client follows: what it is sent of them, and when it may no longer see them.

use std::time::Duration;

use app::{id::BoardId, model::Seq, presence::Edited, protocol::ErrorCode};
use tokio::time::Instant;

use super::{End, Session, random_fraction};
use crate::hub::{
    Subscription,
    frame::Frame,
    presence::TabKey,
    presence_handle::PresenceHandle,
    topic::{Next, Resume, SnapshotForm, Start, TopicError},
};

/// The backoff after the database could not be read: the first pause and the longest one. The pause doubles each time.
const RETRY: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(1)];

/// An access version that no board has, so that access is checked again.
pub(super) const UNKNOWN: u64 = u64::MAX;

/// A board to which the client has subscribed.
pub(super) struct BoardSubscription {
    pub(super) topic: Subscription,
    /// The number of the newest change that the client was sent.
    cursor: Seq,
    /// The access version of the board at which the client's access was last checked.
    pub(super) access_version: u64,
    /// The client's presence on the board, if it announced one. Few programs do.
    pub(super) presence: Option<Box<PresenceHandle>>,
    /// Set while the database could not be read for this subscription, and is to be tried again.
    pub(super) retry: Option<Box<Retry>>,
}

/// The retry of a subscription that waits for the database.
pub(super) struct Retry {
    pub(super) at: Instant,
    /// The length of the current pause.
    pause: Duration,
    start: Start,
    /// Whether the client has had no response to its subscription yet: it is not known whether it may see the board.
    first: bool,
    /// The presence to announce as soon as that is known: the tab, and the task that is edited in it.
    present: Option<(TabKey, Option<Edited>)>,
}

impl BoardSubscription {
    /// Whether it is not known yet if the client may see the board.
    pub(super) fn is_pending(&self) -> bool {
        self.retry.as_ref().is_some_and(|retry| retry.first)
    }

    /// The number up to which the client was sent everything; `None` while it waits for the first response.
    pub(super) fn sent_upto(&self) -> Option<Seq> {
        match &self.retry {
            None => Some(self.topic.head().max(self.cursor)),
            Some(retry) if retry.first => None,
            Some(_) => Some(self.cursor),
        }
    }
}

impl Session {
    /// Ends the subscriptions to boards that the client may no longer see.
    pub(super) fn unsubscribe_forbidden_boards(&mut self) {
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
                self.unsubscribe_forbidden(index);
            } else {
                index += 1;
            }
        }
    }

    pub(super) fn unsubscribe_forbidden(&mut self, index: usize) {
        let board = self.subscriptions.remove(index).topic.board();
        self.say_error(ErrorCode::Forbidden, "you may not see this board any more", Some(board));
    }

    /// Sends one frame for each board with new changes, then the lists and the presence that have changed.
    pub(super) async fn deliver(&mut self) -> Result<(), End> {
        self.unsubscribe_forbidden_boards();
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
                    if let Some(followed) = self.subscriptions.get(index - 1) {
                        followed.topic.measure(&span);
                    }
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
                    self.unsubscribe_forbidden(index);
                }
            }
        }
        if let Some(list) = self.subscriber.boards_for(&mut self.rights) {
            self.write(list.bytes()).await?;
        }
        if let Some(people) = self.subscriber.people_for(&mut self.rights) {
            self.write(people.bytes()).await?;
        }
        let has_news =
            |followed: &BoardSubscription| followed.presence.as_ref().is_some_and(|presence| presence.has_news());
        if self.subscriptions.iter().any(|followed| has_news(followed) && !followed.is_pending()) {
            Box::pin(self.deliver_presence()).await?;
        }
        Ok(())
    }

    /// Sends one frame for each board whose presence differs from what the client was told.
    pub(super) async fn deliver_presence(&mut self) -> Result<(), End> {
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
    pub(super) async fn resume_from(&mut self, index: usize, start: Start, first: bool) -> Result<bool, End> {
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
                self.unsubscribe_forbidden(index);
                return Ok(false);
            }
            Err(TopicError::Store(error)) => {
                tracing::debug!(%error, %board, "a board could not be read for a socket");
                let pause = retry.as_ref().map_or(RETRY[0], |retry| (2 * retry.pause).min(RETRY[1]));
                // With jitter, so that not all sockets retry at once.
                let at = Instant::now() + pause.mul_f64(0.75 + 0.5 * random_fraction());
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

    pub(super) async fn subscribe(&mut self, board: BoardId, start: Start, form: SnapshotForm) -> Result<(), End> {
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
        self.subscriptions.push(BoardSubscription {
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
    pub(super) fn join_presence(&mut self, board: BoardId, tab: TabKey, editing: Option<Edited>) {
        let Some(index) = self.subscriptions.iter().position(|followed| followed.topic.board() == board) else {
            let message = "subscribe to the board before you announce your presence on it";
            return self.say_error(ErrorCode::NotSubscribed, message, Some(board));
        };
        let BoardSubscription { topic, presence, retry, .. } = &mut self.subscriptions[index];
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

    pub(super) fn followed(&mut self, board: BoardId) -> Option<&mut BoardSubscription> {
        self.subscriptions.iter_mut().find(|followed| followed.topic.board() == board)
    }
}
