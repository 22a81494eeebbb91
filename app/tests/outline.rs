//! Tests a page that has the outline of a board and loads the rest in parts, as of any numbers: the result is the
//! board.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

mod random;

use app::{
    access::Principal,
    board::OptimisticBoard,
    id::{BoardId, TaskId},
    ops::{Change, ChangeKind, decide},
    state::{BoardState, Part},
    time::Timestamp,
};
use proptest::prelude::*;
use random::{Edits, Random};

/// The states of a random board after each change, and the changes.
fn log(random: &mut Random) -> (Vec<BoardState>, Vec<Change>) {
    let mut state = BoardState::empty(BoardId(random.uuid()));
    let (mut states, mut changes) = (vec![state.clone()], Vec::new());
    while changes.len() < 80 {
        let op = if state.exists() { random.op(&state) } else { random.create_board() };
        let Ok(mut kind) = decide(&state, &op) else { continue };
        kind.number(&state);
        // As if the trash had little room.
        if let ChangeKind::TaskDeleted(deleted) = &mut kind
            && random.one_in(3)
        {
            deleted.purged = trash(&state).into_iter().take(2).collect();
        }
        let seq = state.seq() + 1;
        let mutation = random.mutation(op).id;
        let change = Change { seq, at: Timestamp::from_millis(seq as i64), by: None, mutation, kind };
        state.apply(&change).unwrap();
        states.push(state.clone());
        changes.push(change);
    }
    (states, changes)
}

fn trash(state: &BoardState) -> Vec<TaskId> {
    state.tasks().filter(|task| task.is_deleted()).map(|task| task.id).collect()
}

fn some_part(random: &mut Random, state: &BoardState) -> Part {
    let tasks: Vec<TaskId> = state.tasks().map(|task| task.id).collect();
    match (random.below(4), random.pick(&tasks)) {
        (0, _) => Part::Trash,
        (1, _) => Part::Descriptions,
        (_, Some(task)) => Part::Task(task),
        (_, None) => Part::Trash,
    }
}

/// Asserts that the outline and all loaded parts equal those of the board.
fn check(page: &OptimisticBoard, board: &BoardState) {
    let shown = page.view();
    assert_eq!(shown, page.confirmed(), "nothing is pending");
    for task in board.tasks().filter(|task| !task.is_deleted()) {
        let known = shown.task(task.id).unwrap_or_else(|| panic!("{task:?} is missing"));
        assert_eq!(known.outline(), task.outline());
        let is_loaded = [Part::Descriptions, Part::Task(task.id)].iter().any(|part| page.loaded().contains(part));
        if is_loaded || !task.is_described() {
            assert_eq!(known.description(), task.description(), "{:?}", page.loaded());
        }
        if page.loaded().contains(&Part::Task(task.id)) || !task.has_checklists() {
            assert_eq!(known.checklists(), task.checklists(), "{:?}", page.loaded());
        }
        assert!(known.checklists().is_none_or(|lists| Some(lists) == task.checklists()), "never other checklists");
        assert!(known.description().is_none_or(|text| Some(text) == task.description()), "never another text");
    }
    if page.loaded().contains(&Part::Trash) {
        assert_eq!(trash(shown), trash(board));
    }
}

fn follow(mut random: Random) {
    let (states, changes) = log(&mut random);
    let mut at = 1 + random.below(states.len() - 1);
    let mut page = OptimisticBoard::new(states[at].outline().into(), Principal::anybody());
    // The highest number of any loaded part.
    let mut newest_part = 0;
    while at < changes.len() {
        match random.below(8) {
            0 => {
                let of = random.below(states.len());
                let part = some_part(&mut random, &states[of]);
                if page.load(&states[of].part(part)).is_some() {
                    newest_part = newest_part.max(of);
                }
            }
            2 if random.edits_checklists() => {
                // The panel of a task is closed.
                if let Some(task) = random.pick(&states[at].tasks().map(|task| task.id).collect::<Vec<_>>()) {
                    page.unload(task);
                }
            }
            1 if random.one_in(4) => {
                at += random.below(changes.len() - at + 1);
                page.reset(states[at].outline());
                // Checklists that are ahead of the snapshot are kept.
                newest_part = if newest_part > at { newest_part } else { 0 };
            }
            _ => {
                page.receive(&changes[at]).unwrap();
                at += 1;
            }
        }
        // While a loaded part is ahead of the page, changes up to the part's number are still missing.
        if at >= newest_part {
            check(&page, &states[at]);
        }
    }
    let end = states.last().unwrap();
    for part in [Part::Descriptions, Part::Trash] {
        page.load(&end.part(part)).expect("it is of the newest number");
    }
    for task in end.tasks() {
        page.load(&end.part(Part::Task(task.id))).unwrap();
    }
    assert_eq!(page.confirmed(), end);
    assert_eq!(page.view(), end);
}

proptest! {
    #[test]
    fn a_page_that_loads_parts_ends_with_the_board(seed: u64) {
        follow(Random::seeded(seed));
        follow(Random::of(seed, Edits::All));
    }
}

/// A page was away while a task in its trash was restored, edited and deleted again.
#[test]
fn a_task_in_the_trash_is_replaced_when_a_newer_one_is_loaded() {
    follow(Random::seeded(11842024196058171286));
}

#[test]
fn an_outline_is_small_and_says_what_it_leaves_out() {
    let mut random = Random::of(7, Edits::All);
    let (states, _) = log(&mut random);
    let state = states.last().unwrap();
    let json = serde_json::to_value(state.outline()).unwrap();
    assert_eq!(json["outline"], true);
    for task in json["state"]["tasks"].as_array().unwrap() {
        assert!(task.get("description").is_none() && task.get("deleted_at").is_none(), "{task}");
        assert!(task.get("checklists").is_none(), "{task}");
    }
    let described = |state: &BoardState| state.tasks().filter(|task| task.is_described() && !task.is_deleted()).count();
    assert!(described(state) > 0);
    let read: BoardState = serde_json::from_value::<app::state::Snapshot>(json).unwrap().into();
    assert_eq!(described(&read), described(state));
    // A whole snapshot contains everything, and has no field `outline`.
    let json = serde_json::to_value(state.snapshot()).unwrap();
    assert!(json.get("outline").is_none());
    assert_eq!(&BoardState::from(serde_json::from_value::<app::state::Snapshot>(json).unwrap()), state);
}
