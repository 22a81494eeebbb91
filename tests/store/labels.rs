//! Tests that stored labels, and the labels of tasks, are read again as they were written.

use app::{
    fields::FieldEdit,
    id::LabelId,
    label::{Hue, Pattern, Tone},
    ops::{CreateLabel, CreateTask, DeleteLabel, MergeLabels, Op, UpdateTask},
};

use crate::{
    on_both_engines,
    support::node::{Node, new_task},
};

on_both_engines! {
    async fn labels_are_read_as_they_were_written(database) {
        let node = Node::on(&database).await;
        let board = node.create_board().await.id;
        let [bug, docs, gone] = [(); 3].map(|()| LabelId(app::new_id()));
        let create = CreateLabel {
            tone: Tone::Dark,
            pattern: Pattern::Dots,
            description: "“Broken” 🐛".to_owned(),
            ..CreateLabel::of(bug, "Bug", Hue::Red)
        };
        node.accepted(board, Op::CreateLabel(create)).await;
        node.accepted(board, Op::CreateLabel(CreateLabel::of(docs, "", Hue::Grey))).await;
        node.accepted(board, Op::CreateLabel(CreateLabel::of(gone, "Gone", Hue::Lime))).await;
        let task = new_task();
        let create = CreateTask::of(task, "Tea").with(FieldEdit::AddLabels(vec![docs, gone]));
        node.accepted(board, Op::CreateTask(create)).await;
        node.accepted(board, Op::UpdateTask(UpdateTask::of(task).with(FieldEdit::AddLabels(vec![bug])))).await;
        node.accepted(board, Op::DeleteLabel(DeleteLabel::of(gone))).await;
        node.accepted(board, Op::MergeLabels(MergeLabels::of(docs, bug))).await;
        let state = database.open().await.board(board).await.expect("it can be read").expect("the board");
        let read = state.task(task).expect("the task");
        assert_eq!((read.labels.len(), read.labels_seq), (3, 6), "it keeps the ids of deleted and merged labels");
        assert_eq!(state.task_labels(read).iter().map(|label| label.id).collect::<Vec<_>>(), [bug]);
        assert_eq!(state.label(docs).expect("it is kept").merged_into, Some(bug));
        assert_eq!(*state, *node.board(board).await);
        assert_eq!(*state, node.replayed(board).await);
    }
}
