//! Deleted boards: their list, and their purge after some time.
//!
//! A deleted board keeps all its rows, its log and its share links, so a change can restore it as it was. Purging cannot be undone, so its
//! time is the believed time (`age`): maintenance notes when it first saw that the board is deleted, and purges the board so long after
//! that as is configured. The time at which the board was deleted, by whatever clock, decides nothing. Every change of a board removes the
//! note.
//!
//! A purged board keeps its own row, without a name and with a number that no change has. So its id is not used again, and every node that
//! still has its state in memory finds that this state is old.

use std::time::Duration;

use app::{
    access::{BoardAccess, BoardRole, Principal},
    id::{ActorId, BoardId},
    model::BoardSummary,
    time::Timestamp,
};
use sqlx::{Row, any::AnyRow};
use uuid::Uuid;

use super::{
    Store, StoreError,
    answers::keep_answers,
    boards::BoardQuery,
    comments, group_memberships, outbox, rows,
    sql::{fetch_by_ids, query, query_of},
    tables::{Key, SortValue},
};
use crate::{clock, credentials::Credentials};

/// How many tasks or changes one transaction deletes: few enough that writers hardly wait.
const STEP: u64 = 5_000;

/// Where deleted boards of one kind are found.
#[derive(Clone, Copy)]
struct Source {
    /// Up to its last condition.
    select: &'static str,
    /// What has the board's id.
    id: &'static str,
}

/// All deleted boards.
const ALL: Source = Source {
    select: "SELECT id, name, key, hue, description, seq, created_at, archived_at, deleted_at FROM boards \
             WHERE deleted_at IS NOT NULL AND name <> ''",
    id: "id",
};

/// Those that somebody managed.
const MANAGED: Source = Source {
    select: "SELECT boards.id, name, key, hue, description, seq, created_at, archived_at, deleted_at FROM boards \
             JOIN board_members ON board_members.board = boards.id \
             WHERE board_members.person = $6 AND board_members.role = 'manager' AND deleted_at IS NOT NULL AND name <> ''",
    id: "boards.id",
};

/// A board that was deleted and can be restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeletedBoard {
    /// The board.
    pub board: BoardSummary,
    /// When it was deleted.
    pub deleted_at: Timestamp,
}

impl DeletedBoard {
    /// Its place in the list.
    pub fn age(&self) -> (Timestamp, BoardId) {
        (self.deleted_at, self.board.id)
    }
}

impl Store {
    /// A page of the deleted boards that somebody may restore, the last deleted first; and whether there are more. Of the query it follows
    /// the text, the key (the time of deletion, and the id) and the limit.
    pub async fn deleted_boards(
        &self,
        credentials: &Credentials,
        wanted: &BoardQuery,
    ) -> Result<(Vec<DeletedBoard>, bool), StoreError> {
        let principal = || self.directory().principal(credentials, clock::now()).unwrap_or_else(Principal::stranger);
        let asking = principal();
        let (source, person) = match (asking.sees_every_board(), asking.person) {
            (true, _) => (ALL, None),
            (false, Some(person)) => (MANAGED, Some(person)),
            (false, None) => return Ok((Vec::new(), false)),
        };
        let mut boards = Vec::new();
        for row in self.page_of(source, person, wanted).await? {
            let deleted_at = Timestamp::from_millis(row.try_get("deleted_at")?);
            boards.push(DeletedBoard { board: rows::summary(&row)?, deleted_at });
        }
        let more = boards.len() > wanted.limit;
        boards.truncate(wanted.limit);
        // The rights must not be older than the boards that were read.
        let asking = principal();
        let members = person.map(|person| (person, BoardRole::Manager)).into_iter().collect();
        let access = BoardAccess { everyone: None, members };
        boards.retain(|deleted| asking.role_on(deleted.board.id, &access) == Some(BoardRole::Manager));
        Ok((boards, more))
    }

    /// The rows of one kind that a page may need: one more than it holds.
    async fn page_of(
        &self,
        source: Source,
        person: Option<ActorId>,
        wanted: &BoardQuery,
    ) -> Result<Vec<AnyRow>, StoreError> {
        let position = self.shared.database.engine.position();
        let Source { select, id } = source;
        let (deleted_at, after) = match &wanted.after {
            Some(Key(SortValue::Number(deleted_at), id)) => (*deleted_at, id.clone()),
            _ => (i64::MAX, BoardId(Uuid::max()).to_string()),
        };
        let statement = query_of(&[
            select,
            " AND (deleted_at, ",
            id,
            ") < ($1, $2) AND ($4 = '' OR ",
            position,
            "(LOWER(name), $4) > 0 OR ",
            position,
            "(name, $5) > 0) ORDER BY deleted_at DESC, ",
            id,
            " DESC LIMIT $3",
        ])
        .bind(deleted_at)
        .bind(after)
        .bind(i64::try_from(wanted.limit.saturating_add(1)).unwrap_or(i64::MAX))
        .bind(wanted.text.to_lowercase())
        .bind(wanted.text.as_str());
        let statement = match person {
            Some(person) => statement.bind(person.to_string()),
            None => statement,
        };
        statement.fetch_all(self.readers()).await
    }

    /// Purges the boards that have been deleted for this long, by the believed time. Returns how many.
    pub async fn purge_boards(&self, believed: Timestamp, kept: Duration) -> Result<u64, StoreError> {
        let mut transaction = self.shared.writer.begin().await?;
        query(
            "UPDATE boards SET deletion_noticed_at = $1 \
             WHERE deleted_at IS NOT NULL AND name <> '' AND deletion_noticed_at IS NULL",
        )
        .bind(believed.as_millis())
        .execute(&mut transaction)
        .await?;
        transaction.commit().await?;
        drop(transaction);
        let before = clock::before(believed, kept);
        let old = query(
            "SELECT id FROM boards WHERE deleted_at IS NOT NULL AND name <> '' AND deletion_noticed_at <= $1 ORDER BY id",
        )
        .bind(before.as_millis())
        .fetch_all(self.readers())
        .await?;
        let mut purged = 0;
        for row in old {
            purged += u64::from(self.purge_board(row.try_get(0)?, before).await?);
        }
        // Also what is left of boards whose purge was interrupted.
        let left = query(
            "SELECT id FROM boards WHERE deleted_at IS NOT NULL AND name = '' AND \
             (EXISTS (SELECT 1 FROM changes WHERE changes.board = boards.id) OR \
             EXISTS (SELECT 1 FROM comments WHERE comments.board = boards.id) OR \
             EXISTS (SELECT 1 FROM tasks WHERE tasks.board = boards.id))",
        );
        for row in left.fetch_all(self.readers()).await? {
            let board: String = row.try_get(0)?;
            while self.delete_comments(&board).await? == STEP {}
            while self.delete_tasks(&board).await? == STEP {}
            while self.delete_changes(&board).await? {}
        }
        Ok(purged)
    }

    /// Makes a board one that was purged, unless it was restored meanwhile. Returns whether it did.
    async fn purge_board(&self, board: String, before: Timestamp) -> Result<bool, StoreError> {
        let engine = self.shared.database.engine;
        let mut transaction = self.shared.writer.begin().await?;
        let select = "SELECT deletion_noticed_at FROM boards WHERE id";
        let locked = fetch_by_ids(&mut transaction, select, engine.lock_rows(), std::slice::from_ref(&board)).await?;
        let noticed_at: Option<i64> = locked.first().ok_or(sqlx::Error::RowNotFound)?.try_get(0)?;
        let is_needed = outbox::first_change_needed(&mut transaction, &board).await?.is_some();
        if is_needed || noticed_at.is_none_or(|at| at > before.as_millis()) {
            transaction.rollback().await?;
            return Ok(false);
        }
        for sql in [
            "DELETE FROM board_members WHERE board = $1",
            "DELETE FROM share_links WHERE board = $1",
            "DELETE FROM board_stars WHERE board = $1",
            "DELETE FROM columns WHERE board = $1",
            "DELETE FROM labels WHERE board = $1",
            "DELETE FROM task_numbers WHERE board = $1",
            "DELETE FROM checklist_items WHERE board = $1",
            "DELETE FROM checklists WHERE board = $1",
            "UPDATE boards SET name = '', description = '', everyone = NULL, seq = seq + 1, log_start = seq + 2 WHERE id = $1",
        ] {
            query(sql).bind(board.as_str()).execute(&mut transaction).await?;
        }
        group_memberships::purge(&mut transaction, engine, &board).await?;
        transaction.commit().await?;
        Ok(true)
    }

    async fn delete_comments(&self, board: &str) -> Result<u64, StoreError> {
        let mut transaction = self.shared.writer.begin().await?;
        let deleted = comments::remove_some(&mut transaction, board, STEP as i64).await?;
        transaction.commit().await?;
        Ok(deleted)
    }

    async fn delete_tasks(&self, board: &str) -> Result<u64, StoreError> {
        let mut transaction = self.shared.writer.begin().await?;
        let deleted =
            query("DELETE FROM tasks WHERE id IN (SELECT id FROM tasks WHERE board = $1 ORDER BY id LIMIT $2)")
                .bind(board)
                .bind(STEP as i64)
                .execute(&mut transaction)
                .await?
                .rows_affected();
        transaction.commit().await?;
        Ok(deleted)
    }

    /// Deletes the oldest changes of a purged board, and keeps the answers to their requests. Returns whether there may be more.
    async fn delete_changes(&self, board: &str) -> Result<bool, StoreError> {
        let mut transaction = self.shared.writer.begin().await?;
        let first = query("SELECT MIN(seq) FROM changes WHERE board = $1").bind(board).fetch_one(&mut transaction);
        let Some(first) = first.await?.try_get::<Option<i64>, _>(0)?.map(rows::seq).transpose()? else {
            transaction.rollback().await?;
            return Ok(false);
        };
        let end = first + STEP;
        keep_answers(&mut transaction, board, end).await?;
        query("DELETE FROM changes WHERE board = $1 AND seq < $2")
            .bind(board)
            .bind(end as i64)
            .execute(&mut transaction)
            .await?;
        transaction.commit().await?;
        Ok(true)
    }
}
