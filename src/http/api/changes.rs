//! The numbered log of a board over REST.

use std::sync::Arc;

use app::{id::BoardId, model::Seq};
use axum::{extract::State, http::StatusCode, response::Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{board, json_bytes};
use crate::{
    http::{
        Services,
        input::{Path, Query},
        problem::{Failures, Problem},
        visitor::Visitor,
    },
    store::{LoggedChange, Missing},
};

const MAX_CHANGES: usize = 1_000;

/// Which changes.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Since {
    /// The number of the newest change that is known already.
    #[serde(default)]
    #[param(value_type = u64, required = false, default = 0)]
    since: Seq,
    /// How many at most.
    #[serde(default)]
    #[param(minimum = 1, maximum = 1000, default = 1000)]
    limit: Option<usize>,
}

/// Changes of a board without a hole.
#[derive(Serialize, ToSchema)]
#[allow(dead_code)]
pub struct Changes {
    /// The changes that follow the number asked for, oldest first.
    #[schema(value_type = Vec<Change>)]
    changes: Vec<Change>,
    /// What to ask for as `since` to get more; `null` if these are all.
    next: Option<Seq>,
    /// The number of the board's newest change.
    seq: Seq,
}

/// One change. What else it holds depends on its kind.
#[derive(Serialize, ToSchema)]
#[allow(dead_code)]
pub struct Change {
    /// Its number on the board.
    seq: Seq,
    /// When it was committed.
    #[schema(format = DateTime)]
    at: String,
    /// Who asked for it; absent where that is not known.
    #[schema(required = false)]
    by: Option<Uuid>,
    /// The id of the request it answers.
    mutation: Uuid,
    /// What happened: `task_created`, `task_updated`, …
    kind: String,
}

/// Read what happened on a board
#[utoipa::path(
    get, path = "/boards/{board}/changes", tag = "boards",
    params(("board" = Uuid, Path), Since),
    responses((status = 200, body = Changes), Failures)
)]
pub async fn list(
    State(services): State<Arc<Services>>,
    visitor: Visitor,
    Path(id): Path<BoardId>,
    Query(Since { since, limit }): Query<Since>,
) -> Result<Response, Problem> {
    let limit = limit.unwrap_or(MAX_CHANGES);
    if !(1..=MAX_CHANGES).contains(&limit) {
        return Err(Problem::parameter("limit", format!("must be from 1 to {MAX_CHANGES}")));
    }
    // Before the log, so that `seq` never claims more than the changes show.
    let seq = board(&services, &visitor, id).await?.seq();
    if since > seq {
        return Err(Problem::parameter("since", format!("the newest change is {seq}")));
    }
    match services.store.changes_after(id, since, limit).await? {
        Missing::Changes(changes) => Ok(json_bytes(StatusCode::OK, write_changes(&changes, seq))),
        Missing::Trimmed => Err(Problem::new(
            StatusCode::GONE,
            "trimmed",
            "the log does not reach back that far any more; read the board and its tasks, and go on from their seq",
        )),
    }
}

/// The changes are JSON already, encoded when they were decided.
fn write_changes(changes: &[LoggedChange], head: Seq) -> Vec<u8> {
    let newest = changes.last().map_or(head, |change| change.seq);
    let mut json = Vec::with_capacity(64 + changes.iter().map(|change| change.json.len() + 1).sum::<usize>());
    json.extend_from_slice(b"{\"changes\":[");
    for (index, change) in changes.iter().enumerate() {
        if index > 0 {
            json.push(b',');
        }
        json.extend_from_slice(&change.json);
    }
    let next = if newest < head { newest.to_string() } else { "null".to_owned() };
    json.extend_from_slice(format!("],\"next\":{next},\"seq\":{}}}", head.max(newest)).as_bytes());
    json
}
