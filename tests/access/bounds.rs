//! Tests the limits on what one person may have, and that other people's boards cost a person nothing.

use std::time::Instant;

use app::{
    access::BoardRole,
    id::{BoardId, ColumnId, MutationId},
    model::ColumnKind,
    ops::{CreateBoard, Mutation, NewColumn, Op, SetMember, UpdateBoard},
    protocol::{ClientMessage, ServerMessage},
    refusal::{Refusal, Thing},
};
use futures::future::join_all;
use taskwire::{credentials::Credentials, store::BoardQuery, writer::WriteError};

use crate::{
    fixture::{Fixture, Who},
    socket::connect,
};

fn create_board(name: &str) -> Op {
    let column = NewColumn { id: app::new_id::<ColumnId>(), name: "To do".to_owned(), kind: ColumnKind::Open };
    Op::CreateBoard(CreateBoard { name: name.to_owned(), columns: vec![column], everyone: None })
}

async fn write(fixture: &Fixture, board: BoardId, op: Op, by: &Credentials) -> Result<(), Refusal> {
    let mutation = Mutation { id: app::new_id::<MutationId>(), op };
    match fixture.services.writer.write(board, mutation, by.clone()).await {
        Ok(_) => Ok(()),
        Err(WriteError::Refused(refusal)) => Err(refusal),
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_makes_only_so_many_boards() {
    let fixture = Fixture::new().await;
    let credentials = fixture.other.credentials();
    let boards: Vec<BoardId> = (0..1_000).map(|_| app::new_id::<BoardId>()).collect();
    for some in boards.chunks(100) {
        for made in
            join_all(some.iter().map(|board| write(&fixture, *board, create_board("Plans"), &credentials))).await
        {
            made.unwrap();
        }
    }
    let another = app::new_id::<BoardId>();
    let refusal = write(&fixture, another, create_board("One too many"), &credentials).await.unwrap_err();
    assert_eq!(refusal, Refusal::Full { what: Thing::Board, limit: 1_000 });
    assert_eq!(
        refusal.sentence(),
        "One person may manage at most 1000 boards; delete one first, or make somebody else its manager."
    );
    // Others are not affected by the limit; this person can create a board again after deleting one.
    write(&fixture, app::new_id::<BoardId>(), create_board("Plans"), &Credentials::local()).await.unwrap();
    let delete = Op::DeleteBoard(app::ops::DeleteBoard { base: None });
    write(&fixture, boards[0], delete, &credentials).await.unwrap();
    write(&fixture, another, create_board("One more"), &credentials).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_board_has_only_so_many_share_links() {
    let fixture = Fixture::new().await;
    let test_board = fixture.create_board().await;
    let manager = fixture.manager.credentials();
    let (accounts, writer) = (&fixture.services.accounts, &fixture.services.writer);
    let there = accounts.share_links(&manager, test_board.board).await.unwrap().len();
    for _ in there..50 {
        accounts.create_share_link(&manager, test_board.board, writer).await.unwrap();
    }
    let error = accounts.create_share_link(&manager, test_board.board, writer).await.unwrap_err();
    assert_eq!(error.sentence(), "There may be at most 50 share links; revoke one first.");
    let links = accounts.share_links(&manager, test_board.board).await.unwrap();
    assert_eq!(links.len(), 50);
    accounts.revoke_share_link(&manager, test_board.board, links[0].id, writer).await.unwrap();
    accounts.create_share_link(&manager, test_board.board, writer).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_last_browsers_of_somebody_are_known() {
    let fixture = Fixture::new().await;
    let accounts = &fixture.services.accounts;
    let mut browsers = Vec::new();
    for _ in 0..25 {
        browsers.push(accounts.remember_device(fixture.viewer.id).await.unwrap());
    }
    let others = accounts.remember_device(fixture.editor.id).await.unwrap();
    let known = async |secret: &taskwire::secret::Secret, email: &str| {
        accounts.known_device(secret.expose(), email).await.unwrap().is_some()
    };
    for (index, browser) in browsers.iter().enumerate() {
        // The order of browsers recorded in the same millisecond is undefined.
        if !(2..8).contains(&index) {
            assert_eq!(known(browser, "viewer@example.com").await, index >= 5, "{index}");
        }
    }
    assert!(known(&others, "editor@example.com").await);
    assert!(!known(&others, "viewer@example.com").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_has_ones_own_boards_and_is_not_sent_for_those_of_others() {
    let fixture = Fixture::new().await;
    let test_board = fixture.create_board().await;
    let local = Credentials::local();
    let [own, open, closed] = [(); 3].map(|()| app::new_id::<BoardId>());
    for (board, name) in [(own, "Own"), (open, "Open"), (closed, "Closed")] {
        write(&fixture, board, create_board(name), &local).await.unwrap();
        let close = |everyone| Op::UpdateBoard(UpdateBoard { everyone: Some(everyone), ..UpdateBoard::default() });
        write(&fixture, board, close((board == open).then_some(BoardRole::Viewer)), &local).await.unwrap();
    }
    let set = |role| Op::SetMember(SetMember { person: fixture.other.id, role });
    write(&fixture, own, set(Some(BoardRole::Manager)), &local).await.unwrap();
    let (link, _) =
        fixture.services.accounts.create_share_link(&local, closed, &fixture.services.writer).await.unwrap();
    let names = async |credentials: &Credentials| {
        let boards = fixture.services.store.boards_page(credentials, &BoardQuery::newest(100)).await.unwrap();
        boards.rows.into_iter().map(|board| board.name).collect::<Vec<_>>()
    };
    assert_eq!(names(&fixture.other.credentials()).await, ["Open", "Own"]);
    assert_eq!(
        names(&Credentials { links: vec![link.hash()], ..fixture.other.credentials() }).await,
        ["Closed", "Open", "Own"]
    );
    assert_eq!(names(&Credentials { links: vec![link.hash()], ..Credentials::stranger() }).await, ["Closed"]);
    assert!(names(&fixture.admin.credentials()).await.len() > 3);

    let mut socket = connect(&fixture, Who::Other, &test_board).await.unwrap();
    socket.say(&ClientMessage::WatchBoards { limit: None, boards: Vec::new() }).await;
    let list = async |socket: &mut crate::support::client::Client| match socket.hear().await {
        ServerMessage::Boards { boards, .. } => boards.into_iter().map(|board| board.name).collect::<Vec<_>>(),
        other => panic!("should have been the boards: {other:?}"),
    };
    assert_eq!(list(&mut socket).await, ["Open", "Own"]);
    let rename = |name: &str| Op::UpdateBoard(UpdateBoard { name: Some(name.to_owned()), ..UpdateBoard::default() });
    for _ in 0..20 {
        write(&fixture, closed, rename("Secret"), &local).await.unwrap();
        write(&fixture, app::new_id::<BoardId>(), create_board("Secret as well"), &fixture.editor.credentials())
            .await
            .unwrap();
    }
    write(&fixture, own, rename("Mine"), &local).await.unwrap();
    assert_eq!(list(&mut socket).await, ["Open", "Mine"]);
    write(&fixture, closed, set(Some(BoardRole::Viewer)), &local).await.unwrap();
    assert_eq!(list(&mut socket).await, ["Secret", "Open", "Mine"]);
    write(&fixture, closed, set(None), &local).await.unwrap();
    assert_eq!(list(&mut socket).await, ["Open", "Mine"]);
    write(&fixture, open, Op::DeleteBoard(app::ops::DeleteBoard { base: None }), &local).await.unwrap();
    assert_eq!(list(&mut socket).await, ["Mine"]);
}

/// `cargo nextest run --release -p taskwire --test access --run-ignored only --no-capture many_boards`
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn many_boards_of_others_cost_nobody_anything() {
    let fixture = Fixture::new().await;
    let local = Credentials::local();
    let boards: Vec<BoardId> = (0..20_000).map(|_| app::new_id::<BoardId>()).collect();
    for some in boards.chunks(500) {
        join_all(some.iter().map(|board| write(&fixture, *board, create_board("Plans"), &local))).await;
        let close = || Op::UpdateBoard(UpdateBoard { everyone: Some(None), ..UpdateBoard::default() });
        join_all(some.iter().map(|board| write(&fixture, *board, close(), &local))).await;
        let set = || Op::SetMember(SetMember { person: fixture.editor.id, role: Some(BoardRole::Editor) });
        join_all(some.iter().map(|board| write(&fixture, *board, set(), &local))).await;
    }
    let set = Op::SetMember(SetMember { person: fixture.other.id, role: Some(BoardRole::Viewer) });
    write(&fixture, boards[0], set, &local).await.unwrap();
    let other = fixture.other.credentials();
    for _ in 0..3 {
        let began = Instant::now();
        assert_eq!(fixture.services.store.boards_page(&other, &BoardQuery::newest(50)).await.unwrap().rows.len(), 1);
        let list = began.elapsed();
        let began = Instant::now();
        let (all, revision) = fixture.services.store.boards_listed_after(0).await.unwrap();
        let first = began.elapsed();
        let began = Instant::now();
        assert!(fixture.services.store.boards_listed_after(revision).await.unwrap().0.is_empty());
        println!(
            "a list of one among {}: {list:?}; all for the hub: {first:?}, again: {:?}",
            all.len(),
            began.elapsed()
        );
    }
}
