//! Revoked rights end at once, also for open sockets.

use app::{
    access::{BoardRole, InstanceRole, Principal, Scope},
    id::{ActorId, TabId},
    ops::{Op, SetMember, UpdateBoard},
    protocol::{CLOSED_SIGNED_OUT, ClientMessage, ErrorCode, ServerMessage},
    refusal::Refusal,
};
use reqwest::{Method, StatusCode};
use taskwire::{clock::now, credentials::Credentials};

use crate::{
    fixture::{Fixture, TestBoard, TestUser, Who, sign_in},
    socket::connect,
    support::{
        client::Client,
        newer::Newer,
        node::{create, mutation, new_task},
    },
};

/// A client that follows the board and has received its newest state.
async fn subscriber(fixture: &Fixture, who: Who, test_board: &TestBoard) -> Client {
    let mut client = connect(fixture, who, test_board).await.unwrap();
    client.subscribe(test_board.board, None).await;
    let ServerMessage::Snapshot(_) = client.hear().await else { panic!("should have been a snapshot") };
    client
}

async fn write(fixture: &Fixture, test_board: &TestBoard, op: Op) {
    fixture.services.writer.write(test_board.board, mutation(op), fixture.owner.credentials()).await.unwrap();
}

async fn take_off(fixture: &Fixture, test_board: &TestBoard, person: ActorId) {
    write(fixture, test_board, Op::SetMember(SetMember { person, role: None })).await;
}

/// Asserts that the next message says that the board may not be seen any more, and that no change made since is sent
/// before or after it.
async fn assert_shut_out(client: &mut Client, test_board: &TestBoard) {
    match client.hear().await {
        ServerMessage::Error { code: ErrorCode::Forbidden, board: Some(board), .. } => {
            assert_eq!(board, test_board.board)
        }
        other => panic!("should have been shut out: {other:?}"),
    }
    client.say(&ClientMessage::Ping {}).await;
    let ServerMessage::Pong { heads } = client.hear().await else { panic!("should have been a pong") };
    assert!(heads.is_empty());
    client.subscribe(test_board.board, None).await;
    assert_eq!(client.hear_error().await, ErrorCode::NoSuchBoard);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_taken_off_a_board_hears_nothing_more_of_it() {
    let fixture = Fixture::new().await;
    let test_board = fixture.create_board().await;
    let mut gone = subscriber(&fixture, Who::Viewer, &test_board).await;
    let mut stays = subscriber(&fixture, Who::Editor, &test_board).await;
    take_off(&fixture, &test_board, fixture.viewer.id).await;
    write(&fixture, &test_board, create(new_task(), "Secret")).await;
    assert_shut_out(&mut gone, &test_board).await;
    let ServerMessage::Changes { .. } = stays.hear().await else { panic!("should have been changes") };
}

#[tokio::test(flavor = "multi_thread")]
async fn a_board_that_is_closed_to_everyone_is_closed_at_once() {
    let fixture = Fixture::new().await;
    let test_board = fixture.create_board().await;
    let everyone = |everyone| Op::UpdateBoard(UpdateBoard { everyone: Some(everyone), ..UpdateBoard::default() });
    write(&fixture, &test_board, everyone(Some(BoardRole::Editor))).await;
    let mut other = subscriber(&fixture, Who::Other, &test_board).await;
    let op = mutation(create(new_task(), "From everyone"));
    other.mutate(test_board.board, vec![op]).await;
    while !matches!(other.hear().await, ServerMessage::Accepted { .. }) {}
    write(&fixture, &test_board, everyone(None)).await;
    loop {
        match other.hear().await {
            ServerMessage::Error { code: ErrorCode::Forbidden, .. } => break,
            // Their own change may arrive after its answer.
            ServerMessage::Changes { changes, .. } => {
                assert!(changes.iter().all(|change| change.by == Some(fixture.other.id)))
            }
            other => panic!("not expected: {other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_is_removed_in_mid_socket_counts_for_the_next_edit() {
    let fixture = Fixture::new().await;
    let test_board = fixture.create_board().await;
    let mut editor = subscriber(&fixture, Who::Editor, &test_board).await;
    write(&fixture, &test_board, Op::SetMember(SetMember { person: fixture.editor.id, role: Some(BoardRole::Viewer) }))
        .await;
    editor.mutate(test_board.board, vec![mutation(create(new_task(), "Too late"))]).await;
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
    let fixture = Fixture::new().await;
    let test_board = fixture.create_board().await;
    let (mut ended, mut stays) =
        (subscriber(&fixture, Who::Viewer, &test_board).await, subscriber(&fixture, Who::Editor, &test_board).await);
    let viewer = fixture.viewer.credentials();
    let sessions = fixture.services.accounts.sessions(&viewer).await.unwrap();
    fixture.services.accounts.end_session(&viewer, sessions[0].id).await.unwrap();
    assert_eq!(ended.hear_end().await, Some(CLOSED_SIGNED_OUT));
    stays.say(&ClientMessage::Ping {}).await;
    let ServerMessage::Pong { .. } = stays.hear().await else { panic!("should have been a pong") };
    let board = format!("/api/v1/boards/{}", test_board.board);
    let answer = fixture.ask(Who::Viewer, &test_board, Method::GET, &board).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_is_deactivated_is_out_at_once() {
    let fixture = Fixture::new().await;
    let test_board = fixture.create_board().await;
    let mut editor = subscriber(&fixture, Who::Editor, &test_board).await;
    fixture.services.accounts.set_active(&Credentials::local(), fixture.editor.id, false).await.unwrap();
    assert_eq!(editor.hear_end().await, Some(CLOSED_SIGNED_OUT));
    // After they are activated again, they have to sign in again.
    fixture.services.accounts.set_active(&Credentials::local(), fixture.editor.id, true).await.unwrap();
    let me = fixture.ask(Who::Editor, &test_board, Method::GET, "/api/v1/people/me").send().await.unwrap();
    assert_eq!(me.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_revoked_works_no_more_anywhere() {
    let fixture = Fixture::new().await;
    let test_board = fixture.create_board().await;
    let mut program = subscriber(&fixture, Who::WriteToken, &test_board).await;
    let tokens = fixture.services.accounts.tokens(&Credentials::local(), fixture.owner.id).await.unwrap();
    for (token, _) in tokens {
        fixture.services.accounts.revoke_token(&Credentials::local(), token.id).await.unwrap();
    }
    assert_eq!(program.hear_end().await, Some(CLOSED_SIGNED_OUT));
    let boards = fixture.ask(Who::WriteToken, &test_board, Method::GET, "/api/v1/boards").send().await.unwrap();
    assert_eq!(boards.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(boards.headers()["www-authenticate"], "Bearer realm=\"taskwire\"");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_share_link_is_live_until_it_is_revoked() {
    let fixture = Fixture::new().await;
    let test_board = fixture.create_board().await;
    let mut reader = subscriber(&fixture, Who::Link, &test_board).await;
    write(&fixture, &test_board, create(new_task(), "For everybody with the link")).await;
    let ServerMessage::Changes { .. } = reader.hear().await else { panic!("should have been changes") };
    fixture
        .services
        .accounts
        .revoke_share_link(&Credentials::local(), test_board.board, test_board.link, &fixture.services.writer)
        .await
        .unwrap();
    write(&fixture, &test_board, create(new_task(), "Secret")).await;
    assert_shut_out(&mut reader, &test_board).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_share_link_stops_working_when_its_creator_no_longer_manages_the_board() {
    let fixture = Fixture::new().await;
    let role = async |test_board: &TestBoard, person, role| {
        write(&fixture, test_board, Op::SetMember(SetMember { person, role })).await;
    };
    for how in ["taken off", "deactivated"] {
        let test_board = fixture.create_board().await;
        let (accounts, writer) = (&fixture.services.accounts, &fixture.services.writer);
        let made = accounts.create_share_link(&fixture.manager.credentials(), test_board.board, writer).await.unwrap();
        let test_board = TestBoard { link_secret: made.0.expose().to_owned(), ..test_board };
        let mut reader = subscriber(&fixture, Who::Link, &test_board).await;
        role(&test_board, fixture.editor.id, Some(BoardRole::Manager)).await;
        match how {
            "taken off" => role(&test_board, fixture.manager.id, None).await,
            _ => accounts.set_active(&Credentials::local(), fixture.manager.id, false).await.unwrap(),
        }
        write(&fixture, &test_board, create(new_task(), "Secret")).await;
        loop {
            match reader.hear().await {
                // This is the change that made the editor a manager.
                ServerMessage::Changes { changes, .. } => assert_eq!(changes.len(), 1, "{how}: {changes:?}"),
                ServerMessage::Error { code: ErrorCode::Forbidden, .. } => break,
                other => panic!("not expected: {other:?}"),
            }
        }
        let links = accounts.share_links(&fixture.editor.credentials(), test_board.board).await.unwrap();
        assert_eq!(
            links.iter().map(|link| link.works).collect::<Vec<_>>(),
            [false, true],
            "the newest is the dead one"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_by_a_share_link_hears_how_many_are_there_and_not_who() {
    let fixture = Fixture::new().await;
    let test_board = fixture.create_board().await;
    let present = |editing| ClientMessage::Present {
        board: test_board.board,
        tab: app::new_id::<TabId>(),
        editing,
        comment: false,
        secret: None,
    };
    let mut editor = subscriber(&fixture, Who::Editor, &test_board).await;
    editor.say(&present(Some(test_board.task))).await;
    let mut reader = subscriber(&fixture, Who::Link, &test_board).await;
    reader.say(&present(None)).await;
    let mut told = Vec::new();
    loop {
        match reader.hear().await {
            ServerMessage::Presence { people, more, guests, editing, .. } => {
                assert_eq!((people, more), (Vec::new(), 0));
                told.push(guests);
                if editing.iter().any(|editing| editing.task == test_board.task) {
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
    let fixture = Fixture::new().await;
    let test_board = fixture.create_board().await;
    let mut admin = subscriber(&fixture, Who::Admin, &test_board).await;
    fixture.services.accounts.set_role(&Credentials::local(), fixture.admin.id, InstanceRole::Member).await.unwrap();
    assert_shut_out(&mut admin, &test_board).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_of_boards_follows_what_one_may_see() {
    let fixture = Fixture::new().await;
    let test_board = fixture.create_board().await;
    let mut other = connect(&fixture, Who::Other, &test_board).await.unwrap();
    other.say(&ClientMessage::WatchBoards { limit: None, boards: Vec::new() }).await;
    let boards = async |client: &mut Client| match client.hear().await {
        ServerMessage::Boards { boards, .. } => boards.len(),
        other => panic!("should have been the boards: {other:?}"),
    };
    assert_eq!(boards(&mut other).await, 0);
    write(&fixture, &test_board, Op::SetMember(SetMember { person: fixture.other.id, role: Some(BoardRole::Viewer) }))
        .await;
    assert_eq!(boards(&mut other).await, 1);
    take_off(&fixture, &test_board, fixture.other.id).await;
    assert_eq!(boards(&mut other).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_with_an_account_learns_the_names_of_the_others_as_they_change() {
    let fixture = Fixture::new().await;
    let test_board = fixture.create_board().await;
    let mut viewer = connect(&fixture, Who::Viewer, &test_board).await.unwrap();
    viewer.say(&ClientMessage::WatchPeople { changes: false }).await;
    let ServerMessage::People { people, you } = viewer.hear().await else { panic!("should have been the people") };
    assert_eq!(you, Principal::person(fixture.viewer.id, InstanceRole::Member));
    assert_eq!(people.iter().find(|person| person.id == fixture.admin.id).unwrap().name, "admin");
    fixture.services.accounts.rename(&fixture.admin.credentials(), "Ana Lima").await.unwrap();
    let ServerMessage::People { people, .. } = viewer.hear().await else { panic!("should have been the people") };
    assert_eq!(people.iter().find(|person| person.id == fixture.admin.id).unwrap().name, "Ana Lima");
}

#[tokio::test(flavor = "multi_thread")]
async fn people_changes_contain_only_differences_that_concern_the_reader() {
    let fixture = Fixture::new().await;
    let test_board = fixture.create_board().await;
    let accounts = &fixture.services.accounts;
    let mut sockets = Vec::new();
    for (who, changes) in [(Who::Viewer, true), (Who::Editor, true), (Who::Other, false)] {
        let mut socket = connect(&fixture, who, &test_board).await.unwrap();
        socket.say(&ClientMessage::WatchPeople { changes }).await;
        let ServerMessage::People { .. } = socket.hear().await else { panic!("should have been the people") };
        sockets.push(socket);
    }
    let [viewer, editor, whole] = &mut sockets[..] else { unreachable!() };
    let (admin, owner, writer) = (fixture.admin.credentials(), fixture.owner.credentials(), &fixture.services.writer);
    let rename = async |name: &str| accounts.rename(&admin, name).await.unwrap();
    rename("Ana").await;
    for socket in [&mut *viewer, &mut *editor] {
        let ServerMessage::PeopleChanged { people, you: None } = socket.hear().await else { panic!("one person") };
        assert_eq!(
            people.iter().map(|person| (person.id, &*person.name)).collect::<Vec<_>>(),
            [(fixture.admin.id, "Ana")]
        );
    }
    let ServerMessage::People { people, .. } = whole.hear().await else { panic!("should have been the people") };
    assert!(people.len() > 5);

    // Sign-ins, sign-outs, tokens and links of others are not sent to anybody …
    for _ in 0..3 {
        let cookie = sign_in(&fixture.services, fixture.manager.id).await;
        let manager = TestUser { cookie, ..fixture.manager.clone() }.credentials();
        let hash = fixture.services.store.sessions_of(fixture.manager.id, now()).await.unwrap()[0].id;
        accounts.end_session(&manager, hash).await.unwrap();
        let (_, token) = accounts.create_token(&owner, fixture.owner.id, "a program", Scope::Read, None).await.unwrap();
        accounts.revoke_token(&owner, token.id).await.unwrap();
        let (_, link) = accounts.create_share_link(&owner, test_board.board, writer).await.unwrap();
        accounts.revoke_share_link(&owner, test_board.board, link.id, writer).await.unwrap();
    }
    // … and a person's rights are sent only to that person.
    accounts.set_role(&owner, fixture.editor.id, InstanceRole::Admin).await.unwrap();
    let ServerMessage::PeopleChanged { people, you: Some(you) } = editor.hear().await else {
        panic!("what they may do")
    };
    assert_eq!((people, you), (vec![], Principal::person(fixture.editor.id, InstanceRole::Admin)));
    rename("Ana Lima").await;
    for socket in [viewer, editor] {
        let ServerMessage::PeopleChanged { people, you: None } = socket.hear().await else { panic!("one person") };
        assert_eq!(people[0].name, "Ana Lima");
    }
    let ServerMessage::People { people, .. } = whole.hear().await else { panic!("should have been the people") };
    assert_eq!(people.iter().find(|person| person.id == fixture.admin.id).unwrap().name, "Ana Lima");
}

/// Who has access may depend on changes that only a newer version can read, so nothing is handed out before the
/// database was read again.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_a_newer_version_takes_off_a_board_hears_nothing_more_of_it() {
    let fixture = Fixture::new().await;
    let test_board = fixture.create_board().await;
    let mut gone = subscriber(&fixture, Who::Viewer, &test_board).await;
    let mut stays = subscriber(&fixture, Who::Editor, &test_board).await;
    let mut newer = Newer::on(&fixture.database).await;
    let take_off = "DELETE FROM board_members WHERE board = $1 AND person = $2";
    newer.commit_with(test_board.board, take_off, &[test_board.board.to_string(), fixture.viewer.id.to_string()]).await;
    write(&fixture, &test_board, create(new_task(), "Secret")).await;
    assert_shut_out(&mut gone, &test_board).await;
    let ServerMessage::Changes { .. } = stays.hear().await else { panic!("should have been changes") };
}
