//! Backups that are made while people write.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use app::{id::BoardId, model::Seq};
use taskwire::store::{Missing, StoreSettings, backup};
use tokio_util::task::TaskTracker;

use crate::{
    check, expect_states_like_logs, restore,
    support::{
        database::Database,
        node::{Node, create, delete, new_task, rename, restore as restore_task},
    },
    targets,
};

const BOARDS: usize = 6;
const WRITERS_A_BOARD: usize = 4;
/// How many writes a second there must be while the backup is made.
const RATE: f64 = 200.0;

/// Creates, renames, moves, deletes and restores tasks, one after the other.
async fn write(node: Node, board: BoardId, stop: Arc<AtomicBool>, written: Arc<AtomicU64>) {
    let mut number = 0;
    while !stop.load(Ordering::Relaxed) {
        number += 1;
        let task = new_task();
        let ops = [create(task, "Tea"), rename(task, &format!("Tea {number}")), delete(task), restore_task(task)];
        for op in ops {
            node.accepted(board, op).await;
            written.fetch_add(1, Ordering::Relaxed);
        }
    }
}

async fn heads(node: &Node, boards: &[BoardId]) -> BTreeMap<BoardId, Seq> {
    node.store.heads(boards).await.unwrap().into_iter().collect()
}

async fn a_backup_shows_one_moment_while_people_write(source: Database) {
    let node = Node::on(&source).await;
    let mut boards = Vec::new();
    for _ in 0..BOARDS {
        let board = node.create_board().await.id;
        // A backup takes a while.
        let writes = (0..500).map(|_| node.write(board, create(new_task(), "There before")));
        futures::future::join_all(writes).await;
        boards.push(board);
    }
    let (stop, written) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let writers = TaskTracker::new();
    for board in boards.iter().flat_map(|board| [*board; WRITERS_A_BOARD]) {
        writers.spawn(write(node.clone(), board, Arc::clone(&stop), Arc::clone(&written)));
    }
    writers.close();
    let mut files = Vec::new();
    let (start, before) = (Instant::now(), written.load(Ordering::Relaxed));
    while files.len() < 3 || start.elapsed() < Duration::from_secs(2) {
        let least = heads(&node, &boards).await;
        let mut file = Vec::new();
        backup::take(&StoreSettings::new(&source.url), false, &mut file, &mut |_, _| {}).await.unwrap();
        files.push((least, file, heads(&node, &boards).await));
    }
    let rate = (written.load(Ordering::Relaxed) - before) as f64 / start.elapsed().as_secs_f64();
    stop.store(true, Ordering::Relaxed);
    writers.wait().await;
    println!("{} backups while {rate:.0} writes a second were accepted", files.len());
    assert!(rate > RATE, "{rate}");

    // The writes went on during a backup.
    assert!(files.iter().any(|(least, _, most)| least != most));
    let (least, file, most) = files.swap_remove(files.len() / 2);
    check(&file).unwrap();
    for target in targets().await {
        restore(&file, &target).await.unwrap();
        let restored = Node::on(&target).await;
        expect_states_like_logs(&restored).await;
        for board in &boards {
            let state = restored.board(*board).await;
            let seq = state.seq();
            // Everything that was accepted before is there.
            assert!((least[board]..=most[board]).contains(&seq), "{} {seq} {}", least[board], most[board]);
            assert_eq!(restored.numbers(*board).await, (1..=seq).collect::<Vec<_>>());
            assert_eq!(restored.replayed(*board).await, *state);
            // The log is the beginning of the log that goes on in the original.
            let changes = async |node: &Node| match node.store.changes_after(*board, 0, seq as usize).await.unwrap() {
                Missing::Changes(changes) => changes,
                Missing::Trimmed => panic!("the log was trimmed"),
            };
            assert_eq!(changes(&restored).await, changes(&node).await);
        }
        restored.close().await;
    }
    node.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_shows_one_moment_while_people_write_to_sqlite() {
    a_backup_shows_one_moment_while_people_write(Database::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_shows_one_moment_while_people_write_to_postgres() {
    a_backup_shows_one_moment_while_people_write(Database::postgres().await).await;
}
