//! Guests, who may see a board sometimes or never, and the manager who decides that.
//!
//! After a guest was removed from a board by change n, no node may send them n or later changes, until they are a
//! member again. What guests are sent is recorded, and compared with the log at the end.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use fastrand::Rng;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use crate::{
    client::Setting,
    edits::Asked,
    record::{Phase, Promise, Record, Sight},
    socket::{Ended, Follow, Next, Socket},
};

/// Adds guests to a board and removes them. Nobody else does, so it is known whether a guest is a member.
pub struct Rights {
    board: usize,
    people: Vec<(Guest, Standing)>,
    client: reqwest::Client,
}

/// A person who sees boards sometimes, or never.
#[derive(Clone)]
pub struct Guest {
    pub person: Arc<str>,
    pub token: String,
}

#[derive(Default)]
struct Standing {
    is_on: bool,
    /// Whether the membership is being changed, or the access that was taken away is being probed.
    is_busy: Arc<AtomicBool>,
}

impl Rights {
    pub fn over(board: usize, people: &[Guest], client: reqwest::Client) -> Self {
        Self { board, people: people.iter().map(|guest| (guest.clone(), Standing::default())).collect(), client }
    }

    pub fn next(&mut self, rng: &mut Rng) -> Option<Asked> {
        let at = rng.usize(..self.people.len());
        let (guest, standing) = &mut self.people[at];
        if standing.is_busy.swap(true, Ordering::SeqCst) {
            return None;
        }
        let role = if standing.is_on { Value::Null } else { json!("viewer") };
        let body = json!({"op": "set_member", "person": &*guest.person, "role": role});
        Some(Asked { board: self.board, body, has_token: false, changes_rights: true })
    }

    /// Notes that a change of membership was accepted. After a removal, it checks on every node that the guest has no
    /// access any more.
    pub fn accepted(&mut self, body: &Value, record: &Arc<Record>, ports: &[u16]) {
        let Some((guest, standing)) = self.people.iter_mut().find(|(guest, _)| body["person"] == *guest.person) else {
            return;
        };
        standing.is_on = !body["role"].is_null();
        let is_busy = Arc::clone(&standing.is_busy);
        if standing.is_on {
            is_busy.store(false, Ordering::SeqCst);
            return;
        }
        let (record, client, guest) = (Arc::clone(record), self.client.clone(), guest.clone());
        let (ports, board) = (ports.to_owned(), self.board);
        tokio::spawn(async move {
            for port in ports {
                let url = format!("http://127.0.0.1:{port}/api/v1/boards/{}/changes", record.boards[board].id);
                // A node that does not respond shows the board to nobody.
                if let Ok(answer) = client.get(url).bearer_auth(&guest.token).send().await {
                    record.counts.probes.fetch_add(1, Ordering::Relaxed);
                    if answer.status().is_success() {
                        let words =
                            format!("{} was removed from board {board}, and can still read it by REST", guest.person);
                        record.broke(Promise::Eyes, words);
                    }
                }
            }
            is_busy.store(false, Ordering::SeqCst);
        });
    }
}

/// Follows boards as far as the guest may, records everything that is sent, and tries to write where the guest must
/// not.
pub async fn look_on(setting: Setting, number: u64, guest: Guest, boards: Vec<usize>) {
    let Setting { record, ports, seed, .. } = setting;
    let name = format!("guest {number}");
    let mut rng = Rng::with_seed(seed.wrapping_mul(7_368_787).wrapping_add(number));
    let mut follows: Vec<Follow> = boards.into_iter().map(Follow::of).collect();
    while *record.phase.borrow() != Phase::Over {
        let port = ports[rng.usize(..ports.len())];
        if let Ok(mut socket) = Socket::connect(port, &guest.token).await {
            follows.iter_mut().for_each(Follow::end);
            let until = Instant::now() + Duration::from_secs(10).mul_f64(rng.f64());
            // After that time the guest connects to another node.
            while Instant::now() < until && *record.phase.borrow() != Phase::Over {
                if look(&name, &guest, &mut socket, &mut follows, &mut rng, &record).await.is_err() {
                    break;
                }
            }
        }
        sleep(Duration::from_millis(rng.u64(20..300))).await;
    }
}

async fn look(
    name: &str,
    guest: &Guest,
    socket: &mut Socket,
    follows: &mut [Follow],
    rng: &mut Rng,
    record: &Record,
) -> Result<(), Ended> {
    for follow in follows.iter_mut().filter(|follow| follow.is_off()) {
        if rng.u8(..) < 20 {
            // Sometimes the guest asks from the beginning, so that the server could send more than it may.
            follow.have = None;
        }
        follow.subscribe(socket, record).await?;
    }
    if rng.u8(..) < 20 {
        let follow = &follows[rng.usize(..follows.len())];
        let mutation =
            json!({"id": Uuid::now_v7(), "op": "create_task", "task": Uuid::now_v7(), "title": "not mine to make"});
        let board = &record.boards[follow.board].id;
        socket.say(&json!({"type": "mutate", "board": board, "mutations": [mutation]})).await?;
    }
    socket.say(&json!({"type": "ping"})).await?;
    let until = Instant::now() + Duration::from_millis(400);
    let mut heard = false;
    while let Ok(message) = timeout(until.saturating_duration_since(Instant::now()), socket.hear()).await {
        let message = message?;
        heard = true;
        let at = |message: &Value| {
            let id = message["board"].as_str().unwrap_or_default();
            follows.iter().position(|follow| record.boards[follow.board].id == id)
        };
        match message["type"].as_str().unwrap_or_default() {
            "changes" | "snapshot" => {
                let Some(at) = at(&message) else {
                    record.broke(Promise::Eyes, format!("{name} is sent a board that it has not asked for: {message}"));
                    continue;
                };
                if follows[at].take(name, &message, record, false) == Next::Subscribe {
                    follows[at].end();
                }
                let through = follows[at].have.unwrap_or(0);
                let (person, board) = (Arc::clone(&guest.person), follows[at].board);
                record.sight(Sight { person, board, through, at: record.now() });
            }
            "accepted" => record.broke(Promise::Eyes, format!("{name} may not write, and is told {message}")),
            "error" => {
                if let Some(at) = at(&message) {
                    follows[at].end();
                }
            }
            "goodbye" => return Err(Ended),
            _ => {}
        }
    }
    // A silent connection is given up.
    if heard { Ok(()) } else { Err(Ended) }
}
