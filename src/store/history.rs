//! The log as people read it: newest first, of one task or of a whole board.

use app::{
    activity::ActivityEntry,
    history::Event,
    id::{BoardId, TaskId},
    model::Seq,
    ops::Change,
    state::BoardState,
};
use sqlx::Row;

use super::{
    LoggedChange, Store, StoreError, rows,
    sql::{Statement, query},
};

/// A change, and its description for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The change.
    pub logged: LoggedChange,
    /// [`ActivityEntry`] as JSON; `None` if the change was stored by a version that did not store these yet.
    activity: Option<String>,
}

/// Changes, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entries {
    /// The changes, at most as many as asked for.
    pub entries: Vec<Entry>,
    /// Whether the log has older ones.
    pub more: bool,
}

impl Store {
    /// The changes of a task before a given change, or up to now.
    pub async fn task_history(&self, task: TaskId, before: Option<Seq>, limit: usize) -> Result<Entries, StoreError> {
        let select = "SELECT seq, json, told FROM changes WHERE task = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3";
        self.entries(query(select).bind(task.to_string()), before, limit).await
    }

    /// The changes of a board before a given change, or up to now.
    pub async fn newest_changes(
        &self,
        board: BoardId,
        before: Option<Seq>,
        limit: usize,
    ) -> Result<Entries, StoreError> {
        let select = "SELECT seq, json, told FROM changes WHERE board = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3";
        self.entries(query(select).bind(board.to_string()), before, limit).await
    }

    /// The newest changes of a board that are about no task.
    pub async fn changes_of_board(&self, board: BoardId, limit: usize) -> Result<Entries, StoreError> {
        let select = "SELECT seq, json, told FROM changes WHERE board = $1 AND task IS NULL AND seq < $2 \
                      ORDER BY seq DESC LIMIT $3";
        self.entries(query(select).bind(board.to_string()), None, limit).await
    }

    async fn entries(&self, select: Statement, before: Option<Seq>, limit: usize) -> Result<Entries, StoreError> {
        let before = before.and_then(|before| i64::try_from(before).ok()).unwrap_or(i64::MAX);
        // Ask for one more than wanted, to know whether there are more.
        let most = i64::try_from(limit.saturating_add(1)).unwrap_or(i64::MAX);
        let found = select.bind(before).bind(most).fetch_all(self.readers()).await?;
        let more = found.len() > limit;
        let entry = |row: &sqlx::any::AnyRow| {
            let json: String = row.try_get(1)?;
            let logged = LoggedChange { seq: rows::seq(row.try_get(0)?)?, json: json.into() };
            Ok(Entry { logged, activity: row.try_get(2)? })
        };
        let entries = found.iter().take(limit).map(entry).collect::<Result<_, StoreError>>()?;
        Ok(Entries { entries, more })
    }
}

impl Entry {
    /// The change, decoded.
    pub fn change(&self) -> Result<Change, StoreError> {
        rows::change(&self.logged)
    }

    /// The event, for people. `now` is the current board, for what was not stored with the change.
    pub fn event(&self, now: &BoardState) -> Result<Event, StoreError> {
        let change = rows::change(&self.logged)?;
        let activity =
            self.activity.as_deref().and_then(|activity| serde_json::from_str::<ActivityEntry>(activity).ok());
        Ok(match activity {
            Some(activity) => Event { activity, ..Event::recalled(now, &change) },
            None => Event::recalled(now, &change),
        })
    }
}
