//! The table of the share links of all boards.

use std::collections::HashMap;

use app::{
    access::BoardAccess,
    id::{ActorId, BoardId},
    time::Timestamp,
};
use sqlx::{Row, any::AnyRow};
use uuid::Uuid;

use super::{Conditions, Expression, Rows, Slice, Source, Span, rows_of};
use crate::store::{
    Store, StoreError,
    connection::read,
    rows::{board_role, id, optional_id},
    sql::fetch_by_ids,
};

/// Which share links.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShareLinkFilter {
    /// Those with this text in the names of their boards, or in the names or e-mail addresses of their makers, ignoring case.
    pub text: String,
    /// Those of this board.
    pub board: Option<BoardId>,
    /// Those that this person made.
    pub maker: Option<ActorId>,
    /// Those that were made in this span.
    pub created: Span,
    /// Those that were made before this time.
    pub created_before: Option<Timestamp>,
}

/// What share links are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShareLinkOrder {
    /// The name of the board, ignoring case (of ASCII, on SQLite).
    Board,
    /// The time of creation.
    Created,
}

/// A share link in the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareLinkRow {
    /// The id of the link, not its secret.
    pub id: Uuid,
    /// The board that it opens.
    pub board: BoardId,
    /// The board's name.
    pub board_name: String,
    /// Who made it, if known.
    pub created_by: Option<ActorId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Whether it works: only while the person who made it manages the board.
    pub works: bool,
}

const SHARE_LINKS: Source = Source {
    select: "SELECT s.id, s.board, b.name AS board_name, s.created_by, s.created_at",
    from: "FROM share_links s CROSS JOIN boards b",
    id: "s.id",
};

impl ShareLinkOrder {
    fn expression(self) -> Expression {
        let (sql, is_number) = match self {
            Self::Board => ("LOWER(b.name)", false),
            Self::Created => ("s.created_at", true),
        };
        Expression { sql, is_number }
    }
}

impl ShareLinkFilter {
    fn conditions(&self) -> Conditions {
        let mut wanted = Conditions::default();
        wanted.add("s.revoked_at IS NULL");
        wanted.add("b.id = s.board");
        wanted.add("b.deleted_at IS NULL");
        if !self.text.trim().is_empty() {
            let anywhere = "(LOWER(b.name) LIKE ? ESCAPE '\\' OR EXISTS (SELECT 1 FROM people p WHERE p.id = s.created_by \
                            AND (LOWER(p.name) LIKE ? ESCAPE '\\' OR p.email LIKE ? ESCAPE '\\')))";
            wanted.contains(anywhere, &self.text);
        }
        if let Some(board) = self.board {
            wanted.bind("s.board = ?", board.to_string());
        }
        if let Some(maker) = self.maker {
            wanted.bind("s.created_by = ?", maker.to_string());
        }
        wanted.within(self.created, "s.created_at >= ?", "s.created_at < ?");
        if let Some(before) = self.created_before {
            wanted.bind("s.created_at < ?", before.as_millis());
        }
        wanted
    }
}

impl Store {
    /// A page of all share links that match and are not revoked.
    pub async fn share_links_table(
        &self,
        filter: &ShareLinkFilter,
        slice: Slice<ShareLinkOrder>,
    ) -> Result<Rows<ShareLinkRow>, StoreError> {
        const MANAGERS: &str = "SELECT board, person, role FROM board_members WHERE role = 'manager' AND board";
        let expression = slice.order.expression();
        let (statement, limit) = SHARE_LINKS.page(filter.conditions(), expression, slice);
        let Rows { mut rows, next } =
            rows_of(statement.fetch_all(self.readers()).await?, limit, expression, share_link)?;
        if !rows.is_empty() {
            let boards: Vec<String> = rows.iter().map(|link| link.board.to_string()).collect();
            let mut access: HashMap<BoardId, BoardAccess> = HashMap::new();
            for row in read!(self.readers(), |reader| fetch_by_ids(reader, MANAGERS, "", &boards).await)? {
                let board = access.entry(id(row.try_get("board")?)?).or_default();
                board.members.insert(id(row.try_get("person")?)?, board_role(row.try_get("role")?)?);
            }
            let (directory, nobody) = (self.directory(), BoardAccess::default());
            for row in &mut rows {
                let link = directory.link(row.board, row.created_by);
                row.works = link.is_some_and(|link| link.works(access.get(&row.board).unwrap_or(&nobody)));
            }
        }
        Ok(Rows { rows, next })
    }

    /// Counts the share links that match and are not revoked, up to one more than [`super::MOST_COUNTED`].
    pub async fn count_share_links(&self, filter: &ShareLinkFilter) -> Result<u64, StoreError> {
        SHARE_LINKS.count(self, filter.conditions()).await
    }
}

fn share_link(row: &AnyRow) -> Result<ShareLinkRow, StoreError> {
    Ok(ShareLinkRow {
        id: id(row.try_get("id")?)?,
        board: id(row.try_get("board")?)?,
        board_name: row.try_get("board_name")?,
        created_by: optional_id(row.try_get("created_by")?)?,
        created_at: Timestamp::from_millis(row.try_get("created_at")?),
        works: false,
    })
}
