//! Where a card could be put, in terms of the board alone.

use crate::{
    id::{ColumnId, TaskId},
    model::Place,
    ops::{Op, UpdateTask},
    state::BoardState,
};

/// A gap between cards: in a column, directly before a task or after all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot {
    /// Which column.
    pub column: ColumnId,
    /// The task that follows; `None` at the end.
    pub before: Option<TaskId>,
}

/// One press of an arrow key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Towards the top of the column.
    Up,
    /// Towards its end.
    Down,
    /// To the column on the left.
    Left,
    /// To the column on the right.
    Right,
}

/// The columns with the tasks that stay where they are while one is moved.
pub struct Lanes(Vec<Lane>);

struct Lane {
    column: ColumnId,
    name: String,
    tasks: Vec<TaskId>,
}

impl Lanes {
    /// The columns of a board without the task that is moved.
    pub fn without(board: &BoardState, moved: TaskId) -> Self {
        let lane = |column: &crate::model::Column| Lane {
            column: column.id,
            name: column.name.clone(),
            tasks: board.lane_ids(column.id).filter(|task| *task != moved).collect(),
        };
        Self(board.columns().map(|column| lane(column)).collect())
    }

    /// Where the moved task is now.
    pub fn home(board: &BoardState, moved: TaskId) -> Option<Spot> {
        let task = board.live_task(moved)?;
        let before = board.lane_ids(task.column).skip_while(|id| *id != moved).nth(1);
        Some(Spot { column: task.column, before })
    }

    /// The gap after a task; without one, the end of the column.
    pub fn after(&self, column: ColumnId, task: Option<TaskId>) -> Spot {
        let before = task.and_then(|task| {
            let tasks = &self.lane(column)?.tasks;
            tasks.get(tasks.iter().position(|id| *id == task)? + 1).copied()
        });
        Spot { column, before }
    }

    /// The gap one step from another. At an edge it is the same again.
    pub fn step(&self, from: Spot, step: Step) -> Spot {
        let Some(at) = self.0.iter().position(|lane| lane.column == from.column) else { return from };
        let index = self.index(from);
        let (lane, index) = match step {
            Step::Up => (at, index.saturating_sub(1)),
            Step::Down => (at, index + 1),
            Step::Left => (at.saturating_sub(1), index),
            Step::Right => ((at + 1).min(self.0.len() - 1), index),
        };
        let lane = &self.0[lane];
        Spot { column: lane.column, before: lane.tasks.get(index).copied() }
    }

    /// "position 2 of 5 in Doing"
    pub fn words(&self, spot: Spot) -> String {
        match self.lane(spot.column) {
            Some(lane) => {
                format!("position {} of {} in {}", self.index(spot) + 1, lane.tasks.len() + 1, lane.name)
            }
            None => "in a column that is gone".to_owned(),
        }
    }

    /// How many tasks stand before a gap. Where the task that should follow has gone, it is the end.
    fn index(&self, spot: Spot) -> usize {
        let Some(lane) = self.lane(spot.column) else { return 0 };
        let before = spot.before.and_then(|before| lane.tasks.iter().position(|task| *task == before));
        before.unwrap_or(lane.tasks.len())
    }

    fn lane(&self, column: ColumnId) -> Option<&Lane> {
        self.0.iter().find(|lane| lane.column == column)
    }
}

impl Spot {
    /// What to ask of the board to put a task here.
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

    fn lanes() -> Lanes {
        let lane = |number, name: &str, tasks: &[u128]| Lane {
            column: column(number),
            name: name.to_owned(),
            tasks: tasks.iter().copied().map(task).collect(),
        };
        Lanes(vec![lane(1, "To do", &[11, 12]), lane(2, "Doing", &[]), lane(3, "Done", &[31])])
    }

    fn spot(number: u128, before: Option<u128>) -> Spot {
        Spot { column: column(number), before: before.map(task) }
    }

    #[test]
    fn steps_go_through_every_gap_and_stop_at_the_edges() {
        let lanes = lanes();
        let first = spot(1, Some(11));
        assert_eq!(lanes.step(first, Step::Up), first);
        assert_eq!(lanes.step(first, Step::Down), spot(1, Some(12)));
        assert_eq!(lanes.step(spot(1, Some(12)), Step::Down), spot(1, None));
        assert_eq!(lanes.step(spot(1, None), Step::Down), spot(1, None));
        assert_eq!(lanes.step(first, Step::Left), first);
        assert_eq!(lanes.step(first, Step::Right), spot(2, None));
        assert_eq!(lanes.step(spot(2, None), Step::Right), spot(3, Some(31)));
        assert_eq!(lanes.step(spot(3, None), Step::Right), spot(3, None));
    }

    #[test]
    fn a_gap_is_told_as_a_position() {
        assert_eq!(lanes().words(spot(1, Some(12))), "position 2 of 3 in To do");
        assert_eq!(lanes().words(spot(2, None)), "position 1 of 1 in Doing");
    }

    #[test]
    fn a_gap_before_a_task_that_has_gone_is_the_end() {
        assert_eq!(lanes().words(spot(1, Some(99))), "position 3 of 3 in To do");
    }

    #[test]
    fn the_gap_after_the_last_task_is_the_end() {
        assert_eq!(lanes().after(column(1), Some(task(11))), spot(1, Some(12)));
        assert_eq!(lanes().after(column(1), Some(task(12))), spot(1, None));
        assert_eq!(lanes().after(column(2), None), spot(2, None));
    }
}
