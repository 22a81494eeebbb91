//! Tests that a list that takes in changes one after the other equals a newly computed list.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

mod random;

use app::{
    board::{Listing, Sort, Wanted},
    fields::FieldEdit,
    id::{ActorId, BoardId, MutationId, TaskId},
    label::{LabelFilter, LabelMatch},
    model::{ColumnKind, Priority},
    ops::{Applied, Change, CreateTask, Op, UpdateBoard, decide},
    state::BoardState,
    time::{Day, Timestamp},
};
use proptest::prelude::*;
use random::Random;
use uuid::Uuid;

/// Decides an operation. Returns the change, unless the operation is refused.
fn write(state: &mut BoardState, random: &mut Random, op: &Op) -> Option<Change> {
    let mut kind = decide(state, op).ok()?;
    kind.number(state);
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
fn a_search_finds_a_task_by_its_name_and_by_its_number() {
    let mut random = Random::seeded(2);
    let mut state = board(&mut random);
    let rekey = Op::UpdateBoard(UpdateBoard { key: Some("WEB".to_owned()), ..UpdateBoard::default() });
    let tasks = ["Tea", "Route 66", "Milk 2"].map(|title| Op::CreateTask(CreateTask::of(TaskId(random.uuid()), title)));
    for op in [rekey].iter().chain(&tasks) {
        let change = write(&mut state, &mut random, op).unwrap();
        state.apply(&change).unwrap();
    }
    let search = |text: &str| titles(&state, Wanted { text: text.to_owned(), ..Wanted::default() });
    assert_eq!(search("WEB-1"), ["Tea"]);
    assert_eq!(search("web-3"), ["Milk 2"]);
    assert_eq!(search("2"), ["Route 66", "Milk 2"], "its number, and a text");
    assert_eq!(search("milk 2"), ["Milk 2"], "further on, it is a text");
    assert_eq!(search("1 tea"), ["Tea"]);
    assert_eq!(search("SITE-1"), [""; 0]);
    assert_eq!(search("WEB-12"), [""; 0]);

    // The key changes while the list is there.
    let mut listing = Listing::new(&state, Wanted { text: "site-1".to_owned(), ..Wanted::default() });
    assert!(listing.is_empty());
    let rekey = Op::UpdateBoard(UpdateBoard { key: Some("SITE".to_owned()), ..UpdateBoard::default() });
    let change = write(&mut state, &mut random, &rekey).unwrap();
    let Ok(Applied::New(touched)) = state.apply(&change) else { panic!("it is the next one") };
    listing.update(&state, &touched);
    assert_eq!(listing.len(), 1);
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
            text: ["", "tea", "X Tea", "日本", "7", "web-7 tea"][random.below(6)].to_owned(),
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
