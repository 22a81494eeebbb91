//! The operation that adds a label to a board.

use serde::{Deserialize, Serialize};

use super::{ChangeKind, LabelSet, Operation, label_set::require_room};
use crate::{
    access::BoardRole,
    id::LabelId,
    label::{Hue, Label, Pattern, Tone},
    model::Place,
    refusal::{Refusal, Thing},
    state::{BoardState, Placement},
    text,
};

/// Adds a label.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateLabel {
    /// The id of the label, made by the sender.
    pub label: LabelId,
    /// The name; it may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The hue.
    #[serde(default)]
    pub hue: Hue,
    /// The tone of the hue.
    #[serde(default, skip_serializing_if = "Tone::is_default")]
    pub tone: Tone,
    /// The pattern.
    #[serde(default, skip_serializing_if = "Pattern::is_default")]
    pub pattern: Pattern,
    /// What the label is for: one line of text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The position among the labels.
    #[serde(default)]
    #[cfg_attr(feature = "ssr", schema(value_type = crate::schema::Place, required = false))]
    pub place: Place<LabelId>,
}

impl CreateLabel {
    /// Creates a request for a label with only a name and a hue.
    pub fn of(label: LabelId, name: impl Into<String>, hue: Hue) -> Self {
        let (tone, pattern, description, place) = Default::default();
        Self { label, name: name.into(), hue, tone, pattern, description, place }
    }
}

impl Operation for CreateLabel {
    fn role_needed(&self) -> BoardRole {
        BoardRole::Editor
    }

    fn decide(&self, state: &BoardState) -> Result<ChangeKind, Refusal> {
        if state.label(self.label).is_some() {
            return Err(Refusal::Exists { what: Thing::Label });
        }
        require_room(state, true)?;
        let Self { label: id, hue, tone, pattern, .. } = *self;
        let name = text::label_name(&self.name)?;
        let description = text::label_description(&self.description)?;
        let Placement { rank, ranks } = state.place_label(self.place, id);
        let label = Label { id, name, hue, tone, pattern, description, rank, merged_into: None, seq: 0 };
        Ok(ChangeKind::LabelSet(LabelSet { label, ranks }))
    }
}
