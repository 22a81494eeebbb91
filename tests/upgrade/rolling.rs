//! A node of the previous released version next to one of this version, while people write through both.
//!
//! This needs the executable of the previous version, which `scripts/test rolling` builds: so it runs only there.

use std::{
    net::SocketAddr,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use app::{
    id::{BoardId, MutationId},
    ops::Mutation,
    protocol::ServerMessage,
};
use tokio_util::task::TaskTracker;

use crate::support::{
    client::{Client, PATIENCE},
    database::Database,
    node::{Node, create, mutation, new_task, rename},
    server::Process,
};

/// How many clients write at the same time.
const WRITERS: usize = 6;

fn older(database: &Database) -> Process {
    let executable =
        std::env::var("TASKWIRE_BEFORE").expect("TASKWIRE_BEFORE names the executable of the version before");
    let mut command = Command::new(executable);
    command.env_clear();
    Process::spawn(command.args(["serve", "--auth", "open", "--listen", "127.0.0.1:0", "--database", &database.url]))
}

fn address(process: &Process) -> SocketAddr {
    process.base.strip_prefix("http://").unwrap().parse().unwrap()
}

/// Creates a task and renames it again and again, because a board holds a limited number of tasks. Repeats unanswered mutations in order, and switches to the other node when one
/// rejects a write. Returns the accepted mutations.
async fn write(
    board: BoardId,
    nodes: [Arc<std::sync::Mutex<SocketAddr>>; 2],
    stop: Arc<AtomicBool>,
) -> Vec<MutationId> {
    let task = new_task();
    let mut accepted = Vec::new();
    let mut unanswered: Option<Mutation> = None;
    let mut turn = 0;
    loop {
        turn += 1;
        let node = *nodes[turn % 2].lock().unwrap();
        let headers = [("sec-websocket-protocol", "taskwire.v1")];
        if tokio::net::TcpStream::connect(node).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        }
        let Ok(mut client) = Client::connect_with(node, &headers).await else { continue };
        loop {
            if stop.load(Ordering::Relaxed) && unanswered.is_none() {
                return accepted;
            }
            let next = unanswered
                .get_or_insert_with(|| {
                    mutation(match accepted.len() {
                        0 => create(task, "Tea"),
                        renames => rename(task, &format!("Tea {renames}")),
                    })
                })
                .clone();
            let id = next.id;
            client.mutate(board, vec![next]).await;
            match client.hear_or_end().await {
                Ok(ServerMessage::Accepted { mutation, .. }) if mutation == id => {
                    accepted.push(id);
                    unanswered = None;
                }
                Ok(ServerMessage::Rejected { error, .. }) => panic!("nothing is wrong with it: {error}"),
                // The mutation cannot be stored on this node: try the next one.
                Ok(_) | Err(_) => break,
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "it takes the executable of the version before: scripts/test rolling"]
async fn no_write_is_lost_or_doubled_while_a_newer_node_takes_over() {
    let database = Database::postgres().await;
    let before = older(&database);
    let board = app::new_id::<BoardId>();
    let mut first = Client::connect(address(&before)).await;
    let new =
        crate::support::node::NewBoard { id: board, columns: [(); 3].map(|()| crate::support::node::new_column()) };
    first.mutate(board, vec![mutation(new.create())]).await;
    assert!(matches!(first.hear().await, ServerMessage::Accepted { .. }));

    let nodes = [address(&before), address(&before)].map(|node| Arc::new(std::sync::Mutex::new(node)));
    let stop = Arc::new(AtomicBool::new(false));
    let writers = TaskTracker::new();
    let writing: Vec<_> = (0..WRITERS).map(|_| writers.spawn(write(board, nodes.clone(), Arc::clone(&stop)))).collect();
    tokio::time::sleep(Duration::from_secs(2)).await;

    // The new node migrates the database while the old one still runs, and then both run for a while.
    let after = Process::start(&database);
    *nodes[1].lock().unwrap() = address(&after);
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(before.terminate().await.success());
    *nodes[0].lock().unwrap() = address(&after);
    tokio::time::sleep(Duration::from_secs(1)).await;
    stop.store(true, Ordering::Relaxed);

    let mut accepted = Vec::new();
    let start = Instant::now();
    for task in writing {
        accepted.extend(tokio::time::timeout(PATIENCE, task).await.expect("it ends").unwrap());
    }
    println!("{} writes were accepted, the last {:?} after the end", accepted.len(), start.elapsed());
    assert!(after.terminate().await.success());

    let node = Node::on(&database).await;
    let state = node.board(board).await;
    assert_eq!(state.seq() as usize, 1 + accepted.len(), "each was done once, and nothing else was");
    assert_eq!(node.replayed(board).await, *state, "the log and the rows say the same");
    accepted.sort_unstable();
    accepted.dedup();
    assert_eq!(state.seq() as usize, 1 + accepted.len(), "none was accepted twice");
    node.close().await;
}
