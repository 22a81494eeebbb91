//! Tests the words of the history.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

mod random;

use app::{
    activity::ActivityEntry,
    fields::FieldEdit,
    history::{Event, lines, merged},
    id::{ActorId, BoardId, ColumnId, MutationId, TaskId},
    model::{ColumnKind, Place, Priority},
    ops::{
        Change, CreateColumn, CreateTask, DeleteColumn, DeleteTask, Op, RestoreTask, UpdateBoard, UpdateColumn,
        UpdateTask, decide,
    },
    state::BoardState,
    time::{Day, Timestamp},
};
use proptest::prelude::*;
use random::{Edits, Random};
use uuid::Uuid;

/// A board that is edited, and the events of its history.
struct Story {
    random: Random,
    state: BoardState,
    changes: Vec<Change>,
    events: Vec<Event>,
    now: i64,
    by: Option<ActorId>,
    task: TaskId,
}

const MINUTE: i64 = 60_000;
const BEN: ActorId = ActorId(Uuid::from_u128(1));
const CLEO: ActorId = ActorId(Uuid::from_u128(2));

impl Story {
    /// A board with one task, Tea.
    fn new() -> Self {
        let mut random = Random::seeded(3);
        let state = BoardState::empty(BoardId(random.uuid()));
        let task = TaskId(random.uuid());
        let mut story = Self { random, state, changes: Vec::new(), events: Vec::new(), now: 0, by: None, task };
        let create = story.random.create_board();
        story.write(create);
        story.write(Op::CreateTask(CreateTask::of(task, "Tea")));
        story
    }

    fn column(&self, kind: ColumnKind) -> ColumnId {
        self.state.columns().find(|column| column.kind == kind).unwrap().id
    }

    /// Applies an operation, an hour after the previous one.
    fn write(&mut self, op: Op) {
        self.write_after(60 * MINUTE, op);
    }

    fn write_after(&mut self, pause: i64, op: Op) {
        self.now += pause;
        let kind = decide(&self.state, &op).unwrap();
        let (seq, at) = (self.state.seq() + 1, Timestamp::from_millis(self.now));
        let change = Change { seq, at, by: self.by, mutation: MutationId(self.random.uuid()), kind };
        self.events.insert(0, Event::of(&self.state, &change));
        self.state.apply(&change).unwrap();
        self.changes.push(change);
    }

    fn update(&mut self, update: UpdateTask) {
        self.write(Op::UpdateTask(update));
    }

    /// The words of the newest event: in the history of its task, and in that of the board.
    fn told(&self) -> (String, String) {
        spoken(&self.events[0])
    }

    fn lines(&self) -> Vec<String> {
        lines(&self.events).iter().map(|line| line.event.activity.of_this_task(&called)).collect()
    }
}

/// The names of the people in these tests.
fn called(person: ActorId) -> String {
    if person == BEN { "Ben" } else { "Cleo" }.to_owned()
}

fn spoken(event: &Event) -> (String, String) {
    let (before, after) = event.activity.of_some_task(&called);
    (event.activity.of_this_task(&called), format!("{before}{}{after}", event.activity.title))
}

fn pair(here: &str, board: &str) -> (String, String) {
    (here.to_owned(), board.to_owned())
}

#[test]
fn every_edit_of_a_task_is_a_sentence() {
    let mut story = Story::new();
    let task = story.task;
    let [doing, done] = [ColumnKind::Active, ColumnKind::Done].map(|kind| story.column(kind));
    assert_eq!(story.told(), pair("created this task in To do", "created Tea in To do"));

    story.update(UpdateTask::of(task).with(FieldEdit::Title("Green tea".to_owned())));
    let renamed = "changed the title from “Tea” to “Green tea”";
    assert_eq!(story.told(), pair(renamed, "changed the title of Tea to “Green tea”"));
    story.update(UpdateTask { column: Some(doing), ..UpdateTask::of(task) });
    assert_eq!(story.told(), pair("moved it from To do to Doing", "moved Green tea from To do to Doing"));
    story.update(UpdateTask { completed: Some(true), ..UpdateTask::of(task) });
    assert_eq!(story.told(), pair("completed it", "completed Green tea"));
    story.update(UpdateTask { completed: Some(false), ..UpdateTask::of(task) });
    assert_eq!(story.told(), pair("reopened it in Doing", "reopened Green tea in Doing"));
    story.update(UpdateTask { place: Some(Place::First), ..UpdateTask::of(task) });
    assert_eq!(story.told(), pair("moved it within Doing", "moved Green tea within Doing"));
    story.update(UpdateTask::of(task).with(FieldEdit::Priority(Priority::High)));
    assert_eq!(story.told(), pair("set the priority to High", "set the priority of Green tea to High"));
    story.update(UpdateTask::of(task).with(FieldEdit::Priority(Priority::None)));
    assert_eq!(story.told(), pair("cleared the priority", "cleared the priority of Green tea"));
    story.update(UpdateTask::of(task).with(FieldEdit::Due(Day::parse("2026-12-01"))));
    assert_eq!(story.told(), pair("set it due 1 December 2026", "set Green tea due 1 December 2026"));
    story.update(UpdateTask::of(task).with(FieldEdit::Due(None)));
    assert_eq!(story.told(), pair("cleared the due date", "cleared the due date of Green tea"));
    story.update(UpdateTask::of(task).with(FieldEdit::Start(Day::parse("2026-11-30"))));
    assert_eq!(story.told(), pair("set it to start 30 November 2026", "set Green tea to start 30 November 2026"));
    story.update(UpdateTask::of(task).with(FieldEdit::Start(None)));
    assert_eq!(story.told(), pair("cleared the start date", "cleared the start date of Green tea"));
    story.update(UpdateTask::of(task).with(FieldEdit::Description("Two packets".to_owned())));
    assert_eq!(story.told(), pair("edited the description", "edited the description of Green tea"));
    story.update(UpdateTask::of(task).with(FieldEdit::Assign(vec![BEN, CLEO])));
    assert_eq!(story.told(), pair("assigned it to Ben and Cleo", "assigned Green tea to Ben and Cleo"));
    story.update(UpdateTask::of(task).with(FieldEdit::Assign(vec![CLEO])).with(FieldEdit::Unassign(vec![BEN])));
    assert_eq!(story.told(), pair("unassigned it from Ben", "unassigned Green tea from Ben"));
    story.write(Op::DeleteTask(DeleteTask::of(task)));
    assert_eq!(story.told(), pair("deleted it", "deleted Green tea"));
    story.write(Op::RestoreTask(RestoreTask::of(task)));
    assert_eq!(story.told(), pair("restored it to Doing", "restored Green tea to Doing"));
    story.update(
        UpdateTask { column: Some(done), ..UpdateTask::of(task) }
            .with(FieldEdit::Title("Tea".to_owned()))
            .with(FieldEdit::Priority(Priority::Low)),
    );
    assert_eq!(
        story.told(),
        pair(
            "changed the title from “Green tea” to “Tea”, completed it and set the priority to Low",
            "changed the title of Green tea to “Tea”, completed it and set the priority to Low"
        )
    );
}

#[test]
fn a_task_that_is_made_for_somebody_is_told_so() {
    let mut story = Story::new();
    let task = TaskId(story.random.uuid());
    story.write(Op::CreateTask(CreateTask::of(task, "Milk").with(FieldEdit::Assign(vec![BEN]))));
    let words = "created this task in To do and assigned it to Ben";
    assert_eq!(story.told(), pair(words, "created Milk in To do and assigned it to Ben"));
}

#[test]
fn every_edit_of_a_column_and_of_the_board_is_a_sentence() {
    let mut story = Story::new();
    let column = ColumnId(story.random.uuid());
    let create = CreateColumn { column, name: "Review".to_owned(), kind: ColumnKind::Active, place: Place::Last };
    let of = || UpdateColumn::of(column);
    for (op, words) in [
        (Op::CreateColumn(create), "added column Review"),
        (
            Op::UpdateColumn(UpdateColumn { name: Some("Check".to_owned()), ..of() }),
            "renamed a column from “Review” to “Check”",
        ),
        (
            Op::UpdateColumn(UpdateColumn { kind: Some(ColumnKind::Open), ..of() }),
            "made column Check one for tasks that are not begun",
        ),
        (Op::UpdateColumn(UpdateColumn { place: Some(Place::First), ..of() }), "moved column Check"),
        (Op::DeleteColumn(DeleteColumn::of(column)), "deleted column Check"),
        (
            Op::UpdateBoard(UpdateBoard { name: Some("Plans".to_owned()), ..UpdateBoard::default() }),
            "renamed the board from “Board” to “Plans”",
        ),
    ] {
        story.write(op);
        assert_eq!(story.told().1, words);
    }
}

#[test]
fn columns_go_by_the_names_they_had() {
    let mut story = Story::new();
    let (task, open, doing) = (story.task, story.column(ColumnKind::Open), story.column(ColumnKind::Active));
    story.update(UpdateTask { column: Some(doing), ..UpdateTask::of(task) });
    let moved = story.events[0].clone();
    story.write(Op::UpdateColumn(UpdateColumn { name: Some("Later".to_owned()), ..UpdateColumn::of(doing) }));
    story.write(Op::DeleteColumn(DeleteColumn::of(open)));
    assert_eq!(moved.activity.of_this_task(&called), "moved it from To do to Doing");
}

#[test]
fn what_was_changed_before_such_things_were_kept_is_told_as_far_as_it_is_known() {
    let mut story = Story::new();
    let (task, open, doing) = (story.task, story.column(ColumnKind::Open), story.column(ColumnKind::Active));
    story.update(UpdateTask::of(task).with(FieldEdit::Title("Green tea".to_owned())));
    story.update(UpdateTask { column: Some(doing), ..UpdateTask::of(task) });
    story.write(Op::DeleteColumn(DeleteColumn::of(open)));
    let recalled: Vec<String> = story
        .changes
        .iter()
        .map(|change| Event::recalled(&story.state, change).activity.of_this_task(&called))
        .collect();
    assert_eq!(
        recalled[1..],
        [
            "created this task in another column",
            "changed the title to “Green tea”",
            "moved it to Doing",
            "deleted a column"
        ]
    );
    let (before, after) = Event::recalled(&story.state, &story.changes[2]).activity.of_some_task(&called);
    assert_eq!((before.as_str(), after.as_str()), ("changed the title of ", " to “Green tea”"));
}

#[test]
fn what_changed_nothing_is_not_told() {
    let mut story = Story::new();
    let task = story.task;
    story.update(UpdateTask::of(task).with(FieldEdit::Title("Tea".to_owned())).with(FieldEdit::Due(None)));
    story.update(UpdateTask { completed: Some(false), ..UpdateTask::of(task) });
    assert_eq!(story.lines(), ["created this task in To do", "created the board “Board”"]);
}

#[test]
fn edits_of_one_kind_in_a_row_are_told_as_one() {
    let mut story = Story::new();
    let task = story.task;
    let retitle = |title: &str| Op::UpdateTask(UpdateTask::of(task).with(FieldEdit::Title(title.to_owned())));
    let describe = |text: &str| Op::UpdateTask(UpdateTask::of(task).with(FieldEdit::Description(text.to_owned())));
    for title in ["Green tea", "Black tea", "White tea"] {
        story.write_after(4 * MINUTE, retitle(title));
    }
    let white = "changed the title from “Tea” to “White tea”";
    assert_eq!(story.lines()[0], white);
    story.write_after(6 * MINUTE, retitle("Mint tea"));
    assert_eq!(story.lines()[..2], ["changed the title from “White tea” to “Mint tea”", white]);
    story.write_after(MINUTE, describe("one"));
    story.write_after(MINUTE, describe("two"));
    story.by = Some(ActorId(Uuid::from_u128(7)));
    story.write_after(MINUTE, describe("three"));
    assert_eq!(story.lines()[..2], ["edited the description", "edited the description"], "two people, two lines");
    assert_eq!(story.lines().len(), 6);
    let told = lines(&story.events);
    assert_eq!((told[1].since + 1, told[1].event.seq), (story.state.seq() - 1, story.state.seq() - 1));
}

#[test]
fn a_line_that_grows_is_another_line() {
    let mut story = Story::new();
    let task = story.task;
    let describe = |text: &str| Op::UpdateTask(UpdateTask::of(task).with(FieldEdit::Description(text.to_owned())));
    story.write(describe("one"));
    let before = lines(&story.events)[0].key();
    story.write_after(MINUTE, describe("two"));
    assert_ne!(lines(&story.events)[0].key(), before);
}

proptest! {
    #[test]
    fn what_is_told_survives_being_kept_and_sent(seed: u64) {
        let mut story = Story::new();
        story.random = Random::of(seed, if seed % 2 == 0 { Edits::WithoutChecklists } else { Edits::All });
        for _ in 0..60 {
            let op = story.random.op(&story.state);
            if decide(&story.state, &op).is_ok() {
                story.write(op);
            }
        }
        for event in &story.events {
            let json = serde_json::to_string(event).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Event>(&json).unwrap(), event);
            let told = serde_json::to_string(&event.activity).unwrap();
            prop_assert_eq!(&serde_json::from_str::<ActivityEntry>(&told).unwrap(), &event.activity);
            let (here, board) = spoken(event);
            prop_assert!(!here.contains("  ") && !board.contains("  "), "{here} / {board}");
        }
    }

    /// Merging overlapping pages of a history results in the whole history, wherever it is cut.
    #[test]
    fn pages_of_a_history_come_together(seed: u64, cuts in prop::collection::vec((0..40_usize, 0..40_usize), 1..8)) {
        let mut story = Story::new();
        story.random = Random::seeded(seed);
        while story.events.len() < 40 {
            let op = story.random.op(&story.state);
            if decide(&story.state, &op).is_ok() {
                story.write(op);
            }
        }
        let mut held = Vec::new();
        let mut wanted = std::collections::BTreeSet::new();
        for (from, to) in cuts {
            let page = &story.events[from.min(to)..from.max(to)];
            held = merged(&held, page);
            wanted.extend(page.iter().map(|event| std::cmp::Reverse(event.seq)));
        }
        prop_assert!(held.iter().map(|event| std::cmp::Reverse(event.seq)).eq(wanted));
    }
}
