//! The table of all people, and what belongs to one of them.

use std::collections::HashMap;

use app::{
    access::{BoardRole, InstanceRole},
    id::{ActorId, BoardId},
    time::Timestamp,
};
use sqlx::{Row, any::AnyRow};

use super::{Conditions, Expression, Rows, Slice, Source, Span, rows_of};
use crate::store::{
    Store, StoreError,
    connection::{Connection, read},
    rows::{board_role, everyone, id},
    sql::{fetch_by_ids, query},
};

/// Which people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonFilter {
    /// Those with this text in their names or e-mail addresses, ignoring case.
    pub text: String,
    /// Those with this role on the server.
    pub role: Option<InstanceRole>,
    /// `Some(true)`: those who may sign in. `Some(false)`: those whose accounts are deactivated.
    pub is_active: Option<bool>,
    /// Those whose accounts were created in this span.
    pub since: Span,
}

/// What people are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PersonOrder {
    /// The name, ignoring case (of ASCII, on SQLite).
    Name,
    /// The time at which the account was created.
    Since,
    /// The time at which they, or a program with their token, last used the server; those who never did have the time 0.
    Seen,
}

/// A person in the table. Their account is in the [`Directory`](crate::store::Directory).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonRow {
    /// The person.
    pub id: ActorId,
    /// When the account was created.
    pub created_at: Timestamp,
    /// When they, or a program with their token, last used the server, if that is still known.
    pub seen_at: Option<Timestamp>,
    /// The number of boards that they are members of.
    pub boards: u64,
    /// The number of tasks that are assigned to them and not done.
    pub open_tasks: u64,
    /// The number of browsers in which they are signed in.
    pub sessions: u64,
    /// The number of tokens that are not revoked.
    pub tokens: u64,
}

/// A board that a person is a member of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The board's id.
    pub board: BoardId,
    /// The board's name.
    pub name: String,
    /// The person's role.
    pub role: BoardRole,
    /// The role of everyone on the server.
    pub everyone: Option<BoardRole>,
}

/// A person's identity at a sign-in provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The provider.
    pub issuer: String,
    /// The id of the account there.
    pub subject: String,
}

/// The time at which a person was last seen, as SQL; `NULL` if it is not known.
macro_rules! seen {
    () => {
        "(SELECT MAX(u.used) FROM (SELECT s.seen_at AS used FROM sessions s WHERE s.person = p.id \
         UNION ALL SELECT k.used_at AS used FROM tokens k WHERE k.person = p.id) u)"
    };
}

const PEOPLE: Source = Source {
    select: concat!("SELECT p.id, p.created_at, ", seen!(), " AS seen_at"),
    from: "FROM people p",
    id: "p.id",
};

impl PersonOrder {
    fn expression(self) -> Expression {
        let (sql, is_number) = match self {
            Self::Name => ("LOWER(p.name)", false),
            Self::Since => ("p.created_at", true),
            Self::Seen => (concat!("COALESCE(", seen!(), ", 0)"), true),
        };
        Expression { sql, is_number }
    }
}

impl PersonFilter {
    fn conditions(&self) -> Conditions {
        let mut wanted = Conditions::default();
        if !self.text.trim().is_empty() {
            wanted.contains("(LOWER(p.name) LIKE ? ESCAPE '\\' OR p.email LIKE ? ESCAPE '\\')", &self.text);
        }
        if let Some(role) = self.role {
            wanted.bind("p.role = ?", role.as_str());
        }
        match self.is_active {
            None => {}
            Some(true) => wanted.add("p.deactivated_at IS NULL"),
            Some(false) => wanted.add("p.deactivated_at IS NOT NULL"),
        }
        wanted.within(self.since, "p.created_at >= ?", "p.created_at < ?");
        wanted
    }
}

impl Store {
    /// A page of all people who match. `now` decides which sessions still exist.
    pub async fn people_table(
        &self,
        filter: &PersonFilter,
        slice: Slice<PersonOrder>,
        now: Timestamp,
    ) -> Result<Rows<PersonRow>, StoreError> {
        let expression = slice.order.expression();
        let (statement, limit) = PEOPLE.page(filter.conditions(), expression, slice);
        let Rows { mut rows, next } = rows_of(statement.fetch_all(self.readers()).await?, limit, expression, person)?;
        self.count_possessions(&mut rows, now).await?;
        Ok(Rows { rows, next })
    }

    /// Counts the people who match, up to one more than [`super::MOST_COUNTED`].
    pub async fn count_people(&self, filter: &PersonFilter) -> Result<u64, StoreError> {
        PEOPLE.count(self, filter.conditions()).await
    }

    /// One person as in the table; `None` if there is no such account.
    pub async fn person_row(&self, person: ActorId, now: Timestamp) -> Result<Option<PersonRow>, StoreError> {
        let select = concat!("SELECT p.id, p.created_at, ", seen!(), " AS seen_at FROM people p WHERE p.id = $1");
        let found = query(select).bind(person.to_string()).fetch_optional(self.readers()).await?;
        let Some(row) = found else { return Ok(None) };
        let mut rows = [self::person(&row)?];
        self.count_possessions(&mut rows, now).await?;
        let [row] = rows;
        Ok(Some(row))
    }

    /// The boards that a person is a member of, by name, at most `limit`.
    pub async fn memberships(&self, person: ActorId, limit: usize) -> Result<Vec<Membership>, StoreError> {
        query(
            "SELECT b.id, b.name, b.everyone, m.role FROM board_members m JOIN boards b ON b.id = m.board \
             WHERE m.person = $1 AND b.deleted_at IS NULL ORDER BY LOWER(b.name), b.id LIMIT $2",
        )
        .bind(person.to_string())
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(self.readers())
        .await?
        .iter()
        .map(|row| {
            Ok(Membership {
                board: id(row.try_get("id")?)?,
                name: row.try_get("name")?,
                role: board_role(row.try_get("role")?)?,
                everyone: everyone(row.try_get("everyone")?)?,
            })
        })
        .collect()
    }

    /// The identities of a person at sign-in providers.
    pub async fn identities_of(&self, person: ActorId) -> Result<Vec<Identity>, StoreError> {
        query("SELECT issuer, subject FROM identities WHERE person = $1 ORDER BY issuer, subject")
            .bind(person.to_string())
            .fetch_all(self.readers())
            .await?
            .iter()
            .map(|row| Ok(Identity { issuer: row.try_get("issuer")?, subject: row.try_get("subject")? }))
            .collect()
    }

    /// Adds to people the counts of what they have. It is counted for the people of a page.
    async fn count_possessions(&self, people: &mut [PersonRow], now: Timestamp) -> Result<(), StoreError> {
        let ids: Vec<String> = people.iter().map(|person| person.id.to_string()).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let Possessions { boards, tokens, sessions, tasks } =
            read!(self.readers(), |reader| possessions(reader, &ids).await)?;
        let mut places: HashMap<ActorId, usize> = HashMap::new();
        for (index, person) in people.iter().enumerate() {
            places.insert(person.id, index);
        }
        let place = |row: &AnyRow| Ok::<_, StoreError>(places.get(&id(row.try_get("person")?)?).copied());
        let count = |row: &AnyRow| Ok::<_, StoreError>(row.try_get::<i64, _>("count")?.unsigned_abs());
        for row in &boards {
            if let Some(place) = place(row)? {
                people[place].boards = count(row)?;
            }
        }
        for row in &tokens {
            if let Some(place) = place(row)? {
                people[place].tokens = count(row)?;
            }
        }
        for row in &sessions {
            if let Some(place) = place(row)? {
                people[place].sessions += u64::from(row.try_get::<i64, _>("expires_at")? > now.as_millis());
            }
        }
        for row in &tasks {
            for person in row.try_get::<&str, _>("assignees")?.split_whitespace() {
                if let Some(place) = places.get(&id(person)?) {
                    people[*place].open_tasks += count(row)?;
                }
            }
        }
        Ok(())
    }
}

/// Rows about some people.
struct Possessions {
    /// `person, count`.
    boards: Vec<AnyRow>,
    /// `person, count`.
    tokens: Vec<AnyRow>,
    /// `person, expires_at`.
    sessions: Vec<AnyRow>,
    /// `assignees, count`, of tasks that are not done.
    tasks: Vec<AnyRow>,
}

/// Counts open tasks by their assignees.
macro_rules! count_open_tasks {
    ($condition:literal) => {
        concat!(
            "SELECT t.assignees, COUNT(*) AS count FROM tasks t CROSS JOIN boards b CROSS JOIN columns c \
             WHERE t.assignees <> '' AND t.deleted_at IS NULL AND b.id = t.board AND b.deleted_at IS NULL \
             AND c.board = t.board AND c.id = t.column_id AND c.kind <> 'done' AND ",
            $condition
        )
    };
}

async fn possessions(reader: &mut Connection, people: &[String]) -> Result<Possessions, StoreError> {
    const BOARDS: &str = "SELECT m.person, COUNT(*) AS count FROM board_members m JOIN boards b ON b.id = m.board \
                          WHERE b.deleted_at IS NULL AND m.person";
    const TOKENS: &str = "SELECT person, COUNT(*) AS count FROM tokens WHERE revoked_at IS NULL AND person";
    const SESSIONS: &str = "SELECT person, expires_at FROM sessions WHERE ended_at IS NULL AND person";
    // Most tasks have one assignee, and are found by an index. Those that have several are few, and have an index of their own.
    const ALONE: &str = count_open_tasks!("t.assignees");
    const TOGETHER: &str = count_open_tasks!("LENGTH(t.assignees) > 36 GROUP BY t.assignees");
    let mut tasks = fetch_by_ids(reader, ALONE, " GROUP BY t.assignees", people).await?;
    tasks.extend(query(TOGETHER).fetch_all(&mut *reader).await?);
    Ok(Possessions {
        boards: fetch_by_ids(reader, BOARDS, " GROUP BY m.person", people).await?,
        tokens: fetch_by_ids(reader, TOKENS, " GROUP BY person", people).await?,
        sessions: fetch_by_ids(reader, SESSIONS, "", people).await?,
        tasks,
    })
}

fn person(row: &AnyRow) -> Result<PersonRow, StoreError> {
    Ok(PersonRow {
        id: id(row.try_get("id")?)?,
        created_at: Timestamp::from_millis(row.try_get("created_at")?),
        seen_at: row.try_get::<Option<i64>, _>("seen_at")?.map(Timestamp::from_millis),
        boards: 0,
        open_tasks: 0,
        sessions: 0,
        tokens: 0,
    })
}
