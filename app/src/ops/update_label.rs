//! The operation that renames, recolours, describes or moves a label.

use serde::{Deserialize, Serialize};

use super::{ChangeKind, LabelSet, Operation, label_set::require_label, require_untouched};
use crate::{
    access::BoardRole,
    id::LabelId,
    label::{Hue, Label, Pattern, Tone},
    model::{Place, Seq},
    refusal::Refusal,
    state::{BoardState, Placement},
    text,
};

/// Renames, recolours, describes or moves a label. Absent fields stay as they are.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpdateLabel {
    /// The label.
    pub label: LabelId,
    /// Refused as stale if the label was changed after this number. An undo sets it, so that it does not revert later
    /// changes of other people. Absent: the label is changed in any case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard: Option<Seq>,
    /// The new name; it may be empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The new hue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hue: Option<Hue>,
    /// The new tone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tone: Option<Tone>,
    /// The new pattern.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<Pattern>,
    /// The new description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The new position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<crate::schema::Place>, nullable = false))]
    pub place: Option<Place<LabelId>>,
}

impl UpdateLabel {
    /// Creates a request that changes nothing yet.
    pub fn of(label: LabelId) -> Self {
        let (guard, name, hue, tone, pattern, description, place) = Default::default();
        Self { label, guard, name, hue, tone, pattern, description, place }
    }
}

impl Operation for UpdateLabel {
    fn role_needed(&self) -> BoardRole {
        BoardRole::Editor
    }

    fn decide(&self, state: &BoardState) -> Result<ChangeKind, Refusal> {
        let old = require_label(state, self.label)?;
        require_untouched(old.seq, self.guard)?;
        let name = self.name.as_deref().map(text::label_name).transpose()?;
        let description = self.description.as_deref().map(text::label_description).transpose()?;
        let Placement { rank, ranks } = match self.place {
            // A place next to itself means that it does not move.
            Some(Place::Before(id) | Place::After(id)) if id == self.label => Placement::unmoved(&old.rank),
            Some(place) => state.place_label(place, self.label),
            None => Placement::unmoved(&old.rank),
        };
        let label = Label {
            id: old.id,
            name: name.unwrap_or_else(|| old.name.clone()),
            hue: self.hue.unwrap_or(old.hue),
            tone: self.tone.unwrap_or(old.tone),
            pattern: self.pattern.unwrap_or(old.pattern),
            description: description.unwrap_or_else(|| old.description.clone()),
            rank,
            merged_into: None,
            seq: 0,
        };
        Ok(ChangeKind::LabelSet(LabelSet { label, ranks }))
    }
}
