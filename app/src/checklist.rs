//! The checklists of a task, as plain values.
//!
//! A task has two numbers for its card, [`Progress`], and its [`Checklists`] themselves, which an outline of the board leaves out, as it
//! leaves out descriptions. A deleted checklist is kept for a while, so that deleting it and an undo of that are small changes.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    id::{ActorId, ChecklistId, ChecklistItemId},
    rank::Rank,
    time::Day,
};

/// The most checklists that a task may have.
pub const MAX_CHECKLISTS: usize = 50;
/// The most items that a checklist may have.
pub const MAX_ITEMS: usize = 200;
/// The most deleted checklists that a task keeps, so that a deletion can be undone.
pub const MAX_KEPT_CHECKLISTS: usize = 10;

fn is_zero(seq: &u64) -> bool {
    *seq == 0
}

/// A checklist of a task, without its items.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", schema(as = StoredChecklist))]
pub struct Checklist {
    /// The id of the checklist.
    pub id: ChecklistId,
    /// The name.
    pub name: String,
    /// The position among the checklists of the task. Equal ranks are ordered by id.
    pub rank: Rank,
    /// Whether it was deleted. It is kept, with its items, so that it can be restored.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
    /// The number of its newest change; 0 in a checklist that is not part of a state yet. Changes of its items, and a new rank that makes
    /// room for another checklist, are not changes of it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub seq: u64,
}

/// An item of a checklist.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", schema(as = StoredChecklistItem))]
pub struct ChecklistItem {
    /// The id of the item.
    pub id: ChecklistItemId,
    /// The checklist that it is in.
    pub checklist: ChecklistId,
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
    /// The position in the checklist. Equal ranks are ordered by id.
    pub rank: Rank,
    /// The number of its newest change; 0 in an item that is not part of a state yet. A new rank that makes room for another item is not a
    /// change of it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub seq: u64,
}

/// How many items the checklists of a task have, and how many of them are done.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The items that are done.
    pub done: u32,
    /// All items.
    pub items: u32,
}

impl Progress {
    /// Whether there are no items.
    pub fn is_empty(&self) -> bool {
        self.items == 0
    }

    /// Whether there are items, and all of them are done.
    pub fn is_complete(&self) -> bool {
        self.items > 0 && self.done == self.items
    }

    /// Counts items.
    pub fn of<'a>(items: impl IntoIterator<Item = &'a Arc<ChecklistItem>>) -> Self {
        let mut progress = Self::default();
        for item in items {
            progress.items += 1;
            progress.done += u32::from(item.done);
        }
        progress
    }
}

/// The checklists of a task with their items.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checklists {
    /// The checklists, in order, also deleted ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    lists: Vec<Arc<Checklist>>,
    /// The items of all checklists, ordered by rank.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    items: Vec<Arc<ChecklistItem>>,
}

impl Checklists {
    /// No checklists.
    pub const NONE: Self = Self { lists: Vec::new(), items: Vec::new() };

    /// Puts checklists and items into their order.
    pub fn of(mut lists: Vec<Arc<Checklist>>, mut items: Vec<Arc<ChecklistItem>>) -> Self {
        lists.sort_by(|a, b| (&a.rank, a.id).cmp(&(&b.rank, b.id)));
        items.sort_by(|a, b| (&a.rank, a.id).cmp(&(&b.rank, b.id)));
        Self { lists, items }
    }

    /// Whether there are none, not even deleted ones.
    pub fn is_empty(&self) -> bool {
        self.lists.is_empty()
    }

    /// Returns the checklists, in order, without deleted ones.
    pub fn lists(&self) -> impl DoubleEndedIterator<Item = &Arc<Checklist>> {
        self.lists.iter().filter(|list| !list.deleted)
    }

    /// Returns the checklists, in order, also deleted ones.
    pub fn all_lists(&self) -> impl ExactSizeIterator<Item = &Arc<Checklist>> {
        self.lists.iter()
    }

    /// Returns a checklist, also a deleted one.
    pub fn list(&self, id: ChecklistId) -> Option<&Arc<Checklist>> {
        self.lists.iter().find(|list| list.id == id)
    }

    /// Returns the items of a checklist, in order.
    pub fn items_of(&self, list: ChecklistId) -> impl DoubleEndedIterator<Item = &Arc<ChecklistItem>> {
        self.items.iter().filter(move |item| item.checklist == list)
    }

    /// Returns the items of all checklists, also of deleted ones.
    pub fn all_items(&self) -> impl ExactSizeIterator<Item = &Arc<ChecklistItem>> {
        self.items.iter()
    }

    /// Returns an item, also one of a deleted checklist.
    pub fn item(&self, id: ChecklistItemId) -> Option<&Arc<ChecklistItem>> {
        self.items.iter().find(|item| item.id == id)
    }

    /// Counts the items of the checklists that are not deleted.
    pub fn progress(&self) -> Progress {
        let is_there = |item: &&Arc<ChecklistItem>| self.lists().any(|list| list.id == item.checklist);
        Progress::of(self.items.iter().filter(is_there))
    }

    /// The number of the newest change of a checklist and the items that it has now; 0 if it does not exist.
    pub fn contents_seq(&self, list: ChecklistId) -> u64 {
        let own = self.list(list).map_or(0, |list| list.seq);
        self.items_of(list).map(|item| item.seq).max().unwrap_or(0).max(own)
    }

    /// The bytes of all texts.
    pub fn text_bytes(&self) -> usize {
        let names = self.lists.iter().map(|list| list.name.len());
        names.chain(self.items.iter().map(|item| item.text.len())).sum()
    }

    /// Returns the checklists with this number for each checklist and item.
    pub(crate) fn numbered(&self, seq: u64) -> Self {
        let lists = self.lists.iter().map(|list| Arc::new(Checklist { seq, ..Checklist::clone(list) }));
        let items = self.items.iter().map(|item| Arc::new(ChecklistItem { seq, ..ChecklistItem::clone(item) }));
        Self { lists: lists.collect(), items: items.collect() }
    }

    /// Adds a checklist, or replaces the one with the same id.
    pub(crate) fn put_list(&mut self, list: Checklist) {
        self.lists.retain(|other| other.id != list.id);
        let place = self.lists.partition_point(|other| (&other.rank, other.id) < (&list.rank, list.id));
        self.lists.insert(place, Arc::new(list));
    }

    /// Removes a checklist with its items.
    pub(crate) fn remove_list(&mut self, id: ChecklistId) {
        self.lists.retain(|list| list.id != id);
        self.items.retain(|item| item.checklist != id);
    }

    /// Adds an item, or replaces the one with the same id.
    pub(crate) fn put_item(&mut self, item: ChecklistItem) {
        self.items.retain(|other| other.id != item.id);
        let place = self.items.partition_point(|other| (&other.rank, other.id) < (&item.rank, item.id));
        self.items.insert(place, Arc::new(item));
    }

    /// Removes an item.
    pub(crate) fn remove_item(&mut self, id: ChecklistItemId) {
        self.items.retain(|item| item.id != id);
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn item(id: u128, list: u128, rank: &str, done: bool) -> ChecklistItem {
        ChecklistItem {
            id: ChecklistItemId(Uuid::from_u128(id)),
            checklist: ChecklistId(Uuid::from_u128(list)),
            text: "Milk".to_owned(),
            done,
            assignee: None,
            due: None,
            rank: Rank::from_stored(rank),
            seq: id as u64,
        }
    }

    fn list(id: u128, deleted: bool) -> Checklist {
        let (id, name) = (ChecklistId(Uuid::from_u128(id)), "Shopping".to_owned());
        Checklist { id, name, rank: Rank::from_stored("a0"), deleted, seq: 9 }
    }

    #[test]
    fn items_of_deleted_checklists_do_not_count() {
        let mut lists = Checklists::default();
        lists.put_list(list(1, false));
        lists.put_list(list(2, true));
        for (id, of, done) in [(1, 1, true), (2, 1, false), (3, 2, true)] {
            lists.put_item(item(id, of, "a0", done));
        }
        assert_eq!(lists.progress(), Progress { done: 1, items: 2 });
        lists.put_list(list(2, false));
        assert_eq!(lists.progress(), Progress { done: 2, items: 3 });
        lists.remove_list(ChecklistId(Uuid::from_u128(1)));
        assert_eq!((lists.progress(), lists.all_items().len()), (Progress { done: 1, items: 1 }, 1));
        assert!(lists.progress().is_complete() && !Progress::default().is_complete());
    }

    #[test]
    fn items_are_in_the_order_of_their_ranks_and_ids() {
        let mut lists = Checklists::default();
        for (id, rank) in [(2, "a1"), (3, "a0"), (1, "a1")] {
            lists.put_item(item(id, 1, rank, false));
        }
        let ids = |lists: &Checklists| lists.all_items().map(|item| item.id.0.as_u128()).collect::<Vec<_>>();
        assert_eq!(ids(&lists), [3, 1, 2]);
        lists.put_item(item(3, 1, "a2", false));
        assert_eq!(ids(&lists), [1, 2, 3]);
        let again = Checklists::of(Vec::new(), lists.items.iter().rev().cloned().collect());
        assert_eq!(again, lists);
    }
}
