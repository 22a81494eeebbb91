//! Each change is delivered once and in order, whatever number the client starts from.

use app::{
    id::BoardId,
    ops::{DeleteBoard, Op, RestoreBoard, SetArchived},
    protocol::{ClientMessage, ErrorCode, ServerMessage},
    time::Timestamp,
};
use taskwire::{http::socket::SocketLimits, hub::HubSettings};

use crate::support::{
    client::Copy,
    database::Database,
    node::{create, mutation, new_task, rename},
    served::Served,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_subscriber_gets_the_state_and_then_each_change() {
    let database = Database::sqlite();
    let served = Served::on(&database).await;
    let board = served.node.create_board().await;
    let mut client = served.connect().await;
    client.subscribe(board.id, None).await;
    let mut copy = Copy::of(board.id, None);
    copy.reach(1, &mut client).await;
    for _ in 0..20 {
        served.node.create_task(board.id, "Buy milk").await;
    }
    copy.reach(21, &mut client).await;
    assert_eq!((copy.snapshots, copy.changes), (1, 20));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_comes_back_gets_exactly_what_it_missed() {
    // A ring of ten changes, so that some of the changes are in the ring and some only in the log.
    let database = Database::sqlite();
    let settings = HubSettings { ring_changes: 10, ..HubSettings::default() };
    let served = Served::with(&database, settings, SocketLimits::default()).await;
    let board = served.node.create_board().await;
    let mut watcher = served.connect().await;
    watcher.subscribe(board.id, None).await;
    for _ in 0..49 {
        served.node.create_task(board.id, "Buy milk").await;
    }
    Copy::of(board.id, None).reach(50, &mut watcher).await;
    for since in 0..=50 {
        let mut client = served.connect().await;
        client.subscribe(board.id, Some(since)).await;
        let first = client.hear().await;
        let mut copy = Copy::of(board.id, Some(since));
        copy.take(&first);
        copy.reach(50, &mut client).await;
        assert_eq!((copy.snapshots, copy.changes), (0, 50 - since), "since {since}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_comes_back_after_a_restart_gets_exactly_what_it_missed() {
    let database = Database::sqlite();
    let before = Served::on(&database).await;
    let board = before.node.create_board().await;
    for _ in 0..49 {
        before.node.create_task(board.id, "Buy milk").await;
    }
    before.node.clone().close().await;
    let served = Served::on(&database).await;
    for since in [49, 0, 50, 17] {
        let mut client = served.connect().await;
        client.subscribe(board.id, Some(since)).await;
        let mut copy = Copy::of(board.id, Some(since));
        let first = client.hear().await;
        copy.take(&first);
        copy.reach(50, &mut client).await;
        assert_eq!((copy.snapshots, copy.changes), (0, 50 - since), "since {since}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_is_up_to_date_is_told_so() {
    let database = Database::sqlite();
    let served = Served::on(&database).await;
    let board = served.node.create_board().await;
    let mut client = served.connect().await;
    client.subscribe(board.id, Some(1)).await;
    assert_eq!(client.hear().await, ServerMessage::Changes { board: board.id, after: 1, changes: vec![] });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_whose_changes_were_trimmed_gets_a_snapshot() {
    let database = Database::sqlite();
    let before = Served::on(&database).await;
    let board = before.node.create_board().await;
    for _ in 0..20 {
        before.node.create_task(board.id, "Buy milk").await;
    }
    before.node.store.trim_log(Timestamp::from_millis(i64::MAX)).await.expect("the log is trimmed");
    let served = Served::on(&database).await;
    let mut client = served.connect().await;
    client.subscribe(board.id, Some(5)).await;
    let mut copy = Copy::of(board.id, Some(5));
    copy.reach(21, &mut client).await;
    assert_eq!((copy.snapshots, copy.changes), (1, 0));
    served.node.create_task(board.id, "Buy bread").await;
    copy.reach(22, &mut client).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_is_ahead_of_the_log_gets_a_snapshot() {
    let database = Database::sqlite();
    let served = Served::on(&database).await;
    let board = served.node.create_board().await;
    let mut client = served.connect().await;
    client.subscribe(board.id, Some(1_000)).await;
    let ServerMessage::Snapshot(snapshot) = client.hear().await else { panic!("should have been a snapshot") };
    assert_eq!(snapshot.seq, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_takes_the_place_of_many_changes_where_it_is_smaller() {
    let database = Database::sqlite();
    let served = Served::on(&database).await;
    let board = served.node.create_board().await;
    let task = served.node.create_task(board.id, "Buy milk").await;
    let long = "x".repeat(400);
    for number in 0..300 {
        served.node.accepted(board.id, rename(task, &format!("{number} {long}"))).await;
    }
    let mut client = served.connect().await;
    client.subscribe(board.id, Some(2)).await;
    let mut copy = Copy::of(board.id, Some(2));
    copy.reach(302, &mut client).await;
    assert_eq!(copy.snapshots, 1);
    assert!(copy.changes < 257);
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_made_on_another_node_arrive_without_redis() {
    let database = Database::sqlite();
    let (here, there) = (Served::on(&database).await, Served::on(&database).await);
    let board = here.node.create_board().await;
    let mut client = there.connect().await;
    client.subscribe(board.id, None).await;
    let mut copy = Copy::of(board.id, None);
    copy.reach(1, &mut client).await;
    for _ in 0..30 {
        here.node.create_task(board.id, "Buy milk").await;
    }
    copy.reach(31, &mut client).await;
    assert_eq!(copy.changes, 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_board_that_is_not_there_is_an_error_and_the_socket_stays() {
    let database = Database::sqlite();
    let served = Served::on(&database).await;
    let board = served.node.create_board().await;
    let mut client = served.connect().await;
    let nowhere = app::new_id::<BoardId>();
    client.subscribe(nowhere, Some(3)).await;
    let ServerMessage::Error { code, board: about, .. } = client.hear().await else { panic!("an error") };
    assert_eq!((code, about), (ErrorCode::NoSuchBoard, Some(nowhere)));
    client.subscribe(board.id, None).await;
    Copy::of(board.id, None).reach(1, &mut client).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_deletion_of_a_board_is_a_change_and_then_there_is_no_such_board() {
    let database = Database::sqlite();
    let served = Served::on(&database).await;
    let board = served.node.create_board().await;
    let mut client = served.connect().await;
    let mut copy = client.follow(board.id, 1).await;
    served.node.accepted(board.id, Op::DeleteBoard(DeleteBoard::default())).await;
    copy.reach(2, &mut client).await;
    client.subscribe(board.id, Some(1)).await;
    assert_eq!(client.hear_error().await, ErrorCode::NoSuchBoard);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_board_that_is_restored_comes_back_to_whoever_has_it_open() {
    let database = Database::sqlite();
    let (here, there) = (Served::on(&database).await, Served::on(&database).await);
    let board = here.node.create_board().await;
    let task = here.node.create_task(board.id, "Tea").await;
    let (mut open, mut elsewhere, mut away) = (here.connect().await, there.connect().await, there.connect().await);
    let mut copies = [open.follow(board.id, 2).await, elsewhere.follow(board.id, 2).await];
    here.node.accepted(board.id, Op::DeleteBoard(DeleteBoard::default())).await;
    copies[0].reach(3, &mut open).await;
    copies[1].reach(3, &mut elsewhere).await;
    // This one returns while the board is deleted, and waits for it in the list of boards.
    away.subscribe(board.id, Some(2)).await;
    assert_eq!(away.hear_error().await, ErrorCode::NoSuchBoard);
    away.say(&ClientMessage::WatchBoards { limit: Some(50), boards: vec![board.id] }).await;
    assert!(matches!(away.hear().await, ServerMessage::Boards { boards, .. } if boards.is_empty()));

    here.node.accepted(board.id, Op::RestoreBoard(RestoreBoard {})).await;
    here.node.accepted(board.id, rename(task, "Coffee")).await;
    copies[0].reach(5, &mut open).await;
    copies[1].reach(5, &mut elsewhere).await;
    assert!(matches!(away.hear().await, ServerMessage::Boards { boards, .. } if boards.len() == 1));
    away.subscribe(board.id, Some(2)).await;
    Copy::of(board.id, Some(2)).reach(5, &mut away).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mutations_are_answered_in_order_and_seen_by_others() {
    let database = Database::sqlite();
    let served = Served::on(&database).await;
    let board = served.node.create_board().await;
    let (mut writer, mut reader) = (served.connect().await, served.connect().await);
    reader.subscribe(board.id, Some(1)).await;
    let task = new_task();
    let mutations = vec![
        mutation(create(task, "Buy milk")),
        mutation(create(task, "Buy milk again")),
        mutation(rename(task, "")),
        mutation(rename(task, "Buy bread")),
    ];
    let ids: Vec<_> = mutations.iter().map(|mutation| mutation.id).collect();
    writer.mutate(board.id, mutations.clone()).await;
    writer.mutate(board.id, vec![mutations[0].clone()]).await;
    let mut outcomes = Vec::new();
    for _ in 0..5 {
        outcomes.push(match writer.hear().await {
            ServerMessage::Accepted { mutation, seq } => (mutation, Some(seq)),
            ServerMessage::Rejected { mutation, .. } => (mutation, None),
            other => panic!("{other:?}"),
        });
    }
    assert_eq!(
        outcomes,
        [
            (ids[0], Some(2)),
            (ids[1], None),
            (ids[2], None),
            (ids[3], Some(3)),
            // Sent twice, applied once; the second answer is the same as the first.
            (ids[0], Some(2)),
        ]
    );
    let mut copy = Copy::of(board.id, Some(1));
    copy.reach(3, &mut reader).await;
    assert_eq!(copy.changes, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_edits_made_offline_are_all_taken() {
    let database = Database::sqlite();
    let served = Served::on(&database).await;
    let board = served.node.create_board().await;
    let mut client = served.connect().await;
    client.subscribe(board.id, Some(1)).await;
    for _ in 0..500 {
        client.mutate(board.id, vec![mutation(create(new_task(), "Written on a train"))]).await;
    }
    let mut copy = Copy::of(board.id, Some(1));
    let mut accepted = 0;
    while accepted < 500 || copy.seq < Some(501) {
        let message = client.hear().await;
        copy.take(&message);
        accepted += u32::from(matches!(message, ServerMessage::Accepted { .. }));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pong_tells_the_newest_numbers_and_comes_after_them() {
    let database = Database::sqlite();
    let served = Served::on(&database).await;
    let board = served.node.create_board().await;
    let mut client = served.connect().await;
    client.subscribe(board.id, Some(1)).await;
    let mut copy = Copy::of(board.id, Some(1));
    for _ in 0..10 {
        served.node.create_task(board.id, "Buy milk").await;
        client.say(&ClientMessage::Ping {}).await;
        loop {
            let message = client.hear().await;
            copy.take(&message);
            if let ServerMessage::Pong { heads } = message {
                assert_eq!(heads.into_iter().collect::<Vec<_>>(), [(board.id, copy.seq.expect("a number"))]);
                break;
            }
        }
    }
    assert_eq!(copy.seq, Some(11));
    client.say(&ClientMessage::Unsubscribe { board: board.id }).await;
    served.node.create_task(board.id, "Buy milk").await;
    client.say(&ClientMessage::Ping {}).await;
    assert_eq!(client.hear().await, ServerMessage::Pong { heads: [].into() });
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_of_boards_comes_at_once_and_whenever_it_changes() {
    let database = Database::sqlite();
    let settings = HubSettings { boards_every: std::time::Duration::from_secs(3600), ..HubSettings::default() };
    let served = Served::with(&database, settings, SocketLimits::default()).await;
    let first = served.node.create_board().await;
    let mut client = served.connect().await;
    client.say(&ClientMessage::WatchBoards { limit: None, boards: Vec::new() }).await;
    let ServerMessage::Boards { boards, .. } = client.hear().await else { panic!("the list") };
    assert_eq!(boards.iter().map(|board| board.id).collect::<Vec<_>>(), [first.id]);
    let second = served.node.create_board().await;
    let ServerMessage::Boards { boards, .. } = client.hear().await else { panic!("the list") };
    assert_eq!(boards.iter().map(|board| board.id).collect::<Vec<_>>(), [second.id, first.id]);
    // An archived board leaves the list, but for those who named it.
    let mut naming = served.connect().await;
    naming.say(&ClientMessage::WatchBoards { limit: Some(1), boards: vec![first.id] }).await;
    let ServerMessage::Boards { boards, .. } = naming.hear().await else { panic!("the list") };
    assert!(boards.iter().all(|board| board.archived_at.is_none()));
    for (archived, expected) in [(true, vec![second.id]), (false, vec![second.id, first.id])] {
        served.node.accepted(first.id, Op::SetArchived(SetArchived::to(archived))).await;
        let ServerMessage::Boards { boards, .. } = client.hear().await else { panic!("the list") };
        assert_eq!(boards.iter().map(|board| board.id).collect::<Vec<_>>(), expected);
        let ServerMessage::Boards { boards, .. } = naming.hear().await else { panic!("the list") };
        let named = boards.iter().find(|board| board.id == first.id).expect("the board that was named");
        assert_eq!(named.archived_at.is_some(), archived);
    }
}

/// The snapshot cached for other clients may be too old: a client with an incomplete state needs a snapshot that is not
/// older than its own number.
#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_that_is_asked_for_is_not_older_than_what_one_has() {
    let database = Database::sqlite();
    let served = Served::on(&database).await;
    let board = served.node.create_board().await.id;
    let mut client = served.connect().await;
    client.subscribe(board, None).await;
    let ServerMessage::Snapshot(first) = client.hear().await else { panic!("should have been a snapshot") };
    served.node.create_task(board, "Buy milk").await;
    let ServerMessage::Changes { .. } = client.hear().await else { panic!("should have been changes") };
    let since = Some(first.seq + 1);
    client.say(&ClientMessage::Subscribe { board, since, snapshot: true, outline: false }).await;
    let ServerMessage::Snapshot(second) = client.hear().await else { panic!("should have been a snapshot") };
    assert_eq!(Some(second.seq), since);
    // A number that is ahead of the log must not make the client wait.
    client.say(&ClientMessage::Subscribe { board, since: Some(1_000), snapshot: true, outline: false }).await;
    let ServerMessage::Snapshot(third) = client.hear().await else { panic!("should have been a snapshot") };
    assert_eq!(third, second);
}
