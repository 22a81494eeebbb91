//! The task that owns the socket. It waits for messages, commands and timers, and carries out what the state machine
//! ([`Reconnect`]) decides.

use std::{
    collections::{HashSet, VecDeque},
    future::poll_fn,
    task::{Context, Poll},
};

use futures::{FutureExt, SinkExt, StreamExt, channel::mpsc};
use gloo_net::websocket::{Message, State, WebSocketError, futures::WebSocket};
use gloo_timers::future::TimeoutFuture;
use leptos::{prelude::*, task::spawn_local};

use super::{
    ConnectionSignals, Known,
    page::{dispatch_outdated, environment, is_online, now, url},
    socket::{Boards, Command, Idle, Open, lock},
};
use crate::{
    id::{ActorId, BoardId},
    live::{
        LiveBoard,
        board::MaybeSet,
        over_http::{diagnose, look},
        reconnect::{Event, Millis, Reconnect, Step},
    },
    model::BoardPage,
    protocol::{ClientMessage, SUBPROTOCOL},
};

/// The interval of the ticks of boards that are not live or have unsaved edits.
const TICK_BOARDS: Millis = 1_000;
/// If the server has not decided an edit for this long, the connection is dropped and the edit is sent again on
/// another.
const DECIDE_WITHIN: Millis = 30_000;
/// The code that browsers report for a connection that ended without a close code.
const NO_CODE: u16 = 1006;
/// After this many pings from a tab that nobody sees, a person who left an editor open in it no longer counts as
/// editing.
const PINGS_UNSEEN: u32 = 3;

/// See the module.
pub(super) struct Task {
    inbox: mpsc::UnboundedReceiver<Command>,
    /// The results of HTTP requests, for the state machine.
    found: mpsc::UnboundedSender<Event>,
    findings: mpsc::UnboundedReceiver<Event>,
    link: Reconnect,
    connection: Option<Connection>,
    timer: Option<(Millis, TimeoutFuture)>,
    pub(super) signals: ConnectionSignals,
    pub(super) list: ArcRwSignal<Option<BoardPage>>,
    pub(super) known: Known,
    /// The people whose names were requested.
    pub(super) asked: HashSet<ActorId>,
    pub(super) boards: Boards,
    pub(super) watching: bool,
    /// Boards that are unavailable and may become available again.
    pub(super) awaited: Vec<BoardId>,
    pings_unseen: u32,
    tick_boards_at: Option<Millis>,
    /// The time since which the server owes a decision on an edit.
    pub(super) undecided_since: Option<Millis>,
    /// Whether the server has sent a message for which this page is too old.
    pub(super) is_outdated: bool,
    /// Whether there were unsaved edits when this was last reported; `None` if it was not reported yet.
    told_outdated: Option<bool>,
}

struct Connection {
    socket: WebSocket,
    is_open: bool,
}

enum Happened {
    Opened,
    Lost(Option<u16>),
    Heard(Message),
    Asked(Command),
    Found(Event),
    TimeIsUp,
}

impl Task {
    pub(super) fn new(idle: Idle, boards: Boards) -> Self {
        let Idle { inbox, signals, list, known } = idle;
        let (found, findings) = mpsc::unbounded();
        Self {
            inbox,
            found,
            findings,
            link: Reconnect::new(is_online(), !document().hidden()),
            connection: None,
            timer: None,
            signals,
            list,
            known,
            asked: HashSet::new(),
            boards,
            watching: false,
            awaited: Vec::new(),
            pings_unseen: 0,
            tick_boards_at: None,
            undecided_since: None,
            is_outdated: false,
            told_outdated: None,
        }
    }

    pub(super) async fn run(mut self) {
        self.drive(Event::Tick);
        loop {
            self.set_timer();
            match poll_fn(|cx| self.poll(cx)).await {
                Happened::Opened => self.opened(),
                Happened::Lost(code) => {
                    self.drop_connection();
                    self.drive(Event::Lost(code));
                }
                Happened::Heard(Message::Text(text)) => self.on_message(&text),
                Happened::Heard(Message::Bytes(_)) => {}
                Happened::Asked(Command::Wake) => self.drive(environment()),
                Happened::Asked(command) => {
                    let messages = self.command(command);
                    self.send(messages);
                }
                Happened::Found(event) => self.drive(event),
                Happened::TimeIsUp => self.time_is_up(),
            }
            self.look_after_boards();
        }
    }

    /// Returns the next event. Messages of the server come first, because other events may be timeouts that wait
    /// for them.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Happened> {
        if let Some(Connection { socket, is_open }) = &mut self.connection {
            if !*is_open && socket.poll_ready_unpin(cx).is_ready() {
                // Sending on a socket that could not be opened would cause an error in the browser's console.
                *is_open = matches!(socket.state(), State::Open);
                return Poll::Ready(if *is_open { Happened::Opened } else { Happened::Lost(None) });
            }
            if *is_open && let Poll::Ready(message) = socket.poll_next_unpin(cx) {
                return Poll::Ready(match message {
                    Some(Ok(message)) => Happened::Heard(message),
                    Some(Err(WebSocketError::ConnectionClose(close))) => {
                        Happened::Lost(Some(close.code).filter(|code| *code != NO_CODE))
                    }
                    Some(Err(_)) | None => Happened::Lost(None),
                });
            }
        }
        // The senders of both channels live as long as the page.
        if let Poll::Ready(Some(command)) = self.inbox.poll_next_unpin(cx) {
            return Poll::Ready(Happened::Asked(command));
        }
        if let Poll::Ready(Some(event)) = self.findings.poll_next_unpin(cx) {
            return Poll::Ready(Happened::Found(event));
        }
        if let Some((_, timer)) = &mut self.timer
            && timer.poll_unpin(cx).is_ready()
        {
            self.timer = None;
            return Poll::Ready(Happened::TimeIsUp);
        }
        Poll::Pending
    }

    /// Sets the timer. A timer that ends too early does no harm, so it is not replaced if the time has moved to
    /// later.
    fn set_timer(&mut self) {
        let Some(due) = self.link.due().into_iter().chain(self.tick_boards_at).min() else {
            self.timer = None;
            return;
        };
        if self.timer.as_ref().is_none_or(|(at, _)| *at > due) {
            let wait = due.saturating_sub(now()).min(60_000);
            self.timer = Some((due, TimeoutFuture::new(wait as u32)));
        }
    }

    fn time_is_up(&mut self) {
        self.drive(Event::Tick);
        let now = now();
        if self.tick_boards_at.is_none_or(|at| at > now) {
            return;
        }
        self.tick_boards_at = None;
        let random = js_sys::Math::random();
        let messages = self.all_boards().iter().flat_map(|board| board.tick(now, random)).collect();
        self.send(messages);
        if self.undecided_since.is_some_and(|since| since + DECIDE_WITHIN <= now) {
            self.undecided_since = None;
            self.drop_connection();
            self.drive(Event::Lost(None));
        }
    }

    /// After each event, determines whether boards need ticks, and reports whether the page is outdated.
    fn look_after_boards(&mut self) {
        let is_open = self.connection.as_ref().is_some_and(|connection| connection.is_open);
        let (mut is_behind, mut is_unsaved) = (false, false);
        for Open { board, .. } in lock(&self.boards).values() {
            is_behind |= !board.synced().get_untracked() && board.unavailable().get_untracked().is_none();
            is_unsaved |= board.unsaved().get_untracked() > 0;
        }
        let now = now();
        if !is_open || !is_unsaved {
            self.undecided_since = None;
        } else if self.undecided_since.is_none() {
            self.undecided_since = Some(now);
        }
        let wants_tick = is_open && (is_behind || is_unsaved);
        self.tick_boards_at = wants_tick.then(|| self.tick_boards_at.unwrap_or(now + TICK_BOARDS));
        if self.is_outdated && self.told_outdated.replace(is_unsaved) != Some(is_unsaved) {
            dispatch_outdated();
        }
    }

    /// Carries out the steps of the state machine for an event, and updates the signals of the connection.
    pub(super) fn drive(&mut self, event: Event) {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            for step in self.link.on(event, now(), js_sys::Math::random()) {
                match step {
                    Step::Drop => self.drop_connection(),
                    Step::Open => {
                        if !self.open() {
                            events.push_back(Event::Lost(None));
                        }
                    }
                    Step::Ping => self.ping(),
                    Step::Look => {
                        let found = self.found.clone();
                        // The task lives as long as the page.
                        spawn_local(async move { drop(found.unbounded_send(Event::Looked(look().await))) });
                    }
                    Step::Diagnose => {
                        let found = self.found.clone();
                        let current_user = self.known.principal.read_untracked().person;
                        spawn_local(async move {
                            drop(found.unbounded_send(Event::Diagnosed(diagnose(current_user).await)))
                        });
                    }
                }
            }
        }
        self.signals.status.maybe_set(self.link.status());
        self.signals.connect_error.maybe_set(self.link.connect_error());
    }

    fn open(&mut self) -> bool {
        self.drop_connection();
        let current_user = self.known.principal.read_untracked().person;
        let socket = url(current_user).and_then(|url| WebSocket::open_with_protocol(&url, SUBPROTOCOL).ok());
        self.connection = socket.map(|socket| Connection { socket, is_open: false });
        self.connection.is_some()
    }

    fn opened(&mut self) {
        let mut hello = Vec::new();
        if self.known.principal.read_untracked().may_see_people() {
            hello.push(ClientMessage::WatchPeople { changes: true });
        }
        hello.extend(self.subscribe_all());
        hello.push(ClientMessage::Ping {});
        self.send(hello);
        self.drive(Event::Opened);
    }

    fn drop_connection(&mut self) {
        if self.connection.take().is_some_and(|connection| connection.is_open) {
            for board in self.all_boards() {
                board.disconnected();
            }
        }
    }

    fn ping(&mut self) {
        self.pings_unseen = if document().hidden() { self.pings_unseen + 1 } else { 0 };
        for board in self.all_boards() {
            board.set_unseen(self.pings_unseen >= PINGS_UNSEEN);
        }
        self.send(vec![ClientMessage::Ping {}]);
    }

    /// Sends messages on the open connection. Without one they are dropped, because everything that matters is sent
    /// again on the next connection.
    pub(super) fn send(&mut self, messages: Vec<ClientMessage>) {
        let Some(Connection { socket, is_open: true }) = &mut self.connection else { return };
        for message in messages {
            if let Ok(text) = serde_json::to_string(&message) {
                // A socket that is closing drops the message, and then reports that it is closed.
                let _ = socket.start_send_unpin(Message::Text(text));
            }
        }
    }

    /// Carries out a command. Returns the messages to send on an open connection.
    fn command(&mut self, command: Command) -> Vec<ClientMessage> {
        let open = self.connection.as_ref().is_some_and(|connection| connection.is_open);
        match command {
            Command::Opened(board) => {
                if open {
                    board.connected()
                } else {
                    Vec::new()
                }
            }
            // Without a connection, the copy here may be the only one that the reader can return to.
            Command::Closed if !open => Vec::new(),
            Command::Closed => self.forget_unseen(),
            Command::WatchBoards => {
                let first = !std::mem::replace(&mut self.watching, true);
                if first { vec![self.watch()] } else { Vec::new() }
            }
            Command::Send(message) => vec![message],
            Command::Wake => Vec::new(),
        }
    }

    /// Drops the boards that no place shows, that have no unsaved edits and no refused ones to handle. Returns the
    /// messages that unsubscribe from them.
    pub(super) fn forget_unseen(&mut self) -> Vec<ClientMessage> {
        let done = |open: &mut Open| {
            let Open { board, viewers } = open;
            *viewers == 0 && board.unsaved().get_untracked() == 0 && board.problems().read_untracked().is_empty()
        };
        let unseen: Vec<BoardId> =
            lock(&self.boards).iter_mut().filter_map(|(id, open)| done(open).then_some(*id)).collect();
        for id in &unseen {
            lock(&self.boards).remove(id);
        }
        self.awaited.retain(|id| !unseen.contains(id));
        unseen.into_iter().map(|board| ClientMessage::Unsubscribe { board }).collect()
    }

    /// Returns the boards, without holding the lock, because the signals that they set may open and close boards.
    pub(super) fn all_boards(&self) -> Vec<LiveBoard> {
        lock(&self.boards).values().map(|open| open.board.clone()).collect()
    }
}
