//! A whole server: in this process, for HTTP requests, or as the real executable, which a test can kill.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, LazyLock},
    time::{Duration, Instant},
};

use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, redirect::Policy};
use serde_json::{Value, json};
use taskwire::{
    http::{Services, cookies::CookieNames},
    serve,
    settings::{Auth, Settings},
};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use super::{database::Database, log};

/// The settings of a server without accounts.
pub fn open() -> Settings {
    Settings { auth: Auth::Open, ..Settings::defaults() }
}

/// A server in this process.
pub struct Server {
    pub base: String,
    pub client: Client,
    /// The address for creating the first account, if there is no account yet.
    pub first_visit: Option<String>,
    /// The origin of its pages, as browsers send it.
    pub origin: String,
    /// The names of its cookies.
    pub cookies: CookieNames,
    stop: CancellationToken,
    task: JoinHandle<Result<(), serve::RunError>>,
    _database: Option<Database>,
    _log: log::Watch,
}

impl Server {
    /// Starts it on a new SQLite database, without the sample board.
    pub async fn start() -> Self {
        let database = Database::sqlite();
        let mut server = Self::with(Settings { database: database.url.clone(), no_sample: true, ..open() }).await;
        server._database = Some(database);
        server
    }

    pub async fn with(settings: Settings) -> Self {
        Self::on("127.0.0.1:0", settings).await
    }

    /// Starts it on this address, which must be reachable from this machine as 127.0.0.1.
    pub async fn on(address: &str, settings: Settings) -> Self {
        Self::start_on(address, settings).await.0
    }

    /// Also returns the services that its handlers use, so that a test can bypass HTTP.
    pub async fn with_services(settings: Settings) -> (Self, Arc<Services>) {
        Self::start_on("127.0.0.1:0", settings).await
    }

    async fn start_on(address: &str, settings: Settings) -> (Self, Arc<Services>) {
        log::collect();
        let listener = TcpListener::bind(address).await.expect("a free port");
        let base = format!("http://127.0.0.1:{}", listener.local_addr().expect("an address").port());
        let server = serve::start(listener, settings).await.expect("the server starts");
        let first_visit = server.first_visit().map(str::to_owned);
        let services = Arc::clone(server.services());
        let stop = CancellationToken::new();
        let task = tokio::spawn(server.run(stop.clone()));
        // Redirects are not followed: the tests check them.
        let client = Client::builder().redirect(Policy::none()).build().expect("a client");
        let cookies = services.cookies.clone();
        let origin = if cookies.is_secure { services.public_url.clone() } else { base.clone() };
        (Self { base, client, first_visit, origin, cookies, stop, task, _database: None, _log: log::Watch }, services)
    }

    /// Stops it gracefully.
    pub async fn stop(self) {
        self.stop.cancel();
        self.task.await.expect("the server ends").expect("it ends in good order");
    }

    /// A request to a path of the whole server.
    pub fn at(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base))
    }

    /// A request to a path of the REST interface.
    pub fn api(&self, method: Method, path: &str) -> RequestBuilder {
        self.at(method, &format!("/api/v1{path}"))
    }

    pub async fn get(&self, path: &str) -> Value {
        answer(self.api(Method::GET, path), StatusCode::OK).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Value {
        answer(self.api(Method::POST, path).json(body), StatusCode::CREATED).await
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Value {
        answer(self.api(Method::PATCH, path).json(body), StatusCode::OK).await
    }

    /// Creates a board with the default columns. Returns its id.
    pub async fn board(&self) -> String {
        id(&self.post("/boards", &json!({"name": "Plans"})).await)
    }

    /// Creates a task. Returns its id.
    pub async fn task(&self, board: &str, title: &str) -> String {
        id(&self.post(&format!("/boards/{board}/tasks"), &json!({"title": title})).await)
    }

    /// The ids of a board's columns.
    pub async fn columns(&self, board: &str) -> Vec<String> {
        let columns = self.get(&format!("/boards/{board}/columns")).await;
        columns["columns"].as_array().expect("columns").iter().map(id).collect()
    }
}

/// Sends a request whose response must have this status. Returns the JSON of the response.
pub async fn answer(request: RequestBuilder, status: StatusCode) -> Value {
    let response = request.send().await.expect("an answer");
    let (got, body) = (response.status(), response.text().await.expect("a body"));
    assert_eq!(got, status, "{body}");
    serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}"))
}

/// Sends a request that must fail. Returns the problem in the response.
pub async fn problem(request: RequestBuilder, status: StatusCode, code: &str) -> Value {
    let response = request.send().await.expect("an answer");
    read_problem(response, status, code).await
}

pub async fn read_problem(response: Response, status: StatusCode, code: &str) -> Value {
    let got = response.status();
    require_documented(response.url().path(), got);
    let kind = response.headers().get("content-type").cloned();
    let body = response.text().await.expect("a body");
    assert_eq!(got, status, "{body}");
    assert_eq!(kind.expect("a content type"), "application/problem+json", "{body}");
    let problem: Value = serde_json::from_str(&body).expect("a problem is JSON");
    assert_eq!(problem["status"], status.as_u16(), "{body}");
    assert_eq!(problem["code"], code, "{body}");
    assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{body}");
    problem
}

/// Requires that the OpenAPI document names a status for the operations of a path.
fn require_documented(path: &str, status: StatusCode) {
    static DOCUMENT: LazyLock<Value> =
        LazyLock::new(|| serde_json::to_value(taskwire::http::api::document()).expect("a document"));
    let Some(path) = path.strip_prefix("/api/v1") else { return };
    let matches = |template: &str| {
        let (template, path): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
        template.len() == path.len()
            && template.iter().zip(path).all(|(template, part)| template.starts_with('{') || *template == part)
    };
    let mut items = DOCUMENT["paths"].as_object().expect("paths").iter().filter(|(template, _)| matches(template));
    // What has no route, or not for this method, is described nowhere.
    let is_undescribed = [StatusCode::METHOD_NOT_ALLOWED, StatusCode::NOT_FOUND].contains(&status);
    let is_named = |item: &Value| {
        let mut operations = item.as_object().expect("operations").values();
        operations.any(|operation| operation["responses"].get(status.as_str()).is_some())
    };
    assert!(is_undescribed || items.any(|(_, item)| is_named(item)), "{path}: the document does not name {status}");
}

/// The `id` in a response.
pub fn id(value: &Value) -> String {
    value["id"].as_str().expect("an id").to_owned()
}

/// A process that runs the real executable.
pub struct Process {
    pub base: String,
    child: Child,
    log: Option<tempfile::NamedTempFile>,
}

impl Process {
    /// Starts it on a database and a free port, and waits until it listens.
    pub fn start(database: &Database) -> Self {
        Self::spawn(&mut command(&["serve", "--auth", "open", "--listen", "127.0.0.1:0", "--database", &database.url]))
    }

    /// Runs a command that serves, and waits until it listens.
    pub fn spawn(command: &mut Command) -> Self {
        let log = tempfile::NamedTempFile::new().expect("a file for the log");
        let error = log.reopen().expect("the file of the log");
        let mut process = Self::spawn_that_logs_elsewhere(command.stderr(error));
        process.log = Some(log);
        process
    }

    /// As [`Self::spawn`], with a standard error that the test provides.
    pub fn spawn_that_logs_elsewhere(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the server starts");
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().expect("its output"));
        out.read_line(&mut line).expect("a line");
        let base = line.trim().strip_prefix("listening on ").unwrap_or_else(|| panic!("not an address: {line}"));
        Self { base: base.to_owned(), child, log: None }
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        self.log.as_ref().map(|log| fs::read_to_string(log.path()).expect("the log")).unwrap_or_default()
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills it, which ends the process as a power failure would.
    pub fn kill(mut self) {
        self.child.kill().expect("it is killed");
        self.child.wait().expect("it is gone");
    }

    /// Tells it to stop (SIGTERM) and waits until it has.
    pub async fn terminate(mut self) -> ExitStatus {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().expect("kill");
        assert!(told.success());
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            if let Some(status) = self.child.try_wait().expect("a status") {
                return status;
            }
            assert!(Instant::now() < deadline, "the server does not stop");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        // The output of a failed test shows the log.
        eprint!("{}", self.log());
        if !std::thread::panicking() {
            log::assert_no_secrets(&self.log());
        }
    }
}

/// The executable, without any settings from this environment.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_taskwire"));
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("TASKWIRE_") || text.starts_with("LEPTOS_") || text == "DATABASE_URL" || text == "REDIS_URL"
        {
            command.env_remove(name);
        }
    }
    command.args(arguments).stdin(Stdio::null());
    command
}

/// Runs the executable until it exits by itself. Returns its exit code, standard output and standard error.
pub fn run(command: &mut Command) -> (Option<i32>, String, String) {
    // If it serves after all, it must not create files in the folder of the tests.
    let folder = tempfile::tempdir().expect("a folder to run in");
    command.current_dir(folder.path());
    let (out, err) = (folder.path().join("out"), folder.path().join("err"));
    let file = |path| File::create(path).expect("a file to write to");
    let mut child = command.stdout(file(&out)).stderr(file(&err)).spawn().expect("it starts");
    let deadline = Instant::now() + Duration::from_secs(10);
    let status = loop {
        if let Some(status) = child.try_wait().expect("a status") {
            break status;
        }
        if Instant::now() > deadline {
            child.kill().expect("it is killed");
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    let text = |path| fs::read_to_string(path).expect("text");
    (status.code(), text(&out), text(&err))
}
