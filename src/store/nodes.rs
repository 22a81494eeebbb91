//! What the nodes of an installation report about themselves, as rows that all of them can read. Only PostgreSQL can have several nodes.

use std::time::{Duration, Instant};

use app::{system::Report, time::Timestamp};
use sqlx::Row;

use super::{
    ClockReport, Store, StoreError,
    connect::Engine,
    sql::{query, query_of},
};
use crate::clock;

/// How long the row of a node is kept that reports no more, in milliseconds.
const KEPT: i64 = 24 * 60 * 60 * 1_000;

/// A node, as it last reported itself.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeRow {
    /// Its id, which is new at each start.
    pub id: String,
    /// The name of its machine, and its port.
    pub name: String,
    /// Its version.
    pub version: String,
    /// When it was started, by its own clock.
    pub started_at: Timestamp,
    /// When it last reported, by the clock of the database.
    pub seen_at: Timestamp,
    /// How long ago that was.
    pub silent_for: Duration,
    /// What it last reported.
    pub report: Report,
}

impl Store {
    /// Whether other nodes can use the same database.
    pub fn may_have_nodes(&self) -> bool {
        self.shared.database.engine == Engine::Postgres
    }

    /// Writes the report of a node, and removes those of nodes that have been silent for a day, or were started before at the same place.
    pub async fn report_node(&self, node: &NodeRow) -> Result<(), StoreError> {
        let now = self.shared.database.engine.now();
        let report = serde_json::to_string(&node.report).unwrap_or_default();
        let mut transaction = self.shared.writer.begin().await?;
        query_of(&[
            "INSERT INTO nodes (id, name, version, started_at, report, seen_at) VALUES ($1, $2, $3, $4, $5, ",
            now,
            ") ON CONFLICT (id) DO UPDATE SET report = excluded.report, seen_at = excluded.seen_at",
        ])
        .bind(node.id.clone())
        .bind(node.name.clone())
        .bind(node.version.clone())
        .bind(node.started_at.as_millis())
        .bind(report)
        .execute(&mut transaction)
        .await?;
        query_of(&[
            "DELETE FROM nodes WHERE seen_at < ",
            now,
            " - $1 OR (name = $2 AND id <> $3 AND started_at <= $4)",
        ])
        .bind(KEPT)
        .bind(node.name.clone())
        .bind(node.id.clone())
        .bind(node.started_at.as_millis())
        .execute(&mut transaction)
        .await?;
        transaction.commit().await
    }

    /// Removes the report of a node that stops.
    pub async fn forget_node(&self, id: String) -> Result<(), StoreError> {
        let mut transaction = self.shared.writer.begin().await?;
        query("DELETE FROM nodes WHERE id = $1").bind(id).execute(&mut transaction).await?;
        transaction.commit().await
    }

    /// The nodes that reported during the last day.
    pub async fn nodes(&self) -> Result<Vec<NodeRow>, StoreError> {
        let now = self.shared.database.engine.now();
        let rows = query_of(&[
            "SELECT id, name, version, started_at, seen_at, report, ",
            now,
            " AS now FROM nodes ORDER BY name, started_at",
        ]);
        let rows = rows.fetch_all(self.readers()).await?;
        let number = |row: &sqlx::any::AnyRow, column| row.try_get::<i64, _>(column);
        rows.iter()
            .map(|row| {
                let (now, seen_at) = (number(row, "now")?, number(row, "seen_at")?);
                Ok(NodeRow {
                    id: row.try_get("id")?,
                    name: row.try_get("name")?,
                    version: row.try_get("version")?,
                    started_at: Timestamp::from_millis(number(row, "started_at")?),
                    seen_at: Timestamp::from_millis(seen_at),
                    silent_for: Duration::from_millis((now - seen_at).max(0).unsigned_abs()),
                    // A newer version may report in another form.
                    report: serde_json::from_str(row.try_get("report")?).unwrap_or_default(),
                })
            })
            .collect()
    }

    /// The address of the database, without its password.
    pub fn shown(&self) -> &str {
        self.shared.database.shown()
    }

    /// The engine and its version.
    pub async fn engine(&self) -> Result<String, StoreError> {
        Ok(query(self.shared.database.engine.version()).fetch_one(self.readers()).await?.try_get(0)?)
    }

    /// The size of PostgreSQL's database. That of SQLite's is the size of its file.
    pub async fn size(&self) -> Result<Option<u64>, StoreError> {
        if self.shared.database.engine == Engine::Sqlite {
            return Ok(None);
        }
        let row = query("SELECT pg_database_size(current_database())").fetch_one(self.readers()).await?;
        Ok(Some(row.try_get::<i64, _>(0)?.unsigned_abs()))
    }

    /// The number of boards and of tasks, and whether the database estimated them: PostgreSQL would read the whole tables.
    pub async fn counts(&self) -> Result<(u64, u64, bool), StoreError> {
        let number = async |sql| Ok::<i64, StoreError>(query(sql).fetch_one(self.readers()).await?.try_get(0)?);
        if self.shared.database.engine == Engine::Postgres {
            // Before the first ANALYZE it is -1.
            let estimate = "SELECT CAST(reltuples AS BIGINT) FROM pg_class WHERE oid = CAST('tasks' AS regclass)";
            let tasks = number(estimate).await?;
            if tasks >= 100_000 {
                let estimate = "SELECT CAST(reltuples AS BIGINT) FROM pg_class WHERE oid = CAST('boards' AS regclass)";
                return Ok((number(estimate).await?.max(0).unsigned_abs(), tasks.unsigned_abs(), true));
            }
        }
        let boards = number("SELECT COUNT(*) FROM boards WHERE deleted_at IS NULL").await?;
        let tasks = number("SELECT COUNT(*) FROM tasks").await?;
        Ok((boards.unsigned_abs(), tasks.unsigned_abs(), false))
    }

    /// The time of the oldest change that is kept besides the newest one of its board.
    pub async fn oldest_change(&self) -> Result<Option<Timestamp>, StoreError> {
        let oldest = "SELECT MIN(changes.at) FROM boards JOIN changes ON changes.board = boards.id AND changes.seq = boards.log_start \
                      WHERE boards.log_start < boards.seq";
        let row = query(oldest).fetch_one(self.readers()).await?;
        Ok(row.try_get::<Option<i64>, _>(0)?.map(Timestamp::from_millis))
    }

    /// The clock of PostgreSQL's server. SQLite has none but this machine's.
    pub async fn clock(&self) -> Result<Option<ClockReport>, StoreError> {
        let engine = self.shared.database.engine;
        if engine == Engine::Sqlite {
            return Ok(None);
        }
        let (asked, began) = (clock::now().as_millis(), Instant::now());
        let row = query_of(&["SELECT ", engine.now()]).fetch_one(self.readers()).await?;
        Ok(Some(ClockReport::new(row.try_get(0)?, asked, began.elapsed())))
    }
}
