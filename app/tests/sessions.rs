//! Tests any number of pages, a log, and connections that break at any moment: in the end all pages show the same, and
//! every edit was applied once or refused with a reason.
//!
//! Nothing here waits: the network is a pair of queues, and a seed decides the order of steps.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

mod random;

use std::collections::{HashMap, HashSet, VecDeque};

use app::{
    access::Principal,
    board::{Settled, TextBase},
    fields::FieldEdit,
    id::{BoardId, MutationId, TaskId},
    live::session::{BoardSession, Outcome},
    model::{Seq, TextField},
    ops::{Change, Mutation, Op, SetArchived, UpdateTask, decide},
    protocol::{ClientMessage, MAX_CLIENT_MESSAGE_BYTES, ServerMessage},
    refusal::Refusal,
    state::BoardState,
    time::Timestamp,
};
use proptest::prelude::*;
use random::{Edits, Random};

/// The server's side: one board, its log, and the messages on their way to each page.
struct Server {
    state: BoardState,
    log: Vec<Change>,
    /// Changes up to this one are no longer in the log.
    trimmed: Seq,
    seen: HashMap<MutationId, Seq>,
    pages: Vec<Wire>,
}

/// One page's connection, as the server sees it.
#[derive(Default)]
struct Wire {
    to_server: VecDeque<ClientMessage>,
    to_page: VecDeque<ServerMessage>,
    subscribed: bool,
}

impl Server {
    fn new(random: &mut Random, pages: usize) -> Self {
        let mut server = Self {
            state: BoardState::empty(BoardId(random.uuid())),
            log: Vec::new(),
            trimmed: 0,
            seen: HashMap::new(),
            pages: (0..pages).map(|_| Wire::default()).collect(),
        };
        let create = random.create_board();
        let create = random.mutation(create);
        server.write(&create).unwrap();
        server
    }

    fn write(&mut self, mutation: &Mutation) -> Result<Seq, Refusal> {
        if let Some(seq) = self.seen.get(&mutation.id) {
            return Ok(*seq);
        }
        let mut kind = decide(&self.state, &mutation.op)?;
        kind.number(&self.state);
        let seq = self.state.seq() + 1;
        let change = Change { seq, at: Timestamp::from_millis(seq as i64), by: None, mutation: mutation.id, kind };
        self.state.apply(&change).unwrap();
        self.seen.insert(mutation.id, seq);
        for wire in self.pages.iter_mut().filter(|wire| wire.subscribed) {
            wire.to_page.push_back(ServerMessage::Changes {
                board: self.state.id(),
                after: seq - 1,
                changes: vec![change.clone()],
            });
        }
        self.log.push(change);
        Ok(seq)
    }

    /// Handles the next message of a page. If `answers_first`, the answer overtakes the change, as it may in reality.
    fn step(&mut self, page: usize, answers_first: bool) {
        let Some(message) = self.pages[page].to_server.pop_front() else { return };
        match message {
            ClientMessage::Subscribe { since, snapshot, .. } => {
                let board = self.state.id();
                let answer = match since {
                    Some(since) if !snapshot && since >= self.trimmed && since <= self.state.seq() => {
                        ServerMessage::Changes {
                            board,
                            after: since,
                            changes: self.log.iter().filter(|change| change.seq > since).cloned().collect(),
                        }
                    }
                    _ => ServerMessage::Snapshot(self.state.snapshot()),
                };
                self.pages[page].to_page.push_back(answer);
                self.pages[page].subscribed = true;
            }
            ClientMessage::Mutate { mutations, .. } => {
                for mutation in mutations {
                    let queued = self.pages[page].to_page.len();
                    let answer = match self.write(&mutation) {
                        Ok(seq) => ServerMessage::Accepted { mutation: mutation.id, seq },
                        Err(error) => ServerMessage::Rejected { mutation: mutation.id, error },
                    };
                    let wire = &mut self.pages[page].to_page;
                    wire.insert(if answers_first { queued } else { wire.len() }, answer);
                }
            }
            ClientMessage::Ping {} => {
                let heads = [(self.state.id(), self.state.seq())].into();
                self.pages[page].to_page.push_back(ServerMessage::Pong { heads });
            }
            ClientMessage::Unsubscribe { .. }
            | ClientMessage::Present { .. }
            | ClientMessage::WatchBoards { .. }
            | ClientMessage::WatchPeople { .. } => {}
        }
    }
}

/// A page: its session, the edits that it submitted, and their outcomes.
struct Page {
    session: BoardSession,
    connected: bool,
    submitted: HashSet<MutationId>,
    saved: Vec<MutationId>,
    refused: Vec<MutationId>,
}

impl Page {
    fn take(&mut self, outcome: Outcome, wire: &mut Wire) {
        wire.to_server.extend(outcome.send);
        for settled in outcome.settled {
            match settled {
                Settled::Saved(id) => self.saved.push(id),
                Settled::Refused(mutation, _) => self.refused.push(mutation.id),
                Settled::NotUndone(id, _) | Settled::Needless(id) => self.refused.push(id),
            }
        }
    }
}

fn run(mut random: Random) {
    let pages = 2 + random.below(3);
    let mut server = Server::new(&mut random, pages);
    let mut all: Vec<Page> = (0..pages)
        .map(|_| Page {
            session: BoardSession::new(server.state.clone(), Principal::anybody()),
            connected: false,
            submitted: HashSet::new(),
            saved: Vec::new(),
            refused: Vec::new(),
        })
        .collect();

    for _ in 0..400 {
        let index = random.below(pages);
        let page = &mut all[index];
        match random.below(12) {
            0 | 1 => {
                let op = random.op_or_comment(page.session.board().view());
                let base = text_base(&page.session, &op);
                let mutation = random.mutation(op);
                let id = mutation.id;
                if let Ok(outcome) = page.session.submit(mutation, base, Timestamp::from_millis(0)) {
                    page.submitted.insert(id);
                    page.take(outcome, &mut server.pages[index]);
                }
            }
            2..=5 => server.step(index, random.one_in(2)),
            6..=9 => {
                if let Some(message) = server.pages[index].to_page.pop_front() {
                    let outcome = page.session.receive(message);
                    page.take(outcome, &mut server.pages[index]);
                }
            }
            10 if page.connected && random.one_in(4) => {
                // Messages on their way in either direction are lost.
                server.pages[index] = Wire::default();
                page.session.disconnected();
                page.connected = false;
            }
            10 | 11 if !page.connected => {
                server.pages[index].to_server.extend(page.session.connected());
                page.connected = true;
            }
            11 if random.one_in(20) => server.trimmed = server.state.seq().saturating_sub(2),
            _ => {}
        }
    }

    // The network recovers, and all messages arrive.
    for (index, page) in all.iter_mut().enumerate().filter(|(_, page)| !page.connected) {
        server.pages[index].to_server.extend(page.session.connected());
    }
    while server.pages.iter().any(|wire| !wire.to_server.is_empty() || !wire.to_page.is_empty()) {
        for (index, page) in all.iter_mut().enumerate() {
            server.step(index, random.one_in(2));
            if let Some(message) = server.pages[index].to_page.pop_front() {
                let outcome = page.session.receive(message);
                page.take(outcome, &mut server.pages[index]);
            }
        }
    }

    let done: HashSet<MutationId> = server.log.iter().map(|change| change.mutation).collect();
    assert_eq!(done.len(), server.log.len(), "a mutation was done twice");
    for page in &all {
        assert_eq!(page.session.board().confirmed(), &server.state);
        assert_eq!(page.session.board().view(), &server.state);
        assert_eq!(page.session.board().unsaved(), 0);
        let (saved, refused): (HashSet<_>, HashSet<_>) =
            (page.saved.iter().copied().collect(), page.refused.iter().copied().collect());
        assert_eq!((saved.len(), refused.len()), (page.saved.len(), page.refused.len()), "told twice");
        assert!(saved.is_subset(&done) && refused.is_disjoint(&done));
        assert_eq!(&saved | &refused, page.submitted, "an edit was neither saved nor refused");
    }
}

/// The text base of an editor that is opened now.
fn text_base(session: &BoardSession, op: &Op) -> Option<TextBase> {
    let Op::UpdateTask(update) = op else { return None };
    let (field, _) = update.fields.edits().find_map(FieldEdit::text)?;
    Some(session.text_base(update.task, field))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn pages_that_come_and_go_end_equal(seed: u64) {
        run(Random::seeded(seed));
        run(Random::of(seed, Edits::All));
    }
}

/// Two pages on a board with one task, both connected.
struct Pair {
    server: Server,
    pages: [Page; 2],
    task: TaskId,
    random: Random,
}

impl Pair {
    fn new() -> Self {
        let mut random = Random::seeded(7);
        let mut server = Server::new(&mut random, 2);
        let task = TaskId(random.uuid());
        let create = app::ops::CreateTask::of(task, "one");
        let create = random.mutation(Op::CreateTask(create));
        server.write(&create).unwrap();
        let pages = [0, 1].map(|_| Page {
            session: BoardSession::new(server.state.clone(), Principal::anybody()),
            connected: true,
            submitted: HashSet::new(),
            saved: Vec::new(),
            refused: Vec::new(),
        });
        let mut pair = Self { server, pages, task, random };
        for index in 0..2 {
            let hello = pair.pages[index].session.connected();
            pair.server.pages[index].to_server.extend(hello);
        }
        pair.settle();
        pair
    }

    fn retitle(&mut self, page: usize, title: &str, base: TextBase) {
        let update = UpdateTask::of(self.task).with(FieldEdit::Title(title.to_owned()));
        let mutation = self.random.mutation(Op::UpdateTask(update));
        let outcome = self.pages[page].session.submit(mutation, Some(base), Timestamp::from_millis(0)).unwrap();
        self.pages[page].take(outcome, &mut self.server.pages[page]);
    }

    fn base(&self, page: usize) -> TextBase {
        self.pages[page].session.text_base(self.task, TextField::Title)
    }

    fn settle(&mut self) {
        while self.server.pages.iter().any(|wire| !wire.to_server.is_empty() || !wire.to_page.is_empty()) {
            for index in 0..2 {
                self.server.step(index, true);
                if let Some(message) = self.server.pages[index].to_page.pop_front() {
                    let outcome = self.pages[index].session.receive(message);
                    self.pages[index].take(outcome, &mut self.server.pages[index]);
                }
            }
        }
    }

    fn title(&self, page: usize) -> &str {
        &self.pages[page].session.board().view().task(self.task).unwrap().title
    }
}

#[test]
fn several_edits_of_one_text_in_a_row_do_not_conflict_with_each_other() {
    let mut pair = Pair::new();
    for title in ["two", "three", "four"] {
        let base = pair.base(0);
        pair.retitle(0, title, base);
    }
    assert_eq!(pair.title(0), "four");
    pair.settle();
    assert_eq!((pair.title(0), pair.title(1)), ("four", "four"));
    assert!(pair.pages[0].refused.is_empty());
}

#[test]
fn an_editor_opened_on_an_unsaved_text_can_be_saved_after_that_text_is() {
    let mut pair = Pair::new();
    let base = pair.base(0);
    pair.retitle(0, "two", base);
    let base = pair.base(0);
    assert!(matches!(base, TextBase::Pending(_)));
    pair.settle();
    pair.retitle(0, "three", base);
    pair.settle();
    assert_eq!((pair.title(0), pair.title(1)), ("three", "three"));
}

#[test]
fn a_clash_rolls_back_one_edit_and_hands_it_back() {
    let mut pair = Pair::new();
    let (left, right) = (pair.base(0), pair.base(1));
    pair.retitle(0, "left", left);
    pair.retitle(1, "right", right);
    pair.settle();
    assert_eq!((pair.title(0), pair.title(1)), ("left", "left"));
    assert_eq!((pair.pages[0].refused.len(), pair.pages[1].refused.len()), (0, 1));
}

#[test]
fn an_edit_that_an_archiving_overtakes_is_refused_with_its_text() {
    let mut pair = Pair::new();
    let base = pair.base(1);
    let archive = pair.random.mutation(Op::SetArchived(SetArchived::to(true)));
    let outcome = pair.pages[0].session.submit(archive, None, Timestamp::from_millis(0)).unwrap();
    pair.pages[0].take(outcome, &mut pair.server.pages[0]);
    pair.server.step(0, false);
    // This page has not heard of it.
    pair.retitle(1, "typed meanwhile", base);
    assert_eq!(pair.title(1), "typed meanwhile");
    pair.settle();
    assert_eq!((pair.title(0), pair.title(1)), ("one", "one"));
    assert_eq!(pair.pages[1].refused.len(), 1);
    assert!(pair.pages[1].session.board().view().is_archived());
    // From now on this page refuses it at once.
    let update = UpdateTask::of(pair.task).with(FieldEdit::Title("typed later".to_owned()));
    let mutation = pair.random.mutation(Op::UpdateTask(update));
    let refusal = pair.pages[1].session.submit(mutation, None, Timestamp::from_millis(0)).unwrap_err();
    assert_eq!(refusal, Refusal::Archived);
}

#[test]
fn typing_on_top_of_a_refused_text_never_overwrites_somebody_else() {
    let mut pair = Pair::new();
    let (left, right) = (pair.base(0), pair.base(1));
    pair.retitle(0, "left", left);
    pair.retitle(1, "right", right);
    let later = pair.base(1);
    pair.settle();
    // The page refuses this at once, because it knows already what the server would answer.
    let update = UpdateTask::of(pair.task).with(FieldEdit::Title("right again".to_owned()));
    let mutation = pair.random.mutation(Op::UpdateTask(update));
    let refusal = pair.pages[1].session.submit(mutation, Some(later), Timestamp::from_millis(0)).unwrap_err();
    assert!(matches!(refusal, Refusal::Conflict { .. }));
    assert_eq!(pair.title(1), "left");
}

#[test]
fn a_subscription_that_starves_is_renewed() {
    let mut pair = Pair::new();
    pair.server.pages[1].subscribed = false;
    let base = pair.base(0);
    pair.retitle(0, "two", base);
    pair.settle();
    assert_eq!(pair.title(1), "one");
    for _ in 0..2 {
        pair.server.pages[1].to_server.push_back(ClientMessage::Ping {});
        pair.settle();
    }
    assert_eq!(pair.title(1), "two");
}

#[test]
fn a_long_queue_leaves_in_messages_the_server_takes() {
    let mut pair = Pair::new();
    pair.pages[0].session.disconnected();
    for round in 0..150 {
        let update = UpdateTask::of(pair.task).with(FieldEdit::Description("\"".repeat(3_000) + &round.to_string()));
        let mutation = pair.random.mutation(Op::UpdateTask(update));
        assert_eq!(pair.pages[0].session.submit(mutation, None, Timestamp::from_millis(0)).unwrap().send, []);
    }
    let hello = pair.pages[0].session.connected();
    assert!(hello.iter().all(|message| serde_json::to_string(message).unwrap().len() <= MAX_CLIENT_MESSAGE_BYTES));
    pair.server.pages[0] = Wire::default();
    pair.server.pages[0].to_server.extend(hello);
    pair.settle();
    assert_eq!(pair.pages[0].saved.len(), 150);
}

/// The page's subscriptions among these messages: the number of each, or `None` if it requests the whole state.
fn subscribes(messages: &[ClientMessage]) -> Vec<Option<u64>> {
    let since = |message: &ClientMessage| match message {
        ClientMessage::Subscribe { since, snapshot, .. } => Some(since.filter(|_| !snapshot)),
        _ => None,
    };
    messages.iter().filter_map(since).collect()
}

#[test]
fn a_subscription_that_failed_is_made_again_in_growing_pauses() {
    let mut pair = Pair::new();
    let session = &mut pair.pages[0].session;
    let seq = session.board().confirmed().seq();
    let board = session.board().confirmed().id();
    let failed = || ServerMessage::Error {
        code: app::protocol::ErrorCode::Unavailable,
        message: String::new(),
        board: Some(board),
    };
    session.receive(failed());
    assert!(!session.is_live() && session.is_failing());
    let mut tries = Vec::new();
    for second in 0..60 {
        let messages = session.tick(second * 1_000, 1.0);
        if !messages.is_empty() {
            assert_eq!(subscribes(&messages), [Some(seq)]);
            assert!(session.is_failing(), "it is not said to be well before it is");
            tries.push(second);
            session.receive(failed());
        }
    }
    assert_eq!(tries, [1, 4, 9, 18, 35]);
    session.receive(ServerMessage::Changes { board, after: seq, changes: Vec::new() });
    assert!(session.is_live() && !session.is_failing());
}

#[test]
fn a_subscription_that_is_not_answered_is_made_again_and_then_from_the_start() {
    let mut pair = Pair::new();
    let session = &mut pair.pages[0].session;
    let seq = session.board().confirmed().seq();
    session.disconnected();
    session.connected();
    let all: Vec<_> = (0..200).flat_map(|second| subscribes(&session.tick(second * 1_000, 0.5))).collect();
    assert_eq!(all, [Some(seq), Some(seq), None, None]);
}

#[test]
fn a_change_that_cannot_be_read_is_made_up_for_by_the_whole_state() {
    let mut pair = Pair::new();
    let base = pair.base(1);
    pair.retitle(1, "two", base);
    pair.server.pages[0] = Wire { subscribed: true, ..Wire::default() };
    let outcome = pair.pages[0].session.unreadable(false);
    assert_eq!(subscribes(&outcome.send), [None]);
    pair.pages[0].take(outcome, &mut pair.server.pages[0]);
    pair.settle();
    assert_eq!(pair.title(0), "two");
    assert!(pair.pages[0].session.is_live());
    // The page requests the whole state at once, but not again and again.
    assert_eq!(subscribes(&pair.pages[0].session.unreadable(false).send), [None]);
    assert_eq!(pair.pages[0].session.unreadable(false).send, []);
    assert!(pair.pages[0].session.is_failing());
}

#[test]
fn a_deleted_board_that_is_restored_is_live_again_on_pages_that_have_it_open() {
    let mut pair = Pair::new();
    for (op, exists) in [
        (Op::DeleteBoard(app::ops::DeleteBoard::default()), false),
        (Op::RestoreBoard(app::ops::RestoreBoard {}), true),
    ] {
        let mutation = pair.random.mutation(op);
        pair.server.write(&mutation).unwrap();
        for page in 0..2 {
            let board = pair.server.state.id();
            let changes = vec![pair.server.log.last().unwrap().clone()];
            let after = changes[0].seq - 1;
            pair.server.pages[page].to_page.push_back(ServerMessage::Changes { board, after, changes });
        }
        pair.settle();
        for page in &pair.pages {
            assert_eq!(page.session.unavailable().is_none(), exists);
            assert_eq!(page.session.is_live(), exists);
        }
    }
    let base = pair.base(0);
    pair.retitle(0, "two", base);
    pair.settle();
    assert_eq!(pair.title(1), "two");
}
