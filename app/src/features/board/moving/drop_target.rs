//! The positions where a card can be dropped, expressed in board data alone, without screen positions.

use crate::{
    id::{ColumnId, TaskId},
    model::Place,
    ops::{Op, UpdateTask},
    state::BoardState,
};

/// A gap between cards: a column, and either the task after the gap or the end of the column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DropTarget {
    /// The column.
    pub column: ColumnId,
    /// The task after the gap; `None` for the end of the column.
    pub before: Option<TaskId>,
}

/// One press of an arrow key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Towards the top of the column.
    Up,
    /// Towards the end of the column.
    Down,
    /// To the column on the left.
    Left,
    /// To the column on the right.
    Right,
}

/// The columns of a board with their tasks, except the task that is being moved.
pub struct DropColumns(Vec<DropColumn>);

struct DropColumn {
    column: ColumnId,
    name: String,
    tasks: Vec<TaskId>,
}

impl DropColumns {
    /// The columns of a board without the task `moved`.
    pub fn without(board: &BoardState, moved: TaskId) -> Self {
        let drop_column = |column: &crate::model::Column| DropColumn {
            column: column.id,
            name: column.name.clone(),
            tasks: board.column_task_ids(column.id).filter(|task| *task != moved).collect(),
        };
        Self(board.columns().map(|column| drop_column(column)).collect())
    }

    /// The current position of the task `moved`.
    pub fn home(board: &BoardState, moved: TaskId) -> Option<DropTarget> {
        let task = board.live_task(moved)?;
        let before = board.column_task_ids(task.column).skip_while(|id| *id != moved).nth(1);
        Some(DropTarget { column: task.column, before })
    }

    /// The gap after a task; without a task, the end of the column.
    pub fn after(&self, column: ColumnId, task: Option<TaskId>) -> DropTarget {
        let before = task.and_then(|task| {
            let tasks = &self.drop_column(column)?.tasks;
            tasks.get(tasks.iter().position(|id| *id == task)? + 1).copied()
        });
        DropTarget { column, before }
    }

    /// The gap one step away from `from`. At an edge of the board it is `from` itself.
    pub fn step(&self, from: DropTarget, step: Step) -> DropTarget {
        let Some(at) = self.0.iter().position(|drop_column| drop_column.column == from.column) else { return from };
        let index = self.index(from);
        let (drop_column, index) = match step {
            Step::Up => (at, index.saturating_sub(1)),
            Step::Down => (at, index + 1),
            Step::Left => (at.saturating_sub(1), index),
            Step::Right => ((at + 1).min(self.0.len() - 1), index),
        };
        let drop_column = &self.0[drop_column];
        DropTarget { column: drop_column.column, before: drop_column.tasks.get(index).copied() }
    }

    /// The position of a gap in words, such as "position 2 of 5 in Doing".
    pub fn words(&self, drop_target: DropTarget) -> String {
        match self.drop_column(drop_target.column) {
            Some(drop_column) => {
                format!(
                    "position {} of {} in {}",
                    self.index(drop_target) + 1,
                    drop_column.tasks.len() + 1,
                    drop_column.name
                )
            }
            None => "in a column that is gone".to_owned(),
        }
    }

    /// How many tasks are before a gap. If the task after the gap has gone, the gap is the end of the column.
    fn index(&self, drop_target: DropTarget) -> usize {
        let Some(drop_column) = self.drop_column(drop_target.column) else { return 0 };
        let before = drop_target.before.and_then(|before| drop_column.tasks.iter().position(|task| *task == before));
        before.unwrap_or(drop_column.tasks.len())
    }

    fn drop_column(&self, column: ColumnId) -> Option<&DropColumn> {
        self.0.iter().find(|drop_column| drop_column.column == column)
    }
}

impl DropTarget {
    /// The mutation that moves a task here.
    pub fn put(self, task: TaskId) -> Op {
        Op::UpdateTask(UpdateTask {
            column: Some(self.column),
            place: Some(self.before.map_or(Place::Last, Place::Before)),
            ..UpdateTask::of(task)
        })
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn column(number: u128) -> ColumnId {
        ColumnId(Uuid::from_u128(number))
    }

    fn task(number: u128) -> TaskId {
        TaskId(Uuid::from_u128(number))
    }

    fn drop_columns() -> DropColumns {
        let drop_column = |number, name: &str, tasks: &[u128]| DropColumn {
            column: column(number),
            name: name.to_owned(),
            tasks: tasks.iter().copied().map(task).collect(),
        };
        DropColumns(vec![
            drop_column(1, "To do", &[11, 12]),
            drop_column(2, "Doing", &[]),
            drop_column(3, "Done", &[31]),
        ])
    }

    fn drop_target(number: u128, before: Option<u128>) -> DropTarget {
        DropTarget { column: column(number), before: before.map(task) }
    }

    #[test]
    fn steps_go_through_every_gap_and_stop_at_the_edges() {
        let drop_columns = drop_columns();
        let first = drop_target(1, Some(11));
        assert_eq!(drop_columns.step(first, Step::Up), first);
        assert_eq!(drop_columns.step(first, Step::Down), drop_target(1, Some(12)));
        assert_eq!(drop_columns.step(drop_target(1, Some(12)), Step::Down), drop_target(1, None));
        assert_eq!(drop_columns.step(drop_target(1, None), Step::Down), drop_target(1, None));
        assert_eq!(drop_columns.step(first, Step::Left), first);
        assert_eq!(drop_columns.step(first, Step::Right), drop_target(2, None));
        assert_eq!(drop_columns.step(drop_target(2, None), Step::Right), drop_target(3, Some(31)));
        assert_eq!(drop_columns.step(drop_target(3, None), Step::Right), drop_target(3, None));
    }

    #[test]
    fn a_gap_is_told_as_a_position() {
        assert_eq!(drop_columns().words(drop_target(1, Some(12))), "position 2 of 3 in To do");
        assert_eq!(drop_columns().words(drop_target(2, None)), "position 1 of 1 in Doing");
    }

    #[test]
    fn a_gap_before_a_task_that_has_gone_is_the_end() {
        assert_eq!(drop_columns().words(drop_target(1, Some(99))), "position 3 of 3 in To do");
    }

    #[test]
    fn the_gap_after_the_last_task_is_the_end() {
        assert_eq!(drop_columns().after(column(1), Some(task(11))), drop_target(1, Some(12)));
        assert_eq!(drop_columns().after(column(1), Some(task(12))), drop_target(1, None));
        assert_eq!(drop_columns().after(column(2), None), drop_target(2, None));
    }
}
