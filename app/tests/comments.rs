//! Tests of comments: who may do what, what an undo brings back, and that pages which load comments while changes stream past miss none
//! and show none twice.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

mod random;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use app::{
    access::{BoardRole, InstanceRole, Principal},
    board::{Direction, OptimisticBoard, Settled},
    comment::{Comment, CommentPage, MAX_COMMENTS, MAX_REACTIONS, Reaction},
    history::Event,
    id::{ActorId, BoardId, ColumnId, CommentId, MutationId, TaskId},
    model::ColumnKind,
    ops::{
        Change, CreateBoard, CreateComment, CreateTask, DeleteComment, DeleteTask, Mutation, NewColumn, Op,
        RestoreComment, SetArchived, SetMember, SetReaction, UpdateComment, decide, inverse_of, permit,
    },
    refusal::{Refusal, Thing},
    state::BoardState,
    text::MAX_COMMENT_BYTES,
    time::Timestamp,
};
use proptest::prelude::*;
use random::Random;
use uuid::Uuid;

const ANA: ActorId = ActorId(Uuid::from_u128(1));
const BEN: ActorId = ActorId(Uuid::from_u128(2));
const EVA: ActorId = ActorId(Uuid::from_u128(3));
const TASK: TaskId = TaskId(Uuid::from_u128(10));

fn person(id: ActorId) -> Principal {
    Principal::person(id, InstanceRole::Member)
}

fn comment(number: u128) -> CommentId {
    CommentId(Uuid::from_u128(100 + number))
}

fn add(number: u128, text: &str) -> Op {
    Op::CreateComment(CreateComment { comment: comment(number), task: TASK, text: text.to_owned() })
}

fn edit(number: u128, text: &str) -> Op {
    Op::UpdateComment(UpdateComment { text: text.to_owned(), ..UpdateComment::of(comment(number)) })
}

fn delete(number: u128) -> Op {
    Op::DeleteComment(DeleteComment::of(comment(number)))
}

fn restore(number: u128) -> Op {
    Op::RestoreComment(RestoreComment::of(comment(number)))
}

fn react(number: u128, reaction: Reaction, person: ActorId, on: bool) -> Op {
    Op::SetReaction(SetReaction { comment: comment(number), reaction, person, on })
}

/// A board with a task, which decides operations as the server does. Eva manages it, and everyone may edit it.
struct Board {
    /// Holds all comments of the task.
    state: BoardState,
    changes: Vec<Change>,
    /// The comments, also deleted ones, after each change.
    lists: Vec<BTreeMap<CommentId, Arc<Comment>>>,
}

impl Board {
    fn new() -> Self {
        let state = BoardState::empty(BoardId(Uuid::from_u128(1)));
        let mut board = Self { state, changes: Vec::new(), lists: vec![BTreeMap::new()] };
        let column = NewColumn { id: ColumnId(Uuid::from_u128(2)), name: "To do".to_owned(), kind: ColumnKind::Open };
        let create = CreateBoard { name: "Board".to_owned(), columns: vec![column], everyone: Some(BoardRole::Editor) };
        board.write(EVA, Op::CreateBoard(create));
        board.write(EVA, Op::CreateTask(CreateTask::of(TASK, "Tea")));
        board.state.hold_comments(TASK);
        assert!(board.state.has_comments(TASK), "there are none yet");
        board
    }

    fn try_write(&mut self, by: ActorId, op: &Op) -> Result<(), Refusal> {
        self.try_write_as(by, op, MutationId(app::new_id()))
    }

    fn try_write_as(&mut self, by: ActorId, op: &Op, mutation: MutationId) -> Result<(), Refusal> {
        permit(&person(by), &self.state, op)?;
        let kind = decide(&self.state, op)?;
        let seq = self.state.seq() + 1;
        let change = Change { seq, at: Timestamp::from_millis(seq as i64), by: Some(by), mutation, kind };
        self.state.apply(&change).unwrap();
        let mut list = self.lists.last().unwrap().clone();
        if let Some(id) = op.comment() {
            list.insert(id, Arc::clone(self.state.comment(id).unwrap()));
        }
        self.lists.push(list);
        self.changes.push(change);
        Ok(())
    }

    fn write(&mut self, by: ActorId, op: Op) {
        self.try_write(by, &op).unwrap();
    }

    fn texts(&self) -> Vec<String> {
        self.state.comments(TASK).iter().map(|comment| comment.text.to_string()).collect()
    }

    fn count(&self) -> u32 {
        self.state.task(TASK).unwrap().comments
    }

    /// A page of comments, as the server reads it.
    fn page(&self, before: Option<u64>, most: usize) -> CommentPage {
        let older = self.state.comments(TASK).into_iter();
        let mut comments: Vec<_> =
            older.filter(|comment| before.is_none_or(|before| comment.created_seq < before)).collect();
        let more = comments.len() > most;
        comments.truncate(most);
        CommentPage { task: TASK, seq: self.state.seq(), before, comments, more, linked: None }
    }
}

#[test]
fn comments_are_counted_and_newest_first() {
    let mut board = Board::new();
    board.write(ANA, add(1, "One \r\n"));
    board.write(BEN, add(2, "Two"));
    assert_eq!((board.texts(), board.count()), (vec!["Two".to_owned(), "One".to_owned()], 2));
    assert_eq!(board.try_write(ANA, &add(1, "Again")), Err(Refusal::Exists { what: Thing::Comment }));
    board.write(ANA, delete(1));
    assert_eq!((board.texts(), board.count()), (vec!["Two".to_owned()], 1));
    assert_eq!(board.try_write(ANA, &edit(1, "One!")), Err(Refusal::not_found(Thing::Comment)));
    assert_eq!(board.try_write(BEN, &restore(2)), Err(Refusal::not_found(Thing::Comment)), "it is there");
    board.write(ANA, restore(1));
    assert_eq!((board.texts(), board.count()), (vec!["Two".to_owned(), "One".to_owned()], 2), "where it was");
    let one = Arc::clone(board.state.comment(comment(1)).unwrap());
    assert_eq!((one.author, one.created_seq, one.edited_at), (Some(ANA), 3, None));
    board.write(ANA, edit(1, "One!"));
    let edited = board.state.comment(comment(1)).unwrap();
    assert_eq!((&*edited.text, edited.edited_at, edited.created_seq), ("One!", Some(Timestamp::from_millis(7)), 3));
}

#[test]
fn authors_edit_and_authors_and_managers_delete() {
    let mut board = Board::new();
    board.write(ANA, add(1, "One"));
    for op in [edit(1, "Mine"), delete(1)] {
        assert_eq!(board.try_write(BEN, &op), Err(Refusal::Forbidden));
    }
    assert_eq!(board.try_write(EVA, &edit(1, "Mine")), Err(Refusal::Forbidden), "a manager changes nobody's words");
    board.write(EVA, delete(1));
    assert_eq!(board.try_write(BEN, &restore(1)), Err(Refusal::Forbidden));
    board.write(ANA, restore(1));
    assert_eq!(board.try_write(BEN, &react(1, Reaction::Heart, ANA, true)), Err(Refusal::Forbidden));
    board.write(EVA, Op::SetMember(SetMember { person: ANA, role: Some(BoardRole::Viewer) }));
    let everyone = app::ops::UpdateBoard { everyone: Some(Some(BoardRole::Viewer)), ..Default::default() };
    board.write(EVA, Op::UpdateBoard(everyone));
    for op in [add(2, "Two"), edit(1, "One!"), delete(1), react(1, Reaction::Heart, ANA, true)] {
        assert_eq!(board.try_write(ANA, &op), Err(Refusal::Forbidden), "viewers read");
    }
}

#[test]
fn what_cannot_be_edited_is_not_commented_on() {
    let mut board = Board::new();
    board.write(ANA, add(1, "One"));
    board.write(EVA, Op::SetArchived(SetArchived::to(true)));
    assert_eq!(board.try_write(ANA, &add(2, "Two")), Err(Refusal::Archived));
    board.write(EVA, Op::SetArchived(SetArchived::to(false)));
    board.write(EVA, Op::DeleteTask(DeleteTask::of(TASK)));
    for op in [add(2, "Two"), edit(1, "One!"), delete(1), react(1, Reaction::Eyes, ANA, true)] {
        assert_eq!(board.try_write(ANA, &op), Err(Refusal::not_found(Thing::Task)));
    }
}

#[test]
fn texts_and_numbers_are_limited() {
    let mut board = Board::new();
    for bad in ["", " \n", "\u{200b}", "a\0b", &"x".repeat(MAX_COMMENT_BYTES + 1)] {
        let refusal = board.try_write(ANA, &add(1, bad)).unwrap_err();
        assert!(matches!(&refusal, Refusal::Invalid { field, .. } if field == "text"), "{refusal:?}");
    }
    board.write(ANA, add(1, &"x".repeat(MAX_COMMENT_BYTES)));
    for number in 0..MAX_REACTIONS as u128 {
        board.state.hold_comments(TASK);
        let person = ActorId(Uuid::from_u128(1_000 + number));
        board.write(person, react(1, Reaction::Heart, person, true));
    }
    let full = Err(Refusal::Full { what: Thing::Reaction, limit: MAX_REACTIONS as u32 });
    assert_eq!(board.try_write(BEN, &react(1, Reaction::Heart, BEN, true)), full);
    let mut state = board.state.snapshot();
    let mut task = app::model::Task::clone(&state.state.tasks[0]);
    task.comments = MAX_COMMENTS;
    state.state.tasks = vec![Arc::new(task)];
    let full = Err(Refusal::Full { what: Thing::Comment, limit: MAX_COMMENTS });
    assert_eq!(decide(&state.into(), &add(2, "One more")), full);
}

#[test]
fn a_reaction_changes_neither_the_text_nor_its_number() {
    let mut board = Board::new();
    board.write(ANA, add(1, "One"));
    let before = board.state.comment(comment(1)).unwrap().text_seq;
    board.write(BEN, react(1, Reaction::Heart, BEN, true));
    board.write(ANA, react(1, Reaction::Heart, ANA, true));
    board.write(BEN, react(1, Reaction::Heart, BEN, false));
    let after = board.state.comment(comment(1)).unwrap();
    assert_eq!((after.text_seq, after.people(Reaction::Heart)), (before, &[ANA][..]));
    // So an edit that began before is not refused.
    let edit = UpdateComment { guard: Some(before), text: "One!".to_owned(), ..UpdateComment::of(comment(1)) };
    board.write(ANA, Op::UpdateComment(edit.clone()));
    assert_eq!(board.try_write(ANA, &Op::UpdateComment(edit)), Err(Refusal::Stale { seq: 7 }));
}

#[test]
fn what_is_so_already_is_no_edit() {
    let mut board = Board::new();
    board.write(ANA, add(1, "One"));
    board.write(BEN, react(1, Reaction::Heart, BEN, true));
    let before = Comment::clone(board.state.comment(comment(1)).unwrap());
    for (by, op) in [
        (ANA, edit(1, "One")),
        (BEN, react(1, Reaction::Heart, BEN, true)),
        (ANA, react(1, Reaction::Heart, ANA, false)),
        (ANA, react(1, Reaction::Eyes, ANA, false)),
    ] {
        board.write(by, op);
        assert_eq!(**board.state.comment(comment(1)).unwrap(), before);
    }
}

#[test]
fn a_state_that_holds_no_comments_keeps_none() {
    let mut board = Board::new();
    let mut other = BoardState::empty(board.state.id());
    board.write(ANA, add(1, "One"));
    board.write(ANA, edit(1, "One!"));
    board.write(ANA, delete(1));
    board.write(ANA, restore(1));
    board.changes.iter().for_each(|change| drop(other.apply(change).unwrap()));
    assert_eq!(other.comment(comment(1)), None);
    assert_eq!(other.task(TASK).unwrap().comments, 1);
    assert_eq!(other.snapshot(), board.state.snapshot());
    board.state.release_all_comments();
    assert_eq!(other, board.state);
}

#[test]
fn a_history_says_what_was_done_without_the_comments() {
    let mut board = Board::new();
    let ops = [
        add(1, "One"),
        edit(1, "One!"),
        delete(1),
        restore(1),
        react(1, Reaction::Party, ANA, true),
        react(1, Reaction::Party, ANA, false),
    ];
    let mut lines = Vec::new();
    for op in ops {
        let mut before = board.state.clone();
        before.release_all_comments();
        board.write(ANA, op);
        let event = Event::of(&before, board.changes.last().unwrap());
        lines.push(event.activity.of_this_task(&|_| String::new()));
    }
    assert_eq!(
        lines,
        [
            "commented on it",
            "edited a comment on it",
            "deleted a comment on it",
            "restored a comment on it",
            "reacted with 🎉 to a comment on it",
            "took back 🎉 from a comment on it",
        ]
    );
}

/// A person's page, and what is on its way to it.
struct Page {
    me: ActorId,
    board: OptimisticBoard,
    /// How many changes were received.
    received: usize,
    answers: VecDeque<(MutationId, Result<u64, Refusal>)>,
    /// Pages of comments that the server has read.
    pages: VecDeque<CommentPage>,
    refused: usize,
}

impl Page {
    fn new(me: ActorId, server: &Board) -> Self {
        let mut state = server.state.clone();
        state.release_all_comments();
        let (board, received) = (OptimisticBoard::new(state, person(me)), server.changes.len());
        Self { me, board, received, answers: VecDeque::new(), pages: VecDeque::new(), refused: 0 }
    }

    fn send(&mut self, server: &mut Board) {
        for mutation in self.board.take_sendable() {
            let written = server.try_write_as(self.me, &mutation.op, mutation.id).map(|()| server.state.seq());
            self.answers.push_back((mutation.id, written));
        }
    }

    fn receive_answer(&mut self) {
        if let Some((id, answer)) = self.answers.pop_front() {
            let settled = match answer {
                Ok(seq) => self.board.accepted(id, seq).1,
                Err(refusal) => self.board.rejected(id, refusal).1,
            };
            self.refused += settled.iter().filter(|settled| !matches!(settled, Settled::Saved(_))).count();
        }
    }

    fn receive_change(&mut self, server: &Board) {
        if let Some(change) = server.changes.get(self.received) {
            self.received += 1;
            self.board.receive(change).unwrap();
        }
    }

    /// No comment that the page must know is missing or out of date.
    fn check(&self, server: &Board) {
        let state = self.board.confirmed();
        if !state.has_comments(TASK) {
            return;
        }
        let (from, known) = (state.older_comments(TASK).unwrap_or(0), state.comments(TASK));
        let shown = |id: CommentId| known.iter().find(|comment| comment.id == id);
        for (id, comment) in &server.lists[state.seq() as usize] {
            let is_unchanged = server.lists.last().unwrap()[id].seq == comment.seq;
            if is_unchanged && comment.created_seq >= from {
                assert_eq!(shown(*id), Some(comment).filter(|comment| !comment.is_deleted()), "at {}", state.seq());
            }
        }
    }
}

/// Pages open and close a task, load its comments, write and lose their connection, in any order.
fn run(seed: u64) {
    let mut random = Random::seeded(seed);
    let mut server = Board::new();
    for number in 0..random.below(20) as u128 {
        server.write(if number % 2 == 0 { ANA } else { BEN }, add(number, "Before"));
    }
    let mut pages: Vec<Page> = [ANA, BEN, EVA, ANA].into_iter().map(|me| Page::new(me, &server)).collect();
    for _ in 0..400 {
        let index = random.below(pages.len());
        let page = &mut pages[index];
        match random.below(16) {
            0..=3 => {
                let known: Vec<CommentId> = server.lists.last().unwrap().keys().copied().collect();
                let op = random.comment_op(TASK, &known, Some(page.me));
                let mutation = Mutation { id: app::new_id(), op };
                let _ = page.board.submit(mutation, None, Timestamp::from_millis(0));
            }
            4 => drop(page.board.undo(Direction::Undo, app::new_id(), Timestamp::from_millis(0))),
            5..=6 => page.send(&mut server),
            7 => page.receive_answer(),
            8..=10 => page.receive_change(&server),
            11 => page.board.hold_comments(TASK),
            12 => {
                let before = page.board.confirmed().older_comments(TASK);
                page.pages.push_back(server.page(before, 3));
            }
            13 => {
                if let Some(loaded) = page.pages.pop_front() {
                    let _ = page.board.load_comments(&loaded);
                }
            }
            14 if random.one_in(6) => page.board.release_comments(TASK),
            // It was away for so long that it gets a snapshot. Answers may be lost, so what was sent is sent again.
            15 if random.one_in(10) && page.answers.is_empty() => {
                page.board.reset(server.state.snapshot());
                page.received = server.changes.len();
            }
            _ => {}
        }
        pages[index].check(&server);
    }
    for page in &mut pages {
        while {
            page.send(&mut server);
            !page.answers.is_empty() || page.received < server.changes.len()
        } {
            page.receive_change(&server);
            page.receive_answer();
        }
    }
    for page in &mut pages {
        (page.received..server.changes.len()).for_each(|_| page.receive_change(&server));
        assert_eq!(page.board.unsaved(), 0);
        page.board.hold_comments(TASK);
        loop {
            let before = page.board.confirmed().older_comments(TASK);
            if page.board.confirmed().has_comments(TASK) && before.is_none() {
                break;
            }
            page.board.load_comments(&server.page(before, 3)).unwrap();
        }
        assert_eq!(page.board.view().comments(TASK), server.state.comments(TASK));
        assert_eq!(page.board.view().snapshot(), server.state.snapshot());
        let count = server.state.comments(TASK).len() as u32;
        assert_eq!(page.board.view().task(TASK).unwrap().comments, count);
        page.board.release_comments(TASK);
    }
}

proptest! {
    #[test]
    fn pages_that_write_and_load_at_once_miss_nothing_and_agree(seed: u64) {
        run(seed);
    }

    /// Undoing an operation directly after it restores what was shown.
    #[test]
    fn an_undo_restores_what_was_shown(seed: u64) {
        let mut random = Random::seeded(seed);
        let mut board = Board::new();
        for number in 0..5 {
            board.write(ANA, add(number, "Before"));
        }
        for _ in 0..40 {
            let known: Vec<CommentId> = board.lists.last().unwrap().keys().copied().collect();
            let op = random.comment_op(TASK, &known, None);
            let before = (board.texts(), board.count());
            let Some(undo) = inverse_of(&board.state, &op) else { continue };
            board.write(ANA, op);
            if random.one_in(2) {
                board.write(ANA, undo);
                prop_assert_eq!((board.texts(), board.count()), before);
            }
        }
    }
}

#[test]
fn an_undo_works_after_the_task_was_closed() {
    let mut server = Board::new();
    server.write(ANA, add(1, "One"));
    let mut page = Page::new(ANA, &server);
    page.board.hold_comments(TASK);
    page.board.load_comments(&server.page(None, 3)).unwrap();
    page.board.submit(Mutation { id: app::new_id(), op: delete(1) }, None, Timestamp::from_millis(0)).unwrap();
    page.send(&mut server);
    page.receive_change(&server);
    page.receive_answer();
    page.board.release_comments(TASK);
    assert_eq!(page.board.next_undo(Direction::Undo), Some("delete a comment on Tea"));
    let undone = page.board.undo(Direction::Undo, app::new_id(), Timestamp::from_millis(0)).unwrap();
    assert!(undone.is_ok(), "{undone:?}");
    // Somebody reacts meanwhile to another comment; that does not concern the undo.
    server.write(BEN, add(2, "Two"));
    page.send(&mut server);
    assert_eq!(server.texts(), ["Two", "One"]);
}

#[test]
fn an_undo_does_not_revert_what_somebody_did_since() {
    let mut server = Board::new();
    server.write(ANA, add(1, "One"));
    let mut page = Page::new(ANA, &server);
    page.board.hold_comments(TASK);
    page.board.load_comments(&server.page(None, 3)).unwrap();
    page.board.submit(Mutation { id: app::new_id(), op: edit(1, "One!") }, None, Timestamp::from_millis(0)).unwrap();
    page.send(&mut server);
    page.receive_change(&server);
    page.receive_answer();
    // A reaction is no change of the text; a deletion is.
    server.write(BEN, react(1, Reaction::Heart, BEN, true));
    server.write(EVA, delete(1));
    page.board.undo(Direction::Undo, app::new_id(), Timestamp::from_millis(0)).unwrap().unwrap();
    page.send(&mut server);
    assert!(matches!(page.answers.back(), Some((_, Err(Refusal::NotFound { .. } | Refusal::Stale { .. })))));
    assert_eq!(server.texts(), Vec::<String>::new());
}
