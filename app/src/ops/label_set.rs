//! The change that adds a label or changes it.
//!
//! One kind of change serves four operations: it holds the label as it is afterwards, so that a copy of a board takes it over without
//! knowing which operation it was. What people are told is the difference to the label before.

use serde::{Deserialize, Serialize};

use super::{
    ChangeKind, DeleteLabel, Effect, Inverse, MergeLabels, Op, Part, UnmergeLabel, UpdateLabel, inverse::FormerPlace,
};
use crate::{
    activity::{ActivityItem, FromTo},
    id::LabelId,
    label::{Label, MAX_KEPT_LABELS, MAX_LABELS},
    rank::Rank,
    refusal::{Refusal, Thing},
    state::{BoardState, Stamp, Touched},
};

/// Returns a label that was not merged into another.
pub(super) fn require_label(state: &BoardState, id: LabelId) -> Result<&Label, Refusal> {
    let label = state.label(id).map(|label| &**label).filter(|label| label.merged_into.is_none());
    label.ok_or(Refusal::not_found(Thing::Label))
}

/// Checks that the board may have one more label; a new one is also kept when it is merged.
pub(super) fn require_room(state: &BoardState, is_new: bool) -> Result<(), Refusal> {
    let full = |limit: usize| Err(Refusal::Full { what: Thing::Label, limit: limit as u32 });
    match () {
        () if state.labels_len() >= MAX_LABELS => full(MAX_LABELS),
        () if is_new && state.all_labels().len() >= MAX_KEPT_LABELS => full(MAX_KEPT_LABELS),
        () => Ok(()),
    }
}

/// The content of a change that adds a label, changes it, merges it into another, or takes that back.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelSet {
    /// The label as it is now. Its number is set when the change is applied.
    pub label: Label,
    /// New ranks of other labels, which make room for this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "ssr", schema(value_type = Vec<Vec<String>>))]
    pub ranks: Vec<(LabelId, Rank)>,
}

impl LabelSet {
    /// Creates the change of a label that stays where it is.
    pub(super) fn of(label: Label) -> ChangeKind {
        ChangeKind::LabelSet(Self { label: Label { seq: 0, ..label }, ranks: Vec::new() })
    }
}

impl Effect for LabelSet {
    fn apply(&self, state: &mut BoardState, stamp: Stamp, touched: &mut Touched) {
        state.rerank_labels(&self.ranks, touched);
        state.put_label(Label { seq: stamp.seq, ..self.label.clone() }, touched);
    }

    fn numbers(&self) -> Vec<Part> {
        vec![Part::Label(self.label.id)]
    }

    fn inverse(&self, before: &BoardState) -> Option<Inverse> {
        let new = &self.label;
        let guarded = vec![Part::Label(new.id)];
        let Some(old) = before.label(new.id) else {
            return Some(Inverse::of(Op::DeleteLabel(DeleteLabel::of(new.id)), guarded));
        };
        match (old.merged_into, new.merged_into) {
            (Some(into), None) => {
                let merge = MergeLabels::of(new.id, into);
                return Some(Inverse::of(Op::MergeLabels(merge), guarded));
            }
            (None, Some(_)) => {
                return Some(Inverse::of(Op::UnmergeLabel(UnmergeLabel::of(new.id)), guarded));
            }
            _ => {}
        }
        let update = UpdateLabel {
            name: (new.name != old.name).then(|| old.name.clone()),
            hue: (new.hue != old.hue).then_some(old.hue),
            tone: (new.tone != old.tone).then_some(old.tone),
            pattern: (new.pattern != old.pattern).then_some(old.pattern),
            description: (new.description != old.description).then(|| old.description.clone()),
            ..UpdateLabel::of(old.id)
        };
        let place = (new.rank != old.rank).then(|| FormerPlace::of_label(before, old.id));
        let changes = place.is_some() || update != UpdateLabel::of(old.id);
        changes.then_some(Inverse { op: Op::UpdateLabel(update), place, guarded })
    }

    fn label<'a>(&'a self, before: &'a BoardState) -> (&'static str, &'a str) {
        let new = &self.label;
        let Some(old) = before.label(new.id) else { return ("add label", &new.name) };
        let words = match (old.merged_into, new.merged_into) {
            (None, Some(_)) => "merge label",
            (Some(_), None) => "take back the merge of label",
            _ if old.name != new.name => "rename label",
            _ if old.rank != new.rank => "move label",
            _ => "change label",
        };
        (words, &old.name)
    }

    fn activity_items(&self, before: Option<&BoardState>, names: &BoardState) -> Vec<ActivityItem> {
        let new = &self.label;
        let title = new.title();
        let into = |id: LabelId| names.resolve_label(id).map(|label| label.title());
        let Some(old) = before.unwrap_or(names).label(new.id) else { return vec![ActivityItem::AddedLabel(title)] };
        match (old.merged_into, new.merged_into) {
            (None, Some(id)) => return vec![ActivityItem::MergedLabel(FromTo { from: Some(title), to: into(id) })],
            (Some(id), None) => return vec![ActivityItem::UnmergedLabel(FromTo { from: into(id), to: Some(title) })],
            _ => {}
        }
        let rename = || ActivityItem::RenamedLabel(FromTo { from: Some(old.title()), to: Some(title.clone()) });
        [
            (new.name != old.name).then(rename),
            (new.looks() != old.looks()).then(|| ActivityItem::RecolouredLabel(title.clone())),
            (new.description != old.description).then(|| ActivityItem::DescribedLabel(title.clone())),
            (new.rank != old.rank).then(|| ActivityItem::MovedLabel(title.clone())),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}
