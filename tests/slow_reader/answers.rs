//! Tests that clients that request large pages and do not read them hold little memory, and not for long.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::json;
use taskwire::{http::limits::HttpLimits, settings::Settings};
use tokio::io::AsyncReadExt;

use crate::{
    resident,
    support::{
        client::PATIENCE,
        database::Database,
        raw,
        server::{Server, open},
    },
};

/// All descriptions together are nearly as much as a board may hold.
const TASKS: usize = 300;
const DESCRIPTION: usize = 25_000;
const READERS: usize = 10;

#[tokio::test(flavor = "multi_thread")]
async fn unread_large_pages_are_bounded_per_caller_and_then_dropped() {
    let database = Database::sqlite();
    // Longer than rendering all pages takes, so that all are held at the same time.
    let stall = Duration::from_secs(15);
    let (sending, sending_per_caller) = (64 << 20, 48 << 20);
    let http_limits = HttpLimits { stall, sending, sending_per_caller, ..HttpLimits::default() };
    let settings = Settings { database: database.url.clone(), no_sample: true, http_limits, ..open() };
    let (server, services) = Server::with_services(settings).await;
    let board = server.board().await;
    for number in 0..TASKS {
        let body = json!({"title": format!("Task {number}"), "description": "x".repeat(DESCRIPTION)});
        server.post(&format!("/boards/{board}/tasks"), &body).await;
    }
    // A search result contains the descriptions.
    let path = format!("/boards/{board}?view=list&q=task");
    let page = server.at(Method::GET, &path).send().await.unwrap().bytes().await.unwrap().len();
    assert!(page > TASKS * DESCRIPTION, "{page}");

    let before = resident();
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\n\r\n");
    let mut readers = Vec::new();
    for _ in 0..READERS {
        readers.push(raw::ask_and_not_read(&server, request.as_bytes()).await);
    }
    // Each client learns at once whether it gets the page.
    let mut statuses = Vec::new();
    for reader in &mut readers {
        let mut line = [0; 12];
        tokio::time::timeout(PATIENCE, reader.read_exact(&mut line)).await.expect("in time").unwrap();
        statuses.push(String::from_utf8_lossy(&line[9..]).into_owned());
    }
    let sent = statuses.iter().filter(|status| *status == "200").count();
    let refused = statuses.iter().filter(|status| *status == "503").count();
    assert!(sent + refused == READERS && sent >= sending_per_caller / page && refused > 0, "{statuses:?}");
    assert!(services.in_flight.sending() <= sending_per_caller, "{}", services.in_flight.sending());
    let grown = resident().saturating_sub(before);
    println!("{READERS} who do not read a page of {} MB: {} MB more", page >> 20, grown >> 20);

    // Other clients are served meanwhile.
    assert_eq!(server.at(Method::GET, "/").send().await.unwrap().status(), StatusCode::OK);
    // The server gives up on clients that read nothing.
    let deadline = tokio::time::Instant::now() + stall + PATIENCE;
    while services.in_flight.sending() > 0 {
        assert!(tokio::time::Instant::now() < deadline, "{} bytes are held for ever", services.in_flight.sending());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    for mut reader in readers.into_iter().zip(statuses).filter(|(_, status)| status == "200").map(|(reader, _)| reader)
    {
        let mut rest = Vec::new();
        // The bytes that the kernel had accepted, and then the end of the connection.
        let _ = tokio::time::timeout(PATIENCE, reader.read_to_end(&mut rest)).await.expect("it was hung up on");
        assert!(rest.len() < page);
    }
    assert_eq!(
        server.at(Method::GET, &path).send().await.unwrap().status(),
        StatusCode::OK,
        "whoever comes now gets it"
    );
}
