//! The labels of a board, and what the labels of its tasks stand for.

use std::sync::Arc;

use super::{BoardState, Entity, Placement, Touched};
use crate::{
    id::LabelId,
    label::{self, Label},
    model::{Place, Task},
    rank::Rank,
};

impl BoardState {
    /// Returns its labels, in order, without those that were merged into others.
    pub fn labels(&self) -> impl DoubleEndedIterator<Item = &Arc<Label>> {
        self.label_order.ids().filter_map(|id| self.labels.get(&id))
    }

    /// Returns the number of its labels, without those that were merged into others.
    pub fn labels_len(&self) -> usize {
        self.label_order.len()
    }

    /// Returns its labels, also those that were merged into others, ordered by id.
    pub fn all_labels(&self) -> impl ExactSizeIterator<Item = &Arc<Label>> {
        self.labels.values()
    }

    /// Returns a label, also one that was merged into another.
    pub fn label(&self, id: LabelId) -> Option<&Arc<Label>> {
        self.labels.get(&id)
    }

    /// Returns the label that an id stands for: the label itself, or the one that it was merged into. `None` if that
    /// label was deleted.
    pub fn resolve_label(&self, id: LabelId) -> Option<&Arc<Label>> {
        label::resolve(id, |id| self.labels.get(&id))
    }

    /// Whether a label was merged into another one, itself or through others.
    pub(crate) fn is_merged_into(&self, id: LabelId, other: LabelId) -> bool {
        let mut label = self.labels.get(&id);
        // As in `label::resolve`, the limit is a second guard.
        for _ in 0..self.labels.len() {
            match label.and_then(|label| label.merged_into) {
                Some(into) if into == other => return true,
                Some(into) => label = self.labels.get(&into),
                None => return false,
            }
        }
        false
    }

    /// Returns the labels of a task as they are shown: in the order of the board's labels, each once, without deleted
    /// ones.
    pub fn task_labels(&self, task: &Task) -> Vec<Arc<Label>> {
        label::shown(&task.labels, |id| self.labels.get(&id))
    }

    /// Returns the ids of a task's labels that stand for a label: its own, and those of labels that were merged into it. All of them are
    /// removed to take the label off the task.
    pub fn ids_of_label(&self, task: &Task, label: LabelId) -> Vec<LabelId> {
        let stands_for = |id: &LabelId| *id == label || self.resolve_label(*id).is_some_and(|shown| shown.id == label);
        task.labels.iter().filter(|id| stands_for(id)).copied().collect()
    }

    /// Whether a task has a label, or one that was merged into it.
    pub fn has_label(&self, task: &Task, label: LabelId) -> bool {
        task.labels.iter().any(|id| self.resolve_label(*id).is_some_and(|shown| shown.id == label))
    }

    /// Finds a rank for a label at a place.
    pub(crate) fn place_label(&self, place: Place<LabelId>, label: LabelId) -> Placement<LabelId> {
        let is_listed = |label: &&Arc<Label>| label.merged_into.is_none();
        self.label_order
            .place(place, label, |id| self.labels.get(&id).filter(is_listed).map(|label| label.rank.clone()))
    }

    /// Adds a label, or replaces the label with the same id.
    pub(crate) fn put_label(&mut self, label: Label, touched: &mut Touched) {
        self.remove_label(label.id, touched);
        touched.add(Entity::Label(label.id));
        self.list_label(Arc::new(label));
    }

    /// Removes a label.
    pub(crate) fn remove_label(&mut self, id: LabelId, touched: &mut Touched) {
        if let Some(old) = self.labels.remove(&id) {
            self.label_order.remove(&old.rank, id);
            touched.add(Entity::Label(id));
        }
    }

    /// Sets new ranks of labels, which make room for another label.
    pub(crate) fn rerank_labels(&mut self, ranks: &[(LabelId, Rank)], touched: &mut Touched) {
        for (id, rank) in ranks {
            if let Some(label) = self.labels.get(id) {
                self.put_label(Label { rank: rank.clone(), ..Label::clone(label) }, touched);
            }
        }
    }

    pub(super) fn list_label(&mut self, label: Arc<Label>) {
        if label.merged_into.is_none() {
            self.label_order.insert(label.rank.clone(), label.id);
        }
        self.labels.insert(label.id, label);
    }
}
