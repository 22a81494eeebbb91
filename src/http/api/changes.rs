//! The numbered log of a board over REST.

use app::{
    id::{BoardId, TaskId},
    model::Seq,
    ops::Change,
};
use axum::{http::StatusCode, response::Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{client::Client, json_bytes};
use crate::{
    http::{
        input::{Path, Query},
        problem::{Code, Problem},
    },
    store::{Entries, LoggedChange, Missing},
};

const MAX_CHANGES: usize = 1_000;
const DEFAULT_HISTORY: usize = 100;

/// The parameters of the query.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Since {
    /// The number of the newest change that the client already has.
    #[serde(default)]
    #[param(value_type = u64, required = false, default = 0)]
    since: Seq,
    /// The maximum number of changes.
    #[serde(default)]
    #[param(minimum = 1, maximum = 1000, default = 1000)]
    limit: Option<usize>,
}

/// The parameters of the query.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Before {
    /// Only changes with a smaller number: the `next` of an earlier response.
    #[serde(default)]
    #[param(value_type = Option<u64>, required = false)]
    before: Option<Seq>,
    /// The maximum number of changes.
    #[serde(default)]
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<usize>,
}

/// The history of a task.
#[derive(Serialize, ToSchema)]
#[allow(dead_code)]
#[schema(as = TaskHistory)]
pub struct History {
    /// The changes, newest first.
    changes: Vec<Change>,
    /// The value of `before` with which to get older changes; `null` if the log has none.
    next: Option<Seq>,
}

/// Consecutive changes of a board.
#[derive(Serialize, ToSchema)]
#[allow(dead_code)]
pub struct Changes {
    /// The changes after `since`, oldest first.
    changes: Vec<Change>,
    /// The value of `since` with which to get more; `null` if these are all.
    next: Option<Seq>,
    /// The number of the board's newest change.
    seq: Seq,
}

/// Read the changes of a board
///
/// The log of the board after a number, oldest first. It has no gaps. If it no longer reaches back to the number, the
/// status is 410; then read the board and its tasks.
#[utoipa::path(
    get, path = "/boards/{board}/changes", tag = "boards", operation_id = "list_changes",
    params(("board" = Uuid, Path), Since),
    responses((status = 200, body = Changes))
)]
pub async fn list(
    client: Client,
    Path(id): Path<BoardId>,
    Query(Since { since, limit }): Query<Since>,
) -> Result<Response, Problem> {
    let limit = checked(limit.unwrap_or(MAX_CHANGES))?;
    // The board is read before the log, so that `seq` is never newer than the changes.
    let seq = client.board(id).await?.seq();
    if since > seq {
        return Err(Problem::parameter("since", format!("expected at most {seq}, the number of the newest change")));
    }
    // No changes beyond the state on which the caller's access was checked: they may have lost access in a later change.
    let limit = limit.min((seq - since) as usize);
    match client.services.store.changes_after(id, since, limit).await? {
        Missing::Changes(changes) => Ok(json_bytes(StatusCode::OK, write_changes(&changes, seq))),
        Missing::Trimmed => Err(Problem::new(
            Code::Trimmed,
            "the log no longer reaches back to this number; read the board and its tasks, and continue from their `seq`",
        )),
    }
}

/// Read the changes of a task
///
/// A task in the trash has a history, too. The oldest change is the one that created the task, unless the log no longer reaches
/// back that far.
#[utoipa::path(
    get, path = "/tasks/{task}/changes", tag = "tasks", operation_id = "list_task_changes",
    params(("task" = Uuid, Path), Before),
    responses((status = 200, body = History))
)]
pub async fn of_task(
    client: Client,
    Path(id): Path<TaskId>,
    Query(Before { before, limit }): Query<Before>,
) -> Result<Response, Problem> {
    let limit = checked(limit.unwrap_or(DEFAULT_HISTORY))?;
    if before.is_some_and(|before| i64::try_from(before).is_err()) {
        return Err(Problem::parameter("before", "expected the number of a change"));
    }
    // No changes beyond the state on which the caller's access was checked: they may have lost access in a later change.
    let newest = client.board_of(id).await?.seq();
    let before = Some(before.unwrap_or(Seq::MAX).min(newest + 1));
    let Entries { entries, more } = client.services.store.task_history(id, before, limit).await?;
    let next = entries.last().filter(|_| more).map(|entry| entry.logged.seq);
    let mut json = changes_json(entries.iter().map(|entry| &entry.logged));
    json.extend_from_slice(format!(",\"next\":{}}}", or_null(next)).as_bytes());
    Ok(json_bytes(StatusCode::OK, json))
}

fn checked(limit: usize) -> Result<usize, Problem> {
    if (1..=MAX_CHANGES).contains(&limit) {
        Ok(limit)
    } else {
        Err(Problem::parameter("limit", format!("expected a number from 1 to {MAX_CHANGES}")))
    }
}

fn write_changes(changes: &[LoggedChange], head: Seq) -> Vec<u8> {
    let newest = changes.last().map_or(head, |change| change.seq);
    let next = (newest < head).then_some(newest);
    let mut json = changes_json(changes.iter());
    json.extend_from_slice(format!(",\"next\":{},\"seq\":{}}}", or_null(next), head.max(newest)).as_bytes());
    json
}

/// Writes the beginning of an object with the field `changes`. The changes are stored as JSON, so they are copied as they are.
fn changes_json<'a>(changes: impl Iterator<Item = &'a LoggedChange> + Clone) -> Vec<u8> {
    let mut json = Vec::with_capacity(64 + changes.clone().map(|change| change.json.len() + 1).sum::<usize>());
    json.extend_from_slice(b"{\"changes\":[");
    for (index, change) in changes.enumerate() {
        if index > 0 {
            json.push(b',');
        }
        json.extend_from_slice(&change.json);
    }
    json.push(b']');
    json
}

fn or_null(seq: Option<Seq>) -> String {
    seq.map_or("null".to_owned(), |seq| seq.to_string())
}
