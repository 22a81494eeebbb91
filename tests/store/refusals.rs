//! Tests that a refused mutation changes nothing, and does not affect accepted ones.

use app::{
    fields::FieldEdit,
    model::TextField,
    ops::{CreateTask, DeleteBoard, DeleteTask, Op, UpdateBoard, UpdateTask},
    refusal::{Refusal, Thing},
    state::MAX_TRASH_BYTES,
    text::MAX_DESCRIPTION_BYTES,
};
use taskwire::{credentials::Credentials, writer::WriteError};

use crate::{
    on_both_engines,
    support::node::{Node, create, mutation, new_task, rename, restore},
};

on_both_engines! {
    async fn a_refused_write_leaves_no_hole_and_its_neighbours_alone(database) {
        let node = Node::on(&database).await;
        let board = node.create_board().await.id;
        let answers: Vec<_> = (0..40)
            .map(|number| {
                let op = match number % 2 {
                    0 => create(new_task(), &format!("Task {number}")),
                    _ => rename(new_task(), "of a task that does not exist"),
                };
                node.writer.write(board, mutation(op), Credentials::local())
            })
            .collect();
        for (number, answer) in answers.into_iter().enumerate() {
            match (number % 2, answer.await) {
                (0, Ok(accepted)) => assert_eq!(accepted.seq, 2 + number as u64 / 2),
                (1, Err(WriteError::Refused(Refusal::NotFound { what: Thing::Task }))) => {}
                (_, other) => panic!("write {number}: {other:?}"),
            }
        }
        assert_eq!(node.numbers(board).await, (1..=21).collect::<Vec<_>>());
        assert_eq!(*node.board(board).await, node.replayed(board).await);
    }

    async fn a_text_that_was_changed_meanwhile_is_not_overwritten(database) {
        let node = Node::on(&database).await;
        let board = node.create_board().await.id;
        let task = node.create_task(board, "Buy milk").await;
        let base = Some(node.board(board).await.seq());
        node.accepted(board, rename(task, "Buy oat milk")).await;

        let mine = UpdateTask { base, ..UpdateTask::of(task) }.with(FieldEdit::Title("Buy soy milk".to_owned()));
        let refusal = node.refused(board, Op::UpdateTask(mine.clone())).await;
        let theirs = "Buy oat milk".to_owned();
        assert_eq!(refusal, Refusal::Conflict { field: TextField::Title, theirs, seq: 3 });

        // An edit of another field does not conflict, nor does an edit of the same text after its editor has seen the
        // other edit.
        let description = "Two litres".to_owned();
        node.accepted(board, Op::UpdateTask(UpdateTask { base, ..UpdateTask::of(task) }.with(FieldEdit::Description(description)))).await;
        node.accepted(board, Op::UpdateTask(UpdateTask { base: Some(3), ..mine })).await;
        let task = node.board(board).await.task(task).cloned().expect("the task");
        assert_eq!((task.title.as_str(), task.description()), ("Buy soy milk", Some("Two litres")));
    }

    async fn what_was_changed_meanwhile_is_not_deleted(database) {
        let node = Node::on(&database).await;
        let board = node.create_board().await.id;
        let task = node.create_task(board, "Buy milk").await;
        let delete = Op::DeleteTask(DeleteTask { task, base: Some(2) });
        // Both are in one group: the first write makes the second one stale.
        let rename = node.writer.write(board, mutation(rename(task, "Buy oat milk")), Credentials::local());
        let stale = node.writer.write(board, mutation(delete), Credentials::local());
        rename.await.expect("accepted");
        assert!(matches!(stale.await, Err(WriteError::Refused(Refusal::Stale { seq: 3 }))));
        node.accepted(board, Op::DeleteTask(DeleteTask { task, base: Some(3) })).await;

        let whole = Op::DeleteBoard(DeleteBoard { base: Some(3) });
        assert_eq!(node.refused(board, whole).await, Refusal::Stale { seq: 4 });
        let name = Some("Errands".to_owned());
        node.accepted(board, Op::UpdateBoard(UpdateBoard { base: Some(4), name, ..UpdateBoard::default() })).await;
        node.accepted(board, Op::DeleteBoard(DeleteBoard { base: Some(5) })).await;
    }

    async fn a_task_id_belongs_to_one_board(database) {
        let node = Node::on(&database).await;
        let (one, two) = (node.create_board().await.id, node.create_board().await.id);
        let taken = Refusal::Exists { what: Thing::Task };
        let task = node.create_task(one, "Buy milk").await;
        assert_eq!(node.refused(two, create(task, "Buy milk")).await, taken);
        assert_eq!(node.refused(one, create(task, "Buy milk")).await, taken);

        // The same in one group: the first write gets the id.
        let task = new_task();
        let first = node.writer.write(two, mutation(create(task, "Buy bread")), Credentials::local());
        let second = node.writer.write(one, mutation(create(task, "Buy bread")), Credentials::local());
        first.await.expect("accepted");
        assert!(matches!(second.await, Err(WriteError::Refused(refusal)) if refusal == taken));
        assert_eq!(node.store.board_of(task).await.expect("the database answers"), Some(two));
        assert_eq!(node.store.board_of(new_task()).await.expect("the database answers"), None);
    }

    async fn a_board_id_is_used_once(database) {
        let node = Node::on(&database).await;
        let board = node.create_board().await;
        assert_eq!(node.refused(board.id, board.create()).await, Refusal::Exists { what: Thing::Board });
    }

    async fn text_is_stored_as_it_is_or_not_at_all(database) {
        let node = Node::on(&database).await;
        let board = node.create_board().await.id;
        let texts = [
            "'; DROP TABLE tasks; --",
            "<script>alert(1)</script>",
            "\" OR 1=1 $1 ?1 :name @name %s \\",
            "Zoë 🦊 \u{202e}rtl 中文",
        ];
        for text in texts {
            let task = new_task();
            let Op::CreateTask(op) = create(task, text) else { unreachable!() };
            let description = format!("{text}\n\t{text}");
            node.accepted(board, Op::CreateTask(CreateTask { description: description.clone(), ..op })).await;
            let read = Node::on(&database).await.board(board).await.task(task).cloned().expect("the task");
            assert_eq!((read.title.as_str(), read.description()), (text, Some(description.as_str())));
        }
        for text in ["a\0b", "a\nb", "\u{1b}[31m", "", "   "] {
            let refusal = node.refused(board, create(new_task(), text)).await;
            assert!(matches!(&refusal, Refusal::Invalid { field, .. } if field == "title"), "{refusal:?}");
        }
        assert_eq!(node.board(board).await.tasks().count(), texts.len());
    }

    async fn what_leaves_the_trash_is_gone_from_the_rows(database) {
        let node = Node::on(&database).await;
        let board = node.create_board().await.id;
        let mut deleted = Vec::new();
        // A long task takes up as much of the trash as many short ones.
        for _ in 0..2 * MAX_TRASH_BYTES / MAX_DESCRIPTION_BYTES {
            let task = new_task();
            let description = "x".repeat(MAX_DESCRIPTION_BYTES);
            node.accepted(board, Op::CreateTask(CreateTask { description, ..CreateTask::of(task, "Long") })).await;
            node.accepted(board, Op::DeleteTask(DeleteTask::of(task))).await;
            deleted.push(task);
        }
        let kept = node.board(board).await.tasks().count();
        assert!(kept * MAX_DESCRIPTION_BYTES <= MAX_TRASH_BYTES && kept < deleted.len());
        assert_eq!(*node.board(board).await, node.replayed(board).await);
        let other = Node::on(&database).await;
        assert_eq!(other.board(board).await, node.board(board).await);
        assert_eq!(node.refused(board, restore(deleted[0])).await, Refusal::not_found(Thing::Task));
        node.accepted(board, restore(deleted[deleted.len() - 1])).await;
    }
}
