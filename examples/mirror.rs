//! Mirrors a board of Taskwire over the WebSocket that docs/PROTOCOL.md describes:
//!
//!     TASKWIRE_TOKEN=taskwire_... cargo run --example mirror -- http://127.0.0.1:3000 BOARD
//!
//! On SIGTERM, or when its standard input ends (Ctrl+D), it prints the board as one line of JSON.

use futures::{SinkExt, StreamExt};
use serde_json::{Map, Value, json};
use std::{cmp::min, convert::Infallible, env, error::Error, process::exit, time::Duration};
use tokio::{io, signal::unix::SignalKind, signal::unix::signal, time::Instant, time::sleep, time::timeout};
use tokio_tungstenite::{connect_async, tungstenite::Message, tungstenite::client::IntoClientRequest};

/// A client that sends nothing gets a ping at least every 40 seconds, so a longer silence means a dead connection.
const SILENCE: Duration = Duration::from_secs(45);

/// Fields that changes set, and their names in a change.
const COLUMN: [(&str, &str); 3] = [("name", "name"), ("kind", "column_kind"), ("rank", "rank")];
const TASK: [(&str, &str); 4] = [("title", "title"), ("due", "due"), ("column", "column"), ("rank", "rank")];

/// The board after change number `seq`: columns, labels and live tasks, by their ids, in the form of snapshots.
#[derive(Default)]
struct Board {
    seq: u64,
    name: Value,
    columns: Map<String, Value>,
    labels: Map<String, Value>,
    tasks: Map<String, Value>,
    is_whole: bool, // Not before the first snapshot, nor after a change of an unknown kind.
}

impl Board {
    fn replace(&mut self, seq: u64, state: &Value) {
        let by_id = |things: &Value| list(things).map(|thing| (text(&thing["id"]), thing.clone())).collect();
        let (columns, tasks) = (by_id(&state["columns"]), by_id(&state["tasks"]));
        *self =
            Self { seq, name: state["name"].clone(), columns, labels: by_id(&state["labels"]), tasks, is_whole: true };
    }

    fn apply(&mut self, change: &Value) -> Result<(), &'static str> {
        (change["seq"] == self.seq + 1).then_some(()).ok_or("a change is missing")?;
        self.seq += 1; // A change of an unknown kind counts, too.
        let kind = text(&change["kind"]);
        let (task, column, content) = (text(&change["task"]), text(&change["column"]), change.get("content"));
        let set = |thing: &mut Value, fields: &[(&str, &str)]| {
            fields.iter().for_each(|(field, new)| thing[field] = change.get(new).unwrap_or(&thing[field]).clone());
        };
        match kind.as_str() {
            "board_updated" => self.name = change.get("name").unwrap_or(&self.name).clone(),
            "column_created" => drop(self.columns.insert(text(&change["column"]["id"]), change["column"].clone())),
            "column_updated" => set(self.columns.entry(column).or_insert(Value::Null), &COLUMN),
            "column_deleted" => drop(self.columns.remove(&column)),
            "label_set" => drop(self.labels.insert(text(&change["label"]["id"]), change["label"].clone())),
            "label_deleted" => drop(self.labels.remove(&text(&change["label"]))),
            "task_deleted" => drop(self.tasks.remove(&task)),
            // A restored task comes from the trash, which is not mirrored here: `content` is the whole task.
            "task_created" | "task_updated" | "task_restored" if kind != "task_restored" || content.is_some() => {
                let new = content.cloned().unwrap_or(json!({"id": task}));
                set(self.tasks.entry(task).or_insert(new), &TASK);
            }
            "member_set" | "share_link_created" | "share_link_revoked" | "board_deleted" | "board_restored"
            | "checklists_updated" | "comment_created" | "comment_updated" | "comment_deleted" => {}
            _ => self.is_whole = false,
        }
        for moved in list(&change["ranks"]) {
            let id = text(&moved[0]); // Of a column, label or task that made room, perhaps in the trash.
            let thing = self.columns.get_mut(&id).or(self.labels.get_mut(&id)).or(self.tasks.get_mut(&id));
            if let Some(thing) = thing {
                thing["rank"] = moved[1].clone();
            }
        }
        self.is_whole.then_some(()).ok_or("a change is of an unknown kind")
    }

    fn to_json(&self) -> Value {
        let (mut columns, mut tasks) = (Vec::new(), Vec::new());
        for column in in_order(&self.columns) {
            columns.push(json!({"id": column["id"], "name": column["name"]}));
            for task in in_order(&self.tasks).iter().filter(|task| task["column"] == column["id"]) {
                let (id, title, due, done) = (&task["id"], &task["title"], &task["due"], column["kind"] == "done");
                tasks.push(json!({"id": id, "title": title, "column": column["id"], "due": due, "completed": done}));
            }
        }
        // Labels that were merged into others are not offered any more.
        let labels = in_order(&self.labels).into_iter().filter(|label| label["merged_into"].is_null());
        let labels: Vec<Value> = labels.map(|label| json!({"id": label["id"], "name": text(&label["name"])})).collect();
        json!({"seq": self.seq, "name": self.name, "columns": columns, "labels": labels, "tasks": tasks})
    }
}

fn in_order(things: &Map<String, Value>) -> Vec<&Value> {
    let mut things: Vec<&Value> = things.values().collect();
    things.sort_by_key(|thing| (text(&thing["rank"]), text(&thing["id"])));
    things
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Follows the board on one connection, until that is lost.
async fn follow(board: &mut Board, server: &str, id: &str) -> Result<Infallible, Box<dyn Error>> {
    let mut request = format!("{}/ws", server.replacen("http", "ws", 1)).into_client_request()?;
    request.headers_mut().insert("Sec-WebSocket-Protocol", "taskwire.v1".parse()?);
    if let Ok(token) = env::var("TASKWIRE_TOKEN") {
        request.headers_mut().insert("Authorization", format!("Bearer {token}").parse()?);
    }
    let (mut socket, _) = timeout(SILENCE, connect_async(request)).await??;
    loop {
        let message = timeout(SILENCE, socket.next()).await?.ok_or("the connection ended")??;
        let Message::Text(message) = message else { continue }; // The library answers pings.
        let message: Value = serde_json::from_str(&message)?;
        let (kind, number) = (text(&message["type"]), |name| message[name].as_u64().unwrap_or_default());
        match kind.as_str() {
            "hello" if number("protocol") > 1 => return Err("the server needs a newer client".into()),
            "hello" => {
                // Continues after change `since`. A state that is not whole is replaced instead.
                let (since, anew) = (board.seq, !board.is_whole);
                let ask = json!({"type": "subscribe", "board": id, "outline": true, "since": since, "snapshot": anew});
                socket.send(Message::text(ask.to_string())).await?;
            }
            "snapshot" => board.replace(number("seq"), &message["state"]),
            "error" => return Err(text(&message["message"]).into()),
            "goodbye" => sleep(Duration::from_millis(number("reconnect_after_ms"))).await,
            _ => list(&message["changes"]).try_for_each(|change| board.apply(change))?,
        }
        eprintln!("{kind}: at {}", board.seq);
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let (server, id) = env::args().nth(1).zip(env::args().nth(2)).ok_or("usage: mirror ADDRESS BOARD")?;
    let (mut board, mut failures) = (Board::default(), 0);
    let following = async {
        loop {
            let began = Instant::now();
            let Err(error) = follow(&mut board, &server, &id).await;
            // A random pause, which grows with each connection that did not hold for ten seconds, or met an unknown change.
            let held = board.is_whole && began.elapsed() > Duration::from_secs(10);
            failures = if held { 1 } else { min(failures + 1, 7) };
            let pause = Duration::from_millis(getrandom::u64().unwrap_or_default() % min(250 << failures, 30_000));
            eprintln!("lost: {error}; again in {pause:?}");
            sleep(pause).await;
        }
    };
    let (mut terminate, mut input, mut sink) = (signal(SignalKind::terminate())?, io::stdin(), io::sink());
    tokio::select! {
        () = following => {}
        _ = terminate.recv() => {}
        _ = io::copy(&mut input, &mut sink) => {}
    }
    println!("{}", board.to_json());
    exit(0) // A thread still waits for input.
}
