//! What the pages need of the server, handed in through Leptos' context so that this crate knows neither the database nor
//! the hub.

use std::{collections::BTreeSet, future::Future, pin::Pin, sync::Arc};

use uuid::Uuid;

use crate::{
    access::{Principal, ShareLink},
    address::home_query::HomeQuery,
    comment::{CommentPage, CommentVersion},
    history::Page,
    id::{ActorId, BoardId, CommentId, MutationId, TaskId},
    model::{BoardPage, Seq},
    ops::Mutation,
    people::Person,
    refusal::Refusal,
    state::BoardState,
};

/// A boxed future, so that [`Backend`] can be a trait object.
pub type BackendFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, BackendError>> + Send + 'a>>;

/// The server behind the pages. Provided to Leptos as `Arc<dyn Backend>`.
pub trait Backend: Send + Sync {
    /// Whoever asks for the page, and what they may do.
    fn principal(&self) -> Principal;

    /// Those of these people who have an account.
    fn people(&self, ids: &BTreeSet<ActorId>) -> Vec<Person>;

    /// Everyone who has an account.
    fn everybody(&self) -> Vec<Person>;

    /// A page of the boards they may see, newest first; or of the deleted boards that they may restore, the last deleted first.
    fn boards(&self, query: HomeQuery) -> BackendFuture<'_, BoardPage>;

    /// A board as it is now, deleted ones included; `None` if there never was one, or none that they may know of.
    fn board(&self, id: BoardId) -> BackendFuture<'_, Option<Arc<BoardState>>>;

    /// What happened on a board, or to one of its tasks, before a change or until now.
    fn history(&self, board: BoardId, task: Option<TaskId>, before: Option<Seq>) -> BackendFuture<'_, Page>;

    /// Some comments of a task that they may see, and the comment that a link leads to.
    fn comments(
        &self,
        board: BoardId,
        task: TaskId,
        before: Option<Seq>,
        linked: Option<CommentId>,
    ) -> BackendFuture<'_, CommentPage>;

    /// The earlier texts of a comment that they may see, newest first.
    fn comment_versions(&self, board: BoardId, comment: CommentId) -> BackendFuture<'_, Vec<CommentVersion>>;

    /// Changes a board by the one write path. Durable when it returns the change's number.
    fn write(&self, board: BoardId, mutation: Mutation) -> BackendFuture<'_, Seq>;

    /// Copies a board, with or without its tasks. Returns the id of the copy, which belongs to the person who asks.
    fn copy_board(&self, board: BoardId, id: MutationId, name: String, tasks: bool) -> BackendFuture<'_, BoardId>;

    /// Stars a board for the person who asks, or takes the star away.
    fn set_star(&self, board: BoardId, starred: bool) -> BackendFuture<'_, ()>;

    /// Restores a deleted board.
    fn restore_board(&self, board: BoardId, id: MutationId) -> BackendFuture<'_, ()>;

    /// The share links of a board that work, newest first.
    fn share_links(&self, board: BoardId) -> BackendFuture<'_, Vec<ShareLink>>;

    /// Makes a share link; its address, which nobody can find out again.
    fn create_share_link(&self, board: BoardId) -> BackendFuture<'_, String>;

    /// Takes a share link back.
    fn revoke_share_link(&self, board: BoardId, link: Uuid) -> BackendFuture<'_, ()>;
}

/// Why the server did not do what a page asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum BackendError {
    /// The request will not do.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// There is no such thing, or none that whoever asks may know of.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// The server cannot read or write at the moment.
    #[error("the server cannot reach its database at the moment; nothing was changed, please try again")]
    Unavailable,
}
