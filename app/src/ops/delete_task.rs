//! The operation that moves a task to the trash.

use serde::{Deserialize, Serialize};

use super::{
    ChangeKind, Effect, Inverse, Op, Operation, Part, RestoreTask, inverse::FormerPlace, require_task,
    require_unchanged, title_of,
};
use crate::{
    access::BoardRole,
    activity::ActivityItem,
    fields::Field,
    id::TaskId,
    model::Seq,
    refusal::Refusal,
    state::{BoardState, Stamp, Touched},
};

/// Moves a task to the trash.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeleteTask {
    /// The task.
    pub task: TaskId,
    /// The number of the newest change of the task that the sender had seen. Refused as stale if the task has another
    /// number now. Absent: the task is deleted in any case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Seq>,
}

impl DeleteTask {
    /// Creates a request without a base.
    pub fn of(task: TaskId) -> Self {
        Self { task, base: None }
    }
}

impl Operation for DeleteTask {
    fn role_needed(&self) -> BoardRole {
        BoardRole::Editor
    }

    fn decide(&self, state: &BoardState) -> Result<ChangeKind, Refusal> {
        let task = require_task(state, self.task)?;
        require_unchanged(task.seq, self.base)?;
        Ok(ChangeKind::TaskDeleted(TaskDeleted { task: task.id, purged: state.room().purged_by(task) }))
    }
}

/// The content of a change that moves a task into the trash.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskDeleted {
    /// The task.
    pub task: TaskId,
    /// The tasks that left the trash for good, to make room in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub purged: Vec<TaskId>,
}

impl Effect for TaskDeleted {
    fn apply(&self, state: &mut BoardState, stamp: Stamp, touched: &mut Touched) {
        for old in &self.purged {
            state.purge_task(*old, touched);
        }
        state.edit_task(self.task, stamp, touched, |task| {
            task.deleted_at = Some(stamp.at);
            task.place_seq = stamp.seq;
        });
    }

    fn task(&self) -> Option<TaskId> {
        Some(self.task)
    }

    fn numbers(&self) -> Vec<Part> {
        vec![Part::Task(self.task), Part::Field(self.task, Field::Place)]
    }

    fn inverse(&self, before: &BoardState) -> Option<Inverse> {
        let task = before.task(self.task)?;
        let restore = RestoreTask { column: Some(task.column), ..RestoreTask::of(task.id) };
        let place = Some(FormerPlace::of_task(before, task.column, task.id));
        Some(Inverse { op: Op::RestoreTask(restore), place, guarded: vec![Part::Field(task.id, Field::Place)] })
    }

    fn label<'a>(&'a self, before: &'a BoardState) -> (&'static str, &'a str) {
        ("delete", title_of(before, self.task))
    }

    fn activity_items(&self, _before: Option<&BoardState>, _names: &BoardState) -> Vec<ActivityItem> {
        let purged = (!self.purged.is_empty()).then_some(ActivityItem::Purged(self.purged.len()));
        [ActivityItem::Deleted].into_iter().chain(purged).collect()
    }
}
