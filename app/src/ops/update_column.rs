//! The operation that renames or moves a column, or changes its kind.

use serde::{Deserialize, Serialize};

use super::{
    ChangeKind, Effect, Inverse, Op, Operation, Part, column_name, inverse::FormerPlace, require_column,
    require_untouched,
};
use crate::{
    access::BoardRole,
    activity::{ActivityItem, FromTo},
    id::ColumnId,
    model::{ColumnKind, Place, Seq},
    rank::Rank,
    refusal::Refusal,
    state::{BoardState, Placement, Stamp, Touched},
    text,
};

/// Renames a column, changes its kind, or moves it. Absent fields stay as they are.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpdateColumn {
    /// The column.
    pub column: ColumnId,
    /// Refused as stale if the column was changed after this number. An undo sets it, so that it does not revert later
    /// changes of other people. Absent: the column is changed in any case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard: Option<Seq>,
    /// The new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The new kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<ColumnKind>,
    /// The new position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<crate::schema::Place>, nullable = false))]
    pub place: Option<Place<ColumnId>>,
}

impl UpdateColumn {
    /// Creates a request that changes nothing yet.
    pub fn of(column: ColumnId) -> Self {
        Self { column, guard: None, name: None, kind: None, place: None }
    }
}

impl Operation for UpdateColumn {
    fn role_needed(&self) -> BoardRole {
        BoardRole::Editor
    }

    fn decide(&self, state: &BoardState) -> Result<ChangeKind, Refusal> {
        require_untouched(require_column(state, self.column)?.seq, self.guard)?;
        let name = self.name.as_deref().map(|text| text::name("name", text)).transpose()?;
        let (rank, ranks) = match self.place {
            // A place next to itself means that it does not move.
            Some(Place::Before(id) | Place::After(id)) if id == self.column => (None, Vec::new()),
            Some(place) => {
                let Placement { rank, ranks } = state.place_column(place, self.column);
                (Some(rank), ranks)
            }
            None => (None, Vec::new()),
        };
        let (column, column_kind) = (self.column, self.kind);
        Ok(ChangeKind::ColumnUpdated(ColumnUpdated { column, name, column_kind, rank, ranks }))
    }
}

/// The content of a change of a column.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnUpdated {
    /// The column.
    pub column: ColumnId,
    /// The new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The new kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column_kind: Option<ColumnKind>,
    /// The new rank.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rank: Option<Rank>,
    /// New ranks of other columns, which make room for this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "ssr", schema(value_type = Vec<Vec<String>>))]
    pub ranks: Vec<(ColumnId, Rank)>,
}

impl Effect for ColumnUpdated {
    fn apply(&self, state: &mut BoardState, stamp: Stamp, touched: &mut Touched) {
        state.rerank_columns(&self.ranks, touched);
        state.edit_column(self.column, touched, |column| {
            if let Some(name) = &self.name {
                column.name.clone_from(name);
            }
            if let Some(kind) = self.column_kind {
                column.kind = kind;
            }
            if let Some(rank) = &self.rank {
                column.rank = rank.clone();
            }
            column.seq = stamp.seq;
        });
    }

    fn numbers(&self) -> Vec<Part> {
        vec![Part::Column(self.column)]
    }

    fn inverse(&self, before: &BoardState) -> Option<Inverse> {
        let column = before.column(self.column)?;
        let update = UpdateColumn {
            name: self.name.as_ref().filter(|name| **name != column.name).map(|_| column.name.clone()),
            kind: self.column_kind.filter(|kind| *kind != column.kind).map(|_| column.kind),
            ..UpdateColumn::of(column.id)
        };
        let place = self.rank.as_ref().map(|_| FormerPlace::of_column(before, column.id));
        let changes = place.is_some() || update != UpdateColumn::of(column.id);
        let guarded = vec![Part::Column(column.id)];
        changes.then_some(Inverse { op: Op::UpdateColumn(update), place, guarded })
    }

    fn label<'a>(&'a self, before: &'a BoardState) -> (&'static str, &'a str) {
        let name = before.column(self.column).map_or("", |column| &column.name);
        match (&self.name, &self.rank) {
            (Some(_), _) => ("rename column", name),
            (None, Some(_)) => ("move column", name),
            (None, None) => ("change the kind of column", name),
        }
    }

    fn activity_items(&self, before: Option<&BoardState>, names: &BoardState) -> Vec<ActivityItem> {
        let was = before.and_then(|before| before.column(self.column));
        let name = || column_name(names, self.column);
        let from = was.map(|column| column.name.clone());
        let renamed = self.name.clone().filter(|to| from.as_ref() != Some(to));
        let kind = self.column_kind.filter(|kind| was.is_none_or(|column| column.kind != *kind));
        [
            renamed.map(|to| ActivityItem::RenamedColumn(FromTo { from, to: Some(to) })),
            kind.map(|to| ActivityItem::SetColumnKind(name(), to)),
            self.rank.as_ref().map(|_| ActivityItem::MovedColumn(name())),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}
