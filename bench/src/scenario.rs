//! The scenarios: each starts its own server, puts a kind of load on it, and returns its lines of the table.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use hdrhistogram::Histogram;
use tokio::{
    sync::{Semaphore, mpsc},
    task::JoinSet,
    time::MissedTickBehavior,
};

use crate::{
    Result, Row,
    http::Client,
    server::{Door, Server, executable},
    socket::Socket,
};

type Scenario = fn() -> Pin<Box<dyn Future<Output = Result<Vec<Row>>> + Send>>;

/// Every scenario under its name.
pub const ALL: [(&str, Scenario); 9] = [
    ("fanout", || Box::pin(fanout())),
    ("burst", || Box::pin(burst())),
    ("signins", || Box::pin(sign_ins())),
    ("creates", || Box::pin(creates())),
    ("resume", || Box::pin(resume())),
    ("page", || Box::pin(page())),
    ("tables-sqlite", || Box::pin(async { table_of_tasks(&Server::start_open()?, "SQLite").await })),
    ("tables-postgres", || Box::pin(async { table_of_tasks(&Server::start_open_on_postgres()?, "PostgreSQL").await })),
    ("size", || Box::pin(async { size() })),
];

/// How many connections are opened at the same time.
const CONNECTING: usize = 100;

/// One write at a time, delivered to many sockets: CPU time and latency of a delivery, and the memory of an idle
/// socket.
async fn fanout() -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (sockets, rate, writes) in [(1_000, 20, 100_u64), (5_000, 5, 40)] {
        let server = Server::start()?;
        let mut http = Client::connect(&server.door).await?;
        let board = http.create_board("Fan-out").await?;
        http.create_task(&board, "first").await?;
        let before = server.resident_kib()?;
        let audience = Audience::gather(&server.door, &board, sockets, writes).await?;
        let memory = server.resident_kib()?.saturating_sub(before) as f64 / sockets as f64;

        let mut tick = tokio::time::interval(Duration::from_secs(1) / rate);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let cpu = server.cpu()?;
        for number in 0..writes {
            tick.tick().await;
            audience.sent(audience.start + number + 1);
            http.create_task(&board, "one committed write").await?;
        }
        let (heard, latency) = audience.reports().await?;
        let cpu = server.cpu()? - cpu;
        assert_eq!(heard, writes * sockets as u64, "every socket hears every change once");

        let micros = cpu.as_secs_f64() * 1e6 / heard as f64;
        rows.push(Row::new(
            format!("CPU a delivery, one write to {sockets} sockets"),
            format!("{micros:.1} us"),
            "8 us",
        ));
        rows.push(Row::new(
            format!("time from request to socket, {sockets} sockets, {rate} writes/s"),
            format!(
                "p50 {:.1} ms, p99 {:.1} ms",
                millis(latency.value_at_quantile(0.5)),
                millis(latency.value_at_quantile(0.99))
            ),
            if sockets == 1_000 { "p99 40 ms" } else { "" },
        ));
        rows.push(Row::new(
            format!("memory of an idle subscribed socket, {sockets}"),
            format!("{memory:.1} KiB"),
            "12 KiB",
        ));
    }
    Ok(rows)
}

/// A thousand writes at once, delivered to a thousand sockets.
async fn burst() -> Result<Vec<Row>> {
    const SOCKETS: usize = 1_000;
    const WRITES: u64 = 1_000;
    let server = Server::start()?;
    let mut http = Client::connect(&server.door).await?;
    let board = http.create_board("Burst").await?;
    http.create_task(&board, "first").await?;
    let audience = Audience::gather(&server.door, &board, SOCKETS, WRITES).await?;

    let (cpu, began) = (server.cpu()?, Instant::now());
    let left = Arc::new(AtomicU64::new(WRITES));
    let mut writers = JoinSet::new();
    for _ in 0..64 {
        let (mut http, board, left) = (Client::connect(&server.door).await?, board.clone(), Arc::clone(&left));
        writers.spawn(async move {
            while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
                http.create_task(&board, "one of a burst").await?;
            }
            Result::Ok(())
        });
    }
    while let Some(done) = writers.join_next().await {
        done??;
    }
    let (heard, _) = audience.reports().await?;
    let (cpu, took) = (server.cpu()? - cpu, began.elapsed());
    assert_eq!(heard, WRITES * SOCKETS as u64, "every socket hears every change once");
    let micros = cpu.as_secs_f64() * 1e6 / heard as f64;
    Ok(vec![
        Row::new("CPU a delivered change, 1,000 writes at once to 1,000 sockets", format!("{micros:.2} us"), "2 us"),
        Row::new(
            "the same, until the last socket has the last change",
            format!("{:.0} ms", took.as_secs_f64() * 1e3),
            "",
        ),
    ])
}

/// How much sockets are delayed while people sign in: each attempt costs the server a password hash, which is slow on
/// purpose.
async fn sign_ins() -> Result<Vec<Row>> {
    const SOCKETS: usize = 1_000;
    const ROUNDS: u64 = 3;
    const WRITES: u64 = 30;
    const AT_ONCE: usize = 20;
    let mut p99 = Vec::new();
    for with_sign_ins in [false, true] {
        let server = Server::start()?;
        let mut http = Client::connect(&server.door).await?;
        let board = http.create_board("Sign-ins").await?;
        http.create_task(&board, "first").await?;
        let audience = Audience::gather(&server.door, &board, SOCKETS, ROUNDS * WRITES).await?;
        let mut tick = tokio::time::interval(Duration::from_millis(20));
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        for round in 0..ROUNDS {
            let mut visitors = JoinSet::new();
            for visitor in 0..if with_sign_ins { AT_ONCE } else { 0 } {
                let door = server.door.clone();
                visitors.spawn(async move {
                    // The server promises that it makes no difference whether the account exists.
                    Client::connect(&door).await?.try_to_sign_in(&format!("v{round}-{visitor}@example.com")).await
                });
            }
            for number in 0..WRITES {
                tick.tick().await;
                audience.sent(audience.start + round * WRITES + number + 1);
                http.create_task(&board, "while people sign in").await?;
            }
            while let Some(done) = visitors.join_next().await {
                done??;
            }
        }
        let (heard, latency) = audience.reports().await?;
        assert_eq!(heard, ROUNDS * WRITES * SOCKETS as u64, "every socket hears every change once");
        p99.push(latency.value_at_quantile(0.99));
    }
    Ok(vec![Row::new(
        "time from request to 1,000 sockets, 50 writes/s, while 20 people sign in at once",
        format!("p99 {:.1} ms, {:.1} without them", millis(p99[1]), millis(p99[0])),
        "2 times",
    )])
}

/// Durable creates over REST.
async fn creates() -> Result<Vec<Row>> {
    const CLIENTS: usize = 64;
    const BOARDS: usize = 8;
    let server = Server::start()?;
    let mut http = Client::connect(&server.door).await?;
    let mut boards = Vec::new();
    for number in 0..BOARDS {
        boards.push(http.create_board(&format!("Board {number}")).await?);
    }
    let began = Instant::now();
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        let (mut http, board) = (Client::connect(&server.door).await?, boards[number % BOARDS].clone());
        clients.spawn(async move {
            let mut latency = Histogram::<u64>::new(3)?;
            while began.elapsed() < Duration::from_secs(5) {
                let sent = Instant::now();
                http.create_task(&board, "durable before it is answered").await?;
                latency.record(sent.elapsed().as_micros() as u64)?;
            }
            Result::Ok(latency)
        });
    }
    let mut latency = Histogram::<u64>::new(3)?;
    while let Some(done) = clients.join_next().await {
        latency.add(done??)?;
    }
    let rate = latency.len() as f64 / began.elapsed().as_secs_f64();
    Ok(vec![
        Row::new("durable creates over REST, 64 clients, SQLite FULL", format!("{rate:.0} a second"), "4,000"),
        Row::new(
            "the same, time of one",
            format!(
                "p50 {:.1} ms, p99 {:.1} ms",
                millis(latency.value_at_quantile(0.5)),
                millis(latency.value_at_quantile(0.99))
            ),
            "",
        ),
    ])
}

/// All sockets resume at once after the server was killed.
async fn resume() -> Result<Vec<Row>> {
    const SOCKETS: usize = 5_000;
    let mut server = Server::start()?;
    let mut http = Client::connect(&server.door).await?;
    let board = http.create_board("Resume").await?;
    for _ in 0..200 {
        http.create_task(&board, "before").await?;
    }
    let audience = Audience::gather(&server.door, &board, SOCKETS, 0).await?;
    let start = audience.start;
    drop(audience);
    // The sockets resume from 20 different numbers, so they have missed different changes.
    server.kill_and_restart()?;
    let began = Instant::now();
    let mut comers = JoinSet::new();
    let connecting = Arc::new(Semaphore::new(512));
    for number in 0..SOCKETS as u64 {
        let (door, board, connecting) = (server.door.clone(), board.clone(), Arc::clone(&connecting));
        comers.spawn(async move {
            let _turn = connecting.acquire().await?;
            Socket::subscribe(&door, &board, start - 1 - number % 20).await
        });
    }
    let mut back = Vec::with_capacity(SOCKETS);
    while let Some(done) = comers.join_next().await {
        let (socket, at) = done??;
        assert_eq!(at, start, "current at once");
        back.push(socket);
    }
    let took = began.elapsed();
    let metrics = String::from_utf8(Client::connect(&server.door).await?.request("GET", "/metrics", "").await?)?;
    let reads: f64 = metrics
        .lines()
        .filter(|line| line.starts_with("taskwire_store_reads_total"))
        .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
        .sum();
    Ok(vec![
        Row::new(
            "5,000 sockets resume after a SIGKILL, until all are current",
            format!("{:.2} s", took.as_secs_f64()),
            "5 s",
        ),
        Row::new("the same, reads of the database", format!("{reads:.0}"), "a handful"),
    ])
}

/// The page of a board with 5,000 tasks.
async fn page() -> Result<Vec<Row>> {
    let server = Server::start()?;
    let mut http = Client::connect(&server.door).await?;
    let board = http.create_board("Large").await?;
    let mut writers = JoinSet::new();
    for part in 0..50 {
        let (mut http, board) = (Client::connect(&server.door).await?, board.clone());
        writers.spawn(async move {
            for number in 0..100 {
                http.create_task(&board, &format!("Task {number} of part {part} with a title of usual length")).await?;
            }
            Result::Ok(())
        });
    }
    while let Some(done) = writers.join_next().await {
        done??;
    }
    let mut time = Histogram::<u64>::new(3)?;
    let mut bytes = 0;
    for _ in 0..30 {
        let sent = Instant::now();
        bytes = http.request("GET", &format!("/boards/{board}"), "").await?.len();
        time.record(sent.elapsed().as_micros() as u64)?;
    }
    Ok(vec![Row::new(
        "board page with 5,000 tasks, rendered by the server",
        format!(
            "p50 {:.0} ms, p99 {:.0} ms, {} KiB",
            millis(time.value_at_quantile(0.5)),
            millis(time.value_at_quantile(0.99)),
            bytes / 1024
        ),
        "150 ms",
    )])
}

/// The administration's table of all tasks, with a million of them.
async fn table_of_tasks(server: &Server, engine: &str) -> Result<Vec<Row>> {
    const TASKS: usize = 1_000_000;
    const BOARDS: usize = 200;
    const AT_A_TIME: usize = 125;
    const VIEWS: [(&str, &str); 8] = [
        ("as it opens", ""),
        ("by title", "?sort=title"),
        ("by due day, last first", "?sort=-due"),
        ("one priority", "?priority=urgent"),
        ("overdue", "?due=overdue"),
        ("a search that finds few", "?q=number+77+4242"),
        ("a search for two letters that are nowhere", "?q=zq"),
        ("a search that finds nothing", "?q=nothing+like+it"),
    ];
    let (left, began) = (Arc::new(AtomicU64::new(BOARDS as u64)), Instant::now());
    let mut writers = JoinSet::new();
    for _ in 0..8 {
        let (mut http, left) = (Client::connect(&server.door).await?, Arc::clone(&left));
        writers.spawn(async move {
            while let Ok(left) = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)) {
                let board = http.create_board(&format!("Board {left}")).await?;
                for first in (0..TASKS / BOARDS).step_by(AT_A_TIME) {
                    http.create_tasks(&board, left, first..first + AT_A_TIME).await?;
                }
            }
            Result::Ok(())
        });
    }
    while let Some(done) = writers.join_next().await {
        done??;
    }
    let mut rows = vec![Row::new(
        format!("{engine}: {TASKS} tasks created, {AT_A_TIME} a request"),
        format!("{:.0} s", began.elapsed().as_secs_f64()),
        "",
    )];
    server.analyze()?;
    let mut http = Client::connect(&server.door).await?;
    for (view, query) in VIEWS {
        let mut times = Histogram::<u64>::new(3)?;
        for _ in 0..20 {
            let began = Instant::now();
            http.request("GET", &format!("/admin/tasks{query}"), "").await?;
            times.record(began.elapsed().as_micros() as u64)?;
        }
        let (half, most) = (times.value_at_quantile(0.5), times.value_at_quantile(0.95));
        rows.push(Row::new(
            format!("{engine}: table of {TASKS} tasks, {view}"),
            format!("p50 {:.0} ms, p95 {:.0} ms", millis(half), millis(most)),
            "p95 200 ms",
        ));
    }
    let (before, began) = (server.resident_kib()?, Instant::now());
    let length = http.request("GET", "/admin/tasks?format=csv&state=live", "").await?.len();
    let grown = server.resident_kib()?.saturating_sub(before);
    rows.push(Row::new(
        format!("{engine}: all of them as CSV, {:.0} MB", length as f64 / 1e6),
        format!("{:.1} s, {:.1} MiB more memory", began.elapsed().as_secs_f64(), grown as f64 / 1024.0),
        "",
    ));
    Ok(rows)
}

/// The size of what a browser downloads, and of what is installed.
fn size() -> Result<Vec<Row>> {
    let kilobytes = |bytes: usize| format!("{:.1} KB", bytes as f64 / 1e3);
    let mut rows = Vec::new();
    for (what, ending, goal) in [("WASM", ".wasm", "220 KB"), ("JavaScript", ".js", ""), ("CSS", ".css", "")] {
        let file = site::FILES.iter().find(|file| file.path.ends_with(ending)).ok_or("no site: run `make build`")?;
        rows.push(Row::new(format!("{what} as brotli"), kilobytes(file.brotli.map_or(0, <[u8]>::len)), goal));
    }
    let executable = std::fs::metadata(executable()?)?.len();
    rows.push(Row::new("the executable, with the site in it", kilobytes(executable as usize), ""));
    Ok(rows)
}

/// Sockets that are subscribed to one board, and their reports.
struct Audience {
    /// The board's number at which they all started.
    start: u64,
    began: Instant,
    /// When each change was requested, in microseconds after `began`; the index is the change's number.
    sent: Arc<Vec<AtomicU64>>,
    reports: mpsc::UnboundedReceiver<Result<Report>>,
    sockets: usize,
    _tasks: JoinSet<()>,
}

/// What one socket received.
struct Report {
    heard: u64,
    latency: Histogram<u64>,
}

impl Audience {
    /// Connects and subscribes the sockets. Each listens until it has received `changes` changes.
    async fn gather(door: &Door, board: &str, sockets: usize, changes: u64) -> Result<Self> {
        let connecting = Arc::new(Semaphore::new(CONNECTING));
        let mut comers = JoinSet::new();
        for _ in 0..sockets {
            let (door, board, connecting) = (door.clone(), board.to_owned(), Arc::clone(&connecting));
            comers.spawn(async move {
                let _turn = connecting.acquire().await?;
                Socket::subscribe(&door, &board, 0).await
            });
        }
        let mut listeners = Vec::with_capacity(sockets);
        let mut start = 0;
        while let Some(done) = comers.join_next().await {
            let (socket, at) = done??;
            start = at;
            listeners.push(socket);
        }
        let (reporter, reports) = mpsc::unbounded_channel();
        let sent: Arc<Vec<AtomicU64>> = Arc::new((0..=start + changes).map(|_| AtomicU64::new(0)).collect());
        let began = Instant::now();
        let mut tasks = JoinSet::new();
        for mut socket in listeners {
            let (reporter, sent) = (reporter.clone(), Arc::clone(&sent));
            tasks.spawn(async move {
                let listened = async {
                    let mut report = Report { heard: 0, latency: Histogram::new(3)? };
                    while report.heard < changes {
                        let frame = socket.next().await?;
                        let at = start + report.heard;
                        assert_eq!(at + frame.changes, frame.newest, "no hole and nothing twice");
                        report.heard += frame.changes;
                        let asked = sent.get(frame.newest as usize).map_or(0, |time| time.load(Ordering::Relaxed));
                        report.latency.record((began.elapsed().as_micros() as u64).saturating_sub(asked))?;
                    }
                    Ok(report)
                };
                // The receiver is gone if the run has already failed.
                let _ = reporter.send(listened.await);
            });
        }
        Ok(Self { start, began, sent, reports, sockets, _tasks: tasks })
    }

    /// Records that the change with this number is requested now.
    fn sent(&self, number: u64) {
        if let Some(time) = self.sent.get(number as usize) {
            time.store(self.began.elapsed().as_micros() as u64, Ordering::Relaxed);
        }
    }

    /// Waits until all sockets have received everything. Returns how many changes that were, and their latencies, in
    /// microseconds.
    async fn reports(mut self) -> Result<(u64, Histogram<u64>)> {
        let (mut heard, mut latency) = (0, Histogram::new(3)?);
        for _ in 0..self.sockets {
            let report = self.reports.recv().await.ok_or("a listener ended without a word")??;
            heard += report.heard;
            latency.add(report.latency)?;
        }
        Ok((heard, latency))
    }
}

fn millis(micros: u64) -> f64 {
    micros as f64 / 1e3
}
