//! How much somebody may have, and what the things of others cost.

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
use taskwire::{caller::Caller, writer::WriteError};

use crate::{
    socket::connect,
    town::{Town, Who},
};

fn create_board(name: &str) -> Op {
    let column = NewColumn { id: app::new_id::<ColumnId>(), name: "To do".to_owned(), kind: ColumnKind::Open };
    Op::CreateBoard(CreateBoard { name: name.to_owned(), columns: vec![column], everyone: None })
}

async fn write(town: &Town, board: BoardId, op: Op, by: &Caller) -> Result<(), Refusal> {
    let mutation = Mutation { id: app::new_id::<MutationId>(), op };
    match town.services.writer.write(board, mutation, by.clone()).await {
        Ok(_) => Ok(()),
        Err(WriteError::Refused(refusal)) => Err(refusal),
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_makes_only_so_many_boards() {
    let town = Town::found().await;
    let caller = town.other.caller();
    let boards: Vec<BoardId> = (0..1_000).map(|_| app::new_id::<BoardId>()).collect();
    for some in boards.chunks(100) {
        for made in join_all(some.iter().map(|board| write(&town, *board, create_board("Plans"), &caller))).await {
            made.unwrap();
        }
    }
    let another = app::new_id::<BoardId>();
    let refusal = write(&town, another, create_board("One too many"), &caller).await.unwrap_err();
    assert_eq!(refusal, Refusal::Full { what: Thing::Board, limit: 1_000 });
    assert_eq!(refusal.sentence(), "One person may manage 1000 boards; delete one first, or leave it to another.");
    // Others go on, and so does whoever deletes one.
    write(&town, app::new_id::<BoardId>(), create_board("Plans"), &Caller::local()).await.unwrap();
    let delete = Op::DeleteBoard(app::ops::DeleteBoard { base: None });
    write(&town, boards[0], delete, &caller).await.unwrap();
    write(&town, another, create_board("One more"), &caller).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_board_has_only_so_many_share_links() {
    let town = Town::found().await;
    let place = town.build().await;
    let manager = town.manager.caller();
    let (accounts, writer) = (&town.services.accounts, &town.services.writer);
    let there = accounts.share_links(&manager, place.board).await.unwrap().len();
    for _ in there..50 {
        accounts.create_share_link(&manager, place.board, writer).await.unwrap();
    }
    let error = accounts.create_share_link(&manager, place.board, writer).await.unwrap_err();
    assert_eq!(error.sentence(), "The share link is one too many: there may be 50; revoke one first.");
    let links = accounts.share_links(&manager, place.board).await.unwrap();
    assert_eq!(links.len(), 50);
    accounts.revoke_share_link(&manager, place.board, links[0].id, writer).await.unwrap();
    accounts.create_share_link(&manager, place.board, writer).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_last_browsers_of_somebody_are_known() {
    let town = Town::found().await;
    let accounts = &town.services.accounts;
    let mut browsers = Vec::new();
    for _ in 0..25 {
        browsers.push(accounts.remember_device(town.viewer.id).await.unwrap());
    }
    let others = accounts.remember_device(town.editor.id).await.unwrap();
    let known = async |secret: &taskwire::secret::Secret, email: &str| {
        accounts.known_device(secret.expose(), email).await.unwrap().is_some()
    };
    for (index, browser) in browsers.iter().enumerate() {
        // Those of one millisecond are in no order.
        if !(2..8).contains(&index) {
            assert_eq!(known(browser, "viewer@example.com").await, index >= 5, "{index}");
        }
    }
    assert!(known(&others, "editor@example.com").await);
    assert!(!known(&others, "viewer@example.com").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_has_ones_own_boards_and_is_not_sent_for_those_of_others() {
    let town = Town::found().await;
    let place = town.build().await;
    let local = Caller::local();
    let [own, open, closed] = [(); 3].map(|()| app::new_id::<BoardId>());
    for (board, name) in [(own, "Own"), (open, "Open"), (closed, "Closed")] {
        write(&town, board, create_board(name), &local).await.unwrap();
        let close = |everyone| Op::UpdateBoard(UpdateBoard { everyone: Some(everyone), ..UpdateBoard::default() });
        write(&town, board, close((board == open).then_some(BoardRole::Viewer)), &local).await.unwrap();
    }
    let set = |role| Op::SetMember(SetMember { person: town.other.id, role });
    write(&town, own, set(Some(BoardRole::Manager)), &local).await.unwrap();
    let (link, _) = town.services.accounts.create_share_link(&local, closed, &town.services.writer).await.unwrap();
    let names = async |caller: &Caller| {
        let boards = town.services.store.boards_for(caller).await.unwrap();
        boards.into_iter().map(|board| board.name).collect::<Vec<_>>()
    };
    assert_eq!(names(&town.other.caller()).await, ["Open", "Own"]);
    assert_eq!(names(&Caller { links: vec![link.hash()], ..town.other.caller() }).await, ["Closed", "Open", "Own"]);
    assert_eq!(names(&Caller { links: vec![link.hash()], ..Caller::stranger() }).await, ["Closed"]);
    assert!(names(&town.admin.caller()).await.len() > 3);

    let mut socket = connect(&town, Who::Other, &place).await.unwrap();
    socket.say(&ClientMessage::WatchBoards {}).await;
    let list = async |socket: &mut crate::support::client::Client| match socket.hear().await {
        ServerMessage::Boards { boards } => boards.into_iter().map(|board| board.name).collect::<Vec<_>>(),
        other => panic!("should have been the boards: {other:?}"),
    };
    assert_eq!(list(&mut socket).await, ["Open", "Own"]);
    let rename = |name: &str| Op::UpdateBoard(UpdateBoard { name: Some(name.to_owned()), ..UpdateBoard::default() });
    for _ in 0..20 {
        write(&town, closed, rename("Secret"), &local).await.unwrap();
        write(&town, app::new_id::<BoardId>(), create_board("Secret as well"), &town.editor.caller()).await.unwrap();
    }
    write(&town, own, rename("Mine"), &local).await.unwrap();
    assert_eq!(list(&mut socket).await, ["Open", "Mine"]);
    write(&town, closed, set(Some(BoardRole::Viewer)), &local).await.unwrap();
    assert_eq!(list(&mut socket).await, ["Secret", "Open", "Mine"]);
    write(&town, closed, set(None), &local).await.unwrap();
    assert_eq!(list(&mut socket).await, ["Open", "Mine"]);
    write(&town, open, Op::DeleteBoard(app::ops::DeleteBoard { base: None }), &local).await.unwrap();
    assert_eq!(list(&mut socket).await, ["Mine"]);
}

/// `cargo nextest run --release -p taskwire --test access --run-ignored only --no-capture many_boards`
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn many_boards_of_others_cost_nobody_anything() {
    let town = Town::found().await;
    let local = Caller::local();
    let boards: Vec<BoardId> = (0..20_000).map(|_| app::new_id::<BoardId>()).collect();
    for some in boards.chunks(500) {
        join_all(some.iter().map(|board| write(&town, *board, create_board("Plans"), &local))).await;
        let close = || Op::UpdateBoard(UpdateBoard { everyone: Some(None), ..UpdateBoard::default() });
        join_all(some.iter().map(|board| write(&town, *board, close(), &local))).await;
        let set = || Op::SetMember(SetMember { person: town.editor.id, role: Some(BoardRole::Editor) });
        join_all(some.iter().map(|board| write(&town, *board, set(), &local))).await;
    }
    let set = Op::SetMember(SetMember { person: town.other.id, role: Some(BoardRole::Viewer) });
    write(&town, boards[0], set, &local).await.unwrap();
    let other = town.other.caller();
    for _ in 0..3 {
        let began = Instant::now();
        assert_eq!(town.services.store.boards_for(&other).await.unwrap().len(), 1);
        let list = began.elapsed();
        let began = Instant::now();
        let (all, revision) = town.services.store.boards_listed_after(0).await.unwrap();
        let first = began.elapsed();
        let began = Instant::now();
        assert!(town.services.store.boards_listed_after(revision).await.unwrap().0.is_empty());
        println!(
            "a list of one among {}: {list:?}; all for the hub: {first:?}, again: {:?}",
            all.len(),
            began.elapsed()
        );
    }
}
