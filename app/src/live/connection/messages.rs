//! The messages of the server: what each does to the page.

use leptos::{prelude::*, task::spawn_local};
use serde::Deserialize;

use super::{page::dispatch_build, socket::lock, task::Task};
use crate::{
    access::Principal,
    forms::load_board,
    id::{ActorId, BoardId, MutationId},
    live::{LiveBoard, reconnect::Event, session::in_order_of_making},
    model::{BoardPage, BoardSummary, LISTED_BOARDS},
    ops::Change,
    protocol::{ClientMessage, ErrorCode, ServerMessage},
    refusal::Refusal,
};

impl Task {
    pub(super) fn on_message(&mut self, text: &str) {
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
    pub(super) fn subscribe_all(&self) -> Vec<ClientMessage> {
        let list = self.watching.then(|| self.watch());
        in_order_of_making(list.into_iter().chain(self.all_boards().iter().flat_map(LiveBoard::connected)).collect())
    }

    /// Handles a message. Returns the messages to send in response.
    fn receive(&mut self, message: ServerMessage) -> Vec<ClientMessage> {
        let mut send = Vec::new();
        match message {
            ServerMessage::Hello { build, .. } => dispatch_build(&build),
            ServerMessage::Boards { mut boards, more } => {
                send = self.resubscribe(&boards);
                // Archived boards are only in it because they were asked for.
                boards.retain(|board| board.archived_at.is_none());
                self.list.set(Some(BoardPage { boards, more, contents: Vec::new() }));
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
                if let Some(board) = about.and_then(|id| lock(&self.boards).get(&id).map(|open| open.board.clone())) {
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
                if let Ok(Some(loaded)) = load_board(board, Vec::new(), false, None).await {
                    known.add_people(loaded.people);
                }
            });
        }
    }

    /// Returns the request for the newest boards, and for unavailable boards that may become available again.
    pub(super) fn watch(&self) -> ClientMessage {
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
