//! The page's one socket: opened once, kept open, opened again.

use std::{collections::BTreeMap, sync::Arc};

use leptos::prelude::*;

use super::board::LiveBoard;
use crate::{
    access::Asker,
    board::BoardState,
    id::{ActorId, BoardId, TabId},
    model::BoardSummary,
    people::Person,
    protocol::ClientMessage,
};

/// How the page stands with the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The first connection is being made.
    Connecting,
    /// The socket is open.
    Live,
    /// The connection was lost and is being made again.
    Reconnecting,
    /// The browser says that there is no network.
    Offline,
    /// The server no longer knows who this is: the session was ended, or it expired.
    SignedOut,
}

/// The connection of this page to the server. Cheap to clone; provided as context by [`crate::App`].
#[derive(Clone)]
pub struct Live {
    status: ArcRwSignal<Status>,
    boards: ArcRwSignal<Option<Vec<BoardSummary>>>,
    known: Known,
    tab: TabId,
    #[cfg(feature = "hydrate")]
    socket: browser::Socket,
}

impl Live {
    /// A connection that is not open yet. In the browser the socket is opened at the first [`Self::open`] or
    /// [`Self::watch_boards`]; on the server never.
    pub fn new() -> Self {
        let status = ArcRwSignal::new(Status::Connecting);
        let boards = ArcRwSignal::new(None);
        let known = Known::default();
        Self {
            #[cfg(feature = "hydrate")]
            socket: browser::Socket::new(status.clone(), boards.clone(), known.clone()),
            status,
            boards,
            known,
            tab: crate::new_id(),
        }
    }

    /// How the page stands with the server.
    pub fn status(&self) -> ArcRwSignal<Status> {
        self.status.clone()
    }

    /// The list of boards as the socket last told it; `None` before.
    pub fn boards(&self) -> ArcRwSignal<Option<Vec<BoardSummary>>> {
        self.boards.clone()
    }

    /// The people this page knows by name.
    pub fn people(&self) -> ArcRwSignal<Arc<BTreeMap<ActorId, Person>>> {
        self.known.people.clone()
    }

    /// Whoever reads this page, and what they may do.
    pub fn asker(&self) -> ArcRwSignal<Asker> {
        self.known.asker.clone()
    }

    /// Who reads this page; `None` for somebody without an account.
    pub fn me(&self) -> Signal<Option<ActorId>> {
        let asker = self.known.asker.clone();
        Signal::derive(move || asker.read().person)
    }

    /// This page, as the server tells it from others.
    pub fn tab(&self) -> TabId {
        self.tab
    }

    /// Gets to know people, and what whoever reads this page may do. Where somebody else has signed in since the page was
    /// loaded, it is loaded anew for them, unless something would be lost.
    pub fn meet(&self, people: Vec<Person>, asker: Asker) {
        let is_theirs = self.known.meet(people, asker);
        #[cfg(feature = "hydrate")]
        if !is_theirs && !self.has_unsaved() {
            // A page that cannot be loaded anew stays as it is.
            let _ = window().location().reload();
        }
        #[cfg(not(feature = "hydrate"))]
        let _ = is_theirs;
    }

    /// Gets to know people.
    pub fn introduce(&self, people: Vec<Person>) {
        self.known.introduce(people);
    }

    /// A board that continues from `state` and is kept up to date until the current reactive owner is cleaned up. A board
    /// that is open already, or was closed with edits that are not saved yet, is the same one again.
    pub fn open(&self, state: BoardState) -> LiveBoard {
        #[cfg(feature = "hydrate")]
        {
            let board = self.socket.open(state, self);
            self.close_on_cleanup(board.id());
            board
        }
        #[cfg(not(feature = "hydrate"))]
        LiveBoard::new(state, self.clone())
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

/// Whom the page knows, and whose it is.
#[derive(Clone)]
struct Known {
    people: ArcRwSignal<Arc<BTreeMap<ActorId, Person>>>,
    asker: ArcRwSignal<Asker>,
}

impl Known {
    fn introduce(&self, people: Vec<Person>) {
        let mut known = self.people.read_untracked().as_ref().clone();
        known.extend(people.into_iter().map(|person| (person.id, person)));
        if **self.people.read_untracked() != known {
            self.people.set(Arc::new(known));
        }
    }

    /// Takes note of what the reader may do. A page stays with whom it was made for: what Ana typed is not to be sent in the
    /// name of Ben, who has signed in since. Tells whether it is theirs.
    fn meet(&self, people: Vec<Person>, asker: Asker) -> bool {
        self.introduce(people);
        let before = self.asker.get_untracked();
        let is_theirs = before == Asker::stranger() || before.person == asker.person;
        if is_theirs && before != asker {
            self.asker.set(asker);
        }
        is_theirs
    }
}

impl Default for Known {
    fn default() -> Self {
        Self { people: ArcRwSignal::new(Arc::default()), asker: ArcRwSignal::new(Asker::stranger()) }
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
        collections::{HashMap, HashSet},
        sync::{Arc, Mutex, PoisonError},
    };

    use futures::{FutureExt, SinkExt, StreamExt, channel::mpsc, future::Either};
    use gloo_net::websocket::{Message, State, WebSocketError, futures::WebSocket};
    use gloo_timers::future::TimeoutFuture;
    use leptos::{prelude::*, task::spawn_local};
    use wasm_bindgen::{JsCast, prelude::Closure};

    use super::{Known, Live, Status};
    use crate::{
        board::BoardState,
        change::Change,
        forms::load_board,
        id::{ActorId, BoardId},
        live::{LiveBoard, session::in_order_of_making},
        model::BoardSummary,
        protocol::{CLOSED_SIGNED_OUT, ClientMessage, SUBPROTOCOL, ServerMessage},
    };

    /// How often the server is asked whether it is there.
    const PING_EVERY_MS: u32 = 20_000;
    /// How long it has to answer; and a new connection, to open.
    const ANSWER_WITHIN_MS: u32 = 8_000;
    /// The first wait before connecting again is chosen between nothing and this, the next between nothing and twice this…
    const BACKOFF_FIRST_MS: f64 = 500.0;
    /// … up to this.
    const BACKOFF_MOST_MS: f64 = 15_000.0;
    /// After so many pings from a tab that nobody sees, whoever left an editor open there is taken not to type in it.
    const PINGS_UNSEEN: u32 = 3;

    /// What the rest of the page asks of the socket's task.
    pub enum Command {
        Opened(LiveBoard),
        /// Nobody looks at this board any more.
        Closed,
        WatchBoards,
        Send(ClientMessage),
        /// The network or the tab came back: do not wait any longer.
        Wake,
    }

    #[derive(Clone)]
    pub struct Socket {
        commands: mpsc::UnboundedSender<Command>,
        boards: Boards,
        /// The task, until it is started.
        task: Arc<Mutex<Option<Task>>>,
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
        pub fn new(status: ArcRwSignal<Status>, list: ArcRwSignal<Option<Vec<BoardSummary>>>, known: Known) -> Self {
            let (commands, inbox) = mpsc::unbounded();
            let boards = Boards::default();
            let boards_of_task = Arc::clone(&boards);
            let (asked, watching, pause) = (HashSet::new(), false, None);
            let task = Task { inbox, status, list, known, asked, boards: boards_of_task, watching, pause };
            Self { commands, boards, task: Arc::new(Mutex::new(Some(task))) }
        }

        pub fn command(&self, command: Command) {
            if let Some(task) = lock(&self.task).take() {
                wake_on_return(&self.commands);
                warn_before_loss(self.clone());
                spawn_local(task.run());
            }
            // The task lives as long as the page.
            let _ = self.commands.unbounded_send(command);
        }

        pub fn open(&self, state: BoardState, live: &Live) -> LiveBoard {
            if let Some(board) = self.reopen(state.id()) {
                board.set_asker(live.asker().get_untracked());
                board.receive(ServerMessage::Snapshot(state.snapshot()));
                if board.revive() {
                    self.command(Command::Opened(board.clone()));
                }
                return board;
            }
            let board = LiveBoard::new(state, live.clone());
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
    }

    struct Task {
        inbox: mpsc::UnboundedReceiver<Command>,
        status: ArcRwSignal<Status>,
        list: ArcRwSignal<Option<Vec<BoardSummary>>>,
        known: Known,
        /// Whose names were asked for.
        asked: HashSet<ActorId>,
        boards: Boards,
        watching: bool,
        /// How long the server asked to be left alone, in milliseconds.
        pause: Option<u64>,
    }

    /// Why a connection ended.
    struct Lost {
        /// It had been open, so the next one may be tried soon.
        was_open: bool,
        /// The server says that the session has ended.
        signed_out: bool,
    }

    impl Lost {
        fn any(was_open: bool) -> Self {
            Self { was_open, signed_out: false }
        }
    }

    impl Task {
        async fn run(mut self) {
            let mut failures = 0;
            loop {
                let lost = self.connection().await;
                for board in self.all_boards() {
                    board.disconnected();
                }
                if lost.signed_out {
                    self.status.set(Status::SignedOut);
                    self.wait_until_woken().await;
                    continue;
                }
                self.status.set(if online() { Status::Reconnecting } else { Status::Offline });
                failures = if lost.was_open { 0 } else { failures + 1 };
                let wait = match self.pause.take() {
                    Some(pause) => pause as f64,
                    None => (BACKOFF_FIRST_MS * f64::powi(2.0, failures)).min(BACKOFF_MOST_MS) * js_sys::Math::random(),
                };
                self.wait(wait as u32).await;
            }
        }

        /// Opens a socket and serves it until it closes.
        async fn connection(&mut self) -> Lost {
            let mut was_open = false;
            let Some(url) = url(self.known.asker.read_untracked().person) else { return Lost::any(was_open) };
            let Ok(mut socket) = WebSocket::open_with_protocol(&url, SUBPROTOCOL) else { return Lost::any(was_open) };
            // What is sent to a socket that could not be opened would be an error in the browser's console.
            let ready = std::future::poll_fn(|cx| socket.poll_ready_unpin(cx));
            let in_time = matches!(
                futures::future::select(ready, TimeoutFuture::new(ANSWER_WITHIN_MS)).await,
                Either::Left((Ok(()), _))
            );
            if !in_time || !matches!(socket.state(), State::Open) {
                return Lost::any(was_open);
            }
            let (mut sink, stream) = socket.split();
            let mut stream = stream.fuse();

            let mut hello = Vec::new();
            if self.known.asker.read_untracked().may_see_people() {
                hello.push(ClientMessage::WatchPeople {});
            }
            hello.extend(self.follow_all());
            hello.push(ClientMessage::Ping {});
            for message in hello {
                if send(&mut sink, &message).await.is_err() {
                    return Lost::any(was_open);
                }
            }

            // The first ping is out; whatever the server says counts as an answer.
            let mut waiting = true;
            let mut timer = TimeoutFuture::new(ANSWER_WITHIN_MS).fuse();
            let mut pings_unseen = 0;
            loop {
                let event = {
                    let mut next = stream.next();
                    let mut command = self.inbox.next();
                    futures::select_biased! {
                        message = next => Event::Message(message),
                        command = command => Event::Command(command),
                        () = timer => Event::Timer,
                    }
                };
                match event {
                    Event::Message(Some(Ok(message))) => {
                        was_open = true;
                        if waiting {
                            waiting = false;
                            timer = TimeoutFuture::new(PING_EVERY_MS).fuse();
                            self.status.set(Status::Live);
                        }
                        let mut answers = Vec::new();
                        if let Message::Text(text) = message {
                            answers = self.receive(&text);
                        }
                        answers.extend(self.forget_unseen());
                        for message in answers {
                            if send(&mut sink, &message).await.is_err() {
                                return Lost::any(was_open);
                            }
                        }
                    }
                    Event::Message(Some(Err(WebSocketError::ConnectionClose(close)))) => {
                        return Lost { was_open, signed_out: close.code == CLOSED_SIGNED_OUT };
                    }
                    Event::Message(_) => return Lost::any(was_open),
                    Event::Timer if waiting => return Lost::any(was_open),
                    Event::Command(Some(Command::Wake)) if !online() => return Lost::any(was_open),
                    Event::Timer | Event::Command(Some(Command::Wake)) => {
                        waiting = true;
                        timer = TimeoutFuture::new(ANSWER_WITHIN_MS).fuse();
                        pings_unseen = if document().hidden() { pings_unseen + 1 } else { 0 };
                        for board in self.all_boards() {
                            board.set_unseen(pings_unseen >= PINGS_UNSEEN);
                        }
                        if send(&mut sink, &ClientMessage::Ping {}).await.is_err() {
                            return Lost::any(was_open);
                        }
                    }
                    Event::Command(Some(command)) => {
                        for message in self.command(command, true) {
                            if send(&mut sink, &message).await.is_err() {
                                return Lost::any(was_open);
                            }
                        }
                    }
                    // The page is going away.
                    Event::Command(None) => std::future::pending().await,
                }
            }
        }

        /// Says what a page says first, and again after a loss, to be told what it shows.
        fn follow_all(&self) -> Vec<ClientMessage> {
            let list = self.watching.then_some(ClientMessage::WatchBoards {});
            in_order_of_making(
                list.into_iter().chain(self.all_boards().iter().flat_map(LiveBoard::connected)).collect(),
            )
        }

        /// Takes in a message; tells what to send for it.
        fn receive(&mut self, text: &str) -> Vec<ClientMessage> {
            let message = match serde_json::from_str(text) {
                Ok(message) => message,
                Err(error) => {
                    leptos::logging::warn!("a message of the server was not understood: {error}");
                    return Vec::new();
                }
            };
            let mut send = Vec::new();
            match message {
                ServerMessage::Boards { boards } => {
                    send = self.follow_again(&boards);
                    self.list.set(Some(boards));
                }
                ServerMessage::People { people, you } => {
                    for board in self.all_boards() {
                        board.set_asker(you.clone());
                    }
                    self.known.meet(people, you);
                }
                ServerMessage::Goodbye { reconnect_after_ms } => self.pause = Some(reconnect_after_ms),
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
                        ServerMessage::Error { board, message, .. } => {
                            leptos::logging::warn!("the server says: {message}");
                            *board
                        }
                        _ => None,
                    };
                    if let Some(board) = about.and_then(|id| lock(&self.boards).get(&id).map(|open| open.board.clone()))
                    {
                        if let ServerMessage::Changes { changes, .. } = &message {
                            self.get_to_know(board.id(), changes.iter().flat_map(Change::people));
                        }
                        board.receive(message);
                        // The list of boards tells when it is there for this person again.
                        let is_gone = board.gone().get_untracked().is_some();
                        if is_gone && !std::mem::replace(&mut self.watching, true) {
                            send.push(ClientMessage::WatchBoards {});
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

        /// Asks who those are whom a guest hears of for the first time. (All others are told whenever somebody is new.)
        fn get_to_know(&mut self, board: BoardId, people: impl Iterator<Item = ActorId>) {
            if self.known.asker.read_untracked().may_see_people() {
                return;
            }
            let known = self.known.people.get_untracked();
            let new: Vec<ActorId> = people.filter(|id| !known.contains_key(id) && self.asked.insert(*id)).collect();
            if !new.is_empty() {
                let known = self.known.clone();
                spawn_local(async move {
                    // Where that cannot be asked now they stay somebody.
                    if let Ok(Some(loaded)) = load_board(board).await {
                        known.introduce(loaded.people);
                    }
                });
            }
        }

        /// Goes on with boards that were taken away from this person, where they are among those they may see again.
        fn follow_again(&self, boards: &[BoardSummary]) -> Vec<ClientMessage> {
            let is_back = |board: &LiveBoard| {
                board.gone().get_untracked().is_some() && boards.iter().any(|listed| listed.id == board.id())
            };
            let back = self.all_boards().into_iter().filter(is_back);
            back.flat_map(|board| {
                board.revive();
                board.connected()
            })
            .collect()
        }

        /// Does what the page asks; tells what to send for it on an open connection.
        fn command(&mut self, command: Command, open: bool) -> Vec<ClientMessage> {
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
                    if first { vec![ClientMessage::WatchBoards {}] } else { Vec::new() }
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

        /// Waits until the person comes back to the page, perhaps from signing in.
        async fn wait_until_woken(&mut self) {
            loop {
                match self.inbox.next().await {
                    Some(Command::Wake) => return,
                    Some(command) => drop(self.command(command, false)),
                    None => std::future::pending().await,
                }
            }
        }

        /// Waits before the next attempt, unless something calls for it now.
        async fn wait(&mut self, millis: u32) {
            let mut timer = TimeoutFuture::new(millis);
            loop {
                let woken = match futures::future::select(&mut timer, self.inbox.next()).await {
                    Either::Left(_) | Either::Right((Some(Command::Wake), _)) => return,
                    Either::Right((Some(command), _)) => command,
                    Either::Right((None, _)) => std::future::pending().await,
                };
                // Closed: nothing can be sent; a board's queue is sent again when it is connected.
                self.command(woken, false);
                self.status.set(if online() { Status::Reconnecting } else { Status::Offline });
            }
        }
    }

    enum Event {
        Message(Option<Result<Message, WebSocketError>>),
        Command(Option<Command>),
        Timer,
    }

    async fn send(
        sink: &mut futures::stream::SplitSink<WebSocket, Message>,
        message: &ClientMessage,
    ) -> Result<(), ()> {
        let text = serde_json::to_string(message).map_err(|_| ())?;
        sink.send(Message::Text(text)).await.map_err(|_| ())
    }

    /// The address of the socket on the server that served the page. It names whom the page was made for, and the server lets
    /// nobody else in by it.
    fn url(reader: Option<ActorId>) -> Option<String> {
        let location = window().location();
        let scheme = if location.protocol().ok()? == "https:" { "wss" } else { "ws" };
        let reader = reader.map(|person| format!("?as={person}")).unwrap_or_default();
        Some(format!("{scheme}://{}/ws{reader}", location.host().ok()?))
    }

    fn online() -> bool {
        window().navigator().on_line()
    }

    /// Asks before the page is left only if something would be lost.
    fn warn_before_loss(socket: Socket) {
        let warn = Closure::<dyn Fn(web_sys::BeforeUnloadEvent)>::new(move |event: web_sys::BeforeUnloadEvent| {
            if socket.has_unsaved() {
                event.prevent_default();
            }
        });
        let _ = window().add_event_listener_with_callback("beforeunload", warn.as_ref().unchecked_ref());
        // For as long as the page lives.
        warn.forget();
    }

    fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
        mutex.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Connects at once when the network or the tab comes back, and finds out at once when they were gone.
    fn wake_on_return(commands: &mpsc::UnboundedSender<Command>) {
        for event in ["online", "offline", "pageshow", "visibilitychange", "focus"] {
            let commands = commands.clone();
            let wake = Closure::<dyn Fn()>::new(move || {
                if !document().hidden() {
                    // The task lives as long as the page.
                    let _ = commands.unbounded_send(Command::Wake);
                }
            });
            let _ = window().add_event_listener_with_callback(event, wake.as_ref().unchecked_ref());
            // For as long as the page lives.
            wake.forget();
        }
    }
}
