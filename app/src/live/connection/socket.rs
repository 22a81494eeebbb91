//! The handle to the page's socket: the boards that are open, and the commands to the task that owns the socket.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use futures::channel::mpsc;
use leptos::{prelude::*, task::spawn_local};

use super::{
    ConnectionSignals, Known, Live,
    page::{wake_on_return, warn_before_loss},
    task::Task,
};
use crate::{
    id::BoardId,
    live::LiveBoard,
    model::BoardPage,
    protocol::{ClientMessage, ServerMessage},
    state::{LoadedPart, Snapshot},
};

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

/// The parts of the task, before it is started.
pub(super) struct Idle {
    pub(super) inbox: mpsc::UnboundedReceiver<Command>,
    pub(super) signals: ConnectionSignals,
    pub(super) list: ArcRwSignal<Option<BoardPage>>,
    pub(super) known: Known,
}

/// The boards that the socket updates.
pub(super) type Boards = Arc<Mutex<HashMap<BoardId, Open>>>;

/// An open board.
pub(super) struct Open {
    pub(super) board: LiveBoard,
    /// The number of places that show the board. A board that no place shows is kept until there is a connection,
    /// its edits are saved, and its refused edits have been handled.
    pub(super) viewers: usize,
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
        lock(&self.boards).values().any(|open| open.board.unsaved().get_untracked() > 0 || open.board.has_conflict())
    }

    /// Whether there is a refused edit that the person has not handled yet.
    pub(super) fn has_problems(&self) -> bool {
        lock(&self.boards).values().any(|open| !open.board.problems().read_untracked().is_empty())
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
