//! How far a column is drawn beyond its window: the tasks that this page put further down.

use leptos::prelude::*;

use crate::id::TaskId;

/// Tasks that were put somewhere by this page: they are drawn even if they lie further down than the column is drawn, or
/// they would seem to be lost. A context.
#[derive(Clone, Copy)]
pub struct Revealed(RwSignal<Vec<TaskId>>);

impl Revealed {
    /// How many are remembered.
    const MOST: usize = 20;

    /// Starts with none.
    pub fn provide() -> Self {
        let revealed = Self(RwSignal::new(Vec::new()));
        provide_context(revealed);
        revealed
    }

    /// The tasks, in the order they were put there.
    pub fn tasks(self) -> Vec<TaskId> {
        self.0.get()
    }

    /// As [`Self::tasks`], without a copy.
    pub fn read(self) -> <RwSignal<Vec<TaskId>> as Read>::Value {
        self.0.read()
    }

    /// Draws a task wherever it is.
    pub fn add(self, task: TaskId) {
        self.0.update(|tasks| {
            tasks.retain(|other| *other != task);
            tasks.push(task);
            let forget = tasks.len().saturating_sub(Self::MOST);
            tasks.drain(..forget);
        });
    }
}
