//! The page's one socket. [`Reconnect`](super::reconnect::Reconnect) decides when to connect and to reconnect; this
//! module carries it out.

#[cfg(feature = "hydrate")]
mod messages;
#[cfg(feature = "hydrate")]
mod page;
#[cfg(feature = "hydrate")]
mod socket;
#[cfg(feature = "hydrate")]
mod task;

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
    socket: socket::Socket,
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
            socket: socket::Socket::new(signals.clone(), boards.clone(), known.clone()),
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
        self.socket.command(socket::Command::WatchBoards);
    }

    pub(super) fn send(&self, message: ClientMessage) {
        #[cfg(feature = "hydrate")]
        self.socket.command(socket::Command::Send(message));
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
