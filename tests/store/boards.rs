//! Boards come, change and go; tasks go to the trash and come back; places hold.

use app::{
    id::TaskId,
    model::Place,
    ops::{DeleteBoard, DeleteColumn, Op, UpdateBoard, UpdateTask},
    refusal::{Refusal, Thing},
    state::BoardState,
};
use taskwire::credentials::Credentials;

use crate::{
    on_both_engines,
    support::node::{Node, create, delete, new_task, restore},
};

on_both_engines! {
    async fn the_list_of_boards_follows_what_happens_to_them(database) {
        let node = Node::on(&database).await;
        let (one, two) = (node.create_board().await.id, node.create_board().await.id);
        node.accepted(one, Op::UpdateBoard(UpdateBoard { name: Some("Holidays".to_owned()), ..UpdateBoard::default() })).await;
        let list = node.store.boards_for(&taskwire::credentials::Credentials::local()).await.expect("the list");
        assert_eq!(list.iter().map(|board| (board.id, board.name.as_str(), board.seq)).collect::<Vec<_>>(), [
            (two, "Plans", 1),
            (one, "Holidays", 2),
        ]);

        node.accepted(two, Op::DeleteBoard(DeleteBoard::default())).await;
        let list = node.store.boards_for(&taskwire::credentials::Credentials::local()).await.expect("the list");
        assert_eq!(list.iter().map(|board| board.id).collect::<Vec<_>>(), [one]);
        assert_eq!(node.refused(two, create(new_task(), "Late")).await, Refusal::NotFound { what: Thing::Board });
        let fresh = database.open().await.board(two).await.expect("it can be read").expect("it is still there");
        assert!(fresh.deleted_at().is_some());
        let heads = node.store.heads(&[one, two, app::new_id::<app::id::BoardId>()]).await.expect("the numbers");
        assert_eq!(heads, [(one, 2), (two, 2)].into());
    }

    async fn a_board_that_never_was_is_none(database) {
        let node = Node::on(&database).await;
        let id = app::new_id::<app::id::BoardId>();
        assert!(node.store.board(id).await.expect("the database answers").is_none());
        assert_eq!(node.refused(id, create(new_task(), "Lost")).await, Refusal::NotFound { what: Thing::Board });
        assert!(node.store.board(id).await.expect("the database answers").is_none());
    }

    async fn a_deleted_task_comes_back_as_it_was(database) {
        let node = Node::on(&database).await;
        let board = node.create_board().await;
        let task = node.create_task(board.id, "Buy milk").await;
        node.accepted(board.id, delete(task)).await;
        let state = database.open().await.board(board.id).await.expect("it can be read").expect("the board");
        assert!(state.task(task).is_some_and(|task| task.is_deleted()));
        assert!(state.live_task(task).is_none());

        // Its column goes meanwhile, so it comes back in another one.
        node.accepted(board.id, Op::DeleteColumn(DeleteColumn::of(board.columns[0]))).await;
        node.accepted(board.id, restore(task)).await;
        let state = database.open().await.board(board.id).await.expect("it can be read").expect("the board");
        let task = state.live_task(task).expect("it is back");
        assert_eq!((task.title.as_str(), task.column), ("Buy milk", board.columns[1]));
        assert_eq!(*state, node.replayed(board.id).await);
    }

    async fn places_hold_over_thousands_of_moves_between_the_same_two(database) {
        let node = Node::on(&database).await;
        let board = node.create_board().await;
        let (first, last) = (node.create_task(board.id, "First").await, node.create_task(board.id, "Last").await);
        let (a, b) = (node.create_task(board.id, "A").await, node.create_task(board.id, "B").await);
        let moves = (0..3_000).map(|turn| {
            let place = Some(Place::After(first));
            let op = Op::UpdateTask(UpdateTask { place, ..UpdateTask::of(if turn % 2 == 0 { a } else { b }) });
            node.writer.write(board.id, crate::support::node::mutation(op), Credentials::local())
        });
        for moved in moves.collect::<Vec<_>>() {
            moved.await.expect("accepted");
        }
        let state = database.open().await.board(board.id).await.expect("it can be read").expect("the board");
        assert_eq!(column_tasks(&state), [first, b, a, last]);
        assert!(state.tasks().all(|task| !task.rank.is_long()));
        assert_eq!(*state, node.replayed(board.id).await);
        assert_eq!(state, node.board(board.id).await);
    }
}

/// The tasks in the first column.
fn column_tasks(state: &BoardState) -> Vec<TaskId> {
    let first = state.columns().next().expect("a column");
    state.column_task_ids(first.id).collect()
}
