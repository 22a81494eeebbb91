//! Tests the assignment of tasks to people who can see the board, and that stored assignees are read again.

use app::{
    access::{BoardRole, InstanceRole},
    fields::FieldEdit,
    id::{ActorId, BoardId, TaskId},
    ops::{CreateTask, Op, SetMember, UpdateBoard, UpdateTask},
    refusal::Refusal,
};
use taskwire::{
    accounts::{Accounts, NewPerson},
    credentials::Credentials,
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

/// A node, and a way to create accounts on it.
struct Fixture {
    node: Node,
    accounts: Accounts,
}

impl Fixture {
    async fn on(database: &Database) -> Self {
        let node = Node::on(database).await;
        let accounts = Accounts::new(node.store.clone(), Hub::new(node.store.clone()), None, String::new());
        Self { node, accounts }
    }

    async fn somebody(&self, role: InstanceRole) -> ActorId {
        let email = format!("{}@example.com", new_task());
        let new = NewPerson { name: "Somebody", email: &email, password: None };
        self.accounts.add(&Credentials::local(), new, role).await.expect("an account")
    }

    /// Creates a board that is private to its members.
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
        let fixture = Fixture::on(&database).await;
        let board = fixture.node.create_board().await.id;
        let (one, two) = (fixture.somebody(InstanceRole::Member).await, fixture.somebody(InstanceRole::Member).await);
        let task = new_task();
        let create = CreateTask::of(task, "Tea").with(FieldEdit::Assign(vec![two]));
        fixture.node.accepted(board, Op::CreateTask(create)).await;
        assert_eq!(fixture.assign(board, task, one).await, Ok(()));
        let state = database.open().await.board(board).await.expect("it can be read").expect("the board");
        let read = state.task(task).expect("the task");
        assert_eq!((read.assignees.as_slice(), read.assignees_seq), (&[one, two][..], 3));
        assert_eq!(*state, *fixture.node.board(board).await);
        assert_eq!(*state, fixture.node.replayed(board).await);
    }

    async fn a_task_is_assigned_only_to_those_who_can_see_it(database) {
        let fixture = Fixture::on(&database).await;
        let board = fixture.private_board().await;
        let task = fixture.node.create_task(board, "Tea").await;
        let [member, other] = [fixture.somebody(InstanceRole::Member).await, fixture.somebody(InstanceRole::Member).await];
        let admin = fixture.somebody(InstanceRole::Admin).await;
        fixture.node.accepted(board, Op::SetMember(SetMember { person: member, role: Some(BoardRole::Viewer) })).await;
        assert!(is_stranger(fixture.assign(board, task, other).await));
        assert!(is_stranger(fixture.assign(board, task, ActorId(new_task().0)).await), "nobody has this id");
        assert_eq!(fixture.assign(board, task, member).await, Ok(()));
        assert_eq!(fixture.assign(board, task, admin).await, Ok(()));

        let open = UpdateBoard { everyone: Some(Some(BoardRole::Viewer)), ..UpdateBoard::default() };
        fixture.node.accepted(board, Op::UpdateBoard(open)).await;
        assert_eq!(fixture.assign(board, task, other).await, Ok(()));
        fixture.accounts.set_active(&Credentials::local(), other, false).await.expect("it can be done");
        let unassign = Op::UpdateTask(UpdateTask::of(task).with(FieldEdit::Unassign(vec![other])));
        fixture.node.accepted(board, unassign).await;
        assert!(is_stranger(fixture.assign(board, task, other).await), "their account is out of use");
    }

    async fn an_assignment_that_was_accepted_is_answered_as_before_though_it_could_not_be_made_any_more(database) {
        let fixture = Fixture::on(&database).await;
        let board = fixture.private_board().await;
        let task = fixture.node.create_task(board, "Tea").await;
        let person = fixture.somebody(InstanceRole::Member).await;
        let set = |role| Op::SetMember(SetMember { person, role });
        fixture.node.accepted(board, set(Some(BoardRole::Editor))).await;
        let assign = mutation(Op::UpdateTask(UpdateTask::of(task).with(FieldEdit::Assign(vec![person]))));
        let credentials = Credentials::local();
        let first = fixture.node.writer.write(board, assign.clone(), credentials.clone()).await.expect("it is accepted");
        fixture.node.accepted(board, set(None)).await;
        let again = fixture.node.writer.write(board, assign, credentials).await.expect("it was accepted before");
        assert_eq!((again.seq, again.repeated), (first.seq, true));
    }
}
