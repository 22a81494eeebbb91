//! The operation that archives a board, or brings it back.
//!
//! An archived board is read as before. Its name, columns and tasks do not change until it is back: [`super::decide`] refuses every operation
//! that is not [allowed on archived boards](Operation::is_allowed_on_archived). Who may open it can still be changed, so that access can be
//! taken away without bringing the board back, and it can be deleted.

use serde::{Deserialize, Serialize};

use super::{BoardUpdated, ChangeKind, Effect, Inverse, Op, Operation, Part, require_unchanged, require_untouched};
use crate::{
    access::BoardRole,
    activity::ActivityItem,
    model::Seq,
    refusal::Refusal,
    state::{BoardState, Entity, Stamp, Touched},
};

/// Archives the board, or brings it back.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetArchived {
    /// `true` archives the board, `false` brings it back.
    pub archived: bool,
    /// The number of the newest change of the board that the sender had seen. Refused as stale if the board has another
    /// number now. Absent: the board is changed in any case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Seq>,
    /// Refused as stale if the board was archived or brought back after this number. An undo sets it, so that it does
    /// not revert later changes of other people. Absent: the board is changed in any case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard: Option<Seq>,
}

impl SetArchived {
    /// The operation without conditions.
    pub fn to(archived: bool) -> Self {
        Self { archived, base: None, guard: None }
    }
}

impl Operation for SetArchived {
    fn role_needed(&self) -> BoardRole {
        BoardRole::Manager
    }

    fn is_allowed_on_archived(&self) -> bool {
        true
    }

    fn decide(&self, state: &BoardState) -> Result<ChangeKind, Refusal> {
        require_unchanged(state.seq(), self.base)?;
        require_untouched(state.archived_seq(), self.guard)?;
        if state.is_archived() == self.archived {
            // Somebody else did it first, so the request is already fulfilled.
            return Ok(ChangeKind::BoardUpdated(BoardUpdated::default()));
        }
        Ok(ChangeKind::ArchivedSet(ArchivedSet { archived: self.archived }))
    }
}

/// The content of a change that archives a board, or brings it back.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchivedSet {
    /// Whether the board is archived from this change on.
    pub archived: bool,
}

impl Effect for ArchivedSet {
    fn apply(&self, state: &mut BoardState, stamp: Stamp, touched: &mut Touched) {
        state.archived_at = self.archived.then_some(stamp.at);
        state.archived_seq = stamp.seq;
        touched.add(Entity::Board);
    }

    fn numbers(&self) -> Vec<Part> {
        vec![Part::Archived]
    }

    fn inverse(&self, before: &BoardState) -> Option<Inverse> {
        if before.is_archived() == self.archived {
            return None;
        }
        Some(Inverse::of(Op::SetArchived(SetArchived::to(!self.archived)), vec![Part::Archived]))
    }

    fn label<'a>(&'a self, _before: &'a BoardState) -> (&'static str, &'a str) {
        (if self.archived { "archive the board" } else { "bring the board back" }, "")
    }

    fn activity_items(&self, _before: Option<&BoardState>, _names: &BoardState) -> Vec<ActivityItem> {
        vec![if self.archived { ActivityItem::ArchivedBoard } else { ActivityItem::UnarchivedBoard }]
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{
        access::{InstanceRole, Principal},
        id::{ActorId, BoardId, ColumnId, MutationId, TaskId},
        model::ColumnKind,
        ops::{
            Change, CreateBoard, CreateTask, DeleteBoard, NewColumn, SetMember, UpdateBoard, UpdateColumn, decide,
            guarded, inverse_of, permit,
        },
        refusal::Thing,
        time::Timestamp,
    };

    const ANA: ActorId = ActorId(Uuid::from_u128(2));
    const COLUMN: ColumnId = ColumnId(Uuid::from_u128(3));
    const TASK: TaskId = TaskId(Uuid::from_u128(4));

    fn create() -> Op {
        let column = NewColumn { id: COLUMN, name: "To do".to_owned(), kind: ColumnKind::Open };
        Op::CreateBoard(CreateBoard { name: "Board".to_owned(), columns: vec![column], everyone: None })
    }

    /// Applies operations, the first of which creates the board.
    fn board(ops: &[Op]) -> BoardState {
        let mut state = BoardState::empty(BoardId(Uuid::from_u128(1)));
        for op in [create()].iter().chain(ops) {
            apply(&mut state, op).unwrap();
        }
        state
    }

    fn apply(state: &mut BoardState, op: &Op) -> Result<(), Refusal> {
        let kind = decide(state, op)?;
        let seq = state.seq() + 1;
        let mutation = crate::new_id::<MutationId>();
        state.apply(&Change { seq, at: Timestamp::from_millis(seq as i64), by: Some(ANA), mutation, kind }).unwrap();
        Ok(())
    }

    fn archive(archived: bool) -> Op {
        Op::SetArchived(SetArchived::to(archived))
    }

    #[test]
    fn an_archived_board_is_not_edited_until_it_is_back() {
        let mut state = board(&[archive(true)]);
        assert_eq!(state.archived_at(), Some(Timestamp::from_millis(2)));
        let add = Op::CreateTask(CreateTask::of(TASK, "Tea"));
        let rename = Op::UpdateBoard(UpdateBoard { name: Some("Other".to_owned()), ..UpdateBoard::default() });
        let move_column = Op::UpdateColumn(UpdateColumn { name: Some("x".to_owned()), ..UpdateColumn::of(COLUMN) });
        for op in [&add, &rename, &move_column] {
            assert_eq!(decide(&state, op), Err(Refusal::Archived), "{op:?}");
        }
        assert_eq!(Refusal::Archived.sentence(), "This board is archived. A manager can bring it back.");
        apply(&mut state, &archive(false)).unwrap();
        assert_eq!((state.archived_at(), state.archived_seq()), (None, 3));
        apply(&mut state, &add).unwrap();
    }

    #[test]
    fn who_may_open_an_archived_board_can_be_changed_and_it_can_be_deleted() {
        let state = board(&[archive(true)]);
        for op in [
            Op::SetMember(SetMember { person: ANA, role: Some(BoardRole::Viewer) }),
            Op::UpdateBoard(UpdateBoard { everyone: Some(Some(BoardRole::Viewer)), ..UpdateBoard::default() }),
            Op::DeleteBoard(DeleteBoard::default()),
        ] {
            // The only manager cannot be made a viewer, on no board.
            assert_ne!(decide(&state, &op), Err(Refusal::Archived), "{op:?}");
        }
        assert_eq!(decide(&state, &create()), Err(Refusal::Exists { what: Thing::Board }));
    }

    #[test]
    fn only_managers_archive() {
        let mut state = board(&[]);
        for (role, permitted) in [(BoardRole::Viewer, false), (BoardRole::Editor, false), (BoardRole::Manager, true)] {
            state.grant(ANA, role);
            let ana = Principal::person(ANA, InstanceRole::Member);
            assert_eq!(permit(&ana, &state, &archive(true)).is_ok(), permitted, "{role:?}");
        }
    }

    #[test]
    fn its_undo_does_not_revert_what_somebody_did_later() {
        let mut state = board(&[]);
        let undo = inverse_of(&state, &archive(true)).unwrap();
        assert_eq!(undo, archive(false));
        apply(&mut state, &archive(true)).unwrap();
        let undo = guarded(undo, state.archived_seq());
        assert!(decide(&state, &undo).is_ok());
        apply(&mut state, &archive(false)).unwrap();
        apply(&mut state, &archive(true)).unwrap();
        assert_eq!(decide(&state, &undo), Err(Refusal::Stale { seq: 4 }));
    }

    #[test]
    fn to_archive_twice_is_to_archive_once() {
        let mut state = board(&[archive(true)]);
        apply(&mut state, &archive(true)).unwrap();
        assert_eq!((state.archived_seq(), state.archived_at()), (2, Some(Timestamp::from_millis(2))));
        assert_eq!(inverse_of(&state, &archive(true)), None);
    }
}
