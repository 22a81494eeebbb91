//! The boards that people have starred.
//!
//! A star is its person's own and gives no rights: whoever lists boards decides who may see which, as without stars. It is set by a
//! transaction that renews the board's entry in the list of boards, so the person's other pages learn of it like of a new name.

use std::collections::{BTreeSet, HashMap, HashSet};

use app::{
    access::Principal,
    id::{ActorId, BoardId},
    model::{BoardSummary, MAX_STARS},
};
use sqlx::Row as _;

use super::{
    Store, StoreError,
    boards::add_members,
    connection::Connection,
    rows,
    sql::{fetch_by_ids, query},
};
use crate::{clock::now, credentials::Credentials};

/// What came of setting a star.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StarSet {
    /// It is as wanted.
    Done,
    /// There is no such board, or none that the person may see.
    NoBoard,
    /// Whoever asks may not star boards: they have no account, or their token only reads.
    Forbidden,
    /// The person has starred as many boards as one may.
    Full,
}

impl Store {
    /// Stars a board for the person who asks, or takes the star away. Whether they may see the board is looked up in the transaction.
    pub async fn set_star(
        &self,
        credentials: &Credentials,
        board: BoardId,
        starred: bool,
    ) -> Result<StarSet, StoreError> {
        let id = board.to_string();
        let mut transaction = self.shared.writer.begin().await?;
        // Who may see the board cannot change while its row is locked.
        let lock = self.shared.database.engine.lock_rows();
        let select = "SELECT id, name, key, hue, description, seq, created_at, everyone, deleted_at, archived_at FROM boards WHERE id";
        let found = fetch_by_ids(&mut transaction, select, lock, std::slice::from_ref(&id)).await?;
        let mut found = found.iter().map(super::boards::listed).collect::<Result<Vec<_>, _>>()?;
        add_members(&mut transaction, &mut found).await?;
        let principal = self.directory().principal(credentials, now()).unwrap_or_else(Principal::stranger);
        if !found.iter().any(|listed| listed.is_visible_to(&principal)) {
            transaction.rollback().await?;
            return Ok(StarSet::NoBoard);
        }
        let Some(person) = principal.person.filter(|_| principal.may_create_boards()) else {
            transaction.rollback().await?;
            return Ok(StarSet::Forbidden);
        };
        let person = person.to_string();
        let statement = match starred {
            true => {
                let count = query("SELECT COUNT(*) FROM board_stars WHERE person = $1 AND board <> $2")
                    .bind(person.as_str())
                    .bind(id.as_str())
                    .fetch_one(&mut transaction)
                    .await?;
                if count.try_get::<i64, _>(0)? >= MAX_STARS as i64 {
                    transaction.rollback().await?;
                    return Ok(StarSet::Full);
                }
                query("INSERT INTO board_stars (person, board) VALUES ($1, $2) ON CONFLICT DO NOTHING")
            }
            false => query("DELETE FROM board_stars WHERE person = $1 AND board = $2"),
        };
        if statement.bind(person).bind(id).execute(&mut transaction).await?.rows_affected() > 0 {
            rows::renew_listing(&mut transaction, vec![board]).await?;
            transaction.commit().await?;
        } else {
            transaction.rollback().await?;
        }
        Ok(StarSet::Done)
    }

    /// Marks the boards that the person has starred. With `adds`, those that are missing and in use are added to the list, if the person may
    /// see them.
    pub async fn mark_stars(
        &self,
        credentials: &Credentials,
        boards: &mut Vec<BoardSummary>,
        adds: bool,
    ) -> Result<(), StoreError> {
        let principal = || self.directory().principal(credentials, now()).unwrap_or_else(Principal::stranger);
        let Some(person) = principal().person else { return Ok(()) };
        let starred = query("SELECT board FROM board_stars WHERE person = $1")
            .bind(person.to_string())
            .fetch_all(self.readers())
            .await?
            .iter()
            .map(|row| rows::id(row.try_get(0)?))
            .collect::<Result<HashSet<BoardId>, StoreError>>()?;
        let known: HashSet<BoardId> = boards.iter().map(|board| board.id).collect();
        if adds {
            let others: Vec<BoardId> = starred.difference(&known).copied().collect();
            let others = self.listed_with_members(&others).await?;
            let principal = principal();
            let others = others.into_iter().filter(|listed| listed.listed_access().is_some());
            boards.extend(others.filter(|listed| listed.is_visible_to(&principal)).map(|listed| listed.board));
        }
        for board in boards {
            board.starred = starred.contains(&board.id);
        }
        Ok(())
    }
}

/// Who has starred some boards.
pub(super) async fn stars_of(
    connection: &mut Connection,
    boards: &[String],
) -> Result<HashMap<BoardId, BTreeSet<ActorId>>, StoreError> {
    let mut stars: HashMap<BoardId, BTreeSet<ActorId>> = HashMap::new();
    for row in fetch_by_ids(connection, "SELECT board, person FROM board_stars WHERE board", "", boards).await? {
        stars.entry(rows::id(row.try_get(0)?)?).or_default().insert(rows::id(row.try_get(1)?)?);
    }
    Ok(stars)
}
