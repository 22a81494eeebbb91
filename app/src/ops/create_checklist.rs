//! The operation that adds a checklist to a task.

use serde::{Deserialize, Serialize};

use super::{
    ChangeKind, ChecklistEdit, ChecklistsUpdated, NewChecklistItem, Operation, add_checklist_items::new_items,
    checklists_updated::require_checklists,
};
use crate::{
    access::BoardRole,
    by_name::each,
    checklist::{Checklist, MAX_CHECKLISTS},
    id::{ChecklistId, TaskId},
    model::Place,
    refusal::{Refusal, Thing},
    state::{BoardState, Placement},
    text,
};

/// Adds a checklist to a task.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateChecklist {
    /// The task.
    pub task: TaskId,
    /// The id of the checklist, made by the sender.
    pub checklist: ChecklistId,
    /// The name.
    pub name: String,
    /// The items, at most 200.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "each")]
    pub items: Vec<NewChecklistItem>,
    /// The position among the checklists of the task.
    #[serde(default)]
    #[cfg_attr(feature = "ssr", schema(value_type = crate::schema::Place, required = false))]
    pub place: Place<ChecklistId>,
}

impl CreateChecklist {
    /// Creates a request for an empty checklist, last on the task.
    pub fn of(task: TaskId, checklist: ChecklistId, name: impl Into<String>) -> Self {
        Self { task, checklist, name: name.into(), items: Vec::new(), place: Place::Last }
    }
}

impl Operation for CreateChecklist {
    fn role_needed(&self) -> BoardRole {
        BoardRole::Editor
    }

    fn decide(&self, state: &BoardState) -> Result<ChangeKind, Refusal> {
        let (task, lists) = require_checklists(state, self.task)?;
        if lists.list(self.checklist).is_some() {
            return Err(Refusal::Exists { what: Thing::Checklist });
        }
        if lists.lists().count() >= MAX_CHECKLISTS {
            return Err(Refusal::Full { what: Thing::Checklist, limit: MAX_CHECKLISTS as u32 });
        }
        let name = text::name("name", &self.name)?;
        let Placement { rank, ranks } = lists.place_list(self.place, self.checklist);
        let after = Checklist { id: self.checklist, name, rank, deleted: false, seq: 0 };
        let (items, _) = new_items(lists, self.checklist, &self.items)?;
        let list = ChecklistEdit { before: None, after };
        let change =
            ChecklistsUpdated { lists: vec![list], items, list_ranks: ranks, ..ChecklistsUpdated::of(self.task) };
        change.decided(state, task, lists)
    }
}
