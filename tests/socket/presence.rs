//! Tests presence over the socket: clients are sent the whole state first and then the changes, however people come and
//! go.

use std::time::{Duration, Instant};

use app::{
    id::{ActorId, BoardId, TabId},
    presence::{LISTED_PEOPLE, PresenceState},
    protocol::{ClientMessage, ErrorCode, ServerMessage},
};
use futures::{StreamExt, stream};
use taskwire::{
    http::socket::SocketLimits,
    hub::{HubSettings, presence::PresenceSettings},
};
use uuid::Uuid;

use crate::support::{
    client::{Copy, PATIENCE},
    database::Database,
    node::{new_task, rename},
    presence_client::{PresenceClient, people},
    served::Served,
};

const EVERY: Duration = Duration::from_millis(50);
const GRACE: Duration = Duration::from_millis(300);

fn quick() -> HubSettings {
    let presence = PresenceSettings { every: EVERY, grace: GRACE, ..PresenceSettings::default() };
    HubSettings { presence, ..HubSettings::default() }
}

async fn served(database: &Database) -> Served {
    Served::with(database, quick(), SocketLimits::default()).await
}

/// Another person opens the board and leaves it again. That takes at least as long as the grace period of everybody who
/// left earlier. `always` must hold all the time.
async fn come_and_go(
    served: &Served,
    watcher: &mut PresenceClient,
    person: ActorId,
    always: impl Fn(&PresenceState) -> bool,
) {
    let passer_by = PresenceClient::on(served, watcher.board, Some(person)).await;
    watcher.until_with(|presence_state| presence_state.people.contains(&person), &always).await;
    drop(passer_by);
    watcher.until_with(|presence_state| !presence_state.people.contains(&person), &always).await;
}

/// Pings the client's server and expects the pong as the next message: so no other message was waiting.
async fn nothing_comes_before_the_pong(presence_client: &mut PresenceClient) {
    presence_client.client.say(&ClientMessage::Ping {}).await;
    let answer = presence_client.client.hear().await;
    assert!(matches!(answer, ServerMessage::Pong { .. }), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_opens_a_board_is_told_who_is_there_and_then_who_comes_and_goes() {
    let database = Database::sqlite();
    let served = served(&database).await;
    let board = served.node.create_board().await.id;
    let [ana, ben] = people();
    let mut first = PresenceClient::on(&served, board, Some(ana)).await;
    assert_eq!(first.sees(), (vec![ana], 0));
    let mut second = PresenceClient::on(&served, board, Some(ben)).await;
    assert_eq!(second.sees(), (vec![ana, ben], 0));
    first.next().await;
    assert_eq!(first.sees(), (vec![ana, ben], 0));

    drop(first);
    second.next().await;
    assert_eq!(second.sees(), (vec![ben], 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_there_from_their_first_tab_to_their_last() {
    let database = Database::sqlite();
    let served = served(&database).await;
    let board = served.node.create_board().await.id;
    let [ana, ben, cat] = people();
    let mut watcher = PresenceClient::on(&served, board, Some(ben)).await;
    let one = PresenceClient::on(&served, board, Some(ana)).await;
    let other = PresenceClient::on(&served, board, Some(ana)).await;
    assert_eq!(other.sees(), (vec![ana, ben], 0));
    watcher.next().await;
    assert_eq!(watcher.sees(), (vec![ana, ben], 0));
    drop(one);
    come_and_go(&served, &mut watcher, cat, |presence_state| presence_state.people.contains(&ana)).await;
    drop(other);
    watcher.next().await;
    assert_eq!(watcher.sees(), (vec![ben], 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_no_account_is_a_guest_each_tab_one() {
    let database = Database::sqlite();
    let served = served(&database).await;
    let board = served.node.create_board().await.id;
    let mut one = PresenceClient::on(&served, board, None).await;
    assert_eq!(one.sees(), (vec![], 1));
    let other = PresenceClient::on(&served, board, None).await;
    assert_eq!(other.sees(), (vec![], 2));
    one.next().await;
    assert_eq!(one.sees(), (vec![], 2));
    drop(other);
    one.next().await;
    assert_eq!(one.sees(), (vec![], 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_edits_is_told_until_they_are_done_or_gone() {
    let database = Database::sqlite();
    let served = served(&database).await;
    let board = served.node.create_board().await.id;
    let (tea, milk) = (new_task(), new_task());
    let [ana, ben] = people();
    let mut watcher = PresenceClient::on(&served, board, Some(ben)).await;
    let mut editor = PresenceClient::on(&served, board, Some(ana)).await;
    editor.edit(Some(tea)).await;
    watcher.until(|presence_state| !presence_state.editing.is_empty()).await;
    assert_eq!(watcher.edits(), [(tea, Some(ana))]);
    // Guests can edit too, and a client that comes later is told of the edits at once.
    let mut guest = PresenceClient::on(&served, board, None).await;
    assert_eq!(guest.edits(), [(tea, None)], "guests are not told who");
    guest.edit(Some(milk)).await;
    watcher.until(|presence_state| presence_state.editing.len() == 2).await;
    assert_eq!(watcher.edits(), [(tea, Some(ana)), (milk, None)]);
    assert_eq!(watcher.presence_state.editing[1].tab, guest.tab);

    editor.edit(None).await;
    watcher.until(|presence_state| presence_state.editing.len() == 1).await;
    assert_eq!(watcher.edits(), [(milk, None)]);
    // Somebody who has left is not editing any more, although they still count as present for the grace period.
    drop(guest);
    watcher.next().await;
    assert_eq!((watcher.edits(), watcher.presence_state.guests), (vec![], 1));
    watcher.next().await;
    assert_eq!(watcher.presence_state.guests, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_loads_the_page_anew_does_not_go_and_come_for_the_others() {
    let database = Database::sqlite();
    let settings = PresenceSettings { grace: PATIENCE, every: EVERY, ..PresenceSettings::default() };
    let settings = HubSettings { presence: settings, ..HubSettings::default() };
    let served = Served::with(&database, settings, SocketLimits::default()).await;
    let board = served.node.create_board().await.id;
    let [ana, ben] = people();
    let mut watcher = PresenceClient::on(&served, board, Some(ben)).await;
    let mut pages = Vec::new();
    for person in [Some(ana), None] {
        pages.push(PresenceClient::on(&served, board, person).await);
    }
    watcher.until(|presence_state| presence_state.people.len() == 2 && presence_state.guests == 1).await;
    let all_are_there = |presence_state: &PresenceState| presence_state.people.len() == 2 && presence_state.guests == 1;
    for (person, mut old) in [Some(ana), None].into_iter().zip(pages) {
        // The end of the edit shows that the server has noticed the end of the old page.
        old.edit(Some(new_task())).await;
        watcher.until_with(|presence_state| !presence_state.editing.is_empty(), all_are_there).await;
        drop(old);
        watcher.until_with(|presence_state| presence_state.editing.is_empty(), all_are_there).await;
        let mut new = PresenceClient::on(&served, board, person).await;
        new.edit(Some(new_task())).await;
        watcher.until_with(|presence_state| !presence_state.editing.is_empty(), all_are_there).await;
        new.edit(None).await;
        watcher.until_with(|presence_state| presence_state.editing.is_empty(), all_are_there).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_connects_again_before_its_old_connection_ends_is_counted_once() {
    let database = Database::sqlite();
    let served = served(&database).await;
    let board = served.node.create_board().await.id;
    let [ana, ben] = people();
    let mut watcher = PresenceClient::on(&served, board, Some(ben)).await;
    let mut old = PresenceClient::on(&served, board, None).await;
    old.edit(Some(new_task())).await;
    watcher.until(|presence_state| presence_state.guests == 1 && presence_state.editing.len() == 1).await;
    let new = PresenceClient::over(served.connect().await, board, old.tab).await;
    assert_eq!((new.presence_state.guests, new.edits()), (2, vec![]), "the watcher is one, to a guest");
    watcher
        .until_with(|presence_state| presence_state.editing.is_empty(), |presence_state| presence_state.guests == 1)
        .await;
    // The server ignores what the old connection still sends, and its end removes nobody.
    old.edit(Some(new_task())).await;
    drop(old);
    come_and_go(&served, &mut watcher, ana, |presence_state| {
        presence_state.guests == 1 && presence_state.editing.is_empty()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_subscribes_anew_stays_and_whoever_unsubscribes_leaves() {
    let database = Database::sqlite();
    let served = served(&database).await;
    let board = served.node.create_board().await.id;
    let [ana, ben, cat] = people();
    let mut watcher = PresenceClient::on(&served, board, Some(ben)).await;
    let mut other = PresenceClient::on(&served, board, Some(ana)).await;
    watcher.next().await;
    other.client.subscribe(board, Some(1)).await;
    come_and_go(&served, &mut watcher, cat, |presence_state| presence_state.people.contains(&ana)).await;

    other.client.say(&ClientMessage::Unsubscribe { board }).await;
    watcher.next().await;
    assert_eq!(watcher.sees(), (vec![ben], 0));
    // While it is unsubscribed it is sent no presence; when it subscribes again it is sent the whole state.
    other.client.say(&ClientMessage::Ping {}).await;
    while !matches!(other.client.hear().await, ServerMessage::Pong { .. }) {}
    come_and_go(&served, &mut watcher, cat, |_| true).await;
    other.client.say(&ClientMessage::Ping {}).await;
    loop {
        match other.client.hear().await {
            ServerMessage::Pong { .. } => break,
            ServerMessage::Presence { .. } | ServerMessage::PresenceChanged { .. } => panic!("it has left"),
            _ => {}
        }
    }
    other.open().await;
    other.next().await;
    assert_eq!(other.sees(), (vec![ana, ben], 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_that_only_follow_are_not_counted_and_not_told() {
    let database = Database::sqlite();
    let served = served(&database).await;
    let board = served.node.create_board().await.id;
    let mut program = served.connect().await;
    program.subscribe(board, Some(1)).await;
    let presence_client = PresenceClient::on(&served, board, None).await;
    assert_eq!(presence_client.sees(), (vec![], 1));
    let task = served.node.create_task(board, "Buy milk").await;
    served.node.accepted(board, rename(task, "Buy tea")).await;
    let mut copy = Copy::of(board, Some(1));
    while copy.seq < Some(3) {
        let message = program.hear().await;
        assert!(matches!(message, ServerMessage::Changes { .. }), "{message:?}");
        copy.take(&message);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_laptop_that_fell_asleep_is_gone_and_comes_back_when_it_is_heard_of() {
    let database = Database::sqlite();
    let limits = SocketLimits {
        ping_after: Duration::from_millis(200),
        away: Duration::from_millis(500),
        silence: Duration::from_secs(3600),
        ..SocketLimits::default()
    };
    let served = Served::with(&database, quick(), limits).await;
    let board = served.node.create_board().await.id;
    let [ana, ben, cat] = people();
    let mut asleep = PresenceClient::on(&served, board, Some(ana)).await;
    asleep.edit(Some(new_task())).await;
    // From here on nobody reads its socket, so not even the WebSocket pings are answered.
    let mut watcher = PresenceClient::on(&served, board, Some(ben)).await;
    let began = Instant::now();
    watcher.until(|presence_state| presence_state.people == [ben] && presence_state.editing.is_empty()).await;
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    asleep.client.say(&ClientMessage::Ping {}).await;
    watcher.until(|presence_state| presence_state.people == [ana, ben] && presence_state.editing.len() == 1).await;

    // It falls asleep again and never wakes up: the end of its connection must not make the person present again.
    watcher.until(|presence_state| presence_state.people == [ben]).await;
    drop(asleep);
    come_and_go(&served, &mut watcher, cat, |presence_state| !presence_state.people.contains(&ana)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_reader_gets_the_latest_presence_state_only() {
    let database = Database::sqlite();
    let served = served(&database).await;
    let board = served.node.create_board().await.id;
    let [ana, ben] = people();
    let mut slow = PresenceClient::on(&served, board, Some(ana)).await;
    let mut editor = PresenceClient::on(&served, board, Some(ben)).await;
    let (last, began) = (new_task(), Instant::now());
    for _ in 0..1_500 {
        editor.edit(Some(new_task())).await;
    }
    editor.edit(Some(last)).await;
    editor.until(|presence_state| presence_state.editing.iter().any(|editing| editing.task == last)).await;
    slow.until(|presence_state| presence_state.editing.iter().any(|editing| editing.task == last)).await;
    let most = began.elapsed().div_duration_f64(EVERY) as usize + 3;
    assert!(slow.messages <= most, "{} messages instead of {most}", slow.messages);
}

#[tokio::test(flavor = "multi_thread")]
async fn presence_on_a_board_that_is_not_subscribed_or_with_nonsense_is_an_error_and_harms_nobody() {
    let database = Database::sqlite();
    let served = served(&database).await;
    let (board, other_board) = (served.node.create_board().await.id, served.node.create_board().await.id);
    let elsewhere = served.node.create_task(other_board, "On another board").await;
    let mut watcher = PresenceClient::on(&served, board, None).await;
    let mut client = served.connect().await;
    let tab = app::new_id::<TabId>();
    for board in [board, app::new_id::<BoardId>()] {
        client.say(&ClientMessage::Present { board, tab, editing: None, comment: false, secret: None }).await;
        let ServerMessage::Error { code, board: about, .. } = client.hear().await else { panic!("an error") };
        assert_eq!((code, about), (ErrorCode::NotSubscribed, Some(board)));
    }
    for nonsense in [
        format!(r#"{{"type":"present","board":"{board}"}}"#),
        format!(r#"{{"type":"present","board":"{board}","tab":"Ana"}}"#),
        format!(r#"{{"type":"present","board":"{board}","tab":"{tab}","editing":7}}"#),
        format!(r#"{{"type":"present","board":"{board}","tab":"{tab}","person":"{tab}"}}"#),
    ] {
        client.say_text(nonsense).await;
        assert_eq!(client.hear_error().await, ErrorCode::BadMessage);
    }
    nothing_comes_before_the_pong(&mut watcher).await;

    // A task that is on another board, or does not exist, is accepted: presence is only a hint.
    for task in [elsewhere, new_task()] {
        client.subscribe(board, Some(1)).await;
        client.say(&ClientMessage::Present { board, tab, editing: Some(task), comment: false, secret: None }).await;
        watcher.until(|presence_state| presence_state.editing.iter().any(|editing| editing.task == task)).await;
    }
    drop(client);
    watcher.until(|presence_state| presence_state.editing.is_empty() && presence_state.guests == 1).await;
    // The other board is not affected.
    assert_eq!(PresenceClient::on(&served, other_board, None).await.edits(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_presence_state_is_listed_up_to_a_bound_and_counted_beyond() {
    let database = Database::sqlite();
    let served = served(&database).await;
    let board = served.node.create_board().await.id;
    let everybody = people::<{ LISTED_PEOPLE + 20 }>();
    let served = &served;
    let clients: Vec<_> = stream::iter(everybody)
        .map(|person| PresenceClient::on(served, board, Some(person)))
        .buffer_unordered(20)
        .collect()
        .await;
    let mut last = PresenceClient::on(served, board, Some(everybody[0])).await;
    last.until(|presence_state| presence_state.more == 20).await;
    assert_eq!(
        last.presence_state,
        PresenceState { people: everybody[..LISTED_PEOPLE].to_vec(), more: 20, ..PresenceState::default() }
    );
    drop(clients);
    last.until(|presence_state| presence_state.people.len() == 1).await;
    assert_eq!((last.sees(), last.presence_state.more), ((vec![everybody[0]], 0), 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_tabs_of_one_person_are_one_person_and_cost_the_others_one_message() {
    const TABS: usize = 1_000;
    let database = Database::sqlite();
    let served = served(&database).await;
    let board = served.node.create_board().await.id;
    let [ana, ben] = people();
    let mut watcher = PresenceClient::on(&served, board, Some(ben)).await;
    let served = &served;
    let tabs: Vec<PresenceClient> = stream::iter(0..TABS)
        .map(|_| PresenceClient::on(served, board, Some(ana)))
        .buffer_unordered(50)
        .collect()
        .await;
    watcher.next().await;
    assert_eq!(watcher.sees(), (vec![ana, ben], 0));
    nothing_comes_before_the_pong(&mut watcher).await;
    assert_eq!(watcher.messages, 2);
    // No tab was sent changes about the other tabs: each was sent the presence state once.
    for mut tab in tabs {
        nothing_comes_before_the_pong(&mut tab).await;
        assert_eq!((tab.sees(), tab.messages), ((vec![ana, ben], 0), 1));
    }
    watcher.next().await;
    assert_eq!(watcher.sees(), (vec![ben], 0));
    nothing_comes_before_the_pong(&mut watcher).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_does_not_take_the_tab_of_another() {
    let database = Database::sqlite();
    let served = served(&database).await;
    let board = served.node.create_board().await.id;
    let [ana] = people();
    let mut watcher = PresenceClient::on(&served, board, Some(ana)).await;
    let mut guest = PresenceClient::over(served.connect().await, board, app::new_id::<TabId>()).await;
    guest.secret = Some(app::new_id::<Uuid>());
    let task = new_task();
    guest.edit(Some(task)).await;
    watcher.until(|presence_state| presence_state.editing.len() == 1).await;

    // Another guest claims to be the same tab, whose id is visible to everybody: once with its own secret, once without
    // one.
    let taken = guest.tab;
    for (others, secret) in [(2, Some(app::new_id::<Uuid>())), (3, None)] {
        let mut thief = PresenceClient::over(served.connect().await, board, taken).await;
        thief.secret = secret;
        thief.edit(None).await;
        watcher
            .until_with(
                |presence_state| presence_state.guests == others,
                |presence_state| !presence_state.editing.is_empty(),
            )
            .await;
        std::mem::forget(thief.client);
    }
    // The page itself, which knows the secret, can replace its own tab.
    let mut again = PresenceClient { client: served.connect().await, ..guest };
    again.edit(None).await;
    again.open().await;
    watcher.until(|presence_state| presence_state.editing.is_empty() && presence_state.guests == 3).await;
}
