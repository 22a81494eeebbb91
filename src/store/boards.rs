//! The lists of boards and of who may see them, without reading the boards themselves.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use app::{
    access::{BoardAccess, BoardRole, Principal},
    id::{ActorId, BoardId},
    model::{BoardPage, BoardSummary},
    time::Timestamp,
};
use sqlx::{Row, any::AnyRow};
use uuid::Uuid;

use super::{
    Store, StoreError,
    connection::{Connection, read},
    rows,
    sql::{fetch_by_ids, query, query_of},
};
use crate::{clock::now, credentials::Credentials};

/// A board's entry in the list of boards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// What the list shows.
    pub board: BoardSummary,
    /// Who may see the board; `None` once it is deleted.
    pub access: Option<BoardAccess>,
}

/// Which boards of a list.
#[derive(Clone, Debug)]
pub struct BoardQuery {
    /// Those with this in their names, in capital letters or not; all, if it is empty.
    pub text: String,
    /// Those that are older than this one.
    pub after: Option<(Timestamp, BoardId)>,
    /// So many at most.
    pub limit: usize,
}

impl BoardQuery {
    /// The newest boards.
    pub fn newest(limit: usize) -> Self {
        Self { text: String::new(), after: None, limit }
    }

    fn wants(&self, board: &BoardSummary) -> bool {
        let name = || board.name.to_lowercase().contains(&self.text.to_lowercase()) || board.name.contains(&self.text);
        self.after.is_none_or(|after| board.age() < after) && (self.text.is_empty() || name())
    }
}

/// Where boards of one kind are found, in the order of their age.
#[derive(Clone, Copy)]
pub(super) struct Source {
    /// Up to its last condition.
    pub select: &'static str,
    /// What has the time by which the boards are ordered: when they were made, or deleted.
    pub at: &'static str,
    /// What has its id.
    pub id: &'static str,
}

/// All boards.
const ALL: Source = Source {
    select: "SELECT id, name, seq, created_at, everyone, deleted_at FROM boards WHERE deleted_at IS NULL",
    at: "created_at",
    id: "id",
};

/// Those that are open to everyone on the server.
const OPEN: Source = Source {
    select: "SELECT id, name, seq, created_at, everyone, deleted_at FROM boards \
             WHERE everyone IS NOT NULL AND deleted_at IS NULL",
    at: "created_at",
    id: "id",
};

/// Those that somebody is a member of.
const OWN: Source = Source {
    select: "SELECT boards.id, name, seq, created_at, everyone, deleted_at, role FROM board_members \
             JOIN boards ON boards.id = board_members.board \
             WHERE board_members.person = $6 AND boards.deleted_at IS NULL",
    at: "board_created_at",
    id: "board",
};

impl Listed {
    /// Whether the principal may see the board.
    pub fn is_visible_to(&self, principal: &Principal) -> bool {
        self.access.as_ref().is_some_and(|access| principal.role_on(self.board.id, access).is_some())
    }
}

impl Store {
    /// A page of the boards somebody may see, newest first. It costs the same however many boards there are, but for a search, which
    /// looks at boards until it has found a page.
    pub async fn boards_page(&self, credentials: &Credentials, wanted: &BoardQuery) -> Result<BoardPage, StoreError> {
        let principal = self.directory().principal(credentials, now()).unwrap_or_else(Principal::stranger);
        let mut found = Vec::new();
        if principal.sees_every_board() {
            found = self.page_of(ALL, None, wanted).await?.iter().map(listed).collect::<Result<_, _>>()?;
        } else if let (Some(_), Some(person)) = (principal.role, principal.person) {
            for row in self.page_of(OWN, Some(person), wanted).await? {
                let mut listed = listed(&row)?;
                let role = rows::board_role(row.try_get("role")?)?;
                if let Some(access) = &mut listed.access {
                    access.members.insert(person, role);
                }
                found.push(listed);
            }
            for row in self.page_of(OPEN, None, wanted).await? {
                found.push(listed(&row)?);
            }
        }
        let linked: Vec<BoardId> = principal.links.iter().map(|link| link.board).collect();
        if !linked.is_empty() {
            // Whether a link is valid depends on its maker's role on the board.
            let mut boards = self.listed(&linked).await?;
            boards.retain(|listed| wanted.wants(&listed.board));
            read!(self.readers(), |reader| add_members(reader, &mut boards).await)?;
            found.append(&mut boards);
        }
        // Look up the principal only now: the rights must not be older than the boards that were read.
        let principal = self.directory().principal(credentials, now()).unwrap_or_else(Principal::stranger);
        let visible = found.into_iter().filter(|listed| listed.is_visible_to(&principal));
        let boards: BTreeMap<_, _> = visible.map(|Listed { board, .. }| (Reverse(board.age()), board)).collect();
        let more = boards.len() > wanted.limit;
        Ok(BoardPage { boards: boards.into_values().take(wanted.limit).collect(), more })
    }

    /// The rows of one kind that a page may need: one more than it holds.
    pub(super) async fn page_of(
        &self,
        source: Source,
        person: Option<ActorId>,
        wanted: &BoardQuery,
    ) -> Result<Vec<AnyRow>, StoreError> {
        let position = self.shared.database.engine.position();
        let Source { select, at, id } = source;
        let (created_at, after) = wanted.after.unwrap_or((Timestamp::from_millis(i64::MAX), BoardId(Uuid::max())));
        let statement = query_of(&[
            select,
            " AND (",
            at,
            ", ",
            id,
            ") < ($1, $2) AND ($4 = '' OR ",
            position,
            "(LOWER(name), $4) > 0 OR ",
            position,
            "(name, $5) > 0) ORDER BY ",
            at,
            " DESC, ",
            id,
            " DESC LIMIT $3",
        ])
        .bind(created_at.as_millis())
        .bind(after.to_string())
        .bind(i64::try_from(wanted.limit.saturating_add(1)).unwrap_or(i64::MAX))
        .bind(wanted.text.to_lowercase())
        .bind(wanted.text.as_str());
        let statement = match person {
            Some(person) => statement.bind(person.to_string()),
            None => statement,
        };
        statement.fetch_all(self.readers()).await
    }

    /// The names of some boards, without those that do not exist.
    pub async fn board_names(&self, ids: &[BoardId]) -> Result<HashMap<BoardId, String>, StoreError> {
        let boards = self.listed(ids).await?.into_iter().filter(|listed| listed.access.is_some());
        Ok(boards.map(|listed| (listed.board.id, listed.board.name)).collect())
    }

    /// The boards that a person is a member of, or where a task is assigned to them.
    pub async fn boards_of(&self, person: ActorId) -> Result<Vec<BoardId>, StoreError> {
        query(
            "SELECT id FROM boards WHERE deleted_at IS NULL AND id IN (SELECT board FROM board_members WHERE person = $1 \
             UNION SELECT board FROM tasks WHERE assignees <> '' AND assignees LIKE $2 AND deleted_at IS NULL) ORDER BY id",
        )
        .bind(person.to_string())
        .bind(format!("%{person}%"))
        .fetch_all(self.readers())
        .await?
        .iter()
        .map(|row| rows::id(row.try_get(0)?))
        .collect()
    }

    /// The boards with exactly this name, two at most.
    pub async fn boards_named(&self, name: &str) -> Result<Vec<BoardId>, StoreError> {
        query("SELECT id FROM boards WHERE name = $1 AND deleted_at IS NULL ORDER BY id LIMIT 2")
            .bind(name)
            .fetch_all(self.readers())
            .await?
            .iter()
            .map(|row| rows::id(row.try_get(0)?))
            .collect()
    }

    /// Whether there is any board.
    pub async fn has_boards(&self) -> Result<bool, StoreError> {
        let any = query("SELECT 1 FROM boards WHERE deleted_at IS NULL LIMIT 1").fetch_optional(self.readers()).await?;
        Ok(any.is_some())
    }

    /// The boards that were created, deleted or renamed, or whose access changed, after a revision of the list; and the newest
    /// revision. Revision 0 is before all of them.
    pub async fn boards_listed_after(&self, revision: i64) -> Result<(Vec<Arc<Listed>>, i64), StoreError> {
        // A change of the list that commits after this statement has a higher revision, because such changes wait for each other.
        let found =
            query("SELECT id, name, seq, created_at, everyone, deleted_at, listed FROM boards WHERE listed > $1")
                .bind(revision)
                .fetch_all(self.readers())
                .await?;
        let mut newest = revision;
        let mut boards = Vec::with_capacity(found.len());
        for row in &found {
            newest = newest.max(row.try_get(6)?);
            boards.push(listed(row)?);
        }
        if !boards.is_empty() {
            read!(self.readers(), |reader| add_members(reader, &mut boards).await)?;
        }
        Ok((boards.into_iter().map(Arc::new).collect(), newest))
    }

    async fn listed(&self, ids: &[BoardId]) -> Result<Vec<Listed>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
        let select = "SELECT id, name, seq, created_at, everyone, deleted_at FROM boards WHERE id";
        let found = read!(self.readers(), |reader| fetch_by_ids(reader, select, "", &ids).await)?;
        found.iter().map(listed).collect()
    }
}

/// Reads the members of boards.
async fn add_members(connection: &mut Connection, boards: &mut [Listed]) -> Result<(), StoreError> {
    let ids: Vec<String> = boards.iter().map(|listed| listed.board.id.to_string()).collect();
    let mut members: HashMap<BoardId, BTreeMap<ActorId, BoardRole>> = HashMap::new();
    for row in fetch_by_ids(connection, "SELECT board, person, role FROM board_members WHERE board", "", &ids).await? {
        let board = members.entry(rows::id(row.try_get(0)?)?).or_default();
        board.insert(rows::id(row.try_get(1)?)?, rows::board_role(row.try_get(2)?)?);
    }
    for listed in boards {
        if let Some(access) = &mut listed.access {
            access.members = members.remove(&listed.board.id).unwrap_or_default();
        }
    }
    Ok(())
}

/// A row of `id, name, seq, created_at, everyone, deleted_at, …`, without members.
fn listed(row: &AnyRow) -> Result<Listed, StoreError> {
    let is_deleted = row.try_get::<Option<i64>, _>(5)?.is_some();
    let access = match is_deleted {
        true => None,
        false => Some(BoardAccess { everyone: rows::everyone(row.try_get(4)?)?, ..BoardAccess::default() }),
    };
    Ok(Listed { board: rows::summary(row)?, access })
}
