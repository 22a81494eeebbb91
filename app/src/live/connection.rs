//! The page's one socket: opened once, kept open, opened again. When, is said by [`Reconnect`](super::reconnect::Reconnect);
//! here it is only done.

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
    /// A connection that is not open yet. In the browser the socket is opened at the first [`Self::open`] or
    /// [`Self::watch_boards`]; on the server never.
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

    /// How the page stands with the server.
    pub fn status(&self) -> ArcRwSignal<Status> {
        self.signals.status.clone()
    }

    /// Why there is no connection, where that is known and does not pass by itself.
    pub fn connect_error(&self) -> ArcRwSignal<Option<ConnectError>> {
        self.signals.connect_error.clone()
    }

    /// The list of boards as the socket last told it; `None` before.
    pub fn boards(&self) -> ArcRwSignal<Option<BoardPage>> {
        self.boards.clone()
    }

    /// The people this page knows by name.
    pub fn people(&self) -> ArcRwSignal<Arc<BTreeMap<ActorId, Person>>> {
        self.known.people.clone()
    }

    /// Whoever reads this page, and what they may do.
    pub fn principal(&self) -> ArcRwSignal<Principal> {
        self.known.principal.clone()
    }

    /// Who reads this page; `None` for somebody without an account.
    pub fn me(&self) -> Signal<Option<ActorId>> {
        let principal = self.known.principal.clone();
        Signal::derive(move || principal.read().person)
    }

    /// This page, as the server tells it from others.
    pub fn tab(&self) -> TabId {
        self.tab
    }

    /// What only this page knows of itself. Who has an account does not need it: the server knows whose the page is.
    pub fn tab_secret(&self) -> Option<uuid::Uuid> {
        self.known.principal.read_untracked().person.is_none().then_some(self.tab_secret)
    }

    /// Gets to know people, and what whoever reads this page may do. Where somebody else has signed in since the page was
    /// loaded, it is loaded anew for them, unless something would be lost.
    ///
    /// A page does so in one `Suspense`. The server runs the contents of two on two threads, and a signal that is read
    /// while it is set counts as disposed there (`reactive_graph`'s read guards do not wait), which ends in a panic.
    pub fn set_viewer(&self, people: Vec<Person>, principal: Principal) {
        let is_theirs = self.known.set_viewer(people, principal);
        #[cfg(feature = "hydrate")]
        if !is_theirs && !self.has_unsaved() {
            // A page that cannot be loaded anew stays as it is.
            let _ = window().location().reload();
        }
        #[cfg(not(feature = "hydrate"))]
        let _ = is_theirs;
    }

    /// Gets to know people.
    pub fn add_people(&self, people: Vec<Person>) {
        self.known.add_people(people);
    }

    /// A board that continues from what was loaded and is kept up to date until the current reactive owner is cleaned up. A board
    /// that is open already, or was closed with edits that are not saved yet, is the same one again.
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

    /// As [`Self::open`], with a board that this page still has: what to go on with while the server cannot be asked.
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

    /// Whether a board has edits that would be lost if the page went away now.
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

/// How the page stands with the server, as signals.
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

/// Whom the page knows, and whose it is.
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

    /// Takes note of what the reader may do. A page stays with whom it was made for: what Ana typed is not to be sent in the
    /// name of Ben, who has signed in since. Tells whether it is theirs.
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
    //! The socket itself. One task owns it; everything else talks to the task.

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

    /// How often a board that is not followed is asked what to do about it.
    const TICK_BOARDS: Millis = 1_000;
    /// An edit that was not decided for so long is sent anew on another connection.
    const DECIDE_WITHIN: Millis = 30_000;
    /// The code that browsers make up for a connection that ended without one.
    const NO_CODE: u16 = 1006;
    /// After so many pings from a tab that nobody sees, whoever left an editor open there is taken not to type in it.
    const PINGS_UNSEEN: u32 = 3;

    /// What the rest of the page asks of the socket's task.
    pub enum Command {
        Opened(LiveBoard),
        /// Nobody looks at this board any more.
        Closed,
        WatchBoards,
        Send(ClientMessage),
        /// The network or the tab came or went.
        Wake,
    }

    #[derive(Clone)]
    pub struct Socket {
        commands: mpsc::UnboundedSender<Command>,
        boards: Boards,
        /// What the task is made of, until it is started.
        idle: Arc<Mutex<Option<Idle>>>,
    }

    struct Idle {
        inbox: mpsc::UnboundedReceiver<Command>,
        signals: ConnectionSignals,
        list: ArcRwSignal<Option<BoardPage>>,
        known: Known,
    }

    /// The boards the socket feeds.
    type Boards = Arc<Mutex<HashMap<BoardId, Open>>>;

    struct Open {
        board: LiveBoard,
        /// How many places show it. One that none shows is kept until there is a connection, its
        /// edits are saved, and what was refused of them has been looked at.
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
            // The task lives as long as the page.
            let _ = self.commands.unbounded_send(command);
        }

        pub fn open(&self, outline: Snapshot, parts: &[LoadedPart], live: &Live) -> LiveBoard {
            if let Some(board) = self.reopen(outline.board) {
                board.set_principal(live.principal().get_untracked());
                board.receive(ServerMessage::Snapshot(outline));
                for part in parts {
                    // One that is too old is loaded when it is shown.
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

        /// Whether an edit was refused that nobody has looked at yet.
        fn has_problems(&self) -> bool {
            lock(&self.boards).values().any(|open| !open.board.problems().read_untracked().is_empty())
        }
    }

    struct Task {
        inbox: mpsc::UnboundedReceiver<Command>,
        /// What was found out over HTTP, for the state machine.
        found: mpsc::UnboundedSender<Event>,
        findings: mpsc::UnboundedReceiver<Event>,
        link: Reconnect,
        connection: Option<Connection>,
        timer: Option<(Millis, TimeoutFuture)>,
        signals: ConnectionSignals,
        list: ArcRwSignal<Option<BoardPage>>,
        known: Known,
        /// Whose names were asked for.
        asked: HashSet<ActorId>,
        boards: Boards,
        watching: bool,
        /// Boards that are gone, and may be there again.
        awaited: Vec<BoardId>,
        pings_unseen: u32,
        tick_boards_at: Option<Millis>,
        /// Since when the server owes a word on an edit.
        undecided_since: Option<Millis>,
        /// The server said what this page is too old for.
        is_outdated: bool,
        /// Whether that was told already, and whether something was unsaved then.
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

        /// What happens next. What the server says goes before all else: it may be what is waited for.
        fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Happened> {
            if let Some(Connection { socket, is_open }) = &mut self.connection {
                if !*is_open && socket.poll_ready_unpin(cx).is_ready() {
                    // What is sent to a socket that could not be opened would be an error in the browser's console.
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
            // The other ends of both live as long as the page.
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

        /// A timer that ends too early does no harm, so one is not made anew because its end has moved on.
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

        /// After anything that happened: whether a board needs looking after, and what the page says.
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

        /// Does what the state machine says about an event, and tells the page how things stand.
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

        /// Sends on the open connection. Without one it is dropped: what matters is said again when there is one.
        fn send(&mut self, messages: Vec<ClientMessage>) {
            let Some(Connection { socket, is_open: true }) = &mut self.connection else { return };
            for message in messages {
                if let Ok(text) = serde_json::to_string(&message) {
                    // A socket that is closing drops it, and says that it is closed next.
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

        /// Says what a page says first, and again after a loss, to be told what it shows.
        fn subscribe_all(&self) -> Vec<ClientMessage> {
            let list = self.watching.then(|| self.watch());
            in_order_of_making(
                list.into_iter().chain(self.all_boards().iter().flat_map(LiveBoard::connected)).collect(),
            )
        }

        /// Takes in a message; tells what to send for it.
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
                            // What this page says is not what the server understands.
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
                        // The list of boards tells when it is there for this person again.
                        let is_unavailable = board.unavailable().get_untracked().is_some();
                        if is_unavailable && !self.awaited.contains(&board.id()) {
                            self.watching = true;
                            self.awaited.push(board.id());
                            send.push(self.watch());
                        }
                    }
                }
                // Answers name the mutation, not the board; each board knows its own.
                ServerMessage::Accepted { .. } | ServerMessage::Rejected { .. } | ServerMessage::Pong { .. } => {
                    for board in self.all_boards() {
                        board.receive(message.clone());
                    }
                }
            }
            send
        }

        /// Takes in what this page cannot read, because the server is newer or mistaken. What it said is made up for where it
        /// can be; where it cannot, the page is too old. Kinds of messages that it does not know it may do without.
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

        /// Whoever reads the page may do other things than before.
        fn update_principal(&self, you: Principal) {
            for board in self.all_boards() {
                board.set_principal(you.clone());
            }
            self.known.set_viewer(Vec::new(), you);
        }

        /// Asks who those are whom a guest hears of for the first time. (All others are told whenever somebody is new.)
        fn load_unknown_people(&mut self, board: BoardId, people: impl Iterator<Item = ActorId>) {
            if self.known.principal.read_untracked().may_see_people() {
                return;
            }
            let known = self.known.people.get_untracked();
            let new: Vec<ActorId> = people.filter(|id| !known.contains_key(id) && self.asked.insert(*id)).collect();
            if !new.is_empty() {
                let known = self.known.clone();
                spawn_local(async move {
                    // Where that cannot be asked now they stay somebody.
                    if let Ok(Some(loaded)) = load_board(board, Vec::new(), false).await {
                        known.add_people(loaded.people);
                    }
                });
            }
        }

        /// Asks for the newest boards, and for those that are to go on when they are there again.
        fn watch(&self) -> ClientMessage {
            ClientMessage::WatchBoards { limit: Some(LISTED_BOARDS as u32), boards: self.awaited.clone() }
        }

        /// Goes on with boards that were taken away from this person, where they are among those they may see again.
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

        /// Does what the page asks; tells what to send for it on an open connection.
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
                // Without a connection it may be all there is to go back to.
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

        /// Lets go of the boards that nobody looks at and that have nothing left to save or to decide.
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

        /// The boards, taken out of the lock: what they wake may open and close boards.
        fn all_boards(&self) -> Vec<LiveBoard> {
            lock(&self.boards).values().map(|open| open.board.clone()).collect()
        }
    }

    /// As much as can be read of a message that cannot.
    #[derive(Deserialize)]
    struct Unreadable {
        #[serde(rename = "type")]
        kind: String,
        #[serde(default)]
        board: Option<BoardId>,
        #[serde(default)]
        mutation: Option<MutationId>,
    }

    /// The time by a clock that does not jump.
    fn now() -> Millis {
        window().performance().map_or_else(js_sys::Date::now, |clock| clock.now()) as Millis
    }

    /// Tells the script around the app (`pages/bootstrap.js`) that the page is older than the server. It loads the page anew,
    /// if nothing would be lost with it, or says so.
    fn dispatch_outdated() {
        if let Ok(event) = web_sys::Event::new("taskwire-outdated") {
            // Nobody cancels it.
            let _ = window().dispatch_event(&event);
        }
    }

    /// Tells the script around the app which build of the pages the server serves now. If it is another one than this page's, the
    /// script has it loaded anew, when that loses nothing and disturbs nobody.
    fn dispatch_build(build: &str) {
        if let (Some(root), Ok(event)) = (document().document_element(), web_sys::Event::new("taskwire-hello")) {
            // What cannot be told leaves the page as it is.
            let _ = root.set_attribute("data-server-build", build);
            let _ = window().dispatch_event(&event);
        }
    }

    /// The address of the socket on the server that served the page. It names whom the page was made for, and the server lets
    /// nobody else in by it.
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

    /// Asks before the page is left, and keeps the page from leaving by itself, only if something would be lost.
    fn warn_before_loss(socket: Socket) {
        let warn = Closure::<dyn Fn(web_sys::Event)>::new(move |event: web_sys::Event| {
            if socket.has_unsaved() || event.type_() == LEAVING && socket.has_problems() {
                event.prevent_default();
            }
        });
        for event in ["beforeunload", LEAVING] {
            let _ = window().add_event_listener_with_callback(event, warn.as_ref().unchecked_ref());
        }
        // For as long as the page lives.
        warn.forget();
    }

    fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
        mutex.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has the task look how things are when the network or the tab comes or goes.
    fn wake_on_return(commands: &mpsc::UnboundedSender<Command>) {
        for event in ["online", "offline", "pageshow", "visibilitychange", "focus"] {
            let commands = commands.clone();
            let wake = Closure::<dyn Fn()>::new(move || {
                // The task lives as long as the page.
                let _ = commands.unbounded_send(Command::Wake);
            });
            let _ = window().add_event_listener_with_callback(event, wake.as_ref().unchecked_ref());
            // For as long as the page lives.
            wake.forget();
        }
    }
}
