//! Clients that change and follow boards over the socket, written from docs/PROTOCOL.md alone.
//!
//! They disconnect at random, and resume with the number that they have. Unanswered mutations are sent again under
//! their ids, in the order in which they were first sent.

use std::{
    collections::VecDeque,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use fastrand::Rng;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, sleep_until};
use uuid::Uuid;

use crate::{
    edits::Edits,
    record::{Fate, History, Micros, Phase, Promise, Record, Sender, Sent, Watch, token},
    rights::Rights,
    socket::{Ended, Follow, Next, Socket},
    tamper::Break,
};

/// How often a client sends a ping, and after what time without a message it considers the connection dead.
const PING: Duration = Duration::from_millis(300);
const SILENCE: Duration = Duration::from_millis(1_000);

/// How many mutations a client may have unanswered; well below the protocol's 64.
const WINDOW: usize = 24;

/// The share of refused mutations that are sent again.
const REFUSED_AGAIN: f64 = 0.3;

/// What a client does besides following boards.
pub enum Work {
    /// Edits tasks and columns.
    Edits(Edits),
    /// Adds guests to boards and removes them.
    Rights(Rights),
}

pub struct Client {
    name: String,
    token: String,
    ports: Arc<Vec<u16>>,
    record: Arc<Record>,
    sender: Arc<Sender>,
    rng: Rng,
    follows: Vec<(Follow, Arc<Watch>)>,
    work: Work,
    /// The mean time between two mutations.
    pause: Duration,
    /// The mean time between two drops of the connection.
    stay: Duration,
    /// Whether the client announces its presence on its boards.
    is_present: bool,
    sent: Vec<Sent>,
    unanswered: VecDeque<Waiting>,
    /// Refused mutations that are to be sent again, and when.
    again: VecDeque<(Instant, Waiting)>,
}

/// A mutation that is unanswered or to be sent again.
struct Waiting {
    /// Its index in the order of the sender's mutations.
    order: usize,
    /// Whether it was refused before.
    again: bool,
    board: usize,
    id: u128,
    body: Value,
    /// When it was first sent, or, after a refusal, first sent again.
    since: Micros,
}

/// Why a connection ended.
#[derive(PartialEq, Eq)]
enum Left {
    /// It broke, or was silent.
    Broken,
    /// The client dropped it for no reason.
    Dropped,
    /// The server said goodbye, and asked for this pause.
    Goodbye(Duration),
    /// The run is over.
    Over,
}

impl From<Ended> for Left {
    fn from(Ended: Ended) -> Self {
        Self::Broken
    }
}

/// The settings that all clients share.
#[derive(Clone)]
pub struct Setting {
    pub record: Arc<Record>,
    /// The ports of the nodes' links.
    pub ports: Arc<Vec<u16>>,
    pub seed: u64,
    pub pause: Duration,
    pub stay: Duration,
}

impl Client {
    pub fn new(setting: &Setting, number: u64, token: String, boards: &[usize], work: Work) -> Self {
        let name = format!("c{number}");
        let record = &setting.record;
        let follows = boards.iter().map(|board| (Follow::of(*board), record.watch(&name, *board))).collect();
        let mut rng = Rng::with_seed(setting.seed.wrapping_mul(1_000_003).wrapping_add(number));
        Self {
            token,
            ports: Arc::clone(&setting.ports),
            record: Arc::clone(record),
            sender: record.sender(&name),
            follows,
            work,
            pause: setting.pause,
            stay: setting.stay,
            is_present: rng.u8(..) < 26,
            rng,
            name,
            sent: Vec::new(),
            unanswered: VecDeque::new(),
            again: VecDeque::new(),
        }
    }

    /// Works until the run is over.
    pub async fn run(mut self) -> History {
        let mut failures = 0;
        loop {
            if *self.record.phase.borrow() == Phase::Over {
                break;
            }
            let port = self.ports[self.rng.usize(..self.ports.len())];
            let Ok(mut socket) = Socket::connect(port, &self.token).await else {
                failures += 1;
                self.rest(Duration::from_millis(500 << failures.min(2)), failures < 3).await;
                continue;
            };
            self.record.counts.connections.fetch_add(1, Ordering::Relaxed);
            let heard = Instant::now();
            let left = match self.live(&mut socket).await {
                Ok(left) | Err(left) => left,
            };
            // A connection that ends at once counts as a failure to connect.
            failures = if heard.elapsed() < Duration::from_secs(1) { failures + 1 } else { 0 };
            match left {
                Left::Over => {
                    socket.close().await;
                    break;
                }
                Left::Broken => self.rest(Duration::from_millis(500 << failures.min(2)), failures < 3).await,
                Left::Goodbye(pause) => sleep(pause).await,
                Left::Dropped => {
                    if self.rng.bool() {
                        socket.close().await;
                    } else {
                        drop(socket);
                    }
                    self.rest(Duration::from_secs(2), true).await;
                }
            }
        }
        History { sender: self.name, sent: self.sent }
    }

    /// Waits for a random time. If clients are to reconnect at once it ends early, unless the client has already tried
    /// that.
    async fn rest(&mut self, at_most: Duration, may_be_short: bool) {
        let pause = at_most.mul_f64(self.rng.f64());
        let until = Instant::now() + pause;
        while Instant::now() < until {
            sleep(Duration::from_millis(50).min(until - Instant::now())).await;
            if may_be_short && self.record.come_back.load(Ordering::Relaxed) {
                return;
            }
        }
    }

    /// Uses one connection, until it ends.
    async fn live(&mut self, socket: &mut Socket) -> Result<Left, Left> {
        for index in 0..self.follows.len() {
            self.follows[index].0.subscribe(socket, &self.record).await?;
        }
        self.send_again(socket).await?;
        let exponential = |rng: &mut Rng, mean: Duration| mean.mul_f64(-(1.0 - rng.f64()).ln());
        let mut heard = Instant::now();
        let mut ping_at = heard + PING;
        let mut work_at = heard + exponential(&mut self.rng, self.pause);
        let mut drop_at = heard + exponential(&mut self.rng, self.stay);
        let mut phase = self.record.phase.subscribe();
        loop {
            if *phase.borrow_and_update() == Phase::Over {
                return Ok(Left::Over);
            }
            tokio::select! {
                message = socket.hear() => {
                    heard = Instant::now();
                    self.take(&message?, socket).await?;
                }
                () = sleep_until(ping_at) => {
                    if heard.elapsed() > SILENCE {
                        return Ok(Left::Broken);
                    }
                    socket.say(&json!({"type": "ping"})).await?;
                    self.subscribe_again(socket).await?;
                    ping_at = Instant::now() + PING;
                }
                () = sleep_until(work_at) => {
                    work_at = Instant::now() + exponential(&mut self.rng, self.pause);
                    self.work(socket).await?;
                }
                () = sleep_until(drop_at) => {
                    if *phase.borrow() == Phase::Running && !self.record.come_back.load(Ordering::Relaxed) {
                        return Ok(Left::Dropped);
                    }
                    drop_at = Instant::now() + exponential(&mut self.rng, self.stay);
                }
                _ = phase.changed() => {}
            }
        }
    }

    /// Sends all unanswered mutations again, in their order. Consecutive mutations for the same board share a message.
    async fn send_again(&mut self, socket: &mut Socket) -> Result<(), Ended> {
        let mut at = 0;
        while at < self.unanswered.len() {
            let board = self.unanswered[at].board;
            let mut mutations = Vec::new();
            while at < self.unanswered.len() && self.unanswered[at].board == board && mutations.len() < 20 {
                mutations.push(self.unanswered[at].body.clone());
                at += 1;
            }
            self.record.counts.resent.fetch_add(mutations.len() as u64, Ordering::Relaxed);
            let board = &self.record.boards[board].id;
            socket.say(&json!({"type": "mutate", "board": board, "mutations": mutations})).await?;
        }
        Ok(())
    }

    /// Subscribes again to boards whose subscription was answered with an error.
    async fn subscribe_again(&mut self, socket: &mut Socket) -> Result<(), Ended> {
        let now = self.record.now();
        for (follow, _) in &mut self.follows {
            if follow.is_off() {
                follow.subscribe(socket, &self.record).await?;
            } else if follow.waits(now).is_some_and(|waits| waits > 20_000_000) {
                let words = format!("{} waits for the answer to a subscription for 20 s", self.name);
                self.record.broke(Promise::Current, words);
                return Err(Ended);
            }
        }
        Ok(())
    }

    async fn work(&mut self, socket: &mut Socket) -> Result<(), Ended> {
        if *self.record.phase.borrow() != Phase::Running || self.unanswered.len() >= WINDOW {
            return Ok(());
        }
        if self.again.front().is_some_and(|(at, _)| *at <= Instant::now())
            && let Some((_, waiting)) = self.again.pop_front()
        {
            return self.send(vec![waiting], socket).await;
        }
        let mut batch = Vec::new();
        let mut board = None;
        // Usually one mutation at a time; sometimes several in one message, which are all for one board.
        for _ in 0..if self.rng.u8(..) < 40 { 3 } else { 1 } {
            let order = self.sent.len();
            let asked = match &mut self.work {
                Work::Edits(edits) => edits.next(&mut self.rng, &self.record, board, &token(&self.name, order)),
                Work::Rights(rights) => rights.next(&mut self.rng),
            };
            let Some(asked) = asked else { break };
            board = Some(asked.board);
            let id = Uuid::now_v7();
            let mut body = asked.body;
            body["id"] = json!(id);
            if asked.changes_rights {
                self.record.granting(id.as_u128());
            }
            let id = id.as_u128();
            self.sent.push(Sent { id, board: asked.board, has_token: asked.has_token, fate: Fate::Unanswered });
            batch.push(Waiting { order, again: false, board: asked.board, id, body, since: self.record.now() });
        }
        if batch.is_empty() { Ok(()) } else { self.send(batch, socket).await }
    }

    async fn send(&mut self, mut batch: Vec<Waiting>, socket: &mut Socket) -> Result<(), Ended> {
        let board = &self.record.boards[batch[0].board].id;
        let bodies: Vec<&Value> = batch.iter().map(|waiting| &waiting.body).collect();
        let message = json!({"type": "mutate", "board": board, "mutations": bodies}).to_string();
        let now = self.record.now();
        batch.iter_mut().for_each(|waiting| waiting.since = now);
        self.record.unanswered.fetch_add(batch.len() as i64, Ordering::Relaxed);
        // Recorded before sending: whether a mutation arrives is not known until it is answered.
        self.unanswered.extend(batch);
        self.note_waiting();
        socket.say_text(message).await
    }

    fn note_waiting(&self) {
        let since = self.unanswered.iter().map(|waiting| waiting.since).min().unwrap_or(0);
        self.sender.waits_since.store(since, Ordering::Relaxed);
    }

    async fn take(&mut self, message: &Value, socket: &mut Socket) -> Result<(), Left> {
        match message["type"].as_str().unwrap_or_default() {
            "changes" | "snapshot" => {
                let is_news = message["changes"].as_array().is_some_and(|changes| !changes.is_empty());
                if is_news && self.record.tamper.now(Break::Stale) {
                    sleep(Duration::from_secs(8)).await;
                }
                let id = message["board"].as_str().unwrap_or_default();
                let board = self.record.boards.iter().position(|board| board.id == id);
                let Some((follow, watch)) = self.follows.iter_mut().find(|(follow, _)| Some(follow.board) == board)
                else {
                    self.record
                        .broke(Promise::Eyes, format!("{} is sent board {id}, and has not asked for it", self.name));
                    return Ok(());
                };
                let was_on = follow.is_on;
                let next = follow.take(&self.name, message, &self.record, true);
                watch.have.store(follow.have.unwrap_or(0), Ordering::Relaxed);
                if next == Next::Subscribe {
                    follow.subscribe(socket, &self.record).await?;
                    return Ok(());
                }
                if !was_on && self.is_present {
                    let id = &self.record.boards[follow.board].id;
                    let tab = Uuid::from_u64_pair(self.rng.u64(..), self.rng.u64(..));
                    socket.say(&json!({"type": "present", "board": id, "tab": tab})).await?;
                }
                if let Work::Edits(edits) = &mut self.work {
                    edits.see(follow.board, message);
                }
            }
            "accepted" => self.answered(message, true),
            "rejected" => self.answered(message, false),
            "pong" => self.compare_heads(message),
            "goodbye" => {
                return Err(self.hear_out(message, socket).await);
            }
            "error" => self.err(message)?,
            _ => {}
        }
        Ok(())
    }

    /// After a goodbye the server still answers earlier mutations, then the connection ends.
    async fn hear_out(&mut self, message: &Value, socket: &mut Socket) -> Left {
        let pause = Duration::from_millis(message["reconnect_after_ms"].as_u64().unwrap_or(0).min(5_000));
        while let Ok(Ok(message)) = tokio::time::timeout(SILENCE, socket.hear()).await {
            match message["type"].as_str() {
                Some("accepted") => self.answered(&message, true),
                Some("rejected") => self.answered(&message, false),
                // Changes are ignored: after reconnecting, the client asks for them again with the number that it has.
                _ => {}
            }
        }
        Left::Goodbye(pause)
    }

    fn answered(&mut self, message: &Value, accepted: bool) {
        let id = message["mutation"].as_str().and_then(|id| Uuid::parse_str(id).ok()).map_or(0, |id| id.as_u128());
        let Some(at) = self.unanswered.iter().position(|waiting| waiting.id == id) else {
            self.record
                .broke(Promise::Answers, format!("{} got an answer that it does not wait for: {message}", self.name));
            return;
        };
        if self.record.tamper.is(Break::Unanswered) && self.name == "c0" && self.unanswered[at].order == 3 {
            return;
        }
        if at > 0 {
            self.record.broke(Promise::Answers, format!("{} got an answer out of order: {message}", self.name));
        }
        let Some(waiting) = self.unanswered.remove(at) else { return };
        self.record.unanswered.fetch_sub(1, Ordering::Relaxed);
        self.note_waiting();
        if accepted {
            let seq = message["seq"].as_u64().unwrap_or(0);
            self.record.counts.accepted.fetch_add(1, Ordering::Relaxed);
            self.record.acknowledged(waiting.board, seq);
            if waiting.again {
                let words = format!("{}: {} was refused and, sent again, accepted", self.name, waiting.body);
                self.record.broke(Promise::Refused, words);
                return;
            }
            let fate = if self.record.tamper.now(Break::Refused) { Fate::Refused } else { Fate::Accepted(Some(seq)) };
            self.sent[waiting.order].fate = fate;
            if let Work::Rights(rights) = &mut self.work {
                rights.accepted(&waiting.body, &self.record, &self.ports);
            }
            return;
        }
        self.record.counts.refused.fetch_add(1, Ordering::Relaxed);
        self.sent[waiting.order].fate = Fate::Refused;
        match &mut self.work {
            Work::Edits(edits) if !waiting.again => edits.refused(&waiting.body, waiting.board),
            Work::Edits(_) => {}
            Work::Rights(_) => {
                self.record.broke(Promise::Answers, format!("a manager may not {}: {message}", waiting.body));
            }
        }
        if !waiting.again && self.rng.f64() < REFUSED_AGAIN {
            let at = Instant::now() + Duration::from_secs(1).mul_f64(1.0 + self.rng.f64());
            self.again.push_back((at, Waiting { again: true, ..waiting }));
        }
    }

    /// A pong names the number up to which the client was sent everything. Checks that the client has everything up to
    /// there.
    fn compare_heads(&self, message: &Value) {
        for (follow, _) in self.follows.iter().filter(|(follow, _)| follow.is_on) {
            let board = &self.record.boards[follow.board].id;
            if let (Some(head), Some(have)) = (message["heads"][board].as_u64(), follow.have)
                && have < head
            {
                let words =
                    format!("{} is told that it has {head} of board {}, and has {have}", self.name, follow.board);
                self.record.broke(Promise::Holes, words);
            }
        }
    }

    fn err(&mut self, message: &Value) -> Result<(), Left> {
        let board = message["board"].as_str().unwrap_or_default();
        match message["code"].as_str().unwrap_or_default() {
            // After a `subscribe`, the client may try again a little later; after a `mutate` the connection ends.
            "unavailable" => {
                for (follow, _) in &mut self.follows {
                    if self.record.boards[follow.board].id == board {
                        follow.end();
                    }
                }
                Ok(())
            }
            _ => {
                self.record.broke(Promise::Answers, format!("{} is told {message}", self.name));
                Err(Left::Broken)
            }
        }
    }
}
