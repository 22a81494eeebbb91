//! The operation that renames, moves, deletes or restores a checklist.
//!
//! A deleted checklist is kept with its items, so that the deletion and an undo of it are small, whatever the number of items. A task keeps
//! a few; the oldest go for good when another one is deleted.

use serde::{Deserialize, Serialize};

use super::{
    ChangeKind, ChecklistEdit, ChecklistsUpdated, Operation, checklists_updated::require_checklists, require_untouched,
};
use crate::{
    access::BoardRole,
    checklist::{Checklist, Checklists, MAX_CHECKLISTS, MAX_KEPT_CHECKLISTS},
    id::{ChecklistId, TaskId},
    model::{Place, Seq},
    refusal::{Refusal, Thing},
    state::{BoardState, Placement},
    text,
};

/// Renames, moves, deletes or restores a checklist. Absent fields stay as they are.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpdateChecklist {
    /// The task.
    pub task: TaskId,
    /// The checklist.
    pub checklist: ChecklistId,
    /// Refused as stale if the checklist was changed after this number, or, to delete it, also one of its items. An undo sets it, so that it
    /// does not revert later changes of other people. Absent: the checklist is changed in any case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard: Option<Seq>,
    /// The new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The new position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<crate::schema::Place>, nullable = false))]
    pub place: Option<Place<ChecklistId>>,
    /// `true` deletes the checklist, `false` restores it with its items. (A task keeps its newest 10 deleted checklists.)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted: Option<bool>,
}

impl UpdateChecklist {
    /// Creates a request that changes nothing yet.
    pub fn of(task: TaskId, checklist: ChecklistId) -> Self {
        let (guard, name, place, deleted) = Default::default();
        Self { task, checklist, guard, name, place, deleted }
    }
}

impl Operation for UpdateChecklist {
    fn role_needed(&self) -> BoardRole {
        BoardRole::Editor
    }

    fn decide(&self, state: &BoardState) -> Result<ChangeKind, Refusal> {
        let (task, lists) = require_checklists(state, self.task)?;
        let list = lists.list(self.checklist).filter(|list| !list.deleted || self.deleted == Some(false));
        let old = list.ok_or(Refusal::not_found(Thing::Checklist))?;
        let newest = if self.deleted == Some(true) { lists.contents_seq(old.id) } else { old.seq };
        require_untouched(newest, self.guard)?;
        let deleted = self.deleted.unwrap_or(old.deleted);
        if old.deleted && !deleted && lists.lists().count() >= MAX_CHECKLISTS {
            return Err(Refusal::Full { what: Thing::Checklist, limit: MAX_CHECKLISTS as u32 });
        }
        let name = self.name.as_deref().map(|name| text::name("name", name)).transpose()?;
        let Placement { rank, ranks } = match self.place {
            // A place next to itself means that it does not move.
            Some(Place::Before(id) | Place::After(id)) if id == old.id => Placement::unmoved(&old.rank),
            Some(place) => lists.place_list(place, old.id),
            None => Placement::unmoved(&old.rank),
        };
        let after =
            Checklist { id: old.id, name: name.unwrap_or_else(|| old.name.clone()), rank, deleted, seq: old.seq };
        let mut change = ChecklistsUpdated::of(self.task);
        if after != **old {
            change.purged = if deleted && !old.deleted { purged(lists) } else { Vec::new() };
            change.list_ranks = ranks;
            let (before, after) = (Some(Checklist::clone(old)), Checklist { seq: 0, ..after });
            change.lists.push(ChecklistEdit { before, after });
        }
        change.decided(state, task, lists)
    }
}

/// The checklists that go for good when another one is deleted.
fn purged(lists: &Checklists) -> Vec<ChecklistId> {
    let mut kept: Vec<(Seq, ChecklistId)> =
        lists.all_lists().filter(|list| list.deleted).map(|list| (list.seq, list.id)).collect();
    kept.sort_unstable();
    let too_many = (kept.len() + 1).saturating_sub(MAX_KEPT_CHECKLISTS);
    kept.into_iter().take(too_many).map(|(_, id)| id).collect()
}
