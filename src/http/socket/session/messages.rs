//! What a client says: messages are parsed, charged to its rate limit, and dispatched.

use std::collections::BTreeMap;

use app::{
    access::Principal,
    presence::Edited,
    protocol::{ClientMessage, ErrorCode, ServerMessage},
};
use tokio::time::Instant;

use super::{
    super::{
        reading::{Reading, read},
        wire::Incoming,
    },
    End, Session, close_code,
};
use crate::hub::{
    frame::put_message,
    presence::TabKey,
    topic::{SnapshotForm, Start},
};

impl Session {
    pub(super) async fn receive(&mut self, message: Incoming) -> Result<(), End> {
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

    pub(super) async fn dispatch(&mut self, message: ClientMessage, now: Instant) -> Result<(), End> {
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
            ClientMessage::Present { board, tab, editing, comment, secret } => {
                self.charge(1, now);
                let edited = editing.map(|task| Edited { task, comment });
                self.join_presence(board, TabKey { person: self.person, tab, secret }, edited);
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

    /// Charges a message to the client's rate limit. If that is exceeded, nothing is read for a while.
    pub(super) fn charge(&mut self, count: usize, now: Instant) {
        if let Some(wait) = self.bucket.take(count, self.limits.rate, now.into_std()) {
            let until = now + wait;
            self.paused_until = Some(until);
            self.wake_at(until);
        }
    }

    /// Tells the client what is wrong with its message, and closes the socket if that happens too often.
    pub(super) async fn protocol_error(&mut self, code: ErrorCode, message: impl Into<String>) -> Result<(), End> {
        self.subscriber.metrics().bad_messages.increment(1);
        self.errors += 1;
        self.say_error(code, message, None);
        if self.errors < self.limits.errors {
            return Ok(());
        }
        self.send_replies().await?;
        Err(End::Close(close_code::POLICY, "too many bad messages"))
    }
}
