//! Tests bulk edits: each task is changed once, whatever happens meanwhile, and an undo leaves alone what others changed since.

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
    time::Duration,
};

use app::{
    access::InstanceRole,
    fields::FieldEdit,
    id::{ActorId, BoardId, ColumnId, LabelId, MutationId, TaskId},
    key::TaskRef,
    label::{Hue, Pattern},
    model::Priority,
    new_id,
    ops::{Change, CreateLabel, MergeLabels, Op, SetArchived, UpdateTask},
    state::BoardState,
    time::Timestamp,
};
use futures::future::join_all;
use taskwire::{
    accounts::{Accounts, NewPerson, sessions, sessions::Sessions},
    bulk::{Action, Bulk, Target},
    clock::now,
    credentials::{Credential, Credentials},
    hub::Hub,
    store::{BulkEdit, BulkProgress, BulkStep, Missing, StepOutcome},
};
use tower_sessions::Session;
use uuid::Uuid;

use crate::{
    on_both_engines,
    support::{
        database::Database,
        node::{NewBoard, Node, create, delete, mutation, new_task, rename, restore},
        postgres_server::PostgresServer,
    },
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

/// A move to a column.
fn to_column(board: BoardId, column: ColumnId) -> Action {
    Action::Move { board, column, left_behind: BTreeSet::new() }
}

/// Waits until a bulk edit is finished.
async fn finished(node: &Node, id: Uuid) -> BulkProgress {
    for _ in 0..3_000 {
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
        let (_, id, progress) = perform(&node, to_column(board, boards[0].columns[1]), &targets).await;
        assert_eq!((progress.tasks, progress.done, progress.refused), (4, 1, 3));
        let why: Vec<_> = reasons(&node, id).await.into_iter().map(|(_, why)| why).collect();
        assert_eq!(why, ["It is in the trash.", "It was so already.", "It does not exist any more."]);
        // A person who cannot see the board, and a column that does not exist.
        let (_, id, _) = perform(&node, Action::Assign { person: new_id::<ActorId>() }, &targets[2..3]).await;
        assert_eq!(reasons(&node, id).await[0].1, "Refused: assign: an assignee must be able to see the board.");
        let (_, id, _) = perform(&node, to_column(board, new_id()), &targets[2..3]).await;
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
        let (bulk, id, progress) = perform(&node, to_column(to, boards[1].columns[1]), &targets[..31]).await;
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

    async fn a_move_to_another_board_takes_the_labels_along_that_it_has_too(database) {
        let node = Node::on(&database).await;
        let (boards, targets) = fill(&node, 2, 3).await;
        let (from, to) = (boards[0].id, boards[1].id);
        let add = async |board: BoardId, name: &str, hue: Hue, pattern: Pattern| {
            let label = LabelId(new_id());
            let create = CreateLabel { pattern, ..CreateLabel::of(label, name, hue) };
            node.accepted(board, Op::CreateLabel(create)).await;
            label
        };
        let bug = add(from, "Bug", Hue::Red, Pattern::None).await;
        let docs = add(from, "Docs", Hue::Blue, Pattern::None).await;
        let red = add(from, "", Hue::Red, Pattern::None).await;
        let striped = add(from, "", Hue::Red, Pattern::Stripes).await;
        let unused = add(from, "Unused", Hue::Red, Pattern::None).await;
        // The other board has a label of this name twice; the one that looks the same is taken.
        let other_bug = add(to, "BUG", Hue::Blue, Pattern::None).await;
        let same_bug = add(to, "Bug", Hue::Red, Pattern::None).await;
        let other_striped = add(to, "", Hue::Red, Pattern::Stripes).await;
        let other_docs = add(to, "docs", Hue::Pink, Pattern::Dots).await;
        let label = async |task: TaskId, labels: &[LabelId]| {
            let update = UpdateTask::of(task).with(FieldEdit::AddLabels(labels.to_vec()));
            node.accepted(from, Op::UpdateTask(update)).await;
        };
        label(targets[0].task, &[bug, docs, striped]).await;
        label(targets[1].task, &[red, bug]).await;
        let (bulk, id, progress) = perform(&node, to_column(to, boards[1].columns[0]), &targets[..3]).await;
        assert_eq!((progress.done, progress.refused), (3, 0));
        let state = node.board(to).await;
        let of = |title: &str| {
            let task = state.column_tasks(boards[1].columns[0]).rfind(|task| task.title == title).expect("the copy");
            state.task_labels(task).iter().map(|label| label.id).collect::<Vec<_>>()
        };
        assert_eq!(of("Task 0"), [same_bug, other_striped, other_docs]);
        assert_eq!(of("Task 1"), [same_bug]);
        assert_eq!(of("Task 2"), []);
        assert!(![bug, docs, red, striped, unused, other_bug].iter().any(|label| of("Task 0").contains(label)));
        let (edit, _) = node.store.bulk_edit(id).await.unwrap().expect("the bulk edit");
        let Ok(Action::Move { left_behind, .. }) = serde_json::from_str(&edit.action) else { panic!("{}", edit.action) };
        assert_eq!(left_behind.into_iter().collect::<Vec<_>>(), ["(red)"]);
        assert_eq!(*state, node.replayed(to).await);

        // They have numbers of the other board. Their old ones lead there, for whoever sees it; after the undo, the new ones lead back.
        let old = node.board(from).await;
        let old_name = old.task_ref(old.task(targets[0].task).unwrap()).unwrap();
        let copy = state.column_tasks(boards[1].columns[0]).rfind(|task| task.title == "Task 0").unwrap();
        let new_name = state.task_ref(copy).unwrap();
        assert_eq!(copy.number, 4, "there were three");
        let found = async |name: &TaskRef, seen: &[BoardId]| {
            let found = node.store.find_task(name, |board| seen.contains(&board.id())).await.unwrap();
            found.map(|(board, task)| (board.id(), task))
        };
        assert_eq!(found(&old_name, &[from, to]).await, Some((to, copy.id)));
        assert_eq!(found(&old_name, &[from]).await, Some((from, targets[0].task)));
        assert_eq!(found(&old_name, &[to]).await, None);
        assert_eq!(found(&new_name, &[from, to]).await, Some((to, copy.id)));

        // Where they came from, they have all their labels again.
        let (_, progress) = undone(&node, &bulk, id).await;
        assert_eq!((progress.done, progress.refused), (3, 0));
        let state = node.board(from).await;
        let names = |task| state.task_labels(state.task(task).unwrap()).iter().map(|label| label.in_words()).collect::<Vec<_>>();
        assert_eq!(names(targets[0].task), ["Bug", "Docs", "(red, stripes)"]);
        assert_eq!(names(targets[1].task), ["Bug", "(red)"]);
        for name in [&old_name, &new_name] {
            assert_eq!(found(name, &[from, to]).await, Some((from, targets[0].task)));
        }
    }

    async fn labels_are_added_and_removed_with_those_that_were_merged_into_them(database) {
        let node = Node::on(&database).await;
        let (boards, targets) = fill(&node, 1, 3).await;
        let board = boards[0].id;
        let [bug, defect] = [LabelId(new_id()), LabelId(new_id())];
        for (label, name) in [(bug, "Bug"), (defect, "Defect")] {
            node.accepted(board, Op::CreateLabel(CreateLabel::of(label, name, Hue::Red))).await;
        }
        let has = UpdateTask::of(targets[0].task).with(FieldEdit::AddLabels(vec![defect]));
        node.accepted(board, Op::UpdateTask(has)).await;
        node.accepted(board, Op::MergeLabels(MergeLabels::of(defect, bug))).await;
        let (bulk, id, progress) = perform(&node, Action::AddLabel { board, label: bug }, &targets).await;
        assert_eq!((progress.done, progress.refused), (2, 1));
        assert_eq!(reasons(&node, id).await, [(targets[0].task, "It was so already.".to_owned())]);
        let (_, progress) = undone(&node, &bulk, id).await;
        assert_eq!((progress.done, progress.refused), (2, 0));
        let state = node.board(board).await;
        let labelled: Vec<_> = state.tasks().filter(|task| state.has_label(task, bug)).map(|task| task.id).collect();
        assert_eq!(labelled, [targets[0].task]);

        let (bulk, id, progress) = perform(&node, Action::RemoveLabel { board, label: bug }, &targets).await;
        assert_eq!((progress.done, progress.refused), (1, 2));
        assert!(node.board(board).await.tasks().all(|task| task.labels.is_empty()));
        let (_, progress) = undone(&node, &bulk, id).await;
        assert_eq!((progress.done, progress.refused), (1, 0));
        assert_eq!(node.board(board).await.task(targets[0].task).unwrap().labels, [defect]);
        let (_, id, _) = perform(&node, Action::AddLabel { board, label: LabelId(new_id()) }, &targets[..1]).await;
        assert_eq!(reasons(&node, id).await[0].1, "Refused: this label does not exist, or was deleted.");
    }

    async fn nothing_is_copied_from_an_archived_board(database) {
        let node = Node::on(&database).await;
        let (boards, targets) = fill(&node, 2, 1).await;
        node.accepted(boards[0].id, Op::SetArchived(SetArchived::to(true))).await;
        let (_, id, progress) = perform(&node, to_column(boards[1].id, boards[1].columns[0]), &targets[..1]).await;
        assert_eq!((progress.done, progress.refused), (0, 1));
        assert!(reasons(&node, id).await[0].1.starts_with("Its board is archived."));
        assert_eq!(node.board(boards[1].id).await.seq(), 2, "nothing was done there");
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

    async fn what_a_bulk_edit_deletes_stays_in_the_trash_and_comes_back(database) {
        let node = Node::on(&database).await;
        let (boards, targets) = fill(&node, 1, 1_013).await;
        let board = boards[0].id;
        // What was deleted before leaves the trash to make room, as it always does.
        let (earlier, targets) = targets.split_at(3);
        for target in earlier {
            node.accepted(board, delete(target.task)).await;
        }
        let forecast = node.board(board).await.trash_forecast(targets.iter().map(|target| target.task));
        assert_eq!((forecast.too_many, forecast.purged), (10, 3));
        let (bulk, id, progress) = perform(&node, Action::Delete, targets).await;
        assert_eq!((progress.tasks, progress.done, progress.refused), (1_010, 1_000, 10));
        assert!(reasons(&node, id).await.iter().all(|(_, why)| why.starts_with("The trash of its board has no room")));
        let state = node.board(board).await;
        assert_eq!((trashed(&state), state.live_len()), (1_000, 10));
        assert!(targets.iter().all(|target| state.task(target.task).is_some()), "none is lost");
        let (_, progress) = undone(&node, &bulk, id).await;
        assert_eq!((progress.done, progress.refused), (1_000, 0));
        assert_eq!(node.board(board).await.live_len(), 1_010);
    }

    async fn large_tasks_that_a_bulk_edit_deletes_stay_in_the_trash(database) {
        let node = Node::on(&database).await;
        let (boards, targets) = fill(&node, 1, 90).await;
        let board = boards[0].id;
        for target in &targets {
            let text = FieldEdit::Description("x".repeat(29_500));
            node.accepted(board, Op::UpdateTask(UpdateTask::of(target.task).with(text))).await;
        }
        let (bulk, id, progress) = perform(&node, Action::Delete, &targets).await;
        assert!(progress.refused > 20 && progress.done + progress.refused == 90, "{progress:?}");
        let state = node.board(board).await;
        assert_eq!((trashed(&state) as u64, state.live_len() as u64), (progress.done, progress.refused));
        undone(&node, &bulk, id).await;
        assert_eq!(node.board(board).await.live_len(), 90);
    }

    async fn a_move_to_another_board_loses_nothing_and_its_undo_neither(database) {
        let node = Node::on(&database).await;
        let (boards, targets) = fill(&node, 1, 1_050).await;
        let (from, to) = (boards[0].id, node.create_board().await);
        let counts = async || {
            let (source, target) = (node.board(from).await, node.board(to.id).await);
            (source.live_len(), trashed(&source), target.live_len(), trashed(&target))
        };
        let (bulk, id, progress) = perform(&node, to_column(to.id, to.columns[0]), &targets).await;
        assert_eq!((progress.tasks, progress.done, progress.refused, progress.halves), (1_050, 1_000, 50, 0));
        assert!(reasons(&node, id).await.iter().all(|(_, why)| why.starts_with("The trash of its board has no room")));
        assert_eq!(counts().await, (50, 1_000, 1_000, 0), "what cannot be deleted is not copied either");
        let (undo, progress) = undone(&node, &bulk, id).await;
        assert_eq!((progress.done, progress.refused), (1_000, 0));
        assert_eq!(counts().await, (1_050, 0, 0, 1_000));
        let (_, progress) = undone(&node, &bulk, undo).await;
        assert_eq!((progress.done, progress.refused), (1_000, 0));
        assert_eq!(counts().await, (50, 1_000, 1_000, 0));
    }

    async fn an_undo_deletes_a_copy_only_if_its_original_came_back(database) {
        let node = Node::on(&database).await;
        let (boards, targets) = fill(&node, 1, 3).await;
        let (from, to) = (boards[0].id, node.create_board().await);
        let (bulk, id, _) = perform(&node, to_column(to.id, to.columns[0]), &targets).await;
        // Somebody restored an original, and deleted it again: the undo is not about that any more.
        node.accepted(from, restore(targets[0].task)).await;
        node.accepted(from, delete(targets[0].task)).await;
        let (undo, progress) = undone(&node, &bulk, id).await;
        assert_eq!((progress.tasks, progress.done, progress.refused, progress.halves), (3, 2, 1, 0));
        assert_eq!((node.board(from).await.live_len(), node.board(to.id).await.live_len()), (2, 1));
        let why = reasons(&node, undo).await;
        assert_eq!(why[0], (targets[0].task, "Somebody changed it in the meantime.".to_owned()));
        assert!(why.iter().all(|(_, reason)| *reason == why[0].1), "the copy has the reason of its original: {why:?}");
    }

    async fn a_full_board_is_the_reason_for_tasks_that_do_not_move_there(database) {
        let node = Node::on(&database).await;
        let (boards, targets) = fill(&node, 1, 3).await;
        let (full, _) = fill(&node, 1, 4).await;
        let text = FieldEdit::Description("x".repeat(29_500));
        let large = 8_000_000 / 30_500;
        let to = full[0].id;
        let writes = (0..large).map(|number| {
            let created = app::ops::CreateTask {
                description: "x".repeat(29_990),
                ..app::ops::CreateTask::of(new_task(), format!("Large {number}"))
            };
            node.write(to, Op::CreateTask(created))
        });
        join_all(writes).await;
        for target in &targets {
            node.accepted(boards[0].id, Op::UpdateTask(UpdateTask::of(target.task).with(text.clone()))).await;
        }
        // Whatever is left of the room.
        while node.write(to, Op::CreateTask(app::ops::CreateTask {
            description: "x".repeat(29_000), ..app::ops::CreateTask::of(new_task(), "More")
        })).await.is_ok() {}
        let (_, id, progress) = perform(&node, to_column(to, full[0].columns[0]), &targets).await;
        assert_eq!((progress.done, progress.refused, progress.halves), (0, 3, 0));
        assert!(reasons(&node, id).await.iter().all(|(_, why)| why.contains("this board is full")), "{:?}", reasons(&node, id).await);
        assert_eq!(node.board(boards[0].id).await.live_len(), 3);
    }

    async fn others_who_delete_meanwhile_make_a_bulk_edit_purge_nothing_of_its_own(database) {
        let node = Node::on(&database).await;
        let (boards, all) = fill(&node, 1, 1_300).await;
        let board = boards[0].id;
        let (targets, of_others) = all.split_at(700);
        let bulk = Bulk::new(node.store.clone(), node.writer.clone());
        let id = new_id::<Uuid>();
        bulk.start(id, &Action::Delete, targets, None, Credentials::local()).await.unwrap();
        join_all(of_others.iter().map(|target| node.write(board, delete(target.task)))).await;
        finished(&node, id).await;
        let own: HashSet<TaskId> = targets.iter().map(|target| target.task).collect();
        let sent: HashSet<MutationId> =
            node.store.done_bulk_steps(id).await.unwrap().into_iter().filter_map(|step| step.mutation).collect();
        let Missing::Changes(changes) = node.store.changes_after(board, 0, usize::MAX).await.unwrap() else {
            panic!("the log was trimmed");
        };
        for change in changes {
            let change: Change = serde_json::from_slice(&change.json).unwrap();
            if sent.contains(&change.mutation) {
                assert!(change.kind.purged().iter().all(|task| !own.contains(task)), "{change:?}");
            }
        }
        assert_eq!(*node.board(board).await, node.replayed(board).await);
    }

    async fn signing_out_stops_nothing(database) {
        let node = Node::on(&database).await;
        let (boards, targets) = fill(&node, 1, 30).await;
        let (accounts, admin) = person(&node, InstanceRole::Admin).await;
        let proof = node.store.directory().account(admin).unwrap().proof();
        let hub = Hub::new(node.store.clone());
        let session = Session::new(None, Arc::new(Sessions::new(node.store.clone(), hub)), None);
        let client = std::net::IpAddr::from([127, 0, 0, 1]).into();
        assert!(sessions::admit(&session, proof, app::audit::Method::Password, &client).await.unwrap());
        let hash = sessions::hash(session.id().unwrap());
        let credentials = Credentials::new(Credential::Session { person: admin, hash });
        accounts.sign_out(&credentials).await.unwrap();
        let refused = node.writer.write(boards[0].id, mutation(rename(targets[0].task, "x")), credentials.clone()).await;
        assert!(refused.is_err(), "the session has ended");
        let bulk = Bulk::new(node.store.clone(), node.writer.clone());
        let id = new_id::<Uuid>();
        let to = node.create_board().await;
        let action = to_column(to.id, to.columns[0]);
        bulk.start(id, &action, &targets, Some(admin), credentials).await.unwrap();
        assert_eq!(finished(&node, id).await.done, 30);
        let Missing::Changes(changes) = node.store.changes_after(to.id, 1, usize::MAX).await.unwrap() else {
            panic!("the log was trimmed");
        };
        let change: Change = serde_json::from_slice(&changes[0].json).unwrap();
        assert_eq!(change.by, Some(admin), "the history says who it was");
    }

    async fn a_person_who_lost_their_role_stops_a_bulk_edit_and_an_admin_continues_it(database) {
        let node = Node::on(&database).await;
        let (boards, targets) = fill(&node, 1, 10).await;
        let (from, to) = (boards[0].id, node.create_board().await);
        let (accounts, admin) = person(&node, InstanceRole::Admin).await;
        // What a runner leaves whose person lost the role in the middle: four tasks are copied, and not deleted yet.
        let id = new_id::<Uuid>();
        let action = serde_json::to_string(&to_column(to.id, to.columns[0])).unwrap();
        let mut steps = Vec::new();
        for (position, target) in (0..).zip(&targets) {
            let copy = BulkStep::of(0, position, to.id, new_task());
            steps.push(if position < 4 {
                let op = Op::CreateTask(app::ops::CreateTask {
                    column: Some(to.columns[0]),
                    ..app::ops::CreateTask::of(copy.task, format!("Task {position}"))
                });
                let seq = node.accepted(to.id, op.clone()).await.seq;
                let (mutation, inverse) = (Some(new_id()), Some(delete(copy.task)));
                BulkStep { op: Some(op), mutation, inverse, outcome: Some(StepOutcome::Done(seq)), ..copy }
            } else {
                copy
            });
            steps.push(BulkStep { needs: Some(position), ..BulkStep::of(1, position, from, target.task) });
        }
        let edit = BulkEdit { id, person: Some(admin), action, undoes: None, created_at: now(), worked_at: now(), finished_at: None };
        assert!(node.store.add_bulk_edit(&edit, &steps).await.unwrap());
        accounts.set_role(&Credentials::local(), admin, InstanceRole::Member).await.unwrap();
        let credentials = Credentials::new(Credential::Person(admin));
        let bulk = Bulk::new(node.store.clone(), node.writer.clone());
        bulk.resume(id, credentials);
        // It gives the lease back when it stops.
        while node.store.bulk_edit(id).await.unwrap().unwrap().0.worked_at != Timestamp::from_millis(1) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let (edit, progress) = node.store.bulk_edit(id).await.unwrap().unwrap();
        assert_eq!((edit.finished_at, progress.settled, progress.refused), (None, 4, 0), "nothing counts as refused");
        assert_eq!((node.board(from).await.live_len(), node.board(to.id).await.live_len()), (10, 4));
        // The runner that stopped may not have ended yet.
        let progress = loop {
            bulk.resume(id, Credentials::local());
            let (edit, progress) = node.store.bulk_edit(id).await.unwrap().unwrap();
            if edit.finished_at.is_some() {
                break progress;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        };
        assert_eq!((progress.done, progress.refused, progress.halves), (10, 0, 0));
        assert_eq!((node.board(from).await.live_len(), node.board(to.id).await.live_len()), (0, 10));
    }
}

/// An account, and what changes accounts.
async fn person(node: &Node, role: InstanceRole) -> (Accounts, ActorId) {
    let accounts = Accounts::new(node.store.clone(), Hub::new(node.store.clone()), None, String::new());
    let new = NewPerson { name: "Ana", email: "ana@example.com", password: None };
    let id = accounts.add(&Credentials::local(), new, role).await.unwrap();
    (accounts, id)
}

/// How many tasks are in the trash of a board.
fn trashed(state: &BoardState) -> usize {
    state.tasks().filter(|task| task.is_deleted()).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bulk_edit_waits_for_a_database_that_restarts() {
    let postgres = PostgresServer::start();
    let node = Node::on(&Database::at(postgres.url())).await;
    let (boards, targets) = fill(&node, 1, 2_000).await;
    let bulk = Bulk::new(node.store.clone(), node.writer.clone());
    let id = new_id::<Uuid>();
    bulk.start(id, &Action::SetPriority { priority: Priority::High }, &targets, None, Credentials::local())
        .await
        .unwrap();
    while node.store.bulk_edit(id).await.unwrap().unwrap().1.settled == 0 {
        tokio::task::yield_now().await;
    }
    postgres.restart();
    let progress = loop {
        if let Ok(Some((edit, progress))) = node.store.bulk_edit(id).await
            && edit.finished_at.is_some()
        {
            break progress;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!((progress.done, progress.refused), (2_000, 0));
    let state = node.board(boards[0].id).await;
    assert_eq!(state.seq(), 1 + 2_000 + 2_000, "each task was changed once");
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
