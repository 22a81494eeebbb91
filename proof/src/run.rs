//! A run: build the cluster, work under faults, complete pending work, compare.

use std::{
    collections::VecDeque,
    path::Path,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use fastrand::Rng;
use serde_json::{Value, json};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, timeout},
};
use uuid::Uuid;

use crate::{
    Arguments,
    check::{self, Found, difference},
    client::{Client, Setting, Work},
    cluster::Cluster,
    edits::Edits,
    faults::{Fault, Ongoing},
    record::{Fate, History, Phase, Promise, Record, Sent},
    rest,
    rights::{self, Guest, Rights},
    socket::{Follow, Socket},
    table,
    tamper::{Break, Tamper},
};

/// The number of people who share the clients, the number of guests, and the number of boards that guests may see
/// sometimes.
const PEOPLE: usize = 12;
const GUESTS: usize = 4;
const CONTESTED: usize = 3;

/// A client counts as current if it has everything that existed this many microseconds ago.
const MOMENT: u64 = 300_000;

/// All people with an account.
struct People {
    owner: Guest,
    members: Vec<Guest>,
    guests: Vec<Guest>,
}

/// Runs everything. Returns whether every promise was kept.
pub async fn run(arguments: &Arguments) -> Result<bool, String> {
    sqlx::any::install_default_drivers();
    let taskwire = std::path::absolute(&arguments.taskwire).map_err(|error| error.to_string())?;
    if !taskwire.is_file() {
        return Err(format!("--taskwire: there is no {}; `make build` makes it", taskwire.display()));
    }
    let folder = tempfile::Builder::new().prefix("taskwire-proof-").tempdir().map_err(|error| error.to_string())?;
    // PostgreSQL may have to run as another user, who needs access to the folder.
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(folder.path(), open).map_err(|error| error.to_string())?;
    let outcome = run_in(arguments, &taskwire, folder.path()).await;
    if arguments.keep {
        println!("the output of all processes is in {}", folder.keep().display());
    }
    outcome
}

async fn run_in(arguments: &Arguments, taskwire: &Path, folder: &Path) -> Result<bool, String> {
    let began = Instant::now();
    let mut cluster = Cluster::build(taskwire, folder, arguments.nodes).await?;
    // Before the first start, because a running node notices changes from the command line only after up to a second.
    let people = make_people(&cluster)?;
    for node in 0..arguments.nodes {
        cluster.start(node).await?;
    }
    let boards: Vec<_> =
        (0..arguments.boards.max(CONTESTED + 1)).map(|_| (new_id(), [new_id(), new_id(), new_id()])).collect();
    let record = Arc::new(Record::of(boards, Tamper::with(arguments.tamper)));
    let ports: Arc<Vec<u16>> = Arc::new(cluster.nodes.iter().map(|node| node.front.port).collect());
    let setup = make_boards(&record, ports[0], &people).await?;
    println!(
        "seed {}, {} nodes, {} clients, {} boards; ready after {:.1} s",
        arguments.seed,
        arguments.nodes,
        arguments.clients,
        record.boards.len(),
        began.elapsed().as_secs_f64()
    );

    let mut clients = Clients::start(arguments, &record, &ports, &people)?;
    let mut director =
        Director { arguments, record: Arc::clone(&record), rng: Rng::with_seed(arguments.seed), unasked: 0 };
    let worked = Instant::now();
    director.direct(&mut cluster).await?;
    record.phase.send_replace(Phase::Draining);
    director.settle(&mut cluster, "the end", record.now()).await;
    let took = worked.elapsed();
    record.phase.send_replace(Phase::Over);
    let mut histories = clients.end(Duration::from_secs(15)).await?;
    histories.push(setup);

    let mut found = check::read_log(&cluster.database_url(), &record).await?;
    found.compare(&mut histories, &record);
    found.compare_sights(&record.sights(), &record.grants(), &record);
    compare_states(&cluster, &record, &people.owner, &found).await;
    // After a restart the state comes from the database's rows, and not from memory.
    if let Err(error) = restart_all(&mut cluster).await {
        record.broke(Promise::Runs, error);
    } else {
        compare_states(&cluster, &record, &people.owner, &found).await;
        if let Err(error) = end_all(&mut cluster).await {
            record.broke(Promise::Runs, error);
        }
    }
    late(arguments, &record);
    Ok(table::print(arguments, &record, &found, took, director.unasked))
}

fn new_id() -> String {
    Uuid::now_v7().to_string()
}

/// Makes the accounts and tokens, with the command line.
fn make_people(cluster: &Cluster) -> Result<People, String> {
    let make = |name: String, role: &str| -> Result<Guest, String> {
        let email = format!("{}@example.org", name.replace(' ', "."));
        let made = cluster.command(&["user", "add", "--name", &name, "--email", &email, "--role", role])?;
        let token = cluster.command(&["token", "create", "--user", &email, "--scope", "admin"])?;
        let text = |value: &Value| value.as_str().map(str::to_owned).ok_or_else(|| format!("{name}: {made} {token}"));
        Ok(Guest { person: text(&made["id"])?.into(), token: text(&token["token"])? })
    };
    let many = |kind: &str, count: usize| -> Result<Vec<Guest>, String> {
        (0..count).map(|n| make(format!("{kind} {n}"), "member")).collect()
    };
    Ok(People {
        owner: make("owner".to_owned(), "owner")?,
        members: many("member", PEOPLE)?,
        guests: many("guest", GUESTS)?,
    })
}

/// Makes private boards, with all members on all of them.
async fn make_boards(record: &Record, port: u16, people: &People) -> Result<History, String> {
    let mut sent = Vec::new();
    let mut socket = Socket::connect(port, &people.owner.token).await.map_err(|_| "the owner cannot sign in")?;
    for (index, board) in record.boards.iter().enumerate() {
        let names = [("To do", "open"), ("Doing", "active"), ("Done", "done")].into_iter().zip(&board.columns);
        let columns: Vec<_> = names.map(|((name, kind), id)| json!({"id": id, "name": name, "kind": kind})).collect();
        let create = json!({"op": "create_board", "name": format!("Board {index}"), "columns": columns});
        let members =
            people.members.iter().map(|guest| json!({"op": "set_member", "person": &*guest.person, "role": "editor"}));
        for mut mutation in std::iter::once(create).chain(members) {
            let id = Uuid::now_v7();
            mutation["id"] = json!(id);
            let message = json!({"type": "mutate", "board": board.id, "mutations": [mutation]});
            socket.say(&message).await.map_err(|_| "the connection ended")?;
            let answer = socket.hear().await.map_err(|_| "the connection ended")?;
            if answer["type"] != "accepted" {
                return Err(format!("{message} is answered {answer}"));
            }
            let seq = answer["seq"].as_u64();
            sent.push(Sent { id: id.as_u128(), board: index, has_token: false, fate: Fate::Accepted(seq) });
        }
    }
    socket.close().await;
    Ok(History { sender: "setup".to_owned(), sent })
}

/// The tasks of all clients.
struct Clients {
    writers: JoinSet<History>,
    guests: JoinSet<()>,
}

impl Clients {
    fn start(
        arguments: &Arguments,
        record: &Arc<Record>,
        ports: &Arc<Vec<u16>>,
        people: &People,
    ) -> Result<Self, String> {
        let (mut writers, mut guests) = (JoinSet::new(), JoinSet::new());
        let all = record.boards.len();
        let mut rng = Rng::with_seed(arguments.seed);
        let setting = Setting {
            record: Arc::clone(record),
            ports: Arc::clone(ports),
            seed: arguments.seed,
            pause: Duration::from_secs_f64(arguments.clients as f64 / arguments.rate.max(1) as f64),
            stay: Duration::from_secs(15),
        };
        let client = reqwest::Client::builder().timeout(Duration::from_secs(2)).build();
        let client = client.map_err(|error| error.to_string())?;
        for number in 0..arguments.clients {
            let person = &people.members[number as usize % people.members.len()];
            let mut boards: Vec<usize> = (0..all).collect();
            rng.shuffle(&mut boards);
            // Every board is followed by some client.
            boards.retain(|board| *board != number as usize % all);
            boards.truncate(rng.usize(..2));
            boards.insert(0, number as usize % all);
            let work = Work::Edits(Edits::of(&person.person, &boards, arguments.deletes));
            writers.spawn(Client::new(&setting, number, person.token.clone(), &boards, work).run());
        }
        for number in 0..arguments.clients / 20 {
            let person = &people.members[number as usize % people.members.len()];
            let board = rng.usize(..all);
            writers.spawn(rest::write(setting.clone(), number, person.token.clone(), board, client.clone()));
        }
        // Guests that are added to boards and removed, and one who is never on a board.
        let (outsider, changing) = people.guests.split_last().ok_or("guests")?;
        for board in 0..CONTESTED {
            let rights = Work::Rights(Rights::over(board, changing, client.clone()));
            let manager = Setting { pause: Duration::from_millis(400), ..setting.clone() };
            let number = arguments.clients + board as u64;
            writers.spawn(Client::new(&manager, number, people.owner.token.clone(), &[board], rights).run());
        }
        for (number, guest) in changing.iter().chain(changing).chain([outsider]).enumerate() {
            let boards = (0..CONTESTED).collect();
            guests.spawn(rights::look_on(setting.clone(), number as u64, guest.clone(), boards));
        }
        Ok(Self { writers, guests })
    }

    /// Waits until all clients have stopped. Returns what they sent.
    async fn end(&mut self, at_most: Duration) -> Result<Vec<History>, String> {
        let all = async {
            let mut histories = Vec::new();
            while let Some(ended) = self.writers.join_next().await {
                histories.push(ended.map_err(|error| format!("a client: {error}"))?);
            }
            while let Some(ended) = self.guests.join_next().await {
                ended.map_err(|error| format!("a guest: {error}"))?;
            }
            Ok(histories)
        };
        timeout(at_most, all).await.unwrap_or_else(|_| Err("the clients do not stop".to_owned()))
    }
}

/// Decides which faults happen when.
struct Director<'a> {
    arguments: &'a Arguments,
    record: Arc<Record>,
    rng: Rng,
    /// How often a node ended without being told to, and was started again.
    unasked: u64,
}

impl Director<'_> {
    async fn direct(&mut self, cluster: &mut Cluster) -> Result<(), String> {
        let began = Instant::now();
        let only = &self.arguments.only;
        let mut all = Fault::of(cluster);
        all.retain(|fault| only.is_empty() || only.iter().any(|only| fault.to_string().contains(only)));
        if all.is_empty() {
            return Err(format!("--only: there is no fault with “{}” in its name", only.join("” or “")));
        }
        let mut deck = Vec::new();
        while began.elapsed() < Duration::from_secs_f64(self.arguments.minutes * 60.0)
            || self.made() < self.arguments.changes
        {
            sleep(Duration::from_millis(self.rng.u64(200..1_200))).await;
            if self.arguments.calm {
                continue;
            }
            // Each fault once in random order, then all again.
            if deck.is_empty() {
                deck.clone_from(&all);
                self.rng.shuffle(&mut deck);
            }
            let Some(fault) = deck.pop() else { continue };
            let second = (self.rng.u8(..100) < self.arguments.storms).then(|| deck.pop()).flatten();
            match second {
                Some(second) if second.part() == fault.part() => {
                    // A process that is stopped cannot be told to end as well. So the second fault happens later.
                    deck.push(second);
                    self.happen(cluster, fault, None).await?;
                }
                second => self.happen(cluster, fault, second).await?,
            }
        }
        Ok(())
    }

    fn made(&self) -> u64 {
        self.record.heads().iter().sum()
    }

    /// Runs one fault, or two that overlap, and waits until all clients are current again.
    async fn happen(&mut self, cluster: &mut Cluster, fault: Fault, second: Option<Fault>) -> Result<(), String> {
        let name = match second {
            Some(_) => "two at once".to_owned(),
            None => fault.to_string(),
        };
        let told = second.map(|second| format!("{fault}, and {second}")).unwrap_or_else(|| fault.to_string());
        println!("  {:>8.3} s  {told}", self.record.now() as f64 / 1e6);
        let episode = self.record.begin_episode(name);
        let lasts = fault.lasts(&mut self.rng);
        let mut ongoing: Vec<Ongoing> = Vec::new();
        for (fault, lasts) in std::iter::once((fault, lasts)).chain(second.map(|second| (second, lasts))) {
            match fault.begin(cluster, &mut self.rng).await {
                Ok(begun) => ongoing.push(begun),
                // A fault may be impossible during another one: a stopped database cannot be locked, for instance.
                Err(error) if second.is_some() => println!("  {:>10}  not: {error}", ""),
                Err(error) => {
                    self.record.broke(Promise::Runs, error);
                }
            }
            sleep(lasts).await;
        }
        for ongoing in ongoing {
            ongoing.end(cluster).await?;
        }
        let ended = self.record.now();
        if let Some(took) = self.settle(cluster, &told, ended).await {
            episode.recovered.store(took.as_micros().max(1) as u64, Ordering::Relaxed);
            let stalest = episode.worst.load(Ordering::Relaxed) / 1_000;
            println!("  {:>10}  all current after {} ms; stalest {stalest} ms", "", took.as_millis());
        }
        Ok(())
    }

    /// Waits until no client is behind: every watcher has everything that existed a moment ago, and every sender has an
    /// answer to everything that it had sent by then. Returns how long after `ended` that moment was.
    async fn settle(&mut self, cluster: &mut Cluster, after: &str, ended: u64) -> Option<Duration> {
        self.record.come_back.store(true, Ordering::Relaxed);
        let mut looks: VecDeque<(u64, Vec<u64>)> = VecDeque::new();
        let patience = Duration::from_secs(self.arguments.patience);
        let settled = loop {
            let now = self.record.now();
            looks.push_back((now, self.record.heads()));
            // Keep the newest sample that is old enough.
            while looks.get(1).is_some_and(|(at, _)| at + MOMENT <= now) {
                looks.pop_front();
            }
            let (at, heads) = &looks[0];
            if at + MOMENT <= now {
                let behind = self.record.behind(heads, *at);
                if behind.is_empty() {
                    break Some(Duration::from_micros(at.saturating_sub(ended)));
                }
                if now > ended + patience.as_micros() as u64 {
                    let some = behind[..behind.len().min(5)].join("; ");
                    self.record.broke(Promise::Current, format!("{} s after {after}: {some}", patience.as_secs()));
                    break None;
                }
            }
            self.look_after(cluster);
            sleep(Duration::from_millis(10)).await;
        };
        self.record.come_back.store(false, Ordering::Relaxed);
        settled
    }

    /// Starts nodes again that have ended, as an operator's supervisor would.
    fn look_after(&mut self, cluster: &mut Cluster) {
        for number in 0..cluster.nodes.len() {
            let node = &mut cluster.nodes[number];
            let status = match &mut node.process {
                Some(process) => match process.ended() {
                    Some(status) => status.to_string(),
                    None => continue,
                },
                None => "it had to be killed".to_owned(),
            };
            println!(
                "  {:>8.3} s  {} has ended ({status}) and is started again",
                self.record.now() as f64 / 1e6,
                node.name
            );
            self.unasked += 1;
            if let Err(error) = cluster.launch(number) {
                self.record.broke(Promise::Runs, error);
            }
        }
    }
}

async fn restart_all(cluster: &mut Cluster) -> Result<(), String> {
    end_all(cluster).await?;
    for number in 0..cluster.nodes.len() {
        cluster.start(number).await?;
    }
    Ok(())
}

async fn end_all(cluster: &mut Cluster) -> Result<(), String> {
    for number in 0..cluster.nodes.len() {
        cluster.terminate(number, Duration::from_secs(20)).await?;
    }
    Ok(())
}

/// Compares every node's state of each board, over the socket and REST, with the state by the log.
async fn compare_states(cluster: &Cluster, record: &Record, owner: &Guest, found: &Found) {
    let client = reqwest::Client::new();
    let url = cluster.database_url();
    for node in &cluster.nodes {
        let mut socket = None;
        for _ in 0..50 {
            if let Ok(connected) = Socket::connect(node.front.port, &owner.token).await {
                socket = Some(connected);
                break;
            }
            sleep(Duration::from_millis(100)).await;
        }
        let Some(mut socket) = socket else {
            record.broke(Promise::Equal, format!("nobody can sign in at {}", node.name));
            continue;
        };
        for (index, fold) in found.folds.iter().enumerate() {
            let by_log = fold.state();
            match snapshot(&mut socket, index, fold.seq, record).await {
                Some(mut snapshot) => {
                    if record.tamper.now(Break::Diverged) {
                        snapshot["state"]["name"] = json!("another name");
                    }
                    let seq = snapshot["seq"].as_u64().unwrap_or(0);
                    // If the snapshot is older, the remaining changes were compared one by one.
                    let then = if seq == fold.seq {
                        Ok(by_log.clone())
                    } else {
                        check::state_at(&url, record, index, seq).await
                    };
                    let words = then.map(|then| difference("board", &then, &snapshot["state"])).unwrap_or_else(Some);
                    if let Some(words) = words {
                        record.broke(Promise::Equal, format!("{}'s snapshot differs: {words}", node.name));
                    }
                }
                None => {
                    let words = format!("{} does not send board {index} up to {}", node.name, fold.seq);
                    record.broke(Promise::Equal, words);
                }
            }
            if let Err(words) = compare_rest(&client, node.front.port, &record.boards[index].id, owner, &by_log).await {
                record.broke(Promise::Equal, format!("{} by REST: {words}", node.name));
            }
        }
        socket.close().await;
    }
}

/// The snapshot that a client without any state is sent. It may be older than the newest change, if the remaining
/// changes follow.
async fn snapshot(socket: &mut Socket, board: usize, up_to: u64, record: &Record) -> Option<Value> {
    let mut follow = Follow::of(board);
    follow.subscribe(socket, record).await.ok()?;
    let id = &record.boards[board].id;
    let all = async {
        let mut snapshot = None;
        while follow.have.is_none_or(|have| have < up_to) {
            let message = socket.hear().await.ok()?;
            if message["board"] == *id && matches!(message["type"].as_str(), Some("snapshot" | "changes")) {
                follow.take("the owner", &message, record, false);
                if message["type"] == "snapshot" {
                    snapshot = Some(message);
                }
            }
        }
        snapshot
    };
    let snapshot = timeout(Duration::from_secs(10), all).await.ok()??;
    socket.say(&json!({"type": "unsubscribe", "board": id})).await.ok()?;
    Some(snapshot)
}

/// Compares the tasks that are not in the trash, field by field.
async fn compare_rest(
    client: &reqwest::Client,
    port: u16,
    board: &str,
    owner: &Guest,
    by_log: &Value,
) -> Result<(), String> {
    let mut listed = Vec::new();
    let mut cursor = String::new();
    loop {
        let url = format!("http://127.0.0.1:{port}/api/v1/boards/{board}/tasks?limit=200{cursor}");
        let answer = client.get(url).bearer_auth(&owner.token).send().await.map_err(|error| error.to_string())?;
        let page: Value = answer.json().await.map_err(|error| error.to_string())?;
        listed.extend(page["tasks"].as_array().ok_or_else(|| format!("no list of tasks: {page}"))?.iter().cloned());
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let all = by_log["tasks"].as_array().map(Vec::as_slice).unwrap_or_default();
    let live: Vec<_> = all.iter().filter(|task| task.get("deleted_at").is_none()).collect();
    if listed.len() != live.len() {
        return Err(format!("{} tasks are listed, and by the log there are {}", listed.len(), live.len()));
    }
    let by_id: std::collections::HashMap<_, _> = listed.iter().map(|task| (task["id"].as_str(), task)).collect();
    for task in live {
        let listed = by_id.get(&task["id"].as_str()).ok_or_else(|| format!("{} is not listed", task["id"]))?;
        for field in ["title", "column", "rank", "created_at", "updated_at", "created_by", "updated_by"] {
            if let Some(words) = difference(field, &task[field], &listed[field]) {
                return Err(format!("task {}: {words}", task["id"]));
            }
        }
    }
    Ok(())
}

/// Records the changes that arrived too late at a connected client.
fn late(arguments: &Arguments, record: &Record) {
    for episode in record.episodes() {
        let worst = episode.worst.load(Ordering::Relaxed) / 1_000;
        if worst > arguments.stale {
            let words = format!("a change was stale by {worst} ms at somebody who was connected ({})", episode.fault);
            record.broke(Promise::Current, words);
        }
    }
}
