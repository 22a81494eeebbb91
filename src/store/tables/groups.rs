//! The table of all groups.

use super::{Conditions, Expression, Rows, Slice, Source, rows_of};
use crate::store::{
    Group, Store, StoreError,
    accounts::groups::{group, select_groups},
};

/// Which groups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupFilter {
    /// Those with this text in their names or descriptions, ignoring case.
    pub text: String,
    /// Those without people.
    pub without_people: bool,
    /// Those that are on no board.
    pub without_boards: bool,
}

/// What groups are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupOrder {
    /// The name, ignoring case.
    Name,
    /// The time of creation.
    Created,
}

const GROUPS: Source = Source { select: select_groups!(), from: "FROM groups g", id: "g.id" };

impl GroupOrder {
    fn expression(self) -> Expression {
        let (sql, is_number) = match self {
            Self::Name => ("g.sort_name", false),
            Self::Created => ("g.created_at", true),
        };
        Expression { sql, is_number }
    }
}

impl GroupFilter {
    fn conditions(&self) -> Conditions {
        let mut wanted = Conditions::default();
        if !self.text.trim().is_empty() {
            wanted
                .contains("(LOWER(g.name) LIKE ? ESCAPE '\\' OR LOWER(g.description) LIKE ? ESCAPE '\\')", &self.text);
        }
        if self.without_people {
            wanted.add("NOT EXISTS (SELECT 1 FROM group_people p WHERE p.group_id = g.id)");
        }
        if self.without_boards {
            wanted.add(
                "NOT EXISTS (SELECT 1 FROM group_boards gb JOIN boards b ON b.id = gb.board \
                 WHERE gb.group_id = g.id AND b.deleted_at IS NULL)",
            );
        }
        wanted
    }
}

impl Store {
    /// A page of all groups that match.
    pub async fn groups_table(
        &self,
        filter: &GroupFilter,
        slice: Slice<GroupOrder>,
    ) -> Result<Rows<Group>, StoreError> {
        let expression = slice.order.expression();
        let (statement, limit) = GROUPS.page(filter.conditions(), expression, slice);
        rows_of(statement.fetch_all(self.readers()).await?, limit, expression, group)
    }

    /// Counts the groups that match.
    pub async fn count_groups(&self, filter: &GroupFilter) -> Result<u64, StoreError> {
        GROUPS.count(self, filter.conditions()).await
    }
}
