//! Comments in their rows.
//!
//! A board's state does not have them (see [`app::comment`]). A transaction reads those that its writes name, decides on them, and writes
//! them. Everybody else reads them in pages, newest first, through the index of their task.

use std::{collections::BTreeMap, sync::Arc};

use app::{
    comment::{Comment, CommentPage, CommentVersion, KEPT_VERSIONS},
    id::{BoardId, CommentId, TaskId},
    model::Seq,
    time::Timestamp,
};
use sqlx::{Row, any::AnyRow};

use super::{
    Store, StoreError, Write,
    connection::Connection,
    rows::{id, optional_id, seq},
    sql::{Table, column, fetch_by_ids, query},
};

const COMMENTS: Table = Table {
    name: "comments",
    columns: &[
        "board",
        "id",
        "task",
        "author",
        "text",
        "created_at",
        "created_seq",
        "edited_at",
        "deleted_at",
        "reactions",
        "text_seq",
        "seq",
    ],
    key: &["board", "id"],
    kept: &["task", "author", "created_at", "created_seq"],
    overwrites: "",
};

const VERSIONS: Table = Table {
    name: "comment_versions",
    columns: &["board", "comment", "seq", "at", "text"],
    key: &[],
    kept: &[],
    overwrites: "",
};

/// The comments that the writes of a transaction name.
pub(super) struct Named(BTreeMap<(BoardId, CommentId), Arc<Comment>>);

impl Named {
    /// Reads them. Those that the writes create do not exist yet.
    pub async fn read(connection: &mut Connection, writes: &[Write]) -> Result<Self, StoreError> {
        let ids = writes.iter().filter_map(|write| write.mutation.op.comment());
        let ids: Vec<String> = ids.map(|id| id.to_string()).collect();
        let rows = fetch_by_ids(connection, "SELECT * FROM comments WHERE id", "", &ids).await?;
        let named = rows.iter().map(|row| {
            let comment = comment_of(row)?;
            Ok(((id(row.try_get("board")?)?, comment.id), Arc::new(comment)))
        });
        Ok(Self(named.collect::<Result<_, StoreError>>()?))
    }

    /// A comment of a board as it was before the transaction.
    pub fn get(&self, board: BoardId, comment: CommentId) -> Option<&Arc<Comment>> {
        self.0.get(&(board, comment))
    }
}

/// An earlier text of a comment.
pub(super) struct Version {
    pub board: BoardId,
    pub comment: CommentId,
    pub version: CommentVersion,
}

impl Version {
    /// The text of a comment that is about to get another one.
    pub fn of(board: BoardId, comment: &Comment) -> Self {
        let at = comment.edited_at.unwrap_or(comment.created_at);
        let version = CommentVersion { seq: comment.text_seq, at, text: comment.text.to_string() };
        Self { board, comment: comment.id, version }
    }
}

/// Writes comments in their current state.
pub(super) async fn put(connection: &mut Connection, comments: &[(BoardId, &Comment)]) -> Result<(), StoreError> {
    let record = |(board, comment): &(BoardId, &Comment)| {
        let reactions = match comment.reactions.is_empty() {
            true => String::new(),
            false => serde_json::to_string(&comment.reactions).map_err(StoreError::corrupt)?,
        };
        Ok(vec![
            column("board", board.to_string()),
            column("id", comment.id.to_string()),
            column("task", comment.task.to_string()),
            column("author", comment.author.map(|id| id.to_string())),
            column("text", &*comment.text),
            column("created_at", comment.created_at.as_millis()),
            column("created_seq", comment.created_seq as i64),
            column("edited_at", comment.edited_at.map(Timestamp::as_millis)),
            column("deleted_at", comment.deleted_at.map(Timestamp::as_millis)),
            column("reactions", reactions),
            column("text_seq", comment.text_seq as i64),
            column("seq", comment.seq as i64),
        ])
    };
    let records = comments.iter().map(record).collect::<Result<Vec<_>, StoreError>>()?;
    COMMENTS.put(connection, records).await?;
    Ok(())
}

/// Writes earlier texts, and deletes the oldest of a comment that has too many.
pub(super) async fn put_versions(connection: &mut Connection, versions: &[&Version]) -> Result<(), StoreError> {
    let record = |Version { board, comment, version }: &&Version| {
        vec![
            column("board", board.to_string()),
            column("comment", comment.to_string()),
            column("seq", version.seq as i64),
            column("at", version.at.as_millis()),
            column("text", version.text.as_str()),
        ]
    };
    VERSIONS.put(connection, versions.iter().map(record).collect()).await?;
    for Version { board, comment, .. } in versions {
        query(
            "DELETE FROM comment_versions WHERE board = $1 AND comment = $2 AND seq <= (SELECT seq FROM comment_versions \
             WHERE board = $3 AND comment = $4 ORDER BY seq DESC LIMIT 1 OFFSET $5)",
        )
        .bind(board.to_string())
        .bind(comment.to_string())
        .bind(board.to_string())
        .bind(comment.to_string())
        .bind(KEPT_VERSIONS as i64)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// Deletes the comments of a task for good.
pub(super) async fn remove_of_task(
    connection: &mut Connection,
    board: BoardId,
    task: TaskId,
) -> Result<(), StoreError> {
    let (board, task) = (board.to_string(), task.to_string());
    query(
        "DELETE FROM comment_versions WHERE board = $1 AND comment IN (SELECT id FROM comments WHERE board = $2 AND task = $3)",
    )
    .bind(board.as_str())
    .bind(board.as_str())
    .bind(task.as_str())
    .execute(&mut *connection)
    .await?;
    query("DELETE FROM comments WHERE board = $1 AND task = $2").bind(board).bind(task).execute(connection).await?;
    Ok(())
}

/// Deletes some of the comments of a purged board. Returns how many.
pub(super) async fn remove_some(connection: &mut Connection, board: &str, most: i64) -> Result<u64, StoreError> {
    let mut removed = 0;
    for sql in [
        "DELETE FROM comment_versions WHERE board = $1 AND comment IN \
         (SELECT id FROM comments WHERE board = $2 ORDER BY id LIMIT $3)",
        "DELETE FROM comments WHERE board = $1 AND id IN (SELECT id FROM comments WHERE board = $2 ORDER BY id LIMIT $3)",
    ] {
        removed = query(sql).bind(board).bind(board).bind(most).execute(&mut *connection).await?.rows_affected();
    }
    Ok(removed)
}

impl Store {
    /// Some comments of a task, newest first, before a given number or the newest; and the comment that a link leads to.
    pub async fn comments(
        &self,
        board: BoardId,
        task: TaskId,
        before: Option<Seq>,
        most: usize,
        linked: Option<CommentId>,
    ) -> Result<CommentPage, StoreError> {
        // The number is read first. What happens in between is in the page, and in the changes after the number: that does no harm.
        let head = query("SELECT seq FROM boards WHERE id = $1").bind(board.to_string()).fetch_optional(self.readers());
        let head = head.await?.map(|row| row.try_get(0)).transpose()?.map(seq).transpose()?.unwrap_or(0);
        let rows = COMMENTS
            .select("board = $1 AND task = $2 AND created_seq < $3 AND deleted_at IS NULL ORDER BY created_seq DESC LIMIT $4")
            .bind(board.to_string())
        .bind(task.to_string())
        .bind(before.map_or(i64::MAX, |before| i64::try_from(before).unwrap_or(i64::MAX)))
        .bind(most as i64 + 1)
        .fetch_all(self.readers())
        .await?;
        let comments = rows.iter().take(most).map(|row| Ok(Arc::new(comment_of(row)?)));
        let comments = comments.collect::<Result<Vec<_>, StoreError>>()?;
        let linked = match linked {
            Some(id) if !comments.iter().any(|comment| comment.id == id) => self.comment(board, id).await?,
            _ => None,
        };
        let linked = linked.filter(|comment| comment.task == task).map(Arc::new);
        Ok(CommentPage { task, seq: head, before, more: rows.len() > most, comments, linked })
    }

    /// A comment, unless it was deleted.
    pub async fn comment(&self, board: BoardId, comment: CommentId) -> Result<Option<Comment>, StoreError> {
        let row = COMMENTS
            .select("board = $1 AND id = $2 AND deleted_at IS NULL")
            .bind(board.to_string())
            .bind(comment.to_string())
            .fetch_optional(self.readers())
            .await?;
        row.as_ref().map(comment_of).transpose()
    }

    /// The earlier texts of a comment, newest first.
    pub async fn comment_versions(
        &self,
        board: BoardId,
        comment: CommentId,
    ) -> Result<Vec<CommentVersion>, StoreError> {
        let rows =
            query("SELECT seq, at, text FROM comment_versions WHERE board = $1 AND comment = $2 ORDER BY seq DESC")
                .bind(board.to_string())
                .bind(comment.to_string())
                .fetch_all(self.readers())
                .await?;
        let version = |row: &AnyRow| {
            let at = Timestamp::from_millis(row.try_get(1)?);
            Ok(CommentVersion { seq: seq(row.try_get(0)?)?, at, text: row.try_get(2)? })
        };
        rows.iter().map(version).collect()
    }
}

fn comment_of(row: &AnyRow) -> Result<Comment, StoreError> {
    let reactions: &str = row.try_get("reactions")?;
    Ok(Comment {
        id: id(row.try_get("id")?)?,
        task: id(row.try_get("task")?)?,
        author: optional_id(row.try_get("author")?)?,
        text: row.try_get::<&str, _>("text")?.into(),
        created_at: Timestamp::from_millis(row.try_get("created_at")?),
        created_seq: seq(row.try_get("created_seq")?)?,
        edited_at: row.try_get::<Option<i64>, _>("edited_at")?.map(Timestamp::from_millis),
        deleted_at: row.try_get::<Option<i64>, _>("deleted_at")?.map(Timestamp::from_millis),
        reactions: match reactions {
            "" => Vec::new(),
            json => serde_json::from_str(json).map_err(StoreError::corrupt)?,
        },
        text_seq: seq(row.try_get("text_seq")?)?,
        seq: seq(row.try_get("seq")?)?,
    })
}
