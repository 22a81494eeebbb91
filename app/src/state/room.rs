//! How much a board holds, and how much it may: so that whoever opens it knows what is coming.
//!
//! A board is read, kept and sent in full. So it may hold only so many tasks, and only so many bytes of text, whoever wrote them.
//! The trash has its own bounds: it never stands in the way of work, but what was deleted the longest ago leaves it for good when
//! more is deleted than it holds. That is a part of the change that deletes, so the log tells it and everybody's copy agrees.

use std::collections::BTreeSet;

use crate::{
    id::TaskId,
    model::{Seq, Task},
    refusal::{Refusal, Thing},
};

/// How many tasks a board holds, those in the trash not counted.
pub const MAX_TASKS: usize = 10_000;
/// How many bytes the tasks of a board may have together, those in the trash not counted: titles, descriptions, and
/// [`TASK_BYTES`] for all else of each.
pub const MAX_BOARD_BYTES: usize = 8_000_000;
/// How many tasks the trash holds.
pub const MAX_TRASH_TASKS: usize = 1_000;
/// How many bytes the tasks in the trash may have together.
pub const MAX_TRASH_BYTES: usize = 2_000_000;

/// How many boards one person may manage before they can make no more.
pub const MAX_BOARDS_OF_ONE: usize = 1_000;

/// What a task weighs besides its texts, roughly: ids, times and numbers, as they are sent.
const TASK_BYTES: usize = 400;
/// The same for each assignee.
const ASSIGNEE_BYTES: usize = 40;
/// How many tasks leave the trash with one change at most. (A board may have more than its trash holds from a time without bounds.)
const MOST_PURGED: usize = 100;

/// What is on a board, added up as it comes and goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Room {
    live_bytes: usize,
    live_tasks: usize,
    trash_bytes: usize,
    /// The tasks in the trash and what each weighs, those deleted first first.
    trash: BTreeSet<(Seq, TaskId, usize)>,
}

impl Room {
    pub fn add(&mut self, task: &Task) {
        let bytes = weight(task);
        if task.is_deleted() {
            self.trash_bytes += bytes;
            self.trash.insert((task.place_seq, task.id, bytes));
        } else {
            self.live_bytes += bytes;
            self.live_tasks += 1;
        }
    }

    pub fn remove(&mut self, task: &Task) {
        let bytes = weight(task);
        if task.is_deleted() {
            self.trash_bytes -= bytes;
            self.trash.remove(&(task.place_seq, task.id, bytes));
        } else {
            self.live_bytes -= bytes;
            self.live_tasks -= 1;
        }
    }

    /// Whether there is room for one task more, with texts and assignees like these.
    pub fn require_task(&self, texts: [&str; 2], assignees: usize) -> Result<(), Refusal> {
        if self.live_tasks >= MAX_TASKS {
            return Err(Refusal::Full { what: Thing::Task, limit: MAX_TASKS as u32 });
        }
        self.require_bytes(TASK_BYTES + texts.map(str::len).iter().sum::<usize>() + ASSIGNEE_BYTES * assignees)
    }

    /// Whether a task on the board may be so many bytes larger than it is.
    pub fn require_bytes(&self, more: usize) -> Result<(), Refusal> {
        match more > 0 && self.live_bytes + more > MAX_BOARD_BYTES {
            true => Err(Refusal::Full { what: Thing::Text, limit: MAX_BOARD_BYTES as u32 }),
            false => Ok(()),
        }
    }

    /// What leaves the trash for good when a task comes into it.
    pub fn purged_by(&self, task: &Task) -> Vec<TaskId> {
        let (mut tasks, mut bytes) = (self.trash.len() + 1, self.trash_bytes + weight(task));
        let mut purged = Vec::new();
        for (_, oldest, weight) in self.trash.iter().take(MOST_PURGED) {
            if tasks <= MAX_TRASH_TASKS && bytes <= MAX_TRASH_BYTES {
                break;
            }
            tasks -= 1;
            bytes -= weight;
            purged.push(*oldest);
        }
        purged
    }
}

fn weight(task: &Task) -> usize {
    TASK_BYTES + task.title.len() + task.description().map_or(0, str::len) + ASSIGNEE_BYTES * task.assignees.len()
}
