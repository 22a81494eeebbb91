//! Tests that a list that takes in changes one after the other equals a newly computed list.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

mod random;

use app::{
    board::{Listing, Sort, Wanted},
    fields::FieldEdit,
    id::{ActorId, BoardId, MutationId, TaskId},
    label::{LabelFilter, LabelMatch},
    model::{ColumnKind, Priority},
    ops::{Applied, Change, CreateTask, Op, decide},
    state::BoardState,
    time::{Day, Timestamp},
};
use proptest::prelude::*;
use random::Random;
use uuid::Uuid;

/// Decides an operation. Returns the change, unless the operation is refused.
fn write(state: &mut BoardState, random: &mut Random, op: &Op) -> Option<Change> {
    let kind = decide(state, op).ok()?;
    let seq = state.seq() + 1;
    let at = Timestamp::from_millis(1_000 * seq as i64);
    Some(Change { seq, at, by: None, mutation: MutationId(random.uuid()), kind })
}

fn board(random: &mut Random) -> BoardState {
    let mut state = BoardState::empty(BoardId(random.uuid()));
    let create = random.create_board();
    let change = write(&mut state, random, &create).unwrap();
    state.apply(&change).unwrap();
    state
}

/// A board with these tasks, each given by title, description, priority and due date, in its first column.
fn board_with(tasks: &[(&str, &str, Priority, Option<&str>)]) -> BoardState {
    let mut random = Random::seeded(1);
    let mut state = board(&mut random);
    for (title, description, priority, due) in tasks {
        let create = CreateTask::of(TaskId(random.uuid()), *title)
            .with(FieldEdit::Description((*description).to_owned()))
            .with(FieldEdit::Priority(*priority))
            .with(FieldEdit::Due(due.and_then(Day::parse)));
        let create = Op::CreateTask(create);
        let change = write(&mut state, &mut random, &create).unwrap();
        state.apply(&change).unwrap();
    }
    state
}

fn titles(state: &BoardState, wanted: Wanted) -> Vec<String> {
    Listing::new(state, wanted).ids().map(|id| state.task(id).unwrap().title.clone()).collect()
}

#[test]
fn a_search_finds_all_words_in_title_or_description_in_any_case() {
    let state = board_with(&[
        ("Buy TEA", "green", Priority::None, None),
        ("Buy milk", "for the tea", Priority::None, None),
        ("Call Ünal", "", Priority::None, None),
    ]);
    let search = |text: &str| titles(&state, Wanted { text: text.to_owned(), ..Wanted::default() });
    assert_eq!(search("tea"), ["Buy TEA", "Buy milk"]);
    assert_eq!(search(" Green  bUY "), ["Buy TEA"]);
    assert_eq!(search("ünal"), ["Call Ünal"]);
    assert_eq!(search("teagreen"), [""; 0]);
    assert_eq!(search(""), ["Buy TEA", "Buy milk", "Call Ünal"]);
}

#[test]
fn each_order_puts_first_what_its_name_says() {
    let state = board_with(&[
        ("b", "", Priority::Low, None),
        ("C", "", Priority::Urgent, Some("2026-12-24")),
        ("a", "", Priority::None, Some("2026-11-23")),
    ]);
    let sorted = |sort| titles(&state, Wanted { sort, ..Wanted::default() });
    assert_eq!(sorted(Sort::Board), ["b", "C", "a"]);
    assert_eq!(sorted(Sort::Due), ["a", "C", "b"]);
    assert_eq!(sorted(Sort::Title), ["a", "b", "C"]);
    assert_eq!(sorted(Sort::Priority), ["C", "b", "a"]);
    assert_eq!(sorted(Sort::Updated), ["a", "C", "b"]);
}

#[test]
fn every_order_is_read_back_from_its_name() {
    for sort in Sort::ALL {
        assert_eq!(Sort::parse(sort.as_str()), Some(sort));
    }
    assert_eq!(Sort::parse("no such order"), None);
}

proptest! {
    #[test]
    fn a_list_kept_up_to_date_is_the_same_as_a_new_one(seed: u64) {
        let mut random = Random::seeded(seed);
        let mut state = board(&mut random);
        let wanted = |random: &mut Random, state: &BoardState| Wanted {
            text: ["", "tea", "X Tea", "日本"][random.below(4)].to_owned(),
            column: if random.one_in(3) { state.columns().next().map(|column| column.id) } else { None },
            completed: [None, Some(true), Some(false)][random.below(3)],
            assignee: if random.one_in(3) { Some(ActorId(Uuid::from_u128(1))) } else { None },
            labels: LabelFilter {
                labels: state.all_labels().map(|label| label.id).take(random.below(3)).collect(),
                by: LabelMatch::ALL[random.below(3)],
            },
            sort: Sort::ALL[random.below(5)],
        };
        let mut listing = Listing::new(&state, wanted(&mut random, &state));
        for _ in 0..200 {
            let op = random.op(&state);
            if let Some(change) = write(&mut state, &mut random, &op)
                && let Ok(Applied::New(touched)) = state.apply(&change)
            {
                listing.update(&state, &touched);
            }
            if random.one_in(20) {
                listing.want(wanted(&mut random, &state));
            }
            let new = Listing::new(&state, listing.wanted().clone());
            prop_assert!(listing.ids().eq(new.ids()));
            prop_assert_eq!(listing.len(), new.ids().count());
            if *listing.wanted() == Wanted::default() {
                let listed = state.columns().flat_map(|column| state.column_task_ids(column.id));
                prop_assert!(listing.ids().eq(listed));
            }
            if listing.wanted().completed == Some(true) {
                let done = |id| state.column(state.task(id).unwrap().column).unwrap().kind == ColumnKind::Done;
                prop_assert!(listing.ids().all(done));
            }
        }
    }
}
