//! What is taken away is gone at once, also for those who have a socket open.

use app::{
    access::{Asker, BoardRole, InstanceRole, Scope},
    id::{ActorId, TabId},
    ops::{Op, SetMember, UpdateBoard},
    protocol::{CLOSED_SIGNED_OUT, ClientMessage, ErrorCode, ServerMessage},
    refusal::Refusal,
};
use reqwest::{Method, StatusCode};
use taskwire::{caller::Caller, clock::now};

use crate::{
    socket::connect,
    support::{
        client::Client,
        newer::Newer,
        node::{create, mutation, new_task},
    },
    town::{Place, Resident, Town, Who, sign_in},
};

/// Somebody who follows a board, and has its newest state.
async fn follower(town: &Town, who: Who, place: &Place) -> Client {
    let mut client = connect(town, who, place).await.unwrap();
    client.subscribe(place.board, None).await;
    let ServerMessage::Snapshot(_) = client.hear().await else { panic!("should have been a snapshot") };
    client
}

async fn write(town: &Town, place: &Place, op: Op) {
    town.services.writer.write(place.board, mutation(op), town.owner.caller()).await.unwrap();
}

async fn take_off(town: &Town, place: &Place, person: ActorId) {
    write(town, place, Op::SetMember(SetMember { person, role: None })).await;
}

/// The next message is that the board may not be seen any more, and nothing of what happened since comes before or after it.
async fn assert_shut_out(client: &mut Client, place: &Place) {
    match client.hear().await {
        ServerMessage::Error { code: ErrorCode::Forbidden, board: Some(board), .. } => assert_eq!(board, place.board),
        other => panic!("should have been shut out: {other:?}"),
    }
    client.say(&ClientMessage::Ping {}).await;
    let ServerMessage::Pong { heads } = client.hear().await else { panic!("should have been a pong") };
    assert!(heads.is_empty());
    client.subscribe(place.board, None).await;
    assert_eq!(client.hear_error().await, ErrorCode::NoSuchBoard);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_taken_off_a_board_hears_nothing_more_of_it() {
    let town = Town::found().await;
    let place = town.build().await;
    let mut gone = follower(&town, Who::Viewer, &place).await;
    let mut stays = follower(&town, Who::Editor, &place).await;
    take_off(&town, &place, town.viewer.id).await;
    write(&town, &place, create(new_task(), "Secret")).await;
    assert_shut_out(&mut gone, &place).await;
    let ServerMessage::Changes { .. } = stays.hear().await else { panic!("should have been changes") };
}

#[tokio::test(flavor = "multi_thread")]
async fn a_board_that_is_closed_to_everyone_is_closed_at_once() {
    let town = Town::found().await;
    let place = town.build().await;
    let everyone = |everyone| Op::UpdateBoard(UpdateBoard { everyone: Some(everyone), ..UpdateBoard::default() });
    write(&town, &place, everyone(Some(BoardRole::Editor))).await;
    let mut other = follower(&town, Who::Other, &place).await;
    let op = mutation(create(new_task(), "From everyone"));
    other.mutate(place.board, vec![op]).await;
    while !matches!(other.hear().await, ServerMessage::Accepted { .. }) {}
    write(&town, &place, everyone(None)).await;
    loop {
        match other.hear().await {
            ServerMessage::Error { code: ErrorCode::Forbidden, .. } => break,
            // Their own change may come after the answer to it.
            ServerMessage::Changes { changes, .. } => {
                assert!(changes.iter().all(|change| change.by == Some(town.other.id)))
            }
            other => panic!("not expected: {other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_is_removed_in_mid_socket_counts_for_the_next_edit() {
    let town = Town::found().await;
    let place = town.build().await;
    let mut editor = follower(&town, Who::Editor, &place).await;
    write(&town, &place, Op::SetMember(SetMember { person: town.editor.id, role: Some(BoardRole::Viewer) })).await;
    editor.mutate(place.board, vec![mutation(create(new_task(), "Too late"))]).await;
    loop {
        match editor.hear().await {
            ServerMessage::Changes { .. } => {}
            ServerMessage::Rejected { error, .. } => {
                assert_eq!(error, Refusal::Forbidden);
                break;
            }
            other => panic!("not expected: {other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_ends_closes_its_sockets_and_no_others() {
    let town = Town::found().await;
    let place = town.build().await;
    let (mut ended, mut stays) =
        (follower(&town, Who::Viewer, &place).await, follower(&town, Who::Editor, &place).await);
    let viewer = town.viewer.caller();
    let sessions = town.services.accounts.sessions(&viewer).await.unwrap();
    town.services.accounts.end_session(&viewer, sessions[0].id).await.unwrap();
    assert_eq!(ended.hear_end().await, Some(CLOSED_SIGNED_OUT));
    stays.say(&ClientMessage::Ping {}).await;
    let ServerMessage::Pong { .. } = stays.hear().await else { panic!("should have been a pong") };
    let board = format!("/api/v1/boards/{}", place.board);
    let answer = town.ask(Who::Viewer, &place, Method::GET, &board).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_is_deactivated_is_out_at_once() {
    let town = Town::found().await;
    let place = town.build().await;
    let mut editor = follower(&town, Who::Editor, &place).await;
    town.services.accounts.set_active(&Caller::local(), town.editor.id, false).await.unwrap();
    assert_eq!(editor.hear_end().await, Some(CLOSED_SIGNED_OUT));
    // Put back into use, they have to sign in again.
    town.services.accounts.set_active(&Caller::local(), town.editor.id, true).await.unwrap();
    let me = town.ask(Who::Editor, &place, Method::GET, "/api/v1/people/me").send().await.unwrap();
    assert_eq!(me.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_revoked_works_no_more_anywhere() {
    let town = Town::found().await;
    let place = town.build().await;
    let mut program = follower(&town, Who::WriteToken, &place).await;
    let tokens = town.services.accounts.tokens(&Caller::local(), town.owner.id).await.unwrap();
    for (token, _) in tokens {
        town.services.accounts.revoke_token(&Caller::local(), token.id).await.unwrap();
    }
    assert_eq!(program.hear_end().await, Some(CLOSED_SIGNED_OUT));
    let boards = town.ask(Who::WriteToken, &place, Method::GET, "/api/v1/boards").send().await.unwrap();
    assert_eq!(boards.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(boards.headers()["www-authenticate"], "Bearer realm=\"taskwire\"");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_share_link_is_live_until_it_is_revoked() {
    let town = Town::found().await;
    let place = town.build().await;
    let mut reader = follower(&town, Who::Link, &place).await;
    write(&town, &place, create(new_task(), "For everybody with the link")).await;
    let ServerMessage::Changes { .. } = reader.hear().await else { panic!("should have been changes") };
    town.services
        .accounts
        .revoke_share_link(&Caller::local(), place.board, place.link, &town.services.writer)
        .await
        .unwrap();
    write(&town, &place, create(new_task(), "Secret")).await;
    assert_shut_out(&mut reader, &place).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_share_link_dies_with_the_right_of_whoever_made_it() {
    let town = Town::found().await;
    let role = async |place: &Place, person, role| {
        write(&town, place, Op::SetMember(SetMember { person, role })).await;
    };
    for how in ["taken off", "deactivated"] {
        let place = town.build().await;
        let (accounts, writer) = (&town.services.accounts, &town.services.writer);
        let made = accounts.create_share_link(&town.manager.caller(), place.board, writer).await.unwrap();
        let place = Place { link_secret: made.0.expose().to_owned(), ..place };
        let mut reader = follower(&town, Who::Link, &place).await;
        role(&place, town.editor.id, Some(BoardRole::Manager)).await;
        match how {
            "taken off" => role(&place, town.manager.id, None).await,
            _ => accounts.set_active(&Caller::local(), town.manager.id, false).await.unwrap(),
        }
        write(&town, &place, create(new_task(), "Secret")).await;
        loop {
            match reader.hear().await {
                // The editor was made a manager before.
                ServerMessage::Changes { changes, .. } => assert_eq!(changes.len(), 1, "{how}: {changes:?}"),
                ServerMessage::Error { code: ErrorCode::Forbidden, .. } => break,
                other => panic!("not expected: {other:?}"),
            }
        }
        let links = accounts.share_links(&town.editor.caller(), place.board).await.unwrap();
        assert_eq!(
            links.iter().map(|link| link.works).collect::<Vec<_>>(),
            [false, true],
            "the newest is the dead one"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_by_a_share_link_hears_how_many_are_there_and_not_who() {
    let town = Town::found().await;
    let place = town.build().await;
    let present =
        |editing| ClientMessage::Present { board: place.board, tab: app::new_id::<TabId>(), editing, secret: None };
    let mut editor = follower(&town, Who::Editor, &place).await;
    editor.say(&present(Some(place.task))).await;
    let mut reader = follower(&town, Who::Link, &place).await;
    reader.say(&present(None)).await;
    let mut told = Vec::new();
    loop {
        match reader.hear().await {
            ServerMessage::Presence { people, more, guests, editing, .. } => {
                assert_eq!((people, more), (Vec::new(), 0));
                told.push(guests);
                if editing.iter().any(|editing| editing.task == place.task) {
                    assert!(editing.iter().all(|editing| editing.person.is_none()), "{editing:?}");
                    break;
                }
            }
            other => panic!("should have been presence: {other:?}"),
        }
    }
    assert_eq!(told.last(), Some(&2), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_who_is_one_no_more_sees_what_a_member_sees() {
    let town = Town::found().await;
    let place = town.build().await;
    let mut admin = follower(&town, Who::Admin, &place).await;
    town.services.accounts.set_role(&Caller::local(), town.admin.id, InstanceRole::Member).await.unwrap();
    assert_shut_out(&mut admin, &place).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_of_boards_follows_what_one_may_see() {
    let town = Town::found().await;
    let place = town.build().await;
    let mut other = connect(&town, Who::Other, &place).await.unwrap();
    other.say(&ClientMessage::WatchBoards {}).await;
    let boards = async |client: &mut Client| match client.hear().await {
        ServerMessage::Boards { boards } => boards.len(),
        other => panic!("should have been the boards: {other:?}"),
    };
    assert_eq!(boards(&mut other).await, 0);
    write(&town, &place, Op::SetMember(SetMember { person: town.other.id, role: Some(BoardRole::Viewer) })).await;
    assert_eq!(boards(&mut other).await, 1);
    take_off(&town, &place, town.other.id).await;
    assert_eq!(boards(&mut other).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_with_an_account_learns_the_names_of_the_others_as_they_change() {
    let town = Town::found().await;
    let place = town.build().await;
    let mut viewer = connect(&town, Who::Viewer, &place).await.unwrap();
    viewer.say(&ClientMessage::WatchPeople { changes: false }).await;
    let ServerMessage::People { people, you } = viewer.hear().await else { panic!("should have been the people") };
    assert_eq!(you, Asker::person(town.viewer.id, InstanceRole::Member));
    assert_eq!(people.iter().find(|person| person.id == town.admin.id).unwrap().name, "admin");
    town.services.accounts.rename(&town.admin.caller(), "Ana Lima").await.unwrap();
    let ServerMessage::People { people, .. } = viewer.hear().await else { panic!("should have been the people") };
    assert_eq!(people.iter().find(|person| person.id == town.admin.id).unwrap().name, "Ana Lima");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_changes_is_told_those_and_nothing_of_what_others_do() {
    let town = Town::found().await;
    let place = town.build().await;
    let accounts = &town.services.accounts;
    let mut sockets = Vec::new();
    for (who, changes) in [(Who::Viewer, true), (Who::Editor, true), (Who::Other, false)] {
        let mut socket = connect(&town, who, &place).await.unwrap();
        socket.say(&ClientMessage::WatchPeople { changes }).await;
        let ServerMessage::People { .. } = socket.hear().await else { panic!("should have been the people") };
        sockets.push(socket);
    }
    let [viewer, editor, whole] = &mut sockets[..] else { unreachable!() };
    let (admin, owner, writer) = (town.admin.caller(), town.owner.caller(), &town.services.writer);
    let rename = async |name: &str| accounts.rename(&admin, name).await.unwrap();
    rename("Ana").await;
    for socket in [&mut *viewer, &mut *editor] {
        let ServerMessage::PeopleChanged { people, you: None } = socket.hear().await else { panic!("one person") };
        assert_eq!(
            people.iter().map(|person| (person.id, &*person.name)).collect::<Vec<_>>(),
            [(town.admin.id, "Ana")]
        );
    }
    let ServerMessage::People { people, .. } = whole.hear().await else { panic!("should have been the people") };
    assert!(people.len() > 5);

    // Signing out and in, tokens and links are nobody else's business …
    for _ in 0..3 {
        let cookie = sign_in(&town.services, town.manager.id).await;
        let manager = Resident { cookie, ..town.manager.clone() }.caller();
        let hash = town.services.store.sessions_of(town.manager.id, now()).await.unwrap()[0].id;
        accounts.end_session(&manager, hash).await.unwrap();
        let (_, token) = accounts.create_token(&owner, town.owner.id, "a program", Scope::Read, None).await.unwrap();
        accounts.revoke_token(&owner, token.id).await.unwrap();
        let (_, link) = accounts.create_share_link(&owner, place.board, writer).await.unwrap();
        accounts.revoke_share_link(&owner, place.board, link.id, writer).await.unwrap();
    }
    // … and what somebody may do is theirs.
    accounts.set_role(&owner, town.editor.id, InstanceRole::Admin).await.unwrap();
    let ServerMessage::PeopleChanged { people, you: Some(you) } = editor.hear().await else {
        panic!("what they may do")
    };
    assert_eq!((people, you), (vec![], Asker::person(town.editor.id, InstanceRole::Admin)));
    rename("Ana Lima").await;
    for socket in [viewer, editor] {
        let ServerMessage::PeopleChanged { people, you: None } = socket.hear().await else { panic!("one person") };
        assert_eq!(people[0].name, "Ana Lima");
    }
    let ServerMessage::People { people, .. } = whole.hear().await else { panic!("should have been the people") };
    assert_eq!(people.iter().find(|person| person.id == town.admin.id).unwrap().name, "Ana Lima");
}

/// Who has access may depend on changes that only a newer version can read. Nothing is handed out before the database was asked.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_a_newer_version_takes_off_a_board_hears_nothing_more_of_it() {
    let town = Town::found().await;
    let place = town.build().await;
    let mut gone = follower(&town, Who::Viewer, &place).await;
    let mut stays = follower(&town, Who::Editor, &place).await;
    let mut newer = Newer::on(&town.database).await;
    let take_off = "DELETE FROM board_members WHERE board = $1 AND person = $2";
    newer.commit_with(place.board, take_off, &[place.board.to_string(), town.viewer.id.to_string()]).await;
    write(&town, &place, create(new_task(), "Secret")).await;
    assert_shut_out(&mut gone, &place).await;
    let ServerMessage::Changes { .. } = stays.hear().await else { panic!("should have been changes") };
}
