//! The operation that takes the merge of a label back.

use serde::{Deserialize, Serialize};

use super::{ChangeKind, LabelSet, Operation, label_set::require_room, require_untouched};
use crate::{
    access::BoardRole,
    id::LabelId,
    label::Label,
    model::Seq,
    refusal::{Refusal, Thing},
    state::BoardState,
};

/// Takes the merge of a label back: it is a label of its own again, on the tasks that had it.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnmergeLabel {
    /// The label that was merged into another.
    pub label: LabelId,
    /// Refused as stale if the label was changed after this number. Absent: the merge is taken back in any case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard: Option<Seq>,
}

impl UnmergeLabel {
    /// Creates a request without a guard.
    pub fn of(label: LabelId) -> Self {
        Self { label, guard: None }
    }
}

impl Operation for UnmergeLabel {
    fn role_needed(&self) -> BoardRole {
        BoardRole::Editor
    }

    fn decide(&self, state: &BoardState) -> Result<ChangeKind, Refusal> {
        let label = state.label(self.label).filter(|label| label.merged_into.is_some());
        let label = label.ok_or(Refusal::not_found(Thing::Label))?;
        require_untouched(label.seq, self.guard)?;
        // If the other label was deleted, that is to be undone first: nobody could redo the merge.
        state.resolve_label(label.id).ok_or(Refusal::not_found(Thing::Label))?;
        require_room(state, false)?;
        Ok(LabelSet::of(Label { merged_into: None, ..Label::clone(label) }))
    }
}
