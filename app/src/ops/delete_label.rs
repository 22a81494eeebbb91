//! The operation that deletes a label.
//!
//! Tasks keep the id of a deleted label, which stands for nothing then. So an undo, which creates the label under the same id, brings it
//! back on every task.

use serde::{Deserialize, Serialize};

use super::{
    ChangeKind, CreateLabel, Effect, Inverse, Op, Operation, Part, inverse::FormerPlace, label_set::require_label,
    require_untouched,
};
use crate::{
    access::BoardRole,
    activity::ActivityItem,
    id::LabelId,
    model::{Place, Seq},
    refusal::Refusal,
    state::{BoardState, Stamp, Touched},
};

/// Deletes a label. It disappears from every task.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeleteLabel {
    /// The label.
    pub label: LabelId,
    /// Refused as stale if the label was changed after this number. An undo sets it, so that it does not revert later
    /// changes of other people. Absent: the label is deleted in any case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard: Option<Seq>,
}

impl DeleteLabel {
    /// Creates a request without a guard.
    pub fn of(label: LabelId) -> Self {
        Self { label, guard: None }
    }
}

impl Operation for DeleteLabel {
    fn role_needed(&self) -> BoardRole {
        BoardRole::Editor
    }

    fn decide(&self, state: &BoardState) -> Result<ChangeKind, Refusal> {
        require_untouched(require_label(state, self.label)?.seq, self.guard)?;
        Ok(ChangeKind::LabelDeleted(LabelDeleted { label: self.label }))
    }
}

/// The content of a change that deletes a label.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelDeleted {
    /// The label.
    pub label: LabelId,
}

impl Effect for LabelDeleted {
    fn apply(&self, state: &mut BoardState, _stamp: Stamp, touched: &mut Touched) {
        state.remove_label(self.label, touched);
    }

    fn numbers(&self) -> Vec<Part> {
        vec![Part::Label(self.label)]
    }

    fn inverse(&self, before: &BoardState) -> Option<Inverse> {
        let label = before.label(self.label)?;
        let create = CreateLabel {
            label: label.id,
            name: label.name.clone(),
            hue: label.hue,
            tone: label.tone,
            pattern: label.pattern,
            description: label.description.clone(),
            place: Place::Last,
        };
        let place = Some(FormerPlace::of_label(before, label.id));
        Some(Inverse { op: Op::CreateLabel(create), place, guarded: Vec::new() })
    }

    fn label<'a>(&'a self, before: &'a BoardState) -> (&'static str, &'a str) {
        ("delete label", before.label(self.label).map_or("", |label| &label.name))
    }

    fn activity_items(&self, _before: Option<&BoardState>, names: &BoardState) -> Vec<ActivityItem> {
        vec![ActivityItem::DeletedLabel(names.label(self.label).map(|label| label.title()))]
    }
}
