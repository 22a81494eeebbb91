//! Tests bulk edits: each task is changed once, whatever happens meanwhile, and an undo leaves alone what others changed since.

use std::time::Duration;

use app::{
    fields::FieldEdit,
    id::{ActorId, TaskId},
    model::Priority,
    new_id,
    ops::{Op, UpdateTask},
    time::Timestamp,
};
use futures::future::join_all;
use taskwire::{
    bulk::{Action, Bulk, Target},
    clock::now,
    credentials::Credentials,
    store::{BulkEdit, BulkProgress, BulkStep, StepOutcome},
};
use uuid::Uuid;

use crate::{
    on_both_engines,
    support::node::{NewBoard, Node, create, delete, new_task, rename, restore},
};

/// Boards with so many tasks each.
async fn fill(node: &Node, boards: usize, tasks: usize) -> (Vec<NewBoard>, Vec<Target>) {
    let mut made = Vec::new();
    let mut targets = Vec::new();
    for _ in 0..boards {
        let board = node.create_board().await;
        let ids: Vec<TaskId> = (0..tasks).map(|_| new_task()).collect();
        let writes =
            ids.iter().enumerate().map(|(number, task)| node.write(board.id, create(*task, &format!("Task {number}"))));
        for written in join_all(writes).await {
            written.unwrap();
        }
        targets.extend(ids.into_iter().map(|task| Target { board: board.id, task }));
        made.push(board);
    }
    (made, targets)
}

/// Waits until a bulk edit is finished.
async fn finished(node: &Node, id: Uuid) -> BulkProgress {
    for _ in 0..600 {
        let (edit, progress) = node.store.bulk_edit(id).await.unwrap().expect("the bulk edit");
        if edit.finished_at.is_some() {
            assert_eq!(progress.steps, progress.settled);
            return progress;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the bulk edit does not end: {:?}", node.store.bulk_edit(id).await);
}

async fn perform(node: &Node, action: Action, targets: &[Target]) -> (Bulk, Uuid, BulkProgress) {
    let bulk = Bulk::new(node.store.clone(), node.writer.clone());
    let id = new_id::<Uuid>();
    bulk.start(id, &action, targets, None, Credentials::local()).await.unwrap();
    let progress = finished(node, id).await;
    (bulk, id, progress)
}

async fn undone(node: &Node, bulk: &Bulk, id: Uuid) -> (Uuid, BulkProgress) {
    let undo = bulk.undo(id, None, Credentials::local()).await.unwrap();
    assert_eq!(bulk.undo(id, None, Credentials::local()).await.unwrap(), undo, "two requests are one undo");
    (undo, finished(node, undo).await)
}

/// Why tasks were not changed.
async fn reasons(node: &Node, id: Uuid) -> Vec<(TaskId, String)> {
    let steps = node.store.refused_bulk_steps(id, 100).await.unwrap();
    let reason = |step: BulkStep| match step.outcome {
        Some(StepOutcome::Refused(why)) => (step.task, why),
        other => panic!("refused, but {other:?}"),
    };
    steps.into_iter().map(reason).collect()
}

on_both_engines! {
    async fn many_tasks_are_completed_and_the_undo_brings_them_back(database) {
        let node = Node::on(&database).await;
        let (boards, targets) = fill(&node, 3, 150).await;
        let before: Vec<_> = join_all(boards.iter().map(|board| node.board(board.id))).await;
        let (bulk, id, progress) = perform(&node, Action::Complete, &targets).await;
        assert_eq!((progress.tasks, progress.done, progress.refused), (450, 450, 0));
        for board in &boards {
            let state = node.board(board.id).await;
            assert!(state.tasks().all(|task| state.is_completed(task)));
            assert_eq!(*state, node.replayed(board.id).await);
            assert_eq!(state.seq(), 1 + 150 + 150, "each task was changed once");
        }
        let (undo, progress) = undone(&node, &bulk, id).await;
        assert_eq!((progress.done, progress.refused), (450, 0));
        for (board, before) in boards.iter().zip(before) {
            let state = node.board(board.id).await;
            let order = |state: &app::state::BoardState| state.column_tasks(board.columns[0]).map(|task| task.id).collect::<Vec<_>>();
            assert_eq!(order(&state), order(&before), "they are back where they were");
        }
        // And the undo of the undo.
        let (_, progress) = undone(&node, &bulk, undo).await;
        assert_eq!((progress.done, progress.refused), (450, 0));
        let state = node.board(boards[0].id).await;
        assert!(state.tasks().all(|task| state.is_completed(task)));
    }

    async fn an_undo_leaves_alone_what_others_changed_since_and_says_so(database) {
        let node = Node::on(&database).await;
        let (boards, targets) = fill(&node, 1, 4).await;
        let board = boards[0].id;
        let priority = |priority| FieldEdit::Priority(priority);
        node.accepted(board, Op::UpdateTask(UpdateTask::of(targets[1].task).with(priority(Priority::Low)))).await;
        let (bulk, id, _) = perform(&node, Action::SetPriority { priority: Priority::Urgent }, &targets).await;
        // Others change the same field of one, another field of another, and delete a third.
        node.accepted(board, Op::UpdateTask(UpdateTask::of(targets[0].task).with(priority(Priority::High)))).await;
        node.accepted(board, rename(targets[1].task, "Renamed")).await;
        node.accepted(board, delete(targets[2].task)).await;
        let (undo, progress) = undone(&node, &bulk, id).await;
        assert_eq!((progress.done, progress.refused), (2, 2));
        let state = node.board(board).await;
        let priorities: Vec<_> = targets.iter().map(|target| state.task(target.task).unwrap().priority).collect();
        assert_eq!(priorities, [Priority::High, Priority::Low, Priority::Urgent, Priority::None]);
        assert_eq!(state.task(targets[1].task).unwrap().title, "Renamed");
        let mut why = reasons(&node, undo).await;
        why.sort();
        let mut expected = vec![
            (targets[0].task, "Somebody changed it in the meantime.".to_owned()),
            (targets[2].task, "Refused: this task does not exist, or was deleted.".to_owned()),
        ];
        expected.sort();
        assert_eq!(why, expected);
    }

    async fn a_bulk_edit_tells_what_it_could_not_do(database) {
        let node = Node::on(&database).await;
        let (boards, mut targets) = fill(&node, 1, 3).await;
        let board = boards[0].id;
        node.accepted(board, delete(targets[0].task)).await;
        node.accepted(board, Op::UpdateTask(UpdateTask { column: Some(boards[0].columns[1]), ..UpdateTask::of(targets[1].task) })).await;
        targets.push(Target { board, task: new_task() });
        let (_, id, progress) = perform(&node, Action::Move { board, column: boards[0].columns[1] }, &targets).await;
        assert_eq!((progress.tasks, progress.done, progress.refused), (4, 1, 3));
        let why: Vec<_> = reasons(&node, id).await.into_iter().map(|(_, why)| why).collect();
        assert_eq!(why, ["It is in the trash.", "It was so already.", "It does not exist any more."]);
        // A person who cannot see the board, and a column that does not exist.
        let (_, id, _) = perform(&node, Action::Assign { person: new_id::<ActorId>() }, &targets[2..3]).await;
        assert_eq!(reasons(&node, id).await[0].1, "Refused: assign: an assignee must be able to see the board.");
        let (_, id, _) = perform(&node, Action::Move { board, column: new_id() }, &targets[2..3]).await;
        assert_eq!(reasons(&node, id).await[0].1, "Refused: this column does not exist, or was deleted.");
        let (_, id, progress) = perform(&node, Action::Restore, &targets[..1]).await;
        assert_eq!((progress.done, reasons(&node, id).await.len()), (1, 0));
    }

    async fn tasks_move_to_another_board_and_back(database) {
        let node = Node::on(&database).await;
        let (boards, targets) = fill(&node, 2, 30).await;
        let (from, to) = (boards[0].id, boards[1].id);
        let described = UpdateTask::of(targets[0].task)
            .with(FieldEdit::Description("A long story".to_owned()))
            .with(FieldEdit::Priority(Priority::High));
        node.accepted(from, Op::UpdateTask(described)).await;
        // All of one board, and one that is on the other board already.
        let (bulk, id, progress) = perform(&node, Action::Move { board: to, column: boards[1].columns[1] }, &targets[..31]).await;
        assert_eq!((progress.tasks, progress.done, progress.refused), (31, 31, 0));
        let (source, target) = (node.board(from).await, node.board(to).await);
        assert!(source.tasks().all(|task| task.is_deleted()));
        let moved: Vec<_> = target.column_tasks(boards[1].columns[1]).collect();
        assert_eq!(moved.len(), 31);
        let told = moved.iter().find(|task| task.priority == Priority::High).expect("the copy");
        assert_eq!((told.title.as_str(), told.description()), ("Task 0", Some("A long story")));

        // Somebody edits a copy: the undo leaves it where it is, and the old task in the trash.
        node.accepted(to, rename(told.id, "Edited there")).await;
        let (_, progress) = undone(&node, &bulk, id).await;
        assert_eq!((progress.tasks, progress.done, progress.refused), (31, 30, 1));
        let (source, target) = (node.board(from).await, node.board(to).await);
        assert_eq!(source.tasks().filter(|task| !task.is_deleted()).count(), 29);
        let left: Vec<_> = target.column_tasks(boards[1].columns[1]).map(|task| task.title.clone()).collect();
        assert_eq!(left, ["Edited there"]);
    }

    async fn an_interrupted_bulk_edit_goes_on_and_does_nothing_twice(database) {
        let node = Node::on(&database).await;
        let (boards, targets) = fill(&node, 1, 20).await;
        // What a runner leaves that died after it had handed some mutations over, before it had noted their answers.
        let id = new_id::<Uuid>();
        let action = serde_json::to_string(&Action::SetPriority { priority: Priority::High }).unwrap();
        let steps: Vec<BulkStep> = (0..).zip(&targets).map(|(position, target)| {
            let op = Op::UpdateTask(UpdateTask::of(target.task).with(FieldEdit::Priority(Priority::High)));
            let step = BulkStep::of(0, position, target.board, target.task);
            if position < 10 { BulkStep { op: Some(op), mutation: Some(new_id()), ..step } } else { step }
        }).collect();
        for step in &steps[..5] {
            let mutation = app::ops::Mutation { id: step.mutation.unwrap(), op: step.op.clone().unwrap() };
            node.writer.write(step.board, mutation, Credentials::local()).await.unwrap();
        }
        let edit = BulkEdit { id, person: None, action, undoes: None, created_at: now(), worked_at: now(), finished_at: None };
        assert!(node.store.add_bulk_edit(&edit, &steps).await.unwrap());
        assert!(!node.store.add_bulk_edit(&edit, &steps).await.unwrap(), "a repeated request");

        // While another node has it, nobody else works at it.
        let other = new_id::<Uuid>();
        assert!(node.store.claim_bulk_edit(id, other, now(), Duration::from_secs(15)).await.unwrap());
        let bulk = Bulk::new(node.store.clone(), node.writer.clone());
        assert!(!node.store.claim_bulk_edit(id, new_id(), now(), Duration::from_secs(15)).await.unwrap());
        // Its lease ends.
        let past = Timestamp::from_millis(now().as_millis() - 60_000);
        assert!(node.store.claim_bulk_edit(id, other, past, Duration::from_secs(15)).await.unwrap());
        bulk.resume(id, Credentials::local());
        bulk.resume(id, Credentials::local());
        let progress = finished(&node, id).await;
        assert_eq!((progress.done, progress.refused), (20, 0));
        let state = node.board(boards[0].id).await;
        assert!(state.tasks().all(|task| task.priority == Priority::High));
        assert_eq!(state.seq(), 1 + 20 + 20, "each task was changed once");
        assert_eq!(*state, node.replayed(boards[0].id).await);
    }

    async fn a_bulk_edit_over_tasks_that_change_meanwhile_overwrites_no_other_field(database) {
        let node = Node::on(&database).await;
        let (boards, targets) = fill(&node, 1, 200).await;
        let board = boards[0].id;
        let bulk = Bulk::new(node.store.clone(), node.writer.clone());
        let id = new_id::<Uuid>();
        bulk.start(id, &Action::SetPriority { priority: Priority::High }, &targets, None, Credentials::local()).await.unwrap();
        // Others rename all, delete and restore some, and complete some, at the same time.
        let renames = targets.iter().map(|target| node.write(board, rename(target.task, "Renamed")));
        let completions = targets.iter().take(50).map(|target| {
            node.write(board, Op::UpdateTask(UpdateTask { completed: Some(true), ..UpdateTask::of(target.task) }))
        });
        let deletions = targets.iter().skip(150).map(|target| async {
            node.accepted(board, delete(target.task)).await;
            node.accepted(board, restore(target.task)).await;
        });
        let (renamed, completed, _) = tokio::join!(join_all(renames), join_all(completions), join_all(deletions));
        assert!(renamed.iter().chain(&completed).all(|written| written.is_ok() || matches!(written, Err(taskwire::writer::WriteError::Refused(_)))));
        let progress = finished(&node, id).await;
        assert_eq!(progress.done + progress.refused, 200);
        let state = node.board(board).await;
        assert_eq!(*state, node.replayed(board).await);
        let high = state.tasks().filter(|task| task.priority == Priority::High).count() as u64;
        assert_eq!(high, progress.done, "those that it says were done, and no others");
        assert!(progress.done >= 150, "only those that were in the trash at that moment are left out: {progress:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn old_bulk_edits_are_forgotten() {
    let database = crate::support::database::Database::sqlite();
    let node = Node::on(&database).await;
    let (_, targets) = fill(&node, 1, 2).await;
    let (_, id, _) = perform(&node, Action::Delete, &targets).await;
    node.store.forget_bulk_edits(Timestamp::from_millis(now().as_millis() - 1_000_000)).await.unwrap();
    assert!(node.store.bulk_edit(id).await.unwrap().is_some());
    node.store.forget_bulk_edits(Timestamp::from_millis(now().as_millis() + 1)).await.unwrap();
    assert!(node.store.bulk_edit(id).await.unwrap().is_none());
    assert!(node.store.done_bulk_steps(id).await.unwrap().is_empty());
}
