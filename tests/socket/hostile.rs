//! Tests what a client may do wrong, on purpose or not: each mistake gets a clear response, nothing is stored, and no
//! other client is affected.

use std::{sync::Arc, time::Duration};

use app::protocol::{ErrorCode, ServerMessage};
use futures::SinkExt;
use serde_json::Value;
use taskwire::{
    http::socket::{SocketLimits, limits::Rate},
    hub::HubSettings,
    settings::Settings,
};
use tokio_tungstenite::tungstenite::Message;
use uuid::Uuid;

use crate::support::{
    client::{Client, Copy},
    database::Database,
    node::{create, mutation, new_task},
    served::Served,
};

/// A server with a board, and a client that follows the board during the whole test.
struct Watched {
    served: Served,
    board: app::id::BoardId,
    watcher: Client,
    copy: Copy,
    _database: Arc<Database>,
}

impl Watched {
    async fn start(limits: SocketLimits) -> Self {
        let database = Arc::new(Database::sqlite());
        let served = Served::with(&database, HubSettings::default(), limits).await;
        let board = served.node.create_board().await.id;
        let mut watcher = served.connect().await;
        watcher.subscribe(board, Some(1)).await;
        Self { served, board, watcher, copy: Copy::of(board, Some(1)), _database: database }
    }

    /// Asserts that nothing but the board itself was stored, and that the next change reaches the watcher over the same
    /// socket.
    async fn unharmed(mut self) {
        assert_eq!(self.served.node.numbers(self.board).await, [1]);
        self.served.node.create_task(self.board, "Still here").await;
        self.copy.reach(2, &mut self.watcher).await;
        assert_eq!(self.copy.changes, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_messages_get_errors_and_the_next_message_is_handled() {
    let watched = Watched::start(SocketLimits { errors: 100, ..SocketLimits::default() }).await;
    let (board, id) = (watched.board, app::new_id::<Uuid>());
    let mutate = |mutation: &str| format!(r#"{{"type":"mutate","board":"{board}","mutations":[{mutation}]}}"#);
    let messages = [
        String::new(),
        "hello".to_owned(),
        "{".to_owned(),
        "[]".to_owned(),
        "null".to_owned(),
        "7".to_owned(),
        "{}".to_owned(),
        r#"{"type":"explode"}"#.to_owned(),
        r#"{"type":7}"#.to_owned(),
        r#"{"type":"subscribe"}"#.to_owned(),
        r#"{"type":"subscribe","board":"7"}"#.to_owned(),
        r#"{"type":"subscribe","board":"' OR 1=1 --"}"#.to_owned(),
        format!(r#"{{"type":"subscribe","board":"{board}","since":-1}}"#),
        format!(r#"{{"type":"subscribe","board":"{board}","since":1.5}}"#),
        format!(r#"{{"type":"subscribe","board":"{board}","since":99999999999999999999}}"#),
        format!(r#"{{"type":"subscribe","board":"{board}","from":1}}"#),
        r#"{"type":"ping","now":1}"#.to_owned(),
        mutate("7"),
        mutate(r#"{"op":"create_task"}"#),
        mutate(&format!(r#"{{"id":"7","op":"create_task","task":"{id}","title":"x"}}"#)),
        format!("{}1{}", "[".repeat(20_000), "]".repeat(20_000)),
        format!(r#"{{"type":"ping","a":{}1{}}}"#, "[".repeat(20_000), "]".repeat(20_000)),
    ];
    let mut client = watched.served.connect().await;
    for message in messages {
        client.say_text(message.clone()).await;
        assert_eq!(client.hear_error().await, ErrorCode::BadMessage, "{message}");
    }
    client.socket.send(Message::binary(vec![1, 2, 3])).await.expect("open");
    assert_eq!(client.hear_error().await, ErrorCode::BadMessage);
    client.say_text(r#"{"type":"ping"}"#).await;
    assert_eq!(client.hear().await, ServerMessage::Pong { heads: [].into() });
    watched.unharmed().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mutations_that_make_no_sense_are_refused_by_their_ids_in_order_and_the_others_are_done() {
    let watched = Watched::start(SocketLimits::default()).await;
    let other = watched.served.node.create_board().await.id;
    let mut client = watched.served.connect().await;
    let good = || serde_json::to_string(&mutation(create(new_task(), "Buy milk"))).expect("JSON");
    let id = |text: &str| serde_json::from_str::<Value>(text).expect("JSON")["id"].clone();
    let bad = |rest: &str| format!(r#"{{"id":"{}",{rest}}}"#, app::new_id::<Uuid>());
    let task = app::new_id::<Uuid>();
    // More invalid mutations than the number of bad messages that is allowed.
    let wrong = [
        (bad(r#""op":"drop_table""#), "op"),
        (bad(r#""op":"create_task","task":"7","title":"x""#), "task"),
        (bad(&format!(r#""op":"create_task","task":"{task}","title":7"#)), "title"),
        (bad(&format!(r#""op":"create_task","task":"{task}","title":"x","seq":1"#)), "seq"),
        (bad(&format!(r#""op":"create_task","task":"{task}","title":"x","due":"tomorrow""#)), "due"),
        (r#"{"id":"fc3f6a2e-7f2b-4ba1-9f58-34dd2a0b2d1e","op":"delete_board"}"#.to_owned(), "id"),
    ];
    for _ in 0..2 {
        for (wrong, field) in &wrong {
            let (first, last) = (good(), good());
            let mutate = format!(r#"{{"type":"mutate","board":"{other}","mutations":[{first},{wrong},{last}]}}"#);
            client.say_text(mutate).await;
            for (text, refused) in [(&first, None), (wrong, Some(field)), (&last, None)] {
                let answer = serde_json::to_value(client.hear().await).expect("JSON");
                assert_eq!(answer["mutation"], id(text), "{answer}");
                match refused {
                    None => assert_eq!(answer["type"], "accepted", "{answer}"),
                    Some(field) => {
                        assert_eq!(
                            (&answer["type"], &answer["error"]["code"]),
                            (&"rejected".into(), &"invalid".into())
                        );
                        assert_eq!(answer["error"]["field"], **field, "{answer}");
                        assert!(answer["error"]["message"].as_str().is_some_and(|words| words.len() > 10), "{answer}");
                    }
                }
            }
        }
    }
    let mutation = good();
    client.say_text(format!(r#"{{"type":"mutate","board":"there","mutations":[{mutation}]}}"#)).await;
    let answer = serde_json::to_value(client.hear().await).expect("JSON");
    assert_eq!((&answer["mutation"], &answer["error"]["field"]), (&id(&mutation), &"board".into()), "{answer}");
    client.say_text(r#"{"type":"ping"}"#).await;
    assert_eq!(client.hear().await, ServerMessage::Pong { heads: [].into() });
    watched.unharmed().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_bad_messages_end_the_socket() {
    let watched = Watched::start(SocketLimits::default()).await;
    let mut client = watched.served.connect().await;
    for _ in 0..10 {
        client.say_text("hello").await;
        assert_eq!(client.hear_error().await, ErrorCode::BadMessage);
    }
    assert_eq!(client.hear_end().await, Some(1008));
    watched.unharmed().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_of_ten_megabytes_is_too_large() {
    let watched = Watched::start(SocketLimits::default()).await;
    let mut client = watched.served.connect().await;
    let large = format!(r#"{{"type":"ping","padding":"{}"}}"#, "x".repeat(10_000_000));
    client.say_text(large).await;
    assert_eq!(client.hear_error().await, ErrorCode::TooLarge);
    assert_eq!(client.hear_end().await, Some(1009));
    watched.unharmed().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_title_of_a_megabyte_is_too_large() {
    let watched = Watched::start(SocketLimits::default()).await;
    let mut client = watched.served.connect().await;
    client.mutate(watched.board, vec![mutation(create(new_task(), &"x".repeat(1_000_000)))]).await;
    assert_eq!(client.hear_error().await, ErrorCode::TooLarge);
    assert_eq!(client.hear_end().await, Some(1009));
    watched.unharmed().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_many_small_frames_is_too_large_all_the_same() {
    use tokio_tungstenite::tungstenite::protocol::frame::{
        Frame,
        coding::{Data, OpCode},
    };
    let watched = Watched::start(SocketLimits::default()).await;
    let mut client = watched.served.connect().await;
    for number in 0..10 {
        let kind = if number == 0 { Data::Text } else { Data::Continue };
        let frame = Frame::message(vec![b' '; 20_000], OpCode::Data(kind), false);
        if client.socket.send(Message::Frame(frame)).await.is_err() {
            break;
        }
    }
    assert_eq!(client.hear_error().await, ErrorCode::TooLarge);
    assert_eq!(client.hear_end().await, Some(1009));
    watched.unharmed().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn text_that_is_no_utf_8_ends_the_socket() {
    use tokio_tungstenite::tungstenite::protocol::frame::{
        Frame,
        coding::{Data, OpCode},
    };
    let watched = Watched::start(SocketLimits::default()).await;
    let mut client = watched.served.connect().await;
    let frame = Frame::message(vec![0xff, 0xfe], OpCode::Data(Data::Text), true);
    client.socket.send(Message::Frame(frame)).await.expect("open");
    assert_eq!(client.hear_error().await, ErrorCode::BadMessage);
    assert_eq!(client.hear_end().await, Some(1007));
    watched.unharmed().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sql_and_html_are_text_like_any_other() {
    let database = Database::sqlite();
    let served = Served::on(&database).await;
    let board = served.node.create_board().await;
    let mut client = served.connect().await;
    let titles = ["'; DROP TABLE boards; --", "<script>alert(1)</script>", r#"\"}],"seq":9,"kind":"board_deleted"#];
    for (title, seq) in titles.into_iter().zip(2..) {
        let task = new_task();
        client.mutate(board.id, vec![mutation(create(task, title))]).await;
        let ServerMessage::Accepted { seq: accepted, .. } = client.hear().await else { panic!("accepted") };
        assert_eq!(accepted, seq);
        assert_eq!(served.node.board(board.id).await.task(task).expect("the task").title, title);
    }
    client.subscribe(board.id, Some(1)).await;
    Copy::of(board.id, Some(1)).reach(4, &mut client).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_boards_than_the_limit_are_too_many_and_the_others_stay() {
    let limits = SocketLimits { subscriptions: 3, ..SocketLimits::default() };
    let database = Database::sqlite();
    let served = Served::with(&database, HubSettings::default(), limits).await;
    let mut client = served.connect().await;
    let mut boards = Vec::new();
    for _ in 0..4 {
        let board = served.node.create_board().await.id;
        boards.push(board);
        client.subscribe(board, Some(1)).await;
        if boards.len() <= 3 {
            Copy::of(board, None).take(&ServerMessage::Pong { heads: [].into() });
            assert!(matches!(client.hear().await, ServerMessage::Changes { .. }));
        }
    }
    assert_eq!(client.hear_error().await, ErrorCode::TooMany);
    // Subscribing again to a followed board does not count as a further one.
    client.subscribe(boards[0], Some(1)).await;
    assert!(matches!(client.hear().await, ServerMessage::Changes { board, .. } if board == boards[0]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_is_read_slowly_and_answered_in_full() {
    let limits = SocketLimits { rate: Rate { burst: 50, per_second: 100 }, ..SocketLimits::default() };
    let watched = Watched::start(limits).await;
    let mut client = watched.served.connect().await;
    let start = std::time::Instant::now();
    for _ in 0..150 {
        client.say_text(r#"{"type":"ping"}"#).await;
    }
    for _ in 0..150 {
        assert!(matches!(client.hear().await, ServerMessage::Pong { .. }));
    }
    assert!(start.elapsed() >= Duration::from_millis(900), "{:?}", start.elapsed());
    watched.unharmed().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_says_nothing_is_pinged_and_then_left() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let limits = SocketLimits {
        ping_after: Duration::from_millis(50),
        silence: Duration::from_millis(200),
        ..SocketLimits::default()
    };
    let watched = Watched::start(limits).await;
    // A raw connection, because tungstenite would answer pings automatically.
    let mut raw = tokio::net::TcpStream::connect(watched.served.address).await.expect("connected");
    let request = "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                   Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    raw.write_all(request.as_bytes()).await.expect("sent");
    let mut heard = Vec::new();
    raw.read_to_end(&mut heard).await.expect("the end");
    let text = String::from_utf8_lossy(&heard);
    assert!(text.starts_with("HTTP/1.1 101"), "{text}");
    let frames = &heard[heard.windows(4).position(|end| end == b"\r\n\r\n").expect("the headers end") + 4..];
    assert_eq!(frames[0], 0x81, "a text, which is the hello");
    let frames = &frames[2 + frames[1] as usize..];
    assert_eq!(frames[..2], [0x89, 0], "a ping");
    let close = frames.iter().position(|byte| *byte == 0x88).expect("a close frame");
    assert_eq!(u16::from_be_bytes([frames[close + 2], frames[close + 3]]), 4408);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_other_origins_may_not_connect() {
    let database = Database::sqlite();
    let served = Served::on(&database).await;
    let own = format!("http://{}", served.address);
    let connect =
        async |headers: &[(&'static str, &str)]| Client::connect_with(served.address, headers).await.map(|_| ()).err();
    assert_eq!(connect(&[]).await, None);
    assert_eq!(connect(&[("origin", &own), ("cookie", "session=1")]).await, None);
    assert_eq!(connect(&[("origin", "https://board.example.org"), ("cookie", "session=1")]).await, None);
    assert_eq!(connect(&[("origin", "http://evil.example")]).await, Some(403));
    assert_eq!(connect(&[("origin", "null")]).await, Some(403));
    assert_eq!(connect(&[("cookie", "session=1")]).await, Some(403));
    assert_eq!(connect(&[("sec-websocket-protocol", "taskwire.v2")]).await, Some(400));
    assert_eq!(connect(&[("sec-websocket-protocol", "soap, taskwire.v1")]).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_cannot_connect_is_told_why() {
    let why = async |limits: SocketLimits, settings: Settings| {
        let database = Database::sqlite();
        let store = database.open().await;
        let served = Served::started_with(store, HubSettings::default(), limits, settings).await;
        let asked = reqwest::Client::new().post(format!("http://{}/ws", served.address));
        let answer = asked.header("origin", format!("http://{}", served.address)).send().await.expect("an answer");
        let status = answer.status().as_u16();
        let problem: serde_json::Value =
            serde_json::from_str(&answer.text().await.expect("a body")).expect("a problem");
        (status, problem["code"].as_str().expect("a code").to_owned())
    };
    assert_eq!(why(SocketLimits::default(), Settings::defaults()).await, (409, "no_sockets".to_owned()));
    let none = SocketLimits { sockets: 0, ..SocketLimits::default() };
    assert_eq!(why(none, Settings::defaults()).await, (503, "server_full".to_owned()));
    assert_eq!(
        why(SocketLimits::default(), Settings { sockets_per_address: 0, ..Settings::defaults() }).await,
        (429, "too_many_sockets".to_owned())
    );
}
