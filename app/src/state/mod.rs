//! The state of a board and how a change reaches it.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use super::{
    order::{Order, Placement},
    room::Room,
};
use crate::{
    access::{BoardAccess, BoardRole},
    change::{Change, ChangeKind},
    id::{ActorId, BoardId, ColumnId, TaskId},
    model::{Column, ColumnKind, Seq, Task, never},
    mutation::Place,
    rank::Rank,
    time::Timestamp,
};

/// A board as it is after change number [`seq`](Self::seq). Cloning is cheap enough to do for a reader: tasks are shared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardState {
    id: BoardId,
    seq: Seq,
    name: String,
    name_seq: Seq,
    created_at: Timestamp,
    deleted_at: Option<Timestamp>,
    access: BoardAccess,
    columns: BTreeMap<ColumnId, Arc<Column>>,
    tasks: BTreeMap<TaskId, Arc<Task>>,
    // Derived from the above: what stands where.
    column_order: Order<ColumnId>,
    /// Live tasks only; a column without any may be missing.
    lanes: HashMap<ColumnId, Order<TaskId>>,
    /// How much there is.
    room: Room,
}

/// A board as it travels and is kept by others: its state in full, and the number it is true for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Which board.
    pub board: BoardId,
    /// The number of the newest change it contains.
    pub seq: Seq,
    /// All there is on the board.
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
    /// Its tasks, deleted ones included, by id.
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

impl From<&Change> for Stamp {
    fn from(change: &Change) -> Self {
        Self { seq: change.seq, at: change.at, by: change.by }
    }
}

/// What a change touched: what has to be written, or drawn, again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// The board's own fields.
    pub board: bool,
    /// Who has access to it.
    pub access: bool,
    /// Columns whose fields changed, or that came or went.
    pub columns: BTreeSet<ColumnId>,
    /// Tasks whose fields changed, or that came or went.
    pub tasks: BTreeSet<TaskId>,
}

impl Touched {
    /// Adds what `other` touched.
    pub fn merge(&mut self, other: Touched) {
        self.board |= other.board;
        self.access |= other.access;
        self.columns.extend(other.columns);
        self.tasks.extend(other.tasks);
    }

    /// Whether nothing was touched.
    pub fn is_empty(&self) -> bool {
        !self.board && !self.access && self.columns.is_empty() && self.tasks.is_empty()
    }
}

/// What [`BoardState::apply`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applied {
    /// The change was the next one.
    New(Touched),
    /// The change was known already; nothing happened.
    Known,
}

/// Changes are missing between the state and the one that was to be applied: they must be fetched first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("change {got} does not follow {have}")]
pub struct Gap {
    /// The newest number the state has.
    pub have: Seq,
    /// The number that was offered.
    pub got: Seq,
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
            lanes: HashMap::new(),
            room: Room::default(),
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
    pub fn lane(&self, column: ColumnId) -> impl DoubleEndedIterator<Item = &Arc<Task>> {
        self.lane_ids(column).filter_map(|id| self.tasks.get(&id))
    }

    /// The ids of the tasks in a column, in order.
    pub fn lane_ids(&self, column: ColumnId) -> impl DoubleEndedIterator<Item = TaskId> {
        self.lanes.get(&column).into_iter().flat_map(Order::ids)
    }

    /// How many tasks are in a column.
    pub fn lane_len(&self, column: ColumnId) -> usize {
        self.lanes.get(&column).map_or(0, Order::len)
    }

    /// How many tasks are not in the trash.
    pub fn live_len(&self) -> usize {
        self.lanes.values().map(Order::len).sum()
    }

    /// How much there is on it.
    pub(super) fn room(&self) -> &Room {
        &self.room
    }

    /// Whether a task is completed: whether its column is one for done tasks.
    pub fn is_completed(&self, task: &Task) -> bool {
        self.columns.get(&task.column).is_some_and(|column| column.kind == ColumnKind::Done)
    }

    /// Takes in the next change. One that is known already does nothing; one further ahead is a [`Gap`], and does nothing
    /// either.
    pub fn apply(&mut self, change: &Change) -> Result<Applied, Gap> {
        if change.seq <= self.seq {
            return Ok(Applied::Known);
        }
        if change.seq != self.seq + 1 {
            return Err(Gap { have: self.seq, got: change.seq });
        }
        self.seq = change.seq;
        Ok(Applied::New(self.perform(&change.kind, change.into())))
    }

    /// The state as it travels.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            board: self.id,
            seq: self.seq,
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

    /// Does what a change says, without a look at its number. What the change names and the state does not have is passed
    /// over: a log is made under a lock by [`super::decide()`], so that happens only to edits that are not saved yet.
    pub(super) fn perform(&mut self, kind: &ChangeKind, stamp: Stamp) -> Touched {
        let mut touched = Touched::default();
        match kind {
            ChangeKind::BoardCreated { name, columns, everyone } => {
                self.name.clone_from(name);
                self.created_at = stamp.at;
                self.access.everyone = *everyone;
                match stamp.by {
                    Some(maker) => self.grant(maker, BoardRole::Manager),
                    None => self.access.everyone = everyone.or(Some(BoardRole::Editor)),
                }
                (touched.board, touched.access) = (true, true);
                for column in columns {
                    self.put_column(Column { seq: stamp.seq, ..column.clone() }, &mut touched);
                }
            }
            ChangeKind::BoardUpdated { name, everyone } => {
                if let Some(name) = name {
                    self.name.clone_from(name);
                    self.name_seq = stamp.seq;
                }
                if let Some(everyone) = everyone {
                    self.access.everyone = *everyone;
                    touched.access = true;
                }
                touched.board = true;
            }
            ChangeKind::MemberSet { person, role } => {
                match role {
                    Some(role) => self.grant(*person, *role),
                    None => drop(self.access.members.remove(person)),
                }
                touched.access = true;
            }
            ChangeKind::ShareLinkCreated { .. } | ChangeKind::ShareLinkRevoked { .. } => {}
            ChangeKind::BoardDeleted {} => {
                self.deleted_at = Some(stamp.at);
                touched.board = true;
            }
            ChangeKind::ColumnCreated { column, ranks } => {
                self.rerank_columns(ranks, &mut touched);
                self.put_column(Column { seq: stamp.seq, ..column.clone() }, &mut touched);
            }
            ChangeKind::ColumnUpdated { column, name, column_kind, rank, ranks } => {
                self.rerank_columns(ranks, &mut touched);
                self.edit_column(*column, &mut touched, |column| {
                    if let Some(name) = name {
                        column.name.clone_from(name);
                    }
                    if let Some(kind) = column_kind {
                        column.kind = *kind;
                    }
                    if let Some(rank) = rank {
                        column.rank = rank.clone();
                    }
                    column.seq = stamp.seq;
                });
            }
            ChangeKind::ColumnDeleted { column } => self.remove_column(*column, &mut touched),
            ChangeKind::TaskCreated { task, title, description, column, rank, priority, due, assignees, ranks } => {
                self.rerank_tasks(ranks, &mut touched);
                self.put_task(
                    Task {
                        id: *task,
                        title: title.clone(),
                        description: description.clone(),
                        column: *column,
                        rank: rank.clone(),
                        priority: *priority,
                        due: *due,
                        assignees: assignees.clone(),
                        reopen_column: None,
                        created_at: stamp.at,
                        created_by: stamp.by,
                        updated_at: stamp.at,
                        updated_by: stamp.by,
                        deleted_at: None,
                        seq: stamp.seq,
                        title_seq: stamp.seq,
                        description_seq: stamp.seq,
                        priority_seq: 0,
                        due_seq: 0,
                        assignees_seq: 0,
                        place_seq: 0,
                    },
                    &mut touched,
                );
            }
            ChangeKind::TaskUpdated {
                task,
                title,
                description,
                priority,
                due,
                assigned,
                unassigned,
                column,
                rank,
                ranks,
            } => {
                self.rerank_tasks(ranks, &mut touched);
                if kind.changes_nothing() {
                    return touched;
                }
                let reopen = column.and_then(|to| self.reopen_column(*task, to));
                self.edit_task(*task, stamp, &mut touched, |task| {
                    if let Some(title) = title {
                        task.title.clone_from(title);
                        task.title_seq = stamp.seq;
                    }
                    if let Some(description) = description {
                        task.description.clone_from(description);
                        task.description_seq = stamp.seq;
                    }
                    if let Some(priority) = priority {
                        task.priority = *priority;
                        task.priority_seq = stamp.seq;
                    }
                    if let Some(due) = due {
                        task.due = *due;
                        task.due_seq = stamp.seq;
                    }
                    if !assigned.is_empty() || !unassigned.is_empty() {
                        let mut assignees = BTreeSet::from_iter(task.assignees.iter().chain(assigned));
                        assignees.retain(|person| !unassigned.contains(person));
                        task.assignees = assignees.into_iter().copied().collect();
                        task.assignees_seq = stamp.seq;
                    }
                    if let Some(column) = column {
                        task.column = *column;
                        task.reopen_column = reopen;
                    }
                    if let Some(rank) = rank {
                        task.rank = rank.clone();
                        task.place_seq = stamp.seq;
                    }
                });
            }
            ChangeKind::TaskDeleted { task, purged } => {
                for old in purged {
                    self.unlist_task(*old);
                    touched.tasks.insert(*old);
                }
                self.edit_task(*task, stamp, &mut touched, |task| {
                    task.deleted_at = Some(stamp.at);
                    task.place_seq = stamp.seq;
                });
            }
            ChangeKind::TaskRestored { task, column, rank, ranks } => {
                self.rerank_tasks(ranks, &mut touched);
                self.edit_task(*task, stamp, &mut touched, |task| {
                    task.deleted_at = None;
                    task.column = *column;
                    task.rank = rank.clone();
                    task.place_seq = stamp.seq;
                });
            }
        }
        touched
    }

    /// Makes what `touched` names the same as in `other`.
    pub(super) fn copy_from(&mut self, other: &BoardState, touched: &Touched) {
        if touched.board {
            self.name.clone_from(&other.name);
            self.name_seq = other.name_seq;
            self.created_at = other.created_at;
            self.deleted_at = other.deleted_at;
        }
        if touched.access {
            self.access.clone_from(&other.access);
        }
        let mut ignored = Touched::default();
        for id in &touched.columns {
            match other.columns.get(id) {
                Some(column) => self.put_column(Column::clone(column), &mut ignored),
                None => self.remove_column(*id, &mut ignored),
            }
        }
        for id in &touched.tasks {
            self.unlist_task(*id);
            if let Some(task) = other.tasks.get(id) {
                self.list_task(Arc::clone(task));
            }
        }
    }

    /// Makes somebody a member.
    pub(crate) fn grant(&mut self, person: ActorId, role: BoardRole) {
        self.access.members.insert(person, role);
    }

    /// Takes over another state's number: see [`super::OptimisticBoard`].
    pub(super) fn set_seq(&mut self, seq: Seq) {
        self.seq = seq;
    }

    /// Finds room for a task in a column.
    pub(super) fn place_task(&self, column: ColumnId, place: Place<TaskId>, task: TaskId) -> Placement<TaskId> {
        let rank_of = |id| self.live_task(id).filter(|task| task.column == column).map(|task| task.rank.clone());
        match self.lanes.get(&column) {
            Some(lane) => lane.place(place, task, rank_of),
            None => Order::default().place(place, task, rank_of),
        }
    }

    /// Finds room for a column.
    pub(super) fn place_column(&self, place: Place<ColumnId>, column: ColumnId) -> Placement<ColumnId> {
        self.column_order.place(place, column, |id| self.columns.get(&id).map(|column| column.rank.clone()))
    }

    /// Where a task that moves to column `to` would go back to when it is reopened.
    fn reopen_column(&self, task: TaskId, to: ColumnId) -> Option<ColumnId> {
        let is_done = |id| self.columns.get(&id).is_some_and(|column| column.kind == ColumnKind::Done);
        let task = self.tasks.get(&task)?;
        match (is_done(task.column), is_done(to)) {
            (false, true) => Some(task.column),
            (true, true) => task.reopen_column,
            (_, false) => None,
        }
    }

    fn put_column(&mut self, column: Column, touched: &mut Touched) {
        if let Some(old) = self.columns.get(&column.id) {
            self.column_order.remove(&old.rank, old.id);
        }
        touched.columns.insert(column.id);
        self.column_order.insert(column.rank.clone(), column.id);
        self.columns.insert(column.id, Arc::new(column));
    }

    fn edit_column(&mut self, id: ColumnId, touched: &mut Touched, edit: impl FnOnce(&mut Column)) {
        if let Some(column) = self.columns.get(&id) {
            let mut column = Column::clone(column);
            edit(&mut column);
            self.put_column(column, touched);
        }
    }

    fn remove_column(&mut self, id: ColumnId, touched: &mut Touched) {
        if let Some(old) = self.columns.remove(&id) {
            self.column_order.remove(&old.rank, id);
            touched.columns.insert(id);
        }
    }

    fn rerank_columns(&mut self, ranks: &[(ColumnId, Rank)], touched: &mut Touched) {
        for (id, rank) in ranks {
            self.edit_column(*id, touched, |column| column.rank = rank.clone());
        }
    }

    fn put_task(&mut self, task: Task, touched: &mut Touched) {
        self.unlist_task(task.id);
        touched.tasks.insert(task.id);
        self.list_task(Arc::new(task));
    }

    fn edit_task(&mut self, id: TaskId, stamp: Stamp, touched: &mut Touched, edit: impl FnOnce(&mut Task)) {
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
    fn rerank_tasks(&mut self, ranks: &[(TaskId, Rank)], touched: &mut Touched) {
        for (id, rank) in ranks {
            if let Some(task) = self.tasks.get(id) {
                let mut task = Task::clone(task);
                task.rank = rank.clone();
                self.put_task(task, touched);
            }
        }
    }

    fn list_task(&mut self, task: Arc<Task>) {
        self.room.add(&task);
        if !task.is_deleted() {
            self.lanes.entry(task.column).or_default().insert(task.rank.clone(), task.id);
        }
        self.tasks.insert(task.id, task);
    }

    fn unlist_task(&mut self, id: TaskId) {
        let Some(task) = self.tasks.remove(&id) else { return };
        self.room.remove(&task);
        if let Some(lane) = self.lanes.get_mut(&task.column) {
            lane.remove(&task.rank, id);
            if lane.len() == 0 {
                self.lanes.remove(&task.column);
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
