//! The operation that deletes a column without tasks.

use serde::{Deserialize, Serialize};

use super::{
    ChangeKind, CreateColumn, Effect, Inverse, Op, Operation, Part, column_name, inverse::FormerPlace, require_column,
    require_untouched,
};
use crate::{
    access::BoardRole,
    activity::ActivityItem,
    id::ColumnId,
    model::{Place, Seq},
    refusal::Refusal,
    state::{BoardState, Stamp, Touched},
};

/// Deletes a column that holds no tasks.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeleteColumn {
    /// The column.
    pub column: ColumnId,
    /// Refused as stale if the column was changed after this number. An undo sets it, so that it does not revert later
    /// changes of other people. Absent: the column is deleted in any case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard: Option<Seq>,
}

impl DeleteColumn {
    /// Creates a request without a guard.
    pub fn of(column: ColumnId) -> Self {
        Self { column, guard: None }
    }
}

impl Operation for DeleteColumn {
    fn role_needed(&self) -> BoardRole {
        BoardRole::Editor
    }

    fn decide(&self, state: &BoardState) -> Result<ChangeKind, Refusal> {
        require_untouched(require_column(state, self.column)?.seq, self.guard)?;
        if state.column_len(self.column) > 0 {
            return Err(Refusal::NotEmpty);
        }
        if state.columns().count() == 1 {
            return Err(Refusal::invalid("column", "this is the only column, and a board needs at least one"));
        }
        Ok(ChangeKind::ColumnDeleted(ColumnDeleted { column: self.column }))
    }
}

/// The content of a change that deletes a column.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnDeleted {
    /// The column.
    pub column: ColumnId,
}

impl Effect for ColumnDeleted {
    fn apply(&self, state: &mut BoardState, _stamp: Stamp, touched: &mut Touched) {
        state.remove_column(self.column, touched);
    }

    fn numbers(&self) -> Vec<Part> {
        vec![Part::Column(self.column)]
    }

    fn inverse(&self, before: &BoardState) -> Option<Inverse> {
        let column = before.column(self.column)?;
        let create =
            CreateColumn { column: column.id, name: column.name.clone(), kind: column.kind, place: Place::Last };
        let place = Some(FormerPlace::of_column(before, column.id));
        Some(Inverse { op: Op::CreateColumn(create), place, guarded: Vec::new() })
    }

    fn label<'a>(&'a self, before: &'a BoardState) -> (&'static str, &'a str) {
        ("delete column", before.column(self.column).map_or("", |column| &column.name))
    }

    fn activity_items(&self, _before: Option<&BoardState>, names: &BoardState) -> Vec<ActivityItem> {
        vec![ActivityItem::DeletedColumn(column_name(names, self.column))]
    }
}
