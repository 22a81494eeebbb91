//! A board's session: the client's half of the protocol, without the socket.
//!
//! Messages go in; what to render and what to send comes out. There is no I/O and no clock, so tests can run any number
//! of sessions against a log, cut their connections at any moment, and compare the results. Every wait has a limit:
//! [`BoardSession::tick`] gets the time and repeats requests that were not answered.

use std::collections::VecDeque;

use crate::{
    access::Principal,
    board::{Direction, NotUndone, OptimisticBoard, Settled, TextBase, Undone},
    comment::CommentPage,
    history::Event,
    id::{BoardId, MutationId, TaskId},
    live::reconnect::Millis,
    model::{Seq, TextField},
    ops::Mutation,
    protocol::{ClientMessage, ErrorCode, MAX_CLIENT_MESSAGE_BYTES, ServerMessage},
    refusal::Refusal,
    state::{BoardState, LoadedPart, Touched},
    time::Timestamp,
};

/// The most mutations in one message.
const MAX_MUTATIONS_A_MESSAGE: usize = 100;

/// The bytes reserved for the parts of a message around its mutations.
const ENVELOPE_BYTES: usize = 256;

/// How long to wait for the answer to a subscription, at first.
const ANSWER_WITHIN: Millis = 10_000;

/// The first and the longest pause before a failed subscription is repeated.
const RETRY_FIRST: Millis = 1_000;
const RETRY_MOST: Millis = 30_000;

/// After this many subscriptions in a row without an answer, the whole state is requested.
const TRIES_TO_GO_ON: u32 = 3;

/// See the [module](self).
#[derive(Clone, Debug)]
pub struct BoardSession {
    board: OptimisticBoard,
    connection: Connection,
    /// The newest number according to the last pong, if it is ahead of the state.
    behind: Option<Seq>,
    /// The number of subscriptions in a row that led to nothing.
    attempts: u32,
    /// The time of the next subscription, unless the current one is answered.
    retry_at: Option<Millis>,
    /// Whether to request a snapshot, because a message could not be applied to the state.
    anew: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Connection {
    Closed,
    /// A subscription is sent and not answered.
    Subscribing,
    /// The server could not serve the subscription, or its answer could not be read. It will be repeated.
    Failing,
    Live,
    /// The board is gone; no more subscriptions are sent.
    Ended(BoardUnavailable),
}

/// The reason why a board is no longer available to this page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoardUnavailable {
    /// The board was deleted.
    Deleted,
    /// The person lost access while they had the board open.
    Forbidden,
    /// The board was deleted or the person lost access, while the page was not connected.
    Unknown,
}

/// The outcome of a message or an edit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// The parts that may look different now.
    pub touched: Touched,
    /// The parts that somebody else changed.
    pub remote_changes: Touched,
    /// Edits of ours that are decided.
    pub settled: Vec<Settled>,
    /// The messages to send now, in order.
    pub send: Vec<ClientMessage>,
    /// New events of the log.
    pub logged: Vec<Event>,
    /// Whether a snapshot replaced changes of the log, which are missing in `logged`.
    pub skipped: bool,
}

impl BoardSession {
    /// Creates a session that is not connected yet and continues from `state`, which may come from the page.
    pub fn new(state: BoardState, principal: Principal) -> Self {
        Self {
            board: OptimisticBoard::new(state, principal),
            connection: Connection::Closed,
            behind: None,
            attempts: 0,
            retry_at: None,
            anew: false,
        }
    }

    /// Returns the board, with unsaved edits.
    pub fn board(&self) -> &OptimisticBoard {
        &self.board
    }

    /// Whether the session follows the board and its state is complete.
    pub fn is_live(&self) -> bool {
        self.connection == Connection::Live && self.board.confirmed().is_whole()
    }

    /// Whether the session is connected but cannot follow the board. It repeats the subscription.
    pub fn is_failing(&self) -> bool {
        match self.connection {
            Connection::Failing => true,
            Connection::Subscribing => self.attempts > 0,
            _ => false,
        }
    }

    /// Repeats a subscription that should have been answered by now, after growing pauses. Call it about once a second
    /// while the session [is not live](Self::is_live). `random` is between 0 and 1.
    pub fn tick(&mut self, now: Millis, random: f64) -> Vec<ClientMessage> {
        let wait = match self.connection {
            Connection::Subscribing => ANSWER_WITHIN << self.attempts.min(3),
            // In `Live`, the state is incomplete. It is requested again, but not at each change.
            Connection::Failing | Connection::Live if !self.is_live() => {
                let most = (RETRY_FIRST << self.attempts.min(8)).min(RETRY_MOST) as f64;
                (most * (0.5 + random / 2.0)) as Millis
            }
            _ => return Vec::new(),
        };
        if *self.retry_at.get_or_insert(now + wait) > now {
            return Vec::new();
        }
        self.attempts += 1;
        // Not after an error of the server: when it can serve again, the missing changes are enough.
        self.anew |= self.connection == Connection::Subscribing && self.attempts >= TRIES_TO_GO_ON;
        vec![self.subscribe()]
    }

    /// Handles a message about this board that this page cannot read, perhaps because the server is newer. Requests the
    /// whole state instead. `is_state` if the message was a snapshot.
    pub fn unreadable(&mut self, is_state: bool) -> Outcome {
        let mut outcome = Outcome::default();
        self.anew = true;
        match self.connection {
            Connection::Live if !is_state && self.attempts == 0 => {
                self.attempts = 1;
                outcome.send.push(self.subscribe());
            }
            Connection::Live | Connection::Subscribing | Connection::Failing => self.fail(),
            Connection::Closed | Connection::Ended(_) => {}
        }
        outcome
    }

    /// Requests the whole state if the effect of an unknown change is missing. The snapshot has the effect, as far as
    /// this page can show it. The first request is sent at once, the next after growing pauses, because such changes
    /// may come often.
    fn make_whole(&mut self) -> Option<ClientMessage> {
        self.anew = true;
        if self.connection != Connection::Live || self.attempts > 0 {
            return None;
        }
        self.attempts = 1;
        Some(self.subscribe())
    }

    /// Handles a new connection. Returns the first messages to send.
    pub fn connected(&mut self) -> Vec<ClientMessage> {
        self.board.disconnected();
        self.behind = None;
        self.attempts = 0;
        let mut send = Vec::new();
        if self.unavailable().is_none() {
            send.push(self.subscribe());
        }
        send.extend(self.flush());
        send
    }

    /// Handles the loss of the connection.
    pub fn disconnected(&mut self) {
        self.board.disconnected();
        if self.unavailable().is_none() {
            self.connection = Connection::Closed;
        }
    }

    /// Returns the base for an editor that opens on the text as it is shown now.
    pub fn text_base(&self, task: TaskId, field: TextField) -> TextBase {
        self.board.text_base(task, field)
    }

    /// Shows an edit at once, and sends it when it can be sent. After a refusal nothing has changed.
    pub fn submit(&mut self, mutation: Mutation, base: Option<TextBase>, now: Timestamp) -> Result<Outcome, Refusal> {
        let touched = self.board.submit(mutation, base, now)?;
        Ok(Outcome { touched, send: self.flush(), ..Outcome::default() })
    }

    /// Makes one of several edits: see [`OptimisticBoard::join`].
    pub fn join(&mut self, edits: &[MutationId], words: &str) {
        self.board.join(edits, words);
    }

    /// Undoes the last edit of ours, or redoes the last undone edit: see [`OptimisticBoard::undo`].
    pub fn undo(
        &mut self,
        direction: Direction,
        id: MutationId,
        now: Timestamp,
    ) -> Option<Result<(Outcome, Undone), NotUndone>> {
        let (touched, undone) = match self.board.undo(direction, id, now)? {
            Ok(done) => done,
            Err(not_undone) => return Some(Err(not_undone)),
        };
        Some(Ok((Outcome { touched, send: self.flush(), ..Outcome::default() }, undone)))
    }

    /// Loads a part of the board. `None` if it is too old and must be loaded again.
    pub fn load(&mut self, part: &LoadedPart) -> Option<Outcome> {
        Some(Outcome { touched: self.board.load(part)?, ..Outcome::default() })
    }

    /// Removes the checklists of a task from memory: see [`OptimisticBoard::unload`].
    pub fn unload(&mut self, task: TaskId) -> Outcome {
        Outcome { touched: self.board.unload(task), ..Outcome::default() }
    }

    /// Holds the comments of a task from now on. They must be loaded.
    pub fn hold_comments(&mut self, task: TaskId) {
        self.board.hold_comments(task);
    }

    /// Loads a page of comments. `None` if it must be loaded again, unless it is not needed any more.
    pub fn load_comments(&mut self, page: &CommentPage) -> Option<Outcome> {
        Some(Outcome { touched: self.board.load_comments(page)?, ..Outcome::default() })
    }

    /// Stops holding the comments of a task.
    pub fn release_comments(&mut self, task: TaskId) {
        self.board.release_comments(task);
    }

    /// Handles a message from the server. Ignores messages for other boards.
    pub fn receive(&mut self, message: ServerMessage) -> Outcome {
        let mut outcome = Outcome::default();
        let id = self.id();
        match message {
            ServerMessage::Snapshot(snapshot) if snapshot.board == id => {
                self.answered();
                self.anew = false;
                outcome.skipped = snapshot.seq > self.board.confirmed().seq();
                let (touched, settled) = self.board.reset(snapshot);
                outcome.touched = touched;
                outcome.settled = settled;
            }
            ServerMessage::Changes { board, after, changes } if board == id => {
                if after > self.board.confirmed().seq() {
                    // A gap: request the missing changes, once, until the subscription is answered.
                    if self.connection == Connection::Live {
                        outcome.send.push(self.subscribe());
                    }
                    return outcome;
                }
                self.answered();
                let mut played = false;
                for change in &changes {
                    let is_next = change.seq == self.board.confirmed().seq() + 1;
                    let event = is_next.then(|| Event::of(self.board.confirmed(), change));
                    outcome.logged.extend(event);
                    match self.board.receive(change) {
                        Ok(received) => {
                            played = true;
                            outcome.touched.merge(&received.touched);
                            outcome.remote_changes.merge(&received.remote_changes);
                            outcome.settled.extend(received.settled);
                        }
                        Err(_) => {
                            // The same changes would fail again, so the whole state is requested.
                            outcome.send.extend(self.unreadable(false).send);
                            played = false;
                            break;
                        }
                    }
                }
                if !self.board.confirmed().is_whole() {
                    outcome.send.extend(self.make_whole());
                } else if played {
                    self.attempts = 0;
                }
                if self.board.confirmed().deleted_at().is_some() {
                    self.connection = Connection::Ended(BoardUnavailable::Deleted);
                } else if self.unavailable() == Some(BoardUnavailable::Deleted) {
                    // It was restored, and the subscription has delivered that.
                    self.connection = Connection::Live;
                }
            }
            ServerMessage::Accepted { mutation, seq } => {
                let (touched, settled) = self.board.accepted(mutation, seq);
                outcome.touched = touched;
                outcome.settled.extend(settled);
            }
            ServerMessage::Rejected { mutation, error } => {
                let (touched, settled) = self.board.rejected(mutation, error);
                outcome.touched = touched;
                outcome.settled.extend(settled);
            }
            ServerMessage::Pong { heads } => {
                // The changes that the pong counts may still be in transit. If the state has not reached the number of
                // the previous pong either, the subscription does not deliver changes.
                let head = heads.get(&id).copied().unwrap_or(0);
                let starved = self.behind.is_some_and(|behind| behind > self.board.confirmed().seq());
                self.behind = (head > self.board.confirmed().seq()).then_some(head);
                if starved && self.connection == Connection::Live {
                    outcome.send.push(self.subscribe());
                }
            }
            ServerMessage::Error { code, board: Some(board), .. } if board == id => match code {
                ErrorCode::NoSuchBoard => self.connection = Connection::Ended(BoardUnavailable::Unknown),
                ErrorCode::Forbidden => self.connection = Connection::Ended(BoardUnavailable::Forbidden),
                ErrorCode::Unavailable | ErrorCode::TooMany | ErrorCode::NotSubscribed => {
                    if matches!(self.connection, Connection::Subscribing | Connection::Live) {
                        self.fail();
                    }
                }
                ErrorCode::BadMessage | ErrorCode::TooLarge => {}
            },
            _ => {}
        }
        outcome.send.extend(self.flush());
        outcome
    }

    /// Returns the reason why the board is no longer available; `None` if it is available.
    pub fn unavailable(&self) -> Option<BoardUnavailable> {
        match self.connection {
            Connection::Ended(why) => Some(why),
            _ => None,
        }
    }

    /// Handles the return of the board: the person has access again.
    pub fn revive(&mut self) {
        if self.unavailable().is_some() {
            self.connection = Connection::Closed;
        }
    }

    /// Sets the person's current rights.
    pub fn set_principal(&mut self, principal: Principal) {
        self.board.set_principal(principal);
    }

    fn id(&self) -> BoardId {
        self.board.confirmed().id()
    }

    fn subscribe(&mut self) -> ClientMessage {
        self.connection = Connection::Subscribing;
        self.retry_at = None;
        let seq = self.board.confirmed().seq();
        ClientMessage::Subscribe {
            board: self.id(),
            since: (seq > 0).then_some(seq),
            snapshot: self.anew && seq > 0,
            outline: true,
        }
    }

    fn answered(&mut self) {
        if matches!(self.connection, Connection::Subscribing | Connection::Failing) {
            self.connection = Connection::Live;
            self.retry_at = None;
        }
    }

    fn fail(&mut self) {
        self.connection = Connection::Failing;
        self.retry_at = None;
    }

    /// Returns the messages with the mutations of the queue that can be sent now, none larger than the server accepts.
    /// Also if the board is gone: then the server refuses each edit, and so the typed text returns to the person.
    fn flush(&mut self) -> Vec<ClientMessage> {
        if self.connection == Connection::Closed {
            return Vec::new();
        }
        let mut messages = Vec::new();
        let mut batch = Batch::new(self.id());
        for mutation in self.board.take_sendable() {
            batch.add(mutation, &mut messages);
        }
        batch.end(&mut messages);
        messages
    }
}

/// Orders messages of several boards: first all other messages, then the edits in the order in which they were made.
/// The edits of each board are in that order already.
#[cfg_attr(not(any(test, feature = "hydrate")), allow(dead_code, reason = "only the browser has several boards"))]
pub(super) fn in_order_of_making(messages: Vec<ClientMessage>) -> Vec<ClientMessage> {
    let mut ordered = Vec::new();
    let mut queues: Vec<(BoardId, VecDeque<Mutation>)> = Vec::new();
    for message in messages {
        match message {
            ClientMessage::Mutate { board, mutations } => match queues.iter_mut().find(|(id, _)| *id == board) {
                Some((_, queue)) => queue.extend(mutations),
                None => queues.push((board, mutations.into())),
            },
            other => ordered.push(other),
        }
    }
    let mut batch: Option<Batch> = None;
    // UUIDv7 ids are in the order in which a page made them.
    let made_at = |(_, queue): &&mut (BoardId, VecDeque<Mutation>)| queue.front().map(|mutation| mutation.id);
    while let Some((board, queue)) = queues.iter_mut().filter(|(_, queue)| !queue.is_empty()).min_by_key(made_at) {
        let Some(mutation) = queue.pop_front() else { break };
        let same = batch.take_if(|batch| batch.board == *board);
        if let Some(other) = batch.take() {
            other.end(&mut ordered);
        }
        let mut current = same.unwrap_or_else(|| Batch::new(*board));
        current.add(mutation, &mut ordered);
        batch = Some(current);
    }
    if let Some(batch) = batch {
        batch.end(&mut ordered);
    }
    ordered
}

/// Mutations of one board for one message, within the size limit of the server.
struct Batch {
    board: BoardId,
    mutations: Vec<Mutation>,
    bytes: usize,
}

impl Batch {
    fn new(board: BoardId) -> Self {
        Self { board, mutations: Vec::new(), bytes: 0 }
    }

    fn add(&mut self, mutation: Mutation, full: &mut Vec<ClientMessage>) {
        let size = serde_json::to_string(&mutation).map_or(0, |json| json.len() + 1);
        if self.bytes + size > MAX_CLIENT_MESSAGE_BYTES - ENVELOPE_BYTES
            || self.mutations.len() == MAX_MUTATIONS_A_MESSAGE
        {
            std::mem::replace(self, Self::new(self.board)).end(full);
        }
        self.bytes += size;
        self.mutations.push(mutation);
    }

    fn end(self, full: &mut Vec<ClientMessage>) {
        if !self.mutations.is_empty() {
            full.push(ClientMessage::Mutate { board: self.board, mutations: self.mutations });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        new_id,
        ops::{Op, UpdateTask},
    };

    #[test]
    fn edits_of_several_boards_go_out_in_the_order_in_which_they_were_made() {
        let (one, two): (BoardId, BoardId) = (new_id(), new_id());
        let edits: Vec<Mutation> =
            (0..6).map(|_| Mutation { id: new_id(), op: Op::UpdateTask(UpdateTask::of(new_id())) }).collect();
        let of = |board, made: &[usize]| {
            let mutations = made.iter().map(|index| edits[*index].clone()).collect();
            ClientMessage::Mutate { board, mutations }
        };
        let subscribe = |board| ClientMessage::Subscribe { board, since: Some(7), snapshot: false, outline: true };
        let said = [subscribe(one), of(one, &[1, 2]), of(one, &[4]), subscribe(two), of(two, &[0, 3, 5])];
        let ordered = [subscribe(one), subscribe(two)].into_iter().chain([
            of(two, &[0]),
            of(one, &[1, 2]),
            of(two, &[3]),
            of(one, &[4]),
            of(two, &[5]),
        ]);
        assert_eq!(in_order_of_making(said.into()), Vec::from_iter(ordered));
    }
}
