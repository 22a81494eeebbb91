//! Tests the event stream of a board.

use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::support::{
    raw,
    server::{Server, problem},
};

/// Nothing here takes this long, unless it fails.
const LONG: Duration = Duration::from_secs(20);

/// A client of an event stream.
struct Events {
    response: Response,
    read: String,
}

impl Events {
    async fn open(request: RequestBuilder) -> Self {
        let response = request.header("Accept", "text/event-stream").send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert!(!response.headers().contains_key("content-encoding"), "a compressed stream would be held back");
        Self { response, read: String::new() }
    }

    async fn of(server: &Server, board: &str) -> Self {
        Self::open(server.api(Method::GET, &format!("/boards/{board}/events"))).await
    }

    /// The next event: its id and its message. `None` at the end of the stream.
    async fn next(&mut self) -> Option<(u64, Value)> {
        timeout(LONG, self.read_next()).await.expect("an event in time")
    }

    async fn read_next(&mut self) -> Option<(u64, Value)> {
        loop {
            if let Some((event, rest)) = self.read.split_once("\n\n") {
                let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
                let found =
                    field("id").map(|id| (id.parse().unwrap(), serde_json::from_str(field("data").unwrap()).unwrap()));
                self.read = rest.to_owned();
                // Otherwise it was a comment.
                if found.is_some() {
                    return found;
                }
                continue;
            }
            let chunk = self.response.chunk().await.unwrap()?;
            self.read.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }
}

fn numbers(message: &Value) -> Vec<u64> {
    message["changes"].as_array().unwrap().iter().map(|change| change["seq"].as_u64().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_begins_with_a_snapshot_and_continues_with_every_change() {
    let server = Server::start().await;
    let board = server.board().await;
    server.task(&board, "Tea").await;
    let mut events = Events::of(&server, &board).await;
    let (id, snapshot) = events.next().await.unwrap();
    assert_eq!((id, &snapshot["type"], &snapshot["seq"]), (2, &json!("snapshot"), &json!(2)));
    assert_eq!(snapshot["state"]["tasks"][0]["title"], "Tea");
    let (mut seen, mut wanted) = (Vec::new(), Vec::new());
    for number in 3..23 {
        server.task(&board, "More").await;
        wanted.push(number);
    }
    while seen.len() < wanted.len() {
        let (id, message) = events.next().await.unwrap();
        seen.extend(numbers(&message));
        assert_eq!(seen.last(), Some(&id), "the id is the number of the newest change");
    }
    assert_eq!(seen, wanted);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_reconnects_misses_nothing_and_gets_nothing_twice() {
    let server = Server::start().await;
    let board = server.board().await;
    let path = format!("/boards/{board}/events");
    let mut last = 1;
    let mut seen = Vec::new();
    for round in 0..5 {
        for _ in 0..round {
            server.task(&board, "While nobody listened").await;
        }
        let mut events = Events::open(server.api(Method::GET, &path).header("Last-Event-ID", last)).await;
        server.task(&board, "While somebody listens").await;
        let until = last + round + 1;
        while last < until {
            let (id, message) = events.next().await.unwrap();
            assert_eq!(message["after"], last);
            seen.extend(numbers(&message));
            last = id;
        }
    }
    assert_eq!(seen, Vec::from_iter(2..=last));
    // The same by a parameter, for clients that cannot set a header. The header counts more: browsers set it when they reconnect.
    let mut events =
        Events::open(server.api(Method::GET, &format!("{path}?after=1")).header("Last-Event-ID", last - 1)).await;
    assert_eq!(events.next().await.unwrap().0, last);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_from_the_future_gets_a_snapshot() {
    let server = Server::start().await;
    let board = server.board().await;
    for future in [7, u64::MAX] {
        let request = server.api(Method::GET, &format!("/boards/{board}/events")).header("Last-Event-ID", future);
        let (id, message) = Events::open(request).await.next().await.unwrap();
        assert_eq!((id, &message["type"]), (1, &json!("snapshot")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_needs_the_whole_state_gets_one_that_is_not_older_than_its_own() {
    let server = Server::start().await;
    let board = server.board().await;
    // This makes a snapshot, which the server keeps for others.
    Events::of(&server, &board).await.next().await.unwrap();
    for number in 2..5 {
        server.task(&board, "More").await;
        let path = format!("/boards/{board}/events?snapshot=true");
        let request = server.api(Method::GET, &path).header("Last-Event-ID", number);
        let (id, message) = Events::open(request).await.next().await.unwrap();
        assert_eq!((id, &message["type"]), (number, &json!("snapshot")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_cannot_be_is_refused() {
    let server = Server::start().await;
    let board = server.board().await;
    let path = format!("/boards/{board}/events");
    for id in ["x", "-1", "1.5", ""] {
        let request = server.api(Method::GET, &path).header("Last-Event-ID", id);
        let problem = problem(request, StatusCode::BAD_REQUEST, "invalid_parameter").await;
        assert_eq!(problem["errors"][0]["field"], "Last-Event-ID");
    }
    problem(server.api(Method::GET, &format!("{path}?since=1")), StatusCode::BAD_REQUEST, "invalid_parameter").await;
    let wrong =
        problem(server.api(Method::GET, &format!("{path}?after=x")), StatusCode::BAD_REQUEST, "invalid_parameter")
            .await;
    assert_eq!(wrong["errors"][0]["message"], "expected a whole number");
    let unknown =
        problem(server.api(Method::GET, &format!("{path}?digits=1")), StatusCode::BAD_REQUEST, "invalid_parameter")
            .await;
    assert_eq!(unknown["errors"][0]["field"], "digits");
    assert!(unknown["detail"].as_str().unwrap().contains("unknown field"), "{unknown}");
    let lost = "/boards/01938b5e-0000-7000-8000-000000000000/events";
    problem(server.api(Method::GET, lost), StatusCode::NOT_FOUND, "not_found").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_with_its_board_and_with_the_server() {
    let server = Server::start().await;
    let (gone, kept) = (server.board().await, server.board().await);
    let mut events = [Events::of(&server, &gone).await, Events::of(&server, &kept).await];
    for events in &mut events {
        events.next().await.unwrap();
    }
    let [mut of_gone, mut of_kept] = events;
    server.api(Method::DELETE, &format!("/boards/{gone}")).send().await.unwrap().error_for_status().unwrap();
    assert_eq!(of_gone.next().await.unwrap().1["changes"][0]["kind"], "board_deleted");
    assert!(of_gone.next().await.is_none());
    timeout(LONG, server.stop()).await.expect("a stream does not keep the server from stopping");
    assert!(of_kept.next().await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_that_are_not_read_hold_nobody_up() {
    let server = Server::start().await;
    let board = server.board().await;
    let request = format!("GET /api/v1/boards/{board}/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let mut unread = Vec::new();
    for _ in 0..50 {
        unread.push(raw::ask_and_not_read(&server, request.as_bytes()).await);
    }
    let mut events = Events::of(&server, &board).await;
    events.next().await.unwrap();
    let description = "x".repeat(30_000);
    for number in 2..102 {
        server.post(&format!("/boards/{board}/tasks"), &json!({"title": "Long", "description": description})).await;
        assert_eq!(events.next().await.unwrap().0, number);
    }
    drop(unread);
}
