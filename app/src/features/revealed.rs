//! The tasks that this page put below the window of a column, and that are drawn anyway.

use leptos::prelude::*;

use crate::id::TaskId;

/// Tasks that this page created or moved. They are drawn even if they are below the window of their column; otherwise they would seem to
/// be lost. Provided as a Leptos context.
#[derive(Clone, Copy)]
pub struct Revealed(RwSignal<Vec<TaskId>>);

impl Revealed {
    /// How many tasks are remembered.
    const MOST: usize = 20;

    /// Provides the context with no tasks yet.
    pub fn provide() -> Self {
        let revealed = Self(RwSignal::new(Vec::new()));
        provide_context(revealed);
        revealed
    }

    /// The tasks, oldest first.
    pub fn tasks(self) -> Vec<TaskId> {
        self.0.get()
    }

    /// Like [`Self::tasks`], without a copy.
    pub fn read(self) -> <RwSignal<Vec<TaskId>> as Read>::Value {
        self.0.read()
    }

    /// Makes a task be drawn, wherever it is in its column.
    pub fn add(self, task: TaskId) {
        self.0.update(|tasks| {
            tasks.retain(|other| *other != task);
            tasks.push(task);
            let forget = tasks.len().saturating_sub(Self::MOST);
            tasks.drain(..forget);
        });
    }
}
