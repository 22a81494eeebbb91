//! Tests that a board's state is the result of its log, however the log arrives.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

mod random;

use std::sync::Arc;

use app::{
    fields::{FieldEdit, MAX_ASSIGNEES},
    id::{ActorId, BoardId, MutationId, TaskId},
    model::{ColumnKind, Place, TextField},
    ops::{
        Applied, Change, ChangeKind, CreateTask, DeleteTask, Gap, Op, RestoreTask, TaskDeleted, TaskUpdated,
        UpdateTask, decide,
    },
    refusal::{Refusal, Thing},
    state::{BoardState, MAX_BOARD_BYTES, MAX_TRASH_BYTES, MAX_TRASH_TASKS, Snapshot},
    text::MAX_DESCRIPTION_BYTES,
    time::Timestamp,
};
use proptest::prelude::*;
use random::{Edits, Random};
use uuid::Uuid;

/// A board that decides operations and logs the changes, as the server does.
struct Log {
    state: BoardState,
    changes: Vec<Change>,
}

impl Log {
    fn new(random: &mut Random) -> Self {
        let mut log = Self { state: BoardState::empty(BoardId(random.uuid())), changes: Vec::new() };
        let create = random.create_board();
        log.write(random, &create).unwrap();
        log
    }

    /// For half of the seeds also of checklists.
    fn of_random_edits(seed: u64, edits: usize) -> Self {
        let kinds = if seed.is_multiple_of(2) { Edits::WithoutChecklists } else { Edits::All };
        let mut random = Random::of(seed, kinds);
        let mut log = Self::new(&mut random);
        for _ in 0..edits {
            let op = random.op_or_comment(&log.state);
            // A refused operation must change nothing; the test checks that too.
            let _ = log.write(&mut random, &op);
        }
        log
    }

    fn write(&mut self, random: &mut Random, op: &Op) -> Result<(), Refusal> {
        let mut kind = decide(&self.state, op)?;
        kind.number(&self.state);
        let seq = self.state.seq() + 1;
        let at = Timestamp::from_millis(1_000 * seq as i64);
        let change = Change { seq, at, by: None, mutation: MutationId(random.uuid()), kind };
        assert!(matches!(self.state.apply(&change), Ok(Applied::New(_))));
        self.changes.push(change);
        Ok(())
    }

    fn replay(&self) -> BoardState {
        let mut state = BoardState::empty(self.state.id());
        for change in &self.changes {
            state.apply(change).unwrap();
        }
        state
    }

    fn titles(&self, kind: ColumnKind) -> Vec<String> {
        let column = self.state.columns().find(|column| column.kind == kind).unwrap();
        self.state.column_tasks(column.id).map(|task| task.title.clone()).collect()
    }
}

/// Creates a board with tasks of these titles in its first column. Returns the ids of the tasks.
fn board_with(titles: &[&str]) -> (Log, Random, Vec<TaskId>) {
    let mut random = Random::seeded(1);
    let mut log = Log::new(&mut random);
    let tasks: Vec<TaskId> = titles.iter().map(|_| TaskId(random.uuid())).collect();
    for (task, title) in tasks.iter().zip(titles) {
        log.write(&mut random, &create(*task, title)).unwrap();
    }
    (log, random, tasks)
}

fn create(task: TaskId, title: &str) -> Op {
    Op::CreateTask(CreateTask::of(task, title))
}

fn retitle(task: TaskId, title: &str, base: Option<u64>) -> Op {
    Op::UpdateTask(UpdateTask { base, ..UpdateTask::of(task) }.with(FieldEdit::Title(title.to_owned())))
}

fn complete(task: TaskId, completed: bool) -> Op {
    Op::UpdateTask(UpdateTask { completed: Some(completed), ..UpdateTask::of(task) })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn a_replayed_log_is_the_state(seed: u64) {
        let log = Log::of_random_edits(seed, 120);
        prop_assert_eq!(&log.replay(), &log.state);
    }

    #[test]
    fn a_snapshot_survives_the_journey(seed: u64) {
        let log = Log::of_random_edits(seed, 80);
        let json = serde_json::to_string(&log.state.snapshot()).unwrap();
        let snapshot: Snapshot = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(&BoardState::from(snapshot), &log.state);
    }

    #[test]
    fn a_change_survives_the_journey(seed: u64) {
        for change in Log::of_random_edits(seed, 80).changes {
            let json = serde_json::to_string(&change).unwrap();
            prop_assert_eq!(serde_json::from_str::<Change>(&json).unwrap(), change);
        }
    }

    /// Changes arrive duplicated, out of order and with gaps; snapshots arrive late. The state is never wrong, and a
    /// missing change is noticed.
    #[test]
    fn any_mixture_of_deliveries_ends_in_the_same_state(seed: u64) {
        let log = Log::of_random_edits(seed, 60);
        let mut random = Random::seeded(!seed);
        let mut state = BoardState::empty(log.state.id());
        let snapshots: Vec<BoardState> = {
            let mut at = BoardState::empty(log.state.id());
            log.changes.iter().map(|change| { at.apply(change).unwrap(); at.clone() }).collect()
        };
        while state.seq() < log.state.seq() {
            let index = random.below(log.changes.len());
            if random.one_in(40) {
                let snapshot = &snapshots[index];
                if snapshot.seq() > state.seq() {
                    state = snapshot.snapshot().into();
                }
                continue;
            }
            let (before, change) = (state.clone(), &log.changes[index]);
            match state.apply(change) {
                Ok(Applied::New(_)) => prop_assert_eq!(change.seq, before.seq() + 1),
                Ok(Applied::Known) => {
                    prop_assert!(change.seq <= before.seq());
                    prop_assert_eq!(&state, &before);
                }
                Err(Gap { have, got }) => {
                    prop_assert_eq!((have, got), (before.seq(), change.seq));
                    prop_assert_eq!(&state, &before);
                }
            }
            prop_assert_eq!(&state.clone(), &if state.seq() == 0 { BoardState::empty(log.state.id()) } else { snapshots[state.seq() as usize - 1].clone() });
        }
        prop_assert_eq!(&state, &log.state);
    }

    #[test]
    fn a_column_never_holds_a_task_twice_or_not_at_all(seed: u64) {
        let log = Log::of_random_edits(seed, 150);
        let mut listed: Vec<TaskId> = log.state.columns().flat_map(|column| log.state.column_task_ids(column.id)).collect();
        let mut live: Vec<TaskId> = log.state.tasks().filter(|task| !task.is_deleted()).map(|task| task.id).collect();
        listed.sort();
        live.sort();
        prop_assert_eq!(listed, live);
    }
}

#[test]
fn edits_of_different_fields_both_survive() {
    let (mut log, mut random, tasks) = board_with(&["one"]);
    let base = log.state.seq();
    log.write(&mut random, &retitle(tasks[0], "two", Some(base))).unwrap();
    let describe =
        UpdateTask { base: Some(base), ..UpdateTask::of(tasks[0]) }.with(FieldEdit::Description("why".to_owned()));
    log.write(&mut random, &Op::UpdateTask(describe)).unwrap();
    let task = log.state.task(tasks[0]).unwrap();
    assert_eq!((task.title.as_str(), task.description()), ("two", Some("why")));
}

#[test]
fn a_text_that_somebody_else_changed_is_a_conflict_that_shows_theirs() {
    let (mut log, mut random, tasks) = board_with(&["one"]);
    let base = log.state.seq();
    log.write(&mut random, &retitle(tasks[0], "theirs", Some(base))).unwrap();
    let refusal = log.write(&mut random, &retitle(tasks[0], "mine", Some(base))).unwrap_err();
    let seq = log.state.seq();
    assert_eq!(refusal, Refusal::Conflict { field: TextField::Title, theirs: "theirs".to_owned(), seq });
    log.write(&mut random, &retitle(tasks[0], "both", Some(seq))).unwrap();
}

#[test]
fn two_who_write_the_same_text_agree() {
    let (mut log, mut random, tasks) = board_with(&["one"]);
    let base = log.state.seq();
    log.write(&mut random, &retitle(tasks[0], "same", Some(base))).unwrap();
    log.write(&mut random, &retitle(tasks[0], "same", Some(base))).unwrap();
}

#[test]
fn a_completed_task_goes_back_to_where_it_came_from() {
    let (mut log, mut random, tasks) = board_with(&["one", "two"]);
    let doing = log.state.columns().find(|column| column.kind == ColumnKind::Active).unwrap().id;
    let to_doing = UpdateTask { column: Some(doing), ..UpdateTask::of(tasks[0]) };
    log.write(&mut random, &Op::UpdateTask(to_doing)).unwrap();
    log.write(&mut random, &complete(tasks[0], true)).unwrap();
    assert_eq!(log.titles(ColumnKind::Done), ["one"]);
    log.write(&mut random, &complete(tasks[0], false)).unwrap();
    assert_eq!(log.titles(ColumnKind::Active), ["one"]);
}

#[test]
fn completing_a_completed_task_moves_nothing() {
    let (mut log, mut random, tasks) = board_with(&["one", "two"]);
    for task in &tasks {
        log.write(&mut random, &complete(*task, true)).unwrap();
    }
    log.write(&mut random, &complete(tasks[0], true)).unwrap();
    assert_eq!(log.titles(ColumnKind::Done), ["one", "two"]);
}

#[test]
fn a_deleted_task_can_be_restored_but_not_edited() {
    let (mut log, mut random, tasks) = board_with(&["one"]);
    log.write(&mut random, &Op::DeleteTask(DeleteTask::of(tasks[0]))).unwrap();
    assert!(log.titles(ColumnKind::Open).is_empty());
    let refusal = log.write(&mut random, &retitle(tasks[0], "x", None)).unwrap_err();
    assert_eq!(refusal, Refusal::NotFound { what: Thing::Task });
    log.write(&mut random, &Op::RestoreTask(RestoreTask::of(tasks[0]))).unwrap();
    assert_eq!(log.titles(ColumnKind::Open), ["one"]);
}

#[test]
fn moving_puts_a_task_exactly_where_it_is_told() {
    let (mut log, mut random, tasks) = board_with(&["a", "b", "c", "d"]);
    let mut go = |task: usize, place| {
        log.write(&mut random, &Op::UpdateTask(UpdateTask { place: Some(place), ..UpdateTask::of(tasks[task]) }))
            .unwrap();
        log.titles(ColumnKind::Open).concat()
    };
    assert_eq!(go(3, Place::First), "dabc");
    assert_eq!(go(0, Place::After(tasks[2])), "dbca");
    assert_eq!(go(0, Place::Before(tasks[2])), "dbac");
    assert_eq!(go(0, Place::Before(tasks[0])), "dbac");
    assert_eq!(go(1, Place::Last), "dacb");
    assert_eq!(go(0, Place::After(tasks[3])), "dacb");
}

#[test]
fn any_number_of_moves_between_the_same_two_keeps_ranks_short_and_order_right() {
    let (mut log, mut random, tasks) = board_with(&["first", "x", "y", "last"]);
    let mut spread = 0;
    for round in 0..3_000 {
        let task = tasks[1 + round % 2];
        let update = UpdateTask { place: Some(Place::After(tasks[0])), ..UpdateTask::of(task) };
        log.write(&mut random, &Op::UpdateTask(update)).unwrap();
        let order: Vec<TaskId> = log.state.column_task_ids(log.state.task(task).unwrap().column).collect();
        assert_eq!((order[0], order[1], order[3]), (tasks[0], task, tasks[3]));
        let Some(Change { kind: ChangeKind::TaskUpdated(TaskUpdated { ranks, .. }), .. }) = log.changes.last() else {
            panic!("not an update")
        };
        spread += usize::from(!ranks.is_empty());
    }
    assert!(log.state.tasks().all(|task| !task.rank.is_long()));
    assert!((1..100).contains(&spread), "numbered anew {spread} times in 3,000 moves");
    assert_eq!(log.replay(), log.state);
}

#[test]
fn bad_fields_are_refused_by_name_and_change_nothing() {
    let (mut log, mut random, tasks) = board_with(&["one"]);
    let before = log.state.clone();
    let long = "x".repeat(1_000_000);
    for (op, field) in [
        (retitle(tasks[0], "  \n ", None), "title"),
        (retitle(tasks[0], &long, None), "title"),
        (retitle(tasks[0], "a\0b", None), "title"),
        (retitle(tasks[0], "two\nlines", None), "title"),
        (Op::UpdateTask(UpdateTask::of(tasks[0]).with(FieldEdit::Description(long.clone()))), "description"),
        (Op::UpdateTask(UpdateTask::of(tasks[0]).with(FieldEdit::Description("\0".into()))), "description"),
    ] {
        match log.write(&mut random, &op) {
            Err(Refusal::Invalid { field: named, .. }) => assert_eq!(named, field),
            other => panic!("{field}: {other:?}"),
        }
    }
    assert_eq!(log.state, before);
}

#[test]
fn nothing_follows_the_deletion_of_a_board() {
    let (mut log, mut random, tasks) = board_with(&["one"]);
    log.write(&mut random, &Op::DeleteBoard(app::ops::DeleteBoard::default())).unwrap();
    let refusal = log.write(&mut random, &retitle(tasks[0], "x", None)).unwrap_err();
    assert_eq!(refusal, Refusal::NotFound { what: Thing::Board });
    let create = random.create_board();
    assert_eq!(log.write(&mut random, &create).unwrap_err(), Refusal::Exists { what: Thing::Board });
}

#[test]
fn a_restored_board_is_the_board_that_was_deleted() {
    let (mut log, mut random, tasks) = board_with(&["one"]);
    let before = log.state.clone();
    log.write(&mut random, &Op::DeleteBoard(app::ops::DeleteBoard::default())).unwrap();
    log.write(&mut random, &Op::RestoreBoard(app::ops::RestoreBoard {})).unwrap();
    let mut expected = before.snapshot();
    expected.seq += 2;
    assert_eq!(log.state.snapshot(), expected);
    log.write(&mut random, &retitle(tasks[0], "two", None)).unwrap();
    // It is not deleted any more, so this does nothing.
    let before = log.state.snapshot();
    log.write(&mut random, &Op::RestoreBoard(app::ops::RestoreBoard {})).unwrap();
    assert_eq!(log.state.snapshot().state, before.state);
}

fn somebody(number: u128) -> ActorId {
    ActorId(Uuid::from_u128(number))
}

fn assign(task: TaskId, people: &[u128]) -> Op {
    Op::UpdateTask(UpdateTask::of(task).with(FieldEdit::Assign(people.iter().copied().map(somebody).collect())))
}

fn unassign(task: TaskId, people: &[u128]) -> Op {
    Op::UpdateTask(UpdateTask::of(task).with(FieldEdit::Unassign(people.iter().copied().map(somebody).collect())))
}

#[test]
fn those_who_assign_different_people_all_do() {
    let (mut log, mut random, tasks) = board_with(&["one"]);
    let whose = |log: &Log| log.state.task(tasks[0]).unwrap().assignees.clone();
    log.write(&mut random, &assign(tasks[0], &[3, 1, 3])).unwrap();
    log.write(&mut random, &assign(tasks[0], &[2, 1])).unwrap();
    assert_eq!(whose(&log), [somebody(1), somebody(2), somebody(3)], "each once, in the order of their ids");
    let Change { kind: ChangeKind::TaskUpdated(updated), .. } = log.changes.last().unwrap() else {
        panic!("not an update")
    };
    assert_eq!(updated.fields.assigned(), [somebody(2)], "who had it already is not told again");
    log.write(&mut random, &unassign(tasks[0], &[1, 9])).unwrap();
    assert_eq!(whose(&log), [somebody(2), somebody(3)]);
    let number = log.state.task(tasks[0]).unwrap().assignees_seq;
    log.write(&mut random, &unassign(tasks[0], &[9])).unwrap();
    assert_eq!(log.state.task(tasks[0]).unwrap().assignees_seq, number, "nothing of it was changed");
    assert_eq!(log.replay(), log.state);
}

#[test]
fn a_task_is_a_limited_number_of_peoples() {
    let (mut log, mut random, tasks) = board_with(&["one"]);
    let all: Vec<u128> = (1..=MAX_ASSIGNEES as u128 + 1).collect();
    let refused = |outcome: Result<(), Refusal>, name: &str| match outcome {
        Err(Refusal::Invalid { field, .. }) => assert_eq!(field, name),
        other => panic!("{other:?}"),
    };
    refused(log.write(&mut random, &assign(tasks[0], &all)), "assign");
    log.write(&mut random, &assign(tasks[0], &all[1..])).unwrap();
    refused(log.write(&mut random, &assign(tasks[0], &all[..1])), "assign");
    let swap = UpdateTask::of(tasks[0])
        .with(FieldEdit::Assign(vec![somebody(1)]))
        .with(FieldEdit::Unassign(vec![somebody(2)]));
    log.write(&mut random, &Op::UpdateTask(swap)).unwrap();
    let both = UpdateTask::of(tasks[0])
        .with(FieldEdit::Assign(vec![somebody(1)]))
        .with(FieldEdit::Unassign(vec![somebody(1)]));
    refused(log.write(&mut random, &Op::UpdateTask(both)), "unassign");
    let assignees = all.into_iter().map(somebody).collect();
    let create = CreateTask::of(TaskId(random.uuid()), "two").with(FieldEdit::Assign(assignees));
    refused(log.write(&mut random, &Op::CreateTask(create)), "assignees");
}

#[test]
fn what_changes_nothing_is_nobodys_change() {
    let (mut log, mut random, tasks) = board_with(&["Tea"]);
    log.write(&mut random, &assign(tasks[0], &[1])).unwrap();
    let before = Arc::clone(log.state.task(tasks[0]).unwrap());
    let seq = log.state.seq();
    let same = [
        retitle(tasks[0], "Tea", None),
        retitle(tasks[0], " Tea ", None),
        assign(tasks[0], &[1]),
        unassign(tasks[0], &[2]),
        Op::UpdateTask(
            UpdateTask::of(tasks[0]).with(FieldEdit::Due(before.due)).with(FieldEdit::Priority(before.priority)),
        ),
        Op::UpdateTask(UpdateTask::of(tasks[0])),
    ];
    for op in &same {
        log.write(&mut random, op).unwrap();
        assert_eq!(**log.state.task(tasks[0]).unwrap(), *before, "{op:?}");
    }
    assert_eq!(log.state.seq(), seq + same.len() as u64, "it was asked for, and answered");
    assert_eq!(log.replay().snapshot(), log.state.snapshot());
}

#[test]
fn what_nobody_can_see_is_no_text() {
    let (mut log, mut random, tasks) = board_with(&["Tea"]);
    for nothing in ["", "  ", "\u{200b}", "\u{2060}\u{202e}", "\u{3164}", "\u{fe0f} \u{200d}"] {
        let refusal = log.write(&mut random, &retitle(tasks[0], nothing, None)).unwrap_err();
        assert!(matches!(refusal, Refusal::Invalid { .. }), "{nothing:?}");
    }
    for text in ["\u{1f469}\u{200d}\u{1f680}", "\u{2615}\u{fe0f}", "\u{5e9}\u{200f}", "x\u{200b}y"] {
        log.write(&mut random, &retitle(tasks[0], text, None)).unwrap();
    }
}

/// Creates a task with a description of the maximum length.
fn create_long(task: TaskId) -> Op {
    Op::CreateTask(CreateTask { description: "x".repeat(MAX_DESCRIPTION_BYTES), ..CreateTask::of(task, "Long") })
}

/// Adds short tasks until no more fit.
fn fill_up(log: &mut Log, random: &mut Random) {
    loop {
        let task = TaskId(random.uuid());
        if log.write(random, &create(task, "Short")).is_err() {
            return;
        }
    }
}

#[test]
fn a_board_is_bounded_in_bytes_and_deletions_make_room() {
    let (mut log, mut random, _) = board_with(&[]);
    let mut tasks = Vec::new();
    let refusal = loop {
        let task = TaskId(random.uuid());
        match log.write(&mut random, &create_long(task)) {
            Ok(()) => tasks.push(task),
            Err(refusal) => break refusal,
        }
        assert!(tasks.len() * MAX_DESCRIPTION_BYTES <= MAX_BOARD_BYTES);
    };
    assert_eq!(refusal, Refusal::Full { what: Thing::Text, limit: MAX_BOARD_BYTES as u32 });
    assert_eq!(
        refusal.sentence(),
        "This board is full: its tasks may have at most 8 MB of text in total; shorten or delete some first."
    );
    let snapshot = serde_json::to_string(&log.state.snapshot()).unwrap().len();
    assert!(snapshot < MAX_BOARD_BYTES + 10_000, "{snapshot}");

    // The remaining room is filled with short tasks; after that, no task may grow, and each may shrink.
    fill_up(&mut log, &mut random);
    let describe = |text: String| Op::UpdateTask(UpdateTask::of(tasks[0]).with(FieldEdit::Description(text)));
    let title = "Longer than before, by more than there is room for".repeat(9);
    assert!(matches!(log.write(&mut random, &retitle(tasks[0], &title, None)), Err(Refusal::Full { .. })));
    let people = (0..12).map(|_| ActorId(random.uuid())).collect();
    let assign = Op::UpdateTask(UpdateTask::of(tasks[0]).with(FieldEdit::Assign(people)));
    assert!(matches!(log.write(&mut random, &assign), Err(Refusal::Full { .. })));
    log.write(&mut random, &describe("y".repeat(MAX_DESCRIPTION_BYTES))).unwrap();
    log.write(&mut random, &describe("Short".to_owned())).unwrap();
    log.write(&mut random, &retitle(tasks[0], &title, None)).unwrap();

    log.write(&mut random, &Op::DeleteTask(DeleteTask::of(tasks[1]))).unwrap();
    let another = TaskId(random.uuid());
    log.write(&mut random, &create_long(another)).unwrap();
    fill_up(&mut log, &mut random);
    let back = Op::RestoreTask(RestoreTask::of(tasks[1]));
    assert!(matches!(log.write(&mut random, &back), Err(Refusal::Full { what: Thing::Text, .. })));
    assert_eq!(log.replay(), log.state);
}

#[test]
fn the_oldest_tasks_in_the_trash_are_purged() {
    let (mut log, mut random, _) = board_with(&[]);
    let mut deleted = Vec::new();
    let mut delete_one = |log: &mut Log, random: &mut Random, create: &dyn Fn(TaskId) -> Op| {
        let task = TaskId(random.uuid());
        log.write(random, &create(task)).unwrap();
        log.write(random, &Op::DeleteTask(DeleteTask::of(task))).unwrap();
        deleted.push(task);
        log.state.tasks().count()
    };
    for number in 1..=MAX_TRASH_TASKS + 200 {
        let kept = delete_one(&mut log, &mut random, &|task| create(task, "Short"));
        assert_eq!(kept, number.min(MAX_TRASH_TASKS));
    }
    for _ in 0..2 * MAX_TRASH_BYTES / MAX_DESCRIPTION_BYTES {
        let kept = delete_one(&mut log, &mut random, &create_long);
        assert!(kept <= MAX_TRASH_TASKS);
    }
    let bytes: usize = log.state.tasks().map(|task| task.description().map_or(0, str::len)).sum();
    assert!(bytes <= MAX_TRASH_BYTES && bytes > MAX_TRASH_BYTES * 9 / 10, "{bytes}");
    // The trash has the newest tasks and no others; the log and a snapshot result in the same state.
    let kept = log.state.tasks().count();
    assert!(deleted[deleted.len() - kept..].iter().all(|task| log.state.task(*task).is_some()));
    assert_eq!(log.replay(), log.state);
    assert_eq!(BoardState::from(log.state.snapshot()), log.state);
    let gone = Op::RestoreTask(RestoreTask::of(deleted[0]));
    assert_eq!(log.write(&mut random, &gone), Err(Refusal::not_found(Thing::Task)));
    let delete = ChangeKind::TaskDeleted(TaskDeleted { task: deleted[0], purged: vec![deleted[1]; 3] });
    let told = delete.activity(&log.state);
    assert_eq!(told.of_this_task(&|_| String::new()), "deleted it and let the 3 oldest tasks in the trash go for good");
}
