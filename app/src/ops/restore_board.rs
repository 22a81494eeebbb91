//! The operation that restores a deleted board, with everything on it.

use serde::{Deserialize, Serialize};

use super::{BoardUpdated, ChangeKind, Effect, Operation};
use crate::{
    access::BoardRole,
    activity::ActivityItem,
    refusal::{Refusal, Thing},
    state::{BoardState, Entity, Stamp, Touched},
};

/// Restores the deleted board, with everything on it.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RestoreBoard {}

impl Operation for RestoreBoard {
    fn role_needed(&self) -> BoardRole {
        BoardRole::Manager
    }

    fn is_allowed_on_archived(&self) -> bool {
        true
    }

    fn decide(&self, state: &BoardState) -> Result<ChangeKind, Refusal> {
        if state.exists() {
            // Somebody else restored it first, so the request is already fulfilled.
            return Ok(ChangeKind::BoardUpdated(BoardUpdated::default()));
        }
        // A board has columns until its rows are purged.
        if state.columns().next().is_none() {
            return Err(Refusal::not_found(Thing::Board));
        }
        Ok(ChangeKind::BoardRestored(BoardRestored {}))
    }
}

/// The content of a change that restores a deleted board.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardRestored {}

/// Has no inverse: an undo shortcut must not delete a board.
impl Effect for BoardRestored {
    fn apply(&self, state: &mut BoardState, _stamp: Stamp, touched: &mut Touched) {
        state.deleted_at = None;
        touched.add(Entity::Board);
    }

    fn label<'a>(&'a self, _before: &'a BoardState) -> (&'static str, &'a str) {
        ("restore the board", "")
    }

    fn activity_items(&self, _before: Option<&BoardState>, _names: &BoardState) -> Vec<ActivityItem> {
        vec![ActivityItem::RestoredBoard]
    }
}
