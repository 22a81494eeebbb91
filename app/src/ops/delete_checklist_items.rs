//! The operation that deletes items of a checklist.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    ChangeKind, ChecklistItemEdit, ChecklistsUpdated, Operation,
    checklists_updated::{require_checklists, require_item},
    require_untouched,
};
use crate::{
    access::BoardRole,
    checklist::ChecklistItem,
    id::{ChecklistItemId, TaskId},
    model::Seq,
    refusal::Refusal,
    state::BoardState,
};

/// Deletes items of one checklist.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeleteChecklistItems {
    /// The task.
    pub task: TaskId,
    /// The items, all of one checklist.
    pub items: Vec<ChecklistItemId>,
    /// Refused as stale if one of the items was changed after this number. An undo sets it, so that it does not revert later changes of
    /// other people. Absent: the items are deleted in any case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard: Option<Seq>,
}

impl DeleteChecklistItems {
    /// Creates a request without items.
    pub fn of(task: TaskId) -> Self {
        Self { task, items: Vec::new(), guard: None }
    }
}

impl Operation for DeleteChecklistItems {
    fn role_needed(&self) -> BoardRole {
        BoardRole::Editor
    }

    fn decide(&self, state: &BoardState) -> Result<ChangeKind, Refusal> {
        let (task, lists) = require_checklists(state, self.task)?;
        let mut ids = BTreeSet::new();
        ids.extend(self.items.iter().copied());
        let mut deleted: Vec<&ChecklistItem> = Vec::new();
        for id in ids {
            let item = require_item(lists, id)?;
            require_untouched(item.seq, self.guard)?;
            deleted.push(item);
        }
        let Some(first) = deleted.first() else {
            return Err(Refusal::invalid("items", "there must be at least one item"));
        };
        if deleted.iter().any(|item| item.checklist != first.checklist) {
            return Err(Refusal::invalid(
                "items",
                "they are in several checklists; delete those of each by themselves",
            ));
        }
        let of_one = lists.items_of(first.checklist).filter(|item| deleted.iter().any(|gone| gone.id == item.id));
        let items =
            of_one.map(|item| ChecklistItemEdit { before: Some(ChecklistItem::clone(item)), after: None }).collect();
        ChecklistsUpdated { items, ..ChecklistsUpdated::of(self.task) }.decided(state, task, lists)
    }
}
