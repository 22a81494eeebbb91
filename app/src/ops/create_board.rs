//! The operation that creates a board.

use serde::{Deserialize, Serialize};

use super::{ChangeKind, Effect, Operation, update_board::check_everyone};
use crate::{
    access::BoardRole,
    activity::ActivityItem,
    by_name,
    id::ColumnId,
    key::BoardKey,
    model::{Column, ColumnKind},
    rank::Rank,
    refusal::{Refusal, Thing},
    state::{BoardState, Entity, Stamp, Touched},
    text,
};

/// The most columns that a board may have.
pub const MAX_COLUMNS: usize = 50;

/// Creates the board.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateBoard {
    /// The name of the board.
    pub name: String,
    /// The columns, from left to right.
    #[serde(deserialize_with = "by_name::each")]
    pub columns: Vec<NewColumn>,
    /// The role of everyone on the server on the board. Absent: the board is private to its creator, or, if it has no
    /// known creator, open to everyone as editors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub everyone: Option<BoardRole>,
}

/// A column of a board that is being created.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ssr", schema(as = InitialColumn))]
pub struct NewColumn {
    /// The id of the column, made by the sender.
    pub id: ColumnId,
    /// The name of the column.
    pub name: String,
    /// The state of work that the column stands for.
    pub kind: ColumnKind,
}

impl Operation for CreateBoard {
    fn role_needed(&self) -> BoardRole {
        BoardRole::Manager
    }

    /// It is refused because the board exists.
    fn is_allowed_on_archived(&self) -> bool {
        true
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
        // The server assigns the key when it stores the change.
        Ok(ChangeKind::BoardCreated(BoardCreated { name, key: None, columns, everyone: self.everyone }))
    }
}

/// The content of a change that creates a board.
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardCreated {
    /// The name of the board.
    pub name: String,
    /// The key of the board, which no other board ever has. Absent in changes from before version 0.2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<BoardKey>,
    /// The columns, from left to right.
    pub columns: Vec<Column>,
    /// The role of everyone on the server on the board.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub everyone: Option<BoardRole>,
}

impl Effect for BoardCreated {
    fn apply(&self, state: &mut BoardState, stamp: Stamp, touched: &mut Touched) {
        state.name.clone_from(&self.name);
        state.key.clone_from(&self.key);
        state.created_at = stamp.at;
        state.access.everyone = self.everyone;
        match stamp.by.filter(|by| by.is_person()) {
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

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{
        id::{ActorId, BoardId},
        time::Timestamp,
    };

    #[test]
    fn only_a_person_who_creates_a_board_manages_it() {
        let ana = ActorId(Uuid::from_u128(7));
        for (by, manager, everyone) in [
            (Some(ana), Some(ana), None),
            (Some(ActorId::SERVER), None, Some(BoardRole::Editor)),
            (Some(ActorId::COMMAND_LINE), None, Some(BoardRole::Editor)),
            (None, None, Some(BoardRole::Editor)),
        ] {
            let mut state = BoardState::empty(BoardId(Uuid::from_u128(1)));
            let created = BoardCreated { name: "Plans".to_owned(), key: None, columns: Vec::new(), everyone: None };
            created.apply(&mut state, Stamp { seq: 1, at: Timestamp::from_millis(0), by }, &mut Touched::default());
            let members: Vec<_> = state.access().members.keys().copied().collect();
            assert_eq!((members, state.access().everyone), (Vec::from_iter(manager), everyone), "{by:?}");
        }
    }
}
