//! The operation that adds items to a checklist.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    ChangeKind, ChecklistItemEdit, ChecklistsUpdated, Operation,
    checklists_updated::{require_checklist, require_checklists},
};
use crate::{
    access::BoardRole,
    by_name::each,
    checklist::{ChecklistItem, Checklists, MAX_ITEMS},
    id::{ActorId, ChecklistId, ChecklistItemId, TaskId},
    model::Place,
    rank::Rank,
    refusal::{Refusal, Thing},
    state::BoardState,
    text,
    time::Day,
};

/// Adds items to a checklist.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddChecklistItems {
    /// The task.
    pub task: TaskId,
    /// The checklist.
    pub checklist: ChecklistId,
    /// The items. A checklist has at most 200.
    #[serde(deserialize_with = "each")]
    pub items: Vec<NewChecklistItem>,
}

/// A new item of a checklist.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewChecklistItem {
    /// The id of the item, made by the sender.
    pub item: ChecklistItemId,
    /// What is to be done: one line, in which `**bold**` and the like are Markdown.
    pub text: String,
    /// Whether it is done.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub done: bool,
    /// The person who is to do it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<ActorId>,
    /// The due date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Day>,
    /// The position in the checklist. Absent: after the item before it in the request; for the first one, last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<crate::schema::Place>, nullable = false))]
    pub place: Option<Place<ChecklistItemId>>,
}

impl NewChecklistItem {
    /// Creates an item that is not done.
    pub fn of(item: ChecklistItemId, text: impl Into<String>) -> Self {
        Self { item, text: text.into(), done: false, assignee: None, due: None, place: None }
    }

    /// Creates an item that is like a deleted one.
    pub(super) fn again(old: &ChecklistItem) -> Self {
        Self { done: old.done, assignee: old.assignee, due: old.due, ..Self::of(old.id, old.text.clone()) }
    }
}

impl AddChecklistItems {
    /// Creates a request without items.
    pub fn of(task: TaskId, checklist: ChecklistId) -> Self {
        Self { task, checklist, items: Vec::new() }
    }
}

impl Operation for AddChecklistItems {
    fn role_needed(&self) -> BoardRole {
        BoardRole::Editor
    }

    fn decide(&self, state: &BoardState) -> Result<ChangeKind, Refusal> {
        let (task, lists) = require_checklists(state, self.task)?;
        require_checklist(lists, self.checklist)?;
        if self.items.is_empty() {
            return Err(Refusal::invalid("items", "there must be at least one item"));
        }
        let (items, item_ranks) = new_items(lists, self.checklist, &self.items)?;
        ChecklistsUpdated { items, item_ranks, ..ChecklistsUpdated::of(self.task) }.decided(state, task, lists)
    }
}

/// Checks that a checklist may have so many more items.
pub(super) fn require_room(lists: &Checklists, list: ChecklistId, more: usize) -> Result<(), Refusal> {
    match lists.items_of(list).count() + more > MAX_ITEMS {
        true => Err(Refusal::Full { what: Thing::ChecklistItem, limit: MAX_ITEMS as u32 }),
        false => Ok(()),
    }
}

/// Checks new items, and finds their ranks. Returns them with new ranks of other items, which make room.
#[allow(clippy::type_complexity, reason = "a pair of lists")]
pub(super) fn new_items(
    lists: &Checklists,
    list: ChecklistId,
    items: &[NewChecklistItem],
) -> Result<(Vec<ChecklistItemEdit>, Vec<(ChecklistItemId, Rank)>), Refusal> {
    require_room(lists, list, items.len())?;
    let mut ids = BTreeSet::new();
    if items.iter().any(|new| lists.item(new.item).is_some() || !ids.insert(new.item)) {
        return Err(Refusal::Exists { what: Thing::ChecklistItem });
    }
    let mut last = Place::Last;
    let places = items.iter().map(|new| {
        let place = new.place.unwrap_or(last);
        last = Place::After(new.item);
        (new.item, place)
    });
    let places = lists.place_items(list, places);
    let edit = |(new, rank): (&NewChecklistItem, Rank)| {
        let NewChecklistItem { item: id, done, assignee, due, .. } = *new;
        let text = text::item(&new.text)?;
        let after = Some(ChecklistItem { id, checklist: list, text, done, assignee, due, rank, seq: 0 });
        Ok(ChecklistItemEdit { before: None, after })
    };
    let items = items.iter().zip(places.ranks).map(edit).collect::<Result<_, Refusal>>()?;
    Ok((items, places.others))
}
