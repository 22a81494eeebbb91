//! A task is assigned to people who can see its board; what is stored of that is read again.

use app::{
    access::{BoardRole, InstanceRole},
    fields::FieldEdit,
    id::{ActorId, BoardId, TaskId},
    ops::{CreateTask, Op, SetMember, UpdateBoard, UpdateTask},
    refusal::Refusal,
};
use taskwire::{
    accounts::{Accounts, NewPerson},
    caller::Caller,
    hub::Hub,
    writer::WriteError,
};

use crate::{
    on_both_engines,
    support::{
        database::Database,
        node::{Node, mutation, new_task},
    },
};

/// A node, and a way to make accounts on it.
struct Town {
    node: Node,
    accounts: Accounts,
}

impl Town {
    async fn on(database: &Database) -> Self {
        let node = Node::on(database).await;
        let accounts = Accounts::new(node.store.clone(), Hub::new(node.store.clone()), None, String::new());
        Self { node, accounts }
    }

    async fn somebody(&self, role: InstanceRole) -> ActorId {
        let email = format!("{}@example.com", new_task());
        let new = NewPerson { name: "Somebody", email: &email, password: None };
        self.accounts.add(&Caller::local(), new, role).await.expect("an account")
    }

    /// A board that is private to those who are added to it.
    async fn private_board(&self) -> BoardId {
        let board = self.node.create_board().await.id;
        let update = UpdateBoard { everyone: Some(None), ..UpdateBoard::default() };
        self.node.accepted(board, Op::UpdateBoard(update)).await;
        board
    }

    async fn assign(&self, board: BoardId, task: TaskId, person: ActorId) -> Result<(), Refusal> {
        let assign = Op::UpdateTask(UpdateTask::of(task).with(FieldEdit::Assign(vec![person])));
        match self.node.write(board, assign).await {
            Ok(_) => Ok(()),
            Err(WriteError::Refused(refusal)) => Err(refusal),
            Err(other) => panic!("{other:?}"),
        }
    }
}

fn is_stranger(outcome: Result<(), Refusal>) -> bool {
    matches!(outcome, Err(Refusal::Invalid { field, .. }) if field == "assign")
}

on_both_engines! {
    async fn whose_a_task_is_is_read_as_it_was_written(database) {
        let town = Town::on(&database).await;
        let board = town.node.create_board().await.id;
        let (one, two) = (town.somebody(InstanceRole::Member).await, town.somebody(InstanceRole::Member).await);
        let task = new_task();
        let create = CreateTask::of(task, "Tea").with(FieldEdit::Assign(vec![two]));
        town.node.accepted(board, Op::CreateTask(create)).await;
        assert_eq!(town.assign(board, task, one).await, Ok(()));
        let state = database.open().await.board(board).await.expect("it can be read").expect("the board");
        let read = state.task(task).expect("the task");
        assert_eq!((read.assignees.as_slice(), read.assignees_seq), (&[one, two][..], 3));
        assert_eq!(*state, *town.node.board(board).await);
        assert_eq!(*state, town.node.replayed(board).await);
    }

    async fn a_task_is_assigned_only_to_those_who_can_see_it(database) {
        let town = Town::on(&database).await;
        let board = town.private_board().await;
        let task = town.node.create_task(board, "Tea").await;
        let [member, other] = [town.somebody(InstanceRole::Member).await, town.somebody(InstanceRole::Member).await];
        let admin = town.somebody(InstanceRole::Admin).await;
        town.node.accepted(board, Op::SetMember(SetMember { person: member, role: Some(BoardRole::Viewer) })).await;
        assert!(is_stranger(town.assign(board, task, other).await));
        assert!(is_stranger(town.assign(board, task, ActorId(new_task().0)).await), "nobody has this id");
        assert_eq!(town.assign(board, task, member).await, Ok(()));
        assert_eq!(town.assign(board, task, admin).await, Ok(()));

        let open = UpdateBoard { everyone: Some(Some(BoardRole::Viewer)), ..UpdateBoard::default() };
        town.node.accepted(board, Op::UpdateBoard(open)).await;
        assert_eq!(town.assign(board, task, other).await, Ok(()));
        town.accounts.set_active(&Caller::local(), other, false).await.expect("it can be done");
        let unassign = Op::UpdateTask(UpdateTask::of(task).with(FieldEdit::Unassign(vec![other])));
        town.node.accepted(board, unassign).await;
        assert!(is_stranger(town.assign(board, task, other).await), "their account is out of use");
    }

    async fn an_assignment_that_was_accepted_is_answered_as_before_though_it_could_not_be_made_any_more(database) {
        let town = Town::on(&database).await;
        let board = town.private_board().await;
        let task = town.node.create_task(board, "Tea").await;
        let person = town.somebody(InstanceRole::Member).await;
        let set = |role| Op::SetMember(SetMember { person, role });
        town.node.accepted(board, set(Some(BoardRole::Editor))).await;
        let assign = mutation(Op::UpdateTask(UpdateTask::of(task).with(FieldEdit::Assign(vec![person]))));
        let caller = Caller::local();
        let first = town.node.writer.write(board, assign.clone(), caller.clone()).await.expect("it is accepted");
        town.node.accepted(board, set(None)).await;
        let again = town.node.writer.write(board, assign, caller).await.expect("it was accepted before");
        assert_eq!((again.seq, again.repeated), (first.seq, true));
    }
}
