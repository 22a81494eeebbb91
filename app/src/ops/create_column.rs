//! The operation that adds a column to a board.

use serde::{Deserialize, Serialize};

use super::{ChangeKind, DeleteColumn, Effect, Inverse, MAX_COLUMNS, Op, Operation, Part};
use crate::{
    access::BoardRole,
    activity::ActivityItem,
    id::ColumnId,
    model::{Column, ColumnKind, Place},
    rank::Rank,
    refusal::{Refusal, Thing},
    state::{BoardState, Placement, Stamp, Touched},
    text,
};

/// Adds a column.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateColumn {
    /// The id of the column, made by the sender.
    pub column: ColumnId,
    /// The name of the column.
    pub name: String,
    /// The state of work that the column stands for.
    pub kind: ColumnKind,
    /// The position among the columns.
    #[serde(default)]
    #[cfg_attr(feature = "ssr", schema(value_type = crate::schema::Place, required = false))]
    pub place: Place<ColumnId>,
}

impl Operation for CreateColumn {
    fn role_needed(&self) -> BoardRole {
        BoardRole::Editor
    }

    fn decide(&self, state: &BoardState) -> Result<ChangeKind, Refusal> {
        if state.column(self.column).is_some() {
            return Err(Refusal::Exists { what: Thing::Column });
        }
        if state.columns().count() >= MAX_COLUMNS {
            return Err(Refusal::Full { what: Thing::Column, limit: MAX_COLUMNS as u32 });
        }
        let name = text::name("name", &self.name)?;
        let Placement { rank, ranks } = state.place_column(self.place, self.column);
        let column = Column { id: self.column, name, kind: self.kind, rank, seq: 0 };
        Ok(ChangeKind::ColumnCreated(ColumnCreated { column, ranks }))
    }
}

/// The content of a change that adds a column.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnCreated {
    /// The new column. Its number is set when the change is applied.
    pub column: Column,
    /// New ranks of other columns, which make room for this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "ssr", schema(value_type = Vec<Vec<String>>))]
    pub ranks: Vec<(ColumnId, Rank)>,
}

impl Effect for ColumnCreated {
    fn apply(&self, state: &mut BoardState, stamp: Stamp, touched: &mut Touched) {
        state.rerank_columns(&self.ranks, touched);
        state.put_column(Column { seq: stamp.seq, ..self.column.clone() }, touched);
    }

    fn numbers(&self) -> Vec<Part> {
        vec![Part::Column(self.column.id)]
    }

    fn inverse(&self, _before: &BoardState) -> Option<Inverse> {
        let column = self.column.id;
        Some(Inverse::of(Op::DeleteColumn(DeleteColumn::of(column)), vec![Part::Column(column)]))
    }

    fn label<'a>(&'a self, _before: &'a BoardState) -> (&'static str, &'a str) {
        ("add column", &self.column.name)
    }

    fn activity_items(&self, _before: Option<&BoardState>, _names: &BoardState) -> Vec<ActivityItem> {
        vec![ActivityItem::AddedColumn(self.column.name.clone())]
    }
}
