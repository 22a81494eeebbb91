//! Tests the clients in `examples/`: each mirrors a board through faults, and ends with the state that REST has.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

#[path = "support/mod.rs"]
mod support;

use std::{
    env,
    process::{Command as StdCommand, Output, Stdio},
    time::Duration,
};

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use support::{
    database::Database,
    newer::Newer,
    proxy::Proxy,
    server::{Process, command, run},
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    sync::watch,
    time::timeout,
};

/// A mirror that lost a few connections in a row waits for up to half a minute; one that hears nothing, for 45 seconds.
const PATIENCE: Duration = Duration::from_secs(100);

/// What a mirror has reported on its standard error.
#[derive(Clone, Copy, Default)]
struct Progress {
    /// The number of its newest change.
    seq: u64,
    snapshots: u64,
    /// How many connections it lost.
    lost: u64,
}

/// One of the clients, at work, behind a network of its own.
struct Mirror {
    name: &'static str,
    network: Proxy,
    child: Child,
    progress: watch::Receiver<Progress>,
}

impl Mirror {
    const NAMES: [&str; 3] = ["mirror.rs", "mirror.py", "mirror.mjs"];

    async fn start(name: &'static str, fixture: &Fixture) -> Self {
        let network = Proxy::to(fixture.port).await;
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/examples");
        let mut command = match name {
            // Cargo names the executables of tests and commands, but not those of examples. They are in a folder beside the tests'.
            "mirror.rs" => {
                Command::new(env::current_exe().unwrap().ancestors().nth(2).unwrap().join("examples/mirror"))
            }
            "mirror.py" => Command::new("python3"),
            _ => Command::new("node"),
        };
        if name != "mirror.rs" {
            command.arg(format!("{source}/{name}"));
        }
        command.arg(format!("http://127.0.0.1:{}", network.port)).arg(&fixture.board);
        command.env("TASKWIRE_TOKEN", &fixture.read_token).kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| {
            panic!("{name} does not start: {error}. The tests need python3 and node, and examples that are built (cargo build --examples)")
        });
        let (report, progress) = watch::channel(Progress::default());
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        tokio::spawn(async move {
            while let Some(line) = lines.next_line().await.unwrap() {
                eprintln!("{name}: {line}");
                report.send_modify(|progress| {
                    progress.lost += u64::from(line.starts_with("lost: "));
                    progress.snapshots += u64::from(line.starts_with("snapshot: "));
                    if let Some((_, seq)) = line.split_once(": at ") {
                        progress.seq = seq.parse().unwrap();
                    }
                });
            }
        });
        Self { name, network, child, progress }
    }

    fn progress(&self) -> Progress {
        *self.progress.borrow()
    }

    /// Waits until it has a change.
    async fn reach(&mut self, seq: u64) {
        let reached = timeout(PATIENCE, self.progress.wait_for(|progress| progress.seq >= seq)).await;
        let is_there = reached.is_ok_and(|reached| reached.is_ok());
        assert!(is_there, "{} is still at {}, not at {seq}", self.name, self.progress().seq);
    }

    /// Tells it to end, by a signal or by the end of its standard input. Returns the state that it prints.
    async fn end(mut self, by_signal: bool) -> Value {
        let input = self.child.stdin.take();
        if by_signal {
            let id = self.child.id().unwrap().to_string();
            assert!(StdCommand::new("kill").args(["-TERM", &id]).status().unwrap().success());
        } else {
            drop(input);
        }
        let Output { status, stdout, .. } = timeout(PATIENCE, self.child.wait_with_output()).await.unwrap().unwrap();
        assert!(status.success(), "{}: {status}", self.name);
        serde_json::from_slice(&stdout).unwrap()
    }
}

/// A server with accounts on a fixed port, and a board that changes.
struct Fixture {
    database: Database,
    server: Option<Process>,
    port: u16,
    client: Client,
    write_token: String,
    /// The one that the mirrors have.
    read_token: String,
    board: String,
    columns: Vec<String>,
    labels: Vec<String>,
    tasks: Vec<String>,
    trash: Vec<String>,
    random: u64,
}

impl Fixture {
    async fn start() -> Self {
        let database = Database::sqlite();
        let on_database = |arguments: &[&str]| {
            let (code, out, error) = run(command(arguments).args(["--database", &database.url]));
            assert_eq!(code, Some(0), "{arguments:?}: {error}");
            out.trim().to_owned()
        };
        on_database(&["user", "add", "--name", "Ana", "--email", "ana@example.com", "--role", "owner"]);
        let token = |scope| {
            on_database(&[
                "token",
                "create",
                "--user",
                "ana@example.com",
                "--name",
                scope,
                "--scope",
                scope,
                "--expires",
                "1d",
            ])
        };
        let (write_token, read_token) = (token("admin"), token("read"));
        let server = Self::serve(&database, 0);
        let port = server.base.rsplit(':').next().unwrap().parse().unwrap();
        let mut fixture = Self {
            database,
            server: Some(server),
            port,
            client: Client::new(),
            write_token,
            read_token,
            board: String::new(),
            columns: Vec::new(),
            labels: Vec::new(),
            tasks: Vec::new(),
            trash: Vec::new(),
            random: 0x9E37_79B9_7F4A_7C15,
        };
        let board = fixture.send(Method::POST, "/boards", json!({"name": "Plans"})).await.unwrap();
        fixture.board = board["id"].as_str().unwrap().to_owned();
        fixture.columns = ids(&board["columns"]);
        fixture
    }

    fn serve(database: &Database, port: u16) -> Process {
        let mut serve = command(&["serve", "--no-sample", "--database", &database.url]);
        Process::spawn(serve.args(["--listen", &format!("127.0.0.1:{port}")]))
    }

    /// Kills the server, and starts it anew at the same address.
    fn restart(&mut self) {
        self.server.take().unwrap().kill();
        self.server = Some(Self::serve(&self.database, self.port));
    }

    /// Sends a request to REST. Returns `None` if the server refused it because of the state of the board.
    async fn send(&self, method: Method, path: &str, body: Value) -> Option<Value> {
        let request = self.client.request(method, format!("http://127.0.0.1:{}/api/v1{path}", self.port));
        let request = request.bearer_auth(&self.write_token);
        let request = if body.is_null() { request } else { request.json(&body) };
        let response = request.send().await.unwrap();
        let (status, text) = (response.status(), response.text().await.unwrap());
        // A column still holds tasks; or a task is to be completed and no column is for that.
        if status == StatusCode::CONFLICT || text.contains("this board has no column for done tasks") {
            return None;
        }
        assert!(status.is_success(), "{path} {body}: {status} {text}");
        Some(serde_json::from_str(&text).unwrap_or_default())
    }

    /// A number below this.
    fn random(&mut self, below: usize) -> usize {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 33) as usize % below
    }

    fn any(&mut self, ids: fn(&Self) -> &Vec<String>) -> Option<String> {
        let length = ids(self).len();
        let index = if length == 0 { return None } else { self.random(length) };
        Some(ids(self)[index].clone())
    }

    fn place(&mut self) -> Value {
        let beside = self.any(|board| &board.tasks);
        match (self.random(4), beside) {
            (0, _) => json!("first"),
            (1, Some(task)) => json!({"before": task}),
            (2, Some(task)) => json!({"after": task}),
            _ => json!("last"),
        }
    }

    /// Makes random changes over REST.
    async fn change(&mut self, times: usize) {
        for number in 0..times {
            self.change_once(number).await;
        }
    }

    async fn change_once(&mut self, number: usize) {
        let board = format!("/boards/{}", self.board);
        let column = self.any(|board| &board.columns).unwrap();
        let place = self.place();
        let task = self.any(|board| &board.tasks);
        let of_task = task.as_ref().map(|task| format!("/tasks/{task}"));
        match (self.random(17), of_task) {
            (0, _) => {
                let kind = ["open", "active", "done"][self.random(3)];
                let body = json!({"name": format!("Column {number}"), "kind": kind, "place": {"before": column}});
                if let Some(column) = self.send(Method::POST, &format!("{board}/columns"), body).await {
                    self.columns.push(column["id"].as_str().unwrap().to_owned());
                }
            }
            (1, _) => {
                let kind = ["open", "active", "done"][self.random(3)];
                let body = json!({"name": format!("Column «{number}»"), "kind": kind, "place": "first"});
                self.send(Method::PATCH, &format!("{board}/columns/{column}"), body).await;
            }
            (2, _) => {
                if self.send(Method::DELETE, &format!("{board}/columns/{column}"), Value::Null).await.is_some() {
                    self.columns.retain(|other| *other != column);
                }
            }
            (14, _) => {
                let name = ["", "Bug"][self.random(2)];
                let body = json!({"name": name, "hue": "red", "place": "first"});
                let label = self.send(Method::POST, &format!("{board}/labels"), body).await.unwrap();
                self.labels.push(label["id"].as_str().unwrap().to_owned());
            }
            (15, Some(path)) if !self.labels.is_empty() => {
                let label = self.any(|board| &board.labels).unwrap();
                self.send(Method::PATCH, &path, json!({"add_labels": [label]})).await;
                let body = json!({"name": format!("Label {number}"), "place": "last"});
                self.send(Method::PATCH, &format!("{board}/labels/{label}"), body).await;
            }
            (16, _) if self.labels.len() > 1 => {
                let (gone, into) = (self.labels.remove(0), self.labels[0].clone());
                let (path, body) = (format!("{board}/labels/{gone}"), json!({"into": into}));
                match self.random(2) {
                    0 => drop(self.send(Method::DELETE, &path, Value::Null).await),
                    _ => drop(self.send(Method::POST, &format!("{path}/merge"), body).await),
                }
            }
            (3, _) => drop(self.send(Method::PATCH, &board, json!({"name": format!("Plans {number}")})).await),
            (4 | 5, Some(path)) => {
                self.send(Method::PATCH, &path, json!({"title": format!("Renamed {number} — 'ü\u{1F331}\"'")})).await;
            }
            (6 | 7, Some(path)) => {
                self.send(Method::PATCH, &path, json!({"column": column, "place": place})).await;
            }
            (8, Some(path)) => {
                let completed = self.random(2) == 0;
                self.send(Method::PATCH, &path, json!({"completed": completed})).await;
            }
            (9, Some(path)) => {
                let due = [json!("2026-12-24"), Value::Null][self.random(2)].clone();
                self.send(Method::PATCH, &path, json!({"due": due, "title": "Due"})).await;
            }
            (10, Some(path)) => {
                self.send(Method::DELETE, &path, Value::Null).await.unwrap();
                self.tasks.retain(|other| Some(other) != task.as_ref());
                self.trash.extend(task);
            }
            (11, _) if !self.trash.is_empty() => {
                let task = self.trash.remove(0);
                self.send(Method::POST, &format!("/tasks/{task}/restore"), Value::Null).await.unwrap();
                self.tasks.push(task);
            }
            _ => {
                let body = json!({"title": format!("Task {number}"), "column": column, "place": place});
                let task = self.send(Method::POST, &format!("{board}/tasks"), body).await.unwrap();
                self.tasks.push(task["id"].as_str().unwrap().to_owned());
            }
        }
    }

    /// The state of the board according to REST, in the form in which the mirrors print theirs.
    async fn state(&self) -> Value {
        let get = async |path: String| self.send(Method::GET, &path, Value::Null).await.unwrap();
        let board = get(format!("/boards/{}", self.board)).await;
        let (mut tasks, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = get(format!("/boards/{}/tasks?limit=500{cursor}", self.board)).await;
            let fields = ["id", "title", "column", "due", "completed"];
            tasks.extend(page["tasks"].as_array().unwrap().iter().map(|task| only(&fields, task)));
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        let columns: Vec<Value> =
            board["columns"].as_array().unwrap().iter().map(|column| only(&["id", "name"], column)).collect();
        let labels = get(format!("/boards/{}/labels?fields=id,name", self.board)).await["labels"].clone();
        json!({"seq": board["seq"], "name": board["name"], "columns": columns, "labels": labels, "tasks": tasks})
    }

    async fn seq(&self) -> u64 {
        self.state().await["seq"].as_u64().unwrap()
    }
}

fn only(fields: &[&str], thing: &Value) -> Value {
    fields.iter().map(|field| ((*field).to_owned(), thing[field].clone())).collect()
}

fn ids(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|thing| thing["id"].as_str().unwrap().to_owned()).collect()
}

async fn all_reach(mirrors: &mut [Mirror], seq: u64) {
    for mirror in mirrors {
        mirror.reach(seq).await;
    }
}

#[test]
fn each_client_is_short() {
    let sources = [
        include_str!("../examples/mirror.rs"),
        include_str!("../examples/mirror.py"),
        include_str!("../examples/mirror.mjs"),
    ];
    for source in sources {
        assert!(source.lines().count() < 160, "{source}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mirrors_equal_the_board_after_every_fault() {
    let mut fixture = Fixture::start().await;
    fixture.change(30).await;

    // They print the state when they are told to stop.
    for name in Mirror::NAMES {
        let mut mirror = Mirror::start(name, &fixture).await;
        mirror.reach(fixture.seq().await).await;
        assert_eq!(mirror.end(true).await, fixture.state().await, "{name}");
    }

    let mut mirrors = Vec::new();
    for name in Mirror::NAMES {
        mirrors.push(Mirror::start(name, &fixture).await);
    }
    fixture.change(60).await;
    all_reach(&mut mirrors, fixture.seq().await).await;
    let first_snapshots: Vec<u64> = mirrors.iter().map(|mirror| mirror.progress().snapshots).collect();
    assert_eq!(first_snapshots, [1; 3], "all else came as changes");

    // A change of a kind that they do not know does something: it gives a task another title.
    let task = fixture.any(|board| &board.tasks).unwrap();
    let mut newer = Newer::on(&fixture.database).await;
    let title = "UPDATE tasks SET title = $1 WHERE id = $2";
    let seq = newer.commit_with(fixture.board.parse().unwrap(), title, &["By a newer server".to_owned(), task]).await;
    all_reach(&mut mirrors, seq).await;
    for mirror in &mut mirrors {
        timeout(PATIENCE, mirror.progress.wait_for(|progress| progress.snapshots >= 2)).await.unwrap().unwrap();
    }

    // While they are away, so much changes that they get a snapshot.
    mirrors.iter().for_each(|mirror| mirror.network.cut());
    let task = format!("/tasks/{}", fixture.tasks[0]);
    for letter in ["a", "b", "c", "d", "e", "f", "g", "h"] {
        fixture.send(Method::PATCH, &task, json!({"description": letter.repeat(30_000)})).await;
    }
    fixture.change(20).await;
    mirrors.iter().for_each(|mirror| mirror.network.mend());
    all_reach(&mut mirrors, fixture.seq().await).await;
    assert!(mirrors.iter().all(|mirror| mirror.progress().snapshots >= 3));

    // A network that drops all packets and ends no connection.
    mirrors.iter().for_each(|mirror| mirror.network.silence());
    fixture.change(40).await;
    all_reach(&mut mirrors, fixture.seq().await).await;

    // Connections break, and once the server does, while changes go on.
    let so_far: Vec<u64> = mirrors.iter().map(|mirror| mirror.progress().lost).collect();
    for number in 0..300 {
        fixture.change_once(number).await;
        if number % 50 == 25 {
            let mirror = &mut mirrors[number / 50 % 3];
            // Then it has a connection that can be lost.
            mirror.reach(fixture.seq().await).await;
            mirror.network.drop_connections();
        }
        if number == 150 {
            fixture.restart();
        }
    }
    all_reach(&mut mirrors, fixture.seq().await).await;
    let state = fixture.state().await;
    assert!(state["tasks"].as_array().unwrap().len() > 20, "{state}");
    for (mirror, so_far) in mirrors.into_iter().zip(so_far) {
        let (name, lost) = (mirror.name, mirror.progress().lost - so_far);
        assert!(lost >= 2, "{name} lost {lost} connections");
        assert_eq!(mirror.end(false).await, state, "{name}");
    }
}
