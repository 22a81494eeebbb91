//! The parts of a board that are loaded on demand: descriptions, checklists and the trash, which are large or seldom shown.
//!
//! A page gets the *outline* of a board, and loads a [`Part`] when it needs one. A part is as of a sequence number,
//! like the outline, and the same changes update it through the same [`BoardState::apply`]. If the two numbers differ,
//! nothing is lost:
//!
//! - A description belongs to exactly one [`description_seq`](Task::description_seq) of its task. A change that sets a
//!   newer one contains the whole text.
//! - Checklists belong to one [`checklists_seq`](Task::checklists_seq). Until they are loaded, changes of them only set their number and
//!   their counts. So they are loaded unless they are older; if they are newer, changes up to their number leave them as they are. If they
//!   are older, they must be requested again.
//! - A task in the trash that the state does not have is added, unless the state knows that it was purged since. (A
//!   change that restores a task contains the task.)
//! - A task in the trash may have been restored, edited and deleted again while the page was away. So one that is kept
//!   from before is replaced when a newer one is loaded.

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
    /// One task, complete, with its checklists, in the trash or not.
    Task(TaskId),
    /// The descriptions of all tasks that are not in the trash.
    Descriptions,
    /// The tasks in the trash.
    Trash,
}

/// The data of a part, as of a sequence number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadedPart {
    /// The part.
    pub part: Part,
    /// The number of the newest change in it.
    pub seq: Seq,
    /// The tasks of the part.
    pub tasks: Vec<Arc<Task>>,
}

impl BoardState {
    /// Returns the snapshot for a page: without the trash, the texts of descriptions, and checklists.
    pub fn outline(&self) -> Snapshot {
        let mut snapshot = Snapshot { outline: true, ..self.snapshot() };
        snapshot.state.tasks.retain(|task| !task.is_deleted());
        for task in snapshot.state.tasks.iter_mut().filter(|task| task.has_details()) {
            *task = Arc::new(task.outline());
        }
        snapshot
    }

    /// Returns a part that the outline leaves out.
    pub fn part(&self, part: Part) -> LoadedPart {
        let tasks = match part {
            Part::Task(id) => self.task(id).cloned().into_iter().collect(),
            Part::Descriptions => {
                let described = self.tasks().filter(|task| !task.is_deleted() && task.is_described());
                described.map(|task| Arc::new(task.without_checklists())).collect()
            }
            Part::Trash => self.tasks().filter(|task| task.is_deleted()).map(|task| Arc::new(task.outline())).collect(),
        };
        LoadedPart { part, seq: self.seq(), tasks }
    }

    /// Loads a part, except for tasks that have been purged since. Data that the state already has stays as it is. The
    /// trash also removes tasks that are no longer in it.
    pub(crate) fn load(&mut self, loaded: &LoadedPart, purged: impl Fn(TaskId) -> bool) -> Touched {
        let mut touched = Touched::default();
        loaded.tasks.iter().filter(|task| !purged(task.id)).for_each(|task| self.load_task(task, &mut touched));
        if loaded.part == Part::Trash {
            let is_gone = |task: &&Arc<Task>| {
                // A task that was deleted later is in the trash, but could not be in this part.
                let may_be_in_it = task.is_deleted() && task.place_seq <= loaded.seq;
                may_be_in_it && !loaded.tasks.iter().any(|loaded| loaded.id == task.id)
            };
            let gone: Vec<TaskId> = self.tasks().filter(is_gone).map(|task| task.id).collect();
            gone.into_iter().for_each(|id| self.purge_task(id, &mut touched));
        }
        touched
    }

    /// Keeps the data that an older state had loaded: descriptions and checklists whose number is unchanged, and tasks in the trash.
    /// Such a task may have been purged meanwhile; the next load of the trash then removes it.
    pub(crate) fn keep_loaded(&mut self, old: &BoardState) {
        let mut ignored = Touched::default();
        old.tasks().for_each(|task| self.load_task(task, &mut ignored));
    }

    /// Removes the checklists of a task again, if there are any; the number and the counts stay.
    pub(crate) fn unload_checklists(&mut self, id: TaskId) {
        if let Some(task) = self.task(id).filter(|task| task.checklists().is_some() && task.has_checklists()) {
            let task = task.without_checklists();
            self.put_task(task, &mut Touched::default());
        }
    }

    /// Adds a task of the trash that the state does not have, or has as it was before; or the details of a task that it has.
    fn load_task(&mut self, task: &Arc<Task>, touched: &mut Touched) {
        match self.task(task.id) {
            None if task.is_deleted() => self.put_task(Task::clone(task), touched),
            Some(known) if known.is_deleted() && task.is_deleted() && known.seq < task.seq => {
                let mut newer = Task::clone(task);
                newer.load_description(known);
                newer.load_checklists(known);
                self.put_task(newer, touched);
            }
            Some(known) if known.lacks_description_of(task) || known.lacks_checklists_of(task) => {
                let mut known = Task::clone(known);
                known.load_description(task);
                known.load_checklists(task);
                self.put_task(known, touched);
            }
            _ => {}
        }
    }
}
