//! A client that makes and renames tasks over REST, and repeats requests that got no response.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use fastrand::Rng;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tokio::time::sleep;
use uuid::Uuid;

use crate::{
    client::Setting,
    record::{Fate, History, Phase, Promise, Record, Sent, token},
};

/// Works until the run is over; one request at a time.
pub async fn write(setting: Setting, number: u64, bearer: String, board: usize, client: Client) -> History {
    let Setting { record, ports, seed, pause, .. } = setting;
    let name = format!("r{number}");
    let sender = record.sender(&name);
    let mut rng = Rng::with_seed(seed.wrapping_mul(15_485_863).wrapping_add(number));
    let mut sent: Vec<Sent> = Vec::new();
    let mut made: Vec<String> = Vec::new();
    while *record.phase.borrow() == Phase::Running {
        sleep(pause.mul_f64(-(1.0 - rng.f64()).ln()).min(Duration::from_secs(2))).await;
        let (id, title) = (Uuid::now_v7(), token(&name, sent.len()));
        let (method, path, task) = if made.len() < 20 {
            (Method::POST, format!("boards/{}/tasks", record.boards[board].id), id.to_string())
        } else {
            let task = made[rng.usize(..made.len())].clone();
            (Method::PATCH, format!("tasks/{task}"), task)
        };
        sent.push(Sent { id: id.as_u128(), board, has_token: true, fate: Fate::Unanswered });
        record.unanswered.fetch_add(1, Ordering::Relaxed);
        sender.waits_since.store(record.now(), Ordering::Relaxed);
        let fate = loop {
            let port = ports[rng.usize(..ports.len())];
            let request = client.request(method.clone(), format!("http://127.0.0.1:{port}/api/v1/{path}"));
            let request = request.bearer_auth(&bearer).header("idempotency-key", id.to_string());
            let answer = request.json(&json!({"title": title})).send().await;
            let status = answer.as_ref().map_or(0, |answer| answer.status().as_u16());
            match status {
                200 | 201 => break Fate::Accepted(None),
                // The request took too long, or there were too many requests; neither is a refusal.
                408 | 425 | 429 => {}
                400..500 => {
                    let said = match answer {
                        Ok(answer) => answer.json().await.unwrap_or(Value::Null),
                        Err(_) => Value::Null,
                    };
                    // Another client may have put the task into the trash.
                    if said["code"].as_str() != Some("not_found") {
                        record.broke(Promise::Answers, format!("{name}: {method} {path} is answered {status} {said}"));
                    }
                    break Fate::Refused;
                }
                _ => record_retry(&record),
            }
            sleep(Duration::from_millis(rng.u64(10..200))).await;
            // At the end of the run the request is given up.
            if *record.phase.borrow() == Phase::Over {
                break Fate::Unanswered;
            }
        };
        if matches!(fate, Fate::Accepted(_)) {
            record.counts.accepted.fetch_add(1, Ordering::Relaxed);
            if method == Method::POST {
                made.push(task);
            }
        } else {
            record.counts.refused.fetch_add(1, Ordering::Relaxed);
            made.retain(|other| *other != task);
        }
        if let Some(last) = sent.last_mut() {
            last.fate = fate;
        }
        record.unanswered.fetch_sub(1, Ordering::Relaxed);
        sender.waits_since.store(0, Ordering::Relaxed);
    }
    History { sender: name, sent }
}

fn record_retry(record: &Arc<Record>) {
    record.counts.resent.fetch_add(1, Ordering::Relaxed);
}
