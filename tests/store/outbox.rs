//! Tests the outbox: a job that is enqueued with a commit is done by some node, also if nodes die, fail, or differ in
//! speed.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use app::{id::ActorId, time::Timestamp};
use taskwire::{
    outbox::{Job, JobError, Outbox, OutboxSettings, Topic},
    store::{Missing, NewJob, Store},
};
use tokio::{sync::Notify, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    on_both_engines,
    support::{client::PATIENCE, node::Node},
};

fn job() -> NewJob {
    Job::NewPasswordMail { email: "ana@example.com".to_owned() }.enqueued(app::new_id())
}

/// Settings with times short enough for a test.
fn quick() -> OutboxSettings {
    OutboxSettings {
        lease: Duration::from_millis(400),
        attempt: Duration::from_millis(300),
        grace: Duration::from_millis(100),
        poll: Duration::from_millis(50),
        first_pause: Duration::from_millis(40),
        longest_pause: Duration::from_millis(160),
        concurrency: 4,
    }
}

/// A worker for mail on a node, which calls `work` for each job.
struct Worker {
    stop: CancellationToken,
    task: JoinHandle<()>,
    outbox: Outbox,
}

impl Worker {
    fn start<Work>(store: &Store, settings: OutboxSettings, work: impl Fn(Uuid) -> Work + Send + Sync + 'static) -> Self
    where
        Work: Future<Output = Result<(), JobError>> + Send + 'static,
    {
        let stop = CancellationToken::new();
        let outbox = Outbox::new(store.clone(), vec![Topic::Mail], settings);
        let task = tokio::spawn(outbox.clone().run(stop.clone(), move |id, _| work(id)));
        Self { stop, task, outbox }
    }

    async fn stop(self) {
        self.stop.cancel();
        self.task.await.expect("it ends");
    }
}

/// Waits until the outbox is empty.
async fn emptied(store: &Store) {
    let deadline = Instant::now() + PATIENCE;
    while !store.outbox_backlog().await.expect("it is read").is_empty() {
        assert!(Instant::now() < deadline, "something is left");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

on_both_engines! {
    async fn two_nodes_do_each_job_once(database) {
        let stores = [database.open().await, database.open().await];
        let done = Arc::<Mutex<HashMap<Uuid, usize>>>::default();
        let mut ids = Vec::new();
        for _ in 0..40 {
            let job = job();
            ids.push(job.id);
            stores[0].enqueue(&job).await.expect("it is enqueued");
        }
        let workers = stores.each_ref().map(|store| {
            let done = Arc::clone(&done);
            // With the lease of production: no node takes over a job because another node is slow.
            let settings = OutboxSettings { poll: Duration::from_millis(50), ..OutboxSettings::default() };
            Worker::start(store, settings, move |id| {
                let done = Arc::clone(&done);
                async move {
                    tokio::task::yield_now().await;
                    *done.lock().unwrap().entry(id).or_default() += 1;
                    Ok(())
                }
            })
        });
        emptied(&stores[1]).await;
        for worker in workers {
            worker.stop().await;
        }
        let done = done.lock().unwrap();
        assert!(ids.iter().all(|id| done[id] == 1) && done.len() == ids.len(), "{done:?}");
    }

    async fn what_fails_is_tried_again_after_growing_pauses_and_what_panics_too(database) {
        let store = database.open().await;
        let attempts = Arc::<Mutex<Vec<Instant>>>::default();
        let seen = Arc::clone(&attempts);
        let worker = Worker::start(&store, quick(), move |_| {
            let attempt = { let mut seen = seen.lock().unwrap(); seen.push(Instant::now()); seen.len() };
            async move {
                match attempt {
                    1 => Err(JobError::Retry("not yet".to_owned())),
                    2 => panic!("a fault of the worker's"),
                    3 => std::future::pending().await,
                    _ => Ok(()),
                }
            }
        });
        store.enqueue(&job()).await.expect("it is enqueued");
        emptied(&store).await;
        let attempts = attempts.lock().unwrap().clone();
        assert_eq!(attempts.len(), 4);
        // Each pause is at least half of its maximum, and the maximum doubles.
        for (number, least) in [(1, 20), (2, 40), (3, 300 + 80)] {
            let pause = attempts[number] - attempts[number - 1];
            assert!(pause >= Duration::from_millis(least), "{number}: {pause:?}");
        }
        worker.stop().await;
    }

    async fn what_cannot_be_done_or_has_expired_is_given_up(database) {
        let store = database.open().await;
        let tried = Arc::<AtomicUsize>::default();
        let count = Arc::clone(&tried);
        let worker = Worker::start(&store, quick(), move |_| {
            count.fetch_add(1, Ordering::SeqCst);
            async { Err(JobError::GiveUp("there is no such mailbox".to_owned())) }
        });
        store.enqueue(&NewJob { lasts: Duration::ZERO, ..job() }).await.expect("it is enqueued");
        emptied(&store).await;
        assert_eq!(tried.load(Ordering::SeqCst), 0, "whoever waited for it does not any more");
        store.enqueue(&job()).await.expect("it is enqueued");
        emptied(&store).await;
        assert_eq!(tried.load(Ordering::SeqCst), 1);
        worker.stop().await;
    }

    async fn a_job_of_a_node_that_died_is_taken_by_another_and_the_dead_one_cannot_end_it(database) {
        let (dead, living) = (database.open().await, database.open().await);
        dead.enqueue(&job()).await.expect("it is enqueued");
        // A killed process leaves behind what it had committed: a lease.
        let started = Arc::new(Notify::new());
        let told = Arc::clone(&started);
        let killed = Worker::start(&dead, quick(), move |_| {
            told.notify_one();
            std::future::pending()
        });
        started.notified().await;
        killed.task.abort();
        assert!(killed.task.await.is_err());
        let leased = Instant::now();

        let taken = loop {
            let taken = living.lease_jobs("mail", 1, Duration::from_secs(60)).await.expect("an answer");
            if let [job] = &taken[..] {
                break job.clone();
            }
            assert!(leased.elapsed() < PATIENCE);
            tokio::time::sleep(Duration::from_millis(10)).await;
        };
        assert_eq!(taken.attempts, 2);
        // The dead node comes back after a long time: its lease has expired.
        let stale = taskwire::store::LeasedJob { attempts: 1, ..taken.clone() };
        assert!(!dead.finish_job(&stale).await.expect("an answer"));
        dead.retry_job(&stale, Duration::ZERO, "too late").await.expect("an answer");
        assert!(dead.lease_jobs("mail", 1, Duration::ZERO).await.expect("an answer").is_empty(), "it is not due");
        assert!(living.finish_job(&taken).await.expect("an answer"));
        emptied(&living).await;
    }

    async fn what_this_version_cannot_read_stays_and_is_told_of(database) {
        let store = database.open().await;
        let strange = NewJob { payload: "{\"kind\":\"from_the_future\"}".to_owned(), ..job() };
        store.enqueue(&strange).await.expect("it is enqueued");
        let worker = Worker::start(&store, quick(), |_| async { panic!("it is not done") });
        let deadline = Instant::now() + PATIENCE;
        let error = loop {
            let backlog = store.outbox_backlog().await.expect("it is read");
            if let Some(error) = &backlog[0].last_error {
                break error.clone();
            }
            assert!(Instant::now() < deadline, "it is not tried");
            tokio::time::sleep(Duration::from_millis(10)).await;
        };
        assert!(error.contains("from_the_future"), "{error}");
        assert!(worker.outbox.warnings().is_empty(), "it is not late yet");
        worker.stop().await;
    }

    async fn the_log_is_kept_from_the_change_that_a_job_refers_to(database) {
        let node = Node::on(&database).await;
        let board = node.create_board().await.id;
        for number in 2..=9 {
            node.create_task(board, &format!("Task {number}")).await;
        }
        let job = job().about(board, 5);
        node.store.enqueue(&job).await.expect("it is enqueued");
        let everything = Timestamp::from_millis(i64::MAX);
        assert_eq!(node.store.trim_log(everything).await.expect("trimmed"), 4);
        let Missing::Changes(kept) = node.store.changes_after(board, 4, 100).await.expect("an answer") else {
            panic!("change 5 is needed");
        };
        assert_eq!(kept[0].seq, 5);
        node.store.remove_job(job.id).await.expect("it is removed");
        assert_eq!(node.store.trim_log(everything).await.expect("trimmed"), 4);
    }

    async fn a_worker_takes_what_it_can_do_and_leaves_the_rest(database) {
        let store = database.open().await;
        let other = Job::AcceptedInvitation { link: app::new_id(), person: ActorId(app::new_id()) };
        store.enqueue(&other.enqueued(app::new_id())).await.expect("it is enqueued");
        store.enqueue(&job()).await.expect("it is enqueued");
        let worker = Worker::start(&store, quick(), |_| async { Ok(()) });
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left: Vec<_> = store.outbox_backlog().await.expect("it is read").into_iter().map(|one| one.topic).collect();
            if left == ["boards"] {
                break;
            }
            assert!(Instant::now() < deadline, "{left:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        worker.stop().await;
    }

    async fn a_mail_server_that_hangs_holds_up_nothing_else(database) {
        let store = database.open().await;
        for _ in 0..20 {
            store.enqueue(&job()).await.expect("it is enqueued");
        }
        let other = Job::AcceptedInvitation { link: app::new_id(), person: ActorId(app::new_id()) };
        store.enqueue(&other.enqueued(app::new_id())).await.expect("it is enqueued");
        let (mails, is_done) = (Arc::<AtomicUsize>::default(), Arc::new(Notify::new()));
        let outbox = Outbox::new(store, vec![Topic::Mail, Topic::Boards], quick());
        let (count, told) = (Arc::clone(&mails), Arc::clone(&is_done));
        let task = tokio::spawn(outbox.run(CancellationToken::new(), move |_, job| {
            let (count, told) = (Arc::clone(&count), Arc::clone(&told));
            async move {
                if job.topic() == Topic::Mail {
                    count.fetch_add(1, Ordering::SeqCst);
                    std::future::pending::<()>().await;
                }
                told.notify_one();
                Ok(())
            }
        }));
        is_done.notified().await;
        assert!(mails.load(Ordering::SeqCst) <= quick().concurrency, "it waited for mails");
        task.abort();
    }
}
