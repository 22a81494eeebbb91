//! What can be done to a board: one file an operation, with all there is to it.
//!
//! Form, server function, socket, REST and command line all build a [`Mutation`] and hand it to the one write path. [`decide`] says
//! what comes of it: a [`ChangeKind`], or a [`Refusal`]. [`BoardState::apply`] is how that reaches a state.
//!
//! So each file here has two halves: the *request* ([`Operation`]: who may make it, what it comes to) and the *change* ([`Effect`]: what
//! it does to a state, what takes it back, what people are told). There is one `match` over the requests ([`Op::operation`]) and one over
//! the changes ([`ChangeKind::effect`]); whoever adds an operation adds a file and a line to each. (One that takes another back, and has
//! a guard or a place, also has a line in [`Inverse::op`].)

mod change;
mod create_board;
mod create_column;
mod create_task;
mod delete_board;
mod delete_column;
mod delete_task;
mod inverse;
mod restore_task;
mod set_member;
mod share_links;
mod update_board;
mod update_column;
mod update_task;

pub use change::{Applied, Change, ChangeKind, Gap};
pub use create_board::{BoardCreated, CreateBoard, MAX_COLUMNS, NewColumn};
pub use create_column::{ColumnCreated, CreateColumn};
pub use create_task::{CreateTask, TaskCreated};
pub use delete_board::{BoardDeleted, DeleteBoard};
pub use delete_column::{ColumnDeleted, DeleteColumn};
pub use delete_task::{DeleteTask, TaskDeleted};
pub(crate) use inverse::Inverse;
pub use inverse::Part;
pub use restore_task::{RestoreTask, TaskRestored};
use serde::{Deserialize, Deserializer, Serialize};
pub use set_member::{MAX_MEMBERS, MemberSet, SetMember};
pub use share_links::{CreateShareLink, RevokeShareLink, Sha256Digits, ShareLinkCreated, ShareLinkRevoked};
pub use update_board::{BoardUpdated, UpdateBoard};
pub use update_column::{ColumnUpdated, UpdateColumn};
pub use update_task::{TaskUpdated, UpdateTask};

use crate::{
    access::{BoardRole, Principal, Scope},
    activity::ActivityItem,
    id::{ActorId, ColumnId, MutationId, TaskId},
    model::{Column, ColumnKind, Seq, Task},
    refusal::{Refusal, Thing},
    state::{BoardState, Stamp, Touched},
};

/// A request to change one board, in whole or not at all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mutation {
    /// Made by the sender, who uses it again to repeat a request whose answer it did not get: the repetition is answered
    /// as the first time and changes nothing.
    pub id: MutationId,
    /// What to do.
    #[serde(flatten)]
    pub op: Op,
}

/// What to do with a board.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Op {
    /// Make the board.
    CreateBoard(CreateBoard),
    /// Change the board itself.
    UpdateBoard(UpdateBoard),
    /// Delete the board with all that is on it.
    DeleteBoard(DeleteBoard),
    /// Say what somebody is on the board, or take them off it.
    SetMember(SetMember),
    /// Make a link with which the board can be read without an account.
    CreateShareLink(CreateShareLink),
    /// Take such a link back.
    RevokeShareLink(RevokeShareLink),
    /// Add a column.
    CreateColumn(CreateColumn),
    /// Rename a column, change its kind, or move it.
    UpdateColumn(UpdateColumn),
    /// Delete a column that holds no tasks.
    DeleteColumn(DeleteColumn),
    /// Add a task.
    CreateTask(CreateTask),
    /// Change some fields of a task; its place is one of them.
    UpdateTask(UpdateTask),
    /// Put a task into the trash.
    DeleteTask(DeleteTask),
    /// Take a task out of the trash, back into its column.
    RestoreTask(RestoreTask),
}

impl Op {
    fn operation(&self) -> &dyn Operation {
        match self {
            Self::CreateBoard(op) => op,
            Self::UpdateBoard(op) => op,
            Self::DeleteBoard(op) => op,
            Self::SetMember(op) => op,
            Self::CreateShareLink(op) => op,
            Self::RevokeShareLink(op) => op,
            Self::CreateColumn(op) => op,
            Self::UpdateColumn(op) => op,
            Self::DeleteColumn(op) => op,
            Self::CreateTask(op) => op,
            Self::UpdateTask(op) => op,
            Self::DeleteTask(op) => op,
            Self::RestoreTask(op) => op,
        }
    }

    /// What one has to be on a board to do this to it.
    pub fn role_needed(&self) -> BoardRole {
        self.operation().role_needed()
    }

    /// Whether it makes the board that it names.
    pub fn makes_board(&self) -> bool {
        matches!(self, Self::CreateBoard(_))
    }

    /// Whether it takes somebody off the board who asks for it themselves.
    pub fn is_leaving(&self, principal: &Principal) -> bool {
        matches!(self, Self::SetMember(set) if Some(set.person) == principal.person && set.role.is_none())
    }
}

/// The request of an operation.
trait Operation {
    /// What one has to be on the board.
    fn role_needed(&self) -> BoardRole;

    /// What it does to a board, or why it is refused. Text comes back trimmed.
    fn decide(&self, state: &BoardState) -> Result<ChangeKind, Refusal>;
}

/// The change that an operation leads to.
trait Effect {
    /// Does it to a state. What it names and the state does not have is passed over: a log is made under a lock by [`decide`], so that
    /// happens only to edits that are not saved yet.
    fn apply(&self, state: &mut BoardState, stamp: Stamp, touched: &mut Touched);

    /// The task it is about, if it is about one.
    fn task(&self) -> Option<TaskId> {
        None
    }

    /// What that task was called before, where that is known; of a new one, what it is called.
    fn title<'a>(&'a self, before: Option<&'a BoardState>) -> Option<&'a str> {
        Some(&before?.task(self.task()?)?.title)
    }

    /// Whether somebody asked for what was so already. It has its number in the log like every answer; nothing on the board has it.
    fn changes_nothing(&self) -> bool {
        false
    }

    /// What it gives its number to.
    fn numbers(&self) -> Vec<Part> {
        Vec::new()
    }

    /// What would take it back, where it is about to happen to `before`. `None` if it changes nothing, or cannot be taken back.
    fn inverse(&self, _before: &BoardState) -> Option<Inverse> {
        None
    }

    /// What to call it, after "Undo" and "Redo": the words, and what they are about.
    fn label<'a>(&'a self, before: &'a BoardState) -> (&'static str, &'a str);

    /// What it did to `before`, if that is known, in terms that need nothing else to be understood. Columns are called what they are
    /// called in `names`.
    fn activity_items(&self, before: Option<&BoardState>, names: &BoardState) -> Vec<ActivityItem>;

    /// Whom it names.
    fn people(&self) -> &[ActorId] {
        &[]
    }
}

/// Says what `op` does to the board: one change, or a refusal. A board that does not exist yet is [`BoardState::empty`].
pub fn decide(state: &BoardState, op: &Op) -> Result<ChangeKind, Refusal> {
    if !state.exists() && !op.makes_board() {
        return Err(Refusal::not_found(Thing::Board));
    }
    op.operation().decide(state)
}

/// Whether somebody may do something to a board. What they may not know of is not found; what they may not do is forbidden.
///
/// The server asks under the board's lock, for good, and the browser asks to offer nothing that would be refused. Nobody else decides.
pub fn permit(principal: &Principal, state: &BoardState, op: &Op) -> Result<(), Refusal> {
    if op.makes_board() {
        // Also where there is such a board already: then the answer is that its id is taken, as for anyone.
        return if principal.may_create_boards() { Ok(()) } else { Err(Refusal::Forbidden) };
    }
    let role = principal.role_on(state.id(), state.access()).ok_or(Refusal::not_found(Thing::Board))?;
    if principal.person.is_some() && op.is_leaving(principal) && principal.scope == Scope::Admin {
        return Ok(());
    }
    if role >= op.role_needed() { Ok(()) } else { Err(Refusal::Forbidden) }
}

/// Tells a field that is `null` (`Some(None)`) from one that is absent (`None`, by `default`).
pub fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

fn require_column(state: &BoardState, id: ColumnId) -> Result<&Column, Refusal> {
    state.column(id).map(|column| &**column).ok_or(Refusal::not_found(Thing::Column))
}

fn require_task(state: &BoardState, id: TaskId) -> Result<&Task, Refusal> {
    state.live_task(id).map(|task| &**task).ok_or(Refusal::not_found(Thing::Task))
}

/// Whether nothing has happened since the number that a request is based on.
fn require_unchanged(seq: Seq, base: Option<Seq>) -> Result<(), Refusal> {
    match base {
        Some(base) if base != seq => Err(Refusal::Stale { seq }),
        _ => Ok(()),
    }
}

/// Whether nobody changed what has its newest change under this number after the guard.
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

/// What a column is called, where that is known.
fn column_name(names: &BoardState, id: ColumnId) -> Option<String> {
    names.column(id).map(|column| column.name.clone())
}

/// The title of a task, as an undo calls it.
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
