//! The limits on the size of a board, which bound the cost of opening it.
//!
//! A board is read, kept and sent as a whole, so the number of its tasks and the bytes of its texts are limited,
//! whoever wrote them. The trash has its own limits. It never blocks work: when a deletion exceeds its limits, the
//! tasks that were deleted first leave it for good. The change that deletes lists them, so the log shows it and all
//! copies of the board agree.

use std::collections::BTreeSet;

use crate::{
    checklist::Checklists,
    id::TaskId,
    model::{Seq, Task},
    refusal::{Refusal, Thing},
};

/// The most tasks that a board may have outside the trash.
pub const MAX_TASKS: usize = 10_000;
/// The most bytes that the tasks outside the trash may have together: titles, descriptions, the texts of checklists, [`MEMBER_BYTES`] for
/// each assignee and label, [`ITEM_BYTES`] for each checklist and item, and [`TASK_BYTES`] for the other fields of each task.
pub const MAX_BOARD_BYTES: usize = 8_000_000;
/// The most tasks in the trash, unless it had more before this limit existed.
pub const MAX_TRASH_TASKS: usize = 1_000;
/// The most bytes that the tasks in the trash may have together, unless it had more before this limit existed.
pub const MAX_TRASH_BYTES: usize = 2_000_000;

/// The number of boards that a person may manage; at this number they can create no more.
pub const MAX_BOARDS_OF_ONE: usize = 1_000;

/// The approximate size of a task without texts, assignees and labels: ids, times and numbers, as they are sent.
const TASK_BYTES: usize = 400;
/// The approximate size of an assignee, or of a label of a task.
const MEMBER_BYTES: usize = 40;
/// The approximate size of a checklist, or of an item of one, without its text.
const ITEM_BYTES: usize = 150;
/// The most tasks that one change purges from the trash. (A trash may exceed its limits if it was filled before they
/// existed.)
const MOST_PURGED: usize = 100;

/// The sizes of a board and its trash, updated as tasks come and go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Room {
    live_bytes: usize,
    live_tasks: usize,
    trash_bytes: usize,
    /// The tasks in the trash and their sizes, in the order of their deletion.
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

    /// Checks that one more task with these texts, checklists, and this number of assignees and labels together fits.
    pub fn require_task(
        &self,
        texts: [&str; 2],
        members: usize,
        checklists: Option<&Checklists>,
    ) -> Result<(), Refusal> {
        if self.live_tasks >= MAX_TASKS {
            return Err(Refusal::Full { what: Thing::Task, limit: MAX_TASKS as u32 });
        }
        let texts = texts.map(str::len).iter().sum::<usize>();
        self.require_bytes(TASK_BYTES + texts + MEMBER_BYTES * members + checklist_bytes(checklists))
    }

    /// Checks that a task outside the trash may be replaced with a later state of it.
    pub fn require_update(&self, before: &Task, after: &Task) -> Result<(), Refusal> {
        self.require_bytes(weight(after).saturating_sub(weight(before)))
    }

    /// Checks that the tasks outside the trash may grow by so many bytes.
    pub fn require_bytes(&self, more: usize) -> Result<(), Refusal> {
        match more > 0 && self.live_bytes + more > MAX_BOARD_BYTES {
            true => Err(Refusal::Full { what: Thing::Text, limit: MAX_BOARD_BYTES as u32 }),
            false => Ok(()),
        }
    }

    /// Returns the tasks that leave the trash for good when a task is added to it.
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

    /// Forecasts the deletion of these tasks, which are not in the trash.
    pub fn forecast<'a>(&self, tasks: impl IntoIterator<Item = &'a Task>) -> TrashForecast {
        let mut room = self.clone();
        let mut forecast = TrashForecast::default();
        let mut added = BTreeSet::new();
        for task in tasks {
            let purged = room.purged_by(task);
            if purged.iter().any(|task| added.contains(task)) {
                forecast.too_many += 1;
                continue;
            }
            forecast.purged += purged.len();
            for _ in &purged {
                room.trash_bytes -= room.trash.pop_first().map_or(0, |(_, _, bytes)| bytes);
            }
            // The number of its deletion is higher than those of all tasks in the trash.
            let seq = Seq::MAX / 2 + added.len() as Seq;
            room.trash.insert((seq, task.id, weight(task)));
            room.trash_bytes += weight(task);
            added.insert(task.id);
        }
        forecast
    }
}

/// The effect on the trash if several tasks are deleted one after another, of which none may leave the trash for another
/// one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TrashForecast {
    /// How many of the tasks do not fit into the trash, even without any other task in it.
    pub too_many: usize,
    /// How many tasks that are in the trash now leave it for good.
    pub purged: usize,
}

fn weight(task: &Task) -> usize {
    let members = task.assignees.len() + task.labels.len();
    TASK_BYTES
        + task.title.len()
        + task.description().map_or(0, str::len)
        + MEMBER_BYTES * members
        + checklist_bytes(task.checklists())
}

fn checklist_bytes(checklists: Option<&Checklists>) -> usize {
    checklists.map_or(0, |lists| lists.text_bytes() + ITEM_BYTES * (lists.all_lists().len() + lists.all_items().len()))
}
