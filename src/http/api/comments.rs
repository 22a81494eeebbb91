//! Comments over REST.

use app::{
    comment::{self, CommentVersion, Reaction},
    id::{ActorId, BoardId, CommentId, TaskId},
    model::Seq,
    ops::{CreateComment, DeleteComment, Op, RestoreComment, SetReaction, UpdateComment},
    refusal::{Refusal, Thing},
    time::Timestamp,
};
use axum::{http::StatusCode, response::Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    client::Client,
    cursor::{self, Page},
    fields::{Fields, Only},
    json, located,
    model::not_null,
};
use crate::{
    http::{
        input::{Json, Key, Path, Query},
        problem::{Code, Problem},
    },
    writer::WriteError,
};

/// A comment on a task.
#[derive(Serialize, ToSchema)]
pub struct Comment {
    /// The comment's id.
    id: CommentId,
    /// The id of its board.
    board: BoardId,
    /// The id of its task.
    task: TaskId,
    /// The text, in Markdown.
    text: String,
    /// The person who wrote it, if that is known.
    author: Option<ActorId>,
    /// When it was written.
    created_at: Timestamp,
    /// When its text was last changed, if it was edited.
    edited_at: Option<Timestamp>,
    /// The reactions to it.
    reactions: Vec<Reacted>,
    /// The number of the board's change that wrote it; comments are ordered by it.
    created_seq: Seq,
    /// The number of the newest change of its text: what an edit of it starts from.
    text_seq: Seq,
    /// The number of its newest change.
    seq: Seq,
}

/// The people who reacted to a comment in one way.
#[derive(Serialize, ToSchema)]
#[schema(as = CommentReaction)]
pub struct Reacted {
    /// The reaction.
    reaction: Reaction,
    /// The people, in the order in which they reacted.
    people: Vec<ActorId>,
}

impl Comment {
    fn of(board: BoardId, comment: &comment::Comment) -> Self {
        let reacted =
            |reacted: &comment::Reacted| Reacted { reaction: reacted.reaction, people: reacted.people.clone() };
        Self {
            id: comment.id,
            board,
            task: comment.task,
            text: comment.text.to_string(),
            author: comment.author,
            created_at: comment.created_at,
            edited_at: comment.edited_at,
            reactions: comment.reactions.iter().map(reacted).collect(),
            created_seq: comment.created_seq,
            text_seq: comment.text_seq,
            seq: comment.seq,
        }
    }
}

/// Comments of a task.
#[derive(Serialize, ToSchema)]
pub struct Comments {
    /// The comments, newest first.
    comments: Vec<Comment>,
    /// The cursor of the next page; `null` on the last one.
    next: Option<String>,
}

/// The earlier texts of a comment.
#[derive(Serialize, ToSchema)]
pub struct CommentVersions {
    /// The texts, newest first, without the current one; the newest 100.
    versions: Vec<CommentVersion>,
}

/// A comment to add.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewComment {
    /// The comment's id; if absent, the server makes one.
    #[serde(default)]
    id: Option<Uuid>,
    /// The text, in Markdown: at most 64,000 bytes.
    #[schema(min_length = 1, max_length = 64000, pattern = r"\S")]
    text: String,
}

/// A new text of a comment.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CommentPatch {
    /// The text, in Markdown: at most 64,000 bytes.
    #[schema(min_length = 1, max_length = 64000, pattern = r"\S")]
    text: String,
    /// The `text_seq` of the text that the edit starts from. The edit is refused if the comment was edited, deleted or restored since.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = Option<u64>, nullable = false)]
    base: Option<Seq>,
}

/// The name of the list, for cursors.
const LIST: &str = "comments";

/// List the comments of a task
///
/// Newest first, without deleted ones.
#[utoipa::path(
    get, path = "/tasks/{task}/comments", tag = "comments", operation_id = "list_comments",
    params(("task" = Uuid, Path), Page),
    responses((status = 200, body = Comments))
)]
pub async fn list(
    client: Client,
    Path(task): Path<TaskId>,
    Query(Page { limit, cursor, fields }): Query<Page>,
) -> Result<Response, Problem> {
    let (limit, fields) = (cursor::limit(limit)?, Fields::of::<Comment>(fields.as_deref())?);
    let before = cursor::read::<Seq>(LIST, cursor.as_deref(), |_| true)?;
    let board = client.board_of(task).await?.id();
    let page = client.services.store.comments(board, task, before, limit, None).await?;
    // They may have lost access while this was read.
    client.board(board).await?;
    let comments: Vec<Comment> = page.comments.iter().map(|comment| Comment::of(board, comment)).collect();
    let next = comments.last().filter(|_| page.more).map(|last| cursor::write(LIST, &last.created_seq));
    Ok(fields.list("comments", &Comments { comments, next }))
}

/// Comment on a task
///
/// Editors and managers may do this. A task has at most 10,000 comments.
#[utoipa::path(
    post, path = "/tasks/{task}/comments", tag = "comments", operation_id = "create_comment",
    params(("task" = Uuid, Path), ("Idempotency-Key" = Option<Uuid>, Header)),
    request_body = NewComment,
    responses((status = 201, body = Comment, headers(("Location" = String))))
)]
pub async fn create(
    client: Client,
    Path(task): Path<TaskId>,
    key: Key,
    Json(NewComment { id, text }): Json<NewComment>,
) -> Result<Response, Problem> {
    let comment = CommentId(id.unwrap_or(key.0.0));
    let board = client.board_of(task).await?.id();
    client.write(board, key, Op::CreateComment(CreateComment { comment, task, text })).await?;
    Ok(located(answer(&client, StatusCode::CREATED, board, comment).await?, path(board, comment)))
}

/// Read a comment
///
/// Everybody who may read the board may do this.
#[utoipa::path(
    get, path = "/boards/{board}/comments/{comment}", tag = "comments", operation_id = "read_comment",
    params(("board" = Uuid, Path), ("comment" = Uuid, Path), Only),
    responses((status = 200, body = Comment))
)]
pub async fn read(
    client: Client,
    Path((board, comment)): Path<(BoardId, CommentId)>,
    Query(Only { fields }): Query<Only>,
) -> Result<Response, Problem> {
    let fields = Fields::of::<Comment>(fields.as_deref())?;
    Ok(fields.one(&shown(&client, board, comment).await?))
}

/// Edit a comment
///
/// Only its author may do this. The earlier text is kept, and everybody who may read the board can read it.
#[utoipa::path(
    patch, path = "/boards/{board}/comments/{comment}", tag = "comments", operation_id = "update_comment",
    params(("board" = Uuid, Path), ("comment" = Uuid, Path), ("Idempotency-Key" = Option<Uuid>, Header)),
    request_body = CommentPatch,
    responses((status = 200, body = Comment))
)]
pub async fn update(
    client: Client,
    Path((board, comment)): Path<(BoardId, CommentId)>,
    key: Key,
    Json(CommentPatch { text, base }): Json<CommentPatch>,
) -> Result<Response, Problem> {
    let update = UpdateComment { guard: base, text, ..UpdateComment::of(comment) };
    client.write(board, key, Op::UpdateComment(update)).await.map_err(|error| match error {
        WriteError::Refused(Refusal::Stale { seq }) => Problem::new(
            Code::Changed,
            format!("the comment was edited, deleted or restored after `base`; its `text_seq` is {seq} now"),
        ),
        error => error.into(),
    })?;
    answer(&client, StatusCode::OK, board, comment).await
}

/// Delete a comment
///
/// Its author and the managers of the board may do this.
#[utoipa::path(
    delete, path = "/boards/{board}/comments/{comment}", tag = "comments", operation_id = "delete_comment",
    params(("board" = Uuid, Path), ("comment" = Uuid, Path), ("Idempotency-Key" = Option<Uuid>, Header)),
    responses((status = 204, description = "Deleted"))
)]
pub async fn delete(
    client: Client,
    Path((board, comment)): Path<(BoardId, CommentId)>,
    key: Key,
) -> Result<StatusCode, Problem> {
    client.write(board, key, Op::DeleteComment(DeleteComment::of(comment))).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Restore a deleted comment
///
/// Its author and the managers of the board may do this.
#[utoipa::path(
    post, path = "/boards/{board}/comments/{comment}/restore", tag = "comments", operation_id = "restore_comment",
    params(("board" = Uuid, Path), ("comment" = Uuid, Path), ("Idempotency-Key" = Option<Uuid>, Header)),
    responses((status = 200, body = Comment))
)]
pub async fn restore(
    client: Client,
    Path((board, comment)): Path<(BoardId, CommentId)>,
    key: Key,
) -> Result<Response, Problem> {
    client.write(board, key, Op::RestoreComment(RestoreComment::of(comment))).await?;
    answer(&client, StatusCode::OK, board, comment).await
}

/// List the earlier texts of a comment
///
/// The newest 100 are kept. Everybody who may read the board can read them.
#[utoipa::path(
    get, path = "/boards/{board}/comments/{comment}/versions", tag = "comments", operation_id = "list_comment_versions",
    params(("board" = Uuid, Path), ("comment" = Uuid, Path)),
    responses((status = 200, body = CommentVersions))
)]
pub async fn versions(client: Client, Path((board, comment)): Path<(BoardId, CommentId)>) -> Result<Response, Problem> {
    let versions = client.services.store.comment_versions(board, comment).await?;
    shown(&client, board, comment).await?;
    Ok(json(StatusCode::OK, &CommentVersions { versions }))
}

/// React to a comment
///
/// Editors and managers may do this, each for themselves.
#[utoipa::path(
    put, path = "/boards/{board}/comments/{comment}/reactions/{reaction}", tag = "comments", operation_id = "add_reaction",
    params(
        ("board" = Uuid, Path), ("comment" = Uuid, Path), ("reaction" = Reaction, Path),
        ("Idempotency-Key" = Option<Uuid>, Header)
    ),
    responses((status = 200, body = Comment))
)]
pub async fn react(
    client: Client,
    Path((board, comment, reaction)): Path<(BoardId, CommentId, Reaction)>,
    key: Key,
) -> Result<Response, Problem> {
    set_reaction(client, board, comment, reaction, key, true).await
}

/// Take back a reaction to a comment
///
/// Editors and managers may do this, each for themselves.
#[utoipa::path(
    delete, path = "/boards/{board}/comments/{comment}/reactions/{reaction}", tag = "comments",
    operation_id = "remove_reaction",
    params(
        ("board" = Uuid, Path), ("comment" = Uuid, Path), ("reaction" = Reaction, Path),
        ("Idempotency-Key" = Option<Uuid>, Header)
    ),
    responses((status = 200, body = Comment))
)]
pub async fn unreact(
    client: Client,
    Path((board, comment, reaction)): Path<(BoardId, CommentId, Reaction)>,
    key: Key,
) -> Result<Response, Problem> {
    set_reaction(client, board, comment, reaction, key, false).await
}

async fn set_reaction(
    client: Client,
    board: BoardId,
    comment: CommentId,
    reaction: Reaction,
    key: Key,
    on: bool,
) -> Result<Response, Problem> {
    // A board that they may not know of is not found, also for those without an account.
    client.board(board).await?;
    let person = client.person()?;
    client.write(board, key, Op::SetReaction(SetReaction { comment, reaction, person, on })).await?;
    answer(&client, StatusCode::OK, board, comment).await
}

/// The representation of a comment that was not deleted, on a board that the caller may see.
async fn shown(client: &Client, board: BoardId, comment: CommentId) -> Result<Comment, Problem> {
    let found = client.services.store.comment(board, comment).await?;
    client.board(board).await?;
    let found = found.ok_or_else(|| Problem::not_found(Thing::Comment))?;
    Ok(Comment::of(board, &found))
}

async fn answer(client: &Client, status: StatusCode, board: BoardId, comment: CommentId) -> Result<Response, Problem> {
    // A later write may have deleted the comment again.
    Ok(json(status, &shown(client, board, comment).await?))
}

fn path(board: BoardId, comment: CommentId) -> String {
    format!("/boards/{board}/comments/{comment}")
}
