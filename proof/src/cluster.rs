//! All processes of a run: the nodes, their database and Redis, and the network between them.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use reqwest::Client;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::{
    children::{Process, Signal, free_port, run},
    clock::Clock,
    proxy::Link,
    servers::{Postgres, Redis},
};

const PATIENCE: Duration = Duration::from_secs(30);

/// See the module's documentation.
pub struct Cluster {
    taskwire: PathBuf,
    /// All files of the run are below this folder.
    pub folder: PathBuf,
    pub postgres: Option<Postgres>,
    pub redis: Option<Redis>,
    pub nodes: Vec<Node>,
    client: Client,
}

/// A Taskwire server, and its three network links.
pub struct Node {
    pub name: String,
    port: u16,
    log: PathBuf,
    pub process: Option<Process>,
    pub clock: Clock,
    /// The link to its clients.
    pub front: Link,
    /// The links to PostgreSQL and to Redis.
    pub database: Option<Link>,
    pub redis: Option<Link>,
}

impl Cluster {
    /// Several nodes with PostgreSQL and Redis, or one with SQLite. None is running yet.
    pub async fn build(taskwire: &Path, folder: &Path, nodes: usize) -> Result<Self, String> {
        let one = nodes == 1;
        let postgres = if one { None } else { Some(Postgres::start(folder).await?) };
        let redis = if one { None } else { Some(Redis::start(folder).await?) };
        let link = async |port: Option<u16>| match port {
            Some(port) => Link::to(port).await.map(Some).map_err(|error| format!("a port for a link: {error}")),
            None => Ok(None),
        };
        let mut cluster = Self {
            taskwire: taskwire.to_owned(),
            folder: folder.to_owned(),
            postgres,
            redis,
            nodes: Vec::new(),
            client: Client::builder().timeout(Duration::from_secs(2)).build().map_err(|error| error.to_string())?,
        };
        for number in 1..=nodes {
            let port = free_port()?;
            let front = link(Some(port)).await?.ok_or("a link")?;
            let database = link(cluster.postgres.as_ref().map(|postgres| postgres.port)).await?;
            let redis = link(cluster.redis.as_ref().map(|redis| redis.port)).await?;
            let log = folder.join(format!("node{number}.log"));
            let name = format!("node {number}");
            let clock = Clock::ahead(0).map_err(|error| format!("a clock, which takes a C compiler: {error}"))?;
            cluster.nodes.push(Node { name, port, log, process: None, clock, front, database, redis });
        }
        Ok(cluster)
    }

    /// The URL with which this program reaches the database, without a link.
    pub fn database_url(&self) -> String {
        match &self.postgres {
            Some(postgres) => Postgres::url(postgres.port),
            None => format!("sqlite:{}", self.sqlite_file().display()),
        }
    }

    fn sqlite_file(&self) -> PathBuf {
        self.folder.join("taskwire.db")
    }

    /// Runs a command of the server's executable. Returns the JSON that it prints.
    pub fn command(&self, arguments: &[&str]) -> Result<Value, String> {
        let mut command = Command::new(&self.taskwire);
        command.args(arguments).args(["--json", "--database", &self.database_url()]);
        command.env_clear().current_dir(&self.folder);
        let said = run(&mut command)?;
        serde_json::from_str(&said).map_err(|error| format!("{arguments:?}: {error}: {said}"))
    }

    /// Starts a node and waits until it is ready.
    pub async fn start(&mut self, number: usize) -> Result<(), String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.launch(number)?;
            // The node may end because the database is not available. An operator's supervisor starts it again, and so
            // does this.
            while self.nodes[number].process.as_mut().is_some_and(|process| process.ended().is_none()) {
                if self.is_ready(number).await {
                    return Ok(());
                }
                if Instant::now() > deadline {
                    let node = &self.nodes[number];
                    return Err(format!(
                        "{} is not ready after {} s ({})",
                        node.name,
                        PATIENCE.as_secs(),
                        node.log.display()
                    ));
                }
                sleep(Duration::from_millis(20)).await;
            }
            if Instant::now() > deadline {
                return Err(format!(
                    "{} does not start ({})",
                    self.nodes[number].name,
                    self.nodes[number].log.display()
                ));
            }
            sleep(Duration::from_millis(200)).await;
        }
    }

    /// Starts a node, without waiting until it is ready.
    pub fn launch(&mut self, number: usize) -> Result<(), String> {
        let sqlite = format!("sqlite:{}", self.sqlite_file().display());
        let node = &mut self.nodes[number];
        let database = node.database.as_ref().map_or(sqlite, |link| Postgres::url(link.port));
        let listen = format!("127.0.0.1:{}", node.port);
        let mut arguments: Vec<String> = [
            "serve",
            "--auth",
            "accounts",
            "--no-sample",
            "--api-rate",
            "0",
            "--listen",
            &listen,
            "--database",
            &database,
        ]
        .map(str::to_owned)
        .into();
        if let Some(redis) = &node.redis {
            arguments.extend(["--redis".to_owned(), format!("redis://127.0.0.1:{}", redis.port)]);
        }
        node.process =
            Some(Process::start(&node.name, None, Some(&node.clock), &self.taskwire, &arguments, &node.log)?);
        Ok(())
    }

    /// Whether a node reports that it is ready. Asked directly, without its link.
    pub async fn is_ready(&self, number: usize) -> bool {
        let url = format!("http://127.0.0.1:{}/readyz", self.nodes[number].port);
        self.client.get(url).send().await.is_ok_and(|answer| answer.status().is_success())
    }

    /// Sends a node SIGTERM and waits until it has ended.
    pub async fn terminate(&mut self, number: usize, at_most: Duration) -> Result<(), String> {
        let name = self.nodes[number].name.clone();
        let Some(mut process) = self.nodes[number].process.take() else { return Ok(()) };
        process.signal(Signal::Terminate);
        let status =
            process.end(at_most).await.map_err(|error| format!("{error}, though it was told to stop (SIGTERM)"))?;
        if status.success() {
            Ok(())
        } else {
            Err(format!("{name} was told to stop (SIGTERM) and ended with {status}"))
        }
    }
}
