//! The operation that ticks, changes, assigns or moves an item of a checklist.

use serde::{Deserialize, Serialize};

use super::{
    ChangeKind, ChecklistItemEdit, ChecklistsUpdated, Operation,
    add_checklist_items::require_room,
    checklists_updated::{require_checklist, require_checklists, require_item},
    present, require_untouched,
};
use crate::{
    access::BoardRole,
    checklist::ChecklistItem,
    id::{ActorId, ChecklistId, ChecklistItemId, TaskId},
    model::{Place, Seq},
    refusal::Refusal,
    state::BoardState,
    text,
    time::Day,
};

/// Ticks, changes, assigns or moves an item. Absent fields stay as they are, so concurrent edits of different fields both survive.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpdateChecklistItem {
    /// The task.
    pub task: TaskId,
    /// The item.
    pub item: ChecklistItemId,
    /// Refused as stale if the item was changed after this number. An undo sets it, so that it does not revert later changes of other
    /// people. Absent: the item is changed in any case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard: Option<Seq>,
    /// The text that the sender changed. Refused as stale if the item has another text now. Absent: the later edit wins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<String>,
    /// The new text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Whether it is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<bool>,
    /// The person who is to do it; `null` for nobody.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub assignee: Option<Option<ActorId>>,
    /// The due date; `null` for none.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub due: Option<Option<Day>>,
    /// The checklist of the same task to move the item to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checklist: Option<ChecklistId>,
    /// The new position, in the item's checklist or in the one that it moves to. If it moves to another one, absent means last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<crate::schema::Place>, nullable = false))]
    pub place: Option<Place<ChecklistItemId>>,
}

impl UpdateChecklistItem {
    /// Creates a request that changes nothing yet.
    pub fn of(task: TaskId, item: ChecklistItemId) -> Self {
        let (guard, was, text, done, assignee, due, checklist, place) = Default::default();
        Self { task, item, guard, was, text, done, assignee, due, checklist, place }
    }
}

impl Operation for UpdateChecklistItem {
    fn role_needed(&self) -> BoardRole {
        BoardRole::Editor
    }

    fn decide(&self, state: &BoardState) -> Result<ChangeKind, Refusal> {
        let (task, lists) = require_checklists(state, self.task)?;
        let old = require_item(lists, self.item)?;
        require_untouched(old.seq, self.guard)?;
        let text = self.text.as_deref().map(text::item).transpose()?;
        if let (Some(text), Some(was)) = (&text, &self.was)
            && *was != old.text
            && *text != old.text
        {
            return Err(Refusal::Stale { seq: old.seq });
        }
        let list = require_checklist(lists, self.checklist.unwrap_or(old.checklist))?.id;
        let leaves = list != old.checklist;
        if leaves {
            require_room(lists, list, 1)?;
        }
        let mut change = ChecklistsUpdated::of(self.task);
        let place = match self.place {
            // A place next to itself means that it does not move.
            Some(Place::Before(id) | Place::After(id)) if id == old.id && !leaves => None,
            None if !leaves => None,
            place => Some(place.unwrap_or_default()),
        };
        let mut rank = old.rank.clone();
        let mut others = Vec::new();
        if let Some(place) = place {
            let mut places = lists.place_items(list, [(old.id, place)]);
            rank = places.ranks.pop().unwrap_or(rank);
            others = places.others;
        }
        let after = ChecklistItem {
            id: old.id,
            checklist: list,
            text: text.unwrap_or_else(|| old.text.clone()),
            done: self.done.unwrap_or(old.done),
            assignee: self.assignee.unwrap_or(old.assignee),
            due: self.due.unwrap_or(old.due),
            rank,
            seq: old.seq,
        };
        if after != *old {
            change.item_ranks = others;
            let (before, after) = (Some(old.clone()), Some(ChecklistItem { seq: 0, ..after }));
            change.items.push(ChecklistItemEdit { before, after });
        }
        change.decided(state, task, lists)
    }
}
