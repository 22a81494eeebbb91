//! Changes one property of a task where its card or row stands, without opening it: a small box with a [`Combobox`]. It is opened by a key,
//! by a click on a chip, or by the button of the card.
//!
//! - [`choices`]: what can be chosen, for each property. [`editor`]: the box. [`opening`]: the clicks that open it.
//!
//! [`Combobox`]: crate::controls::combobox::Combobox

pub mod choices;
pub mod editor;
pub mod opening;

use leptos::prelude::*;

use crate::id::TaskId;

/// What of a task the box changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Property {
    /// One of the others, which is chosen first.
    Any,
    Column,
    Priority,
    Start,
    Due,
    Assignees,
    Labels,
}

impl Property {
    /// Those that can be chosen.
    const EACH: [Self; 6] = [Self::Due, Self::Assignees, Self::Labels, Self::Priority, Self::Column, Self::Start];

    /// What the box is for, in words.
    fn words(self) -> &'static str {
        match self {
            Self::Any => "Change",
            Self::Column => "Move to a column",
            Self::Priority => "Priority",
            Self::Start => "Start date",
            Self::Due => "Due date",
            Self::Assignees => "Assign",
            Self::Labels => "Labels",
        }
    }
}

/// The task and the property that are being changed; `None` while the box is closed. Provided as a Leptos context.
#[derive(Clone, Copy)]
pub struct QuickEdit(RwSignal<Option<(TaskId, Property)>>);

impl QuickEdit {
    /// Provides the context.
    pub fn provide() -> Self {
        let quick_edit = Self(RwSignal::new(None));
        provide_context(quick_edit);
        quick_edit
    }

    /// Opens the box.
    pub fn open(self, task: TaskId, property: Property) {
        self.0.set(Some((task, property)));
    }
}
