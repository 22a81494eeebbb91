//! The table of all boards.

use std::collections::{HashMap, HashSet};

use app::{
    access::BoardRole,
    id::{ActorId, BoardId, ColumnId},
    model::Seq,
    time::Timestamp,
};
use sqlx::{Row, any::AnyRow};

use super::{Conditions, Expression, Rows, Slice, Source, Span, rows_of};
use crate::store::{
    Store, StoreError,
    connection::{Connection, read},
    rows::{board_role, everyone, id, seq},
    sql::fetch_by_ids,
};

/// Which boards.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BoardFilter {
    /// Those with this text in their names, ignoring case.
    pub text: String,
    /// `Some(true)`: those that everyone on the server may open. `Some(false)`: the private ones.
    pub is_open: Option<bool>,
    /// `Some(true)`: those that are archived. `Some(false)`: those that are not.
    pub archived: Option<bool>,
    /// Those without a manager whose account is active.
    pub without_manager: bool,
    /// Those that were created in this span.
    pub created: Span,
    /// Those that were changed at or after this time.
    pub changed_from: Option<Timestamp>,
    /// Those that were changed before this time.
    pub changed_before: Option<Timestamp>,
}

/// What boards are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoardOrder {
    /// The name, ignoring case (of ASCII, on SQLite).
    Name,
    /// The time of creation.
    Created,
    /// The time of the newest change.
    Changed,
}

/// A board in the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardRow {
    /// The board's id.
    pub id: BoardId,
    /// The name.
    pub name: String,
    /// The key.
    pub key: String,
    /// The role of everyone on the server.
    pub everyone: Option<BoardRole>,
    /// The managers.
    pub managers: Vec<ActorId>,
    /// The number of members, managers included.
    pub members: usize,
    /// The number of tasks that are not done.
    pub open_tasks: u64,
    /// The number of tasks that are not in the trash.
    pub tasks: u64,
    /// The number of share links.
    pub links: u64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub changed_at: Timestamp,
    /// When it was archived, if it is.
    pub archived_at: Option<Timestamp>,
    /// The number of its newest change.
    pub seq: Seq,
}

const BOARDS: Source = Source {
    select: "SELECT b.id, b.name, b.key, b.everyone, b.seq, b.created_at, b.changed_at, b.archived_at",
    from: "FROM boards b",
    id: "b.id",
};

impl BoardOrder {
    pub(in crate::store) fn expression(self) -> Expression {
        let (sql, is_number) = match self {
            Self::Name => ("LOWER(b.name)", false),
            Self::Created => ("b.created_at", true),
            Self::Changed => ("b.changed_at", true),
        };
        Expression { sql, is_number }
    }
}

impl BoardFilter {
    fn conditions(&self) -> Conditions {
        let mut wanted = Conditions::default();
        wanted.add("b.deleted_at IS NULL");
        match self.archived {
            None => {}
            Some(true) => wanted.add("b.archived_at IS NOT NULL"),
            Some(false) => wanted.add("b.archived_at IS NULL"),
        }
        if !self.text.trim().is_empty() {
            wanted.contains("LOWER(b.name) LIKE ? ESCAPE '\\'", &self.text);
        }
        match self.is_open {
            None => {}
            Some(true) => wanted.add("b.everyone IS NOT NULL"),
            Some(false) => wanted.add("b.everyone IS NULL"),
        }
        if self.without_manager {
            wanted.add(
                "NOT EXISTS (SELECT 1 FROM board_members m JOIN people p ON p.id = m.person \
                 WHERE m.board = b.id AND m.role = 'manager' AND p.deactivated_at IS NULL)",
            );
        }
        wanted.within(self.created, "b.created_at >= ?", "b.created_at < ?");
        if let Some(from) = self.changed_from {
            wanted.bind("b.changed_at >= ?", from.as_millis());
        }
        if let Some(before) = self.changed_before {
            wanted.bind("b.changed_at < ?", before.as_millis());
        }
        wanted
    }
}

impl Store {
    /// A page of all boards that match. The caller must be allowed to see every board.
    pub async fn boards_table(
        &self,
        filter: &BoardFilter,
        slice: Slice<BoardOrder>,
    ) -> Result<Rows<BoardRow>, StoreError> {
        let expression = slice.order.expression();
        let (statement, limit) = BOARDS.page(filter.conditions(), expression, slice);
        let Rows { mut rows, next } = rows_of(statement.fetch_all(self.readers()).await?, limit, expression, board)?;
        self.count_contents(&mut rows).await?;
        Ok(Rows { rows, next })
    }

    /// Counts the boards that match, up to one more than [`super::MOST_COUNTED`].
    pub async fn count_boards(&self, filter: &BoardFilter) -> Result<u64, StoreError> {
        BOARDS.count(self, filter.conditions()).await
    }

    /// Adds to boards what belongs to them. It is counted for the boards of a page, from indexes that hold nothing else.
    async fn count_contents(&self, boards: &mut [BoardRow]) -> Result<(), StoreError> {
        let ids: Vec<String> = boards.iter().map(|board| board.id.to_string()).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let Contents { tasks, done, members, links } = read!(self.readers(), |reader| contents(reader, &ids).await)?;
        let mut places: HashMap<BoardId, usize> = HashMap::new();
        for (index, board) in boards.iter().enumerate() {
            places.insert(board.id, index);
        }
        let place = |row: &AnyRow| Ok::<_, StoreError>(places.get(&id(row.try_get("board")?)?).copied());
        let mut done_columns: HashSet<(usize, ColumnId)> = HashSet::new();
        for row in &done {
            if let Some(place) = place(row)? {
                done_columns.insert((place, id(row.try_get("id")?)?));
            }
        }
        for row in &tasks {
            let Some(place) = place(row)? else { continue };
            let count = row.try_get::<i64, _>("count")?.unsigned_abs();
            boards[place].tasks += count;
            if !done_columns.contains(&(place, id(row.try_get("column_id")?)?)) {
                boards[place].open_tasks += count;
            }
        }
        for row in &members {
            let Some(place) = place(row)? else { continue };
            boards[place].members += 1;
            if board_role(row.try_get("role")?)? == BoardRole::Manager {
                boards[place].managers.push(id(row.try_get("person")?)?);
            }
        }
        for row in &links {
            if let Some(place) = place(row)? {
                boards[place].links = row.try_get::<i64, _>("count")?.unsigned_abs();
            }
        }
        Ok(())
    }
}

/// Rows about some boards.
struct Contents {
    /// `board, column_id, count`, of tasks that are not in the trash.
    tasks: Vec<AnyRow>,
    /// `board, id`, of columns of done tasks.
    done: Vec<AnyRow>,
    /// `board, person, role`.
    members: Vec<AnyRow>,
    /// `board, count`, of share links.
    links: Vec<AnyRow>,
}

/// How many tasks that are not in the trash each column of some boards has.
pub(in crate::store) const TASKS_BY_COLUMN: &str =
    "SELECT board, column_id, COUNT(*) AS count FROM tasks WHERE deleted_at IS NULL AND board";
/// The columns of some boards that are of done tasks.
pub(in crate::store) const DONE_COLUMNS: &str = "SELECT board, id FROM columns WHERE kind = 'done' AND board";

async fn contents(reader: &mut Connection, boards: &[String]) -> Result<Contents, StoreError> {
    const MEMBERS: &str = "SELECT board, person, role FROM board_members WHERE board";
    const LINKS: &str = "SELECT board, COUNT(*) AS count FROM share_links WHERE revoked_at IS NULL AND board";
    Ok(Contents {
        tasks: fetch_by_ids(reader, TASKS_BY_COLUMN, " GROUP BY board, column_id", boards).await?,
        done: fetch_by_ids(reader, DONE_COLUMNS, "", boards).await?,
        members: fetch_by_ids(reader, MEMBERS, "", boards).await?,
        links: fetch_by_ids(reader, LINKS, " GROUP BY board", boards).await?,
    })
}

fn board(row: &AnyRow) -> Result<BoardRow, StoreError> {
    Ok(BoardRow {
        id: id(row.try_get("id")?)?,
        name: row.try_get("name")?,
        key: row.try_get("key")?,
        everyone: everyone(row.try_get("everyone")?)?,
        managers: Vec::new(),
        members: 0,
        open_tasks: 0,
        tasks: 0,
        links: 0,
        created_at: Timestamp::from_millis(row.try_get("created_at")?),
        changed_at: Timestamp::from_millis(row.try_get("changed_at")?),
        archived_at: row.try_get::<Option<i64>, _>("archived_at")?.map(Timestamp::from_millis),
        seq: seq(row.try_get("seq")?)?,
    })
}
