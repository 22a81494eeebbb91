//! Tests bodies that are too large or come too slowly: the client gets a readable response, in a form that it
//! understands.

use std::time::Duration;

use taskwire::{http::limits::HttpLimits, settings::Settings};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{
    database::Database,
    raw,
    server::{Server, open},
};

const FORM: &str = "POST /forms/create_board HTTP/1.1\r\nAccept: text/html,*/*;q=0.8\r\n\
    Content-Type: application/x-www-form-urlencoded\r\n";
const DATA: &str = "POST /api/v1/boards HTTP/1.1\r\nContent-Type: application/json\r\n";

/// A request with a body of this many bytes, chunked or with a `Content-Length`.
fn request(head: &str, bytes: usize, in_pieces: bool) -> Vec<u8> {
    let head = format!("{head}Host: localhost\r\nConnection: close\r\n");
    if !in_pieces {
        return [format!("{head}Content-Length: {bytes}\r\n\r\n").into_bytes(), vec![b'x'; bytes]].concat();
    }
    let piece = [b"4000\r\n".to_vec(), vec![b'x'; 0x4000], b"\r\n".to_vec()].concat();
    [
        format!("{head}Transfer-Encoding: chunked\r\n\r\n").into_bytes(),
        piece.repeat(bytes / 0x4000),
        b"0\r\n\r\n".to_vec(),
    ]
    .concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_too_much_gets_to_read_why() {
    let server = Server::start().await;
    for bytes in [1 << 19, 10 << 20] {
        for in_pieces in [false, true] {
            let answer = raw::ask(&server, &request(DATA, bytes, in_pieces)).await;
            assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
            assert!(
                answer.contains("application/problem+json") && answer.contains("\"code\":\"too_large\""),
                "{answer}"
            );
            // The form of a person in a browser is answered with a page.
            let answer = raw::ask(&server, &request(FORM, bytes, in_pieces)).await;
            assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("content-type: text/html"), "{answer}");
            assert!(answer.contains("<h1>Too large") && answer.contains("nothing of it was saved"), "{answer}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_is_too_large_gets_a_page_whatever_it_accepts() {
    let server = Server::start().await;
    let kind = "Content-Type: application/x-www-form-urlencoded\r\n";
    let mut forms = 0;
    for (method, path) in taskwire::http::admin::ROUTES.iter().chain(taskwire::http::account::ROUTES.iter()) {
        if *method != reqwest::Method::POST {
            continue;
        }
        for accept in ["", "Accept: */*\r\n", "Accept: text/html,*/*;q=0.8\r\n"] {
            let head = format!("POST {path} HTTP/1.1\r\n{accept}{kind}");
            let answer = raw::ask(&server, &request(&head, 1 << 19, false)).await;
            assert!(
                answer.starts_with("HTTP/1.1 413 ") && answer.contains("content-type: text/html"),
                "{path}: {answer}"
            );
            assert!(answer.contains("nothing of it was saved"), "{path}: {answer}");
        }
        forms += 1;
    }
    assert!(forms > 10, "{forms}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_before_sending_too_much_is_told_at_once() {
    let server = Server::start().await;
    let head = format!("{DATA}Host: localhost\r\nExpect: 100-continue\r\nContent-Length: 1000000\r\n\r\n");
    let answer = raw::ask(&server, head.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let database = Database::sqlite();
    let http_limits = HttpLimits { body: Duration::from_millis(300), ..HttpLimits::default() };
    let server = Server::with(Settings { database: database.url.clone(), http_limits, ..open() }).await;
    let head = format!("{DATA}Host: localhost\r\nContent-Length: 100\r\n\r\n{{\"name\":");
    let answer = raw::ask(&server, head.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("too_slow"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_asks_nothing_is_ended_and_one_address_has_so_many() {
    let database = Database::sqlite();
    let http_limits =
        HttpLimits { head: Duration::from_millis(500), connections_per_address: 3, ..HttpLimits::default() };
    let server = Server::with(Settings { database: database.url.clone(), http_limits, ..open() }).await;
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut stream = raw::ask_and_not_read(&server, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
        let mut status = [0; 12];
        stream.read_exact(&mut status).await.unwrap();
        assert_eq!(&status, b"HTTP/1.1 200");
        held.push(stream);
    }
    // The server closes a connection beyond the limit, whether a request was sent on it by then or not.
    let mut fourth = tokio::net::TcpStream::connect(raw::address(&server)).await.unwrap();
    let _ = fourth.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert!(!matches!(fourth.read(&mut [0; 100]).await, Ok(1..)), "it is not answered");
    // The other connections sent one request and are idle. Half a request head does not count as a request either.
    held[0].write_all(b"GET / HTTP/1.1\r\nHo").await.unwrap();
    for mut stream in held {
        let mut rest = Vec::new();
        let ended = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut rest)).await;
        assert!(ended.is_ok(), "it is ended");
    }
    assert!(server.at(reqwest::Method::GET, "/healthz").send().await.unwrap().status().is_success());
}
