//! The memberships that groups decide, as rows. They are written by the transactions that decide about them: one that changes a group
//! marks the memberships that follow from it as *due*, and one that writes the board sets what is due.
//!
//! - A change of a group ([`AccessChange`](super::AccessChange)) adds a row for each membership that it may give, and marks those that it
//!   may take. It does not write boards.
//! - [`Writer::set_from_groups`](crate::writer::Writer::set_from_groups) sets one due membership: under the board's lock it compares what
//!   the groups give *now* with the membership, and makes an ordinary change of it. So it does not matter how often, by which node
//!   or in which order this is done: the first one does it, and the others find that nothing is due.
//! - A membership that is set by hand is not decided by groups any more: its row is deleted. It is decided by them again when the person
//!   joins a group, or a group is put on the board.
//!
//! All of them hold the lock of the directory's revision while they read and write these rows.

use std::{collections::BTreeMap, time::Duration};

use app::{
    access::BoardRole,
    id::{ActorId, BoardId},
    ops::{MemberSet, Op, SetMember},
    refusal::Refusal,
    state::BoardState,
};
use sqlx::Row as _;

use super::{
    NewJob, Store, StoreError, Write,
    connect::Engine,
    connection::Connection,
    outbox, rows,
    sql::{fetch_by_ids, query},
};

/// How long the job for a restored board is tried.
const RESTORED_LASTS: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// The topic and the payload of [`Job::GroupMemberships`](crate::outbox::Job::GroupMemberships), which the restoring of a board enqueues.
pub(crate) const JOB: (&str, &str) = ("boards", r#"{"kind":"group_memberships"}"#);

/// Which due memberships.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DueOf {
    /// All.
    All,
    /// Those of a person.
    Person(ActorId),
    /// Those of a board.
    Board(BoardId),
}

impl Store {
    /// The memberships that are due on boards that are not deleted, after one of them in the order of the ids.
    pub async fn due_memberships(
        &self,
        of: DueOf,
        after: Option<(BoardId, ActorId)>,
        limit: usize,
    ) -> Result<Vec<(BoardId, ActorId)>, StoreError> {
        let (board, person) = match of {
            DueOf::All => (String::new(), String::new()),
            DueOf::Person(person) => (String::new(), person.to_string()),
            DueOf::Board(board) => (board.to_string(), String::new()),
        };
        let (after_board, after_person) =
            after.map(|(board, person)| (board.to_string(), person.to_string())).unwrap_or_default();
        query(
            "SELECT m.board, m.person FROM group_memberships m JOIN boards b ON b.id = m.board \
             WHERE m.due = 1 AND b.deleted_at IS NULL AND ($1 = '' OR m.board = $1) AND ($2 = '' OR m.person = $2) \
             AND (m.board, m.person) > ($3, $4) ORDER BY m.board, m.person LIMIT $5",
        )
        .bind(board)
        .bind(person)
        .bind(after_board)
        .bind(after_person)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(self.readers())
        .await?
        .iter()
        .map(|row| Ok((rows::id(row.try_get(0)?)?, rows::id(row.try_get(1)?)?)))
        .collect()
    }
}

/// Locks the rows about groups, as an [`AccessChange`](super::AccessChange) does. (On SQLite nobody else writes.)
async fn lock(connection: &mut Connection, engine: Engine) -> Result<(), StoreError> {
    if engine == Engine::Postgres {
        query("SELECT revision FROM access_revision FOR UPDATE").fetch_one(connection).await?;
    }
    Ok(())
}

/// Deletes what groups have on a board that is purged.
pub(super) async fn purge(connection: &mut Connection, engine: Engine, board: &str) -> Result<(), StoreError> {
    lock(connection, engine).await?;
    for sql in ["DELETE FROM group_memberships WHERE board = $1", "DELETE FROM group_boards WHERE board = $1"] {
        query(sql).bind(board).execute(&mut *connection).await?;
    }
    Ok(())
}

/// The memberships that groups decide on the boards of a group of writes.
#[derive(Default)]
pub(super) struct GroupMemberships {
    known: BTreeMap<(BoardId, ActorId), Row>,
    restored: Vec<BoardId>,
}

struct Row {
    is_given: bool,
    own: Option<BoardRole>,
    is_due: bool,
    /// The highest role that a group gives now.
    groups: Option<BoardRole>,
    step: Option<Step>,
}

/// What becomes of a row.
enum Step {
    /// Groups do not decide the membership any more.
    Delete,
    /// The membership is as the groups give it.
    Given,
    /// It could not be set.
    Refuse(String),
}

/// What is due of a membership.
pub(super) struct Due {
    /// The operation; `None` if the membership is so already.
    pub op: Option<Op>,
    /// Whether the operation takes a role away, or lowers it.
    pub takes: bool,
    own: Option<BoardRole>,
    groups: Option<BoardRole>,
}

impl GroupMemberships {
    /// Reads what groups decide on the boards whose memberships these writes set.
    pub async fn read(connection: &mut Connection, engine: Engine, writes: &[Write]) -> Result<Self, StoreError> {
        let sets = writes.iter().filter(|write| matches!(write.mutation.op, Op::SetMember(_)));
        let mut boards: Vec<String> = sets.map(|write| write.board.to_string()).collect();
        boards.sort_unstable();
        boards.dedup();
        let mut memberships = Self::default();
        if boards.is_empty() {
            return Ok(memberships);
        }
        lock(connection, engine).await?;
        let select = "SELECT m.board, m.person, m.given, m.own, m.due, \
                      (SELECT MAX(CASE gb.role WHEN 'manager' THEN 3 WHEN 'editor' THEN 2 ELSE 1 END) \
                      FROM group_boards gb JOIN group_people gp ON gp.group_id = gb.group_id \
                      WHERE gb.board = m.board AND gp.person = m.person) \
                      FROM group_memberships m WHERE m.board";
        for row in fetch_by_ids(connection, select, "", &boards).await? {
            let groups = match row.try_get::<Option<i64>, _>(5)? {
                None => None,
                Some(3) => Some(BoardRole::Manager),
                Some(2) => Some(BoardRole::Editor),
                Some(_) => Some(BoardRole::Viewer),
            };
            let membership = Row {
                is_given: row.try_get::<i64, _>(2)? != 0,
                own: row.try_get::<Option<&str>, _>(3)?.map(rows::board_role).transpose()?,
                is_due: row.try_get::<i64, _>(4)? != 0,
                groups,
                step: None,
            };
            memberships.known.insert((rows::id(row.try_get(0)?)?, rows::id(row.try_get(1)?)?), membership);
        }
        Ok(memberships)
    }

    /// What is due of a membership; `None` if nothing is.
    pub fn due(&self, state: &BoardState, person: ActorId) -> Option<Due> {
        let row = self.known.get(&(state.id(), person)).filter(|row| row.is_due)?;
        let has = state.access().members.get(&person).copied();
        let own = if row.is_given { row.own } else { has };
        let wanted = own.max(row.groups);
        let op = (wanted != has).then_some(Op::SetMember(SetMember { person, role: wanted }));
        Some(Due { op, takes: wanted < has, own, groups: row.groups })
    }

    /// Records that a due membership is set.
    pub fn is_set(&mut self, board: BoardId, person: ActorId, due: &Due) {
        if let Some(row) = self.known.get_mut(&(board, person)) {
            row.is_due = false;
            (row.is_given, row.own) = (due.groups.is_some(), due.own);
            row.step = Some(if due.groups.is_some() { Step::Given } else { Step::Delete });
        }
    }

    /// Records that a due membership cannot be set. What is to be taken stays due, so that it is tried again; what is to be given does not.
    pub fn is_refused(&mut self, board: BoardId, person: ActorId, due: &Due, refusal: &Refusal) {
        if let Some(row) = self.known.get_mut(&(board, person)) {
            row.is_due = due.takes;
            row.step = Some(Step::Refuse(refusal.to_string()));
        }
    }

    /// Records a membership that was set by hand: groups do not decide it any more.
    pub fn is_set_by_hand(&mut self, board: BoardId, MemberSet { person, .. }: &MemberSet) {
        if let Some(row) = self.known.get_mut(&(board, *person)) {
            row.is_due = false;
            row.is_given = false;
            row.step = Some(Step::Delete);
        }
    }

    /// Records a board that was restored. What became due while it was deleted is done after the commit.
    pub fn is_restored(&mut self, board: BoardId) {
        self.restored.push(board);
    }

    /// Writes the rows, and enqueues the job for restored boards. Returns whether it did.
    pub async fn store(&self, connection: &mut Connection, engine: Engine) -> Result<bool, StoreError> {
        for ((board, person), row) in &self.known {
            let statement = match &row.step {
                None => continue,
                Some(Step::Delete) => query("DELETE FROM group_memberships WHERE board = $1 AND person = $2"),
                Some(Step::Given) => query(
                    "UPDATE group_memberships SET given = 1, own = $3, due = 0, refusal = NULL \
                     WHERE board = $1 AND person = $2",
                ),
                Some(Step::Refuse(_)) => {
                    query("UPDATE group_memberships SET due = $3, refusal = $4 WHERE board = $1 AND person = $2")
                }
            };
            let statement = statement.bind(board.to_string()).bind(person.to_string());
            let statement = match &row.step {
                Some(Step::Given) => statement.bind(row.own.map(BoardRole::as_str)),
                Some(Step::Refuse(why)) => statement.bind(i64::from(row.is_due)).bind(why.clone()),
                _ => statement,
            };
            statement.execute(&mut *connection).await?;
        }
        let mut is_due = false;
        for board in &self.restored {
            let due = query("SELECT person FROM group_memberships WHERE board = $1 AND due = 1 LIMIT 1");
            is_due |= due.bind(board.to_string()).fetch_optional(&mut *connection).await?.is_some();
        }
        if is_due {
            let (topic, payload) = JOB;
            let job = NewJob {
                id: app::new_id(),
                topic,
                payload: payload.to_owned(),
                change: None,
                wait: Duration::ZERO,
                lasts: RESTORED_LASTS,
            };
            outbox::enqueue(connection, engine, &job).await?;
        }
        Ok(is_due)
    }
}
