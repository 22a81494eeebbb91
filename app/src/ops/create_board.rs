//! A board is made.

use serde::{Deserialize, Serialize};

use super::{ChangeKind, Effect, Operation, update_board::check_everyone};
use crate::{
    access::BoardRole,
    activity::ActivityItem,
    id::ColumnId,
    model::{Column, ColumnKind},
    rank::Rank,
    refusal::{Refusal, Thing},
    state::{BoardState, Entity, Stamp, Touched},
    text,
};

/// How many columns a board holds.
pub const MAX_COLUMNS: usize = 50;

/// See [`super::Op::CreateBoard`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateBoard {
    /// What to call it.
    pub name: String,
    /// Its columns from left to right.
    pub columns: Vec<NewColumn>,
    /// What everyone on the server is on it; absent, it is private to whoever makes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub everyone: Option<BoardRole>,
}

/// A column of a board that is being made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewColumn {
    /// The id to give it.
    pub id: ColumnId,
    /// What to call it.
    pub name: String,
    /// What being in it says about a task.
    pub kind: ColumnKind,
}

impl Operation for CreateBoard {
    fn role_needed(&self) -> BoardRole {
        BoardRole::Manager
    }

    fn decide(&self, state: &BoardState) -> Result<ChangeKind, Refusal> {
        if state.seq() > 0 {
            return Err(Refusal::Exists { what: Thing::Board });
        }
        if self.columns.is_empty() {
            return Err(Refusal::invalid("columns", "a board needs at least one column"));
        }
        if self.columns.len() > MAX_COLUMNS {
            return Err(Refusal::Full { what: Thing::Column, limit: MAX_COLUMNS as u32 });
        }
        let mut columns: Vec<Column> = Vec::with_capacity(self.columns.len());
        for (NewColumn { id, name, kind }, rank) in self.columns.iter().zip(Rank::spread(self.columns.len())) {
            if columns.iter().any(|column| column.id == *id) {
                return Err(Refusal::invalid("columns", "two columns have the same id"));
            }
            columns.push(Column { id: *id, name: text::name("columns.name", name)?, kind: *kind, rank, seq: 0 });
        }
        check_everyone(self.everyone)?;
        let name = text::name("name", &self.name)?;
        Ok(ChangeKind::BoardCreated(BoardCreated { name, columns, everyone: self.everyone }))
    }
}

/// See [`ChangeKind::BoardCreated`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardCreated {
    /// What it is called.
    pub name: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// What everyone on the server is on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub everyone: Option<BoardRole>,
}

impl Effect for BoardCreated {
    fn apply(&self, state: &mut BoardState, stamp: Stamp, touched: &mut Touched) {
        state.name.clone_from(&self.name);
        state.created_at = stamp.at;
        state.access.everyone = self.everyone;
        match stamp.by {
            Some(maker) => state.grant(maker, BoardRole::Manager),
            None => state.access.everyone = self.everyone.or(Some(BoardRole::Editor)),
        }
        touched.add(Entity::Board);
        touched.add(Entity::Access);
        for column in &self.columns {
            state.put_column(Column { seq: stamp.seq, ..column.clone() }, touched);
        }
    }

    fn label<'a>(&'a self, _before: &'a BoardState) -> (&'static str, &'a str) {
        ("create the board", "")
    }

    fn activity_items(&self, _before: Option<&BoardState>, _names: &BoardState) -> Vec<ActivityItem> {
        vec![ActivityItem::CreatedBoard(self.name.clone())]
    }
}
