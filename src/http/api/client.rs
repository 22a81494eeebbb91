//! The caller of a REST request, and what they may see. Every handler begins with a [`Client`].

use std::sync::Arc;

use app::{
    id::{ActorId, BoardId, TaskId},
    ops::{Mutation, Op},
    refusal::Thing,
    state::BoardState,
};
use axum::{extract::FromRequestParts, http::request::Parts};

use crate::{
    accounts::Accounts,
    credentials::Credentials,
    http::{Services, input::Key, problem::Problem, request_auth::RequestAuth},
    store::Accepted,
    writer::WriteError,
};

/// A known caller, with the server that they call.
pub struct Client {
    /// The server's state.
    pub services: Arc<Services>,
    /// The caller's credentials.
    pub visitor: RequestAuth,
}

impl FromRequestParts<Arc<Services>> for Client {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, services: &Arc<Services>) -> Result<Self, Problem> {
        let visitor = RequestAuth::from_request_parts(parts, services).await?;
        Ok(Self { services: Arc::clone(services), visitor })
    }
}

impl Client {
    pub(super) fn accounts(&self) -> &Accounts {
        &self.services.accounts
    }

    pub(super) fn credentials(&self) -> &Credentials {
        &self.visitor.credentials
    }

    /// The caller's account id; a problem if they have no account.
    pub(super) fn person(&self) -> Result<ActorId, Problem> {
        self.visitor.person.ok_or_else(Problem::nobody)
    }

    /// A board, if it exists and the caller may see it. Both failures give the same problem, so that nobody learns which boards exist.
    pub(super) async fn board(&self, id: BoardId) -> Result<Arc<BoardState>, Problem> {
        let board = self.services.store.board(id).await?.filter(|board| board.exists() && self.sees(board));
        board.ok_or_else(|| Problem::not_found(Thing::Board))
    }

    /// The board of a task, if both exist and the caller may see the board. The task may be in the trash.
    pub(super) async fn board_of(&self, task: TaskId) -> Result<Arc<BoardState>, Problem> {
        let not_found = || Problem::not_found(Thing::Task);
        let id = self.services.store.board_of(task).await?.ok_or_else(not_found)?;
        let board = self.services.store.board(id).await?.ok_or_else(not_found)?;
        if board.exists() && self.sees(&board) && board.task(task).is_some() { Ok(board) } else { Err(not_found()) }
    }

    pub(super) fn sees(&self, board: &BoardState) -> bool {
        self.visitor.principal().role_on(board.id(), board.access()).is_some()
    }

    /// Sends a mutation through the one write path.
    pub(super) async fn write(&self, board: BoardId, Key(id): Key, op: Op) -> Result<Accepted, WriteError> {
        self.services.writer.write(board, Mutation { id, op }, self.credentials().clone()).await
    }
}
