//! Groups of people as rows: who is in them, and the boards that they are put on.
//!
//! A change of a group marks the memberships that follow from it as due, in the same transaction: see
//! [`group_memberships`](super::super::group_memberships).

use app::{
    access::BoardRole,
    audit::{Action, Target, TargetKind},
    id::{ActorId, BoardId},
    time::Timestamp,
};
use serde_json::json;
use sqlx::{Row, any::AnyRow};
use uuid::Uuid;

use super::{
    super::{
        Store, StoreError,
        audit::NewEvent,
        rows,
        sql::{Statement, query},
    },
    AccessChange,
};

/// A group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its id.
    pub id: Uuid,
    /// Its name, which no other group has, in whatever case.
    pub name: String,
    /// What it is for; may be empty.
    pub description: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// How many people are in it.
    pub people: u64,
    /// How many boards it is on, without deleted ones.
    pub boards: u64,
}

/// A board that a group is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupBoard {
    /// The board's id.
    pub board: BoardId,
    /// The board's name.
    pub name: String,
    /// The role of the group's people.
    pub role: BoardRole,
    /// How many of the group's people could not be put on the board.
    pub refused: u64,
}

/// Selects groups with their counts.
macro_rules! select_groups {
    () => {
        "SELECT g.id, g.name, g.description, g.created_at, \
         (SELECT COUNT(*) FROM group_people p WHERE p.group_id = g.id) AS people, \
         (SELECT COUNT(*) FROM group_boards gb JOIN boards b ON b.id = gb.board \
         WHERE gb.group_id = g.id AND b.deleted_at IS NULL) AS boards"
    };
}
pub(in crate::store) use select_groups;

impl Store {
    /// A group.
    pub async fn group(&self, id: Uuid) -> Result<Option<Group>, StoreError> {
        query(concat!(select_groups!(), " FROM groups g WHERE g.id = $1"))
            .bind(id.to_string())
            .fetch_optional(self.readers())
            .await?
            .as_ref()
            .map(group)
            .transpose()
    }

    /// The group with a name, in whatever case.
    pub async fn group_named(&self, name: &str) -> Result<Option<Group>, StoreError> {
        query(concat!(select_groups!(), " FROM groups g WHERE g.sort_name = $1"))
            .bind(sort_name(name))
            .fetch_optional(self.readers())
            .await?
            .as_ref()
            .map(group)
            .transpose()
    }

    /// The people in a group, in the order of their ids.
    pub async fn group_people(&self, id: Uuid) -> Result<Vec<ActorId>, StoreError> {
        let people = query("SELECT person FROM group_people WHERE group_id = $1 ORDER BY person").bind(id.to_string());
        people.fetch_all(self.readers()).await?.iter().map(|row| rows::id(row.try_get(0)?)).collect()
    }

    /// The boards that a group is on, by name, without deleted ones.
    pub async fn group_boards(&self, id: Uuid) -> Result<Vec<GroupBoard>, StoreError> {
        query(
            "SELECT b.id, b.name, gb.role, (SELECT COUNT(*) FROM group_memberships m \
             JOIN group_people p ON p.person = m.person AND p.group_id = gb.group_id \
             WHERE m.board = gb.board AND m.refusal IS NOT NULL) \
             FROM group_boards gb JOIN boards b ON b.id = gb.board \
             WHERE gb.group_id = $1 AND b.deleted_at IS NULL ORDER BY LOWER(b.name), b.id",
        )
        .bind(id.to_string())
        .fetch_all(self.readers())
        .await?
        .iter()
        .map(|row| {
            Ok(GroupBoard {
                board: rows::id(row.try_get(0)?)?,
                name: row.try_get(1)?,
                role: rows::board_role(row.try_get(2)?)?,
                refused: row.try_get::<i64, _>(3)?.unsigned_abs(),
            })
        })
        .collect()
    }

    /// The groups that a person is in, by name.
    pub async fn groups_of(&self, person: ActorId) -> Result<Vec<Group>, StoreError> {
        query(concat!(
            select_groups!(),
            " FROM groups g JOIN group_people of ON of.group_id = g.id WHERE of.person = $1 ORDER BY g.sort_name, g.id"
        ))
        .bind(person.to_string())
        .fetch_all(self.readers())
        .await?
        .iter()
        .map(group)
        .collect()
    }

    /// The groups that are on a board, by name, with their roles.
    pub async fn groups_on(&self, board: BoardId) -> Result<Vec<(Group, BoardRole)>, StoreError> {
        query(concat!(
            select_groups!(),
            ", onto.role FROM groups g JOIN group_boards onto ON onto.group_id = g.id \
             WHERE onto.board = $1 ORDER BY g.sort_name, g.id"
        ))
        .bind(board.to_string())
        .fetch_all(self.readers())
        .await?
        .iter()
        .map(|row| Ok((group(row)?, rows::board_role(row.try_get("role")?)?)))
        .collect()
    }
}

impl AccessChange<'_> {
    /// The name of a group; `None` if there is no such group.
    pub(crate) async fn group_name(&mut self, id: Uuid) -> Result<Option<String>, StoreError> {
        let found = self.read(query("SELECT name FROM groups WHERE id = $1").bind(id.to_string())).await?;
        found.map(|row| Ok(row.try_get(0)?)).transpose()
    }

    /// How many groups there are.
    pub(crate) async fn count_groups(&mut self) -> Result<u64, StoreError> {
        self.count(query("SELECT COUNT(*) FROM groups")).await
    }

    /// How many people are in a group.
    pub(crate) async fn count_group_people(&mut self, id: Uuid) -> Result<u64, StoreError> {
        self.count(query("SELECT COUNT(*) FROM group_people WHERE group_id = $1").bind(id.to_string())).await
    }

    /// How many boards a group is on, deleted ones included.
    pub(crate) async fn count_group_boards(&mut self, id: Uuid) -> Result<u64, StoreError> {
        self.count(query("SELECT COUNT(*) FROM group_boards WHERE group_id = $1").bind(id.to_string())).await
    }

    async fn count(&mut self, statement: Statement) -> Result<u64, StoreError> {
        let row = self.read(statement).await?.ok_or(sqlx::Error::RowNotFound)?;
        Ok(row.try_get::<i64, _>(0)?.unsigned_abs())
    }

    /// Makes a group; `false` if another one has the name.
    pub(crate) async fn insert_group(&mut self, new: &Group) -> Result<bool, StoreError> {
        let event = NewEvent::about(Action::GroupCreated, target(new.id, &new.name));
        let insert = query(
            "INSERT INTO groups (id, name, sort_name, description, created_at) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (sort_name) DO NOTHING",
        )
        .bind(new.id.to_string())
        .bind(new.name.clone())
        .bind(sort_name(&new.name))
        .bind(new.description.clone())
        .bind(new.created_at.as_millis());
        Ok(self.change_aside(insert, |_| event).await? > 0)
    }

    /// The name and the description of a group.
    pub(crate) async fn group_texts(&mut self, id: Uuid) -> Result<Option<(String, String)>, StoreError> {
        let found = query("SELECT name, description FROM groups WHERE id = $1").bind(id.to_string());
        let row = self.read(found).await?;
        row.map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).transpose()
    }

    /// Renames a group, and sets its description; absent ones stay. Returns `false` if another group has the name.
    pub(crate) async fn update_group(
        &mut self,
        id: Uuid,
        name: Option<&str>,
        description: Option<&str>,
    ) -> Result<bool, StoreError> {
        let Some((name_before, description_before)) = self.group_texts(id).await? else { return Ok(true) };
        let (name, description) = (name.unwrap_or(&name_before), description.unwrap_or(&description_before));
        if name == name_before && description == description_before {
            return Ok(true);
        }
        let taken = query("SELECT id FROM groups WHERE sort_name = $1 AND id <> $2");
        if self.read(taken.bind(sort_name(name)).bind(id.to_string())).await?.is_some() {
            return Ok(false);
        }
        let values = |name: &str, description: &str| json!({ "name": name, "description": description });
        let event = NewEvent::about(Action::GroupChanged, target(id, &name_before))
            .changed(values(&name_before, &description_before), values(name, description));
        let update = query("UPDATE groups SET name = $2, sort_name = $3, description = $4 WHERE id = $1")
            .bind(id.to_string())
            .bind(name)
            .bind(sort_name(name))
            .bind(description);
        self.change_aside(update, |_| event).await?;
        Ok(true)
    }

    /// Deletes a group. The memberships that it gave become due.
    pub(crate) async fn delete_group(&mut self, id: Uuid, name: &str) -> Result<(), StoreError> {
        let due = query(
            "UPDATE group_memberships SET due = 1 \
             WHERE board IN (SELECT board FROM group_boards WHERE group_id = $1) \
             AND person IN (SELECT person FROM group_people WHERE group_id = $1)",
        );
        self.also(due.bind(id.to_string())).await?;
        let boards = self.also(query("DELETE FROM group_boards WHERE group_id = $1").bind(id.to_string())).await?;
        let people = self.also(query("DELETE FROM group_people WHERE group_id = $1").bind(id.to_string())).await?;
        let event =
            NewEvent::about(Action::GroupDeleted, target(id, name)).with(json!({ "boards": boards, "people": people }));
        self.change_aside(query("DELETE FROM groups WHERE id = $1").bind(id.to_string()), |_| event).await?;
        Ok(())
    }

    /// Adds a person to a group; `false` if they are in it already. Their memberships of the group's boards become due.
    pub(crate) async fn join_group(&mut self, id: Uuid, name: &str, person: ActorId) -> Result<bool, StoreError> {
        let event = NewEvent::about(Action::GroupPersonAdded, target(id, name)).with(self.named(person));
        let insert = query("INSERT INTO group_people (group_id, person) VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind(id.to_string())
            .bind(person.to_string());
        let is_new = self.change_aside(insert, |_| event).await? > 0;
        if is_new {
            let due = query(
                "INSERT INTO group_memberships (board, person, given, due) \
                 SELECT board, $2, 0, 1 FROM group_boards WHERE group_id = $1 \
                 ON CONFLICT (board, person) DO UPDATE SET due = 1, refusal = NULL",
            );
            self.also(due.bind(id.to_string()).bind(person.to_string())).await?;
        }
        Ok(is_new)
    }

    /// Removes a person from a group; `false` if they are not in it. The memberships that it gave them become due.
    pub(crate) async fn leave_group(&mut self, id: Uuid, name: &str, person: ActorId) -> Result<bool, StoreError> {
        let event = NewEvent::about(Action::GroupPersonRemoved, target(id, name)).with(self.named(person));
        let delete = query("DELETE FROM group_people WHERE group_id = $1 AND person = $2")
            .bind(id.to_string())
            .bind(person.to_string());
        let was_in = self.change_aside(delete, |_| event).await? > 0;
        if was_in {
            let due = query(
                "UPDATE group_memberships SET due = 1 \
                 WHERE person = $2 AND board IN (SELECT board FROM group_boards WHERE group_id = $1)",
            );
            self.also(due.bind(id.to_string()).bind(person.to_string())).await?;
        }
        Ok(was_in)
    }

    /// Puts a group on a board, or changes its role there. The memberships of its people become due. If it has that role already, only what
    /// was refused does.
    pub(crate) async fn put_group(
        &mut self,
        id: Uuid,
        name: &str,
        board: (BoardId, &str),
        role: BoardRole,
    ) -> Result<(), StoreError> {
        let of_group = |statement: Statement| statement.bind(id.to_string()).bind(board.0.to_string());
        let before = query("SELECT role FROM group_boards WHERE group_id = $1 AND board = $2");
        let before: Option<String> = match self.read(of_group(before)).await? {
            Some(row) => Some(row.try_get(0)?),
            None => None,
        };
        if before.as_deref() == Some(role.as_str()) {
            let again = query(
                "UPDATE group_memberships SET due = 1 WHERE board = $2 AND refusal IS NOT NULL \
                 AND person IN (SELECT person FROM group_people WHERE group_id = $1)",
            );
            self.also(of_group(again)).await?;
            return Ok(());
        }
        let event = on_board(id, name, board, before.as_deref(), Some(role));
        let put = query(
            "INSERT INTO group_boards (group_id, board, role) VALUES ($1, $2, $3) \
             ON CONFLICT (group_id, board) DO UPDATE SET role = excluded.role",
        );
        self.change_aside(of_group(put).bind(role.as_str()), |_| event).await?;
        // A membership that was set by hand after the group was put on the board stays as it is: it has no row.
        let due = match before {
            Some(_) => query(
                "UPDATE group_memberships SET due = 1, refusal = NULL WHERE board = $2 \
                 AND person IN (SELECT person FROM group_people WHERE group_id = $1)",
            ),
            None => query(
                "INSERT INTO group_memberships (board, person, given, due) \
                 SELECT $2, person, 0, 1 FROM group_people WHERE group_id = $1 \
                 ON CONFLICT (board, person) DO UPDATE SET due = 1, refusal = NULL",
            ),
        };
        self.also(of_group(due)).await?;
        Ok(())
    }

    /// Takes a group off a board; `false` if it is not on it. The memberships that it gave become due.
    pub(crate) async fn take_group(
        &mut self,
        id: Uuid,
        name: &str,
        board: (BoardId, &str),
    ) -> Result<bool, StoreError> {
        let found = query("SELECT role FROM group_boards WHERE group_id = $1 AND board = $2")
            .bind(id.to_string())
            .bind(board.0.to_string());
        let Some(row) = self.read(found).await? else { return Ok(false) };
        let before: String = row.try_get(0)?;
        let event = on_board(id, name, board, Some(&before), None);
        let delete = query("DELETE FROM group_boards WHERE group_id = $1 AND board = $2")
            .bind(id.to_string())
            .bind(board.0.to_string());
        self.change_aside(delete, |_| event).await?;
        let due = query(
            "UPDATE group_memberships SET due = 1 WHERE board = $2 \
             AND person IN (SELECT person FROM group_people WHERE group_id = $1)",
        );
        self.also(due.bind(id.to_string()).bind(board.0.to_string())).await?;
        Ok(true)
    }

    /// Whether a membership of a person is due.
    pub(crate) async fn has_due_memberships(&mut self, person: ActorId) -> Result<bool, StoreError> {
        let due = query("SELECT board FROM group_memberships WHERE person = $1 AND due = 1 LIMIT 1");
        Ok(self.read(due.bind(person.to_string())).await?.is_some())
    }

    fn named(&self, person: ActorId) -> serde_json::Value {
        let name = self.directory().account(person).map(|account| &account.name);
        json!({ "person": person, "name": name })
    }
}

/// A group as the target of an event.
fn target(id: Uuid, name: &str) -> Target {
    Target::new(TargetKind::Group, id, name)
}

/// The event that a group gets another role on a board.
fn on_board(
    id: Uuid,
    name: &str,
    (board, board_name): (BoardId, &str),
    before: Option<&str>,
    after: Option<BoardRole>,
) -> NewEvent {
    NewEvent::about(Action::GroupBoardChanged, target(id, name))
        .with(json!({ "board": board, "name": board_name, "before": before, "after": after }))
}

/// The form of a name in which it is compared and sorted.
pub(in crate::store) fn sort_name(name: &str) -> String {
    name.trim().to_lowercase()
}

/// A row of `select_groups!`.
pub(in crate::store) fn group(row: &AnyRow) -> Result<Group, StoreError> {
    Ok(Group {
        id: rows::id(row.try_get("id")?)?,
        name: row.try_get("name")?,
        description: row.try_get("description")?,
        created_at: Timestamp::from_millis(row.try_get("created_at")?),
        people: row.try_get::<i64, _>("people")?.unsigned_abs(),
        boards: row.try_get::<i64, _>("boards")?.unsigned_abs(),
    })
}
