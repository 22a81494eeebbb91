//! The change of a task's checklists.
//!
//! One kind of change serves all operations on checklists: it holds every checklist and item that it concerns as it was before and as it is
//! afterwards. So a copy of a board takes it over without knowing the operation, and a page that has not loaded the checklists can still
//! tell what was done, count what is done, and undo it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    AddChecklistItems, ChangeKind, DeleteChecklistItems, Effect, Inverse, NewChecklistItem, Op, Part, UpdateChecklist,
    UpdateChecklistItem, inverse::FormerPlace, require_task,
};
use crate::{
    activity::{ActivityItem, FromTo},
    checklist::{Checklist, ChecklistItem, Checklists, Progress},
    id::{ActorId, ChecklistId, ChecklistItemId, TaskId},
    model::{Seq, Task},
    rank::Rank,
    refusal::{Refusal, Thing},
    state::{BoardState, Entity, Stamp, Touched},
};

/// Returns a task and its checklists. Refused if they are not loaded here: then nothing of them is shown that could be edited.
pub(super) fn require_checklists(state: &BoardState, task: TaskId) -> Result<(&Task, &Checklists), Refusal> {
    let task = require_task(state, task)?;
    Ok((task, task.checklists().ok_or(Refusal::not_found(Thing::Checklist))?))
}

/// Returns a checklist that is not deleted.
pub(super) fn require_checklist(lists: &Checklists, id: ChecklistId) -> Result<&Checklist, Refusal> {
    let list = lists.list(id).map(|list| &**list).filter(|list| !list.deleted);
    list.ok_or(Refusal::not_found(Thing::Checklist))
}

/// Returns an item of a checklist that is not deleted.
pub(super) fn require_item(lists: &Checklists, id: ChecklistItemId) -> Result<&ChecklistItem, Refusal> {
    let item = lists.item(id).map(|item| &**item).filter(|item| require_checklist(lists, item.checklist).is_ok());
    item.ok_or(Refusal::not_found(Thing::ChecklistItem))
}

/// A checklist that a change adds, changes, deletes or restores.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChecklistEdit {
    /// The checklist before; absent if it is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub before: Option<Checklist>,
    /// The checklist as it is now. Its number is set when the change is applied.
    pub after: Checklist,
}

/// An item that a change adds, changes or deletes.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChecklistItemEdit {
    /// The item before; absent if it is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub before: Option<ChecklistItem>,
    /// The item as it is now; absent if it is deleted. Its number is set when the change is applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub after: Option<ChecklistItem>,
}

impl ChecklistItemEdit {
    /// The item, before or after.
    fn any(&self) -> Option<&ChecklistItem> {
        self.after.as_ref().or(self.before.as_ref())
    }
}

/// The content of a change of a task's checklists.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChecklistsUpdated {
    /// The task.
    pub task: TaskId,
    /// The checklists that are new or changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lists: Vec<ChecklistEdit>,
    /// The items that are new, changed or deleted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<ChecklistItemEdit>,
    /// Checklists that were deleted before, and are now gone for good with their items.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub purged: Vec<ChecklistId>,
    /// New ranks of other checklists, which make room.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "ssr", schema(value_type = Vec<Vec<String>>))]
    pub list_ranks: Vec<(ChecklistId, Rank)>,
    /// New ranks of other items, which make room.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "ssr", schema(value_type = Vec<Vec<String>>))]
    pub item_ranks: Vec<(ChecklistItemId, Rank)>,
    /// The counts afterwards.
    pub progress: Progress,
}

impl ChecklistsUpdated {
    /// Creates a change that changes nothing yet.
    pub(super) fn of(task: TaskId) -> Self {
        let (lists, items, purged, list_ranks, item_ranks, progress) = Default::default();
        Self { task, lists, items, purged, list_ranks, item_ranks, progress }
    }

    /// Counts the items afterwards, and checks that there is room for the texts.
    pub(super) fn decided(
        mut self,
        state: &BoardState,
        task: &Task,
        lists: &Checklists,
    ) -> Result<ChangeKind, Refusal> {
        let mut updated = Task::clone(task);
        updated.set_checklists(self.on(lists.clone(), state.seq()));
        state.room().require_update(task, &updated)?;
        self.progress = updated.progress;
        Ok(ChangeKind::ChecklistsUpdated(self))
    }

    fn on(&self, mut lists: Checklists, seq: Seq) -> Checklists {
        for edit in &self.lists {
            lists.put_list(Checklist { seq, ..edit.after.clone() });
        }
        for edit in &self.items {
            match (&edit.after, &edit.before) {
                (Some(item), _) => lists.put_item(ChecklistItem { seq, ..item.clone() }),
                (None, Some(item)) => lists.remove_item(item.id),
                (None, None) => {}
            }
        }
        for id in &self.purged {
            lists.remove_list(*id);
        }
        for (id, rank) in &self.list_ranks {
            if let Some(list) = lists.list(*id).cloned() {
                lists.put_list(Checklist { rank: rank.clone(), ..Checklist::clone(&list) });
            }
        }
        for (id, rank) in &self.item_ranks {
            if let Some(item) = lists.item(*id).cloned() {
                lists.put_item(ChecklistItem { rank: rank.clone(), ..ChecklistItem::clone(&item) });
            }
        }
        lists
    }

    /// The order of the items of a checklist before the change, if it is known.
    fn order(&self, before: &BoardState, list: ChecklistId) -> FormerPlace {
        let lists = before.task(self.task).and_then(|task| task.checklists());
        let ids: Option<Arc<[ChecklistItemId]>> = lists.map(|lists| lists.items_of(list).map(|item| item.id).collect());
        FormerPlace::Items(self.task, list, ids.unwrap_or_default())
    }

    fn inverse_of_list(
        &self,
        ChecklistEdit { before: old, after: new }: &ChecklistEdit,
        before: &BoardState,
    ) -> Inverse {
        let undo = UpdateChecklist::of(self.task, new.id);
        let (undo, place) = match old {
            None => (UpdateChecklist { deleted: Some(true), ..undo }, None),
            Some(old) => {
                let undo = UpdateChecklist {
                    name: (new.name != old.name).then(|| old.name.clone()),
                    deleted: (new.deleted != old.deleted).then_some(old.deleted),
                    ..undo
                };
                let moved = new.rank != old.rank;
                (undo, moved.then(|| FormerPlace::of_checklist(before, self.task, old.id)))
            }
        };
        // It is deleted only if nobody has added anything to it.
        let guarded = match undo.deleted {
            Some(true) => Part::ChecklistContents(self.task, new.id),
            _ => Part::Checklist(self.task, new.id),
        };
        Inverse { op: Op::UpdateChecklist(undo), place, guarded: vec![guarded] }
    }

    fn inverse_of_item(&self, old: &ChecklistItem, new: &ChecklistItem, before: &BoardState) -> Inverse {
        let undo = UpdateChecklistItem {
            text: (new.text != old.text).then(|| old.text.clone()),
            done: (new.done != old.done).then_some(old.done),
            assignee: (new.assignee != old.assignee).then_some(old.assignee),
            due: (new.due != old.due).then_some(old.due),
            checklist: (new.checklist != old.checklist).then_some(old.checklist),
            ..UpdateChecklistItem::of(self.task, new.id)
        };
        let moved = new.checklist != old.checklist || new.rank != old.rank;
        let place = moved.then(|| self.order(before, old.checklist));
        Inverse { op: Op::UpdateChecklistItem(undo), place, guarded: vec![Part::ChecklistItem(self.task, new.id)] }
    }

    /// Several items that are all new, or all deleted.
    fn inverse_of_items(&self, before: &BoardState) -> Option<Inverse> {
        let added: Vec<ChecklistItemId> =
            self.items.iter().filter_map(|edit| edit.after.as_ref()).map(|item| item.id).collect();
        if !added.is_empty() {
            let guarded = added.iter().map(|id| Part::ChecklistItem(self.task, *id)).collect();
            let delete = DeleteChecklistItems { items: added, ..DeleteChecklistItems::of(self.task) };
            return Some(Inverse::of(Op::DeleteChecklistItems(delete), guarded));
        }
        let deleted = self.items.iter().filter_map(|edit| edit.before.as_ref());
        let list = self.items.first()?.before.as_ref()?.checklist;
        let items = deleted.map(NewChecklistItem::again).collect();
        let add = AddChecklistItems { items, ..AddChecklistItems::of(self.task, list) };
        let place = Some(self.order(before, list));
        Some(Inverse { op: Op::AddChecklistItems(add), place, guarded: Vec::new() })
    }

    /// The item before and after, if the change changes one item.
    fn changed_item(&self) -> Option<(&ChecklistItem, &ChecklistItem)> {
        let edit = self.items.first().filter(|_| self.items.len() == 1)?;
        edit.before.as_ref().zip(edit.after.as_ref())
    }
}

impl Effect for ChecklistsUpdated {
    fn apply(&self, state: &mut BoardState, stamp: Stamp, touched: &mut Touched) {
        if self.changes_nothing() {
            return;
        }
        let lists = self.lists.iter().map(|edit| edit.after.id).chain(self.purged.iter().copied());
        let lists = lists.chain(self.list_ranks.iter().map(|(id, _)| *id));
        lists.for_each(|id| touched.add(Entity::Checklist(self.task, id)));
        let items = self.items.iter().filter_map(ChecklistItemEdit::any).map(|item| item.id);
        let items = items.chain(self.item_ranks.iter().map(|(id, _)| *id));
        items.for_each(|id| touched.add(Entity::ChecklistItem(self.task, id)));
        state.edit_task(self.task, stamp, touched, |task| {
            // The checklists were loaded as of a later change: see `Task::load_checklists`.
            if stamp.seq < task.checklists_seq {
                return;
            }
            task.checklists_seq = stamp.seq;
            match task.checklists().cloned() {
                Some(lists) => task.set_checklists(self.on(lists, stamp.seq)),
                None => task.count_checklists(self.progress),
            }
        });
    }

    fn task(&self) -> Option<TaskId> {
        Some(self.task)
    }

    fn changes_nothing(&self) -> bool {
        self.lists.is_empty() && self.items.is_empty()
    }

    fn numbers(&self) -> Vec<Part> {
        let mut numbers = Vec::new();
        if !self.changes_nothing() {
            numbers.push(Part::Task(self.task));
        }
        let mut add = |part| {
            if !numbers.contains(&part) {
                numbers.push(part);
            }
        };
        for list in &self.lists {
            add(Part::Checklist(self.task, list.after.id));
            add(Part::ChecklistContents(self.task, list.after.id));
        }
        for edit in &self.items {
            if let Some(item) = edit.any() {
                add(Part::ChecklistItem(self.task, item.id));
            }
            // The contents of a checklist that an item leaves have changed, too, although the number of what is left is as old as before.
            for item in edit.after.iter().chain(&edit.before) {
                add(Part::ChecklistContents(self.task, item.checklist));
            }
        }
        numbers
    }

    fn inverse(&self, before: &BoardState) -> Option<Inverse> {
        if let Some(list) = self.lists.first() {
            return Some(self.inverse_of_list(list, before));
        }
        match self.changed_item() {
            Some((old, new)) => Some(self.inverse_of_item(old, new, before)),
            None => self.inverse_of_items(before),
        }
    }

    fn label<'a>(&'a self, _before: &'a BoardState) -> (&'static str, &'a str) {
        if let Some(ChecklistEdit { before, after }) = self.lists.first() {
            let words = match before {
                None => "add checklist",
                Some(old) if old.deleted != after.deleted && after.deleted => "delete checklist",
                Some(old) if old.deleted != after.deleted => "restore checklist",
                Some(old) if old.name != after.name => "rename checklist",
                Some(_) => "move checklist",
            };
            return (words, before.as_ref().map_or(&after.name, |old| &old.name));
        }
        if let Some((old, new)) = self.changed_item() {
            let words = match () {
                () if old.text != new.text => "change",
                () if new.done && !old.done => "tick",
                () if old.done && !new.done => "untick",
                () if old.assignee != new.assignee => "assign",
                () if old.due != new.due => "set the due date of",
                () => "move",
            };
            return (words, &old.text);
        }
        match &self.items[..] {
            [ChecklistItemEdit { before: None, after: Some(item) }] => ("add", &item.text),
            [ChecklistItemEdit { before: Some(item), .. }] => ("delete", &item.text),
            [ChecklistItemEdit { after: None, .. }, ..] => ("delete checklist items", ""),
            _ => ("add checklist items", ""),
        }
    }

    fn activity_items(&self, _before: Option<&BoardState>, _names: &BoardState) -> Vec<ActivityItem> {
        if let Some(ChecklistEdit { before, after }) = self.lists.first() {
            let name = || after.name.clone();
            let Some(old) = before else { return vec![ActivityItem::AddedChecklist(name())] };
            let rename = || ActivityItem::RenamedChecklist(FromTo { from: Some(old.name.clone()), to: Some(name()) });
            let there = || if after.deleted { ActivityItem::DeletedChecklist } else { ActivityItem::RestoredChecklist };
            return [
                (old.name != after.name).then(rename),
                (old.rank != after.rank).then(|| ActivityItem::MovedChecklist(name())),
                (old.deleted != after.deleted).then(|| there()(name())),
            ]
            .into_iter()
            .flatten()
            .collect();
        }
        if let Some((old, new)) = self.changed_item() {
            let text = || new.text.clone();
            let reword = || ActivityItem::RewordedItem(FromTo { from: Some(old.text.clone()), to: Some(text()) });
            let tick = || if new.done { ActivityItem::TickedItem } else { ActivityItem::UntickedItem };
            let moved = old.checklist != new.checklist || old.rank != new.rank;
            return [
                (old.text != new.text).then(reword),
                (old.done != new.done).then(|| tick()(text())),
                (old.assignee != new.assignee).then(|| ActivityItem::AssignedItem(text(), new.assignee)),
                (old.due != new.due).then(|| ActivityItem::SetItemDue(text(), new.due)),
                moved.then(|| ActivityItem::MovedItem(text())),
            ]
            .into_iter()
            .flatten()
            .collect();
        }
        match &self.items[..] {
            [] => Vec::new(),
            [ChecklistItemEdit { before: None, after: Some(item) }] => vec![ActivityItem::AddedItem(item.text.clone())],
            [ChecklistItemEdit { before: Some(item), .. }] => vec![ActivityItem::DeletedItem(item.text.clone())],
            [ChecklistItemEdit { after: None, .. }, ..] => vec![ActivityItem::DeletedItems(self.items.len())],
            _ => vec![ActivityItem::AddedItems(self.items.len())],
        }
    }

    fn people(&self) -> &[ActorId] {
        let assigned = self.changed_item().and_then(|(_, new)| new.assignee.as_ref());
        assigned.map(std::slice::from_ref).unwrap_or_default()
    }
}
