//! What a change touched.
//!
//! The server stores a change, and a page draws it, one entity at a time. Both go through the entities that a change touched with a
//! `match` over [`Entity`], so the compiler names every place that a new kind of thing needs.

use std::collections::BTreeSet;

use crate::id::{ChecklistId, ChecklistItemId, ColumnId, CommentId, LabelId, TaskId};

/// A part of a board that is stored, copied and drawn as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Entity {
    /// The board's own fields: its name, and whether it was deleted or archived.
    Board,
    /// Who has access to the board.
    Access,
    /// A column, which may be new or deleted.
    Column(ColumnId),
    /// A label, which may be new, merged or deleted.
    Label(LabelId),
    /// A task, which may be new or purged.
    Task(TaskId),
    /// A checklist of a task, which may be new or gone for good. The task was touched, too.
    Checklist(TaskId, ChecklistId),
    /// An item of a checklist of a task, which may be new or deleted. The task was touched, too.
    ChecklistItem(TaskId, ChecklistItemId),
    /// A comment on a task, if the state holds it.
    Comment(TaskId, CommentId),
}

/// The entities that one or more changes touched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched(BTreeSet<Entity>);

impl Touched {
    /// Adds an entity.
    pub fn add(&mut self, entity: Entity) {
        self.0.insert(entity);
    }

    /// Adds the entities of `other`.
    pub fn merge(&mut self, other: &Touched) {
        self.0.extend(&other.0);
    }

    /// Whether nothing was touched.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an entity was touched.
    pub fn contains(&self, entity: Entity) -> bool {
        self.0.contains(&entity)
    }

    /// The entities: the board, its access, columns, labels, tasks, checklists and their items, comments.
    pub fn iter(&self) -> impl Iterator<Item = Entity> {
        self.0.iter().copied()
    }

    /// Whether a column was touched.
    pub fn any_column(&self) -> bool {
        self.iter().any(|entity| matches!(entity, Entity::Column(_)))
    }

    /// Whether a label was touched.
    pub fn any_label(&self) -> bool {
        self.iter().any(|entity| matches!(entity, Entity::Label(_)))
    }

    /// The tasks whose comments were touched.
    pub fn commented(&self) -> impl Iterator<Item = TaskId> {
        self.iter().filter_map(|entity| if let Entity::Comment(task, _) = entity { Some(task) } else { None })
    }

    /// The tasks that were touched.
    pub fn tasks(&self) -> impl Iterator<Item = TaskId> {
        self.iter().filter_map(|entity| if let Entity::Task(id) = entity { Some(id) } else { None })
    }
}

impl FromIterator<Entity> for Touched {
    fn from_iter<I: IntoIterator<Item = Entity>>(entities: I) -> Self {
        let mut touched = Self::default();
        entities.into_iter().for_each(|entity| touched.add(entity));
        touched
    }
}
