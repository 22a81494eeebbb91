//! Tests that stored checklists are read again as they were written, and go with their task and their board.

use app::{
    id::{ChecklistId, ChecklistItemId},
    ops::{
        AddChecklistItems, CreateChecklist, CreateTask, DeleteChecklistItems, NewChecklistItem, Op, UpdateChecklist,
        UpdateChecklistItem,
    },
    time::Day,
};

use crate::{
    on_both_engines,
    support::node::{Node, new_task},
};

on_both_engines! {
    async fn checklists_are_read_as_they_were_written(database) {
        let node = Node::on(&database).await;
        let board = node.create_board().await.id;
        let task = new_task();
        node.accepted(board, Op::CreateTask(CreateTask::of(task, "Trip"))).await;
        let [packing, gone] = [(); 2].map(|()| app::new_id::<ChecklistId>());
        let [tent, map, food] = [(); 3].map(|()| app::new_id::<ChecklistItemId>());
        let items = vec![NewChecklistItem::of(tent, "“Tent” ⛺"), NewChecklistItem::of(map, "Map")];
        node.accepted(board, Op::CreateChecklist(CreateChecklist { items, ..CreateChecklist::of(task, packing, "Packing") })).await;
        node.accepted(board, Op::CreateChecklist(CreateChecklist::of(task, gone, "Gone"))).await;
        let due = Day::parse("2026-12-24");
        let update = UpdateChecklistItem { done: Some(true), due: Some(due), ..UpdateChecklistItem::of(task, tent) };
        node.accepted(board, Op::UpdateChecklistItem(update)).await;
        let items = vec![NewChecklistItem::of(food, "Food")];
        node.accepted(board, Op::AddChecklistItems(AddChecklistItems { items, ..AddChecklistItems::of(task, packing) })).await;
        let items = vec![map];
        node.accepted(board, Op::DeleteChecklistItems(DeleteChecklistItems { items, ..DeleteChecklistItems::of(task) })).await;
        let delete = UpdateChecklist { deleted: Some(true), ..UpdateChecklist::of(task, gone) };
        node.accepted(board, Op::UpdateChecklist(delete)).await;

        let state = database.open().await.board(board).await.expect("it can be read").expect("the board");
        let read = state.task(task).expect("the task");
        let lists = read.checklists().expect("the server has loaded them");
        assert_eq!((read.progress.done, read.progress.items, read.checklists_seq), (1, 2, state.seq()));
        assert_eq!(lists.items_of(packing).map(|item| &*item.text).collect::<Vec<_>>(), ["“Tent” ⛺", "Food"]);
        assert_eq!(lists.item(tent).map(|item| item.due), Some(due));
        assert!(lists.list(gone).expect("it is kept").deleted);
        assert_eq!(*state, *node.board(board).await);
        assert_eq!(*state, node.replayed(board).await);
    }
}
