//! The lists of boards and of who may see them, without reading the boards themselves.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use app::{
    access::{BoardAccess, BoardRole, Principal},
    id::{ActorId, BoardId},
    model::BoardSummary,
    time::Timestamp,
};
use sqlx::{Row, any::AnyRow};

use super::{
    Store, StoreError,
    connect::Engine,
    connection::{Connection, read},
    rows,
    sql::{Statement, Value, fetch_by_ids, query},
    stars::stars_of,
    tables::{BoardOrder, Conditions, Direction, Expression, Key, Rows, SortValue},
};
use crate::{clock::now, credentials::Credentials};

/// A board's entry in the list of boards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// What the list shows.
    pub board: BoardSummary,
    /// Who may see the board; `None` once it is deleted.
    pub access: Option<BoardAccess>,
    /// Who has starred it.
    pub stars: BTreeSet<ActorId>,
}

/// Which boards of a list, in which order.
#[derive(Clone, Debug)]
pub struct BoardQuery {
    /// Those with this text in their names, ignoring case; all, if it is empty.
    pub text: String,
    /// `Some(true)`: those that are archived. `Some(false)`: those that are not.
    pub archived: Option<bool>,
    /// `Some(true)`: those that everyone on the server may open. `Some(false)`: the private ones.
    pub is_open: Option<bool>,
    /// Those that the principal manages as a member.
    pub managed: bool,
    /// What they are sorted by.
    pub order: BoardOrder,
    /// In which direction.
    pub direction: Direction,
    /// Those after this key; from the first one if it is `None`.
    pub after: Option<Key>,
    /// The maximum number of boards.
    pub limit: usize,
}

impl BoardQuery {
    /// The newest boards that are not archived.
    pub fn newest(limit: usize) -> Self {
        Self {
            text: String::new(),
            archived: Some(false),
            is_open: None,
            managed: false,
            order: BoardOrder::Created,
            direction: Direction::Descending,
            after: None,
            limit,
        }
    }
}

/// The place of a board in the list that is sorted by age.
impl From<(Timestamp, BoardId)> for Key {
    fn from((created_at, id): (Timestamp, BoardId)) -> Self {
        Self(SortValue::Number(created_at.as_millis()), id.to_string())
    }
}

/// Where the boards of a principal are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    /// All boards.
    All,
    /// Those that are open to everyone on the server.
    Open,
    /// Those that the principal is a member of.
    Own,
    /// Those that the principal's share links lead to.
    Linked,
}

/// The rows that a page may need, from several sources, as one statement.
struct Page<'a> {
    wanted: &'a BoardQuery,
    engine: Engine,
    principal: &'a Principal,
    /// The values of the whole statement.
    values: Vec<Value>,
    /// The part of each source.
    parts: Vec<String>,
}

impl<'a> Page<'a> {
    /// The statement, unless no board can match. Each source is read in the order of an index, up to one row more than the page holds; the
    /// database puts the sources in order, because only it knows how it sorts texts.
    fn statement(wanted: &'a BoardQuery, engine: Engine, principal: &'a Principal) -> Option<Statement> {
        let is_person = principal.role.is_some() && principal.person.is_some();
        let mut sources = match (principal.sees_every_board(), wanted.managed && is_person) {
            (_, true) => vec![Source::Own],
            (true, false) => vec![Source::All],
            (false, false) if is_person => vec![Source::Own, Source::Open],
            (false, false) => Vec::new(),
        };
        if !principal.links.is_empty() && !wanted.managed {
            sources.push(Source::Linked);
        }
        let mut page = Self { wanted, engine, principal, values: Vec::new(), parts: Vec::new() };
        for source in sources {
            // The indexes are about those that are archived, and about those that are not.
            for archived in [false, true] {
                if wanted.archived.is_none_or(|wanted| wanted == archived) {
                    page.add(source, archived);
                }
            }
        }
        let direction = wanted.direction.sql();
        let sql = format!("{} ORDER BY sort_key {direction}, id {direction}", page.parts.join(" UNION ALL "));
        (!page.parts.is_empty()).then(|| Statement::of(sql, page.values))
    }

    fn add(&mut self, source: Source, archived: bool) {
        let BoardQuery { text, is_open, order, direction, after, limit, managed, .. } = self.wanted;
        let (from, id, role, expression) = match (source, order) {
            // The time of creation stands beside each membership.
            (Source::Own, BoardOrder::Created) => {
                (OWN, "m.board", "m.role", Expression { sql: "m.board_created_at", is_number: true })
            }
            (Source::Own, order) => (OWN, "b.id", "m.role", order.expression()),
            (_, order) => ("boards b", "b.id", "''", order.expression()),
        };
        let mut conditions = Conditions::with(std::mem::take(&mut self.values));
        match source {
            Source::All => {}
            Source::Open => conditions.add("b.everyone IS NOT NULL"),
            Source::Own => {
                // There is one: see `statement`.
                let person = self.principal.person.map(|person| person.to_string()).unwrap_or_default();
                conditions.bind("m.person = ?", person);
                if *managed {
                    conditions.add("m.role = 'manager'");
                }
            }
            Source::Linked => {
                let boards = self.principal.links.iter().map(|link| link.board.to_string());
                conditions.one_of("b.id", boards.collect());
            }
        }
        conditions.add(if archived { "b.archived_at IS NOT NULL" } else { "b.archived_at IS NULL" });
        conditions.add("b.deleted_at IS NULL");
        match is_open {
            None => {}
            Some(true) => conditions.add("b.everyone IS NOT NULL"),
            Some(false) => conditions.add("b.everyone IS NULL"),
        }
        if !text.is_empty() {
            // Engines and locales differ in what `LOWER` does outside of ASCII. So the database makes both texts small, by which a name
            // contains each of its parts; and SQLite, whose `LOWER` knows only ASCII, also looks for the small letters of other alphabets.
            let (lower, as_the_database) = match self.engine {
                Engine::Sqlite => ("(INSTR(LOWER(b.name), ?) > 0", " INSTR(LOWER(b.name), LOWER(?)) > 0)"),
                Engine::Postgres => ("(STRPOS(LOWER(b.name), ?) > 0", " STRPOS(LOWER(b.name), LOWER(?)) > 0)"),
            };
            conditions.bind(lower, text.to_lowercase());
            conditions.or(as_the_database, text.as_str());
        }
        if let Some(key) = after.clone().filter(|key| key.fits(expression)) {
            conditions.after(expression, id, *direction, key);
        }
        let (conditions, mut values) = conditions.into_parts();
        values.push(i64::try_from(limit.saturating_add(1)).unwrap_or(i64::MAX).into());
        let (key, direction, number) = (expression.sql, direction.sql(), self.parts.len() + 1);
        self.parts.push(format!(
            "SELECT * FROM (SELECT b.id, b.name, b.key, b.hue, b.description, b.seq, b.created_at, b.archived_at, b.everyone, {role} AS role, {key} AS sort_key \
             FROM {from}{conditions} ORDER BY {key} {direction}, {id} {direction} LIMIT ${}) AS part{number}",
            values.len()
        ));
        self.values = values;
    }
}

/// The boards that somebody is a member of.
const OWN: &str = "board_members m JOIN boards b ON b.id = m.board";

impl Listed {
    /// Who may see the board in lists of boards that are in use; `None` once it is archived or deleted.
    pub fn listed_access(&self) -> Option<&BoardAccess> {
        self.access.as_ref().filter(|_| self.board.archived_at.is_none())
    }

    /// Whether the principal may see the board.
    pub fn is_visible_to(&self, principal: &Principal) -> bool {
        self.access.as_ref().is_some_and(|access| principal.role_on(self.board.id, access).is_some())
    }
}

impl Store {
    /// A page of the boards that somebody may see, and the key after which the next ones are found, if there are more. It costs the same
    /// however many boards there are, with two exceptions: a search looks at boards until it has found a page, and an order other than by age
    /// sorts the boards that the principal is a member of.
    pub async fn boards_page(
        &self,
        credentials: &Credentials,
        wanted: &BoardQuery,
    ) -> Result<Rows<BoardSummary>, StoreError> {
        let principal = self.directory().principal(credentials, now()).unwrap_or_else(Principal::stranger);
        let Some(statement) = Page::statement(wanted, self.shared.database.engine, &principal) else {
            return Ok(Rows { rows: Vec::new(), next: None });
        };
        let mut found: Vec<Listed> = Vec::new();
        let mut keys = Vec::new();
        for row in statement.fetch_all(self.readers()).await? {
            let board = rows::summary(&row)?;
            let role: &str = row.try_get("role")?;
            let member = match (principal.person, role) {
                (None, _) | (_, "") => None,
                (Some(person), role) => Some((person, rows::board_role(role)?)),
            };
            // A board may be in two sources.
            let place = match found.iter().position(|listed| listed.board.id == board.id) {
                Some(place) => place,
                None => {
                    let access =
                        BoardAccess { everyone: rows::everyone(row.try_get("everyone")?)?, ..Default::default() };
                    keys.push(Key::of(&row, wanted.order.expression())?);
                    found.push(Listed { board, access: Some(access), stars: BTreeSet::new() });
                    found.len() - 1
                }
            };
            if let Some(access) = &mut found[place].access {
                access.members.extend(member);
            }
        }
        if !principal.links.is_empty() {
            // Whether a link is valid depends on its maker's role on the board.
            read!(self.readers(), |reader| add_members(reader, &mut found).await)?;
        }
        // Look up the principal only now: the rights must not be older than the boards that were read.
        let principal = self.directory().principal(credentials, now()).unwrap_or_else(Principal::stranger);
        let visible = found.into_iter().zip(keys).filter(|(listed, _)| listed.is_visible_to(&principal));
        let mut visible: Vec<(BoardSummary, Key)> = visible.map(|(listed, key)| (listed.board, key)).collect();
        let more = visible.len() > wanted.limit;
        visible.truncate(wanted.limit);
        let next = visible.last().filter(|_| more).map(|(_, key)| key.clone());
        Ok(Rows { rows: visible.into_iter().map(|(board, _)| board).collect(), next })
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
        let found = query(
            "SELECT id, name, key, hue, description, seq, created_at, everyone, deleted_at, archived_at, listed FROM boards WHERE listed > $1",
        )
        .bind(revision)
        .fetch_all(self.readers())
        .await?;
        let mut newest = revision;
        let mut boards = Vec::with_capacity(found.len());
        for row in &found {
            newest = newest.max(row.try_get("listed")?);
            boards.push(listed(row)?);
        }
        if !boards.is_empty() {
            read!(self.readers(), |reader| add_members(reader, &mut boards).await)?;
        }
        Ok((boards.into_iter().map(Arc::new).collect(), newest))
    }

    /// Some boards with their members.
    pub(super) async fn listed_with_members(&self, ids: &[BoardId]) -> Result<Vec<Listed>, StoreError> {
        let mut boards = self.listed(ids).await?;
        if !boards.is_empty() {
            read!(self.readers(), |reader| add_members(reader, &mut boards).await)?;
        }
        Ok(boards)
    }

    async fn listed(&self, ids: &[BoardId]) -> Result<Vec<Listed>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
        let select = "SELECT id, name, key, hue, description, seq, created_at, everyone, deleted_at, archived_at FROM boards WHERE id";
        let found = read!(self.readers(), |reader| fetch_by_ids(reader, select, "", &ids).await)?;
        found.iter().map(listed).collect()
    }
}

/// Reads the members of boards, and who has starred them.
pub(super) async fn add_members(connection: &mut Connection, boards: &mut [Listed]) -> Result<(), StoreError> {
    let ids: Vec<String> = boards.iter().map(|listed| listed.board.id.to_string()).collect();
    let mut members: HashMap<BoardId, BTreeMap<ActorId, BoardRole>> = HashMap::new();
    for row in fetch_by_ids(connection, "SELECT board, person, role FROM board_members WHERE board", "", &ids).await? {
        let board = members.entry(rows::id(row.try_get(0)?)?).or_default();
        board.insert(rows::id(row.try_get(1)?)?, rows::board_role(row.try_get(2)?)?);
    }
    let mut stars = stars_of(connection, &ids).await?;
    for listed in boards {
        listed.stars = stars.remove(&listed.board.id).unwrap_or_default();
        if let Some(access) = &mut listed.access {
            access.members = members.remove(&listed.board.id).unwrap_or_default();
        }
    }
    Ok(())
}

/// A row with the columns of a summary, `everyone` and `deleted_at`, without members.
pub(super) fn listed(row: &AnyRow) -> Result<Listed, StoreError> {
    let is_deleted = row.try_get::<Option<i64>, _>("deleted_at")?.is_some();
    let access = match is_deleted {
        true => None,
        false => Some(BoardAccess { everyone: rows::everyone(row.try_get("everyone")?)?, ..BoardAccess::default() }),
    };
    Ok(Listed { board: rows::summary(row)?, access, stars: BTreeSet::new() })
}
