//! The operation that merges a label into another.
//!
//! The label is kept, and stands for the other one on every task that has it. So a merge is one small change, whatever the number of
//! tasks, and an undo restores on each task what it had.

use serde::{Deserialize, Serialize};

use super::{ChangeKind, LabelSet, Operation, label_set::require_label, require_untouched};
use crate::{
    access::BoardRole,
    id::LabelId,
    label::Label,
    model::Seq,
    refusal::{Refusal, Thing},
    state::BoardState,
};

/// Merges a label into another: every task that has it has the other one instead.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MergeLabels {
    /// The label that disappears.
    pub label: LabelId,
    /// The label that remains.
    pub into: LabelId,
    /// Refused as stale if the label was changed after this number. Absent: it is merged in any case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard: Option<Seq>,
}

impl MergeLabels {
    /// Creates a request without a guard.
    pub fn of(label: LabelId, into: LabelId) -> Self {
        Self { label, into, guard: None }
    }
}

impl Operation for MergeLabels {
    fn role_needed(&self) -> BoardRole {
        BoardRole::Editor
    }

    fn decide(&self, state: &BoardState) -> Result<ChangeKind, Refusal> {
        let label = require_label(state, self.label)?;
        require_untouched(label.seq, self.guard)?;
        // It may be merged itself, as long as that does not lead back.
        let remains = state.resolve_label(self.into).ok_or(Refusal::not_found(Thing::Label))?;
        if remains.id == self.label {
            return Err(Refusal::invalid("into", "a label cannot be merged into itself"));
        }
        Ok(LabelSet::of(Label { merged_into: Some(self.into), ..label.clone() }))
    }
}
