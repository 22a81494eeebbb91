//! The comments of the tasks that are open.

use std::{collections::HashMap, sync::Mutex};

use leptos::prelude::*;

use super::{LiveBoard, lock};
use crate::{comment::CommentPage, id::TaskId, state::Touched};

/// For each task whose comments are held, a counter of their changes.
#[derive(Default)]
pub(super) struct Comments(Mutex<HashMap<TaskId, ArcRwSignal<u64>>>);

impl LiveBoard {
    /// Holds the comments of a task until [`Self::release_comments`]: changes of the log are put in from now on, and those that exist
    /// can be [loaded](Self::load_comments). Returns a counter of their changes.
    pub fn hold_comments(&self, task: TaskId) -> ArcRwSignal<u64> {
        self.session().hold_comments(task);
        lock(&self.0.comments.0).entry(task).or_default().clone()
    }

    /// Stops holding the comments of a task.
    pub fn release_comments(&self, task: TaskId) {
        self.session().release_comments(task);
        lock(&self.0.comments.0).remove(&task);
    }

    /// Loads a page of comments. Returns false if it must be loaded again.
    pub fn load_comments(&self, page: &CommentPage) -> bool {
        let Some(outcome) = self.session().load_comments(page) else { return false };
        self.take(outcome);
        // A page may be empty, too.
        self.renew_comments(|task| task == page.task);
        true
    }

    pub(super) fn draw_comments(&self, touched: &Touched) {
        if touched.commented().next().is_some() {
            self.renew_comments(|task| touched.commented().any(|touched| touched == task));
        }
    }

    pub(super) fn renew_comments(&self, which: impl Fn(TaskId) -> bool) {
        let counters: Vec<_> = lock(&self.0.comments.0)
            .iter()
            .filter(|(task, _)| which(**task))
            .map(|(_, counter)| counter.clone())
            .collect();
        counters.iter().for_each(|counter| counter.update(|count| *count += 1));
    }
}
