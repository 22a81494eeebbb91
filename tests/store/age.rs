//! Tests that deletion by age uses a time that a wrong clock cannot move far, and that a change from the future does
//! not give its time to later changes.

use std::time::Duration;

use app::time::Timestamp;
use sqlx::{AnyConnection, Connection, Row};
use taskwire::clock;

use crate::{
    on_both_engines,
    support::{
        database::Database,
        node::{Node, create, new_task},
    },
};

const HOUR: i64 = 60 * 60 * 1_000;
const STEP: Duration = Duration::from_secs(6 * 60 * 60);
const YEAR: i64 = 365 * 24 * HOUR;

async fn set(database: &Database, statement: &'static str, value: i64) {
    let mut connection = AnyConnection::connect(&database.url).await.expect("a connection");
    sqlx::query(statement).bind(value).execute(&mut connection).await.expect("it is set");
}

async fn newest(database: &Database) -> i64 {
    let mut connection = AnyConnection::connect(&database.url).await.expect("a connection");
    let row = sqlx::query("SELECT at FROM changes ORDER BY seq DESC LIMIT 1").fetch_one(&mut connection).await;
    row.expect("a change").get(0)
}

on_both_engines! {
    async fn the_believed_time_follows_the_clock_step_by_step_and_never_goes_back(database) {
        let node = Node::on(&database).await;
        let believed = async |now: i64| {
            let time = node.store.believed_time(Timestamp::from_millis(now), STEP).await.expect("an answer");
            time.map(Timestamp::as_millis)
        };
        let now = clock::now().as_millis();
        assert_eq!(believed(now).await, None, "nothing has ever happened here");
        node.create_board().await;
        set(&database, "UPDATE boards SET changed_at = $1", now - 2 * YEAR).await;
        assert_eq!(believed(0).await, None, "the clock is before all that happened");
        // The server was off for two years: the believed time catches up step by step.
        let step = STEP.as_millis() as i64;
        assert_eq!(believed(now).await, Some(now - 2 * YEAR + step));
        assert_eq!(believed(now).await, Some(now - 2 * YEAR + 2 * step));
        // It catches up to the clock, and not beyond.
        set(&database, "UPDATE upkeep SET believed_at = $1", now - 10).await;
        assert_eq!(believed(now).await, Some(now));
        assert_eq!(believed(now).await, Some(now));
        // A clock that starts in 1970 does not move it back.
        assert_eq!(believed(0).await, Some(now));
        // A clock 200 days ahead moves it one step at most, and not at all if the database has a better clock.
        let ahead = believed(now + 200 * 24 * HOUR).await.expect("a time");
        assert!(ahead <= now + step, "{ahead}");
        if database.url.starts_with("postgres") {
            assert!(ahead < now + HOUR, "PostgreSQL has a clock of its own");
        }
    }

    async fn a_future_timestamp_is_not_inherited_by_later_changes(database) {
        let node = Node::on(&database).await;
        let board = node.create_board().await.id;
        let now = clock::now().as_millis();
        // As nodes leave it whose clocks differ a little.
        set(&database, "UPDATE boards SET changed_at = $1", now + 30_000).await;
        node.accepted(board, create(new_task(), "Buy milk")).await;
        assert_eq!(newest(&database).await, now + 30_000, "no earlier than the one before");
        // As a node leaves it whose clock is 200 days ahead.
        set(&database, "UPDATE boards SET changed_at = $1", now + 200 * 24 * HOUR).await;
        node.accepted(board, create(new_task(), "Buy bread")).await;
        assert!(newest(&database).await < now + 60_000);
    }

    async fn a_log_whose_times_go_back_is_trimmed_without_a_hole(database) {
        let node = Node::on(&database).await;
        let board = node.create_board().await.id;
        for title in ["Two", "Three", "Four", "Five"] {
            node.create_task(board, title).await;
        }
        let now = clock::now().as_millis();
        set(&database, "UPDATE changes SET at = $1", now - YEAR).await;
        set(&database, "UPDATE changes SET at = $1 WHERE seq = 3", now + YEAR).await;
        let trimmed = node.store.trim_log(Timestamp::from_millis(now)).await.expect("trimmed");
        assert_eq!(trimmed, 2, "up to the first that is not old");
        let fresh = Node::on(&database).await;
        let taskwire::store::Missing::Changes(changes) = fresh.store.changes_after(board, 2, 10).await.expect("the log")
        else {
            panic!("the log begins with number 3");
        };
        assert_eq!(changes.len(), 3);
        assert_eq!(fresh.board(board).await.seq(), 5);
    }
}
