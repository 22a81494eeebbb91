//! Measures many event streams. Run by name, in a release build, because it takes many connections and much of the machine:
//! `scripts/test streams`.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use reqwest::Client;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Notify,
    task::JoinSet,
    time::timeout,
};

use crate::support::{
    database::Database,
    server::{Process, command},
};

const STREAMS: usize = 5_000;
const CHANGES: usize = 20;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "it takes 5,000 connections: scripts/test streams"]
async fn five_thousand_event_streams_get_every_change() {
    // Both ends of the connections of this process, and what else it has open.
    rlimit::increase_nofile_limit(STREAMS as u64 + 1_000).unwrap();
    let database = Database::sqlite();
    let server = Process::spawn(&mut command(&[
        "serve",
        "--auth",
        "open",
        "--no-sample",
        "--listen",
        "127.0.0.1:0",
        "--database",
        &database.url,
    ]));
    let (client, api) = (Client::new(), format!("{}/api/v1", server.base));
    let post = async |path: String, body: Value| -> Value {
        client.post(format!("{api}{path}")).json(&body).send().await.unwrap().json().await.unwrap()
    };
    let board = post("/boards".to_owned(), json!({"name": "Plans"})).await["id"].as_str().unwrap().to_owned();
    let before = memory(server.id());

    let started = Instant::now();
    let (arrived, progress) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    // Declared after the server, so that the readers end before it does.
    let mut readers = JoinSet::new();
    for _ in 0..STREAMS {
        let mut stream = TcpStream::connect(server.base.strip_prefix("http://").unwrap()).await.unwrap();
        let request = format!("GET /api/v1/boards/{board}/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let (arrived, progress) = (Arc::clone(&arrived), Arc::clone(&progress));
        readers.spawn(async move {
            let (mut text, mut next) = (Vec::new(), 1);
            loop {
                assert_ne!(stream.read_buf(&mut text).await.unwrap(), 0, "the stream ended");
                // Each event has the number of its newest change, and none is skipped.
                while let Some(at) = memchr::memmem::find(&text, format!("id: {next}\n").as_bytes()) {
                    text.drain(..at + 1);
                    next += 1;
                    arrived.fetch_add(1, Ordering::Relaxed);
                    progress.notify_one();
                }
            }
        });
    }
    let all_have = async |changes: usize| {
        let waited = timeout(Duration::from_secs(120), async {
            while arrived.load(Ordering::Relaxed) < changes * STREAMS {
                progress.notified().await;
            }
        });
        assert!(waited.await.is_ok(), "{} of {}", arrived.load(Ordering::Relaxed), changes * STREAMS);
    };
    all_have(1).await;
    let opened = started.elapsed();
    let memory = (memory(server.id()) - before) / STREAMS as u64;

    let mut times = Vec::new();
    for change in 0..CHANGES {
        let started = Instant::now();
        post(format!("/boards/{board}/tasks"), json!({"title": format!("Task {change}")})).await;
        all_have(change + 2).await;
        times.push(started.elapsed());
    }
    times.sort();
    println!(
        "{STREAMS} event streams: opened in {} ms, {memory} KiB each; a change reaches the last of them after {} ms (median of {CHANGES}; at \
         most {} ms)",
        opened.as_millis(),
        times[CHANGES / 2].as_millis(),
        times[CHANGES - 1].as_millis()
    );
}

/// The resident memory of a process, in KiB.
fn memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
