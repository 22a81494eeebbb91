//! The operation that restores a task from the trash.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    ChangeKind, DeleteTask, Effect, Inverse, Op, Operation, Part, TaskUpdated, column_name, first_column,
    require_untouched, title_of,
};
use crate::{
    access::BoardRole,
    activity::ActivityItem,
    fields::Field,
    id::{ColumnId, TaskId},
    model::{Place, Seq, Task},
    rank::Rank,
    refusal::{Refusal, Thing},
    state::{BoardState, Placement, Stamp, Touched},
};

/// Restores a task from the trash.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RestoreTask {
    /// The task.
    pub task: TaskId,
    /// Refused as stale if the task was deleted, restored or moved after this number. An undo sets it, so that it does
    /// not revert later changes of other people. Absent: the task is restored in any case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard: Option<Seq>,
    /// The column to put the task into. If absent or gone, the task returns to the column that it was in; if that is
    /// gone too, it goes to the first column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<ColumnId>,
    /// The position in the column; last, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<crate::schema::Place>, nullable = false))]
    pub place: Option<Place<TaskId>>,
}

impl RestoreTask {
    /// Creates a request that restores the task to the end of its column.
    pub fn of(task: TaskId) -> Self {
        Self { task, guard: None, column: None, place: None }
    }
}

impl Operation for RestoreTask {
    fn role_needed(&self) -> BoardRole {
        BoardRole::Editor
    }

    fn decide(&self, state: &BoardState) -> Result<ChangeKind, Refusal> {
        let task = state.task(self.task).ok_or(Refusal::not_found(Thing::Task))?;
        require_untouched(task.place_seq, self.guard)?;
        if !task.is_deleted() {
            // Somebody else restored it first, so the request is already fulfilled.
            return Ok(ChangeKind::TaskUpdated(TaskUpdated::nothing(task.id)));
        }
        let texts = [&*task.title, task.description().unwrap_or_default()];
        state.room().require_task(texts, task.assignees.len() + task.labels.len(), task.checklists())?;
        let wanted = self.column.into_iter().chain([task.column]).find_map(|id| state.column(id));
        let column = match wanted {
            Some(column) => column.id,
            None => first_column(state, |_| true)?,
        };
        let Placement { rank, ranks } = state.place_task(column, self.place.unwrap_or_default(), task.id);
        // Whoever needs the checklists loads them: a change is small.
        let content = Some(match task.has_checklists() {
            true => Arc::new(task.without_checklists()),
            false => Arc::clone(task),
        });
        Ok(ChangeKind::TaskRestored(TaskRestored { task: task.id, column, rank, ranks, content }))
    }
}

/// The content of a change that takes a task out of the trash.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskRestored {
    /// The task.
    pub task: TaskId,
    /// The new column of the task.
    pub column: ColumnId,
    /// The new rank in the column.
    pub rank: Rank,
    /// New ranks of other tasks, which make room for this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "ssr", schema(value_type = Vec<Vec<String>>))]
    pub ranks: Vec<(TaskId, Rank)>,
    /// The task as it was in the trash, without its checklists, for clients that have not loaded the trash. Absent in changes from before
    /// version 0.2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Arc<Task>>,
}

impl Effect for TaskRestored {
    fn apply(&self, state: &mut BoardState, stamp: Stamp, touched: &mut Touched) {
        state.rerank_tasks(&self.ranks, touched);
        match (&self.content, state.task(self.task)) {
            (Some(content), None) => state.put_task(Task::clone(content), touched),
            (None, None) => state.lacks_something(),
            (_, Some(_)) => {}
        }
        state.edit_task(self.task, stamp, touched, |task| {
            if let Some(content) = &self.content {
                task.load_description(content);
            }
            task.deleted_at = None;
            task.column = self.column;
            task.rank = self.rank.clone();
            task.place_seq = stamp.seq;
        });
    }

    fn task(&self) -> Option<TaskId> {
        Some(self.task)
    }

    fn numbers(&self) -> Vec<Part> {
        vec![Part::Task(self.task), Part::Field(self.task, Field::Place)]
    }

    /// Deletes the task only if nobody has changed it since, so an undo discards nothing that others added to it.
    fn inverse(&self, _before: &BoardState) -> Option<Inverse> {
        Some(Inverse::of(Op::DeleteTask(DeleteTask::of(self.task)), vec![Part::Task(self.task)]))
    }

    fn label<'a>(&'a self, before: &'a BoardState) -> (&'static str, &'a str) {
        ("restore", title_of(before, self.task))
    }

    fn activity_items(&self, _before: Option<&BoardState>, names: &BoardState) -> Vec<ActivityItem> {
        vec![ActivityItem::Restored(column_name(names, self.column))]
    }
}
