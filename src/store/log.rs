//! The numbered log: what happened after a number, the newest numbers, and forgetting what is old.

use std::collections::HashMap;

use app::{id::BoardId, model::Seq, time::Timestamp};
use sqlx::Row;

use super::{
    LoggedChange, Missing, Store, StoreError,
    answers::keep_answers,
    connection::read,
    outbox, rows,
    sql::{Target, fetch_by_ids, query},
};

/// How many changes one transaction forgets: few enough that writers hardly wait.
const TRIM_STEP: Seq = 5_000;

impl Store {
    /// What happened on a board after a change.
    pub async fn changes_after(&self, board: BoardId, after: Seq, limit: usize) -> Result<Missing, StoreError> {
        missing(self.readers(), board, after, limit).await
    }

    /// The newest numbers of some boards, in one query. Boards that do not exist are missing; deleted ones are not.
    pub async fn heads(&self, boards: &[BoardId]) -> Result<HashMap<BoardId, Seq>, StoreError> {
        let ids: Vec<String> = boards.iter().map(ToString::to_string).collect();
        let select = "SELECT id, seq FROM boards WHERE id";
        let found = read!(self.readers(), |reader| fetch_by_ids(reader, select, "", &ids).await)?;
        found.iter().map(|row| Ok((rows::id(row.try_get(0)?)?, rows::seq(row.try_get(1)?)?))).collect()
    }

    /// Deletes log entries older than a time, but never the newest of a board. Tells how many.
    ///
    /// What goes with them: whoever is older gets a snapshot. What was answered to requests is kept: see
    /// [`Store::forget_answers`].
    pub async fn trim_log(&self, before: Timestamp) -> Result<u64, StoreError> {
        let boards = query(
            "SELECT boards.id FROM boards JOIN changes ON changes.board = boards.id AND changes.seq = boards.log_start \
             WHERE changes.at < $1 AND boards.log_start < boards.seq",
        )
        .bind(before.as_millis())
        .fetch_all(self.readers())
        .await?;
        let mut trimmed = 0;
        for board in boards {
            let board: String = board.try_get(0)?;
            loop {
                let step = self.trim_step(&board, before).await?;
                trimmed += step;
                if step < TRIM_STEP {
                    break;
                }
            }
        }
        Ok(trimmed)
    }

    /// Forgets at most [`TRIM_STEP`] changes of a board.
    async fn trim_step(&self, board: &str, before: Timestamp) -> Result<u64, StoreError> {
        let engine = self.shared.database.engine;
        let mut transaction = self.shared.writer.begin().await?;
        let select = "SELECT seq, log_start FROM boards WHERE id";
        let locked = fetch_by_ids(&mut transaction, select, engine.lock_rows(), &[board.to_owned()]).await?;
        let row = locked.first().ok_or(sqlx::Error::RowNotFound)?;
        let (head, start) = (rows::seq(row.try_get(0)?)?, rows::seq(row.try_get(1)?)?);
        // What is older comes first, as a rule; a log has no holes, even where a clock went back in between.
        let newer = query("SELECT MIN(seq) FROM changes WHERE board = $1 AND at >= $2")
            .bind(board)
            .bind(before.as_millis())
            .fetch_one(&mut transaction)
            .await?;
        let newer = newer.try_get::<Option<i64>, _>(0)?.map(rows::seq).transpose()?;
        let needed = outbox::first_change_needed(&mut transaction, board).await?;
        let end = head.min(start + TRIM_STEP).min(newer.unwrap_or(head)).min(needed.unwrap_or(head)).max(start);
        keep_answers(&mut transaction, board, end).await?;
        let trimmed = query("DELETE FROM changes WHERE board = $1 AND seq < $2")
            .bind(board)
            .bind(end as i64)
            .execute(&mut transaction)
            .await?
            .rows_affected();
        query("UPDATE boards SET log_start = log_start + $2 WHERE id = $1")
            .bind(board)
            .bind(trimmed as i64)
            .execute(&mut transaction)
            .await?;
        transaction.commit().await?;
        Ok(trimmed)
    }
}

/// What happened on a board after a change: see [`Store::changes_after`]. One statement, so it sees one moment.
pub(super) async fn missing(
    database: impl Target,
    board: BoardId,
    after: Seq,
    limit: usize,
) -> Result<Missing, StoreError> {
    let found = query(
        "SELECT boards.seq, boards.log_start, changes.seq, changes.json FROM boards \
         LEFT JOIN changes ON changes.board = boards.id AND changes.seq > $2 \
         WHERE boards.id = $1 ORDER BY changes.seq LIMIT $3",
    )
    .bind(board.to_string())
    .bind(i64::try_from(after).unwrap_or(i64::MAX))
    // A board without newer changes is a row, too.
    .bind(i64::try_from(limit.max(1)).unwrap_or(i64::MAX))
    .fetch_all(database)
    .await?;
    let Some(first) = found.first() else { return Ok(Missing::Trimmed) };
    let (head, start) = (rows::seq(first.try_get(0)?)?, rows::seq(first.try_get(1)?)?);
    if after > head || after + 1 < start {
        return Ok(Missing::Trimmed);
    }
    if after == head {
        return Ok(Missing::Changes(Vec::new()));
    }
    let mut changes = Vec::with_capacity(found.len());
    for (row, expected) in found.into_iter().zip(after + 1..) {
        let number: Option<i64> = row.try_get(2)?;
        if number.map(rows::seq).transpose()? != Some(expected) {
            return Err(StoreError::corrupt(format_args!("change {expected} of board {board} is not in the log")));
        }
        let json: String = row.try_get(3)?;
        changes.push(LoggedChange { seq: expected, json: json.into() });
    }
    changes.truncate(limit);
    Ok(Missing::Changes(changes))
}
