//! Tests of labels: what deleting and merging them does to tasks, what an undo brings back, and that edits by several people converge.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

mod random;

use app::{
    fields::FieldEdit,
    history::Event,
    id::{BoardId, ColumnId, LabelId, MutationId, TaskId},
    label::{Hue, LabelFilter, LabelMatch, MAX_LABELS, MAX_TASK_LABELS, Tone},
    model::{ColumnKind, Place},
    ops::{
        Change, CreateBoard, CreateLabel, CreateTask, DeleteLabel, MergeLabels, NewColumn, Op, UnmergeLabel,
        UpdateLabel, UpdateTask, decide, guarded, inverse_of,
    },
    refusal::{Refusal, Thing},
    state::BoardState,
    time::Timestamp,
};
use proptest::prelude::*;
use random::Random;
use uuid::Uuid;

/// A board that decides operations, as the server does.
struct Board {
    state: BoardState,
    changes: Vec<Change>,
}

impl Board {
    fn new() -> Self {
        let mut board = Self { state: BoardState::empty(BoardId(Uuid::from_u128(1))), changes: Vec::new() };
        let column = NewColumn { id: ColumnId(Uuid::from_u128(2)), name: "To do".to_owned(), kind: ColumnKind::Open };
        board.write(Op::CreateBoard(CreateBoard { name: "Board".to_owned(), columns: vec![column], everyone: None }));
        board
    }

    fn with(labels: &[&str], tasks: usize) -> Self {
        let mut board = Self::new();
        for (number, name) in labels.iter().enumerate() {
            board.write(Op::CreateLabel(CreateLabel::of(label(number), *name, Hue::Red)));
        }
        for number in 0..tasks {
            board.write(Op::CreateTask(CreateTask::of(task(number), format!("Task {number}"))));
        }
        board
    }

    fn try_write(&mut self, op: &Op) -> Result<(), Refusal> {
        let kind = decide(&self.state, op)?;
        let seq = self.state.seq() + 1;
        let (at, mutation) = (Timestamp::from_millis(seq as i64), MutationId(app::new_id()));
        let change = Change { seq, at, by: None, mutation, kind };
        self.state.apply(&change).unwrap();
        self.changes.push(change);
        Ok(())
    }

    fn write(&mut self, op: Op) {
        self.try_write(&op).unwrap();
    }

    /// The names of a task's labels.
    fn names(&self, number: usize) -> Vec<String> {
        let labels = self.state.task_labels(self.state.task(task(number)).unwrap());
        labels.iter().map(|label| label.name.clone()).collect()
    }
}

fn label(number: usize) -> LabelId {
    LabelId(Uuid::from_u128(100 + number as u128))
}

fn task(number: usize) -> TaskId {
    TaskId(Uuid::from_u128(10_000 + number as u128))
}

fn add(to: usize, labels: &[usize]) -> Op {
    let labels = labels.iter().copied().map(label).collect();
    Op::UpdateTask(UpdateTask::of(task(to)).with(FieldEdit::AddLabels(labels)))
}

fn remove(from: usize, labels: &[usize]) -> Op {
    let labels = labels.iter().copied().map(label).collect();
    Op::UpdateTask(UpdateTask::of(task(from)).with(FieldEdit::RemoveLabels(labels)))
}

fn merge(from: usize, into: usize) -> Op {
    Op::MergeLabels(MergeLabels::of(label(from), label(into)))
}

#[test]
fn those_who_add_different_labels_all_do() {
    let mut board = Board::with(&["Bug", "Docs", "Idea"], 1);
    board.write(add(0, &[2, 0, 2]));
    board.write(add(0, &[1, 0]));
    assert_eq!(board.names(0), ["Bug", "Docs", "Idea"], "in the order of the board's labels");
    board.write(remove(0, &[0]));
    assert_eq!(board.names(0), ["Docs", "Idea"]);
    let seq = board.state.task(task(0)).unwrap().labels_seq;
    board.write(remove(0, &[0]));
    assert_eq!(board.state.task(task(0)).unwrap().labels_seq, seq, "nothing of it was changed");
}

#[test]
fn who_removes_a_label_also_removes_those_that_others_merged_into_it_meanwhile() {
    let mut board = Board::with(&["Bug", "Defect", "Flaw", "Docs"], 1);
    board.write(add(0, &[0, 1, 2, 3]));
    // Somebody merges two labels into the one that somebody else removes at the same time.
    board.write(merge(2, 1));
    board.write(merge(1, 0));
    let undo = inverse_of(&board.state, &remove(0, &[0])).unwrap();
    board.write(remove(0, &[0]));
    assert_eq!(board.names(0), ["Docs"]);
    board.write(undo);
    assert_eq!(board.state.task(task(0)).unwrap().labels.len(), 4, "an undo brings all of them back");
    // Whoever removes the merged label means only that one: it was another one on their screen.
    board.write(remove(0, &[1]));
    assert_eq!(board.state.task(task(0)).unwrap().labels, [label(0), label(3)]);
}

#[test]
fn an_undo_removes_only_the_label_that_was_added() {
    let mut board = Board::with(&["Bug", "Defect"], 1);
    board.write(add(0, &[1]));
    let undo = inverse_of(&board.state, &add(0, &[0])).unwrap();
    board.write(add(0, &[0]));
    let seq = board.state.seq();
    board.write(merge(1, 0));
    board.write(guarded(undo, seq));
    assert_eq!(board.state.task(task(0)).unwrap().labels, [label(1)]);
    assert_eq!(board.names(0), ["Bug"], "it had a label that stands for it before");
}

#[test]
fn a_deleted_label_disappears_from_tasks_and_comes_back_with_an_undo() {
    let mut board = Board::with(&["Bug", "Docs"], 2);
    board.write(add(0, &[0, 1]));
    board.write(add(1, &[0]));
    let before = board.state.label(label(0)).unwrap().clone();
    let delete = Op::DeleteLabel(DeleteLabel::of(label(0)));
    let undo = inverse_of(&board.state, &delete).unwrap();
    board.write(delete);
    assert_eq!((board.names(0), board.names(1)), (vec!["Docs".to_owned()], vec![]));
    assert_eq!(board.try_write(&add(1, &[0])), Err(Refusal::not_found(Thing::Label)));
    board.write(undo);
    assert_eq!((board.names(0).len(), board.names(1)), (2, vec!["Bug".to_owned()]));
    let after = board.state.label(label(0)).unwrap();
    assert_eq!((&after.name, after.hue), (&before.name, before.hue));
    assert_eq!(board.state.labels().next().unwrap().id, label(0), "where it was");
}

#[test]
fn a_merged_label_stands_for_the_other_one_and_an_undo_restores_what_each_task_had() {
    let mut board = Board::with(&["Bug", "Defect", "Docs"], 3);
    board.write(add(0, &[1]));
    board.write(add(1, &[0, 1]));
    let undo = inverse_of(&board.state, &merge(1, 0)).unwrap();
    assert_eq!(undo, Op::UnmergeLabel(UnmergeLabel::of(label(1))));
    board.write(merge(1, 0));
    assert_eq!((board.names(0), board.names(1)), (vec!["Bug".to_owned()], vec!["Bug".to_owned()]));
    // Somebody who has not heard of the merge adds the merged label.
    board.write(add(2, &[1]));
    assert_eq!(board.names(2), ["Bug"]);
    // A chain of merges.
    board.write(merge(0, 2));
    assert_eq!(board.names(0), ["Docs"]);
    let unmerge = |number| Op::UnmergeLabel(UnmergeLabel::of(label(number)));
    board.write(unmerge(0));
    let redo = inverse_of(&board.state, &undo).unwrap();
    assert_eq!(redo, merge(1, 0));
    board.write(undo);
    assert_eq!(board.names(0), ["Defect"]);
    assert_eq!(board.names(1), ["Bug", "Defect"]);
    assert_eq!(board.names(2), ["Defect"]);
    board.write(redo);
    let ids = board.state.ids_of_label(board.state.task(task(1)).unwrap(), label(0));
    assert_eq!(ids, [label(0), label(1)], "all that stand for it");
    board.write(remove(1, &[0, 1]));
    assert_eq!(board.names(1), [""; 0]);
}

#[test]
fn a_merge_is_of_two_labels_that_are_there() {
    let mut board = Board::with(&["Bug", "Defect", "Docs"], 0);
    let invalid = board.try_write(&merge(0, 0)).unwrap_err();
    assert!(matches!(&invalid, Refusal::Invalid { field, .. } if field == "into"), "{invalid:?}");
    board.write(merge(0, 1));
    let gone = Err(Refusal::not_found(Thing::Label));
    assert_eq!(board.try_write(&merge(0, 2)), gone, "it is merged already");
    assert!(matches!(board.try_write(&merge(1, 0)), Err(Refusal::Invalid { .. })), "no circle");
    assert_eq!(board.try_write(&Op::DeleteLabel(DeleteLabel::of(label(0)))), gone);
    assert_eq!(board.try_write(&Op::UpdateLabel(UpdateLabel::of(label(0)))), gone);
    assert_eq!(board.try_write(&Op::UnmergeLabel(UnmergeLabel::of(label(1)))), gone);
    // What a merged label stands for may be merged itself.
    board.write(merge(2, 0));
    assert_eq!(board.state.resolve_label(label(2)).unwrap().id, label(1));
    board.write(Op::DeleteLabel(DeleteLabel::of(label(1))));
    assert_eq!(board.try_write(&Op::UnmergeLabel(UnmergeLabel::of(label(0)))), gone, "the deletion is undone first");
}

#[test]
fn the_number_of_labels_is_limited() {
    let names: Vec<String> = (0..MAX_LABELS).map(|number| format!("Label {number}")).collect();
    let mut board = Board::with(&names.iter().map(String::as_str).collect::<Vec<_>>(), 1);
    let one_more = Op::CreateLabel(CreateLabel::of(label(MAX_LABELS), "One more", Hue::Blue));
    assert_eq!(board.try_write(&one_more), Err(Refusal::Full { what: Thing::Label, limit: MAX_LABELS as u32 }));
    let all: Vec<usize> = (0..MAX_TASK_LABELS).collect();
    board.write(add(0, &all));
    let too_many = board.try_write(&add(0, &[MAX_TASK_LABELS])).unwrap_err();
    assert!(matches!(&too_many, Refusal::Invalid { field, .. } if field == "add_labels"), "{too_many:?}");
    // A deleted label gives way.
    board.write(Op::DeleteLabel(DeleteLabel::of(label(0))));
    board.write(add(0, &[MAX_TASK_LABELS]));
    assert_eq!(board.state.task(task(0)).unwrap().labels.len(), MAX_TASK_LABELS);
    // A merged label makes room on the board.
    board.write(merge(1, 2));
    board.write(one_more);
    let full = Err(Refusal::Full { what: Thing::Label, limit: MAX_LABELS as u32 });
    board.write(Op::CreateLabel(CreateLabel::of(label(MAX_LABELS + 1), "Instead of the deleted", Hue::Blue)));
    assert_eq!(board.try_write(&Op::UnmergeLabel(UnmergeLabel::of(label(1)))), full);
}

#[test]
fn a_name_may_be_empty_and_is_one_short_line() {
    let mut board = Board::new();
    let create = |name: &str| CreateLabel { tone: Tone::Light, ..CreateLabel::of(label(0), name, Hue::Red) };
    for bad in ["a\nb", &"x".repeat(61)] {
        let refusal = board.try_write(&Op::CreateLabel(create(bad))).unwrap_err();
        assert!(matches!(&refusal, Refusal::Invalid { field, .. } if field == "name"), "{refusal:?}");
    }
    board.write(Op::CreateLabel(create("  ")));
    let nameless = board.state.label(label(0)).unwrap();
    assert_eq!((nameless.name.as_str(), nameless.title().as_str()), ("", "Light red"));
}

#[test]
fn labels_are_ordered_and_moved() {
    let mut board = Board::with(&["a", "b", "c"], 0);
    let order = |board: &Board| board.state.labels().map(|label| label.name.clone()).collect::<String>();
    let place = Some(Place::Before(label(0)));
    let op = Op::UpdateLabel(UpdateLabel { place, ..UpdateLabel::of(label(2)) });
    let undo = inverse_of(&board.state, &op).unwrap();
    board.write(op);
    assert_eq!(order(&board), "cab");
    board.write(undo);
    assert_eq!(order(&board), "abc");
}

#[test]
fn the_undo_of_a_new_label_loses_nothing_that_others_added() {
    let mut board = Board::with(&[], 1);
    let create = Op::CreateLabel(CreateLabel::of(label(0), "Bug", Hue::Red));
    let undo = inverse_of(&board.state, &create).unwrap();
    board.write(create);
    board.write(add(0, &[0]));
    let redo = inverse_of(&board.state, &undo).unwrap();
    board.write(undo);
    assert_eq!(board.names(0), [""; 0]);
    board.write(redo);
    assert_eq!(board.names(0), ["Bug"]);
}

#[test]
fn tasks_are_filtered_by_several_labels() {
    let mut board = Board::with(&["Bug", "Docs", "Idea"], 4);
    board.write(add(0, &[0]));
    board.write(add(1, &[0, 1]));
    board.write(add(2, &[2]));
    let found = |board: &Board, labels: &[usize], by| {
        let filter = LabelFilter { labels: labels.iter().copied().map(label).collect(), by };
        let shown = |id| board.state.resolve_label(id).map(|label| label.id);
        let wanted = |number: &usize| filter.wants(&board.state.task(task(*number)).unwrap().labels, shown);
        (0..4).filter(wanted).collect::<Vec<_>>()
    };
    assert_eq!(found(&board, &[0, 1], LabelMatch::Any), [0, 1]);
    assert_eq!(found(&board, &[0, 1], LabelMatch::All), [1]);
    assert_eq!(found(&board, &[0, 1], LabelMatch::None), [2, 3]);
    assert_eq!(found(&board, &[], LabelMatch::Any), [0, 1, 2, 3]);
    assert_eq!(found(&board, &[], LabelMatch::None), [3], "without labels");
    board.write(merge(2, 0));
    assert_eq!(found(&board, &[2], LabelMatch::Any), [0, 1, 2], "an old address still finds the tasks");
}

#[test]
fn a_history_names_labels_as_they_were() {
    let mut board = Board::with(&["Bug"], 1);
    let mut lines = Vec::new();
    let ops = [
        add(0, &[0]),
        Op::UpdateLabel(UpdateLabel { name: Some("Defect".to_owned()), ..UpdateLabel::of(label(0)) }),
        Op::CreateLabel(CreateLabel::of(label(1), "", Hue::Teal)),
        add(0, &[1]),
        merge(0, 1),
        Op::UnmergeLabel(UnmergeLabel::of(label(0))),
        remove(0, &[0, 1]),
        Op::DeleteLabel(DeleteLabel::of(label(0))),
    ];
    for op in ops {
        let before = board.state.clone();
        board.write(op);
        let event = Event::of(&before, board.changes.last().unwrap());
        lines.push(event.activity.of_this_task(&|_| String::new()));
    }
    assert_eq!(
        lines,
        [
            "added the label “Bug” to it",
            "renamed the label from “Bug” to “Defect”",
            "created the label “Teal”",
            "added the label “Teal” to it",
            "merged the label “Defect” into the label “Teal”",
            "took the label “Defect” out of the label “Teal” again",
            "removed the labels “Defect” and “Teal” from it",
            "deleted the label “Defect”",
        ]
    );
}

proptest! {
    /// Undoing an operation on labels directly after it restores what every task shows.
    #[test]
    fn an_undo_restores_what_was_shown(seed: u64) {
        let mut random = Random::seeded(seed);
        let mut board = Board::with(&["a", "b", "c", "d"], 6);
        let shown = |state: &BoardState| {
            let tasks = state.tasks().map(|task| state.task_labels(task).iter().map(|label| label.id).collect::<Vec<_>>());
            let labels = state.labels().map(|label| (label.id, label.name.clone(), label.hue, label.description.clone()));
            (labels.collect::<Vec<_>>(), tasks.collect::<Vec<_>>())
        };
        for step in 0..60 {
            if step % 2 == 0 {
                let number = random.below(6);
                let _ = board.try_write(&add(number, &[random.below(4), random.below(4)]));
                continue;
            }
            let op = random.label_op(&board.state);
            let before = shown(&board.state);
            let Some(undo) = inverse_of(&board.state, &op) else { continue };
            board.write(op);
            if random.one_in(2) {
                board.write(undo);
                prop_assert_eq!(shown(&board.state), before);
            }
        }
    }
}
