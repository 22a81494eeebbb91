//! Many edits of a board in one request.

use app::{
    id::{BoardId, MutationId},
    model::Seq,
    refusal::Refusal,
};
use axum::{http::StatusCode, response::Response};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::{client::Client, json};
use crate::{
    http::{
        input::{Json, Path},
        problem::Problem,
        socket::read_mutation,
    },
    writer::WriteError,
};

/// The maximum number of edits in one request.
const MAX_EDITS: usize = 200;

/// Edits of a board.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Edits {
    /// The edits, as in the socket's protocol (`PROTOCOL.md`). The fields of each depend on its `op`.
    #[schema(value_type = Vec<app::ops::Mutation>, min_items = 1, max_items = 200)]
    mutations: Vec<Box<RawValue>>,
}

/// The answers to edits.
#[derive(Serialize, ToSchema)]
pub struct Answers {
    /// One answer for each edit, in their order.
    answers: Vec<Answer>,
}

/// The answer to one edit: `seq` or `error`.
#[derive(Serialize, ToSchema)]
pub struct Answer {
    /// The id of the edit.
    mutation: MutationId,
    /// The number of its change.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    seq: Option<Seq>,
    /// Why it was refused, as the `error` of the socket's message `rejected`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    error: Option<Refusal>,
}

/// Make many edits of a board
///
/// The edits are decided in their order, each by itself, and stored together: usually in one transaction. A refused edit does not hold up
/// the others, and neither does one that cannot be read, as long as it has an id. If the status is 503, some may be stored: send all of them again with the same ids, and none is done twice.
#[utoipa::path(
    post, path = "/boards/{board}/mutations", tag = "boards", operation_id = "edit_board",
    params(("board" = Uuid, Path)),
    request_body = Edits,
    responses((status = 200, body = Answers))
)]
pub async fn create(
    client: Client,
    Path(board): Path<BoardId>,
    Json(Edits { mutations }): Json<Edits>,
) -> Result<Response, Problem> {
    if !(1..=MAX_EDITS).contains(&mutations.len()) {
        return Err(Problem::field("mutations", format!("expected 1 to {MAX_EDITS} edits")));
    }
    let mut edits = Vec::with_capacity(mutations.len());
    for (index, mutation) in mutations.iter().enumerate() {
        let edit = read_mutation(mutation.get(), None);
        edits.push(edit.map_err(|error| Problem::field(&format!("mutations[{index}]"), error))?);
    }
    let sequence = client.services.writer.sequence();
    // All are handed over before the first is awaited, so that they share a transaction.
    let outcomes = Vec::from_iter(edits.into_iter().map(|edit| match edit {
        Ok(mutation) => (mutation.id, Ok(sequence.write(board, mutation, client.credentials().clone()))),
        Err((id, refusal)) => (id, Err(refusal)),
    }));
    let mut answers = Vec::with_capacity(outcomes.len());
    for (mutation, outcome) in outcomes {
        let outcome = match outcome {
            Ok(written) => written.await,
            Err(refusal) => Err(refusal.into()),
        };
        let (seq, error) = match outcome {
            Ok(accepted) => (Some(accepted.seq), None),
            Err(WriteError::Refused(refusal)) => (None, Some(refusal)),
            Err(error) => return Err(error.into()),
        };
        answers.push(Answer { mutation, seq, error });
    }
    Ok(json(StatusCode::OK, &Answers { answers }))
}
