//! Tests that the writes of one sender are applied in order, and that after the first failure all later ones are
//! rejected.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use app::{
    id::{BoardId, TaskId},
    ops::{Op, UpdateBoard, UpdateTask},
    state::BoardState,
};
use futures::FutureExt;
use memchr::memmem::find;
use sqlx::{AnyConnection, Connection, Executor};
use taskwire::{
    credentials::Credentials,
    writer::{Sequence, WriteError},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
};

use crate::{
    on_both_engines,
    support::{
        database::Database,
        node::{NewBoard, Node, mutation, new_column, rename},
        postgres,
    },
};

/// An outside transaction that keeps SQLite's file locked until it is rolled back.
async fn lock(database: &Database) -> AnyConnection {
    let mut connection = AnyConnection::connect(&database.url).await.expect("a connection");
    connection.execute("BEGIN IMMEDIATE").await.expect("the file is locked");
    connection
}

async fn unlock(mut connection: AnyConnection) {
    connection.execute("ROLLBACK").await.expect("the file is free again");
}

fn title(board: &BoardState, task: TaskId) -> &str {
    &board.task(task).expect("the task").title
}

fn is_unavailable<T>(outcome: &Result<T, WriteError>) -> bool {
    matches!(outcome, Err(WriteError::Unavailable(_)))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_behind_a_write_that_failed_does_not_overtake_it() {
    let database = Database::sqlite();
    let node = Node::on(&database).await;
    let board = node.create_board().await.id;
    let task = node.create_task(board, "As it was").await;
    let (older, newer) = (mutation(rename(task, "Older")), mutation(rename(task, "Newer")));
    let (sequence, somebody) = (node.writer.sequence(), node.writer.sequence());

    let outside = lock(&database).await;
    let first = sequence.write(board, older.clone(), Credentials::local());
    // Most likely, the writer has taken the first write into a group of its own before the second one arrives.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let second = sequence.write(board, newer.clone(), Credentials::local());
    let theirs = somebody.write(board, mutation(rename(task, "Somebody else's")), Credentials::local());
    assert!(is_unavailable(&first.await), "the file was locked for too long");
    unlock(outside).await;
    assert!(is_unavailable(&second.await), "it was not done before the one it was sent after");
    let third = sequence.write(board, mutation(rename(task, "Newest")), Credentials::local());
    assert!(is_unavailable(&third.now_or_never().expect("turned away at once")));
    theirs.await.expect("somebody else has nothing to do with it");

    // As a client does after it has connected again.
    let again = node.writer.sequence();
    let (first, second) =
        (again.write(board, older, Credentials::local()), again.write(board, newer, Credentials::local()));
    assert!(!first.await.expect("accepted").repeated);
    assert!(!second.await.expect("accepted").repeated);
    assert_eq!(title(&*node.board(board).await, task), "Newer");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_after_a_write_for_which_there_was_no_room_does_not_overtake_it() {
    let database = Database::sqlite();
    let node = Node::on(&database).await;
    let board = node.create_board().await.id;
    let task = node.create_task(board, "As it was").await;
    let sequence = node.writer.sequence();
    let nothing = || mutation(Op::UpdateTask(UpdateTask::of(task)));

    let outside = lock(&database).await;
    let mut queued = Vec::new();
    loop {
        let mut write = Box::pin(node.writer.write(board, nothing(), Credentials::local()));
        match write.as_mut().now_or_never() {
            Some(outcome) => break assert!(is_unavailable(&outcome), "there is no room"),
            None => queued.push(write),
        }
    }
    let older = sequence.write(board, mutation(rename(task, "Older")), Credentials::local());
    assert!(is_unavailable(&older.await));
    unlock(outside).await;
    for write in queued {
        // Each was applied, or given up while the file was locked.
        let _ = write.await;
    }
    let newer = sequence.write(board, mutation(rename(task, "Newer")), Credentials::local());
    assert!(is_unavailable(&newer.await), "it was not done before the one it was sent after");
    assert_eq!(title(&*node.board(board).await, task), "As it was");
    node.accepted(board, rename(task, "Somebody else's")).await;
}

on_both_engines! {
    async fn a_board_that_cannot_be_read_does_not_keep_its_sender_from_others(database) {
        let (behind, ahead) = (Node::on(&database).await, Node::on(&database).await);
        let (damaged, sound) = (ahead.create_board().await.id, ahead.create_board().await.id);
        behind.board(damaged).await;
        let task = ahead.create_task(damaged, "Buy milk").await;
        let other = ahead.create_task(sound, "Buy bread").await;
        let mut connection = AnyConnection::connect(&database.url).await.expect("a connection");
        sqlx::query("UPDATE changes SET json = '{\"seq\":2,\"kind\":\"from_the_future\"}' WHERE board = $1 AND seq = 2")
            .bind(damaged.to_string())
            .execute(&mut connection)
            .await
            .expect("the damage is done");

        let sequence: Sequence = behind.writer.sequence();
        let writes: Vec<_> = [(damaged, task, "One"), (sound, other, "Two"), (damaged, task, "Three")]
            .into_iter()
            .map(|(board, task, title)| sequence.write(board, mutation(rename(task, title)), Credentials::local()))
            .collect();
        let outcomes = futures::future::join_all(writes).await;
        assert!(is_unavailable(&outcomes[0]) && outcomes[1].is_ok() && is_unavailable(&outcomes[2]), "{outcomes:?}");
    }
}

/// If the bytes prepare a statement, returns how it is executed later: by its name, after that of a portal without a
/// name. (Messages `Parse` and `Bind`: <https://www.postgresql.org/docs/current/protocol-message-formats.html>)
fn prepared(sent: &[u8], statement: &[u8]) -> Option<Vec<u8>> {
    let end = find(sent, &[b"\0", statement, b"\0"].concat())?;
    let start = sent[..end].iter().rposition(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'_'))? + 1;
    Some([b"\0", &sent[start..end], b"\0"].concat())
}

/// A proxy to PostgreSQL that delays a commit: it holds the commit back, and breaks the client's connection meanwhile.
struct LateCommit {
    port: u16,
    hold: Arc<AtomicBool>,
    held: Arc<Notify>,
    go: Arc<Notify>,
}

impl LateCommit {
    async fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let own_port = listener.local_addr().expect("an address").port();
        let (hold, held, go) = (Arc::new(AtomicBool::new(false)), Arc::new(Notify::new()), Arc::new(Notify::new()));
        let late = Self { port: own_port, hold: Arc::clone(&hold), held: Arc::clone(&held), go: Arc::clone(&go) };
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let (hold, held, go) = (Arc::clone(&hold), Arc::clone(&held), Arc::clone(&go));
                tokio::spawn(async move {
                    let mut server = TcpStream::connect(("127.0.0.1", port)).await.expect("PostgreSQL listens");
                    let (mut up, mut down) = ([0; 16 * 1024], [0; 16 * 1024]);
                    // The name of the prepared commit in this session: once prepared, the statement is sent by that
                    // name.
                    let mut commit: Option<Vec<u8>> = None;
                    loop {
                        tokio::select! {
                            read = client.read(&mut up) => {
                                let Ok(read @ 1..) = read else { return };
                                let is_commit = commit.as_ref().is_some_and(|name| find(&up[..read], name).is_some());
                                commit = commit.or_else(|| prepared(&up[..read], b"COMMIT"));
                                if is_commit && hold.swap(false, Ordering::SeqCst) {
                                    drop(client);
                                    held.notify_one();
                                    go.notified().await;
                                    // The assertions of the test decide whether the session still exists.
                                    let _ = server.write_all(&up[..read]).await;
                                    let _ = server.read(&mut down).await;
                                    return;
                                }
                                if server.write_all(&up[..read]).await.is_err() { return }
                            }
                            read = server.read(&mut down) => {
                                let Ok(read @ 1..) = read else { return };
                                if client.write_all(&down[..read]).await.is_err() { return }
                            }
                        }
                    }
                });
            }
        });
        late
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_comes_late_does_not_overtake_what_was_sent_after_it() {
    let database = Database::postgres().await;
    let port = postgres::port_of(&database.url);
    let network = LateCommit::to(port).await;
    let far = Database::at(database.url.replace(&format!(":{port}/"), &format!(":{}/", network.port)));
    let (behind, other) = (Node::on(&far).await, Node::on(&database).await);
    let plan = other.create_board().await;
    let task = other.create_task(plan.id, "As it was").await;
    let new = NewBoard { id: app::new_id::<BoardId>(), columns: [new_column(), new_column(), new_column()] };
    let renamed = |name: &str| {
        let update = UpdateBoard { name: Some(name.to_owned()), ..UpdateBoard::default() };
        mutation(Op::UpdateBoard(update))
    };
    for (board, older, newer) in [
        (plan.id, mutation(rename(task, "Older")), mutation(rename(task, "Newer"))),
        (new.id, mutation(new.create()), renamed("Newer")),
    ] {
        network.hold.store(true, Ordering::SeqCst);
        let lost = behind.writer.sequence().write(board, older.clone(), Credentials::local());
        // Wait until the commit is held. If the write ends before that, report its outcome.
        tokio::pin!(lost);
        tokio::select! {
            () = network.held.notified() => {}
            outcome = &mut lost => panic!("it was never held: {outcome:?}"),
        }
        // The sender has lost the connection, and repeats the mutations on another server.
        let again = other.writer.sequence();
        let first = again.write(board, older, Credentials::local());
        let second = again.write(board, newer, Credentials::local());
        let (first, lost) = (first.await.expect("accepted"), lost.await.expect("accepted"));
        // The commit's session no longer exists: the connection that replaced it has ended the session.
        network.go.notify_one();
        assert_eq!(lost.seq, first.seq);
        assert!(lost.repeated != first.repeated, "it was done once");
        assert_eq!(second.await.expect("accepted").seq, first.seq + 1);
    }
    assert_eq!(title(&*other.board(plan.id).await, task), "Newer");
    assert_eq!(other.board(new.id).await.name(), "Newer");
}
