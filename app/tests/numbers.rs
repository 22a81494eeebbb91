//! Tests that a page shows the number of a task when the server has given it, and not before.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

mod random;

use app::{
    access::Principal,
    board::{Direction, OptimisticBoard},
    id::{BoardId, TaskId},
    ops::{Change, CreateTask, Mutation, Op, UpdateBoard, decide},
    state::BoardState,
    time::Timestamp,
};
use random::Random;

fn now() -> Timestamp {
    Timestamp::from_millis(0)
}

/// The change that the server makes of a mutation.
fn commit(state: &mut BoardState, mutation: &Mutation) -> Change {
    let mut kind = decide(state, &mutation.op).unwrap();
    kind.number(state);
    let change = Change { seq: state.seq() + 1, at: now(), by: None, mutation: mutation.id, kind };
    state.apply(&change).unwrap();
    change
}

fn name(board: &OptimisticBoard, task: TaskId) -> Option<String> {
    let board = board.view();
    board.task_ref(board.task(task).unwrap()).map(|name| name.to_string())
}

#[test]
fn a_task_has_no_number_until_it_is_saved_and_keeps_it_then() {
    let mut random = Random::seeded(1);
    let mut server = BoardState::empty(BoardId(random.uuid()));
    let create = random.create_board();
    commit(&mut server, &random.mutation(create));
    let key = UpdateBoard { key: Some("web".to_owned()), ..UpdateBoard::default() };
    commit(&mut server, &random.mutation(Op::UpdateBoard(key)));

    let mut page = OptimisticBoard::new(server.outline().into(), Principal::anybody());
    let (mine, theirs) = (TaskId(random.uuid()), TaskId(random.uuid()));
    let edit = random.mutation(Op::CreateTask(CreateTask::of(mine, "Mine")));
    page.submit(edit.clone(), None, now()).unwrap();
    assert_eq!(name(&page, mine), None);
    // Somebody else was faster.
    let other = random.mutation(Op::CreateTask(CreateTask::of(theirs, "Theirs")));
    page.receive(&commit(&mut server, &other)).unwrap();
    assert_eq!((name(&page, mine), name(&page, theirs).as_deref()), (None, Some("WEB-1")));
    page.receive(&commit(&mut server, &edit)).unwrap();
    assert_eq!(name(&page, mine).as_deref(), Some("WEB-2"));

    // An undo of the creation and its redo keep the number.
    for direction in [Direction::Undo, Direction::Redo] {
        page.undo(direction, random.mutation(Op::UpdateBoard(UpdateBoard::default())).id, now()).unwrap().unwrap();
        let [mutation] = &page.take_sendable()[..] else { panic!("one mutation") };
        page.receive(&commit(&mut server, mutation)).unwrap();
        assert_eq!(name(&page, mine).as_deref(), Some("WEB-2"));
    }
    assert_eq!((page.view().numbers(), server.numbers()), (2, 2));
}
