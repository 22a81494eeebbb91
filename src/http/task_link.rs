//! `/t/WEB-42`: leads to a task by its name.
//!
//! Whoever may not see the board gets the page for addresses at which there is nothing, as if there were no such task.

use std::sync::Arc;

use app::{
    address::{View, task_path},
    key::TaskRef,
    state::BoardState,
};
use axum::{
    extract::{Request, State},
    response::{IntoResponse, Redirect, Response},
};

use super::{Services, page, problem::Problem, request_auth::RequestAuth};
use crate::store::StoreError;

/// The path of the route.
pub const PATH: &str = "/t/{name}";

/// `GET /t/{name}`
pub async fn follow(State(services): State<Arc<Services>>, request: Request) -> Response {
    let name = request.uri().path().rsplit('/').next().and_then(TaskRef::parse);
    let visitor = request.extensions().get::<RequestAuth>().filter(|visitor| visitor.is_known()).cloned();
    if let (Some(name), Some(visitor)) = (name, visitor) {
        match find(&services, &visitor, &name).await {
            Ok(Some(path)) => return Redirect::to(&path).into_response(),
            Ok(None) => {}
            Err(error) => return Problem::from(error).into_response(),
        }
    }
    // Strangers sign in first, and return to this address.
    page::render(&services, request).await
}

/// The address of the task, if the visitor may see it.
async fn find(services: &Services, visitor: &RequestAuth, name: &TaskRef) -> Result<Option<String>, StoreError> {
    let principal = visitor.principal();
    let sees = |board: &BoardState| principal.role_on(board.id(), board.access()).is_some();
    let found = services.store.find_task(name, sees).await?;
    Ok(found.map(|(board, task)| task_path(board.id(), task, View::Board)))
}
