//! The edits that a client sends, and their answers, which are sent in the same order.

use std::{
    future::ready,
    pin::Pin,
    task::{Context, Poll},
};

use app::{
    id::{BoardId, MutationId},
    ops::Mutation,
    protocol::{ErrorCode, ServerMessage},
    refusal::{Refusal, Thing},
};
use futures::{Stream, StreamExt, future::BoxFuture, stream::FuturesOrdered};

use super::{End, Session, close_code};
use crate::{hub::frame::put_message, store::Accepted, writer::WriteError};

/// The answer to a mutation.
pub(super) struct Answer {
    board: Option<BoardId>,
    mutation: MutationId,
    outcome: Result<Accepted, WriteError>,
}

/// The answers that are outstanding, in the order of their mutations. Boxed, because most sockets only read and need none.
#[derive(Default)]
pub(super) struct Unanswered(Option<Box<FuturesOrdered<BoxFuture<'static, Answer>>>>);

impl Unanswered {
    pub(super) fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |answers| answers.len())
    }
}

impl Stream for Unanswered {
    type Item = Answer;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Answer>> {
        self.0.as_mut().map_or(Poll::Ready(None), |answers| answers.poll_next_unpin(cx))
    }
}

impl Session {
    /// Sends mutations to the writer, which executes them in order. All are answered in that order, also those that are refused.
    pub(super) fn mutate(
        &mut self,
        board: Option<BoardId>,
        mutations: impl IntoIterator<Item = Result<Mutation, (MutationId, Refusal)>>,
    ) {
        let answers = self.unanswered.0.get_or_insert_default();
        for mutation in mutations {
            let (mutation, refusal) = match (mutation, board) {
                (Ok(mutation), Some(to)) => {
                    let id = mutation.id;
                    // From here on the mutation is in the writer's queue, in this order.
                    let outcome = self.writer.write(to, mutation, self.rights.credentials().clone());
                    answers.push_back(Box::pin(async move { Answer { board, mutation: id, outcome: outcome.await } }));
                    continue;
                }
                (Ok(mutation), None) => (mutation.id, Refusal::not_found(Thing::Board)),
                (Err(refused), _) => refused,
            };
            answers.push_back(Box::pin(ready(Answer { board, mutation, outcome: Err(refusal.into()) })));
        }
    }

    pub(super) async fn answer(&mut self, answer: Answer) -> Result<(), End> {
        let Answer { board, mutation, outcome } = answer;
        match outcome {
            Ok(accepted) => {
                put_message(&mut self.replies, &ServerMessage::Accepted { mutation, seq: accepted.seq });
                Ok(())
            }
            Err(WriteError::Refused(error)) => {
                put_message(&mut self.replies, &ServerMessage::Rejected { mutation, error });
                Ok(())
            }
            Err(WriteError::Unavailable(error)) => {
                tracing::debug!(%error, %mutation, "a mutation could not be stored");
                self.say_error(ErrorCode::Unavailable, "the change could not be stored; send it again", board);
                self.send_replies().await?;
                Err(End::Close(close_code::TRY_AGAIN, "cannot store changes at the moment"))
            }
        }
    }
}
