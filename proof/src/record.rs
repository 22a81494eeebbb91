//! Records what all clients observed during the run, and which observations broke a promise.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
    time::Instant,
};

use serde_json::Value;
use tokio::sync::watch;

use crate::tamper::Tamper;

/// Microseconds since the beginning of the run.
pub type Micros = u64;

/// How many violations of a promise are printed in full.
const TOLD: usize = 5;

/// The promises of docs/PROTOCOL.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Promise {
    Kept,
    Once,
    Order,
    Holes,
    Same,
    Equal,
    Eyes,
    Refused,
    Answers,
    Current,
    Runs,
}

impl Promise {
    pub const ALL: [Self; 11] = [
        Self::Kept,
        Self::Once,
        Self::Order,
        Self::Holes,
        Self::Same,
        Self::Equal,
        Self::Eyes,
        Self::Refused,
        Self::Answers,
        Self::Current,
        Self::Runs,
    ];
}

impl fmt::Display for Promise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kept => "what was acknowledged is in the log",
            Self::Once => "nothing is done twice, nothing unasked",
            Self::Order => "each sender's order is kept",
            Self::Holes => "each change is sent once, without holes",
            Self::Same => "all are sent what the log says",
            Self::Equal => "all states are what the log amounts to",
            Self::Eyes => "nobody is sent what they may not see",
            Self::Refused => "what was refused stays undone",
            Self::Answers => "each mutation is answered, in order",
            Self::Current => "nobody stays behind",
            Self::Runs => "processes start, and end when told to",
        })
    }
}

/// The phase of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    Running,
    /// Clients start nothing new; pending work is completed.
    Draining,
    Over,
}

/// A board that clients change.
pub struct Board {
    pub id: String,
    /// The ids of To do, Doing and Done.
    pub columns: [String; 3],
    seen: Mutex<Vec<Known>>,
    /// The highest change number that any client knows of.
    pub head: AtomicU64,
}

/// What is known about a change from the clients to which it was sent.
#[derive(Clone, Copy, Default)]
struct Known {
    digest: u64,
    /// A time at which the change was certainly in the log: a client had been answered, or was sent the change.
    by: Micros,
}

/// The position of a watcher who may see the board all the time.
pub struct Watch {
    pub client: String,
    pub board: usize,
    pub have: AtomicU64,
}

/// The state of a sender.
pub struct Sender {
    pub name: String,
    /// Since when the sender's oldest mutation is unanswered; 0 if none is.
    pub waits_since: AtomicU64,
}

/// A record that data of a board was sent to a person who may not always see the board.
pub struct Sight {
    pub person: Arc<str>,
    pub board: usize,
    /// The highest change number in the data.
    pub through: u64,
    pub at: Micros,
}

/// The time from the beginning of a fault to the beginning of the next one.
pub struct Episode {
    pub fault: String,
    pub deliveries: AtomicU64,
    /// The longest time from when a change was in the log until it arrived at a connected watcher.
    pub worst: AtomicU64,
    /// How long after the end of the fault every watcher had everything, and every sender its answers.
    pub recovered: AtomicU64,
}

/// The outcome of a mutation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Unanswered,
    /// Accepted, with the change's number if the response names it.
    Accepted(Option<u64>),
    Refused,
}

/// A mutation of a sender.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    pub id: u128,
    pub board: usize,
    /// Whether its title is made by [`token`], so that it identifies the mutation in the log.
    pub has_token: bool,
    pub fate: Fate,
}

/// All mutations of a sender, in the order in which they were sent.
pub struct History {
    pub sender: String,
    pub sent: Vec<Sent>,
}

/// A title that no other mutation has.
pub fn token(sender: &str, order: usize) -> String {
    format!("{sender} {order}")
}

/// The counts in the report.
#[derive(Default)]
pub struct Counts {
    pub connections: AtomicU64,
    pub deliveries: AtomicU64,
    pub snapshots: AtomicU64,
    pub resent: AtomicU64,
    pub accepted: AtomicU64,
    pub refused: AtomicU64,
    pub probes: AtomicU64,
}

/// See the module's documentation.
pub struct Record {
    start: Instant,
    pub boards: Vec<Board>,
    pub counts: Counts,
    pub phase: watch::Sender<Phase>,
    /// Set after a fault has ended: clients that disconnected by choice reconnect at once.
    pub come_back: AtomicBool,
    pub unanswered: AtomicI64,
    pub tamper: Tamper,
    broken: Mutex<BTreeMap<Promise, Vec<String>>>,
    broken_count: Mutex<BTreeMap<Promise, u64>>,
    episodes: Mutex<Vec<Arc<Episode>>>,
    watches: Mutex<Vec<Arc<Watch>>>,
    senders: Mutex<Vec<Arc<Sender>>>,
    sights: Mutex<Vec<Sight>>,
    /// The digests of the snapshots that were sent, by board and change number.
    snapshots: Mutex<HashMap<(usize, u64), u64>>,
    /// When a mutation that changes rights was first sent.
    grants: Mutex<HashMap<u128, Micros>>,
}

impl Record {
    pub fn of(boards: Vec<(String, [String; 3])>, tamper: Tamper) -> Self {
        let board = |(id, columns)| Board { id, columns, seen: Mutex::default(), head: AtomicU64::new(0) };
        let record = Self {
            start: Instant::now(),
            boards: boards.into_iter().map(board).collect(),
            counts: Counts::default(),
            phase: watch::Sender::new(Phase::Running),
            come_back: AtomicBool::new(false),
            unanswered: AtomicI64::new(0),
            tamper,
            broken: Mutex::default(),
            broken_count: Mutex::default(),
            episodes: Mutex::default(),
            watches: Mutex::default(),
            senders: Mutex::default(),
            sights: Mutex::default(),
            snapshots: Mutex::default(),
            grants: Mutex::default(),
        };
        record.begin_episode("before the first".to_owned());
        record
    }

    pub fn now(&self) -> Micros {
        self.start.elapsed().as_micros() as Micros
    }

    /// Records that a promise was broken.
    pub fn broke(&self, promise: Promise, words: String) {
        *locked(&self.broken_count).entry(promise).or_default() += 1;
        let mut broken = locked(&self.broken);
        let told = broken.entry(promise).or_default();
        if told.len() < TOLD {
            println!("  {:>8.3} s  BROKEN: {promise}: {words}", self.now() as f64 / 1e6);
            told.push(words);
        }
    }

    /// How often a promise was broken.
    pub fn broken(&self, promise: Promise) -> u64 {
        locked(&self.broken_count).get(&promise).copied().unwrap_or(0)
    }

    pub fn begin_episode(&self, fault: String) -> Arc<Episode> {
        let (deliveries, worst, recovered) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
        let episode = Arc::new(Episode { fault, deliveries, worst, recovered });
        locked(&self.episodes).push(Arc::clone(&episode));
        episode
    }

    pub fn episodes(&self) -> Vec<Arc<Episode>> {
        locked(&self.episodes).clone()
    }

    fn episode(&self) -> Option<Arc<Episode>> {
        locked(&self.episodes).last().cloned()
    }

    pub fn watch(&self, client: &str, board: usize) -> Arc<Watch> {
        let watch = Arc::new(Watch { client: client.to_owned(), board, have: AtomicU64::new(0) });
        locked(&self.watches).push(Arc::clone(&watch));
        watch
    }

    pub fn sender(&self, name: &str) -> Arc<Sender> {
        let sender = Arc::new(Sender { name: name.to_owned(), waits_since: AtomicU64::new(0) });
        locked(&self.senders).push(Arc::clone(&sender));
        sender
    }

    pub fn heads(&self) -> Vec<u64> {
        self.boards.iter().map(|board| board.head.load(Ordering::Relaxed)).collect()
    }

    /// The watchers that have not received everything up to `heads`, and the senders that have waited for an answer
    /// since `since` or longer.
    pub fn behind(&self, heads: &[u64], since: Micros) -> Vec<String> {
        let watches = locked(&self.watches);
        let late = watches.iter().filter(|watch| watch.have.load(Ordering::Relaxed) < heads[watch.board]);
        let mut behind: Vec<String> = late
            .map(|watch| {
                let (have, head) = (watch.have.load(Ordering::Relaxed), heads[watch.board]);
                format!("{} has {have} of {head} on board {}", watch.client, watch.board)
            })
            .collect();
        let senders = locked(&self.senders);
        behind.extend(senders.iter().filter_map(|sender| {
            let waits = sender.waits_since.load(Ordering::Relaxed);
            (waits != 0 && waits <= since).then(|| format!("{} waits for an answer", sender.name))
        }));
        behind
    }

    /// Records the number with which a mutation was acknowledged.
    pub fn acknowledged(&self, board: usize, seq: u64) {
        self.know(board, seq, None, self.now());
    }

    /// Records that a client was sent changes. `connected` is the time since which it is subscribed, if it must be sent
    /// every change.
    pub fn delivered(&self, board: usize, changes: &[(u64, u64)], connected: Option<Micros>) {
        let now = self.now();
        self.counts.deliveries.fetch_add(changes.len() as u64, Ordering::Relaxed);
        let mut worst = 0;
        for (seq, digest) in changes {
            let by = self.know(board, *seq, Some(*digest), now);
            if let Some(connected) = connected {
                worst = worst.max(now.saturating_sub(by.max(connected)));
            }
        }
        if let Some(episode) = self.episode().filter(|_| connected.is_some()) {
            episode.deliveries.fetch_add(changes.len() as u64, Ordering::Relaxed);
            episode.worst.fetch_max(worst, Ordering::Relaxed);
        }
    }

    fn know(&self, board: usize, seq: u64, digest: Option<u64>, now: Micros) -> Micros {
        let index = board;
        let board = &self.boards[board];
        board.head.fetch_max(seq, Ordering::Relaxed);
        let mut seen = locked(&board.seen);
        if seen.len() <= seq as usize {
            seen.resize(seq as usize + 1, Known::default());
        }
        let known = &mut seen[seq as usize];
        if known.by == 0 {
            known.by = now;
        }
        let (mine, by) = (digest.unwrap_or(0), known.by);
        if known.digest == 0 {
            known.digest = mine;
        } else if mine != 0 && mine != known.digest {
            drop(seen);
            self.broke(Promise::Same, format!("change {seq} of board {index} was sent in two forms"));
        }
        by
    }

    /// The digest of a change as it was sent, if it was.
    pub fn digest(&self, board: usize, seq: u64) -> Option<u64> {
        locked(&self.boards[board].seen).get(seq as usize).map(|known| known.digest).filter(|digest| *digest != 0)
    }

    pub fn sight(&self, sight: Sight) {
        locked(&self.sights).push(sight);
    }

    pub fn sights(&self) -> Vec<Sight> {
        std::mem::take(&mut *locked(&self.sights))
    }

    pub fn snapshot(&self, board: usize, seq: u64, digest: u64) {
        self.counts.snapshots.fetch_add(1, Ordering::Relaxed);
        let before = *locked(&self.snapshots).entry((board, seq)).or_insert(digest);
        if before != digest {
            self.broke(Promise::Equal, format!("two snapshots of board {board} at {seq} differ"));
        }
    }

    pub fn snapshots(&self) -> HashMap<(usize, u64), u64> {
        locked(&self.snapshots).clone()
    }

    pub fn granting(&self, mutation: u128) {
        let now = self.now();
        locked(&self.grants).entry(mutation).or_insert(now);
    }

    pub fn grants(&self) -> HashMap<u128, Micros> {
        locked(&self.grants).clone()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The digest of a JSON value, independent of the order of its fields. Never 0.
pub fn digest(value: &Value) -> u64 {
    fn feed(value: &Value, hasher: &mut DefaultHasher) {
        match value {
            Value::Null => 0_u8.hash(hasher),
            Value::Bool(value) => (1_u8, value).hash(hasher),
            Value::Number(value) => (2_u8, value.to_string()).hash(hasher),
            Value::String(value) => (3_u8, value).hash(hasher),
            Value::Array(values) => {
                (4_u8, values.len()).hash(hasher);
                values.iter().for_each(|value| feed(value, hasher));
            }
            Value::Object(fields) => {
                (5_u8, fields.len()).hash(hasher);
                let mut fields: Vec<_> = fields.iter().collect();
                fields.sort_unstable_by_key(|(name, _)| *name);
                for (name, value) in fields {
                    name.hash(hasher);
                    feed(value, hasher);
                }
            }
        }
    }
    let mut hasher = DefaultHasher::new();
    feed(value, &mut hasher);
    hasher.finish().max(1)
}
