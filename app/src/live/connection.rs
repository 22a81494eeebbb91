//! The page's one socket. [`Reconnect`](super::reconnect::Reconnect) decides when to connect and to reconnect; this
//! module carries it out.

use std::{collections::BTreeMap, sync::Arc};

use leptos::prelude::*;

use super::{
    board::LiveBoard,
    reconnect::{ConnectError, Status},
};
use crate::{
    access::Principal,
    id::{ActorId, BoardId, TabId},
    model::BoardPage,
    people::Person,
    protocol::ClientMessage,
    state::{LoadedPart, Snapshot},
};

/// The connection of this page to the server. Cheap to clone; provided as context by [`crate::App`].
#[derive(Clone)]
pub struct Live {
    signals: ConnectionSignals,
    boards: ArcRwSignal<Option<BoardPage>>,
    known: Known,
    tab: TabId,
    tab_secret: uuid::Uuid,
    #[cfg(feature = "hydrate")]
    socket: browser::Socket,
}

impl Live {
    /// Creates a connection that is not open yet. In the browser, the first [`Self::open`] or [`Self::watch_boards`]
    /// opens the socket; on the server it is never opened.
    pub fn new() -> Self {
        let signals = ConnectionSignals::default();
        let boards = ArcRwSignal::new(None);
        let known = Known::default();
        Self {
            #[cfg(feature = "hydrate")]
            socket: browser::Socket::new(signals.clone(), boards.clone(), known.clone()),
            signals,
            boards,
            known,
            tab: crate::new_id(),
            tab_secret: crate::new_id(),
        }
    }

    /// Returns the state of the connection.
    pub fn status(&self) -> ArcRwSignal<Status> {
        self.signals.status.clone()
    }

    /// Returns the reason why there is no connection, if it is known and does not pass by itself.
    pub fn connect_error(&self) -> ArcRwSignal<Option<ConnectError>> {
        self.signals.connect_error.clone()
    }

    /// Returns the latest list of boards from the socket; `None` before the first.
    pub fn boards(&self) -> ArcRwSignal<Option<BoardPage>> {
        self.boards.clone()
    }

    /// Returns the people whose names this page knows.
    pub fn people(&self) -> ArcRwSignal<Arc<BTreeMap<ActorId, Person>>> {
        self.known.people.clone()
    }

    /// Returns the reader of this page, with their rights.
    pub fn principal(&self) -> ArcRwSignal<Principal> {
        self.known.principal.clone()
    }

    /// Returns the person who reads this page; `None` for a reader without an account.
    pub fn me(&self) -> Signal<Option<ActorId>> {
        let principal = self.known.principal.clone();
        Signal::derive(move || principal.read().person)
    }

    /// Returns the id of this page, by which the server distinguishes it from other pages.
    pub fn tab(&self) -> TabId {
        self.tab
    }

    /// Returns a secret of this page, for readers without an account. The server identifies readers with an account by
    /// their session.
    pub fn tab_secret(&self) -> Option<uuid::Uuid> {
        self.known.principal.read_untracked().person.is_none().then_some(self.tab_secret)
    }

    /// Sets the reader of this page and adds people. If somebody else has signed in since the page was loaded, reloads
    /// the page for them, unless something would be lost.
    ///
    /// A page must call this in only one `Suspense`. The server runs the contents of two `Suspense`s on two threads,
    /// and a signal that is read while it is set counts as disposed there (the read guards of `reactive_graph` do not
    /// wait), which ends in a panic.
    pub fn set_viewer(&self, people: Vec<Person>, principal: Principal) {
        let is_theirs = self.known.set_viewer(people, principal);
        #[cfg(feature = "hydrate")]
        if !is_theirs && !self.has_unsaved() {
            // If the reload fails, the page stays as it is.
            let _ = window().location().reload();
        }
        #[cfg(not(feature = "hydrate"))]
        let _ = is_theirs;
    }

    /// Adds people whose names this page knows.
    pub fn add_people(&self, people: Vec<Person>) {
        self.known.add_people(people);
    }

    /// Opens a board that continues from the loaded data and stays up to date until the current reactive owner is
    /// cleaned up. If the board is already open, or was closed with unsaved edits, returns the same board.
    pub fn open(&self, outline: Snapshot, parts: &[LoadedPart]) -> LiveBoard {
        #[cfg(feature = "hydrate")]
        {
            let board = self.socket.open(outline, parts, self);
            self.close_on_cleanup(board.id());
            board
        }
        #[cfg(not(feature = "hydrate"))]
        LiveBoard::new(outline, parts, self.clone())
    }

    /// Like [`Self::open`], for a board that this page still has: to continue while the server cannot be reached.
    pub fn reopen(&self, id: BoardId) -> Option<LiveBoard> {
        #[cfg(feature = "hydrate")]
        return self.socket.reopen(id).inspect(|_| self.close_on_cleanup(id));
        #[cfg(not(feature = "hydrate"))]
        {
            let _ = id;
            None
        }
    }

    #[cfg(feature = "hydrate")]
    fn close_on_cleanup(&self, id: BoardId) {
        let socket = self.socket.clone();
        on_cleanup(move || socket.close(id));
    }

    /// Whether a board has edits that would be lost if the page were closed now.
    pub fn has_unsaved(&self) -> bool {
        #[cfg(feature = "hydrate")]
        return self.socket.has_unsaved();
        #[cfg(not(feature = "hydrate"))]
        false
    }

    /// Keeps the list of boards up to date from now on.
    pub fn watch_boards(&self) {
        #[cfg(feature = "hydrate")]
        self.socket.command(browser::Command::WatchBoards);
    }

    pub(super) fn send(&self, message: ClientMessage) {
        #[cfg(feature = "hydrate")]
        self.socket.command(browser::Command::Send(message));
        #[cfg(not(feature = "hydrate"))]
        drop(message);
    }
}

/// The state of the connection, as signals.
#[derive(Clone)]
struct ConnectionSignals {
    status: ArcRwSignal<Status>,
    connect_error: ArcRwSignal<Option<ConnectError>>,
}

impl Default for ConnectionSignals {
    fn default() -> Self {
        Self { status: ArcRwSignal::new(Status::Connecting), connect_error: ArcRwSignal::new(None) }
    }
}

/// The people that the page knows, and its reader.
#[derive(Clone)]
struct Known {
    people: ArcRwSignal<Arc<BTreeMap<ActorId, Person>>>,
    principal: ArcRwSignal<Principal>,
}

impl Known {
    fn add_people(&self, people: Vec<Person>) {
        let mut known = self.people.read_untracked().as_ref().clone();
        known.extend(people.into_iter().map(|person| (person.id, person)));
        if **self.people.read_untracked() != known {
            self.people.set(Arc::new(known));
        }
    }

    /// Sets the rights of the reader, and adds people. A page belongs to the person it was made for: text that Ana
    /// typed must not be sent in the name of Ben, who has signed in since. Returns whether the principal is the page's
    /// reader.
    fn set_viewer(&self, people: Vec<Person>, principal: Principal) -> bool {
        self.add_people(people);
        let before = self.principal.get_untracked();
        let is_theirs = before == Principal::stranger() || before.person == principal.person;
        if is_theirs && before != principal {
            self.principal.set(principal);
        }
        is_theirs
    }
}

impl Default for Known {
    fn default() -> Self {
        Self { people: ArcRwSignal::new(Arc::default()), principal: ArcRwSignal::new(Principal::stranger()) }
    }
}

impl Default for Live {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(feature = "hydrate")]
mod browser {
    //! The socket. One task owns it; all other code sends commands to the task.

    use std::{
        collections::{HashMap, HashSet, VecDeque},
        future::poll_fn,
        sync::{Arc, Mutex, PoisonError},
        task::{Context, Poll},
    };

    use futures::{FutureExt, SinkExt, StreamExt, channel::mpsc};
    use gloo_net::websocket::{Message, State, WebSocketError, futures::WebSocket};
    use gloo_timers::future::TimeoutFuture;
    use leptos::{prelude::*, task::spawn_local};
    use serde::Deserialize;
    use wasm_bindgen::{JsCast, prelude::Closure};

    use super::{ConnectionSignals, Known, Live};
    use crate::{
        access::Principal,
        forms::load_board,
        id::{ActorId, BoardId, MutationId},
        live::{
            LEAVING, LiveBoard,
            board::MaybeSet,
            over_http::{diagnose, look},
            reconnect::{Event, Millis, Reconnect, Step},
            session::in_order_of_making,
        },
        model::{BoardPage, BoardSummary, LISTED_BOARDS},
        ops::Change,
        protocol::{ClientMessage, ErrorCode, SUBPROTOCOL, ServerMessage},
        refusal::Refusal,
        state::{LoadedPart, Snapshot},
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

    /// The commands to the socket's task.
    pub enum Command {
        Opened(LiveBoard),
        /// A place that showed a board is gone.
        Closed,
        WatchBoards,
        Send(ClientMessage),
        /// The network or the visibility of the tab has changed.
        Wake,
    }

    #[derive(Clone)]
    pub struct Socket {
        commands: mpsc::UnboundedSender<Command>,
        boards: Boards,
        /// The parts of the task, until it is started.
        idle: Arc<Mutex<Option<Idle>>>,
    }

    struct Idle {
        inbox: mpsc::UnboundedReceiver<Command>,
        signals: ConnectionSignals,
        list: ArcRwSignal<Option<BoardPage>>,
        known: Known,
    }

    /// The boards that the socket updates.
    type Boards = Arc<Mutex<HashMap<BoardId, Open>>>;

    struct Open {
        board: LiveBoard,
        /// The number of places that show the board. A board that no place shows is kept until there is a connection,
        /// its edits are saved, and its refused edits have been handled.
        viewers: usize,
    }

    impl Socket {
        pub fn new(signals: ConnectionSignals, list: ArcRwSignal<Option<BoardPage>>, known: Known) -> Self {
            let (commands, inbox) = mpsc::unbounded();
            let idle = Idle { inbox, signals, list, known };
            Self { commands, boards: Boards::default(), idle: Arc::new(Mutex::new(Some(idle))) }
        }

        pub fn command(&self, command: Command) {
            if let Some(idle) = lock(&self.idle).take() {
                wake_on_return(&self.commands);
                warn_before_loss(self.clone());
                spawn_local(Task::new(idle, Arc::clone(&self.boards)).run());
            }
            // The task lives as long as the page, so the channel is open.
            let _ = self.commands.unbounded_send(command);
        }

        pub fn open(&self, outline: Snapshot, parts: &[LoadedPart], live: &Live) -> LiveBoard {
            if let Some(board) = self.reopen(outline.board) {
                board.set_principal(live.principal().get_untracked());
                board.receive(ServerMessage::Snapshot(outline));
                for part in parts {
                    // A part that is too old is loaded again when it is shown.
                    board.load(part);
                }
                if board.revive() {
                    self.command(Command::Opened(board.clone()));
                }
                return board;
            }
            let board = LiveBoard::new(outline, parts, live.clone());
            lock(&self.boards).insert(board.id(), Open { board: board.clone(), viewers: 1 });
            self.command(Command::Opened(board.clone()));
            board
        }

        pub fn reopen(&self, id: BoardId) -> Option<LiveBoard> {
            let mut boards = lock(&self.boards);
            let open = boards.get_mut(&id)?;
            open.viewers += 1;
            Some(open.board.clone())
        }

        pub fn close(&self, id: BoardId) {
            if let Some(open) = lock(&self.boards).get_mut(&id) {
                open.viewers -= 1;
            }
            self.command(Command::Closed);
        }

        pub fn has_unsaved(&self) -> bool {
            lock(&self.boards)
                .values()
                .any(|open| open.board.unsaved().get_untracked() > 0 || open.board.has_conflict())
        }

        /// Whether there is a refused edit that the person has not handled yet.
        fn has_problems(&self) -> bool {
            lock(&self.boards).values().any(|open| !open.board.problems().read_untracked().is_empty())
        }
    }

    struct Task {
        inbox: mpsc::UnboundedReceiver<Command>,
        /// The results of HTTP requests, for the state machine.
        found: mpsc::UnboundedSender<Event>,
        findings: mpsc::UnboundedReceiver<Event>,
        link: Reconnect,
        connection: Option<Connection>,
        timer: Option<(Millis, TimeoutFuture)>,
        signals: ConnectionSignals,
        list: ArcRwSignal<Option<BoardPage>>,
        known: Known,
        /// The people whose names were requested.
        asked: HashSet<ActorId>,
        boards: Boards,
        watching: bool,
        /// Boards that are unavailable and may become available again.
        awaited: Vec<BoardId>,
        pings_unseen: u32,
        tick_boards_at: Option<Millis>,
        /// The time since which the server owes a decision on an edit.
        undecided_since: Option<Millis>,
        /// Whether the server has sent a message for which this page is too old.
        is_outdated: bool,
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
        fn new(idle: Idle, boards: Boards) -> Self {
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

        async fn run(mut self) {
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
        fn drive(&mut self, event: Event) {
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
        fn send(&mut self, messages: Vec<ClientMessage>) {
            let Some(Connection { socket, is_open: true }) = &mut self.connection else { return };
            for message in messages {
                if let Ok(text) = serde_json::to_string(&message) {
                    // A socket that is closing drops the message, and then reports that it is closed.
                    let _ = socket.start_send_unpin(Message::Text(text));
                }
            }
        }

        fn on_message(&mut self, text: &str) {
            let message = serde_json::from_str(text);
            let is_decision = matches!(message, Ok(ServerMessage::Accepted { .. } | ServerMessage::Rejected { .. }));
            if is_decision {
                self.undecided_since = None;
            }
            self.drive(if is_decision { Event::Decided } else { Event::Heard });
            let mut answers = match message {
                Ok(message) => self.receive(message),
                Err(error) => {
                    leptos::logging::warn!("a message of the server was not understood: {error}");
                    self.receive_unreadable(text)
                }
            };
            answers.extend(self.forget_unseen());
            self.send(answers);
        }

        /// Returns the subscriptions that a page sends on each new connection.
        fn subscribe_all(&self) -> Vec<ClientMessage> {
            let list = self.watching.then(|| self.watch());
            in_order_of_making(
                list.into_iter().chain(self.all_boards().iter().flat_map(LiveBoard::connected)).collect(),
            )
        }

        /// Handles a message. Returns the messages to send in response.
        fn receive(&mut self, message: ServerMessage) -> Vec<ClientMessage> {
            let mut send = Vec::new();
            match message {
                ServerMessage::Hello { build, .. } => dispatch_build(&build),
                ServerMessage::Boards { boards, more } => {
                    send = self.resubscribe(&boards);
                    self.list.set(Some(BoardPage { boards, more }));
                }
                ServerMessage::People { people, you } => {
                    self.known.add_people(people);
                    self.update_principal(you);
                }
                ServerMessage::PeopleChanged { people, you } => {
                    self.known.add_people(people);
                    if let Some(you) = you {
                        self.update_principal(you);
                    }
                }
                ServerMessage::Goodbye { reconnect_after_ms } => self.drive(Event::Goodbye(reconnect_after_ms)),
                ServerMessage::Snapshot(_)
                | ServerMessage::Changes { .. }
                | ServerMessage::Presence { .. }
                | ServerMessage::PresenceChanged { .. }
                | ServerMessage::Error { .. } => {
                    let about = match &message {
                        ServerMessage::Snapshot(snapshot) => Some(snapshot.board),
                        ServerMessage::Changes { board, .. }
                        | ServerMessage::Presence { board, .. }
                        | ServerMessage::PresenceChanged { board, .. } => Some(*board),
                        ServerMessage::Error { code, board, message } => {
                            leptos::logging::warn!("the server says: {message}");
                            // The server does not understand what this page sends.
                            self.is_outdated |= *code == ErrorCode::BadMessage;
                            *board
                        }
                        _ => None,
                    };
                    if let Some(board) = about.and_then(|id| lock(&self.boards).get(&id).map(|open| open.board.clone()))
                    {
                        if let ServerMessage::Changes { changes, .. } = &message {
                            self.load_unknown_people(board.id(), changes.iter().flat_map(Change::people));
                        }
                        board.receive(message);
                        // The list of boards shows when the board is available to this person again.
                        let is_unavailable = board.unavailable().get_untracked().is_some();
                        if is_unavailable && !self.awaited.contains(&board.id()) {
                            self.watching = true;
                            self.awaited.push(board.id());
                            send.push(self.watch());
                        }
                    }
                }
                // These messages name no board; each board recognises its own mutations, and its number in a pong.
                ServerMessage::Accepted { .. } | ServerMessage::Rejected { .. } | ServerMessage::Pong { .. } => {
                    for board in self.all_boards() {
                        board.receive(message.clone());
                    }
                }
            }
            send
        }

        /// Handles a message that this page cannot read, because the server is newer or has a bug. Where possible,
        /// requests the missing information again; otherwise the page is outdated. Unknown kinds of messages are
        /// ignored.
        fn receive_unreadable(&mut self, text: &str) -> Vec<ClientMessage> {
            let Ok(Unreadable { kind, board, mutation }) = serde_json::from_str(text) else {
                self.is_outdated = true;
                return Vec::new();
            };
            let board = board.and_then(|id| lock(&self.boards).get(&id).map(|open| open.board.clone()));
            match (kind.as_str(), board, mutation) {
                ("changes", Some(board), _) => board.unreadable(false),
                ("snapshot", Some(board), _) => {
                    self.is_outdated = true;
                    board.unreadable(true);
                }
                ("error", Some(board), _) => board.unreadable(false),
                ("rejected", _, Some(mutation)) => {
                    self.is_outdated = true;
                    let message = "this page is older than the server, and cannot tell why it was refused".to_owned();
                    let error = Refusal::Invalid { field: "the edit".to_owned(), message };
                    return self.receive(ServerMessage::Rejected { mutation, error });
                }
                ("changes" | "error" | "presence" | "presence_changed", ..) => {}
                (
                    "snapshot" | "boards" | "people" | "people_changed" | "accepted" | "rejected" | "pong" | "goodbye",
                    ..,
                ) => {
                    self.is_outdated = true;
                }
                _ => {}
            }
            Vec::new()
        }

        /// Sets the current rights of the reader of the page.
        fn update_principal(&self, you: Principal) {
            for board in self.all_boards() {
                board.set_principal(you.clone());
            }
            self.known.set_viewer(Vec::new(), you);
        }

        /// Loads the people that a guest encounters for the first time. (All other readers get a message when people
        /// change.)
        fn load_unknown_people(&mut self, board: BoardId, people: impl Iterator<Item = ActorId>) {
            if self.known.principal.read_untracked().may_see_people() {
                return;
            }
            let known = self.known.people.get_untracked();
            let new: Vec<ActorId> = people.filter(|id| !known.contains_key(id) && self.asked.insert(*id)).collect();
            if !new.is_empty() {
                let known = self.known.clone();
                spawn_local(async move {
                    // If the request fails, they are shown without a name.
                    if let Ok(Some(loaded)) = load_board(board, Vec::new(), false).await {
                        known.add_people(loaded.people);
                    }
                });
            }
        }

        /// Returns the request for the newest boards, and for unavailable boards that may become available again.
        fn watch(&self) -> ClientMessage {
            ClientMessage::WatchBoards { limit: Some(LISTED_BOARDS as u32), boards: self.awaited.clone() }
        }

        /// Resumes unavailable boards that are in the list of boards again.
        fn resubscribe(&mut self, boards: &[BoardSummary]) -> Vec<ClientMessage> {
            let is_back = |board: &LiveBoard| {
                board.unavailable().get_untracked().is_some() && boards.iter().any(|listed| listed.id == board.id())
            };
            let back = self.all_boards().into_iter().filter(is_back);
            back.flat_map(|board| {
                self.awaited.retain(|id| *id != board.id());
                board.revive();
                board.connected()
            })
            .collect()
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
        fn forget_unseen(&mut self) -> Vec<ClientMessage> {
            let done = |open: &mut Open| {
                let Open { board, viewers } = open;
                *viewers == 0 && board.unsaved().get_untracked() == 0 && board.problems().read_untracked().is_empty()
            };
            let unseen: Vec<BoardId> =
                lock(&self.boards).iter_mut().filter_map(|(id, open)| done(open).then_some(*id)).collect();
            for id in &unseen {
                lock(&self.boards).remove(id);
            }
            unseen.into_iter().map(|board| ClientMessage::Unsubscribe { board }).collect()
        }

        /// Returns the boards, without holding the lock, because the signals that they set may open and close boards.
        fn all_boards(&self) -> Vec<LiveBoard> {
            lock(&self.boards).values().map(|open| open.board.clone()).collect()
        }
    }

    /// The parts of an unreadable message that can be read.
    #[derive(Deserialize)]
    struct Unreadable {
        #[serde(rename = "type")]
        kind: String,
        #[serde(default)]
        board: Option<BoardId>,
        #[serde(default)]
        mutation: Option<MutationId>,
    }

    /// Returns the time of a monotonic clock, if the browser has one.
    fn now() -> Millis {
        window().performance().map_or_else(js_sys::Date::now, |clock| clock.now()) as Millis
    }

    /// Tells the script around the app (`pages/bootstrap.js`) that the page is older than the server. The script
    /// reloads the page if nothing would be lost, or says that it should be reloaded.
    fn dispatch_outdated() {
        if let Ok(event) = web_sys::Event::new("taskwire-outdated") {
            // No listener cancels this event.
            let _ = window().dispatch_event(&event);
        }
    }

    /// Tells the script around the app the build of the pages that the server serves now. If this page is of another
    /// build, the script reloads it when that loses nothing and disturbs nobody.
    fn dispatch_build(build: &str) {
        if let (Some(root), Ok(event)) = (document().document_element(), web_sys::Event::new("taskwire-hello")) {
            // If this fails, the page stays as it is.
            let _ = root.set_attribute("data-server-build", build);
            let _ = window().dispatch_event(&event);
        }
    }

    /// Returns the address of the socket on the server that served the page. It names the person for whom the page was
    /// made, and the server refuses it for anybody else.
    fn url(current_user: Option<ActorId>) -> Option<String> {
        let location = window().location();
        let scheme = if location.protocol().ok()? == "https:" { "wss" } else { "ws" };
        let current_user = current_user.map(|person| format!("?as={person}")).unwrap_or_default();
        Some(format!("{scheme}://{}/ws{current_user}", location.host().ok()?))
    }

    fn environment() -> Event {
        Event::Environment { online: is_online(), visible: !document().hidden() }
    }

    fn is_online() -> bool {
        window().navigator().on_line()
    }

    /// Asks the person before they leave the page, and keeps the page from reloading by itself, if something would be
    /// lost.
    fn warn_before_loss(socket: Socket) {
        let warn = Closure::<dyn Fn(web_sys::Event)>::new(move |event: web_sys::Event| {
            if socket.has_unsaved() || event.type_() == LEAVING && socket.has_problems() {
                event.prevent_default();
            }
        });
        for event in ["beforeunload", LEAVING] {
            let _ = window().add_event_listener_with_callback(event, warn.as_ref().unchecked_ref());
        }
        // The listeners live as long as the page.
        warn.forget();
    }

    fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
        mutex.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes the task when the network or the visibility of the tab changes.
    fn wake_on_return(commands: &mpsc::UnboundedSender<Command>) {
        for event in ["online", "offline", "pageshow", "visibilitychange", "focus"] {
            let commands = commands.clone();
            let wake = Closure::<dyn Fn()>::new(move || {
                // The task lives as long as the page.
                let _ = commands.unbounded_send(Command::Wake);
            });
            let _ = window().add_event_listener_with_callback(event, wake.as_ref().unchecked_ref());
            // The listeners live as long as the page.
            wake.forget();
        }
    }
}
