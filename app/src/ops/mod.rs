//! The operations on a board, each with all its rules in one file.
//!
//! Form, server function, socket, REST and command line all build a [`Mutation`] and hand it to the one write path.
//! [`decide`] turns it into a change ([`ChangeKind`]) or a [`Refusal`]. [`BoardState::apply`] applies the change to a
//! state.
//!
//! Each file has two halves: the *request* ([`Operation`]: the role that it needs, and the decision) and the *change*
//! ([`Effect`]: its effect on a state, its inverse, and its description for people). There is one `match` over the
//! requests ([`Op::operation`]) and one over the changes ([`ChangeKind::effect`]). A new operation is a new file and a
//! line in each. (An operation that serves as an inverse, and has a guard or a place, also has a line in
//! [`Inverse::op`].)

mod add_checklist_items;
mod change;
mod checklists_updated;
mod comment_updated;
mod create_board;
mod create_checklist;
mod create_column;
mod create_comment;
mod create_label;
mod create_task;
mod delete_board;
mod delete_checklist_items;
mod delete_column;
mod delete_comment;
mod delete_label;
mod delete_task;
mod inverse;
mod label_set;
mod labels;
mod merge_labels;
mod restore_board;
mod restore_comment;
mod restore_task;
mod set_archived;
mod set_member;
mod set_reaction;
mod share_links;
mod unmerge_label;
mod update_board;
mod update_checklist;
mod update_checklist_item;
mod update_column;
mod update_comment;
mod update_label;
mod update_task;

pub use add_checklist_items::{AddChecklistItems, NewChecklistItem};
pub use change::{Applied, Change, ChangeKind, Gap};
pub use checklists_updated::{ChecklistEdit, ChecklistItemEdit, ChecklistsUpdated};
pub use comment_updated::{CommentAct, CommentUpdated};
pub use create_board::{BoardCreated, CreateBoard, MAX_COLUMNS, NewColumn};
pub use create_checklist::CreateChecklist;
pub use create_column::{ColumnCreated, CreateColumn};
pub use create_comment::{CommentCreated, CreateComment};
pub use create_label::CreateLabel;
pub use create_task::{CreateTask, NewChecklist, TaskCreated};
pub use delete_board::{BoardDeleted, DeleteBoard};
pub use delete_checklist_items::DeleteChecklistItems;
pub use delete_column::{ColumnDeleted, DeleteColumn};
pub use delete_comment::{CommentDeleted, DeleteComment};
pub use delete_label::{DeleteLabel, LabelDeleted};
pub use delete_task::{DeleteTask, TaskDeleted};
pub(crate) use inverse::Inverse;
pub use inverse::{Part, guarded, inverse_of};
pub use label_set::LabelSet;
pub use merge_labels::MergeLabels;
pub use restore_board::{BoardRestored, RestoreBoard};
pub use restore_comment::RestoreComment;
pub use restore_task::{RestoreTask, TaskRestored};
use serde::{Deserialize, Deserializer, Serialize};
pub use set_archived::{ArchivedSet, SetArchived};
pub use set_member::{MAX_MEMBERS, MemberSet, SetMember};
pub use set_reaction::SetReaction;
pub use share_links::{CreateShareLink, RevokeShareLink, Sha256Digits, ShareLinkCreated, ShareLinkRevoked};
pub use unmerge_label::UnmergeLabel;
pub use update_board::{BoardUpdated, UpdateBoard};
pub use update_checklist::UpdateChecklist;
pub use update_checklist_item::UpdateChecklistItem;
pub use update_column::{ColumnUpdated, UpdateColumn};
pub use update_comment::UpdateComment;
pub use update_label::UpdateLabel;
pub use update_task::{TaskUpdated, UpdateTask};

use crate::{
    access::{BoardRole, Principal, Scope},
    activity::ActivityItem,
    id::{ActorId, ColumnId, CommentId, MutationId, TaskId},
    model::{Column, ColumnKind, Seq, Task},
    refusal::{Refusal, Thing},
    state::{BoardState, Stamp, Touched},
};

/// A request to change one board. It is applied completely or not at all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mutation {
    /// The id, made by the sender. The sender repeats a request that got no response under the same id. The repetition
    /// gets the first answer and changes nothing.
    pub id: MutationId,
    /// The operation.
    #[serde(flatten)]
    pub op: Op,
}

/// An operation on a board.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Op {
    /// Create the board.
    CreateBoard(CreateBoard),
    /// Change the name of the board, its key, or the role of everyone on it.
    UpdateBoard(UpdateBoard),
    /// Delete the board, with everything on it.
    DeleteBoard(DeleteBoard),
    /// Restore the deleted board, with everything on it.
    RestoreBoard(RestoreBoard),
    /// Archive the board, or bring it back.
    SetArchived(SetArchived),
    /// Set the role of a person on the board, or remove them from it.
    SetMember(SetMember),
    /// Create a link for reading the board without an account.
    CreateShareLink(CreateShareLink),
    /// Revoke a share link.
    RevokeShareLink(RevokeShareLink),
    /// Add a column.
    CreateColumn(CreateColumn),
    /// Rename a column, change its kind, or move it.
    UpdateColumn(UpdateColumn),
    /// Delete a column that holds no tasks.
    DeleteColumn(DeleteColumn),
    /// Add a label.
    CreateLabel(CreateLabel),
    /// Rename, recolour, describe or move a label.
    UpdateLabel(UpdateLabel),
    /// Delete a label.
    DeleteLabel(DeleteLabel),
    /// Merge a label into another.
    MergeLabels(MergeLabels),
    /// Take the merge of a label back.
    UnmergeLabel(UnmergeLabel),
    /// Add a task.
    CreateTask(CreateTask),
    /// Change some fields of a task, including its place.
    UpdateTask(UpdateTask),
    /// Move a task to the trash.
    DeleteTask(DeleteTask),
    /// Restore a task from the trash.
    RestoreTask(RestoreTask),
    /// Add a checklist to a task.
    CreateChecklist(CreateChecklist),
    /// Rename, move, delete or restore a checklist.
    UpdateChecklist(UpdateChecklist),
    /// Add items to a checklist.
    AddChecklistItems(AddChecklistItems),
    /// Tick, change, assign or move an item of a checklist.
    UpdateChecklistItem(UpdateChecklistItem),
    /// Delete items of a checklist.
    DeleteChecklistItems(DeleteChecklistItems),
    /// Add a comment to a task.
    CreateComment(CreateComment),
    /// Replace the text of a comment.
    UpdateComment(UpdateComment),
    /// Delete a comment.
    DeleteComment(DeleteComment),
    /// Restore a deleted comment.
    RestoreComment(RestoreComment),
    /// React to a comment, or take that back.
    SetReaction(SetReaction),
}

#[cfg(feature = "ssr")]
crate::schema::tagged_schema! {
    Mutation, "Mutation" by "op" with MutationHead {
        CreateBoard = "create_board",
        UpdateBoard = "update_board",
        DeleteBoard = "delete_board",
        RestoreBoard = "restore_board",
        SetArchived = "set_archived",
        SetMember = "set_member",
        CreateShareLink = "create_share_link",
        RevokeShareLink = "revoke_share_link",
        CreateColumn = "create_column",
        UpdateColumn = "update_column",
        DeleteColumn = "delete_column",
        CreateLabel = "create_label",
        UpdateLabel = "update_label",
        DeleteLabel = "delete_label",
        MergeLabels = "merge_labels",
        UnmergeLabel = "unmerge_label",
        CreateTask = "create_task",
        UpdateTask = "update_task",
        DeleteTask = "delete_task",
        RestoreTask = "restore_task",
        CreateChecklist = "create_checklist",
        UpdateChecklist = "update_checklist",
        AddChecklistItems = "add_checklist_items",
        UpdateChecklistItem = "update_checklist_item",
        DeleteChecklistItems = "delete_checklist_items",
        CreateComment = "create_comment",
        UpdateComment = "update_comment",
        DeleteComment = "delete_comment",
        RestoreComment = "restore_comment",
        SetReaction = "set_reaction",
    }
}

/// The members that all mutations have, for OpenAPI.
#[cfg(feature = "ssr")]
#[derive(utoipa::ToSchema)]
#[allow(dead_code)]
struct MutationHead {
    /// The id of the mutation: a UUID of version 7, made by the sender.
    id: MutationId,
}

impl Op {
    fn operation(&self) -> &dyn Operation {
        match self {
            Self::CreateBoard(op) => op,
            Self::UpdateBoard(op) => op,
            Self::DeleteBoard(op) => op,
            Self::RestoreBoard(op) => op,
            Self::SetArchived(op) => op,
            Self::SetMember(op) => op,
            Self::CreateShareLink(op) => op,
            Self::RevokeShareLink(op) => op,
            Self::CreateColumn(op) => op,
            Self::UpdateColumn(op) => op,
            Self::DeleteColumn(op) => op,
            Self::CreateLabel(op) => op,
            Self::UpdateLabel(op) => op,
            Self::DeleteLabel(op) => op,
            Self::MergeLabels(op) => op,
            Self::UnmergeLabel(op) => op,
            Self::CreateTask(op) => op,
            Self::UpdateTask(op) => op,
            Self::DeleteTask(op) => op,
            Self::RestoreTask(op) => op,
            Self::CreateChecklist(op) => op,
            Self::UpdateChecklist(op) => op,
            Self::AddChecklistItems(op) => op,
            Self::UpdateChecklistItem(op) => op,
            Self::DeleteChecklistItems(op) => op,
            Self::CreateComment(op) => op,
            Self::UpdateComment(op) => op,
            Self::DeleteComment(op) => op,
            Self::RestoreComment(op) => op,
            Self::SetReaction(op) => op,
        }
    }

    /// Returns the role on the board that the operation needs.
    pub fn role_needed(&self) -> BoardRole {
        self.operation().role_needed()
    }

    /// Whether the operation may be applied to an archived board: it archives the board, brings it back, changes who may
    /// open it, or deletes it.
    pub fn is_allowed_on_archived(&self) -> bool {
        self.operation().is_allowed_on_archived()
    }

    /// Returns the task whose checklists the operation changes, if it changes checklists.
    pub fn checklists_of(&self) -> Option<TaskId> {
        match self {
            Self::CreateChecklist(op) => Some(op.task),
            Self::UpdateChecklist(op) => Some(op.task),
            Self::AddChecklistItems(op) => Some(op.task),
            Self::UpdateChecklistItem(op) => Some(op.task),
            Self::DeleteChecklistItems(op) => Some(op.task),
            _ => None,
        }
    }

    /// Returns the comment that the operation is about. Whoever decides the operation must [hold](BoardState::hold_comment) it.
    pub fn comment(&self) -> Option<CommentId> {
        match self {
            Self::CreateComment(op) => Some(op.comment),
            Self::UpdateComment(op) => Some(op.comment),
            Self::DeleteComment(op) => Some(op.comment),
            Self::RestoreComment(op) => Some(op.comment),
            Self::SetReaction(op) => Some(op.comment),
            _ => None,
        }
    }

    /// Whether the operation creates the board that it is sent to.
    pub fn makes_board(&self) -> bool {
        matches!(self, Self::CreateBoard(_))
    }

    /// Whether the operation is about a board that was deleted.
    pub fn restores_board(&self) -> bool {
        matches!(self, Self::RestoreBoard(_))
    }

    /// Whether the principal removes themselves from the board.
    pub fn is_leaving(&self, principal: &Principal) -> bool {
        matches!(self, Self::SetMember(set) if Some(set.person) == principal.person && set.role.is_none())
    }
}

/// The request of an operation.
trait Operation {
    /// Returns the role on the board that the operation needs.
    fn role_needed(&self) -> BoardRole;

    /// Whether the operation may be applied to an archived board. False for everything that changes its name or contents.
    fn is_allowed_on_archived(&self) -> bool {
        false
    }

    /// Checks what the role alone does not decide, for a principal who has that role.
    fn permit(&self, _principal: &Principal, _state: &BoardState) -> Result<(), Refusal> {
        Ok(())
    }

    /// Decides what the operation does to a board, or why it is refused. Text in the result is trimmed.
    fn decide(&self, state: &BoardState) -> Result<ChangeKind, Refusal>;
}

/// The change that an operation leads to.
trait Effect {
    /// Applies the change to a state. Ignores columns and tasks that do not exist in the state. This happens only with
    /// unsaved edits, and with purged tasks in an outline, which has no trash: changes of the log were decided by
    /// [`decide`] under a lock.
    fn apply(&self, state: &mut BoardState, stamp: Stamp, touched: &mut Touched);

    /// Returns the task that the change is about, if it is about one.
    fn task(&self) -> Option<TaskId> {
        None
    }

    /// Returns the title of that task before the change, if known; for a new task, its title.
    fn title<'a>(&'a self, before: Option<&'a BoardState>) -> Option<&'a str> {
        Some(&before?.task(self.task()?)?.title)
    }

    /// Whether the change has no effect, because the board already was as requested. Such a change gets a number in the
    /// log, because its mutation needs an answer, but no part of the board gets this number.
    fn changes_nothing(&self) -> bool {
        false
    }

    /// Returns the parts of the board whose sequence number this change sets, and the contents of checklists that items leave.
    fn numbers(&self) -> Vec<Part> {
        Vec::new()
    }

    /// Returns the inverse of the change, which is about to be applied to `before`. `None` if it changes nothing, or
    /// cannot be undone.
    fn inverse(&self, _before: &BoardState) -> Option<Inverse> {
        None
    }

    /// Returns the words that name the change after "Undo" and "Redo": the verb, and the name of its object.
    fn label<'a>(&'a self, before: &'a BoardState) -> (&'static str, &'a str);

    /// Describes the effect of the change in terms that need no other data. `before` is the state before the change, if
    /// known. Columns have their names in `names`.
    fn activity_items(&self, before: Option<&BoardState>, names: &BoardState) -> Vec<ActivityItem>;

    /// Returns the people that the change names.
    fn people(&self) -> &[ActorId] {
        &[]
    }
}

/// Decides what `op` does to the board: one change, or a refusal. A board that does not exist yet is
/// [`BoardState::empty`].
pub fn decide(state: &BoardState, op: &Op) -> Result<ChangeKind, Refusal> {
    let is_there = if op.restores_board() { state.seq() > 0 } else { state.exists() || op.makes_board() };
    if !is_there {
        return Err(Refusal::not_found(Thing::Board));
    }
    if state.is_archived() && !op.is_allowed_on_archived() {
        return Err(Refusal::Archived);
    }
    op.operation().decide(state)
}

/// Checks whether a principal may apply an operation to a board. A board that they may not know of is reported as not
/// found; an operation that they may not do is forbidden.
///
/// The server calls this under the board's lock, with final effect. The browser calls it to offer nothing that would be
/// refused. No other code decides this.
pub fn permit(principal: &Principal, state: &BoardState, op: &Op) -> Result<(), Refusal> {
    if op.makes_board() {
        // Even if the board exists already: then `decide` answers everybody alike that the id is taken.
        return if principal.may_create_boards() { Ok(()) } else { Err(Refusal::Forbidden) };
    }
    let role = principal.role_on(state.id(), state.access()).ok_or(Refusal::not_found(Thing::Board))?;
    if principal.person.is_some() && op.is_leaving(principal) && principal.scope == Scope::Admin {
        return Ok(());
    }
    if role < op.role_needed() {
        return Err(Refusal::Forbidden);
    }
    op.operation().permit(principal, state)
}

/// Distinguishes a field that is `null` (`Some(None)`) from an absent field (`None`, by `default`).
pub fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

fn require_column(state: &BoardState, id: ColumnId) -> Result<&Column, Refusal> {
    state.column(id).map(|column| &**column).ok_or(Refusal::not_found(Thing::Column))
}

fn require_task(state: &BoardState, id: TaskId) -> Result<&Task, Refusal> {
    state.live_task(id).map(|task| &**task).ok_or(Refusal::not_found(Thing::Task))
}

/// Checks that the newest change has the number on which the request is based, if it names one.
fn require_unchanged(seq: Seq, base: Option<Seq>) -> Result<(), Refusal> {
    match base {
        Some(base) if base != seq => Err(Refusal::Stale { seq }),
        _ => Ok(()),
    }
}

/// Checks that the number of the newest change is not higher than the guard, if there is one.
fn require_untouched(newest: Seq, guard: Option<Seq>) -> Result<(), Refusal> {
    match guard {
        Some(guard) if newest > guard => Err(Refusal::Stale { seq: newest }),
        _ => Ok(()),
    }
}

fn first_column(state: &BoardState, wanted: impl Fn(ColumnKind) -> bool) -> Result<ColumnId, Refusal> {
    state.columns().find(|column| wanted(column.kind)).map(|column| column.id).ok_or(Refusal::not_found(Thing::Column))
}

fn first_done_column(state: &BoardState) -> Result<ColumnId, Refusal> {
    first_column(state, |kind| kind == ColumnKind::Done)
        .map_err(|_| Refusal::invalid("completed", "this board has no column for done tasks"))
}

fn check_completed(kind: ColumnKind, completed: Option<bool>) -> Result<(), Refusal> {
    match completed {
        Some(completed) if completed != (kind == ColumnKind::Done) => Err(Refusal::invalid(
            "completed",
            "this contradicts the column: its kind decides whether a task is completed",
        )),
        _ => Ok(()),
    }
}

/// Returns the name of a column, if known.
fn column_name(names: &BoardState, id: ColumnId) -> Option<String> {
    names.column(id).map(|column| column.name.clone())
}

/// Returns the title of a task for the label of an undo.
fn title_of(state: &BoardState, id: TaskId) -> &str {
    state.task(id).map_or("a task", |task| &task.title)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{access::InstanceRole, id::BoardId};

    const BOARD: BoardId = BoardId(Uuid::from_u128(1));
    const ANA: ActorId = ActorId(Uuid::from_u128(2));
    const BEN: ActorId = ActorId(Uuid::from_u128(3));

    #[test]
    fn one_may_always_leave() {
        let mut state = BoardState::empty(BOARD);
        state.grant(ANA, BoardRole::Viewer);
        let ana = Principal::person(ANA, InstanceRole::Member);
        let set = |person, role| Op::SetMember(SetMember { person, role });
        assert_eq!(permit(&ana, &state, &set(ANA, None)), Ok(()));
        assert_eq!(permit(&ana, &state, &set(ANA, Some(BoardRole::Manager))), Err(Refusal::Forbidden));
        assert_eq!(permit(&ana, &state, &set(BEN, None)), Err(Refusal::Forbidden));
        assert_eq!(permit(&ana, &state, &Op::DeleteBoard(DeleteBoard::default())), Err(Refusal::Forbidden));
        let ben = Principal::person(BEN, InstanceRole::Member);
        assert_eq!(permit(&ben, &state, &set(BEN, None)), Err(Refusal::not_found(Thing::Board)));
    }
}
