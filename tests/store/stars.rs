//! Tests that a star is its person's own, follows their rights, and has a limit.

use app::{
    access::{BoardRole, InstanceRole},
    id::{ActorId, BoardId},
    model::{BoardContents, MAX_STARS},
    ops::{DeleteBoard, Op, RestoreBoard, SetArchived, SetMember, UpdateBoard, UpdateTask},
};
use taskwire::{
    accounts::{Accounts, NewPerson},
    credentials::{Credential, Credentials},
    hub::Hub,
    secret::SecretHash,
    store::StarSet,
};

use crate::{
    on_both_engines,
    support::node::{Node, create, new_task},
};

async fn person(node: &Node, name: &str) -> (ActorId, Credentials) {
    let accounts = Accounts::new(node.store.clone(), Hub::new(node.store.clone()), None, String::new());
    let email = format!("{name}@example.com");
    let new = NewPerson { name, email: &email, password: None };
    let id = accounts.add(&Credentials::local(), new, InstanceRole::Member).await.expect("an account");
    (id, Credentials::new(Credential::Session { person: id, hash: SecretHash::of(name) }))
}

async fn private_board(node: &Node, members: &[(ActorId, BoardRole)]) -> BoardId {
    let board = node.create_board().await.id;
    for (person, role) in members {
        node.accepted(board, Op::SetMember(SetMember { person: *person, role: Some(*role) })).await;
    }
    node.accepted(board, Op::UpdateBoard(UpdateBoard { everyone: Some(None), ..UpdateBoard::default() })).await;
    board
}

/// The boards that somebody has starred and may see.
async fn starred(node: &Node, credentials: &Credentials) -> Vec<BoardId> {
    let mut boards = Vec::new();
    node.store.mark_stars(credentials, &mut boards, true).await.expect("the stars");
    boards.into_iter().map(|board| board.id).collect()
}

on_both_engines! {
    async fn a_star_is_its_persons_own_and_follows_their_rights(database) {
        let node = Node::on(&database).await;
        let ((ana, by_ana), (ben, by_ben), (_, by_eve)) =
            (person(&node, "ana").await, person(&node, "ben").await, person(&node, "eve").await);
        let board = private_board(&node, &[(ana, BoardRole::Manager), (ben, BoardRole::Viewer)]).await;
        let set = async |by: &Credentials, to| node.store.set_star(by, board, to).await.expect("an answer");
        assert_eq!(set(&by_ben, true).await, StarSet::Done);
        assert_eq!(set(&by_ben, true).await, StarSet::Done, "twice is once");
        assert_eq!(set(&by_eve, true).await, StarSet::NoBoard);
        assert_eq!(set(&Credentials::stranger(), true).await, StarSet::NoBoard);
        assert_eq!(set(&Credentials::local(), true).await, StarSet::Forbidden, "nobody in particular has no stars");
        assert_eq!((starred(&node, &by_ben).await, starred(&node, &by_ana).await), (vec![board], vec![]));

        // Hubs learn of it as of a new name.
        let (listed, revision) = node.store.boards_listed_after(0).await.expect("the list");
        assert_eq!(listed[0].stars.iter().copied().collect::<Vec<_>>(), [ben]);
        assert_eq!(set(&by_ana, true).await, StarSet::Done);
        let (listed, _) = node.store.boards_listed_after(revision).await.expect("the list");
        assert_eq!(listed[0].stars.len(), 2);
        assert_eq!(set(&by_ana, false).await, StarSet::Done);

        // It stays, and shows a board only to those who may see it now.
        let role = |role| Op::SetMember(SetMember { person: ben, role });
        node.accepted(board, role(None)).await;
        assert!(starred(&node, &by_ben).await.is_empty());
        assert_eq!(set(&by_ben, false).await, StarSet::NoBoard);
        node.accepted(board, role(Some(BoardRole::Viewer))).await;
        assert_eq!(starred(&node, &by_ben).await, [board]);
        node.accepted(board, Op::SetArchived(SetArchived::to(true))).await;
        assert!(starred(&node, &by_ben).await.is_empty(), "archived boards are in a list of their own");
        node.accepted(board, Op::SetArchived(SetArchived::to(false))).await;
        node.accepted(board, Op::DeleteBoard(DeleteBoard::default())).await;
        assert!(starred(&node, &by_ben).await.is_empty());
        assert_eq!(set(&by_ben, true).await, StarSet::NoBoard);
        node.accepted(board, Op::RestoreBoard(RestoreBoard {})).await;
        assert_eq!(starred(&node, &by_ben).await, [board]);
        assert_eq!(set(&by_ben, false).await, StarSet::Done);
        assert!(starred(&node, &by_ben).await.is_empty());
    }

    async fn one_may_star_so_many(database) {
        let node = Node::on(&database).await;
        let (_, by_ana) = person(&node, "ana").await;
        for number in 0..=MAX_STARS {
            // Without a known creator, a board is open to everyone.
            let board = node.create_board().await.id;
            let expected = if number < MAX_STARS { StarSet::Done } else { StarSet::Full };
            assert_eq!(node.store.set_star(&by_ana, board, true).await.expect("an answer"), expected);
        }
        assert_eq!(starred(&node, &by_ana).await.len(), MAX_STARS);
    }

    async fn the_contents_of_a_board_are_told_to_those_who_may_see_it(database) {
        let node = Node::on(&database).await;
        let ((ana, by_ana), (ben, by_ben), (_, by_eve)) =
            (person(&node, "ana").await, person(&node, "ben").await, person(&node, "eve").await);
        let board = private_board(&node, &[(ben, BoardRole::Viewer), (ana, BoardRole::Manager)]).await;
        let other = private_board(&node, &[(ana, BoardRole::Manager)]).await;
        let done = node.create_task(board, "Done").await;
        let completion = UpdateTask { completed: Some(true), ..UpdateTask::of(done) };
        node.accepted(board, Op::UpdateTask(completion)).await;
        for title in ["Tea", "Milk"] {
            node.accepted(board, create(new_task(), title)).await;
        }
        let summary = async |board: BoardId| {
            let (listed, _) = node.store.boards_listed_after(0).await.expect("the list");
            listed.iter().find(|listed| listed.board.id == board).expect("it is listed").board.clone()
        };
        let contents = async |by: &Credentials| {
            let boards = [summary(board).await, summary(other).await];
            node.store.board_contents(by, &boards).await.expect("an answer")
        };
        let of_board = BoardContents { board, open: 2, done: 1, members: 2, faces: vec![ana, ben] };
        assert_eq!(contents(&by_ben).await, std::slice::from_ref(&of_board));
        let mut of_ana = contents(&by_ana).await;
        of_ana.sort_by_key(|contents| contents.open == 0);
        assert_eq!(of_ana, [of_board, BoardContents { board: other, open: 0, done: 0, members: 1, faces: vec![ana] }]);
        assert!(contents(&by_eve).await.is_empty() && contents(&Credentials::stranger()).await.is_empty());
        // What changes is counted again, also who is on it.
        node.accepted(board, create(new_task(), "Salt")).await;
        node.accepted(board, Op::SetMember(SetMember { person: ben, role: None })).await;
        let of_ana = contents(&by_ana).await;
        assert_eq!(of_ana[0], BoardContents { board, open: 3, done: 1, members: 1, faces: vec![ana] });
        assert!(contents(&by_ben).await.is_empty());
    }
}
