//! What a list of boards shows beside their names: how many tasks are on each, and some of its members.
//!
//! Pages ask again and again, so counts are kept with the number of the board's newest change: a board that did not change is not counted
//! again. A count may be newer than the number that it is kept with, and then it is made once more; it is never older.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, PoisonError},
};

use app::{
    access::{BoardRole, Principal},
    id::{ActorId, BoardId, ColumnId},
    model::{BoardContents, BoardSummary, LISTED_FACES, Seq},
};
use sqlx::{Row as _, any::AnyRow};

use super::{
    Store, StoreError,
    boards::Listed,
    connection::{Connection, read},
    rows,
    sql::fetch_by_ids,
    tables::{DONE_COLUMNS, TASKS_BY_COLUMN},
};
use crate::{clock::now, credentials::Credentials};

/// Of how many boards the counts are kept.
const KEPT: usize = 10_000;

/// The counts of boards.
#[derive(Default)]
pub(super) struct Counts(Mutex<HashMap<BoardId, Count>>);

/// The tasks of a board as of a change, or of a later one.
#[derive(Clone, Copy)]
struct Count {
    seq: Seq,
    open: u64,
    done: u64,
}

impl Counts {
    fn of(&self, board: &BoardSummary) -> Option<Count> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.get(&board.id).copied().filter(|count| count.seq == board.seq)
    }

    fn keep(&self, board: BoardId, count: Count) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= KEPT {
            counts.clear();
        }
        counts.insert(board, count);
    }
}

impl Store {
    /// What is on some boards, without those that the principal may not see.
    pub async fn board_contents(
        &self,
        credentials: &Credentials,
        boards: &[BoardSummary],
    ) -> Result<Vec<BoardContents>, StoreError> {
        let changed: Vec<&BoardSummary> =
            boards.iter().filter(|board| self.shared.counts.of(board).is_none()).collect();
        if !changed.is_empty() {
            let ids: Vec<String> = changed.iter().map(|board| board.id.to_string()).collect();
            let (tasks, done) = read!(self.readers(), |reader| count(reader, &ids).await)?;
            for board in changed {
                let of = |is_done: bool| {
                    let of_board = tasks.iter().filter(|(place, _)| place.0 == board.id);
                    of_board.filter(|(place, _)| done.contains(place) == is_done).map(|(_, count)| count).sum()
                };
                self.shared.counts.keep(board.id, Count { seq: board.seq, open: of(false), done: of(true) });
            }
        }
        let ids: Vec<BoardId> = boards.iter().map(|board| board.id).collect();
        let listed = self.listed_with_members(&ids).await?;
        // The rights must not be older than what was counted.
        let principal = self.directory().principal(credentials, now()).unwrap_or_else(Principal::stranger);
        let contents = |board: &BoardSummary| {
            let Listed { access, .. } =
                listed.iter().find(|listed| listed.board.id == board.id && listed.is_visible_to(&principal))?;
            let Count { open, done, .. } = self.shared.counts.of(board)?;
            let members = access.iter().flat_map(|access| &access.members);
            let mut members: Vec<(BoardRole, ActorId)> = members.map(|(person, role)| (*role, *person)).collect();
            members.sort_by(|(one, _), (other, _)| other.cmp(one));
            Some(BoardContents {
                board: board.id,
                open,
                done,
                members: members.len(),
                faces: members.into_iter().take(LISTED_FACES).map(|(_, person)| person).collect(),
            })
        };
        Ok(boards.iter().filter_map(contents).collect())
    }
}

/// A column of a board. (Ids of columns are unique on their board only.)
type Place = (BoardId, ColumnId);

/// How many tasks are in each column of some boards, without the trash; and which columns are of done tasks.
async fn count(
    reader: &mut Connection,
    boards: &[String],
) -> Result<(HashMap<Place, u64>, HashSet<Place>), StoreError> {
    let mut tasks = HashMap::new();
    for row in fetch_by_ids(reader, TASKS_BY_COLUMN, " GROUP BY board, column_id", boards).await? {
        let count = row.try_get::<i64, _>("count")?.unsigned_abs();
        tasks.insert((rows::id(row.try_get("board")?)?, rows::id(row.try_get("column_id")?)?), count);
    }
    let place = |row: &AnyRow| Ok((rows::id(row.try_get("board")?)?, rows::id(row.try_get("id")?)?));
    let done = fetch_by_ids(reader, DONE_COLUMNS, "", boards).await?;
    let done = done.iter().map(place).collect::<Result<_, StoreError>>()?;
    Ok((tasks, done))
}
