//! The labels in an edit of a task, as the board knows them.

use crate::{
    fields::TaskPatch,
    id::LabelId,
    label::MAX_TASK_LABELS,
    model::Task,
    refusal::{Refusal, Thing},
    state::BoardState,
};

/// Checks the labels of a patch. `task` is the task that it is for, unless the task is new. Refused if a label to add does not exist. If
/// the task would have too many labels, the patch also removes the ids of deleted ones, which are of no use but for an undo.
///
/// Ids are kept as they were sent, also those of merged labels: so the inverse of an edit restores exactly the ids that were there.
pub(super) fn checked(patch: &TaskPatch, state: &BoardState, task: Option<&Task>) -> Result<TaskPatch, Refusal> {
    let (add, remove) = (patch.labels_added(), patch.labels_removed());
    let is_there = |id: &LabelId| state.resolve_label(*id).is_some();
    if !add.iter().all(is_there) {
        return Err(Refusal::not_found(Thing::Label));
    }
    let has: &[LabelId] = task.map_or(&[], |task| &task.labels);
    if add.is_empty() || has.len() + add.len() <= MAX_TASK_LABELS {
        return Ok(patch.clone());
    }
    let deleted = has.iter().filter(|id| !is_there(id) && !remove.contains(id));
    Ok(patch.with_labels(add.to_vec(), remove.iter().chain(deleted).copied().collect()))
}

/// Returns the patch of a task that also removes the labels that were merged into one that it removes: they stand for it, and whoever sent
/// the patch may not have heard of the merge.
pub(super) fn with_merged(patch: TaskPatch, state: &BoardState, task: &Task) -> TaskPatch {
    let remove = patch.labels_removed();
    let is_meant = |id: &&LabelId| remove.iter().any(|label| state.is_merged_into(**id, *label));
    let merged: Vec<LabelId> = task.labels.iter().filter(|id| !remove.contains(id)).filter(is_meant).copied().collect();
    if merged.is_empty() {
        return patch;
    }
    patch.with_labels(patch.labels_added().to_vec(), remove.iter().copied().chain(merged).collect())
}

/// Returns the patch without labels to add that do not exist.
pub(super) fn without_deleted(patch: TaskPatch, state: &BoardState) -> TaskPatch {
    let is_there = |id: &&LabelId| state.resolve_label(**id).is_some();
    let add: Vec<LabelId> = patch.labels_added().iter().filter(is_there).copied().collect();
    if add.len() == patch.labels_added().len() {
        patch
    } else {
        patch.with_labels(add, patch.labels_removed().to_vec())
    }
}

/// Returns the titles of labels, without those that do not exist.
pub(super) fn titles(labels: &[LabelId], names: &BoardState) -> Vec<String> {
    let mut titles: Vec<String> = Vec::new();
    for label in labels.iter().filter_map(|id| names.resolve_label(*id)) {
        let title = label.title();
        if !titles.contains(&title) {
            titles.push(title);
        }
    }
    titles
}
