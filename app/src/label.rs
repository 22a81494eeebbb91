//! The labels of a board, as plain values.
//!
//! A task has a set of ids of labels. It keeps the id of a label that is deleted or merged, and the board decides what
//! the id means now ([`BoardState::resolve_label`](crate::state::BoardState::resolve_label)). So deleting or merging a
//! label, and undoing that, is one small change however many tasks have the label, and tasks that are not loaded need
//! no change.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use crate::hue::Hue;
use crate::{
    hue::named,
    id::LabelId,
    model::{Seq, never},
    rank::Rank,
    text::{capitalised, folded},
};

/// The most labels that a board may have.
pub const MAX_LABELS: usize = 1_000;
/// The most labels that a board may have together with those that were merged into others, which it keeps so that a
/// merge can be undone.
pub const MAX_KEPT_LABELS: usize = 2_000;
/// The most labels that a task may have.
pub const MAX_TASK_LABELS: usize = 50;

named! {
    /// The tone of a label's hue.
    Tone {
        /// A light one.
        Light = "light",
        /// The usual one.
        #[default]
        Normal = "normal",
        /// A dark one.
        Dark = "dark",
    }
}

named! {
    /// The pattern of a label, by which it can be recognised without its colour.
    Pattern {
        /// None: only the colour.
        #[default]
        None = "none",
        /// Diagonal stripes.
        Stripes = "stripes",
        /// Horizontal lines.
        Lines = "lines",
        /// Vertical bars.
        Bars = "bars",
        /// Dots.
        Dots = "dots",
        /// A chequered field.
        Checks = "checks",
    }
}

named! {
    /// Which of several labels a task must have.
    LabelMatch {
        /// At least one of them.
        #[default]
        Any = "any",
        /// All of them.
        All = "all",
        /// None of them.
        None = "none",
    }
}

/// A label of a board.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", schema(as = StoredLabel))]
pub struct Label {
    /// The id of the label.
    pub id: LabelId,
    /// The name. A label may have none; then it is named by its colour.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The hue.
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
    /// The position among the labels. Equal ranks are ordered by id.
    pub rank: Rank,
    /// The label that this one was merged into. It stands for that label on every task that has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<LabelId>,
    /// The number of its newest change; 0 in a label that is not part of a state yet. A new rank that makes room for
    /// another label is not a change of it.
    #[serde(default, skip_serializing_if = "never")]
    pub seq: Seq,
}

/// A filter of tasks by several labels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelFilter {
    /// The labels. Without any, [`LabelMatch::None`] wants tasks without labels, and the others want every task.
    pub labels: Vec<LabelId>,
    /// Which of them a task must have.
    pub by: LabelMatch,
}

impl LabelFilter {
    /// Whether the filter can exclude any task.
    pub fn is_set(&self) -> bool {
        !self.labels.is_empty() || self.by == LabelMatch::None
    }

    /// Whether a task with these labels is wanted. `shown` returns the label that an id stands for.
    pub fn wants(&self, labels: &[LabelId], shown: impl Fn(LabelId) -> Option<LabelId>) -> bool {
        let has = |wanted: &LabelId| {
            shown(*wanted).is_some_and(|wanted| labels.iter().any(|label| shown(*label) == Some(wanted)))
        };
        match self.by {
            LabelMatch::Any => self.labels.is_empty() || self.labels.iter().any(has),
            LabelMatch::All => self.labels.iter().all(has),
            LabelMatch::None if self.labels.is_empty() => !labels.iter().any(|label| shown(*label).is_some()),
            LabelMatch::None => !self.labels.iter().any(has),
        }
    }
}

impl Label {
    /// Returns the name, or, if the label has none, its colour: `Light red`.
    pub fn title(&self) -> String {
        if !self.name.is_empty() {
            return self.name.clone();
        }
        let colour = match self.tone {
            Tone::Normal => self.hue.as_str().to_owned(),
            tone => format!("{} {}", tone.as_str(), self.hue.as_str()),
        };
        capitalised(&colour)
    }

    /// Returns the name, or, if the label has none, its colour and pattern in parentheses: `(light red, stripes)`. It stands for the label
    /// where only text is: there labels without a name must be told apart, from each other and from those whose name is a colour.
    pub fn in_words(&self) -> String {
        if !self.name.is_empty() {
            return self.name.clone();
        }
        let colour = self.title().to_lowercase();
        match self.pattern {
            Pattern::None => format!("({colour})"),
            pattern => format!("({colour}, {})", pattern.as_str()),
        }
    }

    /// Whether it is the same label on another board: it has the same name, in any case, or, if neither has a name, the same looks.
    pub fn is_like(&self, other: &Self) -> bool {
        match self.name.is_empty() && other.name.is_empty() {
            true => self.looks() == other.looks(),
            false => folded(&self.name) == folded(&other.name),
        }
    }

    /// What it looks like.
    pub fn looks(&self) -> (Hue, Tone, Pattern) {
        (self.hue, self.tone, self.pattern)
    }
}

/// Returns the label that an id stands for: the label itself, or the one that it was merged into. `None` if that label was deleted.
/// `known` finds a label of the board, also one that was merged into another.
pub fn resolve<'a>(id: LabelId, known: impl Fn(LabelId) -> Option<&'a Arc<Label>>) -> Option<&'a Arc<Label>> {
    let mut label = known(id)?;
    // No merge leads back to the label itself, so there is no circle; the limit is a second guard.
    for _ in 0..MAX_KEPT_LABELS {
        match label.merged_into {
            Some(into) => label = known(into)?,
            None => return Some(label),
        }
    }
    None
}

/// Returns the labels that the ids of a task stand for as they are shown: in the order of the board's labels, each once, without deleted
/// ones.
pub fn shown<'a>(ids: &[LabelId], known: impl Fn(LabelId) -> Option<&'a Arc<Label>>) -> Vec<Arc<Label>> {
    let mut labels: Vec<&Arc<Label>> = Vec::new();
    for label in ids.iter().filter_map(|id| resolve(*id, &known)) {
        if let Err(index) = labels.binary_search_by(|other| (&other.rank, other.id).cmp(&(&label.rank, label.id))) {
            labels.insert(index, label);
        }
    }
    labels.into_iter().cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::new_id;

    fn label(name: &str, hue: Hue, pattern: Pattern) -> Label {
        let (id, rank) = (new_id(), Rank::from_stored("a"));
        let (tone, description, merged_into, seq) = Default::default();
        Label { id, name: name.to_owned(), hue, tone, pattern, description, rank, merged_into, seq }
    }

    #[test]
    fn a_label_without_a_name_is_told_apart_from_others() {
        let named = label("Red", Hue::Red, Pattern::None);
        let plain = label("", Hue::Red, Pattern::None);
        let striped = Label { tone: Tone::Light, ..label("", Hue::Red, Pattern::Stripes) };
        let words = [named, plain, striped].map(|label| label.in_words());
        assert_eq!(words, ["Red", "(red)", "(light red, stripes)"]);
    }

    #[test]
    fn a_label_is_like_one_of_the_same_name_or_the_same_looks() {
        let bug = label("Bug", Hue::Red, Pattern::None);
        assert!(bug.is_like(&label("bug", Hue::Blue, Pattern::Dots)));
        assert!(!bug.is_like(&label("Bugs", Hue::Red, Pattern::None)));
        let red = label("", Hue::Red, Pattern::None);
        assert!(red.is_like(&label("", Hue::Red, Pattern::None)));
        assert!(!red.is_like(&label("", Hue::Red, Pattern::Dots)) && !red.is_like(&bug));
    }
}
