//! The state of a board after a given number of changes.
//!
//! Only [`BoardState::apply`] in [`crate::ops`] changes a state: each operation defines the effect of its change. This
//! module has the steps that these effects consist of.

mod checklists;
mod comments;
mod labels;
mod order;
mod parts;
mod room;
mod touched;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use comments::Held;
use order::Order;
pub(crate) use order::Placement;
pub use parts::{LoadedPart, Part};
use room::Room;
pub use room::{MAX_BOARD_BYTES, MAX_BOARDS_OF_ONE, MAX_TASKS, MAX_TRASH_BYTES, MAX_TRASH_TASKS, TrashForecast};
pub use touched::{Entity, Touched};

use crate::{
    access::{BoardAccess, BoardRole},
    id::{ActorId, BoardId, ColumnId, LabelId, TaskId},
    key::{BoardKey, TaskRef},
    label::{Hue, Label},
    model::{Column, ColumnKind, Place, Seq, Task, never, none},
    rank::Rank,
    time::Timestamp,
};

/// A board after change number [`seq`](Self::seq). Cloning is cheap enough to do for each reader, because tasks are
/// shared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardState {
    id: BoardId,
    // Set by operations. `OptimisticBoard` also sets `seq`, when it replays unsaved edits.
    pub(crate) seq: Seq,
    pub(crate) name: String,
    pub(crate) name_seq: Seq,
    pub(crate) key: Option<BoardKey>,
    pub(crate) hue: Option<Hue>,
    pub(crate) description: String,
    pub(crate) look_seq: Seq,
    /// The highest number that a task of the board has got, also one that is gone.
    pub(crate) numbers: u32,
    pub(crate) created_at: Timestamp,
    pub(crate) deleted_at: Option<Timestamp>,
    pub(crate) archived_at: Option<Timestamp>,
    pub(crate) archived_seq: Seq,
    pub(crate) access: BoardAccess,
    columns: BTreeMap<ColumnId, Arc<Column>>,
    /// Also those that were merged into others.
    labels: BTreeMap<LabelId, Arc<Label>>,
    tasks: BTreeMap<TaskId, Arc<Task>>,
    // Derived from the fields above: the orders.
    column_order: Order<ColumnId>,
    /// Without the labels that were merged into others.
    label_order: Order<LabelId>,
    /// Only tasks that are not in the trash. A column without tasks may be missing.
    tasks_by_column: HashMap<ColumnId, Order<TaskId>>,
    /// The sizes of the board and its trash.
    room: Room,
    /// The comments that this copy of the board holds. Not part of the state.
    held: Held,
    /// Whether the state contains the effects of all changes.
    is_whole: bool,
}

/// A board as it is sent and stored elsewhere: its contents as of a sequence number.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The id of the board.
    pub board: BoardId,
    /// The number of the newest change in it.
    pub seq: Seq,
    /// Whether it leaves out the trash and the texts of descriptions.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub outline: bool,
    /// The contents of the board.
    pub state: Contents,
}

/// The contents of a [`Snapshot`].
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// The name of the board.
    pub name: String,
    /// The number of the newest change of its name; 0 if it was never renamed.
    #[serde(default, skip_serializing_if = "never")]
    pub name_seq: Seq,
    /// The key of the board. Absent until the board is saved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<BoardKey>,
    /// The colour of the board, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hue: Option<Hue>,
    /// What the board is for: one line of text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The number of the newest change of its colour or description; 0 if there is none.
    #[serde(default, skip_serializing_if = "never")]
    pub look_seq: Seq,
    /// The highest number that a task of the board has got, also one that is gone for good.
    #[serde(default, skip_serializing_if = "none")]
    pub numbers: u32,
    /// The time of its creation.
    pub created_at: Timestamp,
    /// The time of its deletion, if it was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Timestamp>,
    /// The time at which it was archived, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived_at: Option<Timestamp>,
    /// The number of the newest change that archived it or brought it back; 0 if there is none.
    #[serde(default, skip_serializing_if = "never")]
    pub archived_seq: Seq,
    /// Who has access to it.
    #[serde(default, skip_serializing_if = "BoardAccess::is_default")]
    pub access: BoardAccess,
    /// Its columns, in order.
    pub columns: Vec<Arc<Column>>,
    /// Its labels, also those that were merged into others, ordered by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<Arc<Label>>,
    /// Its tasks, ordered by id; in an outline only those that are not in the trash.
    pub tasks: Vec<Arc<Task>>,
}

/// The metadata of a change.
#[derive(Clone, Copy, Debug)]
pub struct Stamp {
    /// The number of the change. For an unsaved edit, the number of the newest saved change.
    pub seq: Seq,
    /// The time of the change.
    pub at: Timestamp,
    /// The originator of the change, if known.
    pub by: Option<ActorId>,
}

impl BoardState {
    /// Creates the state of a board before its first change.
    pub fn empty(id: BoardId) -> Self {
        Self {
            id,
            seq: 0,
            name: String::new(),
            name_seq: 0,
            key: None,
            hue: None,
            description: String::new(),
            look_seq: 0,
            numbers: 0,
            created_at: Timestamp::from_millis(0),
            deleted_at: None,
            archived_at: None,
            archived_seq: 0,
            access: BoardAccess::default(),
            columns: BTreeMap::new(),
            labels: BTreeMap::new(),
            tasks: BTreeMap::new(),
            column_order: Order::default(),
            label_order: Order::default(),
            tasks_by_column: HashMap::new(),
            room: Room::default(),
            held: Held::default(),
            is_whole: true,
        }
    }

    /// Returns the id of the board.
    pub fn id(&self) -> BoardId {
        self.id
    }

    /// Returns the number of the newest change in this state.
    pub fn seq(&self) -> Seq {
        self.seq
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the number of the newest change of its name; 0 if it was never renamed.
    pub fn name_seq(&self) -> Seq {
        self.name_seq
    }

    /// Returns the key. `None` if the board, or its creation, is from before there were keys, or is not saved.
    pub fn key(&self) -> Option<&BoardKey> {
        self.key.as_ref()
    }

    /// Returns the colour of the board, if it has one.
    pub fn hue(&self) -> Option<Hue> {
        self.hue
    }

    /// Returns what the board is for; empty if nobody said.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Returns the number of the newest change of its colour or description; 0 if there is none.
    pub fn look_seq(&self) -> Seq {
        self.look_seq
    }

    /// Returns the highest number that a task of the board has got.
    pub fn numbers(&self) -> u32 {
        self.numbers
    }

    /// Returns what people call a task. `None` if it has no number yet.
    pub fn task_ref(&self, task: &Task) -> Option<TaskRef> {
        self.key.as_ref()?.task(task.number)
    }

    /// Returns the task with a number, in the trash or not.
    pub fn numbered(&self, number: u32) -> Option<&Arc<Task>> {
        self.tasks.values().find(|task| task.number == number && number > 0)
    }

    /// Takes the key and the numbers from `other`, the same board, where this state has none. Changes from before version 0.2 have none: the
    /// database got them when it was updated, so a replay of such a log lacks them.
    pub fn adopt_numbers(&mut self, other: &BoardState) {
        if self.key.is_none() {
            self.key.clone_from(&other.key);
        }
        let unnumbered: Vec<TaskId> = self.tasks.values().filter(|task| task.number == 0).map(|task| task.id).collect();
        for (id, number) in unnumbered.into_iter().filter_map(|id| Some((id, other.task(id)?.number))) {
            if let Some(task) = self.tasks.get_mut(&id) {
                Arc::make_mut(task).number = number;
            }
        }
        // Tasks with the highest numbers may be gone.
        self.numbers = self.numbers.max(other.numbers);
    }

    /// Returns the time of its creation.
    pub fn created_at(&self) -> Timestamp {
        self.created_at
    }

    /// Returns the time of its deletion, if it was deleted.
    pub fn deleted_at(&self) -> Option<Timestamp> {
        self.deleted_at
    }

    /// Returns the time at which it was archived, if it is.
    pub fn archived_at(&self) -> Option<Timestamp> {
        self.archived_at
    }

    /// Returns the number of the newest change that archived it or brought it back; 0 if there is none.
    pub fn archived_seq(&self) -> Seq {
        self.archived_seq
    }

    /// Whether it is archived: it can be read, and not edited.
    pub fn is_archived(&self) -> bool {
        self.archived_at.is_some()
    }

    /// Returns who has access to it.
    pub fn access(&self) -> &BoardAccess {
        &self.access
    }

    /// Whether the state contains the effects of all changes. If a change is
    /// [`ChangeKind::Unknown`](crate::ops::ChangeKind::Unknown) to this version, or restores a task that is not loaded
    /// and brings no content, its effect is missing, but the sequence numbers are right. A snapshot, or the database
    /// rows, have the missing data.
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// Marks the state as incomplete: see [`Self::is_whole`].
    pub(crate) fn lacks_something(&mut self) {
        self.is_whole = false;
    }

    /// Whether the board was created and not deleted.
    pub fn exists(&self) -> bool {
        self.seq > 0 && self.deleted_at.is_none()
    }

    /// Returns its columns, in order.
    pub fn columns(&self) -> impl DoubleEndedIterator<Item = &Arc<Column>> {
        self.column_order.ids().filter_map(|id| self.columns.get(&id))
    }

    /// Returns a column.
    pub fn column(&self, id: ColumnId) -> Option<&Arc<Column>> {
        self.columns.get(&id)
    }

    /// Returns a task, in the trash or not.
    pub fn task(&self, id: TaskId) -> Option<&Arc<Task>> {
        self.tasks.get(&id)
    }

    /// Returns a task, unless it is in the trash.
    pub fn live_task(&self, id: TaskId) -> Option<&Arc<Task>> {
        self.tasks.get(&id).filter(|task| !task.is_deleted())
    }

    /// Returns all tasks, including the trash, ordered by id.
    pub fn tasks(&self) -> impl DoubleEndedIterator<Item = &Arc<Task>> {
        self.tasks.values()
    }

    /// Returns the tasks in a column, in order.
    pub fn column_tasks(&self, column: ColumnId) -> impl DoubleEndedIterator<Item = &Arc<Task>> {
        self.column_task_ids(column).filter_map(|id| self.tasks.get(&id))
    }

    /// Returns the ids of the tasks in a column, in order.
    pub fn column_task_ids(&self, column: ColumnId) -> impl DoubleEndedIterator<Item = TaskId> {
        self.tasks_by_column.get(&column).into_iter().flat_map(Order::ids)
    }

    /// Returns the number of tasks in a column.
    pub fn column_len(&self, column: ColumnId) -> usize {
        self.tasks_by_column.get(&column).map_or(0, Order::len)
    }

    /// Returns the number of tasks that are not in the trash.
    pub fn live_len(&self) -> usize {
        self.tasks_by_column.values().map(Order::len).sum()
    }

    /// Returns the sizes of the board and its trash.
    pub(crate) fn room(&self) -> &Room {
        &self.room
    }

    /// Forecasts what happens in the trash if these tasks are deleted one after another. Tasks that are in the trash
    /// already, or not on the board, are left out.
    pub fn trash_forecast(&self, tasks: impl IntoIterator<Item = TaskId>) -> TrashForecast {
        self.room.forecast(tasks.into_iter().filter_map(|task| self.live_task(task)).map(|task| &**task))
    }

    /// Whether a task is completed, which means that its column is a done column.
    pub fn is_completed(&self, task: &Task) -> bool {
        self.columns.get(&task.column).is_some_and(|column| column.kind == ColumnKind::Done)
    }

    /// Returns a complete snapshot.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            board: self.id,
            seq: self.seq,
            outline: false,
            state: Contents {
                name: self.name.clone(),
                name_seq: self.name_seq,
                key: self.key.clone(),
                hue: self.hue,
                description: self.description.clone(),
                look_seq: self.look_seq,
                numbers: self.numbers,
                created_at: self.created_at,
                deleted_at: self.deleted_at,
                archived_at: self.archived_at,
                archived_seq: self.archived_seq,
                access: self.access.clone(),
                columns: self.columns().cloned().collect(),
                labels: self.labels.values().cloned().collect(),
                tasks: self.tasks.values().cloned().collect(),
            },
        }
    }

    /// Copies the parts that `touched` names from `other`.
    pub(crate) fn copy_from(&mut self, other: &BoardState, touched: &Touched) {
        let mut ignored = Touched::default();
        self.numbers = other.numbers;
        for entity in touched.iter() {
            match entity {
                Entity::Board => {
                    self.name.clone_from(&other.name);
                    self.name_seq = other.name_seq;
                    self.key.clone_from(&other.key);
                    self.hue = other.hue;
                    self.description.clone_from(&other.description);
                    self.look_seq = other.look_seq;
                    self.created_at = other.created_at;
                    self.deleted_at = other.deleted_at;
                    self.archived_at = other.archived_at;
                    self.archived_seq = other.archived_seq;
                }
                Entity::Access => self.access.clone_from(&other.access),
                Entity::Column(id) => match other.columns.get(&id) {
                    Some(column) => self.put_column(Column::clone(column), &mut ignored),
                    None => self.remove_column(id, &mut ignored),
                },
                Entity::Label(id) => match other.labels.get(&id) {
                    Some(label) => self.put_label(Label::clone(label), &mut ignored),
                    None => self.remove_label(id, &mut ignored),
                },
                Entity::Comment(_, id) => self.copy_comment(id, other),
                Entity::Task(id) => {
                    self.unlist_task(id);
                    if let Some(task) = other.tasks.get(&id) {
                        self.list_task(Arc::clone(task));
                    }
                }
                // They are parts of the task, which was touched, too.
                Entity::Checklist(..) | Entity::ChecklistItem(..) => {}
            }
        }
    }

    /// Sets the role of a member.
    pub(crate) fn grant(&mut self, person: ActorId, role: BoardRole) {
        self.access.members.insert(person, role);
    }

    /// Finds a rank for a task at a place in a column.
    pub(crate) fn place_task(&self, column: ColumnId, place: Place<TaskId>, task: TaskId) -> Placement<TaskId> {
        let rank_of = |id| self.live_task(id).filter(|task| task.column == column).map(|task| task.rank.clone());
        match self.tasks_by_column.get(&column) {
            Some(order) => order.place(place, task, rank_of),
            None => Order::default().place(place, task, rank_of),
        }
    }

    /// Finds a rank for a column at a place.
    pub(crate) fn place_column(&self, place: Place<ColumnId>, column: ColumnId) -> Placement<ColumnId> {
        self.column_order.place(place, column, |id| self.columns.get(&id).map(|column| column.rank.clone()))
    }

    /// Returns the column to which a task that moves to column `to` would return when it is reopened.
    pub(crate) fn reopen_column(&self, task: TaskId, to: ColumnId) -> Option<ColumnId> {
        let is_done = |id| self.columns.get(&id).is_some_and(|column| column.kind == ColumnKind::Done);
        let task = self.tasks.get(&task)?;
        match (is_done(task.column), is_done(to)) {
            (false, true) => Some(task.column),
            (true, true) => task.reopen_column,
            (_, false) => None,
        }
    }

    /// Adds a column, or replaces the column with the same id.
    pub(crate) fn put_column(&mut self, column: Column, touched: &mut Touched) {
        if let Some(old) = self.columns.get(&column.id) {
            self.column_order.remove(&old.rank, old.id);
        }
        touched.add(Entity::Column(column.id));
        self.column_order.insert(column.rank.clone(), column.id);
        self.columns.insert(column.id, Arc::new(column));
    }

    /// Changes a column, if it exists.
    pub(crate) fn edit_column(&mut self, id: ColumnId, touched: &mut Touched, edit: impl FnOnce(&mut Column)) {
        if let Some(column) = self.columns.get(&id) {
            let mut column = Column::clone(column);
            edit(&mut column);
            self.put_column(column, touched);
        }
    }

    /// Removes a column.
    pub(crate) fn remove_column(&mut self, id: ColumnId, touched: &mut Touched) {
        if let Some(old) = self.columns.remove(&id) {
            self.column_order.remove(&old.rank, id);
            touched.add(Entity::Column(id));
        }
    }

    /// Sets new ranks of columns, which make room for another column.
    pub(crate) fn rerank_columns(&mut self, ranks: &[(ColumnId, Rank)], touched: &mut Touched) {
        for (id, rank) in ranks {
            self.edit_column(*id, touched, |column| column.rank = rank.clone());
        }
    }

    /// Adds a task, or replaces the task with the same id.
    pub(crate) fn put_task(&mut self, task: Task, touched: &mut Touched) {
        self.unlist_task(task.id);
        touched.add(Entity::Task(task.id));
        self.list_task(Arc::new(task));
    }

    /// Changes a task, if it exists, and sets its sequence number, time and originator.
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

    /// Sets new ranks of tasks, which make room for another task. This is not an edit: the tasks keep their sequence
    /// numbers and times.
    pub(crate) fn rerank_tasks(&mut self, ranks: &[(TaskId, Rank)], touched: &mut Touched) {
        for (id, rank) in ranks {
            if let Some(task) = self.tasks.get(id) {
                let mut task = Task::clone(task);
                task.rank = rank.clone();
                self.put_task(task, touched);
            }
        }
    }

    /// Removes a task from the trash for good.
    pub(crate) fn purge_task(&mut self, id: TaskId, touched: &mut Touched) {
        self.unlist_task(id);
        touched.add(Entity::Task(id));
        self.release_comments(id, |_| false);
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
        let Contents {
            name,
            name_seq,
            key,
            hue,
            description,
            look_seq,
            numbers,
            created_at,
            deleted_at,
            archived_at,
            archived_seq,
            access,
            columns,
            labels,
            tasks,
        } = snapshot.state;
        let mut state = Self {
            seq: snapshot.seq,
            name,
            name_seq,
            key,
            hue,
            description,
            look_seq,
            numbers,
            created_at,
            deleted_at,
            archived_at,
            archived_seq,
            access,
            ..Self::empty(snapshot.board)
        };
        for column in columns {
            state.column_order.insert(column.rank.clone(), column.id);
            state.columns.insert(column.id, column);
        }
        for label in labels {
            state.list_label(label);
        }
        for task in tasks {
            state.list_task(task);
        }
        state
    }
}
