//! What of a board is not sent with it: descriptions and the trash, which are large, or seldom looked at.
//!
//! A page gets the *outline* of a board. What it shows besides is a [`Part`], which it loads when it is needed. A part is as of a
//! number, like the outline, and from then on it is moved on by the same changes through the same [`BoardState::apply`]. Nothing is
//! lost where the two numbers differ:
//!
//! - A description belongs to a task of that very [`description_seq`](Task::description_seq). A change that makes a newer one brings
//!   the whole text.
//! - A task in the trash that the state does not have is added, unless the state has seen it leave the trash since. (Where a task is
//!   restored, the change brings the task.)

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{BoardState, Snapshot, Touched};
use crate::{
    id::TaskId,
    model::{Seq, Task},
};

/// A part of a board that its outline leaves out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// One task in full, in the trash or not.
    Task(TaskId),
    /// The descriptions of all tasks that are not in the trash.
    Descriptions,
    /// The tasks in the trash.
    Trash,
}

/// A part, as of a number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadedPart {
    /// Which part.
    pub part: Part,
    /// The number of the newest change in it.
    pub seq: Seq,
    /// The tasks that it is made of.
    pub tasks: Vec<Arc<Task>>,
}

impl BoardState {
    /// The state as a page gets it: without the trash, and without the texts of descriptions.
    pub fn outline(&self) -> Snapshot {
        let mut snapshot = Snapshot { outline: true, ..self.snapshot() };
        snapshot.state.tasks.retain(|task| !task.is_deleted());
        for task in snapshot.state.tasks.iter_mut().filter(|task| task.is_described()) {
            *task = Arc::new(task.outline());
        }
        snapshot
    }

    /// A part that the outline leaves out.
    pub fn part(&self, part: Part) -> LoadedPart {
        let tasks = match part {
            Part::Task(id) => self.task(id).cloned().into_iter().collect(),
            Part::Descriptions => {
                self.tasks().filter(|task| !task.is_deleted() && task.is_described()).cloned().collect()
            }
            Part::Trash => self.tasks().filter(|task| task.is_deleted()).map(|task| Arc::new(task.outline())).collect(),
        };
        LoadedPart { part, seq: self.seq(), tasks }
    }

    /// Adds a part, but for tasks that have left the trash since. What the state has already stays as it is.
    pub(crate) fn load(&mut self, loaded: &LoadedPart, purged: impl Fn(TaskId) -> bool) -> Touched {
        let mut touched = Touched::default();
        loaded.tasks.iter().filter(|task| !purged(task.id)).for_each(|task| self.load_task(task, &mut touched));
        if loaded.part == Part::Trash {
            let is_gone = |task: &&Arc<Task>| {
                // What was deleted later is in the trash, and could not be in this part.
                let may_be_in_it = task.is_deleted() && task.place_seq <= loaded.seq;
                may_be_in_it && !loaded.tasks.iter().any(|loaded| loaded.id == task.id)
            };
            let gone: Vec<TaskId> = self.tasks().filter(is_gone).map(|task| task.id).collect();
            gone.into_iter().for_each(|id| self.purge_task(id, &mut touched));
        }
        touched
    }

    /// Keeps what an older state had loaded, as far as it is still so: the descriptions that are the same, and the tasks that it saw
    /// come into the trash.
    pub(crate) fn keep_loaded(&mut self, old: &BoardState) {
        let mut ignored = Touched::default();
        old.tasks().for_each(|task| self.load_task(task, &mut ignored));
    }

    /// Adds a task of the trash that is not there, or the description of one that is.
    fn load_task(&mut self, task: &Arc<Task>, touched: &mut Touched) {
        match self.task(task.id) {
            None if task.is_deleted() => self.put_task(Task::clone(task), touched),
            Some(known) if known.lacks_description_of(task) => {
                let mut known = Task::clone(known);
                known.load_description(task);
                self.put_task(known, touched);
            }
            _ => {}
        }
    }
}
