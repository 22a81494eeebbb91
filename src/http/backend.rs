//! The data that pages and server functions read and write while they are rendered here: the app's [`Backend`] in this process, with the
//! caller's rights.

use std::{collections::BTreeSet, sync::Arc};

use app::{
    access::{Principal, ShareLink},
    activity::ActivityItem,
    address::home_query::{HomeQuery, Shown},
    backend::{Backend, BackendError, BackendFuture},
    comment::{CommentPage, CommentVersion, LISTED_COMMENTS},
    history::{Event, Older, Page},
    id::{ActorId, BoardId, CommentId, MutationId, TaskId},
    model::{BoardPage, BoardSummary, LISTED_BOARDS, Seq},
    ops::{Mutation, Op, RestoreBoard},
    people::Person,
    refusal::{Refusal, Thing},
    state::BoardState,
};
use uuid::Uuid;

use super::request_auth::RequestAuth;
use crate::{
    accounts::{AccountError, Accounts, first_visit::adopt_restored},
    copies::{Copying, copy_board},
    store::{BoardQuery, DeletedBoard, Entries, Store, StoreError, tables::Key},
    writer::{WriteError, Writer},
};

/// How many events of a history are read at a time.
const EVENTS: usize = 50;

/// The [`Backend`] that reads and writes directly in this process.
pub(super) struct Local {
    pub store: Store,
    pub writer: Writer,
    pub accounts: Accounts,
    /// The server's address as people see it in their browsers.
    pub public_url: Arc<str>,
    pub visitor: RequestAuth,
}

impl Backend for Local {
    fn principal(&self) -> Principal {
        self.visitor.principal()
    }

    fn people(&self, ids: &BTreeSet<ActorId>) -> Vec<Person> {
        let directory = self.store.directory();
        ids.iter().filter_map(|id| Some(directory.account(*id)?.person())).collect()
    }

    fn everybody(&self) -> Vec<Person> {
        self.store.directory().people()
    }

    fn boards(&self, query: HomeQuery) -> BackendFuture<'_, BoardPage> {
        let is_default = query.is_default();
        let HomeQuery { text, before, shown } = query;
        let wanted = BoardQuery {
            text,
            archived: Some(shown == Shown::Archived),
            after: before.map(Key::from),
            ..BoardQuery::newest(LISTED_BOARDS)
        };
        Box::pin(async move {
            if shown == Shown::Deleted {
                let found = self.store.deleted_boards(&self.visitor.credentials, &wanted).await;
                let (found, more) = found.map_err(unreadable)?;
                let summary =
                    |DeletedBoard { board, deleted_at }| BoardSummary { deleted_at: Some(deleted_at), ..board };
                return Ok(BoardPage { more, boards: found.into_iter().map(summary).collect(), contents: Vec::new() });
            }
            let credentials = &self.visitor.credentials;
            let page = self.store.boards_page(credentials, &wanted).await.map_err(unreadable)?;
            let mut boards = page.rows;
            self.store.mark_stars(credentials, &mut boards, is_default).await.map_err(unreadable)?;
            let contents = self.store.board_contents(credentials, &boards).await.map_err(unreadable)?;
            Ok(BoardPage { more: page.next.is_some(), boards, contents })
        })
    }

    fn board(&self, id: BoardId) -> BackendFuture<'_, Option<Arc<BoardState>>> {
        Box::pin(async move {
            let board = self.store.board(id).await.map_err(unreadable)?;
            Ok(board.filter(|board| self.visitor.principal().role_on(id, board.access()).is_some()))
        })
    }

    fn history(&self, board: BoardId, task: Option<TaskId>, before: Option<Seq>) -> BackendFuture<'_, Page> {
        Box::pin(async move {
            let state = self.board(board).await?.filter(|state| state.exists());
            let state = state.ok_or(Refusal::not_found(Thing::Board))?;
            if task.is_some_and(|task| state.task(task).is_none()) {
                return Err(Refusal::not_found(Thing::Task).into());
            }
            // Not beyond the state on which the caller's access was checked: they may have lost access in a later change.
            let before = Some(before.unwrap_or(Seq::MAX).min(state.seq() + 1));
            let found = match task {
                Some(task) => self.store.task_history(task, before, EVENTS).await,
                None => self.store.newest_changes(board, before, EVENTS).await,
            };
            let Entries { entries, more } = found.map_err(unreadable)?;
            let events = entries.iter().map(|entry| entry.event(&state)).collect::<Result<Vec<_>, _>>();
            let events = events.map_err(unreadable)?;
            let is_first = |event: &Event| match task {
                Some(_) => matches!(event.activity.items[..], [ActivityItem::Created(_), ..]),
                None => event.seq == 1,
            };
            let older = match events.last() {
                _ if more => Older::More,
                Some(oldest) if is_first(oldest) => Older::Nothing,
                _ => Older::Forgotten,
            };
            Ok(Page { events, older })
        })
    }

    fn comments(
        &self,
        board: BoardId,
        task: TaskId,
        before: Option<Seq>,
        linked: Option<CommentId>,
    ) -> BackendFuture<'_, CommentPage> {
        Box::pin(async move {
            let state = self.board(board).await?.filter(|state| state.exists());
            let state = state.ok_or(Refusal::not_found(Thing::Board))?;
            state.task(task).ok_or(Refusal::not_found(Thing::Task))?;
            let page = self.store.comments(board, task, before, LISTED_COMMENTS, linked).await.map_err(unreadable)?;
            self.still_reads(board).await?;
            Ok(page)
        })
    }

    fn comment_versions(&self, board: BoardId, comment: CommentId) -> BackendFuture<'_, Vec<CommentVersion>> {
        Box::pin(async move {
            let known = self.store.comment(board, comment).await.map_err(unreadable)?;
            let versions = self.store.comment_versions(board, comment).await.map_err(unreadable)?;
            self.still_reads(board).await?;
            known.map(|_| versions).ok_or(Refusal::not_found(Thing::Comment).into())
        })
    }

    fn write(&self, board: BoardId, mutation: Mutation) -> BackendFuture<'_, Seq> {
        Box::pin(async move {
            match self.writer.write(board, mutation, self.visitor.credentials.clone()).await {
                Ok(accepted) => Ok(accepted.seq),
                Err(WriteError::Refused(refusal)) => Err(refusal.into()),
                // The writer has logged why.
                Err(WriteError::Unavailable(_)) => Err(BackendError::Unavailable),
            }
        })
    }

    fn copy_board(&self, board: BoardId, id: MutationId, name: String, tasks: bool) -> BackendFuture<'_, BoardId> {
        Box::pin(async move {
            let copying = Copying { board, id, name, tasks };
            match copy_board(&self.store, &self.writer, &self.visitor.credentials, copying).await {
                Ok(copy) => Ok(copy.id()),
                Err(WriteError::Refused(refusal)) => Err(refusal.into()),
                Err(WriteError::Unavailable(_)) => Err(BackendError::Unavailable),
            }
        })
    }

    fn set_star(&self, board: BoardId, starred: bool) -> BackendFuture<'_, ()> {
        Box::pin(
            async move { self.accounts.set_star(&self.visitor.credentials, board, starred).await.map_err(not_shared) },
        )
    }

    fn restore_board(&self, board: BoardId, id: MutationId) -> BackendFuture<'_, ()> {
        Box::pin(async move {
            let mutation = Mutation { id, op: Op::RestoreBoard(RestoreBoard {}) };
            match self.writer.write(board, mutation, self.visitor.credentials.clone()).await {
                Ok(accepted) => {
                    adopt_restored(&self.store, &self.writer, accepted.board).await;
                    Ok(())
                }
                Err(WriteError::Refused(refusal)) => Err(refusal.into()),
                Err(WriteError::Unavailable(_)) => Err(BackendError::Unavailable),
            }
        })
    }

    fn share_links(&self, board: BoardId) -> BackendFuture<'_, Vec<ShareLink>> {
        Box::pin(async move { self.accounts.share_links(&self.visitor.credentials, board).await.map_err(not_shared) })
    }

    fn create_share_link(&self, board: BoardId) -> BackendFuture<'_, String> {
        Box::pin(async move {
            let made = self.accounts.create_share_link(&self.visitor.credentials, board, &self.writer).await;
            made.map(|(secret, _)| secret.link(&self.public_url, "share")).map_err(not_shared)
        })
    }

    fn revoke_share_link(&self, board: BoardId, link: Uuid) -> BackendFuture<'_, ()> {
        Box::pin(async move {
            let revoked = self.accounts.revoke_share_link(&self.visitor.credentials, board, link, &self.writer).await;
            revoked.map_err(not_shared)
        })
    }
}

impl Local {
    /// Checks, after something was read, that the caller may read the board: they may have lost access meanwhile.
    async fn still_reads(&self, board: BoardId) -> Result<(), BackendError> {
        let state = self.board(board).await?.filter(|state| state.exists());
        state.map(|_| ()).ok_or(Refusal::not_found(Thing::Board).into())
    }
}

/// Converts the error when a share link could not be listed, made or revoked, or a star not be set.
fn not_shared(error: AccountError) -> BackendError {
    match error {
        AccountError::NotFound("board") => Refusal::not_found(Thing::Board).into(),
        AccountError::NotFound(what) => BackendError::NotFound(what),
        AccountError::Unavailable => BackendError::Unavailable,
        AccountError::Invalid { field, message } => Refusal::invalid(field, message).into(),
        AccountError::Full(what, limit) => Refusal::Full { what, limit }.into(),
        _ => Refusal::Forbidden.into(),
    }
}

fn unreadable(error: StoreError) -> BackendError {
    tracing::error!(%error, "a page could not read the database");
    BackendError::Unavailable
}
