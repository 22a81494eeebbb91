//! The operation that deletes a board, with everything on it.

use serde::{Deserialize, Serialize};

use super::{ChangeKind, Effect, Operation, require_unchanged};
use crate::{
    access::BoardRole,
    activity::ActivityItem,
    model::Seq,
    refusal::Refusal,
    state::{BoardState, Entity, Stamp, Touched},
};

/// Deletes the board, with everything on it.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeleteBoard {
    /// The number of the newest change of the board that the sender had seen. Refused as stale if the board has another
    /// number now. Absent: the board is deleted in any case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Seq>,
}

impl Operation for DeleteBoard {
    fn role_needed(&self) -> BoardRole {
        BoardRole::Manager
    }

    fn is_allowed_on_archived(&self) -> bool {
        true
    }

    fn decide(&self, state: &BoardState) -> Result<ChangeKind, Refusal> {
        require_unchanged(state.seq(), self.base)?;
        Ok(ChangeKind::BoardDeleted(BoardDeleted {}))
    }
}

/// The content of a change that deletes a board.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardDeleted {}

impl Effect for BoardDeleted {
    fn apply(&self, state: &mut BoardState, stamp: Stamp, touched: &mut Touched) {
        state.deleted_at = Some(stamp.at);
        touched.add(Entity::Board);
    }

    fn label<'a>(&'a self, _before: &'a BoardState) -> (&'static str, &'a str) {
        ("delete the board", "")
    }

    fn activity_items(&self, _before: Option<&BoardState>, _names: &BoardState) -> Vec<ActivityItem> {
        vec![ActivityItem::DeletedBoard]
    }
}
