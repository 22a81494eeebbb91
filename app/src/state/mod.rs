//! The state of a board: what is on it after so many changes, and where everything stands.
//!
//! A state is changed by [`BoardState::apply`] alone, which is in [`crate::ops`]: what a change does stands with the operation that
//! leads to it. Here are the steps that such changes are made of.

mod order;
mod parts;
mod room;
mod touched;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use order::Order;
pub(crate) use order::Placement;
pub use parts::{LoadedPart, Part};
use room::Room;
pub use room::{MAX_BOARD_BYTES, MAX_BOARDS_OF_ONE, MAX_TASKS, MAX_TRASH_BYTES, MAX_TRASH_TASKS};
pub use touched::{Entity, Touched};

use crate::{
    access::{BoardAccess, BoardRole},
    id::{ActorId, BoardId, ColumnId, TaskId},
    model::{Column, ColumnKind, Place, Seq, Task, never},
    rank::Rank,
    time::Timestamp,
};

/// A board as it is after change number [`seq`](Self::seq). Cloning is cheap enough to do for a reader: tasks are shared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardState {
    id: BoardId,
    // Written by operations, and the number also where edits are played on top.
    pub(crate) seq: Seq,
    pub(crate) name: String,
    pub(crate) name_seq: Seq,
    pub(crate) created_at: Timestamp,
    pub(crate) deleted_at: Option<Timestamp>,
    pub(crate) access: BoardAccess,
    columns: BTreeMap<ColumnId, Arc<Column>>,
    tasks: BTreeMap<TaskId, Arc<Task>>,
    // Derived from the above: what stands where.
    column_order: Order<ColumnId>,
    /// Live tasks only; a column without any may be missing.
    tasks_by_column: HashMap<ColumnId, Order<TaskId>>,
    /// How much there is.
    room: Room,
    /// Something happened that this version of Taskwire cannot tell.
    is_whole: bool,
}

/// A board as it travels and is kept by others: its state in full, and the number it is true for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Which board.
    pub board: BoardId,
    /// The number of the newest change it contains.
    pub seq: Seq,
    /// Whether it leaves out the trash and the texts of descriptions.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub outline: bool,
    /// What is on the board.
    pub state: Contents,
}

/// See [`Snapshot::state`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// What the board is called.
    pub name: String,
    /// The number of the newest change of its name; 0 while it is the first.
    #[serde(default, skip_serializing_if = "never")]
    pub name_seq: Seq,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Timestamp>,
    /// Who has access to it.
    #[serde(default, skip_serializing_if = "BoardAccess::is_default")]
    pub access: BoardAccess,
    /// Its columns, in order.
    pub columns: Vec<Arc<Column>>,
    /// Its tasks by id; in an outline those that are not in the trash, else all.
    pub tasks: Vec<Arc<Task>>,
}

/// When, by whom and as which number something happened.
#[derive(Clone, Copy, Debug)]
pub struct Stamp {
    /// The number of the change. For an edit that is not saved yet: the one it would get if it were next.
    pub seq: Seq,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: Option<ActorId>,
}

impl BoardState {
    /// A board before its first change.
    pub fn empty(id: BoardId) -> Self {
        Self {
            id,
            seq: 0,
            name: String::new(),
            name_seq: 0,
            created_at: Timestamp::from_millis(0),
            deleted_at: None,
            access: BoardAccess::default(),
            columns: BTreeMap::new(),
            tasks: BTreeMap::new(),
            column_order: Order::default(),
            tasks_by_column: HashMap::new(),
            room: Room::default(),
            is_whole: true,
        }
    }

    /// Which board.
    pub fn id(&self) -> BoardId {
        self.id
    }

    /// The number of the newest change in this state.
    pub fn seq(&self) -> Seq {
        self.seq
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The number of the newest change of its name; 0 while it is the first.
    pub fn name_seq(&self) -> Seq {
        self.name_seq
    }

    /// When it was created.
    pub fn created_at(&self) -> Timestamp {
        self.created_at
    }

    /// When it was deleted.
    pub fn deleted_at(&self) -> Option<Timestamp> {
        self.deleted_at
    }

    /// Who has access to it.
    pub fn access(&self) -> &BoardAccess {
        &self.access
    }

    /// Whether all that happened is in it. Where it is not, because a change is [`ChangeKind::Unknown`](crate::ops::ChangeKind::Unknown)
    /// to this version, its numbers are right all the same; a snapshot, or the rows of the database, have what it lacks.
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// Takes note that something happened which this version cannot tell.
    pub(crate) fn lacks_something(&mut self) {
        self.is_whole = false;
    }

    /// Whether it was created and not deleted.
    pub fn exists(&self) -> bool {
        self.seq > 0 && self.deleted_at.is_none()
    }

    /// Its columns, in order.
    pub fn columns(&self) -> impl DoubleEndedIterator<Item = &Arc<Column>> {
        self.column_order.ids().filter_map(|id| self.columns.get(&id))
    }

    /// One of its columns.
    pub fn column(&self, id: ColumnId) -> Option<&Arc<Column>> {
        self.columns.get(&id)
    }

    /// One of its tasks, in the trash or not.
    pub fn task(&self, id: TaskId) -> Option<&Arc<Task>> {
        self.tasks.get(&id)
    }

    /// One of its tasks, unless it is in the trash.
    pub fn live_task(&self, id: TaskId) -> Option<&Arc<Task>> {
        self.tasks.get(&id).filter(|task| !task.is_deleted())
    }

    /// All its tasks by id, those in the trash included.
    pub fn tasks(&self) -> impl DoubleEndedIterator<Item = &Arc<Task>> {
        self.tasks.values()
    }

    /// The tasks in a column, in order.
    pub fn column_tasks(&self, column: ColumnId) -> impl DoubleEndedIterator<Item = &Arc<Task>> {
        self.column_task_ids(column).filter_map(|id| self.tasks.get(&id))
    }

    /// The ids of the tasks in a column, in order.
    pub fn column_task_ids(&self, column: ColumnId) -> impl DoubleEndedIterator<Item = TaskId> {
        self.tasks_by_column.get(&column).into_iter().flat_map(Order::ids)
    }

    /// How many tasks are in a column.
    pub fn column_len(&self, column: ColumnId) -> usize {
        self.tasks_by_column.get(&column).map_or(0, Order::len)
    }

    /// How many tasks are not in the trash.
    pub fn live_len(&self) -> usize {
        self.tasks_by_column.values().map(Order::len).sum()
    }

    /// How much there is on it.
    pub(crate) fn room(&self) -> &Room {
        &self.room
    }

    /// Whether a task is completed: whether its column is one for done tasks.
    pub fn is_completed(&self, task: &Task) -> bool {
        self.columns.get(&task.column).is_some_and(|column| column.kind == ColumnKind::Done)
    }

    /// The state as it travels, all of it.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            board: self.id,
            seq: self.seq,
            outline: false,
            state: Contents {
                name: self.name.clone(),
                name_seq: self.name_seq,
                created_at: self.created_at,
                deleted_at: self.deleted_at,
                access: self.access.clone(),
                columns: self.columns().cloned().collect(),
                tasks: self.tasks.values().cloned().collect(),
            },
        }
    }

    /// Makes what `touched` names the same as in `other`.
    pub(crate) fn copy_from(&mut self, other: &BoardState, touched: &Touched) {
        let mut ignored = Touched::default();
        for entity in touched.iter() {
            match entity {
                Entity::Board => {
                    self.name.clone_from(&other.name);
                    self.name_seq = other.name_seq;
                    self.created_at = other.created_at;
                    self.deleted_at = other.deleted_at;
                }
                Entity::Access => self.access.clone_from(&other.access),
                Entity::Column(id) => match other.columns.get(&id) {
                    Some(column) => self.put_column(Column::clone(column), &mut ignored),
                    None => self.remove_column(id, &mut ignored),
                },
                Entity::Task(id) => {
                    self.unlist_task(id);
                    if let Some(task) = other.tasks.get(&id) {
                        self.list_task(Arc::clone(task));
                    }
                }
            }
        }
    }

    /// Makes somebody a member.
    pub(crate) fn grant(&mut self, person: ActorId, role: BoardRole) {
        self.access.members.insert(person, role);
    }

    /// Finds room for a task in a column.
    pub(crate) fn place_task(&self, column: ColumnId, place: Place<TaskId>, task: TaskId) -> Placement<TaskId> {
        let rank_of = |id| self.live_task(id).filter(|task| task.column == column).map(|task| task.rank.clone());
        match self.tasks_by_column.get(&column) {
            Some(order) => order.place(place, task, rank_of),
            None => Order::default().place(place, task, rank_of),
        }
    }

    /// Finds room for a column.
    pub(crate) fn place_column(&self, place: Place<ColumnId>, column: ColumnId) -> Placement<ColumnId> {
        self.column_order.place(place, column, |id| self.columns.get(&id).map(|column| column.rank.clone()))
    }

    /// Where a task that moves to column `to` would go back to when it is reopened.
    pub(crate) fn reopen_column(&self, task: TaskId, to: ColumnId) -> Option<ColumnId> {
        let is_done = |id| self.columns.get(&id).is_some_and(|column| column.kind == ColumnKind::Done);
        let task = self.tasks.get(&task)?;
        match (is_done(task.column), is_done(to)) {
            (false, true) => Some(task.column),
            (true, true) => task.reopen_column,
            (_, false) => None,
        }
    }

    /// Puts a column where it belongs, in place of the one of its id.
    pub(crate) fn put_column(&mut self, column: Column, touched: &mut Touched) {
        if let Some(old) = self.columns.get(&column.id) {
            self.column_order.remove(&old.rank, old.id);
        }
        touched.add(Entity::Column(column.id));
        self.column_order.insert(column.rank.clone(), column.id);
        self.columns.insert(column.id, Arc::new(column));
    }

    /// Changes a column that is there.
    pub(crate) fn edit_column(&mut self, id: ColumnId, touched: &mut Touched, edit: impl FnOnce(&mut Column)) {
        if let Some(column) = self.columns.get(&id) {
            let mut column = Column::clone(column);
            edit(&mut column);
            self.put_column(column, touched);
        }
    }

    /// Takes a column away.
    pub(crate) fn remove_column(&mut self, id: ColumnId, touched: &mut Touched) {
        if let Some(old) = self.columns.remove(&id) {
            self.column_order.remove(&old.rank, id);
            touched.add(Entity::Column(id));
        }
    }

    /// Gives columns new ranks to make room for another.
    pub(crate) fn rerank_columns(&mut self, ranks: &[(ColumnId, Rank)], touched: &mut Touched) {
        for (id, rank) in ranks {
            self.edit_column(*id, touched, |column| column.rank = rank.clone());
        }
    }

    /// Puts a task where it belongs, in place of the one of its id.
    pub(crate) fn put_task(&mut self, task: Task, touched: &mut Touched) {
        self.unlist_task(task.id);
        touched.add(Entity::Task(task.id));
        self.list_task(Arc::new(task));
    }

    /// Changes a task that is there, under a new number.
    pub(crate) fn edit_task(&mut self, id: TaskId, stamp: Stamp, touched: &mut Touched, edit: impl FnOnce(&mut Task)) {
        if let Some(task) = self.tasks.get(&id) {
            let mut task = Task::clone(task);
            edit(&mut task);
            task.seq = stamp.seq;
            task.updated_at = stamp.at;
            task.updated_by = stamp.by;
            self.put_task(task, touched);
        }
    }

    /// A new rank to make room for another task is no edit: the task keeps its number and its times.
    pub(crate) fn rerank_tasks(&mut self, ranks: &[(TaskId, Rank)], touched: &mut Touched) {
        for (id, rank) in ranks {
            if let Some(task) = self.tasks.get(id) {
                let mut task = Task::clone(task);
                task.rank = rank.clone();
                self.put_task(task, touched);
            }
        }
    }

    /// A task leaves the trash for good.
    pub(crate) fn purge_task(&mut self, id: TaskId, touched: &mut Touched) {
        self.unlist_task(id);
        touched.add(Entity::Task(id));
    }

    fn list_task(&mut self, task: Arc<Task>) {
        self.room.add(&task);
        if !task.is_deleted() {
            self.tasks_by_column.entry(task.column).or_default().insert(task.rank.clone(), task.id);
        }
        self.tasks.insert(task.id, task);
    }

    fn unlist_task(&mut self, id: TaskId) {
        let Some(task) = self.tasks.remove(&id) else { return };
        self.room.remove(&task);
        if let Some(order) = self.tasks_by_column.get_mut(&task.column) {
            order.remove(&task.rank, id);
            if order.len() == 0 {
                self.tasks_by_column.remove(&task.column);
            }
        }
    }
}

impl From<Snapshot> for BoardState {
    fn from(snapshot: Snapshot) -> Self {
        let Contents { name, name_seq, created_at, deleted_at, access, columns, tasks } = snapshot.state;
        let mut state =
            Self { seq: snapshot.seq, name, name_seq, created_at, deleted_at, access, ..Self::empty(snapshot.board) };
        for column in columns {
            state.column_order.insert(column.rank.clone(), column.id);
            state.columns.insert(column.id, column);
        }
        for task in tasks {
            state.list_task(task);
        }
        state
    }
}
